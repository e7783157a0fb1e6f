"""Warns before a SKU runs out, while a reorder can still arrive in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.demand import DEFAULT_LEAD_DAYS, Demand, cover, outlook
from bot.core.events import ItemSold, StockChanged, StockExpected, StockReceived, Tick
from bot.core.facts import CampaignsFor, LevelBefore, Now, PositionOf, SettingsOfShop, Today, ask, total
from bot.core.handlers import rule
from bot.core.known import Campaign, Position
from bot.core.parts import Line, Moment, Quantity, Share, say
from bot.core.settings import Shop
from bot.core.stock import (
    Arrival,
    a_day,
    arrivals_of,
    chance_out,
    counted,
    gained,
    in_days,
    lasts,
    major,
    memory,
    name,
    on_day,
    on_hand,
    on_order,
    overdue,
    run_out,
    stock_of,
    supply,
    two_digits,
    units_short,
    worth,
)
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """What is known of the SKU's stock, its pace and the campaigns that will use it."""

    position: Position | None = ask(PositionOf())
    before: int | None = ask(LevelBefore())
    sold_7d: int = total(ItemSold, "quantity", days=7)
    campaigns: tuple[Campaign, ...] = ask(CampaignsFor())
    now: datetime = ask(Now())
    today: date = ask(Today())
    shop: Shop = ask(SettingsOfShop())


_BUSY = 0.9
# Severity by the most days of cover (in lead times) and the least stake (chance x money, in multiples of high_stake).
_SEVERITIES = (
    (Severity.CRITICAL, 0.25, 10.0),
    (Severity.HIGH, 1.0, 1.0),
    (Severity.MEDIUM, 1.0, 0.1),
    (Severity.MEDIUM, math.inf, 1.0),
)
_STAKE_WITHOUT_PRICE = 0.1


@dataclass(frozen=True, slots=True)
class _Case:
    """The position as it is judged: ``days`` is the horizon, ``left`` the days until it runs out at the usual pace."""

    facts: Facts
    position: Position
    stock: int
    demand: Demand
    arrivals: tuple[Arrival, ...]
    lead: float
    days: float

    def chance(self) -> float:
        return chance_out(self.demand, self.stock, self.arrivals, self.days)

    def left(self) -> float:
        return run_out(self.demand.rate(), self.stock, self.arrivals)

    def shortfall(self) -> tuple[float, float]:
        """Units short within the horizon at the usual pace, and in a busy spell such as comes one time in ten."""
        usual = self.demand.rate()
        busy = max(usual, outlook(self.demand, self.days).quantile(_BUSY) / self.days)
        return self._short(usual), self._short(busy)

    def _short(self, pace: float) -> float:
        return units_short(pace, self.stock, self.arrivals, self.days)

    def cost(self) -> Cost | None:
        span = say("Units short within ", in_days(self.days), ", at the usual pace and in a busy spell (one in ten)")
        return worth(*self.shortfall(), self.position.price, span)


