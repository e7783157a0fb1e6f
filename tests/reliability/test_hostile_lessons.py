"""What went wrong in other people's bots: handlers that run twice, replicas that each do the same, crashes in between."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.core.schedule import WEEKDAYS
from bot.core.settings import Schedule
from bot.store.tables import METADATA
from tests.bench import Bench, usual_house
from tests.core.samples import NOW

FIXTURES = Path(__file__).parents[1] / "fixtures"
ALL = sorted(path for source in ("shopify", "stripe", "generic") for path in (FIXTURES / source).glob("*.json"))
DEPARTMENTS = ("marketing", "finance", "warehouse", "operations")


class Crash(Exception):
    """The process ends here."""


def rows(bench: Bench) -> Counter[str]:
    """Every row of every table."""
    with bench.store.read() as connection:
        return Counter(
            f"{table.name} {row!s}" for table in METADATA.tables.values() for row in connection.execute(select(table))
        )


def deliver(bench: Bench, path: Path) -> None:
    bench.deliver(path.parent.name, path.stem.replace("__", "/"), path.read_bytes())


def work(bench: Bench) -> None:
    while bench.pipeline.work():
        pass


def crash(bench: Bench) -> None:
    """All the work on what waits, up to the moment before it is committed."""
    with suppress(Crash), bench.store.write() as connection:
        bench.pipeline._work_on(connection, bench.house.shops["demo"], 100)
        raise Crash


@pytest.mark.parametrize("source", ["shopify", "stripe", "generic"])
def test_deliveries_that_each_come_three_times_around_a_crash_are_as_if_they_came_once(
    source: str, tmp_path: Path
) -> None:
    once, often = Bench(tmp_path / "once"), Bench(tmp_path / "often")
    for bench in (once, often):
        bench.sells("TEA-EARL-100", 3, days=3)
    for path in (path for path in ALL if path.parent.name == source):
        deliver(once, path)
        work(once)
        deliver(often, path)
        crash(often)
        deliver(often, path)
        work(often)
        deliver(often, path)
        work(often)
    assert rows(often) == rows(once)
    once.close()
    often.close()


@pytest.mark.parametrize("replicas", [3, 6])
def test_replicas_that_tick_at_the_same_moment_post_one_digest_a_department(tmp_path: Path, replicas: int) -> None:
    schedule = Schedule("daily", WEEKDAYS, time(9), ZoneInfo("Europe/Berlin"), DEPARTMENTS, 1)
    house = usual_house(schedules=(schedule,))
    benches = [Bench(tmp_path, house=house) for _ in range(replicas)]
    benches[0].desk.digests.post_due()
    for day in range(1, 4):
        start = Barrier(replicas)

        def tick(bench: Bench, start: Barrier = start, day: int = day) -> int:
            bench.watch.at = NOW + timedelta(days=day)
            start.wait(10)
            return bench.desk.digests.post_due()

        with ThreadPoolExecutor(replicas) as pool:
            posted = list(pool.map(tick, benches))
        assert sorted(posted) == [0] * (replicas - 1) + [len(DEPARTMENTS)]
    for department in DEPARTMENTS:
        assert len(benches[0].posts(f"#{department}")) == 3
    for bench in benches:
        bench.close()


def test_an_alert_that_several_replicas_hear_of_at_once_is_one_alert_with_one_message(tmp_path: Path) -> None:
    benches = [Bench(tmp_path) for _ in range(4)]
    told = [path for path in ALL if "dispute" in path.name or "payout" in path.name]
    for path in told:
        deliver(benches[0], path)
    with ThreadPoolExecutor(len(benches)) as pool:
        list(pool.map(work, benches))
    alone = Bench(tmp_path / "alone", watch=replace(benches[0].watch))
    for path in told:
        deliver(alone, path)
    work(alone)
    kept = ("alert ", "event ", "dispute ", "payout ")
    mine, theirs = (
        Counter({row: n for row, n in rows(bench).items() if row.startswith(kept)}) for bench in (benches[0], alone)
    )
    assert mine == theirs and mine
    assert Counter(benches[0].shown("#finance")) == Counter(alone.shown("#finance"))
    for bench in (*benches, alone):
        bench.close()
