"""One matter, one alert: how it opens, changes, is taken, snoozed, resolved and reopened.

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
from bot.core.verdict import Clear, Fire, Quiet, Severity, Verdict

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
REOPEN_WITHIN = timedelta(hours=2)
TOLD_WITHIN = timedelta(days=7)
"""For so long after a person resolved a matter it is still told what ended it in the shop."""
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


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a verdict made of an alert: the alert (None when there is none), what changed, and why."""

    alert: Alert | None
    change: Change
    reason: Line


@dataclass(frozen=True, slots=True)
class Seat:
    """The place an alert would take if it opened now: its next number and how often the matter came up before."""

    number: int
    shop: str
    rule: str
    subject: Subject
    episode: int = 1
    recent: int = 1
    source: str = ""


def advance(
    alert: Alert | None, verdict: Verdict, seat: Seat, now: datetime, deadline: Deadline = around_the_clock
) -> Advanced:
    """The alert after a verdict. ``alert`` is the matter's newest episode, if it has one; ``deadline`` reckons when its
    step is due.

    A matter that fires again within two hours of its resolution is reopened; later it is a new episode. One that
    somebody dismissed stays closed while it stands as it did.
    """
    match verdict:
        case Quiet(reason):
            return Advanced(alert, "none", reason)
        case Clear():
            return _clear(alert, verdict, now)
        case _:
            return _fire(alert, verdict, seat, now, deadline)


def _clear(alert: Alert | None, clear: Clear, now: datetime) -> Advanced:
    if alert is None:
        return Advanced(None, "none", clear.reason)
    note = clear.note or clear.reason
    if alert.state != "resolved":
        last = replace(alert, fire=_last(alert.fire, clear), loss=clear.loss)
        return Advanced(resolved(last, note, None, now), "resolved", clear.reason)
    if not _tells_more(alert, clear, now):
        return Advanced(alert, "none", clear.reason)
    loss = alert.loss if clear.loss is None else clear.loss
    told = replace(alert, outcome=note, loss=loss, fire=_last(alert.fire, clear), version=alert.version + 1)
    return Advanced(replace(told, changed_at=now), "updated", clear.reason)


def _last(fire: Fire, clear: Clear) -> Fire:
    """What is shown of the matter at its end."""
    return replace(fire, views={**fire.views, **clear.views}, details=clear.details or fire.details)


def _tells_more(alert: Alert, clear: Clear, now: datetime) -> bool:
    """Whether a resolved alert learns something: what ended it after a person had resolved it, or what it did cost."""
    if clear.loss is not None and clear.loss != alert.loss:
        return True
    recent = alert.resolved_at is not None and now - alert.resolved_at <= TOLD_WITHIN
    return recent and alert.resolved_by is not None and not alert.outcome


def _fire(alert: Alert | None, fire: Fire, seat: Seat, now: datetime, deadline: Deadline) -> Advanced:
    if alert is not None and _dismissed(alert, fire, now):
        return Advanced(alert, "none", fire.reason)
    if alert is None or not reopens(alert, now):
        return Advanced(_open(fire, seat, now, deadline), "opened", fire.reason)
    if alert.state == "resolved":
        return Advanced(_reopen(alert, fire, now, deadline), "reopened", fire.reason)
    if fire.severity > alert.peak:
        return Advanced(_escalate(alert, fire, now), "escalated", fire.reason)
    if _same_news(alert.fire, fire):
        return Advanced(alert, "none", fire.reason)
    return Advanced(_update(alert, fire, now), "updated", fire.reason)


def _dismissed(alert: Alert, fire: Fire, now: datetime) -> bool:
    """Whether somebody has decided that nothing is to be done about what still stands: that holds until it is over or
    worse than it was, and for a week at most."""
    recent = alert.resolved_at is not None and now - alert.resolved_at <= TOLD_WITHIN
    return recent and alert.ending in DISMISSALS and not alert.outcome and fire.severity <= alert.peak


def _update(alert: Alert, fire: Fire, now: datetime) -> Alert:
    worst = _worse(alert.worst, fire)
    return replace(alert, fire=fire, severity=fire.severity, worst=worst, version=alert.version + 1, changed_at=now)


def _worse(before: MoneyRange | None, fire: Fire) -> MoneyRange | None:
    """The larger of two risks; of two currencies the newer one, since they cannot be compared."""
    now = fire.cost.amount if fire.cost else None
    if before is None or now is None:
        return now or before
    return before if before.high.currency == now.high.currency and before.high.minor > now.high.minor else now


def reopens(alert: Alert, now: datetime) -> bool:
    """Whether what comes up now belongs to this episode: it is open, or was resolved just now."""
    return alert.resolved_at is None or now - alert.resolved_at <= REOPEN_WITHIN


def _same_news(before: Fire, now: Fire) -> bool:
    """Whether the same would be shown, apart from how fresh it is."""
    return replace(before, as_of=None, reason=()) == replace(now, as_of=None, reason=())


def _open(fire: Fire, seat: Seat, now: datetime, deadline: Deadline) -> Alert:
    department = next(iter(fire.views))
    return Alert(
        number=seat.number,
        shop=seat.shop,
        rule=seat.rule,
        subject=seat.subject,
        episode=seat.episode,
        recent=seat.recent,
        source=seat.source,
        state="firing",
        severity=fire.severity,
        peak=fire.severity,
        fire=fire,
        holder=Holder(department),
        opened_at=now,
        changed_at=now,
        due_at=_due(fire, department, now, deadline),
        worst=_worse(None, fire),
    )


def _due(fire: Fire, department: str, now: datetime, deadline: Deadline) -> datetime | None:
    """A fixed moment stays what it is: whoever set it, such as a bank, does not ask when the department works. One
    without a step of its own does what the first to act would do."""
    step = (fire.views.get(department) or next(iter(fire.views.values()))).step
    return step.by or (deadline(department, now, step.within) if step.within else None)


def _reopen(alert: Alert, fire: Fire, now: datetime, deadline: Deadline) -> Alert:
    return replace(
        alert,
        state="firing",
        fire=fire,
        severity=fire.severity,
        peak=fire.severity,
        holder=Holder(next(iter(fire.views))),
        taken_at=None,
        escalated_to=(),
        called=(),
        handover=None,
        ending="",
        turn=alert.turn + 1,
        version=alert.version + 1,
        changed_at=now,
        due_at=_due(fire, next(iter(fire.views)), now, deadline),
        resolved_at=None,
        resolved_by=None,
        resolution=(),
        snoozed_until=None,
        worst=_worse(alert.worst, fire),
        loss=None,
        outcome=(),
    )


def _escalate(alert: Alert, fire: Fire, now: datetime) -> Alert:
    """Worse than before: whoever snoozed it must look again, whoever took it still holds it."""
    return replace(
        alert,
        state="firing" if alert.state == "snoozed" else alert.state,
        snoozed_until=None,
        until_worse=False,
        fire=fire,
        severity=fire.severity,
        peak=fire.severity,
        worst=_worse(alert.worst, fire),
        turn=alert.turn + 1,
        version=alert.version + 1,
        changed_at=now,
    )


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
    return _turned(alert, now, state="snoozed", snoozed_until=end, until_worse=until is None, holder=holder)


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
    due_at = _due(alert.fire, holder.department, now, deadline) if moved else None
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
    awake: dict[str, object] = {"snoozed_until": None, "until_worse": False}
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
            return say(f"{alert.name} is snoozed until ", rests_until(alert))
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
