"""Tells when more units of a SKU are ordered than exist, and follows each order that cannot be shipped to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.cases import ended, exposed, holding, left, named, names, progress, settled, told_late, went_back
from bot.core.events import Event, ItemSold, OrderChanged, Refunded, StockChanged, StockReceived, Tick
from bot.core.facts import CampaignsFor, CaseOf, ClaimsShort, LevelBefore, Now, PositionOf, ask
from bot.core.handlers import rule
from bot.core.known import Campaign, Case, Claim, Position
from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, ShopText, say
from bot.core.stock import counted, gained, major, name, on_hand, on_order, runs, stock_of
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View

_NAMED_IN_STEP = 2


@dataclass(frozen=True)
class Facts:
    """The SKU's stock, the open orders that wait for it, newest first, and those that the open alert has named."""

    position: Position | None = ask(PositionOf())
    before: int | None = ask(LevelBefore())
    waiting: tuple[Claim, ...] = ask(ClaimsShort())
    case: Case = ask(CaseOf("oversold"))
    campaigns: tuple[Campaign, ...] = ask(CampaignsFor())
    now: datetime = ask(Now())


@rule(about="sku", inhibits=("low_stock", "out_of_stock"))
def oversold(
    event: StockChanged | ItemSold | StockReceived | OrderChanged | Refunded | Tick,
    facts: Facts,
    *,
    backorders: int = 0,
    critical_units: int = 10,
    critical_amount: int = 1000,
) -> Verdict:
    """Fires when more units are ordered than there are, and names the newest open orders, which cannot be shipped.

    It is high, and critical from many units or much money on. Each order that was named is followed until it is
    shipped, refunded or cancelled; when more units go missing, more orders are named. It clears when every named order
    is settled, or when there is stock for all orders again. While it is open, low_stock and out_of_stock of the same
    SKU are not shown.

    - backorders: so many units may be ordered beyond the stock on purpose. Where the shop itself allows backorders of
      the SKU and its platform tells so, any number may.
    - critical_units: units missing from which it is critical.
    - critical_amount: worth of the orders concerned, in major units of their currency, from which it is critical.
    """
    position = facts.position
    stock = stock_of(position) if position else None
    if position is None or stock is None:
        return Quiet(say("The shop does not count all stock of this SKU"))
    missing = max(0, -stock)
    claims = _claims(event, facts, position, missing)
    if missing <= max(0, backorders) or position.backorders:
        return _enough(facts, claims, stock)
    if (claims or facts.case.claims) and not left(claims):
        return _settled(claims)
    return _fire(facts, position, missing, claims, critical_units, critical_amount)


def _claims(event: Event, facts: Facts, position: Position, missing: int) -> tuple[Claim, ...]:
    """The case's orders. A platform may tell the new stock before the order that took it."""
    claims = named(facts.case, facts.waiting, missing, _grown(event, facts, missing))
    if not isinstance(event, ItemSold) or not any(event.at <= level.at for level in position.levels):
        return claims
    late = next((claim for claim in left(facts.waiting) if claim.order.order == event.order), None)
    return told_late(claims, late, missing) if late else claims


def _grown(event: Event, facts: Facts, missing: int) -> int:
    """How many units more are missing than before this event. Where nobody knows what was before, all of them."""
    if not isinstance(event, StockChanged):
        return 0
    return missing - max(0, -facts.before) if facts.before is not None else missing


def _settled(claims: tuple[Claim, ...]) -> Clear:
    """Nobody waits for a unit any more, whatever the stock's count says. Without a claim the case ended before."""
    if not claims:
        return Clear(say("Every order that could not be shipped is settled"))
    orders = "The one order is settled: " if len(claims) == 1 else f"All {len(claims)} orders are settled: "
    reason = say("Every named order is settled")
    return Clear(reason, say(orders, ended(claims)), went_back(claims), _at_the_end(reason, claims), _orders(claims))


def _enough(facts: Facts, claims: tuple[Claim, ...], stock: int) -> Clear:
    """The orders that are left can be shipped, so the case need not wait until they are."""
    if not facts.case.goes_on:
        return Clear(say("As many units as were ordered are there, or are allowed to be missing"))
    if claims and not left(claims):
        return _settled(claims)
    there = gained(facts.before, stock) if stock >= 0 else say("What is missing is within the backorders allowed")
    go = " can be shipped" if stock >= 0 else " may wait"
    waits = say(": ", names(left(claims)), go) if left(claims) else ()
    over = tuple(claim for claim in claims if settled(claim))
    before = say("; before that ", ended(over)) if over else ()
    reason = say("There is stock for every order again")
    views = _at_the_end(reason, claims) if claims else {}
    return Clear(reason, say(there, waits, before), went_back(claims), views, _orders(claims))


