"""Money that goes out to others through PayPal and did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from bot.core.events import Event, PayoutChanged
from bot.core.wild import Wild
from handlers.sources._paypal.told import Told, money_of, words_of

# https://developer.paypal.com/docs/api/payments.payouts-batch/v1/: the payments of a batch that did not arrive.
ITEMS: Final[Mapping[str, Literal["failed", "canceled"]]] = {
    "BLOCKED": "failed",
    "DENIED": "failed",
    "FAILED": "failed",
    "CANCELED": "canceled",
    "REFUNDED": "canceled",
    "RETURNED": "canceled",
}


def batch(told: Told) -> tuple[Event, ...]:
    """A batch that PayPal refused as a whole, mostly because the balance is too low."""
    batch = told.thing["batch_header"]
    return (_payout(told, batch["payout_batch_id"], batch["amount"], "failed", batch["errors"]),)


def item(told: Told) -> tuple[Event, ...]:
    """One payment of a batch. To whom it goes is not read."""
    thing, status = told.thing, ITEMS[told.type.rpartition(".")[2]]
    return (_payout(told, thing["payout_item_id"], thing["payout_item"]["amount"], status, thing["errors"]),)


def _payout(told: Told, name: Wild, amount: Wild, status: Literal["failed", "canceled"], errors: Wild) -> Event:
    reason = words_of(errors["name"].text_or(""))
    return PayoutChanged(
        **told.by,
        payout=name.id(),
        amount=money_of(amount),
        status=status,
        reason=reason,
        provider="paypal",
        to="others",
    )
