"""How the webhooks of a list at Mailchimp are looked after."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

from bot.core.delivery import Unparsable
from bot.core.plans import understood
from bot.core.polling import Asked, Care, Denied, Response, Step, Subscription
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
    ill, secret = topics - active, ""
    if ill:
        secret = yield from _mend(asked, path, address, hooks[0] if hooks else None, frozenset(ill))
    unsigned = any(not hook.signed for hook in hooks) and not asked.front.options.get("unsigned")
    note = "its deliveries are not signed, and the option unsigned is not set" if unsigned else ""
    return tuple(
        Subscription(type, "active", type in ill, note if type in active else "", secret if type in ill else "")
        for type in sorted(active | topics)
    )


def _hook(row: Wild) -> _Hook:
    id = row["id"].id()
    if not ID.fullmatch(id):
        raise Unparsable(f"{row['id'].path} is no id of Mailchimp's")
    types = frozenset(type for type in TYPES if row["events"][type].flag())
    return _Hook(id, row["signing_enabled"].flag(), types)


def _mend(asked: Asked, path: str, address: str, hook: _Hook | None, ill: frozenset[str]) -> Generator[Step, Any, str]:
    """Has our webhook send these types as well, or makes one: below a secret path, or one that signs. Gives its secret.

    That is in the answer which makes the webhook and nowhere else, so one that signs is made only while somebody reads
    along: until the secret is in the environment every delivery is refused.
    """
    wanted = ill | (hook.types if hook else frozenset())
    events = {type: type in wanted for type in TYPES}
    if hook is not None:
        yield from asked_for(asked, f"{path}/{hook.id}", (), "PATCH", {"events": events})
        return ""
    end, unsigned = asked.keys.get("webhook_secret", ""), bool(asked.front.options.get("unsigned"))
    if unsigned and not _PATH.fullmatch(end):
        raise Denied(0, "without a signature the address ends in the key webhook_secret: 16 or more letters and digits")
    if not (unsigned or asked.attended):
        raise Denied(
            0,
            "Mailchimp shows the signing secret of a new webhook once, to whoever makes it: run floorwalker connect"
            f" {asked.front.source}, which shows it to you",
        )
    sources = {"user": True, "admin": True, "api": True}
    url = f"{address}/{end}" if unsigned else address
    about = {"url": url, "events": events, "sources": sources, "signing_enabled": not unsigned}
    response = yield from asked_for(asked, path, (), "POST", about)
    return "" if unsigned else _secret_in(response)


def _secret_in(response: Response) -> str:
    """The secret of a new webhook, out of the answer that made it."""
    with understood("a webhook is", response.status):
        secret = read_answer(response)["signing_secret"].text_or("").strip()
    if not (secret.isascii() and secret.isprintable() and secret):
        raise Denied(
            response.status, "the webhook was made, but its secret is not in the answer: delete it and make it by hand"
        )
    return secret
