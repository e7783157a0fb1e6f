"""The table of acts that wait for a second person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.store.tables.types import BigId, Instant


class PendingRow(SQLModel, table=True):
    """An act that waits, or waited; what was entered is forgotten when it is over."""

    __tablename__ = "pending"
    __table_args__ = (Index("ix_pending_state", "state", "until"), Index("ix_pending_matter", "matter", "state"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    state: str
    matter: str
    shop: str
    subject: str
    until: datetime = Field(sa_type=Instant)
    body: str


pending = SQLModel.metadata.tables["pending"]
