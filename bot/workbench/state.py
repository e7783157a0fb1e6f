"""The workspace itself: channels, messages, modals and App Homes, kept in memory, written through to the journal,
and told to whoever listens."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.workbench import roster
from bot.workbench.clock import Clock
from bot.workbench.journal import Journal, Json

Listener = Callable[[Json], None]
TRIGGER_SECONDS = 3.0
STRIDE = 1000
DOCUMENTS = ("message", "view", "stack", "home", "response", "client_msg_id", "counter")


class Refusal(Exception):
    """A Web API call answered with ok:false; `extra` is what goes beside `error` in the answer."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra


@dataclass
class Trigger:
    """A person's act that lets the app open a modal once, within three seconds."""

    user: str
    expires: float
    used: bool = False


@dataclass
class Workspace:
    """Everything the stand-in knows; methods change it, listeners hear of each change."""

    clock: Clock
    journal: Journal
    channels: dict[str, roster.Channel]
    dedupe: bool = False
    manifest: Json | None = None
    base_url: str = ""
    messages: dict[str, dict[str, Json]] = field(default_factory=dict)
    views: dict[str, Json] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    responses: dict[str, Json] = field(default_factory=dict)
    client_msg_ids: dict[str, Json] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    listeners: list[Listener] = field(default_factory=list)
    watchers: list[Callable[[], None]] = field(default_factory=list)
    flags: dict[str, Json] = field(default_factory=dict)
    memberships: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _last_ts: int = 0
    _count: int = 0
    _reserved: int = 0

    def restore(self) -> None:
        """Read back what an earlier process journalled."""
        self.messages = {channel: {} for channel in self.channels}
        for message in self.journal.load("message").values():
            self.messages.setdefault(message["channel"], {})[message["ts"]] = message
            self._last_ts = max(self._last_ts, _micros(message["ts"]))
        self.views = self.journal.load("view")
        self.stacks = self.journal.load("stack")
        self.homes = self.journal.load("home")
        self.responses = self.journal.load("response")
        self.client_msg_ids = self.journal.load("client_msg_id")
        self._count = self._reserved = self.journal.load("counter").get("count", 0)
        self.manifest = self.manifest or self.journal.load("manifest").get("manifest")
        for key, standing in self.journal.load("channel").items():
            if key in self.channels:
                channel = self.channels[key]
                channel.archived, channel.joined = standing["archived"], standing["joined"]
                channel.abroad = standing.get("abroad", False)

    def keep_channel(self, channel: roster.Channel) -> None:
        """Remember whether a channel is archived, whether the bot is in it, and whether another workspace is."""
        standing = {"archived": channel.archived, "joined": channel.joined, "abroad": channel.abroad}
        self.journal.put("channel", channel.id, standing)

    def keep_manifest(self, manifest: Json) -> None:
        """Take the app's manifest: its commands, its addresses, its scopes."""
        self.manifest = manifest
        self.journal.put("manifest", "manifest", manifest)

    def forget(self) -> None:
        """Drop messages, modals, homes and what hangs on them; ids go on counting, so none comes twice."""
        for kind in DOCUMENTS:
            if kind != "counter":
                self.journal.clear(kind)
        self.messages = {channel: {} for channel in self.channels}
        for table in (self.views, self.stacks, self.homes, self.responses, self.client_msg_ids, self.triggers):
            table.clear()
        self.tell({"type": "reset"})

    def tell(self, change: Json) -> None:
        """Let every listener hear a change."""
        for listener in tuple(self.listeners):
            listener(change)
        self.stir()

    def stir(self) -> None:
        """Let every watcher look again: something was changed, called or delivered."""
        for watcher in tuple(self.watchers):
            watcher()

    def members_of(self, group: roster.Group) -> tuple[str, ...]:
        """Who is in a user group now."""
        return self.memberships.get(group.id, group.members)

    def number(self) -> int:
        """The next number of the workspace's one counter; never the same twice, restarts included."""
        self._count += 1
        if self._count > self._reserved:
            # Numbers are reserved in strides, so that a post with many blocks costs no write for each of them.
            self._reserved = self._count + STRIDE
            self.journal.put("counter", "count", self._reserved)
        return self._count

    def name(self, prefix: str) -> str:
        """A new id such as V00000012."""
        return f"{prefix}{self.number():08X}"

    def next_ts(self) -> str:
        """A message timestamp: unique in the workspace and rising, also when the clock steps back."""
        self._last_ts = max(int(self.clock.now() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def trigger(self, user: str) -> str:
        """A new trigger_id for a person's act."""
        key = f"{self.number()}.{roster.TEAM_ID}.workbench"
        self.triggers[key] = Trigger(user, self.clock.now() + TRIGGER_SECONDS)
        return key

    def channel(self, key: str) -> roster.Channel | None:
        """A channel by id, name or #name; a person's id means the direct message with that person."""
        if key in roster.MEMBERS:
            key = roster.MEMBERS[key].dm
        name = key.removeprefix("#")
        named = (channel for channel in self.channels.values() if channel.kind == "channel" and channel.name == name)
        return self.channels.get(key) or next(named, None)

    def put_message(self, message: Json) -> None:
        """Store a new or changed message and tell which of the two it was."""
        known = self.messages.setdefault(message["channel"], {})
        change = "message.changed" if message["ts"] in known else "message.posted"
        self.journal.put("message", f"{message['channel']}/{message['ts']}", message)
        known[message["ts"]] = message
        self.tell({"type": change, "message": message})

    def drop_message(self, channel: str, ts: str) -> None:
        """Remove a message for good."""
        self.journal.drop("message", f"{channel}/{ts}")
        if self.messages.get(channel, {}).pop(ts, None) is not None:
            self.tell({"type": "message.deleted", "channel": channel, "ts": ts})

    def public(self, channel: str) -> Iterable[Json]:
        """A channel's messages that are not for one person's eyes only, oldest first."""
        return (message for message in self.messages.get(channel, {}).values() if "ephemeral_to" not in message)

    def count_replies(self, channel: str, parent_ts: str) -> None:
        """Bring a thread parent's reply_count and latest_reply up to date; a parent without replies loses them."""
        parent = self.messages.get(channel, {}).get(parent_ts)
        if parent is None:
            return
        replies = [m for m in self.public(channel) if m.get("thread_ts") == parent_ts and m["ts"] != parent_ts]
        thread_keys = ("thread_ts", "reply_count", "reply_users", "latest_reply")
        bare = {key: value for key, value in parent.items() if key not in thread_keys}
        if replies:
            bare |= {
                "thread_ts": parent_ts,
                "reply_count": len(replies),
                "reply_users": sorted({reply["user"] for reply in replies}),
                "latest_reply": replies[-1]["ts"],
            }
        self.put_message(bare)

    def put_view(self, view: Json) -> None:
        """Store a view under a new hash; a shown modal or home is told about."""
        view["hash"] = f"{int(self.clock.now())}.{self.number():08x}"
        self.views[view["id"]] = view
        self.journal.put("view", view["id"], view)
        if view["type"] == "home":
            self.homes[view["user"]] = view["id"]
            self.journal.put("home", view["user"], view["id"])
            self.tell({"type": "home.changed", "user": view["user"], "view": view})
        elif view["id"] in self.stacks.get(view["user"], []):
            self._tell_stack(view["user"])

    def set_stack(self, user: str, stack: list[str]) -> None:
        """Replace a person's modals, bottom first; modals that left the stack are forgotten."""
        for gone in set(self.stacks.get(user, [])) - set(stack):
            self.views.pop(gone, None)
            self.journal.drop("view", gone)
        self.stacks[user] = stack
        self.journal.put("stack", user, stack)
        self._tell_stack(user)

    def stack(self, user: str) -> list[Json]:
        """A person's open modals, top last."""
        return [self.views[view_id] for view_id in self.stacks.get(user, [])]

    def _tell_stack(self, user: str) -> None:
        self.tell({"type": "modal.changed", "user": user, "stack": self.stack(user)})


def _micros(ts: str) -> int:
    seconds, _, micros = ts.partition(".")
    return int(seconds) * 1_000_000 + int(micros)
