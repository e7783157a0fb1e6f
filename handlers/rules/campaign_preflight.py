"""Checks a campaign against the stock its SKUs will have, before it starts and while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.demand import Demand
from bot.core.events import CampaignChanged, ItemSold, StockChanged, StockExpected, StockReceived, Tick
from bot.core.facts import CampaignOf, Now, PositionsInCampaign, SettingsOfShop, Today, ask
from bot.core.handlers import rule
from bot.core.known import Campaign, Position
from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, Quantity, join, say
from bot.core.settings import Shop
from bot.core.stock import (
    DAY,
    Arrival,
    arrivals_of,
    chance_out,
    counted,
    in_days,
    left_after,
    major,
    memory,
    name,
    noon_of,
    run_out,
    runs,
    stock_of,
    two_digits,
    units_short,
)
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The campaign and the stock of its SKUs."""

    campaign: Campaign | None = ask(CampaignOf())
    positions: tuple[Position, ...] = ask(PositionsInCampaign())
    now: datetime = ask(Now())
    today: date = ask(Today())
    shop: Shop = ask(SettingsOfShop())


@dataclass(frozen=True, slots=True)
class _Check:
    """One SKU of the campaign: the chance that it runs out before the end, when, and how many units fall short.

    ``usual`` and ``uplifted`` are the units short at the usual pace and at the campaign's.
    """

    position: Position
    chance: float
    out: float
    usual: float
    uplifted: float
    pace: float

    @property
    def left(self) -> int:
        return max(self.position.available or 0, 0)


_SHOWN = 3
_MOST_DETAILS = 20
_MOST_UPLIFT = 100.0
_DECIDE_BEFORE = timedelta(days=2)
_SOON = timedelta(days=3)


@rule(about="campaign")
def campaign_preflight(
    event: CampaignChanged | StockChanged | ItemSold | StockExpected | StockReceived | Tick,
    facts: Facts,
    *,
    horizon_days: float = 14.0,
    length_days: float = 7.0,
    uplift: float = 2.0,
    probability: float = 0.5,
    clear_below: float = 0.35,
    high_amount: int = 1000,
) -> Verdict:
    """Fires when SKUs of a scheduled or running campaign will run out before it ends.

    Each SKU's stock and promised deliveries are set against its usual sales until the start and its uplifted sales
    from then to the end. One alert says which SKUs, when, how many units fall short and what they are worth: to
    marketing (swap, cap or move) and to the warehouse (expedite). It clears when all SKUs last, or when the campaign
    is over or cancelled.

    - horizon_days: how long before its start a campaign is looked at.
    - length_days: how long a campaign without an end is taken to run.
    - uplift: the factor on usual sales where the campaign names none.
    - probability: the chance of running out from which a SKU counts.
    - clear_below: the chance below which every SKU must fall for it to clear.
    - high_amount: money at risk, in major units of the shop's currency, from which it is high.
    """
    campaign = facts.campaign
    if campaign is None:
        return Quiet(say("Nothing is known of this campaign"))
    ends = campaign.ends or campaign.starts + timedelta(days=length_days)
    if over := _over(campaign, ends, facts.now):
        return over
    if campaign.starts - facts.now > timedelta(days=horizon_days):
        return _too_early(event, campaign, horizon_days)
    factor = min(max(campaign.uplift or uplift, 0.1), _MOST_UPLIFT)
    checks = _checks(facts, campaign, ends, factor)
    if not any(_known(check) for check in checks):
        return Quiet(say("It names no SKU whose stock and pace are known"))
    short = [check for check in checks if check.chance >= probability]
    if short:
        return _fire(facts, campaign, ends, _worst_first(short), checks, factor, high_amount)
    if any(check.chance >= clear_below for check in checks):
        return Quiet(say("Some SKUs may run out before it ends, but probably will not"))
    lasting = counted(sum(_known(check) for check in checks), "SKU")
    enough = say("There is enough of ", lasting, " until it ends on ", Moment(ends, "day"))
    return Clear(say("All SKUs whose stock and pace are known last until it ends"), enough)


