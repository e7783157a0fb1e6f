"""Alerts and their log. An alert is read and saved in one write transaction, in which its row is locked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, and_, bindparam, exists, func, select, update

from bot.core.advance import Seat
from bot.core.alerts import Alert
from bot.core.known import AlertLine, Ground, LogLine, PostLine, Story
from bot.core.parts import Line
from bot.core.subject import Subject
from bot.store import placings, posts
from bot.store.codec import dump, line, load
from bot.store.decisions import NO_GROUNDS, Grounds, pairs
from bot.store.dialect import cut, insert, locked
from bot.store.engine import Connection, StoreDown
from bot.store.tables.work import alert as alerts
from bot.store.tables.work import alert_log

FIRST_NUMBER = 1001
RECENT = timedelta(days=30)
_SAVED = ("state", "severity", "version", "open", "resolved_at", "snoozed_until", "recheck_at", "remind_at", "body")
_MATTER = (
    alerts.c.shop == bindparam("in_shop"),
    alerts.c.rule == bindparam("by_rule"),
    alerts.c.about == bindparam("on_about"),
    alerts.c.subject == bindparam("on_subject"),
)
_NEWEST = select(alerts.c.body).where(*_MATTER).order_by(alerts.c.episode.desc()).limit(1)
_later = alerts.alias("later")
_SUPERSEDED = exists().where(
    _later.c.shop == alerts.c.shop,
    _later.c.rule == alerts.c.rule,
    _later.c.about == alerts.c.about,
    _later.c.subject == alerts.c.subject,
    _later.c.episode > alerts.c.episode,
)
_NEWEST_ON = (
    select(alerts.c.body)
    .where(
        alerts.c.shop == bindparam("in_shop"),
        alerts.c.about == bindparam("on_about"),
        alerts.c.subject == bindparam("on_subject"),
        ~_SUPERSEDED,
    )
    .order_by(alerts.c.number)
)
_every = alerts.alias("every")
_SEAT = select(
    func.max(alerts.c.episode),
    func.count().filter(alerts.c.opened_at >= bindparam("since")),
    select(func.coalesce(func.max(_every.c.number) + 1, FIRST_NUMBER)).scalar_subquery(),
).where(*_MATTER)
_BY_NUMBER = select(alerts.c.body).where(alerts.c.number == bindparam("of_number"))
_LOOKED_AT = update(alerts).where(alerts.c.number == bindparam("of_number")).values(recheck_at=bindparam("next_at"))
_REMIND = update(alerts).where(alerts.c.number == bindparam("of_number")).values(remind_at=bindparam("next_at"))
_OVERDUE = (
    select(alerts.c.body)
    .where(alerts.c.shop == bindparam("in_shop"), alerts.c.open.is_(True), alerts.c.remind_at <= bindparam("by"))
    .order_by(alerts.c.severity.desc(), alerts.c.number)
)
_OPEN_OF = (
    select(alerts.c.body)
    .where(
        alerts.c.shop == bindparam("in_shop"),
        alerts.c.open.is_(True),
        alerts.c.rule.in_(bindparam("of_rules", expanding=True)),
    )
    .order_by(alerts.c.number)
)
_OPEN_ON = _OPEN_OF.where(alerts.c.about == bindparam("on_about"), alerts.c.subject == bindparam("on_subject"))
_OPEN = select(alerts.c.body).where(alerts.c.open.is_(True)).order_by(alerts.c.severity.desc(), alerts.c.number)


def newest(connection: Connection, shop: str, rule: str, subject: Subject) -> Alert | None:
    """The matter's newest episode, its row locked until the write transaction ends."""
    return _one(connection, _NEWEST, _matter(shop, rule, subject))


def newest_on(connection: Connection, shop: str, subject: Subject) -> dict[str, Alert]:
    """The newest episode of each matter on a subject, by rule, their rows locked until the write transaction ends."""
    names = {"in_shop": shop, "on_about": subject.about, "on_subject": cut(subject.id)}
    found = (load(Alert, body) for body in connection.execute(locked(connection, _NEWEST_ON), names).scalars())
    return {alert.rule: alert for alert in found}


