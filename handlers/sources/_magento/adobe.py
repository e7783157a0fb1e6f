"""Adobe I/O Events: the handshake, the proof, the token and the place in the journal.

What its events say about a shop is for the source to know.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Generator
from datetime import timedelta
from typing import Any, Final

from bot.core.delivery import Delivery, Greeting, Knock, Unparsable, Unverified, Wanting
from bot.core.oauth import unpercent
from bot.core.polling import Asked, Call, Denied, Keep, Response, Step
from bot.core.rsa import check_rsa
from bot.core.signatures import header
from bot.core.wild import read

TOKENS: Final = "https://ims-na1.adobelogin.com/ims/token/v3"
CLOUD: Final = ".api.commerce.adobe.com"
"""How the hosts of Adobe Commerce as a Cloud Service end."""
_SCOPE: Final = "openid,AdobeID,email,profile,adobeio_api,read_organizations,additional_info.projectedProductContext"
_CLOUD_SCOPE: Final = (
    "openid,AdobeID,email,profile,additional_info.roles,additional_info.projectedProductContext,commerce.accs"
)
_EARLY: Final = timedelta(minutes=5)
# https://developer.adobe.com/events/docs/guides/#digital-signature-validation
_SIGNATURES: Final = (
    ("x-adobe-digital-signature-1", "x-adobe-public-key1-path"),
    ("x-adobe-digital-signature-2", "x-adobe-public-key2-path"),
)
_KEY_HOST: Final = "static.adobeioevents.com"
_KEY_PATH = re.compile(r"/prod/keys/pub-key-[0-9A-Za-z-]{1,64}\.pem")


def signs(delivery: Delivery) -> bool:
    """Whether a delivery claims to come from Adobe."""
    return any(name in delivery.headers for name, _ in _SIGNATURES)


def verify(delivery: Delivery, ours: str) -> None:
    """Return when the delivery is for ``ours`` (a client id) and signed by Adobe, else raise Unverified, or Wanting."""
    _check_recipient(delivery, ours)
    _check_signatures(delivery)


def _check_recipient(delivery: Delivery, ours: str) -> None:
    """Adobe's signature says only that Adobe sent it: whom it is for stands in each event."""
    if not ours:
        raise Unverified("the option client_id is missing, without which events of others would be taken for ours")
    try:
        body = read(delivery.body)
        events = body.list() if isinstance(body.value, list) else (body,)
        named = {(each["recipientclientid"] or each["recipient_client_id"]).text() for each in events}
    except Unparsable as error:
        raise Unverified(f"recipientclientid cannot be read: {error}") from None
    if named != {ours}:
        raise Unverified("recipientclientid is not the client_id of this source")


def _check_signatures(delivery: Delivery) -> None:
    """Return when either signature is right, by a key that Adobe publishes; keys not at hand are asked for."""
    wanted = ""
    for name, place in _SIGNATURES:
        path = delivery.headers.get(place, "")
        url = f"https://{_KEY_HOST}{path}"
        if name not in delivery.headers or not _KEY_PATH.fullmatch(path):
            continue
        if url in delivery.evidence.documents:
            if _signed(delivery, name, delivery.evidence.documents[url]):
                return
        else:
            wanted = wanted or url
    if wanted:
        raise Wanting(wanted, _KEY_HOST)
    raise Unverified(f"neither {_SIGNATURES[0][0]} nor {_SIGNATURES[1][0]} is the body's by a key of {_KEY_HOST}")


def _signed(delivery: Delivery, name: str, key: bytes) -> bool:
    try:
        check_rsa(key, base64.b64decode(header(delivery, name).encode(errors="replace"), validate=True), delivery.body)
    except (Unverified, binascii.Error):
        return False
    return True


_CHALLENGE = re.compile(r"[0-9A-Za-z._~-]{1,255}")
_VALIDATION = re.compile(r"(https://(?:[0-9a-z-]+\.)+adobe\.(?:io|com)/[^?#\s]*)(?:\?([^#\s]*))?")


def greeting(knock: Knock) -> Greeting | None:
    """Adobe asks whether we want its events: by a challenge that it wants back, or by an address to be visited."""
    challenge = knock.query.get("challenge", "")
    if knock.method == "GET" and _CHALLENGE.fullmatch(challenge):
        return Greeting(200, challenge, {"content-type": "text/plain; charset=utf-8"})
    visit = _validation(knock.body) if knock.method == "POST" else None
    return Greeting(200, then=visit) if visit else None


def _validation(body: bytes) -> Call | None:
    """The call that ``{"validationUrl"}`` asks for, if its address is Adobe's and this is all of the body."""
    try:
        asked = read(body)
        found = _VALIDATION.fullmatch(asked["validationUrl"].text()) if set(asked.keys()) == {"validationUrl"} else None
    except Unparsable:
        return None
    if not found:
        return None
    pairs = (pair.partition("=") for pair in (found[2] or "").split("&") if pair)
    return Call("GET", found[1], tuple((unpercent(name), unpercent(value)) for name, _, value in pairs))


def token(asked: Asked) -> Generator[Step, Any, str]:
    """A token for client_id and client_secret, which is kept until shortly before it ends.

    https://developer.adobe.com/developer-console/docs/guides/authentication/ServerToServerAuthentication/ims
    """
    keys, options = asked.keys, asked.front.options
    scope = str(options.get("scope", _CLOUD_SCOPE if CLOUD in str(options.get("url", "")) else _SCOPE))
    if not (keys.get("client_id") and keys.get("client_secret")):
        raise Denied(0, "client_id and client_secret are missing among the keys")
    form = (
        ("grant_type", "client_credentials"),
        ("client_id", keys["client_id"]),
        ("client_secret", keys["client_secret"]),
        ("scope", scope),
    )
    response = yield Call("POST", TOKENS, form=form)
    assert isinstance(response, Response)
    found = response.json() if response.status == 200 else None
    if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
        raise Denied(response.status, f"Adobe gives no token for client_id and client_secret with the scope {scope}")
    lasts = found.get("expires_in", 0)
    seconds = lasts if isinstance(lasts, int) and 0 <= lasts <= 10**6 else 0
    yield Keep("token", found["access_token"], response.at + timedelta(seconds=seconds) - _EARLY)
    return str(found["access_token"])


def headers(asked: Asked) -> dict[str, str]:
    """What Adobe wants to know besides the token."""
    named = {"x-api-key": asked.keys["client_id"], "x-ims-org-id": str(asked.front.options.get("organization", ""))}
    return {name: value for name, value in named.items() if value}


_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?')
_SINCE = re.compile(r"[?&]since=([^&]*)")


def position(response: Response) -> str:
    """The position in the link to the next page; of the link nothing else is used."""
    link = _NEXT.search(response.headers.get("link", ""))
    since = _SINCE.search(link[1]) if link else None
    return unpercent(since[1]) if since else ""
