"""How calls to Klaviyo are made: by which key, what a refusal means, and page after page."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.core.delivery import Unparsable
from bot.core.forms_encoded import pairs
from bot.core.plans import Asking, granted, understood
from bot.core.polling import Asked, Call, Denied, Pairs, Response, Step
from bot.core.wild import Wild, read

HOST: Final = "a.klaviyo.com"
REVISION: Final = "2026-07-15"
_BASE: Final = f"https://{HOST}/api/"
_MOST_PAGES: Final = 200
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _call(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: Any = None) -> Call:
    headers = {
        "authorization": f"Klaviyo-API-Key {asked.keys['api_key']}",
        "accept": "application/vnd.api+json",
        "revision": str(asked.front.options.get("revision", REVISION)),
    }
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers["content-type"] = "application/vnd.api+json"
    asks = method == "GET" or path.endswith("-reports")
    return Call(method, _BASE + path, params, headers, body=content, harmless=asks or method == "PATCH")


_WHY: Final = {
    400: "did not understand the question; is the option revision still served?",
    401: "the private key was refused",
    403: "the private key lacks a scope for this",
}


def asked_for(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: Any = None, *also: int) -> Asking:
    """The answer to a call. Raises Denied in words for the operators unless it is 2xx or one of ``also``."""
    response = yield _call(asked, path, params, method, body)
    return granted(response, f"{method} {path.partition('/')[0]}", _WHY, *also)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer, and the parameter that leads to the next one, if there is one."""

    body: Wild
    at: datetime
    following: Pairs


def page_of(response: Response) -> Page:
    """An answer as a page. Raises Denied when it is none."""
    with understood("the answer is", response.status):
        body = read(response.body)
        return Page(body, response.at, _following(body["links"]["next"].text_or("")))


def _following(link: str) -> Pairs:
    """Of the address of the next page only its cursor is taken, so that no answer can send the key elsewhere."""
    if not link:
        return ()
    if not link.startswith(_BASE):
        raise Denied(0, "the next page is at another address")
    query = pairs(link.partition("?")[2].encode("utf-8", "replace"))
    found = [(name, value) for name, value in query if name in ("page[cursor]", "page_cursor")]
    if len(found) != 1:
        raise Denied(0, "the address of the next page has no cursor")
    return tuple(found)


def all_pages(
    asked: Asked, path: str, params: Pairs, each: Any, method: str = "GET", body: Any = None
) -> Generator[Step, Any, None]:
    """Asks for page after page; ``each(page)`` is a plan for one."""
    following: Pairs = ()
    for _ in range(_MOST_PAGES):
        page = page_of((yield from asked_for(asked, path, params + following, method, body)))
        yield from each(page)
        following = page.following
        if not following:
            return
    raise Denied(0, f"{path} has more than {_MOST_PAGES} pages")


def id_of(row: Wild) -> str:
    """The id of a thing, which goes into addresses."""
    found = row["id"].id()
    if not _ID.fullmatch(found):
        raise Unparsable(f"{row['id'].path} is no id of Klaviyo's")
    return found
