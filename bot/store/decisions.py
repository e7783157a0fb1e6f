"""The latest decision of each rule on each subject, also the decision to stay silent: asked why, the bot reads it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Insert, RowMapping, case, select

from bot.core.events import Event
from bot.core.known import AlertLine, Campaign, Case, Claim, DisputeState, OrderState, Position, Receivable
from bot.core.money import Money
from bot.core.parts import Line, ShopText
from bot.core.settings import Shop
from bot.core.subject import Subject
from bot.store.codec import dump, line
from bot.store.dialect import cut, insert
from bot.store.engine import Connection
from bot.store.tables.work import decision as decisions

_LONGEST = 80
_MOST_LISTED = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule decided on a subject, on which facts, since when it is the same, and how often in a row."""

    shop: str
    rule: str
    subject: Subject
    verdict: Literal["fire", "clear", "quiet"]
    reason: Line
    facts: tuple[tuple[str, str], ...]
    at: datetime
    since: datetime
    times: int
    number: int | None


@dataclass(frozen=True, slots=True)
class Grounds:
    """On what a rule changed an alert, as it is recorded: the event's kind and source, and the facts as JSON."""

    event: str = ""
    facts: str = ""


NO_GROUNDS = Grounds()


def grounds(event: Event | None, facts: object) -> Grounds:
    """The grounds of a decision: the event, None where time brought it, and the dataclass that the rule was given."""
    return Grounds(
        f"{type(event).__name__} from {event.source}" if event else "", json.dumps(shown(facts), ensure_ascii=False)
    )


Decided = dict[str, Any]
"""A decision as it will be written down."""


def decided(
    shop: str,
    rule: str,
    subject: Subject,
    verdict: Literal["fire", "clear", "quiet"],
    reason: Line,
    facts: object,
    at: datetime,
    number: int | None,
) -> Decided:
    """A decision to ``note``. ``facts`` is the dataclass that the rule was given."""
    return {
        "shop": shop, "rule": rule, "about": subject.about, "subject": cut(subject.id), "verdict": verdict,
        "reason": dump(reason), "facts": json.dumps(shown(facts), ensure_ascii=False), "at": at, "since": at,
        "times": 1, "number": number,
    }  # fmt: skip


def note(connection: Connection, made: Sequence[Decided]) -> None:
    """Keeps decisions, in the order in which they were made, each in place of the one before it."""
    if made:
        connection.execute(_upsert(connection.dialect.name), made)


@cache
def _upsert(dialect: str) -> Insert:
    statement = insert(dialect, decisions)
    new, old = statement.excluded, decisions.c
    same = new.verdict == old.verdict
    made: Insert = statement.on_conflict_do_update(
        index_elements=["shop", "rule", "about", "subject"],
        set_={
            "since": case((same, old.since), else_=new.at),
            "times": case((same, old.times + 1), else_=1),
            **{name: new[name] for name in ("verdict", "reason", "facts", "at", "number")},
        },
    )
    return made


def of(connection: Connection, shop: str, about: Subject | str) -> list[Decision]:
    """The decisions on a subject, or on whatever bears the given id, newest first."""
    query = select(decisions).where(decisions.c.shop == shop).order_by(decisions.c.at.desc(), decisions.c.rule)
    if isinstance(about, Subject):
        query = query.where(decisions.c.subject == cut(about.id), decisions.c.about == about.about)
    else:
        name = about.strip()
        query = query.where(decisions.c.subject.in_((name, name.upper(), name.lower(), cut(name))))
    return [_decision(row) for row in connection.execute(query).mappings()]


def _decision(values: RowMapping) -> Decision:
    return Decision(
        shop=values["shop"],
        rule=values["rule"],
        subject=Subject(values["about"], values["subject"]),
        verdict=values["verdict"],
        reason=line(values["reason"]),
        facts=pairs(values["facts"]),
        at=values["at"],
        since=values["since"],
        times=values["times"],
        number=values["number"],
    )


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Facts as they were recorded: label and value."""
    return tuple((name, value) for name, value in json.loads(text))


def shown(facts: object) -> list[tuple[str, str]]:
    """Facts as short texts by name, so that a record stays small however much a rule was told."""
    if not dataclasses.is_dataclass(facts):
        return []
    names = (spec.name for spec in dataclasses.fields(facts))
    return [(name, _short(getattr(facts, name))[:_LONGEST]) for name in names]


def _short(value: object) -> str:
    if isinstance(value, Event):
        return f"{type(value).__name__} of {_short(value.at)}"
    short = _SHORT.get(type(value))
    return short(value) if short else str(value)


def _position(position: Position) -> str:
    units = "not counted" if position.available is None else f"{position.available} available"
    return f"{units}, {position.demand.rate():.1f} a day, {len(position.inbound)} inbound"


def _several(values: tuple[object, ...]) -> str:
    if not values:
        return "none"
    if len(values) > _MOST_LISTED or any(isinstance(value, Position) for value in values):
        return f"{len(values)} of them"
    return ", ".join(_short(value) for value in values)


_SHORT: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "unknown",
    Position: _position,
    AlertLine: lambda alert: f"A-{alert.number}",
    Campaign: lambda campaign: f"{campaign.name.text} ({campaign.status})",
    DisputeState: lambda dispute: f"{_short(dispute.amount)}, {dispute.status}",
    Case: lambda case: _short(case.claims),
    Claim: lambda claim: str(claim.order.number),
    OrderState: lambda order: str(order.number),
    Receivable: lambda owed: f"{owed.number}: {_short(owed.outstanding)}, {owed.status}",
    Shop: lambda shop: str(shop.title),
    Money: lambda money: f"{money.decimal()} {money.currency}",
    ShopText: lambda told: str(told.text),
    float: lambda number: f"{number:.4g}",
    datetime: lambda moment: str(moment.isoformat(timespec="minutes")),
    tuple: _several,
}
