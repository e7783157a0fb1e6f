"""floorwalker schema: the config's keys for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option(
    "--handlers", "packages", multiple=True, default=("handlers",), help="A package of handlers; may be repeated."
)
def schema(packages: tuple[str, ...]) -> None:
    """Print the JSON Schema of the config file, with the settings of every handler.

    An editor with a YAML language server uses it when the config begins with
    `# yaml-language-server: $schema=config.schema.json`.
    """
    from bot.catalog import Catalog, CatalogError
    from bot.cli._common import Stop
    from bot.config.editor import json_schema

    try:
        catalog = Catalog.scan(packages, Path.cwd())
    except CatalogError as error:
        raise Stop(f"the handlers cannot be used\n{error}") from None
    click.echo(json.dumps(json_schema(catalog), indent=2))
