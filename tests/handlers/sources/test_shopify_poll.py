"""How Shopify is polled, against the played API: every change is heard, at Shopify's price, whatever comes between."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.delivery import POLLED, Delivery, Unparsable, Unrouted
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    LocationNamed,
    OrderChanged,
    OrderHeld,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
    StockChanged,
    StockExpected,
    StockReceived,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.polling import Call, Denied, Response, Rest, Subscription
from bot.core.shopfront import Shopfront
from bot.demo.stores.shopify import CLIENT, DOMAIN, Shopify
from handlers.sources.shopify import SOURCE
from tests.handlers.sources.line import NOW, Line, Same
from tests.handlers.sources.test_shopify import FIXTURES, fixture, parse

Node = dict[str, Any]
ADDRESS = "https://bot.example/webhooks/shopify"
ORDER = 7310000000000000001


class Patient(Line):
    """A line that rests as long as it is asked to."""

    def _do(self, step: Any, stream: str) -> Response | None:
        if isinstance(step, Rest):
            self.now += timedelta(seconds=step.seconds)
        return super()._do(step, stream)


def line(shop: Shopify, keys: dict[str, str] | None = None, **options: Any) -> Line:
    return Patient(SOURCE, shop, keys or {"access_token": "shpat_kettle"}, {"domain": DOMAIN, **options})


def iso(minutes: float) -> str:
    return f"{NOW + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def money(amount: str) -> Node:
    return {"shopMoney": {"amount": amount, "currencyCode": "GBP"}}


def bought(sku: str, title: str, variant: str | None, quantity: int, off: str) -> Node:
    share = {"allocatedAmountSet": money(off)}
    return {
        "sku": sku,
        "title": title,
        "variantTitle": variant,
        "quantity": quantity,
        "originalUnitPriceSet": money("12.0"),
        "discountAllocations": [share],
    }


LINES = [bought("TEA-EARL-100", "Earl Grey", "100 g", 3, "3.60"), bought("POT-CLAY", "Clay pot", None, 1, "1.2")]


def order(number: int = ORDER, **changes: Any) -> Node:
    """The order of the webhooks' fixtures as the API has it."""
    told = {
        "__typename": "Order",
        "id": f"gid://shopify/Order/{number}",
        "legacyResourceId": str(number),
        "name": "#2044",
        "test": False,
        "currencyCode": "GBP",
        "createdAt": iso(-30),
        "updatedAt": iso(0),
        "cancelledAt": None,
        "displayFinancialStatus": "PENDING",
        "displayFulfillmentStatus": "UNFULFILLED",
        "totalPriceSet": money("43.2"),
        "currentTotalPriceSet": money("43.2"),
        "totalOutstandingSet": money("43.2"),
        "discountCodes": ["STEEP10"],
        "discountApplications": [{"index": 0}],
        "lineItems": LINES,
        "transactions": [],
        "fulfillments": [],
        "paymentTerms": None,
    }
    return told | changes


def paid(kind: str = "SALE", status: str = "SUCCESS", id: int = 3, **changes: Any) -> Node:
    told = {
        "id": f"gid://shopify/OrderTransaction/{7310000000000000000 + id}",
        "kind": kind,
        "status": status,
        "gateway": "shopify_payments",
        "test": False,
        "errorCode": None,
        "createdAt": iso(-30),
        "processedAt": iso(0),
        "amountSet": money("43.20"),
        "paymentDetails": {"__typename": "CardPaymentDetails", "company": "Mastercard", "paymentMethodName": "master"},
    }
    return told | changes


def sent(status: str = "IN_TRANSIT", **changes: Any) -> Node:
    told = {
        "legacyResourceId": "7310000000000000071",
        "status": "SUCCESS",
        "displayStatus": status,
        "updatedAt": iso(0),
        "estimatedDeliveryAt": None,
        "trackingInfo": [{"company": "Kettle Post"}],
    }
    return told | changes


def of_one(events: list[Event] | tuple[Event, ...]) -> set[tuple[Any, ...]]:
    """By what the store recognises an event that it has been told before."""
    return {(type(event).__name__, event.subject, event.at, event.key) for event in events}


# What webhook and poll say alike.


@pytest.mark.parametrize(
    ("topic", "node"),
    [
        ("orders/create", order()),
        ("orders/paid", order(displayFinancialStatus="PAID", totalOutstandingSet=money("0.0"))),
        ("orders/updated", order(displayFinancialStatus="PARTIALLY_PAID", totalOutstandingSet=money("20.0"))),
        ("orders/fulfilled", order(displayFinancialStatus="PAID", totalOutstandingSet=money("0"),
                                   displayFulfillmentStatus="FULFILLED")),
        ("orders/cancelled", order(displayFinancialStatus="VOIDED", cancelledAt=iso(0))),
    ],
)  # fmt: skip
def test_an_order_is_one_event_whether_a_webhook_or_a_poll_told_it(topic: str, node: Node) -> None:
    of = line(Shopify(orders=[node]))
    of.run("orders")
    assert tuple(of.events()) == parse(topic, fixture(topic))


def test_payments_refunds_and_shipments_of_an_order_are_those_of_their_own_webhooks() -> None:
    node = order(
        transactions=[
            paid(status="FAILURE", errorCode="INSUFFICIENT_FUNDS"),
            paid("REFUND", id=42, amountSet=money("10.80")),
            paid("VOID", id=43),
            paid(test=True, id=44),
        ],
        fulfillments=[sent()],
    )
    of = line(Shopify(orders=[node]))
    of.run("orders")
    told = of_one(of.events()[2:])
    alone = [*parse("order_transactions/create", fixture("order_transactions/create"))]
    alone += parse("refunds/create", fixture("refunds/create"))
    alone += parse("fulfillments/update", fixture("fulfillments/update"))
    assert told == of_one(alone)
    failed, refunded, shipped = of.events()[2:]
    assert isinstance(failed, PaymentFailed) and failed.code == "insufficient_funds"
    assert isinstance(refunded, Refunded) and refunded.amount == Money(1080, "GBP")
    assert shipped == alone[-1]


