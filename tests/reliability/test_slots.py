"""Every slot of a schedule once: replicas that race and are killed or stopped, and a bot that was down for a while."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing.sharedctypes import RawArray, RawValue
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from bot.core.schedule import WEEKDAYS, slot_key
from bot.core.settings import CatchUp, Schedule
from bot.store import engine
from bot.store.engine import StoreDown
from tests.bench import Bench, usual_house
from tests.core.samples import NOW
from tests.reliability.conftest import Told, until
from tests.reliability.replicas import Replica
from tests.reliability.report import record
from tests.store.servers import Server

DEPARTMENTS = ("marketing", "finance", "warehouse", "operations")
DAILY = Schedule("daily", WEEKDAYS, time(9), ZoneInfo("Europe/Berlin"), DEPARTMENTS, 1, "all", timedelta(days=400))
SLOTS = 200
BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
OVER = -1.0


@dataclass(frozen=True)
class SharedClock:
    """Wall time that the test moves for every process."""

    seconds: Any

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds.value, UTC)


def tick_until_over(url: str, seconds: Any, posted: Any, number: int) -> None:
    """A replica that does nothing but tick, as fast as it can."""
    engine.IDLE_SECONDS = 0.3  # So that a replica that was stopped does not hold up the trial for its usual time.
    replica = Replica(url, usual_house(schedules=(DAILY,)), SharedClock(seconds))
    while seconds.value != OVER:
        try:
            posted[number] += replica.desk.digests.post_due()
        except StoreDown:
            continue


@dataclass
class Racers:
    """Two processes that race for every slot, and what befalls them."""

    url: str
    seconds: Any = field(default_factory=lambda: RawValue("d", BEGIN.timestamp()))
    posted: Any = field(default_factory=lambda: RawArray("i", 2))
    kills: int = 0
    pauses: int = 0

    def __post_init__(self) -> None:
        self._make = multiprocessing.get_context("forkserver")
        self._make.set_forkserver_preload([__name__])
        self._running = [self._start(number) for number in range(2)]
        self._stopped: set[int] = set()

    def _start(self, number: int) -> Any:
        process = self._make.Process(target=tick_until_over, args=(self.url, self.seconds, self.posted, number))
        process.start()
        return process

    def kill(self, number: int) -> None:
        """Ends a process in the middle of whatever it does, and starts it anew."""
        process = self._running[number]
        process.kill()
        process.join()
        self._stopped.discard(number)
        self._running[number] = self._start(number)
        self.kills += 1

    def pause_or_wake(self, number: int) -> None:
        """Stops a process in the middle of whatever it does, or lets it go on as if nothing had been."""
        was = number in self._stopped
        os.kill(self._running[number].pid, signal.SIGCONT if was else signal.SIGSTOP)
        self._stopped ^= {number}
        self.pauses += not was

    def wake_all(self) -> None:
        for number in tuple(self._stopped):
            self.pause_or_wake(number)

    def end(self) -> None:
        self.wake_all()
        self.seconds.value = OVER
        for process in self._running:
            process.join(20)
        assert [process.exitcode for process in self._running] == [0, 0]


@contextmanager
def racing(url: str) -> Iterator[Racers]:
    racers = Racers(url)
    try:
        yield racers
    finally:
        racers.end()


def watch_posts(address: str) -> None:
    """Has the database itself write down every insert and update of a digest's post that is committed."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE written (key text, how text)")
        connection.execute(
            "CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO written VALUES (NEW.key, TG_OP); RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER watch AFTER INSERT OR UPDATE ON post FOR EACH ROW EXECUTE FUNCTION write_down()"
        )


LONG = 200


