"""floorwalker connect: our webhooks at a platform, made by asking it instead of clicking."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli._common import Stop, config_option, loaded

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.config import Config
    from bot.core.polling import Subscription
    from bot.edge.poller import Platform

_LEFT = {"active": "was there already", "disabled": "could not be enabled", "missing": "could not be made"}


@click.command()
@click.argument("source")
@config_option
def connect(source: str, config: Path) -> None:
    """Have SOURCE send its webhooks here, to <public_url>/webhooks/SOURCE.

    Every topic that the bot understands is registered with the keys of the config; what is there already stays. A
    secret that the platform says once is shown, and kept nowhere. Exits with 1 when a topic is not active in the end.
    """
    from bot.clock import Clock

    found = asyncio.run(registered(_platform(loaded(config), source, config.parent), Clock()))
    click.echo("\n".join([*table(found), *secrets(source, found)]))
    if any(one.state != "active" for one in found):
        raise SystemExit(1)


def _platform(config: Config, name: str, folder: Path) -> Platform:
    """The source as it is asked, or Stop with what it lacks."""
    from bot.app import platforms
    from bot.catalog import Catalog
    from bot.core.spelling import hint

    if name not in config.sources:
        raise Stop(f"the config has no source {name!r}{hint(name, config.sources)}")
    kind = config.sources[name].type
    catalog = Catalog.scan(config.handlers, folder)
    api = catalog.sources[kind].api
    if api is None or api.care is None:
        raise Stop(
            f"{kind} takes no orders about its webhooks; register them by hand, docs/sources/{kind}.md says where"
        )
    asked = platforms(config, catalog)
    if name not in asked:
        sets = ", or ".join(" and ".join(one) for one in api.keys)
        raise Stop(f"{name} has no keys; give sources.{name}.api.keys in the config: {sets}")
    if not config.public_url.startswith("https://"):
        raise Stop("listen.public_url must be the https address at which the world reaches this bot")
    return asked[name]


async def registered(
    platform: Platform, clock: Clock, reroute: Mapping[str, str] | None = None
) -> tuple[Subscription, ...]:
    """Registers every wanted topic; gives all of our webhooks there. Raises Stop when the platform will not."""
    from bot.core.polling import Denied
    from bot.edge.asking import Asker, Run, Unanswered
    from bot.edge.fetch import Fetcher, Foreign

    assert platform.api.care is not None
    front = platform.front
    topics = frozenset(platform.api.wanted(front))
    fetcher = await Fetcher.open(clock, reroute=reroute)
    try:
        asker = Asker(fetcher, clock)
        asked = replace(asker.asked(front, platform.keys), attended=True)
        care = platform.api.care(asked, platform.address, topics)
        return await asker.carry_out(care, Run(front, tuple(platform.api.hosts(front))))
    except Denied as denied:
        raise Stop(f"{front.source} says no: {denied}") from None
    except (Unanswered, Foreign) as silent:
        raise Stop(f"{front.source} does not answer: {silent}") from None
    finally:
        await fetcher.close()


def table(found: Iterable[Subscription]) -> list[str]:
    """A line for each topic: its name, its state, and what was done."""
    each = sorted(found, key=lambda one: one.topic)
    rows = [("topic", "state", ""), *((one.topic, one.state, _done(one)) for one in each)]
    wide, state = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{row[0]:{wide}}  {row[1]:{state}}  {row[2]}".rstrip() for row in rows]


def secrets(source: str, found: Iterable[Subscription]) -> list[str]:
    """What is to be done with the secrets of new webhooks, which nobody will be told again."""
    said = dict.fromkeys(one.secret for one in found if one.secret)
    variable = f"{source.upper().replace('-', '_')}_WEBHOOK_SECRET"
    return [
        f"\nThe new webhook signs with a secret that is shown this once and kept nowhere. Put it into {variable}, or"
        f" the variable that sources.{source}.secrets names, and start the bot anew:\n{secret}"
        for secret in said
    ]


def _done(one: Subscription) -> str:
    did = "registered" if one.mended else _LEFT[one.state]
    return f"{did}: {one.note}" if one.note else did
