"""Silences: for a while nobody is called by what matches, because somebody knows of it and said why.

What a channel shows already is kept true all the same; what it does not show yet is held until the silence ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import takewhile

from bot.core.alerts import Alert
from bot.core.calendar import Opening, openings
from bot.core.message import Message, Paragraph
from bot.core.parts import Line, Moment, Quantity, ShopText, member, say
from bot.core.patterns import fits, meet
from bot.core.schedule import Slot
from bot.core.settings import Mute
from bot.core.spelling import nearest

LONGEST = timedelta(days=90)
"""What shall be quiet for longer than this is a matter of the config."""

REMIND_EVERY = timedelta(days=7)

BREAK = timedelta(hours=1)
"""Silences of one person with less than this between them are one that goes on."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What is silent (patterns, in which * stands for any letters), until when (aware UTC), by whom and why.

    ``by`` is a Slack user id, or what an operator calls themselves at the command line.
    """

    id: int
    until: datetime
    by: str
    reason: str
    created: datetime
    rule: str = "*"
    subject: str = "*"
    shop: str = "*"

    @property
    def name(self) -> str:
        """What people call it."""
        return f"S-{self.id}" if self.id else f"of the config ({self.reason})"


@dataclass(frozen=True, slots=True)
class Held:
    """A silence that holds, and the alerts that it keeps quiet by their names ("A-1042")."""

    silence: Silence
    keeps: tuple[str, ...]


def problems(silence: Silence, rules: Iterable[str], shops: Iterable[str], now: datetime) -> dict[str, str]:
    """Why there can be no such silence, by the part of it that is wrong; nothing when there can."""
    known = {"rule": (silence.rule, tuple(rules)), "shop": (silence.shop, tuple(shops))}
    found = {what: _unmatched(what, *given) for what, given in known.items()}
    if not silence.rule.strip("*?") and not silence.subject.strip("*?"):
        found["rule"] = "name a rule or a subject; everything is never silenced at once"
    if not silence.reason.strip():
        found["reason"] = "say why, so that others know when they find it"
    found["until"] = _unending(silence.until, now)
    return {what: why for what, why in found.items() if why}


def _unmatched(what: str, pattern: str, names: tuple[str, ...]) -> str:
    if pattern == "*" or any(fnmatchcase(name, pattern) for name in names):
        return ""
    near = nearest(pattern, names)
    return f"there is no such {what}" + (f"; did you mean {near[0]}?" if near else "")


def _unending(until: datetime, now: datetime) -> str:
    if until <= now:
        return "it would be over already"
    if until - now > LONGEST:
        return f"it would last longer than {LONGEST.days} days; switch the rule off in the config instead"
    return ""


def silenced_by(alert: Alert, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence that keeps an alert quiet the longest."""
    mine = [each for each in silences if now < each.until and about(each, alert)]
    return max(mine, key=lambda each: (each.until, each.id), default=None)


def unbroken(wanted: Silence, known: Iterable[Silence]) -> datetime:
    """Since when, at the end of a silence, its author will have kept quiet what it is about, by it and by their others
    that may be about the same, one after another: since its own beginning, when there are none."""
    since = wanted.created
    for each in sorted(known, key=lambda each: each.until, reverse=True):
        if each.by == wanted.by and each.until >= since - BREAK and _may_share(each, wanted):
            since = min(since, each.created)
    return since


def _may_share(one: Silence, other: Silence) -> bool:
    """Whether there may be an alert that both are about."""
    pairs = ((one.rule, other.rule), (one.subject, other.subject), (one.shop, other.shop))
    return all(meet(mine, theirs) for mine, theirs in pairs)


def recurring(mutes: Iterable[Mute], now: datetime) -> tuple[Silence, ...]:
    """The mutes of the config that hold now, as silences until they end."""
    found = ((mute, next(openings(mute.when, now))) for mute in mutes)
    return tuple(_of(mute, opening) for mute, opening in found if opening.start <= now)


