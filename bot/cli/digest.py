"""floorwalker digest: a department's digest as it would be written now."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli._common import Stop, config_option, loaded, opened


@click.command()
@click.argument("department", default="operations")
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True, help="How many complete days.")
@config_option
def digest(department: str, days: int, config: Path) -> None:
    """Print a DEPARTMENT's digest of the last complete days; posts nothing."""
    from bot.catalog import Catalog
    from bot.clock import Clock
    from bot.edge.render import Look
    from bot.edge.written import written
    from bot.mind import mind

    ours = loaded(config, demo=True)
    if department not in ours.house.departments:
        raise Stop(f"there is no department {department!r}; there are {', '.join(ours.house.departments)}")
    shop = next(iter(ours.house.shops.values()))
    with opened(ours) as store:
        desk = mind(ours, Catalog.scan(ours.handlers, config.parent), store, Clock()).desk
        message = desk.digests.digest(department, shop, days)
    click.echo(written(message, Look(shop.locale, shop.zone)))
