"""How Shopify's GraphQL Admin API is called: its tokens, the price of a query, its pages and its refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.plans import Json, an_object
from bot.core.polling import Asked, Call, Denied, Keep, Response, Rest, Step, ask
from bot.core.shopfront import Shopfront
from handlers.sources._shopify import fields

VERSION: Final = "2026-07"
PAGE: Final = 100
_DAY: Final = timedelta(days=1)
_TOKEN: Final = "token"
_RENEWED_EARLY: Final = timedelta(minutes=5)
_LONGEST_REST: Final = 60.0
# Each call takes three steps at most, and a run that met this end goes on from its cursor.
_MOST_CALLS: Final = 1_500
_MOST_REFUSALS: Final = 12
_SCOPE: Final = re.compile(r"\b(?:read|write)_[a-z_]{1,60}\b")

Found = tuple[Json, ...]
_REFUSALS: Final[Mapping[int, str]] = {
    401: "Shopify does not know this access token (any more)",
    402: "the shop is frozen until its bill is paid",
    403: "the app may not ask this shop; look at its scopes and whether it is installed",
    404: "there is no such shop, or it does not know this API version; look at the options domain and version",
    423: "Shopify has locked the shop",
}


class _TooDear(Denied):
    """One query costs more than Shopify allows for any, so it must ask for less at once."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of a list, the mark after which the next one begins ("" when there is none), and its moment."""

    nodes: Found
    after: str
    at: datetime


@dataclass(slots=True)
class Shop:
    """A shop while it is being asked: the token in use, how many things a page may hold at Shopify's prices, and how
    many calls are left to this run."""

    asked: Asked
    token: str = field(default="", repr=False)
    renewed: bool = False
    size: int = PAGE
    calls: int = _MOST_CALLS

    def query(self, text: str, **variables: Any) -> Generator[Step, Any, tuple[Json, datetime]]:
        """The ``data`` of an answer and its moment, at the pace that Shopify's price of the query demands."""
        for _ in range(_MOST_REFUSALS):
            response = yield from self._post(text, variables)
            answer = an_object(response.json())
            throttled = "THROTTLED" in _codes(answer)
            if rest := _rest(answer, throttled):
                yield Rest(rest)
            if not throttled:
                return _granted_data(answer), response.at
        raise Denied(429, "Shopify keeps refusing for its cost limit; does another client of the same app use it up?")

    def page(self, asks: str, path: str, after: str = "", where: str | None = None) -> Generator[Step, Any, _Page]:
        """A page of a list, smaller than before when Shopify finds the query too dear."""
        while True:
            try:
                data, at = yield from self.query(fields.page(asks, self.size), after=after or None, where=where)
            except _TooDear:
                if self.size == 1:
                    raise
                self.size //= 2
                continue
            nodes, mark = listed(within(data, *path.split(".")))
            return _Page(nodes, mark if mark != after else "", at)

    def all(self, asks: str, path: str, where: str | None = None) -> Generator[Step, Any, tuple[Found, datetime]]:
        """A whole list and the moment of its first page."""
        page = yield from self.page(asks, path, "", where)
        nodes, at = page.nodes, page.at
        while page.after:
            page = yield from self.page(asks, path, page.after, where)
            nodes += page.nodes
        return nodes, at

    def whole(self, nodes: Found, name: str, kind: str, asks: str) -> Generator[Step, Any, Found]:
        """The things with all of their inner list ``name``, of which a page of things has only the beginning."""
        for node in nodes:
            inner, after = listed(node.get(name))
            while after:
                given = {"id": str(node.get("admin_graphql_api_id")), "after": after}
                data, _ = yield from self.query(fields.rest(kind, asks), **given)
                more, mark = listed(within(data, "node", name))
                inner, after = inner + more, mark if mark != after else ""
            node[name] = {"nodes": list(inner)}
        return nodes

    def named(self, text: str, ids: Iterable[str]) -> Generator[Step, Any, tuple[Found, datetime]]:
        """The things of these global ids that are still there."""
        given, at = list(ids), self.asked.now
        found: Found = ()
        for start in range(0, len(given), PAGE):
            data, at = yield from self.query(text, ids=given[start : start + PAGE])
            found += tuple(node for node in objects(data.get("nodes")) if node)
        return found, at

    def _post(self, text: str, variables: Json) -> Generator[Step, Any, Response]:
        if not self.token:
            self.token = yield from _token(self.asked)
        if not self.calls:
            raise Denied(0, f"a run of more than {_MOST_CALLS} calls was ended; the next one goes on from here")
        self.calls -= 1
        response = yield from ask(_call(self.asked.front, self.token, text, variables), *_REFUSALS)
        if response.status == 401 and not self.renewed and "access_token" not in self.asked.keys:
            yield Keep(_TOKEN, "", self.asked.now)
            self.token, self.renewed = (yield from _granted(self.asked)), True
            return (yield from self._post(text, variables))
        if response.status in _REFUSALS:
            raise Denied(response.status, _REFUSALS[response.status])
        return response


