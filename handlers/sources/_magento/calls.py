"""How calls to Magento and to Adobe are made: where they go, by which keys, and what their refusals mean.

Keys: consumer_key, consumer_secret, access_token and access_token_secret of an integration (OAuth 1.0a), or
access_token alone as a bearer, or client_id and client_secret for Adobe's token, which SaaS and the journal want.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.core.oauth import Credentials, authorized, nonce
from bot.core.plans import NO_REASON, an_object, object_in, printable
from bot.core.polling import Asked, Call, Denied, Keep, Pairs, Response, Step
from bot.core.shopfront import Shopfront
from handlers.sources._magento import adobe

_HOST = re.compile(r"https://([^/?#]+)")
OAUTH: Final = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_BEARER_OFF: Final = (
    "the integration lacks a resource, or, more likely, its access token is not taken alone, which is off since "
    "Magento 2.4.4: give consumer_key, consumer_secret and access_token_secret as well, or run "
    "`bin/magento config:set oauth/consumer/enable_integration_as_bearer 1`"
)


def option(front: Shopfront, name: str) -> str:
    """An option of the source; "" when the config does not give it."""
    return str(front.options.get(name, ""))


def hosts(front: Shopfront) -> tuple[str, ...]:
    """The shop's host, the journal's, and Adobe's for tokens."""
    given = (option(front, "url"), option(front, "journal"), adobe.TOKENS)
    return tuple(match[1].lower().removesuffix(":443") for url in given if (match := _HOST.match(url)))


def rest_of(front: Shopfront) -> str:
    """Where the REST API of the shop begins; "" when the config does not say where the shop is."""
    url, store = option(front, "url").rstrip("/"), option(front, "store")
    if not url:
        return ""
    if hosts(front)[0].endswith(adobe.CLOUD):
        return f"{url}/V1"
    return f"{url}/rest/{store}/V1" if store else f"{url}/rest/V1"


class Caller:
    """Makes the calls of one plan: each is signed with a nonce of its own, or carries the token."""

    def __init__(self, asked: Asked, adobe: bool = False) -> None:
        keys = asked.keys
        self._asked = asked
        self._made = 0
        self._token = keys.get("token", "")
        self._oauth = all(keys.get(name) for name in OAUTH) and not adobe
        self._bearer = "" if adobe or self._oauth else keys.get("access_token", "")

    def ask(self, call: Call, *also: int) -> Generator[Step, Any, Response]:
        """The answer to a call. Raises Denied, in words for the operators, unless it is 2xx or one of ``also``."""
        response = yield from self._try(call, self._asked.now)
        if response.status == 401 and self._another_try_helps(response):
            if not self._oauth:
                yield Keep("token", "", response.at)
                self._token = ""
            response = yield from self._try(call, response.at)
        if not response.granted(*also):
            raise Denied(response.status, self._why(call, response))
        return response

    def _another_try_helps(self, response: Response) -> bool:
        """A nonce counts as used when the call was repeated on its way here, and a time may be refused as one that is
        yet to come: both are set right by signing anew at the server's own time. A token may have been withdrawn."""
        if self._oauth:
            return any(word in response.body.lower() for word in (b"nonce", b"timestamp"))
        return not self._bearer

    def _try(self, call: Call, at: datetime) -> Generator[Step, Any, Response]:
        keys = self._asked.keys
        self._made += 1
        if self._oauth:
            by = Credentials(*(keys[name] for name in OAUTH))
            of = (
                self._asked.now.isoformat(),
                self._asked.cursor,
                str(self._made),
                call.method,
                call.url,
                repr(call.params),
            )
            sent = authorized(call, by, at, nonce(*of))
        else:
            if not self._bearer and not self._token:
                self._token = yield from adobe.token(self._asked)
            more = {} if self._bearer else adobe.headers(self._asked)
            more["authorization"] = f"Bearer {self._bearer or self._token}"
            sent = replace(call, headers={**call.headers, **more})
        response = yield sent
        assert isinstance(response, Response)
        return response

    def _why(self, call: Call, response: Response) -> str:
        """What the operators can do about a refusal, with Magento's own words for it."""
        said, place = words_of(response), f"{call.method} {call.url}"
        if response.status == 401 and self._bearer:
            return f"{place}: {_BEARER_OFF}: {said}"
        if response.status in (401, 403) and "isn't authorized" in said:
            return f"{place}: the integration lacks a resource (System > Integrations > API): {said}"
        if response.status == 401:
            return f"{place}: the keys or their signature were refused: {said}"
        if response.status == 404:
            return f"{place}: nothing answers there; is the option url right, and the module enabled? {said}"
        return f"{place}: {said}"


_MOST_SAID: Final = 200


def words_of(response: Response) -> str:
    """Magento's own message with its parameters."""
    answer = object_in(response.body)
    text = str(answer.get("message", NO_REASON))
    for name, value in an_object(answer.get("parameters")).items():
        text = text.replace(f"%{name}", str(value))
    return printable(text, _MOST_SAID)


def size_of(front: Shopfront) -> int:
    """How many things a page holds."""
    return int(front.options.get("page_size", 100))


def search(fields: str, sort: str, size: int, page: int, *filters: tuple[str, str, str]) -> Pairs:
    """The query of a search: filters are field, condition and value, and all of them hold."""
    pairs = []
    for number, (field, condition, value) in enumerate(filters):
        place = f"searchCriteria[filter_groups][{number}][filters][0]"
        pairs += [(f"{place}[field]", field), (f"{place}[condition_type]", condition), (f"{place}[value]", value)]
    return (
        *pairs,
        ("searchCriteria[sortOrders][0][field]", sort),
        ("searchCriteria[sortOrders][0][direction]", "ASC"),
        ("searchCriteria[pageSize]", str(size)),
        ("searchCriteria[currentPage]", str(page)),
        ("fields", f"items[{fields}],total_count"),
    )


def a_page(caller: Caller, url: str, params: Pairs) -> Generator[Step, Any, tuple[Response, list[Any], int]]:
    """A page: the answer, its things, and how many there are in all."""
    response = yield from caller.ask(Call("GET", url, params))
    answer = an_object(response.json())
    items, total = answer.get("items"), answer.get("total_count")
    # A search without a hit gives null where an empty list would be.
    items = [] if items is None and total == 0 else items
    if not isinstance(items, list) or not isinstance(total, int):
        raise Denied(response.status, f"GET {url}: the answer is no page of items with a total_count")
    return response, items, total


def apart(items: Iterable[Any]) -> tuple[bytes, ...]:
    """A body for each thing, so that one that cannot be understood does not keep the others of its page from being
    told. Written anew their amounts stay what they were, as no amount has more than 15 digits."""
    return tuple(json.dumps({"items": [item]}).encode() for item in items)
