"""Channels by their names: the config names them, Slack wants their ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from bot.core.dispatch import Rejected, error_class
from bot.edge.slack.outcomes import Failed, Failure

Json = dict[str, Any]


class Channels:
    """The ids of channels by their names, read when a name is first wanted. ``pages`` gives every page of an answer."""

    def __init__(self, pages: Callable[[str, Json], AsyncIterator[Json]]) -> None:
        self._pages = pages
        self._ids: dict[str, str] = {}

    async def place(self, channel: str) -> Json:
        """The ``channel`` of a call, by its id. Raises Failed when that cannot be known; no call has left then."""
        name = channel.removeprefix("#")
        if name == channel:
            return {"channel": channel}
        if name not in self._ids:
            await self._learn()
        if name not in self._ids:
            raise Failed(Rejected("channel_not_found"))
        return {"channel": self._ids[name]}

    def mistrust(self, channel: str, outcome: Failure) -> None:
        """A channel that refuses may have been archived, and its name be another channel's by now."""
        if isinstance(outcome, Rejected) and error_class(outcome.error) == "destination":
            self._ids.pop(channel.removeprefix("#"), None)

    async def _learn(self) -> None:
        """Reads all channels. Without the permission to list private ones it makes do with the public."""
        try:
            await self._list("public_channel,private_channel")
        except Failed as failed:
            if failed.outcome != Rejected("missing_scope"):
                raise
            await self._list("public_channel")

    async def _list(self, types: str) -> None:
        found: dict[str, str] = {}
        async for page in self._pages("conversations.list", {"types": types, "limit": "1000"}):
            for channel in page.get("channels", []):
                # A name may have been given up by an archived channel and taken by a new one.
                if not channel.get("is_archived") or channel["name"] not in found:
                    found[channel["name"]] = channel["id"]
        self._ids = found