@rule(about="sku")
def low_stock(
    event: StockChanged | ItemSold | StockReceived | StockExpected | Tick,
    facts: Facts,
    *,
    probability: float = 0.30,
    clear_below: float = 0.15,
    lead_days: float = DEFAULT_LEAD_DAYS,
    margin_days: float = 3.0,
    threshold: int | None = None,
    shop_threshold: bool = True,
    least_days: float = 7.0,
    least_units: float = 3.0,
    order_days: float = 28.0,
    high_stake: int = 1000,
) -> Verdict:
    """Fires when a SKU will probably run out before a new order could arrive.

    The chance of running out within the lead time and a margin comes from how the SKU sold so far (recent days count
    more) and from promised deliveries; overdue ones do not count. The message shows days of cover. It fires as well at
    the threshold that the shop itself has set for the SKU, where its platform tells one, unless the SKU hardly sells.
    It clears when the chance falls below a second, lower line, so that it does not come and go, or when the SKU is
    sold out, which out_of_stock tells.

    - probability: the chance from which it fires.
    - clear_below: the chance below which it clears.
    - lead_days: days from order to arrival, where the SKU's own receipts do not tell.
    - margin_days: days on top of the lead time.
    - threshold: fires at so many units or fewer, and then nothing else decides. Off unless set.
    - shop_threshold: whether the shop's own threshold fires as well.
    - least_days: days of sales to know before judging.
    - least_units: units sold lately, below which a SKU is too slow to be judged.
    - order_days: how many days the proposed order lasts once it has arrived.
    - high_stake: money at risk times its chance, in major units of the SKU's currency, from which it is high.
    """
    position = facts.position
    stock = stock_of(position) if position else None
    if position is not None and not position.levels:
        return Clear(say("No location stocks it"), say("No location stocks it any more"))
    if position is None or stock is None:
        return Quiet(say("The shop does not count all stock of this SKU"))
    if stock <= 0:
        return Clear(say("Nothing is left, which out_of_stock tells"), say("The last unit was sold or taken out"))
    case = _case(facts, position, stock, lead_days, margin_days)
    if threshold is not None:
        reached = say("The stock is at or below its threshold")
        return _at_threshold(case, threshold) or _fire(case, reached, 1.0, order_days, high_stake)
    own = position.low_at if shop_threshold else None
    unlikely = _unknown(case, own, least_days, least_units) or _unlikely(case, probability, clear_below)
    if unlikely and own is not None and stock <= own and not _is_slow(case, least_days, least_units):
        reached = say("The stock is at or below the shop's own threshold of ", counted(own, "unit"))
        return _fire(case, reached, case.chance(), order_days, high_stake)
    likely = say("It will probably run out within ", in_days(case.days), ", lead time and margin")
    return unlikely or _fire(case, likely, case.chance(), order_days, high_stake)


def _case(facts: Facts, position: Position, stock: int, lead_days: float, margin_days: float) -> _Case:
    lead = position.lead_days if position.lead_days is not None else lead_days
    demand = memory(position, facts.today)
    return _Case(facts, position, stock, demand, arrivals_of(position, facts.now), lead, max(lead + margin_days, 1.0))


def _at_threshold(case: _Case, threshold: int) -> Verdict | None:
    if case.stock > threshold:
        above = say("The stock is above its threshold of ", counted(threshold, "unit"))
        return Clear(above, gained(case.facts.before, case.stock))
    return None


def _is_slow(case: _Case, least_days: float, least_units: float) -> bool:
    """Whether it is known to sell too seldom. A shop may have one threshold for everything, and then what lies at it
    without selling lies there for months."""
    return case.demand.days_known() >= least_days and case.demand.units < least_units


def _unknown(case: _Case, own: int | None, least_days: float, least_units: float) -> Verdict | None:
    if _is_slow(case, least_days, least_units):
        slow = say("It hardly sells any more, ", counted(round(case.demand.units), "unit"), " lately")
        return Clear(say("It sells too seldom to be judged by its pace"), slow)
    if case.demand.days_known() >= least_days:
        return None
    if own is not None:
        above = say("The stock is above the shop's own threshold of ", counted(own, "unit"))
        return Clear(above, gained(case.facts.before, case.stock))
    return Quiet(say("Too few days of sales are known to judge; it needs ", Quantity(least_days, "d")))


def _unlikely(case: _Case, probability: float, clear_below: float) -> Verdict | None:
    chance = case.chance()
    within = say("The chance of running out within ", in_days(case.days), " is below ")
    if chance < clear_below:
        coming = sum(arrival.quantity for arrival in case.arrivals)
        more = say(", ", counted(coming, "unit"), " promised") if coming else ()
        return Clear(say(within, Share(clear_below)), say(gained(case.facts.before, case.stock), more))
    if chance < probability:
        return Quiet(say(within, Share(probability), ", where it would fire, and not below ", Share(clear_below)))
    return None


