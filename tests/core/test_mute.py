"""Whether an alert is shown now, later or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.alerts import Alert, Change, resolved, snoozed
from bot.core.known import LogLine
from bot.core.money import Money
from bot.core.mute import (
    Hold,
    Mute,
    Never,
    Now,
    Way,
    expected_loss,
    held_back,
    mute,
    owed,
    quiet_until,
    resting_until,
    told_by,
)
from bot.core.parts import MoneyRange, say
from bot.core.settings import Department, Outside, QuietHours, Updates, WorkingHours
from bot.core.silences import Silence
from bot.core.verdict import Cost, Severity, Step, View
from tests.core.samples import NOW, opened

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(18), time(8), BERLIN)
WAREHOUSE = Department("warehouse", "#warehouse")
SLEEPING = Department("warehouse", "#warehouse", NIGHT)
AT_NIGHT = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("alert", "department", "inhibitor", "seen", "now", "verdict"),
    [
        (opened(), WAREHOUSE, None, False, NOW, Now()),
        (opened(), None, None, False, NOW, Now()),
        # What people already see is always kept true.
        (opened(), SLEEPING, opened(), True, AT_NIGHT, Now("keeps true what is shown")),
        (resolved(opened(), (), None, NOW), WAREHOUSE, None, False, NOW, Never("over before it was shown")),
        (opened(), WAREHOUSE, opened(), False, NOW, Never("A-1042 (low_stock) says it already")),
        (
            snoozed(opened(), MORNING, "U1", NOW),
            WAREHOUSE,
            None,
            False,
            NOW,
            Hold(MORNING, "snoozed"),
        ),
        (opened(), SLEEPING, None, False, NOW, Now()),
        (opened(), SLEEPING, None, False, AT_NIGHT, Hold(MORNING, "quiet hours of warehouse", quiet=True)),
        # What is critical wakes people up.
        (opened(Severity.CRITICAL), SLEEPING, None, False, AT_NIGHT, Now()),
    ],
)
def test_it_is_shown_held_or_left_out_with_the_reason(
    alert: Alert, department: Department | None, inhibitor: Alert | None, seen: bool, now: datetime, verdict: Mute
) -> None:
    assert mute(alert, department, inhibitor, seen, now) == verdict


@pytest.mark.parametrize(
    ("updates", "change", "ways"),
    [
        # An edit tells all there is to tell, unless people must look again.
        ("edit", "escalated", {"thread"}),
        ("edit", "reopened", {"thread"}),
        ("edit", "woken", {"thread"}),
        ("edit", "overdue", {"thread"}),
        ("edit", "handed_off", {"thread"}),
        ("edit", "taken", set()),
        ("edit", "resolved", set()),
        ("new", "escalated", {"message"}),
        ("new", "taken", set()),
        ("thread", "taken", {"thread"}),
        ("thread", "resolved", {"thread"}),
        ("thread", "escalated", {"thread"}),
        ("thread+channel", "escalated", {"thread", "channel"}),
        ("thread+channel", "taken", {"thread"}),
        # Figures that moved are in the message, and nowhere else.
        ("thread+channel", "updated", set()),
        ("new", "none", set()),
    ],
)
def test_a_change_is_told_as_the_route_wants_it(updates: Updates, change: Change, ways: set[Way]) -> None:
    assert told_by(updates, change) == ways


@pytest.mark.parametrize(
    ("updates", "ways"),
    [("edit", set()), ("new", set()), ("thread", {"thread"}), ("thread+channel", {"thread"})],
)
def test_where_nobody_is_concerned_a_change_calls_nobody(updates: Updates, ways: set[str]) -> None:
    assert told_by(updates, "handed_off", concerned=False) == ways


@pytest.mark.parametrize(
    ("quiet", "local", "until"),
    [
        # Over midnight.
        (NIGHT, "2026-11-23 17:59", None),
        (NIGHT, "2026-11-23 18:00", "2026-11-24 08:00"),
        (NIGHT, "2026-11-24 03:00", "2026-11-24 08:00"),
        (NIGHT, "2026-11-24 08:00", None),
        # Within a day.
        (QuietHours(time(12), time(13), BERLIN), "2026-11-23 12:30", "2026-11-23 13:00"),
        (QuietHours(time(12), time(13), BERLIN), "2026-11-23 13:00", None),
        # The clocks go back in the night of 25 October: eight o'clock is eight o'clock.
        (NIGHT, "2026-10-24 22:00", "2026-10-25 08:00"),
    ],
)
def test_quiet_hours_end_at_their_local_time(quiet: QuietHours, local: str, until: str | None) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC)
    expected = datetime.fromisoformat(until).replace(tzinfo=BERLIN).astimezone(UTC) if until else None
    assert quiet_until(quiet, now) == expected


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.times(),
    st.times(),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_quiet_hours_always_end_within_a_day_and_an_hour(now: datetime, start: time, end: time, zone: str) -> None:
    at = now.replace(tzinfo=UTC)
    until = quiet_until(QuietHours(start, end, ZoneInfo(zone)), at)
    assert until is None or timedelta(0) - timedelta(hours=1) <= until - at <= timedelta(hours=25)


# Quiet outside of working hours, and who is woken all the same.

DEPOT = WorkingHours(("mon", "tue", "wed", "thu", "fri"), time(7), time(16), BERLIN)
AT_WORK = Department("warehouse", "#warehouse", Outside(), DEPOT)


@pytest.mark.parametrize(
    ("department", "local", "until"),
    [
        (AT_WORK, "2026-11-23 12:00", None),
        (AT_WORK, "2026-11-23 16:00", "2026-11-24 07:00"),
        (AT_WORK, "2026-11-27 16:30", "2026-11-30 07:00"),
        # Who says nothing of its hours, or of its rest, has none.
        (Department("warehouse", "#warehouse", Outside()), "2026-11-28 12:00", None),
        (Department("warehouse", "#warehouse", None, DEPOT), "2026-11-28 12:00", None),
        (SLEEPING, "2026-11-23 20:00", "2026-11-24 08:00"),
    ],
)
def test_a_department_rests_in_its_quiet_hours_or_whenever_it_does_not_work(
    department: Department, local: str, until: str | None
) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC)
    expected = datetime.fromisoformat(until).replace(tzinfo=BERLIN).astimezone(UTC) if until else None
    assert resting_until(department, now) == expected


def test_quiet_hours_that_end_in_the_repeated_hour_never_end_in_the_past() -> None:
    quiet = QuietHours(time(22), time(2, 30), BERLIN)
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert second.astimezone(BERLIN).time() == time(2, 15)
    assert quiet_until(quiet, second) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert quiet_until(quiet, second - timedelta(hours=1)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def costing(low: int, high: int, currency: str = "EUR", **step: object) -> Alert:
    """An alert with a range of major units, and a step of the warehouse."""
    cost = Cost(MoneyRange(Money(low * 100, currency), Money(high * 100, currency)), say("so"))
    views = {"warehouse": View(say("So."), Step(say("acts"), **step))}  # type: ignore[arg-type]
    alert = opened()
    return replace(alert, fire=replace(alert.fire, cost=cost, views=views))


HOURS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("alert", "hours", "loss"),
    [
        # The middle of 400 to 800 EUR, for a quarter of the step's time.
        (costing(400, 800, within=8 * HOURS), 2, 15_000),
        (costing(400, 800, within=8 * HOURS), 8, 60_000),
        # No more can be lost than there is.
        (costing(400, 800, within=8 * HOURS), 80, 60_000),
        (costing(400, 800, by=NOW + 4 * HOURS), 2, 30_000),
        (costing(400, 800, by=NOW - HOURS), 2, 60_000),
        # A fixed moment goes before a span, as it does for the due time.
        (costing(400, 800, by=NOW + 4 * HOURS, within=HOURS), 2, 30_000),
        # What has no time, or no amount, tells nothing of what waiting costs.
        (costing(400, 800), 2, None),
        (replace(opened(), fire=replace(opened().fire, cost=None)), 2, None),
    ],
)
def test_what_waiting_is_expected_to_cost(alert: Alert, hours: int, loss: int | None) -> None:
    expected = Money(loss, "EUR") if loss is not None else None
    assert expected_loss(alert, "warehouse", NOW, NOW + hours * HOURS) == expected


def test_a_department_without_a_step_of_its_own_waits_for_the_first_ones() -> None:
    alert = costing(400, 800, within=8 * HOURS)
    assert expected_loss(alert, "finance", NOW, NOW + 2 * HOURS) == Money(15_000, "EUR")


@pytest.mark.parametrize(
    ("alert", "limit", "reason"),
    [
        # From ten in the evening to eight in the morning are ten of the twenty hours.
        (
            costing(900, 1_100, within=20 * HOURS),
            Money(49_999, "EUR"),
            "told in quiet hours: waiting would cost 500.00 EUR, more than 499.99 EUR",
        ),
        (costing(900, 1_100, within=20 * HOURS), Money(50_000, "EUR"), ""),
        (costing(900, 1_100, "USD", within=20 * HOURS), Money(1, "EUR"), ""),
        (costing(900, 1_100), Money(1, "EUR"), ""),
        (costing(900, 1_100, within=20 * HOURS), None, ""),
    ],
)
def test_a_department_is_woken_only_by_what_would_cost_more_than_its_limit(
    alert: Alert, limit: Money | None, reason: str
) -> None:
    department = replace(SLEEPING, wakes_above=limit)
    told = mute(alert, department, None, False, AT_NIGHT, None)
    assert told == (Now(reason) if reason else Hold(MORNING, "quiet hours of warehouse", quiet=True))
    assert (held_back(alert, department, AT_NIGHT) is None) == bool(reason)


def test_a_silence_ends_into_the_quiet_hours() -> None:
    silence = Silence(1, AT_NIGHT, "U1", "known", NOW, rule="low_stock")
    assert mute(opened(), SLEEPING, None, False, NOW, silence) == Hold(MORNING, "silence S-1")
    assert mute(opened(), WAREHOUSE, None, False, NOW, silence) == Hold(AT_NIGHT, "silence S-1")


@pytest.mark.parametrize(
    ("log", "change"),
    [
        pytest.param([], "none", id="nothing happened"),
        pytest.param([(0, "escalated", "")], "none", id="what was before it was told"),
        pytest.param([(1, "escalated", "")], "escalated", id="what became worse is to be told"),
        pytest.param(
            [(1, "opened", ""), (2, "updated", "")], "none", id="what opened is shown, moved figures are not told"
        ),
        pytest.param([(1, "reopened", ""), (2, "updated", "")], "reopened", id="also when its figures moved since"),
        pytest.param([(1, "escalated", ""), (2, "overdue", "")], "overdue", id="the newest counts"),
        pytest.param([(1, "escalated", ""), (2, "taken", "U1")], "none", id="whoever took it has seen it"),
        pytest.param([(1, "escalated", ""), (2, "resolved", "")], "none", id="what is over is over"),
        pytest.param([(1, "handed_off", "U1")], "handed_off", id="whoever gets it has not seen it"),
    ],
)
def test_what_people_were_not_called_for_in_a_silence(log: list[tuple[int, str, str]], change: Change) -> None:
    lines = [LogLine(NOW + timedelta(hours=hours), what, actor, ()) for hours, what, actor in log]
    assert owed(lines, NOW) == change
