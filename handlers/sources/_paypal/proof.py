"""How a delivery is proved to be PayPal's: by a signature whose certificate leads back to a trusted authority."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from datetime import datetime, timedelta
from typing import Final

from bot.core.delivery import Delivery, Unparsable, Unverified, Wanting
from bot.core.rsa import check_rsa, issuer_url, trusted_leaf
from bot.core.shopfront import Shopfront
from bot.core.signatures import header
from bot.core.wild import Wild

# https://developer.paypal.com/api/rest/webhooks/rest: 25 attempts over three days. What is older is no retry.
_PAST: Final = timedelta(days=3, hours=6)
_FUTURE: Final = timedelta(minutes=5)
# What the simulator of the developer dashboard signs with: anybody can have that signed, so it proves nothing.
_SIMULATOR: Final = "WEBHOOK_ID"
# The address is a stranger's word: plain https on PayPal's own domain, and nothing that two readers read differently.
_CERTIFICATE = re.compile(r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*paypal\.com/[A-Za-z0-9._~/-]{1,400}")
# PayPal serves its certificate without the one that lies between it and the root. The certificate says where that is.
_AUTHORITY = "cacerts.digicert.com"
_BETWEEN = re.compile(rf"https?://{re.escape(_AUTHORITY)}(/[A-Za-z0-9._-]{{1,200}})")
_STEPS: Final = 2
_NAME: Final = "messageverificationcerts.paypal.com"
_SANDBOX: Final = "messageverificationcerts.sandbox.paypal.com"


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """The id, the time, the webhook's id and the body's CRC-32 are signed with PayPal's key
    (https://developer.paypal.com/api/rest/webhooks/rest). Raises Wanting for each certificate that is not there yet."""
    name, time = header(delivery, "paypal-transmission-id"), header(delivery, "paypal-transmission-time")
    if header(delivery, "paypal-auth-algo").lower() != "sha256withrsa":
        raise Unverified("paypal-auth-algo is not SHA256withRSA")
    _timely(time, now)
    signature = _decoded(header(delivery, "paypal-transmission-sig"))
    ids = [secret for secret in secrets if secret and secret != _SIMULATOR]
    if not ids:
        raise Unverified("no webhook id is configured for this source")
    key = _leaf(delivery, header(delivery, "paypal-cert-url"), now, shopfront)
    for webhook in ids:
        message = f"{name}|{time}|{webhook}|{zlib.crc32(delivery.body)}".encode(errors="replace")
        if _signed(key, signature, message):
            return
    raise Unverified("paypal-transmission-sig does not match the body and any configured webhook id")


def _timely(time: str, now: datetime) -> None:
    try:
        age = now - Wild(time, "paypal-transmission-time").moment()
    except Unparsable as error:
        raise Unverified(str(error)) from None
    if not -_FUTURE <= age <= _PAST:
        raise Unverified(f"paypal-transmission-time is too far in the {'past' if age > _PAST else 'future'}")


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature.encode(errors="replace"), validate=True)
    except binascii.Error:
        raise Unverified("paypal-transmission-sig is not base64") from None


def _signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        check_rsa(key, signature, message)
    except Unverified:
        return False
    return True


def _leaf(delivery: Delivery, url: str, now: datetime, shopfront: Shopfront) -> bytes:
    """PayPal's certificate, once it is led back to a trusted authority. What lies between is asked for step by step."""
    if not _CERTIFICATE.fullmatch(url):
        raise Unverified("paypal-cert-url is not on paypal.com")
    chain = [_document(delivery, url, ".paypal.com", "paypal.com")]
    while True:
        try:
            return _trusted(delivery, chain, now, shopfront)
        except Unverified:
            above = _BETWEEN.fullmatch(issuer_url(chain[-1]))
            if above is None or len(chain) > _STEPS:
                raise
        chain.append(_document(delivery, f"https://{_AUTHORITY}{above[1]}", _AUTHORITY))


def _document(delivery: Delivery, url: str, *hosts: str) -> bytes:
    found = delivery.evidence.documents.get(url)
    if found is None:
        raise Wanting(url, *hosts)
    return found


def _trusted(delivery: Delivery, chain: list[bytes], now: datetime, shopfront: Shopfront) -> bytes:
    """A sandbox has a certificate of its own, or the one of the live system; a live source takes the latter alone."""
    anchors, between = delivery.evidence.anchors, tuple(chain[1:])
    if shopfront.options.get("mode") == "sandbox":
        try:
            return trusted_leaf(chain[0], _SANDBOX, anchors, now, between)
        except Unverified:
            pass
    return trusted_leaf(chain[0], _NAME, anchors, now, between)
