"""The facts behind a decision, as short texts that a person reads in the answer to why."""

from __future__ import annotations

from dataclasses import make_dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.events import PayoutChanged
from bot.core.known import AlertLine, Campaign, Case, Claim, DisputeState, OrderState, Receivable
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.settings import Shop
from bot.store.decisions import shown

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EUR = Money(12550, "EUR")
SALE = Campaign("c-1", ShopText("Spring Sale"), "running", AT, None, "e-mail", ("TEA",), None, AT)
ORDER = OrderState("9", "#1009", AT, EUR, EUR, False, False, AT)
ALERT = AlertLine(1004, "low_stock", "TEA", "firing", "high", (), "warehouse", None, AT, None, None, None)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (SALE, "Spring Sale (running)"),
        ((SALE, SALE), "Spring Sale (running), Spring Sale (running)"),
        ((ALERT,), "A-1004"),
        ((), "none"),
        (None, "unknown"),
        (ORDER, "#1009"),
        ((Claim(ORDER, 2), Claim(ORDER, 1)), "#1009, #1009"),
        (Case((Claim(ORDER, 2),)), "#1009"),
        (Case(), "none"),
        (Receivable("in_1", "INV-7", EUR, AT, "open", AT), "INV-7: 125.50 EUR, open"),
        (DisputeState("d", EUR, ShopText("fraud"), "open", AT, "", "stripe", AT), "125.50 EUR, open"),
        (Shop("main", "Nordlicht", "EUR", ZoneInfo("Europe/Berlin")), "Nordlicht"),
        (
            PayoutChanged(shop="main", source="stripe", at=AT, payout="po_1", amount=EUR, status="failed"),
            "PayoutChanged of 2026-03-02T09:30+00:00",
        ),
    ],
)
def test_a_fact_is_a_short_text_without_the_code_behind_it(fact: Any, text: str) -> None:
    assert shown(make_dataclass("Facts", [("fact", object)])(fact)) == [("fact", text)]
