"""One matter, one alert: what it is, and how people change it. What a verdict makes of it is in ``advance``.

An alert is a rule and a subject of a shop (its fingerprint) with an episode. ``turn`` counts the changes on which
people decide (opened, severity up, taken, snoozed, resolved, reopened): buttons carry it, and a click on an older turn
changes nothing. ``version`` counts every change of what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, Person, say
from bot.core.subject import Subject, SubjectKind
from bot.core.verdict import Fire, Severity

State = Literal["firing", "acknowledged", "snoozed", "resolved"]
Change = Literal[
    "none",
    "opened",
    "updated",
    "escalated",
    "resolved",
    "reopened",
    "taken",
    "snoozed",
    "woken",
    "handed_off",
    "given_back",
    "overdue",
    "lapsing",
    "lapsed",
]
LONGEST_SNOOZE = timedelta(days=30)
"""Nothing is snoozed for longer, also what is to rest until it gets worse: by then somebody looks at it again."""

Ending = Literal["", "done", "false_alarm", "will_not_act", "duplicate"]
"""As what somebody closed a matter; "" where it ended by itself."""

ENDINGS: Mapping[Ending, str] = {
    "done": "Done",
    "false_alarm": "False alarm",
    "will_not_act": "Will not act",
    "duplicate": "Duplicate",
}
"""As what a matter can be closed, in words."""

DISMISSALS: frozenset[Ending] = frozenset({"false_alarm", "will_not_act", "duplicate"})
"""As what a matter is closed although it still stands."""

Deadline = Callable[[str, datetime, timedelta], datetime]
"""When a department must have done what came up at a moment and is to be done within a time (aware UTC)."""


def around_the_clock(_department: str, since: datetime, within: timedelta) -> datetime:
    """The deadline of whoever works always."""
    return since + within


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the matter: a department, and a person of it once somebody took it."""

    department: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """Who handed a matter to whoever holds it (a Slack user id), and what they said to that."""

    by: str
    note: Line = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """What makes an alert an exercise: who started it, when it ends by itself (aware UTC), and what a real one would be
    about."""

    by: str
    until: datetime
    about: SubjectKind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One matter as it stands. ``number`` is shown as A-1042; times are aware UTC."""

    number: int
    shop: str
    rule: str
    subject: Subject
    episode: int
    state: State
    severity: Severity
    fire: Fire
    holder: Holder
    opened_at: datetime
    changed_at: datetime
    turn: int = 1
    version: int = 1
    due_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozed_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: Line = ()
    peak: Severity = Severity.LOW
    """The worst it was in this episode: only what is worse than that calls people again."""
    recent: int = 1
    """How many times the same matter opened in the last 30 days, this one included."""
    taken_at: datetime | None = None
    """Since when its holder is a person."""
    exercise: Exercise | None = None
    """Set where nothing is wrong and somebody tries whether an alert is seen."""

    escalated_to: tuple[str, ...] = ()
    """Departments without a view of their own that see it because it is overdue or was handed to them."""
    until_worse: bool = False
    """It is snoozed until it gets worse, and ``snoozed_until`` is only the longest that anything rests."""
    handover: Handover | None = None
    """How it came to whoever holds it, when somebody handed it over."""
    ending: Ending = ""
    called: Line = ()
    """The members and user groups whom its newest step past the due time calls."""
    worst: MoneyRange | None = None
    """The most that it put at risk in this episode."""
    loss: Money | None = None
    """What it did cost, where that can be told once it is over."""
    outcome: Line = ()
    """What happened in the shop after it was resolved: what ended it, or how it came out."""
    source: str = ""
    """The source that last told of what it is about when it opened; "" where none did."""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"A-{self.number}"


def due_of(fire: Fire, department: str, now: datetime, deadline: Deadline) -> datetime | None:
    """A fixed moment stays what it is: whoever set it, such as a bank, does not ask when the department works. One
    without a step of its own does what the first to act would do."""
    step = (fire.views.get(department) or next(iter(fire.views.values()))).step
    return step.by or (deadline(department, now, step.within) if step.within else None)


# What people do. Each returns the alert after the act; whether this turn allows it is for the caller to check.


def taken(alert: Alert, person: str, now: datetime) -> Alert:
    """``person`` holds the matter."""
    holder = Holder(alert.holder.department, person)
    return _turned(alert, now, state="acknowledged", holder=holder, handover=None, taken_at=now)


def given_back(alert: Alert, now: datetime) -> Alert:
    """The matter is its department's again, for anybody of it to take."""
    holder = Holder(alert.holder.department)
    return _turned(alert, now, state="firing", holder=holder, handover=None, taken_at=None)


