"""Where each department's view of an alert goes, by which route, and what keeps it from being shown: asked why, this is
read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from bot.core.known import PlaceLine
from bot.core.routes import Routed, Unshown
from bot.store.dialect import upsert
from bot.store.engine import Connection
from bot.store.tables.work import placing as placings

_OF_ALERT = (
    select(placings)
    .where(placings.c.number == bindparam("of_number"))
    .order_by(placings.c.department, placings.c.channel)
)
_MOVED = delete(placings).where(
    placings.c.number == bindparam("of_number"),
    placings.c.department == bindparam("from_department"),
    placings.c.channel == bindparam("from_channel"),
)


def note(
    connection: Connection, number: int, places: tuple[Routed | Unshown, ...], muted: Mapping[str, str], now: datetime
) -> None:
    """Writes down where the departments' views go now, in place of where they went before; ``muted`` says by channel
    what keeps the alert from being shown there. What is the same as before stays as it was written."""
    if not places:
        return
    before = {(line.department, line.channel): (line.route, line.muted) for line in of_alert(connection, number)}
    after = {_place(place): (place.reason, muted.get(_place(place)[1], "")) for place in places}
    departments = {place.department for place in places}
    moved = [there for there in before if there[0] in departments and there not in after]
    if moved:
        names = [{"of_number": number, "from_department": there[0], "from_channel": there[1]} for there in moved]
        connection.execute(_MOVED, names)
    rows = [
        {"number": number, "department": there[0], "channel": there[1], "reason": why[0], "muted": why[1], "at": now}
        for there, why in after.items()
        if before.get(there) != why
    ]
    if rows:
        connection.execute(upsert(connection.dialect.name, placings, ("reason", "muted", "at")), rows)


def _place(place: Routed | Unshown) -> tuple[str, str]:
    """Department and channel, "" for none."""
    return place.department, place.channel if isinstance(place, Routed) else ""


def of_alert(connection: Connection, number: int) -> tuple[PlaceLine, ...]:
    """The places of an alert, by department and channel."""
    return tuple(
        PlaceLine(row["department"], row["channel"], row["reason"], row["muted"], row["at"])
        for row in connection.execute(_OF_ALERT, {"of_number": number}).mappings()
    )