@pytest.mark.parametrize(
    ("details", "gateway", "method"),
    [
        (None, "paypal", "paypal"),
        ({"__typename": "PaypalWalletPaymentDetails", "paymentMethodName": "paypal"}, "paypal", "paypal"),
        ({"__typename": "SomethingNew"}, "bank_deposit", "bank_deposit"),
        ({"__typename": "CardPaymentDetails", "company": "Visa", "paymentMethodName": None}, "stripe", "visa"),
    ],
)
def test_a_payment_has_its_method_by_the_details_that_there_are(details: Any, gateway: str, method: str) -> None:
    of = line(Shopify(orders=[order(transactions=[paid(paymentDetails=details, gateway=gateway)])]))
    of.run("orders")
    [event] = [event for event in of.events() if isinstance(event, PaymentSucceeded)]
    assert (event.provider, event.method) == (gateway, method)


def test_an_order_on_terms_is_an_invoice_and_owes_nothing_besides() -> None:
    schedules = [
        {"dueAt": iso(60 * 24), "completedAt": iso(-5)},
        {"dueAt": iso(60 * 48), "completedAt": None},
        {"dueAt": None, "completedAt": None},
    ]
    of = line(Shopify(orders=[order(paymentTerms={"paymentSchedules": schedules})]))
    of.run("orders")
    placed, changed, invoice = of.events()
    assert isinstance(placed, OrderPlaced) and isinstance(changed, OrderChanged)
    assert placed.outstanding == changed.outstanding == Money(0, "GBP")
    assert isinstance(invoice, InvoiceChanged)
    assert (invoice.invoice, invoice.number, invoice.status) == (str(ORDER), "#2044", "open")
    assert (invoice.outstanding, invoice.due) == (Money(4320, "GBP"), NOW + timedelta(days=2))


def test_a_test_order_counts_only_in_a_shop_that_is_not_live() -> None:
    of = line(Shopify(orders=[order(test=True)]))
    [heard] = of.run("orders")
    assert of.events() == []
    delivery = Delivery("shopify", {POLLED: "orders"}, heard.bodies[0], NOW)
    assert len(SOURCE.parse(delivery, Shopfront("shopify", "leaf", live=False))) == 2


def test_no_query_asks_for_anything_about_a_customer() -> None:
    of = line(Shopify(orders=[order()]))
    assert SOURCE.api is not None
    for stream in SOURCE.api.streams:
        of.run(stream.name)
    for call in of.calls:
        for word in ("customer {", "email", "phone", "address", "firstName", "note", "reasonNotes", "latitude"):
            assert word not in json.loads(call.body)["query"]


# Orders: first run, pages, cuts.


def orders(count: int, apart: float = 1) -> list[Node]:
    return [order(n, name=f"#{n}", updatedAt=iso(-1 - (count - n) * apart)) for n in range(1, count + 1)]


def heard(of: Line) -> set[str]:
    return {event.order for event in of.events() if isinstance(event, OrderChanged)}


def test_the_first_run_hears_a_day_and_the_next_ones_what_changed_since() -> None:
    shop = Shopify(orders=[*orders(3), order(9, updatedAt=iso(-60 * 25))])
    of = line(shop)
    of.run("orders")
    assert heard(of) == {"1", "2", "3"}
    of.now += timedelta(hours=3)
    shop.orders[0]["updatedAt"] = iso(100)
    assert heard_in(of, of.run("orders")) == {"1", "2", "3"}
    of.now += timedelta(hours=3)
    assert heard_in(of, of.run("orders")) == {"1"}


def heard_in(of: Line, told: Any) -> set[str]:
    return {event.order for event in of.events(*told) if isinstance(event, OrderChanged)}


def test_after_months_of_rest_only_what_shopify_still_gives_is_asked_for() -> None:
    of = line(Shopify(orders=orders(1)))
    of.cursors["orders"] = iso(-60 * 24 * 200)
    of.run("orders")
    where = json.loads(of.calls[-1].body)["variables"]["where"]
    assert where == f"updated_at:>='{iso(-60 * 24 * 60 - 5)}'"


@pytest.mark.parametrize("cursor", ["tea", "0001-01-01T00:00:00Z", "2026-11-20", "{}"])
def test_a_cursor_that_is_none_begins_anew(cursor: str) -> None:
    of = line(Shopify(orders=orders(2)))
    of.cursors = {"orders": cursor, "stock": cursor, "products": cursor, "discounts": cursor, "holds": cursor}
    for stream in of.cursors:
        of.run(stream)
    assert heard(of) == {"1", "2"}


@pytest.mark.parametrize(("count", "apart"), [(250, 1), (250, 0), (101, 0.001), (1, 1), (0, 1)])
def test_every_order_of_many_pages_is_heard_also_when_they_changed_in_one_second(count: int, apart: float) -> None:
    of = line(Shopify(orders=orders(count, apart), dearest=100_000, full=100_000, bucket=100_000))
    of.run("orders")
    assert len(heard(of)) == count
    assert len(of.calls) == max(1, -(-count // 100))


def cut_short(of: Line, stream: str) -> None:
    """Runs a stream until it has heard its first page, and not a step further."""
    for steps in range(1, 100):
        if of.run(stream, steps):
            return


def test_an_order_that_changes_while_its_page_is_turned_hides_no_other() -> None:
    shop = Shopify(orders=orders(12))
    of = line(shop)
    cut_short(of, "orders")
    first = heard(of)
    assert 0 < len(first) < 12
    shop.orders[len(first) - 1]["updatedAt"] = iso(-0.5)
    of.run("orders")
    assert len(heard(of)) == 12


def test_an_order_of_many_lines_is_told_whole() -> None:
    lines = [bought(f"TEA-{n}", "Tea", None, 1, "0.0") for n in range(230)]
    of = line(Shopify(orders=[order(lineItems=lines)], dearest=10_000, full=10_000, bucket=10_000))
    of.run("orders")
    [placed] = [event for event in of.events() if isinstance(event, OrderPlaced)]
    assert [each.sku for each in placed.lines] == [f"TEA-{n}" for n in range(230)]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, int, str, bool]]:
    """Changes of orders, one after another: which order, at which minute, how much is outstanding, cancelled or not."""
    count = draw(st.integers(1, 25))
    changes = [
        (draw(st.integers(1, 8)), draw(st.sampled_from(["0.00", "5.00", "43.20"])), draw(st.booleans()))
        for _ in range(count)
    ]
    return [(number, minute, left, gone) for minute, (number, left, gone) in enumerate(changes, 1)]


