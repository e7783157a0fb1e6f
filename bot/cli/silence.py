"""floorwalker silence: keeps alerts quiet for a while, and says what is kept quiet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli._common import Stop, config_option, loaded, opened

if TYPE_CHECKING:
    from bot.config import Config
    from bot.core.silences import Silence
    from bot.people.hush import Hush


@click.command()
@config_option
@click.argument("rule", required=False)
@click.option("--subject", default="*", help="Only alerts about this SKU, campaign or order; * stands for any letters.")
@click.option("--shop", default="*", help="Only alerts of this shop.")
@click.option("--for", "span", metavar="SPAN", help='How long, such as "90m", "4h" or "2d".')
@click.option("--because", metavar="WHY", default="", help="Why, for those who find it.")
@click.option("--by", metavar="NAME", default="an operator", show_default=True, help="Who you are.")
@click.option("--end", "ended", metavar="ID", help="End the silence of this id.")
def silence(
    config: Path, rule: str | None, subject: str, shop: str, span: str | None, because: str, by: str, ended: str | None
) -> None:
    """List the silences, or keep alerts of a RULE (or of a --subject) quiet for a while.

    What channels show is kept true all the same; what they do not show yet is held until the silence ends.
    """
    from bot.catalog import Catalog
    from bot.clock import Clock
    from bot.mind import mind

    ours, clock = loaded(config, demo=True), Clock()
    with opened(ours) as store:
        hush = mind(ours, Catalog.scan(ours.handlers, config.parent), store, clock).asides.hush
        if ended is not None:
            _end(hush, ended, by)
        elif span is None:
            if rule is not None or subject != "*":
                raise Stop('say for how long, such as --for "4h"')
            _say(ours, hush.current())
        else:
            _lay(ours, hush, _asked(clock.now(), span, because, by, rule or "*", subject, shop))


def _asked(now: datetime, span: str, reason: str, by: str, rule: str, subject: str, shop: str) -> Silence:
    from bot.core.silences import Silence
    from bot.core.spans import duration

    try:
        return Silence(0, now + duration(span), by, reason, now, rule, subject, shop)
    except (ValueError, OverflowError) as error:
        raise Stop(f"--for {error}") from None


def _lay(config: Config, hush: Hush, wanted: Silence) -> None:
    from bot.people.hush import Unsilenceable

    try:
        laid, kept = hush.lay(wanted)
    except Unsilenceable as why:
        raise Stop(str(why)) from None
    _say(config, [laid])
    click.echo(f"It keeps {kept} open alerts quiet now.")


def _end(hush: Hush, name: str, by: str) -> None:
    digits = name.upper().removeprefix("S-")
    done = hush.end(int(digits), by) if digits.isascii() and digits.isdigit() else None
    if done is None:
        raise Stop(f"there is no silence {name}; floorwalker silence lists what there is")
    click.echo(f"{done[0].name} is over; {done[1]} alerts it kept quiet can be seen now")


def _say(config: Config, silences: Iterable[Silence]) -> None:
    from bot.core.message import Message, Paragraph
    from bot.core.silences import told
    from bot.edge.render import Look
    from bot.edge.written import written

    shop = next(iter(config.house.shops.values()))
    lines = [told(each) for each in silences]
    if not lines:
        click.echo("nothing is silent")
    for line in lines:
        click.echo(written(Message(line, (Paragraph(line),)), Look(shop.locale, shop.zone)))
