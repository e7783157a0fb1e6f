"""Answers about cases: the orders that cannot be shipped, and what became of those that an alert has named.

Which orders a case has named stands in its alert; all else follows from the events, so that it is the same after the
read models were rebuilt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, and_, bindparam, or_, select

from bot.core.advance import reopens
from bot.core.alerts import Alert
from bot.core.events import ItemSold, Refunded
from bot.core.facts import CaseOf, ClaimsShort
from bot.core.known import Case, Claim
from bot.core.money import Money
from bot.store import alerts
from bot.store.answers.orders import state_of
from bot.store.codec import load
from bot.store.dialect import cut
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.log import event as log
from bot.store.tables.shop import order_line, orders, sku

_HELD = (
    select(orders, order_line.c.quantity, order_line.c.at.label("sold_at"))
    .join(order_line, and_(order_line.c.shop == orders.c.shop, order_line.c.order == orders.c.order))
    .where(order_line.c.shop == bindparam("in_shop"), order_line.c.sku == bindparam("of_sku"))
)
_SHORT = (
    _HELD.join(sku, and_(sku.c.shop == order_line.c.shop, sku.c.sku == order_line.c.sku))
    .where(order_line.c.open.is_(True), sku.c.available < 0)
    .order_by(order_line.c.at.desc(), orders.c.order.desc())
    .limit(bindparam("most"))
)
_NAMED = _HELD.where(orders.c.order.in_(bindparam("of_orders", expanding=True)))
_REFUNDS = select(log.c.body).where(
    log.c.shop == bindparam("in_shop"),
    log.c.kind == Refunded.__name__,
    log.c.subject.in_(bindparam("of_orders", expanding=True)),
)


@answering(ClaimsShort)
def claims_short(connection: Connection, query: ClaimsShort, question: Question) -> tuple[Claim, ...]:
    """The newest open orders that hold the subject SKU, none while its stock is not below zero."""
    names = {"in_shop": question.shop.name, "of_sku": question.subject.id, "most": query.most}
    return _claims(connection, question, connection.execute(_SHORT, names).mappings().all())


@answering(CaseOf)
def case_of(connection: Connection, query: CaseOf, question: Question) -> Case:
    """The orders named by the rule's newest alert, in the order in which it named them. One whose order was forgotten
    on its customer's wish is gone."""
    alert = _newest(connection, query.rule, question)
    if alert is None:
        return Case()
    found: Sequence[RowMapping] = ()
    if alert.fire.case:
        names = {"in_shop": question.shop.name, "of_sku": question.subject.id, "of_orders": list(alert.fire.case)}
        found = connection.execute(_NAMED, names).mappings().all()
    place = {order: number for number, order in enumerate(alert.fire.case)}
    in_order = sorted(found, key=lambda row: place[row["order"]])
    return Case(_claims(connection, question, in_order), reopens(alert, question.now))


def _newest(connection: Connection, rule: str, question: Question) -> Alert | None:
    if question.newest is not None:
        return question.newest.get(rule)
    return alerts.seen_last(connection, question.shop.name, rule, question.subject)


def _claims(connection: Connection, question: Question, rows: Sequence[RowMapping]) -> tuple[Claim, ...]:
    if not rows:
        return ()
    worths = _worths(connection, question, rows)
    refunds = _refunds(connection, question.shop.name, [row["order"] for row in rows])
    return tuple(
        Claim(
            state_of(row),
            row["quantity"],
            worths.get(row["order"]),
            _back(refunds.get(row["order"], ()), row["total_currency"]),
        )
        for row in rows
    )


def _worths(connection: Connection, question: Question, rows: Iterable[RowMapping]) -> dict[str, Money]:
    """What was charged for the units of each order: its line remembers when it was sold, which finds the event."""
    tellings = [and_(log.c.at == row["sold_at"], log.c.key == cut(row["order"])) for row in rows]
    sold = select(log.c.body).where(
        log.c.shop == question.shop.name, log.c.kind == ItemSold.__name__, log.c.subject == cut(question.subject.id),
        or_(*tellings),
    )  # fmt: skip
    found = (load(ItemSold, body) for body in connection.execute(sold).scalars())
    return {event.order: event.amount for event in found}


def _refunds(connection: Connection, shop: str, of: Iterable[str]) -> dict[str, list[Refunded]]:
    names = {"in_shop": shop, "of_orders": [cut(order) for order in of]}
    refunds: dict[str, list[Refunded]] = defaultdict(list)
    for body in connection.execute(_REFUNDS, names).scalars():
        event = load(Refunded, body)
        refunds[event.order].append(event)
    return refunds


def _back(refunds: Iterable[Refunded], currency: str) -> Money | None:
    """What went back in the order's currency. A shop and its payment provider may both tell of a refund, and a refund
    may be told twice: so each is counted once, and of the sources the one that tells most."""
    told = {(each.source, each.refund): each.amount.minor for each in refunds if each.amount.currency == currency}
    sources: dict[str, int] = defaultdict(int)
    for (source, _), minor in told.items():
        sources[source] += minor
    return Money(max(sources.values()), currency) if sources else None
