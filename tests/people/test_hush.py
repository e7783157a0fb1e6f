"""Silences of a whole bot: what is held, what is kept true, what is shown when they end, and who hears of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.board import Board
from bot.core.settings import Department, Mute, QuietHours, WorkingHours
from bot.core.silences import Silence
from bot.core.verdict import Severity
from bot.people.hush import Hush, Unsilenceable
from tests.bench import Bench, usual_house
from tests.core.samples import NOW

HOUR = timedelta(hours=1)


def hush_of(bench: Bench) -> Hush:
    clock: Any = bench.watch
    return Hush(bench.store, bench.house, Board(bench.catalog, bench.house, clock), clock)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def silence(**changes: Any) -> Silence:
    asked = Silence(0, NOW + 4 * HOUR, "U0ANNA", "the bank is closed", NOW, rule="payout_failed")
    return replace(asked, **changes)


def fails(bench: Bench, payout: str = "p1", status: str = "failed") -> None:
    bench.event("payout.changed", payout=payout, amount={"amount": "9.00", "currency": "EUR"}, status=status)


def state(bench: Bench, nth: int = 0) -> tuple[str, str]:
    post = bench.posts("#finance")[nth][0]
    return post.state, post.reason


def test_what_opens_in_a_silence_is_held_until_its_end_and_shown_then(bench: Bench) -> None:
    hush = hush_of(bench)
    laid, kept = hush.lay(silence())
    assert (laid.name, kept, hush.current()) == ("S-1", 0, [laid])
    fails(bench)
    bench.deliver_posts()
    assert state(bench) == ("wanted", "silence S-1")
    assert bench.posts("#finance")[0][0].due_at == NOW + 4 * HOUR
    bench.watch.forward(hours=4)
    assert hush.tick() == 1
    bench.deliver_posts()
    assert state(bench)[0] == "shown"
    assert bench.shown("#operations")[1].startswith("The silence is over. S-1: rule «payout_failed» until ")
    assert "1 alert it kept quiet" in bench.shown("#operations")[1]
    assert hush.tick() == 0
    assert hush.current() == []


def test_what_is_over_before_the_silence_is_never_shown(bench: Bench) -> None:
    hush = hush_of(bench)
    hush.lay(silence())
    fails(bench)
    bench.watch.forward(minutes=5)
    fails(bench, status="paid")
    assert state(bench) == ("dropped", "over before it was shown")
    bench.watch.forward(hours=4)
    assert (hush.tick(), len(bench.shown("#operations"))) == (1, 1)


def test_what_a_channel_shows_is_kept_true_but_calls_nobody(bench: Bench) -> None:
    fails(bench)
    bench.deliver_posts()
    _, kept = hush_of(bench).lay(silence())
    assert kept == 1
    bench.watch.forward(minutes=5)
    fails(bench, status="paid")
    fails(bench)
    bench.deliver_posts()
    assert bench.shown("#finance")[0].startswith("RESOLVED: ")
    bench.watch.forward(minutes=5)
    fails(bench)
    bench.deliver_posts()
    assert not bench.shown("#finance")[0].startswith("RESOLVED: ")
    assert len(bench.posts("#finance")) == 1


@pytest.mark.parametrize(("taken", "calls"), [(False, ["Back again"]), (True, [])])
def test_at_its_end_people_are_called_for_what_nobody_has_seen_to_since(
    bench: Bench, taken: bool, calls: list[str]
) -> None:
    fails(bench)
    bench.deliver_posts()
    hush = hush_of(bench)
    hush.lay(silence())
    for status in ("paid", "failed"):
        bench.watch.forward(minutes=5)
        fails(bench, status=status)
    if taken:
        assert bench.desk.act("take", 1001, 3, "U0BEN").changed
    bench.deliver_posts()
    assert len(bench.posts("#finance")) == 1
    bench.watch.forward(hours=4)
    assert (hush.tick(), hush.tick()) == (1, 0)
    bench.deliver_posts()
    assert [line.partition(":")[0] for line in bench.shown("#finance")[1:]] == calls


def test_a_silence_takes_hold_of_what_waits_and_lets_it_go_when_it_is_ended(bench: Bench) -> None:
    hush = hush_of(bench)
    fails(bench)
    laid, kept = hush.lay(silence())
    assert (kept, state(bench)) == (1, ("wanted", "silence S-1"))
    assert hush.end(laid.id, "U0BEN") == (replace(laid, until=NOW), 1)
    assert state(bench) == ("wanted", "")
    assert hush.end(laid.id, "U0BEN") is None
    assert hush.end(99, "U0BEN") is None
    bench.deliver_posts()
    assert state(bench)[0] == "shown"


def test_other_matters_are_told_all_the_same(bench: Bench) -> None:
    hush_of(bench).lay(silence(subject="p9"))
    fails(bench)
    bench.deliver_posts()
    assert state(bench)[0] == "shown"


def test_whoever_sleeps_when_a_silence_ends_is_not_woken_by_it(tmp_path: Path) -> None:
    night = QuietHours(time(12), time(20), ZoneInfo("UTC"), above=Severity.CRITICAL)
    named = {
        name: Department(name, f"#{name}", night if name == "finance" else None) for name in ("finance", "operations")
    }
    bench = Bench(tmp_path, usual_house(departments=named))
    hush_of(bench).lay(silence())
    fails(bench)
    assert bench.posts("#finance")[0][0].due_at == NOW.replace(hour=20)
    bench.close()


def test_a_forgotten_silence_is_told_to_operations_once_a_week(bench: Bench) -> None:
    hush = hush_of(bench)
    hush.lay(silence(until=NOW + timedelta(days=20)))
    fails(bench)
    told = []
    for _ in range(19):
        bench.watch.forward(days=1)
        told += [hush.tick(), hush.tick()]
    assert sum(told) == 2
    assert [line.partition(":")[0] for line in bench.shown("#operations")[1:]] == ["Still silent. S-1"] * 2
    assert "It keeps 1 alert quiet" in bench.shown("#operations")[1]


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"until": NOW}, "over already"), ({"reason": ""}, "say why"), ({"rule": "*"}, "name a rule or a subject")],
)
def test_what_cannot_be_silenced_is_refused_and_leaves_nothing(bench: Bench, changes: dict[str, Any], why: str) -> None:
    hush = hush_of(bench)
    with pytest.raises(Unsilenceable, match=why):
        hush.lay(silence(**changes))
    assert hush.current() == []


def muted(tmp_path: Path) -> Bench:
    """Nobody is called by a payout from nine to twelve o'clock."""
    hours = WorkingHours(("mon",), time(9), time(12), ZoneInfo("UTC"))
    return Bench(tmp_path, usual_house(mutes=(Mute(hours, "the bank counts", rule="payout_*"),)))


