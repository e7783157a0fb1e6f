"""What is known, as values: the answers of which facts are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.demand import Demand
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.quiet_source import Window
from bot.core.surprise import Tally


@dataclass(frozen=True, slots=True)
class Level:
    """Stock of a SKU at one location; ``available`` is None where the shop does not count, ``at`` when it was told."""

    location: str
    available: int | None
    at: datetime
    source: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Units promised to arrive by ``due``."""

    quantity: int
    due: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """All that is known of a SKU's stock: levels, promises, pace, price and the lead time seen (days), if any."""

    sku: str
    title: ShopText | None
    levels: tuple[Level, ...]
    demand: Demand
    inbound: tuple[Inbound, ...] = ()
    price: Money | None = None
    lead_days: float | None = None
    committed: int = 0
    """Units in orders that are neither shipped nor cancelled."""
    low_at: int | None = None
    """Units at which the shop itself calls it low, where it says so."""
    backorders: bool = False
    """Whether the shop sells on when none is left."""

    @property
    def available(self) -> int | None:
        """Units available over all locations; None when no location counts."""
        counted = [level.available for level in self.levels if level.available is not None]
        return sum(counted) if counted else None

    @property
    def as_of(self) -> datetime | None:
        """When the newest level was told."""
        return max((level.at for level in self.levels), default=None)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands: ``skus`` are those it promotes, ``named`` those of them that somebody named."""

    campaign: str
    name: ShopText
    status: str
    starts: datetime
    ends: datetime | None
    channel: str
    skus: tuple[str, ...]
    uplift: float | None
    at: datetime
    named: tuple[str, ...] = ()
    audience: int | None = None


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as last told."""

    order: str
    number: str
    placed: datetime
    total: Money
    outstanding: Money
    shipped: bool
    cancelled: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The units of a SKU that an order holds: ``worth`` is what was charged for them, ``refunded`` what went back for
    the whole order, each None where nobody told."""

    order: OrderState
    units: int
    worth: Money | None = None
    refunded: Money | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The orders that a rule's newest alert on the subject SKU has named, as they stand now. ``goes_on`` says that the
    alert is open, or would be opened again: otherwise what comes up is another case."""

    claims: tuple[Claim, ...] = ()
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Receivable:
    """Money somebody owes the shop: an invoice, or an order not yet paid; ``due`` is None when nobody set a date."""

    reference: str
    number: str
    outstanding: Money
    due: datetime | None
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DisputeState:
    """A dispute as last told."""

    dispute: str
    amount: Money
    reason: ShopText
    status: str
    due: datetime | None
    order: str
    provider: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MethodTried:
    """A payment method (``provider/method``): what was tried of late, and on each day before, newest first."""

    method: str
    seen: Tally
    days: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class PayoutState:
    """A payout as last told; ``arrives`` is its promised day."""

    payout: str
    amount: Money
    status: str
    reason: ShopText | None
    arrives: datetime | None
    provider: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert as listed: enough to name it, sort it, say who has it, and draw buttons for its ``turn``."""

    number: int
    rule: str
    subject: str
    state: str
    severity: str
    title: tuple[Any, ...]
    department: str
    person: str | None
    opened_at: datetime
    due_at: datetime | None
    cost_minor: int | None
    cost_currency: str | None
    resolved_at: datetime | None = None
    turn: int = 1
    shop: str = ""


@dataclass(frozen=True, slots=True)
class DayTotal:
    """One measure of one local day of the shop (``YYYY-MM-DD``); ``key`` is a currency, a payment method or ""."""

    day: str
    key: str
    value: int


@dataclass(frozen=True, slots=True)
class Seller:
    """A SKU with the units ordered in a period and in the one before it."""

    sku: str
    title: ShopText | None
    units: int
    before: int


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """When a source was last heard."""

    source: str
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Aspect:
    """Whether one aspect of the way between a source and us ("webhook orders/create", "poll orders") is sound, since
    when, and why not."""

    aspect: str
    sound: bool
    note: ShopText | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Polled:
    """How asking a source fares: when a run last went well, and how many streams fail."""

    last_ok: datetime | None
    failing: int = 0


@dataclass(frozen=True, slots=True)
class Quietness:
    """A source's deliveries over windows of hours up to now against what is usual, none while too little is known of
    it; and when it was last heard."""

    source: str
    windows: tuple[Window, ...]
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that happened to an alert: when, what (opened, escalated, taken ...), by whom, and why."""

    at: datetime
    change: str
    actor: str
    reason: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PostLine:
    """Where an alert shows: channel, state of the post, and why it is held, parked or not shown."""

    channel: str
    state: str
    reason: str
    shown_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """Where a department's view of an alert goes ("" for nowhere), by which route, and what keeps it from showing."""

    department: str
    channel: str
    route: str
    muted: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a rule changed an alert: what changed, when, on which event ("" when time did) and on which facts."""

    change: str
    at: datetime
    event: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """An alert with all that is recorded of it, oldest first. ``ground`` is why it last opened or got worse."""

    alert: AlertLine
    log: tuple[LogLine, ...]
    posts: tuple[PostLine, ...]
    ground: Ground | None = None
    places: tuple[PlaceLine, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """What a rule last decided on a subject (fire, clear or quiet), why, since when and how often in a row; ``number``
    is the alert that it is about, if there is one."""

    rule: str
    subject: str
    verdict: str
    reason: tuple[Any, ...]
    at: datetime
    since: datetime
    times: int
    number: int | None


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A post that cannot be shown: its id, where it belongs, what it says, since when it is parked, and why."""

    id: str
    channel: str
    summary: tuple[Any, ...]
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class InterruptionLine:
    """How many new messages and calls of a rule's alerts spent a channel's budget on one of its days (``YYYY-MM-DD``),
    and how many exceeded it and went into the day's summary."""

    channel: str
    day: str
    rule: str
    told: int
    exceeded: int


@dataclass(frozen=True, slots=True)
class Echoes:
    """How many recipients a campaign, or a channel, had in a span of days, and how they reacted."""

    sent: int = 0
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0
    failed: int = 0
