"""floorwalker why: what is recorded of an alert, for whoever has the machine and not the channel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli._common import Stop, config_option, loaded, opened

if TYPE_CHECKING:
    from bot.core.facts import Story
    from bot.edge.words import Look


@click.command()
@click.argument("alert", metavar="A-NUMBER")
@config_option
def why(alert: str, config: Path) -> None:
    """Tell why an alert such as A-1042 was told, on which facts, where it shows and what happened since."""
    from bot.edge.words import Look
    from bot.store import alerts

    ours = loaded(config, demo=True)
    with opened(ours) as store, store.read() as connection:
        number = _number(alert)
        found, story = alerts.by_number(connection, number), alerts.story(connection, number)
    if found is None or story is None:
        raise Stop(f"there is no alert A-{number}")
    shop = ours.house.shops.get(found.shop) or next(iter(ours.house.shops.values()))
    for line in _lines(story, Look(shop.locale, shop.zone)):
        click.echo(line)


def _number(text: str) -> int:
    match = re.fullmatch(r"(?i)(?:a-)?([0-9]{1,18})", text)
    if not match:
        raise Stop(f"{text!r} is no alert; write it as A-1042")
    return int(match[1])


def _lines(story: Story, look: Look) -> Iterator[str]:
    from bot.edge.words import plain

    alert = story.alert
    yield f"A-{alert.number}  {alert.severity}  {plain(alert.title, look)}"
    yield f"rule {alert.rule}, {alert.state}, with {alert.person or alert.department}"
    for name, value in story.facts:
        yield f"  {name}: {value}"
    for entry in story.log:
        by = f" by {entry.actor}" if entry.actor else ""
        yield f"{entry.at.astimezone(look.zone):%Y-%m-%d %H:%M}  {entry.change}{by}: {plain(entry.reason, look)}"
    for post in story.posts:
        yield f"{post.channel}: {post.state}" + (f" ({post.reason})" if post.reason else "")
