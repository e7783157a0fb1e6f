"""Disputes as last told."""

from __future__ import annotations

from bot.core.events import DisputeChanged
from bot.store.dialect import insert_new, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.tables.shop import dispute

_RANKS = {"open": 0, "answered": 1, "closed": 2, "won": 3, "lost": 3}


@applies(DisputeChanged)
def tell(connection: Connection, event: DisputeChanged, telling: Telling) -> None:
    """Keeps the dispute's newest state."""
    row = {
        "shop": event.shop, "dispute": event.dispute, "minor": event.amount.minor, "currency": event.amount.currency,
        "reason": event.reason.text, "status": event.status, "due": event.due, "order": event.order,
        "provider": event.provider, "open": event.status == "open", "at": event.at, "rank": _RANKS[event.status],
    }  # fmt: skip
    if connection.execute(insert_new(connection.dialect.name, dispute), row).rowcount == 1:
        telling.turned.add("disputed")
        return
    telling.fresh = connection.execute(upsert_newer(connection.dialect.name, dispute), row).rowcount == 1
