"""What members want of the bot, by their Slack user ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog
from sqlalchemy import delete, select

from bot.core.preferences import NONE, Preferences, Profile, as_told, said_nothing
from bot.store.codec import dump, load
from bot.store.dialect import upsert
from bot.store.engine import Connection
from bot.store.tables.people import preference

log = structlog.get_logger()


def of(connection: Connection, users: Iterable[str]) -> dict[str, Preferences]:
    """The preferences of those who have said any that can be read."""
    wanted = sorted(set(users))
    if not wanted:
        return {}
    rows = connection.execute(select(preference.c.user, preference.c.body).where(preference.c.user.in_(wanted)))
    read = {row.user: _read(row.user, row.body) for row in rows}
    return {user: wishes for user, wishes in read.items() if wishes is not None}


def _read(user: str, body: str) -> Preferences | None:
    """What somebody wants must not keep messages from leaving, so what cannot be read is as if it were not there."""
    try:
        return load(Preferences, body)
    except ValueError as error:
        log.error("preferences not read", user=user, error=type(error).__name__)
        return None


def get(connection: Connection, user: str) -> Preferences:
    """A member's preferences."""
    return of(connection, (user,)).get(user, NONE)


def put(connection: Connection, user: str, wishes: Preferences, now: datetime) -> None:
    """Keeps a member's preferences in place of earlier ones. Of who wants nothing any more nothing is kept."""
    if said_nothing(wishes):
        connection.execute(delete(preference).where(preference.c.user == user))
        return
    row = {"user": user, "body": dump(wishes), "at": now}
    connection.execute(upsert(connection.dialect.name, preference, ("body", "at")), row)


def members(connection: Connection) -> tuple[str, ...]:
    """Those who have said any."""
    return tuple(connection.execute(select(preference.c.user).order_by(preference.c.user)).scalars())


def renew(connection: Connection, profiles: Mapping[str, Profile], now: datetime) -> int:
    """Has preferences follow what Slack says of their members; returns how many changed."""
    known = of(connection, profiles)
    renewed = {user: as_told(wishes, profiles[user]) for user, wishes in known.items()}
    changed = [user for user, wishes in renewed.items() if wishes != known[user]]
    for user in changed:
        put(connection, user, renewed[user], now)
    return len(changed)
