"""Facts as declared data: what a rule, a command or a digest section wants to know.

A handler declares a frozen dataclass whose fields default to queries::

    @dataclass(frozen=True)
    class Facts:
        sold_14d: int = total(ItemSold, "quantity", days=14)
        position: Position | None = position()

The store answers each query for the subject at hand and builds the dataclass, so the handler stays pure and its test
is a table of plain values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from bot.core.events import Event


@dataclass(frozen=True, slots=True)
class Query:
    """A question the store can answer about a subject of a shop as of now."""


# Queries over the stored events of the subject.


@dataclass(frozen=True, slots=True)
class Total(Query):
    """Sum of an integer field over the subject's events of one kind in the last ``window``: an int."""

    event: type[Event]
    field: str
    window: timedelta


@dataclass(frozen=True, slots=True)
class Count(Query):
    """Number of the subject's events of one kind in the last ``window``: an int.

    ``leaving_out`` names fields whose values exclude an event: (("retry", True),).
    """

    event: type[Event]
    window: timedelta
    leaving_out: tuple[tuple[str, bool | str], ...] = ()


@dataclass(frozen=True, slots=True)
class TotalMoney(Query):
    """Sum of a Money field over the subject's events of one kind in the last ``window``, by currency:
    tuple[Money, ...]."""

    event: type[Event]
    field: str
    window: timedelta


@dataclass(frozen=True, slots=True)
class Latest(Query):
    """The subject's newest event of one kind, or None."""

    event: type[Event]


# Queries over read models.


@dataclass(frozen=True, slots=True)
class Now(Query):
    """The moment at which the facts were loaded: aware UTC."""


@dataclass(frozen=True, slots=True)
class Today(Query):
    """The shop's local calendar day at that moment: a datetime.date."""


@dataclass(frozen=True, slots=True)
class PositionOf(Query):
    """The subject SKU's Position, or None when the SKU is unknown."""


@dataclass(frozen=True, slots=True)
class LevelBefore(Query):
    """Units available of the subject SKU before the event being decided changed it, or None when unknown."""


@dataclass(frozen=True, slots=True)
class CampaignOf(Query):
    """The subject campaign, or None."""


@dataclass(frozen=True, slots=True)
class PositionsInCampaign(Query):
    """Positions of the subject campaign's SKUs: tuple[Position, ...], in the campaign's order."""


@dataclass(frozen=True, slots=True)
class CampaignsFor(Query):
    """Campaigns of the subject SKU that are scheduled or running: tuple[Campaign, ...]."""


@dataclass(frozen=True, slots=True)
class ClaimsShort(Query):
    """Newest open orders (neither shipped nor cancelled) that hold the subject SKU while more of it is ordered than
    there is, ``most`` at most; none while there is enough: tuple[Claim, ...]."""

    most: int = 25


@dataclass(frozen=True, slots=True)
class CaseOf(Query):
    """The orders that the newest alert of ``rule`` on the subject SKU has named, as they stand now: a Case."""

    rule: str


@dataclass(frozen=True, slots=True)
class ReceivableOf(Query):
    """The subject invoice, or None."""


@dataclass(frozen=True, slots=True)
class DisputeOf(Query):
    """The subject dispute, or None."""


@dataclass(frozen=True, slots=True)
class FirstSeen(Query):
    """When the first look at its platform found the subject dispute, invoice or campaign: aware UTC; None when it was
    told as news. What was so by then alerts nobody."""


@dataclass(frozen=True, slots=True)
class PaymentDays(Query):
    """Tallies of the subject payment method by whole days, newest first, leaving out the last 24 hours:
    tuple[Tally, ...]."""

    days: int = 28


@dataclass(frozen=True, slots=True)
class SettingsOfShop(Query):
    """The shop's Shop settings (name, currency, time zone)."""


# Queries of commands and digests, over the whole shop.


@dataclass(frozen=True, slots=True)
class PositionsMatching(Query):
    """Positions whose SKU, title or location matches the request's text: tuple[Position, ...], best first."""

    most: int = 20


