"""The generic source's further ways in: CloudEvents, handshakes, and secrets that are not signatures."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.core.delivery import Delivery, Greeting, Knock, Unparsable, Unrouted, Unverified
from bot.core.events import StockChanged
from bot.core.money import Money
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


COUNTED: dict[str, Any] = {
    "when": {"type": "counted"},
    "event": "stock.changed",
    "fields": {"sku": "data.article", "available": "data.n", "at": "time"},
}


def counted(article: str, type: str = "counted") -> dict[str, Any]:
    return {**EVENT, "id": article, "type": type, "data": {"article": article, "n": 3}}


def test_a_mapping_reads_each_event_of_a_batch_and_passes_over_what_is_none_of_its_concern() -> None:
    batch = [counted("A"), counted("B", "painted"), counted("C")]
    assert [(each.sku, f"{each.at:%H:%M}") for each in parse(batch, mapping=[COUNTED])] == [
        ("A", "10:00"),
        ("C", "10:00"),
    ]


def test_a_mapping_reads_each_element_of_a_plain_list_and_its_lists_within() -> None:
    row = {
        "each": "rows",
        "event": "stock.changed",
        "fields": {"sku": "sku", "location": "$.site", "available": "n"},
    }
    body = [
        {"site": "Leeds", "rows": [{"sku": "A", "n": 1}, {"sku": "B", "n": 2}]},
        {"site": "York", "rows": [{"sku": "A", "n": 3}]},
    ]
    found = [(each.location, each.sku, each.available) for each in parse(body, mapping=[row])]
    assert found == [("Leeds", "A", 1), ("Leeds", "B", 2), ("York", "A", 3)]


def test_a_list_in_which_nothing_fits_a_mapping_is_unrouted_and_an_empty_one_tells_nothing() -> None:
    with pytest.raises(Unrouted, match="no mapping fits"):
        parse([counted("A", "painted")], mapping=[COUNTED])
    assert parse([], mapping=[COUNTED]) == []


# Numbers that foreign systems send.


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (1_795_428_000, "2026-11-23T10:00:00"),
        (1_795_428_000_250, "2026-11-23T10:00:00.250000"),
        (1_795_428_000.5, "2026-11-23T10:00:00.500000"),
        (99_999_999_999, "5138-11-16T09:46:39"),
        (100_000_000_000, "1973-03-03T09:46:40"),
        (0, "1970-01-01T00:00:00"),
    ],
)
def test_a_moment_may_be_seconds_or_milliseconds_since_1970(at: Any, told: str) -> None:
    [found] = parse({"type": "stock.changed", "at": at, **STOCK})
    assert found.at.isoformat() == f"{told}+00:00"


@pytest.mark.parametrize("at", [-1, True, 10**18, "1795428000", 1e30, [1]])
def test_what_is_no_moment_is_refused_by_its_place(at: Any) -> None:
    with pytest.raises(Unparsable, match=r"^at is"):
        parse({"type": "stock.changed", "at": at, **STOCK})


def paid(**amount: Any) -> Money:
    [found] = parse({"type": "payment.succeeded", "payment": "p", "provider": "x", "method": "y", "amount": amount})
    assert isinstance(found.amount, Money)
    return found.amount


@pytest.mark.parametrize(("currency", "major"), [("EUR", "12.34"), ("jpy", "1234"), ("KWD", "1.234")])
def test_money_may_be_in_minor_units_by_iso_4217(currency: str, major: str) -> None:
    assert paid(minor=1234, currency=currency) == paid(amount=major, currency=currency)


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ({"minor": 1, "amount": "1", "currency": "EUR"}, "amount.minor stands beside amount"),
        ({"minor": 1.5, "currency": "EUR"}, "amount.minor is a number, not a whole number"),
        ({"minor": 1, "currency": "teas"}, "amount.minor is no amount of 'teas'"),
        ({"currency": "EUR"}, "amount.amount is missing"),
    ],
)
def test_money_of_another_form_is_refused_by_its_place(amount: dict[str, Any], message: str) -> None:
    with pytest.raises(Unparsable, match=message):
        paid(**amount)


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


def apart(headers: dict[str, str], body: Any, **options: Any) -> str:
    assert SOURCE.apart is not None
    return SOURCE.apart(Delivery("generic", headers, json.dumps(body).encode(), NOW), front(**options))


HMAC = {"scheme": "hmac", "header": "x-signature"}
BINARY = {f"ce-{name}": value for name, value in EVENT.items()}


@pytest.mark.parametrize(
    ("headers", "body", "options", "name"),
    [
        ({"webhook-id": "msg_1"}, STOCK, {}, "msg_1"),
        ({"svix-id": "msg_2", "svix-signature": "v1,x"}, STOCK, {}, "msg_2"),
        ({"svix-id": "msg_2", "svix-signature": "v1,x", "webhook-id": "made up"}, STOCK, {}, "msg_2"),
        (BINARY | {"webhook-id": "msg_1"}, STOCK, {}, "msg_1"),
        (BINARY, STOCK, {}, ""),
        ({"webhook-id": "msg_1"}, STOCK, {"auth": {"scheme": "bearer"}}, "msg_1"),
        ({"webhook-id": "msg_1"}, STOCK, {"auth": HMAC}, ""),
        (BINARY, STOCK, {"auth": {"scheme": "bearer"}}, "/shop 7"),
        (BINARY, STOCK, {"auth": HMAC}, ""),
        ({}, STOCK, {"auth": {"scheme": "bearer"}}, ""),
        ({"x-delivery": "d-1"}, STOCK, {"auth": HMAC, "id": {"header": "X-Delivery"}}, "d-1"),
        ({"x-id": "7"}, STOCK, {"auth": {**HMAC, "signed": "{id}.{body}", "id_header": "X-Id"}}, "7"),
        ({}, {"event": {"id": 81}}, {"auth": HMAC, "id": {"path": "event.id"}}, "81"),
        ({}, {"event": None}, {"id": {"path": "event.id"}}, ""),
        ({}, ["tea"], {"id": {"path": "event.id"}}, ""),
        ({}, STOCK, {"id": {"header": "X-Delivery"}}, ""),
    ],
)
def test_a_delivery_is_told_apart_by_an_id_that_is_proved_or_that_the_config_names(
    headers: dict[str, str], body: Any, options: dict[str, Any], name: str
) -> None:
    assert apart(headers, body, **options) == name


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"header": "X-Id", "path": "id"}, "id: must be either"),
        ({"path": 7}, "id.path: must be text"),
        ({"header": ""}, "id.header: must be text"),
        ({"query": "id"}, "id.query: there is no such key"),
        ("X-Id", "id: must be a mapping"),
    ],
)
def test_an_id_that_cannot_be_found_is_refused_at_the_start(wanted: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SOURCE.options({"id": wanted})


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
