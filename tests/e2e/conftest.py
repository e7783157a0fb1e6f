"""The demo's day, told once for all the tests that look at its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.running import Json, PostRow, Rows, Running

PATIENCE = 90.0


@dataclass(frozen=True)
class Evening:
    """The bot after the day, and how things stood before anybody pressed anything."""

    bot: Running
    state: Json
    posts: list[PostRow]
    alerts: list[tuple[str, str, str]]
    outcomes: dict[str, int]


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    bot = Running(tmp_path_factory.mktemp("evening"))
    try:
        bot.demo()
        bot.settled(PATIENCE)
        with Rows(bot.folder) as rows:
            yield Evening(bot, bot.state(), rows.posts(), rows.alerts(), rows.outcomes())
    finally:
        bot.close()


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Running]:
    """A bot of the test's own, not yet started."""
    running = Running(tmp_path)
    yield running
    running.close()
