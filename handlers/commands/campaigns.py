"""The campaigns that run and those that come next, against the stock that they use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.facts import CampaignsAhead, CampaignsMatching, Now, PositionsAhead, SourcesSeen, Today, ask
from bot.core.freshness import as_of
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import Campaign, Position, SourceSeen
from bot.core.message import Message, Paragraph, Table
from bot.core.parts import Line, Moment, Quantity, ShopText, join, say, strong
from bot.core.preflight import UPLIFT, Lasting, in_words, lasting
from bot.core.stock import counted, name, runs
from bot.core.subject import Subject

_DAYS = 60
_MOST_ROWS = 15
_MOST_NAMED = 5


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    today: date = ask(Today())
    ahead: tuple[Campaign, ...] = ask(CampaignsAhead(_DAYS))
    positions: tuple[Position, ...] = ask(PositionsAhead(_DAYS))
    matching: tuple[Campaign, ...] = ask(CampaignsMatching())
    sources: tuple[SourceSeen, ...] = ask(SourcesSeen())


@command("ops", verb="campaigns", usage="[name]")
def campaigns(request: Request, facts: Facts, *, uplift: float = UPLIFT) -> Reply:
    """Campaigns that run and those of the next 60 days, with the SKU that lasts the least; with a name, all its SKUs.

    - uplift: the factor on usual sales where the campaign names none.
    """
    wanted = request.text.strip().casefold()
    found = [each for each in facts.ahead if wanted in (each.campaign.casefold(), each.name.text.casefold())]
    found = found or [each for each in facts.ahead if wanted in each.name.text.casefold()]
    if wanted and not found:
        raise Refused(_unknown(request.text.strip(), facts))
    message = _one(found[0], facts, uplift) if wanted and len(found) == 1 else _several(found, facts, uplift)
    return Reply(message, share=True)


def _unknown(wanted: str, facts: Facts) -> Line:
    told = say("No campaign that runs or starts within 60 days is called ", ShopText(wanted), ".")
    near = facts.matching or facts.ahead
    return say(told, " The nearest: ", _names(near[:_MOST_NAMED]), ".") if near else told


def _names(named: Iterable[Campaign]) -> Line:
    return join([say(each.name, " (", Moment(each.starts, "day"), ")") for each in named])


def _several(listed: list[Campaign], facts: Facts, uplift: float) -> Message:
    if not listed:
        nothing = say("No campaign runs, and none starts within 60 days.")
        return Message(nothing, (Paragraph(nothing), as_of(facts.sources)))
    running = [each for each in listed if runs(each, facts.now)]
    coming = [each for each in listed if each not in running]
    rows = tuple(_row(each, facts, uplift) for each in (*running, *coming)[:_MOST_ROWS])
    counts = f"{len(running)} running, {len(coming)} to come"
    table = Table(f"Campaigns: {counts}", ("Campaign", "Verdict", "Least cover", "When"), rows)
    rest = len(listed) - _MOST_ROWS
    more = (Paragraph(say(f"+{rest} more; name one for less")),) if rest > 0 else ()
    return Message(say(f"Campaigns: {counts}"), (table, *more, as_of(facts.sources)))


def _row(each: Campaign, facts: Facts, uplift: float) -> tuple[Line, ...]:
    skus = _checked(each, facts, uplift)
    least = min(skus, key=lambda sku: sku.uplifted - sku.needed, default=None)
    return say(each.name), _verdict(each, skus), _cover(least), _when(each, facts.now)


def _checked(each: Campaign, facts: Facts, uplift: float) -> tuple[Lasting, ...]:
    return lasting(each, {position.sku: position for position in facts.positions}, facts.now, facts.today, uplift)


def _when(each: Campaign, now: datetime) -> Line:
    if runs(each, now):
        return say("runs until ", Moment(each.ends, "day")) if each.ends else say("runs, no end told")
    return say(Moment(each.starts, "day"), say(" to ", Moment(each.ends, "day")) if each.ends else ", no end told")


def _cover(least: Lasting | None) -> Line:
    if least is None:
        return say("–")
    return say(Subject("sku", least.position.sku), " ", in_words(least.uplifted), " of ", in_words(least.needed))


def _verdict(each: Campaign, skus: tuple[Lasting, ...]) -> Line:
    """In few words, since a table's cells are cut."""
    short, unknown = sum(sku.short for sku in skus), len(each.skus) - len(skus)
    if short:
        return say(strong("short: "), Quantity(short), " of ", counted(len(each.skus), "SKU"))
    if not each.skus:
        return say("names no SKU")
    if not skus:
        return say("stock not known")
    return say("lasts", say(", ", counted(unknown, "SKU"), " not known") if unknown else ())


def _one(each: Campaign, facts: Facts, uplift: float) -> Message:
    skus = sorted(_checked(each, facts, uplift), key=lambda sku: sku.uplifted - sku.needed)
    title = say(each.name, " · ", _when(each, facts.now))
    verdict = Paragraph(say(strong("Verdict  "), _verdict(each, tuple(skus))))
    header = ("SKU", "Cover, usual pace", "Cover, campaign", "Needed", "Verdict")
    table = Table("SKUs of the campaign", header, tuple(map(_sku, skus[:_MOST_ROWS])), numeric=(1, 2, 3))
    rest = len(skus) - _MOST_ROWS
    more = (Paragraph(say(f"+{rest} more, which last longer")),) if rest > 0 else ()
    tables = (table, *more) if skus else ()
    return Message(title, (Paragraph(title), verdict, *tables, as_of(facts.sources)))


def _sku(sku: Lasting) -> tuple[Line, ...]:
    return (
        name(sku.position.sku, sku.position.title),
        in_words(sku.usual),
        in_words(sku.uplifted),
        in_words(sku.needed),
        say(strong("runs out before the end")) if sku.short else say("lasts"),
    )
