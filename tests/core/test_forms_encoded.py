"""Bodies of web forms: what they say, and that whatever is wrong with them is Unparsable."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Unparsable
from bot.core.forms_encoded import only, pairs, read_form


@pytest.mark.parametrize(
    ("body", "means"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"a", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=1+2%2B3%20%C3%A9", {"a": "1 2+3 é"}),
        (b"data[id]=7&data%5Bmerges%5D%5BEMAIL%5D=x", {"data": {"id": "7", "merges": {"EMAIL": "x"}}}),
        (b"data[0][name]=x&data[1][name]=y", {"data": {"0": {"name": "x"}, "1": {"name": "y"}}}),
        (b"a[]=1&a[]=2&b[c][]=3", {"a": ["1", "2"], "b": {"c": ["3"]}}),
    ],
)
def test_a_form_is_read_as_an_object_of_objects(body: bytes, means: dict[str, Any]) -> None:
    assert read_form(body).value == means


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"a=%", "percent sign"),
        (b"a=%4", "percent sign"),
        (b"a=%zz", "percent sign"),
        (b"a=%ff", "not UTF-8"),
        (b"\xff=1", "not UTF-8"),
        (b"a=1&a=2", "'a' comes twice"),
        (b"a=1&a[]=2", "'a\\[\\]' comes twice"),
        (b"a[]=1&a=2", "'a' comes twice"),
        (b"a=1&a[b]=2", "value and an object"),
        (b"a[]=1&a[b]=2", "value and an object"),
        (b"a[b]=1&a[]=2", "comes twice"),
        (b"=1", "name ''"),
        (b"[a]=1", "name '\\[a\\]'"),
        (b"a[b=1", "name 'a\\[b'"),
        (b"a[][b]=1", "name"),
        (b"a[b]c=1", "name"),
        (b"a[[b]]=1", "name"),
        (b"a" + b"[b]" * 8 + b"=1", "name"),
        (b"a" * 256 + b"=1", "name 'aaa"),
        (b"a=1&" * 2_001, "more than 2000 fields"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_by_its_name_alone(body: bytes, why: str) -> None:
    with pytest.raises(Unparsable, match=why) as refusal:
        read_form(body)
    assert "1" not in str(refusal.value).replace("2001", "").replace("UTF-8", "")


@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_what_is_encoded_is_decoded_again(fields: list[tuple[str, str]]) -> None:
    fields = [(name, value) for name, value in fields if not _broken(name + value)]
    assert pairs(urlencode(fields).encode()) == tuple(fields)


def _broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


@given(st.from_regex(rb"[a-z0-9=&%+\[\]]{0,40}", fullmatch=True) | st.binary(max_size=60))
def test_any_body_is_read_or_unparsable(body: bytes) -> None:
    try:
        found = pairs(body)
        read_form(body)
    except Unparsable:
        return
    assert found == tuple(parse_qsl(body.decode(), keep_blank_values=True))


def test_the_named_fields_alone_are_kept_as_they_came() -> None:
    assert only(b"&a=1%2b&b=2&&data%5Bx%5D=3&a", {"a", "data[x]"}) == b"a=1%2b&data%5Bx%5D=3&a"
    assert only(b"b=2", {"a"}) == only(b"", {"a"}) == b""
    with pytest.raises(Unparsable):
        only(b"a=%", {"a"})