@settings(max_examples=60, deadline=None)
@given(histories(), st.sets(st.integers(0, 24)), st.lists(st.integers(1, 30), max_size=4), st.integers(100, 700))
def test_whatever_webhooks_are_lost_the_poll_ends_with_the_shops_own_state(
    history: list[tuple[int, int, str, bool]], lost: set[int], cuts: list[int], dearest: int
) -> None:
    shop = Shopify(dearest=dearest)
    of = line(shop)
    now: dict[int, Node] = {}
    told: list[Event] = []
    for place, (number, minute, left, gone) in enumerate(history):
        changed = {
            "updatedAt": iso(minute),
            "totalOutstandingSet": money(left),
            "cancelledAt": iso(1) if gone else None,
        }
        now[number] = now.get(number, order(number, name=f"#{number}")) | changed
        shop.orders = list(now.values())
        of.now = NOW + timedelta(minutes=minute)
        if place not in lost:
            hook = {"updated_at": iso(minute), "total_outstanding": left, "cancelled_at": changed["cancelledAt"]}
            body = fixture("orders/updated", id=number, name=f"#{number}", admin_graphql_api_id="", **hook)
            told += parse("orders/updated", body)
        if place < len(cuts):
            of.run("orders", cuts[place])
    of.run("orders")
    told += of.events()
    latest: dict[str, OrderChanged] = {}
    for event in sorted((one for one in told if isinstance(one, OrderChanged)), key=lambda one: one.at):
        latest[event.order] = event
    have = {id: (event.outstanding.minor, event.cancelled) for id, event in latest.items()}
    want = {}
    for number, node in now.items():
        gone, amount = bool(node["cancelledAt"]), node["totalOutstandingSet"]["shopMoney"]["amount"]
        want[str(number)] = (0 if gone else round(float(amount) * 100), gone)
    assert have == want


# Prices, tokens, refusals.


def test_a_query_that_is_too_dear_asks_for_less_at_once() -> None:
    of = line(Shopify(orders=orders(30), dearest=500))
    of.run("orders")
    assert len(heard(of)) == 30
    assert len(of.calls) < 20


def test_a_query_that_is_too_dear_for_any_page_is_denied() -> None:
    of = line(Shopify(orders=orders(3), dearest=10))
    with pytest.raises(Denied, match="too dear"):
        of.run("orders")


def test_it_rests_before_the_bucket_runs_dry_and_is_seldom_refused() -> None:
    shop = Shopify(orders=orders(80), full=1_000, bucket=1_000, rate=50)
    of = line(shop)
    of.run("orders")
    assert len(heard(of)) == 80
    assert of.rested > 10
    refused = sum("THROTTLED" in json.dumps(shop.answer(call, NOW).json()) for call in of.calls[:1])
    assert refused == 0


def test_a_refusal_for_the_cost_limit_is_waited_out() -> None:
    of = line(Shopify(orders=orders(3), bucket=0, rate=100))
    of.run("orders")
    assert len(heard(of)) == 3
    assert of.rested > 1


def test_a_limit_that_never_lifts_is_told() -> None:
    of = line(Shopify(orders=orders(3), bucket=0, rate=0))
    with pytest.raises(Denied, match="cost limit"):
        of.run("orders")


def test_a_token_is_granted_kept_and_renewed_when_it_is_refused() -> None:
    shop = Shopify(orders=orders(2))
    of = line(shop, dict(CLIENT))
    of.run("orders")
    of.run("holds")
    assert of.keys["token"] == "shpca_1"
    assert sum(call.url.endswith("/oauth/access_token") for call in of.calls) == 1
    of.now += timedelta(days=2)
    of.run("orders")
    assert of.keys["token"] == "shpca_2"
    assert heard(of) == {"1", "2"}


def test_a_renewed_token_that_is_refused_too_is_told_and_not_tried_for_ever() -> None:
    class Forgetful(Shopify):
        def _grant(self, form: Any, now: datetime) -> Response:
            granted = super()._grant(form, now)
            self.tokens.clear()
            self.tokens["another"] = None
            return granted

    of = line(Forgetful(), dict(CLIENT))
    with pytest.raises(Denied, match="does not know this access token"):
        of.run("orders")
    assert len(of.calls) == 4


@pytest.mark.parametrize(("secret", "installed"), [("two-cups", True), ("three-cups", False)])
def test_an_app_that_gets_no_token_is_told_so(secret: str, installed: bool) -> None:
    of = line(Shopify(installed=installed), CLIENT | {"client_secret": secret})
    with pytest.raises(Denied, match="no token for client_id") as denied:
        of.run("orders")
    assert denied.value.status == 401
    assert secret not in str(denied.value)


def test_a_revoked_access_token_is_told_at_once() -> None:
    of = line(Shopify(), {"access_token": "shpat_old"})
    of.stand.tokens["shpat_old"] = NOW - timedelta(days=1)  # type: ignore[attr-defined]
    with pytest.raises(Denied, match="401: Shopify does not know this access token"):
        of.run("orders")
    assert len(of.calls) == 1


@pytest.mark.parametrize(
    ("stream", "scope"),
    [
        ("orders", "read_orders"),
        ("stock", "read_inventory"),
        ("locations", "read_locations"),
        ("products", "read_products"),
        ("disputes", "read_shopify_payments_disputes"),
        ("payouts", "read_shopify_payments_payouts"),
        ("discounts", "read_discounts"),
        ("holds", "read_merchant_managed_fulfillment_orders"),
        ("inbound", "read_inventory_shipments"),
    ],
)
def test_a_missing_scope_is_named_and_stands_in_the_manual(stream: str, scope: str) -> None:
    of = line(Shopify(lacks=frozenset({scope})))
    with pytest.raises(Denied, match=f"^403: the app lacks the scope {scope}$"):
        of.run(stream)
    manual = (FIXTURES.parents[2] / "docs/sources/shopify.md").read_text("utf-8")
    assert scope in manual.partition("scopes = ")[2].partition("\n")[0]


