"""The door for Slack as it is in service, on loopback: gate, Bolt, the store, the desk, and a Slack that takes answers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import func, select

from bot.core.preferences import Profile
from bot.edge.limiter import Limiter
from bot.edge.metrics import Meters
from bot.edge.server import HttpServer
from bot.edge.slack.client import SlackClient
from bot.edge.slack.errands import Errands
from bot.edge.slack.gate import Gate
from bot.edge.slack.interactions import Interactions, Patience
from bot.edge.slack.listeners import Reception, slack_app
from bot.store.intake import Intake
from bot.store.tables.log import inbox
from tests.bench import Bench
from tests.edge.outgoing_fixtures import LOOK
from tests.reliability.corpus.rig import QUICK, Answer, post

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
EVENTS = "/slack/events"
FORM = "application/x-www-form-urlencoded"


def signature(secret: str, moment: str, body: bytes) -> str:
    """Slack's signature of a body at a moment."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256).hexdigest()


@dataclass
class Front:
    """``asks`` sends a signed command and works on it; ``answers`` are what came back to its response_url."""

    bench: Bench
    reception: Reception
    errands: Errands
    port: int = 0
    slack: str = ""
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def moment(self) -> str:
        """Now, as Slack writes it."""
        return str(int(self.bench.watch.now().timestamp()))

    def signed(self, body: bytes, kind: str = FORM, moment: str = "") -> dict[str, str]:
        """The headers of a request of Slack's own."""
        at = moment or self.moment
        return {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature(SECRET, at, body),
        }

    def command(self, command: str, text: str, trigger: str, **more: str) -> bytes:
        """The body of a slash command."""
        fields = {
            "command": command, "text": text, "trigger_id": trigger, "user_id": "U0ANNA", "channel_id": "C0OPS",
            "team_id": "T0SHOP", "response_url": f"{self.slack}/response/{trigger}",
        } | more  # fmt: skip
        return urlencode(fields, errors="replace").encode()

    async def send(self, raw: bytes, seconds: float = 30.0) -> Answer:
        """Writes the bytes as they are, and reads until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            return Answer(await asyncio.wait_for(reader.read(), seconds))
        except ConnectionError:
            return Answer(b"")
        finally:
            writer.close()

    async def asks(self, command: str, text: str, trigger: str, **more: str) -> Answer:
        """Somebody types a command, and it is answered."""
        body = self.command(command, text, trigger, **more)
        answer = await self.send(post(EVENTS, self.signed(body), body))
        await self.work()
        return answer

    async def work(self) -> None:
        """Does all that was asked."""
        while await self.errands.step():
            await self.errands.close()

    def kept(self) -> int:
        """How many things that were asked are in the store."""
        query = select(func.count()).select_from(inbox).where(inbox.c.source == "slack")
        with self.bench.store.read() as connection:
            return int(connection.execute(query).scalar_one())


class _Everybody:
    """Everybody is known already."""

    async def meet(self, user: str) -> None:
        return None

    def profile(self, user: str) -> Profile:
        return Profile()

    async def rooms(self, user: str) -> frozenset[str]:
        return frozenset()

    async def inside(self, channel: str) -> bool:
        return True


@asynccontextmanager
async def front(folder: Path, bench: Bench | None = None) -> AsyncIterator[Front]:
    """Brings it up over a bench, in a folder, and down again."""
    bench = bench or Bench(folder)
    taken: list[tuple[str, dict[str, Any]]] = []

    async def take(request: web.BaseRequest) -> web.StreamResponse:
        taken.append((request.path, json.loads(await request.read())))
        return web.json_response({"ok": True})

    slack = HttpServer({"/": take}, QUICK)
    slack_port = await slack.start("127.0.0.1", 0)
    clock: Any = bench.watch
    intake = Intake(bench.store)
    intake.start()
    base_url = f"http://127.0.0.1:{slack_port}/api/"
    client = await SlackClient.open("xoxb-test", Limiter(), clock, base_url=base_url, seconds=30)
    commands = bench.catalog.commands
    doing = Interactions(
        bench.desk, client, commands, clock, LOOK,
        forms=bench.catalog.forms, people=_Everybody(), base_url=base_url, patience=Patience(working=60.0),
    )  # fmt: skip
    errands = Errands(bench.store, doing, clock, Meters(), by="one")
    reception = Reception(intake, clock, by="one", patience=60.0)

    async def tell(response_url: str, text: str) -> None:
        await client.respond(response_url, {"text": text})

    app = slack_app(client.web, reception, {name for name, _ in commands}, tell, doing.check)
    server = HttpServer({EVENTS: Gate(app, SECRET, clock, read_seconds=0.4).handle}, QUICK)
    try:
        port = await server.start("127.0.0.1", 0)
        yield Front(bench, reception, errands, port, f"http://127.0.0.1:{slack_port}", taken)
    finally:
        await server.stop()
        await reception.close()
        await errands.close()
        await client.close()
        await slack.stop()
        intake.stop()
        bench.close()


def payload(fields: Mapping[str, Any]) -> bytes:
    """The body of a click or a view: a form with one field of JSON."""
    return urlencode({"payload": json.dumps(fields)}).encode()