def _over(campaign: Campaign, ends: datetime, now: datetime) -> Clear | None:
    if campaign.status == "cancelled":
        return Clear(say("The campaign was cancelled"))
    if campaign.status == "ended" or ends <= now:
        return Clear(say("The campaign is over"))
    return None


def _too_early(event: object, campaign: Campaign, horizon_days: float) -> Verdict:
    """A campaign that was moved far ahead is no matter any more; that time has not come yet is no news."""
    reason = say("It starts in more than ", in_days(horizon_days))
    if not isinstance(event, CampaignChanged):
        return Quiet(reason)
    return Clear(reason, say("The campaign was moved to ", Moment(campaign.starts, "day")))


def _checks(facts: Facts, campaign: Campaign, ends: datetime, uplift: float) -> tuple[_Check, ...]:
    """A check of each SKU whose stock is counted. Time is cut to hours, so that minutes do not change the message."""
    now = facts.now.replace(minute=0, second=0, microsecond=0)
    start = max(0.0, (campaign.starts - now) / DAY)
    end = max(start, (ends - now) / DAY)
    return tuple(
        _check(position, memory(position, facts.today), arrivals_of(position, now), start, end, uplift)
        for position in facts.positions
        if stock_of(position) is not None
    )


def _check(
    position: Position, demand: Demand, arrivals: tuple[Arrival, ...], start: float, end: float, uplift: float
) -> _Check:
    """What arrives before the start is simply there at the start; the rest arrives while the campaign runs.

    The chance counts days as usual days, of which a day of the campaign is ``uplift``, so that one memory serves.
    """
    pace, stock = demand.rate(), max(position.available or 0, 0)
    early = tuple(arrival for arrival in arrivals if arrival.days <= start)
    later = tuple(Arrival(arrival.days - start, arrival.quantity) for arrival in arrivals if arrival.days > start)
    there = left_after(pace, stock, early, start)
    usual_days = tuple(Arrival(start + arrival.days * uplift, arrival.quantity) for arrival in later)
    ready = stock + sum(arrival.quantity for arrival in early)
    return _Check(
        position=position,
        chance=chance_out(demand, ready, usual_days, start + (end - start) * uplift),
        out=min(end, start + run_out(pace * uplift, there, later)),
        usual=units_short(pace, there, later, end - start),
        uplifted=units_short(pace * uplift, there, later, end - start),
        pace=pace,
    )


def _known(check: _Check) -> bool:
    """Whether there is anything to judge: a pace, or an empty shelf."""
    return check.pace > 0 or check.left == 0


def _worst_first(checks: list[_Check]) -> list[_Check]:
    """By what is missed at its price, then by units, then by day."""
    return sorted(checks, key=lambda check: (-_value(check), -check.uplifted, check.out, check.position.sku))


def _value(check: _Check) -> float:
    return check.uplifted * check.position.price.minor if check.position.price else 0.0


def _fire(
    facts: Facts,
    campaign: Campaign,
    ends: datetime,
    short: list[_Check],
    checks: tuple[_Check, ...],
    uplift: float,
    high_amount: int,
) -> Fire:
    cost = _cost(short, facts.shop.currency)
    told = [check.position.as_of for check in checks if check.position.as_of]
    running = runs(campaign, facts.now)
    soon = running or campaign.starts - facts.now <= _SOON
    costly = (major(cost) or 0.0) >= high_amount
    few = say(Quantity(len(short)), " of ", counted(len(campaign.skus), "SKU"))
    return Fire(
        reason=say("Stock of the campaign runs out before it ends"),
        severity=Severity(Severity.MEDIUM + soon + costly),
        title=say(campaign.name, ": ", few, " runs" if len(short) == 1 else " run", " out before it ends"),
        views={
            "marketing": _marketing(facts, campaign, short, running),
            "warehouse": _warehouse(facts, campaign, ends, short),
        },
        cost=cost,
        details=_details(facts, campaign, checks, short, uplift),
        as_of=max(told, default=None),
    )


