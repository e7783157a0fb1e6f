"""floorwalker check: whether the config, the handlers, the database and Slack are fit for a start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli._common import config_option

if TYPE_CHECKING:
    from bot.config import Config
    from bot.core.dispatch import Outcome


@click.command()
@config_option
@click.option("--demo", is_flag=True, help="Check for a demo: secrets may be missing, and Slack is not asked.")
def check(config: Path, demo: bool) -> None:
    """Say whether the bot could start, and everything that keeps it from it.

    The config with its secrets, the handlers, the database, and, when there is a token, every channel in Slack. Exits
    with 1 when something is wrong.
    """
    from bot.catalog import CatalogError
    from bot.config import ConfigError, environment, load

    try:
        ours = load(config, environment(), demo)
    except (ConfigError, CatalogError) as error:
        click.echo(str(error))
        raise SystemExit(1) from None
    problems = [*_store(ours), *(() if demo else _slack(ours))]
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)
    click.echo(f"{ours.file} fits{_with_slack(ours, demo)}")
    click.echo(f"departments: {', '.join(ours.house.departments)}")
    click.echo(f"sources: {', '.join(ours.sources) or 'none, so nothing will come in'}")
    if not ours.house.permissions.grants:
        click.echo("permissions: none, so members may ask and nobody may do anything; see docs/permissions.md")
    for line in _asked(ours, config.parent):
        click.echo(line)


def _asked(config: Config, folder: Path) -> Iterator[str]:
    """Which platforms are asked as well, and what an operator should know of those that are not."""
    from bot.app import platforms, unasked
    from bot.catalog import Catalog

    catalog = Catalog.scan(config.handlers, folder)
    if asked := platforms(config, catalog):
        yield f"asked as well: {', '.join(asked)}"
    yield from (f"{name} has no keys: {advice}" for name, advice in unasked(config, catalog).items())
    for name, source in config.sources.items():
        if not source.secrets:
            yield f"{name} has no secret, so its webhooks are refused and it is only asked"


def _with_slack(config: Config, demo: bool) -> str:
    if demo:
        return " for a demo"
    return ", and Slack answers" if config.slack.bot_token else "; SLACK_BOT_TOKEN is not set, so only a demo can start"


def _store(config: Config) -> Iterator[str]:
    """What is wrong with the database. An empty one is not: the first start lays it out."""
    from bot.store import migrations
    from bot.store.engine import Store, StoreDown

    try:
        store = Store.open(config.store_url)
        try:
            with store.read() as connection:
                empty = migrations.revision(connection) is None
            yield from (f"database: {problem}" for problem in (() if empty else store.check()))
        finally:
            store.close()
    except StoreDown as error:
        yield f"database: {error}"


def _slack(config: Config) -> Iterator[str]:
    if config.slack.bot_token:
        channels, strangers = asyncio.run(_looked(config))
        for channel, outcome in channels:
            yield from _told(channel, outcome)
        yield from (
            f"slack: {name}, whom {who}, {why}" for who, found in strangers.items() for name, why in found.items()
        )


async def _looked(config: Config) -> tuple[list[tuple[str, Outcome]], dict[str, dict[str, str]]]:
    """Looks for a post that nobody wrote in every channel: who may look there is known to Slack and in the channel.
    Asks as well for those whom escalations call and permissions name; gives why somebody is not known."""
    from bot.clock import Clock
    from bot.edge.limiter import Limiter
    from bot.edge.slack.client import SlackClient
    from bot.edge.slack.people import strangers

    clock = Clock()
    client = await SlackClient.open(config.slack.bot_token, Limiter(), clock, base_url=config.slack.base_url)
    try:
        found = [(channel, await client.find("", channel, None, clock.now())) for channel in config.house.channels()]
        named = {
            "escalations call": [each.to for each in config.house.escalations if each.to],
            "permissions name": [who for grant in config.house.permissions.grants for who in grant.who],
        }
        return found, {who: await strangers(client, names) for who, names in named.items()}
    finally:
        await client.close()


def _told(channel: str, outcome: Outcome) -> Iterator[str]:
    from bot.core.dispatch import Forbidden, NotSent, Rejected, Unclear, Unread

    match outcome:
        case Rejected("not_in_channel"):
            yield f"slack: the bot is not in {channel}; type /invite @Floorwalker there"
        case Rejected("channel_not_found"):
            yield f"slack: there is no channel {channel}, or it is private and the bot is not in it"
        case Forbidden(reason):
            yield (
                f"slack: the history of {channel} may not be read ({reason}), so what is unclear may come twice and "
                "a digest may be missing; give the app the scopes that floorwalker manifest names"
            )
        case Rejected(reason) | Unread(reason) | NotSent(reason) | Unclear(reason):
            yield f"slack: {channel} cannot be read: {reason}"
