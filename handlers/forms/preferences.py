"""The form in which a member says what they want of the bot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import get_args

from bot.core.facts import SettingsOfShop, ask
from bot.core.forms import Choice, Preferred, Sent, Several, TimeOfDay, Wrong, asked, form
from bot.core.parts import Line, say
from bot.core.preferences import Mentions, OwnQuiet, Preferences
from bot.core.schedule import WEEKDAYS
from bot.core.settings import Shop

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHEN = (
    ("all", "When a matter is handed to me, and when mine is due"),
    ("handed", "Only when a matter is handed to me"),
    ("due", "Only when my matter is due"),
    ("never", "Never"),
)


@dataclass(frozen=True)
class Wishes:
    department: str | None = asked(
        Choice(label="My department", hint="Left out: by the channels you are in.", of="departments", optional=True)
    )
    mentions: str = asked(
        Choice(label="Mention me", hint="Otherwise you are named without being called.", options=_WHEN)
    )
    starts: time | None = asked(
        TimeOfDay(label="My quiet hours begin", hint="In them you are named without being called.", optional=True)
    )
    ends: time | None = asked(TimeOfDay(label="My quiet hours end", optional=True))
    weekdays: tuple[str, ...] = asked(
        Several(
            label="On",
            hint="The days on which they begin; left out, every day.",
            options=tuple(zip(WEEKDAYS, _DAYS, strict=True)),
            optional=True,
        )
    )
    critical: tuple[str, ...] = asked(
        Several(
            label="In them all the same",
            options=(("critical", "Mention me when it is critical"),),
            optional=True,
        )
    )


@dataclass(frozen=True)
class Facts:
    shop: Shop = ask(SettingsOfShop())


@form(title="Preferences", own=True)
def preferences(answers: Wishes, sent: Sent, facts: Facts) -> Preferred:
    """Your department, when you are mentioned, and your own quiet hours, in the time zone that Slack has for you, also
    once you travel."""
    mentions: Mentions = next(each for each in get_args(Mentions) if each == answers.mentions)
    quiet = _quiet(answers, sent.by.zone or facts.shop.zone.key)
    wishes = Preferences(answers.department or "", mentions, quiet, sent.by.name)
    return Preferred(wishes, _told(quiet))


def _quiet(answers: Wishes, zone: str) -> OwnQuiet | None:
    if answers.starts is None and answers.ends is None:
        return None
    if answers.starts is None or answers.ends is None:
        missing = "starts" if answers.starts is None else "ends"
        raise Wrong({missing: say("Say both, when they begin and when they end, or neither.")})
    if answers.starts == answers.ends:
        raise Wrong({"ends": say("They would be over as they begin.")})
    days = answers.weekdays or WEEKDAYS
    return OwnQuiet(answers.starts, answers.ends, days, zone, "critical" in answers.critical)


def _told(quiet: OwnQuiet | None) -> Line:
    hours = f" Your quiet hours are {quiet.start:%H:%M} to {quiet.end:%H:%M} in {quiet.zone}." if quiet else ""
    return say(f"Your preferences are saved.{hours}")
