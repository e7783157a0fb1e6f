"""Carries out what people may ask about themselves: tells what is kept, forgets a customer's orders, forgets a shop.

What was forgotten leaves a mark (a hash) for 45 days, by which a late delivery about it is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, false, func, or_, select, update

from bot.core.advance import REOPEN_WITHIN
from bot.core.alerts import Alert
from bot.core.message import Message
from bot.core.parts import say
from bot.core.privacy import REMOVED, STAYS_FORGOTTEN, Carried, PrivacyAsked, mark, renamed
from bot.core.subject import Subject
from bot.core.verdict import Fire
from bot.store import notes, posts
from bot.store.codec import dump, load
from bot.store.dialect import cut, holds
from bot.store.engine import Connection, StoreDown
from bot.store.tables import shop as shops
from bot.store.tables.agreement import pending
from bot.store.tables.asking import heard_hour, poll, source_aspect
from bot.store.tables.audit import audit
from bot.store.tables.groups import alert_group, grouped
from bot.store.tables.log import event, heard, inbox
from bot.store.tables.work import alert, alert_log, decision, note, placing, post, silence

_FORGOTTEN = "forgotten/"
_READ_MODELS = (
    shops.item, shops.item_group, shops.sku, shops.stock_level, shops.location_name, shops.inbound, shops.orders,
    shops.order_line, shops.receivable, shops.dispute, shops.payout, shops.campaign, shops.campaign_sku,
    shops.campaign_telling, shops.campaign_group, shops.daily_total,
)  # fmt: skip
# Columns that hold an order's id or number and nothing else.
_PLAIN: Sequence[tuple[Table, tuple[str, ...]]] = (
    (shops.orders, ("order", "number")),
    (shops.order_line, ("order",)),
    (shops.receivable, ("reference", "number")),
    (shops.dispute, ("order",)),
    (silence, ("subject",)),
    (audit, ("subject",)),
)
# Tables with columns of JSON in which an order may be named, and with the plain ones beside them.
_TEXTS: Sequence[tuple[Table, tuple[str, ...], tuple[str, ...]]] = (
    (event, ("body",), ("subject", "key")),
    (alert, ("body",), ("subject",)),
    (decision, ("reason", "facts"), ("subject",)),
    (alert_log, ("reason", "facts"), ()),
    (audit, ("reason",), ()),
    (pending, ("body",), ("subject",)),
)


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish with all that is needed to carry it out. ``name`` is how it is called here ("forgotten-17")."""

    asked: PrivacyAsked
    name: str
    now: datetime
    reports: Path


def carry_out(connection: Connection, wished: Wished) -> Carried:
    """Does what was asked, in the caller's transaction. Raises StoreDown when a report cannot be written."""
    match wished.asked.wish:
        case "report":
            return _report(connection, wished)
        case "forget_customer":
            return _forget_customer(connection, wished)
        case _:
            return _forget_shop(connection, wished)


# What was forgotten.


def forgotten(connection: Connection, shop: str, now: datetime) -> frozenset[str]:
    """The marks of what was forgotten in a shop and is not to come back yet."""
    query = select(note.c.name, note.c.value).where(note.c.name.startswith(_prefix(shop), autoescape=True))
    return frozenset(
        row.name.removeprefix(_prefix(shop)) for row in connection.execute(query) if row.value > now.isoformat()
    )


def unmark(connection: Connection, now: datetime) -> int:
    """Forgets marks whose time is over; returns how many."""
    over = note.c.name.startswith(_FORGOTTEN, autoescape=True) & (note.c.value <= now.isoformat())
    return connection.execute(delete(note).where(over)).rowcount


def empty(connection: Connection, delivery: int) -> None:
    """Empties the raw body of one delivery."""
    connection.execute(update(inbox).where(inbox.c.id == delivery).values(body=None, headers="{}"))


def _prefix(shop: str) -> str:
    return f"{_FORGOTTEN}{shop}/"


