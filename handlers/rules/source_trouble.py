"""Tells when a platform's webhooks are switched off, when it refuses our keys, or when asking it keeps failing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.core.events import SourceChanged
from bot.core.facts import AspectsOf, ask
from bot.core.handlers import rule
from bot.core.known import Aspect
from bot.core.parts import Line, Moment, Quantity, ShopText, join, say
from bot.core.verdict import Clear, Fire, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """Every aspect of the way between the source and us, the unsound ones first."""

    aspects: tuple[Aspect, ...] = ask(AspectsOf())


_WEBHOOK, _POLL = "webhook ", "poll "
_MOST = 6


@rule(about="source")
def source_trouble(event: SourceChanged, facts: Facts, *, within_hours: float = 2.0) -> Verdict:
    """Fires when something between a platform and the bot is not sound: a webhook was disabled or removed, a key was
    refused, or asking failed three times in a row. It is one alert a source, kept true, and clears when all is sound.

    What the bot could mend by itself is told and cleared at once. It is critical when neither webhooks nor polls come
    through.

    - within_hours: hours in which operations looks into it.
    """
    ill = tuple(one for one in facts.aspects if not one.sound)
    if not ill:
        note = say("All is sound again: ", event.note) if event.note else say("All is sound again")
        return Clear(say("Webhooks and polls come through"), note)
    name = say(ShopText(event.source))
    webhooks = tuple(one for one in ill if one.aspect.startswith(_WEBHOOK))
    polls = tuple(one for one in ill if one.aspect.startswith(_POLL))
    both = bool(webhooks and polls)
    return Fire(
        reason=join([_told(one) for one in ill[:_MOST]], "; "),
        severity=Severity.CRITICAL if both else Severity.HIGH,
        title=say(name, ": ", _what(webhooks, polls)),
        views={
            "operations": View(
                _impact(webhooks, polls),
                Step(_step(event.source, ill), within=timedelta(hours=within_hours)),
                tuple(_figure(one) for one in ill[:_MOST]),
            )
        },
        details=tuple(_told(one) for one in ill),
        as_of=max(one.since for one in ill),
    )


def _what(webhooks: tuple[Aspect, ...], polls: tuple[Aspect, ...]) -> Line:
    off = say(Quantity(len(webhooks), "webhook" if len(webhooks) == 1 else "webhooks"), " switched off")
    deaf = say("it does not answer us")
    match bool(webhooks), bool(polls):
        case True, True:
            return say(off, ", and ", deaf)
        case True, False:
            return off
        case False, True:
            return deaf
    return say("something is amiss with it")


def _impact(webhooks: tuple[Aspect, ...], polls: tuple[Aspect, ...]) -> Line:
    if webhooks and polls:
        return say("What happens there is not heard of")
    if webhooks:
        return say("What happens there is heard of late, by polls, or not at all")
    return say("What its webhooks do not tell, or have lost, is not heard of")


# Words in a note, and the step that they call for; the first that is found decides.
_STEPS = (
    ("401", "renews its key and restarts the bot"),
    ("403", "gives the key the right that is missing"),
    ("429", "asks for less, or less often (every: in the config)"),
    ("no connection", "checks that this machine reaches the platform"),
    ("disabled", "looks why it was disabled, and then runs floorwalker connect "),
    ("removed", "looks who removed it, and then runs floorwalker connect "),
)


def _step(source: str, ill: tuple[Aspect, ...]) -> Line:
    notes = " ".join(one.note.text for one in ill if one.note)
    for word, step in _STEPS:
        if word in notes:
            return say(step, ShopText(source)) if step.endswith(" ") else say(step)
    return say("looks into the platform's status, and into the log of the bot")


def _told(one: Aspect) -> Line:
    why = say(", ", one.note) if one.note else ()
    return say(ShopText(one.aspect), why, ", since ", Moment(one.since))


def _figure(one: Aspect) -> tuple[str, Line]:
    """The label is cut, because a topic is the platform's own word."""
    return one.aspect[:60].capitalize(), say(one.note) if one.note else say("since ", Moment(one.since))
