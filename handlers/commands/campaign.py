"""Opens the form of a campaign."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.facts import CampaignsMatching, ask
from bot.core.forms import LONGEST
from bot.core.handlers import Refused, Request, ShowForm, command
from bot.core.known import Campaign
from bot.core.parts import Line, Moment, Quantity, ShopText, join, say, strong

_LISTED = 5


@dataclass(frozen=True)
class Facts:
    matching: tuple[Campaign, ...] = ask(CampaignsMatching())


@command("ops", verb="campaign", usage="[name]")
def campaign(request: Request, facts: Facts) -> ShowForm:
    """Registers a campaign, or changes the one you name: when it runs, and which SKUs it promotes."""
    wanted = request.text.strip()
    if not wanted:
        return ShowForm("campaign")
    same = [each for each in facts.matching if wanted.casefold() in (each.campaign.casefold(), _folded(each))]
    near = same or [each for each in facts.matching if wanted.casefold() in _folded(each)]
    if len(near) != 1:
        raise Refused(_which(wanted, near, facts.matching))
    return _filled(near[0])


def _folded(each: Campaign) -> str:
    return each.name.text.strip().casefold()


def _which(wanted: str, near: list[Campaign], others: tuple[Campaign, ...]) -> Line:
    if near:
        return say("Several are called so; take one by its id: ", join([_named(each) for each in near[:_LISTED]]), ".")
    nearest = say(" The nearest: ", join([_named(each) for each in others[:_LISTED]]), ".") if others else ()
    alone = say(" ", strong("/ops campaign"), " alone registers a new one.")
    return say("No campaign is called ", ShopText(wanted), ".", nearest, alone)


def _named(each: Campaign) -> Line:
    return say(each.name, " (", ShopText(each.campaign), ", ", Moment(each.starts, "day"), ")")


def _filled(each: Campaign) -> ShowForm:
    if len("\n".join(each.named)) > LONGEST:
        raise Refused(say(each.name, " names more SKUs than a form holds; change them where it was made."))
    given = {
        "name": each.name.text,
        "starts": each.starts,
        "ends": each.ends,
        "channel": each.channel,
        "skus": each.named,
        "uplift": each.uplift,
        "audience": each.audience,
    }
    return ShowForm("campaign", about=each.campaign, given=given, note=_found(each))


def _found(each: Campaign) -> Line:
    """What it promotes without anybody having named it, so that nobody names it all over again."""
    if each.named:
        return ()
    if not each.skus:
        return say("Nobody has said which SKUs it promotes, so its stock is not watched.")
    count = Quantity(len(each.skus), "SKU" if len(each.skus) == 1 else "SKUs")
    return say("It promotes ", count, " by the config or its groups. Name SKUs only if it promotes others.")
