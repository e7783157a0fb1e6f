"""The config as the rest of the program sees it: frozen values, every default filled in, every secret in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from bot.core.settings import House, Paths

Settings = Mapping[str, Any] | Literal[False]
"""Keyword arguments of a handler, or False when it is switched off."""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A platform's place in this house. ``type`` names the Source in the catalog; ``max_bytes`` bounds a delivery.

    ``live`` says that test orders and test payments are ignored. With ``keys`` the platform is asked, each stream as
    often as ``every`` says (None: never), or as often as the platform's own file does.
    """

    name: str
    type: str
    shop: str
    secrets: tuple[str, ...] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    live: bool = True
    max_bytes: int = 1024 * 1024
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    every: Mapping[str, timedelta | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """How to reach Slack. Without a bot token there is no Slack to reach; ``mode`` says which other secret is there."""

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    base_url: str = "https://slack.com/api/"
    mode: Literal["socket", "http"] = "socket"


@dataclass(frozen=True, slots=True)
class WorkbenchConfig:
    """Where the stand-in for Slack listens on this machine."""

    port: int = 8090


@dataclass(frozen=True, slots=True)
class Config:
    """All that a start needs to know.

    ``operations`` is the channel that hears of the bot's own troubles: the department named operations has it, or
    the first department's when there is none. ``commands`` are named "stock" or "ops alerts". ``public_url`` is ""
    when nobody said at which address the world reaches this machine.
    """

    file: str
    house: House
    operations: str
    sources: Mapping[str, SourceConfig]
    rules: Mapping[str, Settings]
    sections: Mapping[str, Settings]
    commands: Mapping[str, Settings]
    actions: Mapping[str, Settings]
    forms: Mapping[str, Settings]
    handlers: tuple[str, ...]
    slack: SlackConfig
    store_url: str = field(repr=False)
    listen: tuple[str, int]
    public_url: str
    workbench: WorkbenchConfig
    alarm: Paths = Paths()

    def secrets(self) -> tuple[str, ...]:
        """Every secret value that is in here, for the log to hide."""
        slack = (self.slack.bot_token, self.slack.app_token, self.slack.signing_secret)
        sources = (secret for source in self.sources.values() for secret in source.secrets)
        alarm = (self.alarm.webhook, self.alarm.ping, self.alarm.mail.password if self.alarm.mail else "")
        keys = (value for source in self.sources.values() for value in source.keys.values())
        return tuple(secret for secret in (*slack, *sources, *keys, *alarm) if secret)