def _cost(short: list[_Check], currency: str) -> Cost | None:
    """What falls short, at its price, from the usual pace to the campaign's; other currencies are left out."""
    priced = [(check, price) for check in short if (price := check.position.price) and price.currency == currency]
    low = sum(price.times(round(two_digits(check.usual))).minor for check, price in priced)
    high = sum(price.times(round(two_digits(check.uplifted))).minor for check, price in priced)
    if max(low, high) <= 0:
        return None
    rest = len(short) - len(priced)
    formula = say(
        "Units short while it runs, from the usual pace to the campaign's, each SKU's times its price",
        say("; ", counted(rest, "SKU"), f" without a price in {currency} left out") if rest else (),
    )
    return Cost(MoneyRange(Money(min(low, high), currency), Money(max(low, high), currency)), formula)


def _marketing(facts: Facts, campaign: Campaign, short: list[_Check], running: bool) -> View:
    out = join([say(_name(check), " ", _out(facts, check)) for check in short[:_SHOWN]])
    impact = say("Out before the end: ", out, _more(short))
    what = say("decides: swap, cap or move ", join([_name(check) for check in short[:_SHOWN]]), _more(short))
    by = campaign.starts - _DECIDE_BEFORE
    late = running or by - facts.now < timedelta(days=1)
    step = Step(what, within=timedelta(hours=24)) if late else Step(what, by=by)
    start = ("Started" if running else "Starts", say(Moment(campaign.starts)))
    return View(impact, step, (start, ("Ends", say(Moment(campaign.ends) if campaign.ends else "no end told"))))


def _warehouse(facts: Facts, campaign: Campaign, ends: datetime, short: list[_Check]) -> View:
    first = min(short, key=lambda check: check.out)
    units = round(two_digits(sum(check.uplifted for check in short)))
    impact = say("About ", counted(units, "unit"), " short while it runs, the first on ", _out(facts, first))
    wanted = join([say(_units(check), " of ", _name(check), " by ", _out(facts, check)) for check in short[:_SHOWN]])
    step = Step(say("expedites ", wanted, _more(short)), within=timedelta(hours=24))
    return View(impact, step, (("Until", say(Moment(ends, "day"))),))


def _details(
    facts: Facts, campaign: Campaign, checks: tuple[_Check, ...], short: list[_Check], uplift: float
) -> tuple[Line, ...]:
    """How it was reckoned, a line for each SKU that runs out, and which SKUs could not be judged."""
    factor = Quantity(round(uplift, 1), "times", 1)
    lines = [say("Reckoned at ", factor, " the usual pace while it runs; such factors vary widely")]
    lines += [_line(facts, check, uplift) for check in short[:_MOST_DETAILS]]
    unknown = len(campaign.skus) - sum(map(_known, checks))
    if unknown > 0:
        lines.append(say(counted(unknown, "SKU"), " could not be judged: their stock or their pace is not known"))
    return tuple(lines)


def _line(facts: Facts, check: _Check, uplift: float) -> Line:
    lasting = say(in_days(check.left / (check.pace * uplift))) if check.pace > 0 else say("unknown")
    stock = say(Quantity(check.left), " on hand, cover at the campaign's pace ", lasting)
    return say(_name(check), ": ", stock, ", out ", _out(facts, check), ", ", _units(check), " short")


def _name(check: _Check) -> Line:
    return name(check.position.sku, check.position.title)


def _units(check: _Check) -> Quantity:
    return counted(round(two_digits(check.uplifted)), "unit")


def _out(facts: Facts, check: _Check) -> Moment:
    return Moment(noon_of(facts.now + timedelta(days=check.out), facts.shop.zone), "day")


def _more(short: list[_Check]) -> Line:
    rest = len(short) - _SHOWN
    return say(" and ", Quantity(rest), " more") if rest > 0 else ()
