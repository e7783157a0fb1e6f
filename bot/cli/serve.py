"""floorwalker serve: the bot, against Slack or, without a token, against the workbench."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli._common import Stop, config_option, loaded

if TYPE_CHECKING:
    from bot.app import App
    from bot.catalog import Catalog
    from bot.config import Config
    from bot.demo.stores import Storefront

_OWED_TO_A_DEMO = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Demo:
    """What is played, and how many times faster than it is written."""

    shop: Storefront
    speed: float


def _known_shop(context: click.Context, option: click.Parameter, name: str) -> str:
    from bot.demo.stores import storefronts

    if name not in storefronts():
        raise click.BadParameter(f"{name} is not played; there are {', '.join(storefronts())}", context, option)
    return name


@click.command()
@config_option
@click.option("--demo", is_flag=True, help="Play a shop's day into the bot; without a Slack token only.")
@click.option("--speed", default=1.0, type=click.FloatRange(0.1, 100), help="How many times faster the day is played.")
@click.option("--shop", default="shopify", callback=_known_shop, help="The platform of the shop whose day is played.")
@click.option("--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING"]), help="What is logged to standard error.")
def serve(config: Path, demo: bool, speed: float, shop: str, log_level: str | None) -> None:
    """Run the bot until it is interrupted.

    With SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET, it works in that workspace. Without a token it
    starts the workbench, a stand-in for Slack with a page on this machine, and works there.
    """
    from bot.clock import Clock
    from bot.config import environment
    from bot.demo.stores import storefront
    from bot.logs import configure

    real = bool(environment().get("SLACK_BOT_TOKEN"))
    if real and demo:
        raise Stop("a demo is not played into a real workspace; unset SLACK_BOT_TOKEN or leave out --demo")
    ours, played = loaded(config, demo=not real), None
    if demo:
        played = _Demo(storefront(shop), speed)
        ours = _with_shop(ours, played.shop)
    configure(sys.stderr, Clock(), secrets=ours.secrets(), level=log_level or ("WARNING" if demo else "INFO"))
    try:
        asyncio.run(_serve(ours, config.parent, real, played))
    except OSError as error:
        host, port = ours.listen
        raise Stop(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


def _with_shop(config: Config, shop: Storefront) -> Config:
    """The config with the source of the shop that is played in place of every other shop's."""
    from bot.config.values import SourceConfig
    from bot.demo.stores import storefronts

    shops = [each for each in config.sources.values() if each.type in storefronts()]
    place = next((each.shop for each in shops), next(iter(config.house.shops)))
    own = SourceConfig(shop.name, shop.name, place, (shop.secret,), shop.options)
    mine = next((each for each in shops if each.name == each.type == shop.name), own)
    rest = {name: each for name, each in config.sources.items() if each not in shops}
    return replace(config, sources={mine.name: mine, **rest})


async def _serve(config: Config, folder: Path, real: bool, demo: _Demo | None) -> None:
    from bot.catalog import Catalog

    ended = _interrupted()
    catalog = Catalog.scan(config.handlers, folder)
    if real:
        await _run(config, catalog, ended, None)
        return
    async with _workbench(config, catalog) as slack:
        await _run(replace(config, slack=replace(config.slack, base_url=slack)), catalog, ended, demo)


async def _run(config: Config, catalog: Catalog, ended: asyncio.Event, demo: _Demo | None) -> None:
    from bot.app import build
    from bot.clock import Clock
    from bot.store.engine import Store, StoreDown

    clock = Clock()
    try:
        store = Store.open(config.store_url)
        store.migrate()
        if problems := store.check():
            raise Stop("\n".join(problems))
    except StoreDown as error:
        raise Stop(f"the database cannot be used: {error}") from None
    app = await build(config, catalog, store, clock, _OWED_TO_A_DEMO if demo else timedelta(0))
    try:
        await app.start()
        if demo:
            await _play(app, config, catalog, ended, demo)
        else:
            app.begin_ticking()
            await ended.wait()
    finally:
        await app.stop()


async def _play(app: App, config: Config, catalog: Catalog, ended: asyncio.Event, demo: _Demo) -> None:
    """The story runs beside the bot; whoever interrupts need not wait for its end."""
    from bot.edge.player import Player, Sender

    async def tick() -> None:
        await app.caught_up()
        app.begin_ticking()

    senders = {
        name: Sender(catalog.sources[each.type], each.secrets[0], app.front(name))
        for name, each in config.sources.items()
    }
    url = f"http://{config.listen[0]}:{app.port}"
    player = Player(url, demo.shop, senders, app.clock, click.echo, tick, demo.speed)
    story = asyncio.create_task(player.play(app.story_began()))
    waiting = asyncio.create_task(ended.wait())
    done, _ = await asyncio.wait({story, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if story in done:
        await story
        await waiting
    story.cancel()
    waiting.cancel()
    await asyncio.gather(story, waiting, return_exceptions=True)


def _interrupted() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    return ended


@asynccontextmanager
async def _workbench(config: Config, catalog: Catalog) -> AsyncIterator[str]:
    """The workbench as a process of its own, which keeps its state and ends with this one; gives its API's address."""
    from bot.edge.slack.manifest import app_manifest

    folder = _state_folder(config)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(app_manifest(catalog.commands)), "utf-8")
    channels = dict.fromkeys(each.channel.lstrip("#") for each in config.house.departments.values())
    named = [word for channel in channels for word in ("--channel", channel)]
    arguments = ["--port", str(config.workbench.port), "--state", str(folder), "--manifest", str(manifest), *named]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.workbench", *arguments, "--exit-with-parent",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = await process.stdout.readline()
        if not said:
            raise Stop(f"the workbench does not start; is port {config.workbench.port} in use? (workbench.port)")
        told = json.loads(said)
        click.echo(f"Floorwalker's channels are at {told['listening']}")
        yield told["api"]
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def _state_folder(config: Config) -> Path:
    """Beside the database when that is a file, so that both are forgotten together."""
    scheme, _, path = config.store_url.partition(":///")
    return (Path(path).parent if scheme == "sqlite" and path else Path("var")) / "workbench"
