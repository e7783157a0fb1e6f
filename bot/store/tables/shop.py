"""Tables of the read models: the state of a shop as its events left it. ``rebuild`` can make them anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from bot.store.tables.asking import source_aspect
from bot.store.tables.types import Instant


class Item(SQLModel, table=True):
    """Which SKU a platform's stock item has."""

    __tablename__ = "item"
    __table_args__ = (Index("ix_item_sku", "shop", "sku"),)

    shop: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    sku: str
    at: datetime = Field(sa_type=Instant)


class Sku(SQLModel, table=True):
    """All that is known of a SKU but its levels and promises, in one row, so that a rule reads it in one step.

    ``available`` is the sum over counting locations (None when none counts), ``demand`` the sales memory as JSON,
    ``rate`` its units a day when last written (for sorting), ``search`` the case-folded SKU and title. ``low_at`` is
    the shop's own threshold, ``backorders`` whether it sells on when none is left; None while nobody has said.
    """

    __tablename__ = "sku"

    shop: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    title: str | None = None
    price_minor: int | None = Field(default=None, sa_type=BigInteger)
    price_currency: str | None = None
    described_at: datetime | None = Field(default=None, sa_type=Instant)
    search: str
    available: int | None = Field(default=None, sa_type=BigInteger)
    demand: str | None = None
    rate: float = 0.0
    lead_days: float | None = None
    low_at: int | None = Field(default=None, sa_type=BigInteger)
    backorders: bool | None = None


class StockLevel(SQLModel, table=True):
    """Units available of a SKU at a location, None where the shop does not count. A level that is ``gone`` counts for
    nothing; it is kept so that an older telling does not bring it back."""

    __tablename__ = "stock_level"

    shop: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    location: str = Field(primary_key=True)
    available: int | None = Field(default=None, sa_type=BigInteger)
    gone: bool = False
    at: datetime = Field(sa_type=Instant)
    source: str


class LocationName(SQLModel, table=True):
    """What people call a location whose stock levels have an id of its platform's for a name."""

    __tablename__ = "location_name"

    shop: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    location: str = Field(primary_key=True)
    name: str
    at: datetime = Field(sa_type=Instant)


class InboundRow(SQLModel, table=True):
    """A promised arrival. ``told_at`` is when it was first promised; it is open until received or withdrawn."""

    __tablename__ = "inbound"

    shop: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    quantity: int = Field(sa_type=BigInteger)
    due: datetime = Field(sa_type=Instant)
    told_at: datetime | None = Field(default=None, sa_type=Instant)
    at: datetime = Field(sa_type=Instant)
    open: bool


