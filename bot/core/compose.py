"""Alerts and digests put into messages: what stands where, and in which words.

An alert's message has six blocks (title, impact, figures, next step, buttons, footer) and is edited in place while the
matter lives; what calls people to look again is a short notice in its thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import Literal

from bot.core.alerts import Alert, Change, rests_until, standing
from bot.core.handlers import Action, Entry, Period
from bot.core.known import LogLine
from bot.core.message import (
    Block,
    Bullets,
    Button,
    Buttons,
    Figures,
    Footer,
    Heading,
    Message,
    Paragraph,
    Title,
    button_value,
)
from bot.core.parts import Line, Moment, Person, ShopText, join, say, strong
from bot.core.settings import Shop
from bot.core.verdict import View

_MOST_BUTTONS = 4
MOST_IN_MENU = 5
_MOST_FIGURES = 6
_MOST_LOGGED = 20
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STATES = {"acknowledged": "TAKEN", "snoozed": "SNOOZED", "resolved": "RESOLVED"}


def compose(alert: Alert, departments: Sequence[str], actions: Iterable[Action]) -> Message:
    """The alert as the ``departments`` of one channel see it, with the buttons that fit its state."""
    theirs = [name for name in departments if name in alert.fire.views] or [next(iter(alert.fire.views))]
    seen = [alert.fire.views[name] for name in theirs]
    blocks: list[Block] = [Title(alert.fire.title, alert.severity, _STATES.get(alert.state, ""))]
    blocks.append(Paragraph(_impact(alert, seen)))
    figures = _figures(seen)
    if figures:
        blocks.append(Figures(figures))
    blocks.append(Paragraph(_next(alert, departments)))
    blocks += buttons(alert.number, alert.turn, alert.state, actions)
    blocks.append(Footer(_footer(alert)))
    return Message(_summary(alert, theirs[0], seen), tuple(blocks))


def _impact(alert: Alert, views: Sequence[View]) -> Line:
    impact = join([view.impact for view in views], " · ")
    if alert.state == "resolved":
        return join([line for line in (impact, _balance(alert)) if line], " · ")
    return say(impact, " · ", alert.fire.cost.amount, " at risk") if alert.fire.cost else impact


def _balance(alert: Alert) -> Line:
    """The most that was at risk, and what it did cost where that can be told."""
    worst = alert.worst or (alert.fire.cost.amount if alert.fire.cost else None)
    risk = [say(worst, " was at risk")] if worst else []
    cost = [say("it cost ", alert.loss) if alert.loss.minor > 0 else say("nothing was lost")] if alert.loss else []
    return join([*risk, *cost])


def _figures(views: Sequence[View]) -> tuple[tuple[str, Line], ...]:
    """The views' figures, each label once."""
    figures: dict[str, Line] = {}
    for view in views:
        for label, line in view.fields:
            figures.setdefault(label, line)
    return tuple(figures.items())[:_MOST_FIGURES]


def _next(alert: Alert, departments: Sequence[str]) -> Line:
    match alert.state:
        case "resolved":
            end = say(strong("Resolved "), _at(alert.resolved_at), _by(alert.resolved_by), ": ", alert.resolution)
            return say(end, " · ", strong("Then  "), alert.outcome) if alert.outcome else end
        case "snoozed":
            held = say(" · ", _holder(alert)) if alert.holder.person not in (None, alert.snoozed_by) else ()
            return say(strong("Snoozed "), "until ", rests_until(alert), _by(alert.snoozed_by), held)
        case _:
            return say(strong("Next  "), _steps(alert, departments), " · ", _holder(alert))


def _steps(alert: Alert, departments: Sequence[str]) -> Line:
    """Each view's step, those of this channel first, so that everybody sees who acts after them."""
    order = sorted(alert.fire.views, key=lambda name: name not in departments)
    return join([_step(alert, name) for name in order], ", then ")


def _step(alert: Alert, department: str) -> Line:
    step = alert.fire.views[department].step
    due = alert.due_at if department == alert.holder.department else step.by
    by = say(" by ", Moment(due)) if due else ()
    return say(strong(department.capitalize()), " ", step.what, by)


def _holder(alert: Alert) -> Line:
    foreign = alert.holder.department not in alert.fire.views
    due = say(", due ", Moment(alert.due_at)) if foreign and alert.due_at else ()
    if alert.holder.person:
        since = Moment(alert.taken_at or alert.changed_at, "time")
        return say("held by ", Person(alert.holder.person), " since ", since, due)
    return say(f"with {alert.holder.department}, nobody has taken it", due)


