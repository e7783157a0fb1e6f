"""What WooCommerce sends: signatures, orders, products and coupons."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.delivery import POLLED, Delivery, Greeting, Knock, Unparsable, Unrouted, Unverified
from bot.core.events import (
    CampaignChanged,
    Event,
    ItemDescribed,
    OrderChanged,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    Refunded,
    SourceChanged,
    StockChanged,
)
from bot.core.money import Money
from bot.core.shopfront import Shopfront
from handlers.sources.woocommerce import SOURCE
from tests.handlers.sources.line import NOW

FRONT = Shopfront("woocommerce", "leaf", "EUR")
LATER, EARLIER = "2026-11-20T10:14:30", "2026-11-20T09:45:00"
AT, PLACED = datetime(2026, 11, 20, 10, 14, 30, tzinfo=UTC), datetime(2026, 11, 20, 9, 45, tzinfo=UTC)


def order(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": 727, "number": "727", "status": "processing", "currency": "EUR", "total": "29.35",
        "date_created_gmt": EARLIER, "date_modified_gmt": LATER, "date_paid_gmt": EARLIER, "payment_method": "stripe",
        "transaction_id": "ch_1", "coupon_lines": [], "refunds": [],
        "line_items": [{"sku": "POT", "name": "Pot", "quantity": 2, "total": "20.00", "total_tax": "4.00"}],
    }  # fmt: skip
    return usual | changes


def product(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": 72, "name": "Clay pot", "type": "simple", "sku": "POT", "price": "12.00", "manage_stock": True,
        "stock_quantity": 4, "stock_status": "instock", "date_modified_gmt": LATER, "parent_id": 0,
        "categories": [{"id": 9, "name": "Pots"}], "tags": [{"id": 3, "name": "Spring"}],
        "permalink": "https://shop.example/product/clay-pot/",
    }  # fmt: skip
    return usual | changes


def coupon(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": 5, "code": "steep10", "status": "publish", "date_created_gmt": EARLIER, "date_modified_gmt": EARLIER,
        "date_expires_gmt": "2026-11-30T00:00:00", "product_ids": [72], "product_categories": [9],
    }  # fmt: skip
    return usual | changes


def told(topic: str, body: Any, front: Shopfront = FRONT) -> list[Event]:
    given = Delivery("woocommerce", {"x-wc-webhook-topic": topic}, json.dumps(body).encode(), NOW)
    return list(SOURCE.parse(given, front))


def polled(topic: str, body: Any) -> list[Event]:
    return list(SOURCE.parse(Delivery("woocommerce", {POLLED: topic}, json.dumps(body).encode(), NOW), FRONT))


def only(events: list[Event], kind: type[Any]) -> Any:
    [found] = [event for event in events if isinstance(event, kind)]
    return found


# Proof.

ENTITIES = [
    ("&lt;&gt;&#038;&#38;", "<>&&"),
    ("&#x27;&#X0026;&#x022;", "'&\""),
    ("&#0039;&#60;&#62;&#34;", "'<>\""),
    # None of these is one that WordPress decodes.
    ("tea&copy=1&ltx", "tea&copy=1&ltx"),
    ("&eacute;&#x3c;&AMP;&#65;", "&eacute;&#x3c;&AMP;&#65;"),
]


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("tea", "tea"),
        ("a&amp;b", "a&b"),
        ("&quot;x&#039;", "\"x'"),
        ("a & b", "a & b"),
        ("&amp;amp;", "&amp;"),
        *ENTITIES,
    ],
)
def test_the_key_is_the_secret_as_wordpress_decodes_it(secret: str, key: str) -> None:
    body = b'{"id": 1}'
    signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    given = Delivery("woocommerce", {"x-wc-webhook-signature": signature}, body, NOW)
    SOURCE.verify(given, (secret,), NOW, FRONT)
    with pytest.raises(Unverified):
        SOURCE.verify(given, (f"{secret}x",), NOW, FRONT)


@pytest.mark.parametrize(
    ("method", "body", "is_ping"),
    [
        ("POST", b"webhook_id=7", True),
        ("POST", b"webhook_id=7&x=1", False),
        ("POST", b"webhook_id=", False),
        ("POST", b'{"id": 1}', False),
        ("GET", b"webhook_id=7", False),
    ],
)
def test_only_the_ping_of_a_saved_webhook_is_greeted(method: Any, body: bytes, is_ping: bool) -> None:
    assert SOURCE.greet is not None
    greeting = SOURCE.greet(Knock(method, {}, body), ("s",), FRONT)
    assert greeting == (Greeting(200, "ok") if is_ping else None)


def test_two_deliveries_of_one_second_share_an_id_and_not_a_key() -> None:
    headers = {"x-wc-webhook-id": "7", "x-wc-webhook-delivery-id": "abc", "x-wc-webhook-topic": "order.updated"}
    one, other = (Delivery("woocommerce", headers, body, NOW) for body in (b'{"id": 1}', b'{"id": 2}'))
    assert SOURCE.key(one) == SOURCE.key(one) != SOURCE.key(other)
    assert SOURCE.key(Delivery("woocommerce", {}, b"{}", NOW)) == ""


# Orders.


@pytest.mark.parametrize(
    ("status", "paid", "placed", "owed", "shipped", "cancelled", "payment"),
    [
        ("pending", None, False, 2935, False, False, None),
        ("on-hold", None, True, 2935, False, False, None),
        ("processing", EARLIER, True, 0, False, False, PaymentSucceeded),
        ("processing", None, True, 2935, False, False, None),
        ("completed", EARLIER, True, 0, True, False, PaymentSucceeded),
        ("completed", None, True, 2935, True, False, None),
        ("failed", None, False, 0, False, False, PaymentFailed),
        ("cancelled", None, False, 0, False, True, None),
        ("cancelled", EARLIER, True, 0, False, True, PaymentSucceeded),
        ("refunded", EARLIER, True, 0, False, False, PaymentSucceeded),
        ("trash", None, False, 0, False, True, None),
        ("ready-for-pickup", EARLIER, True, 0, False, False, PaymentSucceeded),
    ],
)
def test_an_order_is_told_by_its_status_and_by_whether_it_was_paid(
    status: str, paid: str | None, placed: bool, owed: int, shipped: bool, cancelled: bool, payment: type | None
) -> None:
    events = told("order.updated", order(status=status, date_paid_gmt=paid))
    changed = only(events, OrderChanged)
    assert (changed.outstanding.minor, changed.shipped, changed.cancelled) == (owed, shipped, cancelled)
    assert any(isinstance(event, OrderPlaced) for event in events) == placed
    assert [type(event) for event in events if isinstance(event, PaymentSucceeded | PaymentFailed)] == (
        [payment] if payment else []
    )


def test_an_order_that_was_placed_has_its_lines_with_taxes_and_its_moments_in_utc() -> None:
    events = told("order.created", order(coupon_lines=[{"code": "x"}]))
    placed, paid = only(events, OrderPlaced), only(events, PaymentSucceeded)
    assert (placed.at, placed.number, placed.discounted) == (PLACED, "#727", True)
    [line] = placed.lines
    assert (line.sku, line.quantity, line.amount) == ("POT", 2, Money(2400, "EUR"))
    assert (paid.at, paid.payment, paid.provider) == (PLACED, "ch_1", "stripe")
    [untaxed] = only(
        told("order.created", order(line_items=[{"sku": "", "quantity": 1, "total": "1", "name": ""}])), OrderPlaced
    ).lines
    assert (untaxed.amount, untaxed.title) == (Money(100, "EUR"), None)


def test_what_happens_to_an_order_within_one_second_has_an_order() -> None:
    steps = [
        ("pending", None),
        ("processing", None),
        ("processing", EARLIER),
        ("completed", EARLIER),
        ("refunded", EARLIER),
    ]
    moments = [
        only(told("order.updated", order(status=status, date_paid_gmt=paid)), OrderChanged).at for status, paid in steps
    ]
    assert moments == sorted(set(moments))
    assert all(AT <= moment < AT + timedelta(milliseconds=1) for moment in moments)


def test_the_same_failure_told_again_is_the_same_payment() -> None:
    failed = [only(told("order.updated", order(status="failed", date_paid_gmt=None)), PaymentFailed) for _ in range(2)]
    assert failed[0] == failed[1]
    again = only(
        told("order.updated", order(status="failed", date_paid_gmt=None, date_modified_gmt="2026-11-20T10:20:00")),
        PaymentFailed,
    )
    assert again.payment != failed[0].payment


def test_a_failure_is_told_as_a_state_and_before_the_order_is_known_to_be_in_it() -> None:
    events = told("order.updated", order(status="failed", date_paid_gmt=None))
    failure, changed = (only(events, kind) for kind in (PaymentFailed, OrderChanged))
    assert (failure.standing, changed.failed) == (True, True)
    assert events.index(failure) < events.index(changed)


def test_a_draft_of_the_checkout_tells_nothing() -> None:
    assert told("order.created", order(status="checkout-draft")) == []


def test_a_payment_without_an_id_is_known_by_its_order() -> None:
    events = told("order.created", order(transaction_id="", payment_method=""))
    assert (only(events, PaymentSucceeded).payment, only(events, PaymentSucceeded).provider) == ("727", "woocommerce")


def test_refunds_are_positive_and_have_the_currency_of_their_order() -> None:
    page = {"of": {"id": 727, "currency": "EUR"}, "items": [{"id": 9, "amount": "5.00", "date_created_gmt": LATER}]}
    assert polled("refunds", page) == [
        Refunded(shop="leaf", source="woocommerce", at=AT, refund="9", amount=Money(500, "EUR"), order="727")
    ]


# Products.


@pytest.mark.parametrize(
    ("changes", "available"),
    [
        ({}, 4),
        ({"stock_quantity": -2}, -2),
        ({"stock_quantity": 2.5}, 2),
        ({"stock_quantity": "-0.25"}, -1),
        ({"manage_stock": False, "stock_quantity": None}, None),
        ({"manage_stock": False, "stock_quantity": None, "stock_status": "outofstock"}, 0),
        ({"manage_stock": True, "stock_quantity": None, "stock_status": "onbackorder"}, None),
        ({"status": "trash"}, None),
    ],
)
def test_stock_is_what_a_product_counts(changes: dict[str, Any], available: int | None) -> None:
    assert only(told("product.updated", product(**changes)), StockChanged).available == available


@pytest.mark.parametrize(
    ("changes", "low_at", "backorders"),
    [
        ({}, None, None),
        ({"low_stock_amount": 6, "backorders": "no"}, 6, False),
        ({"low_stock_amount": "3", "backorders": "notify"}, 3, True),
        ({"low_stock_amount": 0, "backorders": "yes"}, 0, True),
        ({"low_stock_amount": 1.5}, 1, None),
        ({"low_stock_amount": "", "backorders": None}, None, None),
        ({"low_stock_amount": 6, "backorders": "yes", "manage_stock": False}, None, None),
    ],
)
def test_a_product_that_counts_says_at_what_it_is_low_and_whether_it_sells_on(
    changes: dict[str, Any], low_at: int | None, backorders: bool | None
) -> None:
    item = only(told("product.updated", product(**changes)), ItemDescribed)
    assert (item.low_at, item.backorders) == (low_at, backorders)


@pytest.mark.parametrize(("own", "low_at"), [(None, 7), ("", 7), (4, 4)])
def test_a_variation_without_a_threshold_has_its_product_s(own: Any, low_at: int) -> None:
    body = {"of": {"id": 70, "name": "Pot", "low_stock_amount": 7}, "items": [product(low_stock_amount=own)]}
    assert only(polled("variations", body), ItemDescribed).low_at == low_at


def test_a_product_is_described_with_all_that_campaigns_may_name_it_by() -> None:
    item = only(told("product.updated", product()), ItemDescribed)
    assert (item.item, item.sku, item.price, item.at) == ("72", "POT", Money(1200, "EUR"), AT)
    assert item.groups == ("https://shop.example/product/clay-pot/", "product 72", "Pots", "Spring", "category 9")


def test_names_are_told_without_the_entities_in_which_wordpress_keeps_them() -> None:
    tags = [{"id": 3, "name": "Tea &amp; Coffee"}]
    item = only(told("product.updated", product(name="Salt &amp; Pepper &#8211; &lt;3", tags=tags)), ItemDescribed)
    assert item.title.text == "Salt & Pepper – <3"
    assert "Tea & Coffee" in item.groups
    page = {"of": product(name="Salt &amp; Pepper"), "items": [product(name="", attributes=[{"option": "R&amp;B"}])]}
    assert only(polled("variations", page), ItemDescribed).title.text == "Salt & Pepper – R&B"
    sold = {"sku": "POT", "name": "Pot &ndash; Red", "quantity": 1, "total": "2.00"}
    [line] = only(told("order.created", order(line_items=[sold])), OrderPlaced).lines
    assert line.title.text == "Pot – Red"


def test_what_a_plugin_sells_by_weight_counts_as_a_unit_more() -> None:
    [line] = only(
        told("order.created", order(line_items=[{"sku": "TEA", "quantity": 1.25, "total": "2.00"}])), OrderPlaced
    ).lines
    assert (line.quantity, line.title) == (2, None)


def test_a_product_without_a_sku_or_a_price_tells_what_there_is() -> None:
    assert told("product.updated", product(sku="")) == []
    assert only(told("product.updated", product(price="")), ItemDescribed).price is None


def test_a_variation_that_shares_its_parents_stock_has_none_of_its_own() -> None:
    events = told(
        "product.updated", product(type="variation", parent_id=70, manage_stock="parent", name="Clay pot - Red")
    )
    assert [type(event) for event in events] == [ItemDescribed]
    assert only(events, ItemDescribed).title.text == "Clay pot - Red"


@pytest.mark.parametrize(
    ("own", "values", "title"),
    [
        ("Red", [], "Clay pot – Red"),
        ("", ["Red", "Large"], "Clay pot – Red, Large"),
        ("Clay pot - Red", [], "Clay pot - Red"),
        ("", [], "Clay pot"),
    ],
)
def test_a_polled_variation_is_named_after_its_product(own: str, values: list[str], title: str) -> None:
    attributes = [{"name": "x", "option": value} for value in values]
    page = {"of": product(), "items": [product(id=75, sku="POT-RED", name=own, attributes=attributes)]}
    assert only(polled("variations", page), ItemDescribed).title.text == title


def test_a_polled_variation_may_be_named_by_a_coupon_itself_or_by_its_product() -> None:
    page = {"of": product(), "items": [product(id=75, sku="POT-RED")]}
    assert {"product 72", "product 75"} <= set(only(polled("variations", page), ItemDescribed).groups)


def test_a_deleted_product_is_not_counted_any_more() -> None:
    gone = only(told("product.deleted", {"id": 72}), StockChanged)
    assert (gone.item, gone.sku, gone.available, gone.location, gone.at) == ("72", "", None, "shop", NOW)
    assert gone.gone
    binned = only(told("product.updated", product(status="trash", stock_quantity=4)), StockChanged)
    assert (binned.available, binned.gone) == (None, True)
    assert not only(told("product.restored", product()), StockChanged).gone


@pytest.mark.parametrize(
    ("topic", "page"),
    [("stock", [product()]), ("stock/variations", {"of": product(), "items": [product()]})],
)
def test_a_daily_count_is_of_its_own_moment_and_a_described_thing_of_its_change(topic: str, page: Any) -> None:
    events = polled(topic, page)
    assert (only(events, StockChanged).at, only(events, ItemDescribed).at) == (NOW, AT)


def test_what_another_source_tells_of_payments_is_not_told_twice() -> None:
    front = Shopfront("woocommerce", "leaf", "EUR", options={"paid_elsewhere": ["stripe"]})
    for status in ("processing", "failed"):
        changes = {"status": status, **({"date_paid_gmt": None} if status == "failed" else {})}
        kinds = {type(event) for event in told("order.updated", order(**changes), front)}
        assert OrderChanged in kinds and not kinds & {PaymentSucceeded, PaymentFailed}
        by_transfer = told("order.updated", order(payment_method="bacs", **changes), front)
        assert {type(event) for event in by_transfer} & {PaymentSucceeded, PaymentFailed}


@pytest.mark.parametrize(("method", "refunds"), [("stripe", 0), ("bacs", 1), (None, 1)])
def test_a_refund_of_a_payment_that_another_source_tells_is_left_to_it(method: str | None, refunds: int) -> None:
    front = Shopfront("woocommerce", "leaf", "EUR", options={"paid_elsewhere": ["stripe"]})
    page = {
        "of": {"id": 7, "currency": "EUR", "payment_method": method},
        "items": [{"id": 90, "amount": "5.00", "date_created_gmt": LATER}],
    }
    given = Delivery("woocommerce", {POLLED: "refunds"}, json.dumps(page).encode(), NOW)
    assert len(SOURCE.parse(given, front)) == refunds


def test_the_place_of_the_stock_may_have_a_name() -> None:
    front = Shopfront("woocommerce", "leaf", "EUR", options={"location": "Depot"})
    assert only(told("product.updated", product(), front), StockChanged).location == "Depot"


# Coupons, and the way itself.


def test_a_coupon_that_is_good_for_one_person_alone_is_no_campaign() -> None:
    assert told("coupon.created", coupon(usage_limit=1)) == []
    assert only(told("coupon.created", coupon(usage_limit=2)), CampaignChanged).campaign == "coupon-5"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "running"),
        ({"date_expires_gmt": "2026-11-20T10:00:00"}, "ended"),
        ({"status": "draft"}, "cancelled"),
        ({"status": "trash", "date_expires_gmt": "2026-11-20T10:00:00"}, "cancelled"),
    ],
)
def test_a_coupon_with_an_end_is_a_campaign(changes: dict[str, Any], status: str) -> None:
    campaign = only(told("coupon.updated", coupon(**changes)), CampaignChanged)
    assert (campaign.status, campaign.campaign, campaign.name.text) == (status, "coupon-5", "steep10")
    assert campaign.groups == ("product 72", "category 9")
    assert campaign.at == (PLACED if status != "ended" else datetime(2026, 11, 20, 10, tzinfo=UTC))


def test_a_coupon_without_an_end_is_none() -> None:
    assert told("coupon.updated", coupon(date_expires_gmt=None)) == []


def test_a_webhook_whose_owner_lost_the_right_is_a_trouble_of_the_source() -> None:
    body = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this.", "data": {"status": 401}}
    trouble = only(told("order.updated", body), SourceChanged)
    assert not trouble.sound
    assert "give it to one who may" in trouble.note.text


@pytest.mark.parametrize("body", [[], None, 7, "x", {}])
def test_what_is_no_thing_of_the_shop_is_unparsable(body: Any) -> None:
    with pytest.raises(Unparsable):
        told("customer.updated", body)


def test_what_nobody_asked_for_is_unrouted() -> None:
    with pytest.raises(Unrouted, match=r"tea\.spilled"):
        told("tea.spilled", {"id": 1})
    with pytest.raises(Unrouted, match="polled 'tea'"):
        polled("tea", [])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"url": "http://shop.example"}, "url: must be the shop's address"),
        ({"url": "https://u:p@shop.example"}, "url: must be"),
        ({"url": "https://shop.example:8443"}, "url: must be"),
        ({"url": "https://shop"}, "url: must be"),
        ({"url": "https://shop.example/für-alle"}, "url: must be"),
        ({"url": 7}, "url: must be"),
        ({"location": " "}, "location: must be"),
        ({"paid_elsewhere": "stripe"}, "paid_elsewhere: must be a list"),
        ({"paid_elsewhere": [1]}, "paid_elsewhere: must be a list"),
        ({"kettle": 1}, "kettle: woocommerce has no such option"),
    ],
)
def test_options_that_do_not_fit_are_named(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SOURCE.options(options)
    SOURCE.options({"url": "https://shop.example/store", "location": "Depot", "paid_elsewhere": ["stripe"]})
