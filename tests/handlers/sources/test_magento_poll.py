"""How Magento is polled, against the played API: nothing is lost, nothing is asked twice without need, and what is refused
is refused in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.delivery import Delivery, Unparsable
from bot.core.events import CampaignChanged, Event, ItemDescribed, OrderChanged, OrderPlaced, StockChanged
from bot.core.polling import Asked, Call, Denied, Keep, Response, Rest, Subscription
from bot.core.shopfront import Shopfront
from bot.demo.stores.magento import JOURNAL, KEYS, SHOP, TOKENS, Magento, Row
from handlers.sources.magento import SOURCE
from tests.handlers.sources import line as lines
from tests.handlers.sources.line import Same

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
URL = f"https://{SHOP}"
ADDRESS = "https://bot.example/webhooks/magento"
OAUTH = {name: KEYS[name] for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")}
BEARER = {"access_token": KEYS["access_token"]}
ADOBE = {name: KEYS[name] for name in ("client_id", "client_secret")}
JOURNAL_URL = f"https://{JOURNAL}/events/organizations/1/integrations/2/3"
WITH_JOURNAL = {"journal": JOURNAL_URL, "organization": "0123@AdobeOrg"}
assert SOURCE.api is not None
API = SOURCE.api
PLANS = {stream.name: stream.plan for stream in API.streams}


class Line(lines.Line):
    """A line to Magento, which asks for no rest. ``until`` is how long each token that it keeps is good."""

    def __init__(
        self, shop: Any, options: Mapping[str, Any] | None = None, keys: dict[str, str] | None = None, **more: Any
    ) -> None:
        self.runs: int = more.pop("runs", 0)
        self.until: dict[str, datetime] = {}
        self.shop = shop
        given = {"url": URL, "page_size": 3} | dict(options or {})
        super().__init__(SOURCE, shop, dict(OAUTH) if keys is None else keys, given, **more)

    def asked(self, cursor: str = "") -> Asked:
        """No two runs begin in one and the same moment."""
        self.runs += 1
        return replace(super().asked(cursor), now=self.now + timedelta(microseconds=self.runs))

    def _do(self, step: Any, stream: str) -> Response | None:
        assert not isinstance(step, Rest)
        if isinstance(step, Keep):
            self.until[step.name] = step.until
        return super()._do(step, stream)


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def order(number: int, at: datetime, state: str = "processing", due: float = 0) -> Row:
    return {
        "entity_id": number, "increment_id": f"{number:09}", "state": state, "status": state, "created_at": written(at),
        "updated_at": written(at), "order_currency_code": "EUR", "grand_total": 10.1 + number, "total_due": due,
        "customer_email": "pii@example.com", "billing_address": {"firstname": "Pii"},
        "items": [{"item_id": number, "sku": f"SKU-{number % 4}", "name": "Salt", "qty_ordered": 1, "row_total": 10.1}],
    }  # fmt: skip


def product(number: int, at: datetime) -> Row:
    links = [{"position": 0, "category_id": "4"}]
    return {
        "id": number, "sku": f"SKU-{number}", "name": "Salt", "price": 12.5, "updated_at": written(at),
        "custom_attributes": [{"attribute_code": "description", "value": "long"}],
        "extension_attributes": {"category_links": links, "website_ids": [1]},
    }  # fmt: skip


def shelf(sku: str, source: str, quantity: float = 5, number: int = 0) -> Row:
    return {"source_item_id": number, "sku": sku, "source_code": source, "quantity": quantity, "status": 1}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def numbers(events: list[Event]) -> list[str]:
    return [event.order for event in events if isinstance(event, OrderChanged)]


# Orders, and whatever else has a time of change.


def test_the_first_run_reads_a_day_and_goes_on_from_there() -> None:
    ages = [minutes(60 * 30), minutes(60 * 20), minutes(60), minutes(1)]
    shop = Magento(orders=[order(n, NOW - age) for n, age in enumerate(ages)])
    line = Line(shop)
    line.run("orders")
    assert numbers(line.events()) == ["1", "2", "3"]
    assert line.cursors["orders"] == written(NOW)
    line.now += minutes(2)
    shop.orders.append(order(9, line.now))
    assert numbers(line.events(*line.run("orders"))) == ["3", "9"]


def test_a_shop_without_orders_is_asked_once_and_the_cursor_moves() -> None:
    line = Line(Magento())
    assert [heard.bodies for heard in line.run("orders")] == [()]
    assert line.cursors["orders"] == written(NOW)
    assert len(line.shop.asked) == 1


def test_pages_are_read_on_from_the_last_thing_until_all_is_read() -> None:
    """Magento gives its last page again and again; only total_count says that it was the last."""
    line = Line(Magento(orders=[order(n, NOW - minutes(100 - n)) for n in range(8)]))
    line.run("orders")
    assert sorted(set(numbers(line.events()))) == [str(n) for n in range(8)]
    assert len(line.heard) == 4
    assert all(dict(call.params)["searchCriteria[currentPage]"] == "1" for call in line.shop.asked)


def test_many_things_of_one_second_are_read_by_page_numbers() -> None:
    line = Line(Magento(orders=[order(n, NOW - minutes(5)) for n in range(10)] + [order(10, NOW)]))
    line.run("orders")
    assert set(numbers(line.events())) == {str(n) for n in range(11)}
    assert {dict(call.params)["searchCriteria[currentPage]"] for call in line.shop.asked} == {"1", "2", "3", "4"}


def test_an_order_that_changes_while_pages_are_read_takes_no_other_out_of_them() -> None:
    """With page numbers, the first order of the second page would have moved to the first one, unread."""
    shop = Magento(orders=[order(n, NOW - minutes(100 - n)) for n in range(6)])
    line = Line(shop)
    line.run("orders", steps=2)
    shop.orders[0] |= {"updated_at": written(NOW), "state": "complete"}
    line.run("orders")
    told = line.events()
    assert set(numbers(told)) == {str(n) for n in range(6)}
    assert [event.shipped for event in told if isinstance(event, OrderChanged) and event.order == "0"][-1]


def test_orders_with_hundreds_of_lines_are_all_read() -> None:
    shop = Magento(orders=[order(n, NOW - minutes(100 - n)) for n in range(30)])
    for row in shop.orders:
        row["items"] = [item | {"item_id": n} for item in row["items"] for n in range(900)]
    line = Line(shop, {"page_size": 40})
    line.run("orders")
    assert sorted(set(numbers(line.events())), key=int) == [str(n) for n in range(30)]


@pytest.mark.parametrize(
    ("stream", "table", "rows"),
    [
        ("orders", "orders", [order(n, NOW - minutes(9 - n)) for n in range(5)]),
        ("products", "products", [product(n, NOW - minutes(9 - n)) for n in range(5)]),
        ("sales-rules", "rules", [{"rule_id": n, "name": "Salt", "from_date": "2026-11-27"} for n in range(5)]),
    ],
)
def test_a_thing_that_cannot_be_understood_keeps_no_other_of_its_page_back(
    stream: str, table: str, rows: list[Row]
) -> None:
    rows[2] |= {"grand_total": "a lot", "price": "dear", "from_date": "0000-00-00"}
    shop = Magento()
    setattr(shop, table, rows)
    line = Line(shop, {"page_size": 40})
    line.run(stream)
    told, odd = line.subjects()
    assert (len(told), odd) == (4, 1)


def test_nothing_about_a_customer_leaves_the_shop() -> None:
    line = Line(Magento(orders=[order(1, NOW)], products=[product(1, NOW)]))
    line.run("orders")
    line.run("products")
    assert b"pii" not in b"".join(body for heard in line.heard for body in heard.bodies).lower()
    assert b"long" not in line.heard[-1].bodies[0]


def test_a_products_page_is_asked_for_and_none_of_its_other_free_attributes() -> None:
    paged = product(1, NOW)
    paged["custom_attributes"] += [{"attribute_code": "url_key", "value": "salt-flakes"}, "odd"]
    bare = product(2, NOW) | {"custom_attributes": None}
    line = Line(Magento(products=[paged, bare]))
    line.run("products")
    assert [event.groups for event in line.events() if isinstance(event, ItemDescribed)] == [
        ("category/4", "/salt-flakes.html"),
        ("category/4",),
    ]
    assert not any(b"long" in body for heard in line.heard for body in heard.bodies)


def test_products_are_all_read_once_and_then_as_they_change() -> None:
    shop = Magento(products=[product(n, NOW - timedelta(days=400 - n)) for n in range(5)])
    line = Line(shop)
    line.run("products")
    described = [event for event in line.events() if isinstance(event, ItemDescribed)]
    assert {event.sku for event in described} == {f"SKU-{n}" for n in range(5)}
    assert described[0].groups == ("category/4",)
    assert "gteq" not in dict(shop.asked[0].params).values()
    line.now += minutes(60)
    shop.products[2]["updated_at"] = written(line.now)
    assert len(line.events(*line.run("products"))) == 1


@pytest.mark.parametrize("size", [1, 300])
def test_shipments_and_credit_memos_are_read_in_the_same_way(size: int) -> None:
    own = {"created_at": written(NOW), "updated_at": written(NOW), "order_id": 1}
    shop = Magento(
        shipments=[{"entity_id": n, "tracks": [{"track_number": "A", "order_id": 1}], **own} for n in range(3)],
        creditmemos=[{"entity_id": n, "grand_total": 5, "order_currency_code": "EUR", "state": 2, **own} for n in range(3)],
    )  # fmt: skip
    line = Line(shop, {"page_size": size})
    for stream in ("shipments", "creditmemos"):
        assert len({event.key for event in line.events(*line.run(stream))}) == 3


def test_a_run_that_was_cut_off_at_any_step_loses_nothing() -> None:
    shop = Magento(orders=[order(n, NOW - minutes(100 - n // 5)) for n in range(14)])
    whole = Line(shop)
    whole.run("orders")
    for steps in range(1, 2 * len(whole.heard) + 1):
        line = Line(shop, runs=10 * steps)
        line.run("orders", steps)
        line.now += minutes(30)
        line.run("orders")
        assert set(numbers(line.events())) == set(numbers(whole.events()))


# Stock and rules, which have no time of change.


def stocked(count: int) -> Magento:
    return Magento(source_items=[shelf(f"SKU-{n // 2}", ("a", "b")[n % 2], n, n) for n in range(count)])


def levels(events: list[Event]) -> dict[tuple[str, str], int | None]:
    found = {}
    for event in sorted(events, key=lambda event: event.at):
        assert isinstance(event, StockChanged)
        found[event.sku, event.location] = event.available
    return found


def at_page(line: Line) -> int:
    return int(json.loads(line.cursors["stock"])["page"])


def test_what_two_counts_did_not_tell_of_is_gone() -> None:
    shop = stocked(7)
    line = Line(shop)
    began = []
    for _ in range(3):
        began.append(line.now)
        line.run("stock")
        line.now += minutes(15)
    assert line.counted == began[:2]
    line.run("stock", 3)
    line.now += minutes(5)
    line.run("stock")
    assert line.counted == began
    shop.source_items.clear()
    line.run("stock")
    assert line.counted == began


def test_all_stock_is_read_page_by_page_as_of_when_it_was_asked() -> None:
    line = Line(stocked(7))
    line.run("stock")
    assert levels(line.events()) == {(f"SKU-{n // 2}", ("a", "b")[n % 2]): n for n in range(7)}
    line.run("stock")
    places = [json.loads(heard.cursor) for heard in line.heard]
    assert [place["page"] for place in places] == [2, 3, 1] * 2
    assert [place["first"] for place in places] == [True, True, *[False] * 4]
    assert {heard.topic for heard in line.heard} == {"source-items"}
    assert {heard.at for heard in line.heard} == {NOW}


@pytest.mark.parametrize("steps", range(1, 7))
def test_stock_that_was_cut_off_is_read_on_and_then_from_the_beginning(steps: int) -> None:
    line = Line(stocked(7))
    line.run("stock", steps)
    line.run("stock")
    assert len(levels(line.events())) == 7
    assert at_page(line) == 1


def test_pages_that_are_no_longer_there_are_the_last_one_again() -> None:
    line = Line(stocked(7), cursors={"stock": '{"page": 9}'})
    line.run("stock")
    assert (len(line.heard), at_page(line)) == (1, 1)


@pytest.mark.parametrize("cursor", ["", "²", "x", "1", "1 first", "[]", '{"page": 0}', '{"page": "x"}'])
def test_whatever_the_cursor_is_stock_is_read(cursor: str) -> None:
    line = Line(stocked(2), cursors={"stock": cursor})
    line.run("stock")
    assert len(line.events()) == 2


def test_without_stock_there_is_nothing_to_tell() -> None:
    line = Line(Magento())
    assert [heard.bodies for heard in line.run("stock")] == [()]


def test_salable_is_asked_for_each_sku_once_a_page_and_unknown_ones_are_left_out() -> None:
    shop = stocked(7)
    shop.source_items.append(shelf("SALT & PEPPER/250", "a"))
    shop.salable = {"SKU-0": 3, "SKU-1": 4.5, "SALT & PEPPER/250": 0, "SKU-3": -2}
    line = Line(shop, {"stock": "salable", "stock_id": 2, "page_size": 300})
    line.run("stock")
    assert levels(line.events()) == {
        ("SKU-0", "salable"): 3, ("SKU-1", "salable"): 4, ("SKU-3", "salable"): -2, ("SALT & PEPPER/250", "salable"): 0,
    }  # fmt: skip
    assert [call.url.rpartition("quantity/")[2] for call in shop.asked[1:]] == [
        "SALT%20%26%20PEPPER%2F250/2", "SKU-0/2", "SKU-1/2", "SKU-2/2", "SKU-3/2",
    ]  # fmt: skip


def test_what_is_asked_one_by_one_keeps_other_streams_waiting_only_at_the_first_look() -> None:
    shop = Magento(
        source_items=[shelf(f"SKU-{n:02}", "a") for n in range(70)], salable={f"SKU-{n:02}": n for n in range(70)}
    )
    line = Line(shop, {"stock": "salable"})
    line.run("stock", 30)
    line.run("stock")
    assert len(levels(line.events())) == 70
    assert at_page(line) == 1
    pages = []
    for _ in range(3):
        pages.append(len(line.run("stock")))
    assert (pages, at_page(line)) == ([10, 10, 4], 1)


def test_without_sources_the_stock_item_of_each_product_is_asked_for() -> None:
    shop = Magento(products=[product(n, NOW) | {"entity_id": n, "type_id": "simple"} for n in range(5)])
    shop.products[3]["type_id"] = "configurable"
    item = {"is_in_stock": True, "manage_stock": True, "use_config_manage_stock": True, "item_id": 1}
    shop.stock_items = {f"SKU-{n}": {"product_id": n, "qty": n + 0.5, **item} for n in (0, 1, 3, 4)}
    line = Line(shop, {"stock": "items"})
    line.run("stock")
    assert levels(line.events()) == {("SKU-0", "default"): 0, ("SKU-1", "default"): 1, ("SKU-4", "default"): 4}
    assert [call.url.rpartition("/")[2] for call in shop.asked] == [
        "products",
        "SKU-0",
        "SKU-1",
        "SKU-2",
        "products",
        "SKU-4",
    ]


def test_all_rules_are_read_again_and_again() -> None:
    rules = [{"rule_id": n, "name": "Pepper week", "is_active": True, "from_date": "2026-11-27"} for n in range(4)]
    line = Line(Magento(rules=rules))
    for _ in range(2):
        assert len(line.events(*line.run("sales-rules"))) == 4


def standing(line: Line) -> dict[str, str]:
    """How each campaign stands, by what was told last."""
    return {event.campaign: event.status for event in line.events() if isinstance(event, CampaignChanged)}


def rule(number: int, **changes: Any) -> Row:
    return {
        "rule_id": number, "name": "Pepper week", "is_active": True, "from_date": "2026-11-27", "to_date": "2026-11-30"
    } | changes  # fmt: skip


def test_a_rule_that_was_deleted_or_lost_its_first_day_is_a_campaign_no_more() -> None:
    shop = Magento(rules=[rule(n) for n in range(1, 8)])
    line = Line(shop)
    line.run("sales-rules")
    del shop.rules[5:]
    shop.rules[0]["from_date"] = None
    shop.rules[1]["is_active"] = False
    line.run("sales-rules")
    stands = {f"rule-{n}": "cancelled" if n in (1, 2, 6, 7) else "scheduled" for n in range(1, 8)}
    assert standing(line) == stands
    calls = len(shop.asked)
    line.run("sales-rules")
    assert (standing(line), len(shop.asked)) == (stands, calls + 2)


def test_a_rule_that_moved_to_another_page_while_it_was_read_stays_a_campaign() -> None:
    class Shifting(Magento):
        def answer(self, call: Call, now: datetime) -> Response:
            given = super().answer(call, now)
            self.rules = self.rules[-4:]
            return given

    line = Line(Shifting(rules=[rule(n) for n in range(1, 6)]))
    line.cursors["sales-rules"] = json.dumps({"known": {"4": rule(4)}})
    line.run("sales-rules")
    assert line.calls[-1].url.endswith("/salesRules/4")
    assert standing(line)["rule-4"] == "scheduled"


def test_a_rule_whose_last_day_is_over_is_not_missed() -> None:
    shop = Magento(rules=[rule(1, to_date="2026-11-19"), rule(2, to_date="2026-11-20"), rule(3, to_date=None)])
    line = Line(shop)
    line.run("sales-rules")
    shop.rules.clear()
    line.run("sales-rules")
    assert standing(line) == {"rule-1": "ended", "rule-2": "cancelled", "rule-3": "cancelled"}


@pytest.mark.parametrize("cursor", ["2 first", "1", "[]", '{"known": 3}', '{"known": {"4": 5}}'])
def test_whatever_the_cursor_is_rules_are_read_from_the_beginning(cursor: str) -> None:
    line = Line(Magento(rules=[rule(n) for n in range(4)]))
    line.cursors["sales-rules"] = cursor
    line.run("sales-rules")
    assert len(standing(line)) == 4


# Who asks.


def test_each_request_has_a_signature_and_a_nonce_of_its_own() -> None:
    line = Line(Magento(orders=[order(n, NOW) for n in range(7)]))
    line.run("orders")
    line.run("orders")
    assert len(line.shop.nonces) == len(line.shop.asked) == 8
    assert all(call.headers["authorization"].startswith("OAuth ") for call in line.shop.asked)


def test_a_request_that_was_repeated_on_its_way_is_signed_anew() -> None:
    """The edge repeats the very same request, whose nonce Magento has noted before it failed."""
    line = Line(Magento(orders=[order(1, NOW)], fails=1))
    line.run("orders")
    assert numbers(line.events()) == ["1"]
    assert len(line.shop.asked) == 3


def test_a_shop_whose_clock_is_slow_gets_a_time_that_it_takes() -> None:
    line = Line(Magento(orders=[order(1, NOW - minutes(40))], ahead=-minutes(30)))
    line.run("orders")
    assert numbers(line.events()) == ["1"]
    assert line.cursors["orders"] == written(NOW - minutes(30))


def test_an_access_token_alone_goes_as_a_bearer_where_magento_takes_it() -> None:
    line = Line(Magento(orders=[order(1, NOW)], bearer=True), keys=dict(BEARER))
    line.run("orders")
    assert numbers(line.events()) == ["1"]
    assert line.shop.asked[0].headers == {"authorization": f"Bearer {KEYS['access_token']}"}


def test_the_cloud_is_asked_with_adobes_token_which_is_kept() -> None:
    line = Line(Magento(orders=[order(1, NOW)]), {"organization": "0123@AdobeOrg", "scope": "openid"}, dict(ADOBE))
    line.run("orders")
    line.run("shipments")
    assert numbers(line.events(line.heard[0])) == ["1"]
    assert [call.url for call in line.shop.asked].count(f"https://{TOKENS}/ims/token/v3") == 1
    assert line.shop.asked[1].headers == {
        "authorization": "Bearer adobe-0", "x-api-key": KEYS["client_id"], "x-ims-org-id": "0123@AdobeOrg",
    }  # fmt: skip
    assert ("scope", "openid") in line.shop.asked[0].form
    assert line.until["token"] == NOW + timedelta(seconds=86_399) - minutes(5)


def test_a_token_that_ended_is_forgotten_and_replaced_once() -> None:
    line = Line(Magento(orders=[order(1, NOW)]), keys=ADOBE | {"token": "of yesterday"})
    line.shop.tokens["of yesterday"] = NOW
    line.run("orders")
    assert numbers(line.events()) == ["1"]
    assert line.keys["token"] == "adobe-1"


DENIED: list[tuple[str, Magento, dict[str, str], int, str]] = [
    ("bearer off", Magento(), BEARER, 401, "enable_integration_as_bearer"),
    ("wrong secret", Magento(), OAUTH | {"consumer_secret": "another-secret"}, 401, "keys or their signature .* signature is invalid"),
    ("resource", Magento(lacks=frozenset({"Magento_Sales::actions_view"})), OAUTH, 401, "lacks a resource .*Magento_Sales::actions_view"),
    ("wrong client", Magento(), ADOBE | {"client_secret": "another-secret"}, 400, "no token for client_id"),
    ("no credentials", Magento(), {}, 0, "client_id and client_secret are missing"),
    ("tokens end at once", Magento(token_lasts=0), ADOBE, 401, "isn't authorized"),
    ("page size", Magento(most=2), OAUTH, 400, "Maximum SearchCriteria pageSize is 2"),
]  # fmt: skip


@pytest.mark.parametrize(("shop", "keys", "status", "why"), [row[1:] for row in DENIED], ids=[row[0] for row in DENIED])
def test_a_refusal_is_told_in_words_without_a_secret(
    shop: Magento, keys: dict[str, str], status: int, why: str
) -> None:
    with pytest.raises(Denied, match=why) as denied:
        Line(shop, keys=dict(keys)).run("orders")
    assert denied.value.status == status
    assert not any(value in str(denied.value) for name, value in keys.items() if "id" not in name)


def test_a_shop_that_is_elsewhere_is_denied() -> None:
    with pytest.raises(Denied, match="nothing answers there"):
        Line(Magento(), {"url": f"{URL}/elsewhere"}).run("orders")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>maintenance</html>"), (200, b"[]"), (200, b"null"), (200, b"{}"), (200, b'{"items": {}}'),
        (200, b'{"items": [], "total_count": null}'), (200, b'{"items": null, "total_count": 5}'),
        (200, b'{"items": [{"updated_at": "now"}], "total_count": 1}'), (200, b'{"items": [{}], "total_count": 1}'),
        (200, b'{"items": [7], "total_count": 1}'), (200, b'{"items": [{"updated_at": "0001-01-01 00:00:00"}], "total_count": 1}'),
        (200, b'{"items": [{"updated_at": "2026-11-20T10:00:00Z"}], "total_count": 1}'),
        (500, b"<html>"), (500, b"[]"), (403, b'{"message": "\\u0000 no\\n\\u2028"}'), (302, b""), (500, b"[" * 100_000),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_page_is_denied_and_no_other_exception(status: int, body: bytes) -> None:
    with pytest.raises(Denied) as denied:
        Line(Same(body, status)).run("orders")
    assert denied.value.status == status
    assert str(denied.value).isprintable()


@pytest.mark.parametrize("body", [b"[]", b"tea", b'{"access_token": 7}', b"{}"])
def test_a_token_that_is_none_is_denied(body: bytes) -> None:
    with pytest.raises(Denied):
        Line(Same(body), keys=dict(ADOBE)).run("orders")


@pytest.mark.parametrize(
    ("url", "scope"), [(URL, "adobeio_api"), ("https://na1.api.commerce.adobe.com/spice", "commerce.accs")]
)
def test_the_scope_of_a_token_is_that_of_what_is_asked(url: str, scope: str) -> None:
    plan = PLANS["orders"](Asked(Shopfront("magento", "leaf", options={"url": url}), ADOBE, "", NOW))
    call = next(plan)
    assert isinstance(call, Call) and scope in dict(call.form)["scope"].split(",")


@pytest.mark.parametrize("lasts", ["null", '"x"', "-1", "1e9", "99999999999"])
def test_a_token_of_unknown_age_is_not_kept(lasts: str) -> None:
    line = Line(Same(b'{"access_token": "x", "expires_in": %s}' % lasts.encode()), keys=dict(ADOBE))
    with pytest.raises(Denied):
        line.run("orders")
    assert line.until["token"] <= NOW


ADDRESSES: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [
    ({"url": "https://Shop.example/"}, "https://Shop.example/rest/V1", ("shop.example", TOKENS)),
    ({"url": "https://shop.example:443/m2", "store": "de"}, "https://shop.example:443/m2/rest/de/V1", ("shop.example", TOKENS)),
    ({"url": "https://shop.example:8443"}, "https://shop.example:8443/rest/V1", ("shop.example:8443", TOKENS)),
    (
        {"url": "https://na1.api.commerce.adobe.com/spice"},
        "https://na1.api.commerce.adobe.com/spice/V1",
        ("na1.api.commerce.adobe.com", TOKENS),
    ),
    (WITH_JOURNAL, "", (JOURNAL, TOKENS)),
]  # fmt: skip


@pytest.mark.parametrize(("options", "rest", "hosts"), ADDRESSES)
def test_where_calls_go(options: dict[str, Any], rest: str, hosts: tuple[str, ...]) -> None:
    front = Shopfront("magento", "leaf", options=options)
    assert API.hosts(front) == hosts
    steps = list(zip(range(1), PLANS["orders"](Asked(front, OAUTH, "", NOW)), strict=False))
    assert [step.url for _, step in steps if isinstance(step, Call)] == ([f"{rest}/orders"] if rest else [])
    assert bool(API.wanted(front)) == bool(rest)


@pytest.mark.parametrize("stream", sorted(PLANS))
def test_what_the_config_does_not_say_is_not_asked(stream: str) -> None:
    assert list(PLANS[stream](Asked(Shopfront("magento", "leaf"), OAUTH, "", NOW))) == []


# Adobe's journal.


def told(number: int, at: datetime) -> tuple[datetime, Row]:
    """An order's event in the journal."""
    kind = "com.adobe.commerce.observer.sales_order_save_commit_after"
    value = {"entity_id": str(number), "grand_total": "5.0000", "updated_at": written(at)}
    return at, {
        "specversion": "1.0",
        "id": f"e-{number}",
        "type": kind,
        "time": at.isoformat(),
        "data": {"value": value},
    }