def _at(at: datetime | None) -> Line:
    return say(Moment(at)) if at else ()


def _by(person: str | None) -> Line:
    return say(" by ", Person(person)) if person else ()


def buttons(number: int, turn: int, state: str, actions: Iterable[Action]) -> list[Buttons]:
    """What can be done with an alert in its state: the first four are buttons, the rest is in the menu behind them."""
    drawn = fitting(number, turn, state, actions)
    rest = drawn[_MOST_BUTTONS:][:MOST_IN_MENU]
    return [Buttons(drawn[:_MOST_BUTTONS], rest)] if drawn else []


def fitting(number: int, turn: int, state: str, actions: Iterable[Action]) -> tuple[Button, ...]:
    """A button for each act that fits an alert's state, in their order."""
    value = button_value(number, turn)
    drawn = sorted((action for action in actions if state in action.states), key=lambda action: action.order)
    return tuple(Button(f"alert.{action.name}", action.label, value, action.style) for action in drawn)


def window(alert: Alert, actions: Iterable[Action]) -> tuple[Block, ...]:
    """The window behind the shortcut on an alert's message: what stands, and all that can be done now."""
    drawn = fitting(alert.number, alert.turn, alert.state, actions)
    rows = (drawn[start : start + _MOST_BUTTONS] for start in range(0, len(drawn), _MOST_BUTTONS))
    return (
        Title(alert.fire.title, alert.severity, _STATES.get(alert.state, "")),
        Paragraph(_next(alert, (alert.holder.department,))),
        *(Buttons(row) for row in rows),
        Footer(_footer(alert)),
    )


def _footer(alert: Alert) -> Line:
    told = [say("opened " if alert.state == "resolved" else "open since ", Moment(alert.opened_at))]
    if alert.recent > 1:
        told.append(say(f"{alert.recent} times in 30 days"))
    told.append(say(f"rule {alert.rule}"))
    if alert.fire.as_of:
        told.append(say("as of ", Moment(alert.fire.as_of, "time")))
    told.append(say(alert.name))
    return join(told, " · ")


def _summary(alert: Alert, department: str, views: Sequence[View]) -> Line:
    """Severity, what, money, who by when: the push notification, which tells a department of its own step."""
    state = _STATES.get(alert.state)
    head = f"{state}: " if state else f"{alert.severity.name}: "
    step = alert.fire.views[department].step
    # A department that the matter was handed to without a view of its own has the step of the first.
    acts = department if alert.holder.department in alert.fire.views else alert.holder.department
    by = alert.due_at if acts == alert.holder.department else step.by
    due = say(" by ", Moment(by)) if by else ()
    who = say(". ", acts.capitalize(), ": ", step.what, due)
    return say(head, alert.fire.title, ". ", _impact(alert, views), () if alert.state == "resolved" else who)


_NOTICES: dict[Change, str] = {
    "escalated": "Worse: now ",
    "reopened": "Back again: ",
    "woken": "The snooze is over and it still stands: ",
    "overdue": "Overdue: ",
    "lapsing": "Still yours? ",
    "lapsed": "Anybody's again: ",
    "given_back": "Given back: ",
    "taken": "Taken: ",
    "snoozed": "Snoozed: ",
    "handed_off": "Handed over: ",
    "resolved": "Resolved: ",
    "opened": "",
}


_WITH_TIME: frozenset[Change] = frozenset({"overdue", "lapsing", "lapsed"})


def calls_by_name(alert: Alert, change: Change, holds: bool) -> bool:
    """Whether a channel is told of the change with those whom an escalation names; it is where the alert is held."""
    return holds and change in _WITH_TIME and bool(alert.called)


def notice(alert: Alert, change: Change, holds: bool = True) -> Message:
    """The line that tells of a change beside the message: what is overdue names whoever holds it, and what people did
    names them. Whom an escalation names is called in the channel that ``holds`` the alert, and nowhere else."""
    stands = _calling(_stands(alert, change), alert.holder.person, change)
    line = say(strong(_NOTICES[change]), f"{alert.severity.name} · ", alert.fire.title, stands)
    if calls_by_name(alert, change, holds):
        line = say(line, " · ", join([say(whom) for whom in alert.called], " "))
    return Message(line, (Paragraph(line),))


_CALLS: dict[Change, Literal["", "handed", "due"]] = {"handed_off": "handed", "overdue": "due", "lapsing": "due"}


