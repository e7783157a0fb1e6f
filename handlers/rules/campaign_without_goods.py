"""Asks what a campaign promotes while there is time to look at its stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import CampaignChanged, ItemDescribed, Tick
from bot.core.facts import CampaignOf, Now, ask
from bot.core.handlers import rule
from bot.core.known import Campaign
from bot.core.parts import Line, Moment, Quantity, join, say, strong
from bot.core.stock import in_days
from bot.core.subject import Subject
from bot.core.verdict import Clear, Fire, Quiet, Severity, Step, Verdict, View

_NAMED = 3


@dataclass(frozen=True)
class Facts:
    """The campaign."""

    campaign: Campaign | None = ask(CampaignOf())
    now: datetime = ask(Now())


@rule(about="campaign")
def campaign_without_goods(
    event: CampaignChanged | ItemDescribed | Tick, facts: Facts, *, ahead_days: float = 3.0, least_audience: int = 0
) -> Verdict:
    """Fires, low, when a campaign is about to start and nobody can tell which SKUs it promotes.

    Neither its platform nor the config names any, and its groups hold none, so its stock cannot be looked at before it
    starts. Marketing names them with /ops campaign. It clears when they are known, or when the campaign has begun.

    - ahead_days: how long before its start it is asked.
    - least_audience: campaigns that are known to go to fewer people are left alone.
    """
    campaign = facts.campaign
    if campaign is None:
        return Quiet(say("Nothing is known of this campaign"))
    if campaign.skus:
        return Clear(say("It is known what the campaign promotes"), _promotes(campaign.skus))
    if campaign.status != "scheduled" or campaign.starts <= facts.now:
        began = "The campaign was cancelled" if campaign.status == "cancelled" else "The campaign began without them"
        return Clear(say("The campaign is no longer to come"), say(began))
    if campaign.starts - facts.now > timedelta(days=ahead_days):
        return Quiet(say("It starts in more than ", in_days(ahead_days)))
    if campaign.audience is not None and campaign.audience < least_audience:
        return Quiet(say("It goes to fewer than ", Quantity(least_audience, "people")))
    step = Step(say("names its SKUs with ", strong("/ops campaign")), by=campaign.starts)
    view = View(
        say("Nobody has said which SKUs it promotes, so its stock is not watched"),
        step,
        (("Starts", say(Moment(campaign.starts))),),
    )
    # No colon of ours follows a word of the shop: one that begins with a colon would then read as an emoji.
    title = say("Which SKUs does ", campaign.name, " promote?")
    return Fire(say("The campaign names no goods"), Severity.LOW, title, {"marketing": view}, as_of=campaign.at)


def _promotes(skus: tuple[str, ...]) -> Line:
    named = join([say(Subject("sku", sku)) for sku in skus[:_NAMED]])
    rest = len(skus) - _NAMED
    return say("It promotes ", named, f" and {rest} more" if rest > 0 else "")
