"""How the recipients of campaigns react, in counts: totals as platforms report them, and shares surely reached."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from bot.core.events import CampaignEchoed
from bot.core.plans import object_in
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild

SO_FAR: Final = "so far"
"""The reference of an echo that counts all there were up to its moment. Under any other reference an echo counts those
that it tells of, who come on top of what was told before."""

Echo = Literal["sent", "bounced", "complained", "unsubscribed", "failed"]
ECHOES: Final[tuple[Echo, ...]] = get_args(Echo)

# The 95th percentile of the normal distribution: one in twenty campaigns at the limit itself would be told.
_Z: Final = 1.6449


@dataclass(frozen=True, slots=True)
class Totals:
    """What a report says of a campaign: its echoes, counted from its start on."""

    campaign: str
    channel: str
    counts: Mapping[Echo, int]


def grown(cursor: str, reported: Sequence[Totals]) -> tuple[tuple[Totals, ...], str]:
    """The totals that are news after what a cursor says was told, and the cursor that says they were.

    A report only speaks of the campaigns of some days, so the cursor forgets those that are no longer in it. A cursor
    that is none of ours is the beginning: totals told once more count nothing twice.
    """
    before = object_in(cursor)
    news = tuple(one for one in reported if before.get(one.campaign) != _figures(one))
    return news, json.dumps({one.campaign: _figures(one) for one in reported})


def _figures(totals: Totals) -> list[int]:
    return [totals.counts.get(echo, 0) for echo in ECHOES]


def body_of(totals: Sequence[Totals]) -> bytes:
    """Totals as the body of a delivery, which ``read_totals`` understands."""
    rows = [{"campaign": one.campaign, "channel": one.channel, **one.counts} for one in totals]
    return json.dumps({"totals": rows}).encode()


def read_totals(body: Wild, front: Shopfront, at: datetime) -> tuple[CampaignEchoed, ...]:
    """The events of such a body as of ``at``; how many it was sent to is the last of a campaign's, since shares can be
    reckoned only then. Raises Unparsable."""
    return tuple(
        CampaignEchoed(
            **front.by,
            at=at,
            reference=SO_FAR,
            echo=echo,
            count=max(row[echo].int(), 0),
            campaign=row["campaign"].id(),
            channel=row["channel"].id_or("email"),
        )
        for row in body["totals"].list()
        for echo in (*ECHOES[1:], ECHOES[0])
        if row[echo]
    )


def least_share(count: int, of: int) -> float:
    """The share that is surely reached when ``count`` of so many were seen: the lower end of the Wilson score interval,
    one-sided at 95 per cent (E. B. Wilson, 1927). 0 when nothing was seen."""
    if of <= 0 or count <= 0:
        return 0.0
    share = min(count / of, 1.0)
    square = _Z * _Z / of
    middle = share + square / 2
    spread = _Z * math.sqrt((share * (1 - share) + square / 4) / of)
    return max(0.0, (middle - spread) / (1 + square))