def test_what_opens_while_the_config_mutes_it_is_shown_when_that_is_over_and_once(tmp_path: Path) -> None:
    bench = muted(tmp_path)
    hush = hush_of(bench)
    # Its end of last week, in case that nobody looked since.
    assert hush.tick() == 1
    fails(bench)
    bench.deliver_posts()
    assert state(bench) == ("wanted", "silence of the config (the bank counts)")
    assert hush.tick() == 0
    bench.watch.forward(hours=2)
    assert (hush.tick(), hush.tick()) == (1, 0)
    bench.deliver_posts()
    assert state(bench)[0] == "shown"
    bench.close()


def test_what_a_mute_held_is_looked_at_again_however_long_nobody_did(tmp_path: Path) -> None:
    bench = muted(tmp_path)
    hush = hush_of(bench)
    hush.tick()
    fails(bench, status="canceled")
    resting = Department("finance", "#finance", QuietHours(time(20), time(6), ZoneInfo("UTC")))
    # Nobody ran at the end of the mute, and it is night when somebody does.
    bench.watch.at = NOW.replace(hour=22)
    board = Board(bench.catalog, usual_house(departments=bench.house.departments | {"finance": resting}), hush.clock)
    Hush(bench.store, bench.house, board, hush.clock).tick()
    bench.deliver_posts()
    assert state(bench) == ("wanted", "quiet hours of finance")
    bench.close()


def test_what_is_shown_already_is_kept_true_while_it_is_muted_and_calls_nobody(tmp_path: Path) -> None:
    bench = muted(tmp_path)
    bench.watch.forward(hours=3)
    fails(bench)
    bench.deliver_posts()
    bench.watch.forward(days=6, hours=21)
    bench.desk.act("snooze", 1001, 1, "U0ANNA")
    bench.deliver_posts()
    bench.watch.forward(minutes=241)
    assert bench.shown("#finance")[0].startswith("SNOOZED")
    bench.close()
