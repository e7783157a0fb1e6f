"""The way of an event from a signed delivery to the posts that ought to exist, with real handlers and a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.catalog import Catalog
from bot.core.events import StockChanged
from bot.core.facts import NoFacts
from bot.core.handlers import rule
from bot.core.parts import say
from bot.core.settings import Department, QuietHours, Route
from bot.core.verdict import Quiet, Severity, Verdict
from bot.store import inbox
from tests.bench import Bench, usual_house
from tests.core.samples import NOW


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def iso(**ahead: float) -> str:
    return (NOW + timedelta(**ahead)).isoformat()


def campaign(**fields: Any) -> dict[str, Any]:
    plan = {"campaign": "c1", "name": "Spring Sale", "status": "scheduled", "starts": iso(days=3), "ends": iso(days=7)}
    return plan | {"skus": ["HOODIE"], "uplift": 2.5} | fields


def test_a_sku_that_will_run_out_is_told_to_the_warehouse_once_and_kept_true(bench: Bench) -> None:
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 60)
    bench.deliver_posts()
    assert len(bench.shown("#warehouse")) == 1
    bench.watch.forward(minutes=5)
    bench.stock("HOODIE", 20)
    assert len([post for post, _ in bench.posts("#warehouse") if not post.thread]) == 1
    bench.watch.forward(minutes=5)
    bench.stock("HOODIE", 900)
    assert bench.shown("#warehouse")[0].startswith("RESOLVED: ")


def test_the_same_delivery_again_changes_nothing(bench: Bench) -> None:
    bench.sells("HOODIE", 10)
    body = json.dumps(
        {"type": "stock.changed", "at": iso(), "sku": "HOODIE", "location": "Berlin", "available": 60}
    ).encode()
    for _ in range(3):
        bench.tell("generic", "stock.changed", body)
    post, _ = bench.posts("#warehouse")[0]
    assert (len(bench.posts("#warehouse")), post.wanted) == (1, 1)


def test_each_event_is_counted_once_by_its_kind(bench: Bench) -> None:
    counted: list[str] = []
    bench.pipeline = replace(bench.pipeline, counted=counted.append)
    for _ in range(2):
        bench.order("1", {"HOODIE": 2})
    assert sorted(counted) == ["ItemSold", "OrderPlaced"]


def test_an_alert_on_stock_ends_when_no_location_stocks_the_sku_any_more(bench: Bench) -> None:
    bench.sells("MUG", 10)
    bench.stock("MUG", 20, "Berlin")
    bench.stock("MUG", 0, "Lodz")
    bench.deliver_posts()
    bench.watch.forward(minutes=1)
    bench.stock("MUG", None, "Lodz", gone=True)
    assert "runs out" in bench.shown("#warehouse")[0]
    bench.stock("MUG", None, "Berlin", gone=True)
    assert bench.shown("#warehouse")[0].startswith("RESOLVED")
    assert any("No location stocks it any more" in line for line in bench.body("#warehouse"))


def test_an_older_telling_is_recorded_but_is_no_news(bench: Bench) -> None:
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 900)
    bench.stock("HOODIE", 5, at=iso(minutes=-10))
    assert bench.shown("#warehouse") == []


def test_a_month_of_history_is_remembered_and_decides_nothing(bench: Bench) -> None:
    bench.event(
        "payout.changed", payout="p1", amount={"amount": "9.00", "currency": "EUR"}, status="failed", at=iso(days=-5)
    )
    assert bench.shown("#finance") == []
    bench.event("payout.changed", payout="p2", amount={"amount": "9.00", "currency": "EUR"}, status="failed")
    assert len(bench.shown("#finance")) == 1


def test_a_campaign_against_its_stock_is_one_alert_with_a_view_for_two_departments(bench: Bench) -> None:
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 90)
    bench.event("campaign.changed", **campaign())
    keys = {post.key for post, _ in bench.posts("#marketing")}
    assert len(keys) == 1
    assert keys <= {post.key for post, _ in bench.posts("#warehouse")}
    marketing, warehouse = bench.body("#marketing"), bench.body("#warehouse")
    assert bench.shown("#marketing")[-1].split(". ")[0] == bench.shown("#warehouse")[-1].split(". ")[0]
    assert marketing != warehouse


def test_stock_that_arrives_decides_the_campaign_anew(bench: Bench) -> None:
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 90)
    bench.event("campaign.changed", **campaign())
    bench.deliver_posts()
    bench.watch.forward(minutes=1)
    bench.stock("HOODIE", 2000)
    assert bench.shown("#marketing")[-1].startswith("RESOLVED: ")
    bench.watch.forward(minutes=1)
    bench.stock("HOODIE", 50)
    assert any("Back again: " in line for line in bench.shown("#marketing"))


def test_what_is_verified_but_not_understood_is_set_aside_and_the_operators_are_told(bench: Bench) -> None:
    bench.tell("generic", "stock.changed", {"type": "stock.changed", "at": iso()})
    with bench.store.read() as connection:
        assert inbox.counts(connection) == {"quarantined": 1}
    assert "not understood" in bench.shown("#operations")[0]


def test_an_unknown_topic_is_recorded_as_unrouted(bench: Bench) -> None:
    bench.tell("shopify", "carts/update", {"id": 1})
    with bench.store.read() as connection:
        assert inbox.counts(connection) == {"unrouted": 1}
    assert bench.shown("#operations") == []


def test_without_an_operations_channel_a_quarantine_is_only_recorded(tmp_path: Path) -> None:
    departments = {"warehouse": Department("warehouse", "#warehouse")}
    bench = Bench(tmp_path, usual_house(departments=departments))
    bench.tell("generic", "stock.changed", b"[1")
    with bench.store.read() as connection:
        assert inbox.counts(connection) == {"quarantined": 1}
    bench.close()


@rule(about="sku")
def fragile(event: StockChanged, facts: NoFacts) -> Verdict:
    """Breaks on one SKU."""
    if event.sku == "BAD":
        raise ZeroDivisionError("division by zero")
    return Quiet(say("fine"))


def test_a_delivery_that_breaks_a_rule_is_set_aside_after_three_attempts_and_the_others_go_on(tmp_path: Path) -> None:
    usual = Catalog.scan(("handlers",))
    bench = Bench(tmp_path, catalog=replace(usual, rules={**usual.rules, "fragile": fragile}))
    for sku in ("GOOD-1", "BAD", "GOOD-2"):
        body = {"type": "stock.changed", "at": iso(), "sku": sku, "location": "Berlin", "available": 6}
        bench.deliver("generic", "stock.changed", json.dumps(body).encode())
    for _ in range(5):
        bench.pipeline.work()
    with bench.store.read() as connection:
        assert inbox.counts(connection) == {"done": 2, "quarantined": 1}
    bench.close()


def test_a_delivery_of_a_source_that_left_the_config_is_ignored(bench: Bench) -> None:
    bench.deliver("generic", "stock.changed", b"{}")
    gone = replace(bench.pipeline, feeds={})
    assert gone.work() == 1
    with bench.store.read() as connection:
        assert inbox.counts(connection) == {"ignored": 1}


def test_an_oversold_sku_is_told_and_not_its_low_stock_as_well(bench: Bench) -> None:
    bench.sells("TEAPOT", 4)
    bench.stock("TEAPOT", -2)
    shown = [line for line in bench.shown("#warehouse") if "TEAPOT" in line]
    assert len(shown) == 1


def test_what_an_alert_kept_from_being_shown_is_shown_when_it_is_over(bench: Bench) -> None:
    bench.sells("TEAPOT", 4)
    bench.stock("TEAPOT", -2)
    bench.deliver_posts()
    bench.watch.forward(minutes=5)
    bench.stock("TEAPOT", 3)
    oversold, low = (line for line in bench.shown("#warehouse") if "TEAPOT" in line)
    assert oversold.startswith("RESOLVED: ")
    assert not low.startswith("RESOLVED: ")


def test_an_override_sends_an_alert_elsewhere_and_a_mute_nowhere(tmp_path: Path) -> None:
    routes = (Route(rule="payout_failed", channel="#board"), Route(rule="low_stock", mute=True))
    bench = Bench(tmp_path, usual_house(routes=routes))
    bench.event("payout.changed", payout="p2", amount={"amount": "9.00", "currency": "EUR"}, status="failed")
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 30)
    assert (len(bench.shown("#board")), bench.shown("#finance"), bench.shown("#warehouse")) == (1, [], [])
    bench.close()


def test_quiet_hours_hold_what_is_not_critical_until_they_end(tmp_path: Path) -> None:
    asleep = QuietHours(time(0), time(23, 59), ZoneInfo("UTC"), above=Severity.CRITICAL)
    departments = {
        "finance": Department("finance", "#finance", asleep),
        "operations": Department("operations", "#operations"),
    }
    bench = Bench(tmp_path, usual_house(departments=departments))
    bench.event("payout.changed", payout="p2", amount={"amount": "9.00", "currency": "EUR"}, status="failed")
    post, _ = bench.posts("#finance")[0]
    assert post.due_at == NOW.replace(hour=23, minute=59)
    assert post.reason == "quiet hours of finance"
    bench.watch.forward(minutes=1)
    bench.event("payout.changed", payout="p2", amount={"amount": "9.00", "currency": "EUR"}, status="paid")
    assert bench.posts("#finance")[0][0].state == "dropped"
    bench.close()


def dispute(bench: Bench, **fields: Any) -> None:
    plan = {"dispute": "d1", "amount": {"amount": "50.00", "currency": "EUR"}, "reason": "fraudulent", "status": "open"}
    bench.event("dispute.changed", **(plan | {"due": iso(days=5)} | fields))


def test_time_makes_a_dispute_worse_and_its_thread_says_so(bench: Bench) -> None:
    dispute(bench)
    bench.deliver_posts()
    before = bench.posts("#finance")[0][1].blocks[0]
    bench.watch.forward(days=4, hours=12)
    assert bench.pipeline.tick() >= 1
    assert bench.posts("#finance")[0][1].blocks[0] != before
    assert bench.shown("#finance")[-1].startswith("Worse: now ")
    assert bench.posts("#finance")[-1][0].thread == "alert/1001"


def test_a_tick_with_nothing_to_do_changes_nothing(bench: Bench) -> None:
    dispute(bench)
    bench.deliver_posts()
    bench.watch.forward(minutes=30)
    assert bench.pipeline.tick() == 0
    assert bench.pipeline.work() == 0


def test_a_snooze_that_is_over_wakes_the_alert_and_calls_people(bench: Bench) -> None:
    dispute(bench)
    bench.deliver_posts()
    assert bench.desk.act("snooze", 1001, 1, "U1").changed
    bench.watch.forward(hours=4, minutes=1)
    assert bench.pipeline.tick() == 1
    assert bench.shown("#finance")[-1].startswith("The snooze is over")
