"""What an order of Magento tells: how it was placed, how it is now, and whether it is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING
from typing import Any, Final

from bot.core.delivery import Unparsable
from bot.core.events import Event, OrderChanged, OrderHeld, OrderLine, OrderPlaced
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.wild import MAX_COUNT, Wild
from handlers.sources._magento.told import Told, amount_of, elements, whole_units


def order(told: Told) -> tuple[Event, ...]:
    """The order as placed, as it is now, and whether it is held: that it is not is said of each later change, since
    nothing else says that it was let go."""
    body = told.body
    order, state = body["entity_id"].id(), body["state"].text_or("")
    number = body["increment_id"].id_or(order)
    total = body["grand_total"].money(told.currency)
    outstanding = _outstanding(told, state, total)
    changed = _stepped(told.moment("updated_at"), state, outstanding)
    sums: dict[str, Any] = {"order": order, "number": number, "total": total, "outstanding": outstanding}
    shipped, cancelled = state == "complete", state in ("canceled", "closed")
    events: list[Event] = [OrderChanged(**told.by, at=changed, **sums, shipped=shipped, cancelled=cancelled)]
    placed = told.moment("created_at")
    if body["created_at"]:
        discounted = bool(body["coupon_code"]) or bool(amount_of(body["discount_amount"], told.currency).minor)
        lines = tuple(_lines(told))
        events.insert(0, OrderPlaced(**told.by, at=placed, **sums, lines=lines, discounted=discounted))
    reason = _held(state, body["status"].text_or(""))
    if reason or not body["created_at"] or changed - placed >= timedelta(seconds=1):
        events.append(OrderHeld(**told.by, at=changed, order=order, held=bool(reason), number=number, reason=reason))
    return tuple(events)


# Magento's times have whole seconds, and an order is often placed, paid and even shipped within one. By millionths of
# it, what comes later in an order's life comes later here as well, and is not taken for a retelling.
_STEPS: Final = {
    state: 2 * step
    for step, state in enumerate(
        ("new", "pending_payment", "payment_review", "holded", "processing", "complete", "closed", "canceled")
    )
}


def _stepped(at: datetime, state: str, outstanding: Money) -> datetime:
    return at + timedelta(microseconds=_STEPS.get(state, 0) + (outstanding.minor == 0))


def _held(state: str, status: str) -> ShopText | None:
    """Why an order must not be shipped for now, in Magento's own word, or None."""
    if state in ("holded", "payment_review") or status in ("holded", "payment_review", "fraud"):
        return ShopText((status or state).replace("_", " "))
    return None


def _outstanding(told: Told, state: str, total: Money) -> Money:
    """What is still to be paid: nothing once the order is cancelled or closed, whatever total_due still says."""
    body = told.body
    if state in ("canceled", "closed"):
        return replace(total, minor=0)
    due = (
        body["total_due"].money(told.currency)
        if body["total_due"]
        else total - amount_of(body["total_paid"], told.currency)
    )
    return replace(due, minor=max(0, due.minor))


def _lines(told: Told) -> Iterator[OrderLine]:
    """What was sold, by SKUs that have stock.

    A configurable item comes twice: the parent has the price and the SKU of the variant, the child only repeats it. Of
    a bundle it is the children that have stock; the parent is kept when it alone has the price.
    """
    items = elements(told.body["items"])
    below: dict[str, list[Wild]] = {}
    for item in items:
        below.setdefault(item["parent_item_id"].id_or(""), []).append(item)
    for item in below.get("", []):
        children = below.get(item["item_id"].id_or(""), []) if item["item_id"] else []
        told_by_parent = item["product_type"].text_or("") == "configurable"
        priced = any(_line(child, told.currency).amount.minor for child in children)
        if told_by_parent or not children or not priced:
            yield _line(item, told.currency)
        if not told_by_parent:
            yield from (_line(child, told.currency) for child in children)


def _line(item: Wild, currency: str) -> OrderLine:
    """The amount is what the customer pays: with tax, less the discount."""
    row = item["row_total_incl_tax"] or item["row_total"]
    amount = amount_of(row, currency) - amount_of(item["discount_amount"], currency)
    if abs(amount.minor) > MAX_COUNT:
        raise Unparsable(f"{item.path} is too large")
    return OrderLine(
        item["sku"].id_or(""), whole_units(item["qty_ordered"], ROUND_CEILING), amount, item["name"].shop_text()
    )