def test_the_journal_is_read_from_its_end_and_then_on() -> None:
    line = Line(Magento(journal=[told(n, NOW) for n in range(3)]), WITH_JOURNAL, dict(ADOBE))
    line.run("journal")
    assert line.events() == []
    assert line.cursors["journal"] == "penguin:3"
    line.shop.journal += [told(n, NOW) for n in range(3, 208)]
    line.run("journal")
    assert numbers(line.events()) == [str(n) for n in range(3, 208)]
    assert [len(heard.bodies) for heard in line.heard] == [0, 100, 100, 5, 0]


@pytest.mark.parametrize("steps", range(1, 9))
def test_a_journal_that_was_cut_off_is_read_on(steps: int) -> None:
    shop = Magento(journal=[told(n, NOW) for n in range(250)])
    line = Line(shop, WITH_JOURNAL, dict(ADOBE), cursors={"journal": "penguin:20"})
    line.run("journal", steps)
    line.run("journal")
    assert sorted(set(map(int, numbers(line.events())))) == list(range(20, 250))


def test_a_position_that_is_gone_is_followed_by_the_oldest_event_that_is_left() -> None:
    journal = [told(n, NOW - timedelta(days=9 - n)) for n in range(9)]
    line = Line(Magento(journal=journal), WITH_JOURNAL, dict(ADOBE), cursors={"journal": "penguin:1"})
    line.run("journal")
    assert numbers(line.events()) == [str(n) for n in range(2, 9)]
    assert line.cursors["journal"] == "penguin:9"


