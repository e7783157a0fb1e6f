"""floorwalker send: a signed sample delivery to a running bot, as the platform would send it."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import click

from bot.cli._common import Stop, config_option, loaded

if TYPE_CHECKING:
    from bot.config import Config, SourceConfig

_SECONDS = 10


@click.command()
@click.argument("source", required=False)
@click.argument("event", required=False)
@config_option
@click.option("--url", help="The running bot's address; left out, the one in the config.")
def send(source: str | None, event: str | None, config: Path, url: str | None) -> None:
    """Send a sample EVENT of SOURCE, signed, to a running bot.

    SOURCE is a source of the config. Without EVENT its events are listed, without SOURCE all of them.
    """
    # A demo's secrets stand in for missing ones here as they do in the demo itself, so that both agree.
    ours = loaded(config, demo=True)
    if source is None or event is None:
        _list(ours, source)
        return
    to = _source(ours, source)
    headers, body = _signed(ours, to, event)
    status, answer = _post(f"{_base(ours, url)}/webhooks/{quote(to.name)}", headers, body)
    click.echo(f"{status} {answer.strip()}".rstrip())
    if status >= 300:
        raise SystemExit(1)


def _list(config: Config, name: str | None) -> None:
    for source in [_source(config, name)] if name else config.sources.values():
        for event in sorted(_samples(source)):
            click.echo(f"{source.name} {event}")


def _source(config: Config, name: str) -> SourceConfig:
    from bot.core.spelling import hint

    if name not in config.sources:
        raise Stop(f"the config has no source {name!r}{hint(name, config.sources)}")
    return config.sources[name]


def _samples(source: SourceConfig) -> dict[str, Traversable]:
    """The sample files of a source by their topic; a slash of the topic is two underscores in the file's name."""
    folder = files("handlers.samples") / source.type
    found = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    named = {name.rpartition(".")[0].replace("__", "/"): name for name in found if name.endswith((".json", ".form"))}
    return {topic: folder / name for topic, name in named.items()}


def _signed(config: Config, source: SourceConfig, event: str) -> tuple[dict[str, str], bytes]:
    from bot.catalog import Catalog
    from bot.clock import Clock
    from bot.core.shopfront import Shopfront
    from bot.core.spelling import hint
    from handlers.samples import fill

    samples = _samples(source)
    if event not in samples:
        raise Stop(f"there is no sample {event!r} of {source.type}{hint(event, samples)}")
    now = Clock().now()
    # Microseconds since 1970 are digits that no two sendings share.
    body = fill(samples[event].read_text("utf-8"), now, str(int(now.timestamp() * 1_000_000)))
    currency = config.house.shops[source.shop].currency
    shopfront = Shopfront(source.name, source.shop, currency, source.live, source.options)
    sign = Catalog.scan(config.handlers, Path(config.file).parent).sources[source.type].sign
    try:
        return sign(event, body, source.secrets[0], now, shopfront), body
    except ValueError as error:
        raise Stop(str(error)) from None


def _base(config: Config, url: str | None) -> str:
    host, port = config.listen
    base = url or f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    if urlsplit(base).scheme not in ("http", "https"):
        raise Stop(f"{base!r} is no address such as http://127.0.0.1:8080")
    return base.rstrip("/")


def _post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """Status and text of the answer. A proxy of the environment is not asked: it knows no address of this machine."""
    request = Request(url, body, {"content-type": "application/json"} | headers, method="POST")
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=_SECONDS) as answer:
            return answer.status, answer.read(2000).decode(errors="replace")
    except HTTPError as error:
        with error:
            return error.code, error.read(2000).decode(errors="replace")
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise Stop(f"nothing answers at {url} ({reason}); is `floorwalker serve` running?") from None
