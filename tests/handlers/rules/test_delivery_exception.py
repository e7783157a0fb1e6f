"""When delivery_exception speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.events import ShipmentChanged
from handlers.rules.delivery_exception import Facts, delivery_exception
from tests.handlers.rules.cases import NOW, days, hours, story, told

SHIPMENT = ShipmentChanged(
    shop="eu",
    source="shopify",
    at=NOW,
    shipment="f-1",
    order="o-1",
    status="sent",
    number="#1001",
    carrier="Kettle Post",
    due=NOW + days(2),
)


def now(status: Any) -> ShipmentChanged:
    return replace(SHIPMENT, status=status)


@pytest.mark.parametrize(
    ("event", "latest", "says"),
    [
        (SHIPMENT, SHIPMENT, "quiet: The shipment left as it should"),
        (now("delayed"), now("delayed"), "LOW Shipment of order #1001 is delayed"),
        (now("attempted"), None, "MEDIUM Shipment of order #1001 could not be handed over"),
        (now("failed"), None, "HIGH Shipment of order #1001 failed"),
        (now("returned"), None, "HIGH Shipment of order #1001 comes back"),
        (replace(now("failed"), number=" "), None, "HIGH Shipment of order o-1 failed"),
        (now("under_way"), None, "clear: The shipment is on its way again (Kettle Post), Mon 02 Mar 09:30"),
        (now("delivered"), None, "clear: The shipment was delivered (Kettle Post), Mon 02 Mar 09:30"),
        (now("cancelled"), None, "clear: The shipment was cancelled (Kettle Post), Mon 02 Mar 09:30"),
        (
            replace(now("failed"), at=NOW - hours(3)),
            now("delivered"),
            "clear: The shipment was delivered (Kettle Post), Mon 02 Mar 09:30",
        ),
    ],
)
def test_what_it_says_of_a_shipment(event: ShipmentChanged, latest: ShipmentChanged | None, says: str) -> None:
    assert told(delivery_exception.decide(event, Facts(latest))) == says


def test_the_warehouse_reads_who_carries_it_and_what_to_do() -> None:
    read = story(delivery_exception.decide(now("failed"), Facts(None)))
    assert read["warehouse impact"] == "The customer will not get it this way"
    assert read["warehouse step"] == "asks the carrier, and sends it again or has it refunded"
    assert (read["warehouse Carrier"], read["warehouse Shipment"]) == ("Kettle Post", "f-1")
    assert read["warehouse Promised"] == "Wed 04 Mar"


def test_what_nobody_told_is_left_out() -> None:
    read = story(delivery_exception.decide(replace(now("delayed"), carrier="", due=None), Facts(None)))
    assert "warehouse Carrier" not in read
    assert "warehouse Promised" not in read
