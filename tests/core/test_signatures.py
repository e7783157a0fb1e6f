"""Signatures: own vectors, agreement with the platforms' own packages, and every way in which a header is wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import stripe
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Delivery, Unverified
from bot.core.signatures import STANDARD_WEBHOOKS, Scheme, check, check_token, sign, standard_key

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
BODY = '{"type":"tea.steeped","cups":3,"note":"two sugars, £2"}'.encode()
SECRET = "a-kettle-of-fish"
KEY = "whsec_" + base64.b64encode(b"thirty-two bytes of tea leaves..").decode()

STRIPE = Scheme(header="stripe-signature", signed="{timestamp}.{body}", prefix="v1=", separator=",", stamp="t=")
PLAIN = Scheme(header="x-signature", prefix="sha256=")
SCHEMES: Mapping[str, tuple[Scheme, str]] = {
    "plain hex with a prefix": (PLAIN, SECRET),
    "plain base64": (Scheme(header="x-hmac", encoding="base64"), SECRET),
    "sha1": (Scheme(header="x-hub-signature", digest="sha1", prefix="sha1="), SECRET),
    "sha512": (Scheme(header="x-hub-signature", digest="sha512"), SECRET),
    "time in its own header": (
        Scheme(header="x-signature", signed="{timestamp}.{body}", timestamp_header="x-time"),
        SECRET,
    ),
    "time behind the body": (Scheme(header="x-signature", signed="{body}{timestamp}", timestamp_header="x-t"), SECRET),
    "time and signatures in one header": (STRIPE, SECRET),
    "standard webhooks": (STANDARD_WEBHOOKS[0], KEY),
    "standard webhooks by their old name": (STANDARD_WEBHOOKS[1], KEY),
}
ALL = pytest.mark.parametrize(("scheme", "secret"), SCHEMES.values(), ids=SCHEMES.keys())
TIMED = pytest.mark.parametrize(
    ("scheme", "secret"),
    [row for row in SCHEMES.values() if "{timestamp}" in row[0].signed],
    ids=[name for name, row in SCHEMES.items() if "{timestamp}" in row[0].signed],
)


def proves(scheme: Scheme, headers: Mapping[str, str], *secrets: str, body: bytes = BODY, now: datetime = NOW) -> bool:
    """Whether the headers prove the body; a refusal never speaks of a secret."""
    try:
        check((scheme,), Delivery("tea", headers, body, now), secrets, now)
    except Unverified as error:
        refusal = str(error)
    else:
        return True
    assert not any(secret and secret in refusal for secret in secrets)
    return False


# Computed with ``openssl dgst -sha256 -mac HMAC``.
VECTORS: list[tuple[str, tuple[Scheme, ...], str, dict[str, str]]] = [
    (
        "base64 over the body",
        (Scheme(header="x-shopify-hmac-sha256", encoding="base64"),),
        SECRET,
        {"x-shopify-hmac-sha256": "5ZAOH6D9MopQF1KD7JSZHcCNxWO9EUR3yTcWrbiykWY="},
    ),
    (
        "hex over time and body",
        (STRIPE,),
        SECRET,
        {"stripe-signature": "t=1795169700,v1=14947bd4ead416b1372c2fd2e8af84c2df51d7d1fe4b570229c83231408a348c"},
    ),
    (
        "standard webhooks",
        STANDARD_WEBHOOKS,
        KEY,
        {
            "webhook-id": "msg_tea",
            "webhook-timestamp": "1795169700",
            "webhook-signature": "v1,0O/lhDu21rdoF+X5NkzoNeREWgsOsjTt1QKGc5btH00=",
        },
    ),
]


@pytest.mark.parametrize(
    ("schemes", "secret", "headers"), [row[1:] for row in VECTORS], ids=[row[0] for row in VECTORS]
)
def test_signatures_computed_elsewhere_are_accepted(
    schemes: tuple[Scheme, ...], secret: str, headers: dict[str, str]
) -> None:
    check(schemes, Delivery("tea", headers, BODY, NOW), (secret,), NOW)


@ALL
def test_what_we_sign_we_accept(scheme: Scheme, secret: str) -> None:
    headers = sign(scheme, BODY, secret, NOW, "msg_1")
    assert proves(scheme, headers, secret)
    assert proves(scheme, headers, KEY.swapcase(), "", secret)
    assert not proves(scheme, headers, KEY[:-8] + "AAAAAAA=")
    assert not proves(scheme, headers, secret, body=BODY + b" ")
    assert not proves(scheme, headers, secret, body=BODY[:-1])


@ALL
def test_every_flipped_bit_of_the_body_is_noticed(scheme: Scheme, secret: str) -> None:
    headers = sign(scheme, BODY, secret, NOW, "msg_1")
    for place in range(len(BODY)):
        body = bytearray(BODY)
        body[place] ^= 1
        assert not proves(scheme, headers, secret, body=bytes(body))


BAD_VALUES = [
    "",
    " ",
    "v1",
    "v1=",
    "v1,",
    "v1,!!!",
    "sha256=",
    "t=,v1=",
    "t=x,v1=00",
    "t=1795169700",
    "t=1795169700,t=1795169700,v1=00",
    "9" * 400,
    "-1",
    "1e9",
    "１７９５１６９７００",
    "é",
    "\udcff\udcfe",
    "\x00",
    "v1," * 100,
    "a" * 10_000,
]


@ALL
@pytest.mark.parametrize("value", BAD_VALUES)
def test_a_malformed_header_is_unverified_and_nothing_else(scheme: Scheme, secret: str, value: str) -> None:
    good = sign(scheme, BODY, secret, NOW, "msg_1")
    for name in good:
        assert not proves(scheme, {**good, name: value}, secret)


@given(st.dictionaries(st.sampled_from(["x-signature", "x-time", "stripe-signature", "webhook-id"]), st.text()))
def test_any_headers_are_unverified_and_nothing_else(headers: dict[str, str]) -> None:
    for scheme, secret in SCHEMES.values():
        assert not proves(scheme, headers, secret)


@ALL
def test_each_header_of_a_signature_has_to_be_there(scheme: Scheme, secret: str) -> None:
    good = sign(scheme, BODY, secret, NOW, "msg_1")
    for name in good:
        assert not proves(scheme, {other: value for other, value in good.items() if other != name}, secret)


@TIMED
@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_time_within_five_minutes_is_accepted(scheme: Scheme, secret: str, seconds: int) -> None:
    headers = sign(scheme, BODY, secret, NOW + timedelta(seconds=seconds), "msg_1")
    assert proves(scheme, headers, secret)


@TIMED
@pytest.mark.parametrize("seconds", [-301, 301, 86_400, -86_400])
def test_a_time_further_away_is_a_replay(scheme: Scheme, secret: str, seconds: int) -> None:
    headers = sign(scheme, BODY, secret, NOW + timedelta(seconds=seconds), "msg_1")
    assert not proves(scheme, headers, secret)


@TIMED
def test_the_time_is_signed(scheme: Scheme, secret: str) -> None:
    stamp = str(int(NOW.timestamp()))
    headers = sign(scheme, BODY, secret, NOW, "msg_1")
    later = {name: value.replace(stamp, str(int(stamp) + 60)) for name, value in headers.items()}
    assert later != headers
    assert not proves(scheme, later, secret)


def test_the_id_is_signed() -> None:
    headers = sign(STANDARD_WEBHOOKS[0], BODY, KEY, NOW, "msg_1")
    assert not proves(STANDARD_WEBHOOKS[0], {**headers, "webhook-id": "msg_2"}, KEY)


def test_one_of_several_signatures_suffices() -> None:
    new, old = sign(STRIPE, BODY, SECRET, NOW)["stripe-signature"], sign(STRIPE, BODY, "old", NOW)["stripe-signature"]
    both = f"{old},{new.partition(',')[2]},v0=00"
    assert proves(STRIPE, {"stripe-signature": both}, SECRET)
    assert proves(STRIPE, {"stripe-signature": both}, "old")
    assert not proves(STRIPE, {"stripe-signature": both}, "older")
    first = sign(STANDARD_WEBHOOKS[0], BODY, KEY, NOW, "m")
    first["webhook-signature"] = f"v1a,AAAA v1,AAAA {first['webhook-signature']}"
    assert proves(STANDARD_WEBHOOKS[0], first, KEY)


def test_the_old_version_of_a_signature_proves_nothing() -> None:
    header = sign(STRIPE, BODY, SECRET, NOW)["stripe-signature"].replace("v1=", "v0=")
    assert not proves(STRIPE, {"stripe-signature": header}, SECRET)


def test_hexadecimal_letters_may_be_capital() -> None:
    header = sign(PLAIN, BODY, SECRET, NOW)["x-signature"].removeprefix("sha256=").upper()
    assert proves(PLAIN, {"x-signature": f"sha256={header}"}, SECRET)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_nothing_is_proved(secrets: tuple[str, ...]) -> None:
    # An empty secret is a key like any other to HMAC, and everybody knows it.
    mac = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not proves(PLAIN, {"x-signature": f"sha256={mac}"}, *secrets)
    with pytest.raises(Unverified):
        check_token(Delivery("tea", {"x-token": ""}, BODY, NOW), "x-token", secrets)
    with pytest.raises(Unverified):
        check_token(Delivery("tea", {"x-token": "x"}, BODY, NOW), "x-token", secrets)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64", "whsec_é", "whsec_AAA"])
def test_a_secret_that_is_no_key_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^[^é]*$") as caught:
        standard_key(secret)
    assert secret not in str(caught.value)
    assert not proves(STANDARD_WEBHOOKS[0], sign(STANDARD_WEBHOOKS[0], BODY, KEY, NOW, "m"), secret)


def test_a_secret_that_is_no_key_does_not_hide_one_that_is() -> None:
    assert proves(STANDARD_WEBHOOKS[0], sign(STANDARD_WEBHOOKS[0], BODY, KEY, NOW, "m"), "whsec_!", KEY)


TOKENS = [
    ("authorization", "Bearer", f"Bearer {SECRET}", True),
    ("authorization", "Bearer", f"bearer  {SECRET} ", True),
    ("authorization", "Bearer", SECRET, False),
    ("authorization", "Bearer", f"Basic {SECRET}", False),
    ("authorization", "Bearer", "Bearer", False),
    ("authorization", "Bearer", "Bearer é\udcff", False),
    ("authorization", "Bearer", f"Bearer {SECRET}x", False),
    ("x-token", "", SECRET, True),
    ("x-token", "", SECRET[:-1], False),
    ("x-token", "", "é", False),
]


@pytest.mark.parametrize(("name", "kind", "value", "wanted"), TOKENS)
def test_a_token_is_one_of_the_secrets_or_unverified(name: str, kind: str, value: str, wanted: bool) -> None:
    delivery = Delivery("tea", {name: value}, BODY, NOW)
    if wanted:
        check_token(delivery, name, ("other", SECRET), kind)
        return
    with pytest.raises(Unverified) as caught:
        check_token(delivery, name, ("other", SECRET), kind)
    assert SECRET not in str(caught.value)


@given(st.text(min_size=1, max_size=200), st.text(alphabet="abcdef0123456789", min_size=8))
def test_the_stripe_package_agrees(text: str, secret: str) -> None:
    header = sign(STRIPE, text.encode(), f"whsec_{secret}", NOW)["stripe-signature"]
    # The package reads the clock itself, so its own check of the time is switched off.
    assert stripe.WebhookSignature.verify_header(text, header, f"whsec_{secret}", None)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(f"{text} ", header, f"whsec_{secret}", None)


@given(st.text(min_size=1, max_size=200), st.binary(min_size=24, max_size=64), st.uuids())
def test_the_package_of_standard_webhooks_agrees(text: str, key: bytes, name: object) -> None:
    secret = f"whsec_{base64.b64encode(key).decode()}"
    theirs = standardwebhooks.Webhook(secret).sign(str(name), NOW, text)
    headers = sign(STANDARD_WEBHOOKS[0], text.encode(), secret, NOW, str(name))
    assert headers["webhook-signature"] == theirs
    assert proves(STANDARD_WEBHOOKS[0], {**headers, "webhook-signature": theirs}, secret, body=text.encode())
