"""What spares people interruptions: alerts held by quiet hours, and what the budgets were spent on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update

from bot.core.alerts import Alert
from bot.store import lanes
from bot.store.codec import load
from bot.store.dialect import upsert
from bot.store.engine import Connection
from bot.store.tables.held import held, interruption
from bot.store.tables.work import alert, post

LOOKED_AT_WITHIN = timedelta(hours=4)
"""So long after the end of its hold a post waits to be looked at again; should nobody do that, it leaves as it is."""

THIRTEEN_MONTHS = timedelta(days=396)

_RELEASED = delete(held).where(held.c.channel == bindparam("in_channel"), held.c.number == bindparam("of_number"))
_SPENT = select(interruption.c.day, interruption.c.told).where(
    interruption.c.channel == bindparam("in_channel"), interruption.c.key == bindparam("under")
)
_SUMMARIES = (
    select(interruption.c.channel, interruption.c.day)
    .where(interruption.c.number == bindparam("of_number"), interruption.c.told.is_(False))
    .distinct()
    .order_by(interruption.c.channel, interruption.c.day)
)


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that a channel is not told of before ``until`` (aware UTC), and since when."""

    channel: str
    number: int
    until: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Spent:
    """Whether a message or a call was told at the cost of a day's budget, or is in that day's summary."""

    day: date
    told: bool


# Quiet hours.


def hold(connection: Connection, channel: str, number: int, until: datetime, now: datetime) -> None:
    """Notes that quiet hours hold an alert."""
    row = {"channel": channel, "number": number, "until": until, "since": now}
    connection.execute(upsert(connection.dialect.name, held, ("until",)), row)


def look_first(connection: Connection, channel: str, number: int, until: datetime) -> None:
    """Has an alert's post that is held until then wait for the look at it, by which it is shown or taken back. To be
    called after the post is wanted, in the same transaction."""
    waits = (post.c.channel == channel, post.c.alert == number, post.c.thread == "", post.c.ts.is_(None))
    statement = update(post).where(*waits, post.c.state == "wanted", post.c.due_at == until)
    connection.execute(statement.values(look_at=until + LOOKED_AT_WITHIN))


def release(connection: Connection, channel: str, number: int) -> None:
    """The channel is told of the alert, or was told what became of it."""
    connection.execute(_RELEASED, {"in_channel": channel, "of_number": number})


def of_channels(connection: Connection) -> dict[str, list[Held]]:
    """All that is held, by channel."""
    found: dict[str, list[Held]] = {}
    for row in connection.execute(select(held).order_by(held.c.channel, held.c.number)).mappings():
        found.setdefault(row["channel"], []).append(Held(**row))
    return found


def of_channel(connection: Connection, channel: str) -> list[Held]:
    """What a channel holds."""
    query = select(held).where(held.c.channel == channel).order_by(held.c.number)
    return [Held(**row) for row in connection.execute(query).mappings()]


def shops_of(connection: Connection, channel: str) -> list[str]:
    """The shops of the alerts that a channel holds."""
    query = select(alert.c.shop).join(held, held.c.number == alert.c.number).where(held.c.channel == channel)
    return list(connection.execute(query.distinct().order_by(alert.c.shop)).scalars())


def find(connection: Connection, channel: str, number: int) -> Held | None:
    """How a channel holds an alert, if it does."""
    query = select(held).where(held.c.channel == channel, held.c.number == number)
    found = connection.execute(query).mappings().first()
    return Held(**found) if found is not None else None


# Budgets.


def spending(connection: Connection, channel: str, day: date) -> int:
    """How much of a channel's budget is spent on a day. Until the write transaction ends nobody else can spend any."""
    lanes.wait(connection, f"budget/{channel}")
    query = select(func.count()).where(
        interruption.c.channel == channel, interruption.c.day == day.isoformat(), interruption.c.told
    )
    return connection.execute(query).scalar_one()


def spent(connection: Connection, channel: str, key: str) -> Spent | None:
    """What was noted of a message or a call; None where nothing was."""
    row = connection.execute(_SPENT, {"in_channel": channel, "under": key}).first()
    return Spent(date.fromisoformat(row.day), row.told) if row is not None else None


def note(connection: Connection, channel: str, key: str, number: int, spent: Spent, now: datetime) -> None:
    """Notes that it was told, or that it is in the summary, in place of what was noted of it before. What is older than
    thirteen months is forgotten."""
    long_ago = interruption.c.at < now - THIRTEEN_MONTHS
    connection.execute(delete(interruption).where(interruption.c.channel == channel, long_ago))
    row = {
        "channel": channel, "key": key, "number": number, "day": spent.day.isoformat(), "at": now, "told": spent.told,
    }  # fmt: skip
    connection.execute(upsert(connection.dialect.name, interruption, ("number", "day", "at", "told")), row)


def forget(connection: Connection, channel: str, key: str) -> None:
    """It interrupts nobody, or needs no budget."""
    connection.execute(delete(interruption).where(interruption.c.channel == channel, interruption.c.key == key))


def summaries_of(connection: Connection, number: int) -> list[tuple[str, date]]:
    """The channels and days in whose summaries an alert is."""
    found = connection.execute(_SUMMARIES, {"of_number": number})
    return [(row.channel, date.fromisoformat(row.day)) for row in found]


def summarised(connection: Connection, channel: str, day: date) -> list[Alert]:
    """The alerts that are in a day's summary."""
    numbers = select(interruption.c.number).where(
        interruption.c.channel == channel, interruption.c.day == day.isoformat(), interruption.c.told.is_(False)
    )
    query = select(alert.c.body).where(alert.c.number.in_(numbers)).order_by(alert.c.number)
    return [load(Alert, body) for body in connection.execute(query).scalars()]
