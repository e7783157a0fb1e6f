"""Thousands of seeds: nothing is lost, one copy with the newest words is visible, and nothing is left in between."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import pytest

from tests.reliability.report import record
from tests.reliability.simulation.options import options
from tests.reliability.simulation.world import World

SHORT = 5_000
LONG = 200_000
WITHOUT_SWEEP = 2_000
MOST_BAD_WITHOUT_SWEEP = 0.06
"""Of the wild runs. What only the audit heals: a landing after the last look, an edit that lands over a later one."""

SITES = {
    *(f"{what} {when} {site}" for what in ("crash", "pause") for when in ("before", "after") for site in (
        "Send", "Edit", "ReadBack", "Read", "Mend", "Checked", "claiming", "keeping sending", "keeping shown",
        "keeping wanted", "keeping maybe", "keeping parked",
    )),
    "post: limited", "post: no connection", "post: archived", "post: bad blocks", "post: token revoked",
    "post: thread locked", "post: dropped before", "post: dropped after", "post: lands late", "post: lost after ok",
    "post: internal_error after", "post: timed out after", "edit: limited", "edit: dropped before",
    "edit: dropped after", "edit: lands late", "read: dropped", "read: limited", "delete: dropped before",
    "delete: dropped after", "turn: not yet", "probe: no answer", "dropped", "forged", "restored", "adopted",
    "overtaken", "crash before Delete", "pause before Delete", "second copies",
}  # fmt: skip

Bad = list[tuple[int, bool, str]]


def play(first: int, count: int, sweep: bool) -> tuple[Counter[str], Bad]:
    """Runs some seeds; gives what was thrown at them, and the bad ones with whether they were wild."""
    fired: Counter[str] = Counter()
    bad: Bad = []
    for seed in range(first, first + count):
        world = World(options(seed, sweep=sweep))
        wrong = world.run()
        fired += world.fired
        fired["second copies"] += world.auditor.doubles
        fired["wild"] += world.options.wild
        if wrong:
            bad.append((seed, world.options.wild, "; ".join(wrong)))
    return fired, bad


def played(count: int, *, sweep: bool) -> tuple[Counter[str], Bad]:
    """The same in two processes."""
    size = 250
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), get_context("spawn")) as pool:
        parts = [pool.submit(play, first, min(size, count - first), sweep) for first in range(0, count, size)]
        done = [part.result() for part in parts]
    return sum((fired for fired, _ in done), Counter()), [one for _, bad in done for one in bad]


@cache
def short_form() -> tuple[Counter[str], Bad]:
    return played(SHORT, sweep=True)


def test_in_every_seed_each_post_is_visible_once_with_its_newest_words() -> None:
    _, bad = short_form()
    assert bad == [], f"{len(bad)} of {SHORT}; python -m tests.reliability.simulation --seed {bad[0][0]} --show"


def test_every_fault_was_thrown_at_the_short_form() -> None:
    fired, _ = short_form()
    assert {site for site in SITES if not fired[site]} == set()


def test_without_the_audit_only_wild_runs_go_wrong_and_few_of_them() -> None:
    fired, bad = played(WITHOUT_SWEEP, sweep=False)
    assert [(seed, why) for seed, wild, why in bad if not wild] == []
    assert {why.partition(": ")[2].partition(" ")[0] for _, _, why in bad} <= {
        "2",
        "shows",
        "dropped,",
        "parked,",
        "another",
    }
    assert len(bad) <= MOST_BAD_WITHOUT_SWEEP * fired["wild"]


def test_a_seed_is_the_same_run_every_time() -> None:
    told: list[list[str]] = [[], []]
    for lines in told:
        World(options(100, sweep=True), lines.append).run()
    assert told[0] == told[1]
    assert len(told[0]) > 20


@pytest.mark.reliability
def test_the_long_form() -> None:
    _, bad = played(LONG, sweep=True)
    claim = "Each wanted message ends up visible once, with its newest words: seeds of the simulation"
    record("simulation", claim, LONG, len(bad), "what a Slack that hides what it shows from history readers does")
    assert bad == [], f"{len(bad)} of {LONG}"
