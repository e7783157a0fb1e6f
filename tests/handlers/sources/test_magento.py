"""What Magento's and Adobe's deliveries mean, how they are proved, and how Adobe's handshake is answered."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.core.delivery import POLLED, Delivery, Evidence, Knock, Unparsable, Unrouted, Unverified, Wanting
from bot.core.events import (
    CampaignChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    OrderChanged,
    OrderHeld,
    OrderLine,
    OrderPlaced,
    Refunded,
    ShipmentChanged,
    StockChanged,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.polling import Call
from bot.core.shopfront import Shopfront
from handlers.sources.magento import SOURCE

FIXTURES = Path(__file__).parents[2] / "fixtures/magento"
NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
BERLIN = {"zone": "Europe/Berlin"}
CLIENT = "5a1ce0000000000000000000000000c1"
BY: dict[str, Any] = {"shop": "leaf", "source": "magento"}
OBSERVER = "com.adobe.commerce.observer."


def eur(cents: int) -> Money:
    return Money(cents, "EUR")


def at(hour: int, minute: int, second: int = 0, micro: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, micro, UTC)


def fixture(topic: str) -> Any:
    return json.loads((FIXTURES / f"{topic}.json").read_text("utf-8"))


def delivery(body: Any, polled: str = "", received: datetime = NOW) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery("magento", {POLLED: polled} if polled else {}, raw, received)


def parse(body: Any, polled: str = "", received: datetime = NOW, **options: Any) -> tuple[Event, ...]:
    front = Shopfront("magento", "leaf", "EUR", options=BERLIN | options)
    return SOURCE.parse(delivery(body, polled, received), front)


def order(**over: Any) -> Any:
    """The order of the fixture with other values; None takes a field away."""
    thing = {**fixture("data.order")["data"], **over}
    return {"data": {name: value for name, value in thing.items() if value is not None}}


SUMS: dict[str, Any] = {**BY, "order": "731", "number": "000000731", "total": eur(14835), "outstanding": eur(0)}
LINES = (
    OrderLine("SALT-FLAKE-250", 4, eur(4500), ShopText("Salt flakes")),
    OrderLine("CUMIN-100", 1, eur(675), ShopText("Cumin")),
    OrderLine("MILL-OAK", 1, eur(5310), ShopText("Oak mill")),
    OrderLine("TEA-LOOSE", 2, eur(3860), ShopText("Loose tea by weight")),
)
CHANGED = at(9, 41, 3, 9)
ORDER = (
    OrderPlaced(**SUMS, at=at(9, 40, 12), lines=LINES, discounted=True),
    OrderChanged(**SUMS, at=CHANGED),
    OrderHeld(**BY, at=CHANGED, order="731", held=False, number="000000731"),
)
INVOICE = (
    InvoiceChanged(
        **BY, at=at(9, 41, 3), invoice="402", number="000000402", outstanding=eur(0), status="paid", due=None
    ),
)
REFUND = (Refunded(**BY, at=at(10, 2, 44), refund="55", amount=eur(2250), order="731"),)
SENT: dict[str, Any] = {**BY, "shipment": "311", "order": "731", "status": "sent", "carrier": "DHL"}
SHIPMENT = (ShipmentChanged(**SENT, at=at(10, 6, 9), number="JD014600"),)
TRACK = (ShipmentChanged(**SENT, at=at(10, 7, 30), number="JD014601"),)
PRODUCT = (
    ItemDescribed(
        **BY, at=at(16, 30, 20, day=19), item="53", sku="SALT-FLAKE-250", title=ShopText("Salt flakes 250 g"),
        price=eur(1250), groups=("category/12", "category/4", "/salt-flakes-250.html"),
    ),
)  # fmt: skip
RULE: dict[str, Any] = {
    **BY, "campaign": "rule-9", "name": ShopText("Pepper week"), "status": "scheduled", "channel": "discount",
    "starts": at(23, 0, day=26), "ends": at(23, 0, day=30), "skus": ("SALT-FLAKE-250", "MILL-OAK"),
    "groups": ("category/12",),
}  # fmt: skip
TIME = at(10, 10, 0, 250_000)

MEANINGS: list[tuple[str, tuple[Event, ...]]] = [
    ("sales.order.saved", ORDER),
    ("data.order", ORDER),
    (f"{OBSERVER}sales_order_save_commit_after", ORDER),
    ("sales.invoice.created", INVOICE),
    ("data.invoice", INVOICE),
    (f"{OBSERVER}sales_order_invoice_save_after", INVOICE),
    ("sales.creditmemo.created", REFUND),
    ("data.creditmemo", REFUND),
    (f"{OBSERVER}sales_order_creditmemo_save_after", REFUND),
    ("sales.shipment.saved", SHIPMENT),
    ("data.shipment", SHIPMENT),
    (f"{OBSERVER}sales_order_shipment_save_after", SHIPMENT),
    ("data.track", TRACK),
    (f"{OBSERVER}sales_order_shipment_track_save_after", TRACK),
    ("catalog.product.saved", PRODUCT),
    ("data.product", PRODUCT),
    (f"{OBSERVER}catalog_product_save_commit_after", PRODUCT),
    ("sales.rule.saved", (CampaignChanged(**RULE, at=NOW),)),
    ("data.rule", (CampaignChanged(**RULE, at=NOW),)),
    (f"{OBSERVER}salesrule_rule_save_commit_after", (CampaignChanged(**RULE, at=TIME),)),
    ("inventory.source_item.saved", (StockChanged(**BY, at=NOW, sku="SALT-FLAKE-250", location="rotterdam", available=38),)),
    (
        f"{OBSERVER}cataloginventory_stock_item_save_commit_after",
        (StockChanged(**BY, at=TIME, item="53", location="default", available=3),),
    ),
    (f"{OBSERVER}rma_save_commit_after", ()),
    ("batch", (*ORDER, StockChanged(**BY, at=TIME, item="53", location="default", available=3))),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "events"), MEANINGS, ids=[topic for topic, _ in MEANINGS])
def test_a_delivery_means_the_same_in_whichever_way_it_comes(topic: str, events: tuple[Event, ...]) -> None:
    assert parse(fixture(topic)) == events


def test_every_fixture_has_a_meaning_here() -> None:
    known = {topic for topic, _ in MEANINGS} | {"sales.order.created"}
    assert known == {path.stem for path in FIXTURES.glob("*.json")}


POLLS: list[tuple[str, Mapping[str, Any], tuple[Event, ...]]] = [
    ("creditmemos", {}, REFUND),
    ("shipments", {}, SHIPMENT),
    ("journal", {}, ORDER),
    ("sales-rules", {}, (CampaignChanged(**RULE, at=NOW),)),
    (
        "source-items",
        {"locations": {"lyon": "Lyon"}},
        (
            StockChanged(**BY, at=NOW, sku="SALT-FLAKE-250", location="rotterdam", available=38),
            StockChanged(**BY, at=NOW, sku="SALT-FLAKE-250", location="Lyon", available=4),
            StockChanged(**BY, at=NOW, sku="MILL-OAK", location="rotterdam", available=0),
        ),
    ),
    (
        "stock-items",
        {"stock": "items"},
        (
            ItemDescribed(**BY, at=NOW, item="53", sku="SALT-FLAKE-250", low_at=5, backorders=True),
            StockChanged(**BY, at=NOW, sku="SALT-FLAKE-250", item="53", location="default", available=38),
            StockChanged(**BY, at=NOW, sku="GIFT-CARD", item="80", location="default", available=None),
        ),
    ),
    (
        "salable",
        {"stock": "salable"},
        (
            StockChanged(**BY, at=NOW, sku="SALT-FLAKE-250", location="salable", available=36),
            StockChanged(**BY, at=NOW, sku="MILL-OAK", location="salable", available=0),
        ),
    ),
]


@pytest.mark.parametrize(("topic", "options", "events"), POLLS, ids=[row[0] for row in POLLS])
def test_a_poll_means_what_the_webhook_means(topic: str, options: Any, events: tuple[Event, ...]) -> None:
    assert parse(fixture(f"polled/{topic}"), topic, **options) == events


def test_a_polled_order_has_the_same_events_as_its_webhook_to_the_last_cent() -> None:
    told = parse(fixture("polled/orders"), "orders")
    assert told[-len(ORDER) :] == ORDER
    placed, changed, held = told[: -len(ORDER)]
    assert isinstance(placed, OrderPlaced) and placed.outstanding == eur(14835)
    assert changed.at == held.at == at(9, 0, 0, 6)
    assert held == OrderHeld(**BY, at=held.at, order="730", held=True, number="000000730", reason=ShopText("holded"))


def test_a_product_without_price_or_categories_is_described_all_the_same() -> None:
    described = parse(fixture("polled/products"), "products")
    assert described[:1] == PRODUCT
    assert described[1:] == (
        ItemDescribed(**BY, at=at(16, 30, 21, day=19), item="52", sku="SALT-FLAKE", title=ShopText("Salt flakes")),
    )


def test_a_product_of_which_only_the_sku_is_subscribed_stands_for_itself() -> None:
    thing = {"type": f"{OBSERVER}catalog_product_save_commit_after", "data": {"value": {"sku": "CUMIN-100"}}}
    assert parse(thing) == (ItemDescribed(**BY, at=NOW, item="sku-CUMIN-100", sku="CUMIN-100"),)


def test_an_unknown_poll_is_unrouted() -> None:
    with pytest.raises(Unrouted, match="kettles"):
        parse({"items": []}, "kettles")


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("0.1", 10), ("19.99", 1999), ("1.005", 100), ("4.35", 435), ("9007199254740.93", 900719925474093), ('"36.3900"', 3639)],
)  # fmt: skip
def test_amounts_are_read_as_decimals_and_never_as_binary_fractions(amount: str, minor: int) -> None:
    body = b'{"data": {"entity_id": 1, "state": "new", "created_at": "2026-11-20 10:00:00", "grand_total": %s}}'
    placed = parse(body % amount.encode())[0]
    assert isinstance(placed, OrderPlaced)
    assert placed.total == placed.outstanding == eur(minor)


OUTSTANDING: list[tuple[dict[str, Any], int]] = [
    ({"total_due": 148.35}, 14835),
    ({"total_due": 20}, 2000),
    ({"total_due": -0.01}, 0),
    ({"total_due": None, "total_paid": 100}, 4835),
    ({"total_due": None, "total_paid": None}, 14835),
    ({"total_due": None, "total_paid": 200}, 0),
    ({"total_due": 148.35, "state": "canceled"}, 0),
    ({"total_due": 148.35, "state": "closed"}, 0),
]


@pytest.mark.parametrize(("over", "minor"), OUTSTANDING)
def test_what_is_still_to_be_paid(over: dict[str, Any], minor: int) -> None:
    placed, changed, _ = parse(order(**over))
    assert isinstance(placed, OrderPlaced) and isinstance(changed, OrderChanged)
    assert placed.outstanding == changed.outstanding == eur(minor)


STATES: list[tuple[str, str, bool, bool, str]] = [
    ("new", "pending", False, False, ""),
    ("pending_payment", "pending_payment", False, False, ""),
    ("payment_review", "payment_review", False, False, "payment review"),
    ("payment_review", "fraud", False, False, "fraud"),
    ("processing", "fraud", False, False, "fraud"),
    ("holded", "holded", False, False, "holded"),
    ("holded", "", False, False, "holded"),
    ("complete", "complete", True, False, ""),
    ("closed", "closed", False, True, ""),
    ("canceled", "canceled", False, True, ""),
    ("a shop's own", "", False, False, ""),
]


@pytest.mark.parametrize(("state", "status", "shipped", "cancelled", "reason"), STATES)
def test_states_of_an_order(state: str, status: str, shipped: bool, cancelled: bool, reason: str) -> None:
    _, changed, held = parse(order(state=state, status=status))
    assert isinstance(changed, OrderChanged) and isinstance(held, OrderHeld)
    assert (changed.shipped, changed.cancelled) == (shipped, cancelled)
    assert (held.held, held.reason) == (bool(reason), ShopText(reason) if reason else None)


def test_states_within_one_second_are_distinct_and_in_the_order_of_an_orders_life() -> None:
    """Placed, paid, shipped and refunded all at 09:41:03: each is an event of its own, and the last one stands."""
    life = [
        {"state": "new", "total_due": 148.35},
        {"state": "pending_payment", "total_due": 148.35},
        {"state": "processing", "total_due": 148.35},
        {"state": "processing", "total_due": 0},
        {"state": "complete", "total_due": 0},
        {"state": "closed", "total_due": 0},
    ]
    moments = [parse(order(**state))[1].at for state in life]
    assert moments == sorted(set(moments))
    assert all(timedelta(0) <= moment - at(9, 41, 3) < timedelta(milliseconds=1) for moment in moments)


def test_an_order_that_never_changed_was_never_held() -> None:
    kinds = [type(event) for event in parse(fixture("sales.order.created"))]
    assert kinds == [OrderPlaced, OrderChanged]
    first = parse(order(created_at="2026-11-20 09:41:03", state="payment_review"))
    assert [type(event) for event in first] == [OrderPlaced, OrderChanged, OrderHeld]


def test_an_order_without_its_beginning_is_only_changed() -> None:
    kinds = [type(event) for event in parse({"type": "sales.order.saved", "data": order(created_at=None)["data"]})]
    assert kinds == [OrderChanged, OrderHeld]


def test_an_order_of_the_fields_that_adobe_needs_at_least() -> None:
    thing = {
        "type": f"{OBSERVER}sales_order_save_after",
        "data": {"value": {"entity_id": "9", "grand_total": "5.0000"}},
    }
    changed, held = parse(thing)
    assert changed == OrderChanged(**BY, at=NOW, order="9", number="9", total=eur(500), outstanding=eur(500))
    assert held == OrderHeld(**BY, at=NOW, order="9", held=False, number="9")


def test_an_order_is_in_the_currency_that_its_customer_pays() -> None:
    placed = parse(order(order_currency_code="JPY", grand_total=14835, total_due=0))[0]
    assert isinstance(placed, OrderPlaced)
    assert placed.total == Money(14835, "JPY")


def item(number: int, sku: str, amount: float, **over: Any) -> dict[str, Any]:
    return {"item_id": number, "sku": sku, "name": sku, "qty_ordered": 1, "row_total": amount, **over}


LINED: list[tuple[str, list[dict[str, Any]], list[tuple[str, int]]]] = [
    ("nothing", [], []),
    ("simple", [item(1, "A", 2)], [("A", 200)]),
    ("with tax", [item(1, "A", 2, row_total_incl_tax=2.38, discount_amount=0.38)], [("A", 200)]),
    (
        "configurable",
        [item(1, "A", 2, product_type="configurable"), item(2, "A", 0, parent_item_id=1)],
        [("A", 200)],
    ),
    (
        "a bundle priced by its parts",
        [item(1, "BOX-A-B", 5, product_type="bundle"), item(2, "A", 2, parent_item_id=1), item(3, "B", 3, parent_item_id=1)],
        [("A", 200), ("B", 300)],
    ),
    (
        "a bundle with a price of its own",
        [item(1, "BOX", 5, product_type="bundle"), item(2, "A", 0, parent_item_id=1)],
        [("BOX", 500), ("A", 0)],
    ),
    ("children of nobody", [item(2, "A", 2, parent_item_id=77)], []),
    ("items without a number", [{"sku": "A", "qty_ordered": "2.0000", "row_total": "2.0000"}], [("A", 200)]),
]  # fmt: skip


@pytest.mark.parametrize(("items", "lines"), [row[1:] for row in LINED], ids=[row[0] for row in LINED])
def test_lines_are_what_has_stock_and_their_amounts_are_what_is_paid(items: Any, lines: Any) -> None:
    placed = parse(order(items=items))[0]
    assert isinstance(placed, OrderPlaced)
    assert [(line.sku, line.amount.minor) for line in placed.lines] == lines


@pytest.mark.parametrize("items", [{}, "none", None])
def test_items_that_adobe_has_not_loaded_are_no_lines(items: Any) -> None:
    placed = parse(order(items=items))[0]
    assert isinstance(placed, OrderPlaced)
    assert placed.lines == ()


def test_an_amount_of_a_line_has_an_end() -> None:
    huge = item(1, "A", 9_999_999_999_999.99, discount_amount=-9_999_999_999_999.99)
    with pytest.raises(Unparsable, match=r"items\[0\] is too large"):
        parse(order(items=[huge]))


@pytest.mark.parametrize(
    ("over", "discounted"),
    [({}, True), ({"coupon_code": None}, True), ({"coupon_code": None, "discount_amount": 0}, False),
     ({"coupon_code": None, "discount_amount": None}, False), ({"discount_amount": 0}, True)],
)  # fmt: skip
def test_whether_an_order_is_discounted(over: dict[str, Any], discounted: bool) -> None:
    placed = parse(order(**over))[0]
    assert isinstance(placed, OrderPlaced)
    assert placed.discounted == discounted


@pytest.mark.parametrize(("state", "status"), [(1, None), (2, "paid"), ("2", "paid"), (3, "void")])
def test_an_open_invoice_tells_nothing_since_its_order_says_what_is_due(state: Any, status: str | None) -> None:
    thing = fixture("data.invoice")
    thing["data"]["state"] = state
    assert [event.status for event in parse(thing) if isinstance(event, InvoiceChanged)] == [status][
        : status is not None
    ]


@pytest.mark.parametrize(("state", "told"), [(1, 0), (2, 1), ("2", 1), (3, 0), (None, 1)])
def test_a_credit_memo_is_a_refund_once_it_is_refunded(state: Any, told: int) -> None:
    thing = fixture("data.creditmemo")
    thing["data"]["state"] = state
    assert len(parse(thing)) == told


TRACKS: list[tuple[Any, datetime, str, str]] = [
    ([], at(10, 5), "", ""),
    ({}, at(10, 5), "", ""),
    (None, at(10, 5), "", ""),
    ([{"track_number": None, "title": "DHL"}], at(10, 5), "", ""),
    ([{"track_number": "A1", "carrier_code": "ups"}], at(10, 5), "A1", "ups"),
    ([{"track_number": "A1", "created_at": "2026-11-20 10:04:00"}], at(10, 5), "A1", ""),
    ([{"track_number": "A1"}, {"track_number": "A2", "title": "UPS", "created_at": "2026-11-20 11:00:00"}], at(11, 0), "A2", "UPS"),
]  # fmt: skip


@pytest.mark.parametrize(("tracks", "moment", "number", "carrier"), TRACKS)
def test_a_shipment_was_sent_when_its_last_number_was_added(
    tracks: Any, moment: datetime, number: str, carrier: str
) -> None:
    thing = fixture("data.shipment")
    thing["data"]["tracks"] = tracks
    expected = ShipmentChanged(**{**SENT, "carrier": carrier}, at=moment, number=number)
    assert parse(thing) == (expected,)


STOCK: list[tuple[dict[str, Any], int | None]] = [
    ({}, 3),
    ({"qty": "12.0000", "is_in_stock": "1"}, 12),
    ({"qty": 4.9}, 4),
    ({"qty": -2}, -2),
    ({"qty": -2, "is_in_stock": False}, -2),
    ({"is_in_stock": False}, 0),
    ({"is_in_stock": "0"}, 0),
    ({"is_in_stock": 0}, 0),
    ({"is_in_stock": None}, 3),
    ({"manage_stock": 0}, 3),
    ({"manage_stock": 0, "use_config_manage_stock": "0"}, None),
    ({"manage_stock": None, "use_config_manage_stock": None}, 3),
]


@pytest.mark.parametrize(("over", "available"), STOCK)
def test_a_stock_item(over: dict[str, Any], available: int | None) -> None:
    thing = fixture(f"{OBSERVER}cataloginventory_stock_item_save_commit_after")
    thing["data"]["value"] |= over
    [stock] = parse(thing)
    assert isinstance(stock, StockChanged)
    assert stock.available == available


def test_a_stock_item_that_was_merged_with_its_product_has_a_sku_and_a_place_may_have_a_name() -> None:
    thing = fixture(f"{OBSERVER}cataloginventory_stock_item_save_commit_after")
    thing["data"]["value"]["sku"] = "SALT-FLAKE-250"
    limits, stock = parse(thing, locations={"default": "Main"})
    assert isinstance(stock, StockChanged) and isinstance(limits, ItemDescribed)
    assert (stock.sku, stock.item, stock.location) == ("SALT-FLAKE-250", "53", "Main")


@pytest.mark.parametrize(
    ("over", "low_at", "backorders"),
    [
        ({}, 5, None),
        ({"notify_stock_qty": "2.0000", "backorders": "0"}, 2, False),
        ({"use_config_notify_stock_qty": "1", "backorders": 2, "use_config_backorders": 0}, None, True),
        ({"notify_stock_qty": -1, "use_config_backorders": True, "backorders": 1}, 0, None),
        ({"notify_stock_qty": None}, None, None),
        ({"manage_stock": 0, "use_config_manage_stock": 0}, None, None),
    ],
)
def test_what_a_stock_item_says_of_the_shop_s_limits(
    over: dict[str, Any], low_at: int | None, backorders: bool | None
) -> None:
    thing = fixture(f"{OBSERVER}cataloginventory_stock_item_save_commit_after")
    thing["data"]["value"] |= {"sku": "SALT-FLAKE-250"} | over
    limits = [(event.low_at, event.backorders) for event in parse(thing) if isinstance(event, ItemDescribed)]
    assert limits == ([(low_at, backorders)] if (low_at, backorders) != (None, None) else [])


@pytest.mark.parametrize(
    "topic", [f"{OBSERVER}cataloginventory_stock_item_save_commit_after", "inventory.source_item.saved"]
)
def test_what_is_in_hand_is_not_told_where_salable_counts(topic: str) -> None:
    assert parse(fixture(topic), stock="salable") == ()
    limits = parse(fixture("polled/stock-items"), "stock-items", stock="salable")
    assert [type(event) for event in limits] == [ItemDescribed]
    for other in ("salable", "items"):
        assert parse(fixture("polled/source-items"), "source-items", stock=other) == ()
    assert parse(fixture("polled/salable"), "salable", stock="sources") == ()


# The first days of summer and winter time have 23 and 25 hours.
CAMPAIGNS: list[tuple[dict[str, Any], datetime, str]] = [
    ({}, at(22, 59, 59, day=26), "scheduled"),
    ({}, at(23, 0, day=26), "running"),
    ({}, at(22, 59, 59, day=30), "running"),
    ({}, at(23, 0, day=30), "ended"),
    ({"to_date": None}, at(23, 0, day=30), "running"),
    ({"is_active": False}, at(23, 0, day=26), "cancelled"),
    ({"is_active": "0"}, at(23, 0, day=26), "cancelled"),
    ({"is_active": 1}, at(23, 0, day=26), "running"),
]


@pytest.mark.parametrize(("over", "received", "status"), CAMPAIGNS)
def test_a_cart_price_rule_runs_from_the_shops_midnight_to_the_end_of_its_last_day(
    over: dict[str, Any], received: datetime, status: str
) -> None:
    thing = fixture("data.rule")
    thing["data"] |= over
    [campaign] = parse(thing, received=received)
    assert isinstance(campaign, CampaignChanged)
    assert (campaign.status, campaign.starts) == (status, at(23, 0, day=26))


@pytest.mark.parametrize(
    ("zone", "day", "starts", "ends"),
    [
        ("Europe/Berlin", "2027-03-28", datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC)),
        ("Europe/Berlin", "2026-10-25", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("America/New_York", "2026-11-27 00:00:00", at(5, 0, day=27), at(5, 0, day=28)),
        ("UTC", "2026-11-27", at(0, 0, day=27), at(0, 0, day=28)),
    ],
)
def test_the_days_of_a_rule_are_those_of_the_shop(zone: str, day: str, starts: datetime, ends: datetime) -> None:
    thing = fixture("data.rule")
    thing["data"] |= {"from_date": day, "to_date": day}
    [campaign] = parse(thing, zone=zone)
    assert isinstance(campaign, CampaignChanged)
    assert (campaign.starts, campaign.ends) == (starts, ends)


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "0001-01-01", "9999-12-31", 20261127])
def test_a_rule_whose_first_day_is_none_is_unparsable(day: Any) -> None:
    thing = fixture("data.rule")
    thing["data"]["from_date"] = day
    with pytest.raises(Unparsable, match="from_date"):
        parse(thing)


def condition(attribute: str, operator: str, value: Any) -> dict[str, Any]:
    return {"attribute_name": attribute, "operator": operator, "value": value}


PROMOTED: list[tuple[Any, tuple[str, ...], tuple[str, ...]]] = [
    (None, (), ()),
    ({"conditions": []}, (), ()),
    (condition("sku", "==", "A"), ("A",), ()),
    (condition("sku", "()", " A, B ,,A"), ("A", "B"), ()),
    (condition("sku", "()", ["A", "B"]), ("A", "B"), ()),
    (condition("sku", "!=", "A"), (), ()),
    (condition("sku", "==", None), (), ()),
    (condition("category_ids", "==", 12), (), ("category/12",)),
    (condition("price", "==", "12"), (), ()),
    ({"conditions": [{"conditions": [condition("sku", "==", "A")]}, condition("sku", "==", "B")]}, ("A", "B"), ()),
]


@pytest.mark.parametrize(("tree", "skus", "groups"), PROMOTED)
def test_what_a_rule_promotes(tree: Any, skus: tuple[str, ...], groups: tuple[str, ...]) -> None:
    thing = fixture("data.rule")
    thing["data"]["action_condition"] = tree
    [campaign] = parse(thing)
    assert isinstance(campaign, CampaignChanged)
    assert (campaign.skus, campaign.groups) == (skus, groups)


def test_a_rule_for_a_thousand_skus_is_understood() -> None:
    thing = fixture("data.rule")
    skus = [f"SKU-{number:06}" for number in range(1000)]
    thing["data"]["action_condition"] = condition("sku", "()", ", ".join(skus))
    [campaign] = parse(thing)
    assert isinstance(campaign, CampaignChanged)
    assert campaign.skus == tuple(skus)


def test_a_rule_that_always_holds_is_no_campaign() -> None:
    thing = fixture("data.rule")
    thing["data"]["from_date"] = None
    assert parse(thing) == ()


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("sales.order.created", True), ("sales.order.saved", True), ("order.placed", True), ("sales.order.paid", True),
        ("com.adobe.commerce.observer.sales_order_place_after", True), ("observer.sales_order_save_after", True),
        ("order.cancelled", True), ("sales.order.invoiced", True), ("sales.order.canceled", True), ("sales.order.updated", True), ("SALES.ORDER.SAVED", True),
        ("sales.order", True), ("sales_order_item_save_after", False), ("sales.order.deleted", False),
        ("customer.saved", False), ("", False), ("save", False), ("sales", False), ("order.payment.saved", False),
        ("com.adobe.commerce.observer.sales_order_save_commit_after_large", True), ("sales.order_status.changed", False),
        ("com.adobe.commerce.observer.sales_order_delete_commit_after", False),
        ("com.adobe.commerce.plugin.magento.sales.api.order_repository.save", True),
        ("com.adobe.commerce.plugin.magento.sales.model.resource_model.order.save_large", True),
        ("com.adobe.commerce.plugin.magento.sales.api.order_management.place", True),
        ("com.adobe.commerce.plugin.magento.sales.api.order_item_repository.save", False),
    ],
)  # fmt: skip
def test_the_names_of_events_are_each_shops_own(kind: str, known: bool) -> None:
    thing = {"type": kind, "data": order()["data"]}
    if known:
        assert parse(thing) == ORDER
    else:
        with pytest.raises(Unrouted):
            parse(thing)


def test_a_rule_that_was_deleted_is_a_campaign_that_was_called_off() -> None:
    thing = fixture(f"{OBSERVER}salesrule_rule_save_commit_after")
    thing["type"] = f"{OBSERVER}salesrule_rule_delete_commit_after"
    assert parse(thing) == (CampaignChanged(**{**RULE, "status": "cancelled"}, at=TIME),)
    thing["data"]["value"]["from_date"] = None
    assert parse(thing) == ()


def test_an_event_of_the_future_happened_when_it_came() -> None:
    thing = fixture("inventory.source_item.saved") | {"time": "2026-11-20T11:15:00Z"}
    assert parse(thing)[0].at == NOW


def test_a_list_of_nothing_tells_nothing_and_a_list_of_strangers_is_unrouted() -> None:
    assert parse([]) == ()
    with pytest.raises(Unrouted, match=r"customer\.saved"):
        parse([{"type": "customer.saved"}, {"type": "cart.saved"}])


@pytest.mark.parametrize("thing", [{}, {"sku": "A", "source_code": "b", "quantity": 1, "status": 1}, {"entity_id": 1}])
def test_a_body_without_a_name_and_a_known_shape_is_unrouted(thing: Any) -> None:
    with pytest.raises(Unrouted, match="looks like nothing"):
        parse({"data": thing})


def test_a_cloud_events_id_is_its_key_and_other_bodies_have_none() -> None:
    thing = fixture("sales.order.saved")
    assert SOURCE.key(delivery(thing)) == thing["id"]
    assert SOURCE.key(delivery(thing | {"id": "x" * 201})) == ""
    assert SOURCE.key(delivery(thing | {"id": "a\u2028b"})) == ""
    assert SOURCE.key(delivery(thing | {"id": None})) == ""
    assert SOURCE.key(delivery(thing | {"id": []})) == ""
    others: list[Any] = [order(), b"", b"7", []]
    for body in others:
        assert SOURCE.key(delivery(body)) == ""


def test_the_key_of_a_list_follows_from_all_its_ids() -> None:
    batch = fixture("batch")
    other = deepcopy(batch)
    other[1]["id"] = "another"
    keys = {SOURCE.key(delivery(body)) for body in (batch, batch, other, batch[:2])}
    assert len(keys) == 3
    assert all(key.startswith("list/") for key in keys)


# Proof by Adobe's signatures.


@cache
def private(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048 + 8 * number)


def public(number: int) -> bytes:
    return private(number).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signature(number: int, body: bytes) -> str:
    return base64.b64encode(private(number).sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()


def url(number: int) -> str:
    return f"https://static.adobeioevents.com/prod/keys/pub-key-{number}.pem"


def adobe(body: bytes, *known: int, **headers: str) -> Delivery:
    """A delivery signed with both keys, of which some are at hand; an empty header is left out."""
    given = {
        "x-adobe-digital-signature-1": signature(1, body),
        "x-adobe-public-key1-path": "/prod/keys/pub-key-1.pem",
        "x-adobe-digital-signature-2": signature(2, body),
        "x-adobe-public-key2-path": "/prod/keys/pub-key-2.pem",
    } | {f"x-adobe-{name.replace('_', '-')}": value for name, value in headers.items()}
    documents = {url(number): public(number) for number in known}
    return Delivery(
        "magento", {name: value for name, value in given.items() if value}, body, NOW, evidence=Evidence(documents)
    )


BATCH = (FIXTURES / "batch.json").read_bytes()
ONE = (FIXTURES / f"{OBSERVER}sales_order_save_commit_after.json").read_bytes()
OURS = Shopfront("magento", "leaf", options={"client_id": CLIENT})


def verify(given: Delivery, front: Shopfront = OURS) -> None:
    SOURCE.verify(given, (), NOW, front)


@pytest.mark.parametrize("body", [ONE, BATCH], ids=["one", "batch"])
@pytest.mark.parametrize("known", [(1,), (2,), (1, 2)])
def test_either_of_adobes_signatures_proves_a_delivery(body: bytes, known: tuple[int, ...]) -> None:
    other = 3 - known[0]
    verify(adobe(body, 1, 2, **{f"digital_signature_{other}": "AAAA"}))
    with pytest.raises(Wanting) as wanting:
        verify(adobe(body))
    assert (wanting.value.url, wanting.value.hosts) == (url(1), ("static.adobeioevents.com",))
    verify(adobe(body, *known))


def test_a_key_that_does_not_prove_is_followed_by_the_other() -> None:
    given = adobe(ONE, 1, digital_signature_1=signature(2, ONE))
    with pytest.raises(Wanting) as wanting:
        verify(given)
    assert wanting.value.url == url(2)


REFUSED: list[dict[str, str]] = [
    {"digital_signature_1": "", "digital_signature_2": "AAAA"},
    {"digital_signature_1": "é", "digital_signature_2": "%%%="},
    {"digital_signature_1": "AAAA", "digital_signature_2": "A" * 9_000},
    {"public_key1_path": "", "public_key2_path": ""},
    {"public_key1_path": "/prod/keys/../x.pem", "public_key2_path": "@evil.example/prod/keys/pub-key-1.pem"},
    {"public_key1_path": ".evil.example/prod/keys/pub-key-1.pem", "public_key2_path": "/prod/keys/pub-key-1.pem?x"},
]


@pytest.mark.parametrize("headers", REFUSED)
def test_what_adobe_did_not_sign_is_refused_and_no_strangers_address_is_asked(headers: dict[str, str]) -> None:
    with pytest.raises(Unverified, match="neither"):
        verify(adobe(ONE, 1, 2, **headers))


def test_a_body_that_was_changed_is_refused() -> None:
    good = adobe(ONE, 1, 2)
    body = ONE.replace(b"148.35", b"148.36")
    with pytest.raises(Unverified, match="neither"):
        verify(Delivery("magento", good.headers, body, NOW, evidence=good.evidence))


@pytest.mark.parametrize(
    "front", [Shopfront("magento", "leaf"), Shopfront("magento", "leaf", options={"client_id": "another"})]
)
def test_what_adobe_signed_for_somebody_else_is_refused(front: Shopfront) -> None:
    with pytest.raises(Unverified, match="client_id"):
        verify(adobe(ONE, 1, 2), front)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"7", b'[{"recipientclientid": 7}]', ONE.replace(CLIENT.encode(), b"x")]
)
def test_a_delivery_that_names_no_recipient_is_refused(body: bytes) -> None:
    with pytest.raises(Unverified, match="recipientclientid"):
        verify(adobe(body, 1, 2))


def test_one_event_for_somebody_else_spoils_the_list() -> None:
    events = json.loads(BATCH)
    events[1]["recipientclientid"] = "another"
    with pytest.raises(Unverified, match="recipientclientid"):
        verify(adobe(json.dumps(events).encode(), 1, 2))


def test_the_older_name_of_the_recipient_is_read_too() -> None:
    event = json.loads(ONE)
    del event["recipientclientid"]
    verify(adobe(json.dumps(event).encode(), 1))


# The handshake.

VISIT = "https://csm.adobe.io/csm/registrations/validate"
KNOCKS: list[tuple[Knock, tuple[int, str, Call | None] | None]] = [
    (Knock("GET", {}, query={"challenge": "8ec8-41d5"}), (200, "8ec8-41d5", None)),
    (Knock("GET", {}, query={"challenge": "<script>"}), None),
    (Knock("GET", {}, query={"challenge": "a" * 256}), None),
    (Knock("GET", {}), None),
    (Knock("HEAD", {}, query={"challenge": "8ec8"}), None),
    (
        Knock("POST", {}, json.dumps({"validationUrl": f"{VISIT}?id=a%20b&challenge=c+d&&e"}).encode()),
        (200, "", Call("GET", VISIT, (("id", "a b"), ("challenge", "c+d"), ("e", "")))),
    ),
    (Knock("POST", {}, json.dumps({"validationUrl": VISIT}).encode()), (200, "", Call("GET", VISIT))),
    (Knock("POST", {}, json.dumps({"validationUrl": "https://a.b.adobe.com/x"}).encode()), (200, "", Call("GET", "https://a.b.adobe.com/x"))),
    *(
        (Knock("POST", {}, json.dumps({"validationUrl": address}).encode()), None)
        for address in (
            "http://csm.adobe.io/x", "https://adobe.io/x", "https://csm.adobe.io.evil.example/x", "https://eviladobe.io/x",
            "https://evil.example/.adobe.io/x", "https://csm.adobe.io:8443/x", "https://a@csm.adobe.io/x", "", 7,
            "https://csm.adobe.io/x#y", "https://csm.adobe.io", "https://csm.adobe.io/a b",
        )
    ),
    (Knock("POST", {}, json.dumps({"validationUrl": VISIT, "type": "sales.order.saved"}).encode()), None),
    (Knock("POST", {}, ONE), None),
    (Knock("POST", {}, b"[]"), None),
    (Knock("POST", {}, b"tea"), None),
    (Knock("OPTIONS", {}, query={"challenge": "8ec8"}), None),
]  # fmt: skip


@pytest.mark.parametrize(("knock", "answer"), KNOCKS)
def test_adobes_handshake_is_answered_and_nothing_else(knock: Knock, answer: Any) -> None:
    assert SOURCE.greet is not None
    found = SOURCE.greet(knock, ("secret",), OURS)
    assert (found and (found.status, found.body, found.then)) == answer


def test_a_challenge_comes_back_as_plain_text() -> None:
    assert SOURCE.greet is not None
    found = SOURCE.greet(Knock("GET", {}, query={"challenge": "8ec8"}), (), OURS)
    assert found is not None and found.headers["content-type"].startswith("text/plain")


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://shop.example"}, "url: must be"),
    ({"url": "https://shop.example?a=b"}, "url: must be"),
    ({"url": 7}, "url: must be"),
    ({"store": "de/V1"}, "store: must be"),
    ({"zone": "Berlin"}, "zone: must be"),
    ({"zone": "../etc"}, "zone: must be"),
    ({"zone": 1}, "zone: must be"),
    ({"stock": "both"}, "stock: must be sources, salable or items"),
    ({"stock_id": 0}, "stock_id: must be"),
    ({"stock_id": True}, "stock_id: must be"),
    ({"page_size": 301}, "page_size: must be 1 to 300"),
    ({"locations": ["a"]}, "locations: must be"),
    ({"locations": {"a": 1}}, "locations: must be"),
    ({"events": "sales.order.saved"}, "events: must be"),
    ({"events": [""]}, "events: must be"),
    ({"client_id": ""}, "client_id: must be"),
    ({"journal": "https://evil.example/x"}, "journal: must be"),
    ({"organization": "acme"}, "organization: must be"),
    ({"scope": "a b"}, "scope: must be"),
    ({"kettle": 1}, "kettle: magento has no such option; it has url,"),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS)
def test_an_option_that_does_not_fit_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SOURCE.options(options)


def test_options_that_fit() -> None:
    SOURCE.options(
        {
            "url": "https://shop.example:8443/shop/", "store": "de", "zone": "Europe/Berlin", "stock": "salable", "stock_id": 2,
            "locations": {"rotterdam": "Rotterdam"}, "page_size": 50, "events": ["sales.order.created"], "client_id": CLIENT,
            "journal": "https://events-va6.adobe.io/events/organizations/1/integrations/2/3",
            "organization": "0123456789ABCDEF@AdobeOrg", "scope": "openid,AdobeID",
        }
    )  # fmt: skip