def test_without_a_domain_nobody_is_asked() -> None:
    of = Line(SOURCE, Shopify(), {"access_token": "shpat_kettle"})
    with pytest.raises(Denied, match="option domain"):
        of.run("orders")
    assert of.calls == []


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (402, {}, "402: the shop is frozen"),
        (404, {}, "404: there is no such shop"),
        (423, {}, "423: Shopify has locked"),
        (500, {}, "500: POST https://leaf.myshopify.com/admin/api/2026-07/graphql.json"),
        (200, {"errors": [{"message": "Field 'tea' doesn't exist"}]}, "with errors: Field 'tea' doesn't exist"),
        (200, {"errors": "tea"}, "with errors: it did not say which"),
        (200, {"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]}, "with errors: no"),
    ],
)
def test_other_refusals_are_told_in_words_for_operators(status: int, body: Any, why: str) -> None:
    with pytest.raises(Denied) as denied:
        line(Same(body, status)).run("orders")  # type: ignore[arg-type]
    assert why in str(denied.value)


@pytest.mark.parametrize("body", [[], {}, {"data": None}, {"data": {"orders": []}}, {"data": {"orders": {"nodes": 7}}}])
def test_an_answer_of_another_shape_tells_nothing(body: Any) -> None:
    of = line(Same(body))  # type: ignore[arg-type]
    of.run("orders")
    of.run("payouts")
    assert of.events() == []


def test_a_list_without_an_end_comes_to_one() -> None:
    class Endless(Same):
        turn = 0

        def answer(self, call: Call, now: datetime) -> Response:
            self.turn += 1
            mark = {"hasNextPage": True, "endCursor": f"{self.turn}"}
            self.body = {"data": {"orders": {"nodes": [], "pageInfo": mark}}}
            return super().answer(call, now)

    of = line(Endless({}))  # type: ignore[arg-type]
    with pytest.raises(Denied, match="more than 1500 calls"):
        of.run("orders")


# Stock, products, items.


def item(number: int, sku: str | None = "", *levels: tuple[int, int], **changes: Any) -> Node:
    told = {
        "__typename": "InventoryItem",
        "id": f"gid://shopify/InventoryItem/{number}",
        "legacyResourceId": str(number),
        "sku": f"TEA-{number}" if sku == "" else sku,
        "tracked": True,
        "inventoryLevels": [
            {
                "location": {"legacyResourceId": str(place)},
                "quantities": [{"name": "on_hand", "quantity": 99}, {"name": "available", "quantity": units}],
            }
            for place, units in levels
        ],
    }
    return told | changes


def place(number: int = 61001, name: str = "Leeds") -> Node:
    id = f"gid://shopify/Location/{number}"
    return {"__typename": "Location", "id": id, "legacyResourceId": str(number), "name": name}


def test_the_names_of_locations_are_told_once_and_when_they_change() -> None:
    shop = Shopify(locations=[place(), place(61002, "York")])
    of = line(shop)
    names = [
        {
            event.location: event.name.text
            for event in of.events(*of.run("locations"))
            if isinstance(event, LocationNamed)
        }
    ]
    of.run("locations")
    shop.locations[1]["name"] = "York, upper floor"
    told = of.run("locations")
    names.append({event.location: event.name.text for event in of.events(*told) if isinstance(event, LocationNamed)})
    assert names == [{"61001": "Leeds", "61002": "York"}, {"61002": "York, upper floor"}]


def stock(of: Line) -> dict[tuple[str, str], int | None]:
    found = [event for event in of.events() if isinstance(event, StockChanged)]
    return {(event.item, event.location): event.available for event in found}


def test_a_count_says_what_each_location_has_at_its_own_moment() -> None:
    shop = Shopify(items=[item(6, "", (61001, 4), (61002, -1)), item(7, None, (61001, 2), tracked=False)])
    of = line(shop, locations={"61001": "Leeds"})
    of.run("stock")
    assert stock(of) == {("6", "Leeds"): 4, ("6", "61002"): -1, ("7", "Leeds"): None}
    assert {event.at for event in of.events()} == {NOW}
    assert [event.sku for event in of.events() if isinstance(event, ItemDescribed)] == ["TEA-6"]


def test_a_level_without_a_number_is_not_taken_for_gone() -> None:
    odd = item(6, "", (61001, 4))
    odd["inventoryLevels"][0]["quantities"] = []
    of = line(Shopify(items=[odd]))
    of.run("stock")
    [level] = [event for event in of.events() if isinstance(event, StockChanged)]
    assert (level.available, level.gone) == (None, False)


def test_a_count_of_many_items_and_locations_is_whole_and_no_body_too_large() -> None:
    places = [(61000 + n, n) for n in range(130)]
    shop = Shopify(items=[item(n, "", *places) for n in range(1, 41)], dearest=10_000, full=10_000, bucket=10_000)
    of = line(shop)
    [told] = of.run("stock")
    assert len(stock(of)) == 40 * 130
    assert len(told.bodies) > 1


def test_a_count_that_was_cut_short_goes_on_where_it_ended() -> None:
    shop = Shopify(items=[item(n, "", (61001, n)) for n in range(1, 31)])
    of = line(shop)
    cut_short(of, "stock")
    so_far = len(stock(of))
    assert 0 < so_far < 30
    of.heard.clear()
    of.run("stock")
    assert len(stock(of)) == 30 - so_far
    assert of.cursors["stock"].startswith("2026-11-20T")


def test_what_a_whole_count_did_not_tell_of_is_gone_unless_it_may_be_too_new() -> None:
    shop = Shopify(items=[item(n, "", (61001, n)) for n in range(1, 31)])
    of = line(shop)
    began = of.now
    cut_short(of, "stock")
    assert of.counted == []
    of.now += timedelta(minutes=9)
    of.run("stock")
    [before] = of.counted
    assert timedelta(0) <= before - (began - timedelta(hours=1)) < timedelta(minutes=1)
    shop.items.clear()
    of.run("stock")
    assert len(of.counted) == 1
    by_variant = line(Shopify(items=[item(6, "", (61001, 4))]), stock="variants")
    by_variant.run("stock")
    assert by_variant.counted == []


