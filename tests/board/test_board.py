"""How a channel hears that an alert changed, by the policy of the route that leads there."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.money import Money
from bot.core.settings import Department, Grouping, QuietHours, Route, Updates
from bot.core.silences import Silence
from bot.rounds.quiet import Quiet
from tests.bench import Bench, usual_house
from tests.core.samples import NOW


def disputed(folder: Path, *routes: Route) -> Bench:
    """A dispute of five days in finance's channel."""
    bench = Bench(folder, usual_house(routes=routes))
    tell(bench)
    bench.deliver_posts()
    return bench


def tell(bench: Bench, **fields: Any) -> None:
    plan = {"dispute": "d1", "amount": {"amount": "50.00", "currency": "EUR"}, "reason": "fraudulent", "status": "open"}
    bench.event("dispute.changed", **(plan | {"due": "2026-11-28T10:00:00+00:00"} | fields))


def worse(bench: Bench) -> None:
    bench.watch.forward(days=4, hours=12)
    assert bench.pipeline.tick() >= 1
    bench.deliver_posts()


def heard(bench: Bench) -> list[tuple[str, str]]:
    """Where each post of finance's channel is, and how it begins."""
    lines = zip(bench.posts("#finance"), bench.shown("#finance"), strict=True)
    return [("thread" if post.thread else "channel", line.partition(":")[0]) for (post, _), line in lines]


@pytest.mark.parametrize(
    ("updates", "after_worse", "after_taken"),
    [
        ("edit", [("thread", "Worse")], []),
        ("thread", [("thread", "Worse")], [("thread", "Taken")]),
        ("thread+channel", [("channel", "Worse"), ("thread", "Worse")], [("thread", "Taken")]),
        ("new", [], []),
    ],
)
def test_what_calls_people_and_what_they_do_is_told_by_the_routes_policy(
    tmp_path: Path, updates: Updates, after_worse: list[tuple[str, str]], after_taken: list[tuple[str, str]]
) -> None:
    bench = disputed(tmp_path, Route(rule="dispute_*", updates=updates))
    before = bench.posts("#finance")[0][0].ts
    worse(bench)
    assert sorted(heard(bench)[1:]) == after_worse
    # A new message takes the place of the edit; every other policy edits the one that is there.
    assert (bench.posts("#finance")[0][0].ts != before) == (updates == "new")
    bench.desk.act("take", 1001, 2, "U0ANNA")
    bench.deliver_posts()
    assert sorted(heard(bench)[1 + len(after_worse) :]) == after_taken
    assert bench.shown("#finance")[0].startswith("TAKEN: ")
    bench.close()


def test_moved_figures_are_told_by_the_edit_alone(tmp_path: Path) -> None:
    bench = disputed(tmp_path, Route(updates="thread+channel"))
    bench.watch.forward(minutes=5)
    tell(bench, amount={"amount": "60.00", "currency": "EUR"})
    assert len(bench.posts("#finance")) == 1
    assert bench.posts("#finance")[0][0].wanted == 2
    bench.close()


def test_a_skus_vendor_tags_and_locations_lead_its_alerts_to_a_channel(tmp_path: Path) -> None:
    routes = (
        Route(vendor="Glas*", location="Lodz", channel="#glass"),
        Route(tag="Fragile", channel="#fragile"),
    )
    bench = Bench(tmp_path, usual_house(routes=routes))
    for sku, vendor, place in (("VASE", "Glashaus", "Lodz"), ("BOWL", "Glashaus", "Berlin"), ("MUG", "", "Lodz")):
        bench.sells(sku, 10)
        described = {"item": sku, "sku": sku, "groups": ["fragile"]} | ({"vendor": vendor} if vendor else {})
        bench.event("item.described", **described)
        bench.stock(sku, 20, place)
    assert [len(bench.shown(channel)) for channel in ("#glass", "#fragile", "#warehouse")] == [1, 2, 0]
    assert "VASE" in bench.shown("#glass")[0]
    assert bench.posts("#glass")[0][0].created_at == NOW
    bench.close()


DEAR = Route(amount=Money(30_000, "EUR"), channel="#board")
SLEEPS = {"finance": Department("finance", "#finance", QuietHours(time(0), time(20), ZoneInfo("UTC")))}


def dearer(bench: Bench) -> None:
    """The matter moves to another channel, and a day later all is told that waited."""
    bench.watch.forward(minutes=5)
    tell(bench, amount={"amount": "500.00", "currency": "EUR"})
    bench.deliver_posts()
    bench.watch.forward(days=1, hours=5)
    Quiet(bench.store, bench.house, bench.board, bench.board.clock).tick()
    bench.hush.tick()
    bench.deliver_posts()


def test_in_quiet_hours_a_new_message_waits_and_the_old_one_is_kept_true(tmp_path: Path) -> None:
    departments = usual_house().departments | SLEEPS
    bench = Bench(tmp_path, usual_house(departments=departments, routes=(Route(updates="new"),)))
    bench.watch.forward(hours=11)
    tell(bench)
    bench.deliver_posts()
    bench.watch.forward(hours=4)
    tell(bench, due=(bench.watch.now() + timedelta(hours=50)).isoformat())
    bench.deliver_posts()
    assert [line.partition(":")[0] for line in bench.shown("#finance")] == ["HIGH", "Worse"]
    assert shows(bench, "#finance") == ["alert/1001"]
    bench.watch.forward(hours=19)
    bench.deliver_posts()
    assert heard(bench) == [("channel", "HIGH"), ("channel", "Worse")]
    assert len(shows(bench, "#finance")) == 2


def shows(bench: Bench, channel: str) -> list[str]:
    return [post.key for post, _ in bench.posts(channel) if post.ts is not None]


@pytest.mark.parametrize(
    ("departments", "silent", "grouping"),
    [
        pytest.param(SLEEPS, False, None, id="by quiet hours"),
        pytest.param({}, True, None, id="by a silence"),
        pytest.param({}, False, Grouping(("rule",), timedelta(minutes=20)), id="to gather others"),
    ],
)
def test_what_was_kept_back_and_moves_to_another_channel_is_not_shown_in_the_first(
    tmp_path: Path, departments: dict[str, Department], silent: bool, grouping: Grouping | None
) -> None:
    house = usual_house(departments=usual_house().departments | departments, routes=(DEAR, Route(group=grouping)))
    bench = Bench(tmp_path, house)
    if silent:
        bench.hush.lay(Silence(0, NOW + timedelta(hours=5), "U0ANNA", "known", NOW, "dispute_*"))
    tell(bench)
    bench.deliver_posts()
    assert shows(bench, "#finance") == []
    dearer(bench)
    assert shows(bench, "#finance") == []
    assert shows(bench, "#board") == ["alert/1001"]


def test_what_a_channel_shows_is_kept_true_when_its_alert_moves_to_another_one(tmp_path: Path) -> None:
    bench = disputed(tmp_path, DEAR)
    dearer(bench)
    assert [bench.shown(channel)[0].split(":")[1] for channel in ("#finance", "#board")] == [
        " Dispute over 500 EUR"
    ] * 2