@pytest.mark.parametrize(
    ("kills", "steps_a_day"), [(12, 4), pytest.param(LONG, 40, marks=pytest.mark.reliability)], ids=["short", "long"]
)
def test_of_200_slots_two_racing_processes_that_are_killed_post_each_exactly_once(
    postgres: Server, kills: int, steps_a_day: int, told: Told
) -> None:
    database = postgres.database()
    address = postgres.url(database)
    watch_posts(address.replace("+psycopg", ""))
    steps = (SLOTS * steps_a_day) + 1
    patience = threading.Event()
    with racing(address) as racers:
        until(lambda: slots_taken(address) is not None)
        for step in range(steps):
            racers.seconds.value = (BEGIN + step * timedelta(days=1) / steps_a_day).timestamp()
            if step % (steps // kills) == steps // kills - 1:
                racers.kill(racers.kills % 2)
            if step % (steps // kills) == steps // kills // 2:
                racers.pause_or_wake((racers.kills + 1) % 2)
            patience.wait(0.01)
        racers.wake_all()
        until(lambda: slots_taken(address) == SLOTS)
    with psycopg.connect(address.replace("+psycopg", "")) as connection:
        written = Counter(connection.execute("SELECT key, how FROM written").fetchall())
        keys = {key for (key,) in connection.execute("SELECT key FROM post").fetchall()}
    days = {key.split("/")[3].split(" ")[0] + key.split("/")[2] for key in keys}
    told(f"{SLOTS} slots, {racers.kills} kills, {racers.pauses} pauses; posts by process: {list(racers.posted)}")
    assert len(keys) == SLOTS * len(DEPARTMENTS)
    assert len(days) == SLOTS
    assert written == {(key, "INSERT"): 1 for key in keys}
    assert racers.kills >= kills
    if kills == LONG:
        claim = "Each slot of a digest is posted exactly once: two processes that race, are killed and stopped"
        record("slots", claim, SLOTS, 0, "that a digest is there before the bot runs again")


def slots_taken(address: str) -> int | None:
    """How many slots were taken; None while no replica has looked yet."""
    with psycopg.connect(address.replace("+psycopg", "")) as connection:
        seen = connection.execute("SELECT count(*) FROM watermark").fetchone()
        taken = connection.execute("SELECT count(*) FROM slot").fetchone()
        return int(taken[0]) if seen and seen[0] and taken else None


@pytest.mark.parametrize("missed", [1, 3, 30])
@pytest.mark.parametrize(("catch_up", "of_one", "of_many"), [("latest", 1, 1), ("all", 1, None), ("none", 0, 0)])
def test_a_bot_that_was_down_posts_what_its_policy_says_and_marks_it_late(
    tmp_path: Path, catch_up: CatchUp, of_one: int, of_many: int | None, missed: int
) -> None:
    schedule = replace(DAILY, departments=("finance",), catch_up=catch_up)
    bench = Bench(tmp_path, usual_house(schedules=(schedule,)))
    bench.desk.digests.post_due()
    bench.watch.forward(days=missed)
    posted = bench.desk.digests.post_due()
    assert posted == (of_one if missed == 1 else missed if of_many is None else of_many)
    assert bench.desk.digests.post_due() == 0
    bench.watch.at = NOW + timedelta(days=missed + 1) - timedelta(hours=2)
    assert bench.desk.digests.post_due() == 1
    digests = {post.key: str(message.blocks[1]) for post, message in bench.posts("#finance")}
    on_time = (NOW + timedelta(days=missed + 1)).date()
    expected = {key_of(schedule, on_time - timedelta(days=ago)): ago > 0 for ago in range(posted + 1)}
    assert {key: "late, it was due" in top for key, top in digests.items()} == expected
    for ago in range(posted + 1):
        # The day that a digest sums up is the one before its slot, whenever it comes to be written.
        before = on_time - timedelta(days=ago + 1)
        assert f"{before:%a} {before.day} {before:%b} to" in digests[key_of(schedule, on_time - timedelta(days=ago))]
    bench.close()


def key_of(schedule: Schedule, day: date) -> str:
    return f"digest/{schedule.name}/{slot_key(schedule, day)}/demo/finance"
