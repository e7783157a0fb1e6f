"""The configuration and the bodies that docs/sources/magento.md gives for Mageplaza's extension, as a shop would use them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.core.delivery import Delivery, Unverified
from bot.core.events import Event, OrderChanged, OrderPlaced, Refunded, ShipmentChanged
from bot.core.money import Money
from bot.core.shopfront import Shopfront
from handlers.sources.generic import SOURCE

DOC = (Path(__file__).parents[3] / "docs/sources/magento.md").read_text("utf-8")
[MAGEPLAZA] = [
    YAML(typ="safe").load(block)["mageplaza"] for block in re.findall(r"```yaml\n(mageplaza:.*?)```", DOC, re.DOTALL)
]
FRONT = Shopfront("mageplaza", "leaf", options=MAGEPLAZA["options"])
ORDER, CREDITMEMO, SHIPMENT = re.findall(r"```liquid\n(.*?)```", DOC, re.DOTALL)
NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
BY: dict[str, Any] = {"shop": "leaf", "source": "mageplaza"}
ITEM = {
    "entity_id": "731", "increment_id": "000000731", "order_id": "731", "grand_total": "148.3500", "total_due": "20.0000",
    "order_currency_code": "EUR", "created_at": "2026-11-20 09:40:12", "updated_at": "2026-11-20 09:41:03",
}  # fmt: skip
_IF = re.compile(r"{% if (.*?) %}(.*?){% else %}(.*?){% endif %}")
_IS = re.compile(r'item\.(\w+) == "(\w+)"')
_OUT = re.compile(r"{{ item\.(\w+)(?: \| default: item\.(\w+))? }}")


def rendered(template: str, item: dict[str, str]) -> bytes:
    """A body as the extension makes it: the little of Liquid that the templates use."""

    def chosen(match: re.Match[str]) -> str:
        return match[2] if any(item.get(name) == value for name, value in _IS.findall(match[1])) else match[3]

    return _OUT.sub(lambda out: item.get(out[1]) or item.get(out[2] or "") or "", _IF.sub(chosen, template)).encode()


def told(template: str, **over: str) -> tuple[Event, ...]:
    return SOURCE.parse(Delivery("mageplaza", {}, rendered(template, ITEM | over), NOW), FRONT)


def test_the_configuration_fits_and_the_header_proves() -> None:
    assert MAGEPLAZA["type"] == SOURCE.name
    SOURCE.options(MAGEPLAZA["options"])
    SOURCE.verify(Delivery("mageplaza", {"x-floorwalker-secret": "salt"}, b"{}", NOW), ("salt",), NOW, FRONT)
    with pytest.raises(Unverified):
        SOURCE.verify(Delivery("mageplaza", {"x-floorwalker-secret": "pepper"}, b"{}", NOW), ("salt",), NOW, FRONT)


@pytest.mark.parametrize(
    ("state", "shipped", "cancelled"),
    [("processing", False, False), ("complete", True, False), ("canceled", False, True), ("closed", False, True)],
)
def test_an_order_is_placed_and_changed(state: str, shipped: bool, cancelled: bool) -> None:
    sums: dict[str, Any] = {**BY, "order": "731", "number": "000000731", "total": Money(14835, "EUR")}
    placed, changed = told(ORDER, state=state)
    assert placed == OrderPlaced(
        **sums, outstanding=Money(2000, "EUR"), at=datetime(2026, 11, 20, 9, 40, 12, tzinfo=UTC)
    )
    assert changed == OrderChanged(
        **sums, outstanding=Money(2000, "EUR"), at=datetime(2026, 11, 20, 9, 41, 3, tzinfo=UTC), shipped=shipped,
        cancelled=cancelled,
    )  # fmt: skip


def test_of_a_new_order_without_a_sum_that_is_due_all_is_due() -> None:
    placed, _ = told(ORDER, state="new", total_due="")
    assert isinstance(placed, OrderPlaced)
    assert placed.outstanding == placed.total


def test_a_credit_memo_is_a_refund_and_a_shipment_was_sent() -> None:
    at = datetime(2026, 11, 20, 9, 40, 12, tzinfo=UTC)
    refund = Refunded(**BY, at=at, refund="731", order="731", amount=Money(14835, "EUR"))
    assert told(CREDITMEMO) == (refund,)
    assert told(SHIPMENT) == (ShipmentChanged(**BY, at=at, shipment="731", order="731", status="sent"),)


def test_a_name_with_quotes_cannot_get_into_a_body() -> None:
    """The templates use numbers, codes and times alone, so there is nothing in them that somebody could have typed."""
    used = {
        name for template in (ORDER, CREDITMEMO, SHIPMENT) for pair in _OUT.findall(template) for name in pair if name
    }
    assert used <= set(ITEM)
    assert json.loads(rendered(ORDER, ITEM))["order"]["entity_id"] == "731"
