"""Answers about open orders."""

from __future__ import annotations

from sqlalchemy import RowMapping, and_, bindparam, select

from bot.core.facts import OrdersFor, OrdersWaiting
from bot.core.known import OrderState
from bot.core.money import Money
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.shop import order_line, orders

_FOR = (
    select(orders)
    .join(order_line, and_(order_line.c.shop == orders.c.shop, order_line.c.order == orders.c.order))
    .where(
        order_line.c.shop == bindparam("in_shop"), order_line.c.sku == bindparam("of_sku"), order_line.c.open.is_(True)
    )
    .order_by(order_line.c.at.desc(), orders.c.order.desc())
    .limit(bindparam("most"))
)
_WAITING = (
    select(orders)
    .where(orders.c.shop == bindparam("in_shop"), orders.c.open.is_(True))
    .order_by(orders.c.placed, orders.c.order)
    .limit(bindparam("most"))
)


@answering(OrdersFor)
def orders_for(connection: Connection, query: OrdersFor, question: Question) -> tuple[OrderState, ...]:
    """The newest open orders that hold the subject SKU."""
    names = {"in_shop": question.shop.name, "of_sku": question.subject.id, "most": query.most}
    return tuple(_order(row) for row in connection.execute(_FOR, names).mappings())


@answering(OrdersWaiting)
def waiting(connection: Connection, query: OrdersWaiting, question: Question) -> tuple[OrderState, ...]:
    """Open orders, the longest waiting first."""
    names = {"in_shop": question.shop.name, "most": query.most}
    return tuple(_order(row) for row in connection.execute(_WAITING, names).mappings())


def _order(row: RowMapping) -> OrderState:
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
