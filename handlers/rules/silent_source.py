"""Tells when a platform sends much less than it does at this hour of the week, and what is likely to be the cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import Tick
from bot.core.facts import AspectsOf, Now, PolledOf, QuietOf, SourcesSeen, ask
from bot.core.handlers import Inhibits, rule
from bot.core.known import Aspect, Polled, Quietness, SourceSeen
from bot.core.parts import Duration, Line, Moment, Quantity, ShopText, say
from bot.core.quiet_source import Window, since
from bot.core.verdict import Clear, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """What the source sends and usually sends, and what else is known of the way to it."""

    quiet: Quietness = ask(QuietOf())
    aspects: tuple[Aspect, ...] = ask(AspectsOf())
    polled: Polled | None = ask(PolledOf())
    sources: tuple[SourceSeen, ...] = ask(SourcesSeen())
    now: datetime = ask(Now())


# How likely the shortest window must be for a silence to go on, and for it to be over.
_GOES_ON, _OVER = 0.05, 0.2
_ANSWERS = timedelta(hours=2)


@rule(about="source", inhibits=(Inhibits("invoice_overdue", "source"), Inhibits("order_on_hold", "source")))
def silent_source(event: Tick, facts: Facts, *, probability: float = 0.0002, within_hours: float = 1.0) -> Verdict:
    """Fires when a source's webhooks come so seldom that chance hardly explains it.

    What came in the last hour, 3, 6, 12, 24, 48 and 72 hours is compared with what is usual at those hours of the week,
    once the source is known for two weeks and at least three deliveries were to be expected. It clears when the latest
    hours are as usual again. The likely cause is told: our own door, webhooks that were switched off, a platform that
    is away, or a shop in which nothing happens. Hours in which the bot itself was down are left out. While it is open,
    alerts that this source's word would end (invoices overdue, orders on hold) are not shown.

    - probability: how unlikely so few deliveries must be.
    - within_hours: hours in which operations looks into it.
    """
    windows = facts.quiet.windows
    if not windows:
        return Quiet(say("Too little is known of this source, or hardly anything was to be expected of it"))
    shortest = windows[0]
    if shortest.probability >= _OVER:
        heard = say(", last at ", Moment(facts.quiet.last, "time")) if facts.quiet.last else ()
        came = say("It sends again: ", Quantity(shortest.seen), " in ", Duration(shortest.hours * 3600.0), heard)
        return Clear(say("It sends as usual"), came)
    rarest = min(windows, key=lambda window: window.probability)
    if rarest.probability >= probability or shortest.probability >= _GOES_ON:
        return Quiet(say("So few deliveries may be chance"))
    return _fire(facts, rarest, within_hours)


def _fire(facts: Facts, window: Window, within_hours: float) -> Fire:
    quiet = facts.quiet
    severity, cause, step = _cause(facts, window)
    hours = Duration(window.hours * 3600.0)
    failing = facts.polled.failing if facts.polled else 0
    figures = (
        ("Heard", say(Quantity(window.seen), " in ", hours)),
        ("Usual", say(Quantity(round(window.expected)), " in ", hours)),
        ("Last heard", say(Moment(quiet.last)) if quiet.last else say("never")),
        ("Likely cause", cause),
        *((("Polls", say(Quantity(failing, "streams"), " fail")),) if failing else ()),
    )
    return Fire(
        reason=say("So few are unlikely: once in ", Quantity(_once_in(window.probability)), " times"),
        severity=severity,
        title=say(ShopText(quiet.source), _how(window), " for ", hours),
        views={"operations": View(cause, Step(step, within=timedelta(hours=within_hours)), figures)},
        as_of=facts.now,
    )


def _how(window: Window) -> str:
    return " is silent" if window.seen == 0 else " sends much less than usual"


def _once_in(probability: float) -> float:
    return min(1e9, round(1.0 / max(probability, 1e-9)))


def _cause(facts: Facts, window: Window) -> tuple[Severity, Line, Line]:
    """The likeliest cause, by what else is known."""
    source, start = facts.quiet.source, since(window, facts.now)
    off = [one for one in facts.aspects if not one.sound and one.aspect.startswith("webhook ")]
    others = [one for one in facts.sources if one.source != source and one.last is not None]
    if others and all(one.last < start for one in others if one.last is not None):
        cause = say("Nothing is heard from anyone: our own door, its address or its certificate")
        return Severity.CRITICAL, cause, say("opens the public address of the bot from outside")
    if off:
        cause = say("Its webhooks are switched off: ", ShopText(off[0].aspect.removeprefix("webhook ")))
        return Severity.HIGH, cause, say("runs floorwalker connect ", ShopText(source))
    if facts.polled is not None and _answers(facts.polled, facts.now):
        cause = say("It answers our questions, so its webhooks do not reach us, or nothing happens in the shop")
        return Severity.MEDIUM, cause, say("looks at the platform's list of deliveries, and places an order")
    if facts.polled is not None:
        cause = say("It does not answer our questions either: the platform is away, or our keys")
        return Severity.HIGH, cause, say("looks at the platform's status page")
    cause = say("Its webhooks do not reach us, or nothing can be ordered in the shop")
    return Severity.HIGH, cause, say("looks at the platform's list of deliveries, and places an order")


def _answers(polled: Polled, now: datetime) -> bool:
    return polled.last_ok is not None and now - polled.last_ok <= _ANSWERS
