"""When operators are told by a path that is not Slack: at once, then once a day while it lasts, and when it is over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["begins", "lasts", "over"]

AGAIN = timedelta(days=1)
CALM = timedelta(minutes=1)
"""How long something must be gone before it counts as over."""

PATIENCE = {"store": timedelta(minutes=1)}
"""How long something must last before it is told; what is not named here is told at once."""

_ABOUT = {
    "slack": "Slack refuses the bot as a whole. Nothing is lost: posts wait until it is accepted again.",
    "operations": "The channel that hears of the bot's own troubles takes no messages.",
    "store": "The database cannot be used. Deliveries are answered 503, so that their senders try again.",
    "disk": "The database's disk is full. Deliveries are answered 503, so that their senders try again.",
}
_WORD = re.compile(r"[a-z_]{1,60}")


@dataclass(frozen=True, slots=True)
class Standing:
    """Something amiss: since when, when it was last told, and since when it seems to be gone (aware UTC)."""

    name: str
    reason: str
    since: datetime
    told: datetime | None = None
    gone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the operators."""

    kind: Kind
    standing: Standing


@dataclass(frozen=True, slots=True)
class Counts:
    """How many posts wait and how many are parked; None where the store did not say."""

    waiting: int | None = None
    parked: int | None = None


def watch(
    standing: Mapping[str, Standing], amiss: Mapping[str, str | None], now: datetime
) -> tuple[dict[str, Standing], tuple[Notice, ...]]:
    """What stands after a look, and what is to be told of it.

    ``amiss`` has a reason for what is amiss, "" for what is well, and None for what nobody can tell just now.
    """
    after: dict[str, Standing] = {}
    notices: list[Notice] = []
    for name, reason in amiss.items():
        kept, notice = _one(standing.get(name), name, reason, now)
        if kept is not None:
            after[name] = kept
        if notice is not None:
            notices.append(notice)
    return after, tuple(notices)


def _one(
    before: Standing | None, name: str, reason: str | None, now: datetime
) -> tuple[Standing | None, Notice | None]:
    if reason is None or (before is None and not reason):
        return before, None
    if not reason:
        assert before is not None
        return _gone(before, now)
    lasting = replace(before, reason=reason, gone=None) if before else Standing(name, reason, now)
    if lasting.told is None:
        if now - lasting.since < PATIENCE.get(name, timedelta(0)):
            return lasting, None
        told = replace(lasting, told=now)
        return told, Notice("begins", told)
    if now - lasting.told >= AGAIN:
        told = replace(lasting, told=now)
        return told, Notice("lasts", told)
    return lasting, None


def _gone(before: Standing, now: datetime) -> tuple[Standing | None, Notice | None]:
    if before.told is None:
        return None, None
    gone = replace(before, gone=before.gone or now)
    if now - (gone.gone or now) < CALM:
        return gone, None
    return None, Notice("over", gone)


def payload(notice: Notice, counts: Counts) -> dict[str, str | int | None]:
    """What leaves by the second path. Nothing in it comes from the shop, nor from anybody's settings, but counts."""
    standing = notice.standing
    return {
        "text": f"{headline(notice)} {_counted(counts)}".strip(),
        "about": standing.name,
        "state": notice.kind,
        "reason": _plain(standing.reason),
        "since": standing.since.isoformat(timespec="seconds"),
        "waiting": counts.waiting,
        "parked": counts.parked,
    }


def headline(notice: Notice) -> str:
    """The notice in one sentence or two."""
    standing = notice.standing
    since = f"since {standing.since:%Y-%m-%d %H:%M} UTC: {_plain(standing.reason)}"
    match notice.kind:
        case "begins":
            return f"Floorwalker: {_ABOUT[standing.name]} It is so {since}."
        case "lasts":
            return f"Floorwalker: still so {since}. {_ABOUT[standing.name]}"
        case _:
            return f"Floorwalker: over. It was so {since}."


def subject(notice: Notice) -> str:
    """The subject of an e-mail."""
    words = {"begins": "trouble", "lasts": "still in trouble", "over": "trouble is over"}
    return f"Floorwalker: {words[notice.kind]} ({notice.standing.name}: {_plain(notice.standing.reason)})"


def _counted(counts: Counts) -> str:
    if counts.waiting is None or counts.parked is None:
        return ""
    return f"Posts waiting: {counts.waiting}, parked: {counts.parked}."


def _plain(reason: str) -> str:
    """Slack's own error words and ours; whatever else somebody put there does not leave the house."""
    return reason if _WORD.fullmatch(reason) else "see_the_log"