def seen_last(connection: Connection, shop: str, rule: str, subject: Subject) -> Alert | None:
    """The matter's newest episode, without locking it."""
    found = connection.execute(_NEWEST, _matter(shop, rule, subject)).scalar()
    return load(Alert, found) if found is not None else None


def by_number(connection: Connection, number: int) -> Alert | None:
    """The alert of a number, its row locked until the write transaction ends."""
    return _one(connection, _BY_NUMBER, {"of_number": number})


def seat(connection: Connection, shop: str, rule: str, subject: Subject, now: datetime) -> Seat:
    """The place that a new alert on the matter would take. Nothing is used up by asking: the number is the next one
    as of now, and it is taken when the alert is saved."""
    matter = {**_matter(shop, rule, subject), "since": now - RECENT}
    episode, recent, number = connection.execute(_SEAT, matter).one()
    return Seat(number, shop, rule, subject, (episode or 0) + 1, recent + 1)


def save(
    connection: Connection,
    alert: Alert,
    change: str,
    actor: str,
    reason: Line,
    now: datetime,
    recheck_at: datetime | None = None,
    grounds: Grounds = NO_GROUNDS,
) -> None:
    """Keeps the alert as it stands and writes into its log what changed it, by whom and why.

    ``recheck_at`` is when time alone should have the rule decide again; ``grounds`` are those of a rule. A change of
    "none" is not logged. Raises StoreDown, to be tried again, when another replica has just opened an alert under the
    number.
    """
    row = {
        "number": alert.number, "shop": alert.shop, "rule": alert.rule, "about": alert.subject.about,
        "subject": cut(alert.subject.id), "episode": alert.episode, "state": alert.state,
        "severity": int(alert.severity), "version": alert.version, "open": alert.state != "resolved",
        "opened_at": alert.opened_at, "resolved_at": alert.resolved_at, "snoozed_until": alert.snoozed_until,
        "recheck_at": recheck_at, "remind_at": alert.changed_at, "body": dump(alert),
    }  # fmt: skip
    if connection.execute(_upsert(connection.dialect.name), row).rowcount == 0:
        raise StoreDown(f"the alert {alert.name} was changed by somebody else at the same time", again=True)
    if change != "none":
        entry = {"number": alert.number, "at": now, "change": change, "actor": actor, "reason": dump(reason)}
        connection.execute(alert_log.insert(), entry | {"event": grounds.event, "facts": grounds.facts})


@cache
def _upsert(dialect: str) -> Insert:
    """Replaces an alert with a version of its own that is no older, and never another matter that got the number."""
    statement = insert(dialect, alerts)
    new, old = statement.excluded, alerts.c
    same = [new[name] == old[name] for name in ("shop", "rule", "about", "subject", "episode")]
    made: Insert = statement.on_conflict_do_update(
        index_elements=["number"],
        set_={name: new[name] for name in _SAVED},
        where=and_(*same, new.version >= old.version),
    )
    return made


def looked_at(connection: Connection, number: int, recheck_at: datetime) -> None:
    """The rule has looked at the alert again and changed nothing; time alone has it look next at ``recheck_at``."""
    connection.execute(_LOOKED_AT, {"of_number": number, "next_at": recheck_at})


def all_due(connection: Connection, now: datetime) -> None:
    """Every open alert is due for another look."""
    connection.execute(update(alerts).where(alerts.c.open.is_(True)).values(recheck_at=now))


def due_but_of(connection: Connection, shop: str, rules: Sequence[str], now: datetime, most: int) -> list[Alert]:
    """The shop's open alerts that are due for another look, but for those of some rules; their rows locked."""
    mine = (alerts.c.shop == shop, alerts.c.open.is_(True), alerts.c.recheck_at <= now, alerts.c.rule.not_in(rules))
    query = select(alerts.c.body).where(*mine).order_by(alerts.c.number).limit(most)
    return [load(Alert, body) for body in connection.execute(locked(connection, query)).scalars()]


