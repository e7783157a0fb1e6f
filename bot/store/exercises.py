"""Exercises: alerts that nothing is wrong with, and when Slack showed them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from bot.core.alerts import Alert
from bot.core.drills import posted_at
from bot.store import posts
from bot.store.codec import load
from bot.store.engine import Connection
from bot.store.tables.work import alert as alerts

_EXERCISES = alerts.c.about == "exercise"


def current(connection: Connection, shop: str, since: datetime) -> list[Alert]:
    """The shop's exercises that run, and those that ended after ``since``, oldest first."""
    kept = or_(alerts.c.open.is_(True), alerts.c.resolved_at > since)
    query = select(alerts.c.body).where(alerts.c.shop == shop, _EXERCISES, kept).order_by(alerts.c.number)
    return [load(Alert, body) for body in connection.execute(query).scalars()]


def newest(connection: Connection, shop: str, most: int) -> list[Alert]:
    """The shop's newest exercises, newest first."""
    query = select(alerts.c.body).where(alerts.c.shop == shop, _EXERCISES).order_by(alerts.c.number.desc()).limit(most)
    return [load(Alert, body) for body in connection.execute(query).scalars()]


def shown(connection: Connection, number: int) -> dict[str, datetime]:
    """When Slack showed an alert's message, by channel; channels that do not show it are left out."""
    key = posts.alert_key(number)
    known = posts.of_alert(connection, number)
    return {post.channel: posted_at(post.ts) for post in known if post.key == key and post.ts is not None}
