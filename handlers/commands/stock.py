"""What is known about a SKU's stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.core import stock as reckon
from bot.core.demand import advance, cover
from bot.core.facts import AlertsOpen, CampaignsAhead, NearestSkus, Now, PositionsAtRisk, PositionsMatching, Today, ask
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import AlertLine, Campaign, Position
from bot.core.message import Block, Bullets, Figures, Footer, Heading, Message, Paragraph, Table
from bot.core.parts import Line, Moment, Quantity, ShopText, join, say, strong
from bot.core.subject import Subject

_MOST_ROWS = 15


@dataclass(frozen=True)
class Facts:
    matching: tuple[Position, ...] = ask(PositionsMatching())
    at_risk: tuple[Position, ...] = ask(PositionsAtRisk())
    nearest: tuple[str, ...] = ask(NearestSkus())
    alerts: tuple[AlertLine, ...] = ask(AlertsOpen())
    campaigns: tuple[Campaign, ...] = ask(CampaignsAhead(60))
    now: datetime = ask(Now())
    today: date = ask(Today())


@command("stock", usage="[SKU | product | location | low]")
def stock(request: Request, facts: Facts, *, probability: float = 0.3, margin_days: float = 3.0) -> Reply:
    """Stock, pace and days of cover of a SKU, a product or a location; with `low` or nothing, what needs attention.

    Attention needs what is out, what may run out before more comes, and what an alert is open about.

    - probability: the chance of running out from which a SKU needs attention.
    - margin_days: days beyond the lead time that are looked at.
    """
    wanted = request.text.strip()
    if wanted.lower() in ("", "low"):
        alerted = {alert.subject for alert in facts.alerts}
        low = tuple(
            position
            for position in facts.at_risk
            if position.sku in alerted
            or reckon.chance_within_lead(position, facts.today, facts.now, margin_days) >= probability
        )
        return _listed(low, facts, "What needs attention", "Nothing is running low.")
    exact = [position for position in facts.matching if position.sku.lower() == wanted.lower()]
    if len(exact) == 1 or len(facts.matching) == 1:
        return _card((exact or list(facts.matching))[0], facts)
    if not facts.matching:
        raise Refused(_unknown(wanted, facts.nearest))
    return _listed(facts.matching, facts, "Stock", "")


def _unknown(wanted: str, nearest: tuple[str, ...]) -> Line:
    told = say("No SKU, product or location is called ", ShopText(wanted), ".")
    if not nearest:
        return told
    return say(told, " The nearest: ", join([say(Subject("sku", sku)) for sku in nearest]), ".")


def _card(position: Position, facts: Facts) -> Reply:
    title = reckon.name(position.sku, position.title)
    blocks: list[Block] = [Paragraph(say(strong("Stock of "), title)), Figures(_figures(position, facts))]
    alerts = tuple(_alert(alert) for alert in facts.alerts if alert.subject == position.sku)
    if alerts:
        blocks += [Heading("Open alerts"), Bullets(alerts)]
    campaigns = tuple(_campaign(campaign) for campaign in facts.campaigns if position.sku in campaign.skus)
    if campaigns:
        blocks += [Heading("Campaigns that will use it"), Bullets(campaigns)]
    if position.as_of:
        blocks.append(Footer(say("as of ", Moment(position.as_of))))
    return Reply(Message(say("Stock of ", title), tuple(blocks)), share=True)


def _figures(position: Position, facts: Facts) -> tuple[tuple[str, Line], ...]:
    demand = reckon.memory(position, facts.today)
    figures = [("On hand", reckon.on_hand(position)), ("Committed", say(Quantity(position.committed, "units")))]
    figures += [("Inbound", reckon.on_order(position, facts.now))]
    # A day that already beats a usual one counts as closed in the memory, so what it sold is read before that.
    so_far = advance(position.demand, facts.today).today
    figures += [("Sells", say(reckon.a_day(demand.rate()), ", today so far ", Quantity(so_far)))]
    figures += [("Cover", _cover(position, facts.today))]
    return tuple(figures)


def _cover(position: Position, today: date) -> Line:
    lasting = cover(reckon.memory(position, today), position.available or 0)
    return reckon.lasts(lasting) if lasting else say("not known: it has not sold yet")


def _alert(alert: AlertLine) -> Line:
    return say(f"A-{alert.number} {alert.severity.upper()} · ", alert.title)


def _campaign(campaign: Campaign) -> Line:
    until = say(" to ", Moment(campaign.ends, "day")) if campaign.ends else ()
    return say(campaign.name, " · ", Moment(campaign.starts, "day"), until)


def _listed(positions: tuple[Position, ...], facts: Facts, title: str, nothing: str) -> Reply:
    if not positions:
        return Reply(Message(say(nothing), (Paragraph(say(nothing)),)))
    rows = tuple(_row(position, facts) for position in positions[:_MOST_ROWS])
    table = Table(title, ("SKU", "Product", "On hand", "Inbound", "Sells", "Cover"), rows, numeric=(2, 3))
    more = len(positions) - _MOST_ROWS
    rest = (Paragraph(say(f"+{more} more; name a SKU or a product for less")),) if more > 0 else ()
    return Reply(Message(say(title), (table, *rest)), share=True)


def _row(position: Position, facts: Facts) -> tuple[Line, ...]:
    return (
        say(Subject("sku", position.sku)),
        say(position.title or "–"),
        say(Quantity(position.available) if position.available is not None else "not counted"),
        say(Quantity(sum(arrival.quantity for arrival in reckon.arrivals_of(position, facts.now)))),
        say(reckon.a_day(reckon.memory(position, facts.today).rate())),
        _cover(position, facts.today),
    )
