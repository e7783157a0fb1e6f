"""Generic: our own events in every wrapping, foreign JSON, every scheme of proof; and the manual is true."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.core.delivery import Delivery, Unparsable, Unrouted, Unverified
from bot.core.events import (
    STORED,
    CampaignChanged,
    CampaignEchoed,
    DisputeChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    LocationNamed,
    OrderChanged,
    OrderHeld,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
    ShipmentChanged,
    SourceChanged,
    StockChanged,
    StockExpected,
    StockReceived,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from handlers.sources._generic.fields import TYPES
from handlers.sources.generic import SOURCE

NOW = datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)
TOLD = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SOON, LATER = TOLD + timedelta(days=3), TOLD + timedelta(days=10)
ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests/fixtures/generic"
MANUAL = (ROOT / "docs/sources/generic.md").read_text(encoding="utf-8")
BY: dict[str, Any] = {"shop": "leaf", "source": "generic", "at": TOLD}
TITLE = ShopText("Earl Grey – 100 g")
SECRET = "whsec_" + base64.b64encode(b"one kettle, two pots, three cups").decode()


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def parse(body: Any, **options: Any) -> tuple[Event, ...]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    shopfront = Shopfront("generic", "leaf", options=options)
    return SOURCE.parse(Delivery("generic", {}, content, NOW), shopfront)


def stock(sku: str, available: int | None, **given: Any) -> StockChanged:
    told: dict[str, Any] = BY | {"sku": sku, "available": available} | given
    return StockChanged(**told)


ORDER: dict[str, Any] = BY | {"order": "7310000000000000001", "number": "#2044", "total": eur(4320)}
PAID: dict[str, Any] = BY | {"provider": "adyen", "method": "ideal", "amount": eur(4320), "order": "2044"}
LINES = (OrderLine("TEA-EARL-100", 3, eur(3240), TITLE), OrderLine("POT-CLAY", 1, eur(1080)))
TELLINGS: dict[str, tuple[Event, ...]] = {
    "item.described": (
        ItemDescribed(**BY, item="wms-881", sku="TEA-EARL-100", title=TITLE, price=eur(1200), vendor="Leaf & Sons"),
    ),
    "stock.changed": (stock("TEA-EARL-100", 7, location="Leeds", title=TITLE, price=eur(1200)),),
    "stock.expected": (StockExpected(**BY, sku="TEA-EARL-100", quantity=240, due=LATER, reference="PO-5512"),),
    "stock.received": (StockReceived(**BY, sku="TEA-EARL-100", quantity=240, location="Leeds", reference="PO-5512"),),
    "order.placed": (OrderPlaced(**ORDER, outstanding=eur(4320), lines=LINES, discounted=True),),
    "order.changed": (OrderChanged(**ORDER, outstanding=eur(0), shipped=True),),
    "payment.succeeded": (PaymentSucceeded(**PAID, payment="pay_1Fix0002tea"),),
    "payment.failed": (
        PaymentFailed(
            **PAID, payment="pay_1Fix0003tea", code="bank_down", reason=ShopText("The bank does not answer.")
        ),
    ),
    "refunded": (Refunded(**BY, refund="ref_1Fix0004tea", amount=eur(1080), order="2044"),),
    "dispute.changed": (
        DisputeChanged(
            **BY,
            dispute="dis_1Fix0005tea",
            amount=eur(4320),
            reason=ShopText("not received"),
            status="open",
            due=LATER,
            order="2044",
            provider="adyen",
        ),
    ),
    "invoice.changed": (
        InvoiceChanged(
            **BY, invoice="inv_1Fix0006tea", number="TEA-0107", outstanding=eur(96_000), status="open", due=SOON
        ),
    ),
    "payout.changed": (
        PayoutChanged(
            **BY,
            payout="out_1Fix0007tea",
            amount=eur(812_050),
            status="failed",
            reason=ShopText("account closed"),
            arrives=SOON,
            provider="adyen",
        ),
    ),
    "campaign.changed": (
        CampaignChanged(
            **BY,
            campaign="cam_1Fix0008tea",
            name=ShopText("Steep week"),
            status="scheduled",
            starts=SOON,
            ends=LATER,
            channel="newsletter",
            skus=("TEA-EARL-100", "POT-CLAY"),
            uplift=2.5,
        ),
    ),
    "campaign.echoed": (
        CampaignEchoed(
            **BY, reference="cam_1Fix0008tea/2026-11-20T10", echo="bounced", count=12, campaign="cam_1Fix0008tea"
        ),
    ),
    "shipment.changed": (
        ShipmentChanged(
            **BY, shipment="JD014600", order="2044", status="delayed", number="#2044", carrier="Leafpost", due=SOON
        ),
    ),
    "order.held": (
        OrderHeld(**BY, order="2044", held=True, number="#2044", reason=ShopText("The address cannot be found.")),
    ),
    "location.named": (LocationNamed(**BY, location="61001", name=ShopText("Leeds")),),
    "source.changed": (
        SourceChanged(**BY, aspect="nightly export", sound=False, note=ShopText("It has not run since Monday.")),
    ),
    "cloudevent": (stock("TEA-EARL-100", 7),),
    "cloudevents": (stock("TEA-EARL-100", 7), OrderHeld(**BY, order="2044", held=True)),
    "batch": (
        stock("TEA-EARL-100", 7, at=datetime(2026, 11, 20, 9, 15, tzinfo=UTC)),
        stock("POT-CLAY", None, at=NOW),
    ),
}


def test_every_type_has_a_fixture_with_its_expected_events() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(TELLINGS) | {"mapped"}
    assert set(TYPES) <= set(TELLINGS)
    assert {kind.__name__ for kind in TYPES.values()} == set(STORED) - {"ItemSold"}


@pytest.mark.parametrize(("name", "events"), TELLINGS.items(), ids=TELLINGS.keys())
def test_a_type_tells_its_event(name: str, events: tuple[Event, ...]) -> None:
    assert parse((FIXTURES / f"{name}.json").read_bytes()) == events


COUNT = {"type": "stock.changed", "at": "2026-11-20T11:15:00+01:00", "sku": "TEA-EARL-100", "available": 7}
COUNTED = stock("TEA-EARL-100", 7)


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (COUNT, (COUNTED,)),
        ([COUNT, COUNT], (COUNTED, COUNTED)),
        ({"events": [COUNT]}, (COUNTED,)),
        ([], ()),
        ({"events": []}, ()),
        (
            {"type": "stock.changed", "timestamp": "2026-11-20T10:15:00Z", "data": {"sku": "A", "available": 0}},
            (stock("A", 0),),
        ),
        ({"type": "stock.changed", "data": {"at": COUNT["at"], "sku": "A", "available": 0}}, (stock("A", 0),)),
        ({"type": "stock.changed", "data": {"sku": 4711, "available": "3"}}, (stock("4711", 3, at=NOW),)),
        (COUNT | {"sku": None, "item": "wms-1"}, (stock("", 7, item="wms-1"),)),
    ],
)
def test_an_event_may_come_in_any_wrapping(body: Any, events: tuple[Event, ...]) -> None:
    assert parse(body) == events


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (COUNT | {"avaliable": 3}, "avaliable is no field of stock.changed"),
        ([COUNT, COUNT | {"quantity": 3}], "[1].quantity is no field of stock.changed"),
        ({"type": "stock.changed", "sku": "A"}, "available is missing"),
        ({"type": "stock.changed", "available": 3}, "sku is missing"),
        ({"type": "stock.changed", "data": {"available": 3}}, "data.sku is missing"),
        ({"sku": "A"}, "type is missing"),
        ({"type": "order.placed", "order": "1", "number": "1", "total": {"amount": "1"}}, "total.currency is missing"),
        (COUNT | {"price": {"amount": "x", "currency": "EUR"}}, "price.amount is text, not a number"),
        (COUNT | {"at": "2026-11-20"}, "at is text, not a date and time with an offset"),
        (COUNT | {"sku": " "}, "sku is empty"),
        ([COUNT, {"type": "tea.spilled"}], "[1].type is 'tea.spilled', which is none of " + ", ".join(TYPES)),
    ],
)
def test_what_cannot_be_read_is_named(body: Any, message: str) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(body)
    assert str(caught.value) == message


MAPPED = (FIXTURES / "mapped.json").read_bytes()
ROW: dict[str, Any] = {
    "when": {"document.kind": "GOODS_COUNT"},
    "each": "document.rows",
    "event": "stock.changed",
    "fields": {
        "sku": "article.no",
        "available": "count",
        "location": "$.document.site.code",
        "at": "$.document.printed",
    },
}


def test_foreign_json_is_translated_an_event_for_each_element() -> None:
    assert parse(MAPPED, mapping=[ROW]) == (
        stock("TEA-EARL-100", 7, location="LDS"),
        stock("POT-CLAY", 0, location="LDS"),
    )


def test_all_rows_that_apply_are_used() -> None:
    first = {
        "event": "stock.expected",
        "fields": {
            "sku": "document.rows.0.article.no",
            "quantity": 0,
            "due": "document.printed",
            "reference": "=PO-1",
            "at": "document.printed",
        },
    }
    events = parse(MAPPED, mapping=[first, ROW | {"when": {}}, ROW | {"when": {"document.kind": "OTHER"}}])
    assert [type(event) for event in events] == [StockExpected, StockChanged, StockChanged]
    assert events[0] == StockExpected(**BY, sku="TEA-EARL-100", quantity=0, due=TOLD, reference="PO-1")


def test_an_order_is_translated_with_its_lines_and_constants() -> None:
    sale = {"id": 7, "sum": "43.20", "rows": [{"no": "TEA", "n": 2, "sum": 43.2}], "paid": True}
    row = {
        "when": {"paid": True, "id": 7},
        "event": "order.placed",
        "fields": {
            "order": "id",
            "number": "id",
            "total.amount": "sum",
            "total.currency": "=EUR",
            "outstanding.amount": "=0",
            "outstanding.currency": "=EUR",
            "discounted": True,
            "lines": {
                "each": "rows",
                "fields": {"sku": "no", "quantity": "n", "amount.amount": "sum", "amount.currency": "=EUR"},
            },
        },
    }
    SOURCE.options({"mapping": [row]})
    assert parse(sale, mapping=[row]) == (
        OrderPlaced(
            **(BY | {"at": NOW}),
            order="7",
            number="7",
            total=eur(4320),
            outstanding=eur(0),
            lines=(OrderLine("TEA", 2, eur(4320)),),
            discounted=True,
        ),
    )


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ({"document": {"kind": "OTHER"}}, Unrouted, "no mapping fits this body"),
        ({"document": {"kind": {}}}, Unrouted, "no mapping fits this body"),
        ({}, Unrouted, "no mapping fits this body"),
        ({"document": {"kind": "GOODS_COUNT", "rows": [{}]}}, Unparsable, "mapping[0].available is missing"),
        (
            {"document": {"kind": "GOODS_COUNT", "rows": [{"count": 1}]}},
            Unparsable,
            "mapping[0].sku is missing",
        ),
    ],
)
def test_foreign_json_that_does_not_fit_is_refused(body: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        parse(body, mapping=[ROW])
    assert str(caught.value) == message


AUTHS: list[dict[str, Any]] = [
    {"scheme": "standard_webhooks"},
    {"scheme": "bearer"},
    {"scheme": "header", "header": "X-Token"},
    {"scheme": "hmac", "header": "X-Signature", "prefix": "sha256="},
    {"scheme": "hmac", "header": "X-Signature", "digest": "sha512", "encoding": "base64"},
    {"scheme": "hmac", "header": "X-Signature", "signed": "{timestamp}:{body}", "stamp": "ts=", "separator": ";", "prefix": "h1="},
    {"scheme": "hmac", "header": "X-Signature", "signed": "v0:{timestamp}:{body}", "timestamp_header": "X-Time", "prefix": "v0="},
    {"scheme": "hmac", "header": "X-Signature", "signed": "{id}.{body}", "id_header": "X-Id"},
    {
        "scheme": "hmac",
        "header": "X-Signature",
        "signed": "{timestamp}.{body}",
        "timestamp_header": "X-Time",
        "tolerance": 60,
    },
]  # fmt: skip


@pytest.mark.parametrize("auth", AUTHS)
def test_what_is_signed_under_an_auth_is_accepted_under_it_and_under_no_other(auth: dict[str, Any]) -> None:
    SOURCE.options({"auth": auth})
    shopfront = Shopfront("generic", "leaf", options={"auth": auth})
    delivery = Delivery("generic", SOURCE.sign("stock.changed", b"{}", SECRET, NOW, shopfront), b"{}", NOW)
    SOURCE.verify(delivery, (SECRET,), NOW, shopfront)
    for other in AUTHS:
        if other != auth:
            with pytest.raises(Unverified):
                SOURCE.verify(delivery, (SECRET,), NOW, Shopfront("generic", "leaf", options={"auth": other}))


def test_the_tolerance_is_that_of_the_config() -> None:
    shopfront = Shopfront("generic", "leaf", options={"auth": AUTHS[-1]})
    delivery = Delivery("generic", SOURCE.sign("x", b"{}", SECRET, NOW, shopfront), b"{}", NOW)
    SOURCE.verify(delivery, (SECRET,), NOW + timedelta(seconds=60), shopfront)
    with pytest.raises(Unverified):
        SOURCE.verify(delivery, (SECRET,), NOW + timedelta(seconds=61), shopfront)


@pytest.mark.parametrize(
    ("headers", "key"),
    [({"webhook-id": "msg_1"}, "msg_1"), ({"svix-id": "msg_2"}, "msg_2"), ({}, ""), ({"webhook-id": "m" * 300}, "")],
)
def test_the_key_is_the_id_of_the_message(headers: dict[str, str], key: str) -> None:
    assert SOURCE.key(Delivery("generic", headers, b"{}", NOW)) == key


def row(**changes: Any) -> dict[str, Any]:
    return {"mapping": [ROW | changes]}


def row_with(**changes: Any) -> dict[str, Any]:
    return row(fields=ROW["fields"] | changes)


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"auth": "bearer"}, "auth: must be a mapping"),
    ({"auth": {}}, "auth.scheme: must be one of standard_webhooks, bearer, basic, path, query, header, hmac"),
    (
        {"auth": {"scheme": ["hmac"]}},
        "auth.scheme: must be one of standard_webhooks, bearer, basic, path, query, header, hmac",
    ),
    ({"auth": {"scheme": "bearer", "header": "x"}}, "auth.header: there is no such key; there are scheme"),
    ({"auth": {"scheme": "header"}}, "auth.header: is missing"),
    ({"auth": {"scheme": "hmac", "header": ""}}, "auth.header: is missing"),
    ({"auth": {"scheme": "hmac", "header": 7}}, "auth.header: must be text"),
    ({"auth": {"scheme": "hmac", "header": "x", "digest": "md5"}}, "auth.digest: must be one of sha256, sha1, sha512"),
    ({"auth": {"scheme": "hmac", "header": "x", "encoding": "rot13"}}, "auth.encoding: must be one of hex, base64"),
    (
        {"auth": {"scheme": "hmac", "header": "x", "tolerance": 0}},
        "auth.tolerance: must be 1 to 86400 seconds",
    ),
    (
        {"auth": {"scheme": "hmac", "header": "x", "signed": "{timestamp}.{body}"}},
        "auth.timestamp_header: it or auth.stamp is needed if, and only if, auth.signed has {timestamp}",
    ),
    (
        {
            "auth": {
                "scheme": "hmac",
                "header": "x",
                "signed": "{timestamp}{body}",
                "timestamp_header": "y",
                "stamp": "t=",
            }
        },
        "auth.timestamp_header: it or auth.stamp is needed if, and only if, auth.signed has {timestamp}",
    ),
    (
        {"auth": {"scheme": "hmac", "header": "x", "signed": "{timestamp}{body}", "stamp": "t="}},
        "auth.separator: is needed beside auth.stamp",
    ),
    (
        {"auth": {"scheme": "hmac", "header": "x", "signed": "{id}{body}"}},
        "auth.id_header: is needed if, and only if, auth.signed has {id}",
    ),
    *(
        (
            {"auth": {"scheme": "hmac", "header": "x", "signed": text}},
            "auth.signed: must have {body} once, and at most once {timestamp} and {id}",
        )
        for text in ("", "{timestamp}", "{body}{body}", "{body}{ts}", "body")
    ),
    (
        {"auth": {"scheme": "hmac", "header": "x", "timestamp_header": "y"}},
        "auth.timestamp_header: it or auth.stamp is needed if, and only if, auth.signed has {timestamp}",
    ),
    ({"mapping": {}}, "mapping: must be a list"),
    ({"mapping": ["x"]}, "mapping[0]: must be a mapping"),
    (row(what=1), "mapping[0].what: there is no such key; there are when, event, fields, each"),
    (row(event="tea.spilled"), f"mapping[0].event: must be one of {', '.join(TYPES)}"),
    (row(when=["x"]), "mapping[0].when: must be a mapping"),
    (row(when={"a": []}), "mapping[0].when.a: must be a path and its value"),
    (row(when={7: "x"}), "mapping[0].when.7: must be a path and its value"),
    (row(each=7), "mapping[0].each: must be a path"),
    (row(each="$."), "mapping[0].each: must be a path"),
    (row(fields=None), "mapping[0].fields: must be a mapping"),
    (row(fields={"sku": "x"}), "mapping[0].fields.available: is missing"),
    (
        row_with(amount="x"),
        "mapping[0].fields.amount: there is no such field; there are sku, item, location, available, title, price, gone",
    ),
    (
        row(fields={7: "x"}),
        "mapping[0].fields.7: there is no such field; there are sku, item, location, available, title, price, gone",
    ),
    (row_with(price="x", **{"price.amount": "y"}), "mapping[0].fields.price.amount: price is given twice"),
    (row_with(sku=""), 'mapping[0].fields.sku: must be a path or a constant ("=...")'),
    (row_with(sku=["x"]), 'mapping[0].fields.sku: must be a path or a constant ("=...")'),
    (row_with(sku={"each": "x"}), 'mapping[0].fields.sku: must be a path or a constant ("=...")'),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS, ids=[message for _, message in BAD_OPTIONS])
def test_bad_options_are_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        SOURCE.options(options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"each": "rows"}, "mapping[0].fields.lines.fields: must be a mapping"),
        (
            {"fields": {"sku": "a", "cups": "b"}},
            "mapping[0].fields.lines.fields.cups: there is no such field; there are ",
        ),
        ({"fields": {"sku": "a"}}, "mapping[0].fields.lines.fields.quantity: is missing"),
        ({"rows": 1}, "mapping[0].fields.lines.rows: there is no such key; there are each, fields"),
    ],
)
def test_bad_lines_are_refused_by_name(lines: dict[str, Any], message: str) -> None:
    given = {"order": "a", "number": "a", "total": "a", "outstanding": "a", "lines": lines}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        SOURCE.options({"mapping": [{"event": "order.placed", "fields": given}]})


def documented() -> Iterator[tuple[str, Mapping[str, str]]]:
    """The events of the manual with the fields in their tables, and whether these are required."""
    for section in re.split(r"\n### ", MANUAL)[1:]:
        rows = re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \|$", section, re.MULTILINE)
        yield section[1 : section.index("`", 1)], dict(rows)


def test_the_manual_has_every_event_with_every_field() -> None:
    wanted = {
        name: {
            field.name: "yes" if field.default is MISSING else "no"
            for field in fields(kind)
            if field.name not in ("shop", "source", "at")
        }
        for name, kind in TYPES.items()
    }
    assert dict(documented()) == wanted


def test_the_manual_has_the_fields_of_a_line() -> None:
    (line,) = re.findall(r"^\| `lines` \|.*$", MANUAL, re.MULTILINE)
    assert re.findall(r"`(\w+)` \(", line) == [field.name for field in fields(OrderLine)]


@pytest.mark.parametrize("example", re.findall(r"```json\n(.*?)```", MANUAL, re.DOTALL))
def test_the_examples_of_the_manual_are_understood(example: str) -> None:
    assert parse(example.encode())


def test_the_options_of_the_manual_are_accepted() -> None:
    whole, *others = (YAML(typ="safe").load(text) for text in re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL))
    SOURCE.options(whole["sources"]["generic"]["options"])
    assert len(others) == 4
    for options in others:
        SOURCE.options(options)
    options = others[-1]
    assert parse(MAPPED, **options) == parse(MAPPED, mapping=[ROW])


def test_the_manual_has_every_key_of_auth() -> None:
    for name in (
        "header",
        "digest",
        "encoding",
        "prefix",
        "signed",
        "timestamp_header",
        "tolerance",
        "separator",
        "stamp",
        "id_header",
    ):
        assert f"| `{name}` |" in MANUAL
    for scheme in {auth["scheme"] for auth in AUTHS}:
        assert f"| `{scheme}` |" in MANUAL
