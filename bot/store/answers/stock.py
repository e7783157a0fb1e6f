"""Answers about stock: positions of a SKU, of a campaign, of a search, and those most at risk."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, case, func, or_, select, union

from bot.core.demand import Demand, advance
from bot.core.entries import Spelt
from bot.core.facts import NearestSkus, PositionOf, PositionsAtRisk, PositionsMatching
from bot.core.known import Inbound, Level, Position
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.store import codec
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.models.location_name import OF_LEVEL, SHOWN
from bot.store.tables.shop import inbound, item, location_name, order_line, sku, stock_level

_TOLD = ("title", "price_minor", "demand", "lead_days", "low_at", "backorders")
_CANDIDATES = 4
_NAMED = 3
_SKUS = select(sku).where(sku.c.shop == bindparam("in_shop"), sku.c.sku.in_(bindparam("of_skus", expanding=True)))
# A SKU is known by what is told of its stock and sales, or by an item that has it.
_EVERY = union(
    select(sku.c.sku).where(sku.c.shop == bindparam("in_shop")),
    select(item.c.sku).where(item.c.shop == bindparam("in_shop")),
)
_KNOWN = union(
    select(sku.c.sku).where(sku.c.shop == bindparam("in_shop"), sku.c.sku.in_(bindparam("of_skus", expanding=True))),
    select(item.c.sku).where(item.c.shop == bindparam("in_shop"), item.c.sku.in_(bindparam("of_skus", expanding=True))),
)
_LEVELS = (
    select(stock_level.c.sku, SHOWN.label("place"), stock_level.c.available, stock_level.c.at, stock_level.c.source)
    .select_from(stock_level.outerjoin(location_name, OF_LEVEL))
    .where(
        stock_level.c.shop == bindparam("in_shop"),
        stock_level.c.sku.in_(bindparam("of_skus", expanding=True)),
        stock_level.c.gone.is_(False),
    )
    .order_by(stock_level.c.sku, SHOWN)
)
_PROMISES = (
    select(inbound)
    .where(
        inbound.c.shop == bindparam("in_shop"),
        inbound.c.sku.in_(bindparam("of_skus", expanding=True)),
        inbound.c.open.is_(True),
    )
    .order_by(inbound.c.sku, inbound.c.due, inbound.c.reference)
)
_COMMITTED = (
    select(order_line.c.sku, func.sum(order_line.c.quantity).label("units"))
    .where(
        order_line.c.shop == bindparam("in_shop"),
        order_line.c.sku.in_(bindparam("of_skus", expanding=True)),
        order_line.c.open.is_(True),
    )
    .group_by(order_line.c.sku)
)
_MOST_IN = 500


def positions(connection: Connection, question: Question, skus: Sequence[str]) -> dict[str, Position]:
    """The positions of SKUs, in the order asked for; unknown ones are left out. Four statements for each 500."""
    found: dict[str, Position] = {}
    wanted = list(dict.fromkeys(skus))
    today = question.now.astimezone(question.shop.zone).date()
    for start in range(0, len(wanted), _MOST_IN):
        part = wanted[start : start + _MOST_IN]
        names = {"in_shop": question.shop.name, "of_skus": part}
        levels = _by_sku(connection.execute(_LEVELS, names).mappings())
        promises = _by_sku(connection.execute(_PROMISES, names).mappings())
        rows = {row["sku"]: row for row in connection.execute(_SKUS, names).mappings()}
        committed = {row.sku: int(row.units) for row in connection.execute(_COMMITTED, names)}
        for name in part:
            if name in rows or name in promises:
                here = _position(name, rows.get(name), levels.get(name, []), promises.get(name, []), today)
                found[name] = replace(here, committed=committed.get(name, 0))
    return found


def _by_sku(rows: Iterable[RowMapping]) -> dict[str, list[RowMapping]]:
    grouped: dict[str, list[RowMapping]] = {}
    for row in rows:
        grouped.setdefault(row["sku"], []).append(row)
    return grouped


def _position(
    name: str, row: RowMapping | None, levels: list[RowMapping], promises: list[RowMapping], today: date
) -> Position:
    known: Any = row if row is not None else dict.fromkeys(_TOLD)
    memory = codec.load(Demand, known["demand"]) if known["demand"] is not None else Demand(day=today)
    return Position(
        sku=name,
        title=ShopText(known["title"]) if known["title"] is not None else None,
        levels=tuple(Level(level["place"], level["available"], level["at"], level["source"]) for level in levels),
        demand=advance(memory, today),
        inbound=tuple(Inbound(promise["quantity"], promise["due"], promise["reference"]) for promise in promises),
        price=Money(known["price_minor"], known["price_currency"]) if known["price_minor"] is not None else None,
        lead_days=known["lead_days"],
        low_at=known["low_at"],
        backorders=bool(known["backorders"]),
    )


@answering(PositionOf, of_events=True)
def position(connection: Connection, _query: PositionOf, question: Question) -> Position | None:
    """The position of the subject, its demand as of today."""
    return positions(connection, question, [question.subject.id]).get(question.subject.id)


@answering(PositionsMatching)
def matching(connection: Connection, query: PositionsMatching, question: Question) -> tuple[Position, ...]:
    """The SKU of exactly that name alone; else those that hold the text in SKU or title or have a location of that
    name: first where the SKU starts with it."""
    text = question.text.strip()
    if not text:
        return ()
    exact = positions(connection, question, [text, text.upper(), text.lower()])
    if exact:
        return tuple(exact.values())[: query.most]
    found = connection.execute(_search(question.shop.name, text, query.most)).scalars().all()
    return tuple(positions(connection, question, found).values())


def _search(shop: str, text: str, most: int) -> Select[Any]:
    folded = text.casefold()
    shelves = stock_level.outerjoin(location_name, OF_LEVEL)
    at_location = (
        select(stock_level.c.sku)
        .select_from(shelves)
        .where(stock_level.c.shop == shop, stock_level.c.gone.is_(False), _equals(SHOWN, text))
    )
    starts = sku.c.search.startswith(folded, autoescape=True)
    return (
        select(sku.c.sku)
        .where(sku.c.shop == shop, or_(sku.c.search.contains(folded, autoescape=True), sku.c.sku.in_(at_location)))
        .order_by(starts.desc(), sku.c.sku)
        .limit(most)
    )


def _equals(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return column.in_((text, text.lower(), text.upper(), text.capitalize(), text.title()))


@answering(PositionsAtRisk)
def at_risk(connection: Connection, query: PositionsAtRisk, question: Question) -> tuple[Position, ...]:
    """Positions that sell and are counted, by days of cover, and those of which more is ordered than there is, whatever
    they sold before; of equal cover the faster seller first.

    The database sorts by the rates that were last written, generously; the exact order is that of today's rates.
    """
    lacks = sku.c.available < 0
    lasts = case((lacks, sku.c.available), else_=sku.c.available / sku.c.rate)
    candidates = (
        select(sku.c.sku)
        .where(sku.c.shop == question.shop.name, or_(lacks, and_(sku.c.available.is_not(None), sku.c.rate > 0)))
        .order_by(lasts, sku.c.rate.desc(), sku.c.sku)
        .limit(query.most * _CANDIDATES)
    )
    found = positions(connection, question, connection.execute(candidates).scalars().all())
    return tuple(sorted(found.values(), key=_cover)[: query.most])


def _cover(position: Position) -> tuple[float, float, str]:
    rate = position.demand.rate()
    stock = max(position.available or 0, 0)
    days = stock / rate if rate > 0 else float("inf")
    return days if stock else 0.0, -rate, position.sku


@answering(NearestSkus)
def nearest(connection: Connection, query: NearestSkus, question: Question) -> tuple[str, ...]:
    """SKUs spelt alike, the most alike first, whatever their case."""
    text = question.text.strip().casefold()
    if not text:
        return ()
    every = connection.execute(select(sku.c.sku).where(sku.c.shop == question.shop.name)).scalars()
    folded = {name.casefold(): name for name in every}
    return tuple(folded[name] for name in difflib.get_close_matches(text, folded, query.most))


def spelt(connection: Connection, shop: str, typed: Sequence[str]) -> Spelt:
    """The shop's spelling of SKUs as somebody typed them, and the nearest of the first few that it does not know."""
    exact = set(connection.execute(_KNOWN, {"in_shop": shop, "of_skus": list(typed)}).scalars())
    if exact.issuperset(typed):
        return Spelt({name: name for name in typed}, {})
    folded = {name.casefold(): name for name in connection.execute(_EVERY, {"in_shop": shop}).scalars()}
    knows = {name: name if name in exact else folded.get(name.casefold()) for name in typed}
    unknown = [name for name, known in knows.items() if known is None][:_NAMED]
    nearest = {name: difflib.get_close_matches(name.casefold(), folded, 2) for name in unknown}
    return Spelt(
        {name: known for name, known in knows.items() if known is not None},
        {name: tuple(folded[each] for each in found) for name, found in nearest.items()},
    )