@pytest.mark.parametrize("more", [b"", b', "events": []', b', "events": 7', b', "events": [7, {}]'])
def test_a_journal_that_names_no_position_is_read_once(more: bytes) -> None:
    line = Line(Same(b'{"access_token": "x"%s}' % more), WITH_JOURNAL, dict(ADOBE), cursors={"journal": "a"})
    line.run("journal")
    assert [(heard.cursor, heard.bodies) for heard in line.heard] == [("a", ())]


def test_a_token_that_ended_is_replaced_for_the_journal_too() -> None:
    line = Line(
        Magento(journal=[told(1, NOW)]),
        WITH_JOURNAL,
        ADOBE | {"token": "of yesterday"},
        cursors={"journal": "penguin:0"},
    )
    line.run("journal")
    assert numbers(line.events()) == ["1"]
    assert line.keys["token"] == "adobe-0"


def test_an_event_of_the_journal_that_lacks_a_field_keeps_no_other_back() -> None:
    line = Line(
        Magento(journal=[told(n, NOW) for n in range(3)]), WITH_JOURNAL, dict(ADOBE), cursors={"journal": "penguin:0"}
    )
    del line.shop.journal[1][1]["data"]["value"]["grand_total"]
    [page, _] = line.run("journal")
    assert [len(line.events(replace(page, bodies=(page.bodies[n],)))) for n in (0, 2)] == [2, 2]
    with pytest.raises(Unparsable, match="grand_total is missing"):
        line.events(page)


