"""How the webhook at PayPal is looked after: which of its event types are wanted, active or lacking."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final, Literal

from bot.core.plans import Json
from bot.core.polling import Asked, Care, Denied, Step, Subscription
from handlers.sources._paypal.calls import ID, Desk, answered, desk_of, rows_of

# https://developer.paypal.com/api/rest/webhooks/event-names: those that tell something.
TOPICS: Final = (
    *(f"PAYMENT.CAPTURE.{what}" for what in ("COMPLETED", "DECLINED", "DENIED", "REFUNDED", "REVERSED")),
    *(f"PAYMENT.SALE.{what}" for what in ("COMPLETED", "DENIED", "REFUNDED", "REVERSED")),
    *(f"CUSTOMER.DISPUTE.{what}" for what in ("CREATED", "UPDATED", "RESOLVED")),
    *(f"INVOICING.INVOICE.{what}" for what in ("CANCELLED", "CREATED", "PAID", "REFUNDED", "SCHEDULED", "UPDATED")),
    "PAYMENT.PAYOUTSBATCH.DENIED",
    *(f"PAYMENT.PAYOUTS-ITEM.{what}" for what in ("BLOCKED", "CANCELED", "DENIED", "FAILED", "REFUNDED", "RETURNED")),
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
)


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """Our webhook, by its address, and its event types. Only types that PayPal offers to the app can be added: one
    that it does not know makes it refuse all of them. A new webhook has a new id, without which all that it sends is
    refused, so one is made only while somebody reads along."""
    desk = desk_of(asked)
    found = answered((yield from desk.ask("/v1/notifications/webhooks")))
    ours = [hook for hook in rows_of(found, "webhooks") if hook.get("url") == address]
    states = {str(kind.get("name")): _state(kind) for hook in ours for kind in rows_of(hook, "event_types")}
    if states.pop("*", "") == "active":
        states |= dict.fromkeys(TOPICS, "active")
    lacking = {topic for topic in topics if states.get(topic) != "active"}
    if not lacking:
        return tuple(Subscription(topic, states[topic]) for topic in sorted(states))
    if not ours and not asked.attended:
        gone = (
            f"run floorwalker connect {asked.front.source}, which makes a new webhook, whose id is the source's secret"
        )
        return tuple(Subscription(topic, "missing", note=gone) for topic in sorted(topics))
    offered = answered((yield from desk.ask("/v1/notifications/webhooks-event-types")))
    adding = lacking & {str(kind.get("name")) for kind in rows_of(offered, "event_types")}
    if adding:
        yield from _add(desk, ours, address, adding)
    note = "" if ours else _NEW
    return tuple(
        Subscription(topic, "active", mended=True, note=note)
        if topic in adding
        else Subscription(topic, states.get(topic, "missing"), note=_UNKNOWN if topic in lacking else "")
        for topic in sorted({*states, *topics})
    )


_NEW: Final = "the webhook is new: put its id, which the developer dashboard shows, among the source's secrets"
_UNKNOWN: Final = "PayPal does not offer it to this app"


def _state(kind: Json) -> Literal["active", "disabled"]:
    return "disabled" if kind.get("status") == "DISABLED" else "active"


def _add(desk: Desk, ours: list[Json], address: str, adding: set[str]) -> Generator[Step, Any, None]:
    if not ours:
        content = {"url": address, "event_types": [{"name": name} for name in sorted(adding)]}
        yield from desk.write("POST", "/v1/notifications/webhooks", content)
        return
    name = str(ours[0].get("id"))
    if not ID.fullmatch(name):
        raise Denied(200, "our webhook has no id")
    wanted = adding | {str(kind.get("name")) for kind in rows_of(ours[0], "event_types")}
    change = {"op": "replace", "path": "/event_types", "value": [{"name": each} for each in sorted(wanted)]}
    yield from desk.write("PATCH", f"/v1/notifications/webhooks/{name}", [change])
