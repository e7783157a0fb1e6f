"""What is told of what a first look found open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.events import DisputeChanged, Event, InvoiceChanged, PayoutChanged
from bot.core.first_look import summary
from bot.core.message import Bullets
from bot.core.money import Money
from bot.core.parts import ShopText
from tests.core.samples import NOW
from tests.handlers.rules.cases import words

DAY = timedelta(days=1)
EUR = Money(900, "EUR")
BY: dict[str, Any] = {"shop": "demo", "source": "paypal"}


def dispute(name: str = "d1", due: int | None = 5, status: Any = "open", minor: int = 4000, ago: int = 9) -> Event:
    return DisputeChanged(
        **BY, at=NOW - ago * DAY, dispute=name, amount=Money(minor, "EUR"), reason=ShopText("fraud"), status=status,
        due=NOW + due * DAY if due is not None else None,
    )  # fmt: skip


def invoice(name: str = "i1", late: int | None = 9, owed: Money = EUR, status: Any = "open") -> Event:
    due = NOW - late * DAY if late is not None else None
    return InvoiceChanged(**BY, at=NOW - 30 * DAY, invoice=name, number=name, outstanding=owed, status=status, due=due)


PAID = PayoutChanged(**BY, at=NOW, payout="p", amount=Money(1, "EUR"), status="failed")


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([], None),
        ([PAID, dispute(status="won"), invoice(late=-1), invoice(late=None), invoice(status="paid")], None),
        ([invoice(owed=Money(0, "EUR"))], None),
        ([dispute(), dispute(status="answered", ago=1)], None),
        ([dispute(status="answered", ago=1), dispute()], None),
        ([invoice()], ["1 open matter was there when paypal was first asked.", "1 overdue invoice over 9.00 EUR"]),
        ([dispute(due=None)], ["1 open matter was there when paypal was first asked.", "1 dispute over 40.00 EUR"]),
        ([dispute(due=-2)], ["1 open matter was there when paypal was first asked.", "1 dispute over 40.00 EUR"]),
        (
            [dispute(), dispute("d2", 3), dispute("d3", -3), invoice(), invoice("i2", owed=Money(500, "USD"))],
            [
                "5 open matters were there when paypal was first asked.",
                "3 disputes over 120.00 EUR, the next deadline Thu 26 Nov 10:00",
                "2 overdue invoices over 9.00 EUR, 5.00 USD",
            ],
        ),
    ],
)  # fmt: skip
def test_what_waits_is_counted_once_and_summed_by_currency(found: list[Event], lines: list[str] | None) -> None:
    message = summary("paypal", found, NOW)
    if message is None:
        assert lines is None
        return
    (rows,) = (block for block in message.blocks if isinstance(block, Bullets))
    assert [words(message.summary), *map(words, rows.lines)] == lines
