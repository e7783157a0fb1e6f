"""Every table of the store; importing this package makes the schema known as a whole."""

from __future__ import annotations

from sqlmodel import SQLModel

from bot.store.tables import agreement, asking, audit, groups, held, log, people, shop, trouble, work

METADATA = SQLModel.metadata

__all__ = ["METADATA", "agreement", "asking", "audit", "groups", "held", "log", "people", "shop", "trouble", "work"]
