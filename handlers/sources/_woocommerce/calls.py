"""How calls to WooCommerce are made: where to, by which keys, what a refusal means, and pages of things."""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from bot.core.plans import NO_REASON, Asking, Json, granted, object_in, printable, rows
from bot.core.polling import Asked, Call, Denied, Pairs, Response, Rest
from bot.core.shopfront import Shopfront

PAGE: Final = 100
MOST_PAGES: Final = 1_000
"""A shop that never comes to an end is left after so many pages."""
_POLITE: Final = Rest(0.5)
_HOST = re.compile(r"https://([^/?#]+)")


def hosts(front: Shopfront) -> tuple[str, ...]:
    """The shop's host; none while the config does not say where the shop is."""
    found = _HOST.match(str(front.options.get("url", "")))
    return (found[1].lower().removesuffix(":443"),) if found else ()


def _call(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: bytes = b"") -> Call:
    url = f"{str(asked.front.options['url']).rstrip('/')}/wp-json/wc/v3/{path}"
    keys = asked.keys["consumer_key"], asked.keys["consumer_secret"]
    headers = {"authorization": f"Basic {base64.b64encode(':'.join(keys).encode()).decode()}"}
    if body:
        headers["content-type"] = "application/json"
    return Call(method, url, params, headers, body=body, harmless=method != "POST")


def asked_for(
    asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: bytes = b"", also: tuple[int, ...] = ()
) -> Asking:
    """The answer to a call, after a polite rest. Raises Denied in words for the operators unless it is 2xx or one of
    ``also``."""
    yield _POLITE
    response = yield _call(asked, path, params, method, body)
    return granted(response, f"{method} {path.partition('/')[0]}", _WHY, *also, said=_said)


_WHY: Final = {
    401: "the consumer key or secret was refused, or the server strips the Authorization header",
    403: "the consumer key's user may not do this, or the key may only read",
    404: "nothing answers there; is the option url right, and are permalinks switched on?",
}


def _said(response: Response) -> str:
    """WooCommerce's own word for it."""
    return f": {printable(str(object_in(response.body).get('message', NO_REASON)), 150)}"


def items_of(response: Response) -> list[Json]:
    """A list of objects. Raises Denied when the answer is something else, such as a page of a firewall."""
    return rows(response.json(), Denied(response.status, "the answer is no list of things"))


def page_of(fields: str, number: int, *more: tuple[str, str]) -> Pairs:
    """The query of a page with these fields alone."""
    return (*more, ("per_page", str(PAGE)), ("page", str(number)), ("_fields", fields))
