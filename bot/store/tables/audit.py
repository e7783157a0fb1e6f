"""The table of what people did and tried."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.store.tables.types import BigId, Instant


class AuditRow(SQLModel, table=True):
    """A line of the audit trail: written once and never changed, save where a wish to forget renames an order.

    ``key`` is what must not be written twice, where something may be carried out again after a crash.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_number", "number"),
        Index("ix_audit_person", "person", "at"),
        Index("uq_audit_key", "key", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    at: datetime = Field(sa_type=Instant)
    person: str
    surface: str
    act: str
    shop: str
    number: int | None = Field(default=None, sa_type=BigId)
    subject: str
    outcome: str
    reason: str
    key: str | None = None


audit = SQLModel.metadata.tables["audit"]
