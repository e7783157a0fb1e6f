"""Standard Webhooks signed by a key of which we hold only the public half (Ed25519, RFC 8032).

A public key is ``whpk_`` and base64, and a signature begins with ``v1a,``; who can read our config can then still not
sign. Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.core.delivery import Delivery, Unverified
from bot.core.signatures import STANDARD_WEBHOOKS, check, signed

PUBLIC: Final = "whpk_"
_PREFIX: Final = "v1a,"


def check_standard(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """Return when one of the secrets, which may be public keys, proves a message of Standard Webhooks; else raise
    Unverified. A shared secret proves by ``v1`` alone and a public key by ``v1a`` alone."""
    public = [secret for secret in secrets if secret.startswith(PUBLIC)]
    shared = [secret for secret in secrets if not secret.startswith(PUBLIC)]
    if public:
        scheme, parts, message = signed(STANDARD_WEBHOOKS, delivery, now)
        keys = [_bytes(secret.removeprefix(PUBLIC)) for secret in public]
        given = [_bytes(part.removeprefix(_PREFIX)) for part in parts if part.startswith(_PREFIX)]
        if any(_proves(key, signature, message) for key in keys for signature in given):
            return
        if not any(shared):
            raise Unverified(f"{scheme.header} does not match the body")
    check(STANDARD_WEBHOOKS, delivery, shared, now)


def _bytes(text: str) -> bytes:
    """Decoded base64; nothing when it is none."""
    try:
        return base64.b64decode(text.encode(errors="replace"), validate=True)
    except binascii.Error:
        return b""


def _proves(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is the message's by this key; what is no key at all proves nothing, and may stand beside
    one that does."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
