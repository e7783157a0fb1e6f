"""What a public key proves, and which certificates are believed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Unverified
from bot.core.rsa import check_rsa, issuer_url, trusted_leaf
from tests.authorities import BORN, DAY, below, leaf, public_pem, root, rsa_key, rsa_sign

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
HOST = "proofs.tea.example"
MESSAGE = b"one kettle, two pots"
ROOT = root()
BETWEEN = below(ROOT)
LEAF = leaf(BETWEEN, HOST)
SIGNATURE = rsa_sign(LEAF.key, MESSAGE)


def believed(chain: bytes, name: str = HOST, anchors: tuple[bytes, ...] = (ROOT.der,), now: datetime = NOW) -> bool:
    try:
        found = trusted_leaf(chain, name, anchors, now)
    except Unverified:
        return False
    assert found == LEAF.pem or b"BEGIN CERTIFICATE" in found
    return True


def proved(key: bytes, signature: bytes = SIGNATURE, message: bytes = MESSAGE) -> bool:
    try:
        check_rsa(key, signature, message)
    except Unverified:
        return False
    return True


@pytest.mark.parametrize("key", [public_pem(LEAF.key), LEAF.pem, LEAF.chain], ids=["key", "certificate", "chain"])
def test_a_key_or_a_certificate_proves_what_its_owner_signed(key: bytes) -> None:
    assert proved(key)
    assert not proved(key, message=MESSAGE + b".")
    assert not proved(key, signature=SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1]))
    assert not proved(key, signature=b"")


def test_anothers_key_proves_nothing() -> None:
    assert not proved(public_pem(rsa_key("another")))


@pytest.mark.parametrize("bits", [1024, 8200])
def test_a_key_that_is_too_short_or_too_long_proves_nothing(bits: int) -> None:
    key = rsa_key("short", 1024) if bits == 1024 else None
    pem = public_pem(key) if key else _long_key()
    with pytest.raises(Unverified, match="2048 to 8192 bits"):
        check_rsa(pem, rsa_sign(key, MESSAGE) if key else b"1" * 1025, MESSAGE)


def _long_key() -> bytes:
    """Nobody needs the private part of a key that is to be refused, so that any odd number will do."""
    key = RSAPublicNumbers(65537, 2**8199 + 1).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_key_of_another_kind_proves_nothing() -> None:
    key = generate_private_key(SECP256R1()).public_key()
    with pytest.raises(Unverified, match="none of RSA"):
        check_rsa(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), SIGNATURE, MESSAGE)


def test_a_chain_that_leads_to_a_trusted_authority_is_believed_and_gives_its_leaf() -> None:
    assert trusted_leaf(LEAF.chain, HOST, (ROOT.der,), NOW) == LEAF.pem
    check_rsa(trusted_leaf(LEAF.chain, HOST, (root("Other Root").der, ROOT.der), NOW), SIGNATURE, MESSAGE)


def test_an_anchor_that_cannot_be_read_keeps_no_other_from_being_trusted() -> None:
    assert believed(LEAF.chain, anchors=(b"", b"tea", ROOT.der[:-9], ROOT.der))
    assert not believed(LEAF.chain, anchors=(b"tea",))


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        (LEAF.pem, "the one between is missing"),
        (BETWEEN.pem + LEAF.pem, "the leaf does not come first"),
        (leaf(root("Other Root"), HOST).chain, "it leads to nobody trusted"),
        (leaf(root("Tea Root "), HOST).chain, "its root only has a name like a trusted one"),
        (leaf(BETWEEN, "tea.example").chain, "another name"),
        (leaf(BETWEEN, f"x.{HOST}").chain, "a name below"),
        (leaf(BETWEEN, HOST, life=DAY).chain, "it has run out"),
        (leaf(BETWEEN, HOST, born=NOW + DAY).chain, "it is not valid yet"),
        (leaf(BETWEEN, HOST, use=ExtendedKeyUsageOID.CLIENT_AUTH).chain, "it is for clients"),
        (leaf(LEAF, HOST, key="below leaf").chain, "its issuer is no authority"),
        (BETWEEN.chain, "an authority is no leaf"),
        (LEAF.chain + BETWEEN.pem * 7, "too many certificates"),
        (LEAF.chain + b"\n" * 70_000, "too long"),
        (b"", "nothing"),
    ],
)
def test_a_chain_is_refused_when(chain: bytes, why: str) -> None:
    assert not believed(chain), why


def test_a_root_that_signed_itself_is_refused_unless_it_is_an_anchor() -> None:
    forged = leaf(root("Forger"), HOST)
    assert not believed(forged.chain + forged.above[-1].pem)
    assert believed(forged.chain, anchors=(forged.above[-1].der,))


@pytest.mark.parametrize(
    ("now", "good"),
    [
        (BORN - timedelta(seconds=1), False),
        (BORN, True),
        (BORN + 90 * DAY, True),
        (BORN + 90 * DAY + timedelta(seconds=1), False),
    ],
)
def test_a_certificate_is_good_from_its_first_to_its_last_second(now: datetime, good: bool) -> None:
    assert believed(LEAF.chain, now=now) == good


@pytest.mark.parametrize("name", ["", "tea", "täa.example", "proofs.tea.example.", "*.tea.example", "\x00", "\udcff"])
def test_a_name_that_is_no_host_is_refused(name: str) -> None:
    assert not believed(LEAF.chain, name=name)


def test_a_short_key_proves_nothing_with_a_good_certificate_either() -> None:
    short = leaf(BETWEEN, HOST, key="short", bits=1024)
    with pytest.raises(Unverified, match="2048 to 8192 bits"):
        check_rsa(trusted_leaf(short.chain, HOST, (ROOT.der,), NOW), rsa_sign(short.key, MESSAGE), MESSAGE)


def test_without_an_authority_nobody_is_trusted() -> None:
    assert not believed(LEAF.chain, anchors=())


@pytest.mark.parametrize("between", [BETWEEN.pem, BETWEEN.der, BETWEEN.pem + ROOT.pem])
def test_a_certificate_between_may_come_from_elsewhere(between: bytes) -> None:
    assert trusted_leaf(LEAF.pem, HOST, (ROOT.der,), NOW, (between,)) == LEAF.pem
    with pytest.raises(Unverified):
        trusted_leaf(LEAF.pem, HOST, (root("Other Root").der,), NOW, (between, ROOT.der))
    with pytest.raises(Unverified):
        trusted_leaf(LEAF.pem, HOST, (ROOT.der,), NOW, (b"tea", between))


def test_a_certificate_may_say_where_its_issuer_is_to_be_had() -> None:
    place = "http://authorities.tea.example/between.crt"
    assert issuer_url(leaf(BETWEEN, HOST, issuer_at=place).pem) == place
    assert issuer_url(leaf(BETWEEN, HOST, issuer_at=place).der) == place
    assert issuer_url(leaf(BETWEEN, HOST, issuer_at=place).chain) == issuer_url(LEAF.pem) == issuer_url(b"tea") == ""


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_refused_with_unverified_alone(one: bytes, other: bytes) -> None:
    assert not proved(one, other)
    assert not proved(LEAF.pem, one, other)
    assert not believed(one, anchors=(other,))
    assert not believed(one, anchors=(ROOT.der, other))
    assert issuer_url(one) == ""


# The byte before the signature says how many of its last bits are not used. Where those are 0 anyway the certificate says
# the same with another count, and is believed.
UNUSED_BITS = len(LEAF.der) - 1 - len(x509.load_der_x509_certificate(LEAF.der).signature)


@given(st.integers(0, len(LEAF.der) - 1).filter(lambda place: place != UNUSED_BITS), st.integers(1, 255), st.booleans())
def test_a_certificate_with_any_byte_changed_is_refused(place: int, mask: int, cut: bool) -> None:
    der = LEAF.der[:place] + bytes([LEAF.der[place] ^ mask]) + (b"" if cut else LEAF.der[place + 1 :])
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    assert not believed(pem + BETWEEN.pem)
    proved(pem)
    believed(LEAF.chain, anchors=(der,))


@given(st.text(max_size=20), st.integers(-(10**9), 10**9))
def test_any_name_and_time_are_answered(name: str, seconds: int) -> None:
    believed(LEAF.chain, name=name, now=NOW + timedelta(seconds=seconds))
