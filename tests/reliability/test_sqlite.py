"""SQLite when the disk fills up, forbids, decays or loses power, and when several processes write."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.__main__ import main
from bot.catalog import Catalog
from bot.core.shopfront import Shopfront
from bot.edge.intake import PREFIX, Door, Webhooks
from bot.edge.metrics import Meters
from bot.edge.server import HttpServer
from bot.store import inbox, notes
from bot.store.engine import Store, StoreDown
from bot.store.intake import Intake
from bot.store.tables.log import inbox as rows
from tests.bench import OPTIONS, SECRETS, Watch
from tests.reliability.conftest import Told, until
from tests.reliability.replicas import arrival

# The disk is full.


@dataclass
class Disk:
    """A small disk of its own where one may be mounted, else a database that may not grow."""

    folder: Path
    real: bool

    def fill(self, store: Store) -> None:
        if not self.real:
            with store.read() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count=1")
            return
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"x" * 4096)

    def free(self, store: Store) -> None:
        if not self.real:
            with store.read() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count=1000000")
            return
        (self.folder / "ballast").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    real = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    yield Disk(folder, real)
    if real:
        subprocess.run(["umount", str(folder)], check=True)


@dataclass
class Entrance:
    """The bot's door for webhooks over a store, and a platform in front of it."""

    store: Store
    address: str
    http: aiohttp.ClientSession
    sent: int = 0

    async def deliver(self) -> tuple[str, int]:
        """Sends the next delivery; gives its key and the answer's status."""
        self.sent += 1
        source, front = Catalog.scan(("handlers",)).sources["generic"], _front()
        body = b'{"type": "note", "text": "%s"}' % (str(self.sent).encode() + b"x" * 4000)
        headers = dict(source.sign("note", body, SECRETS["generic"], Watch().now(), front))
        async with self.http.post(self.address + PREFIX + "generic", data=body, headers=headers) as answer:
            return headers["webhook-id"], answer.status


def _front() -> Shopfront:
    return Shopfront("generic", "demo", "EUR", options=OPTIONS["generic"])


@pytest.fixture
async def entrance(disk: Disk) -> AsyncIterator[Entrance]:
    store = Store.open(f"sqlite:///{disk.folder}/shop.db")
    store.migrate()
    intake = Intake(store)
    intake.start()
    door = Door(Catalog.scan(("handlers",)).sources["generic"], (SECRETS["generic"],), _front())
    clock: Any = Clock()
    server = HttpServer({PREFIX: Webhooks({"generic": door}, intake, clock, Meters(("generic",))).handle})
    port = await server.start("127.0.0.1", 0)
    async with aiohttp.ClientSession() as http:
        yield Entrance(store, f"http://127.0.0.1:{port}", http)
    await server.stop()
    await asyncio.to_thread(intake.stop)
    store.close()


class Clock(Watch):
    """Wall time stands, so that signatures hold; the steady clocks stand with it."""


async def test_a_full_disk_is_answered_503_and_heals_by_itself_and_no_acknowledged_delivery_is_lost(
    disk: Disk, entrance: Entrance, told: Told
) -> None:
    acknowledged: list[str] = []
    refused = 0
    for round_ in range(3):
        for _ in range(10):
            key, status = await entrance.deliver()
            assert status == 200, round_
            acknowledged.append(key)
        disk.fill(entrance.store)
        statuses = [(await entrance.deliver()) for _ in range(20)]
        acknowledged += [key for key, status in statuses if status == 200]
        assert {status for _, status in statuses[-5:]} == {503}
        refused += sum(status == 503 for _, status in statuses)
        disk.free(entrance.store)
    assert (await entrance.deliver())[1] == 200
    assert entrance.store.check() == ()
    with entrance.store.read() as connection:
        kept = set(connection.execute(select(rows.c.key)).scalars())
    assert set(acknowledged) <= kept
    told(
        f"full 3 times ({'tmpfs' if disk.real else 'page limit'}): {refused} answered 503, {len(acknowledged)} acknowledged, 0 lost"
    )


# The file or its folder may not be written.


def forbidden(path: Path, how: str) -> None:
    if how == "read-only file":
        path.chmod(0o444)
    elif how == "read-only folder":
        path.chmod(0o444)
        path.parent.chmod(0o555)
    else:
        path.chmod(0o000)


def told_to_nobody(path: str, pipe: Any) -> None:
    """What the store says to a user who has no rights beyond everybody's."""
    # Such a user may not be able to read the packages either, so all of them are brought in before.
    Store.open("sqlite://").migrate()
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    store = Store.open(f"sqlite:///{path}")
    try:
        store.run(lambda connection: notes.put(connection, "a", "b"))
        pipe.send("")
    except StoreDown as down:
        pipe.send(str(down))
    store.close()