def _calling(line: Line, holder: str | None, change: Change) -> Line:
    """The line with the reason for which it calls the holder, since some want to be called for one and not for another.
    Whoever else it names has acted and need not be called."""
    call = _CALLS.get(change, "")
    return tuple(replace(part, call=call) if isinstance(part, Person) and part.id == holder else part for part in line)


def _stands(alert: Alert, change: Change) -> Line:
    if change in ("overdue", "lapsing", "lapsed", "given_back"):
        due = say(" · due ", _at(alert.due_at)) if alert.due_at else ()
        return say(due, ", " if due else " · ", _holder(alert))
    if change == "handed_off":
        return say(" · ", _holder(alert), _handover(alert))
    return say(" · ", standing(alert)) if change in ("taken", "snoozed", "resolved") else ()


def _handover(alert: Alert) -> Line:
    if alert.handover is None:
        return ()
    note = say(": ", alert.handover.note) if alert.handover.note else ()
    return say(", handed over by ", Person(alert.handover.by), note)


def details(alert: Alert, log: Sequence[LogLine]) -> tuple[Block, ...]:
    """The modal behind Details: why, the formula of the money, every detail line, and what happened so far."""
    blocks: list[Block] = [Title(alert.fire.title, alert.severity, _STATES.get(alert.state, ""))]
    blocks.append(Paragraph(say(strong("Why  "), alert.fire.reason)))
    if alert.fire.cost:
        cost = alert.fire.cost
        blocks.append(Paragraph(say(strong("At risk  "), cost.amount, ": ", cost.formula)))
    for name, view in alert.fire.views.items():
        blocks.append(Paragraph(say(strong(f"{name.capitalize()}  "), view.impact)))
        if view.fields:
            blocks.append(Figures(view.fields))
    if alert.fire.details:
        blocks.append(Bullets(alert.fire.details))
    if log:
        blocks.append(Heading("What happened so far"))
        blocks.append(Bullets(happened(log)))
    blocks.append(Footer(_footer(alert)))
    return tuple(blocks)


def happened(log: Sequence[LogLine]) -> tuple[Line, ...]:
    """A log's last lines. What only repeats the line before it is one line that says how often."""
    alike = groupby(log, key=lambda entry: (entry.change, entry.actor, entry.reason))
    return tuple(_logged(tuple(entries)) for _, entries in alike)[-_MOST_LOGGED:]


def _logged(entries: tuple[LogLine, ...]) -> Line:
    first, times = entries[0], len(entries)
    often = say(f" ({times} times, last at ", Moment(entries[-1].at, "time"), ")") if times > 1 else ()
    return say(Moment(first.at), "  ", strong(first.change), _by(first.actor or None), ": ", first.reason, often)


def digest(
    department: str,
    period: Period,
    shop: Shop,
    entries: Sequence[Entry],
    as_of: Sequence[tuple[str, Line]],
    late: datetime | None = None,
) -> Message:
    """A department's digest: period and freshness on top, decisions and money as the headline, then the sections.

    With nothing to say it is one line, so that silence and failure differ. ``late`` is when it was due, if that was
    long ago.
    """
    head = say(f"{department.capitalize()} digest · ", ShopText(shop.title))
    overdue = say(" · late, it was due ", Moment(late)) if late else ()
    days = f"{_day(period.days[0])} to {_day(period.days[-1])} ({shop.zone.key})"
    span = say(ShopText(shop.title), " · ", days, overdue)
    fresh = join([say(f"{source} ", line) for source, line in as_of], ", ")
    top: list[Block] = [
        Heading(f"{department.capitalize()} digest"),
        Footer(say(span, " · as of ", fresh or "no source")),
    ]
    if not entries:
        quiet = say("Nothing needs you.")
        return Message(say(head, ": ", quiet), (*top, Paragraph(quiet)))
    headline = _headline(entries)
    blocks: list[Block] = [*top, Paragraph(headline)]
    for entry in entries:
        blocks.extend(entry.blocks)
    return Message(say(head, ": ", headline), tuple(blocks))


def _day(day: str) -> str:
    """Such as "Mon 16 Nov"; the months and weekdays are English, as all our own words are."""
    at = date.fromisoformat(day)
    return f"{_WEEKDAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}"


def _headline(entries: Sequence[Entry]) -> Line:
    decisions = sum(entry.decisions for entry in entries)
    lines = [line for entry in entries for line in entry.headline]
    count = "No decision" if not decisions else "1 decision" if decisions == 1 else f"{decisions} decisions"
    return join([say(strong(count)), *lines], " · ")
