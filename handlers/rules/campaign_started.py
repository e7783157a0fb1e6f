"""Tells marketing and the warehouse that a campaign begins, and how long its SKUs last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.demand import cover
from bot.core.events import CampaignChanged, Tick
from bot.core.facts import CampaignOf, FirstSeen, Now, PositionsInCampaign, Today, ask
from bot.core.handlers import rule
from bot.core.known import Campaign, Position
from bot.core.parts import Line, Moment, Quantity, join, say
from bot.core.stock import a_day, counted, memory, name, runs, stock_of
from bot.core.verdict import Clear, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The campaign and the stock of its SKUs."""

    campaign: Campaign | None = ask(CampaignOf())
    positions: tuple[Position, ...] = ask(PositionsInCampaign())
    now: datetime = ask(Now())
    today: date = ask(Today())
    first_seen: datetime | None = ask(FirstSeen())


_SHOWN = 3


@rule(about="campaign")
def campaign_started(
    event: CampaignChanged | Tick, facts: Facts, *, hours: float = 24.0, uplift: float = 2.0
) -> Verdict:
    """Fires, low, when a campaign begins to run: its SKUs with the least cover, and the picks to expect.

    One that ran already when its platform was first asked is no news.
    It clears when the campaign ends or is cancelled, and by itself after some hours.

    - hours: how long after the start the notice stays open.
    - uplift: the factor on usual sales where the campaign names none.
    """
    campaign = facts.campaign
    if campaign is None:
        return Quiet(say("Nothing is known of this campaign"))
    if not runs(campaign, facts.now):
        return _not_running(campaign, facts.now)
    if facts.now - campaign.starts >= timedelta(hours=hours):
        return Clear(
            say("The campaign has been running for a while"), say("The campaign runs since ", Moment(campaign.starts))
        )
    if facts.first_seen and campaign.starts <= facts.first_seen:
        return Quiet(say("It ran already when its platform was first asked"))
    return _fire(facts, campaign, campaign.uplift or uplift)


def _not_running(campaign: Campaign, now: datetime) -> Verdict:
    if campaign.status == "scheduled" and campaign.starts > now:
        return Quiet(say("The campaign has not begun"))
    return Clear(say("The campaign was cancelled" if campaign.status == "cancelled" else "The campaign is over"))


def _fire(facts: Facts, campaign: Campaign, uplift: float) -> Fire:
    usual = sum(memory(position, facts.today).rate() for position in facts.positions)
    until = ("Until", say(Moment(campaign.ends, "day")) if campaign.ends else say("no end told"))
    views = {"marketing": _marketing(facts, campaign, uplift, until)}
    if usual > 0:
        impact = say("Expect about ", a_day(usual * uplift), " of its SKUs, usually ", a_day(usual))
        views["warehouse"] = View(impact, Step(say("plans for more picks")), (until,))
    return Fire(
        reason=say("The campaign begins to run"),
        severity=Severity.LOW,
        title=say(campaign.name, " has begun: ", counted(len(campaign.skus), "SKU")),
        views=views,
        as_of=campaign.at,
    )


def _marketing(facts: Facts, campaign: Campaign, uplift: float, until: tuple[str, Line]) -> View:
    if not campaign.skus:
        step = Step(say("names the campaign's SKUs, so that their stock can be watched"))
        return View(say("No SKUs are named, so its stock is not watched"), step, (until,))
    rows = [row for position in facts.positions if (row := _row(position, facts.today, uplift))]
    shortest = join([line for _, line in sorted(rows, key=lambda row: row[0])[:_SHOWN]]) or say("not known yet")
    impact = say("Shortest cover at the campaign's pace: ", shortest)
    return View(impact, Step(say("checks that what is promoted is in stock")), (until,))


def _row(position: Position, today: date, uplift: float) -> tuple[int, Line] | None:
    """Whole days that the stock lasts at the campaign's pace, and their line; None when nobody can tell."""
    stock = stock_of(position)
    lasting = cover(memory(position, today), stock) if stock is not None else None
    if lasting is None:
        return None
    days = int(lasting.days / max(uplift, 0.1))
    return days, say(name(position.sku, position.title), " ", Quantity(days, "d"))
