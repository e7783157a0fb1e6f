"""Which subjects an event makes a rule decide on: its own, those it touches, and with time those that are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select

from bot.core.events import Event, PaymentFailed, Tick
from bot.core.settings import Shop
from bot.core.subject import Subject
from bot.store.answers.campaigns import LIVE, ahead
from bot.store.engine import Connection
from bot.store.inbox import SLACK
from bot.store.tables.log import heard
from bot.store.tables.shop import campaign, campaign_sku, dispute, order_line, receivable
from bot.store.tables.work import alert

AHEAD_DAYS = 14
_PROMOTING = (
    select(campaign.c.campaign)
    .join(
        campaign_sku, and_(campaign_sku.c.shop == campaign.c.shop, campaign_sku.c.campaign == campaign.c.campaign)
    )
    .where(
        campaign_sku.c.shop == bindparam("in_shop"), campaign_sku.c.sku == bindparam("of_sku"),
        campaign.c.status.in_(LIVE),
    )
    .order_by(campaign.c.campaign)
)  # fmt: skip
_PROMOTED = (
    select(campaign_sku.c.sku)
    .where(campaign_sku.c.shop == bindparam("in_shop"), campaign_sku.c.campaign == bindparam("of_campaign"))
    .order_by(campaign_sku.c.sku)
)
_CONCERNED = (
    select(order_line.c.sku)
    .distinct()
    .join(alert, and_(alert.c.shop == order_line.c.shop, alert.c.subject == order_line.c.sku))
    .where(
        order_line.c.shop == bindparam("in_shop"), order_line.c.order == bindparam("of_order"),
        alert.c.about == "sku", alert.c.open.is_(True),
    )
    .order_by(order_line.c.sku)
)  # fmt: skip
_OVERDUE = (
    select(receivable.c.reference)
    .where(
        receivable.c.shop == bindparam("in_shop"),
        receivable.c.open.is_(True),
        receivable.c.due < bindparam("as_of"),
        receivable.c.about == "invoice",
    )
    .order_by(receivable.c.due, receivable.c.reference)
)
_DISPUTED = (
    select(dispute.c.dispute)
    .where(dispute.c.shop == bindparam("in_shop"), dispute.c.open.is_(True))
    .order_by(dispute.c.dispute)
)
_HEARD = select(heard.c.source).where(heard.c.shop == bindparam("in_shop"), heard.c.source != SLACK)
_TO_RECHECK = (
    select(alert.c.about, alert.c.subject)
    .where(
        alert.c.open.is_(True),
        alert.c.shop == bindparam("in_shop"),
        alert.c.rule == bindparam("by_rule"),
        alert.c.about == bindparam("on_about"),
        or_(
            alert.c.recheck_at <= bindparam("as_of"),
            and_(alert.c.state == "snoozed", alert.c.snoozed_until <= bindparam("as_of")),
        ),
    )
    .order_by(alert.c.number)
)

Ids = list[str]


def subjects(
    connection: Connection, shop: Shop, event: Event, about: str, rule: str, now: datetime
) -> tuple[Subject, ...]:
    """The subjects, each once, on which ``rule`` (which decides on subjects of kind ``about``) is to decide.

    An event's own subject, when it is of that kind; a campaign for its SKUs and the other way round; of an order's SKUs
    those of which an alert is open; the invoice that a payment was for. With a Tick: the subjects of the rule's open
    alerts that are due for another look or whose snooze is over, and those that time alone can make matter (campaigns
    ahead, invoices past their day, open disputes, sources, the clock itself).
    """
    if isinstance(event, Tick):
        return _with_time(connection, shop, event, about, rule, now)
    if event.subject.about == about:
        return (event.subject,)
    touched = _TOUCHED.get((event.subject.about, about))
    found = touched(connection, event) if touched else []
    return tuple(Subject(about, id) for id in dict.fromkeys(found))  # type: ignore[arg-type]


def _with_time(
    connection: Connection, shop: Shop, event: Tick, about: str, rule: str, now: datetime
) -> tuple[Subject, ...]:
    due = connection.execute(_TO_RECHECK, {"in_shop": shop.name, "by_rule": rule, "on_about": about, "as_of": now})
    found = [Subject(row.about, row.subject) for row in due]
    if event.subject.about == about:
        found.append(event.subject)
    coming = _COMING.get(about)
    if coming:
        found += [Subject(about, id) for id in coming(connection, shop.name, now)]  # type: ignore[arg-type]
    return tuple(dict.fromkeys(found))


def _campaigns_of(connection: Connection, event: Event) -> Ids:
    return _ids(connection, _PROMOTING, {"in_shop": event.shop, "of_sku": event.subject.id})


def _skus_of(connection: Connection, event: Event) -> Ids:
    return _ids(connection, _PROMOTED, {"in_shop": event.shop, "of_campaign": event.subject.id})


def _ids(connection: Connection, query: Any, names: dict[str, Any]) -> Ids:
    return list(connection.execute(query, names).scalars())


def _skus_ordered(connection: Connection, event: Event) -> Ids:
    return _ids(connection, _CONCERNED, {"in_shop": event.shop, "of_order": event.subject.id})


def _invoice_of(_connection: Connection, event: Event) -> Ids:
    return [event.invoice] if isinstance(event, PaymentFailed) and event.invoice else []


_TOUCHED: dict[tuple[str, str], Callable[[Connection, Event], Ids]] = {
    ("sku", "campaign"): _campaigns_of,
    ("campaign", "sku"): _skus_of,
    ("order", "sku"): _skus_ordered,
    ("payment_method", "invoice"): _invoice_of,
}
_COMING: dict[str, Callable[[Connection, str, datetime], Ids]] = {
    "campaign": lambda connection, shop, now: [
        row.campaign for row in connection.execute(ahead(shop, now, AHEAD_DAYS))
    ],
    "invoice": lambda connection, shop, now: _ids(connection, _OVERDUE, {"in_shop": shop, "as_of": now}),
    "dispute": lambda connection, shop, _: _ids(connection, _DISPUTED, {"in_shop": shop}),
    "source": lambda connection, shop, _: _ids(connection, _HEARD, {"in_shop": shop}),
}
