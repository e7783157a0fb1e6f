"""The table of Web API methods, and what a method is handed: its arguments, already merged, and readers for them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.workbench.journal import Json
from bot.workbench.roster import Channel
from bot.workbench.state import Refusal, Workspace

TRUE = (True, "true", "True", "1", 1)


@dataclass(frozen=True)
class Call:
    """One Web API call: the workspace it is about and its arguments from query, form and JSON together."""

    workspace: Workspace
    arguments: Json

    def text(self, name: str) -> str:
        """A string argument; empty when absent."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """A string argument that must be there."""
        value = self.text(name)
        if not value:
            raise Refusal(error, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
        return value

    def flag(self, name: str) -> bool:
        """A boolean argument in any of the spellings that forms and JSON use."""
        return self.arguments.get(name) in TRUE

    def number(self, name: str, default: int, maximum: int) -> int:
        """A positive integer argument."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdigit() or not 1 <= int(value) <= maximum:
            raise Refusal("invalid_limit" if name == "limit" else "invalid_arguments")
        return int(value)

    def document(self, name: str, error: str) -> Any:
        """An argument that is JSON, as an object or as its text; None when absent."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refusal(error) from None

    def channel(self, *, joined: bool = True) -> Channel:
        """The channel named by `channel`, of which the bot must be a member unless `joined` is False."""
        channel = self.workspace.channel(self.text("channel"))
        if channel is None:
            raise Refusal("channel_not_found")
        if joined and not channel.joined:
            raise Refusal("not_in_channel")
        return channel

    def need(self, scope: str) -> None:
        """Refuse with missing_scope when the manifest does not grant `scope`; without a manifest all is granted."""
        granted = scopes(self.workspace.manifest)
        if granted is not None and scope not in granted:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(granted)))


def scopes(manifest: Json | None) -> frozenset[str] | None:
    """The bot scopes that a manifest asks for, optional ones included; None when it does not say."""
    listed = ((manifest or {}).get("oauth_config") or {}).get("scopes")
    if listed is None:
        return None
    return frozenset(listed.get("bot", [])) | frozenset(listed.get("bot_optional", []))


@dataclass(frozen=True)
class Method:
    """A Web API method: its rate tier, the scope it needs, the kind of token it takes, and what it does."""

    name: str
    tier: int
    scope: str | None
    token: str
    run: Callable[[Call], Json]

    def __call__(self, call: Call) -> Json:
        if self.scope is not None:
            call.need(self.scope)
        return {"ok": True, **self.run(call)}


METHODS: dict[str, Method] = {}


def method(
    name: str, *, tier: int, scope: str | None = None, token: str = "bot"
) -> Callable[[Callable[[Call], Json]], Callable[[Call], Json]]:
    """Enter a function into the table of Web API methods under Slack's name for it."""

    def enter(run: Callable[[Call], Json]) -> Callable[[Call], Json]:
        METHODS[name] = Method(name, tier, scope, token, run)
        return run

    return enter
