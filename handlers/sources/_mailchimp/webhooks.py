"""How the webhooks of a list at Mailchimp are looked after."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

from bot.core.delivery import Unparsable
from bot.core.plans import understood
from bot.core.polling import Asked, Care, Denied, Step, Subscription
from bot.core.wild import Wild
from handlers.sources._mailchimp.calls import ID, asked_for, read_answer

TYPES: Final = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
WANTED: Final = ("campaign", "cleaned", "unsubscribe")
_PATH = re.compile(r"[A-Za-z0-9._~-]{16,200}")


@dataclass(frozen=True, slots=True)
class _Hook:
    """A webhook of a list that delivers to us, and the types of events that it sends."""

    id: str
    signed: bool
    types: frozenset[str]


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """The webhooks of the option ``list``, by their address: ours, or a secret path below it."""
    audience = asked.front.options.get("list")
    if not audience:
        if topics:
            raise Denied(0, "the option list does not say whose webhooks these are")
        return ()
    path = f"lists/{audience}/webhooks"
    response = yield from asked_for(asked, path)
    with understood("a webhook is", response.status):
        rows = read_answer(response)["webhooks"].each()
        hooks = [_hook(row) for row in rows if f"{row['url'].text_or('')}/".startswith(f"{address}/")]
    active = {type for hook in hooks for type in hook.types}
    ill = topics - active
    if ill:
        yield from _mend(asked, path, address, hooks[0] if hooks else None, frozenset(ill))
    unsigned = any(not hook.signed for hook in hooks) and not asked.front.options.get("unsigned")
    note = "its deliveries are not signed, and the option unsigned is not set" if unsigned else ""
    return tuple(
        Subscription(type, "active", type in ill, note if type in active else "") for type in sorted(active | topics)
    )


def _hook(row: Wild) -> _Hook:
    id = row["id"].id()
    if not ID.fullmatch(id):
        raise Unparsable(f"{row['id'].path} is no id of Mailchimp's")
    types = frozenset(type for type in TYPES if row["events"][type].flag())
    return _Hook(id, row["signing_enabled"].flag(), types)


def _mend(asked: Asked, path: str, address: str, hook: _Hook | None, ill: frozenset[str]) -> Generator[Step, Any, None]:
    """Has our webhook send these types as well, or makes one below a secret path.

    A webhook that signs is not made here. Its secret is in the answer that makes it and nowhere else, so it would have
    to be written down by a bot that is not to show secrets, and until it is in the config every delivery is refused.
    """
    wanted = ill | (hook.types if hook else frozenset())
    events = {type: type in wanted for type in TYPES}
    if hook is not None:
        yield from asked_for(asked, f"{path}/{hook.id}", (), "PATCH", {"events": events})
        return
    secret = asked.keys.get("webhook_secret", "")
    if not (_PATH.fullmatch(secret) and asked.front.options.get("unsigned")):
        raise Denied(
            0,
            "Mailchimp shows the signing secret of a new webhook once, to whoever makes it: make it by hand with"
            " signing enabled. To have it made, set the option unsigned and give the key webhook_secret (16 or more"
            " letters and digits)",
        )
    sources = {"user": True, "admin": True, "api": True}
    about = {"url": f"{address}/{secret}", "events": events, "sources": sources, "signing_enabled": False}
    yield from asked_for(asked, path, (), "POST", about)