def test_the_journal_has_its_own_token_also_where_the_shop_is_asked_with_other_keys() -> None:
    line = Line(Magento(journal=[told(1, NOW)]), WITH_JOURNAL, OAUTH | ADOBE, cursors={"journal": "penguin:0"})
    line.run("journal")
    line.run("orders")
    assert numbers(line.events()) == ["1"]
    assert [call.headers.get("authorization", "")[:6] for call in line.shop.asked] == ["", "Bearer", "Bearer", "OAuth "]


def test_a_journal_without_keys_is_denied() -> None:
    with pytest.raises(Denied, match="client_id"):
        Line(Magento(), WITH_JOURNAL).run("journal")


# Webhooks.

WANTED = ("sales.order.saved", "sales.shipment.saved")
ADDRESS = "https://bot.example/webhooks/magento"


def caring(**over: Any) -> Line:
    return Line(Magento(**over), keys=OAUTH | {"verification_token": KEYS["verification_token"]})


def subscription(number: int, name: str, status: Any = True, address: str = ADDRESS) -> Row:
    return {
        "subscription_id": number,
        "event_name": name,
        "recipient_url": address,
        "status": status,
        "metadata": "http",
    }


def test_subscriptions_are_made_with_the_verification_token_and_found_again() -> None:
    line = caring()
    assert line.care(ADDRESS) == ()
    assert line.care(ADDRESS, *WANTED) == tuple(Subscription(name, "active", mended=True) for name in WANTED)
    assert line.care(ADDRESS, *WANTED) == tuple(Subscription(name, "active") for name in WANTED)
    made = [json.loads(call.body)["asyncEvent"] for call in line.shop.asked if call.method == "POST"]
    assert [event["verification_token"] for event in made] == [KEYS["verification_token"]] * 2
    assert all(not call.harmless for call in line.shop.asked if call.method == "POST")


