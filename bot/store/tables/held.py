"""Tables of what spares people interruptions: alerts held by quiet hours, and what the budgets were spent on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.store.tables.types import BigId, Instant


class HeldRow(SQLModel, table=True):
    """An alert that a channel is not told of before ``until``, when it is looked at again, and since when."""

    __tablename__ = "held"
    __table_args__ = (Index("ix_held_until", "until"),)

    channel: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    until: datetime = Field(sa_type=Instant)
    since: datetime = Field(sa_type=Instant)


class InterruptionRow(SQLModel, table=True):
    """A message or a call of an alert (``key`` is its post's): whether it was told at the cost of the channel's budget
    of the day (``YYYY-MM-DD``), or exceeded that and is in the day's summary."""

    __tablename__ = "interruption"
    __table_args__ = (
        Index("ix_interruption_day", "channel", "day"),
        Index("ix_interruption_number", "number"),
        Index("ix_interruption_at", "at"),
    )

    channel: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    number: int = Field(sa_type=BigId)
    day: str
    at: datetime = Field(sa_type=Instant)
    told: bool


held = SQLModel.metadata.tables["held"]
interruption = SQLModel.metadata.tables["interruption"]
