"""floorwalker rebuild: the read models anew from the event log."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli._common import config_option, loaded, opened


@click.command()
@config_option
def rebuild(config: Path) -> None:
    """Empty the read models and make them anew from the recorded events.

    Stop the bot first. Alerts, posts and the events themselves stay as they are.
    """
    from bot.store import rebuild as read_models

    # A rebuild that was cut short is a problem of the database that this very verb puts right.
    with opened(loaded(config, demo=True), checked=False) as store:
        click.echo(f"{read_models.rebuild(store)} events applied")