@pytest.mark.parametrize("off", [False, 0, "0"])
def test_a_subscription_that_was_switched_off_is_switched_on_when_that_is_wished(off: Any) -> None:
    line = caring(subscriptions=[subscription(7, WANTED[0], off), subscription(8, WANTED[1], "1")])
    assert line.care(ADDRESS) == (Subscription(WANTED[0], "disabled"), Subscription(WANTED[1], "active"))
    assert line.care(ADDRESS, *WANTED)[0] == Subscription(WANTED[0], "active", mended=True)
    assert line.care(ADDRESS) == tuple(Subscription(name, "active") for name in WANTED)


def test_of_two_subscriptions_to_one_event_the_active_one_counts() -> None:
    for pair in ([False, True], [True, False]):
        line = caring(subscriptions=[subscription(n, WANTED[0], status) for n, status in enumerate(pair)])
        assert line.care(ADDRESS) == (Subscription(WANTED[0], "active"),)


def test_other_peoples_subscriptions_are_left_alone() -> None:
    line = caring(subscriptions=[subscription(1, WANTED[0], False, "https://other.example")])
    assert line.care(ADDRESS) == ()
    assert Line(Same(json.dumps({"items": [*line.shop.subscriptions, 7, {}]}).encode())).care(ADDRESS) == ()
    assert Line(Same(b"[]")).care(ADDRESS) == ()


