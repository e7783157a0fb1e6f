"""Klaviyo's reactions on their way through the whole bot: counted once, judged by reports, told in one alert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.core.delivery import POLLED, Delivery
from bot.core.facts import EchoesOf, ask
from bot.core.known import Echoes
from bot.core.subject import Subject
from bot.store import inbox
from bot.store.facts import Question, load
from tests.bench import Bench
from tests.handlers.sources.test_klaviyo import batch, reaction


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def hears(bench: Bench, key: str, body: bytes, headers: dict[str, str] | None = None) -> None:
    with bench.store.write() as connection:
        delivery = Delivery("klaviyo", headers or {}, body, bench.watch.now())
        inbox.admit(connection, [inbox.Arrival("klaviyo", "demo", key, delivery)])
    bench.pipeline.work()


def report(bench: Bench, sent: int, **counts: int) -> None:
    row = {"campaign": "01JTEA", "channel": "email", "sent": sent, **counts}
    hears(bench, f"report {sent} {counts}", json.dumps({"totals": [row]}).encode(), {POLLED: "reports"})


def reactions(bench: Bench) -> Echoes:
    facts: Any = make_dataclass("One", [("answer", object, ask(EchoesOf()))], frozen=True)
    shop = bench.pipeline.house.shops["demo"]
    question = Question(shop=shop, subject=Subject("campaign", "01JTEA"), now=bench.watch.now())
    with bench.store.read() as connection:
        found: Echoes = load(connection, facts, question).answer
    return found


def test_batches_that_come_again_in_other_cuts_count_each_reaction_once(bench: Bench) -> None:
    at = int(bench.watch.now().timestamp())
    rows = [reaction(name, timestamp=at - name % 60) for name in range(300)]
    for number, (first, last) in enumerate([(0, 200), (100, 300), (0, 300), (150, 151)]):
        hears(bench, str(number), batch(*rows[first:last]))
    assert reactions(bench).bounced == 300
    assert bench.shown("#marketing") == []


def test_a_report_that_is_surely_too_bad_is_one_alert_that_does_not_flap_as_it_grows(bench: Bench) -> None:
    report(bench, 10_000, bounced=300, complained=2)
    assert len(bench.shown("#marketing")) == 1
    assert bench.shown("#marketing")[0].startswith("HIGH: ")
    bench.deliver_posts()
    for sent, bounced in ((20_000, 700), (40_000, 1_500)):
        bench.watch.forward(minutes=60)
        report(bench, sent, bounced=bounced, complained=4)
        bench.deliver_posts()
    told = bench.shown("#marketing")
    assert told[0].startswith("HIGH: ") and not any("RESOLVED" in line or "Back again" in line for line in told)
    bench.watch.forward(days=8)
    bench.pipeline.tick()
    assert bench.shown("#marketing")[0].startswith("RESOLVED: ")