def overdue(connection: Connection, shop: str, now: datetime) -> list[Alert]:
    """The shop's open alerts of which somebody may have to be reminded, the most severe first, their rows locked: those
    whose time has come, and those that changed."""
    found = connection.execute(locked(connection, _OVERDUE), {"in_shop": shop, "by": now}).scalars()
    return [load(Alert, body) for body in found]


def reminded(connection: Connection, number: int, next_at: datetime | None) -> None:
    """Everybody was told whose turn it was; ``next_at`` is whose turn comes next, None when there is nobody left."""
    connection.execute(_REMIND, {"of_number": number, "next_at": next_at})


def open_of(connection: Connection, shop: str, rules: Sequence[str], subject: Subject | None = None) -> list[Alert]:
    """The shop's open alerts of any of these rules, on a subject or on any."""
    if not rules:
        return []
    names: dict[str, Any] = {"in_shop": shop, "of_rules": list(rules)}
    query = _OPEN_OF
    if subject is not None:
        query, names = _OPEN_ON, names | {"on_about": subject.about, "on_subject": cut(subject.id)}
    return [load(Alert, body) for body in connection.execute(query, names).scalars()]


def open_alerts(connection: Connection) -> list[Alert]:
    """Every alert that is not resolved, worst first."""
    return [load(Alert, body) for body in connection.execute(_OPEN).scalars()]


def snoozes_over(connection: Connection, now: datetime) -> list[Alert]:
    """Alerts whose snooze has ended, their rows locked; those that another worker holds are left out."""
    query = select(alerts.c.body).where(
        alerts.c.open.is_(True), alerts.c.state == "snoozed", alerts.c.snoozed_until <= now
    )
    return [load(Alert, body) for body in connection.execute(locked(connection, query, skip=True)).scalars()]


def logged(connection: Connection, number: int) -> tuple[LogLine, ...]:
    """What happened to an alert, oldest first."""
    query = select(alert_log).where(alert_log.c.number == number).order_by(alert_log.c.id)
    return tuple(LogLine(row.at, row.change, row.actor, line(row.reason)) for row in connection.execute(query))


def story(connection: Connection, number: int) -> Story | None:
    """An alert with all that is recorded of it; None for a number that nobody has."""
    alert = by_number(connection, number)
    if alert is None:
        return None
    where = tuple(
        PostLine(post.channel, post.state, post.reason, post.last_attempt_at if post.ts else None)
        for post in posts.of_alert(connection, number)
    )
    places = placings.of_alert(connection, number)
    return Story(listed(alert), logged(connection, number), where, _ground(connection, number), places)


_GROUND = (
    select(alert_log.c.change, alert_log.c.at, alert_log.c.event, alert_log.c.facts)
    .where(alert_log.c.number == bindparam("of_number"), alert_log.c.change.in_(("opened", "reopened", "escalated")))
    .order_by(alert_log.c.id.desc())
    .limit(1)
)


def _ground(connection: Connection, number: int) -> Ground | None:
    row = connection.execute(_GROUND, {"of_number": number}).first()
    return Ground(row.change, row.at, row.event, pairs(row.facts) if row.facts else ()) if row is not None else None


def listed(alert: Alert) -> AlertLine:
    """The alert as a list names it."""
    cost = alert.fire.cost.amount.high if alert.fire.cost else None
    return AlertLine(
        number=alert.number,
        rule=alert.rule,
        subject=alert.subject.id,
        state=alert.state,
        severity=alert.severity.name.lower(),
        title=alert.fire.title,
        department=alert.holder.department,
        person=alert.holder.person,
        opened_at=alert.opened_at,
        due_at=alert.due_at,
        cost_minor=cost.minor if cost else None,
        cost_currency=cost.currency if cost else None,
        resolved_at=alert.resolved_at,
        shop=alert.shop,
        turn=alert.turn,
    )


def _matter(shop: str, rule: str, subject: Subject) -> dict[str, Any]:
    return {"in_shop": shop, "by_rule": rule, "on_about": subject.about, "on_subject": cut(subject.id)}


def _one(connection: Connection, query: Select[Any], names: dict[str, Any]) -> Alert | None:
    found = connection.execute(locked(connection, query), names).scalar()
    return load(Alert, found) if found is not None else None
