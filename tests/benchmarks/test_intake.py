"""How fast signed webhooks are accepted for good: the same server without a database, with group commit, and with a
SQLModel transaction a request, one after another in one run, so that their ratios say more than their figures."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import pytest

from bot.clock import Clock
from bot.core.shopfront import Shopfront
from bot.edge.intake import PREFIX, Admits, Door, Webhooks
from bot.edge.metrics import Meters
from bot.edge.server import HttpServer
from bot.store import inbox
from bot.store.engine import Store
from bot.store.intake import Intake
from handlers.sources.shopify import SOURCE
from tests.benchmarks.conftest import Nowhere, SessionEach, send
from tests.benchmarks.load import SECRET

pytestmark = pytest.mark.bench

ROUNDS = 3
SECONDS = 2.0
APART = 10_000_000
"""Deliveries are numbered, and each run begins so far from the last."""

Seen = dict[str, float]


async def _measured(admits: Admits, start: int, rate: float = 0.0) -> Seen:
    clock = Clock()
    door = Door(SOURCE, (SECRET,), Shopfront("shopify", "bench", "EUR"))
    server = HttpServer({PREFIX: Webhooks({"shopify": door}, admits, clock, Meters(("shopify",))).handle})
    port = await server.start("127.0.0.1", 0)
    try:
        return await send(port, start, seconds=SECONDS, rate=rate)
    finally:
        await server.stop()


async def test_group_commit_against_no_database_and_against_a_transaction_a_request(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'group.db'}")
    store.migrate()
    group, nowhere, session = Intake(store), Nowhere(), SessionEach(tmp_path / "session.db")
    group.start()
    ways: Mapping[str, Admits] = {"verify only": nowhere, "group commit": group, "session each": session}
    runs: dict[str, list[Seen]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        for place, (name, admits) in enumerate(ways.items()):
            runs[name].append(await _measured(admits, (number * len(ways) + place) * APART))
    half = median(run["a_second"] for run in runs["group commit"]) / 2
    calm = {
        name: await _measured(ways[name], (100 + place) * APART, half)
        for place, name in enumerate(("verify only", "group commit"))
    }
    group.stop()

    sys.stdout.write(_report(runs, calm, half))
    with store.read() as connection:
        on_disk = inbox.counts(connection)["waiting"]
    answered = sum(run["taken"] for run in [*runs["group commit"], calm["group commit"]])
    # A connection that a busy machine lets drop leaves a delivery kept and its answer unread; never the reverse.
    assert on_disk >= answered
    assert session.kept >= sum(run["taken"] for run in runs["session each"])
    assert all(run["refused"] == 0 for seen in runs.values() for run in seen)
    session.close()
    store.close()


def _report(runs: Mapping[str, list[Seen]], calm: Mapping[str, Seen], half: float) -> str:
    middle = {name: {key: median(run[key] for run in seen) for key in seen[0]} for name, seen in runs.items()}
    speed = {name: seen["a_second"] for name, seen in middle.items()}
    tail = {name: seen["p99"] for name, seen in calm.items()}
    lines = [
        f"\n32 connections, SQLite with synchronous=FULL, median of {ROUNDS} rounds of {SECONDS:.0f} s",
        f"{'':14}{'accepted/s':>12}{'p50 ms':>9}{'p99 ms':>9}",
        *(f"{name:14}{s['a_second']:12,.0f}{s['p50']:9.1f}{s['p99']:9.1f}" for name, s in middle.items()),
        f"group commit / verify only   {speed['group commit'] / speed['verify only']:.2f}   (to reach: 0.65)",
        f"group commit / session each  {speed['group commit'] / speed['session each']:.1f}   (to reach: 20)",
        f"p99 at {half:,.0f}/s: group commit {tail['group commit']:.1f} ms, verify only {tail['verify only']:.1f} ms",
    ]
    return "\n".join(lines) + "\n"