# Requests and answers.


def _domain(front: Shopfront) -> str:
    found = hosts(front)
    if not found:
        raise Denied(0, "the option domain (your-shop.myshopify.com) is missing, so nobody knows whom to ask")
    return found[0]


def hosts(front: Shopfront) -> tuple[str, ...]:
    """The shop's own host; none while the option ``domain`` is not given."""
    domain = str(front.options.get("domain", "")).lower()
    return (domain,) if domain else ()


def _call(front: Shopfront, token: str, text: str, variables: Json) -> Call:
    """A query. It may be sent twice: of a mutation's second sending Shopify says that it has it already."""
    url = f"https://{_domain(front)}/admin/api/{front.options.get('version', VERSION)}/graphql.json"
    body = json.dumps({"query": text, "variables": variables}).encode()
    return Call("POST", url, headers={"content-type": "application/json", "x-shopify-access-token": token}, body=body)


def _token(asked: Asked) -> Generator[Step, Any, str]:
    """The token from the config, else the kept one, else a new one."""
    found = asked.keys.get("access_token") or asked.keys.get(_TOKEN)
    return found or (yield from _granted(asked))


def _granted(asked: Asked) -> Generator[Step, Any, str]:
    """A new token for the app's own id and secret, good for a day and kept that long.

    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
    """
    form = (
        ("grant_type", "client_credentials"),
        ("client_id", asked.keys.get("client_id", "")),
        ("client_secret", asked.keys.get("client_secret", "")),
    )
    url = f"https://{_domain(asked.front)}/admin/oauth/access_token"
    response = yield from ask(Call("POST", url, form=form), 400, 401, 403)
    answer = an_object(response.json()) if response.status == 200 else {}
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]{1,500}", token):
        raise Denied(401, "Shopify gives no token for client_id and client_secret; is the app installed?")
    lasts = timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds < 10**6 else _DAY
    yield Keep(_TOKEN, token, response.at + lasts - _RENEWED_EARLY)
    return token


def _codes(answer: Json) -> frozenset[str]:
    return frozenset(str(within(error, "extensions", "code")) for error in objects(answer.get("errors")))


def _granted_data(answer: Json) -> Json:
    """What was asked for. Raises Denied, with the name of the scope where one is missing."""
    if not answer.get("errors"):
        return an_object(answer.get("data"))
    said = "; ".join(str(error.get("message", "")) for error in objects(answer["errors"]))[:300]
    if "MAX_COST_EXCEEDED" in _codes(answer):
        raise _TooDear(200, "Shopify finds even the smallest query too dear")
    scopes = sorted(set(_SCOPE.findall(said)))
    if "ACCESS_DENIED" in _codes(answer) and scopes:
        raise Denied(403, f"the app lacks the scope {' or '.join(scopes)}")
    raise Denied(200, f"Shopify answered with errors: {said or 'it did not say which'}")


def _rest(answer: Json, throttled: bool) -> float:
    """Seconds until the bucket holds what the last query was charged for, so that the next one is not refused."""
    cost = within(answer, "extensions", "cost")
    wanted, have, rate = (
        _number(within(cost, *path))
        for path in (
            ("requestedQueryCost",),
            ("throttleStatus", "currentlyAvailable"),
            ("throttleStatus", "restoreRate"),
        )
    )
    lacking = max(0.0, wanted - have) / rate if rate > 0 else 0.0
    return min(max(lacking, float(throttled)), _LONGEST_REST)


def _number(value: Any) -> float:
    """A number that is neither negative nor beyond reason, else nothing."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9
    return float(value) if good else 0.0


def within(value: Any, *path: str) -> Any:
    """The value at a path of names, None where there is nothing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def objects(value: Any) -> Found:
    """A list as objects; none of anything else."""
    return tuple(an_object(each) for each in value) if isinstance(value, list) else ()


def listed(value: Any) -> tuple[Found, str]:
    """The nodes of a list, and the mark of the next page."""
    mark = within(value, "pageInfo", "endCursor") if within(value, "pageInfo", "hasNextPage") is True else ""
    return objects(within(value, "nodes")), mark if isinstance(mark, str) else ""
