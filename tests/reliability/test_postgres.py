"""PostgreSQL with replicas: racing for one inbox, cut off in mid-work, behind a pool, and never waiting for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from bot.store import engine, inbox, notes
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival
from tests.reliability.conftest import Told, until
from tests.reliability.proxies import breaking_line
from tests.reliability.replicas import Replica, remembered, shop_day, undisturbed
from tests.store.servers import Bouncer, Server, postgresql

DAY = 200


@pytest.fixture(scope="module")
def day() -> list[Arrival]:
    return shop_day(DAY)


@pytest.fixture(scope="module")
def truth(day: list[Arrival], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What one bot without faults remembers of the day."""
    return undisturbed(tmp_path_factory.mktemp("truth"), day)


@pytest.fixture(scope="module")
def restarted() -> Iterator[Server]:
    """A server that only these tests use, since they restart it."""
    with postgresql() as server:
        yield server


def in_threads(*works: Callable[[], object]) -> list[object]:
    """Runs all at once; gives what they returned. What one raises is raised."""
    found: list[object] = [None] * len(works)
    failed: list[BaseException] = []

    def run(number: int) -> None:
        try:
            found[number] = works[number]()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failed, failed
    assert not any(thread.is_alive() for thread in threads)
    return found


@contextmanager
def replicas(url: str, number: int = 2) -> Iterator[list[Replica]]:
    made = [Replica(url) for _ in range(number)]
    try:
        yield made
    finally:
        for replica in made:
            replica.close()


def send(replica: Replica, arrivals: Sequence[Arrival]) -> int:
    """A platform that sends each delivery again until it is answered; gives how often it had to send one again."""
    again = 0
    for arrival in arrivals:
        while True:
            try:
                replica.admit([arrival])
                break
            except StoreDown:
                again += 1
    return again


def audit(store: Store, day: Sequence[Arrival], truth: dict[str, list[Any]]) -> None:
    """Nothing lost, nothing doubled: all is as if one bot had worked through the day without a fault."""
    with store.read() as connection:
        assert inbox.counts(connection) == {"done": len(day)}
    found = remembered(store)
    for table, rows in truth.items():
        assert found[table] == rows, table


@pytest.mark.parametrize("through", ["straight", "pgbouncer"])
def test_two_replicas_that_race_for_one_inbox_work_each_delivery_once(
    postgres: Server, request: pytest.FixtureRequest, day: list[Arrival], truth: dict[str, list[Any]], through: str
) -> None:
    database = postgres.database()
    url = postgres.url(database)
    if through == "pgbouncer":
        pooled: Bouncer = request.getfixturevalue("pooled")
        url = pooled.url(database)
    with replicas(url, 3) as (first, second, door):
        half = len(day) // 2
        # The same deliveries come in at two doors at once, in the same order, while two replicas work.
        in_threads(
            lambda: send(door, day[:half]),
            lambda: send(first, day[:half]),
            lambda: [second.work_until_done() for _ in range(3)],
        )
        in_threads(lambda: send(door, day[half:]), first.work_until_done, second.work_until_done)
        in_threads(first.work_until_done, second.work_until_done)
        audit(door.store, day, truth)


