"""Tables of alerts that share a message: the groups of each channel, and which alerts are in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.store.tables.types import BigId, Instant


class GroupRow(SQLModel, table=True):
    """A group of a channel: what makes it that group, how often people are called, and how far they were.

    ``every`` and ``again`` are seconds (``again`` is None for a group of which nobody is reminded); ``call`` is the
    number of the call that what comes next is told in, 0 as long as that is the message itself; ``worst`` the worst
    severity that people were called for. ``remind_at`` is when they are next told that it still stands, and
    ``closed_at`` since when nothing in it does.
    """

    __tablename__ = "alert_group"
    __table_args__ = (Index("ix_alert_group_name", "channel", "name"), Index("ix_alert_group_remind", "remind_at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    channel: str
    name: str
    labels: str
    wait: float
    every: float
    again: float | None = None
    call: int = 0
    worst: int = 1
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    remind_at: datetime | None = Field(default=None, sa_type=Instant)


class GroupedRow(SQLModel, table=True):
    """An alert in a group, with what the group's figures are counted from, and the call that tells of it.

    ``high`` and ``low`` are what is at risk, in minor units of ``currency``; ``foreign`` says that this is not the
    shop's own.
    """

    __tablename__ = "grouped"
    __table_args__ = (Index("ix_grouped_group", "group", "call"), Index("ix_grouped_number", "number"))

    channel: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    group: int = Field(sa_type=BigId)
    joined_at: datetime = Field(sa_type=Instant)
    call: int
    open: bool
    taken: bool
    severity: int
    foreign: bool
    currency: str = ""
    high: int | None = Field(default=None, sa_type=BigId)
    low: int | None = Field(default=None, sa_type=BigId)


alert_group = SQLModel.metadata.tables["alert_group"]
grouped = SQLModel.metadata.tables["grouped"]
