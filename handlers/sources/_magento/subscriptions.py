"""How subscriptions of async events, which are Magento's webhooks, are looked after.

https://github.com/mage-os/mageos-async-events. New ones need the key ``verification_token``, the secret with which
Magento is to sign.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any, Final

from bot.core.oauth import percent
from bot.core.plans import an_object
from bot.core.polling import Asked, Call, Care, Denied, Step, Subscription
from bot.core.shopfront import Shopfront
from handlers.sources._magento.calls import Caller, rest_of, search, words_of


def wanted(front: Shopfront) -> tuple[str, ...]:
    """The events to subscribe to: by default those that aligent/magento2-default-async-events defines for a shop."""
    names = front.options.get("events", ("sales.order.saved", "sales.shipment.saved"))
    return tuple(map(str, names)) if rest_of(front) else ()


_NO_MODULE: Final = (
    "the module mage-os/mageos-async-events is not installed; nothing is lost, since the shop is polled every 2 minutes"
)


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """The subscriptions that point at us.

    A mere look finds none where the module is missing, or may not be asked: most shops are polled and need none.
    """
    url, caller = rest_of(asked.front), Caller(asked)
    if not url and topics:
        raise Denied(0, "the option url is missing, so nobody knows where the shop is")
    found: dict[str, Subscription] = {}
    for ours in (yield from _subscribed(caller, url, address, bool(topics))) if url else ():
        name, active = str(ours["event_name"]), str(ours.get("status")) in ("1", "True")
        if active or name not in found:
            mended = not active and name in topics
            if mended:
                yield from _switch_on(caller, url, ours)
            found[name] = Subscription(name, "active" if active or mended else "disabled", mended)
    for name in sorted(topics - found.keys()):
        found[name] = yield from _subscribe(caller, asked, url, address, name)
    return tuple(found[name] for name in sorted(found))


def _subscribed(
    caller: Caller, url: str, address: str, needed: bool
) -> Generator[Step, Any, tuple[Mapping[str, Any], ...]]:
    filters = ("recipient_url", "eq", address)
    fields = "subscription_id,event_name,recipient_url,status"
    call = Call("GET", f"{url}/async_events", search(fields, "subscription_id", 100, 1, filters))
    response = yield from caller.ask(call, *((404,) if needed else (401, 403, 404)))
    if response.status == 404 and needed:
        raise Denied(404, _NO_MODULE)
    items = an_object(response.json()).get("items") if response.status == 200 else None
    read = {"subscription_id", "event_name", "recipient_url"}
    fits = [item for item in items or () if isinstance(item, dict) and read <= item.keys()]
    return tuple(item for item in fits if item["recipient_url"] == address)


def _switch_on(caller: Caller, url: str, ours: Mapping[str, Any]) -> Generator[Step, Any, None]:
    number = str(ours["subscription_id"])
    body = {
        "asyncEvent": {"subscription_id": ours["subscription_id"], "event_name": ours["event_name"], "status": True}
    }
    yield from caller.ask(_json("PUT", f"{url}/async_event/{percent(number)}", body))


def _subscribe(caller: Caller, asked: Asked, url: str, address: str, name: str) -> Generator[Step, Any, Subscription]:
    """A new subscription. An event that the shop does not define is missing, with Magento's reason."""
    token = asked.keys.get("verification_token", "")
    if not token:
        raise Denied(0, "verification_token is missing among the keys: the secret with which Magento is to sign")
    event = {"event_name": name, "recipient_url": address, "verification_token": token, "metadata": "http"}
    response = yield from caller.ask(_json("POST", f"{url}/async_event", {"asyncEvent": event}), 400, 404)
    if response.status in (400, 404):
        return Subscription(name, "missing", note=words_of(response))
    return Subscription(name, "active", mended=True)


def _json(method: Any, url: str, body: Mapping[str, Any]) -> Call:
    headers = {"content-type": "application/json"}
    return Call(method, url, headers=headers, body=json.dumps(body).encode(), harmless=method == "PUT")
