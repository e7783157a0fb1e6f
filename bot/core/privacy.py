"""What a platform asks for on behalf of people: to tell what is kept of a customer, or to forget a customer or a shop.

Events hold no names and no addresses, so a customer is known here by their orders alone; forgetting one gives these
orders other names, under which they can still be counted, and remembers for a while that they are not to come back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from bot.core.events import (
    DisputeChanged,
    Event,
    ItemSold,
    OrderChanged,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    Refunded,
)
from bot.core.message import Bullets, Message, Paragraph
from bot.core.parts import Line, Quantity, say

STAYS_FORGOTTEN = timedelta(days=45)
"""How long a late delivery about something forgotten is recognised."""

_WORD = re.compile(r"[\w@.+-]{4,254}")
_MEMBER = re.compile(r"\w")
_BEFORE, _AFTER = r"(?<!\w)", r"(?!\w)"
_LONGEST_PLAIN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyAsked(Event):
    """A wish about a customer's or a shop's privacy. It is carried out and never stored.

    ``orders`` are the ids of the orders that it is about, ``people`` whatever else names the customer in raw bodies (an
    id, an e-mail address, a telephone number): used to find those bodies, and kept nowhere.
    """

    wish: Literal["report", "forget_customer", "forget_shop"]
    orders: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Carried:
    """What was done: numbers of ``orders`` known, raw ``bodies`` emptied, ``records`` and ``messages`` changed or
    removed; ``left`` are messages that only a person can see to in Slack, as (channel, ts); ``file`` is the report."""

    orders: int = 0
    bodies: int = 0
    records: int = 0
    messages: int = 0
    left: tuple[tuple[str, str], ...] = ()
    file: str = ""


def mark(shop: str, name: str) -> str:
    """What is remembered of something forgotten: a hash of its name in its shop."""
    return hashlib.sha256(f"{shop}\n{name.lower()}".encode("utf-8", "backslashreplace")).hexdigest()


def names_forgotten(shop: str, body: bytes, marks: frozenset[str]) -> bool:
    """Whether a raw body holds a word whose mark is among ``marks``."""
    words = set(_WORD.findall(body.decode("utf-8", "replace"))) if marks else set()
    return any(mark(shop, word) in marks for word in words)


def is_forgotten(event: Event, marks: frozenset[str]) -> bool:
    """Whether an event is about an order whose mark is among ``marks``."""
    return bool(marks) and any(mark(event.shop, name) in marks for name in _orders_of(event))


def _orders_of(event: Event) -> tuple[str, ...]:
    match event:
        case OrderPlaced() | OrderChanged() | ItemSold():
            return event.order, event.number
        case PaymentSucceeded() | PaymentFailed() | Refunded() | DisputeChanged():
            return (event.order,)
    return ()


def renamed(tree: Any, names: Mapping[str, str]) -> Any:
    """A JSON value with every name in its texts, and among its keys, replaced.

    A short name of digits alone ("1001") may be any number, so it is replaced only where it is the whole text.
    """
    within = _pattern(name for name in names if not (name.isdigit() and len(name) <= _LONGEST_PLAIN))
    return _renamed(tree, names, within)


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Finds the names as whole words, the longest first."""
    found = sorted(filter(None, names), key=len, reverse=True)
    bounded = (_edge(_BEFORE, name[0]) + re.escape(name) + _edge(_AFTER, name[-1]) for name in found)
    return re.compile("|".join(bounded)) if found else None


def _edge(bound: str, letter: str) -> str:
    """A bound of words, where the name's own edge is part of a word."""
    return bound if _MEMBER.match(letter) else ""


def _renamed(tree: Any, names: Mapping[str, str], within: re.Pattern[str] | None) -> Any:
    match tree:
        case str() if tree in names:
            return names[tree]
        case str() if within is not None:
            return within.sub(lambda found: names[found[0]], tree)
        case list():
            return [_renamed(each, names, within) for each in tree]
        case dict():
            return {_renamed(key, names, within): _renamed(each, names, within) for key, each in tree.items()}
    return tree


REMOVED = Message(
    say("Removed at the shop's request."), (Paragraph(say("What was told here was removed at the shop's request.")),)
)
"""What stands where a message of a forgotten shop stood."""

_DONE: Mapping[str, str] = {
    "report": "A customer asked through {source} what is kept about them.",
    "forget_customer": "A customer asked through {source} to be forgotten, and was.",
    "forget_shop": "The shop asked through {source} for everything about it to be removed, and it was.",
}


def told(asked: PrivacyAsked, carried: Carried) -> Message:
    """What the operators are told: numbers, and nothing that names anybody."""
    line = say(_DONE[asked.wish].format(source=asked.source))
    counted = ((carried.orders, "orders"), (carried.records, "records"), (carried.messages, "messages"))
    lines: list[Line] = [say(Quantity(number, what)) for number, what in counted]
    lines.append(
        say(Quantity(carried.bodies, "raw deliveries" if asked.wish == "report" else "raw deliveries emptied"))
    )
    if carried.file:
        lines.append(say(f"The report is in {carried.file}. Send it to the shop's owner, then delete it."))
    lines += [say(f"Please delete by hand: the message {ts} in {channel}.") for channel, ts in carried.left]
    return Message(line, (Paragraph(line), Bullets(tuple(lines))))
