"""The bot's one client of Slack's Web API: each call is tried once, and whatever comes of it has a name.

The client of Slack's library posts a second time when a connection breaks, so its retries are off, and a call that may
have arrived is told apart from one that surely did not.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.core.dispatch import Absent, Forbidden, NotSent, Outcome, Rejected, Shown, Unclear, Unread, error_class
from bot.core.sweep import Sighting, read_back
from bot.edge.limiter import Pace
from bot.edge.render import Rendered

Json = dict[str, Any]
Failure = NotSent | Unclear | Rejected

EVENT_TYPE = "floorwalker_post"
TIMEOUT = 10.0
"""Seconds that a call may take in all; shorter than the lease on a post and than its settling time."""

_CONNECT = 5.0
_IDLE = 15.0
# Slack's clock and ours differ, and what was sent may have been written down a little earlier.
_SKEW = timedelta(seconds=120)
_PAGE = 200
_PAGES = 100
_PLAIN: Json = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}
_BUSY = frozenset({"ratelimited", "rate_limited"})
_NO_RETRY_AFTER = timedelta(seconds=5)
_NO_CONNECTION = timedelta(seconds=5)
_NO_WORKSPACE = timedelta(seconds=60)


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
        self._ids: dict[str, str] = {}

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
            place = await self._before("chat.postMessage", channel)
        except _Failed as failed:
            return _nothing_sent(failed.outcome)
        try:
            answer = await self._call(
                "chat.postMessage", {**place, **_content(rendered), **thread, "metadata": _metadata(tag, version)}
            )
        except _Failed as failed:
            self._mistrust(channel, failed.outcome)
            return failed.outcome
        return _shown(answer)

    async def edit(self, channel: str, ts: str, rendered: Rendered, tag: str = "", version: int = 0) -> Outcome:
        """Makes the message ``ts`` say what is rendered; may be repeated freely. Without a tag it keeps its own."""
        tagged = {"metadata": _metadata(tag, version)} if tag else {}
        try:
            place = await self._before("chat.update", channel)
            return _shown(await self._call("chat.update", {**place, "ts": ts, **_content(rendered), **tagged}))
        except _Failed as failed:
            return failed.outcome

    async def delete(self, channel: str, ts: str) -> Outcome:
        """Deletes a message of the bot's own: Absent when it is not there any more."""
        try:
            await self._call("chat.delete", {**await self._before("chat.delete", channel), "ts": ts})
        except _Failed as failed:
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
            place = await self._before("conversations.history", channel)
            await self._me()
            since = f"{(oldest - _SKEW).timestamp():.6f}"
            messages = self._messages(place["channel"], thread_ts, since)
            return tuple([one async for message in messages if (one := _sighting(message)) is not None])
        except _Failed as failed:
            return () if failed.outcome == Rejected("thread_not_found") else _unread(failed.outcome)

    async def who(self) -> Identity | None:
        """Who the bot is, if Slack says."""
        try:
            return await self._me()
        except _Failed:
            return None

    async def probe(self) -> bool:
        """Whether Slack answers a call that changes nothing."""
        try:
            await self._call("auth.test", {})
        except _Failed as failed:
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
        raise _Failed(Unclear("more pages than anybody reads"))

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
        except _ERRORS as error:
            raise _Failed(await self._outcome("auth.test", error)) from error

    # Channels: the config names them, Slack wants their ids.

    async def _before(self, method: str, channel: str) -> Json:
        """The call's channel by id. Raises _Failed when it cannot be known; nothing of ``method`` has left then."""
        name = channel.removeprefix("#")
        if name == channel:
            return {"channel": channel}
        if name not in self._ids:
            await self._learn_channels()
        if name not in self._ids:
            raise _Failed(Rejected("channel_not_found"))
        return {"channel": self._ids[name]}

    def _mistrust(self, channel: str, outcome: Failure) -> None:
        """A channel that refuses may have been archived, and its name be another channel's by now."""
        if isinstance(outcome, Rejected) and error_class(outcome.error) == "destination":
            self._ids.pop(channel.removeprefix("#"), None)

    async def _learn_channels(self) -> None:
        """Reads all channels. Without the permission to list private ones it makes do with the public."""
        try:
            await self._list_channels("public_channel,private_channel")
        except _Failed as failed:
            if failed.outcome != Rejected("missing_scope"):
                raise
            await self._list_channels("public_channel")

    async def _list_channels(self, types: str) -> None:
        found: dict[str, str] = {}
        async for page in self._pages("conversations.list", {"types": types, "limit": "1000"}):
            for channel in page.get("channels", []):
                # A name may have been given up by an archived channel and taken by a new one.
                if not channel.get("is_archived") or channel["name"] not in found:
                    found[channel["name"]] = channel["id"]
        self._ids = found

    # Words to single people. They raise SlackClientError, aiohttp.ClientError or TimeoutError when they are not taken.

    async def ephemeral(self, channel: str, user: str, text: str, blocks: list[Json]) -> None:
        """Says something in a channel that only ``user`` sees."""
        await self._asked(
            "chat.postEphemeral", {"channel": channel, "user": user, "text": text, "blocks": blocks, **_PLAIN}
        )

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Opens a modal; a trigger is good for three seconds and once."""
        await self._asked("views.open", {"trigger_id": trigger_id, "view": dict(view)})

    async def ask(self, method: str, **arguments: str) -> Json:
        """The answer to a question about the workspace."""
        return await self._asked(method, arguments, verb="GET")

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
        """One call, its failure named. Raises _Failed."""
        try:
            return await self._asked(method, arguments, verb)
        except _ERRORS as error:
            raise _Failed(await self._outcome(method, error)) from error

    async def _asked(self, method: str, arguments: Json, verb: str = "POST") -> Json:
        body: dict[str, Any] = {"params": arguments} if verb == "GET" else {"json": arguments}
        try:
            answer = await self.web.api_call(method, http_verb=verb, **body)
        except (AttributeError, ValueError) as error:
            # The library trips over an answer that is no JSON object, or no text at all.
            self._counted(method, "unclear")
            raise SlackClientError("the answer is no JSON object") from error
        except _ERRORS as error:
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
        if isinstance(outcome, NotSent) and outcome.reason in _BUSY:
            await self._limiter.close(method, outcome.wait.total_seconds(), self._clock)
        return outcome


class _Failed(Exception):
    """A call came to nothing, or may have; ``outcome`` says which."""

    def __init__(self, outcome: Failure) -> None:
        super().__init__(repr(outcome))
        self.outcome = outcome


_ERRORS = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)


def classify(error: Exception) -> Failure:
    """What an exception of a call means for what was sent: it surely did not arrive, it may have, or Slack said no."""
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return NotSent(type(error).__name__, _NO_CONNECTION)
        case SlackApiError():
            return _refusal(error.response)
        case _:
            return Unclear(type(error).__name__)


def _refusal(response: Any) -> Failure:
    """What an answer other than ok means. Some come without a status, some without a body that can be read."""
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    body = getattr(response, "data", None)
    error = body.get("error") if isinstance(body, dict) else None
    if status == 429 or error in _BUSY:
        return NotSent("ratelimited", _retry_after(response.headers.get("Retry-After")))
    if status >= 500 or not isinstance(error, str):
        return Unclear(f"HTTP {status}")
    return Rejected(error)


def _retry_after(value: str | None) -> timedelta:
    """Slack sends whole seconds; proxies send fractions, dates or nothing."""
    try:
        seconds = float(value or "")
    except ValueError:
        return _NO_RETRY_AFTER
    if not math.isfinite(seconds) or seconds < 0:
        return _NO_RETRY_AFTER
    return timedelta(seconds=min(max(seconds, 1.0), 3600.0))


def _nothing_sent(outcome: Failure) -> Outcome:
    """The outcome of a call that only prepared another: however unclear, nothing of the other one has left."""
    return NotSent(outcome.reason) if isinstance(outcome, Unclear) else outcome


def _unread(outcome: Failure) -> Outcome:
    """What a failed reading means for the post that was looked for."""
    match outcome:
        case NotSent(reason, wait):
            return Unread(reason, wait)
        case Rejected("missing_scope" as error):
            return Forbidden(error)
        case Rejected(error) if error_class(error) == "destination":
            return outcome
        case Rejected(error) if error_class(error) == "workspace":
            return Unread(error, _NO_WORKSPACE)
        case Rejected(reason) | Unclear(reason):
            return Unread(reason)


def _content(rendered: Rendered) -> Json:
    """Text and blocks. An edit without blocks takes away those that are there."""
    return {"text": rendered.text, **({"blocks": rendered.blocks} if rendered.blocks else {}), **_PLAIN}


def _shown(answer: Json) -> Outcome:
    ts = answer.get("ts")
    return Shown(ts) if isinstance(ts, str) and ts else Unclear("an answer without ts")


def _metadata(tag: str, version: int) -> Json:
    return {"event_type": EVENT_TYPE, "event_payload": {"key": tag, **({"version": version} if version else {})}}


def _sighting(message: Json) -> Sighting | None:
    """A message with a tag, whoever wrote it; what others put into the metadata may be anything."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    tag, version = payload.get("key"), payload.get("version")
    if metadata.get("event_type") != EVENT_TYPE or not isinstance(tag, str):
        return None
    shown = version if isinstance(version, int) else 0
    return Sighting(message["ts"], tag, str(message.get("bot_id", "")), shown, str(message.get("thread_ts", "")))
