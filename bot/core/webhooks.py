"""Our webhooks as a platform has them: which ones need mending, and what is to be told of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.core.events import SourceChanged
from bot.core.parts import ShopText
from bot.core.polling import Subscription
from bot.core.shopfront import Shopfront

ASPECT = "webhook "
"""How the aspects begin that are about a webhook; its topic follows."""

_ACTIVE = "active"
_ILL = {"disabled": "it was disabled", "missing": "it was removed"}
_MENDED = "it was switched on again by the bot"
_AFTERWARDS = timedelta(milliseconds=1)


def broken(before: Mapping[str, str], found: Iterable[Subscription]) -> frozenset[str]:
    """The topics to be mended: those that are disabled, and those that were active (``before``, by topic) and are no
    longer there. What never was is nobody's loss."""
    states = {one.topic: one.state for one in found}
    disabled = {topic for topic, state in states.items() if state == "disabled"}
    gone = {topic for topic in before if states.get(topic, "missing") == "missing"}
    return frozenset(disabled | gone)


def remembered(before: Mapping[str, str], found: Iterable[Subscription]) -> dict[str, str]:
    """The states by topic to be known next time: a topic that once was active is not forgotten."""
    states = {one.topic: one.state for one in found}
    known = {topic: state for topic, state in states.items() if state != "missing"}
    return known | {topic: "missing" for topic in before if topic not in known}


def changes(
    front: Shopfront,
    before: Mapping[str, str],
    look: Iterable[Subscription],
    after: Iterable[Subscription],
    at: datetime,
) -> tuple[SourceChanged, ...]:
    """What is to be told of a look at ``at`` and of the mending that followed it; of what is as it was, nothing."""
    seen, left = ({one.topic: one for one in found} for found in (look, after))
    told: list[SourceChanged] = []
    for topic in sorted({*before, *seen}):
        was, now = before.get(topic, _ACTIVE), _state(seen, topic)
        if topic not in before and now == "missing":
            continue
        if now == _ACTIVE != was:
            told.append(_told(front, topic, at, True, ""))
        elif now != _ACTIVE:
            mended = _state(left, topic) == _ACTIVE
            if now != was:
                why = _note(seen, topic) or ("" if mended else _note(left, topic))
                told.append(_told(front, topic, at, False, _because(_ILL[now], why)))
            if mended:
                done = _because(f"{_ILL[now]}, and {_MENDED}", _note(left, topic))
                told.append(_told(front, topic, at + _AFTERWARDS, True, done))
    return tuple(told)


def _note(found: Mapping[str, Subscription], topic: str) -> str:
    return found[topic].note if topic in found else ""


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _state(found: Mapping[str, Subscription], topic: str) -> str:
    return found[topic].state if topic in found else "missing"


def _told(front: Shopfront, topic: str, at: datetime, sound: bool, note: str) -> SourceChanged:
    said = ShopText(note) if note else None
    return SourceChanged(**front.by, at=at, aspect=ASPECT + topic, sound=sound, note=said)
