"""The bot's one client of Slack's Web API: each call is tried once, and whatever comes of it has a name.

The client of Slack's library posts a second time when a connection breaks, so its retries are off, and a call that may
have arrived is told apart from one that surely did not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.core.dispatch import Absent, NotSent, Outcome, Rejected, Unclear
from bot.core.sweep import Sighting, read_back
from bot.edge.limiter import Pace
from bot.edge.render import Rendered
from bot.edge.slack.channels import Channels
from bot.edge.slack.messages import PLAIN, content, metadata, shown, sighting
from bot.edge.slack.outcomes import BUSY, ERRORS, Failed, Failure, classify, nothing_sent, unread

Json = dict[str, Any]

TIMEOUT = 10.0
"""Seconds that a call may take in all; shorter than the lease on a post and than its settling time."""

_CONNECT = 5.0
_IDLE = 15.0
# Slack's clock and ours differ, and what was sent may have been written down a little earlier.
_SKEW = timedelta(seconds=120)
_PAGE = 200
_PAGES = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace."""

    user: str
    bot: str
    team: str
    url: str = ""


class SlackClient:
    """Posts, edits and finds messages, and speaks to single people. Make one with ``SlackClient.open``."""

    def __init__(
        self,
        web: AsyncWebClient,
        session: aiohttp.ClientSession,
        limiter: Pace,
        clock: Clock,
        counted: Callable[[str, str], None],
        dated: Callable[[datetime], None],
    ) -> None:
        self.web = web
        self._session = session
        self._limiter = limiter
        self._clock = clock
        self._counted = counted
        self._dated = dated
        self._identity: Identity | None = None
        self._channels = Channels(self._pages)

    @classmethod
    async def open(
        cls,
        token: str,
        limiter: Pace,
        clock: Clock,
        *,
        base_url: str = "https://slack.com/api/",
        seconds: float = TIMEOUT,
        counted: Callable[[str, str], None] = lambda method, outcome: None,
        dated: Callable[[datetime], None] = lambda at: None,
    ) -> SlackClient:
        """A client with a session of its own. ``counted`` hears of each call: its method and what became of it;
        ``dated`` what time it is by Slack's clock."""
        times = aiohttp.ClientTimeout(total=seconds, sock_connect=min(_CONNECT, seconds))
        session = aiohttp.ClientSession(
            timeout=times, trust_env=False, connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE)
        )
        web = AsyncWebClient(token, base_url=base_url, session=session, retry_handlers=[])
        # The library takes a proxy from the environment on its own.
        web.proxy = None
        return cls(web, session, limiter, clock, counted, dated)

    async def close(self) -> None:
        """Gives up the connections."""
        await self._session.close()

    # Posts.

    async def post(
        self, tag: str, channel: str, thread_ts: str | None, rendered: Rendered, version: int = 0
    ) -> Outcome:
        """Posts a message, once, with the post's tag in its metadata and the version that it shows."""
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        try:
            place = await self._channels.place(channel)
        except Failed as failed:
            return nothing_sent(failed.outcome)
        try:
            answer = await self._call(
                "chat.postMessage", {**place, **content(rendered), **thread, "metadata": metadata(tag, version)}
            )
        except Failed as failed:
            self._channels.mistrust(channel, failed.outcome)
            return failed.outcome
        return shown(answer)

    async def edit(self, channel: str, ts: str, rendered: Rendered, tag: str = "", version: int = 0) -> Outcome:
        """Makes the message ``ts`` say what is rendered; may be repeated freely. Without a tag it keeps its own."""
        tagged = {"metadata": metadata(tag, version)} if tag else {}
        try:
            place = await self._channels.place(channel)
            return shown(await self._call("chat.update", {**place, "ts": ts, **content(rendered), **tagged}))
        except Failed as failed:
            return failed.outcome

    async def delete(self, channel: str, ts: str) -> Outcome:
        """Deletes a message of the bot's own: Absent when it is not there any more."""
        try:
            await self._call("chat.delete", {**await self._channels.place(channel), "ts": ts})
        except Failed as failed:
            return Absent() if failed.outcome == Rejected("message_not_found") else failed.outcome
        return Absent()

    async def find(self, tag: str, channel: str, thread_ts: str | None, oldest: datetime) -> Outcome:
        """Looks for a post's message among those since ``oldest``: Shown with the first copy, Absent, Unread, or
        Forbidden where the bot may not read at all."""
        seen = await self.sightings(channel, thread_ts, oldest)
        if not isinstance(seen, tuple):
            return seen
        me = await self.identity()
        return read_back(seen, me.bot, tag)

    async def sightings(self, channel: str, thread_ts: str | None, oldest: datetime) -> tuple[Sighting, ...] | Outcome:
        """The messages with a tag in a channel, or in one of its threads, since ``oldest``, whoever wrote them.

        A thread that is not there holds none. What comes instead says why the channel was not read; a bot that does
        not know who it is does not read, for it could not tell its own messages.
        """
        try:
            place = await self._channels.place(channel)
            await self._me()
            since = f"{(oldest - _SKEW).timestamp():.6f}"
            messages = self._messages(place["channel"], thread_ts, since)
            return tuple([one async for message in messages if (one := sighting(message)) is not None])
        except Failed as failed:
            return () if failed.outcome == Rejected("thread_not_found") else unread(failed.outcome)

    async def who(self) -> Identity | None:
        """Who the bot is, if Slack says."""
        try:
            return await self._me()
        except Failed:
            return None

    async def probe(self) -> bool:
        """Whether Slack answers a call that changes nothing."""
        try:
            await self._call("auth.test", {})
        except Failed as failed:
            return isinstance(failed.outcome, Rejected)
        return True

    async def _messages(self, channel: str, thread_ts: str | None, oldest: str) -> AsyncIterator[Json]:
        method = "conversations.replies" if thread_ts else "conversations.history"
        asked: Json = {"channel": channel, "oldest": oldest, "include_all_metadata": "true", "limit": str(_PAGE)}
        async for page in self._pages(method, asked | ({"ts": thread_ts} if thread_ts else {})):
            for message in page.get("messages", []):
                yield message

    async def _pages(self, method: str, asked: Json) -> AsyncIterator[Json]:
        """Every page of an answer. A channel that has no end is one that was not read."""
        cursor: Json = {}
        for _ in range(_PAGES):
            page = await self._call(method, asked | cursor, verb="GET")
            yield page
            following = (page.get("response_metadata") or {}).get("next_cursor")
            if not following:
                return
            cursor = {"cursor": following}
        raise Failed(Unclear("more pages than anybody reads"))

    async def identity(self) -> Identity:
        """Who the bot is. Raises SlackClientError or aiohttp.ClientError when Slack does not say."""
        if self._identity is None:
            answer = await self._asked("auth.test", {})
            words = {name: str(answer.get(name, "")) for name in ("user_id", "bot_id", "team_id", "url")}
            self._identity = Identity(words["user_id"], words["bot_id"], words["team_id"], words["url"])
        return self._identity

    async def team(self) -> str:
        """The id of the bot's workspace. Raises as ``identity`` does."""
        return (await self.identity()).team

    async def _me(self) -> Identity:
        try:
            return await self.identity()
        except ERRORS as error:
            raise Failed(await self._outcome("auth.test", error)) from error

    # Words to single people. They raise SlackClientError, aiohttp.ClientError or TimeoutError when they are not taken.

    async def ephemeral(self, channel: str, user: str, text: str, blocks: list[Json]) -> None:
        """Says something in a channel that only ``user`` sees."""
        await self._asked(
            "chat.postEphemeral", {"channel": channel, "user": user, "text": text, "blocks": blocks, **PLAIN}
        )

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Opens a modal; a trigger is good for three seconds and once."""
        await self._asked("views.open", {"trigger_id": trigger_id, "view": dict(view)})

    async def ask(self, method: str, **arguments: str) -> Json:
        """The answer to a question about the workspace."""
        return await self._asked(method, arguments, verb="GET")

    async def push_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Opens a modal on top of the one whose button was pressed."""
        await self._asked("views.push", {"trigger_id": trigger_id, "view": dict(view)})

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Shows something else in a modal that is open."""
        await self._asked("views.update", {"view_id": view_id, "view": dict(view)})

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Shows ``user`` their App Home."""
        await self._asked("views.publish", {"user_id": user, "view": dict(view)})

    async def respond(self, response_url: str, payload: Mapping[str, Any]) -> None:
        """Answers a command or a click; whether the address is Slack's is for the caller to check."""
        async with self._session.post(response_url, json=dict(payload), allow_redirects=False) as answer:
            self._counted("response_url", "ok" if answer.status == 200 else "rejected")
            if answer.status != 200:
                raise SlackClientError(f"the answer was not taken: HTTP {answer.status}")

    # One call.

    async def _call(self, method: str, arguments: Json, verb: str = "POST") -> Json:
        """One call, its failure named. Raises Failed."""
        try:
            return await self._asked(method, arguments, verb)
        except ERRORS as error:
            raise Failed(await self._outcome(method, error)) from error

    async def _asked(self, method: str, arguments: Json, verb: str = "POST") -> Json:
        body: dict[str, Any] = {"params": arguments} if verb == "GET" else {"json": arguments}
        try:
            answer = await self.web.api_call(method, http_verb=verb, **body)
        except (AttributeError, ValueError) as error:
            # The library trips over an answer that is no JSON object, or no text at all.
            self._counted(method, "unclear")
            raise SlackClientError("the answer is no JSON object") from error
        except ERRORS as error:
            self._counted(method, type(classify(error)).__name__.lower())
            raise
        self._counted(method, "ok")
        self._note_date(answer.headers)
        return answer.data if isinstance(answer.data, dict) else {}

    def _note_date(self, headers: Mapping[str, Any]) -> None:
        with suppress(ValueError, TypeError):
            self._dated(parsedate_to_datetime(str(headers.get("Date", ""))).astimezone(UTC))

    async def _outcome(self, method: str, error: Exception) -> Failure:
        outcome = classify(error)
        if isinstance(outcome, NotSent) and outcome.reason in BUSY:
            await self._limiter.close(method, outcome.wait.total_seconds(), self._clock)
        return outcome