def test_a_count_goes_on_from_a_cursor_that_does_not_say_when_it_began() -> None:
    of = line(Shopify(items=[item(n, "", (61001, n)) for n in range(1, 31)]))
    cut_short(of, "stock")
    of.cursors["stock"] = json.dumps({"after": json.loads(of.cursors["stock"])["after"]})
    of.run("stock")
    assert len(stock(of)) == 30 and of.counted == []


def test_a_shop_that_counts_by_variant_takes_the_totals_of_products_alone() -> None:
    shop = Shopify(items=[item(6, "", (61001, 4))], products=[product(8)])
    of = line(shop, stock="variants")
    of.run("stock")
    of.run("products")
    assert [(event.sku, event.location, event.available, event.at) for event in of.events()
            if isinstance(event, StockChanged)] == [("TEA-8", "all", 4, NOW)]  # fmt: skip


def product(number: int, *variants: Node, **changes: Any) -> Node:
    usual = {
        "legacyResourceId": str(number * 10),
        "sku": f"TEA-{number}",
        "title": "100 g",
        "price": "12.00",
        "inventoryQuantity": 4,
        "inventoryPolicy": "DENY",
        "inventoryItem": {"legacyResourceId": f"{number}00"},
    }
    told = {
        "__typename": "Product",
        "id": f"gid://shopify/Product/{number}",
        "title": "Earl Grey",
        "vendor": "Leaf & Sons",
        "tags": ["black tea"],
        "handle": f"earl-{number}",
        "updatedAt": iso(-60),
        "collections": [{"handle": "classics"}],
        "variants": [*variants] or [usual],
    }
    return told | changes


def test_a_product_is_in_the_groups_of_its_tags_its_page_and_its_collections() -> None:
    of = line(Shopify(products=[product(8)]))
    of.run("products")
    [event] = of.events()
    assert isinstance(event, ItemDescribed)
    assert event.groups == ("black tea", "/products/earl-8", "/collections/classics")
    assert (event.item, event.sku, event.title, event.at) == ("800", "TEA-8", ShopText("Earl Grey – 100 g"), NOW)
    assert event.price == Money(1200, "EUR")


def test_a_product_of_many_variants_is_told_whole() -> None:
    variants = [product(n)["variants"][0] for n in range(1, 240)]
    of = line(Shopify(products=[product(8, *variants)], dearest=10_000, full=10_000, bucket=10_000))
    of.run("products")
    assert len({event.sku for event in of.events() if isinstance(event, ItemDescribed)}) == 239


def test_all_products_are_told_once_a_day_and_in_between_those_that_changed() -> None:
    shop = Shopify(products=[product(n) for n in range(1, 4)])
    of = line(shop)

    def told() -> list[str]:
        return [event.sku for event in of.events(*of.run("products")) if isinstance(event, ItemDescribed)]

    assert len(told()) == 3
    of.now += timedelta(hours=1)
    assert told() == []
    shop.products[1]["updatedAt"] = iso(50)
    assert told() == ["TEA-2"]
    of.now += timedelta(hours=2)
    shop.products[2]["updatedAt"] = iso(170)
    assert told() == ["TEA-2", "TEA-3"]
    of.now += timedelta(hours=22)
    assert len(told()) == 3


def test_a_walk_over_the_products_that_was_cut_short_goes_on_where_it_ended() -> None:
    shop = Shopify(products=[product(n) for n in range(1, 31)])
    of = line(shop)
    cut_short(of, "products")
    so_far = {event.sku for event in of.events() if isinstance(event, ItemDescribed)}
    assert 0 < len(so_far) < 30
    shop.products[0]["updatedAt"] = iso(2)
    of.now += timedelta(minutes=30)
    of.run("products")
    assert {event.sku for event in of.events() if isinstance(event, ItemDescribed)} == {
        f"TEA-{n}" for n in range(1, 31)
    }
    assert json.loads(of.cursors["products"])["since"] < iso(1)


def test_items_without_a_known_sku_are_looked_up() -> None:
    looked = item(6, "TEA-6") | {
        "variants": [{"title": "100 g", "price": "12.00", "inventoryPolicy": "CONTINUE", "product": product(8)}]
    }
    of = line(Shopify(items=[looked, item(7, None) | {"variants": []}]))
    of.items = ("6", "7", "8", "variant-9")
    of.run("items")
    first, second = of.events()
    assert isinstance(first, ItemDescribed) and isinstance(second, ItemDescribed)
    assert (first.item, first.sku, first.title) == ("6", "TEA-6", ShopText("Earl Grey – 100 g"))
    assert (second.item, second.sku, second.title) == ("7", "item-7", None)
    asked = json.loads(of.calls[-1].body)["variables"]["ids"]
    assert asked == [f"gid://shopify/InventoryItem/{n}" for n in (6, 7, 8)]


def test_no_item_at_all_is_asked_for_by_nobody() -> None:
    of = line(Shopify())
    [told] = of.run("items")
    assert (told.bodies, of.calls) == ((), [])


# Money.


def dispute(**changes: Any) -> Node:
    told = {
        "id": "gid://shopify/ShopifyPaymentsDispute/7310000000000000005",
        "legacyResourceId": "7310000000000000005",
        "type": "CHARGEBACK",
        "order": {"legacyResourceId": str(ORDER)},
        "amount": {"amount": "43.2", "currencyCode": "GBP"},
        "reasonDetails": {"reason": "PRODUCT_NOT_RECEIVED"},
        "status": "NEEDS_RESPONSE",
        "evidenceDueBy": iso(60 * 24 * 10),
        "initiatedAt": iso(-30),
    }
    return told | changes


def test_an_inquiry_is_called_one_by_webhook_and_by_poll() -> None:
    of = line(Shopify(disputes=[dispute(type="INQUIRY")]))
    of.run("disputes")
    told = [*of.events(), *parse("disputes/create", fixture("disputes/create", type="inquiry"))]
    reasons = [event.reason.text for event in told if isinstance(event, DisputeChanged)]
    assert reasons == ["inquiry, product not received"] * 2


