"""A 200 means that the delivery is on disk; everything else means that nothing of it is."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.delivery import Delivery, Source, Unverified
from bot.core.shopfront import Shopfront
from bot.core.signatures import STANDARD_WEBHOOKS, sign
from bot.edge.intake import PREFIX, Admits, Door, Patience, Webhooks, prove, without_credentials
from bot.edge.metrics import Meters
from bot.store import inbox
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival
from bot.store.intake import Intake
from handlers.sources.generic import SOURCE as GENERIC
from handlers.sources.shopify import SOURCE as SHOPIFY
from tests.edge.conftest import HandClock, Serve

SECRET = "hush-hush"
SHOP = Door(SHOPIFY, ("older-secret", SECRET), Shopfront("shopify", "harbour"), max_bytes=2000)
TOKEN = Door(
    GENERIC,
    (SECRET,),
    Shopfront("warehouse", "harbour", options={"auth": {"scheme": "header", "header": "X-Warehouse"}}),
)
BODY = json.dumps({"id": 1, "inventory_quantity": 3}).encode()
TOPIC = "inventory_levels/update"


class Closed:
    """A store that cannot be used."""

    async def admit(self, arrival: Arrival) -> bool:
        raise StoreDown("the disk of /srv/secret is full")


class Stuck:
    """A store that answers too late."""

    async def admit(self, arrival: Arrival) -> bool:
        await asyncio.get_running_loop().create_future()
        return True


@pytest.fixture
def wakes() -> list[int]:
    return []


@pytest.fixture
def webhooks(intake: Intake, clock: HandClock, meters: Meters, wakes: list[int]) -> Webhooks:
    return _webhooks(intake, clock, meters, lambda: wakes.append(1))


HASTY = Patience(body=0.2, store=0.1)
CALM = Patience(body=20, store=20)


def _webhooks(
    intake: Admits,
    clock: HandClock,
    meters: Meters,
    wake: Callable[[], None] = lambda: None,
    doors: Mapping[str, Door] | None = None,
    *,
    patience: Patience = CALM,
) -> Webhooks:
    known = doors or {"shopify": SHOP, "warehouse": TOKEN}
    return Webhooks(known, intake, clock, meters, wake=wake, patience=patience)


def _signed(clock: HandClock, body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    return SHOPIFY.sign(TOPIC, body, secret, clock.now(), SHOP.front)


def _kept(store: Store) -> list[inbox.Waiting]:
    with store.read() as connection:
        return inbox.waiting(connection, "harbour", 100)


async def _send(http: aiohttp.ClientSession, url: str, headers: Mapping[str, str], body: Any = BODY) -> int:
    async with http.post(url, data=body, headers=dict(headers), allow_redirects=False) as response:
        text = await response.text()
        assert "Traceback" not in text and SECRET not in text and "/srv" not in text
        assert response.status != 503 or int(response.headers["Retry-After"]) > 0
        return response.status


async def test_a_proved_delivery_is_on_disk_before_the_200(
    serve: Serve, http: aiohttp.ClientSession, store: Store, webhooks: Webhooks, clock: HandClock, wakes: list[int]
) -> None:
    address = await serve({PREFIX: webhooks.handle})
    assert await _send(http, f"{address}/webhooks/shopify", _signed(clock)) == 200
    (waiting,) = _kept(store)
    assert waiting.delivery.body == BODY and waiting.delivery.received == clock.now()
    assert waiting.delivery.headers["x-shopify-topic"] == TOPIC
    assert wakes == [1]


@pytest.mark.parametrize(
    ("ids", "kept"), [(("msg_1", "msg_2", "msg_1"), 2), (("msg_1", "msg_1"), 1)], ids=["two messages", "a retry"]
)
async def test_two_signed_messages_of_one_body_are_two(
    serve: Serve,
    http: aiohttp.ClientSession,
    store: Store,
    intake: Intake,
    clock: HandClock,
    meters: Meters,
    ids: tuple[str, ...],
    kept: int,
) -> None:
    """A shelf that is empty, is filled, and is empty again."""
    key = "whsec_" + base64.b64encode(b"one kettle, two pots, three cups").decode()
    door = Door(GENERIC, (key,), Shopfront("erp", "harbour"))
    address = await serve({PREFIX: _webhooks(intake, clock, meters, doors={"erp": door}).handle})
    body = b'{"type": "stock.changed", "sku": "TEA", "available": 0}'
    for name in ids:
        headers = sign(STANDARD_WEBHOOKS[0], body, key, clock.now(), name)
        assert await _send(http, f"{address}/webhooks/erp", headers, body) == 200
    assert len(_kept(store)) == kept


async def test_a_second_delivery_of_the_same_webhook_is_answered_200_and_changes_nothing(
    serve: Serve, http: aiohttp.ClientSession, store: Store, webhooks: Webhooks, clock: HandClock, wakes: list[int]
) -> None:
    url = await serve({PREFIX: webhooks.handle}) + "/webhooks/shopify"
    again = _signed(clock) | {"x-shopify-webhook-id": "another-id"}
    assert [await _send(http, url, headers) for headers in (_signed(clock), _signed(clock), again)] == [200] * 3
    assert len(_kept(store)) == 1 and wakes == [1]


async def test_ten_at_once_of_fifty_deliveries_are_all_answered_200_and_kept_once(
    serve: Serve, http: aiohttp.ClientSession, store: Store, webhooks: Webhooks, clock: HandClock
) -> None:
    url = await serve({PREFIX: webhooks.handle}) + "/webhooks/shopify"
    bodies = [json.dumps({"id": number}).encode() for number in range(50)] * 10
    answers = await asyncio.gather(*(_send(http, url, _signed(clock, body), body) for body in bodies))
    assert answers == [200] * 500
    assert len(_kept(store)) == 50


@pytest.mark.parametrize(
    "tamper",
    [
        lambda headers: {},
        lambda headers: headers | {"x-shopify-hmac-sha256": "AAAA"},
        lambda headers: headers | {"x-shopify-hmac-sha256": "not base64 at all"},
        lambda headers: headers | {"x-shopify-hmac-sha256": "é" * 44},
        lambda headers: headers | {"x-shopify-hmac-sha256": headers["x-shopify-hmac-sha256"].lower()},
        lambda headers: headers | {"x-shopify-hmac-sha256": headers["x-shopify-hmac-sha256"] * 40},
    ],
)
async def test_what_is_not_proved_is_401_and_not_kept(
    serve: Serve,
    http: aiohttp.ClientSession,
    store: Store,
    webhooks: Webhooks,
    clock: HandClock,
    tamper: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    url = await serve({PREFIX: webhooks.handle}) + "/webhooks/shopify"
    assert await _send(http, url, tamper(_signed(clock))) == 401
    assert await _send(http, url, _signed(clock, secret="wrong")) == 401
    assert await _send(http, url, _signed(clock), BODY + b" ") == 401
    assert _kept(store) == []


async def test_unknown_sources_other_methods_and_too_much_are_told_apart(
    serve: Serve, http: aiohttp.ClientSession, store: Store, webhooks: Webhooks, clock: HandClock
) -> None:
    address = await serve({PREFIX: webhooks.handle})
    big = b"x" * 2001
    assert await _send(http, f"{address}/webhooks/nobody", _signed(clock)) == 404
    assert await _send(http, f"{address}/webhooks/", _signed(clock)) == 404
    assert await _send(http, f"{address}/webhooks/shopify", _signed(clock, big), big) == 413
    assert await _send(http, f"{address}/webhooks/shopify", _signed(clock) | {"Content-Encoding": "gzip"}) == 415
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
        async with http.request(method, f"{address}/webhooks/shopify") as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert _kept(store) == []


async def test_a_body_without_an_end_is_given_up(
    serve: Serve, http: aiohttp.ClientSession, clock: HandClock, meters: Meters
) -> None:
    hasty = _webhooks(Closed(), clock, meters, patience=HASTY)
    url = await serve({PREFIX: hasty.handle}) + "/webhooks/shopify"
    released = asyncio.Event()

    async def trickle() -> Any:
        yield b"{"
        await released.wait()

    assert await _send(http, url, _signed(clock), trickle()) == 408
    released.set()


@pytest.mark.parametrize("store_like", [Closed(), Stuck()])
async def test_a_store_that_is_down_or_slow_sends_the_sender_away_until_later(
    serve: Serve, http: aiohttp.ClientSession, clock: HandClock, meters: Meters, store_like: Admits
) -> None:
    hasty = _webhooks(store_like, clock, meters, patience=HASTY)
    url = await serve({PREFIX: hasty.handle}) + "/webhooks/shopify"
    assert await _send(http, url, _signed(clock)) == 503


async def test_while_stopping_every_delivery_is_sent_away_until_later(
    serve: Serve, http: aiohttp.ClientSession, store: Store, webhooks: Webhooks, clock: HandClock
) -> None:
    url = await serve({PREFIX: webhooks.handle}) + "/webhooks/shopify"
    webhooks.close()
    assert await _send(http, url, _signed(clock)) == 503
    assert _kept(store) == []


async def test_credentials_prove_a_delivery_and_are_not_kept_with_it(
    serve: Serve, http: aiohttp.ClientSession, store: Store, webhooks: Webhooks
) -> None:
    url = await serve({PREFIX: webhooks.handle}) + "/webhooks/warehouse"
    sent = {"X-Warehouse": SECRET, "Authorization": "Basic abc", "Cookie": "a=b", "X-Kind": "stock", "X-kind": "moved"}
    assert await _send(http, url, sent) == 200
    (waiting,) = _kept(store)
    assert SECRET not in str(waiting) and not {"authorization", "cookie", "x-warehouse"} & set(waiting.delivery.headers)


def test_a_header_that_contains_a_secret_anywhere_is_not_kept() -> None:
    headers = {"x-token": f"Token {SECRET}", "x-topic": "orders/create", "authorization": "x", "set": ""}
    assert without_credentials(headers, ("", SECRET)) == {"x-topic": "orders/create", "set": ""}


def _breaks(*_: object) -> Any:
    raise IndexError("no such byte")


def test_a_proof_that_breaks_has_proved_nothing(clock: HandClock) -> None:
    broken = Door(replace(SHOPIFY, verify=_breaks), (SECRET,), SHOP.front)
    with pytest.raises(Unverified, match="IndexError"):
        prove(Delivery("shopify", {}, BODY, clock.now()), broken)


def test_a_proved_delivery_whose_name_cannot_be_read_is_kept_under_its_hash(clock: HandClock) -> None:
    nameless: Source = replace(SHOPIFY, key=_breaks)
    delivery = Delivery("shopify", _signed(clock), BODY, clock.now())
    assert prove(delivery, Door(nameless, (SECRET,), SHOP.front)).key == ""


def test_a_proved_delivery_is_stored_as_its_source_strips_it_or_else_whole(clock: HandClock) -> None:
    delivery = Delivery("shopify", _signed(clock), BODY, clock.now())

    def stored(**changed: Any) -> bytes:
        return prove(delivery, Door(replace(SHOPIFY, **changed), (SECRET,), SHOP.front)).delivery.body

    assert stored(strip=lambda delivery: delivery.body[:5]) == BODY[:5]
    assert stored(strip=None) == stored(strip=_breaks) == BODY


async def test_two_deliveries_that_differ_only_in_what_is_not_stored_are_two(
    serve: Serve, http: aiohttp.ClientSession, store: Store, intake: Intake, clock: HandClock, meters: Meters
) -> None:
    bare = Door(replace(SHOPIFY, strip=lambda delivery: b"{}", key=lambda delivery: ""), (SECRET,), SHOP.front)
    url = await serve({PREFIX: _webhooks(intake, clock, meters, doors={"shopify": bare}).handle}) + "/webhooks/shopify"
    for body in (b'{"email": "a"}', b'{"email": "b"}', b'{"email": "a"}'):
        assert await _send(http, url, _signed(clock, body), body) == 200
    assert [waiting.delivery.body for waiting in _kept(store)] == [b"{}", b"{}"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_changed_byte_of_body_or_signature_is_taken(clock: HandClock, data: st.DataObject) -> None:
    headers = _signed(clock)
    signature = headers["x-shopify-hmac-sha256"]
    sealed = BODY + b"\n" + signature.encode()
    place = data.draw(st.integers(0, len(sealed) - 1))
    flip = data.draw(st.integers(1, 127))
    changed = sealed[:place] + bytes([sealed[place] ^ flip]) + sealed[place + 1 :]
    body, _, mark = changed.partition(b"\n")
    delivery = Delivery("shopify", headers | {"x-shopify-hmac-sha256": mark.decode("latin-1")}, body, clock.now())
    with pytest.raises(Unverified):
        prove(delivery, SHOP)


async def test_every_answer_is_counted_under_names_that_strangers_cannot_choose(
    serve: Serve, http: aiohttp.ClientSession, webhooks: Webhooks, clock: HandClock, meters: Meters
) -> None:
    address = await serve({PREFIX: webhooks.handle})
    for name in ("shopify", "shopify", "evil-1", "evil-2"):
        await _send(http, f"{address}/webhooks/{name}", _signed(clock))

    def counted(source: str, outcome: str) -> float | None:
        labels = {"source": source, "outcome": outcome}
        return meters.registry.get_sample_value("floorwalker_deliveries_total", labels)

    assert counted("shopify", "admitted") == 1 and counted("shopify", "duplicate") == 1
    assert counted("other", "no such source") == 2 and counted("evil-1", "no such source") is None
