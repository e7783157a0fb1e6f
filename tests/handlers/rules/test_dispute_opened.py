"""When dispute_opened speaks, and what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.core.known import DisputeState
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.verdict import Clear, Fire
from handlers.rules.dispute_opened import Facts, dispute_opened
from tests.handlers.rules.cases import NOW, TICK, eur, hours, story, told


def dispute(due_in: float | None = 200, status: str = "open", **changes: Any) -> DisputeState:
    known: dict[str, Any] = {
        "dispute": "dp-1",
        "amount": eur(120),
        "reason": ShopText("product_not_received"),
        "status": status,
        "due": None if due_in is None else NOW + hours(due_in),
        "order": "#1001",
        "provider": "stripe",
        "at": NOW - hours(1),
    }
    return DisputeState(**(known | changes))


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (None, "quiet: Nothing is known of this dispute"),
        (dispute(200), "MEDIUM Dispute over 120.00 EUR: answer by Tue 10 Mar"),
        (dispute(72), "MEDIUM Dispute over 120.00 EUR: answer by Thu 05 Mar"),
        (dispute(71), "HIGH Dispute over 120.00 EUR: answer by Thu 05 Mar"),
        (dispute(24), "HIGH Dispute over 120.00 EUR: answer by Tue 03 Mar"),
        (dispute(23), "CRITICAL Dispute over 120.00 EUR: answer by Tue 03 Mar"),
        (dispute(None), "MEDIUM Dispute over 120.00 EUR waits for an answer"),
    ],
)
def test_what_it_says_of_a_dispute(known: DisputeState | None, says: str) -> None:
    assert told(dispute_opened.decide(TICK, Facts(known, NOW, None))) == says


@pytest.mark.parametrize(
    ("known", "says", "loss"),
    [
        (dispute(9, "answered"), "Evidence was submitted for 120.00 EUR; how it is decided will be told here", None),
        (dispute(9, "won"), "The dispute was won: 120.00 EUR comes back", eur(0)),
        (dispute(9, "lost"), "The dispute was lost: 120.00 EUR is gone, and the fee with it", eur(120)),
        (dispute(-9, "lost"), "The dispute was lost: 120.00 EUR is gone, and the fee with it", eur(120)),
        (dispute(9, "closed"), "The dispute over 120.00 EUR was closed", None),
        (dispute(9, "else"), "The dispute over 120.00 EUR no longer waits for evidence", None),
        (
            dispute(0),
            "The deadline passed on Mon 02 Mar without evidence: the chance to keep 120.00 EUR is lost",
            eur(120),
        ),
    ],
)
def test_how_a_dispute_ends_and_what_it_cost(known: DisputeState, says: str, loss: Money | None) -> None:
    verdict = dispute_opened.decide(TICK, Facts(known, NOW))
    assert isinstance(verdict, Clear)
    assert (told(verdict), verdict.loss) == (f"clear: {says}", loss)


@pytest.mark.parametrize("due_in", [200, 10])
def test_finance_has_until_the_providers_deadline(due_in: float) -> None:
    verdict = dispute_opened.decide(TICK, Facts(dispute(due_in), NOW, None))
    assert isinstance(verdict, Fire)
    assert list(verdict.views) == ["finance"]
    due: datetime | None = verdict.views["finance"].step.by
    assert due == NOW + hours(due_in)


def test_finance_reads_reason_order_and_money() -> None:
    read = story(dispute_opened.decide(TICK, Facts(dispute(), NOW, None)))
    assert read["finance step"] == "submits evidence with Stripe"
    assert (read["finance Reason"], read["finance Order"]) == ("product_not_received", "#1001")
    assert read["cost"] == "120.00 to 120.00 EUR"


def test_what_nobody_told_is_left_out() -> None:
    read = story(
        dispute_opened.decide(TICK, Facts(dispute(None, order="", provider=" ", reason=ShopText("")), NOW, None))
    )
    assert read["finance step"] == "submits evidence with the provider"
    assert read["finance Reason"] == "none told"
    assert "finance Order" not in read
    assert "finance Deadline" not in read


@pytest.mark.parametrize(
    ("due_in", "found_ago", "told_as"),
    [
        (200, 1, "quiet"),
        (72, 1, "quiet"),
        (71, 1, "HIGH"),
        (10, 200, "CRITICAL"),
        (None, 1, "quiet"),
        (-1, 0.5, "clear"),
        (-1, 2, "clear"),
    ],
)
def test_one_of_before_the_first_look_is_told_when_time_has_come_for_it(
    due_in: float | None, found_ago: float, told_as: str
) -> None:
    verdict = dispute_opened.decide(TICK, Facts(dispute(due_in), NOW, NOW - hours(found_ago)))
    assert told(verdict).split()[0].rstrip(":") == told_as


def test_one_of_before_the_first_look_that_ended_is_cleared() -> None:
    assert told(dispute_opened.decide(TICK, Facts(dispute(9, "won"), NOW, NOW))).startswith("clear")
