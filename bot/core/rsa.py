"""Proof by a public key: RSA signatures, and the certificates that say whose key it is.

The only module that uses the package ``cryptography``, and only to compute: nothing is fetched and nothing is drawn by
chance here. Whatever is wrong with bytes from outside is an Unverified.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from bot.core.delivery import Unverified

_MAX_PEM: Final = 65_536
_MAX_CHAIN: Final = 8
# Shorter keys have been forgeable for years; longer ones serve only to make us compute.
_MIN_BITS, _MAX_BITS = 2048, 8192
# What parsing and checking may meet in bytes that a stranger made; where warnings are errors, they are among it.
_FAULTS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    VerificationError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)


def check_rsa(key_pem: bytes, signature: bytes, message: bytes) -> None:
    """Return when ``signature`` is the message's by this key, else raise Unverified.

    ``key_pem`` is a public key or a certificate in PEM, of 2048 to 8192 bits. The signature is RSASSA-PKCS1-v1_5 with
    SHA-256 (RFC 8017, section 8.2). A certificate is not asked here who it belongs to; see ``trusted_leaf``.
    """
    key = _key(key_pem)
    try:
        key.verify(signature, message, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, *_FAULTS):
        raise Unverified("the signature does not match the message") from None


def trusted_leaf(
    chain_pem: bytes, name: str, anchors: tuple[bytes, ...], now: datetime, between: tuple[bytes, ...] = ()
) -> bytes:
    """The first certificate of a chain, as PEM, when at ``now`` (aware UTC) it is valid for the host ``name`` and the
    others lead from it to one of ``anchors`` (DER); else raises Unverified.

    ``between`` are further certificates (DER or PEM) that may be of use on the way; nobody has to trust them.

    The rules are those for the certificates of web servers (RFC 5280 and the baseline requirements of the CA/Browser
    Forum): ``name`` has to be among the alternative names, and a use for servers among the extended uses. Whether the
    certificate has been revoked is not asked, as no browser's library does by itself either.
    """
    try:
        leaf, *others = _chain(chain_pem)
        others += [certificate for more in between for certificate in _chain(more)]
        verifier = PolicyBuilder().store(_store(anchors)).time(now).build_server_verifier(x509.DNSName(name))
        verifier.verify(leaf, others)
        return leaf.public_bytes(Encoding.PEM)
    except _FAULTS:
        raise Unverified(f"the certificate is none of {name} that leads to an authority trusted here") from None


def issuer_url(chain: bytes) -> str:
    """Where the last certificate (PEM or DER) says that its issuer's is to be had (RFC 5280, section 4.2.2.1), or "".

    It is a stranger's word: the address has to be checked before anybody goes there.
    """
    try:
        access = _chain(chain)[-1].extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *_FAULTS):
        return ""
    places = (each.access_location for each in access if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    return next((place.value for place in places if isinstance(place, x509.UniformResourceIdentifier)), "")


def _key(pem: bytes) -> RSAPublicKey:
    certificate = b"BEGIN CERTIFICATE" in pem[:_MAX_PEM]
    try:
        key = _chain(pem)[0].public_key() if certificate else load_pem_public_key(pem[:_MAX_PEM])
    except _FAULTS:
        raise Unverified("the key cannot be read") from None
    if not isinstance(key, RSAPublicKey) or not _MIN_BITS <= key.key_size <= _MAX_BITS:
        raise Unverified(f"the key is none of RSA with {_MIN_BITS} to {_MAX_BITS} bits")
    return key


def _chain(raw: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM text, or the one that is in DER. Raises one of the faults when there is none."""
    if len(raw) > _MAX_PEM:
        raise ValueError("too long for a chain of certificates")
    if b"-----BEGIN" not in raw:
        return [x509.load_der_x509_certificate(raw)]
    found = x509.load_pem_x509_certificates(raw)
    if len(found) > _MAX_CHAIN:
        raise ValueError("too many certificates")
    return found


@lru_cache(maxsize=2)
def _store(anchors: tuple[bytes, ...]) -> Store:
    """The authorities, read once: a system has some 140 of them, and they stay while the bot runs."""
    return Store([found for der in anchors for found in _authority(der)])


def _authority(der: bytes) -> tuple[x509.Certificate, ...]:
    """An authority, or nothing: one that cannot be read must not keep the others from being trusted."""
    try:
        return (x509.load_der_x509_certificate(der),)
    except _FAULTS:
        return ()
