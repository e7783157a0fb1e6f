"""A whole bot in which one alert keeps others from being shown."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.core.advance import Seat, advance
from bot.core.alerts import Alert, resolved
from bot.core.parts import say
from bot.core.subject import Subject
from bot.core.verdict import Severity
from bot.rounds.overdue import Overdue
from bot.store import alerts, posts
from bot.store.codec import load
from bot.store.tables.work import alert as table
from tests.bench import Bench
from tests.core.samples import NOW, fire
from tests.handlers.shelves import words

SAMPLES = Path(__file__).parents[2] / "handlers/samples/stripe"


def overdue(bench: Bench, name: str, source: str = "generic") -> None:
    due = (bench.watch.now() - timedelta(days=3)).isoformat()
    money = {"amount": "80.00", "currency": "EUR"}
    bench.event("invoice.changed", invoice=name, number=name, outstanding=money, due=due, status="open")


def silent(bench: Bench, source: str) -> Alert:
    """An alert that a source is silent, as its rule would open it."""
    return opens(bench, "silent_source", Subject("source", source))


def opens(bench: Bench, rule: str, subject: Subject) -> Alert:
    with bench.store.write() as connection:
        seat = Seat(alerts.seat(connection, "demo", rule, subject, NOW).number, "demo", rule, subject)
        alert = advance(None, fire(Severity.HIGH, f"{rule} of {subject.id}"), seat, bench.watch.now()).alert
        assert alert is not None
        alerts.save(connection, alert, "opened", "", say("test"), bench.watch.now())
        bench.board.show(connection, alert, "opened")
    return alert


def heard_again(bench: Bench, alert: Alert) -> None:
    with bench.store.write() as connection:
        over = resolved(alert, say("it sends again"), None, bench.watch.now())
        alerts.save(connection, over, "resolved", "", say("test"), bench.watch.now())
        bench.board.show(connection, over, "resolved")


def test_while_a_source_is_silent_what_its_word_would_end_is_not_shown_and_afterwards_it_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    quiet = silent(bench, "generic")
    overdue(bench, "in_1")
    bench.deliver_posts()
    assert bench.shown("#finance") == []
    heard_again(bench, quiet)
    bench.deliver_posts()
    assert len(bench.shown("#finance")) == 1
    bench.close()


@pytest.mark.parametrize(("taken", "calls"), [(False, ["Overdue"]), (True, [])])
def test_what_is_shown_already_calls_nobody_while_its_source_is_silent_and_afterwards_once(
    tmp_path: Path, taken: bool, calls: list[str]
) -> None:
    bench = Bench(tmp_path)
    overdue(bench, "in_1")
    bench.deliver_posts()
    quiet = silent(bench, "generic")
    bench.watch.forward(days=5)
    assert Overdue(bench.store, bench.house, bench.board, bench.board.clock).tick() >= 1
    if taken:
        bench.desk.act("take", 1001, 1, "U0ANNA")
    bench.deliver_posts()
    assert heard(bench) == []
    heard_again(bench, quiet)
    bench.deliver_posts()
    assert heard(bench) == calls
    bench.close()


def heard(bench: Bench) -> list[str]:
    """What finance was called for in threads."""
    called = [words(message.summary) for post, message in bench.posts("#finance") if post.thread and post.ts]
    return [line.partition(":")[0] for line in called]


def test_another_source_that_is_silent_keeps_nothing_of_this_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    silent(bench, "shopify")
    overdue(bench, "in_1")
    assert len(bench.shown("#finance")) == 1
    bench.close()


def test_what_nobody_saw_yet_is_taken_back_when_its_source_falls_silent(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    overdue(bench, "in_1")
    silent(bench, "generic")
    bench.deliver_posts()
    assert bench.shown("#finance") == []
    with bench.store.read() as connection:
        post = posts.find(connection, "#finance", posts.alert_key(1001))
    assert post is not None
    assert post.reason == "A-1002 (silent_source) says it already"
    bench.close()


def test_what_time_alone_brings_up_is_known_by_the_source_that_told_of_it_last(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    due = (bench.watch.now() + timedelta(hours=1)).isoformat()
    money = {"amount": "80.00", "currency": "EUR"}
    bench.event("invoice.changed", invoice="in_1", number="in_1", outstanding=money, due=due, status="open")
    bench.watch.forward(days=3)
    assert bench.pipeline.tick() >= 1
    with bench.store.read() as connection:
        found = [load(Alert, body) for body in connection.execute(select(table.c.body)).scalars()]
    assert [(alert.rule, alert.source) for alert in found] == [("invoice_overdue", "generic")]
    bench.close()


def invoice_fails(bench: Bench, name: str, status: str = "open") -> None:
    """A payment of a big invoice fails, as Stripe tells it; with another status the invoice changes alone."""
    topic = {"open": "invoice.payment_failed", "paid": "invoice.paid"}[status]
    body = json.loads((SAMPLES / f"{topic}.json").read_text())
    moment = int(bench.watch.now().timestamp())
    body |= {"id": f"evt_{name}_{status}", "created": moment}
    body["data"]["object"] |= {"id": name, "number": name, "status": status, "created": moment, "due_date": None}
    bench.tell("stripe", topic, body)


def test_a_big_invoice_whose_payment_failed_is_told_until_it_is_paid(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    invoice_fails(bench, "in_1")
    assert ["Payment of invoice «in_1» failed" in line for line in bench.shown("#finance")] == [True]
    bench.deliver_posts()
    bench.watch.forward(hours=1)
    invoice_fails(bench, "in_1", "paid")
    [line] = bench.shown("#finance")
    assert line.startswith("RESOLVED")
    assert any("Invoice «in_1» was paid" in line for line in bench.body("#finance"))
    bench.close()


def test_while_a_providers_payments_fail_in_numbers_no_single_one_is_shown_and_afterwards_it_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outage = opens(bench, "payment_failures", Subject("payment_method", "stripe/card"))
    other = opens(bench, "payment_failures", Subject("payment_method", "paypal/paypal"))
    bench.deliver_posts()
    invoice_fails(bench, "in_1")
    bench.deliver_posts()
    assert not any("in_1" in line for line in bench.shown("#finance"))
    heard_again(bench, other)
    assert not any("in_1" in line for line in bench.shown("#finance"))
    heard_again(bench, outage)
    assert any("in_1" in line for line in bench.shown("#finance"))
    bench.close()