def test_a_dispute_is_the_same_whether_a_webhook_or_a_poll_told_it() -> None:
    of = line(
        Shopify(disputes=[dispute(), dispute(id="gid://shopify/ShopifyPaymentsDispute/1", initiatedAt=iso(-(9**7)))])
    )
    of.run("disputes")
    [event] = of.events()
    [hook] = parse("disputes/create", fixture("disputes/create"))
    assert isinstance(event, DisputeChanged) and isinstance(hook, DisputeChanged)
    assert {**hook_fields(event), "at": None} == {**hook_fields(hook), "at": None}
    of.stand.disputes[0] |= {"order": None, "status": "WON"}  # type: ignore[attr-defined]
    [event] = of.events(*of.run("disputes"))
    assert isinstance(event, DisputeChanged)
    assert (event.order, event.status) == ("", "won")


def hook_fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in type(event).__dataclass_fields__}


@pytest.mark.parametrize(
    ("status", "told"),
    [("SCHEDULED", "pending"), ("IN_TRANSIT", "pending"), ("PAID", "paid"), ("FAILED", "failed"),
     ("CANCELED", "canceled")],
)  # fmt: skip
def test_payouts_of_the_last_weeks_are_told_as_they_stand(status: str, told: str) -> None:
    payout = {
        "id": "gid://shopify/ShopifyPaymentsPayout/81",
        "legacyResourceId": "81",
        "status": status,
        "issuedAt": iso(-60),
        "net": {"amount": "1200.50", "currencyCode": "GBP"},
    }
    of = line(Shopify(payouts=[payout, payout | {"issuedAt": iso(-60 * 24 * 40)}]))
    of.run("payouts")
    [event] = of.events()
    assert isinstance(event, PayoutChanged)
    assert (event.payout, event.amount, event.status) == ("81", Money(120050, "GBP"), told)


def test_what_is_as_it_was_is_not_told_again() -> None:
    shop = played("")
    of = line(shop)
    for stream in ("disputes", "payouts", "discounts", "holds", "inbound"):
        [first], [second] = of.run(stream), of.run(stream)
        assert len(first.bodies) == 1
        assert second.bodies == ()
        assert first.cursor == second.cursor
    shop.disputes[0]["status"] = "LOST"
    assert len(of.events(*of.run("disputes"))) == 1


def test_a_shop_without_shopify_payments_has_no_payouts() -> None:
    of = line(Shopify(payouts=None))
    of.run("payouts")
    assert of.events() == []


# Discounts.


def discount(number: int = 9, status: str = "SCHEDULED", kind: str = "CodeBasic", **changes: Any) -> Node:
    gets: Node = {"items": {"__typename": "AllDiscountItems"}}
    plan = {
        "__typename": f"Discount{kind}",
        "title": "Steep week",
        "status": status,
        "startsAt": iso(60 * 72),
        "endsAt": iso(60 * 240),
        "updatedAt": iso(0),
        "customerGets": gets,
        "customerBuys": gets,
    }
    return {"id": f"gid://shopify/DiscountNode/731000000000000000{number}", "discount": plan | changes}


def test_a_discount_is_one_campaign_whether_a_webhook_or_a_poll_told_it() -> None:
    of = line(Shopify(discounts=[discount()]))
    of.run("discounts")
    assert tuple(of.events()) == parse("discounts/create", fixture("discounts/create"))


@pytest.mark.parametrize("kind", ["CodeBxgy", "AutomaticBxgy", "AutomaticBasic", "CodeFreeShipping", "AutomaticApp"])
def test_a_discount_promotes_variants_products_and_collections(kind: str) -> None:
    bundle = {
        "__typename": "DiscountProducts",
        "products": [{"handle": "earl-grey"}],
        "productVariants": [{"sku": "POT-CLAY"}, {"sku": None}, {"sku": "POT-CLAY"}],
    }
    classics = {"__typename": "DiscountCollections", "collections": [{"handle": "classics"}]}
    node = discount(kind=kind, customerGets={"items": bundle}, customerBuys={"items": classics})
    of = line(Shopify(discounts=[node]))
    of.run("discounts")
    [event] = of.events()
    assert isinstance(event, CampaignChanged)
    gets, buys = "Basic" in kind or "Bxgy" in kind, "Bxgy" in kind
    assert event.skus == (("POT-CLAY",) if gets else ())
    assert event.groups == (("/products/earl-grey",) if gets else ()) + (("/collections/classics",) if buys else ())


def campaigns(of: Line) -> list[tuple[str, str]]:
    return [(event.campaign[-1], event.status) for event in of.events(*of.run("discounts"))
            if isinstance(event, CampaignChanged)]  # fmt: skip


def test_a_discount_that_is_gone_before_its_end_was_deleted() -> None:
    shop = Shopify(discounts=[discount(7), discount(8, "ACTIVE", endsAt=None), discount(9, "ACTIVE", endsAt=iso(30))])
    of = line(shop)
    assert campaigns(of) == [("7", "scheduled"), ("8", "running"), ("9", "running")]
    of.now += timedelta(hours=1)
    shop.discounts = []
    told = campaigns(of)
    assert told == [("7", "cancelled"), ("8", "cancelled")]
    assert [event.at for event in of.events(of.heard[-1])] == [of.now, of.now]
    assert campaigns(of) == []


def test_a_discount_that_ended_is_told_for_some_days() -> None:
    shop = Shopify(
        discounts=[discount(7, "EXPIRED", endsAt=iso(-60)), discount(8, "EXPIRED", endsAt=iso(-60 * 24 * 9))]
    )
    of = line(shop)
    assert campaigns(of) == [("7", "ended")]
    assert json.loads(of.cursors["discounts"])["known"] == {}
    assert campaigns(of) == []


# Deliveries.


