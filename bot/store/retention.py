"""What is forgotten, and when: raw bodies soon, texts after a month, counts and alerts after thirteen."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, Table, cast, delete, or_, select, update

from bot.store import inbox, privacy
from bot.store.engine import Connection
from bot.store.tables.agreement import pending
from bot.store.tables.audit import audit
from bot.store.tables.groups import alert_group, grouped
from bot.store.tables.log import event
from bot.store.tables.work import alert, alert_log, decision, placing, post, rule_exception, silence, slot

MONTH = timedelta(days=31)
THIRTEEN_MONTHS = timedelta(days=396)
MOST = 5000
_FINISHED = ("shown", "dropped")


def tidy(connection: Connection, now: datetime) -> dict[str, int]:
    """Deletes what has been kept long enough, at most 5,000 rows of a kind, so that writers need not wait for long
    (decisions, slots and marks, which are few, go at once). Returns how many of each; call it again while any is 5,000.

    An event stays, however old, while it is the last word on its subject: the read models can then still be rebuilt.
    """
    long_ago = now - THIRTEEN_MONTHS
    return {
        "deliveries": inbox.forget(connection, now, MOST),
        "events": _delete(connection, event, event.c.at, _outdated(long_ago)),
        "messages": _empty_messages(connection, now - MONTH),
        "posts": _delete(connection, post, post.c.created_at, _ended(long_ago)),
        "alert log": _delete(connection, alert_log, alert_log.c.at, alert_log.c.at < long_ago),
        "audit": _delete(connection, audit, audit.c.at, audit.c.at < long_ago),
        "requests": _delete(connection, pending, pending.c.until, pending.c.until < now - MONTH),
        "silences": _delete(connection, silence, silence.c.until, silence.c.ended & (silence.c.until < now - MONTH)),
        "exceptions": _delete(connection, rule_exception, rule_exception.c.ended_at, _no_exception(now - MONTH)),
        "alerts": _delete(connection, alert, alert.c.opened_at, _over(long_ago)),
        "placings": _delete(connection, placing, placing.c.at, _of_no_alert(placing)),
        "grouped": _delete(connection, grouped, grouped.c.joined_at, _of_no_alert(grouped)),
        "groups": _delete(connection, alert_group, alert_group.c.opened_at, _of_no_grouped(now - MONTH)),
        "decisions": _delete(connection, decision, decision.c.at, decision.c.at < long_ago),
        "slots": _delete(connection, slot, slot.c.claimed_at, slot.c.claimed_at < long_ago),
        "marks": privacy.unmark(connection, now),
    }


def _outdated(before: datetime) -> ColumnElement[bool]:
    later = event.alias("later")
    newer = select(later.c.id).where(
        later.c.shop == event.c.shop,
        later.c.kind == event.c.kind,
        later.c.subject == event.c.subject,
        later.c.at > event.c.at,
    )
    return (event.c.at < before) & newer.exists()


def _no_exception(before: datetime) -> ColumnElement[bool]:
    return rule_exception.c.ended & (rule_exception.c.ended_at < before)


def _of_no_alert(table: Table) -> ColumnElement[bool]:
    return ~select(alert.c.number).where(alert.c.number == table.c.number).exists()


def _of_no_grouped(before: datetime) -> ColumnElement[bool]:
    """A group that has just begun may have none yet. One of which messages are kept stays, since a new one must not
    take its number, by which those are known."""
    inside = select(grouped.c.number).where(grouped.c.group == alert_group.c.id)
    key = "group/" + cast(alert_group.c.id, String)
    mine = (post.c.channel == alert_group.c.channel, or_(post.c.key == key, post.c.thread == key))
    return (alert_group.c.opened_at < before) & ~inside.exists() & ~select(post.c.id).where(*mine).exists()


def _ended(before: datetime) -> ColumnElement[bool]:
    return (post.c.created_at < before) & post.c.state.in_(_FINISHED)


def _over(before: datetime) -> ColumnElement[bool]:
    """The newest alert stays, because the next one's number follows from it."""
    newest = select(alert.c.number).order_by(alert.c.number.desc()).limit(1).scalar_subquery()
    return (alert.c.opened_at < before) & alert.c.open.is_(False) & (alert.c.number < newest)


def _delete(connection: Connection, table: Table, order: ColumnElement[datetime], gone: ColumnElement[bool]) -> int:
    key = list(table.primary_key)
    if len(key) == 1:
        chosen = select(key[0]).where(gone).order_by(order).limit(MOST)
        return connection.execute(delete(table).where(key[0].in_(chosen))).rowcount
    return connection.execute(delete(table).where(gone)).rowcount


def _empty_messages(connection: Connection, before: datetime) -> int:
    old = (
        select(post.c.id)
        .where(post.c.created_at < before, post.c.state.in_(_FINISHED), post.c.message.is_not(None))
        .order_by(post.c.created_at)
        .limit(MOST)
    )
    return connection.execute(update(post).where(post.c.id.in_(old)).values(message=None)).rowcount
