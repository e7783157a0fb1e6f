"""Tables of the way between the platforms and us: polls, deliveries by the hour, and how sound each aspect is."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.store.tables.types import BigId, Instant


class PollRow(SQLModel, table=True):
    """Where a stream of a source stands.

    Whoever runs it holds a lease until ``lease_until`` and knows ``epoch``, which grows with each run. ``complete`` is
    False until the first run came to its end, ``bodies`` counts what was heard so far, ``failures`` how many runs in a
    row went wrong, and ``told`` says that somebody was told that they do.
    """

    __tablename__ = "poll"

    shop: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    cursor: str = ""
    due: datetime = Field(sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    epoch: int = 0
    complete: bool = False
    bodies: int = Field(default=0, sa_type=BigId)
    failures: int = 0
    told: bool = False
    last_ok: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str = ""


class HeardHour(SQLModel, table=True):
    """How many webhook deliveries a source sent in an hour (counted from 1970, UTC); without shop and source, in
    which of its quarters the bot was up, a bit each."""

    __tablename__ = "heard_hour"

    shop: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    deliveries: int


class SourceAspect(SQLModel, table=True):
    """Whether one aspect of the way between a platform and us is sound, and since when it is so."""

    __tablename__ = "source_aspect"

    shop: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    aspect: str = Field(primary_key=True)
    sound: bool
    note: str | None = None
    since: datetime = Field(sa_type=Instant)
    at: datetime = Field(sa_type=Instant)
    rank: int


poll = SQLModel.metadata.tables["poll"]
heard_hour = SQLModel.metadata.tables["heard_hour"]
source_aspect = SQLModel.metadata.tables["source_aspect"]
