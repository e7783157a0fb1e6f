"""floorwalker backup: a copy of the database."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli._common import Stop, config_option, loaded, opened


@click.command()
@config_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(config: Path, file: Path) -> None:
    """Copy the database into FILE, also while the bot runs.

    Copying the database file by other means loses what is still in its log. With PostgreSQL use pg_dump.
    """
    from bot.clock import Clock
    from bot.store import backup as copies

    with opened(loaded(config, demo=True)) as store:
        if store.dialect != "sqlite":
            raise Stop("this database is PostgreSQL: use pg_dump, and after pg_restore run floorwalker restore")
        try:
            size = copies.copy(store, file, Clock().now())
        except copies.Unfit as error:
            raise Stop(str(error)) from None
    click.echo(f"{file}: {size:,} bytes")
