"""Real bots killed again and again while deliveries stream in: nothing that was answered is lost, nothing stays twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.reliability.conftest import Told
from tests.reliability.kills import Outcome, Trial, run
from tests.reliability.report import record
from tests.store.servers import Server, postgresql

ALONE = Trial("one process on SQLite, killed", ("kill",), 12, 1)
PAIR = Trial("two on PostgreSQL, killed, one Slack call in five failing", ("kill",), 8, 2, replicas=2, faults=True)
ENDED = Trial("one process on SQLite, asked to end", ("end",), 50, 5)
POWER = Trial("two on PostgreSQL, killed, and the server restarted at once", ("power", "kill"), 40, 3, replicas=2)
PAUSED = Trial("two on PostgreSQL, stopped for up to three leases", ("pause",), 60, 4, replicas=2, faults=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of its own, since it is restarted in mid-work."""
    with postgresql() as started:
        yield started


def _assert_promise_kept(outcome: Outcome, told: Told) -> None:
    told(str(outcome))
    assert outcome.violations == 0, outcome.died + outcome.notes
    assert outcome.posts > 0
    assert outcome.deliveries > outcome.trial.times


async def test_a_bot_on_sqlite_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, told: Told) -> None:
    outcome = await run(ALONE, tmp_path, f"sqlite:///{tmp_path}/floorwalker.db")
    _assert_promise_kept(outcome, told)
    assert outcome.passing == 0


async def test_two_bots_that_are_killed_while_slack_fails_lose_and_double_nothing(
    server: Server, tmp_path: Path, told: Told
) -> None:
    outcome = await run(PAIR, tmp_path, server.url(server.database()), server)
    _assert_promise_kept(outcome, told)
    assert outcome.passing == 0


LONG = {
    "kills-sqlite": replace(ALONE, times=200),
    "kills-postgresql": replace(PAIR, times=200),
    "ends-sqlite": ENDED,
    "restarts-postgresql": POWER,
    "pauses-postgresql": PAUSED,
}
BEYOND = {
    "kills-sqlite": "a power cut of the machine, which was not tried",
    "kills-postgresql": "that nobody is notified twice",
    "ends-sqlite": "a bot that is killed because it did not end within ten seconds",
    "restarts-postgresql": "a power cut of the machine, which was not tried",
    "pauses-postgresql": "that no second copy is seen for a while, at most one sweep and the settling time",
}


def keep(name: str, trial: Trial, outcome: Outcome) -> None:
    """Keeps the figures for the table of what is promised."""
    claim = f"Nothing that was answered is lost, nothing stays twice: {trial.name}"
    record(name, claim, trial.times, outcome.violations, BEYOND[name])


@pytest.mark.reliability
@pytest.mark.parametrize("name", LONG)
async def test_hundreds_of_kills_and_stops_lose_and_double_nothing(
    server: Server, tmp_path: Path, told: Told, name: str
) -> None:
    trial = LONG[name]
    url = f"sqlite:///{tmp_path}/floorwalker.db" if trial.replicas == 1 else server.url(server.database())
    outcome = await run(trial, tmp_path, url, server)
    keep(name, trial, outcome)
    _assert_promise_kept(outcome, told)
    assert "end" not in trial.acts or outcome.caught == 0
    assert "pause" in trial.acts or outcome.passing == 0