def muted_lately(mutes: Iterable[Mute], since: datetime, now: datetime) -> tuple[Silence, ...]:
    """The mutes of the config that ended after ``since`` and by now, each as it ended last."""
    found = ((mute, list(takewhile(lambda each: each.end <= now, openings(mute.when, since)))) for mute in mutes)
    return tuple(_of(mute, ended[-1]) for mute, ended in found if ended)


def _of(mute: Mute, opening: Opening) -> Silence:
    return Silence(0, opening.end, "", mute.because, opening.start, mute.rule, mute.subject, mute.shop)


def slot_of(silence: Silence) -> Slot:
    """By what it is known that a mute of the config has ended."""
    named = "/".join((silence.rule, silence.subject, silence.shop))
    return Slot(f"mute/{named}", silence.until.isoformat(), silence.until, silence.until.date())


def about(silence: Silence, alert: Alert) -> bool:
    """Whether a silence is about an alert, also one that is over."""
    told = ((silence.rule, alert.rule), (silence.subject, alert.subject.id), (silence.shop, alert.shop))
    return all(fits(value, pattern) for pattern, value in told)


def reminder(silence: Silence, now: datetime) -> Slot | None:
    """The newest week's end of a silence that has come, at which it is reminded of; None in its first week."""
    weeks = (now - silence.created) // REMIND_EVERY
    due = silence.created + weeks * REMIND_EVERY
    return Slot(f"silence/{silence.id}", f"week-{weeks}", due, due.date()) if weeks and due < silence.until else None


def told(silence: Silence) -> Line:
    """What is silent, until when, by whom and why."""
    if not silence.id:
        what = say("a mute of the config: ", _what(silence), " until ", Moment(silence.until))
        return say(what, ": ", ShopText(silence.reason))
    return say(
        silence.name, ": ", _what(silence), " until ", Moment(silence.until), " by ", member(silence.by), ": ",
        ShopText(silence.reason),
    )  # fmt: skip


def said(silence: Silence) -> Line:
    """What is to be silent, until when and why."""
    return say(_what(silence), " until ", Moment(silence.until), ": ", ShopText(silence.reason))


def _what(silence: Silence) -> Line:
    rule = say("rule ", ShopText(silence.rule)) if silence.rule != "*" else say("every rule")
    subject = say(" on ", ShopText(silence.subject)) if silence.subject != "*" else ()
    shop = say(" in ", ShopText(silence.shop)) if silence.shop != "*" else ()
    return say(rule, subject, shop)


def laid(silence: Silence, kept: int) -> Message:
    """What operations are told when a silence begins: what it keeps quiet, and how to end it."""
    line = say("Silent from now on. ", told(silence), ". It keeps ", counted(kept), " quiet", _ends(silence))
    return Message(line, (Paragraph(line),))


def ended(silence: Silence, by: str, kept: int) -> Message:
    """What the same message says once somebody ended the silence early."""
    line = say("Ended by ", member(by), ". ", told(silence), ". ", counted(kept), " it kept quiet can be seen now.")
    return Message(line, (Paragraph(line),))


def reminded(silence: Silence, kept: int) -> Message:
    """What operations are told of a silence that somebody may have forgotten: what it keeps quiet now."""
    line = say("Still silent. ", told(silence), ". It keeps ", counted(kept), " quiet", _ends(silence))
    return Message(line, (Paragraph(line),))


def _ends(silence: Silence) -> str:
    return f"; /ops unsilence {silence.name} ends it."


def over(silence: Silence, kept: int) -> Message:
    """What operations are told when a silence ends while something it kept quiet still stands."""
    line = say("The silence is over. ", told(silence), ". ", counted(kept), " it kept quiet can be seen now.")
    return Message(line, (Paragraph(line),))


def counted(number: int) -> Line:
    """So many alerts."""
    return say("1 alert") if number == 1 else say(Quantity(number), " alerts")
