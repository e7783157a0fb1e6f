"""How Magento is asked for its cart price rules, and how one that was deleted is missed."""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import datetime
from typing import Any, Final

from bot.core.oauth import percent
from bot.core.plans import Json, an_object, object_in
from bot.core.polling import Asked, Call, Heard, Plan, Step
from handlers.sources._magento.calls import Caller, a_page, apart, rest_of, search, size_of

_FIELDS: Final = "rule_id,name,is_active,from_date,to_date,action_condition"
_REMEMBERED: Final = ("name", "from_date", "to_date")
_MOST_KNOWN: Final = 1_000


def price_rules(asked: Asked) -> Plan:
    """All cart price rules, page by page. No list names one that was deleted, so the cursor remembers those that will
    still run, and one that is missing is asked for by itself: it may just have moved to a page that was read already.
    """
    url, size, caller = rest_of(asked.front), size_of(asked.front), Caller(asked)
    if not url:
        return
    known = an_object(object_in(asked.cursor).get("known"))
    good: Json = {}
    page, more = 1, True
    while more:
        asks = search(_FIELDS, "rule_id", size, page)
        response, items, total = yield from a_page(caller, f"{url}/salesRules/search", asks)
        rules = [an_object(item) for item in items]
        good |= {str(rule.get("rule_id")): _remembered(rule) for rule in rules if _will_run(rule, response.at)}
        yield Heard("sales-rules", apart(items), asked.cursor, response.at)
        page, more = page + 1, total > page * size and bool(items)
    for id in [id for id, was in known.items() if id not in good and _will_run(an_object(was), response.at)]:
        yield from _look_for(asked, caller, f"{url}/salesRules/{percent(id)}", {**an_object(known[id]), "rule_id": id})
    kept = dict(list(good.items())[-_MOST_KNOWN:])
    yield Heard("sales-rules", (), json.dumps({"known": kept}), response.at)


def _remembered(rule: Json) -> Json:
    return {name: rule.get(name) for name in _REMEMBERED}


def _will_run(rule: Json, at: datetime) -> bool:
    """Whether it has a first day and its last one is not over; days are text that sorts as they do."""
    last = rule.get("to_date")
    return bool(rule.get("from_date")) and not (isinstance(last, str) and last[:10] < f"{at:%Y-%m-%d}")


def _look_for(asked: Asked, caller: Caller, url: str, was: Json) -> Generator[Step, Any, None]:
    """Tells a rule as it is, or one that is gone or has no first day any more as switched off, since then it is no
    campaign."""
    response = yield from caller.ask(Call("GET", url, (("fields", _FIELDS),)), 404)
    found = object_in(response.body) if response.status == 200 else {}
    told = found if found.get("from_date") else {**was, "is_active": False}
    yield Heard("sales-rules", apart([told]), asked.cursor, response.at)
