"""The intake as it is in service, on loopback: real server, real sources, a real store, the real pipeline behind it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.core.settings import Department, House, Shop
from bot.core.shopfront import Shopfront
from bot.edge.intake import PREFIX, Door, Patience, Webhooks
from bot.edge.metrics import Meters
from bot.edge.server import HttpServer, Limits
from bot.pipeline import Feed
from bot.store.intake import Intake
from tests.bench import OPTIONS, SECRETS, Bench, Watch
from tests.core.samples import SHOP

MOST_BYTES = 256 * 1024
DOMAIN = "harbour.myshopify.com"
SECOND_SECRET = "shpss_of_the_other_shop"
QUICK = Limits(head=0.4, idle=0.8, linger=0.1, grace=0.3)
# A machine that is busy with other tests must not make the store look slow; a slow store has tests of its own.
PATIENT = Patience(body=2.0, store=30.0)
_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3}) ", re.MULTILINE)
_INSIDE = (b"Traceback", b'File "', b"site-packages", b".py", b"sqlalchemy", b"sqlite")


def doors(bench: Bench) -> dict[str, Door]:
    """A door a source, and a second shop's, which has the same platform and another secret."""
    sources = bench.catalog.sources
    options: Mapping[str, Mapping[str, Any]] = {**OPTIONS, "shopify": {"domain": DOMAIN}}
    made = {
        name: Door(sources[name], (secret,), Shopfront(name, "demo", options=options.get(name, {})), MOST_BYTES)
        for name, secret in SECRETS.items()
    }
    second = Shopfront("second", "dock", options={"domain": "dock.myshopify.com"})
    return made | {"second": Door(sources["shopify"], (SECOND_SECRET,), second, MOST_BYTES)}


def two_shops() -> House:
    """The usual departments over two shops, and no storm, so that each alert's own message is looked at."""
    names = ("marketing", "finance", "warehouse", "operations")
    shops: dict[str, Shop] = {"demo": SHOP, "dock": replace(SHOP, name="dock")}
    return House(shops, {name: Department(name, f"#{name}") for name in names}, storm=None)


@dataclass
class Rig:
    """A listening intake; ``send`` speaks to it in raw bytes."""

    bench: Bench
    doors: Mapping[str, Door]
    webhooks: Webhooks
    meters: Meters
    port: int = 0
    wakes: list[int] = field(default_factory=list)

    def headers(self, source: str, topic: str, body: bytes) -> dict[str, str]:
        """The headers of the platform's own request, under canonical names."""
        door = self.doors[source]
        return door.source.sign(topic, body, door.secrets[0], self.bench.watch.now(), door.front)

    async def send(self, raw: bytes, seconds: float = 20.0) -> Answer:
        """Writes the bytes as they are, and reads until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            try:
                return Answer(await asyncio.wait_for(reader.read(), seconds))
            except ConnectionError:
                return Answer(b"")
            except TimeoutError:
                return Answer(b"HTTP/1.1 999 never closed\r\n\r\n")
        finally:
            writer.close()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    raw: bytes

    @property
    def statuses(self) -> tuple[int, ...]:
        """The status of each answer on the connection, without interim ones; none when the server just hung up."""
        return tuple(int(status) for status in _STATUS.findall(self.raw) if status != b"100")

    @property
    def tells_of_inside(self) -> bool:
        """Whether it shows a trace, a path or the name of something that runs within."""
        body = self.raw.partition(b"\r\n\r\n")[2]
        return any(word in body for word in _INSIDE)


def post(
    path: str, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes, *, method: str = "POST"
) -> bytes:
    """A request as a well-behaved client would write it, on a connection of its own. Header values may be any bytes,
    spelt as latin-1."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in pairs]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


@asynccontextmanager
async def rig(folder: Path, patience: Patience = PATIENT) -> AsyncIterator[Rig]:
    """Brings it up in a folder, and down again."""
    watch = Watch()
    bench = Bench(folder, house=two_shops(), watch=watch)
    known = doors(bench)
    bench.feeds.update({name: Feed(door.source, door.front) for name, door in known.items()})
    intake, meters, wakes = Intake(bench.store), Meters(known), list[int]()
    clock: Any = watch
    webhooks = Webhooks(known, intake, clock, meters, wake=lambda: wakes.append(1), patience=patience)
    server = HttpServer({PREFIX: webhooks.handle}, QUICK)
    intake.start()
    try:
        port = await server.start("127.0.0.1", 0)
        yield Rig(bench, known, webhooks, meters, port, wakes)
    finally:
        await server.stop()
        intake.stop()
        bench.close()
