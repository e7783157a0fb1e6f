"""floorwalker manifest: the Slack app as Slack wants it described."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bot.cli._common import Stop, config_option, loaded


@click.command()
@config_option
@click.option("--name", default="Floorwalker", show_default=True, help="The app's name in Slack.")
def manifest(config: Path, name: str) -> None:
    """Print the Slack app's manifest as JSON, made from the commands that are there.

    Create the app from it at api.slack.com/apps ("From a manifest"), and paste it anew after adding a command. In mode
    http it has the addresses below the config's public_url.
    """
    from bot.catalog import Catalog, command_label
    from bot.edge.slack.manifest import UnfitCommand, app_manifest

    # A manifest is wanted before there are any tokens or secrets, so the demo's stand in for them.
    ours = loaded(config, demo=True)
    if ours.slack.mode == "http" and not ours.public_url:
        raise Stop("mode http needs listen.public_url in the config, the address at which Slack reaches this machine")
    catalog = Catalog.scan(ours.handlers, config.parent)
    commands = {key: one for key, one in catalog.commands.items() if ours.commands.get(command_label(one)) is not False}
    try:
        made = app_manifest(commands, public_url=ours.public_url if ours.slack.mode == "http" else "", name=name)
    except UnfitCommand as error:
        raise Stop(str(error)) from None
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))
