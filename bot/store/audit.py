"""The audit trail, in the order in which it was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, select

from bot.core.audit import Deed
from bot.store.codec import dump, line
from bot.store.dialect import cut, insert_new
from bot.store.engine import Connection
from bot.store.tables.audit import audit

MOST = 10_000


def note(connection: Connection, deed: Deed, key: str | None = None) -> None:
    """Writes a line, in the transaction of what was done; the second one under a key is left out."""
    row = {
        "at": deed.at, "person": deed.person, "surface": deed.surface, "act": deed.act, "shop": deed.shop,
        "number": deed.number, "subject": cut(deed.subject), "outcome": deed.outcome, "reason": dump(deed.reason),
        "key": key,
    }  # fmt: skip
    connection.execute(insert_new(connection.dialect.name, audit), row)


def deeds(
    connection: Connection, since: datetime, person: str = "", number: int | None = None, most: int = MOST
) -> list[Deed]:
    """The newest lines since a moment, oldest first: all of them, or a person's, or those about an alert."""
    newest = select(audit).where(*_about(since, person, number)).order_by(audit.c.id.desc()).limit(most)
    found = [
        Deed(row.at, row.person, row.surface, row.act, row.shop, row.number, row.subject, row.outcome, line(row.reason))
        for row in connection.execute(newest)
    ]
    return found[::-1]


def _about(since: datetime, person: str, number: int | None) -> Iterator[ColumnElement[bool]]:
    yield audit.c.at >= since
    if person:
        yield audit.c.person == person
    if number is not None:
        yield audit.c.number == number
