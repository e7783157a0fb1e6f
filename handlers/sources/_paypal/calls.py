"""How calls to PayPal are made: where they go, by which token, what a refusal means, and page after page."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.oauth import unpercent
from bot.core.plans import Asking, Json, granted, object_in, rows
from bot.core.polling import Asked, Call, Denied, Keep, Pairs, Response, Step
from bot.core.shopfront import Shopfront

_TOKEN: Final = "token"
_LONGEST: Final = 32_400
_EARLIER: Final = 300
ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,4096}")
_WORD = re.compile(r"[A-Z][A-Z0-9_]{1,60}")


def host(front: Shopfront) -> str:
    """Where the API of the mode lies that the source's options name."""
    return "api-m.sandbox.paypal.com" if front.options.get("mode") == "sandbox" else "api-m.paypal.com"


@dataclass(slots=True)
class Desk:
    """Makes calls with the token that is kept, and with a new one when PayPal no longer takes it."""

    asked: Asked
    token: str

    def ask(self, path: str, params: Pairs = (), *also: int) -> Asking:
        """The answer to a GET. Raises Denied unless it is 2xx or one of ``also``."""
        return (yield from self._asked("GET", path, params, b"", also))

    def write(self, method: Literal["POST", "PATCH"], path: str, content: Any) -> Asking:
        """The answer to a change. Raises Denied unless it is 2xx."""
        return (yield from self._asked(method, path, (), json.dumps(content).encode(), ()))

    def _asked(
        self, method: Literal["GET", "POST", "PATCH"], path: str, params: Pairs, body: bytes, also: tuple[int, ...]
    ) -> Asking:
        kept = bool(self.token)
        if not kept:
            yield from self._sign_in()
        response = yield self._call(method, path, params, body)
        if response.status == 401 and kept:
            yield Keep(_TOKEN, "", self.asked.now)
            yield from self._sign_in()
            response = yield self._call(method, path, params, body)
        return granted(response, f"{method} {path.partition('?')[0]}", _WHY, *also, said=_said)

    def _call(self, method: Literal["GET", "POST", "PATCH"], path: str, params: Pairs, body: bytes) -> Call:
        headers = {"authorization": f"Bearer {self.token}", "accept": "application/json"}
        if body:
            headers["content-type"] = "application/json"
        url = f"https://{host(self.asked.front)}{path}"
        return Call(method, url, params, headers, body=body, harmless=method != "POST")

    def _sign_in(self) -> Generator[Step, Any, None]:
        """Gets a token (https://developer.paypal.com/api/rest/authentication) and keeps it while it is good."""
        keys = f"{self.asked.keys['client_id']}:{self.asked.keys['client_secret']}".encode(errors="surrogateescape")
        response = yield Call(
            "POST",
            f"https://{host(self.asked.front)}/v1/oauth2/token",
            headers={"authorization": f"Basic {base64.b64encode(keys).decode()}", "accept": "application/json"},
            form=(("grant_type", "client_credentials"),),
        )
        found = answered(granted(response, "the token", _WHY, said=_said))
        token, lasts = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not _PRINTABLE.fullmatch(token):
            raise Denied(response.status, "PayPal gave no token")
        self.token = token
        seconds = lasts - _EARLIER if isinstance(lasts, int) else 0
        yield Keep(_TOKEN, token, self.asked.now + timedelta(seconds=min(max(seconds, 0), _LONGEST)))


def desk_of(asked: Asked) -> Desk:
    """A desk with the token that is kept, if there is one."""
    return Desk(asked, asked.keys.get(_TOKEN, ""))


_WHY: Final = {
    401: "the client id or secret was refused; are they of the mode (live or sandbox) that the options name?",
    403: "the app may not do this; switch the feature on in the developer dashboard under Apps & Credentials",
}


def _said(response: Response) -> str:
    """PayPal's own name for the fault, which is a word in capitals; nothing else of the answer is passed on."""
    name = object_in(response.body).get("name")
    return f" ({name})" if isinstance(name, str) and _WORD.fullmatch(name) else ""


def answered(response: Response) -> Json:
    """The object of an answer. Raises Denied when it is another thing."""
    found = response.json()
    if not isinstance(found, dict):
        raise Denied(response.status, "the answer is no JSON object")
    return found


def rows_of(found: Json, name: str) -> list[Json]:
    """A list of objects; an answer without any has no such field."""
    return rows(found.get(name) or [], Denied(200, f"the answer's {name} are no list of objects"))


def _next(found: Json) -> Pairs:
    """The query of the next page. Only the query is taken from the link: its host is not the one that we ask."""
    for link in rows_of(found, "links"):
        if link.get("rel") == "next":
            query = str(link.get("href", "")).partition("?")[2].replace("+", "%20")
            parts = (part.partition("=") for part in query.split("&") if part)
            return tuple((unpercent(name), unpercent(value)) for name, _, value in parts)
    return ()


def all_of(desk: Desk, path: str, params: Pairs, name: str) -> Generator[Step, Any, tuple[list[Json], datetime]]:
    """The rows of all pages, and the moment of the first answer. A page that leads back to another is the last."""
    whole: list[Json] = []
    at, seen = desk.asked.now, set[Pairs]()
    while params and params not in seen:
        response = yield from desk.ask(path, params)
        at = at if seen else response.at
        seen.add(params)
        found = answered(response)
        whole += rows_of(found, name)
        params = _next(found)
    return whole, at
