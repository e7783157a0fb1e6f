"""The form of a member's own preferences."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from bot.core.forms import Preferred, Sent, Wrong
from bot.core.handlers import Request, ShowForm
from bot.core.preferences import NONE, OwnQuiet, Preferences, Profile
from bot.core.schedule import WEEKDAYS
from bot.core.settings import Shop
from handlers.commands import preferences as command
from handlers.forms import preferences as form
from handlers.forms.preferences import Wishes
from tests.core.samples import NOW
from tests.handlers.shelves import words

SENT = Sent("U1ANNA", NOW, "main", by=Profile("Anna", "Europe/Lisbon"))
FACTS = form.Facts(Shop("main", "Nordlicht", "EUR", ZoneInfo("Europe/Berlin")))
NOTHING = Wishes(None, "all", None, None, (), ())
NIGHT = replace(NOTHING, starts=time(22), ends=time(7))


def sent(answers: Wishes, by: Sent = SENT) -> Preferred:
    did = form.preferences.send(answers, by, FACTS)
    assert isinstance(did, Preferred)
    return did


@pytest.mark.parametrize(
    ("answers", "wishes"),
    [
        (NOTHING, Preferences(name="Anna")),
        (replace(NOTHING, department="finance", mentions="never"), Preferences("finance", "never", None, "Anna")),
        (NIGHT, Preferences(quiet=OwnQuiet(time(22), time(7), WEEKDAYS, "Europe/Lisbon"), name="Anna")),
        (
            replace(NIGHT, weekdays=("sat", "sun"), critical=("critical",)),
            Preferences(quiet=OwnQuiet(time(22), time(7), ("sat", "sun"), "Europe/Lisbon", True), name="Anna"),
        ),
    ],
    ids=["nothing", "department and mentions", "every night", "weekends, but for critical matters"],
)
def test_what_was_answered_becomes_preferences_in_the_members_own_zone(answers: Wishes, wishes: Preferences) -> None:
    assert sent(answers).preferences == wishes


def test_where_slack_names_no_zone_it_is_the_shops() -> None:
    did = sent(NIGHT, replace(SENT, by=Profile()))
    assert did.preferences.quiet is not None and did.preferences.quiet.zone == "Europe/Berlin"
    assert words(did.told) == "Your preferences are saved. Your quiet hours are 22:00 to 07:00 in Europe/Berlin."


def test_without_quiet_hours_none_are_told() -> None:
    assert words(sent(NOTHING).told) == "Your preferences are saved."


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        (replace(NIGHT, ends=None), "ends"),
        (replace(NIGHT, starts=None), "starts"),
        (replace(NIGHT, ends=time(22)), "ends"),
    ],
    ids=["no end", "no beginning", "over at once"],
)
def test_quiet_hours_need_a_beginning_and_another_end(answers: Wishes, field: str) -> None:
    with pytest.raises(Wrong) as wrong:
        form.preferences.send(answers, SENT, FACTS)
    assert list(wrong.value.problems) == [field]


def test_nobody_needs_permission_for_their_own_preferences() -> None:
    assert form.preferences.own


@pytest.mark.parametrize(
    ("wishes", "given"),
    [
        (NONE, {"department": "", "mentions": "all"}),
        (
            Preferences("finance", "due", OwnQuiet(time(22), time(7), ("mon",), "UTC", critical=True)),
            {
                "department": "finance", "mentions": "due", "starts": time(22), "ends": time(7), "weekdays": ("mon",),
                "critical": ("critical",),
            },
        ),
        (
            Preferences(quiet=OwnQuiet(time(22), time(7), ("mon",), "UTC")),
            {
                "department": "", "mentions": "all", "starts": time(22), "ends": time(7), "weekdays": ("mon",),
                "critical": (),
            },
        ),
    ],
    ids=["none", "all", "nights"],
)  # fmt: skip
def test_the_form_opens_with_what_was_said_before(wishes: Preferences, given: dict[str, object]) -> None:
    opened = command.preferences.answer(Request("", "U1", "C1", NOW), command.Facts(wishes))
    assert opened == ShowForm("preferences", given=given)
