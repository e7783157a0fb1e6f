"""How WooCommerce is polled, against the played API: every change is heard, also of pages that shift."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.events import CampaignChanged, ItemDescribed, OrderChanged, OrderPlaced, Refunded, StockChanged
from bot.core.polling import Call, Denied, Response, Subscription
from bot.demo.stores.woocommerce import KEYS, WooCommerce
from handlers.sources.woocommerce import SOURCE
from tests.handlers.sources.line import NOW, Line
from tests.handlers.sources.test_woocommerce import coupon, order, product

URL = {"url": "https://shop.example"}
ADDRESS = "https://bot.example/webhooks/woocommerce"


def line(shop: WooCommerce, **changes: Any) -> Line:
    keys = {name: KEYS[name] for name in ("consumer_key", "consumer_secret")}
    return Line(SOURCE, shop, changes.pop("keys", keys), changes.pop("options", URL), **changes)


def at(minutes: float) -> str:
    return f"{NOW + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}"


def orders(count: int, spread: float = 1) -> list[dict[str, Any]]:
    return [
        order(
            id=n, number=str(n), date_modified_gmt=at(-1 - n * spread), date_created_gmt=at(-600), customer_note="pii"
        )
        for n in range(1, count + 1)
    ]


def heard(of: Line) -> set[str]:
    return {event.order for event in of.events() if isinstance(event, OrderChanged)}


def test_the_first_run_hears_a_days_orders_and_the_next_ones_what_changed_since() -> None:
    shop = WooCommerce(orders=[*orders(3), order(id=9, status="completed", date_modified_gmt=at(-60 * 25))])
    of = line(shop)
    of.run("orders")
    assert heard(of) == {"1", "2", "3"}
    of.now = NOW + timedelta(minutes=5)
    shop.orders[0]["date_modified_gmt"] = at(4)
    assert {event.order for event in of.events(*of.run("orders")) if isinstance(event, OrderChanged)} == {"1", "2", "3"}
    of.now = NOW + timedelta(minutes=60)
    of.run("orders")
    assert of.run("orders")[0].bodies == ()
    assert of.rested == pytest.approx(0.5 * len(of.calls))


@pytest.mark.parametrize(("count", "spread"), [(250, 1), (250, 0), (100, 1), (101, 0.001), (1, 1)])
def test_every_order_of_many_pages_is_heard_also_when_they_changed_in_one_second(count: int, spread: float) -> None:
    of = line(WooCommerce(orders=orders(count, spread)))
    of.run("orders")
    assert len(heard(of)) == count


@pytest.mark.parametrize(("status", "is_heard"), [("on-hold", True), ("processing", True), ("completed", False)])
def test_the_first_run_hears_what_is_still_open_however_old_it_is(status: str, is_heard: bool) -> None:
    of = line(WooCommerce(orders=[order(id=9, status=status, date_modified_gmt=at(-60 * 24 * 40))]))
    of.run("orders")
    assert heard(of) == ({"9"} if is_heard else set())


def test_what_was_put_into_the_bin_is_found_there_also_by_a_run_that_was_cut_off() -> None:
    shop = WooCommerce(orders=orders(3), products=[product(date_modified_gmt=at(-30))])
    of = line(shop)
    of.run("orders")
    of.run("products")
    of.now += timedelta(minutes=3)
    shop.orders[1] |= {"status": "trash", "date_modified_gmt": at(2)}
    shop.products[0] |= {"status": "trash", "date_modified_gmt": at(2)}
    for steps in (3, 10_000):
        of.run("orders", steps)
        of.run("products", steps)
    orders_now = {event.order: event for event in of.events() if isinstance(event, OrderChanged)}
    assert (orders_now["2"].cancelled, orders_now["2"].outstanding.minor) == (True, 0)
    assert not orders_now["1"].cancelled
    assert [event.available for event in of.events() if isinstance(event, StockChanged)][-1] is None


@pytest.mark.parametrize(
    ("stream", "rows"),
    [
        ("orders", [order(id=n, status="completed", date_paid_gmt=None, date_modified_gmt=at(-1)) for n in range(5)]),
        ("products", [product(id=n, sku=f"P{n}", date_modified_gmt=at(-1)) for n in range(5)]),
        ("stock", [product(id=n, sku=f"P{n}") for n in range(5)]),
        ("coupons", [coupon(id=n) for n in range(5)]),
    ],
)
def test_a_thing_that_cannot_be_understood_keeps_no_other_of_its_page_back(
    stream: str, rows: list[dict[str, Any]]
) -> None:
    rows[2] |= {"total": "a lot", "price": "dear", "code": 7}
    shop = WooCommerce()
    setattr(shop, "products" if stream == "stock" else stream, rows)
    of = line(shop)
    of.run(stream)
    told, odd = of.subjects()
    assert (len(told), odd) == (4, 1)


def test_a_page_of_large_orders_can_all_be_read() -> None:
    lines = [{"sku": f"S{n}", "name": "Pot", "quantity": 1, "total": "1.00", "taxes": [{}] * 20} for n in range(80)]
    of = line(WooCommerce(orders=[each | {"line_items": lines} for each in orders(100, 0.01)]))
    of.run("orders")
    assert len(heard(of)) == 100


def test_a_count_finds_stock_that_was_changed_without_a_date() -> None:
    shop = WooCommerce(products=[product(date_modified_gmt=at(-30))])
    of = line(shop)
    of.run("products")
    of.now += timedelta(hours=20)
    shop.products[0]["stock_quantity"] = 1
    of.run("stock")
    newest = max((event for event in of.events() if isinstance(event, StockChanged)), key=lambda event: event.at)
    assert (newest.available, newest.at) == (1, of.now)


def test_the_whole_stock_goes_on_at_the_page_whose_variations_were_being_read() -> None:
    shop = WooCommerce(products=[product(id=n, sku=f"P{n}", variations=[n]) for n in range(1, 121)])
    shop.variations = {n: [product(id=1_000 + n, sku=f"V{n}")] for n in range(1, 121)}
    of = line(shop)
    of.run("stock", 340)
    assert json.loads(of.cursors["stock"])["page"] == 2
    of.run("stock")
    skus = {event.sku for event in of.events() if isinstance(event, StockChanged)}
    assert len(skus) == 240


def test_no_call_asks_for_anything_about_a_customer() -> None:
    of = line(WooCommerce(orders=orders(3)))
    of.run("orders")
    assert not any(b"pii" in body for each in of.heard for body in each.bodies)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=10), st.lists(st.integers(0, 40), max_size=6))
def test_wherever_a_run_is_cut_off_the_next_one_makes_up_for_it(changed: list[int], cuts: list[int]) -> None:
    shop = WooCommerce(orders=orders(130))
    of = line(shop)
    for number, cut in enumerate(cuts):
        of.run("orders", cut)
        of.now += timedelta(minutes=1)
        shop.orders[changed[number % len(changed)]]["date_modified_gmt"] = f"{of.now:%Y-%m-%dT%H:%M:%S}"
    of.now += timedelta(minutes=1)
    of.run("orders")
    newest = {
        event.order: event.at for event in sorted(of.events(), key=lambda e: e.at) if isinstance(event, OrderChanged)
    }
    for row in shop.orders:
        modified = datetime.fromisoformat(row["date_modified_gmt"]).replace(tzinfo=UTC)
        assert timedelta(0) <= newest[str(row["id"])] - modified < timedelta(milliseconds=1)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.booleans()), max_size=25))
def test_whatever_webhooks_are_lost_the_poll_ends_with_the_shops_stock(changes: list[tuple[int, int, bool]]) -> None:
    rows = [product(id=n, sku=f"POT-{n}", stock_quantity=5, date_modified_gmt=at(-30)) for n in range(5)]
    shop = WooCommerce(products=rows)
    of = line(shop)
    of.run("products")
    for number, units, polls in changes:
        of.now += timedelta(seconds=7)
        rows[number].update(stock_quantity=units, date_modified_gmt=f"{of.now:%Y-%m-%dT%H:%M:%S}")
        if polls:
            of.run("products")
    of.now += timedelta(minutes=5)
    of.run("products")
    known = {event.sku: event.available for event in of.events() if isinstance(event, StockChanged)}
    assert known == {row["sku"]: row["stock_quantity"] for row in rows}


def test_variations_and_refunds_are_asked_for_where_there_are_any() -> None:
    shop = WooCommerce(
        orders=[order(id=7, refunds=[{"id": 90, "total": "-5.00"}], date_modified_gmt=at(-1))],
        refunds={7: [{"id": 90, "amount": "5.00", "date_created_gmt": at(-2), "reason": "pii"}]},
        products=[
            product(id=72, variations=[75]),
            product(id=74, sku="BARE", variations=[1]),
            product(id=73, sku="PLAIN", variations=[]),
        ],
        variations={72: [product(id=100 + n, sku=f"V{n}") for n in range(150)]},
    )
    of = line(shop)
    of.run("orders")
    of.run("products")
    assert {(event.refund, event.order) for event in of.events() if isinstance(event, Refunded)} == {("90", "7")}
    assert len({event.sku for event in of.events() if isinstance(event, ItemDescribed)}) == 153


def test_the_whole_stock_is_read_page_by_page_and_goes_on_where_it_was_cut_off() -> None:
    of = line(WooCommerce(products=[product(id=n, sku=f"P{n}") for n in range(250)]))
    of.run("stock", 6)
    assert json.loads(of.cursors["stock"])["page"] == 2
    of.run("stock")
    assert json.loads(of.cursors["stock"])["page"] == 1
    assert len({event.sku for event in of.events() if isinstance(event, StockChanged)}) == 250
    assert len(of.run("stock")) == 3


def test_what_two_counts_did_not_tell_of_is_gone() -> None:
    shop = WooCommerce(products=[product(id=n, sku=f"P{n}") for n in range(120)])
    of = line(shop)
    began = []
    for _ in range(3):
        began.append(of.now)
        of.run("stock")
        of.now += timedelta(days=1)
    assert of.counted == began[:2]
    of.run("stock", 6)
    of.now += timedelta(minutes=5)
    of.run("stock")
    assert of.counted == began
    shop.products.clear()
    of.run("stock")
    assert of.counted == began


@pytest.mark.parametrize("cursor", ["", "done", "2", "[]", '{"page": 0}', '{"page": "x"}'])
def test_whatever_the_cursor_is_the_stock_is_read_from_the_beginning(cursor: str) -> None:
    of = line(WooCommerce(products=[product()]))
    of.cursors["stock"] = cursor
    of.run("stock")
    assert [event.sku for event in of.events() if isinstance(event, StockChanged)] == ["POT"]


def test_coupons_are_read_whole() -> None:
    of = line(WooCommerce(coupons=[coupon(id=n) for n in range(3)]))
    of.run("coupons")
    assert len([event for event in of.events() if isinstance(event, CampaignChanged)]) == 3
    assert line(WooCommerce()).run("coupons")[0].bodies == ()


def statuses(of: Line) -> dict[str, str]:
    """How each campaign stands, by what was told last."""
    told = [event for event in of.events() if isinstance(event, CampaignChanged)]
    return {event.campaign: event.status for event in sorted(told, key=lambda event: event.at)}


def test_a_coupon_that_was_deleted_or_lasts_for_ever_now_is_a_campaign_no_more() -> None:
    shop = WooCommerce(coupons=[coupon(id=n) for n in range(1, 5)])
    of = line(shop)
    of.run("coupons")
    of.now += timedelta(hours=1)
    shop.coupons[1]["status"] = "trash"
    shop.coupons[2] |= {"date_expires_gmt": None, "date_modified_gmt": at(50)}
    del shop.coupons[3]
    shop.coupons[1]["date_modified_gmt"] = at(50)
    of.run("coupons")
    stands = {"coupon-1": "running", "coupon-2": "cancelled", "coupon-3": "cancelled", "coupon-4": "cancelled"}
    assert statuses(of) == stands
    calls = len(of.calls)
    of.run("coupons")
    assert (statuses(of), len(of.calls)) == (stands, calls + 1)


def test_a_coupon_that_moved_to_another_page_while_it_was_read_stays_a_campaign() -> None:
    class Shifting(WooCommerce):
        def answer(self, call: Call, now: datetime) -> Response:
            given = super().answer(call, now)
            if call.url.endswith("/coupons") and len(self.coupons) == 150:
                del self.coupons[0]
            return given

    shop = Shifting(coupons=[coupon(id=n) for n in range(1, 151)])
    of = line(shop)
    of.cursors["coupons"] = json.dumps({"known": {"101": coupon(id=101)}})
    of.run("coupons")
    assert of.calls[-1].url.endswith("/coupons/101")
    assert len(statuses(of)) == 150 and set(statuses(of).values()) == {"running"}


@pytest.mark.parametrize("cursor", ["", "done", "7", "[]", '{"known": 3}', '{"known": {"4": 5}}'])
def test_whatever_the_cursor_is_coupons_are_read_from_the_beginning(cursor: str) -> None:
    of = line(WooCommerce(coupons=[coupon()]))
    of.cursors["coupons"] = cursor
    of.run("coupons")
    assert statuses(of) == {"coupon-5": "running"}


def test_an_order_polled_and_told_is_one_and_the_same_event() -> None:
    shop = WooCommerce(orders=[order(status="completed", date_modified_gmt=at(-1))])
    of = line(shop)
    of.run("orders")
    from tests.handlers.sources.test_woocommerce import FRONT, told

    by_webhook = told("order.updated", shop.orders[0], FRONT)
    assert of.events() == by_webhook
    assert any(isinstance(event, OrderPlaced) for event in by_webhook)


class Deaf:
    """A shop behind something that ignores every parameter: each page is full, and each is the same."""

    hosts: tuple[str, ...] = ("shop.example",)

    def __init__(self, *page: dict[str, Any]) -> None:
        self.page = json.dumps(page * 100).encode()
        self.inner = json.dumps([{}] * (100 if any(each.get("variations") for each in page) else 0)).encode()

    def answer(self, call: Call, now: datetime) -> Response:
        return Response(200, {}, self.inner if call.url.endswith("/variations") else self.page, now)


@pytest.mark.parametrize("stream", ["orders", "coupons", "stock"])
def test_a_shop_that_ignores_what_is_asked_is_left_in_the_end(stream: str) -> None:
    of = Line(SOURCE, Deaf({"id": 1, "date_modified_gmt": at(-1)}), KEYS, URL)
    of.run(stream, 100_000)
    assert 1_000 <= len(of.calls) <= 2_000


def test_a_product_without_an_end_of_variations_is_left_in_the_end() -> None:
    of = Line(SOURCE, Deaf({"id": 1, "variations": [2]}), KEYS, URL)
    of.run("stock", 3_500)
    asked = [call for call in of.calls if call.url.endswith("/variations")]
    assert len(asked) > 1_000 and ("page", "1") in asked[999].params


@pytest.mark.parametrize("stream", ["orders", "products", "stock", "coupons"])
def test_without_the_shops_address_nothing_is_asked(stream: str) -> None:
    assert line(WooCommerce(), options={}).run(stream) == []


@pytest.mark.parametrize(
    ("shop", "keys", "why"),
    [
        (WooCommerce(strips=True), None, "401: GET orders: the consumer key or secret was refused"),
        (WooCommerce(), {"consumer_key": "x", "consumer_secret": "y"}, "Sorry, you cannot list resources"),
    ],
)
def test_a_refusal_says_what_to_do(shop: WooCommerce, keys: dict[str, str] | None, why: str) -> None:
    with pytest.raises(Denied, match=why):
        line(shop, **({"keys": keys} if keys else {})).run("orders")


class Odd:
    """A server that answers something else."""

    hosts: tuple[str, ...] = ("shop.example",)

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    def answer(self, call: Call, now: datetime) -> Response:
        return Response(self.status, {}, self.body, now)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b"<html>", "the answer is no JSON"),
        (200, b"{}", "the answer is no list of things"),
        (200, b"[1]", "the answer is no list of things"),
        (404, b"[]", "404: GET orders: nothing answers there.*no reason given"),
        (418, b"<html>", "418: GET orders: refused: no reason given"),
        (403, b'{"message": "no\\u0007pe"}', "403: .*: no pe"),
    ],
)
def test_odd_answers_are_denied_in_words(status: int, body: bytes, why: str) -> None:
    with pytest.raises(Denied, match=why):
        line(Odd(status, body)).run("orders")  # type: ignore[arg-type]


def test_a_busy_firewall_is_asked_again_by_the_edge() -> None:
    of = line(WooCommerce(orders=orders(1), busy=2))
    of.run("orders")
    assert heard(of) == {"1"}


def test_things_without_a_time_of_change_or_an_id_are_heard_all_the_same() -> None:
    odd = [{"id": "x", "variations": [1]}, {"date_modified_gmt": "soon"}, {"date_modified_gmt": "0001-01-01T00:00:00"}]

    class Few(Odd):
        def answer(self, call: Call, now: datetime) -> Response:
            import json

            return Response(200, {}, json.dumps(odd).encode(), now)

    assert len(line(Few(200, b"")).run("products")) == 1  # type: ignore[arg-type]


# Webhooks.


def hook(number: int, topic: str, status: str = "active", url: str = ADDRESS) -> dict[str, Any]:
    return {"id": number, "topic": topic, "status": status, "delivery_url": url, "name": "x"}


def test_a_look_tells_the_state_of_the_webhooks_that_are_ours() -> None:
    hooks = [
        hook(1, "order.created"),
        hook(2, "order.updated", "disabled"),
        hook(3, "coupon.created", url="https://other.example"),
    ]
    found = line(WooCommerce(webhooks=hooks)).care(ADDRESS)
    assert found == (
        Subscription("order.created", "active"),
        Subscription("order.updated", "disabled", note="disabled"),
    )


def test_of_two_webhooks_for_one_topic_the_active_one_counts() -> None:
    hooks = [hook(1, "order.created", "paused"), hook(2, "order.created"), hook(3, "order.created", "disabled")]
    assert line(WooCommerce(webhooks=hooks)).care(ADDRESS) == (Subscription("order.created", "active"),)


def test_what_is_disabled_is_switched_on_and_what_is_missing_is_made() -> None:
    shop = WooCommerce(
        webhooks=[
            *[hook(100 + n, "x", url="https://other.example") for n in range(100)],
            hook(2, "order.updated", "disabled"),
        ]
    )
    of = line(shop, keys=dict(KEYS))
    found = of.care(ADDRESS, "order.updated", "order.created")
    assert found == (Subscription("order.created", "active", True), Subscription("order.updated", "active", True))
    assert {each["topic"]: each["status"] for each in shop.webhooks if each["delivery_url"] == ADDRESS} == {
        "order.updated": "active", "order.created": "active",
    }  # fmt: skip
    assert of.care(ADDRESS, "order.updated") == (
        Subscription("order.created", "active"),
        Subscription("order.updated", "active"),
    )


def test_what_cannot_be_mended_says_what_is_missing() -> None:
    with pytest.raises(Denied, match="needs the key webhook_secret"):
        line(WooCommerce()).care(ADDRESS, "order.created")
    with pytest.raises(Denied, match="403: PUT webhooks: the consumer key's user may not do this"):
        line(WooCommerce(webhooks=[hook(2, "order.updated", "disabled")], reads=True)).care(ADDRESS, "order.updated")
    with pytest.raises(Denied, match="option url"):
        line(WooCommerce(), options={}).care(ADDRESS)


def test_a_topic_that_is_missing_is_told_as_missing_by_a_look_at_it() -> None:
    assert SOURCE.api is not None
    assert "order.created" in SOURCE.api.wanted(line(WooCommerce()).front)


def low(of: Line) -> dict[str, int | None]:
    return {event.sku: event.low_at for event in of.events() if isinstance(event, ItemDescribed)}


@pytest.mark.parametrize("stream", ["products", "stock"])
@pytest.mark.parametrize(("setting", "otherwise"), [("5", 5), ("", None), ("few", None), (None, None)])
def test_a_product_without_a_threshold_has_the_shop_s(stream: str, setting: str | None, otherwise: int | None) -> None:
    shop = WooCommerce(
        products=[
            product(id=1, sku="OWN", low_stock_amount=9, date_modified_gmt=at(-1)),
            product(id=2, sku="SHOP", low_stock_amount=None, date_modified_gmt=at(-1), variations=[3, 4]),
        ],
        variations={2: [product(id=3, sku="LIKE-ITS-PRODUCT", low_stock_amount=None), product(id=4, sku="ITS-OWN", low_stock_amount=1)]},
        settings={} if setting is None else {"woocommerce_notify_low_stock_amount": setting},
    )  # fmt: skip
    of = line(shop)
    of.run(stream)
    assert low(of) == {"OWN": 9, "SHOP": otherwise, "LIKE-ITS-PRODUCT": otherwise, "ITS-OWN": 1}


@pytest.mark.parametrize(("status", "ends"), [(401, False), (403, False), (404, False), (500, True)])
def test_a_key_that_may_not_read_the_settings_reads_the_goods_all_the_same(status: int, ends: bool) -> None:
    class Shut(WooCommerce):
        def answer(self, call: Call, now: datetime) -> Response:
            return Response(status, {}, b"{}", now) if "/settings/" in call.url else super().answer(call, now)

    of = line(Shut(products=[product(date_modified_gmt=at(-1))]))
    if ends:
        with pytest.raises(Denied):
            of.run("products")
    else:
        of.run("products")
        assert low(of) == {"POT": None}


@pytest.mark.parametrize("answer", [b"[]", b'{"value": null}', b'{"value": "99999999999"}', b'{"value": [1]}'])
def test_an_answer_that_is_no_threshold_is_none(answer: bytes) -> None:
    class Odd(WooCommerce):
        def answer(self, call: Call, now: datetime) -> Response:
            return Response(200, {}, answer, now) if "/settings/" in call.url else super().answer(call, now)

    of = line(Odd(products=[product(date_modified_gmt=at(-1))]))
    of.run("products")
    assert low(of) == {"POT": None}
