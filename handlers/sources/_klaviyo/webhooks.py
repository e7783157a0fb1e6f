"""How Klaviyo's system webhook, which serves many topics, is looked after."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

from bot.core.echoes import Echo
from bot.core.plans import understood
from bot.core.polling import Asked, Care, Denied, Plan, Step, Subscription
from bot.core.wild import Wild
from handlers.sources._klaviyo.calls import Page, all_pages, asked_for, id_of

# Reactions that system webhooks tell of, with the echo and the channel that each is; opens and clicks are no matter.
TOPICS: Final[dict[str, tuple[Echo, str]]] = {
    "event:klaviyo.bounced_email": ("bounced", "email"),
    "event:klaviyo.dropped_email": ("failed", "email"),
    "event:klaviyo.marked_email_as_spam": ("complained", "email"),
    "event:klaviyo.unsubscribed_from_email_marketing": ("unsubscribed", "email"),
    "event:klaviyo.failed_to_deliver_sms": ("failed", "sms"),
    "event:klaviyo.failed_to_deliver_automated_response_sms": ("failed", "sms"),
    "event:klaviyo.unsubscribed_from_sms_marketing": ("unsubscribed", "sms"),
    "event:klaviyo.bounced_push": ("bounced", "push"),
}


@dataclass(frozen=True, slots=True)
class _Hook:
    """A system webhook of ours: one serves many topics."""

    id: str
    enabled: bool
    topics: frozenset[str]


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """The topics of the system webhooks that deliver to us, where the option ``system_webhooks`` says there are any."""
    if not asked.front.options.get("system_webhooks"):
        return ()
    hooks: list[_Hook] = []

    def each(page: Page) -> Plan:
        with understood("a webhook is"):
            rows = [row for row in page.body["data"].list() if row["attributes"]["endpoint_url"].text_or("") == address]
            hooks.extend(map(_hook, rows))
        yield from ()

    yield from all_pages(asked, "webhooks", (("include", "webhook-topics"),), each)
    states = {topic: "disabled" for hook in hooks for topic in hook.topics}
    states |= {topic: "active" for hook in hooks if hook.enabled for topic in hook.topics}
    ill = frozenset(topic for topic in topics if states.get(topic) != "active")
    if ill:
        yield from _mend(asked, address, hooks[0] if hooks else None, ill)
    return tuple(
        Subscription(topic, "active", True)
        if topic in ill
        else Subscription(topic, "active" if states.get(topic) == "active" else "disabled")
        for topic in sorted({*states, *topics})
    )


def _hook(row: Wild) -> _Hook:
    topics = (topic["id"].id() for topic in row["relationships"]["webhook-topics"]["data"].each())
    return _Hook(id_of(row), row["attributes"]["enabled"].flag(), frozenset(topics))


def _mend(asked: Asked, address: str, hook: _Hook | None, ill: frozenset[str]) -> Generator[Step, Any, None]:
    """Switches our webhook on with these topics as well, or makes one."""
    attributes: dict[str, Any] = {"enabled": True}
    if hook is None:
        secret = asked.keys.get("webhook_secret")
        if not secret:
            raise Denied(0, "a new webhook needs the key webhook_secret, the same that is among the source's secrets")
        attributes |= {"name": "Floorwalker", "endpoint_url": address, "secret_key": secret}
    wanted = sorted(ill | (hook.topics if hook else frozenset()))
    rows = [{"type": "webhook-topic", "id": topic} for topic in wanted]
    about: dict[str, Any] = {
        "type": "webhook",
        "attributes": attributes,
        "relationships": {"webhook-topics": {"data": rows}},
    }
    if hook is None:
        yield from asked_for(asked, "webhooks", (), "POST", {"data": about})
    else:
        yield from asked_for(asked, f"webhooks/{hook.id}", (), "PATCH", {"data": about | {"id": hook.id}})
