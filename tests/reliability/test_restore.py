"""A backup that is put back: whole, checked, and nothing is posted a second time because of what it does not know."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.__main__ import main
from bot.core.message import Message, Paragraph
from bot.core.parts import say
from bot.core.schedule import Slot
from bot.edge.dispatcher import Dispatcher
from bot.edge.limiter import Limiter
from bot.edge.slack.client import SlackClient
from bot.store import notes, posts, slots
from bot.store.backup import Unfit, copy, put_back
from bot.store.engine import Store
from bot.store.restore import RESTORED_AT, WATCHFUL, mark
from bot.store.tables.work import post as rows
from bot.workbench import Workbench
from tests.edge.outgoing_fixtures import LOOK, SetClock
from tests.reliability.conftest import Told

CHANNELS = ("C0OPS", "C0FINANCE")
SENT = "chat.postMessage"


def words(text: str) -> Message:
    return Message(say(text), (Paragraph(say(text)),))


@dataclass
class House:
    """A database file and a workspace, and a bot between them that can end and begin again."""

    path: Path
    time: SetClock
    bench: Workbench
    client: SlackClient
    limiter: Limiter
    store: Store
    dispatcher: Dispatcher

    def begin(self) -> None:
        self.store = Store.open(f"sqlite:///{self.path}")
        self.store.migrate()
        self.dispatcher = Dispatcher(
            self.store, self.client, self.limiter, self.time, lambda channel: LOOK, pause=self._pause
        )

    async def _pause(self, seconds: float) -> None:
        self.time.move(seconds)

    async def end(self) -> None:
        await self.dispatcher.stop()
        self.store.close()

    def want(self, *keys: str, **more: Any) -> None:
        for key in keys:
            for channel in CHANNELS:
                with self.store.write() as connection:
                    posts.want(connection, channel, key, words(f"about {key}"), urgency=1, now=self.time.now(), **more)

    async def works_for(self, minutes: int) -> None:
        for _ in range(minutes):
            await self.dispatcher.drained()
            self.time.move(60)
        await self.dispatcher.drained()

    def told(self) -> Counter[tuple[str, str]]:
        return Counter((channel, one["text"]) for channel in ("ops", "finance") for one in self.bench.messages(channel))

    def sent(self) -> int:
        return sum(call["method"] == SENT for call in self.bench.calls)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    time = SetClock()
    bench = await Workbench.start(clock=time.follower(), rate_limits=False)
    limiter = Limiter()
    client = await SlackClient.open(bench.bot_token, limiter, time, base_url=bench.api_url, seconds=0.5)
    house = House(tmp_path / "shop.db", time, bench, client, limiter, *([None] * 2))  # type: ignore[arg-type]
    house.begin()
    yield house
    await house.end()
    await client.close()
    await bench.stop()


async def test_a_backup_of_an_hour_ago_posts_nothing_a_second_time(house: House, tmp_path: Path, told: Told) -> None:
    before = [f"alert/{number}" for number in range(1, 6)]
    waiting = [f"alert/{number}" for number in range(6, 16)]
    since = [f"alert/{number}" for number in range(16, 21)]
    house.want(*before)
    await house.works_for(1)
    house.want(*waiting)
    house.want("alert/held", due_at=house.time.now() + timedelta(minutes=30), reason="quiet hours")
    copy(house.store, tmp_path / "backup.db", house.time.now())
    await house.works_for(35)
    house.want(*since)
    await house.works_for(25)
    shown = house.told()
    assert len(shown) == len(CHANNELS) * (len(before) + len(waiting) + len(since) + 1)

    await house.end()
    put_back(tmp_path / "backup.db", house.path, house.time.now())
    sent = house.sent()
    house.begin()
    # The sources tell again what the backup does not know, and it becomes the same posts.
    house.want(*since)
    await house.works_for(10)
    assert house.told() == shown
    assert house.sent() - sent == 0
    assert set(shown.values()) == {1}
    with house.store.read() as connection:
        assert posts.by_state(connection) == {"shown": len(shown)}
    told(
        f"{len(shown)} messages, {len(CHANNELS) * (len(waiting) + len(since) + 1)} of them newer than the backup: 0 posted again"
    )


async def test_what_is_really_new_after_a_restore_is_posted(house: House, tmp_path: Path) -> None:
    house.want("alert/1")
    copy(house.store, tmp_path / "backup.db", house.time.now())
    await house.end()
    put_back(tmp_path / "backup.db", house.path, house.time.now())
    house.begin()
    house.want("alert/2")
    await house.works_for(2)
    assert house.told() == {
        (channel, f"about {key}"): 1 for channel in ("ops", "finance") for key in ("alert/1", "alert/2")
    }
    house.time.move(WATCHFUL.total_seconds())
    reads = sum(call["method"] == "conversations.history" for call in house.bench.calls)
    house.want("alert/3")
    await house.dispatcher.drained()
    assert len(house.told()) == 6
    assert sum(call["method"] == "conversations.history" for call in house.bench.calls) == reads


def test_a_digest_that_came_due_since_the_backup_is_taken_to_have_been_told(tmp_path: Path) -> None:
    now = SetClock().at
    store = Store.open(f"sqlite:///{tmp_path}/shop.db")
    store.migrate()
    with store.write() as connection:
        slots.watermark(connection, "weekly", now - timedelta(days=7))
        assert slots.claim(connection, Slot("weekly", "2026-W48/Mon 09:00 UTC", now, now.date()), now)
        mark(connection, now)
        assert slots.watermark(connection, "weekly", now) == now
        assert notes.get(connection, RESTORED_AT) == now.isoformat()
    store.close()


def test_a_backup_under_load_holds_what_was_committed_before_it_and_is_sound(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/shop.db")
    store.migrate()
    over, written = threading.Event(), [0]

    def write() -> None:
        while not over.is_set():
            with store.write() as connection:
                notes.put(connection, f"row {written[0] + 1:06d}", "x" * 500)
            written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(5):
        before = written[0]
        copy(store, tmp_path / "backup.db", SetClock().at)
        made = Store.open(f"sqlite:///{tmp_path}/backup.db")
        assert made.check() == ()
        with made.read() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM note WHERE name LIKE 'row %'").scalar() or 0
        made.close()
        assert before <= found <= written[0], number
    over.set()
    writer.join()
    store.close()


@pytest.mark.parametrize("spoilt", ["text", "other"])
def test_what_is_no_backup_is_refused_and_the_database_stays(tmp_path: Path, spoilt: str) -> None:
    path, backup = tmp_path / "shop.db", tmp_path / "backup.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    store.close()
    was = path.read_bytes()
    if spoilt == "text":
        backup.write_text("no database" * 1000)
    else:
        copied = bytearray(was)
        copied[8192:20000] = b"\xff" * (20000 - 8192)
        backup.write_bytes(copied)
    with pytest.raises(Unfit):
        put_back(backup, path, SetClock().at)
    assert path.read_bytes() == was
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("shop.db")] == ["shop.db"]


def test_a_database_that_a_bot_has_open_is_not_replaced(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/shop.db")
    store.migrate()
    copy(store, tmp_path / "backup.db", SetClock().at)
    with pytest.raises(Unfit, match="stop the bot first"):
        put_back(tmp_path / "backup.db", tmp_path / "shop.db", SetClock().at)
    assert store.check() == ()
    store.close()


def test_a_damaged_database_is_kept_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    copy(store, tmp_path / "backup.db", SetClock().at)
    store.close()
    path.write_bytes(b"damaged" * 2000)
    kept = put_back(tmp_path / "backup.db", path, SetClock().at).kept
    assert kept is not None
    assert kept.read_bytes().startswith(b"damaged")
    again = Store.open(f"sqlite:///{path}")
    assert again.check() == ()
    again.close()


def test_the_verbs_copy_and_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("departments: {operations: {channel: ops}}\nstore: {url: 'sqlite:///shop.db'}\n")
    store = Store.open("sqlite:///shop.db")
    store.migrate()
    with store.write() as connection:
        posts.want(connection, "C1", "alert/1", words("x"), urgency=1, now=SetClock().at)
    store.close()

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    code, said = run("backup", "copy.db")
    assert (code, said.startswith("copy.db: ")) == (0, True)
    assert Path("copy.db").stat().st_mode & 0o777 == 0o600
    assert run("restore", "nowhere.db")[0] == 2
    code, said = run("restore", "copy.db")
    assert (code, "kept as" in said, "1 posts will be looked for" in said) == (0, True, True)
    assert run("restore") == (0, "restored; 1 posts will be looked for in Slack before they are sent\n")
    with closing(sqlite3.connect("shop.db")) as looking:
        assert looking.execute(str(select(rows.c.state))).fetchall() == [("maybe",)]


def test_postgresql_is_left_to_its_own_tools(
    postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", postgres.url(postgres.database()).replace("+psycopg", ""))
    Path("config.yaml").write_text("departments: {operations: {channel: ops}}\nstore: {url_from: DATABASE_URL}\n")
    Path("copy.db").write_text("x")
    told = []
    for arguments in (["backup", "copy.db"], ["restore", "copy.db"], ["restore"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told.append((ended.value.code or 0, "".join(capsys.readouterr())))
    assert [code for code, _ in told] == [2, 2, 0]
    assert "pg_dump" in told[0][1]
    assert "pg_restore" in told[1][1]
