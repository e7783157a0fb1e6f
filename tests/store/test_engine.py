"""The engine: one schema however it came about, and a database that is away is told in words and comes back."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.rounds.upkeep import Upkeep
from bot.store import notes
from bot.store.engine import Store, StoreDown
from bot.store.migrations import FOLDER, HEAD
from bot.store.tables import METADATA
from tests.bench import Watch


def count_up(store: Store, times: int) -> None:
    for _ in range(times):
        with store.write() as connection:
            before = int(notes.get(connection, "count") or 0)
            notes.put(connection, "count", str(before + 1))


def _count_up_alone(url: str, times: int) -> None:
    store = Store.open(url)
    count_up(store, times)
    store.close()


def _migrate(url: str) -> None:
    store = Store.open(url)
    store.migrate()
    store.close()


def together(target: object, arguments: list[tuple[object, ...]]) -> None:
    """Runs a function in several processes at once; each must end well."""
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=target, args=each) for each in arguments]  # type: ignore[arg-type]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def test_a_fresh_database_is_at_the_newest_revision_and_sound(store: Store) -> None:
    assert store.check() == ()
    assert store.reachable()
    store.migrate()
    assert store.check() == ()


def test_tables_and_migrations_say_the_same(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_the_named_revision_is_the_newest_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_an_empty_database_is_told_to_be_laid_out(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'new' / 'floorwalker.db'}")
    assert any("start the bot once" in problem for problem in store.check())
    store.close()


def test_a_schema_of_another_version_is_told(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert any("9999" in problem for problem in store.check())


def test_processes_that_start_together_migrate_once_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'floorwalker.db'}"
    together(_migrate, [(url,)] * 3)
    store = Store.open(url)
    assert store.check() == ()
    store.close()


def test_processes_that_start_together_migrate_once_on_postgresql(empty_postgres_url: str) -> None:
    together(_migrate, [(empty_postgres_url,)] * 3)
    store = Store.open(empty_postgres_url)
    assert store.check() == ()
    store.close()


def test_no_update_is_lost_between_threads_and_processes_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'floorwalker.db'}"
    store = Store.open(url)
    store.migrate()
    threads = [threading.Thread(target=count_up, args=(store, 20)) for _ in range(3)]
    for thread in threads:
        thread.start()
    together(_count_up_alone, [(url, 20)] * 2)
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert notes.get(connection, "count") == "100"
    store.close()


def test_what_fails_is_rolled_back(store: Store) -> None:
    def spoil(connection: Connection) -> None:
        notes.put(connection, "half", "done")
        raise LookupError("half way")

    with pytest.raises(LookupError):
        store.run(spoil)
    with store.read() as connection:
        assert notes.get(connection, "half") is None


def test_a_deadlock_is_done_again(store: Store) -> None:
    tries: list[int] = []

    def unlucky(connection: Connection) -> str:
        tries.append(1)
        notes.put(connection, "tries", str(len(tries)))
        if len(tries) < 3:
            raise StoreDown("deadlock", again=True)
        return "done"

    assert store.run(unlucky) == "done"
    with store.read() as connection:
        assert notes.get(connection, "tries") == "3"


def test_two_transactions_that_lock_crosswise_both_get_through_on_postgresql(postgres_store: Store) -> None:
    with postgres_store.write() as connection:
        notes.put(connection, "a", "0")
        notes.put(connection, "b", "0")
    both_in = threading.Barrier(2, timeout=10)
    waited: set[str] = set()

    def cross(first: str, second: str) -> None:
        def work(connection: Connection) -> None:
            notes.put(connection, first, second)
            if first not in waited:
                waited.add(first)
                both_in.wait()
            notes.put(connection, second, first)

        postgres_store.run(work)

    threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with postgres_store.read() as connection:
        assert {notes.get(connection, "a"), notes.get(connection, "b")} in ({"a", "b"}, {"b", "a"})


def test_a_full_disk_is_told_and_the_store_comes_back(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'floorwalker.db'}")
    store.migrate()

    def limit(pages: int) -> None:
        with store.read() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    limit(1)
    with pytest.raises(StoreDown, match="disk is full"), store.write() as connection:
        notes.put(connection, "large", "x" * 1_000_000)
    assert store.reachable()
    limit(1_000_000)
    with store.write() as connection:
        notes.put(connection, "large", "x" * 1_000_000)
    assert store.check() == ()
    store.close()


def test_a_database_that_somebody_else_holds_is_told_within_seconds(tmp_path: Path) -> None:
    path = tmp_path / "floorwalker.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreDown, match="another process"), store.write() as connection:
        notes.put(connection, "a", "b")
    assert store.reachable()
    other.execute("ROLLBACK")
    other.close()
    with store.write() as connection:
        notes.put(connection, "a", "b")
    store.close()


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "floorwalker.db"
    path.write_bytes(b"this is a text, and long enough to be looked at" * 50)
    store = Store.open(f"sqlite:///{path}")
    assert not store.reachable()
    assert store.check() == (f"the file {path} is no database: check the path in the config",)
    store.close()


def test_a_damaged_file_is_told_at_start(tmp_path: Path) -> None:
    path = tmp_path / "floorwalker.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    with store.write() as connection:
        for number in range(2000):
            notes.put(connection, f"name {number}", "x" * 100)
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        for page in range(size // 2 // 4096, size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 200)
    store = Store.open(f"sqlite:///{path}")
    assert any("damaged" in problem for problem in store.check())
    store.close()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreDown, match="directory"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'floorwalker.db'}")


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    store = Store.open("postgresql+psycopg://floorwalker:hush-hush@127.0.0.1:1/none")
    assert not store.reachable()
    (problem,) = store.check()
    assert "hush" not in problem
    assert "server" in problem
    store.close()


def test_connections_cut_by_the_server_are_replaced(postgres_store: Store, postgres_url: str) -> None:
    with postgres_store.write() as connection:
        notes.put(connection, "a", "b")
    other = sqlalchemy.create_engine(postgres_url, poolclass=sqlalchemy.NullPool)
    with other.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            )
        )
    with postgres_store.write() as connection:
        assert notes.get(connection, "a") == "b"


def test_a_read_may_stand_within_a_write(store: Store) -> None:
    with store.write() as connection:
        notes.put(connection, "outer", "written")
        with store.read() as inner:
            notes.get(inner, "outer")
    with store.read() as connection:
        assert notes.get(connection, "outer") == "written"


def test_the_database_in_memory_is_one_for_all() -> None:
    store = Store.open("sqlite://")
    store.migrate()
    with store.write() as connection:
        notes.put(connection, "a", "1")
        with store.read() as inner:
            assert notes.get(inner, "a") == "1"
    threads = [threading.Thread(target=count_up, args=(store, 50)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert notes.get(connection, "count") == "200"
    store.close()


_KILLED = """
import asyncio, os, sys
from datetime import UTC, datetime
from bot.core.delivery import Delivery
from bot.store.engine import Store
from bot.store.inbox import Arrival
from bot.store.intake import Intake

