"""OAuth 1.0a: the examples of RFC 5849, the same method with SHA-256, and what a server reads back from the header."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.oauth import Credentials, authorized, base_string, nonce, percent, unpercent
from bot.core.polling import Call

AT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
# The credentials of the example in RFC 5849, section 1.2.
PRINTER = Credentials("dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")
PHOTOS = Call(
    "GET", "http://photos.example.net/photos", (("file", "vacation.jpg"), ("size", "original")), {"accept": "image/*"}
)
PARTS = re.compile(r'(\w+)="([^"]*)"')


def named(call: Call) -> dict[str, str]:
    """The parameters of a call's Authorization header, decoded by somebody else's decoder."""
    kind, _, rest = call.headers["authorization"].partition(" ")
    assert kind == "OAuth"
    return {name: unquote(value) for name, value in PARTS.findall(rest)}


def test_the_text_that_is_signed_is_that_of_rfc_5849_section_3_4_1_1() -> None:
    params = [
        ("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q"),
        ("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201"), ("oauth_nonce", "7d8f3e4a"),
    ]  # fmt: skip
    assert base_string("post", "http://EXAMPLE.COM:80/request", params) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q"
        "%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_"
        "key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m"
        "ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk"
        "9d7dh3k39sjv7"
    )


def test_the_signature_of_rfc_5849_section_1_2_comes_out_of_that_text() -> None:
    params = [
        *PHOTOS.params, ("oauth_consumer_key", PRINTER.consumer_key), ("oauth_token", PRINTER.token),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131202"), ("oauth_nonce", "chapoH"),
    ]  # fmt: skip
    text = base_string("GET", PHOTOS.url, params)
    mac = hmac.new(b"kd94hf93k423kf44&pfkkdhi9sl3r4s00", text.encode(), hashlib.sha1).digest()
    assert base64.b64encode(mac) == b"MdpQcU8iPSUjWoN/UDMsK2sui9I="


def test_the_same_example_is_signed_with_sha_256() -> None:
    """The signature was made with OpenSSL over the text written out by hand."""
    signed = authorized(PHOTOS, PRINTER, datetime.fromtimestamp(137131202, UTC), "chapoH")
    assert signed.headers["authorization"] == (
        'OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_nonce="chapoH", oauth_signature_method="HMAC-SHA256", '
        'oauth_timestamp="137131202", oauth_token="nnch734d00sl2jdk", oauth_version="1.0", '
        'oauth_signature="rAAvYu1BQL0v7E7CJl81nKGKZdQr4XFo7E7vbGJxPz4%3D"'
    )
    assert signed.headers["accept"] == "image/*"
    assert replace(signed, headers=PHOTOS.headers) == PHOTOS


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://Shop.Example", "https://shop.example/"),
        ("https://shop.example:443/rest/V1/orders", "https://shop.example/rest/V1/orders"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        ("http://shop.example:443/a", "http://shop.example:443/a"),
        ("https://shop.example/rest/A%2FB", "https://shop.example/rest/A%2FB"),
    ],
)
def test_the_url_is_signed_without_the_port_that_goes_without_saying(url: str, base: str) -> None:
    assert base_string("GET", url, []) == f"GET&{quote(base, safe='')}&"


@pytest.mark.parametrize("url", ["", "ftp://shop.example/", "https://shop.example/?a=1", "https://a@shop.example/"])
def test_a_url_with_a_query_or_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        authorized(Call("GET", url), PRINTER, AT, "n")


def test_a_form_is_signed_and_any_other_body_is_not() -> None:
    bare = Call("POST", "https://shop.example/rest/V1/x")
    signatures = [
        named(authorized(call, PRINTER, AT, "n"))["oauth_signature"]
        for call in (bare, replace(bare, body=b'{"a": 1}'), replace(bare, form=(("a", "1"),)))
    ]
    assert signatures[0] == signatures[1] != signatures[2]


@pytest.mark.parametrize(
    ("now", "number", "method", "value"),
    [(AT, "1", "GET", "x"), (AT, "n", "POST", "x"), (AT, "n", "GET", "y"), (AT.replace(second=1), "n", "GET", "x")],
)
def test_whatever_changes_changes_the_signature(now: datetime, number: str, method: str, value: str) -> None:
    one = authorized(Call("GET", "https://shop.example/", (("a", "x"),)), PRINTER, AT, "n")
    call = Call("POST" if method == "POST" else "GET", "https://shop.example/", (("a", value),))
    other = authorized(call, PRINTER, now, number)
    assert named(one)["oauth_signature"] != named(other)["oauth_signature"]


def test_credentials_do_not_print_their_secrets() -> None:
    assert PRINTER.consumer_secret not in repr(PRINTER)
    assert PRINTER.token_secret not in repr(PRINTER)
    assert "oauth_signature" not in repr(authorized(PHOTOS, PRINTER, AT, "n"))


@given(st.text())
def test_percent_encoding_is_that_of_rfc_3986(text: str) -> None:
    clean = text.encode(errors="replace").decode()
    assert percent(text) == quote(clean, safe="")
    assert unpercent(percent(text)) == clean


def test_a_plus_sign_is_no_blank() -> None:
    assert unpercent("a+b%20c%2") == "a+b c%2"
    assert unpercent("%ff") == "\ufffd"


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_a_nonce_differs_when_what_it_is_of_differs(one: list[str], other: list[str]) -> None:
    same = [percent(text) for text in one] == [percent(text) for text in other]
    assert (nonce(*one) == nonce(*other)) == same
    assert len(nonce(*one)) == 32
