"""The config file's keys about the machine: Slack, alarms, the database, where it listens, and the workbench."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bot.config.part import Part
from bot.config.scalars import HttpUrl, MailAddress, Port, StoreUrl, Variable


class SlackPart(Part):
    """How the bot talks with Slack. Its tokens come from the environment."""

    mode: Literal["socket", "http"] = Field(
        default="socket", description="Who calls whom: socket needs no public address."
    )
    base_url: HttpUrl = Field(default="https://slack.com/api/", description="The address of Slack's Web API.")


class MailPart(Part):
    """An e-mail for an alarm."""

    host: str = Field(min_length=1, max_length=253, description="The mail server.")
    port: Port = Field(default=587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the line to it is kept private: starttls (587), tls (465), none (25)."
    )
    sender: MailAddress = Field(alias="from", description="Whom the e-mail comes from.")
    to: tuple[MailAddress, ...] = Field(min_length=1, max_length=20, description="Who gets it.")
    user: str = Field(default="", description="The name to log in with; left out, nobody logs in.")
    password_from: Variable | None = Field(
        default=None, description="The environment variable that holds the password of user."
    )


class AlarmPart(Part):
    """The path that is not Slack: who hears when the bot cannot speak there, or cannot remember."""

    webhook_from: Variable | None = Field(
        default=None, description="An environment variable that holds a URL to which alarms are posted as JSON."
    )
    ping_from: Variable | None = Field(
        default=None,
        description="An environment variable that holds a URL fetched every minute while the bot is ready.",
    )
    mail: MailPart | None = Field(default=None, description="Where alarms go by e-mail.")


class StorePart(Part):
    """Where everything is remembered."""

    url: StoreUrl = Field(
        default="sqlite:///var/floorwalker.db", description="The database: an SQLite file or PostgreSQL."
    )
    url_from: Variable | None = Field(
        default=None, description="An environment variable that holds the URL, for one with a password."
    )


class ListenPart(Part):
    """Where deliveries, health checks and metrics are answered."""

    host: str = Field(
        default="127.0.0.1", min_length=1, description='The address to listen on; "0.0.0.0" is every one.'
    )
    port: Port = Field(default=8080, description="The port to listen on; 0 takes a free one.")
    public_url: HttpUrl | None = Field(default=None, description="The address at which the world reaches this one.")


class WorkbenchPart(Part):
    """The stand-in for Slack that a demo starts."""

    port: Port = Field(default=8090, description="The port of its web page on this machine; 0 takes a free one.")