async def run() -> None:
    store = Store.open(sys.argv[1])
    intake = Intake(store)
    intake.start()
    for number in range(1000):
        body = b"%d" % number
        await intake.admit(Arrival("shopify", "acme", str(number), Delivery("shopify", {}, body, datetime.now(UTC))))
        os.write(1, b"%d\\n" % number)

asyncio.run(run())
"""


def test_what_was_admitted_survives_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'floorwalker.db'}"
    _migrate(url)
    admitted = []
    with subprocess.Popen([sys.executable, "-c", _KILLED, url], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for said in child.stdout:
            admitted.append(int(said))
            if len(admitted) == 25:
                os.kill(child.pid, signal.SIGKILL)
    store = Store.open(url)
    assert store.check() == ()
    with store.read() as connection:
        kept = {int(body) for body in connection.execute(text("SELECT body FROM inbox")).scalars()}
    assert len(admitted) >= 25
    assert kept >= set(admitted)
    store.close()


def test_a_store_says_nothing_of_its_url_in_errors(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'floorwalker.db'}")
    with pytest.raises(StoreDown) as fault, store.write() as connection:
        notes.put(connection, "customer", "jane@example.com")
    assert not re.search(r"jane|INSERT|note", str(fault.value))
    store.close()


def test_the_clock_of_the_database_server_counts_where_there_is_one(store: Store) -> None:
    watch: Any = Watch(datetime(2001, 1, 1, tzinfo=UTC))
    upkeep, server = Upkeep(store, watch), store.now()
    assert (server is None) == (store.dialect == "sqlite")
    assert upkeep.steady() == (server is None)
    assert upkeep.trouble.endswith("behind that of the database") == (server is not None)
    if server is not None:
        watch.at = server
        upkeep.steady()
        assert upkeep.trouble == ""
