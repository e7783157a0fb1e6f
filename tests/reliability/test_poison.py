"""Deliveries that break the bot, or end its process before it can say a word: set aside, and the others go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.delivery import Delivery, Unrouted
from bot.core.events import Event, StockChanged
from bot.core.facts import NoFacts
from bot.core.handlers import rule
from bot.core.parts import say
from bot.core.shopfront import Shopfront
from bot.core.verdict import Quiet, Verdict
from bot.pipeline import MOST_DEATHS
from bot.store import inbox
from bot.store.begun import Begun
from bot.store.engine import Store
from tests.reliability.conftest import Told
from tests.reliability.replicas import Replica, arrival
from tests.store.servers import Server

OTHERS = 6


@rule(about="sku")
def deadly(event: StockChanged, facts: NoFacts) -> Verdict:
    """Ends the process as a segmentation fault does."""
    if event.sku == "DEADLY":
        os.kill(os.getpid(), signal.SIGSEGV)
    return Quiet(say("fine"))


@rule(about="sku")
def greedy(event: StockChanged, facts: NoFacts) -> Verdict:
    """Wants more memory than there is, and stands for whatever else nobody thought of."""
    if event.sku == "GREEDY":
        raise MemoryError
    if event.sku == "ODD":
        raise RuntimeError("odd")
    return Quiet(say("fine"))


def with_rule(replica: Replica, made: object) -> Replica:
    catalog = replica.pipeline.catalog
    rules = {**catalog.rules, "test": made}
    replica.pipeline = replace(replica.pipeline, catalog=replace(catalog, rules=rules))  # type: ignore[arg-type]
    return replica


def work(url: str, skus: tuple[str, ...]) -> None:
    """A process that works on what waits and then on ``skus``, which come in while it runs."""
    replica = with_rule(Replica(url), deadly)
    replica.work_until_done()
    if skus:
        take_in(replica, skus)
        replica.work_until_done()
    replica.close()


def admit(url: str, *skus: str) -> Replica:
    replica = Replica(url)
    replica.store.migrate()
    if skus:
        take_in(replica, skus)
    return replica


def take_in(replica: Replica, skus: tuple[str, ...]) -> None:
    level = {"available": 5, "location": "Berlin"}
    replica.admit([arrival(nth, "stock.changed", {"sku": sku, **level}) for nth, sku in enumerate(skus)])


def counts(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return inbox.counts(connection)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("comes", "expected"), [("before the start", MOST_DEATHS - 1), ("later", MOST_DEATHS)])
def test_a_delivery_that_ends_the_process_is_set_aside_after_some_deaths_and_the_others_go_on(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, comes: str, expected: int, told: Told
) -> None:
    url = f"sqlite:///{tmp_path}/poison.db"
    if database == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.url(server.database())
    good = [f"GOOD-{number}" for number in range(OTHERS)]
    skus = (*good[:3], "DEADLY", *good[3:])
    replica = admit(url, *(skus if comes == "before the start" else ()))
    make = multiprocessing.get_context("forkserver")
    make.set_forkserver_preload([__name__])
    deaths = 0
    while True:
        process = make.Process(target=work, args=(url, skus if comes == "later" and not deaths else ()))
        process.start()
        process.join(60)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGSEGV
        deaths += 1
    assert deaths == expected
    assert counts(replica.store) == {"done": OTHERS, "quarantined": 1}
    replica.close()
    told(f"{database}, comes {comes}: {deaths} deaths, then set aside; {OTHERS} of {OTHERS} others done")


@pytest.mark.parametrize("sku", ["GREEDY", "ODD"])
def test_a_delivery_that_breaks_a_rule_in_a_way_nobody_thought_of_is_set_aside(tmp_path: Path, sku: str) -> None:
    replica = with_rule(admit(f"sqlite:///{tmp_path}/poison.db", "GOOD-1", sku, "GOOD-2"), greedy)
    replica.work_until_done()
    assert counts(replica.store) == {"done": 2, "quarantined": 1}
    replica.close()


@dataclass(frozen=True)
class Mumbling:
    """A source that says why nobody listens in letters that no database takes."""

    source: Any

    def parse(self, delivery: Delivery, front: Shopfront) -> tuple[Event, ...]:
        if b"ODD" in delivery.body:
            raise Unrouted("\ud800")
        events: tuple[Event, ...] = self.source.parse(delivery, front)
        return events


def test_a_delivery_whose_end_cannot_be_written_down_is_set_aside_and_the_others_of_its_batch_are_done(
    tmp_path: Path,
) -> None:
    replica = admit(f"sqlite:///{tmp_path}/poison.db", "FIRST")
    feed = replica.pipeline.feeds["generic"]
    replica.pipeline = replace(replica.pipeline, feeds={"generic": replace(feed, source=Mumbling(feed.source))})  # type: ignore[arg-type]
    replica.work_until_done()
    take_in(replica, ("FIRST", "GOOD-1", "ODD", "GOOD-2"))
    replica.work_until_done()
    assert counts(replica.store) == {"done": 3, "quarantined": 1}
    replica.close()


def test_a_store_that_goes_away_again_and_again_is_no_fault_of_the_delivery(tmp_path: Path) -> None:
    replica = admit(f"sqlite:///{tmp_path}/poison.db", "GOOD-1")
    begun = Begun()
    seen = [begun.next(replica.store, "demo") for _ in range(5)]
    assert [suspect.attempts for suspect in seen if suspect] == [1] * 5
    replica.close()


def test_a_delivery_during_which_the_bot_was_killed_some_times_for_other_reasons_is_worked_on(tmp_path: Path) -> None:
    replica = admit(f"sqlite:///{tmp_path}/poison.db", "GOOD-1")
    killed = [Begun().next(replica.store, "demo") for _ in range(MOST_DEATHS // 2)]
    assert [suspect.attempts for suspect in killed if suspect] == [1, 2, 3, 4]
    replica.work_until_done()
    assert counts(replica.store) == {"done": 1}
    replica.close()


def test_once_the_suspects_are_done_nothing_is_counted_and_the_store_is_not_asked(tmp_path: Path) -> None:
    replica = admit(f"sqlite:///{tmp_path}/poison.db", "GOOD-1")
    replica.work_until_done()
    replica.close()
    nowhere = Store.open(f"sqlite:///{tmp_path}/nowhere.db")
    assert replica.pipeline.begun.next(nowhere, "demo") is None
    nowhere.close()


def test_what_comes_in_while_the_bot_runs_is_no_suspect(tmp_path: Path) -> None:
    replica = admit(f"sqlite:///{tmp_path}/poison.db", "GOOD-1")
    begun = Begun()
    assert begun.next(replica.store, "demo") is not None
    replica.admit([arrival(9, "stock.changed", {"sku": "GOOD-2", "available": 5, "location": "Berlin"})])
    with replica.store.write() as connection:
        inbox.finish(connection, 1, "done")
    assert begun.next(replica.store, "demo") is None
    replica.close()
