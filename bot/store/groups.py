"""Groups of alerts that share a message in a channel: who is in which, counted, and told how far."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, func, insert, or_, select, update

from bot.core.advance import REOPEN_WITHIN
from bot.core.alerts import Alert
from bot.core.groups import Group, Tally
from bot.core.money import Money
from bot.core.parts import MoneyRange
from bot.core.settings import Grouping, House
from bot.core.verdict import Severity
from bot.store import lanes
from bot.store.codec import load
from bot.store.dialect import cut, locked, upsert
from bot.store.engine import Connection
from bot.store.tables.groups import alert_group as groups
from bot.store.tables.groups import grouped
from bot.store.tables.work import alert, post

_COUNTED = ("open", "taken", "severity", "currency", "high", "low", "foreign")
_OF_ALERT = (
    select(groups)
    .where(groups.c.id.in_(select(grouped.c.group).where(grouped.c.number == bindparam("of_number"))))
    .order_by(groups.c.id)
)
_CURRENT = (
    select(groups)
    .where(
        groups.c.channel == bindparam("in_channel"),
        groups.c.name == bindparam("of_name"),
        or_(groups.c.closed_at.is_(None), groups.c.closed_at > bindparam("since")),
    )
    .order_by(groups.c.id.desc())
    .limit(1)
)
_CHANGED = update(groups).where(groups.c.id == bindparam("of_id"))
_TALLY = (
    select(
        grouped.c.open, grouped.c.taken, grouped.c.currency, func.count().label("number"),
        func.max(grouped.c.severity).label("worst"), func.sum(grouped.c.high).label("high"),
        func.sum(grouped.c.low).label("low"),
    )
    .where(grouped.c.group == bindparam("of_group"))
    .group_by(grouped.c.open, grouped.c.taken, grouped.c.currency)
)  # fmt: skip
_DEAREST = (
    select(alert.c.body)
    .join(grouped, grouped.c.number == alert.c.number)
    .where(grouped.c.group == bindparam("of_group"))
    .order_by(
        grouped.c.open.desc(), grouped.c.high.is_(None), grouped.c.foreign, grouped.c.currency,
        grouped.c.high.desc(), grouped.c.severity.desc(), grouped.c.number,
    )
    .limit(bindparam("most"))
)  # fmt: skip
_DEAREST_TOLD = _DEAREST.where(grouped.c.call == bindparam("by_call"), grouped.c.open.is_(True))
_TOLD_BY_POSTS = select(func.count()).where(
    post.c.channel == bindparam("in_channel"), post.c.created_at > bindparam("since"), post.c.alert.is_not(None),
    post.c.state != "dropped",
)  # fmt: skip
_TOLD_IN_GROUPS = select(func.count()).where(
    grouped.c.channel == bindparam("in_channel"), grouped.c.joined_at > bindparam("since")
)
_LATELY = select(_TOLD_BY_POSTS.scalar_subquery() + _TOLD_IN_GROUPS.scalar_subquery())


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """A group of a channel as it is kept: see ``GroupRow``."""

    id: int
    channel: str
    group: Group
    call: int
    worst: Severity
    opened_at: datetime
    closed_at: datetime | None

    @property
    def key(self) -> str:
        """The key of its message's post."""
        return f"group/{self.id}"

    @property
    def call_key(self) -> str:
        """The key of the post of its call."""
        return f"{self.key}/call-{self.call}"

    @property
    def telling_key(self) -> str:
        """The key of the post that tells of what is new in it: its message, or its call."""
        return self.call_key if self.call else self.key

    @property
    def before_key(self) -> str:
        """The key of the post by which people heard of the group before that."""
        return f"{self.key}/call-{self.call - 1}" if self.call > 1 else self.key


def of_alert(connection: Connection, number: int) -> dict[str, Grouped]:
    """The groups that an alert is in, by channel, their rows locked."""
    found = connection.execute(locked(connection, _OF_ALERT), {"of_number": number}).mappings()
    return {row["channel"]: _grouped(row) for row in found}


def current(connection: Connection, channel: str, group: Group, now: datetime) -> Grouped:
    """The channel's group of that name, its row locked: the one that stands, or did a moment ago, or else a new one."""
    query = locked(connection, _CURRENT)
    names = {"in_channel": channel, "of_name": cut(group.name), "since": now - REOPEN_WITHIN}
    found = connection.execute(query, names).mappings().first()
    if found is None:
        # Nobody else begins a group there until this one is known; it may have been begun just now.
        lanes.wait(connection, f"group/{channel}")
        found = connection.execute(query, names).mappings().first()
    return _grouped(found or _begun(connection, channel, group, now))


def _begun(connection: Connection, channel: str, group: Group, now: datetime) -> RowMapping:
    grouping = group.grouping
    row = {
        "channel": channel, "name": cut(group.name), "labels": json.dumps(group.labels), "call": 0,
        "worst": int(Severity.LOW), "wait": grouping.wait.total_seconds(), "every": grouping.interval.total_seconds(),
        "again": grouping.repeat.total_seconds() if grouping.repeat else None, "opened_at": now,
        "remind_at": now + grouping.repeat if grouping.repeat else None,
    }  # fmt: skip
    return connection.execute(insert(groups).values(**row).returning(groups)).mappings().one()


