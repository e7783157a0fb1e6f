"""Tables of what Slack refuses: channels that take no messages, what was diverted or missed, and the pace of calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.store.tables.types import Instant


class DestinationRow(SQLModel, table=True):
    """A channel that takes no messages now. ``trial`` is the post it is being tried with, "" between two trials."""

    __tablename__ = "destination"

    channel: str = Field(primary_key=True)
    reason: str
    since: datetime = Field(sa_type=Instant)
    probe_at: datetime = Field(sa_type=Instant)
    trial: str = ""


class DivertedRow(SQLModel, table=True):
    """A post whose content is shown in another channel, and the version that is."""

    __tablename__ = "diverted"

    post: str = Field(primary_key=True)
    channel: str
    wanted: int


class MissedRow(SQLModel, table=True):
    """A post that ended unseen while nothing could be shown. ``summary`` is the key of the post that tells of it."""

    __tablename__ = "missed"
    __table_args__ = (Index("ix_missed_channel", "channel", "at"),)

    post: str = Field(primary_key=True)
    channel: str
    at: datetime = Field(sa_type=Instant)
    summary: str = ""


class RateRow(SQLModel, table=True):
    """The pace of a Slack method, or of one channel: when the bucket of its calls is full again, until when it is
    closed."""

    __tablename__ = "rate"

    name: str = Field(primary_key=True)
    full_at: datetime = Field(sa_type=Instant)
    closed_until: datetime = Field(sa_type=Instant)


_tables = SQLModel.metadata.tables
destination = _tables["destination"]
diverted = _tables["diverted"]
missed = _tables["missed"]
rate = _tables["rate"]
