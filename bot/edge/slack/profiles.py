"""Has members' preferences follow their Slack profiles: whoever travels rests by the clock of where they are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from bot.clock import Clock
from bot.core.preferences import Profile
from bot.edge.slack.people import profile_of
from bot.edge.slack.ways_back import NOT_TOLD
from bot.store import preferences
from bot.store.engine import Store, StoreDown

log = structlog.get_logger()

EVERY = 3600.0
"""Seconds from one look to the next."""


class Slack(Protocol):
    """What is asked of Slack; it raises one of NOT_TOLD."""

    async def ask(self, method: str, **arguments: str) -> dict[str, Any]: ...


class Profiles:
    """Asks Slack of each member who has preferences. What it does not say stays as it was."""

    def __init__(self, slack: Slack, store: Store, clock: Clock) -> None:
        self._slack, self._store, self._clock = slack, store, clock

    async def run(self) -> None:
        """Looks at once and then every hour, until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """One look at all of them; returns how many preferences changed. Never raises."""
        try:
            users = await asyncio.to_thread(self._members)
            told = {user: profile for user in users if (profile := await self._profile(user)) is not None}
            return await asyncio.to_thread(self._renew, told)
        except StoreDown as down:
            log.warning("profiles not renewed", reason=str(down))
            return 0

    async def _profile(self, user: str) -> Profile | None:
        try:
            answer = await self._slack.ask("users.info", user=user)
        except NOT_TOLD as error:
            log.warning("profile not told", reason=type(error).__name__)
            return None
        return profile_of(answer.get("user") or {})

    def _members(self) -> tuple[str, ...]:
        with self._store.read() as connection:
            return preferences.members(connection)

    def _renew(self, told: Mapping[str, Profile]) -> int:
        with self._store.write() as connection:
            return preferences.renew(connection, told, self._clock.now())
