"""Exercises: a marked alert through the real channels, which tells whether it is seen and taken, and how fast.

An exercise is an alert like any other where it is routed, shown and acted on. It counts nowhere, disturbs nobody but
the department that it is for, and ends by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.core.advance import Seat, advance
from bot.core.alerts import Alert, Exercise, resolved
from bot.core.known import LogLine
from bot.core.mute import resting_until
from bot.core.parts import Duration, Line, Moment, Person, member, say
from bot.core.settings import House
from bot.core.subject import Subject, SubjectKind
from bot.core.verdict import Fire, Severity, Step, View

LASTS, LONGEST = timedelta(minutes=30), timedelta(days=1)
REMEMBERED = timedelta(hours=1)
"""So long after its end the result of an exercise is kept true."""


@dataclass(frozen=True, slots=True)
class Drill:
    """What is to be tried: whether ``department`` sees an alert, such as one of ``rule``, which is about ``about``.

    ``by`` is a Slack user id, or what an operator calls themselves; ``asked_at`` when they asked (aware UTC).
    """

    department: str
    by: str
    asked_at: datetime
    rule: str = "drill"
    about: SubjectKind = "text"
    lasts: timedelta = LASTS


def refusal(house: House, department: str, now: datetime) -> Line | None:
    """Why a department should not be disturbed by an exercise now; None when it may be."""
    until = resting_until(house.departments[department], now)
    return say(f"{department} rests until ", Moment(until)) if until is not None else None


def subject(drill: Drill) -> Subject:
    """What an exercise is about: itself, so that no rule ever decides on it and nothing it does counts for another."""
    return Subject("exercise", f"{drill.by} {drill.asked_at.isoformat()}")


def begun(drill: Drill, seat: Seat, now: datetime) -> Alert:
    """The exercise as it opens, on the seat of its subject."""
    until = now + drill.lasts
    named = f"{drill.rule} for {drill.department}" if drill.rule != "drill" else f"an alert for {drill.department}"
    asked = say("takes it, as if it were real; it ends by itself at ", Moment(until, "time"))
    view = View(say("Nothing is wrong: this tries whether an alert is seen, and how fast it is taken"), Step(asked))
    why = say("An exercise that ", member(drill.by), " started")
    fire = Fire(why, Severity.HIGH, say(f"EXERCISE: {named}"), {drill.department: view})
    alert = advance(None, fire, seat, now).alert
    assert alert is not None
    return replace(alert, exercise=Exercise(drill.by, until, drill.about))


def started(alert: Alert) -> Line:
    """What whoever started an exercise is told."""
    until = say(" at ", Moment(alert.exercise.until, "time")) if alert.exercise else ()
    told = f"{alert.name} is an exercise for {next(iter(alert.fire.views))}. It ends by itself"
    return say(told, until, "; its thread tells how fast it was taken, and so does /ops drill.")


def running(alert: Alert) -> Line:
    """That an exercise runs, until when at the latest."""
    until = say(", until ", Moment(alert.exercise.until, "time")) if alert.exercise else ()
    return say(f"Exercise {alert.name} for {next(iter(alert.fire.views))} runs", until)


def is_over(alert: Alert, now: datetime) -> bool:
    """Whether an exercise is to end by itself."""
    return alert.exercise is not None and alert.state != "resolved" and alert.exercise.until <= now


def ended(alert: Alert, now: datetime) -> Alert:
    """The exercise once its time is over."""
    return resolved(alert, say("the exercise is over"), None, now)


def posted_at(ts: str) -> datetime:
    """When Slack showed a message, by its name there (aware UTC)."""
    return datetime.fromtimestamp(float(ts), UTC)


def result(alert: Alert, shown: datetime | None, log: Sequence[LogLine]) -> Line | None:
    """What came of an exercise so far, by when it was shown (None for never); None while nothing has."""
    told = _told(alert, shown, log)
    if told is None or alert.exercise is None:
        return None
    department = next(iter(alert.fire.views))
    return say(
        f"Exercise {alert.name} for {department}: ", told, ". Started by ", member(alert.exercise.by), "."
    )  # fmt: skip


def _told(alert: Alert, shown: datetime | None, log: Sequence[LogLine]) -> Line | None:
    if shown is None:
        return say("it was never shown") if alert.state == "resolved" else None
    took = next((entry for entry in log if entry.change == "taken"), None)
    if took is not None:
        return say("taken by ", Person(took.actor), " ", _after(shown, took.at), _resolved(alert, shown))
    if alert.resolved_at is None:
        return None
    if alert.resolved_by is not None:
        return say("not taken, but resolved by ", Person(alert.resolved_by), " ", _after(shown, alert.resolved_at))
    return say("nobody took it within ", _span(shown, alert.resolved_at))


def _resolved(alert: Alert, shown: datetime) -> Line:
    if alert.resolved_by is None or alert.resolved_at is None:
        return ()
    return say(", resolved by ", Person(alert.resolved_by), " ", _after(shown, alert.resolved_at))


def _after(shown: datetime, at: datetime) -> Line:
    return say(_span(shown, at), " after it was shown")


def _span(shown: datetime, at: datetime) -> Duration:
    """Slack's clock and ours may differ by a little."""
    return Duration(max((at - shown).total_seconds(), 0.0))
