"""How calls to Mailchimp are made: where to, by which key, what a refusal means, and page after page."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Generator
from typing import Any, Final

from bot.core.delivery import Unparsable
from bot.core.plans import Asking, granted, understood
from bot.core.polling import Asked, Call, Denied, Pairs, Response, Rest, Step
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild, read

PAGE: Final = 1000
_DOMAIN: Final = ".api.mailchimp.com"
DATACENTER = re.compile(r"[a-z]{2}[0-9]{1,3}")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_PAGES: Final = 50
_ATTEMPTS: Final = 3
_TOO_MUCH: Final = Rest(60)


def hosts(front: Shopfront) -> tuple[str, ...]:
    """The data centre's host, or all of Mailchimp's while only the key names it."""
    return (f"{front.options.get('datacenter', '')}{_DOMAIN}",)


def _base(asked: Asked) -> str:
    """Where the account lives."""
    _, _, suffix = asked.keys.get("api_key", "").rpartition("-")
    place = str(asked.front.options.get("datacenter") or suffix)
    if not DATACENTER.fullmatch(place):
        raise Denied(0, "the API key does not end in its data centre (-us21), nor does the option datacenter name it")
    return f"https://{place}{_DOMAIN}/3.0/"


def _headers(asked: Asked) -> dict[str, str]:
    if "access_token" in asked.keys:
        return {"authorization": f"Bearer {asked.keys['access_token']}"}
    basic = base64.b64encode(f"floorwalker:{asked.keys['api_key']}".encode()).decode()
    return {"authorization": f"Basic {basic}"}


_WHY: Final = {
    401: "the key was refused",
    403: "the key may not do this",
    404: "there is no such thing; is the option list right?",
}


def asked_for(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: Any = None, *also: int) -> Asking:
    """The answer to a call. Raises Denied in words for the operators unless it is 2xx or one of ``also``."""
    headers = _headers(asked)
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers["content-type"] = "application/json"
    call = Call(method, _base(asked) + path, params, headers, body=content, harmless=method != "POST")
    for _ in range(_ATTEMPTS):
        response: Response = yield call
        if response.status != 403 or _explained(response):
            break
        yield _TOO_MUCH
    return granted(response, f"{method} {path.partition('/')[0]}", _WHY, *also)


def _explained(response: Response) -> bool:
    """Whether the answer is Mailchimp's own and not that of the wall before it, which lets nobody through for a while
    who came too often."""
    try:
        return bool(read(response.body)["status"])
    except Unparsable:
        return False


def read_answer(response: Response) -> Wild:
    """The JSON of an answer. Raises Denied when it is none."""
    with understood("the answer is", response.status):
        return read(response.body)


def all_pages(asked: Asked, path: str, rows: str, fields: str, params: Pairs, each: Any) -> Generator[Step, Any, None]:
    """Asks for page after page; ``each(rows, response)`` is a plan for one. Reading on past the end of a list is cheap,
    and a list that shifts meanwhile is read again by the next run."""
    named = ",".join(f"{rows}.{field}" for field in fields.split(","))
    for number in range(_MOST_PAGES):
        place = (("count", str(PAGE)), ("offset", str(number * PAGE)), ("fields", named))
        response = yield from asked_for(asked, path, params + place)
        with understood("the answer is", response.status):
            found = read_answer(response)[rows].list()
        yield from each(found, response)
        if len(found) < PAGE:
            return
    raise Denied(0, f"{path} has more than {_MOST_PAGES} pages")
