"""Answers about open orders: how long they wait, what holds them, and what happened to shipments."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import RowMapping, and_, bindparam, exists, func, or_, select

from bot.core.events import OrderHeld, ShipmentChanged
from bot.core.facts import DeliveryExceptions, OrdersByAge, OrdersHeld, OrdersWaiting
from bot.core.known import OrderState
from bot.core.money import Money
from bot.store.codec import load
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.log import event as log
from bot.store.tables.shop import orders

_WAITING = (
    select(orders)
    .where(orders.c.shop == bindparam("in_shop"), orders.c.open.is_(True))
    .order_by(orders.c.placed, orders.c.order)
    .limit(bindparam("most"))
)
_PLACED_SINCE = select(func.count()).where(
    orders.c.shop == bindparam("in_shop"), orders.c.open.is_(True), orders.c.placed > bindparam("since")
)
_OPEN = select(func.count()).where(orders.c.shop == bindparam("in_shop"), orders.c.open.is_(True))

# A newer telling about the same subject; the key breaks ties, as it does for the fact Latest.
_other = log.alias("other")
_SUPERSEDED = exists().where(
    _other.c.shop == log.c.shop,
    _other.c.kind == log.c.kind,
    _other.c.subject == log.c.subject,
    or_(_other.c.at > log.c.at, and_(_other.c.at == log.c.at, _other.c.key > log.c.key)),
)
_HELD = (
    select(log.c.body)
    .join(orders, and_(orders.c.shop == log.c.shop, orders.c.order == log.c.subject), isouter=True)
    .where(
        log.c.shop == bindparam("in_shop"),
        log.c.kind == OrderHeld.__name__,
        log.c.key == str(True),
        or_(orders.c.open.is_(True), orders.c.open.is_(None)),
        ~_SUPERSEDED,
    )
    .order_by(log.c.at, log.c.subject)
)
_TROUBLED = ("delayed", "attempted", "failed", "returned")
_EXCEPTIONS = (
    select(log.c.body)
    .where(
        log.c.shop == bindparam("in_shop"),
        log.c.kind == ShipmentChanged.__name__,
        log.c.at > bindparam("since"),
        or_(*(log.c.key.like(f"%/{status}") for status in _TROUBLED)),
        ~_SUPERSEDED,
    )
    .order_by(log.c.at.desc(), log.c.subject)
)


@answering(OrdersWaiting)
def waiting(connection: Connection, query: OrdersWaiting, question: Question) -> tuple[OrderState, ...]:
    """Open orders, the longest waiting first."""
    names = {"in_shop": question.shop.name, "most": query.most}
    return tuple(state_of(row) for row in connection.execute(_WAITING, names).mappings())


@answering(OrdersByAge)
def by_age(connection: Connection, query: OrdersByAge, question: Question) -> tuple[int, ...]:
    """Counted along the index of open orders, and not read."""
    shop = question.shop.name
    since = (question.now - timedelta(days=days) for days in query.days)
    placed = [connection.execute(_PLACED_SINCE, {"in_shop": shop, "since": at}).scalar_one() for at in since]
    placed.append(connection.execute(_OPEN, {"in_shop": shop}).scalar_one())
    return tuple(later - earlier for earlier, later in zip([0, *placed], placed, strict=False))


@answering(OrdersHeld)
def held(connection: Connection, _query: OrdersHeld, question: Question) -> tuple[OrderHeld, ...]:
    """Orders whose newest telling holds them; one that nobody has told of otherwise counts as open."""
    found = connection.execute(_HELD, {"in_shop": question.shop.name}).scalars()
    return tuple(load(OrderHeld, body) for body in found)


@answering(DeliveryExceptions)
def exceptions(connection: Connection, query: DeliveryExceptions, question: Question) -> tuple[ShipmentChanged, ...]:
    """Orders whose newest telling of a shipment is no good one."""
    names = {"in_shop": question.shop.name, "since": question.now - timedelta(days=query.days)}
    return tuple(load(ShipmentChanged, body) for body in connection.execute(_EXCEPTIONS, names).scalars())


def state_of(row: RowMapping) -> OrderState:
    """The order of a row of its table."""
    return OrderState(
        order=row["order"],
        number=row["number"],
        placed=row["placed"],
        total=Money(row["total_minor"], row["total_currency"]),
        outstanding=Money(row["outstanding_minor"], row["outstanding_currency"]),
        shipped=row["shipped"],
        cancelled=row["cancelled"],
        at=row["at"],
    )
