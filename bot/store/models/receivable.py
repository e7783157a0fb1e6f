"""Money owed to the shop: open invoices, and orders that are not paid yet."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from bot.core.events import InvoiceChanged, OrderChanged, OrderPlaced
from bot.store.dialect import upsert_newer
from bot.store.engine import Connection
from bot.store.models import Stage, Telling, applies
from bot.store.tables.shop import receivable

_RANKS = {"open": 0, "uncollectible": 1, "void": 2, "paid": 3}
_SETTLED = (
    update(receivable)
    .where(
        receivable.c.shop == bindparam("in_shop"),
        receivable.c.about == "order",
        receivable.c.reference == bindparam("of_order"),
    )
    .values(open=False, minor=bindparam("left_minor"), status=bindparam("as_status"), at=bindparam("at_moment"))
)


@applies(InvoiceChanged)
def invoice(connection: Connection, event: InvoiceChanged, telling: Telling) -> None:
    """Keeps the invoice's newest state."""
    row = {
        "shop": event.shop, "about": "invoice", "reference": event.invoice, "number": event.number,
        "minor": event.outstanding.minor, "currency": event.outstanding.currency, "due": event.due,
        "status": event.status, "open": event.status == "open" and event.outstanding.minor > 0, "at": event.at,
        "rank": _RANKS[event.status],
    }  # fmt: skip
    telling.fresh = connection.execute(upsert_newer(connection.dialect.name, receivable), row).rowcount == 1


@applies(OrderPlaced, OrderChanged, stage=Stage.DERIVED)
def order(connection: Connection, event: OrderPlaced | OrderChanged, telling: Telling) -> None:
    """An order is a receivable while money is outstanding. Orders paid at once leave no row."""
    if "owed" in telling.turned:
        row = {
            "shop": event.shop, "about": "order", "reference": event.order, "number": event.number,
            "minor": event.outstanding.minor, "currency": event.outstanding.currency, "due": None,
            "status": "open", "open": True, "at": event.at, "rank": 0,
        }  # fmt: skip
        connection.execute(upsert_newer(connection.dialect.name, receivable), row)
    elif "settled" in telling.turned:
        status = "void" if isinstance(event, OrderChanged) and event.cancelled else "paid"
        names = {"in_shop": event.shop, "of_order": event.order}
        left = {"left_minor": event.outstanding.minor, "as_status": status, "at_moment": event.at}
        connection.execute(_SETTLED, {**names, **left})
