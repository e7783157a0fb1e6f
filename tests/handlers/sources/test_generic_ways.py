"""The generic source's further ways in: CloudEvents, handshakes, and secrets that are not signatures."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.core.delivery import Delivery, Greeting, Knock, Unparsable, Unrouted, Unverified
from bot.core.events import StockChanged
from bot.core.shopfront import Shopfront
from handlers.sources.generic import SOURCE
from tests.core.samples import NOW

STOCK = {"sku": "TEA", "available": 7}
EVENT = {
    "specversion": "1.0",
    "id": "7",
    "source": "/shop",
    "type": "com.example.stock.changed",
    "time": "2026-11-20T10:00:00Z",
}


def front(**options: Any) -> Shopfront:
    SOURCE.options(options)
    return Shopfront("generic", "leaf", options=options)


def parse(body: Any, headers: dict[str, str] | None = None, **options: Any) -> list[Any]:
    given = Delivery("generic", headers or {}, json.dumps(body).encode(), NOW)
    return list(SOURCE.parse(given, front(**options)))


# CloudEvents.


@pytest.mark.parametrize("name", ["stock.changed", "com.example.stock.changed"])
def test_a_structured_event_tells_what_its_data_says_at_its_time(name: str) -> None:
    [found] = parse({**EVENT, "type": name, "data": STOCK})
    assert isinstance(found, StockChanged)
    assert (found.sku, found.available, f"{found.at:%H:%M}") == ("TEA", 7, "10:00")
    [own] = parse({**EVENT, "data": STOCK | {"at": "2026-11-20T09:00:00Z"}})
    assert f"{own.at:%H:%M}" == "09:00"


def test_a_batch_tells_each_of_its_events() -> None:
    found = parse([{**EVENT, "data": STOCK}, {**EVENT, "id": "8", "data": STOCK | {"available": 5}}])
    assert [each.available for each in found] == [7, 5]


def test_a_binary_event_has_its_names_in_headers() -> None:
    headers = {f"ce-{name}": value for name, value in EVENT.items()}
    [found] = parse(STOCK, headers)
    assert (found.available, f"{found.at:%H:%M}") == (7, "10:00")


def test_a_mapping_reads_the_whole_event() -> None:
    mapping = [
        {
            "when": {"type": "counted"},
            "event": "stock.changed",
            "fields": {"sku": "data.article", "available": "data.n"},
        }
    ]
    headers = {f"ce-{name}": value for name, value in (EVENT | {"type": "counted"}).items()}
    for body, given in (
        ({**EVENT, "type": "counted", "data": {"article": "A", "n": 3}}, None),
        ({"article": "A", "n": 3}, headers),
    ):
        [found] = parse(body, given, mapping=mapping)
        assert (found.sku, found.available) == ("A", 3)


def test_an_event_of_another_type_is_unrouted_and_one_without_data_is_unparsable() -> None:
    with pytest.raises(Unrouted, match=r"tea\.spilled"):
        parse({**EVENT, "type": "tea.spilled", "data": {}})
    with pytest.raises(Unparsable):
        parse([{**EVENT, "data": STOCK}, {**EVENT, "data": "text"}])


def test_the_key_is_the_events_source_and_id_where_there_is_no_message_id() -> None:
    body = json.dumps({**EVENT, "data": STOCK}).encode()
    assert SOURCE.key(Delivery("generic", {}, body, NOW)) == "/shop 7"
    assert SOURCE.key(Delivery("generic", {"webhook-id": "msg_1"}, body, NOW)) == "msg_1"
    assert SOURCE.key(Delivery("generic", {"webhook-id": "x" * 300}, body, NOW)) == ""
    assert SOURCE.key(Delivery("generic", {}, b"{", NOW)) == ""


# Handshakes.


def greet(knock: Knock, **options: Any) -> Greeting | None:
    assert SOURCE.greet is not None
    return SOURCE.greet(knock, ("s",), front(**options))


@pytest.mark.parametrize(
    ("rate", "allowed"), [("", "120"), ("60", "60"), ("*", "120"), ("999999", "120"), ("٣", "120")]
)
def test_an_origin_that_is_allowed_may_send(rate: str, allowed: str) -> None:
    headers = {"webhook-request-origin": "events.example"} | ({"webhook-request-rate": rate} if rate else {})
    greeting = greet(Knock("OPTIONS", headers), origins=["events.example"])
    assert greeting == Greeting(
        200, headers={"WebHook-Allowed-Origin": "events.example", "WebHook-Allowed-Rate": allowed}
    )


@pytest.mark.parametrize(
    "knock",
    [
        Knock("OPTIONS", {"webhook-request-origin": "evil.example"}),
        Knock("OPTIONS", {}),
        Knock("GET", {"webhook-request-origin": "events.example"}),
    ],
)
def test_nobody_else_is_told_anything(knock: Knock) -> None:
    assert greet(knock, origins=["events.example"]) is None
    assert greet(knock) is None


@pytest.mark.parametrize(
    ("knock", "challenge", "answer"),
    [
        (Knock("GET", {}, query={"challenge": "tea"}), {"in": "query"}, Greeting(200, "tea")),
        (Knock("GET", {}, query={"word": "tea"}), {"in": "query", "name": "word"}, Greeting(200, "tea")),
        (Knock("GET", {}, query={"challenge": "x" * 201}), {"in": "query"}, None),
        (Knock("GET", {}, query={"challenge": "a\nb"}), {"in": "query"}, None),
        (Knock("POST", {}, query={"challenge": "tea"}), {"in": "query"}, None),
        (
            Knock("POST", {}, b'{"challenge": "tea"}'),
            {"in": "json"},
            Greeting(200, '{"challenge": "tea"}', {"content-type": "application/json"}),
        ),
        (Knock("POST", {}, b'{"type": "stock.changed"}'), {"in": "json"}, None),
        (Knock("POST", {}, b'{"challenge": 7}'), {"in": "json"}, None),
        (Knock("POST", {}, b'{"challenge": "tea", "a": 1, "b": 2, "c": 3, "d": 4}'), {"in": "json"}, None),
        (Knock("POST", {}, b"["), {"in": "json"}, None),
        (Knock("POST", {}, b"[]"), {"in": "json"}, None),
        (Knock("GET", {}, b'{"challenge": "tea"}'), {"in": "json"}, None),
    ],
)
def test_a_challenge_is_said_back_where_it_is_expected(knock: Knock, challenge: Any, answer: Greeting | None) -> None:
    assert greet(knock, challenge=challenge) == answer


# Secrets.


def proved(options: dict[str, Any], secret: str, **given: Any) -> bool:
    delivery = Delivery("generic", given.pop("headers", {}), b"{}", NOW, **given)
    try:
        SOURCE.verify(delivery, (secret, "another"), NOW, front(**options))
    except Unverified as error:
        assert secret not in str(error)
        return False
    return True


def basic(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    ("options", "good", "bad"),
    [
        ({"scheme": "basic"}, {"headers": basic("till:s3cret")}, {"headers": basic("till:other")}),
        ({"scheme": "basic"}, {"headers": basic("another")}, {"headers": {"authorization": "till:s3cret"}}),
        ({"scheme": "path"}, {"path": "till:s3cret"}, {"path": "till:s3cre"}),
        ({"scheme": "path"}, {"path": "another"}, {"path": ""}),
        ({"scheme": "query"}, {"query": {"access_token": "till:s3cret"}}, {"query": {"access_token": "é\udcff"}}),
        ({"scheme": "query", "name": "key"}, {"query": {"key": "another"}}, {"query": {"access_token": "another"}}),
    ],
)
def test_a_secret_proves_where_the_config_expects_it(options: Any, good: dict[str, Any], bad: dict[str, Any]) -> None:
    assert proved({"auth": options}, "till:s3cret", **good)
    assert not proved({"auth": options}, "till:s3cret", **bad)


PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


def test_a_public_key_proves_a_standard_webhook_and_signs_none() -> None:
    signature = PRIVATE.sign(f"msg_1.{int(NOW.timestamp())}.{{}}".encode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1a,{base64.b64encode(signature).decode()}",
    }
    assert proved({"auth": {"scheme": "standard_webhooks"}}, PUBLIC, headers=headers)
    assert not proved({"auth": {"scheme": "standard_webhooks"}}, PUBLIC, headers=headers | {"webhook-id": "msg_2"})
    with pytest.raises(ValueError, match="the configured key is a public one"):
        SOURCE.sign("x", b"{}", PUBLIC, NOW, front())


def test_what_is_in_the_address_cannot_be_signed() -> None:
    for scheme in ("path", "query"):
        with pytest.raises(ValueError, match="the secret is in the address"):
            SOURCE.sign("x", b"{}", "s", NOW, front(auth={"scheme": scheme}))
    assert (
        SOURCE.sign("x", b"{}", "a:b", NOW, front(auth={"scheme": "basic"}))["authorization"]
        == basic("a:b")["authorization"]
    )


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"origins": ["*"]}, "origins: must be"),
        ({"origins": "events.example"}, "origins: must be"),
        ({"challenge": {"in": "body"}}, "challenge.in: must be"),
        ({"challenge": {"in": "query", "name": 7}}, "challenge.name: must be"),
        ({"challenge": {"at": "query"}}, "challenge.at: there is no such key"),
        ({"challenge": 7}, "challenge: must be a mapping"),
    ],
)
def test_options_that_do_not_fit_are_named(options: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SOURCE.options(options)