def _at_the_end(impact: Line, claims: tuple[Claim, ...]) -> dict[str, View]:
    """What stays of the case: how each order ended, and which ones can be shipped."""
    done, back = Step(say("need do nothing more")), went_back(claims)
    settled_ones, open_ones = ("Settled", progress(claims)), (("Open", holding(claims)),) if left(claims) else ()
    refunded = (("Refunded", say(back)),) if back and back.minor > 0 else ()
    return {
        "warehouse": View(impact, done, (settled_ones, *open_ones)),
        "finance": View(impact, done, (settled_ones, *refunded)),
    }


def _fire(
    facts: Facts, position: Position, missing: int, claims: tuple[Claim, ...], critical_units: int, critical_amount: int
) -> Fire:
    cost = _cost(position.price, missing, left(claims))
    critical = missing >= critical_units or (major(cost) or 0.0) >= critical_amount
    return Fire(
        reason=say("More units are ordered than there are"),
        severity=Severity.CRITICAL if critical else Severity.HIGH,
        title=say(name(position.sku, position.title), " oversold by ", counted(missing, "unit")),
        views=_views(facts, position, missing, claims),
        cost=cost,
        details=_orders(claims),
        as_of=position.as_of,
        case=tuple(claim.order.order for claim in claims),
    )


def _cost(price: Money | None, missing: int, claims: tuple[Claim, ...]) -> Cost | None:
    """From the missing units alone to the whole of the orders that hold them, when they are in one currency."""
    totals = [claim.order.total for claim in claims]
    units = price.times(missing) if price else None
    currencies = {money.currency for money in (*totals, *([units] if units else ()))}
    if len(currencies) != 1:
        return None
    currency = currencies.pop()
    whole = Money(sum(total.minor for total in totals), currency)
    low, high = sorted((units or whole, whole if totals else units or whole), key=lambda money: money.minor)
    formula = say("From the missing units at their price to the whole of the orders that wait for them")
    return Cost(MoneyRange(low, high), formula) if high.minor > 0 else None


def _views(facts: Facts, position: Position, missing: int, claims: tuple[Claim, ...]) -> dict[str, View]:
    views = {"warehouse": _for_warehouse(facts, position, missing, claims)}
    if claims:
        views["finance"] = _for_finance(claims)
    running = next((campaign for campaign in facts.campaigns if runs(campaign, facts.now)), None)
    if running:
        selling = say(running.name, " still promotes it")
        views["marketing"] = View(selling, Step(say("takes it out of ", running.name), within=timedelta(hours=2)))
    return views


def _for_warehouse(facts: Facts, position: Position, missing: int, claims: tuple[Claim, ...]) -> View:
    """Which orders to hold, and for how many units each."""
    short = say(counted(missing, "unit"), " are ordered that do not exist")
    waiting = left(claims)
    holds = say("holds ", names(waiting, _NAMED_IN_STEP), " and ") if waiting else ()
    figures = [("On hand", on_hand(position)), ("Inbound", on_order(position, facts.now))]
    if claims:
        figures += [("Settled", progress(claims)), ("Open", holding(claims))]
    step = Step(say(holds, "finds or orders ", counted(missing, "unit")), within=timedelta(hours=2))
    return View(short, step, tuple(figures))


def _for_finance(claims: tuple[Claim, ...]) -> View:
    """Which orders to refund, and what went back so far."""
    waiting, back = left(claims), went_back(claims)
    impact = say(counted(len(waiting), "order"), " may have to be refunded")
    figures = [("Settled", progress(claims)), ("To decide", exposed(claims))]
    if back and back.minor > 0:
        figures.append(("Refunded so far", say(back)))
    step = Step(say("decides refund or wait for ", names(waiting, _NAMED_IN_STEP)), within=timedelta(hours=24))
    return View(impact, step, tuple(figures))


def _orders(claims: tuple[Claim, ...]) -> tuple[Line, ...]:
    return tuple(_order(claim) for claim in claims)


def _order(claim: Claim) -> Line:
    order, how = claim.order, settled(claim)
    what = say(ShopText(order.number), ", placed ", Moment(order.placed), ", ", counted(claim.units, "unit"), ", ")
    back = say(", ", claim.refunded, " refunded") if claim.refunded and how != "refunded" else ()
    return say(what, order.total, f": {how}" if how else ": open", back)