def test_an_event_that_the_shop_does_not_define_is_missing_with_the_reason() -> None:
    [found] = caring().care(ADDRESS, "kettle.boiled")
    assert (found.state, found.note) == ("missing", "There is no event kettle.boiled")


def test_without_the_module_polling_is_enough() -> None:
    with pytest.raises(Denied, match="not installed; nothing is lost"):
        caring(module=False).care(ADDRESS, *WANTED)


MANAGE = frozenset({"MageOS_AsyncEvents::manage"})


@pytest.mark.parametrize(
    "line",
    [caring(module=False), caring(lacks=MANAGE), Line(Magento(), {"url": ""})],
    ids=["module", "resource", "url"],
)
def test_a_mere_look_where_nothing_can_be_seen_troubles_nobody(line: Line) -> None:
    assert line.care(ADDRESS) == ()


def test_care_needs_to_know_the_shop_and_the_token_and_to_be_allowed() -> None:
    with pytest.raises(Denied, match="verification_token is missing"):
        Line(Magento()).care(ADDRESS, *WANTED)
    with pytest.raises(Denied, match="url is missing"):
        Line(Magento(), {"url": ""}).care(ADDRESS, *WANTED)
    with pytest.raises(Denied, match="lacks a resource"):
        caring(lacks=MANAGE).care(ADDRESS, *WANTED)