@dataclass(frozen=True, slots=True)
class PositionsAtRisk(Query):
    """Positions most likely to need attention (least days of cover first): tuple[Position, ...]."""

    most: int = 50


@dataclass(frozen=True, slots=True)
class NearestSkus(Query):
    """SKUs spelt most like the request's text: tuple[str, ...]."""

    most: int = 3


@dataclass(frozen=True, slots=True)
class AlertsOpen(Query):
    """Alerts not resolved, worst first: tuple[AlertLine, ...]. ``about_subject`` keeps those of the subject alone,
    ``exercises`` says whether exercises are among them; in digests they never are. Those ``anywhere`` are of every
    shop, unless one was named."""

    about_subject: bool = False
    exercises: bool = True
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class AlertsOpened(Query):
    """Alerts opened in the period, worst first: tuple[AlertLine, ...]."""


@dataclass(frozen=True, slots=True)
class AlertStory(Query):
    """The alert named by the request's text ("A-1042") with its log: a Story, or None."""


@dataclass(frozen=True, slots=True)
class DecisionsOn(Query):
    """What the rules last decided on whatever bears the id in the request's text: tuple[DecisionLine, ...], newest
    first."""


@dataclass(frozen=True, slots=True)
class DayTotals(Query):
    """A measure by day over the period's days; with ``weeks_before`` = n over the n weeks that end where the period
    starts: tuple[DayTotal, ...], oldest first, days without a value left out."""

    measure: str
    weeks_before: int = 0


@dataclass(frozen=True, slots=True)
class BestSellers(Query):
    """The SKUs ordered most in the period, ``most`` at most: tuple[Seller, ...], most units first."""

    most: int = 10


@dataclass(frozen=True, slots=True)
class Receivables(Query):
    """What is outstanding now: tuple[Receivable, ...]."""


@dataclass(frozen=True, slots=True)
class DisputesOpen(Query):
    """Disputes that wait for evidence, next deadline first: tuple[DisputeState, ...]."""


@dataclass(frozen=True, slots=True)
class MethodsTried(Query):
    """Every payment method that somebody tried within ``days``, by name: tuple[MethodTried, ...], with its attempts of
    the last ``hours`` and its days before them."""

    hours: int = 24
    days: int = 28


@dataclass(frozen=True, slots=True)
class Payouts(Query):
    """Payouts that are due, and those that were paid or came back within ``days``: tuple[PayoutState, ...], the newest
    first."""

    days: int = 7


@dataclass(frozen=True, slots=True)
class CampaignsAhead(Query):
    """Campaigns running, or starting within ``days``: tuple[Campaign, ...], next first."""

    days: int = 14


@dataclass(frozen=True, slots=True)
class CampaignsMatching(Query):
    """Campaigns whose id or name is the request's text, else those whose name holds it, else those spelt most like it:
    tuple[Campaign, ...], the latest start first, ``most`` at most."""

    most: int = 10


@dataclass(frozen=True, slots=True)
class PositionsAhead(Query):
    """Positions of every SKU of the campaigns ahead: tuple[Position, ...]."""

    days: int = 14


@dataclass(frozen=True, slots=True)
class OrdersWaiting(Query):
    """Open orders by placing time, oldest first: tuple[OrderState, ...]."""

    most: int = 200


@dataclass(frozen=True, slots=True)
class OrdersByAge(Query):
    """How many open orders were placed less than each of ``days`` ago, and at last how many earlier still: a tuple of
    one count more than there are days, each order counted once."""

    days: tuple[float, ...] = (1.0, 3.0, 7.0)


@dataclass(frozen=True, slots=True)
class OrdersHeld(Query):
    """Orders that must not be shipped for now, held the longest first: tuple[OrderHeld, ...]. What is shipped or
    cancelled by now is none of them."""


@dataclass(frozen=True, slots=True)
class DeliveryExceptions(Query):
    """Shipments that were last told, within ``days``, to be late, not handed over, failed or on their way back:
    tuple[ShipmentChanged, ...], the newest first; of an order the newest telling counts."""

    days: int = 14


