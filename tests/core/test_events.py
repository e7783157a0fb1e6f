"""What events are about, what tells them apart, and what follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.events import (
    STORED,
    CampaignChanged,
    CampaignEchoed,
    DisputeChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    ItemSold,
    LocationNamed,
    OrderChanged,
    OrderHeld,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
    ShipmentChanged,
    SourceChanged,
    StockChanged,
    StockExpected,
    StockReceived,
    Tick,
    consequences,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from tests.core.samples import NOW

TEN = Money(1000, "EUR")
BASE: dict[str, Any] = {"shop": "demo", "source": "shopify", "at": NOW}

EVENTS: list[tuple[Event, str, str]] = [
    (Tick(shop="demo", at=NOW), "clock:demo", ""),
    (ItemDescribed(**BASE, item="7", sku="A"), "sku:A", "7"),
    (StockChanged(**BASE, sku="A", location="Berlin", available=3), "sku:A", "Berlin=3"),
    (StockChanged(**BASE, item="7", available=None), "sku:item-7", "main=None"),
    (StockExpected(**BASE, sku="A", quantity=5, due=NOW, reference="PO-1"), "sku:A", "PO-1"),
    (StockReceived(**BASE, sku="A", quantity=5, reference="PO-1"), "sku:A", "main/PO-1"),
    (OrderPlaced(**BASE, order="1", number="#1", total=TEN, outstanding=TEN), "order:1", ""),
    (OrderChanged(**BASE, order="1", number="#1", total=TEN, outstanding=TEN), "order:1", ""),
    (ItemSold(**BASE, sku="A", quantity=1, amount=TEN, order="1", number="#1"), "sku:A", "1"),
    (PaymentSucceeded(**BASE, payment="p", provider="stripe", method="card", amount=TEN), "payment_method:stripe/card", "p"),
    (PaymentFailed(**BASE, payment="p", provider="stripe", method="card", amount=TEN), "payment_method:stripe/card", "p"),
    (Refunded(**BASE, refund="r", amount=TEN), "order:r", "r"),
    (Refunded(**BASE, refund="r", amount=TEN, order="1"), "order:1", "r"),
    (DisputeChanged(**BASE, dispute="d", amount=TEN, reason=ShopText("x"), status="open"), "dispute:d", "open"),
    (InvoiceChanged(**BASE, invoice="i", number="I-1", outstanding=TEN, status="paid"), "invoice:i", "paid"),
    (PayoutChanged(**BASE, payout="o", amount=TEN, status="failed"), "payout:o", "failed"),
    (
        CampaignChanged(**BASE, campaign="c", name=ShopText("Sale"), status="running", starts=NOW),
        "campaign:c",
        "running",
    ),
    (CampaignEchoed(**BASE, reference="7", echo="bounced", campaign="c"), "campaign:c", "bounced/7"),
    (CampaignEchoed(**BASE, reference="7", echo="failed", channel="sms"), "campaign:sms", "failed/7"),
    (ShipmentChanged(**BASE, shipment="s", order="1", status="delayed"), "order:1", "s/delayed"),
    (OrderHeld(**BASE, order="1", held=True), "order:1", "True"),
    (LocationNamed(**BASE, location="61001", name=ShopText("Leeds")), "location:61001", ""),
    (SourceChanged(**BASE, aspect="keys", sound=False), "source:shopify", "keys=False"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "subject", "key"), EVENTS, ids=[type(event).__name__ for event, _, _ in EVENTS])
def test_every_event_says_what_it_is_about_and_what_tells_it_apart(event: Event, subject: str, key: str) -> None:
    assert (str(event.subject), event.key) == (subject, key)


def test_every_stored_event_is_in_the_table_above_and_a_tick_is_not_stored() -> None:
    assert {type(event).__name__ for event, _, _ in EVENTS} - {"Tick"} == set(STORED)


def test_an_order_is_its_items_sold_a_sku_each() -> None:
    lines = (
        OrderLine("A", 2, Money(2000, "EUR"), ShopText("Hoodie")),
        OrderLine("B", 1, TEN),
        OrderLine("A", 1, TEN),
        OrderLine("", 1, TEN),
        OrderLine("C", 0, TEN),
    )
    order = OrderPlaced(**BASE, order="1", number="#1", total=TEN, outstanding=TEN, lines=lines)
    sold = {event.sku: event for event in consequences(order) if isinstance(event, ItemSold)}
    assert {sku: (event.quantity, event.amount) for sku, event in sold.items()} == {
        "A": (3, Money(3000, "EUR")),
        "B": (1, TEN),
    }
    assert all((event.order, event.number, event.at) == ("1", "#1", NOW) for event in sold.values())


def test_nothing_follows_from_other_events() -> None:
    assert all(consequences(event) == () for event, _, _ in EVENTS if not isinstance(event, OrderPlaced))
