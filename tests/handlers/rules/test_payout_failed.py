"""When payout_failed speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.events import PayoutChanged
from bot.core.parts import ShopText
from handlers.rules.payout_failed import Facts, payout_failed
from tests.handlers.rules.cases import NOW, days, eur, hours, story, told

PAYOUT = PayoutChanged(
    shop="eu", source="stripe", at=NOW, payout="po-1", amount=eur(12300), status="pending", provider="stripe"
)
FAILED = replace(PAYOUT, status="failed", reason=ShopText("account_closed"), arrives=NOW + days(1))


@pytest.mark.parametrize(
    ("event", "latest", "says"),
    [
        (PAYOUT, PAYOUT, "quiet: The payout is on its way"),
        (FAILED, FAILED, "CRITICAL Payout of 12300.00 EUR failed"),
        (FAILED, None, "CRITICAL Payout of 12300.00 EUR failed"),
        (replace(FAILED, to="others"), None, "CRITICAL Payout of 12300.00 EUR to others failed"),
        (replace(FAILED, to="customer"), None, "CRITICAL Refund of 12300.00 EUR to a customer failed"),
        (replace(PAYOUT, status="canceled"), None, "HIGH Payout of 12300.00 EUR was cancelled"),
        (replace(PAYOUT, status="paid"), None, "clear: 12300.00 EUR was paid out, Mon 02 Mar"),
        (
            replace(FAILED, at=NOW - hours(3)),
            replace(PAYOUT, status="paid"),
            "clear: 12300.00 EUR was paid out, Mon 02 Mar",
        ),
    ],
)
def test_what_it_says_of_a_payout(event: PayoutChanged, latest: PayoutChanged | None, says: str) -> None:
    assert told(payout_failed.decide(event, Facts(latest))) == says


def test_finance_reads_why_and_whom_to_ask() -> None:
    read = story(payout_failed.decide(FAILED, Facts(FAILED)))
    assert read["finance impact"] == "The money stays with Stripe"
    assert read["finance step"] == "checks the bank account with Stripe"
    assert (read["finance Reason"], read["finance Was due"]) == ("account_closed", "Tue 03 Mar")
    assert read["cost"] == "12300.00 to 12300.00 EUR"


def test_what_others_do_not_get_has_nothing_to_do_with_the_shops_bank() -> None:
    verdict = payout_failed.decide(replace(FAILED, provider="paypal", to="others"), Facts(None))
    read = story(verdict)
    assert read["finance impact"] == "The money stays with Paypal"
    assert read["finance step"] == "checks the balance and the receivers, and pays again with Paypal"
    assert "bank" not in repr(verdict)


def test_a_customer_whose_refund_failed_is_paid_in_another_way() -> None:
    verdict = payout_failed.decide(replace(FAILED, to="customer"), Facts(None))
    read = story(verdict)
    assert read["finance impact"] == "The customer waits for money that is back with Stripe"
    assert read["finance step"] == "pays the customer in another way than by Stripe"
    assert "bank" not in repr(verdict)


def test_what_nobody_told_is_left_out() -> None:
    read = story(payout_failed.decide(replace(FAILED, reason=None, arrives=None, provider=""), Facts(None)))
    assert read["finance step"] == "checks the bank account with the provider"
    assert read["finance Reason"] == "none told"
    assert "finance Was due" not in read
