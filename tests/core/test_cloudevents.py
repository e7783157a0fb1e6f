"""CloudEvents in their three forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import cloudevents
from bot.core.delivery import Delivery
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
        ({}, {"specversion": "1.0", "id": "7" * 300, "source": "/s"}, ""),
        ({}, {"specversion": "1.0", "id": "ü", "source": "/s"}, ""),
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
