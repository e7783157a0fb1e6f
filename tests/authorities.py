"""Certificates for tests: an authority, one below it, and the certificates that they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
BORN = datetime(2026, 11, 1, tzinfo=UTC)
_PLAIN: Mapping[str, bool] = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@cache
def rsa_key(name: str, bits: int = 2048) -> RSAPrivateKey:
    """One key a name, made once a run because that takes long."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def public_pem(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def rsa_sign(key: RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, with those above it."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    above: tuple[Issued, ...] = ()

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def chain(self) -> bytes:
        """The certificate and all that lie between it and its root, as a server sends them."""
        return b"".join(each.pem for each in (self, *self.above[:-1]))


def root(name: str = "Tea Root") -> Issued:
    return _issue(name, rsa_key(name), None, authority=True)


def below(parent: Issued, name: str = "Tea Between") -> Issued:
    return _issue(name, rsa_key(name), parent, authority=True)


def leaf(
    parent: Issued,
    host: str,
    *,
    key: str = "leaf",
    bits: int = 2048,
    born: datetime = BORN,
    life: timedelta = 90 * DAY,
    use: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    issuer_at: str = "",
) -> Issued:
    """A server's certificate for one host name, valid from ``born`` for ``life``; ``issuer_at`` is where it says that
    its issuer's certificate is to be had."""
    return _issue(host, rsa_key(key, bits), parent, born=born, life=life, use=use, issuer_at=issuer_at)


def _issue(
    name: str,
    key: RSAPrivateKey,
    parent: Issued | None,
    *,
    authority: bool = False,
    born: datetime = BORN - 100 * DAY,
    life: timedelta = 3650 * DAY,
    use: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    issuer_at: str = "",
) -> Issued:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = parent.key if parent else key
    usage = {"key_cert_sign": True, "crl_sign": True} if authority else {"digital_signature": True}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.certificate.subject if parent else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(born)
        .not_valid_after(born + life)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{**_PLAIN, **usage}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    if issuer_at:
        place = x509.UniformResourceIdentifier(issuer_at)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    above = (parent, *parent.above) if parent else ()
    return Issued(builder.sign(signer, hashes.SHA256()), key, above)
