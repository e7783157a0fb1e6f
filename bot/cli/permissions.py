"""floorwalker permissions: who may do what."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli._common import config_option, loaded


@click.command()
@config_option
def permissions(config: Path) -> None:
    """Print who may do what on which alerts, and what nobody may, as the config grants it."""
    from bot.catalog import Catalog
    from bot.core.matrix import HEAD, matrix

    ours = loaded(config, demo=True)
    catalog = Catalog.scan(ours.handlers, config.parent)
    rows = [HEAD, *matrix(ours.house.permissions, catalog.acts(), catalog.questions())]
    wide = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        click.echo("  ".join(f"{cell:{width}}" for cell, width in zip(row, wide, strict=True)).rstrip())
