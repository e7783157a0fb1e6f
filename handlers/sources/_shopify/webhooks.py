"""How Shopify's webhooks are looked after: which topics tell something, and what became of their subscriptions."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final

from bot.core.plans import Json
from bot.core.polling import Asked, Care, Step
from bot.core.polling import Subscription as Hook
from bot.core.shopfront import Shopfront
from handlers.sources._shopify import fields
from handlers.sources._shopify.calls import Shop, objects, within

_EVER: Final = (
    *(f"orders/{what}" for what in ("create", "paid", "updated", "cancelled", "fulfilled", "partially_fulfilled")),
    "order_transactions/create", "refunds/create", "disputes/create", "disputes/update",
    "inventory_items/create", "inventory_items/update", "products/create", "products/update",
    "locations/create", "locations/update",
    "fulfillments/create", "fulfillments/update", "fulfillment_events/create",
    "discounts/create", "discounts/update", "app/uninstalled",
)  # fmt: skip
_BY_STOCK: Final[Mapping[str, tuple[str, ...]]] = {
    "levels": tuple(f"inventory_levels/{what}" for what in ("update", "connect", "disconnect")),
    "variants": ("variants/in_stock", "variants/out_of_stock"),
}


def wanted(front: Shopfront) -> tuple[str, ...]:
    """The topics that tell something. Nothing is lost by the others: a poll hears what they would only hint at."""
    return _EVER + _BY_STOCK[str(front.options.get("stock", "levels"))]


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """Shopify deletes a subscription after eight failures, so a disabled one is simply missing.

    Those in an app's configuration file (option ``webhooks: app``) are not listed by the API and are never deleted.
    """
    if asked.front.options.get("webhooks") == "app":
        return ()
    shop = Shop(asked)
    nodes, _ = yield from shop.all(fields.HOOKS, "webhookSubscriptions")
    ours = {str(node.get("topic")): node for node in nodes if str(node.get("uri")).rstrip("/") == address.rstrip("/")}
    found = []
    for topic in sorted({*wanted(asked.front), *topics}):
        hook = _seen(topic, ours.get(_enum(topic)))
        if topic in topics and hook.state != "active":
            hook = yield from _mended(shop, hook, ours.get(_enum(topic)), address)
        found.append(hook)
    return tuple(found)


def _enum(topic: str) -> str:
    return topic.replace("/", "_").upper()


def _seen(topic: str, node: Json | None) -> Hook:
    if node is None:
        return Hook(topic, "missing")
    return Hook(topic, "active") if node.get("format") == "JSON" else Hook(topic, "disabled", note="it sends XML")


def _mended(shop: Shop, hook: Hook, node: Json | None, address: str) -> Generator[Step, Any, Hook]:
    """Subscribes, or sets an existing subscription right. That it is there already is as good."""
    to = {"uri": address, "format": "JSON"}
    if node is None:
        data, _ = yield from shop.query(fields.SUBSCRIBE, topic=_enum(hook.topic), to=to)
    else:
        data, _ = yield from shop.query(fields.RESUBSCRIBE, id=str(node.get("id")), to=to)
    said = "; ".join(str(error.get("message", "")) for error in objects(within(data, "made", "errors")))[:300]
    if within(data, "made") is None or (said and "already been taken" not in said):
        return Hook(hook.topic, hook.state, note=said or "Shopify did not say why")
    return Hook(hook.topic, "active", mended=not said)
