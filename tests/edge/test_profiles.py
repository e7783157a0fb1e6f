"""Preferences follow their members' Slack profiles, over real HTTP and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.core.preferences import OwnQuiet, Preferences
from bot.core.schedule import WEEKDAYS
from bot.edge.limiter import Limiter
from bot.edge.slack.client import SlackClient
from bot.edge.slack.manifest import app_manifest
from bot.edge.slack.profiles import Profiles
from bot.store import preferences
from bot.store.engine import Store
from bot.workbench import Workbench
from tests.edge.slack_fixtures import COMMANDS

NIGHT = OwnQuiet(time(22), time(7), WEEKDAYS, "Europe/Berlin")


class Desk:
    """A workbench, a store in which members rest at night, and who looks at their profiles."""

    def __init__(self, workbench: Workbench, store: Store, profiles: Profiles) -> None:
        self.workbench, self.store, self.profiles = workbench, store, profiles

    def zones(self) -> dict[str, str]:
        with self.store.read() as connection:
            found = preferences.of(connection, ("U0ANNA", "U0BEN"))
        return {user: wishes.quiet.zone for user, wishes in found.items() if wishes.quiet}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    workbench = await Workbench.start(rate_limits=False, manifest=app_manifest(COMMANDS))
    store = Store.open(f"sqlite:///{tmp_path}/floorwalker.db")
    store.migrate()
    with store.write() as connection:
        for user in ("U0ANNA", "U0BEN"):
            preferences.put(connection, user, Preferences(quiet=NIGHT), datetime(2026, 11, 23, tzinfo=UTC))
    client = await SlackClient.open(workbench.bot_token, Limiter(), Clock(), base_url=workbench.api_url, seconds=5)
    yield Desk(workbench, store, Profiles(client, store, Clock()))
    await client.close()
    await workbench.stop()
    store.close()


async def test_whoever_travels_rests_by_the_clock_of_where_they_are(desk: Desk) -> None:
    desk.workbench.set_member("U0ANNA", tz="Asia/Tokyo")
    assert await desk.profiles.look() == 2
    assert desk.zones() == {"U0ANNA": "Asia/Tokyo", "U0BEN": "Europe/Berlin"}
    assert await desk.profiles.look() == 0


async def test_where_slack_does_not_say_it_stays_as_it_was(desk: Desk) -> None:
    await desk.profiles.look()
    desk.workbench.set_member("U0ANNA", tz="Mars/Olympus")
    desk.workbench.set_faults([{"method": "users.info", "kind": "error:internal_error", "times": 1}])
    assert await desk.profiles.look() == 0
    assert desk.zones() == {"U0ANNA": "Europe/Berlin", "U0BEN": "Europe/Berlin"}


def remove(database: Path) -> None:
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()
    database.mkdir()


async def test_a_store_that_is_away_is_no_reason_to_look_no_more(desk: Desk, tmp_path: Path) -> None:
    desk.store.close()
    remove(tmp_path / "floorwalker.db")
    assert await desk.profiles.look() == 0
