"""A campaign against the stock it will use, in days: how long each SKU lasts, and for how long it is needed.

The rule of the same name weighs chances; this is the plain reckoning that digests and commands list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.core.known import Campaign, Position
from bot.core.parts import Line, say
from bot.core.stock import DAY, arrivals_of, in_days, left_after, memory, run_out, stock_of

UPLIFT = 2.0
"""The factor on usual sales where a campaign names none."""

_DAYS_WITHOUT_AN_END = 7.0
_UNTOLD_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Lasting:
    """A SKU of a campaign: for how many days from now its stock lasts at the usual pace and at the campaign's, and how
    many days the campaign needs it."""

    position: Position
    usual: float
    uplifted: float
    needed: float

    @property
    def short(self) -> bool:
        """Whether it runs out before the end."""
        return self.uplifted < self.needed


def lasting(
    campaign: Campaign, positions: Mapping[str, Position], now: datetime, today: date, uplift: float = UPLIFT
) -> tuple[Lasting, ...]:
    """Each SKU of a campaign whose stock is counted, in the campaign's order; ``uplift`` is for one that names none.
    What never sold lasts for ever."""
    found = (positions[sku] for sku in campaign.skus if sku in positions)
    return tuple(_lasting(campaign, each, now, today, uplift) for each in found if stock_of(each) is not None)


def _lasting(campaign: Campaign, position: Position, now: datetime, today: date, uplift: float) -> Lasting:
    """What was promised arrives when it is due."""
    pace, stock = memory(position, today).rate(), position.available or 0
    usual = run_out(pace, stock, arrivals_of(position, now))
    return Lasting(position, usual, _uplifted(campaign, position, now, today, uplift), days_to_end(campaign, now))


def _uplifted(campaign: Campaign, position: Position, now: datetime, today: date, uplift: float) -> float:
    """Days until the stock is used up when sales run at the usual pace to the start and at the uplift from then on."""
    pace, stock, arrivals = memory(position, today).rate(), position.available or 0, arrivals_of(position, now)
    usual = run_out(pace, stock, arrivals)
    starts = max(0.0, (campaign.starts - now) / DAY)
    if usual <= starts:
        return usual
    left = left_after(pace, stock, arrivals, starts)
    later = tuple(replace(arrival, days=arrival.days - starts) for arrival in arrivals if arrival.days > starts)
    return starts + run_out(pace * (campaign.uplift or uplift), left, later)


def days_to_end(campaign: Campaign, now: datetime) -> float:
    """Days from now to a campaign's end; one without an end is taken to run for a week."""
    if campaign.ends is None:
        return (campaign.starts - now) / DAY + _DAYS_WITHOUT_AN_END
    return (campaign.ends - now) / DAY


def in_words(days: float) -> Line:
    """Days of cover; from a year on nobody needs to know how many."""
    return say("over a year") if days >= _UNTOLD_DAYS else say(in_days(days))
