"""Where each department's view of an alert goes, by which route, and what keeps it from being shown: asked why, this is
read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from bot.core.known import PlaceLine
from bot.core.routes import Routed, Unshown
from bot.store.dialect import upsert
from bot.store.engine import Connection
from bot.store.tables.work import placing as placings


def note(
    connection: Connection, number: int, places: tuple[Routed | Unshown, ...], muted: Mapping[str, str], now: datetime
) -> None:
    """Writes down the places as they are now; ``muted`` says by channel what keeps the alert from being shown there."""
    rows = [_row(place, muted) | {"number": number, "at": now} for place in places]
    if rows:
        connection.execute(upsert(connection.dialect.name, placings, ("channel", "reason", "muted", "at")), rows)


def _row(place: Routed | Unshown, muted: Mapping[str, str]) -> dict[str, object]:
    channel = place.channel if isinstance(place, Routed) else ""
    return {
        "department": place.department, "channel": channel, "reason": place.reason, "muted": muted.get(channel, ""),
    }  # fmt: skip


def of_alert(connection: Connection, number: int) -> tuple[PlaceLine, ...]:
    """The places of an alert, by department."""
    query = select(placings).where(placings.c.number == number).order_by(placings.c.department)
    return tuple(
        PlaceLine(row["department"], row["channel"], row["reason"], row["muted"], row["at"])
        for row in connection.execute(query).mappings()
    )
