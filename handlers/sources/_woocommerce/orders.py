"""What an order of WooCommerce tells: how it was placed, how it is now, what was paid and what went back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_CEILING
from typing import Any, Final

from bot.core.events import Event, OrderChanged, OrderLine, OrderPlaced, PaymentFailed, PaymentSucceeded, Refunded
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild
from handlers.sources._woocommerce.told import Told, whole_units, words

# WooCommerce's times have whole seconds, and an order may be placed, paid and done within one: later states come later.
_STATES: Final = ("pending", "on-hold", "failed", "processing", "completed", "refunded", "cancelled", "trash")
_UNPLACED: Final = frozenset({"pending", "failed", "cancelled", "trash"})
_SETTLED: Final = frozenset({"failed", "cancelled", "trash", "refunded"})
_DRAFTS: Final = frozenset({"checkout-draft", "auto-draft"})


def order(told: Told) -> tuple[Event, ...]:
    """The order as placed, of which the first telling counts, as it is now, and what was paid or failed to be."""
    body = told.body
    status = body["status"].text()
    if status in _DRAFTS:
        return ()
    currency, order = body["currency"].text(), body["id"].id()
    total, paid = body["total"].money(currency), bool(body["date_paid_gmt"])
    owed = total if not paid and status not in _SETTLED else Money(0, total.currency)
    rank = _STATES.index(status) if status in _STATES else len(_STATES)
    at = told.moment("date_modified") + timedelta(microseconds=2 * rank + paid)
    sums: dict[str, Any] = {**told.by, "order": order, "number": f"#{body['number'].id_or(order)}", "total": total}
    changed = OrderChanged(
        **sums, at=at, outstanding=owed, shipped=status == "completed", cancelled=status in ("cancelled", "trash"),
        failed=status == "failed",
    )  # fmt: skip
    placed = (_placed(told, sums, owed),) if paid or status not in _UNPLACED else ()
    # That a payment failed is news of an order only before the order is known to have failed.
    return (*placed, *_payments(told, status, at, total), changed)


def _placed(told: Told, sums: dict[str, Any], owed: Money) -> OrderPlaced:
    lines = tuple(_line(line, sums["total"].currency) for line in told.body["line_items"].each())
    discounted = bool(told.body["coupon_lines"].each())
    return OrderPlaced(**sums, at=told.moment("date_created"), outstanding=owed, lines=lines, discounted=discounted)


def _line(line: Wild, currency: str) -> OrderLine:
    """``total`` is the line after discounts and without taxes; ``total_tax`` comes on top."""
    amount = line["total"].money(currency)
    if line["total_tax"]:
        amount += line["total_tax"].money(currency)
    title = ShopText(words(line["name"])) or None
    return OrderLine(line["sku"].id_or(""), whole_units(line["quantity"], ROUND_CEILING), amount, title)


def _payments(told: Told, status: str, at: datetime, total: Money) -> tuple[Event, ...]:
    body = told.body
    if _elsewhere(body, told.front):
        return ()
    provider = body["payment_method"].id_or("woocommerce").lower()
    attempt: dict[str, Any] = {
        **told.by, "provider": provider, "method": provider, "amount": total, "order": body["id"].id(),
    }  # fmt: skip
    if body["date_paid_gmt"]:
        payment = body["transaction_id"].id_or("") or attempt["order"]
        return (PaymentSucceeded(**attempt, at=told.moment("date_paid"), payment=payment),)
    if status == "failed":
        return (PaymentFailed(**attempt, at=at, payment=f"{attempt['order']}-{at:%Y%m%d%H%M%S}", standing=True),)
    return ()


def _elsewhere(order: Wild, front: Shopfront) -> bool:
    """Whether another source tells what was paid for this order: counted twice, one bad hour would be two."""
    return order["payment_method"].id_or("") in front.options.get("paid_elsewhere", ())


def refund(told: Told, order: Wild) -> Iterator[Event]:
    """The amount of a refund is positive here, and negative in the list of an order."""
    if _elsewhere(order, told.front):
        return
    amount = told.body["amount"].money(order["currency"].text())
    at = told.moment("date_created")
    yield Refunded(**told.by, at=at, refund=told.body["id"].id(), amount=amount, order=order["id"].id())
