"""floorwalker why: what is recorded of an alert, for whoever has the machine and not the channel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from bot.cli._common import Stop, config_option, loaded, opened


@click.command()
@click.argument("alert", metavar="A-NUMBER")
@config_option
def why(alert: str, config: Path) -> None:
    """Tell why an alert such as A-1042 was told, on which facts, where it shows and what happened since."""
    from bot.catalog import Catalog
    from bot.clock import Clock
    from bot.core.handlers import Refused, Reply, Request
    from bot.core.settings import Permissions
    from bot.edge.words import Look, plain
    from bot.edge.written import written
    from bot.mind import mind

    ours, clock = loaded(config, demo=True), Clock()
    shop = next(iter(ours.house.shops.values()))
    look = Look(shop.locale, shop.zone)
    with opened(ours) as store:
        # Whoever has the machine may read the database anyway, so no permission keeps a question from them.
        freely = replace(ours, house=replace(ours.house, permissions=Permissions()))
        desk = mind(freely, Catalog.scan(ours.handlers, config.parent), store, clock).desk
        try:
            reply = desk.answer("ops", "why", Request(alert, "", "", clock.now()))
        except Refused as refused:
            raise Stop(plain(refused.line, look)) from None
    assert isinstance(reply, Reply), "this command opens no form"
    click.echo(written(reply.message, look))