def _remember(connection: Connection, shop: str, names: Iterable[str], now: datetime) -> None:
    until = (now + STAYS_FORGOTTEN).isoformat()
    for name in names:
        notes.put(connection, _prefix(shop) + mark(shop, name), until)


# Telling.


def _report(connection: Connection, wished: Wished) -> Carried:
    """Everything that is kept about the orders, as one file of JSON that only we may read."""
    asked = wished.asked
    names = _numbers(connection, asked.shop, asked.orders)
    rows = [dict(row) for row in _orders(connection, asked.shop, asked.orders)]
    told = _events_naming(connection, asked.shop, names)
    raw = _raw(connection, asked.shop, [*asked.orders, *asked.people])
    report = {
        "asked": wished.now, "shop": asked.shop, "orders": rows, "events": told,
        "raw_deliveries": [{"source": row.source, "received": row.received} for row in raw],
    }  # fmt: skip
    file = _written(wished.reports / f"{wished.name}.json", report)
    return Carried(len(rows), len(raw), len(told), file=file)


def _events_naming(connection: Connection, shop: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """The events that name an order. The database finds a name within a longer one as well, which is another's."""
    others = dict.fromkeys(names, "")
    found = connection.execute(select(event).where(event.c.shop == shop, _names(event, ("body",), others)))
    bodies = ((row, json.loads(row.body)) for row in found)
    return [{"kind": row.kind, "at": row.at, **body} for row, body in bodies if renamed(body, others) != body]


def _written(file: Path, report: Mapping[str, Any]) -> str:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(report, indent=2, default=str, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise StoreDown(f"the report {file} cannot be written: {error.strerror}") from None
    return str(file)


def _orders(connection: Connection, shop: str, orders: Sequence[str]) -> Sequence[Any]:
    query = select(shops.orders).where(shops.orders.c.shop == shop, shops.orders.c.order.in_(orders))
    return connection.execute(query).mappings().all()


def _numbers(connection: Connection, shop: str, orders: Sequence[str]) -> list[str]:
    """The orders' ids, and the numbers by which people know those of them that were told."""
    return [*orders, *(row["number"] for row in _orders(connection, shop, orders))]


# Forgetting a customer.


def _forget_customer(connection: Connection, wished: Wished) -> Carried:
    asked = wished.asked
    known = _orders(connection, asked.shop, asked.orders)
    names = {order: f"{wished.name}-{place}" for place, order in enumerate(asked.orders)}
    names |= {row["number"]: names[row["order"]] for row in known}
    bodies = _empty_raw(connection, asked.shop, [*names, *asked.people])
    affected = _alerts_naming(connection, asked.shop, names)
    messages, left = _rename_messages(connection, asked.shop, names, affected, wished.now)
    records = sum(
        _rename_texts(connection, asked.shop, table, json_in, plain, names) for table, json_in, plain in _TEXTS
    )
    records += sum(_rename_plain(connection, asked.shop, table, columns, names) for table, columns in _PLAIN)
    records += _rename_groups(connection, names)
    _remember(connection, asked.shop, [*names, *asked.people], wished.now)
    return Carried(len(known), bodies, records, messages, left)


def _raw(connection: Connection, shop: str, names: Iterable[str]) -> Sequence[Any]:
    """Deliveries that are dealt with and whose raw body holds one of the names. Those that wait are seen to later."""
    pieces = [name.encode() for name in names if len(name) > 3]
    if not pieces:
        return ()
    found = or_(*(holds(connection.dialect.name, inbox.c.body, piece) for piece in pieces))
    query = select(inbox.c.id, inbox.c.source, inbox.c.received)
    return connection.execute(query.where(inbox.c.shop == shop, inbox.c.outcome != "waiting", found)).all()


def _empty_raw(connection: Connection, shop: str, names: Iterable[str]) -> int:
    found = _raw(connection, shop, names)
    for row in found:
        empty(connection, row.id)
    return len(found)


def _rename_plain(
    connection: Connection, shop: str, table: Table, columns: tuple[str, ...], names: Mapping[str, str]
) -> int:
    changed = 0
    for column in columns:
        for name, other in names.items():
            mine = (table.c.shop == shop) & (table.c[column] == name)
            changed += connection.execute(update(table).where(mine).values({column: other})).rowcount
    return changed


def _rename_texts(
    connection: Connection,
    shop: str,
    table: Table,
    texts: tuple[str, ...],
    plain: tuple[str, ...],
    names: Mapping[str, str],
) -> int:
    mine = _of_shop(connection, table, shop) & _names(table, (*texts, *plain), names)
    changed = 0
    for row in connection.execute(select(table).where(mine)).mappings().all():
        new = {name: names.get(row[name], row[name]) for name in plain}
        new |= {name: _rewritten(row[name], names) for name in texts}
        if any(new[name] != row[name] for name in new):
            key = [column == row[column.name] for column in table.primary_key]
            changed += connection.execute(update(table).where(*key).values(new)).rowcount
    return changed


def _rename_groups(connection: Connection, names: Mapping[str, str]) -> int:
    """What the alerts of a group have in common may be an order. Under its new name no alert joins it any more."""
    found = connection.execute(select(alert_group).where(_names(alert_group, ("labels",), names))).mappings().all()
    for row in found:
        values = {"labels": _rewritten(row["labels"], names), "name": f"renamed/{row['id']}"}
        connection.execute(update(alert_group).where(alert_group.c.id == row["id"]).values(values))
    return len(found)


def _of_shop(connection: Connection, table: Table, shop: str) -> ColumnElement[bool]:
    if "shop" in table.c:
        return table.c.shop == shop
    return table.c.number.in_(select(alert.c.number).where(alert.c.shop == shop))


def _names(table: Table, columns: Iterable[str], names: Iterable[str]) -> ColumnElement[bool]:
    """Rows that hold one of the names, as it is written within JSON or as it is stored plain."""
    spelt = {form for name in names for form in (json.dumps(name, ensure_ascii=False)[1:-1], cut(name))}
    return or_(false(), *(table.c[column].contains(form, autoescape=True) for column in columns for form in spelt))


def _rewritten(text: str, names: Mapping[str, str]) -> str:
    return text and json.dumps(renamed(json.loads(text), names), ensure_ascii=False, separators=(",", ":"))


def _alerts_naming(connection: Connection, shop: str, names: Iterable[str]) -> set[int]:
    query = select(alert.c.number).where(alert.c.shop == shop, _names(alert, ("body", "subject"), names))
    return set(connection.execute(query).scalars())


def _rename_messages(
    connection: Connection, shop: str, names: Mapping[str, str], affected: set[int], now: datetime
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Messages in Slack are edited by what is wanted of them from now on. The text of an old one is here no more, so a
    person has to look at it."""
    changed = 0
    left: list[tuple[str, str]] = []
    for row in _messages(connection, shop):
        if row.message is None:
            left += [(row.channel, row.ts)] if row.alert in affected and row.ts else []
            continue
        new = _rewritten(row.message, names)
        if json.loads(new) != json.loads(row.message):
            changed += 1
            _replace(connection, row, load(Message, new), now)
    return changed, tuple(left)


def _messages(connection: Connection, shop: str) -> list[Any]:
    """The posts of a shop: those of its alerts, its digests, and what came of them elsewhere."""
    columns = (
        post.c[name] for name in ("id", "channel", "key", "state", "ts", "thread", "urgency", "alert", "message")
    )
    found = connection.execute(select(*columns)).all()
    numbers = set(connection.execute(select(alert.c.number).where(alert.c.shop == shop)).scalars())
    copies = {f"diverted/{row.id}" for row in found if row.alert in numbers or _is_digest(row.key, shop)}
    return [row for row in found if row.alert in numbers or _is_digest(row.key, shop) or row.key in copies]


def _is_digest(key: str, shop: str) -> bool:
    """A digest of the shop, or what tells of several alerts, which may name any shop's goods: a day's summary of what
    was too much for a channel, and a group."""
    return key.startswith(("budget/", "group/")) or (key.startswith("digest/") and f"/{shop}/" in key)


def _replace(connection: Connection, row: Any, message: Message, now: datetime) -> None:
    if row.state == "dropped":
        connection.execute(update(post).where(post.c.id == row.id).values(message=dump(message)))
    else:
        posts.want(connection, row.channel, row.key, message, urgency=row.urgency, now=now, thread=row.thread)


# Forgetting a shop.


def _blank_groups(connection: Connection, now: datetime) -> int:
    """What groups of which no alert is left had in common is forgotten, and no alert joins them any more. Their rows
    stay as long as their messages, which are known by their numbers."""
    left = select(grouped.c.number).where(grouped.c.group == alert_group.c.id)
    mine = ~left.exists() & (alert_group.c.labels != "[]")
    removed = {"labels": "[]", "name": "removed", "closed_at": now - REOPEN_WITHIN, "remind_at": None}
    return connection.execute(update(alert_group).where(mine).values(removed)).rowcount


def _forget_shop(connection: Connection, wished: Wished) -> Carried:
    shop = wished.asked.shop
    known = connection.execute(
        select(func.count()).select_from(shops.orders).where(shops.orders.c.shop == shop)
    ).scalar_one()
    messages, left = _remove_messages(connection, shop, wished.now)
    finished = (inbox.c.shop == shop) & (inbox.c.outcome != "waiting") & inbox.c.body.is_not(None)
    bodies = connection.execute(update(inbox).where(finished).values(body=None, headers="{}", note="")).rowcount
    records = sum(
        connection.execute(delete(table).where(_of_shop(connection, table, shop))).rowcount
        for table in (alert_log, audit, pending, placing, grouped)
    )
    records += _blank_groups(connection, wished.now)
    for table in (event, heard, heard_hour, poll, source_aspect, decision, *_READ_MODELS):
        records += connection.execute(delete(table).where(table.c.shop == shop)).rowcount
    return Carried(known, bodies, records + _remove_alerts(connection, shop), messages, left)


def _remove_messages(connection: Connection, shop: str, now: datetime) -> tuple[int, tuple[tuple[str, str], ...]]:
    changed = 0
    left: list[tuple[str, str]] = []
    for row in _messages(connection, shop):
        if row.message is None:
            left += [(row.channel, row.ts)] if row.ts else []
            continue
        changed += 1
        _replace(connection, row, REMOVED, now)
        posts.drop(connection, row.channel, row.key, "the shop was forgotten", now)
    return changed, tuple(left)


def _remove_alerts(connection: Connection, shop: str) -> int:
    """All go but the newest there is, because the next one's number follows from it; that one loses its content."""
    newest = connection.execute(
        select(alert.c.number, alert.c.shop, alert.c.body).order_by(alert.c.number.desc())
    ).first()
    if newest is None:
        return 0
    gone = connection.execute(delete(alert).where(alert.c.shop == shop, alert.c.number != newest.number)).rowcount
    if newest.shop != shop:
        return gone
    blank = _blank(load(Alert, newest.body))
    values = {
        "state": "resolved",
        "open": False,
        "subject": blank.subject.id,
        "about": blank.subject.about,
        "body": dump(blank),
    }
    return gone + connection.execute(update(alert).where(alert.c.number == newest.number).values(values)).rowcount


def _blank(before: Alert) -> Alert:
    gone = say("Removed at the shop's request")
    fire = Fire(reason=gone, severity=before.severity, title=gone, views={})
    subject = Subject("text", f"removed-{before.number}")
    return replace(before, subject=subject, state="resolved", fire=fire, resolution=gone, resolved_by=None)
