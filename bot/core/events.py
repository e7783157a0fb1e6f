"""The canonical events: what happened in a shop, whichever platform said so.

Every event names its shop, its source, when it happened (``at``, aware UTC, which also orders the tellings of one
entity: an older telling never overwrites a newer one), its subject, and a ``key`` that tells apart two events of one
kind, subject and moment. The same (shop, kind, subject, at, key) told twice is one event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in ``shop``, told by the source named ``source``, at ``at`` (aware UTC)."""

    shop: str
    source: str
    at: datetime

    @property
    def subject(self) -> Subject:
        """What the event is about."""
        return Subject("clock", self.shop)

    @property
    def key(self) -> str:
        """Tells apart two events of the same kind, subject and moment."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Event):
    """Time has passed: rules about deadlines and absence listen to it. It is never stored."""

    source: str = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDescribed(Event):
    """A platform's stock item has this SKU, title and price; ``item`` is the platform's own id for it."""

    item: str
    sku: str
    title: ShopText | None = None
    price: Money | None = None
    vendor: str = ""
    groups: tuple[str, ...] = ()
    """The tags, collections and categories that the item is in, and its product's page, as the platform writes them."""
    low_at: int | None = None
    """Units at which the shop itself calls the SKU low; None when the platform does not say."""
    backorders: bool | None = None
    """Whether the shop sells on when none is left; None when the platform does not say."""

    @property
    def subject(self) -> Subject:
        return Subject("sku", self.sku)

    @property
    def key(self) -> str:
        return self.item


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChanged(Event):
    """The stock available at one location is now ``available`` units; None means the shop does not count it.

    A platform that does not say the SKU gives ``item``; the store fills ``sku`` from what it knows of that item,
    and until then the item's own id stands in for it.
    """

    sku: str = ""
    item: str = ""
    location: str = "main"
    available: int | None
    title: ShopText | None = None
    price: Money | None = None
    gone: bool = False
    """The location stocks it no more, so that it is as if it had never been told of."""

    @property
    def subject(self) -> Subject:
        return Subject("sku", self.sku or f"item-{self.item}")

    @property
    def key(self) -> str:
        return f"{self.location}={'gone' if self.gone else self.available}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationNamed(Event):
    """What people call the location that a platform's stock levels name by an id of its own."""

    location: str
    name: ShopText

    @property
    def subject(self) -> Subject:
        return Subject("location", self.location)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockExpected(Event):
    """``quantity`` units are to arrive by ``due``; zero withdraws the promise with that ``reference``."""

    sku: str
    quantity: int
    due: datetime
    reference: str

    @property
    def subject(self) -> Subject:
        return Subject("sku", self.sku)

    @property
    def key(self) -> str:
        return self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReceived(Event):
    """``quantity`` units arrived; a ``reference`` closes the promise of the same reference."""

    sku: str
    quantity: int
    location: str = "main"
    reference: str = ""

    @property
    def subject(self) -> Subject:
        return Subject("sku", self.sku)

    @property
    def key(self) -> str:
        return f"{self.location}/{self.reference}"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order: ``quantity`` units of ``sku`` for ``amount`` in all."""

    sku: str
    quantity: int
    amount: Money
    title: ShopText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(Event):
    """An order came in. ``at`` is when it was placed; ``number`` is the name people use for it ("#1001")."""

    order: str
    number: str
    total: Money
    outstanding: Money
    lines: tuple[OrderLine, ...] = ()
    discounted: bool = False

    @property
    def subject(self) -> Subject:
        return Subject("order", self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged(Event):
    """The state of an order as of ``at``: what is still to be paid, whether it has shipped or was cancelled, and, where
    the platform tells that as a state, whether the last attempt to pay for it failed."""

    order: str
    number: str
    total: Money
    outstanding: Money
    shipped: bool = False
    cancelled: bool = False
    failed: bool = False

    @property
    def subject(self) -> Subject:
        return Subject("order", self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSold(Event):
    """``quantity`` units of a SKU were ordered in one order. Follows from OrderPlaced, a line each."""

    sku: str
    quantity: int
    amount: Money
    order: str
    number: str
    title: ShopText | None = None

    @property
    def subject(self) -> Subject:
        return Subject("sku", self.sku)

    @property
    def key(self) -> str:
        return self.order


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSucceeded(Event):
    """One attempt to pay went through. ``provider`` and ``method`` are lower case ("stripe", "card")."""

    payment: str
    provider: str
    method: str
    amount: Money
    order: str = ""

    @property
    def subject(self) -> Subject:
        return Subject("payment_method", f"{self.provider}/{self.method}")

    @property
    def key(self) -> str:
        return self.payment


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(Event):
    """One attempt to pay failed. ``retry`` marks a provider's own retry of a subscription, which tells nothing new;
    ``invoice`` is the invoice that it was to pay, "" for none. ``standing`` says that the platform tells how the order
    stands and not of attempts, so that it is news only of an order that did not stand so before."""

    payment: str
    provider: str
    method: str
    amount: Money
    order: str = ""
    invoice: str = ""
    code: str = ""
    reason: ShopText | None = None
    retry: bool = False
    standing: bool = False

    @property
    def subject(self) -> Subject:
        return Subject("payment_method", f"{self.provider}/{self.method}")

    @property
    def key(self) -> str:
        return self.payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded(Event):
    """``amount`` went back to the customer."""

    refund: str
    amount: Money
    order: str = ""

    @property
    def subject(self) -> Subject:
        return Subject("order", self.order or self.refund)

    @property
    def key(self) -> str:
        return self.refund


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeChanged(Event):
    """A dispute's state; ``due`` is the provider's deadline for evidence."""

    dispute: str
    amount: Money
    reason: ShopText
    status: Literal["open", "answered", "won", "lost", "closed"]
    due: datetime | None = None
    order: str = ""
    provider: str = ""

    @property
    def subject(self) -> Subject:
        return Subject("dispute", self.dispute)

    @property
    def key(self) -> str:
        return self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceChanged(Event):
    """An invoice's state: ``outstanding`` is still to be paid by ``due``; ``number`` is what people call it."""

    invoice: str
    number: str
    outstanding: Money
    status: Literal["open", "paid", "void", "uncollectible"]
    due: datetime | None = None

    @property
    def subject(self) -> Subject:
        return Subject("invoice", self.invoice)

    @property
    def key(self) -> str:
        return self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutChanged(Event):
    """A payout from a provider: ``to`` the shop's bank, to others whom the shop pays through it, or back to a customer.
    ``arrives`` is its promised day."""

    payout: str
    amount: Money
    status: Literal["pending", "paid", "failed", "canceled"]
    reason: ShopText | None = None
    arrives: datetime | None = None
    provider: str = ""
    to: Literal["bank", "others", "customer"] = "bank"

    @property
    def subject(self) -> Subject:
        return Subject("payout", self.payout)

    @property
    def key(self) -> str:
        return self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignChanged(Event):
    """A campaign's plan: when it runs, whom it reaches and which SKUs it promotes.

    ``uplift`` is the factor on usual sales that marketing expects and ``audience`` how many people it goes to, None
    when nobody said. Of what it promotes a platform may know only ``groups``: tags, collections, categories or the
    addresses of pages, from which the SKUs are found. ``state_only`` says that the telling knows no more than whether
    and when it runs, so that all else stays as it was told.
    """

    campaign: str
    name: ShopText
    status: Literal["scheduled", "running", "ended", "cancelled"]
    starts: datetime
    ends: datetime | None = None
    channel: str = ""
    skus: tuple[str, ...] = ()
    uplift: float | None = None
    audience: int | None = None
    groups: tuple[str, ...] = ()
    state_only: bool = False

    @property
    def subject(self) -> Subject:
        return Subject("campaign", self.campaign)

    @property
    def key(self) -> str:
        return f"{self.status} only" if self.state_only else self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEchoed(Event):
    """``count`` recipients of a campaign, or of a channel where no campaign is named, reacted like this.

    It is counted in windows and never told one by one; nothing says who they are. ``reference`` is the platform's name
    of the telling.
    """

    reference: str
    echo: Literal["sent", "bounced", "complained", "unsubscribed", "failed"]
    count: int = 1
    campaign: str = ""
    channel: str = "email"

    @property
    def subject(self) -> Subject:
        return Subject("campaign", self.campaign or self.channel)

    @property
    def key(self) -> str:
        return f"{self.echo}/{self.reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentChanged(Event):
    """Where a shipment of an order is; ``due`` is the carrier's promise."""

    shipment: str
    order: str
    status: Literal["sent", "under_way", "delayed", "attempted", "failed", "delivered", "returned", "cancelled"]
    number: str = ""
    carrier: str = ""
    due: datetime | None = None

    @property
    def subject(self) -> Subject:
        return Subject("order", self.order)

    @property
    def key(self) -> str:
        return f"{self.shipment}/{self.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld(Event):
    """An order must not be shipped for now, and why; ``held`` False lets it go again."""

    order: str
    held: bool
    number: str = ""
    reason: ShopText | None = None

    @property
    def subject(self) -> Subject:
        return Subject("order", self.order)

    @property
    def key(self) -> str:
        return str(self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChanged(Event):
    """How one aspect of the way between a platform and us stands: its webhooks, the rights of our keys, its answers.

    ``aspect`` tells apart what can be wrong at the same time ("webhook orders/create", "keys", "poll orders").
    """

    aspect: str
    sound: bool
    note: ShopText | None = None

    @property
    def subject(self) -> Subject:
        return Subject("source", self.source)

    @property
    def key(self) -> str:
        return f"{self.aspect}={self.sound}"


STORED: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        ItemDescribed,
        StockChanged,
        LocationNamed,
        StockExpected,
        StockReceived,
        OrderPlaced,
        OrderChanged,
        ItemSold,
        PaymentSucceeded,
        PaymentFailed,
        Refunded,
        DisputeChanged,
        InvoiceChanged,
        PayoutChanged,
        CampaignChanged,
        CampaignEchoed,
        ShipmentChanged,
        OrderHeld,
        SourceChanged,
    )
}
"""The events that are stored, by the name under which they are stored."""


def consequences(event: Event) -> tuple[Event, ...]:
    """What follows from an event without anybody saying it: an order placed is its items sold, a SKU each."""
    if not isinstance(event, OrderPlaced):
        return ()
    sold: dict[str, ItemSold] = {}
    for line in event.lines:
        if not line.sku or line.quantity <= 0:
            continue
        before = sold.get(line.sku)
        sold[line.sku] = ItemSold(
            shop=event.shop,
            source=event.source,
            at=event.at,
            sku=line.sku,
            quantity=line.quantity + (before.quantity if before else 0),
            amount=line.amount + before.amount if before else line.amount,
            order=event.order,
            number=event.number,
            title=line.title,
        )
    return tuple(sold.values())
