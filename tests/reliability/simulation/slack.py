"""A Slack that takes, loses, delays and refuses by dice, and remembers every copy that was ever visible."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.dispatch import Absent, NotSent, Outcome, Post, Rejected, Shown, Unclear, Unread
from bot.core.sweep import Sighting

BOT = "B0FLOOR"
STRANGER = "B0OTHER"
Sleeps = Generator[float, None, Outcome]


@dataclass(slots=True)
class Message:
    """A message, since when history shows it, and whether Slack has lost it."""

    ts: str
    channel: str
    tag: str
    bot: str
    version: int
    thread_ts: str | None
    readable_from: float
    gone: bool = False


@dataclass
class Slack:
    """``strikes`` says whether a fault falls on a call now, ``at`` what time it is, ``later`` does something then."""

    at: Callable[[], float]
    strikes: Callable[[str], bool]
    between: Callable[[float, float], float]
    later: Callable[[float, Callable[[], None]], None]
    seen: Callable[[str, str], None]
    began: datetime
    lag: float = 0.0
    latest: float = 0.0
    messages: list[Message] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    closed: dict[str, float] = field(default_factory=dict)
    hurried: list[str] = field(default_factory=list)

    def visible(self, tag: str) -> list[Message]:
        """The bot's copies of a post that people can see, oldest first."""
        return [one for one in self.messages if one.tag == tag and one.bot == BOT and not one.gone]

    def land(self, post: Post, thread_ts: str | None, bot: str = BOT) -> Message:
        """A copy becomes visible."""
        ts = f"{(self.began + timedelta(seconds=self.at())).timestamp():.0f}.{len(self.messages) + 1:06d}"
        readable_from = self.at() + self.between(0.0, self.lag)
        made = Message(ts, post.channel, post.tag, bot, post.wanted, thread_ts, readable_from)
        self.messages.append(made)
        self.seen("landed", made.tag)
        return made

    def post(self, post: Post, thread_ts: str | None) -> Sleeps:
        """chat.postMessage."""
        yield self.between(0.05, 0.5)
        if self.at() < self.closed.get(post.id, 0.0):
            self.hurried.append(post.id)
        for fault, outcome in _REFUSALS.items():
            if self.strikes(f"post: {fault}"):
                if isinstance(outcome, NotSent) and outcome.reason == "ratelimited":
                    self.closed[post.id] = self.at() + outcome.wait.total_seconds()
                return outcome
        if not self._takes(thread_ts):
            self.seen("no such thread", post.tag)
            return Rejected("cannot_reply_to_message")
        if self.strikes("post: dropped before"):
            return Unclear("reset")
        if self.strikes("post: lands late"):
            self.later(self.between(1.0, self.latest), lambda: self._land_late(post, thread_ts))
            return Unclear("reset")
        copy = self.land(post, thread_ts)
        return (yield from self._answer(copy))

    def _takes(self, thread_ts: str | None) -> bool:
        return thread_ts is None or any(one.ts == thread_ts and not one.gone for one in self.messages)

    def _land_late(self, post: Post, thread_ts: str | None) -> None:
        if self._takes(thread_ts):
            self.land(post, thread_ts)

    def _answer(self, copy: Message) -> Sleeps:
        if self.lost.get(copy.tag, 0) < 2 and self.strikes("post: lost after ok"):
            self.lost[copy.tag] = self.lost.get(copy.tag, 0) + 1
            copy.gone = True
            self.seen("lost", copy.tag)
            return Shown(copy.ts)
        if self.strikes("post: dropped after"):
            return Unclear("reset")
        if self.strikes("post: internal_error after"):
            return Rejected("internal_error")
        if self.strikes("post: timed out after"):
            yield 10.0
            return Unclear("timeout")
        yield self.between(0.05, 0.3)
        return Shown(copy.ts)

    def edit(self, post: Post, ts: str) -> Sleeps:
        """chat.update."""
        yield self.between(0.05, 0.5)
        found = next((one for one in self.messages if one.ts == ts and not one.gone), None)
        if found is None:
            return Rejected("message_not_found")
        if self.strikes("edit: limited"):
            return NotSent("ratelimited", timedelta(seconds=7))
        if self.strikes("edit: dropped before"):
            return Unclear("reset")
        if self.strikes("edit: lands late"):
            self.later(self.between(1.0, self.latest), lambda: self._change(found, post.wanted))
            return Unclear("reset")
        self._change(found, post.wanted)
        return Unclear("reset") if self.strikes("edit: dropped after") else Shown(ts)

    def _change(self, message: Message, version: int) -> None:
        message.version = version
        self.seen(f"shows {version}", message.tag)

    def read(
        self, channel: str, thread_ts: str | None, oldest: float
    ) -> Generator[float, None, tuple[Sighting, ...] | Outcome]:
        """conversations.history and conversations.replies, all pages."""
        yield self.between(0.05, 0.5)
        if self.strikes("read: dropped"):
            return Unread("reset")
        if self.strikes("read: limited"):
            return Unread("ratelimited", timedelta(seconds=20))
        return tuple(
            Sighting(one.ts, one.tag, one.bot, one.version, one.thread_ts or "")
            for one in self.messages
            if one.channel == channel
            and one.thread_ts == thread_ts
            and not one.gone
            and one.readable_from <= self.at()
            and float(one.ts) >= oldest
        )

    def delete(self, ts: str) -> Sleeps:
        """chat.delete."""
        yield self.between(0.05, 0.5)
        if self.strikes("delete: dropped before"):
            return Unclear("reset")
        for one in self.messages:
            if one.ts == ts and not one.gone:
                one.gone = True
                self.seen("deleted", f"{one.tag} {one.ts}")
        return Unclear("reset") if self.strikes("delete: dropped after") else Absent()


_REFUSALS: dict[str, Outcome] = {
    "limited": NotSent("ratelimited", timedelta(seconds=15)),
    "no connection": NotSent("refused", timedelta(seconds=5)),
    "archived": Rejected("is_archived"),
    "bad blocks": Rejected("invalid_blocks"),
    "token revoked": Rejected("token_revoked"),
    "thread locked": Rejected("restricted_action_thread_locked"),
}
