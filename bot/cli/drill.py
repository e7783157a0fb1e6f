"""floorwalker drill: tries whether a department sees an alert, and how fast it is taken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli._common import Stop, config_option, loaded, opened

if TYPE_CHECKING:
    from bot.catalog import Catalog
    from bot.config import Config
    from bot.core.parts import Line
    from bot.core.subject import SubjectKind


@click.command()
@config_option
@click.argument("department")
@click.option("--rule", default="", help="Routes it like an alert of this rule.")
@click.option("--for", "span", metavar="SPAN", default="30m", show_default=True, help="How long it lasts.")
@click.option("--by", metavar="NAME", default="an operator", show_default=True, help="Who you are.")
@click.option("--anyway", is_flag=True, help="Also in the department's quiet hours.")
def drill(config: Path, department: str, rule: str, span: str, by: str, anyway: bool) -> None:
    """Show a marked exercise to a DEPARTMENT through its real channel; its thread tells how fast it was taken.

    The running bot shows it, and ends it when its time is over.
    """
    from bot.catalog import Catalog
    from bot.clock import Clock
    from bot.core.drills import Drill, refusal, started
    from bot.mind import mind

    ours, clock = loaded(config, demo=True), Clock()
    catalog = Catalog.scan(ours.handlers, config.parent)
    about, lasts = _checked(ours, catalog, department, rule, span)
    resting = refusal(ours.house, department, clock.now())
    if resting is not None and not anyway:
        raise Stop(f"{_plain(ours, resting)}; add --anyway to disturb it all the same")
    with opened(ours) as store:
        wanted = Drill(department, by, clock.now(), rule or "drill", about, lasts)
        alert = mind(ours, catalog, store, clock).asides.drills.start(wanted, next(iter(ours.house.shops)))
    click.echo(_plain(ours, started(alert)))


def _checked(config: Config, catalog: Catalog, department: str, rule: str, span: str) -> tuple[SubjectKind, timedelta]:
    from bot.core.drills import LONGEST
    from bot.core.spans import duration
    from bot.core.spelling import hint

    if department not in config.house.departments:
        raise Stop(f"there is no department {department!r}{hint(department, config.house.departments)}")
    if rule and rule not in catalog.rules:
        raise Stop(f"there is no rule {rule!r}{hint(rule, catalog.rules)}")
    try:
        lasts = duration(span)
    except ValueError as error:
        raise Stop(f"--for {error}") from None
    if not lasts or lasts > LONGEST:
        raise Stop(f"--for must be more than nothing and at most {LONGEST.days} day")
    return catalog.rules[rule].about if rule else "text", lasts


def _plain(config: Config, line: Line) -> str:
    from bot.edge.words import Look, plain

    shop = next(iter(config.house.shops.values()))
    return plain(line, Look(shop.locale, shop.zone))
