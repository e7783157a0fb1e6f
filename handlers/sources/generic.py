"""Any system that can send JSON: an ERP, a warehouse, a marketing calendar, a form, a script.

Without a mapping, the body is one of our own events, a list of them, {"events": [...]}, or a message of Standard
Webhooks {"type", "timestamp", "data"}, or CloudEvents in any of their three forms, whose type may have a name before
ours ("com.example.stock.changed"). An event has a ``type`` ("stock.changed"), optionally ``at`` (RFC 3339 with an
offset; else the moment of arrival), and its fields. With the option ``mapping``, foreign JSON is translated by paths.

Options: ``auth`` (``scheme``: standard_webhooks, hmac, bearer, basic, header, query or path), ``mapping``, ``origins``
(who may send CloudEvents, by their handshake) and ``challenge`` (a word to be said back). docs/sources/generic.md lists
every event, field and option.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from bot.core import cloudevents
from bot.core.delivery import Delivery, Greeting, Knock, Shopfront, Source, Unparsable, Unrouted
from bot.core.ed25519 import PUBLIC, check_standard
from bot.core.events import STORED, Event, ItemSold, OrderLine
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.signatures import STANDARD_WEBHOOKS, Scheme, check, check_text, check_token
from bot.core.signatures import sign as sign_body
from bot.core.wild import Wild, read

_MAX_KEY: Final = 200
_ENVELOPE: Final = ("type", "at")


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """By the scheme of the option ``auth``; Standard Webhooks when there is none."""
    auth = _auth(shopfront.options)
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
    auth = _auth(shopfront.options)
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
            signed = sign_body(_scheme(auth), body, secret, now)
        case _ if secret.startswith(PUBLIC):
            raise ValueError("the configured key is a public one, with which nothing can be signed")
        case _:
            signed = sign_body(STANDARD_WEBHOOKS[0], body, secret, now, name)
    return {"content-type": "application/json"} | signed


def _basic(secret: str) -> str:
    """The secret is "name:password"."""
    return base64.b64encode(secret.encode(errors="surrogateescape")).decode()


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


def _auth(options: Mapping[str, Any]) -> Mapping[str, Any]:
    auth: Mapping[str, Any] = options.get("auth", {"scheme": "standard_webhooks"})
    return auth


def _scheme(auth: Mapping[str, Any]) -> Scheme:
    return Scheme(
        header=auth["header"].lower(),
        signed=auth.get("signed", "{body}"),
        digest=auth.get("digest", "sha256"),
        encoding=auth.get("encoding", "hex"),
        prefix=auth.get("prefix", ""),
        timestamp_header=auth.get("timestamp_header", "").lower(),
        tolerance=auth.get("tolerance", 300),
    )


def key(delivery: Delivery) -> str:
    """The message's id of Standard Webhooks, or a CloudEvent's source and id: both stay on retries."""
    found = delivery.headers.get("webhook-id") or delivery.headers.get("svix-id") or ""
    if found:
        return found if len(found) <= _MAX_KEY and found.isprintable() else ""
    try:
        return cloudevents.key(delivery, read(delivery.body))
    except Unparsable:
        return ""


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """The events of a body: by the mapping when there is one, else in our own form."""
    body = cloudevents.whole(delivery, read(delivery.body))
    place = {"shop": shopfront.shop, "source": shopfront.source}
    if mapping := shopfront.options.get("mapping"):
        return _mapped(body, mapping, delivery.received, place)
    told = _own(body, delivery.received)
    unknown = [name for name, _, _ in told if _known(name).value not in TYPES]
    if unknown and len(told) == 1:
        raise Unrouted(f"type {unknown[0].text()[:100]!r}")
    return tuple(_event(TYPES, _known(name), at, wild, place) for name, at, wild in told)


def _known(name: Wild) -> Wild:
    """A type as we call it; CloudEvents put the name of whoever made it before that."""
    text = name.text()
    return Wild(next((known for known in TYPES if text.endswith(f".{known}")), text), name.path)


_Told = tuple[Wild, datetime, Wild]
_TypeTable = Mapping[str, type[Event]]


def _own(body: Wild, received: datetime) -> list[_Told]:
    """Type, moment and fields of each event in a body of our own form."""
    if isinstance(body.value, dict) and isinstance(body.value.get("data"), dict):
        at = body["data"]["at"] or body["timestamp"] or (body["time"] if cloudevents.is_event(body) else Wild(None))
        return [(body["type"], _moment(at, received), body["data"])]
    events = body.list() if isinstance(body.value, list) else body["events"].list() if body["events"] else (body,)
    return [told for event in events for told in _one(event, received)]


def _one(event: Wild, received: datetime) -> list[_Told]:
    """One event of a list, which may be a CloudEvent with its data within."""
    if cloudevents.is_event(event) and isinstance(event.value.get("data"), dict):
        return _own(event, received)
    return [(event["type"], _moment(event["at"], received), event)]


def _moment(at: Wild, received: datetime) -> datetime:
    return at.moment() if at else received


def _event(types: _TypeTable, name: Wild, at: datetime, wild: Wild, place: Mapping[str, str]) -> Event:
    """One event of a known type; a field that its type has not is refused, since it may be a slip of the pen."""
    kind = name.among(types)
    for given in wild.keys():  # noqa: SIM118 (a Wild is no mapping)
        if given not in FORMS[kind] and given not in _ENVELOPE:
            raise Unparsable(f"{wild[given].path[:100]} is no field of {name.text()}")
    event = kind(**place, at=at, **_read_fields(kind, wild))
    if event.subject.id in ("", "item-"):
        raise Unparsable(f"{wild['sku'].path} is missing")
    return event


def _read_fields(kind: type[Any], wild: Wild) -> dict[str, Any]:
    """The arguments of a dataclass; what has a default may be missing."""
    given = {}
    for name, (reader, required) in FORMS[kind].items():
        if required and wild[name].missing:
            raise Unparsable(f"{wild[name].path} is missing")
        if required or wild[name]:
            given[name] = reader(wild[name])
    return given


_Reader = Callable[[Wild], Any]


def _form(kind: type[Any]) -> Mapping[str, tuple[_Reader, bool]]:
    """The fields of an event (or an order line) with their readers, and whether they have to be there."""
    hints = get_type_hints(kind)
    return {
        field.name: (_LOWER.get(field.name) or _reader(hints[field.name]), _required(field))
        for field in fields(kind)
        if field.name not in ("shop", "source", "at")
    }


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING


def _reader(hint: Any) -> _Reader:
    """How to read a field of an event, by its annotation."""
    choices = [choice for choice in get_args(hint) if choice is not NoneType]
    if get_origin(hint) is Literal:
        return lambda wild: wild.among({choice: choice for choice in choices})
    if hint in _READERS:
        return _READERS[hint]
    return _optional(_READERS[choices[0]])


def _optional(reader: _Reader) -> _Reader:
    return lambda wild: reader(wild) if wild else None


def _money(wild: Wild) -> Money:
    return wild["amount"].money(wild["currency"].text())


def _lines(wild: Wild) -> tuple[OrderLine, ...]:
    return tuple(OrderLine(**_read_fields(OrderLine, line)) for line in wild.list())


_READERS: Final[dict[Any, _Reader]] = {
    str: Wild.id,
    int: Wild.int,
    bool: Wild.flag,
    float: lambda wild: float(wild.decimal()),
    datetime: Wild.moment,
    Money: _money,
    ShopText: lambda wild: ShopText(wild.text()),
    tuple[str, ...]: lambda wild: tuple(sku.id() for sku in wild.list()),
    tuple[OrderLine, ...]: _lines,
}
# Providers and methods are subjects of alerts, which must not differ by a capital letter.
_LOWER: Final[dict[str, _Reader]] = dict.fromkeys(("provider", "method"), lambda wild: wild.id().lower())


def _type_name(kind: str) -> str:
    return "".join(f".{letter.lower()}" if letter.isupper() else letter for letter in kind).removeprefix(".")


# "stock.changed" is StockChanged. What was sold follows from the order, so nobody else may say it.
TYPES: Final[_TypeTable] = {_type_name(name): kind for name, kind in STORED.items() if kind is not ItemSold}
FORMS: Final = {kind: _form(kind) for kind in (*TYPES.values(), OrderLine)}


def _mapped(
    body: Wild, mapping: list[Mapping[str, Any]], received: datetime, place: Mapping[str, str]
) -> tuple[Event, ...]:
    """The events of all mappings whose ``when`` holds; Unrouted when none does."""
    events: list[Event] = []
    rows = [(number, row) for number, row in enumerate(mapping) if _holds(row.get("when", {}), body)]
    if not rows:
        raise Unrouted("no mapping fits this body")
    for number, row in rows:
        for element in _elements(row, body, body):
            wild = Wild(_translated(row["fields"], element, body), f"mapping[{number}]")
            at = _moment(wild["at"], received)
            events.append(_event(TYPES, Wild(row["event"]), at, wild, place))
    return tuple(events)


def _holds(when: Mapping[str, Any], body: Wild) -> bool:
    return all(_scalar(_at(path, body, body)) == str(wanted) for path, wanted in when.items())


def _scalar(wild: Wild) -> str | None:
    return str(wild.value) if isinstance(wild.value, str | int) else None


def _elements(row: Mapping[str, Any], here: Wild, body: Wild) -> tuple[Wild, ...]:
    return _at(row["each"], here, body).each() if "each" in row else (here,)


def _at(path: str, here: Wild, body: Wild) -> Wild:
    """The value at a path: from the body when it begins with "$.", else from the element at hand."""
    return body.at(path[2:]) if path.startswith("$.") else here.at(path)


def _translated(wanted: Mapping[str, Any], here: Wild, body: Wild) -> dict[str, Any]:
    """An object in our own form from paths, constants ("=EUR") and nested lists ({each, fields})."""
    built: dict[str, Any] = {}
    for target, origin in wanted.items():
        *outer, last = target.split(".")
        inner = built
        for step in outer:
            inner = inner.setdefault(step, {})
        found = _value(origin, here, body)
        if not found.missing:
            inner[last] = found.value
    return built


def _value(origin: Any, here: Wild, body: Wild) -> Wild:
    if isinstance(origin, Mapping):
        return Wild([_translated(origin["fields"], element, body) for element in _elements(origin, here, body)])
    if not isinstance(origin, str):
        return Wild(origin)
    return Wild(origin[1:]) if origin.startswith("=") else _at(origin, here, body)


def options(given: Mapping[str, Any]) -> None:
    """Raise ValueError, which names the key, unless the options are as documented."""
    _only(given, "", ("auth", "mapping", "origins", "challenge"))
    _check_origins(given.get("origins", []))
    _check_challenge(_mapping(given.get("challenge", {}), "challenge"))
    _check_auth(_mapping(_auth(given), "auth"))
    rows = given.get("mapping", [])
    _unless(isinstance(rows, list), "mapping: must be a list")
    for number, row in enumerate(rows):
        _check_row(row, f"mapping[{number}]")


def _check_origins(origins: Any) -> None:
    fits = isinstance(origins, list) and all(isinstance(each, str) and each and each != "*" for each in origins)
    _unless(fits, "origins: must be a list of names such as eventgrid.azure.net, and never *")


def _check_challenge(challenge: Mapping[str, Any]) -> None:
    _only(challenge, "challenge.", ("in", "name"))
    _unless(not challenge or challenge.get("in") in ("query", "json"), "challenge.in: must be query or json")
    _unless(isinstance(challenge.get("name", ""), str), "challenge.name: must be text")


_AUTH: Final[Mapping[str, tuple[str, ...]]] = {
    "standard_webhooks": (),
    "bearer": (),
    "basic": (),
    "path": (),
    "query": ("name",),
    "header": ("header",),
    "hmac": ("header", "digest", "encoding", "prefix", "signed", "timestamp_header", "tolerance"),
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "digest": ("sha256", "sha1", "sha512"),
    "encoding": ("hex", "base64"),
    "signed": ("{body}", "{timestamp}.{body}", "{timestamp}{body}", "{timestamp}:{body}", "{body}{timestamp}"),
}


def _check_auth(auth: Mapping[str, Any]) -> None:
    scheme = str(auth.get("scheme"))
    _unless(scheme in _AUTH, f"auth.scheme: must be one of {', '.join(_AUTH)}")
    _only(auth, "auth.", ("scheme", *_AUTH[scheme]))
    for name, value in auth.items():
        if name == "tolerance":
            _unless(isinstance(value, int) and 1 <= value <= 86_400, "auth.tolerance: must be 1 to 86400 seconds")
            continue
        _unless(isinstance(value, str), f"auth.{name}: must be text")
        choices = _CHOICES.get(name, (value,))
        _unless(value in choices, f"auth.{name}: must be one of {', '.join(choices)}")
    _unless("header" not in _AUTH[scheme] or bool(auth.get("header")), "auth.header: is missing")
    timed = "{timestamp}" in auth.get("signed", "")
    _unless(
        timed == bool(auth.get("timestamp_header")),
        "auth.timestamp_header: is needed if, and only if, auth.signed has {timestamp}",
    )


def _check_row(row: Any, where: str) -> None:
    _only(_mapping(row, where), f"{where}.", ("when", "event", "fields", "each"))
    _unless(str(row.get("event")) in TYPES, f"{where}.event: must be one of {', '.join(TYPES)}")
    for path, wanted in _mapping(row.get("when", {}), f"{where}.when").items():
        _unless(_is_path(path) and isinstance(wanted, str | int), f"{where}.when.{path}: must be a path and its value")
    _check_fields(row, TYPES[row["event"]], _ENVELOPE, where)


def _check_fields(row: Mapping[str, Any], kind: type[Any], also: tuple[str, ...], where: str) -> None:
    """A row's fields have to be fields of its event, and all that the event needs have to be there."""
    _unless("each" not in row or _is_path(row["each"]), f"{where}.each: must be a path")
    wanted, form = _mapping(row.get("fields"), f"{where}.fields"), FORMS[kind]
    given = {str(target).partition(".")[0] for target in wanted}
    for target, origin in wanted.items():
        place, (name, dot, _) = f"{where}.fields.{target}", str(target).partition(".")
        _unless(name in (*form, *also), f"{place}: there is no such field; there are {', '.join(form)}")
        _unless(not dot or name not in wanted, f"{place}: {name} is given twice")
        if isinstance(origin, Mapping) and target == "lines":
            _only(origin, f"{place}.", ("each", "fields"))
            _check_fields(origin, OrderLine, (), place)
        else:
            _unless(_is_path(origin) or isinstance(origin, int), f'{place}: must be a path or a constant ("=...")')
    for name, (_, required) in form.items():
        _unless(not required or name in given, f"{where}.fields.{name}: is missing")


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value not in ("", "$.")


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    _unless(isinstance(value, Mapping), f"{where}: must be a mapping")
    found: Mapping[str, Any] = value
    return found


def _only(given: Mapping[str, Any], where: str, allowed: tuple[str, ...]) -> None:
    for name in given:
        _unless(name in allowed, f"{where}{name}: there is no such key; there are {', '.join(allowed)}")


def _unless(right: bool, message: str) -> None:
    if not right:
        raise ValueError(message)


SOURCE = Source("generic", verify, key, parse, sign, options, __doc__ or "", greet)