def hold(number: int = 1, **changes: Any) -> Node:
    told = {
        "id": f"gid://shopify/FulfillmentOrder/{number}",
        "status": "ON_HOLD",
        "order": {"legacyResourceId": f"200{number}", "name": f"#200{number}", "test": False},
        "updatedAt": iso(-10),
        "fulfillmentHolds": [{"displayReason": "High risk of fraud"}],
    }
    return told | changes


def test_an_order_is_held_until_it_is_not_on_the_list_any_more() -> None:
    shop = Shopify(holds=[hold(1), hold(2, fulfillmentHolds=[]), hold(3, status="OPEN")])
    of = line(shop)
    of.run("holds")
    assert [(e.order, e.number, e.held, e.at) for e in of.events() if isinstance(e, OrderHeld)] == [
        ("2001", "#2001", True, NOW - timedelta(minutes=10)),
        ("2002", "#2002", True, NOW - timedelta(minutes=10)),
    ]
    assert [e.reason for e in of.events() if isinstance(e, OrderHeld)] == [ShopText("High risk of fraud"), None]
    of.now += timedelta(minutes=5)
    shop.holds[0]["status"] = "OPEN"
    events = [e for e in of.events(*of.run("holds")) if isinstance(e, OrderHeld)]
    assert [(e.order, e.number, e.held, e.at) for e in events] == [("2001", "#2001", False, of.now)]
    assert of.events(*of.run("holds")) == []


def test_a_long_list_of_held_orders_is_heard_whole_before_any_is_let_go() -> None:
    held = [hold(n, order={"legacyResourceId": f"{n}", "name": f"#{n}", "test": False}) for n in range(1, 231)]
    of = line(Shopify(holds=held))
    [told] = of.run("holds")
    assert len(told.bodies) == len(of.events()) == 230
    assert of.events(*of.run("holds")) == []
    held[7]["updatedAt"] = iso(-1)
    assert len(of.events(*of.run("holds"))) == 1


def test_a_held_test_order_is_ignored() -> None:
    of = line(Shopify(holds=[hold(order={"legacyResourceId": "1", "name": "#1", "test": True})]))
    of.run("holds")
    assert of.events() == []


def shipment(number: int = 1, status: str = "IN_TRANSIT", left: int = 24, got: int = 0, **changes: Any) -> Node:
    arriving = {"inventoryItem": {"sku": "TEA-EARL-100"}, "unreceivedQuantity": left, "acceptedQuantity": got}
    told = {
        "__typename": "InventoryShipment",
        "id": f"gid://shopify/InventoryShipment/{number}",
        "name": f"#S{number}",
        "status": status,
        "tracking": {"arrivesAt": iso(60 * 24)},
        "lineItems": [arriving, arriving, arriving | {"inventoryItem": None}],
    }
    return told | changes


def inbound(of: Line) -> list[Event]:
    return of.events(*of.run("inbound"))


def test_goods_on_their_way_are_expected_until_they_are_received() -> None:
    shop = Shopify(shipments=[shipment(), shipment(2, tracking=None), shipment(3, "DRAFT")])
    of = line(shop)
    [event] = inbound(of)
    assert isinstance(event, StockExpected)
    assert (event.sku, event.quantity, event.reference) == ("TEA-EARL-100", 48, "#S1")
    assert (event.due, event.at) == (NOW + timedelta(days=1), NOW)
    of.now += timedelta(minutes=15)
    shop.shipments[0] = shipment(1, "PARTIALLY_RECEIVED", 4, 20)
    [event] = inbound(of)
    assert isinstance(event, StockExpected) and event.quantity == 8
    shop.shipments[0] = shipment(1, "RECEIVED", 0, 23)
    [event] = inbound(of)
    assert isinstance(event, StockReceived)
    assert (event.sku, event.quantity, event.reference, event.at) == ("TEA-EARL-100", 46, "#S1", of.heard[-1].at)
    assert inbound(of) == []


@pytest.mark.parametrize("after", [[], [shipment(1, "DRAFT")], [shipment(1, "RECEIVED", 0, 0)]])
def test_goods_that_will_not_come_are_withdrawn(after: list[Node]) -> None:
    shop = Shopify(shipments=[shipment()])
    of = line(shop)
    inbound(of)
    shop.shipments = after
    [event] = inbound(of)
    assert isinstance(event, StockExpected)
    assert (event.sku, event.quantity, event.reference) == ("TEA-EARL-100", 0, "#S1")
    assert inbound(of) == []


def test_a_filter_that_shopify_ignores_does_no_harm() -> None:
    of = line(Shopify(holds=[hold(1, status="CLOSED")], shipments=[shipment(1, "RECEIVED", 0, 9)], filters=False))
    of.run("holds")
    of.run("inbound")
    assert of.events() == []


def test_more_than_can_be_remembered_is_not_taken_for_gone() -> None:
    many = [hold(n, order={"legacyResourceId": f"{n}", "name": f"#{n}", "test": False}) for n in range(10_000, 11_200)]
    of = line(Shopify(holds=many, dearest=10_000, full=10_000, bucket=10_000))
    of.run("holds")
    of.stand.holds.reverse()  # type: ignore[attr-defined]
    told = [event for event in of.events(*of.run("holds")) if isinstance(event, OrderHeld)]
    assert len(told) == 200
    assert all(event.held for event in told)


def test_a_shipment_that_was_remembered_wrongly_is_passed_over() -> None:
    of = line(Shopify())
    of.cursors["inbound"] = json.dumps({"coming": {"gid://shopify/InventoryShipment/1": {"name": "#S1"}}})
    assert inbound(of) == []


# Webhooks of ours.


def hooks(shop: Shopify) -> dict[str, str]:
    return {hook["topic"]: hook["uri"] for hook in shop.webhooks}


def hook(topic: str, uri: str = ADDRESS, format: str = "JSON") -> Node:
    return {"id": f"gid://shopify/WebhookSubscription/{topic}", "topic": topic, "uri": uri, "format": format}


def states(found: tuple[Subscription, ...]) -> dict[str, tuple[str, bool, str]]:
    return {one.topic: (one.state, one.mended, one.note) for one in found}


