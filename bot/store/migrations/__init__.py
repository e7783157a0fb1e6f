"""The schema's history. Alembic runs it; its import is heavy, so it waits until there is something to run."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0023"
"""The newest revision, named here so that an up-to-date database starts without Alembic. A test holds it true."""

FOLDER = Path(__file__).parent
_LOCK = 0x466C6F6F72


def upgrade(connection: Connection) -> None:
    """Brings the schema to HEAD within the connection's transaction.

    Two processes that start together take turns: SQLite by its write lock, PostgreSQL by a lock that ends with the
    transaction (so PgBouncer does not mind); the second finds nothing left to do.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if revision(connection) == HEAD:
        return
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """The revision that the schema is at; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def lag(connection: Connection) -> tuple[str, ...]:
    """What is wrong with the schema's version, as sentences."""
    at = revision(connection)
    if at == HEAD:
        return ()
    if at is None:
        return ("The database is empty: start the bot once, which lays out the tables.",)
    return (f"The schema is at {at}, this version of the bot needs {HEAD}: start the newer of the two once.",)
