"""How a delivery to the generic source is proved, and signed: by the option ``auth``."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core.delivery import Delivery
from bot.core.ed25519 import PUBLIC, check_standard
from bot.core.shopfront import Shopfront
from bot.core.signatures import STANDARD_WEBHOOKS, Scheme, check, check_text, check_token
from bot.core.signatures import sign as sign_body


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """By the scheme of the option ``auth``; Standard Webhooks when there is none."""
    auth = auth_of(shopfront.options)
    match auth["scheme"]:
        case "bearer":
            check_token(delivery, "authorization", secrets, "Bearer")
        case "basic":
            check_token(delivery, "authorization", tuple(map(_basic, secrets)), "Basic")
        case "header":
            check_token(delivery, auth["header"].lower(), secrets)
        case "query":
            check_text(delivery.query.get(auth.get("name", "access_token"), ""), secrets, "the secret in the query")
        case "path":
            check_text(delivery.path, secrets, "the secret in the path")
        case "hmac":
            check((_scheme(auth),), delivery, secrets, now)
        case _:
            check_standard(delivery, secrets, now)


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers that ``verify`` accepts under the same options; the id follows from the body."""
    auth = auth_of(shopfront.options)
    name = f"msg_{hashlib.sha256(topic.encode() + body).hexdigest()[:32]}"
    match auth["scheme"]:
        case "bearer":
            signed = {"authorization": f"Bearer {secret}"}
        case "basic":
            signed = {"authorization": f"Basic {_basic(secret)}"}
        case "header":
            signed = {auth["header"].lower(): secret}
        case "query" | "path":
            raise ValueError(f"with the scheme {auth['scheme']} the secret is in the address, and nothing is signed")
        case "hmac":
            signed = sign_body(_scheme(auth), body, secret, now, name)
        case _ if secret.startswith(PUBLIC):
            raise ValueError("the configured key is a public one, with which nothing can be signed")
        case _:
            signed = sign_body(STANDARD_WEBHOOKS[0], body, secret, now, name)
    return {"content-type": "application/json"} | signed


def _basic(secret: str) -> str:
    """The secret is "name:password"."""
    return base64.b64encode(secret.encode(errors="surrogateescape")).decode()


def auth_of(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The option ``auth``, or what holds without it."""
    auth: Mapping[str, Any] = options.get("auth", {"scheme": "standard_webhooks"})
    return auth


def _scheme(auth: Mapping[str, Any]) -> Scheme:
    return Scheme(
        header=auth["header"].lower(),
        signed=auth.get("signed", "{body}"),
        digest=auth.get("digest", "sha256"),
        encoding=auth.get("encoding", "hex"),
        prefix=auth.get("prefix", ""),
        separator=auth.get("separator", ""),
        stamp=auth.get("stamp", ""),
        id_header=auth.get("id_header", "").lower(),
        timestamp_header=auth.get("timestamp_header", "").lower(),
        tolerance=auth.get("tolerance", 300),
    )
