"""Any system that can send JSON: an ERP, a warehouse, a marketing calendar, a form, a script.

Without a mapping, the body is one of our own events, a list of them, {"events": [...]}, or a message of Standard
Webhooks {"type", "timestamp", "data"}, or CloudEvents in any of their three forms, whose type may have a name before
ours ("com.example.stock.changed"). An event has a ``type`` ("stock.changed"), optionally ``at`` (RFC 3339 with an
offset; else the moment of arrival), and its fields. With the option ``mapping``, foreign JSON is translated by paths.

Options: ``auth`` (``scheme``: standard_webhooks, hmac, bearer, basic, header, query or path), ``mapping``, ``id``
(the header or the path of what tells deliveries apart), ``origins`` (who may send CloudEvents, by their handshake) and
``challenge`` (a word to be said back). docs/sources/generic.md lists every event, field and option.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.core import cloudevents
from bot.core.delivery import Delivery, Greeting, Knock, Source, Unparsable, Unrouted
from bot.core.events import Event
from bot.core.keys import as_key
from bot.core.shopfront import Shopfront
from bot.core.signatures import STANDARD_WEBHOOKS
from bot.core.wild import Wild, read
from handlers.sources._generic.auth import auth_of, sign, verify
from handlers.sources._generic.fields import TYPES, event_of, known_type, moment_of
from handlers.sources._generic.mapping import mapped
from handlers.sources._generic.options import options

_MAX_WORD: Final = 200
# A challenge comes alone, or with a type and a token beside it; whatever has more to say may be an event.
_MAX_BESIDE: Final = 3


def greet(knock: Knock, secrets: tuple[str, ...], shopfront: Shopfront) -> Greeting | None:
    """Says yes to the origins of CloudEvents that the config allows, and a challenge back where it expects one.

    https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md, section 4: abuse protection.
    """
    origin = knock.headers.get("webhook-request-origin", "")
    if knock.method == "OPTIONS" and origin and origin in shopfront.options.get("origins", ()):
        rate = knock.headers.get("webhook-request-rate", "")
        allowed = rate if rate.isascii() and rate.isdigit() and len(rate) < 6 else "120"
        return Greeting(200, headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": allowed})
    challenge = shopfront.options.get("challenge")
    return _said_back(knock, challenge) if challenge else None


def _said_back(knock: Knock, challenge: Mapping[str, str]) -> Greeting | None:
    name = challenge.get("name", "challenge")
    if challenge["in"] == "query":
        word = knock.query.get(name, "") if knock.method == "GET" else ""
        return Greeting(200, word) if _is_word(word) else None
    try:
        body = read(knock.body) if knock.method == "POST" else Wild(None)
        alone = isinstance(body.value, dict) and len(body.keys()) <= 1 + _MAX_BESIDE
        word = body[name].text_or("") if alone else ""
    except Unparsable:
        return None
    answer = json.dumps({name: word})
    return Greeting(200, answer, {"content-type": "application/json"}) if _is_word(word) else None


def _is_word(word: str) -> bool:
    return 0 < len(word) <= _MAX_WORD and word.isprintable()


def key(delivery: Delivery) -> str:
    """The message's id of Standard Webhooks, or a CloudEvent's source and id: both stay on retries."""
    found = delivery.headers.get("webhook-id") or delivery.headers.get("svix-id") or ""
    if found:
        return as_key(found)
    try:
        return cloudevents.key(delivery, read(delivery.body))
    except Unparsable:
        return ""


def apart(delivery: Delivery, shopfront: Shopfront) -> str:
    """The id that the option ``id`` names, and the message's own where nobody can change it without a secret: a signed
    one, or one beside a secret that lets its holder write whatever they like. A signature that does not cover the id
    leaves it open to whoever replays the body, and then the body has to tell."""
    if wanted := shopfront.options.get("id"):
        return _id_at(delivery, wanted)
    auth = auth_of(shopfront.options)
    match auth["scheme"]:
        case "hmac":
            return as_key(delivery.headers.get(auth.get("id_header", "").lower(), ""))
        case "standard_webhooks":
            # Of two families of headers the one that was proved counts: the other's id could be anybody's.
            family = next((one for one in STANDARD_WEBHOOKS if one.header in delivery.headers), STANDARD_WEBHOOKS[0])
            return as_key(delivery.headers.get(family.id_header, ""))
    return key(delivery)


def _id_at(delivery: Delivery, wanted: Mapping[str, str]) -> str:
    if "header" in wanted:
        return as_key(delivery.headers.get(wanted["header"].lower(), ""))
    try:
        return as_key(read(delivery.body).at(wanted["path"]).id_or(""))
    except Unparsable:
        return ""


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """The events of a body: by the mapping when there is one, else in our own form."""
    body = cloudevents.whole(delivery, read(delivery.body))
    place = shopfront.by
    if mapping := shopfront.options.get("mapping"):
        return mapped(body, mapping, delivery.received, place)
    told = _own(body, delivery.received)
    unknown = [name for name, _, _ in told if known_type(name).value not in TYPES]
    if unknown and len(told) == 1:
        raise Unrouted(f"type {unknown[0].text()[:100]!r}")
    return tuple(event_of(known_type(name), at, wild, place) for name, at, wild in told)


_Told = tuple[Wild, datetime, Wild]


def _own(body: Wild, received: datetime) -> list[_Told]:
    """Type, moment and fields of each event in a body of our own form."""
    if isinstance(body.value, dict) and isinstance(body.value.get("data"), dict):
        at = body["data"]["at"] or body["timestamp"] or (body["time"] if cloudevents.is_event(body) else Wild(None))
        return [(body["type"], moment_of(at, received), body["data"])]
    events = body.list() if isinstance(body.value, list) else body["events"].list() if body["events"] else (body,)
    return [told for event in events for told in _one(event, received)]


def _one(event: Wild, received: datetime) -> list[_Told]:
    """One event of a list, which may be a CloudEvent with its data within."""
    if cloudevents.is_event(event) and isinstance(event.value.get("data"), dict):
        return _own(event, received)
    return [(event["type"], moment_of(event["at"], received), event)]


SOURCE = Source("generic", verify, key, parse, sign, options, __doc__ or "", greet, apart=apart)
