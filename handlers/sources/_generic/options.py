"""What the options of the generic source may be; what is wrong with them is told by its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.core.events import OrderLine
from handlers.sources._generic.auth import auth_of
from handlers.sources._generic.fields import ENVELOPE, FORMS, TYPES


def options(given: Mapping[str, Any]) -> None:
    """Raise ValueError, which names the key, unless the options are as documented."""
    _only(given, "", ("auth", "mapping", "id", "origins", "challenge"))
    _check_id(_mapping(given.get("id", {}), "id"))
    _check_origins(given.get("origins", []))
    _check_challenge(_mapping(given.get("challenge", {}), "challenge"))
    _check_auth(_mapping(auth_of(given), "auth"))
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


def _check_id(wanted: Mapping[str, Any]) -> None:
    _only(wanted, "id.", ("header", "path"))
    _unless(len(wanted) < 2, "id: must be either a header or a path")
    for name, value in wanted.items():
        _unless(_is_path(value), f"id.{name}: must be text")


_AUTH: Final[Mapping[str, tuple[str, ...]]] = {
    "standard_webhooks": (),
    "bearer": (),
    "basic": (),
    "path": (),
    "query": ("name",),
    "header": ("header",),
    "hmac": (
        *("header", "digest", "encoding", "prefix", "signed", "timestamp_header", "tolerance"),
        *("separator", "stamp", "id_header"),
    ),
}
_PLACES: Final = re.compile(r"\{[^{}]*\}")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "digest": ("sha256", "sha1", "sha512"),
    "encoding": ("hex", "base64"),
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
    if scheme == "hmac":
        _check_signed(auth)


def _check_signed(auth: Mapping[str, Any]) -> None:
    """What is signed has the body once, and a time and an id only where they can be found."""
    places = _PLACES.findall(auth.get("signed", "{body}"))
    known = len(places) == len(set(places)) and "{body}" in places and set(places) <= {"{body}", "{timestamp}", "{id}"}
    _unless(known, "auth.signed: must have {body} once, and at most once {timestamp} and {id}")
    times = bool(auth.get("timestamp_header")) + bool(auth.get("stamp"))
    _unless(
        times == ("{timestamp}" in places),
        "auth.timestamp_header: it or auth.stamp is needed if, and only if, auth.signed has {timestamp}",
    )
    _unless(
        bool(auth.get("id_header")) == ("{id}" in places),
        "auth.id_header: is needed if, and only if, auth.signed has {id}",
    )
    _unless(bool(auth.get("separator")) or not auth.get("stamp"), "auth.separator: is needed beside auth.stamp")


def _check_row(row: Any, where: str) -> None:
    _only(_mapping(row, where), f"{where}.", ("when", "event", "fields", "each"))
    _unless(str(row.get("event")) in TYPES, f"{where}.event: must be one of {', '.join(TYPES)}")
    for path, wanted in _mapping(row.get("when", {}), f"{where}.when").items():
        _unless(_is_path(path) and isinstance(wanted, str | int), f"{where}.when.{path}: must be a path and its value")
    _check_fields(row, TYPES[row["event"]], ENVELOPE, where)


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
