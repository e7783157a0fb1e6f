"""A delivery is known again by the platform's own name of it, as far as that can be kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.delivery import Delivery
from bot.core.keys import as_key, id_of_body

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "key"),
    [("evt_1", "evt_1"), ("", ""), ("é" * 200, "é" * 200), ("x" * 201, ""), ("a\nb", ""), ("a\x00", "")],
)
def test_a_name_that_cannot_be_kept_names_nothing(name: str, key: str) -> None:
    assert as_key(name) == key


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"id": "evt_1"}', "evt_1"),
        (b'{"id": 7}', "7"),
        (b'{"id": null}', ""),
        (b"{}", ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b'{"id": "%s"}' % (b"x" * 201), ""),
    ],
)
def test_the_id_of_a_body_names_its_delivery(body: bytes, key: str) -> None:
    assert id_of_body(Delivery("tea", {}, body, NOW)) == key
