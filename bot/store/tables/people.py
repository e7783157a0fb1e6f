"""What members of the workspace told of themselves."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.store.tables.types import Instant


class PreferenceRow(SQLModel, table=True):
    """A member's preferences as JSON, by their Slack user id; there is no row of whoever said none."""

    __tablename__ = "preference"

    user: str = Field(primary_key=True)
    body: str
    at: datetime = Field(sa_type=Instant)


preference = SQLModel.metadata.tables["preference"]
