"""CloudEvents in their three forms."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import cloudevents
from bot.core.delivery import Delivery, Unparsable
from bot.core.wild import Wild
from tests.core.samples import NOW

HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "7",
    "ce-source": "/shop/a%20b",
    "ce-type": "stock.changed",
    "ce-extra": "x",
}


def delivery(**headers: str) -> Delivery:
    return Delivery("generic", {name.replace("_", "-"): value for name, value in headers.items()}, b"{}", NOW)


def test_a_binary_event_becomes_a_structured_one_with_its_names_decoded() -> None:
    given = Delivery("generic", HEADERS, b"{}", NOW)
    assert cloudevents.whole(given, Wild({"sku": "A"})).value == {
        "specversion": "1.0", "id": "7", "source": "/shop/a b", "type": "stock.changed", "data": {"sku": "A"},
    }  # fmt: skip
    assert cloudevents.whole(delivery(), Wild({"sku": "A"})).value == {"sku": "A"}


@pytest.mark.parametrize(
    ("headers", "body", "key"),
    [
        (HEADERS, {}, "/shop/a b 7"),
        ({}, {"specversion": "1.0", "id": "7", "source": "/s"}, "/s 7"),
        ({}, {"specversion": "1.0", "id": "7", "source": "/ü"}, hashlib.sha256("/ü 7".encode()).hexdigest()),
        ({}, {"specversion": "1.0", "id": "7" * 300}, hashlib.sha256(b" " + b"7" * 300).hexdigest()),
        ({}, {"specversion": "1.0", "source": "/s"}, ""),
        ({}, {"specversion": "1.0"}, ""),
        ({}, {"id": "7"}, ""),
        ({}, [{"specversion": "1.0"}], ""),
        ({}, 7, ""),
    ],
)
def test_an_event_is_named_by_its_source_and_id(headers: dict[str, str], body: Any, key: str) -> None:
    assert cloudevents.key(Delivery("generic", headers, b"{}", NOW), Wild(body)) == key


@given(
    st.dictionaries(
        st.sampled_from(["ce-id", "ce-source", "ce-specversion", "ce-type", "ce-time"]), st.text(max_size=20)
    )
)
def test_whatever_the_headers_say_there_is_a_key_or_none(headers: dict[str, str]) -> None:
    found = cloudevents.key(Delivery("generic", headers, b"{}", NOW), Wild({}))
    assert found.isascii()


def event(**more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "7", "source": "/s", "type": "stock.changed"} | more


def encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@given(st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=5)))
def test_data_in_base64_is_the_same_as_data(data: dict[str, Any]) -> None:
    coded, plain = event(data_base64=encoded(data)), event(data=data)
    for one, other in ((coded, plain), ([coded, plain], [plain, plain])):
        assert cloudevents.whole(delivery(), Wild(one)).value == cloudevents.whole(delivery(), Wild(other)).value


@pytest.mark.parametrize(
    "body", [event(data_base64=None), event(), {"data_base64": "e30="}, [7, event(data={})], "text"]
)
def test_what_has_no_data_in_base64_stays_as_it_is(body: Any) -> None:
    assert cloudevents.whole(delivery(), Wild(body)).value == body


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"data_base64": "e30=", "data": {}}, "data_base64 stands beside data"),
        ({"data_base64": 7}, "data_base64 is not text"),
        ({"data_base64": "e30"}, "data_base64 is not base64"),
        ({"data_base64": "e3 0="}, "data_base64 is not base64"),
        ({"data_base64": "é"}, "data_base64 is not base64"),
        ({"data_base64": base64.b64encode(b"<tea/>").decode()}, "in data_base64 the body is not JSON"),
        ({"data_base64": base64.b64encode(b"\xff").decode()}, "in data_base64 the body is not UTF-8"),
        ({"data_base64": base64.b64encode(b"[" * 99).decode()}, "in data_base64 the body is deeper"),
    ],
)
def test_data_in_base64_that_is_no_json_is_named(more: dict[str, Any], why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        cloudevents.whole(delivery(), Wild(event(**more)))
    with pytest.raises(Unparsable, match=r"\[1\]." if "stands" in why or "is not text" in why else "data_base64"):
        cloudevents.whole(delivery(), Wild([event(), event(**more)]))