def test_the_events_to_subscribe_to_are_the_shops_own() -> None:
    assert API.wanted(Line(Magento()).front) == WANTED
    assert API.wanted(Line(Magento(), {"events": ["order.placed"]}).front) == ("order.placed",)


# All of it together.


def state(events: list[Event]) -> dict[Any, Any]:
    """What is known after these events: the latest telling of each thing, and each order as it was placed."""
    known: dict[Any, Any] = {}
    for event in sorted(events, key=lambda event: event.at):
        if isinstance(event, OrderPlaced):
            known.setdefault(("placed", event.order), (event.at, event.total, event.lines))
        elif isinstance(event, OrderChanged):
            known["order", event.order] = event
        elif isinstance(event, StockChanged):
            known["stock", event.sku, event.location] = event.available
        else:
            known[type(event), event.subject] = event
    return known


LIFE = ("new", "processing", "holded", "complete", "closed")
HAPPENINGS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(LIFE),
        st.integers(1, 400),
        st.booleans(),
        st.sampled_from(["", "", "poll", "cut"]),
        st.integers(1, 6),
    ),
    max_size=25,
)


@settings(max_examples=120, deadline=None)
@given(HAPPENINGS)
def test_whichever_webhooks_are_lost_the_bot_ends_with_what_the_shop_has(happenings: Any) -> None:
    """Orders are placed and change, stock goes up and down; some of it is told by webhooks, some polls are cut off."""
    shop, line = Magento(), Line(Magento())
    line.shop = line.stand = shop
    line.run("orders")
    by_webhook: list[Event] = []
    for number, phase, seconds, lost, then, steps in happenings:
        line.now += timedelta(seconds=seconds)
        found = next((row for row in shop.orders if row["entity_id"] == number), None)
        if found is None:
            found = order(number, line.now)
            shop.orders.append(found)
        found |= {
            "updated_at": written(line.now),
            "state": phase,
            "status": phase,
            "total_due": 5 if phase == "new" else 0,
        }
        shop.source_items[:] = [row for row in shop.source_items if row["sku"] != f"SKU-{number}"]
        shop.source_items.append(shelf(f"SKU-{number}", "a", seconds, number))
        if not lost:
            event = {"specversion": "1.0", "id": str(line.now), "type": "sales.order.saved", "data": found}
            given = Delivery("magento", {}, json.dumps(event).encode(), line.now)
            by_webhook += SOURCE.parse(given, line.front)
        if then:
            line.run("orders", steps if then == "cut" else 10_000)
            line.run("stock", steps if then == "cut" else 10_000)
    line.now += timedelta(hours=1)
    for stream in ("orders", "stock", "stock"):
        line.run(stream)
    fresh = Line(shop, now=line.now)
    for stream in ("orders", "stock"):
        fresh.run(stream)
    assert state(by_webhook + line.events()) == state(fresh.events())


def test_a_webhook_and_a_poll_of_one_order_tell_the_very_same_events() -> None:
    row = order(7, NOW, "payment_review", due=17.1)
    line = Line(Magento(orders=[row]))
    line.run("orders")
    event = {"specversion": "1.0", "id": "1", "type": "sales.order.saved", "data": row}
    webhook = SOURCE.parse(Delivery("magento", {}, json.dumps(event).encode(), NOW + minutes(1)), line.front)
    assert line.events() == list(webhook)
    assert [(type(a), a.subject, a.at, a.key) for a in line.events()] == [
        (type(a), a.subject, a.at, a.key) for a in webhook
    ]


def test_a_plan_asks_only_within_its_own_time() -> None:
    """What a plan is given does not change, so the same plan run twice asks the same, but for what is kept."""
    line = Line(Magento(orders=[order(1, NOW)]))
    one, again, other = (next(PLANS["orders"](replace(line.asked(), now=now))) for now in (NOW, NOW, NOW + minutes(1)))
    assert isinstance(one, Call) and isinstance(other, Call)
    assert one == again
    assert one.headers != other.headers
