"""How WooCommerce's webhooks are looked after: one a topic, switched on again or made anew."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, Final

from bot.core.plans import Json
from bot.core.polling import Asked, Care, Denied, Step, Subscription
from handlers.sources._woocommerce.calls import PAGE, asked_for, hosts, items_of, page_of

TOPICS: Final = tuple(
    f"{thing}.{what}"
    for thing in ("order", "product", "coupon")
    for what in ("created", "updated", "restored", "deleted")
)


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """Our webhooks, by the address to which they deliver; one that is paused counts as disabled."""
    if not hosts(asked.front):
        raise Denied(0, "the option url of the source does not say where the shop is")
    ours: dict[str, Json] = {}
    page = 1
    while True:
        found = items_of((yield from asked_for(asked, "webhooks", page_of("id,topic,status,delivery_url", page))))
        for each in found:
            if each.get("delivery_url") == address and ours.get(str(each.get("topic")), {}).get("status") != "active":
                ours[str(each.get("topic"))] = each
        if len(found) < PAGE:
            break
        page += 1
    mended = []
    for topic in sorted(topics):
        if ours.get(topic, {}).get("status") != "active":
            yield from _mend(asked, topic, ours.get(topic), address)
            mended.append(topic)
    return tuple(_state(topic, ours.get(topic), topic in mended) for topic in sorted({*ours, *topics}))


def _state(topic: str, found: Json | None, mended: bool) -> Subscription:
    status = str(found.get("status")) if found else ""
    if mended or status == "active":
        return Subscription(topic, "active", mended)
    return Subscription(topic, "disabled" if found else "missing", note=status)


def _mend(asked: Asked, topic: str, found: Json | None, address: str) -> Generator[Step, Any, None]:
    if found is not None:
        yield from asked_for(asked, f"webhooks/{found.get('id')}", method="PUT", body=b'{"status": "active"}')
        return
    secret = asked.keys.get("webhook_secret")
    if not secret:
        raise Denied(0, "a new webhook needs the key webhook_secret, the same that is among the source's secrets")
    wanted = {
        "name": f"Floorwalker {topic}",
        "topic": topic,
        "delivery_url": address,
        "secret": secret,
        "status": "active",
    }
    yield from asked_for(asked, "webhooks", method="POST", body=json.dumps(wanted).encode())
