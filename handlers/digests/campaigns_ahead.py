"""The campaigns of the next two weeks against the stock they will use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.core.facts import CampaignsAhead, Now, PositionsAhead, Today, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import Campaign, Position
from bot.core.message import Table
from bot.core.parts import Line, Moment, say
from bot.core.preflight import UPLIFT, Lasting, in_words, lasting
from bot.core.stock import counted
from bot.core.subject import Subject

_MOST_ROWS = 15


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    today: date = ask(Today())
    campaigns: tuple[Campaign, ...] = ask(CampaignsAhead())
    positions: tuple[Position, ...] = ask(PositionsAhead())


@section(departments=("marketing",), order=20)
def campaigns_ahead(period: Period, facts: Facts, *, uplift: float = UPLIFT) -> Entry | None:
    """Each campaign's SKUs with days of cover at the usual pace and at the expected uplift.

    - uplift: the factor on usual sales where the campaign names none.
    """
    positions = {position.sku: position for position in facts.positions}
    rows: list[tuple[Line, ...]] = []
    short: set[str] = set()
    for campaign in facts.campaigns:
        for sku in lasting(campaign, positions, facts.now, facts.today, uplift):
            if sku.short:
                short.add(campaign.campaign)
            rows.append(_row(campaign, sku))
    if not rows:
        return None
    header = ("Campaign", "Starts", "SKU", "Cover, usual pace", "Cover, campaign", "Verdict")
    table = Table("Campaigns of the next 14 days", header, tuple(rows[:_MOST_ROWS]), numeric=(3, 4))
    headline = (say(counted(len(short), "campaign"), " short of stock"),) if short else ()
    return Entry((table,), headline, decisions=len(short))


def _row(campaign: Campaign, sku: Lasting) -> tuple[Line, ...]:
    return (
        say(campaign.name),
        say(Moment(campaign.starts, "day")),
        say(Subject("sku", sku.position.sku)),
        in_words(sku.usual),
        in_words(sku.uplifted),
        say("runs out before the end" if sku.short else "lasts"),
    )