def snoozed(alert: Alert, until: datetime | None, person: str, now: datetime) -> Alert:
    """Nobody is bothered before ``until`` unless it gets worse; None is until it does, 30 days at most."""
    holder = Holder(alert.holder.department, alert.holder.person or person)
    end = until or now + LONGEST_SNOOZE
    resting = {"snoozed_until": end, "snoozed_by": person, "until_worse": until is None}
    return _turned(alert, now, state="snoozed", holder=holder, **resting)


def woken(alert: Alert, now: datetime) -> Alert:
    """The snooze ended and the matter still stands; whoever holds it holds it from now on."""
    since = now if alert.holder.person else None
    return _turned(alert, now, state="firing", taken_at=since)


def handed_off(
    alert: Alert,
    holder: Holder,
    now: datetime,
    deadline: Deadline = around_the_clock,
    handover: Handover | None = None,
) -> Alert:
    """Somebody else has it now. Another department has its own time for it, where its step has one; a department
    without a view sees the alert from now on."""
    moved = holder.department != alert.holder.department
    due_at = due_of(alert.fire, holder.department, now, deadline) if moved else None
    strangers = dict.fromkeys([*alert.escalated_to, holder.department])
    state, since = ("acknowledged", now) if holder.person else ("firing", None)
    return _turned(
        alert,
        now,
        state=state,
        holder=holder,
        taken_at=since,
        due_at=due_at or alert.due_at,
        escalated_to=tuple(name for name in strangers if name not in alert.fire.views),
        handover=handover,
    )


def resolved(alert: Alert, resolution: Line, person: str | None, now: datetime, ending: Ending = "") -> Alert:
    """The matter is over, by a person or by itself."""
    return _turned(
        alert, now, state="resolved", resolved_at=now, resolved_by=person, resolution=resolution, ending=ending
    )


def _turned(alert: Alert, now: datetime, **changes: object) -> Alert:
    """The next turn; what is not said to be snoozed is not."""
    awake: dict[str, object] = {"snoozed_until": None, "snoozed_by": None, "until_worse": False}
    turn, version = alert.turn + 1, alert.version + 1
    return replace(alert, turn=turn, version=version, changed_at=now, **awake | changes)  # type: ignore[arg-type]


def standing(alert: Alert) -> Line:
    """What is true of the alert now, in one line: the answer to a stale click."""
    match alert.state:
        case "resolved" if alert.resolved_by:
            return say(f"{alert.name} was resolved by ", Person(alert.resolved_by), " at ", _time(alert.resolved_at))
        case "resolved":
            return say(f"{alert.name} resolved itself at ", _time(alert.resolved_at))
        case "snoozed":
            by = say(" by ", Person(alert.snoozed_by)) if alert.snoozed_by else ()
            return say(f"{alert.name} is snoozed until ", rests_until(alert), by)
        case "acknowledged" if alert.holder.person:
            return say(f"{alert.name} is held by ", Person(alert.holder.person), " since ", _time(alert.changed_at))
        case _:
            return say(f"{alert.name} is open, with {alert.holder.department}")


def _time(at: datetime | None) -> Line:
    return say(Moment(at)) if at else say("an unknown time")


def rests_until(alert: Alert) -> Line:
    """Until when a snoozed alert rests."""
    if alert.until_worse:
        return say("it gets worse, at the latest until ", _time(alert.snoozed_until))
    return _time(alert.snoozed_until)