class Orders(SQLModel, table=True):
    """An order as last told. ``placed`` is when it was placed, or first heard of while its placing was not yet told
    (then ``counted`` is False); ``rank`` breaks ties of ``at``."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_open", "shop", "open", "placed"),)

    shop: str = Field(primary_key=True)
    order: str = Field(primary_key=True)
    number: str
    placed: datetime = Field(sa_type=Instant)
    counted: bool
    total_minor: int = Field(sa_type=BigInteger)
    total_currency: str
    outstanding_minor: int = Field(sa_type=BigInteger)
    outstanding_currency: str
    shipped: bool
    cancelled: bool
    failed: bool = False
    open: bool
    at: datetime = Field(sa_type=Instant)
    rank: int


class OrderLineRow(SQLModel, table=True):
    """Units of a SKU sold in an order; ``open`` while the order is neither shipped nor cancelled."""

    __tablename__ = "order_line"
    __table_args__ = (Index("ix_order_line_sku", "shop", "sku", "open", "at"),)

    shop: str = Field(primary_key=True)
    order: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    quantity: int = Field(sa_type=BigInteger)
    open: bool
    at: datetime = Field(sa_type=Instant)


class ReceivableRow(SQLModel, table=True):
    """Money owed to the shop: by an invoice, or by an order not yet paid."""

    __tablename__ = "receivable"
    __table_args__ = (Index("ix_receivable_open", "shop", "open", "due"),)

    shop: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    number: str
    minor: int = Field(sa_type=BigInteger)
    currency: str
    due: datetime | None = Field(default=None, sa_type=Instant)
    status: str
    open: bool
    at: datetime = Field(sa_type=Instant)
    rank: int


class Dispute(SQLModel, table=True):
    """A dispute as last told; ``open`` while it waits for evidence."""

    __tablename__ = "dispute"
    __table_args__ = (Index("ix_dispute_open", "shop", "open", "due"),)

    shop: str = Field(primary_key=True)
    dispute: str = Field(primary_key=True)
    minor: int = Field(sa_type=BigInteger)
    currency: str
    reason: str
    status: str
    due: datetime | None = Field(default=None, sa_type=Instant)
    order: str
    provider: str
    open: bool
    at: datetime = Field(sa_type=Instant)
    rank: int


class Payout(SQLModel, table=True):
    """A payout as last told."""

    __tablename__ = "payout"

    shop: str = Field(primary_key=True)
    payout: str = Field(primary_key=True)
    minor: int = Field(sa_type=BigInteger)
    currency: str
    status: str
    reason: str | None = None
    arrives: datetime | None = Field(default=None, sa_type=Instant)
    provider: str
    at: datetime = Field(sa_type=Instant)
    rank: int


class ItemGroup(SQLModel, table=True):
    """The groups that an item is in, by their keys, as of the newest telling (``at``) that says any."""

    __tablename__ = "item_group"
    __table_args__ = (Index("ix_item_group_item", "shop", "source", "item"),)

    shop: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)


class CampaignTelling(SQLModel, table=True):
    """The newest that a teller told of a campaign; ``body`` is the event as JSON. Tellers are "platform", "notice" (a
    platform that told its state alone) and "person"."""

    __tablename__ = "campaign_telling"

    shop: str = Field(primary_key=True)
    campaign: str = Field(primary_key=True)
    teller: str = Field(primary_key=True)
    body: str
    at: datetime = Field(sa_type=Instant)
    rank: int


class CampaignGroup(SQLModel, table=True):
    """The groups that a campaign promotes, by their keys."""

    __tablename__ = "campaign_group"
    __table_args__ = (Index("ix_campaign_group_campaign", "shop", "campaign"),)

    shop: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    campaign: str = Field(primary_key=True)


class CampaignRow(SQLModel, table=True):
    """A campaign as it stands; ``skus`` (those it promotes) and ``named`` (those somebody named) are JSON lists in the
    campaign's order."""

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_status", "shop", "status", "starts"),)

    shop: str = Field(primary_key=True)
    campaign: str = Field(primary_key=True)
    name: str
    status: str
    starts: datetime = Field(sa_type=Instant)
    ends: datetime | None = Field(default=None, sa_type=Instant)
    channel: str
    skus: str
    named: str
    uplift: float | None = None
    audience: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = Field(sa_type=Instant)
    rank: int


class CampaignSku(SQLModel, table=True):
    """Which campaigns promote a SKU."""

    __tablename__ = "campaign_sku"
    __table_args__ = (Index("ix_campaign_sku_campaign", "shop", "campaign"),)

    shop: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    campaign: str = Field(primary_key=True)


class DailyTotal(SQLModel, table=True):
    """One measure of one local day of a shop."""

    __tablename__ = "daily_total"

    shop: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


_tables = SQLModel.metadata.tables
item = _tables["item"]
item_group = _tables["item_group"]
sku = _tables["sku"]
stock_level = _tables["stock_level"]
location_name = _tables["location_name"]
inbound = _tables["inbound"]
orders = _tables["orders"]
order_line = _tables["order_line"]
receivable = _tables["receivable"]
dispute = _tables["dispute"]
payout = _tables["payout"]
campaign = _tables["campaign"]
campaign_sku = _tables["campaign_sku"]
campaign_telling = _tables["campaign_telling"]
campaign_group = _tables["campaign_group"]
daily_total = _tables["daily_total"]

READ_MODELS = (
    item,
    item_group,
    sku,
    stock_level,
    location_name,
    inbound,
    orders,
    order_line,
    receivable,
    dispute,
    payout,
    campaign,
    campaign_sku,
    campaign_telling,
    campaign_group,
    source_aspect,
    daily_total,
)