def _fire(case: _Case, reason: Line, chance: float, order_days: float, high_stake: int) -> Fire:
    campaign = min(case.facts.campaigns, key=lambda campaign: campaign.starts, default=None)
    cost = case.cost()
    views = {"warehouse": _warehouse(case, order_days)}
    if campaign:
        views["marketing"] = _marketing(case, campaign)
    return Fire(
        reason=reason,
        severity=_severity(case, cost, chance, high_stake),
        title=_title(case, campaign),
        views=views,
        cost=cost,
        details=_details(case),
        as_of=case.position.as_of,
    )


def _severity(case: _Case, cost: Cost | None, chance: float, high_stake: int) -> Severity:
    money = major(cost)
    stake = _STAKE_WITHOUT_PRICE if money is None else round(chance, 1) * money / max(high_stake, 1)
    leads = case.left() / max(case.lead, 1.0)
    rows = (severity for severity, most, least in _SEVERITIES if leads <= most and stake >= least)
    return next(rows, Severity.LOW)


def _title(case: _Case, campaign: Campaign | None) -> Line:
    what = name(case.position.sku, case.position.title)
    if not math.isfinite(case.left()):
        return say(what, " is down to ", counted(case.stock, "unit"))
    day = Moment(on_day(case.facts.today, case.left(), case.facts.shop.zone), "day")
    if campaign is None:
        return say(what, " runs out about ", day)
    end = say(" ends ", Moment(campaign.ends, "day")) if campaign.ends else say(" needs it")
    return say(what, " runs out about ", day, ", ", campaign.name, end)


def _warehouse(case: _Case, order_days: float) -> View:
    return View(_impact(case), _step(case, order_days), _figures(case))


def _impact(case: _Case) -> Line:
    usual, busy = (round(two_digits(units)) for units in case.shortfall())
    if usual:
        return say("About ", counted(usual, "unit"), " short before a new order arrives, at the usual pace")
    if busy:
        return say("Up to ", counted(busy, "unit"), " short before a new order arrives, if it sells fast")
    return say("It may run out before a new order arrives")


def _step(case: _Case, order_days: float) -> Step:
    """Order what lasts through lead time and beyond, by the last day on which it still arrives before the end."""
    coming = sum(arrival.quantity for arrival in case.arrivals)
    units = case.demand.rate() * (case.days + order_days) - case.stock - coming
    what = supply(case.position, case.facts.now, units)
    spare = case.left() - case.lead
    if 1.0 <= spare < math.inf:
        return Step(what, by=on_day(case.facts.today, spare, case.facts.shop.zone))
    return Step(what, within=timedelta(hours=24))


def _figures(case: _Case) -> tuple[tuple[str, Line], ...]:
    usual = case.demand.rate()
    lead = say(on_order(case.position, case.facts.now), ", lead time ", in_days(case.lead))
    figures = [("On hand", on_hand(case.position)), ("Inbound", lead)]
    lasting = cover(case.demand, case.stock)
    if lasting:
        sells = say(a_day(case.facts.sold_7d / 7), " (usual ", Quantity(two_digits(usual), "", 1), ")")
        figures += [("Sells", sells), ("Cover", lasts(lasting))]
    return tuple(figures)


def _marketing(case: _Case, campaign: Campaign) -> View:
    impact = say(campaign.name, " promotes it, and only ", counted(case.stock, "unit"), " are on hand")
    return View(impact, Step(say("decides: cap it or swap it in ", campaign.name), within=timedelta(hours=24)))


def _details(case: _Case) -> tuple[Line, ...]:
    late = [
        say("Overdue since ", Moment(promise.due, "day"), ": ", counted(promise.quantity, "unit"))
        for promise in overdue(case.position, case.facts.now)
    ]
    judged = say("Judged over ", in_days(case.days), ": lead time ", in_days(case.lead), " and a margin")
    low = case.position.low_at
    own = say("The shop's own threshold is ", counted(low, "unit")) if low is not None and case.stock <= low else ()
    pace = say("Sells is the pace of the last 7 days; the range of the cover holds four times in five")
    return (judged, pace, *([own] if own else ()), *late)
