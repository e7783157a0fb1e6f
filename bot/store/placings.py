"""Where each department's view of an alert goes, by which route, and what keeps it from being shown: asked why, this is
read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select, tuple_

from bot.core.known import PlaceLine
from bot.core.routes import Routed, Unshown
from bot.store.dialect import upsert
from bot.store.engine import Connection
from bot.store.tables.work import placing as placings


def note(
    connection: Connection, number: int, places: tuple[Routed | Unshown, ...], muted: Mapping[str, str], now: datetime
) -> None:
    """Writes down where the departments' views go now, in place of where they went before; ``muted`` says by channel
    what keeps the alert from being shown there."""
    rows = [_row(place, muted) | {"number": number, "at": now} for place in places]
    if rows:
        now_there = tuple_(placings.c.department, placings.c.channel).in_(
            [(row["department"], row["channel"]) for row in rows]
        )
        moved = placings.c.department.in_({row["department"] for row in rows}) & ~now_there
        connection.execute(delete(placings).where(placings.c.number == number, moved))
        connection.execute(upsert(connection.dialect.name, placings, ("reason", "muted", "at")), rows)


def _row(place: Routed | Unshown, muted: Mapping[str, str]) -> dict[str, object]:
    channel = place.channel if isinstance(place, Routed) else ""
    return {
        "department": place.department, "channel": channel, "reason": place.reason, "muted": muted.get(channel, ""),
    }  # fmt: skip


def of_alert(connection: Connection, number: int) -> tuple[PlaceLine, ...]:
    """The places of an alert, by department and channel."""
    query = select(placings).where(placings.c.number == number).order_by(placings.c.department, placings.c.channel)
    return tuple(
        PlaceLine(row["department"], row["channel"], row["reason"], row["muted"], row["at"])
        for row in connection.execute(query).mappings()
    )