@pytest.mark.parametrize("how", ["read-only file", "read-only folder", "unreadable file"])
def test_what_may_not_be_written_is_told_with_its_path_and_a_remedy(how: str) -> None:
    folder = Path("/tmp").joinpath(f"floorwalker-forbidden-{os.getpid()}")
    folder.mkdir()
    try:
        path = folder / "shop.db"
        store = Store.open(f"sqlite:///{path}")
        store.migrate()
        store.close()
        if os.geteuid() == 0:
            shutil.chown(path, 65534)
            shutil.chown(folder, 65534)
        forbidden(path, how)
        make = multiprocessing.get_context("forkserver")
        make.set_forkserver_preload([__name__])
        ours, theirs = make.Pipe()
        process = make.Process(target=told_to_nobody, args=(str(path), theirs))
        process.start()
        theirs.close()
        said = ours.recv()
        process.join(20)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert str(path) in said
    assert "user that the bot runs as" in said


def test_a_folder_that_may_be_written_again_needs_no_restart(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/gone/shop.db")
    (tmp_path / "gone").rename(tmp_path / "away")
    with pytest.raises(StoreDown, match="cannot be opened"), store.write():
        pass
    (tmp_path / "away").rename(tmp_path / "gone")
    store.migrate()
    assert store.check() == ()
    store.close()


# Damage.


def damaged(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(page * 4096 + 8)
        file.write(random.Random(page).randbytes(600))


def test_a_damaged_page_is_found_at_start_and_nothing_is_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, path = tmp_path / "config.yaml", tmp_path / "shop.db"
    anywhere = "listen: {port: 0}\nworkbench: {port: 0}\n"
    config.write_text(f"departments: {{operations: {{channel: ops}}}}\nstore: {{url: 'sqlite:///{path}'}}\n{anywhere}")
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    with store.write() as connection:
        for number in range(3000):
            notes.put(connection, f"name {number}", "x" * 200)
    store.close()
    damaged(path, path.stat().st_size // 4096 - 10)
    was = path.read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--config", str(config)])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "damaged" in said
    assert "floorwalker restore" in said
    assert path.read_bytes() == was


# Several processes.


def count_up(url: str, times: int, waits: Any) -> None:
    """Counts up; whoever has to wait too long for the others comes again, as every worker does."""
    store, done = Store.open(url), 0
    while done < times:
        try:
            with store.write() as connection:
                before = int(notes.get(connection, "count") or 0)
                notes.put(connection, "count", str(before + 1))
            done += 1
        except StoreDown:
            waits.value += 1
    store.close()


@pytest.mark.parametrize("times", [50, pytest.param(500, marks=pytest.mark.reliability)])
def test_four_processes_that_read_and_write_lose_no_update(tmp_path: Path, times: int, told: Told) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    store = Store.open(url)
    store.migrate()
    make = multiprocessing.get_context("forkserver")
    make.set_forkserver_preload([__name__])
    waits = [RawValue("i", 0) for _ in range(4)]
    processes = [make.Process(target=count_up, args=(url, times, each)) for each in waits]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 4
    with store.read() as connection:
        assert notes.get(connection, "count") == str(4 * times)
    store.close()
    told(f"{4 * times} updates by 4 processes: 0 lost, {sum(each.value for each in waits)} came again after 2 s")


# The power goes.


def admit_for_ever(url: str, pipe: Any) -> None:
    """Says the number of each delivery as soon as it is acknowledged, and not before."""
    store = Store.open(url)
    number = 0
    while True:
        one = [arrival(number, "note", {"text": f"{number} " + "x" * 300})]
        store.run(lambda connection, one=one: inbox.admit(connection, one))  # type: ignore[misc]
        pipe.send_bytes(str(number).encode())
        number += 1


@pytest.mark.parametrize("images", [25, pytest.param(300, marks=pytest.mark.reliability)])
def test_every_image_of_the_disk_at_any_moment_holds_every_acknowledged_delivery(
    tmp_path: Path, images: int, told: Told
) -> None:
    path, chance = tmp_path / "shop.db", random.Random(images)
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()
    make = multiprocessing.get_context("forkserver")
    make.set_forkserver_preload([__name__])
    ours, theirs = make.Pipe(duplex=False)
    writer = make.Process(target=admit_for_ever, args=(f"sqlite:///{path}", theirs))
    writer.start()
    theirs.close()
    assert writer.pid is not None
    acknowledged, patience = -1, threading.Event()
    try:
        for number in range(images):
            until(lambda: ours.poll(0.05))
            patience.wait(chance.random() * 0.03)
            os.kill(writer.pid, signal.SIGSTOP)
            _until_stopped(writer.pid)
            while ours.poll():
                acknowledged = int(ours.recv_bytes())
            image = tmp_path / f"image-{number}.db"
            for end in ("", "-wal"):
                shutil.copy(f"{path}{end}", f"{image}{end}")
            os.kill(writer.pid, signal.SIGCONT)
            kept = _kept(image)
            assert set(range(acknowledged + 1)) <= kept, number
    finally:
        writer.kill()
        writer.join()
    told(f"{images} images of the disk, {acknowledged + 1} acknowledged deliveries: each in every later image")


def _until_stopped(pid: int) -> None:
    until(lambda: Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "T")


def _kept(image: Path) -> set[int]:
    store = Store.open(f"sqlite:///{image}")
    assert store.check() == ()
    with store.read() as connection:
        found = {int(key.removeprefix("delivery-")) for key in connection.execute(select(rows.c.key)).scalars()}
    store.close()
    for end in ("", "-wal", "-shm"):
        Path(f"{image}{end}").unlink(missing_ok=True)
    return found
