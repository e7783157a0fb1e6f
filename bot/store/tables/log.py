"""Tables of what came in: raw deliveries, when each source was last heard, and the event log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.types import BigId, Instant


class Inbox(SQLModel, table=True):
    """A delivery as it came in. ``digest`` is the hash that makes a repeat of the same body one delivery.

    ``lane`` is the queue in which it waits (a shop's, or Slack's); ``outcome`` is "waiting" until it is finished.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("shop", "source", "key", name="uq_inbox_key"),
        UniqueConstraint("shop", "source", "digest", name="uq_inbox_digest"),
        Index("ix_inbox_outcome", "outcome", "lane", "id"),
        Index("ix_inbox_received", "received"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    shop: str
    source: str
    key: str
    digest: bytes = Field(sa_type=LargeBinary)
    lane: str
    received: datetime = Field(sa_type=Instant)
    headers: str
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
    attempts: int = 0
    outcome: str = "waiting"
    note: str = ""


class Heard(SQLModel, table=True):
    """When each source of each shop was last heard."""

    __tablename__ = "heard"

    shop: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    last: datetime = Field(sa_type=Instant)


class EventRow(SQLModel, table=True):
    """The event log. Its unique key is at the same time the index by which facts are counted.

    ``seen`` is when a poll last found that it still holds, where one has; ``first_look`` when the first look at its
    platform found it, where that is how it came.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("shop", "kind", "subject", "at", "key", name="uq_event_telling"),
        Index("ix_event_at", "at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    shop: str
    kind: str
    subject: str
    at: datetime = Field(sa_type=Instant)
    key: str
    day: str
    body: str
    seen: datetime | None = Field(default=None, sa_type=Instant)
    first_look: datetime | None = Field(default=None, sa_type=Instant)


inbox = SQLModel.metadata.tables["inbox"]
heard = SQLModel.metadata.tables["heard"]
event = SQLModel.metadata.tables["event"]
