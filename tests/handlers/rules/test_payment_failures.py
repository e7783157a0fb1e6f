"""When payment_failures speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.events import Event, PaymentFailed
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.surprise import Tally
from handlers.rules.payment_failures import Facts, payment_failures
from tests.handlers.rules.cases import NOW, SHOP, TICK, eur, story, told

FAILED = PaymentFailed(
    shop="eu",
    source="stripe",
    at=NOW,
    payment="p-1",
    provider="stripe",
    method="card",
    amount=eur(80),
    code="do_not_honor",
)
RETRY = replace(FAILED, retry=True)
A_MONTH = tuple(Tally(350, 17) for _ in range(28))


def facts(hour: tuple[int, int], hours6: tuple[int, int], hours48: tuple[int, int], **changes: Any) -> Facts:
    """Failed and paid in each window; two hours as the last one unless told."""
    known: dict[str, Any] = {
        "failed_1h": hour[0],
        "paid_1h": hour[1],
        "failed_2h": hour[0],
        "failed_6h": hours6[0],
        "paid_6h": hours6[1],
        "failed_48h": hours48[0],
        "paid_48h": hours48[1],
        "money_1h": (eur(1130),),
        "money_6h": (eur(1130),),
        "money_48h": (eur(1300),),
        "days": A_MONTH,
        "latest": FAILED,
        "shop": SHOP,
        "now": NOW,
    }
    return Facts(**(known | changes))


@pytest.mark.parametrize(
    ("event", "known", "says"),
    [
        (FAILED, facts((9, 5), (9, 60), (12, 700)), "CRITICAL Stripe card: 9 of 14 payments failed (usual 5%)"),
        (TICK, facts((9, 5), (9, 60), (12, 700)), "CRITICAL Stripe card: 9 of 14 payments failed (usual 5%)"),
        (FAILED, facts((3, 0), (3, 100), (20, 650)), "HIGH Stripe card: 3 of 3 payments failed (usual 5%)"),
        (FAILED, facts((2, 5), (14, 36), (20, 650)), "HIGH Stripe card: 14 of 50 payments failed (usual 5%)"),
        (FAILED, facts((2, 5), (9, 31), (110, 400)), "MEDIUM Stripe card: 110 of 510 payments failed (usual 5%)"),
        (FAILED, facts((2, 18), (6, 100), (34, 660)), "quiet: The failures are still what chance allows"),
        (FAILED, facts((1, 3), (1, 5), (30, 300)), "quiet: The failures are still what chance allows"),
        (FAILED, facts((1, 19), (30, 100), (60, 600)), "clear: 1 of 20 payments failed in the last hour, usual 5%"),
        (FAILED, facts((0, 3), (0, 30), (60, 300), failed_2h=1), "clear: 0 of 30 payments failed in 6 hours, usual 5%"),
        (TICK, facts((0, 5), (9, 60), (12, 700)), "clear: The last failure was at Mon 02 Mar 09:30"),
        (
            RETRY,
            facts((9, 5), (9, 60), (12, 700)),
            "quiet: It is a provider's own retry of a subscription, which tells nothing new",
        ),
        (TICK, facts((0, 0), (0, 0), (0, 0), latest=None), "quiet: No payment failed"),
    ],
)
def test_what_it_says_of_the_last_attempts(event: Event, known: Facts, says: str) -> None:
    assert told(payment_failures.decide(event, known)) == says


def test_a_provider_that_often_fails_must_fail_more() -> None:
    often = tuple(Tally(350, 140) for _ in range(28))
    assert told(payment_failures.decide(FAILED, facts((9, 5), (30, 45), (90, 120), days=often))).startswith("quiet")


def test_finance_reads_what_failed_and_what_waits() -> None:
    reason = ShopText("Card was declined")
    read = story(
        payment_failures.decide(FAILED, facts((9, 5), (9, 60), (12, 700), latest=replace(FAILED, reason=reason)))
    )
    assert read["finance impact"] == "64% of payments failed in the last hour, usual 5%"
    assert read["finance step"] == "checks Stripe's status and the decline codes"
    assert read["finance Last failure"] == "Card was declined"
    assert read["cost"] == "1039.60 to 1130.00 EUR"
    assert read["marketing step"] == "decides whether to hold paid traffic"


def test_marketing_is_not_told_of_what_is_only_high() -> None:
    assert "marketing step" not in story(payment_failures.decide(FAILED, facts((3, 0), (3, 100), (20, 650))))


@pytest.mark.parametrize(
    ("money", "cost", "amounts"),
    [
        ((eur(100),), "92.00 to 100.00 EUR", "100.00 EUR"),
        ((Money(9000, "USD"), eur(100)), "92.00 to 100.00 EUR", "90.00 USD, 100.00 EUR"),
        ((Money(9000, "USD"),), "82.80 to 90.00 USD", "90.00 USD"),
        ((Money(9000, "USD"), Money(9000, "GBP")), None, "90.00 USD, 90.00 GBP"),
        ((), None, "none told"),
        ((eur(0),), None, "0.00 EUR"),
    ],
)
def test_money_waiting_is_never_added_over_currencies(money: tuple[Money, ...], cost: str | None, amounts: str) -> None:
    read = story(payment_failures.decide(FAILED, facts((9, 5), (9, 60), (12, 700), money_1h=money)))
    assert (read.get("cost"), read["finance Failed amounts"]) == (cost, amounts)


@pytest.mark.parametrize(
    ("provider", "method", "reads"),
    [("paypal", "wallet", "PayPal wallet"), ("klarna", "", "Klarna"), ("", "card", "Unknown provider card")],
)
def test_the_method_is_told_as_people_spell_it(provider: str, method: str, reads: str) -> None:
    latest = replace(FAILED, provider=provider, method=method, code="")
    read = story(payment_failures.decide(FAILED, facts((9, 5), (9, 60), (12, 700), latest=latest)))
    assert read["title"] == f"{reads}: 9 of 14 payments failed (usual 5%)"
    assert read["finance Last failure"] == "no reason told"
