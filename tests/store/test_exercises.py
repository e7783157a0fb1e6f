"""Exercises on both databases: which run, when Slack showed them, and what no rule is asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.core.alerts import Alert
from bot.core.dispatch import Shown, settled
from bot.core.drills import Drill, begun, ended, posted_at, subject
from bot.core.events import Tick
from bot.core.facts import AlertsOpen, AlertsOpened, Exercises, ask
from bot.core.handlers import Period
from bot.core.known import AlertLine
from bot.core.message import Message, Paragraph
from bot.core.parts import Line, say
from bot.core.subject import Subject
from bot.store import alerts, exercises, outbox, posts, reach
from bot.store.engine import Connection, Store
from bot.store.facts import Question, load
from tests.core.samples import NOW, SHOP, opened
from tests.handlers.shelves import words

MINUTE = timedelta(minutes=1)
PERIOD = Period(NOW - timedelta(days=1), NOW + timedelta(days=1), ("2026-11-23",))


@dataclass(frozen=True)
class _Facts:
    done: tuple[Line, ...] = ask(Exercises())
    open: tuple[AlertLine, ...] = ask(AlertsOpen())
    opened: tuple[AlertLine, ...] = ask(AlertsOpened())


def started(connection: Connection, by: str = "U0BEN") -> Alert:
    drill = Drill("warehouse", by, NOW, "low_stock", "sku")
    alert = begun(drill, alerts.seat(connection, "demo", drill.rule, subject(drill), NOW), NOW)
    alerts.save(connection, alert, "opened", by, (), NOW)
    return alert


def shows(connection: Connection, alert: Alert, channel: str, ts: str) -> None:
    message = Message(say("x"), (Paragraph(say("x")),))
    posts.want(connection, channel, posts.alert_key(alert.number), message, urgency=1, now=NOW)
    (claimed,) = outbox.claim(connection, NOW, 5)
    outbox.save(connection, settled(claimed.post, claimed.post.wanted, Shown(ts), NOW))


def test_those_that_run_and_those_that_ended_lately_are_looked_at(store: Store) -> None:
    with store.write() as connection:
        first, second = started(connection), started(connection, "U0ANA")
        alerts.save(connection, replace(opened(), number=second.number + 1), "opened", "", (), NOW)
        over = ended(first, NOW)
        alerts.save(connection, over, "resolved", "", (), NOW)
    with store.read() as connection:
        assert exercises.current(connection, "demo", NOW - MINUTE) == [over, second]
        assert exercises.current(connection, "demo", NOW) == [second]
        assert exercises.current(connection, "other", NOW - MINUTE) == []
        assert exercises.newest(connection, "demo", 1) == [second]


def test_it_is_known_when_slack_showed_one_in_each_channel(store: Store) -> None:
    with store.write() as connection:
        alert = started(connection)
        assert exercises.shown(connection, alert.number) == {}
        shows(connection, alert, "#warehouse", "1700000000.000100")
        shows(connection, alert, "#stock", "1700000060.000100")
        assert exercises.shown(connection, alert.number) == {
            "#warehouse": posted_at("1700000000.000100"),
            "#stock": posted_at("1700000060.000100"),
        }
        assert [words(line) for line in _load(connection).done] == [
            "Exercise A-1001 for warehouse runs, until <moment>"
        ]


def test_digests_leave_exercises_out_and_lists_of_what_is_open_do_not(store: Store) -> None:
    with store.write() as connection:
        started(connection)
        listed, digest = _load(connection), _load(connection, PERIOD)
    assert (len(listed.open), digest.open, digest.opened) == (1, (), ())


def test_no_rule_looks_at_one_again(store: Store) -> None:
    with store.write() as connection:
        alert = started(connection)
        alerts.looked_at(connection, alert.number, NOW)
        tick = Tick(shop="demo", at=NOW)
        assert reach.subjects(connection, SHOP, tick, "sku", "low_stock", NOW) == ()


def _load(connection: Connection, period: Period | None = None) -> _Facts:
    return load(connection, _Facts, Question(shop=SHOP, subject=Subject("text", ""), now=NOW, period=period))
