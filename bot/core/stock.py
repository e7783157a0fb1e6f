"""What a position means for a decision: how likely it runs out, when, how many units fall short, and their worth.

Promised deliveries count when they are due, and no longer once they are a day late. Time is counted in days from now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.demand import DEFAULT_LEAD_DAYS, Cover, Demand, current, outlook
from bot.core.known import Campaign, Inbound, Position
from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, Quantity, ShopText, join, say
from bot.core.subject import Subject
from bot.core.verdict import Cost

DAY = timedelta(days=1)
_LOCATIONS_SHOWN = 4
_FAR_DAYS = 3650.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """``quantity`` units that arrive ``days`` from now."""

    days: float
    quantity: int


def kept(position: Position, now: datetime) -> tuple[Inbound, ...]:
    """Promises that still hold, soonest first. A promise is for a day: it is overdue a day after its moment."""
    return tuple(inbound for inbound in _promises(position) if now - inbound.due < DAY)


def overdue(position: Position, now: datetime) -> tuple[Inbound, ...]:
    """Promises that were not kept, oldest first; nobody may count on them."""
    return tuple(inbound for inbound in _promises(position) if now - inbound.due >= DAY)


def _promises(position: Position) -> list[Inbound]:
    return sorted((inbound for inbound in position.inbound if inbound.quantity > 0), key=lambda inbound: inbound.due)


def arrivals_of(position: Position, now: datetime) -> tuple[Arrival, ...]:
    """The promises that still hold, as days from now."""
    return tuple(Arrival(max(0.0, (inbound.due - now) / DAY), inbound.quantity) for inbound in kept(position, now))


def stock_of(position: Position) -> int | None:
    """Units that can be sold; None when a location does not count its stock, for that one never runs out."""
    return None if any(level.available is None for level in position.levels) else position.available


def memory(position: Position, today: date) -> Demand:
    """The position's demand as of ``today``, the shop's local day."""
    return current(position.demand, today)


def chance_out(demand: Demand, stock: float, arrivals: tuple[Arrival, ...], days: float) -> float:
    """Probability that the stock is used up at some time within ``days``.

    The largest, over the moments just before each arrival and the end, of the chance that demand until then reaches
    the stock and all that arrived before: with one arrival of q units on day e, max(P(D_e >= s), P(D_h >= s + q)).
    """
    chance = 0.0
    for arrival in (arrival for arrival in arrivals if arrival.days <= days):
        chance = max(chance, outlook(demand, arrival.days).beyond(stock))
        stock += arrival.quantity
    return max(chance, outlook(demand, days).beyond(stock))


def chance_within_lead(position: Position, today: date, now: datetime, margin: float) -> float:
    """Probability that a SKU is used up before what is ordered now comes, and ``margin`` days; 1 where none is left."""
    if position.available is None:
        return 0.0
    if position.available <= 0:
        return 1.0
    lead = (position.lead_days or DEFAULT_LEAD_DAYS) + margin
    return chance_out(memory(position, today), position.available, arrivals_of(position, now), lead)


def units_short(pace: float, stock: float, arrivals: tuple[Arrival, ...], days: float) -> float:
    """Units asked for but not there within ``days`` at an even ``pace`` a day; what is not there is not sold later."""
    return _walk(pace, stock, arrivals, days)[0]


def left_after(pace: float, stock: float, arrivals: tuple[Arrival, ...], days: float) -> float:
    """Units left after ``days`` at an even ``pace`` a day."""
    return _walk(pace, stock, arrivals, days)[1]


def _walk(pace: float, stock: float, arrivals: tuple[Arrival, ...], days: float) -> tuple[float, float]:
    """Units short within ``days`` and units left at their end, from arrival to arrival."""
    short, gone, left = 0.0, 0.0, max(stock, 0.0)
    for arrival in (*(arrival for arrival in arrivals if arrival.days <= days), Arrival(days, 0)):
        wanted = pace * (arrival.days - gone)
        short += max(0.0, wanted - left)
        left = max(0.0, left - wanted) + arrival.quantity
        gone = arrival.days
    return short, left


def run_out(pace: float, stock: float, arrivals: tuple[Arrival, ...]) -> float:
    """Days until the stock is used up at an even ``pace`` a day, arrivals counted; infinite when nothing sells."""
    if stock <= 0:
        return 0.0
    if pace <= 0:
        return math.inf
    for arrival in arrivals:
        if stock <= pace * arrival.days:
            break
        stock += arrival.quantity
    return stock / pace


def runs(campaign: Campaign, now: datetime) -> bool:
    """Whether a campaign runs at ``now``: begun by its plan or by its platform's word, and not over."""
    if campaign.status not in ("scheduled", "running") or (campaign.ends is not None and campaign.ends <= now):
        return False
    return campaign.status == "running" or campaign.starts <= now


