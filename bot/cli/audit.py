"""floorwalker audit: what people did and tried."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli._common import Stop, config_option, loaded, opened

if TYPE_CHECKING:
    from bot.core.audit import Deed
    from bot.edge.words import Look


@click.command()
@config_option
@click.option("--since", "span", metavar="SPAN", default="7d", show_default=True, help='How far back, such as "24h".')
@click.option("--who", metavar="ID", default="", help="Only what the member of this Slack id did, such as U024BE7LH.")
@click.option("--alert", metavar="A-NUMBER", default="", help="Only what was done to this alert.")
def audit(config: Path, span: str, who: str, alert: str) -> None:
    """Print what people did and tried: when, who, how, what, on what, and what came of it."""
    from bot.clock import Clock
    from bot.edge.words import Look
    from bot.store import audit as trail

    ours = loaded(config, demo=True)
    shop = next(iter(ours.house.shops.values()))
    since, number = _before(Clock().now(), span), _number(alert)
    with opened(ours) as store, store.read() as connection:
        found = trail.deeds(connection, since, who, number)
    for deed in found:
        click.echo(_told(deed, Look(shop.locale, shop.zone)))
    if not found:
        click.echo("nothing was done")


def _before(now: datetime, span: str) -> datetime:
    from bot.core.spans import duration

    try:
        return now - duration(span)
    except (ValueError, OverflowError) as error:
        raise Stop(f"--since {error}") from None


def _number(alert: str) -> int | None:
    digits = alert.upper().removeprefix("A-")
    if alert and not (digits.isascii() and digits.isdigit()):
        raise Stop(f"{alert} is no alert; say one such as A-1042")
    return int(digits) if alert else None


def _told(deed: Deed, look: Look) -> str:
    from bot.edge.words import plain

    on = " ".join(filter(None, (f"A-{deed.number}" if deed.number is not None else "", deed.subject))) or "-"
    words = (f"{deed.at:%Y-%m-%d %H:%M:%SZ}", deed.person, deed.surface, deed.act, on, deed.outcome)
    return "  ".join(filter(None, (*words, plain(deed.reason, look))))
