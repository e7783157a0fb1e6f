"""What can be wrong with a database at start, as sentences with their remedies."""

from __future__ import annotations

from sqlalchemy import Connection, text

from bot.store import migrations

UNFINISHED_REBUILD = "rebuild unfinished"


def problems(connection: Connection) -> tuple[str, ...]:
    """Damage, a schema that is not the newest, a rebuild that was cut short; none for a sound database."""
    lag = migrations.lag(connection)
    return (*_damage(connection), *lag, *(() if lag else _unfinished(connection)))


def _damage(connection: Connection) -> tuple[str, ...]:
    if connection.dialect.name != "sqlite":
        return ()
    found = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(3)")]
    if found == ["ok"]:
        return ()
    remedy = "stop the bot, and put back the last backup with floorwalker restore"
    return (f"The database file is damaged ({found[0]}): {remedy}.",)


def _unfinished(connection: Connection) -> tuple[str, ...]:
    query = text("SELECT value FROM note WHERE name = :name")
    if not connection.execute(query, {"name": UNFINISHED_REBUILD}).scalar():
        return ()
    return ("A rebuild of the read models was cut short: run it once more before anything else.",)
