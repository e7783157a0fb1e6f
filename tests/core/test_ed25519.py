"""Standard Webhooks proved by public keys, alone and beside shared secrets."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Delivery, Unverified
from bot.core.ed25519 import check_standard
from bot.core.signatures import STANDARD_WEBHOOKS, sign

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
BODY = b'{"tea": "Earl Grey"}'
SHARED = "whsec_" + base64.b64encode(b"one kettle, two pots, three cups").decode()
# Of the seed 00 01 02 ... 1f, and computed with ``openssl pkeyutl -sign -rawin``.
PUBLIC = "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
SIGNATURE = "v1a,kNvk3J/BF4Ie9FDEHftO3R3dG3bVoMdLogIIlwPArPph41s+nKoQLYzvdwovqdT30iBVy8mKMb94Y1gK3sr4AA=="
OURS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = (
    "whpk_" + base64.b64encode(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()).decode()
)
HEADERS = {"webhook-id": "msg_tea", "webhook-timestamp": "1795169700", "webhook-signature": SIGNATURE}


def proved(*secrets: str, body: bytes = BODY, now: datetime = NOW, **changed: str) -> bool:
    headers = HEADERS | {f"webhook-{name}": value for name, value in changed.items()}
    try:
        check_standard(Delivery("generic", headers, body, now), secrets, now)
    except Unverified as refusal:
        assert not any(secret and secret in str(refusal) for secret in secrets)
        return False
    return True


def test_a_signature_computed_elsewhere_is_accepted_by_its_public_key() -> None:
    assert proved(PUBLIC)
    assert proved(OTHER, "", PUBLIC, SHARED)
    assert proved(PUBLIC, signature=f"v1,AAAA v1a,AAAA {SIGNATURE}")


def test_the_older_names_of_the_headers_do_as_well() -> None:
    headers = {name.replace("webhook", "svix"): value for name, value in HEADERS.items()}
    check_standard(Delivery("generic", headers, BODY, NOW), (PUBLIC,), NOW)


@pytest.mark.parametrize(
    "secrets", [(), ("",), (OTHER,), (SHARED,), (OTHER, SHARED), ("whpk_",), ("whpk_é", "whpk_AAAA")]
)
def test_another_key_proves_nothing(secrets: tuple[str, ...]) -> None:
    assert not proved(*secrets)


def test_what_was_changed_is_not_proved() -> None:
    assert not proved(PUBLIC, body=BODY + b" ")
    assert not proved(PUBLIC, id="msg_pot")
    assert not proved(PUBLIC, timestamp="1795169701")
    assert not proved(PUBLIC, signature="")
    assert not proved(PUBLIC, now=NOW + timedelta(seconds=301))


def test_a_key_of_the_wrong_form_does_not_keep_others_from_being_tried() -> None:
    assert proved("whpk_tea", "whsec_tea", PUBLIC)
    assert proved("whpk_tea", SHARED, signature=shared_signature())


def shared_signature() -> str:
    return sign(STANDARD_WEBHOOKS[0], BODY, SHARED, NOW, "msg_tea")["webhook-signature"]


def test_a_public_key_is_no_shared_secret() -> None:
    """Else whoever knows the public key could sign with it."""
    raw = "whsec_" + PUBLIC.removeprefix("whpk_")
    forged = sign(STANDARD_WEBHOOKS[0], BODY, raw, NOW, "msg_tea")["webhook-signature"]
    assert not proved(PUBLIC, signature=forged)
    assert not proved(PUBLIC, signature=forged.replace("v1,", "v1a,"))
    assert not proved(SHARED, signature=shared_signature().replace("v1,", "v1a,"))


@given(st.text(max_size=100) | st.binary(max_size=80).map(lambda raw: "v1a," + base64.b64encode(raw).decode()))
def test_no_signature_raises_anything_but_unverified(signature: str) -> None:
    assert not proved(PUBLIC, SHARED, signature=signature)


@given(st.binary(max_size=200), st.integers(0, 511))
def test_what_the_private_key_signs_is_accepted_and_no_bit_of_it_may_change(body: bytes, bit: int) -> None:
    signature = bytearray(OURS.sign(b"msg_tea.1795169700." + body))
    assert proved(PUBLIC, body=body, signature="v1a," + base64.b64encode(signature).decode())
    signature[bit // 8] ^= 1 << bit % 8
    assert not proved(PUBLIC, body=body, signature="v1a," + base64.b64encode(signature).decode())
