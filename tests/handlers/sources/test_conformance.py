"""What every source owes: proof that cannot be forged, a stable key, and no exception but the three it may raise."""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import handlers.samples
import handlers.sources
from bot.core.delivery import Delivery, Shopfront, Source, Unparsable, Unrouted, Unverified
from bot.core.events import STORED, Event
from bot.core.money import Money

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"one kettle, two pots, three cups").decode()
OTHER = "whsec_" + base64.b64encode(b"four spoons and five sugar bowls").decode()
FIXTURES = Path(__file__).parents[2] / "fixtures"
SAMPLES = Path(handlers.samples.__path__[0])

SOURCES: list[Source] = [
    importlib.import_module(f"handlers.sources.{module.name}").SOURCE
    for module in pkgutil.iter_modules(handlers.sources.__path__)
    if not module.ispkg
]
BODIES: dict[tuple[str, str], bytes] = {
    (source.name, path.stem.replace("__", "/")): path.read_bytes()
    for source in SOURCES
    for path in sorted((FIXTURES / source.name).glob("*.json"))
}
EACH = pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])


def front(source: Source, **given: Any) -> Shopfront:
    return Shopfront(source.name, "leaf", **given)


def delivery(source: Source, topic: str, body: bytes, at: datetime = NOW, secret: str = SECRET) -> Delivery:
    headers = source.sign(topic, body, secret, at, front(source))
    return Delivery(source.name, headers, body, NOW)


def proved(source: Source, given: Delivery, *secrets: str, now: datetime = NOW) -> bool:
    """Whether a delivery is proved; a refusal is Unverified and never speaks of a secret."""
    try:
        source.verify(given, secrets, now, front(source))
    except Unverified as error:
        refusal = str(error)
    else:
        return True
    assert refusal
    assert not any(secret in refusal for secret in (SECRET, OTHER))
    return False


def one(source: Source) -> tuple[str, bytes]:
    """A topic and a body of a source."""
    return next((topic, body) for (name, topic), body in BODIES.items() if name == source.name)


def headers_that_prove(source: Source) -> Iterator[tuple[Delivery, str]]:
    """A good delivery and, one after another, each header without which it would not be proved."""
    good = delivery(source, *one(source))
    for name in good.headers:
        rest = {other: value for other, value in good.headers.items() if other != name}
        if not proved(source, Delivery(good.source, rest, good.body, NOW), SECRET):
            yield good, name


def test_there_are_sources() -> None:
    assert {"shopify", "stripe", "generic"} <= {source.name for source in SOURCES}


@EACH
def test_a_source_has_fixtures_samples_and_documentation(source: Source) -> None:
    fixtures = {path.name for path in (FIXTURES / source.name).glob("*.json")}
    samples = {path.name for path in (SAMPLES / source.name).glob("*.json")}
    assert samples
    assert samples <= fixtures
    assert len(source.doc) > 200
    assert (Path(__file__).parents[3] / "docs/sources" / f"{source.name}.md").is_file()


@EACH
def test_a_good_signature_is_accepted(source: Source) -> None:
    for (name, topic), body in BODIES.items():
        if name == source.name:
            given = delivery(source, topic, body)
            assert proved(source, given, SECRET)
            assert proved(source, given, OTHER, SECRET)
            assert all(header == header.lower() for header in given.headers)


@EACH
def test_a_forged_signature_is_refused(source: Source) -> None:
    topic, body = one(source)
    assert not proved(source, delivery(source, topic, body, secret=OTHER), SECRET)
    assert not proved(source, delivery(source, topic, body), OTHER)
    assert not proved(source, delivery(source, topic, body))
    assert not proved(source, delivery(source, topic, body), "")
    assert not proved(source, Delivery(source.name, {}, body, NOW), SECRET)


