"""Tells when a SKU that sells has nothing left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.demand import DEFAULT_LEAD_DAYS, Demand, outlook
from bot.core.events import ItemSold, StockChanged, StockExpected, StockReceived, Tick
from bot.core.facts import AlertsOpen, CampaignsFor, LevelBefore, Now, PositionOf, Today, ask
from bot.core.handlers import rule
from bot.core.known import AlertLine, Campaign, Position
from bot.core.parts import Line, Quantity, say
from bot.core.stock import (
    DAY,
    a_day,
    arrivals_of,
    counted,
    in_days,
    major,
    memory,
    name,
    on_order,
    runs,
    stock_of,
    supply,
    two_digits,
    worth,
)
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The SKU's stock now and before, and since when the matter is open."""

    position: Position | None = ask(PositionOf())
    before: int | None = ask(LevelBefore())
    campaigns: tuple[Campaign, ...] = ask(CampaignsFor())
    alerts: tuple[AlertLine, ...] = ask(AlertsOpen(about_subject=True))
    now: datetime = ask(Now())
    today: date = ask(Today())


_BUSY = 0.9
# Severity by the least money lost until stock can be back, in multiples of high_stake.
_SEVERITIES = ((Severity.HIGH, 1.0), (Severity.MEDIUM, 0.1))


@rule(about="sku")
def out_of_stock(
    event: StockChanged | ItemSold | StockReceived | StockExpected | Tick,
    facts: Facts,
    *,
    least_pace: float = 0.1,
    lead_days: float = DEFAULT_LEAD_DAYS,
    order_days: float = 28.0,
    high_stake: int = 1000,
) -> Verdict:
    """Fires when a SKU that sells has no unit left at any location.

    It clears when there is stock again and then tells about how many units were lost meanwhile. A SKU that never had
    stock, or hardly sells, stays quiet, and so does one that the shop sells on without any (backorders). When more is
    ordered than there is, oversold tells it instead.

    - least_pace: units a day below which an empty shelf is no news.
    - lead_days: days from order to arrival, where the SKU's own receipts do not tell.
    - order_days: how many days the proposed order lasts once it has arrived.
    - high_stake: money lost until stock can be back, in major units of the SKU's currency, from which it is high.
    """
    position = facts.position
    stock = stock_of(position) if position else None
    if position is not None and not position.levels:
        return Clear(say("No location stocks it"), say("No location stocks it any more"))
    if position is None or stock is None:
        return Quiet(say("The shop does not count all stock of this SKU"))
    demand = memory(position, facts.today)
    if stock > 0:
        return Clear(say("There is stock"), _back(facts, stock, demand))
    if position.backorders:
        return Clear(say("The shop sells it on while none is left, so no sale is lost"))
    if stock < 0:
        return Quiet(say("More is ordered than there is, which oversold tells"))
    if demand.rate() < least_pace:
        return Quiet(say("It hardly sells, or never had stock, so an empty shelf is no news"))
    return _fire(facts, position, demand, lead_days, order_days, high_stake)


def _back(facts: Facts, available: int, demand: Demand) -> Line:
    """What came back and, when the matter was open, what was lost meanwhile at the usual pace."""
    gained = max(available - (facts.before or 0), 0)
    opened = next((alert.opened_at for alert in facts.alerts if alert.rule == "out_of_stock"), None)
    back = say("Back in stock, +", Quantity(gained or available))
    if opened is None:
        return back
    lost = round(two_digits(demand.rate() * ((facts.now - opened) / DAY)))
    return say(back, ", lost about ", counted(lost, "unit"), " while out")


def _fire(
    facts: Facts, position: Position, demand: Demand, lead_days: float, order_days: float, high_stake: int
) -> Fire:
    lead = position.lead_days if position.lead_days is not None else lead_days
    arrivals = arrivals_of(position, facts.now)
    # Counted from the day, not the minute, so that the message does not change while nothing happens.
    out_days = max(1.0, float(round(arrivals[0].days)) if arrivals else lead)
    cost = _cost(demand, out_days, position)
    running = next((campaign for campaign in facts.campaigns if runs(campaign, facts.now)), None)
    coming = sum(arrival.quantity for arrival in arrivals)
    step = Step(supply(position, facts.now, demand.rate() * (lead + order_days) - coming), within=timedelta(hours=24))
    lost = round(two_digits(demand.rate() * out_days))
    impact = say("About ", counted(lost, "unit"), " lost in ", in_days(out_days), ", until stock can be back")
    views = {"warehouse": View(impact, step, _figures(facts, position, demand, lead))}
    if running:
        views["marketing"] = _marketing(running)
    return Fire(
        reason=say("No unit is left at any location"),
        severity=_severity(cost, running is not None, high_stake),
        title=say(name(position.sku, position.title), " is sold out"),
        views=views,
        cost=cost,
        as_of=position.as_of,
    )


def _cost(demand: Demand, out_days: float, position: Position) -> Cost | None:
    ahead = outlook(demand, out_days)
    span = say("Units not sold in ", in_days(out_days), ", at the usual pace and in a busy spell (one in ten)")
    return worth(ahead.mean, max(ahead.mean, ahead.quantile(_BUSY)), position.price, span)


def _severity(cost: Cost | None, promoted: bool, high_stake: int) -> Severity:
    money = major(cost)
    if promoted or money is None:
        return Severity.HIGH if promoted else Severity.MEDIUM
    stake = money / max(high_stake, 1)
    return next((severity for severity, least in _SEVERITIES if stake >= least), Severity.LOW)


def _figures(facts: Facts, position: Position, demand: Demand, lead: float) -> tuple[tuple[str, Line], ...]:
    coming = say(on_order(position, facts.now), ", lead time ", in_days(lead))
    return (("Sells", say(a_day(demand.rate()))), ("Inbound", coming))


def _marketing(campaign: Campaign) -> View:
    impact = say(campaign.name, " promotes it while nothing is left")
    return View(impact, Step(say("takes it out of ", campaign.name, " or swaps it"), within=timedelta(hours=4)))