@pytest.mark.parametrize("restarts", [5, pytest.param(20, marks=pytest.mark.reliability)])
def test_a_server_that_is_restarted_at_once_again_and_again_loses_and_doubles_nothing(
    restarted: Server, day: list[Arrival], truth: dict[str, list[Any]], restarts: int, told: Told
) -> None:
    with replicas(restarted.url(restarted.database()), 3) as (first, second, door):
        over = threading.Event()

        def platform() -> int:
            again = 0
            for number, arrival in enumerate(day):
                again += send(door, [arrival])
                if number % (len(day) // restarts) == 0:
                    go_down.release()
            over.set()
            return again

        def power() -> None:
            for _ in range(restarts):
                go_down.acquire()
                restarted.restart_at_once()

        def worker(replica: Replica) -> int:
            down = 0
            while not over.is_set():
                down += replica.work_until_done()
            return down + replica.work_until_done()

        go_down = threading.Semaphore(0)
        sent_again, *down, _ = in_threads(platform, lambda: worker(first), lambda: worker(second), power)
        in_threads(first.work_until_done, second.work_until_done)
        audit(door.store, day, truth)
    again = f"sent again {sent_again} times, work done again {down} times"
    told(f"{restarts} restarts, {len(day)} deliveries: {again}; 0 lost, 0 doubled")


@pytest.mark.parametrize("seed", [1, *[pytest.param(seed, marks=pytest.mark.reliability) for seed in range(2, 12)]])
def test_a_line_that_is_cut_during_commit_loses_and_doubles_nothing(
    postgres: Server, day: list[Arrival], truth: dict[str, list[Any]], seed: int, told: Told
) -> None:
    with breaking_line(postgres, 0.15, seed) as line, replicas(line.url(postgres.database()), 3) as replica:
        first, second, door = replica
        in_threads(lambda: send(door, day), lambda: second.work_until_done())
        in_threads(first.work_until_done, second.work_until_done)
        line.chance = 0.0
        audit(door.store, day, truth)
    assert min(line.cuts.values()) >= 3
    told(f"{line.cuts['before']} commits cut before, {line.cuts['after']} after they were done: 0 lost, 0 doubled")


def test_every_connection_cut_while_idle_is_made_anew_without_anybody_noticing(postgres: Server) -> None:
    database = postgres.database()
    store = Store.open(postgres.url(database))
    for number in range(3):
        with store.write() as connection:
            notes.put(connection, "name", str(number))
        assert postgres.cut(database) >= 1
    with store.read() as connection:
        assert notes.get(connection, "name") == "2"
    store.close()


@pytest.mark.parametrize(
    ("limit", "work"),
    [
        ("STATEMENT_SECONDS", "SELECT pg_sleep(30)"),
        ("LOCK_SECONDS", "UPDATE note SET value = '' WHERE name = 'held'"),
    ],
)
def test_no_statement_and_no_lock_is_waited_for_without_end(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, limit: str, work: str
) -> None:
    monkeypatch.setattr(engine, limit, 0.2)
    database = postgres.database()
    store = Store.open(postgres.url(database))
    with store.write() as connection:
        notes.put(connection, "held", "by us")
    address = postgres.url(database).replace("+psycopg", "")
    with psycopg.connect(address) as holder:
        holder.execute("SELECT * FROM note FOR UPDATE")
        with pytest.raises(StoreDown), store.write() as connection:
            connection.execute(text(work))
    with store.write() as connection:
        notes.put(connection, "held", "again")
    store.close()


def test_a_transaction_that_stands_still_is_ended_so_that_others_can_go_on(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(postgres.url(postgres.database()))
    monkeypatch.setattr(engine, "IDLE_SECONDS", 0.3)

    def freeze() -> None:
        with store.write() as frozen:
            notes.put(frozen, "held", "by one that froze")
            with store.write() as connection:
                notes.put(connection, "held", "by one that lives")

    with pytest.raises(StoreDown):
        freeze()
    with store.read() as connection:
        assert notes.get(connection, "held") == "by one that lives"
    store.close()


def test_a_server_that_has_no_connection_left_is_told_and_comes_back(postgres: Server) -> None:
    database = postgres.database()
    with psycopg.connect(postgres.address, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {database} CONNECTION LIMIT 1")
    address = postgres.url(database).replace("+psycopg", "")
    # A superuser is bound by no limit, so the store comes as somebody else.
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS shop")
        connection.execute("CREATE ROLE shop LOGIN")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO shop")
    address = address.replace("//postgres:", "//shop:").replace("//postgres@", "//shop@")
    store = Store.open(address.replace("postgresql:", "postgresql+psycopg:"))
    with psycopg.connect(address), pytest.raises(StoreDown), store.write() as first:
        notes.put(first, "a", "b")
    until(store.reachable)
    with store.write() as again:
        notes.put(again, "a", "c")
    store.close()


def test_replicas_that_start_together_through_a_pool_lay_the_schema_out_once(postgres: Server, pooled: Bouncer) -> None:
    url = pooled.url(postgres.database("template1"))
    stores = [Store.open(url) for _ in range(3)]
    in_threads(*[store.migrate for store in stores])
    assert [store.check() for store in stores] == [()] * 3
    for store in stores:
        store.close()
