"""The form in which a campaign is registered, or changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.core.campaigns import SAID
from bot.core.events import CampaignChanged
from bot.core.facts import CampaignOf, ask
from bot.core.forms import Choice, Number, Saved, Sent, Skus, Text, When, Wrong, asked, form
from bot.core.known import Campaign
from bot.core.parts import Line, Moment, Quantity, ShopText, say

_CHANNELS = (
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("push", "Push message"),
    ("ads", "Paid ads"),
    ("social", "Social media"),
    ("site", "On the site"),
    ("other", "Something else"),
)


@dataclass(frozen=True)
class Plan:
    """What is asked."""

    name: str = asked(Text(label="Name", longest=100))
    starts: datetime = asked(When(label="Starts"))
    ends: datetime | None = asked(When(label="Ends", optional=True, hint="Left empty, a week is reckoned with."))
    channel: str | None = asked(Choice(label="Channel", optional=True, options=_CHANNELS))
    skus: tuple[str, ...] = asked(
        Skus(label="SKUs that it promotes", optional=True, hint="Separated by commas or lines.")
    )
    uplift: float | None = asked(
        Number(
            label="Expected uplift",
            optional=True,
            least=0.1,
            most=100,
            decimals=True,
            hint="How many times the usual sales: 2 is twice as many.",
        )
    )
    audience: int | None = asked(
        Number(label="Audience", optional=True, least=1, most=10**9, hint="How many people it goes to.")
    )


@dataclass(frozen=True)
class Facts:
    """The campaign as it stands, when it is one that is there already."""

    campaign: Campaign | None = ask(CampaignOf())


@form(title="Campaign", submit="Save campaign")
def campaign(answers: Plan, sent: Sent, facts: Facts) -> Saved:
    """Registers a campaign, or changes one: when it runs, through which channel, and which SKUs it promotes.

    Saved, it is checked against its stock like one that a platform told of. What you say of its SKUs stays until the
    platform names some itself; the platform's next word on its dates and its name counts again.
    """
    if answers.ends is not None and answers.ends <= answers.starts:
        raise Wrong({"ends": say("It ends before it starts, which is ", Moment(answers.starts), ".")})
    if answers.ends is not None and answers.ends <= sent.now:
        raise Wrong({"ends": say("That is over.")})
    before = facts.campaign
    event = CampaignChanged(
        shop=sent.shop,
        source=SAID,
        at=sent.now,
        campaign=sent.about or _id(answers),
        name=ShopText(answers.name),
        status=_status(answers, before, sent.now),
        starts=answers.starts,
        ends=answers.ends,
        channel=answers.channel or "",
        skus=answers.skus,
        uplift=answers.uplift,
        audience=answers.audience,
    )
    return Saved((event,), _told(event))


def _id(answers: Plan) -> str:
    """The same name and day are the same campaign, so that whoever registers it twice has it once."""
    slug = re.sub(r"[\W_]+", "-", answers.name.casefold()).strip("-")
    return f"{slug or 'campaign'}-{answers.starts.date().isoformat()}"


def _status(answers: Plan, before: Campaign | None, now: datetime) -> Literal["cancelled", "running", "scheduled"]:
    if before is not None and before.status == "cancelled":
        return "cancelled"
    return "running" if answers.starts <= now else "scheduled"


def _told(event: CampaignChanged) -> Line:
    goods = say(Quantity(len(event.skus), "SKU" if len(event.skus) == 1 else "SKUs")) if event.skus else say("no SKU")
    when = say("starts " if event.status == "scheduled" else "began ", Moment(event.starts))
    if event.status == "cancelled":
        when = say("it stays cancelled")
    return say("Saved: ", event.name, " with ", goods, " named, ", when, ".")