def put(connection: Connection, within: Grouped, alert: Alert, call: int | None, house: House, now: datetime) -> None:
    """Notes how an alert stands in its group; ``call`` is the one that tells of it, None for whichever did."""
    cost = alert.fire.cost.amount if alert.fire.cost else None
    shop = house.shops.get(alert.shop)
    row = {
        "channel": within.channel, "number": alert.number, "group": within.id, "joined_at": now, "call": call or 0,
        "open": alert.state != "resolved", "taken": alert.holder.person is not None, "severity": int(alert.severity),
        "currency": cost.high.currency if cost else "", "high": cost.high.minor if cost else None,
        "low": cost.low.minor if cost else None,
        "foreign": cost is not None and (shop is None or cost.high.currency != shop.currency),
    }  # fmt: skip
    changed = ("call", *_COUNTED) if call is not None else _COUNTED
    connection.execute(upsert(connection.dialect.name, grouped, changed), row)


def leave(connection: Connection, within: Grouped, number: int) -> None:
    """The alert is not in the group any more."""
    connection.execute(delete(grouped).where(grouped.c.channel == within.channel, grouped.c.number == number))


def end(connection: Connection, within: Grouped) -> None:
    """There is no such group any more."""
    connection.execute(delete(groups).where(groups.c.id == within.id))


def turned(connection: Connection, within: Grouped) -> Grouped:
    """The group at its next call."""
    turned = replace(within, call=within.call + 1)
    _set(connection, turned, call=turned.call)
    return turned


def worst(connection: Connection, within: Grouped, severity: Severity) -> None:
    """Notes the worst that people were called for."""
    if severity != within.worst:
        _set(connection, within, worst=int(severity))


def stands(connection: Connection, within: Grouped, closed_at: datetime | None, now: datetime) -> None:
    """Notes that nothing in the group stands since a moment, or, for None, that something does again."""
    repeat = within.group.grouping.repeat
    if closed_at is not None and within.closed_at is None:
        _set(connection, within, closed_at=closed_at, remind_at=None)
    elif closed_at is None and within.closed_at is not None:
        _set(connection, within, closed_at=None, remind_at=now + repeat if repeat else None)


def _set(connection: Connection, within: Grouped, **values: Any) -> None:
    connection.execute(_CHANGED, values | {"of_id": within.id})


def tally(connection: Connection, within: Grouped) -> Tally:
    """The group's alerts counted."""
    rows = connection.execute(_TALLY, {"of_group": within.id}).all()
    standing = [row for row in rows if row.open]
    return Tally(
        standing=sum(row.number for row in standing),
        taken=sum(row.number for row in standing if row.taken),
        over=sum(row.number for row in rows if not row.open),
        worst=Severity(max((row.worst for row in standing or rows), default=1)),
        at_risk=_at_risk(standing),
    )


def _at_risk(rows: Sequence[Any]) -> tuple[MoneyRange, ...]:
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.currency:
            low, high = found.get(row.currency, (0, 0))
            found[row.currency] = low + int(row.low), high + int(row.high)
    return tuple(MoneyRange(Money(low, name), Money(high, name)) for name, (low, high) in sorted(found.items()))


def dearest(connection: Connection, within: Grouped, most: int, call: int | None = None) -> list[Alert]:
    """The group's alerts, those that stand first, then the dearest; with ``call`` the open ones that it tells of.

    Amounts of different currencies are not compared: those in the shop's own come first, then currency by currency.
    """
    query = _DEAREST if call is None else _DEAREST_TOLD
    names = {"of_group": within.id, "most": most} | ({} if call is None else {"by_call": call})
    return [load(Alert, body) for body in connection.execute(query, names).scalars()]


def told_in(connection: Connection, within: Grouped) -> int:
    """How many alerts that stand the group's call tells of."""
    mine = (grouped.c.group == within.id, grouped.c.call == within.call, grouped.c.open.is_(True))
    return connection.execute(select(func.count()).where(*mine)).scalar_one()


def lately(connection: Connection, channel: str, since: datetime) -> int:
    """How often a channel was told of alerts since a moment: by a message, by a call for one, or by one more in a
    group."""
    found: int = connection.execute(_LATELY, {"in_channel": channel, "since": since}).scalar_one()
    return found


def to_remind(connection: Connection, now: datetime) -> list[Grouped]:
    """The groups of which people are to be told by now that they still stand; whoever asks tells them, and nobody else
    is asked to before it is time again."""
    query = select(groups).where(groups.c.remind_at <= now, groups.c.closed_at.is_(None)).order_by(groups.c.id)
    found = [_grouped(row) for row in connection.execute(locked(connection, query, skip=True)).mappings()]
    for within in found:
        repeat = within.group.grouping.repeat
        _set(connection, within, remind_at=now + repeat if repeat else None)
    return found


def _grouped(row: RowMapping) -> Grouped:
    labels = tuple((label, value) for label, value in json.loads(row["labels"]))
    grouping = Grouping(
        tuple(label for label, _ in labels),
        timedelta(seconds=row["wait"]),
        timedelta(seconds=row["every"]),
        timedelta(seconds=row["again"]) if row["again"] is not None else None,
    )
    return Grouped(
        id=row["id"], channel=row["channel"], group=Group(row["name"], labels, grouping), call=row["call"],
        worst=Severity(row["worst"]), opened_at=row["opened_at"],
        closed_at=row["closed_at"],
    )  # fmt: skip