@dataclass(frozen=True, slots=True)
class SourcesSeen(Query):
    """When each source was last heard: tuple[SourceSeen, ...]."""


@dataclass(frozen=True, slots=True)
class AspectsOf(Query):
    """Every aspect of the way between the subject source and us of which something was told: tuple[Aspect, ...], the
    unsound ones first."""


@dataclass(frozen=True, slots=True)
class PolledOf(Query):
    """How asking the subject source fares: a Polled, or None when it is not asked."""


@dataclass(frozen=True, slots=True)
class QuietOf(Query):
    """What the subject source sends against what it usually does: a Quietness."""


@dataclass(frozen=True, slots=True)
class AlertNamed(Query):
    """The alert that the typed text names first ("A-1042 done"), of whichever shop: an Alert, or None."""


@dataclass(frozen=True, slots=True)
class PreferencesOf(Query):
    """What the one who asks wants of the bot: bot.core.preferences.Preferences."""


@dataclass(frozen=True, slots=True)
class ParkedPosts(Query):
    """Posts that cannot be shown until somebody has seen to it: tuple[ParkedLine, ...], longest parked first."""


@dataclass(frozen=True, slots=True)
class SilencesHeld(Query):
    """The silences that hold, each with what it keeps quiet: tuple[bot.core.silences.Held, ...], next end first."""


@dataclass(frozen=True, slots=True)
class ExceptionsHeld(Query):
    """The exceptions that members set and that hold: tuple[bot.core.exceptions.RuleException, ...], oldest first."""


@dataclass(frozen=True, slots=True)
class LabelsKnown(Query):
    """What the shop's goods are labelled with, by their keys (``bot.core.campaigns.keys``), each vendor among them:
    tuple[str, ...]."""


@dataclass(frozen=True, slots=True)
class Exercises(Query):
    """What came of the newest exercises, or that they run: tuple[Line, ...], newest first, ``most`` at most."""

    most: int = 5


@dataclass(frozen=True, slots=True)
class Interruptions(Query):
    """What the channels that have a budget of interruptions were interrupted for in the period, and what exceeded it:
    tuple[InterruptionLine, ...], by channel, day and rule."""


@dataclass(frozen=True, slots=True)
class EchoesOf(Query):
    """How the recipients of the subject campaign, or channel, reacted in the last ``days`` local days, today among
    them: Echoes."""

    days: int = 7


# How handlers write them. They return Any because the field they stand in has the type of the answer.


def total(event: type[Event], field: str, *, days: float) -> Any:
    """Sum of ``field`` over the subject's events of one kind in the last ``days``."""
    return Total(event, field, timedelta(days=days))


def count(event: type[Event], *, hours: float, leaving_out: Mapping[str, bool | str] | None = None) -> Any:
    """Number of the subject's events of one kind in the last ``hours``, without those of certain field values."""
    return Count(event, timedelta(hours=hours), tuple(sorted((leaving_out or {}).items())))


def total_money(event: type[Event], field: str, *, hours: float) -> Any:
    """Sum of a Money field over the subject's events of one kind in the last ``hours``, by currency."""
    return TotalMoney(event, field, timedelta(hours=hours))


def ask(query: Query) -> Any:
    """Any other query as the default of a facts field: ``position: Position | None = ask(PositionOf())``."""
    return query


@dataclass(frozen=True)
class NoFacts:
    """For handlers that need none."""


F = TypeVar("F")


def queries(facts: type[F]) -> dict[str, Query]:
    """Field name to query of a facts class. Raises TypeError for a field without a query."""
    if not dataclasses.is_dataclass(facts):
        raise TypeError(f"{facts!r} is no dataclass of facts")
    found: dict[str, Query] = {}
    for spec in dataclasses.fields(facts):
        if not isinstance(spec.default, Query):
            raise TypeError(f"fact {spec.name!r} of {facts.__qualname__} has no query as its default")
        found[spec.name] = spec.default
    return found