# How it is told. Figures are rounded here, not at the edge, so that a change too small to matter is no change at all.


def two_digits(value: float) -> float:
    """The value with two significant digits, as estimates are told."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))


def noon_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Noon of the moment's local day, in UTC: the same however the estimate wanders within the day."""
    return datetime.combine(moment.astimezone(zone).date(), time(12), zone).astimezone(UTC)


def on_day(today: date, days: float, zone: ZoneInfo) -> datetime:
    """Noon of the local day that is ``days`` from today: the same moment however often it is asked on one day."""
    ahead = int(min(max(days, 0.0), _FAR_DAYS))
    return datetime.combine(today + timedelta(days=ahead), time(12), zone).astimezone(UTC)


def name(sku: str, title: ShopText | None) -> Line:
    """A SKU as people know it: "Blue Hoodie M (SKU-123)"."""
    subject = Subject("sku", sku)
    return say(title, " (", subject, ")") if title else say(subject)


def on_hand(position: Position) -> Line:
    """Units at hand in all and, where there are several locations, at each."""
    counted = [level for level in position.levels if level.available is not None]
    total = say(Quantity(position.available or 0))
    if len(counted) < 2:
        return total
    shown = [say(ShopText(level.location), " ", Quantity(level.available or 0)) for level in counted[:_LOCATIONS_SHOWN]]
    rest = len(counted) - len(shown)
    return say(total, " (", join(shown), f", {rest} more)" if rest else ")")


def on_order(position: Position, now: datetime) -> Line:
    """What is promised with its first day, and what is overdue."""
    promised = kept(position, now)
    late = sum(inbound.quantity for inbound in overdue(position, now))
    first = say(", first ", Moment(promised[0].due, "day")) if promised else ()
    missed = say(", ", Quantity(late), " overdue") if late else ()
    return say(Quantity(sum(inbound.quantity for inbound in promised)), first, missed)


def supply(position: Position, now: datetime, units: float) -> Line:
    """What the warehouse does to get ``units`` more: chases what is late, hurries what is promised, orders the rest."""
    late, promised = overdue(position, now), kept(position, now)
    acts: list[Line] = []
    if late:
        acts.append(say("chases the overdue delivery of ", counted(late[0].quantity, "unit"), _reference(late[0])))
    elif promised:
        acts.append(say("asks for the ", counted(promised[0].quantity, "unit"), _reference(promised[0]), " earlier"))
    if units >= 1 or not acts:
        acts.append(say("orders at least ", counted(max(1, math.ceil(two_digits(units))), "unit")))
    return join(acts, " and ")


def _reference(promise: Inbound) -> Line:
    return say(" (", ShopText(promise.reference), ")") if promise.reference else ()


def lasts(cover: Cover) -> Line:
    """Days of cover with the 80 % range: "4.4 d (3 to 6)"."""
    low, high = math.floor(cover.soonest), math.ceil(cover.latest)
    return say(in_days(cover.days), " (", Quantity(low), " to ", Quantity(high), ")")


def gained(before: int | None, stock: int) -> Line:
    """What is at hand, and by how much it rose where that is known: "+500 units, 510 on hand"."""
    more = stock - before if before is not None else 0
    return say(*(("+", counted(more, "unit"), ", ") if more > 0 else ()), Quantity(stock), " on hand")


def in_days(count: float) -> Quantity:
    """A number of days: one decimal below ten, whole days above."""
    return Quantity(round(count, 1), "d", 1) if count < 9.95 else Quantity(round(count), "d")


def counted(number: float, one: str) -> Quantity:
    """So many of a thing whose plural takes an s: "1 unit", "2 units"."""
    return Quantity(number, one if number == 1 else f"{one}s")


def a_day(rate: float) -> Quantity:
    """A pace in units a day."""
    return Quantity(two_digits(rate), "a day", 1)


def worth(low: float, high: float, price: Money | None, what: Line) -> Cost | None:
    """From ``low`` to ``high`` units at their price; None without a price or when nothing falls short.

    ``what`` says what the units are; the formula adds the figures.
    """
    least, most = round(two_digits(min(low, high))), round(two_digits(max(low, high)))
    if price is None or price.minor <= 0 or most <= 0:
        return None
    formula = say(what, ", ", Quantity(least), " to ", counted(most, "unit"), ", times the price of ", price)
    return Cost(MoneyRange(price.times(least), price.times(most)), formula)


def major(cost: Cost | None) -> float | None:
    """The most that a matter may cost, in major units of its currency; None when nobody can tell."""
    return float(cost.amount.high.decimal()) if cost else None
