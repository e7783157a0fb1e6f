"""Whether an alert is shown now, later or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.alerts import Alert, Change, resolved, snoozed
from bot.core.mute import Hold, Mute, Never, Now, Way, mute, quiet_until, told_by
from bot.core.settings import Department, QuietHours, Updates
from bot.core.verdict import Severity
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
