"""The campaigns of the next two weeks against the stock they will use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.core import stock as reckon
from bot.core.facts import CampaignsAhead, Now, PositionsAhead, Today, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import Campaign, Position
from bot.core.message import Table
from bot.core.parts import Line, Moment, Quantity, say
from bot.core.subject import Subject

_MOST_ROWS = 15
_UNTOLD_DAYS = 365.0
_DAYS_WITHOUT_AN_END = 7.0


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    today: date = ask(Today())
    campaigns: tuple[Campaign, ...] = ask(CampaignsAhead())
    positions: tuple[Position, ...] = ask(PositionsAhead())


@section(departments=("marketing",), order=20)
def campaigns_ahead(period: Period, facts: Facts, *, uplift: float = 2.0) -> Entry | None:
    """Each campaign's SKUs with days of cover at the usual pace and at the expected uplift.

    - uplift: the factor on usual sales where the campaign names none.
    """
    positions = {position.sku: position for position in facts.positions}
    rows: list[tuple[Line, ...]] = []
    short: set[str] = set()
    for campaign in facts.campaigns:
        for position in (positions[sku] for sku in campaign.skus if sku in positions):
            lasting = _lasting(position, campaign, uplift, facts)
            if lasting < _days_to_end(campaign, facts.now):
                short.add(campaign.campaign)
            rows.append(_row(campaign, position, lasting, facts))
    if not rows:
        return None
    header = ("Campaign", "Starts", "SKU", "Cover, usual pace", "Cover, campaign", "Verdict")
    table = Table("Campaigns of the next 14 days", header, tuple(rows[:_MOST_ROWS]), numeric=(3, 4))
    headline = (say(Quantity(len(short)), " campaigns short of stock"),) if short else ()
    return Entry((table,), headline, decisions=len(short))


def _lasting(position: Position, campaign: Campaign, uplift: float, facts: Facts) -> float:
    """Days until the stock is used up when sales run at the usual pace to the start and at the uplift from then on."""
    pace = reckon.memory(position, facts.today).rate()
    arrivals = reckon.arrivals_of(position, facts.now)
    stock = position.available or 0
    usual = reckon.run_out(pace, stock, arrivals)
    starts = max(0.0, (campaign.starts - facts.now) / reckon.DAY)
    if usual <= starts:
        return usual
    left = reckon.left_after(pace, stock, arrivals, starts)
    later = tuple(replace(arrival, days=arrival.days - starts) for arrival in arrivals if arrival.days > starts)
    return starts + reckon.run_out(pace * (campaign.uplift or uplift), left, later)


def _days_to_end(campaign: Campaign, now: datetime) -> float:
    if campaign.ends is None:
        return (campaign.starts - now) / reckon.DAY + _DAYS_WITHOUT_AN_END
    return (campaign.ends - now) / reckon.DAY


def _row(campaign: Campaign, position: Position, lasting: float, facts: Facts) -> tuple[Line, ...]:
    usual = reckon.run_out(
        reckon.memory(position, facts.today).rate(),
        position.available or 0,
        reckon.arrivals_of(position, facts.now),
    )
    verdict = "runs out before the end" if lasting < _days_to_end(campaign, facts.now) else "lasts"
    return (
        say(campaign.name),
        say(Moment(campaign.starts, "day")),
        say(Subject("sku", position.sku)),
        _days(usual),
        _days(lasting),
        say(verdict),
    )


def _days(count: float) -> Line:
    return say("over a year") if count >= _UNTOLD_DAYS else say(reckon.in_days(count))
