"""Shopify's own SDK agrees with us: on which deliveries are genuine, on how a token is asked for, on how a query is."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopify_app import ShopifyApp
from shopify_app.exchange.client_credentials import exchange_using_client_credentials
from shopify_app.graphql.admin_graphql import admin_graphql_request

from bot.core.delivery import Delivery, Unverified
from bot.core.polling import Call
from bot.core.shopfront import Shopfront
from bot.demo.stores.shopify import CLIENT, DOMAIN, Shopify
from handlers.sources._shopify import fields
from handlers.sources._shopify.calls import VERSION
from handlers.sources.shopify import SOURCE
from tests.handlers.sources.line import NOW
from tests.handlers.sources.test_shopify_poll import line, order, orders

SECRET, OLD = "one-kettle", "two-pots"
FRONT = Shopfront("shopify", "leaf", options={"domain": DOMAIN})
APP = ShopifyApp(client_id="kettle", client_secret=SECRET, old_client_secret=OLD)
NAME = DOMAIN.partition(".")[0]


def by_us(headers: dict[str, str], body: bytes) -> bool:
    try:
        SOURCE.verify(Delivery("shopify", headers, body, NOW), (SECRET, OLD), NOW, FRONT)
    except Unverified:
        return False
    return True


def by_shopify(headers: dict[str, str], body: str) -> bool:
    request: Any = {"method": "POST", "url": "https://bot.example/", "headers": headers, "body": body}
    return bool(APP.verify_webhook_req(request).ok)


@pytest.mark.parametrize("x", ["x-", ""])
@given(st.text(st.characters(codec="utf-8"), max_size=60), st.sampled_from([SECRET, OLD, "three-cups"]), st.booleans())
def test_it_takes_the_deliveries_that_we_take_and_no_others(x: str, body: str, secret: str, tampered: bool) -> None:
    signed = SOURCE.sign("orders/create", body.encode(), secret, NOW, FRONT)
    headers = {x + name.removeprefix("x-"): value for name, value in signed.items()}
    arrived = body + " " if tampered else body
    assert by_us(headers, arrived.encode()) == by_shopify(headers, arrived) == (secret != "three-cups" and not tampered)


@given(st.binary(max_size=40))
def test_it_takes_no_signature_that_we_do_not_take(mac: bytes) -> None:
    signed = SOURCE.sign("orders/create", b"{}", SECRET, NOW, FRONT)
    headers = signed | {"x-shopify-hmac-sha256": base64.b64encode(mac).decode()}
    assert by_us(headers, b"{}") is by_shopify(headers, "{}") is False


def client(shop: Shopify) -> httpx.Client:
    """A client whose every request the played API answers."""

    def handle(request: httpx.Request) -> httpx.Response:
        call = Call("POST", str(request.url), headers=dict(request.headers), body=request.read())
        answer = shop.answer(call, NOW)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)

    return httpx.Client(transport=httpx.MockTransport(handle))


def test_it_gets_a_token_and_asks_with_it_as_we_do() -> None:
    shop = Shopify(orders=orders(3))
    with client(shop) as http:
        config: Any = CLIENT | {"old_client_secret": None}
        granted = exchange_using_client_credentials(NAME, config, http_client=http)
        assert granted.ok and granted.access_token is not None
        found = admin_graphql_request(
            fields.page(fields.ORDERS, 5), NAME, granted.access_token.token, VERSION,
            variables={"after": None, "where": f"updated_at:>='{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}'"},
            http_client=http,
        )  # fmt: skip
    assert found.ok and found.data is not None
    ours = line(shop, dict(CLIENT))
    [heard] = ours.run("orders")
    theirs = {node["id"] for node in found.data["orders"]["nodes"]}
    assert theirs == {json.loads(body)["nodes"][0]["id"] for body in heard.bodies} == {"1", "2", "3"}


def test_it_is_refused_where_we_are() -> None:
    shop = Shopify(orders=[order()], bucket=0, rate=0)
    with client(shop) as http:
        config: Any = CLIENT | {"client_secret": "wrong", "old_client_secret": None}
        assert not exchange_using_client_credentials(NAME, config, http_client=http).ok
        query = fields.page(fields.ORDERS, 5)
        for token, code in (("shpat_kettle", "graphql_errors"), ("shpat_unknown", "unauthorized")):
            said = admin_graphql_request(query, NAME, token, VERSION, http_client=http)
            assert not said.ok
            assert said.log.code == code