def test_a_look_lists_what_points_at_us_and_changes_nothing() -> None:
    shop = Shopify(
        webhooks=[
            hook("ORDERS_CREATE"),
            hook("ORDERS_PAID", ADDRESS + "/"),
            hook("ORDERS_UPDATED", "https://else.example/"),
            hook("REFUNDS_CREATE", format="XML"),
        ]
    )
    before = json.dumps(shop.webhooks)
    found = states(line(shop).care(ADDRESS))
    assert json.dumps(shop.webhooks) == before
    assert found["orders/create"] == found["orders/paid"] == ("active", False, "")
    assert found["orders/updated"] == ("missing", False, "")
    assert found["refunds/create"] == ("disabled", False, "it sends XML")


def test_what_is_missing_is_subscribed_and_what_sends_xml_is_set_right() -> None:
    shop = Shopify(webhooks=[hook("REFUNDS_CREATE", format="XML"), hook("ORDERS_CREATE")])
    assert SOURCE.api is not None
    of = line(shop)
    wanted = SOURCE.api.wanted(of.front)
    found = states(of.care(ADDRESS, *wanted))
    assert found.keys() == set(wanted)
    assert found["orders/create"] == ("active", False, "")
    assert {state for topic, state in found.items() if topic != "orders/create"} == {("active", True, "")}
    assert {hook["format"] for hook in shop.webhooks} == {"JSON"}
    assert states(of.care(ADDRESS)) == dict.fromkeys(wanted, ("active", False, ""))


def test_what_shopify_will_not_subscribe_is_told_with_its_reason() -> None:
    shop = Shopify(lacks=frozenset({"read_shopify_payments_disputes"}))
    found = states(line(shop).care(ADDRESS, "disputes/create", "orders/create"))
    assert found["orders/create"] == ("active", True, "")
    state, mended, note = found["disputes/create"]
    assert (state, mended) == ("missing", False)
    assert "permission" in note


def test_what_somebody_subscribed_in_the_meantime_is_as_good() -> None:
    class Late(Shopify):
        def _subscribed(self, given: Any) -> Node:
            self.webhooks.append(hook(given["topic"]))
            return super()._subscribed(given)

    assert states(line(Late()).care(ADDRESS, "orders/create"))["orders/create"] == ("active", False, "")


def test_a_subscription_without_an_answer_stays_missing() -> None:
    found = states(line(Same({"data": {}})).care(ADDRESS, "orders/create"))  # type: ignore[arg-type]
    assert found["orders/create"] == ("missing", False, "Shopify did not say why")


def test_subscriptions_in_the_apps_own_file_are_left_to_shopify() -> None:
    of = line(Shopify(), webhooks="app")
    assert of.care(ADDRESS, "orders/create") == ()
    assert of.calls == []


def test_a_shop_that_counts_by_variant_wants_other_topics() -> None:
    assert SOURCE.api is not None
    levels = set(SOURCE.api.wanted(line(Shopify()).front))
    variants = set(SOURCE.api.wanted(line(Shopify(), stock="variants").front))
    assert levels - variants == {f"inventory_levels/{what}" for what in ("update", "connect", "disconnect")}
    assert variants - levels == {"variants/in_stock", "variants/out_of_stock"}


# What polls hear, read.

POLLED_FIXTURES = sorted((FIXTURES / "polled").glob("*.json"))


def fields(of: Callable[[str], Shopify], stream: str) -> set[str]:
    of_line = line(of(stream))
    told = of_line.run(stream)
    return set(paths(json.loads(told[0].bodies[0])))


def paths(value: Any, at: str = "") -> list[str]:
    if isinstance(value, dict):
        return [path for name, inner in value.items() for path in paths(inner, f"{at}.{name}")]
    if isinstance(value, list):
        return [path for inner in value for path in paths(inner, f"{at}[]")]
    return [at]


def played(stream: str) -> Shopify:
    """A shop in which each stream hears something."""
    looked = item(6, "TEA-6", (61001, 4)) | {
        "variants": [{"title": "100 g", "price": "12.00", "inventoryPolicy": "CONTINUE", "product": product(8)}]
    }
    schedules = {"paymentSchedules": [{"dueAt": iso(60 * 24), "completedAt": None}]}
    payout = {"id": "1", "legacyResourceId": "81", "status": "PAID", "issuedAt": iso(-60), "net": dispute()["amount"]}
    promoted = {
        "items": {
            "__typename": "DiscountProducts",
            "products": [{"handle": "earl-grey"}],
            "productVariants": [{"sku": "POT-CLAY"}],
        }
    }
    transactions = [paid(), paid("REFUND", id=42, amountSet=money("10.80"))]
    return Shopify(
        orders=[order(transactions=transactions, fulfillments=[sent()], paymentTerms=schedules)],
        items=[looked],
        products=[product(8)],
        locations=[place()],
        disputes=[dispute()],
        payouts=[payout],
        discounts=[discount(customerGets=promoted)],
        holds=[hold()],
        shipments=[shipment()],
    )


@pytest.mark.parametrize("path", POLLED_FIXTURES, ids=lambda path: path.stem)
def test_a_polled_fixture_is_what_the_played_api_gives(path: Any) -> None:
    of = line(played(path.stem))
    of.items = ("6",)
    [told] = of.run(path.stem)
    assert json.loads(told.bodies[0]) == json.loads(path.read_bytes())
    assert of.events()


def test_there_is_a_fixture_of_every_stream() -> None:
    assert SOURCE.api is not None
    assert {path.stem for path in POLLED_FIXTURES} == {stream.name for stream in SOURCE.api.streams}


@pytest.mark.parametrize("body", [b"", b"tea", b"[]", b"null", b"{}", b'{"nodes": {}}', b'{"nodes": [7]}'])
def test_a_polled_body_that_is_none_is_unparsable(body: bytes) -> None:
    for path in POLLED_FIXTURES:
        with pytest.raises(Unparsable):
            SOURCE.parse(Delivery("shopify", {POLLED: path.stem}, body, NOW), line(Shopify()).front)


def test_an_unknown_polled_topic_is_unrouted() -> None:
    with pytest.raises(Unrouted, match="polled topic 'tea'"):
        SOURCE.parse(Delivery("shopify", {POLLED: "tea"}, b"{}", NOW), line(Shopify()).front)
