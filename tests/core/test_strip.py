"""Taking people out of bodies: the named fields or all but the read ones, and not a byte besides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.strip import only, without

CUT = without({"email", "customer"})
MARK = "canary"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"id": 1, "email": "canary@x"}', b'{"id": 1, "email": null}'),
        (b'{"email" \n:\t"can\\"ary" , "id":1.50}', b'{"email" \n:\tnull , "id":1.50}'),
        (b'{"customer": {"a": [1, {"b": "}]"}], "email": "c"}, "x": 2}', b'{"customer": null, "x": 2}'),
        (b'{"customer": [], "email": true, "x": {"email": -1e3}}', b'{"customer": null, "email": null, "x": {"email": null}}'),
        (b'{"note": "her \\"email\\": \\"x\\"", "emails": "a", "my email": "b"}', b'{"note": "her \\"email\\": \\"x\\"", "emails": "a", "my email": "b"}'),
        (b'["email", "customer"]', b'["email", "customer"]'),
        (b'{"title": "email", "k": "customer"}', b'{"title": "email", "k": "customer"}'),
        (b"", b""),
    ],
)  # fmt: skip
def test_the_values_of_named_fields_are_cut_and_every_other_byte_stays(body: bytes, kept: bytes) -> None:
    assert CUT(body) == kept


@pytest.mark.parametrize(
    "body", [b'{"customer": {"a": 1', b'{"email": ', b'{"email": }', b'{"customer": [[]', b'{"email":,']
)
def test_what_has_no_end_stays_for_somebody_to_look_at(body: bytes) -> None:
    assert CUT(body) == body


@pytest.mark.parametrize(
    "body", [b'{"customer": ' + b"[" * 10**6, b'{"customer":' * 10**5, b'{"email": "' + b"\\\\" * 10**6]
)
def test_a_million_open_ends_are_looked_at_once(body: bytes) -> None:
    """Looked at anew from each of them, they would keep the bot busy for hours."""
    assert CUT(body) == body


LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "email", "customer", "x"]) | st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def nulled(tree: Any) -> Any:
    if isinstance(tree, list):
        return [nulled(each) for each in tree]
    if isinstance(tree, dict):
        return {name: None if name in ("email", "customer") else nulled(each) for name, each in tree.items()}
    return tree


@given(TREES, st.sampled_from([None, 1, 2]), st.booleans())
def test_it_is_as_if_the_fields_had_been_null(tree: Any, indent: int | None, is_ascii: bool) -> None:
    assert json.loads(
        CUT(json.dumps(tree, indent=indent, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")).decode(
            "utf-8", "surrogatepass"
        )
    ) == nulled(tree)


@given(st.binary())
def test_any_bytes_are_taken(body: bytes) -> None:
    CUT(body)
    only(body, {"a": {}})


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"a": 1, "b": MARK}, {"a": 1}),
        ({"a": {"c": MARK}, "list": [{"x": 1, "y": MARK}, {"z": MARK}]}, {"a": {"c": MARK}, "list": [{"x": 1}, {}]}),
        ({"list": {"x": 1.5, "y": MARK}}, {"list": {"x": 1.5}}),
        ({"list": "text"}, {"list": "text"}),
        ([{"a": None, "b": 2}], [{"a": None}]),
        (5, 5),
    ],
)
def test_the_fields_of_the_shape_alone_are_kept(body: Any, kept: Any) -> None:
    assert json.loads(only(json.dumps(body).encode(), {"a": {}, "list": {"x": {}}})) == kept


@pytest.mark.parametrize("body", [b"{", b'{"a": 1, "a": 2}', b"\xff", b"NaN"])
def test_what_is_no_body_stays_whole(body: bytes) -> None:
    assert only(body, {"a": {}}) == body