@EACH
def test_a_tampered_body_is_refused(source: Source) -> None:
    good = delivery(source, *one(source))
    for place in range(0, len(good.body), max(1, len(good.body) // 50)):
        for mask in (1, 128):
            body = good.body[:place] + bytes([good.body[place] ^ mask]) + good.body[place + 1 :]
            assert not proved(source, Delivery(source.name, good.headers, body, NOW), SECRET)
        assert not proved(source, Delivery(source.name, good.headers, good.body[:place], NOW), SECRET)
    assert not proved(source, Delivery(source.name, good.headers, good.body + b"\n", NOW), SECRET)


@EACH
def test_a_signed_time_is_good_for_five_minutes(source: Source) -> None:
    """A source that signs no time accepts a delivery of yesterday, and must then rely on the key alone."""
    topic, body = one(source)
    untimed = proved(source, delivery(source, topic, body), SECRET, now=NOW + timedelta(days=1))
    for seconds in (-299, 299):
        assert proved(source, delivery(source, topic, body, NOW + timedelta(seconds=seconds)), SECRET)
    for seconds in (-301, 301, -86_400, 86_400 * 400):
        assert proved(source, delivery(source, topic, body, NOW + timedelta(seconds=seconds)), SECRET) == untimed
    assert not untimed or source.key(delivery(source, topic, body))


@EACH
@pytest.mark.parametrize("value", ["", " ", "é", "\udcff", "\x00", "=", ",", "v1,", "t=1,v1=2", "A" * 9_000, "%%%="])
def test_a_malformed_header_is_unverified_and_no_other_exception(source: Source, value: str) -> None:
    proving = list(headers_that_prove(source))
    assert proving
    for good, name in proving:
        assert not proved(source, Delivery(source.name, {**good.headers, name: value}, good.body, NOW), SECRET)


@EACH
@pytest.mark.parametrize("between", [", ", ",", " ", ""])
def test_a_doubled_header_raises_no_other_exception(source: Source, between: str) -> None:
    for good, name in headers_that_prove(source):
        doubled = {**good.headers, name: between.join([good.headers[name]] * 2)}
        proved(source, Delivery(source.name, doubled, good.body, NOW), SECRET)
        assert not proved(source, Delivery(source.name, doubled, good.body, NOW), OTHER)


@EACH
def test_any_header_may_be_malformed_when_it_comes_to_the_key(source: Source) -> None:
    good = delivery(source, *one(source))
    for name in good.headers:
        for value in ("", "é", "\udcff", "x" * 9_000):
            key = source.key(Delivery(source.name, {**good.headers, name: value}, good.body, NOW))
            assert len(key) < 500
            key.encode()


@EACH
def test_a_retry_has_the_same_key_and_another_event_another(source: Source) -> None:
    keys = set()
    for number in (1, 2):
        bodies = samples(source, str(number))
        for topic, body in bodies.items():
            first = delivery(source, topic, body)
            again = Delivery(source.name, dict(first.headers), body, NOW + timedelta(hours=3))
            assert source.key(first) == source.key(again)
        keys.add(source.key(delivery(source, *next(iter(bodies.items())))))
    assert len(keys) == 2


def samples(source: Source, number: str) -> dict[str, bytes]:
    paths = sorted((SAMPLES / source.name).glob("*.json"))
    return {
        path.stem.replace("__", "/"): handlers.samples.fill(path.read_text(encoding="utf-8"), NOW, f"90{number}")
        for path in paths
    }


# Topics that are understood and tell nothing, and stock that one has to choose to count by variant.
SILENT = {
    "shopify": {"orders/edited", "variants/in_stock", "variants/out_of_stock"},
    "stripe": {"charge.succeeded"},
}


@EACH
def test_every_sample_is_understood(source: Source) -> None:
    for topic, body in samples(source, "1").items():
        events = source.parse(delivery(source, topic, body), front(source))
        assert bool(events) != (topic in SILENT.get(source.name, ())), topic
        for event in events:
            assert (event.shop, event.source) == ("leaf", source.name)
            assert abs(NOW - event.at) <= timedelta(hours=1), topic
            sound(event)


def sound(event: Event) -> None:
    """An event is of a kind that is stored, its moments are aware UTC, its money fits into 64 bits."""
    assert type(event) in STORED.values()
    assert event.subject.id
    for value in leaves(event):
        if isinstance(value, datetime):
            assert value.tzinfo is UTC
        if isinstance(value, Money):
            assert abs(value.minor) < 2**63
            assert value.currency == value.currency.upper()
        if isinstance(value, str):
            value.encode()
            assert "\x00" not in value


def leaves(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, tuple):
        for inner in value:
            yield from leaves(inner)
    elif is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name))


