"""When payment_failed speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.events import Event, InvoiceChanged, PaymentFailed
from bot.core.handlers import Inhibits
from bot.core.known import Receivable
from bot.core.parts import ShopText
from bot.core.verdict import Clear, Fire
from handlers.rules.payment_failed import Facts, payment_failed
from handlers.rules.payment_failures import payment_failures
from tests.handlers.rules.cases import NOW, TICK, days, eur, hours, story, told

FAILED = PaymentFailed(
    shop="eu", source="stripe", at=NOW, payment="pi_1", provider="stripe", method="card", amount=eur(800),
    invoice="in_1", code="card_declined",
)  # fmt: skip
CHANGED = InvoiceChanged(
    shop="eu", source="stripe", at=NOW, invoice="in_1", number="INV-12", outstanding=eur(800), status="open"
)


def owed(major: float = 800, status: str = "open", **changes: Any) -> Receivable:
    return replace(Receivable("in_1", "INV-12", eur(major), NOW + days(3), status, NOW - hours(1)), **changes)


@pytest.mark.parametrize(
    ("event", "invoice", "settings", "says"),
    [
        (FAILED, owed(), {}, "MEDIUM Payment of invoice INV-12 failed: 800.00 EUR"),
        (FAILED, owed(5000), {}, "HIGH Payment of invoice INV-12 failed: 5000.00 EUR"),
        (replace(FAILED, retry=True), owed(), {}, "MEDIUM Payment of invoice INV-12 failed again: 800.00 EUR"),
        # What is still owed counts, not the attempt.
        (replace(FAILED, amount=eur(9000)), owed(499), {}, "quiet: The amount is small, and left to the rates of failures"),
        (FAILED, owed(499), {"least_amount": 100}, "MEDIUM Payment of invoice INV-12 failed: 499.00 EUR"),
        (FAILED, None, {}, "MEDIUM Payment of invoice in_1 failed: 800.00 EUR"),
        # Time and other news of the invoice change nothing while it is owed.
        (TICK, owed(), {}, "quiet: No payment of the invoice failed just now"),
        (CHANGED, owed(), {}, "quiet: No payment of the invoice failed just now"),
        (TICK, None, {}, "quiet: No payment of the invoice failed just now"),
        (CHANGED, owed(0, "paid"), {}, "clear: Invoice INV-12 was paid, Mon 02 Mar"),
        (CHANGED, owed(0, "void"), {}, "clear: Invoice INV-12 was voided, Mon 02 Mar"),
        # A failure that is told after the payment that came later opens nothing.
        (FAILED, owed(0, "paid"), {}, "clear: Invoice INV-12 was paid, Mon 02 Mar"),
    ],
)  # fmt: skip
def test_what_it_says(event: Event, invoice: Receivable | None, settings: dict[str, int], says: str) -> None:
    assert told(payment_failed.decide(event, Facts(invoice), **settings)) == says


def test_what_is_written_off_is_what_it_cost() -> None:
    verdict = payment_failed.decide(CHANGED, Facts(owed(800, "uncollectible")))
    assert isinstance(verdict, Clear)
    assert (told(verdict), verdict.loss) == (
        "clear: Invoice INV-12 was written off, Mon 02 Mar: 800.00 EUR is lost",
        eur(800),
    )


def test_finance_reads_the_reason_and_the_day_it_is_due() -> None:
    read = story(payment_failed.decide(FAILED, Facts(owed())))
    assert read["finance impact"] == "The customer still owes 800.00 EUR; Stripe may try again by itself"
    assert read["finance step"] == "agrees on another way to pay with the customer"
    assert (read["finance Reason"], read["finance Due"]) == ("card_declined", "Thu 05 Mar")
    assert read["cost"] == "800.00 to 800.00 EUR"


def test_what_nobody_told_is_left_out() -> None:
    unknown = replace(FAILED, code="", provider="", reason=ShopText(""))
    read = story(payment_failed.decide(unknown, Facts(owed(due=None))))
    assert read["finance impact"].endswith("; the provider may try again by itself")
    assert read["finance Reason"] == "none told"
    assert "finance Due" not in read


def test_it_is_not_shown_while_the_providers_payments_fail_in_numbers() -> None:
    verdict = payment_failed.decide(replace(FAILED, provider="paypal"), Facts(None))
    assert isinstance(verdict, Fire)
    assert verdict.labels == (("provider", "paypal"),)
    assert "finance" in verdict.views and "PayPal" in story(verdict)["finance impact"]
    assert Inhibits("payment_failed", "provider") in payment_failures.inhibits
    assert Inhibits("invoice_overdue") in payment_failed.inhibits
