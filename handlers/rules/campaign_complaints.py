"""Tells when too many recipients of a campaign complain, cannot be reached or leave, before mailbox providers act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.echoes import SO_FAR, least_share
from bot.core.events import CampaignEchoed, Tick
from bot.core.facts import CampaignOf, EchoesOf, Latest, Now, ask
from bot.core.handlers import rule
from bot.core.known import Campaign, Echoes
from bot.core.parts import Line, Quantity, Share, ShopText, join, say
from bot.core.verdict import Clear, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """How recipients reacted in seven days, the campaign if its plan is known, and what was told last."""

    echoes: Echoes = ask(EchoesOf(days=7))
    campaign: Campaign | None = ask(CampaignOf())
    latest: CampaignEchoed | None = ask(Latest(CampaignEchoed))
    now: datetime = ask(Now())


@dataclass(frozen=True, slots=True)
class _Share:
    """One way to react badly: how many did, and the share that is the limit."""

    verb: str
    label: str
    count: int
    limit: float
    step: str
    within: timedelta
    worst: Severity

    def severity(self, sent: int) -> Severity:
        """High from the limit on, and critical at three times it; no worse than this reaction can be."""
        return min(self.worst, Severity.CRITICAL if self.count >= 3 * self.limit * sent else Severity.HIGH)


_CLEAN = "cleans the list: takes out who cannot be reached, and asks where they came from"
_PAUSE = "pauses the campaign or flow, and sends only to who lately opened or bought"
_RETHINK = "looks at how often it sends, and to whom"


@rule(about="campaign")
def campaign_complaints(
    event: CampaignEchoed | Tick,
    facts: Facts,
    *,
    complaint_rate: float = 0.001,
    bounce_rate: float = 0.02,
    unsubscribe_rate: float = 0.01,
    least_sent: int = 500,
    least_count: int = 5,
) -> Verdict:
    """Fires when the share of a campaign's recipients who complained, could not be reached or left is surely too high.

    Mailbox providers punish a sender from 0.1 % complaints on (Gmail's and Yahoo's rule; at 0.3 % they refuse mail), so
    one alert tells marketing to pause the campaign or flow, or to clean the list. It never speaks of one recipient, and
    it allows for chance: the lower end of the share's 95 % interval must lie above the limit. It clears when the shares
    are below their limits again, or when nothing was sent for seven days.

    - complaint_rate: the share of complaints that is too high.
    - bounce_rate: the share of messages that could not be delivered that is too high.
    - unsubscribe_rate: the share of people who left that is too high.
    - least_sent: how many it must have been sent to before anything is said.
    - least_count: how many must have reacted so.
    """
    echoes = facts.echoes
    if isinstance(event, CampaignEchoed) and event.reference == SO_FAR and event.echo != "sent":
        return Quiet(say("The rest of the report follows"))
    if echoes.sent <= 0:
        return _unknown(facts)
    shares = _shares(echoes, complaint_rate, bounce_rate, unsubscribe_rate)
    high = [
        share
        for share in shares
        if echoes.sent >= least_sent
        and share.count >= least_count
        and least_share(share.count, echoes.sent) > share.limit
    ]
    if high:
        return _fire(facts, max(high, key=lambda share: share.severity(echoes.sent)), shares)
    if all(share.count <= share.limit * echoes.sent for share in shares):
        now = join([say(_portion(share.count, echoes.sent), f" {share.verb}") for share in shares])
        return Clear(say("No more recipients complain, bounce or leave than is usual"), say("Down to ", now))
    return Quiet(say("It may be chance: too few recipients have reacted so to be sure"))


def _unknown(facts: Facts) -> Verdict:
    if facts.latest is None or facts.now - facts.latest.at > timedelta(days=7):
        return Clear(say("Nothing was sent for seven days"))
    return Quiet(say("Nobody has told to how many it was sent"))


def _shares(
    echoes: Echoes, complaint_rate: float, bounce_rate: float, unsubscribe_rate: float
) -> tuple[_Share, _Share, _Share]:
    lost = echoes.bounced + echoes.failed
    day = timedelta(days=1)
    return (
        _Share("complained", "Complaints", echoes.complained, complaint_rate, _PAUSE, day / 12, Severity.CRITICAL),
        _Share("bounced", "Not delivered", lost, bounce_rate, _CLEAN, day, Severity.HIGH),
        _Share("left", "Unsubscribed", echoes.unsubscribed, unsubscribe_rate, _RETHINK, 2 * day, Severity.MEDIUM),
    )


def _fire(facts: Facts, worst: _Share, shares: tuple[_Share, ...]) -> Fire:
    sent, share = facts.echoes.sent, say(_portion(worst.count, facts.echoes.sent))
    fields = (
        ("Sent to", say(Quantity(sent, "recipients"))),
        *((each.label, say(Quantity(each.count), " (", _portion(each.count, sent), ")")) for each in shares),
        ("Limit", say(Share(worst.limit, digits=2), f" {worst.verb}")),
    )
    impact = say(share, f" {worst.verb}, more than ", Share(worst.limit, digits=2), ": mail may end up as spam")
    return Fire(
        reason=say("More recipients than chance explains reacted badly"),
        severity=worst.severity(sent),
        title=say(_name(facts), ": ", share, " of ", Quantity(sent), f" recipients {worst.verb}"),
        views={"marketing": View(impact, Step(say(worst.step), within=worst.within), fields)},
        as_of=facts.latest.at if facts.latest else None,
    )


def _portion(count: int, of: int) -> Share:
    return Share(round(min(count / of, 1.0), 4), digits=2)


def _name(facts: Facts) -> Line:
    """What people call it: a campaign by its name, all mail of a channel by the channel."""
    if facts.campaign is not None and facts.campaign.name:
        return say(facts.campaign.name)
    if facts.latest is None or not facts.latest.campaign:
        return say(ShopText(facts.latest.channel) if facts.latest else "Campaign")
    return say("Campaign ", ShopText(facts.latest.campaign))