@EACH
def test_nothing_about_a_customer_is_in_any_event(source: Source) -> None:
    """The fixtures say "pii" in every name, address and note; no event may."""
    for (name, topic), body in BODIES.items():
        if name == source.name and (name, topic) != ("generic", "mapped"):
            events = source.parse(delivery(source, topic, body), front(source))
            assert "pii" not in repr(events).lower()


@EACH
@pytest.mark.parametrize("body", [b"", b"tea", b"[", b"\xff", b"type=order&id=1", b"null", b"[[]]", b'"x"', b"{}"])
def test_what_is_no_json_object_is_unparsable(source: Source, body: bytes) -> None:
    topic, _ = one(source)
    with pytest.raises(Unparsable):
        source.parse(delivery(source, topic, body), front(source))


@EACH
def test_an_unknown_topic_is_unrouted(source: Source) -> None:
    body = b'{"object": "event", "type": "tea.spilled"}'
    with pytest.raises(Unrouted, match=r"tea\.spilled"):
        source.parse(delivery(source, "tea.spilled", body), front(source))


@EACH
def test_unknown_options_are_refused_by_name(source: Source) -> None:
    source.options({})
    with pytest.raises(ValueError, match=r"^kettle: "):
        source.options({"kettle": "on"})


def understood(source: Source, topic: str, body: bytes, **given: Any) -> None:
    """Parsing gives sound events or one of the two refusals, and never anything else."""
    received = delivery(source, topic, body)
    source.key(received)
    events: tuple[Event, ...] = ()
    refusal = "none"
    try:
        events = source.parse(received, front(source, **given))
    except (Unparsable, Unrouted) as error:
        refusal = str(error)
    assert refusal.encode()
    for event in events:
        sound(event)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["", "EUR", "1.5", "-1", "2026-11-20T10:15:00Z", "9" * 18, "\ud800", "\x00", 10**15, 10**18]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CASES = st.sampled_from(sorted(BODIES))
BY_NAME = {source.name: source for source in SOURCES}


@given(CASES, st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_on_any_topic_is_understood_or_refused(case: tuple[str, str], body: bytes) -> None:
    understood(BY_NAME[case[0]], case[1], body)


@settings(max_examples=400)
@given(CASES, st.randoms(use_true_random=False), st.lists(JSON, min_size=1, max_size=3), st.booleans())
def test_a_fixture_with_anything_in_place_of_its_values_is_understood_or_refused(
    case: tuple[str, str], chance: Any, values: list[Any], live: bool
) -> None:
    body = json.loads(BODIES[case])
    for value in values:
        change = chance.choice(list(places(body)))
        change(value)
    options = chance.choice(OPTIONS[case[0]]) if case[0] in OPTIONS else {}
    understood(BY_NAME[case[0]], case[1], json.dumps(body).encode(), live=live, options=options)


OPTIONS: Mapping[str, list[dict[str, Any]]] = {
    "shopify": [{}, {"stock": "variants"}],
    "stripe": [{}, {"payments": "charges"}],
    "generic": [
        {},
        {
            "mapping": [
                {
                    "event": "stock.changed",
                    "fields": {"sku": "article.no", "available": "count", "at": "$.document.printed"},
                    "each": "document.rows",
                }
            ]
        },
    ],
}


def places(value: Any) -> Iterator[Callable[[Any], None]]:
    """Everything within a JSON value that can be replaced."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in list(steps):
        yield partial(value.__setitem__, step)
        yield from places(inner)
