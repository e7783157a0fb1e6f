"""Forgetting in time, looking for damage, and a wall clock that somebody set, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.core.delivery import Delivery
from bot.mind import Mind
from bot.people.asides import Asides
from bot.rounds.overdue import Overdue
from bot.rounds.quiet import Quiet
from bot.rounds.reroute import Reroute
from bot.rounds.troubles import Troubles
from bot.rounds.upkeep import Upkeep
from bot.store import inbox
from bot.store.engine import Store
from bot.store.inbox import Arrival
from bot.store.tables.asking import heard_hour
from bot.store.tables.log import inbox as rows
from tests.bench import Bench, Watch, usual_house
from tests.core.samples import NOW
from tests.people.test_desk import WEEKLY

DAY = timedelta(days=1)


class Hands(Watch):
    """A clock whose wall time can be set without any time passing."""

    steady = 0.0

    def boottime(self) -> float:
        return self.steady

    def passes(self, **span: float) -> None:
        self.forward(**span)
        self.steady += timedelta(**span).total_seconds()


@pytest.fixture
def watch() -> Hands:
    return Hands()


@pytest.fixture
def bench(tmp_path: Path, watch: Hands) -> Iterator[Bench]:
    bench = Bench(tmp_path, usual_house(schedules=(WEEKLY,)), watch)
    yield bench
    bench.close()


@pytest.fixture
def upkeep(bench: Bench, watch: Hands) -> Upkeep:
    return Upkeep(bench.store, watch)  # type: ignore[arg-type]


def mind(bench: Bench, upkeep: Upkeep) -> Mind:
    troubles = Troubles(bench.store, "#operations", upkeep.clock)
    overdue = Overdue(bench.store, bench.house, bench.pipeline.board, upkeep.clock)
    asides = Asides.of(bench.store, bench.pipeline.board, upkeep.clock, bench.pipeline.again)
    quiet = Quiet(bench.store, bench.house, bench.pipeline.board, upkeep.clock)
    reroute = Reroute(bench.store, bench.house, bench.pipeline.board, upkeep.clock)
    return Mind(
        bench.store, bench.catalog, bench.pipeline, bench.desk, overdue, asides, upkeep, troubles, quiet, reroute
    )


def admitted(store: Store, key: str, at: datetime) -> None:
    delivery = Delivery("generic", {"x-topic": "t"}, f"the body of {key}".encode(), at)
    with store.write() as connection:
        inbox.admit(connection, [Arrival("generic", "demo", key, delivery)])
        found = connection.execute(select(rows.c.id).where(rows.c.key == key)).scalar_one()
        if key != "waiting":
            inbox.finish(connection, found, "done")


def kept(store: Store) -> dict[str, bool]:
    """The deliveries that are there, and whether they still have their bodies."""
    with store.read() as connection:
        return {row.key: row.body is not None for row in connection.execute(select(rows.c.key, rows.c.body))}


def test_with_the_ticks_bodies_go_after_a_week_and_rows_after_a_month(bench: Bench, upkeep: Upkeep) -> None:
    for key, days in (("waiting", 40), ("month", 31), ("week", 8), ("six", 6)):
        admitted(bench.store, key, NOW - days * DAY)
    mind(bench, upkeep).tick()
    assert kept(bench.store) == {"waiting": True, "week": False, "six": True}


def test_tidying_comes_once_an_hour(bench: Bench, upkeep: Upkeep, watch: Hands) -> None:
    upkeep.tick()
    admitted(bench.store, "month", NOW - 31 * DAY)
    watch.passes(minutes=59)
    upkeep.tick()
    assert "month" in kept(bench.store)
    watch.passes(minutes=1)
    upkeep.tick()
    assert "month" not in kept(bench.store)


def test_more_than_one_batch_is_forgotten_in_one_go(
    bench: Bench, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.retention.MOST", 2)
    for number in range(7):
        admitted(bench.store, f"old {number}", NOW - 31 * DAY)
    assert upkeep.tidy()["deliveries"] >= 7
    assert kept(bench.store) == {}


def test_damage_is_looked_for_once_a_day_and_told(bench: Bench, upkeep: Upkeep, watch: Hands) -> None:
    upkeep.tick()
    with bench.store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with capture_logs() as logs:
        watch.passes(hours=23)
        upkeep.tick()
        assert [line for line in logs if line["event"] == "database unsound"] == []
        watch.passes(hours=1)
        upkeep.tick()
    assert "9999" in next(line["problem"] for line in logs if line["event"] == "database unsound")


def test_upkeep_that_fails_is_put_off_and_fails_nobody_else(tmp_path: Path, watch: Hands) -> None:
    empty = Store.open(f"sqlite:///{tmp_path}/empty.db")
    with capture_logs() as logs:
        Upkeep(empty, watch).tick()  # type: ignore[arg-type]
    assert [line["event"] for line in logs] == ["upkeep put off"] * 2
    empty.close()


@pytest.mark.parametrize(
    "to",
    [
        NOW + timedelta(hours=1),
        NOW - timedelta(hours=1),
        NOW + DAY,
        NOW - DAY,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2038, 1, 20, tzinfo=UTC),
    ],
)
def test_a_clock_that_is_set_and_set_back_costs_no_slot_and_gives_no_second_one(
    bench: Bench, upkeep: Upkeep, watch: Hands, to: datetime
) -> None:
    ours = mind(bench, upkeep)

    def tick() -> None:
        watch.passes(seconds=5)
        ours.tick()

    tick()
    away = to - watch.at
    watch.at += away
    tick()
    assert digests(bench) == []
    watch.at -= away
    tick()
    for _ in range(3):
        watch.passes(days=7)
        tick()
        tick()
    assert digests(bench) == ["2026-W49", "2026-W50", "2026-W51"]


def test_a_clock_that_stays_ahead_for_days_posts_early_and_leaves_no_slot_out_afterwards(
    bench: Bench, upkeep: Upkeep, watch: Hands
) -> None:
    ours = mind(bench, upkeep)
    ours.tick()
    watch.passes(days=7)
    ours.tick()
    watch.at += timedelta(days=365)
    for _ in range(3):
        watch.passes(seconds=5)
        ours.tick()
    assert digests(bench) == ["2026-W49", "2027-W48"]
    watch.at -= timedelta(days=365)
    for _ in range(3):
        watch.passes(days=7)
        ours.tick()
        ours.tick()
    assert digests(bench) == ["2026-W49", "2027-W48", "2026-W50", "2026-W51", "2026-W52"]


def test_a_day_of_sleep_is_no_clock_that_was_set(upkeep: Upkeep, watch: Hands) -> None:
    assert upkeep.steady()
    watch.passes(days=1)
    assert upkeep.steady()
    watch.forward(minutes=11)
    with capture_logs() as logs:
        assert not upkeep.steady()
    assert [line["event"] for line in logs] == ["wall clock was set"]
    assert upkeep.steady()


@pytest.mark.parametrize(
    ("apart", "trouble"),
    [
        (timedelta(0), ""),
        (timedelta(seconds=60), ""),
        (timedelta(seconds=-60), ""),
        (timedelta(seconds=75), "this machine's clock is 75 seconds ahead of that of Slack"),
        (timedelta(hours=-1), "this machine's clock is 3600 seconds behind that of Slack"),
    ],
)
def test_a_clock_that_is_far_from_slacks_is_not_trusted(
    upkeep: Upkeep, watch: Hands, apart: timedelta, trouble: str
) -> None:
    upkeep.others.heard("Slack", watch.now() - apart)
    with capture_logs() as logs:
        assert [upkeep.steady(), upkeep.steady()] == [not trouble] * 2
    assert upkeep.trouble == trouble
    assert [line["event"] for line in logs] == (["wall clock is wrong"] if trouble else [])
    upkeep.others.heard("Slack", watch.now())
    assert upkeep.steady()
    assert upkeep.trouble == ""


def digests(bench: Bench) -> list[str]:
    """The weeks of the digests that one department was posted, in the order in which they were made."""
    with bench.store.read() as connection:
        keys = connection.exec_driver_sql("SELECT key FROM post WHERE key LIKE 'digest/%/finance' ORDER BY rowid")
        return [key.split("/")[2] for (key,) in keys]


def test_the_quarters_in_which_the_bot_is_up_are_noted(upkeep: Upkeep, bench: Bench, watch: Hands) -> None:
    first = inbox.hour_of(watch.now())
    for _ in range(16):
        upkeep.tick()
        watch.passes(minutes=5, seconds=1)
    watch.passes(hours=5)
    upkeep.tick()
    with bench.store.read() as connection:
        found = connection.execute(select(heard_hour).where(heard_hour.c.source == inbox.AWAKE)).all()
    assert {row.hour: row.deliveries for row in found} == {first: 15, first + 1: 3, first + 6: 2}
