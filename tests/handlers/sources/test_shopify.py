"""Shopify: what each topic tells, in which unit, and what is left alone."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.delivery import Delivery, Unparsable, Unverified
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    LocationNamed,
    OrderChanged,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    Refunded,
    ShipmentChanged,
    SourceChanged,
    StockChanged,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from handlers.sources.shopify import HINTS, SOURCE

NOW = datetime(2026, 11, 20, 10, 15, 4, tzinfo=UTC)
TOLD = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
BEFORE = TOLD - timedelta(minutes=30)
SOON, LATER = TOLD + timedelta(days=3), TOLD + timedelta(days=10)
FIXTURES = Path(__file__).parents[2] / "fixtures/shopify"
BY: dict[str, Any] = {"shop": "leaf", "source": "shopify"}
ORDER, ITEM = "7310000000000000001", "7310000000000000006"


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


def fixture(topic: str, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FIXTURES / f"{topic.replace('/', '__')}.json").read_bytes())
    return body | changes


def parse(topic: str, body: Any, *, live: bool = True, headers: Any = (), **options: Any) -> tuple[Event, ...]:
    given = {"x-shopify-topic": topic, **dict(headers)}
    shopfront = Shopfront("shopify", "leaf", currency="GBP", live=live, options=options)
    return SOURCE.parse(Delivery("shopify", given, json.dumps(body).encode(), NOW), shopfront)


def order(outstanding: int, **changed: Any) -> tuple[Event, ...]:
    lines = (
        OrderLine("TEA-EARL-100", 3, gbp(3240), ShopText("Earl Grey – 100 g")),
        OrderLine("POT-CLAY", 1, gbp(1080), ShopText("Clay pot")),
    )
    same: dict[str, Any] = BY | {
        "order": ORDER,
        "number": "#2044",
        "total": gbp(4320),
        "outstanding": gbp(outstanding),
    }
    return (
        OrderPlaced(**same, at=BEFORE, lines=lines, discounted=True),
        OrderChanged(**same, at=TOLD, **changed),
    )


def stock(available: int | None, **where: Any) -> StockChanged:
    given: dict[str, Any] = BY | {"at": TOLD, "item": ITEM, "location": "61001"} | where
    return StockChanged(**given, available=available)


def dispute(status: Any) -> DisputeChanged:
    return DisputeChanged(
        **BY,
        at=NOW,
        dispute="7310000000000000005",
        amount=gbp(4320),
        reason=ShopText("product not received"),
        status=status,
        due=LATER,
        order=ORDER,
        provider="shopify_payments",
    )


def campaign(status: Any) -> CampaignChanged:
    return CampaignChanged(
        **BY,
        at=TOLD,
        campaign="7310000000000000009",
        name=ShopText("Steep week"),
        status=status,
        starts=SOON,
        ends=LATER,
        channel="discount",
    )


DESCRIBED = (ItemDescribed(**BY, at=TOLD, item=ITEM, sku="TEA-EARL-100"),)
SMALL = ItemDescribed(
    **BY,
    at=TOLD,
    item=ITEM,
    sku="TEA-EARL-100",
    title=ShopText("Earl Grey – 100 g"),
    price=gbp(1200),
    vendor="Leaf & Sons",
    groups=("black tea", "bergamot", "/products/earl-grey"),
)
LARGE = ItemDescribed(
    **BY,
    at=TOLD,
    item="variant-7310000000000000071",
    sku="TEA-EARL-250",
    title=ShopText("Earl Grey – 250 g"),
    price=gbp(2600),
    vendor="Leaf & Sons",
    groups=SMALL.groups,
)
FAILED = PaymentFailed(
    **BY,
    at=TOLD,
    payment="7310000000000000003",
    provider="shopify_payments",
    method="master",
    amount=gbp(4320),
    order=ORDER,
    code="insufficient_funds",
    reason=ShopText("The card has no funds left."),
)
REFUNDED = Refunded(**BY, at=TOLD, refund="7310000000000000042", amount=gbp(1080), order=ORDER)


def shipment(status: Any, **changes: Any) -> ShipmentChanged:
    given = BY | {"at": TOLD, "order": ORDER, "number": "#2044", "carrier": "Kettle Post"} | changes
    return ShipmentChanged(**given, shipment="7310000000000000071", status=status)


UNINSTALLED = SourceChanged(**BY, at=NOW, aspect="poll orders", sound=False, note=ShopText("the app was uninstalled"))

LEEDS = LocationNamed(**BY, at=NOW, location="61001", name=ShopText("Leeds"))

TELLINGS: dict[str, tuple[Event, ...]] = {
    "orders/create": order(4320),
    "orders/paid": order(0),
    "orders/updated": order(2000),
    "orders/cancelled": order(0, cancelled=True),
    "orders/fulfilled": order(0, shipped=True),
    "orders/partially_fulfilled": order(2000),
    "orders/edited": (),
    "order_transactions/create": (FAILED,),
    "refunds/create": (REFUNDED,),
    "disputes/create": (dispute("open"),),
    "disputes/update": (dispute("answered"),),
    "inventory_levels/update": (stock(4),),
    "inventory_levels/connect": (stock(None),),
    "inventory_levels/disconnect": (stock(None, at=NOW, gone=True),),
    "inventory_items/create": DESCRIBED,
    "inventory_items/update": DESCRIBED,
    "variants/in_stock": (),
    "variants/out_of_stock": (),
    "locations/create": (LEEDS,),
    "locations/update": (LEEDS,),
    "products/create": (SMALL, LARGE),
    "products/update": (SMALL, LARGE),
    "discounts/create": (campaign("scheduled"),),
    "discounts/update": (campaign("running"),),
    "fulfillments/create": (shipment("sent"),),
    "fulfillments/update": (shipment("under_way"),),
    "fulfillment_events/create": (shipment("delayed", number="", carrier="", due=LATER),),
    "app/uninstalled": (UNINSTALLED,),
    **dict.fromkeys(HINTS, ()),
}


def test_every_fixture_has_its_expected_events() -> None:
    assert {path.stem.replace("__", "/") for path in FIXTURES.glob("*.json")} == set(TELLINGS)


@pytest.mark.parametrize(("topic", "events"), TELLINGS.items(), ids=TELLINGS.keys())
def test_a_topic_tells_its_events(topic: str, events: tuple[Event, ...]) -> None:
    assert parse(topic, fixture(topic)) == events


def test_a_test_order_counts_only_in_a_shop_that_is_not_live() -> None:
    body = fixture("orders/create", test=True)
    assert parse("orders/create", body) == ()
    assert parse("orders/create", body, live=False) == TELLINGS["orders/create"]


def test_a_test_refund_within_a_refund_counts_only_in_a_shop_that_is_not_live() -> None:
    body = fixture("refunds/create")
    body["transactions"][0]["test"] = True
    assert parse("refunds/create", body) == ()
    assert parse("refunds/create", body, live=False) == (REFUNDED,)


@pytest.mark.parametrize(
    ("changes", "outstanding"),
    [
        ({"total_outstanding": "5.00"}, 500),
        ({"total_outstanding": None, "financial_status": "paid"}, 0),
        ({"total_outstanding": None, "financial_status": "pending"}, 4320),
        ({"total_outstanding": None, "financial_status": None}, 4320),
        ({"total_outstanding": "43.20", "financial_status": "voided"}, 0),
        ({"total_outstanding": "43.20", "financial_status": "refunded"}, 0),
        ({"total_outstanding": "43.20", "cancelled_at": "2026-11-20T05:15:00-05:00"}, 0),
    ],
)
def test_what_is_outstanding(changes: dict[str, Any], outstanding: int) -> None:
    events = parse("orders/updated", fixture("orders/updated", **changes))
    assert [event.outstanding for event in events if isinstance(event, OrderPlaced | OrderChanged)] == [
        gbp(outstanding)
    ] * 2


def test_an_order_without_its_current_total_has_its_total() -> None:
    body = fixture("orders/create", current_total_price=None, total_price="50.00", discount_codes=[], line_items=None)
    placed, changed = parse("orders/create", body)
    assert isinstance(placed, OrderPlaced)
    assert isinstance(changed, OrderChanged)
    assert (placed.total, changed.total, placed.lines, placed.discounted) == (gbp(5000), gbp(5000), (), False)


def test_an_order_reduced_by_a_refund_keeps_the_total_it_was_placed_with() -> None:
    placed, changed = parse("orders/updated", fixture("orders/updated", current_total_price="30.00"))
    assert isinstance(placed, OrderPlaced)
    assert isinstance(changed, OrderChanged)
    assert (placed.total, changed.total) == (gbp(4320), gbp(3000))


def test_a_line_beyond_all_measure_is_unparsable() -> None:
    line = {"quantity": 10**9, "price": "9999999.00", "sku": None, "title": None}
    with pytest.raises(Unparsable, match=r"^line_items\[0\] is too large$"):
        parse("orders/create", fixture("orders/create", line_items=[line]))


@pytest.mark.parametrize(
    ("changes", "method", "provider"),
    [
        ({"payment_details": {"payment_method_name": None, "credit_card_company": "Visa"}}, "visa", "shopify_payments"),
        ({"payment_details": {"payment_method_name": ""}}, "card", "shopify_payments"),
        ({"payment_details": None, "gateway": "PayPal"}, "paypal", "paypal"),
        ({"payment_details": None, "gateway": None}, "shopify", "shopify"),
    ],
)
@pytest.mark.parametrize("kind", ["sale", "capture", "authorization"])
def test_a_payment_names_its_provider_and_method(
    changes: dict[str, Any], method: str, provider: str, kind: str
) -> None:
    body = fixture("order_transactions/create", status="success", kind=kind, processed_at=None, **changes)
    wanted = PaymentSucceeded(
        **BY,
        at=BEFORE,
        payment="7310000000000000003",
        provider=provider,
        method=method,
        amount=gbp(4320),
        order=ORDER,
    )
    assert parse("order_transactions/create", body) == (wanted,)


@pytest.mark.parametrize(("kind", "status"), [("void", "success"), ("refund", "success"), ("sale", "pending")])
def test_a_transaction_that_is_no_attempt_to_pay_tells_nothing(kind: str, status: str) -> None:
    assert parse("order_transactions/create", fixture("order_transactions/create", kind=kind, status=status)) == ()


def test_an_order_on_terms_is_an_invoice_until_it_is_paid_or_cancelled() -> None:
    terms = {"payment_terms_name": "Net 7", "payment_schedules": [{"due_at": "2026-11-30T10:15:00Z"}]}
    for topic, minor, status in (("updated", 2000, "open"), ("paid", 0, "paid"), ("cancelled", 0, "void")):
        *owed, invoice = parse(f"orders/{topic}", fixture(f"orders/{topic}", payment_terms=terms))
        told: dict[str, Any] = BY | {"at": TOLD, "invoice": ORDER, "number": "#2044", "status": status}
        assert invoice == InvoiceChanged(**told, outstanding=gbp(minor), due=LATER)
        assert [event.outstanding for event in owed if isinstance(event, OrderPlaced | OrderChanged)] == [gbp(0)] * 2


def test_terms_without_dates_leave_an_invoice_without_a_deadline() -> None:
    *_, invoice = parse("orders/updated", fixture("orders/updated", payment_terms={"payment_terms_name": "Fixed"}))
    assert isinstance(invoice, InvoiceChanged)
    assert invoice.due is None


@pytest.mark.parametrize(
    ("status", "way", "told"),
    [
        ("success", None, "sent"),
        ("success", "label_printed", "sent"),
        ("success", "confirmed", "sent"),
        ("success", "out_for_delivery", "under_way"),
        ("success", "ready_for_pickup", "under_way"),
        ("success", "delayed", "delayed"),
        ("success", "attempted_delivery", "attempted"),
        ("success", "failure", "failed"),
        ("success", "delivered", "delivered"),
        ("cancelled", "delivered", "cancelled"),
        ("error", None, "failed"),
        ("failure", None, "failed"),
        ("pending", None, None),
        ("open", "in_transit", None),
        ("success", "beamed_up", None),
    ],
)
def test_a_shipment_is_where_its_status_says(status: str, way: str | None, told: Any) -> None:
    body = fixture("fulfillments/update", status=status, shipment_status=way)
    assert parse("fulfillments/update", body) == ((shipment(told),) if told else ())


def test_a_step_of_a_carrier_that_is_new_to_us_tells_nothing() -> None:
    assert parse("fulfillment_events/create", fixture("fulfillment_events/create", status="beamed_up")) == ()


def test_an_uninstalled_app_is_that_of_this_shop() -> None:
    body = fixture("app/uninstalled")
    for domain in ("leaf.myshopify.com", "LEAF.myshopify.com"):
        assert parse("app/uninstalled", body, domain=domain) == (UNINSTALLED,)
    assert parse("app/uninstalled", body | {"myshopify_domain": None}, domain="leaf.myshopify.com") == (UNINSTALLED,)
    with pytest.raises(Unparsable, match="is not the shop of this source"):
        parse("app/uninstalled", body, domain="twig.myshopify.com")
    del body["plan_name"]
    with pytest.raises(Unparsable, match="is not a shop's record"):
        parse("app/uninstalled", body)


def test_a_refund_without_a_currency_has_that_of_its_sums() -> None:
    body = fixture("refunds/create")
    body["transactions"][0]["currency"] = None
    assert parse("refunds/create", body) == (REFUNDED,)


@pytest.mark.parametrize(("kind", "status"), [("refund", "pending"), ("void", "success")])
def test_only_money_that_went_back_is_a_refund(kind: str, status: str) -> None:
    body = fixture("refunds/create")
    body["transactions"][0] |= {"kind": kind, "status": status}
    assert parse("refunds/create", body) == ()


def test_a_dispute_without_a_deadline_has_none() -> None:
    (event,) = parse("disputes/update", fixture("disputes/update", evidence_due_by=None, status="won"))
    assert isinstance(event, DisputeChanged)
    assert (event.due, event.status) == (None, "won")


@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("2026-11-20T09:00:00.123456789Z", datetime(2026, 11, 20, 9, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-20T10:15:05Z", NOW),
        ("2026-11-18T10:15:03Z", NOW),
        ("2036-11-20T09:00:00Z", NOW),
        ("yesterday", NOW),
    ],
)
def test_the_unsigned_time_of_a_delivery_counts_only_shortly_before_its_arrival(header: str, at: datetime) -> None:
    headers = {"x-shopify-triggered-at": header}
    (event,) = parse("disputes/create", fixture("disputes/create"), headers=headers)
    assert event.at == at


@pytest.mark.parametrize("locations", [{"61001": "Leeds"}, {61001: "Leeds"}])
def test_a_location_goes_by_the_name_in_the_config(locations: dict[Any, str]) -> None:
    body = fixture("inventory_levels/update")
    assert parse("inventory_levels/update", body, locations=locations) == (stock(4, location="Leeds"),)


def test_stock_is_counted_by_location_or_by_variant_and_never_both() -> None:
    level, variant = fixture("inventory_levels/update"), fixture("variants/out_of_stock")
    product = fixture("products/update")
    assert parse("inventory_levels/update", level, stock="variants") == ()
    total = {"sku": "TEA-EARL-100", "item": "", "location": "all"}
    assert parse("variants/out_of_stock", variant, stock="variants") == (stock(0, **total),)
    assert parse("products/update", product, stock="variants") == (
        SMALL,
        stock(4, **total),
        LARGE,
        stock(0, **(total | {"sku": "TEA-EARL-250"})),
    )


def test_an_item_without_a_sku_tells_nothing() -> None:
    assert parse("inventory_items/update", fixture("inventory_items/update", sku="")) == ()
    assert parse("variants/in_stock", fixture("variants/in_stock", sku=None), stock="variants") == ()


def test_the_only_variant_of_a_product_has_the_title_of_the_product() -> None:
    body = fixture("products/update")
    body["variants"] = [body["variants"][0] | {"title": "Default Title", "price": None}]
    (event,) = parse("products/update", body)
    assert isinstance(event, ItemDescribed)
    assert (event.title, event.price) == (ShopText("Earl Grey"), None)


def test_a_discount_without_dates_is_no_campaign() -> None:
    body = fixture("discounts/create")
    assert parse("discounts/create", body | {"starts_at": None}) == ()
    (event,) = parse("discounts/create", body | {"ends_at": None})
    assert isinstance(event, CampaignChanged)
    assert event.ends is None


@pytest.mark.parametrize("topic", sorted(set(TELLINGS) - {"orders/edited", *HINTS}))
@pytest.mark.parametrize("other", ["orders/create", "products/update", "inventory_items/update", "refunds/create"])
def test_a_body_replayed_under_another_topic_tells_nothing_new(topic: str, other: str) -> None:
    """The topic is not signed, so whoever has one body may send it under any topic."""
    if topic.partition("/")[0] == other.partition("/")[0]:
        assert {type(event) for event in parse(topic, fixture(other))} == {
            type(event) for event in parse(other, fixture(other))
        }
        return
    with pytest.raises(Unparsable):
        parse(topic, fixture(other))


@pytest.mark.parametrize("topic", HINTS)
def test_a_hint_tells_nothing_whatever_stands_in_it(topic: str) -> None:
    for path in FIXTURES.glob("*.json"):
        body = json.loads(path.read_bytes())
        if "id" in body:
            assert parse(topic, body) == ()
    with pytest.raises(Unparsable, match="names nothing"):
        parse(topic, {})


def headers(body: bytes, **options: Any) -> dict[str, str]:
    return SOURCE.sign("orders/paid", body, "teapot", NOW, Shopfront("shopify", "leaf", options=options))


@pytest.mark.parametrize(
    ("configured", "sent", "accepted"),
    [
        ("leaf.myshopify.com", "leaf.myshopify.com", True),
        ("leaf.myshopify.com", "LEAF.myshopify.com", True),
        ("leaf.myshopify.com", "twig.myshopify.com", False),
        ("leaf.myshopify.com", "", False),
        ("", "twig.myshopify.com", True),
    ],
)
def test_a_delivery_for_another_shop_is_refused(configured: str, sent: str, accepted: bool) -> None:
    given = headers(b"{}") | {"x-shopify-shop-domain": sent}
    delivery = Delivery("shopify", given, b"{}", NOW)
    shopfront = Shopfront("shopify", "leaf", options={"domain": configured} if configured else {})
    if accepted:
        SOURCE.verify(delivery, ("teapot",), NOW, shopfront)
        return
    with pytest.raises(Unverified, match="x-shopify-shop-domain"):
        SOURCE.verify(delivery, ("teapot",), NOW, shopfront)


def test_what_is_signed_for_a_shop_is_accepted_by_that_shop() -> None:
    options = {"domain": "leaf.myshopify.com"}
    delivery = Delivery("shopify", headers(b"{}", **options), b"{}", NOW)
    SOURCE.verify(delivery, ("teapot",), NOW, Shopfront("shopify", "leaf", options=options))


def test_the_headers_without_an_x_are_understood_as_well() -> None:
    given = {name.removeprefix("x-"): value for name, value in headers(b"{}").items()}
    delivery = Delivery("shopify", given, b"{}", NOW)
    SOURCE.verify(delivery, ("teapot",), NOW, Shopfront("shopify", "leaf"))
    assert SOURCE.key(delivery) == headers(b"{}")["x-shopify-webhook-id"]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"webhook-id": "w", "event-id": "e", "topic": "t"}, "w"),
        ({"event-id": "e", "topic": "t"}, "e/t"),
        ({"event-id": "e"}, ""),
        ({}, ""),
        ({"webhook-id": "w" * 300}, ""),
    ],
)
def test_the_key_is_the_webhook_id_or_the_event_with_its_topic(given: dict[str, str], key: str) -> None:
    named = {f"x-shopify-{name}": value for name, value in given.items()}
    assert SOURCE.key(Delivery("shopify", named, b"{}", NOW)) == key


@pytest.mark.parametrize(
    "options",
    [
        {"domain": "leaf.myshopify.com", "locations": {61001: "Leeds"}, "stock": "variants"},
        {"stock": "levels", "version": "2027-01", "webhooks": "app"},
    ],
)
def test_good_options_are_accepted(options: dict[str, Any]) -> None:
    SOURCE.options(options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("domain", "leaf.example"),
        ("domain", "leaf/evil.myshopify.com"),
        ("domain", 7),
        ("locations", []),
        ("locations", {"1": 2}),
        ("stock", ["levels"]),
        ("version", 2026),
        ("version", "2026-05"),
        ("webhooks", "both"),
    ],
)
def test_bad_options_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}: must be "):
        SOURCE.options({name: value})


def test_the_manual_subscribes_to_every_topic_that_tells_something() -> None:
    manual = (Path(__file__).parents[3] / "docs/sources/shopify.md").read_text(encoding="utf-8")
    (toml,) = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    (subscription,) = tomllib.loads(toml)["webhooks"]["subscriptions"]
    variants = {"variants/in_stock", "variants/out_of_stock"}
    assert SOURCE.api is not None
    assert set(subscription["topics"]) == set(SOURCE.api.wanted(Shopfront("shopify", "leaf")))
    assert set(subscription["topics"]) | variants == set(TELLINGS) - {"orders/edited", *HINTS}
    for name in ("domain", "locations", "stock", "version", "webhooks"):
        assert f"| `{name}` |" in manual
    for stream in SOURCE.api.streams:
        assert f"| `{stream.name}` |" in manual


@pytest.mark.parametrize(
    ("policy", "sells_on"), [("continue", True), ("CONTINUE", True), ("deny", False), ("DENY", False), (None, None)]
)
def test_a_variant_says_whether_it_is_sold_on_without_stock(policy: str | None, sells_on: bool | None) -> None:
    body = fixture("products/update")
    for variant in body["variants"]:
        variant["inventory_policy"] = policy
    described = [event.backorders for event in parse("products/update", body) if isinstance(event, ItemDescribed)]
    assert described and set(described) == {sells_on}
