"""A whole incoming edge against a workbench: Bolt, the reception, the errands, and a pipeline that answers from a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.core.facts import NoFacts
from bot.core.forms import Choice, Form, Number, Saved, Sent, Submission, Text, asked, form
from bot.core.handlers import Command, Refused, Reply, Request, ShowForm, ShowModal, command
from bot.core.message import Button, Buttons, Message, Paragraph
from bot.core.parts import Line, ShopText, say
from bot.edge.health import HttpLine
from bot.edge.intake import Admits
from bot.edge.limiter import Limiter
from bot.edge.metrics import Meters
from bot.edge.render import Look
from bot.edge.server import HttpServer, Limits
from bot.edge.slack.client import SlackClient
from bot.edge.slack.errands import Errands
from bot.edge.slack.gate import Gate
from bot.edge.slack.interactions import Interactions, Patience
from bot.edge.slack.listeners import Reception, slack_app
from bot.edge.slack.manifest import app_manifest
from bot.edge.slack.people import People
from bot.edge.slack.socket import Socket
from bot.edge.worker import Worker
from bot.store import inbox
from bot.store.engine import Store
from bot.workbench import Workbench

LOOK = Look("en_GB", ZoneInfo("Europe/London"))
ME = "replica-1"


@dataclass(frozen=True)
class Act:
    """What the scripted pipeline gives for a click."""

    changed: bool = False
    told: Line | None = None
    modal: ShowModal | ShowForm | None = None


@dataclass
class ScriptedPipeline:
    """Stands where the pipeline stands: says what it was asked, and fails when told to."""

    acts: list[tuple[str, int, int, str]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    checked: list[Submission] = field(default_factory=list)
    sent: list[Submission] = field(default_factory=list)
    windows: list[int] = field(default_factory=list)
    problems: Mapping[str, Line] = field(default_factory=dict)
    result: Act = Act(changed=True)
    homes: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    at_home: Message | None = None
    no_home: Exception | None = None
    error: Exception | None = None
    slow: Any = None

    def act(self, action: str, number: int, turn: int, person: str) -> Act:
        self.acts.append((action, number, turn, person))
        self._fail()
        return self.result

    def check(self, submission: Submission) -> Mapping[str, Line]:
        self.checked.append(submission)
        if self.slow is not None:
            self.slow.wait(5)
        self._fail()
        return self.problems

    def submit(self, submission: Submission) -> Act:
        self.sent.append(submission)
        self._fail()
        return self.result

    def answer(self, name: str, verb: str, request: Request) -> Reply | ShowForm | Act:
        self.asked.append((name, verb, request.text))
        if self.slow is not None:
            self.slow.wait(5)
        self._fail()
        if request.text == "nonsense":
            raise Refused(say("There is no such SKU."))
        if verb == "take":
            return self.result
        if verb == "wish":
            return ShowForm("wish", "w-1", {"what": request.text, "many": 2}, say("Think twice."), "demo")
        line = say("12 units of ", ShopText(request.text))
        return Reply(Message(line, (Paragraph(line),)), share=True)

    def asker(self, id: int) -> str:
        return ""

    def share(self, name: str, verb: str, request: Request) -> Reply | ShowForm | Act:
        return self.answer(name, verb, request)

    def window(self, number: int, person: str) -> ShowModal:
        self.windows.append(number)
        self._fail()
        return modal_with_button(f"A-{number}", "alert.take", f"{number}.1")

    def home(self, user: str, rooms: frozenset[str]) -> Message:
        self._fail()
        self.homes.append((user, rooms))
        if self.no_home is not None:
            raise self.no_home
        return self.at_home or Message(say("Home"), (Paragraph(say(f"Nothing is with {user}.")),))

    def _fail(self) -> None:
        error, self.error = self.error, None
        if error is not None:
            raise error


def _command(name: str, verb: str = "", usage: str = "") -> Command:
    def answer(request: Request, facts: NoFacts) -> Reply:
        """Says what there is."""
        return Reply(Message(say(request.text), ()))

    return command(name, verb=verb, usage=usage)(answer)


COMMANDS: Mapping[tuple[str, str], Command] = {
    (known.name, known.verb): known
    for known in (
        _command("stock", usage="SKU"),
        _command("ops", "alerts", "[mine]"),
        _command("ops", "why", "A-1"),
        _command("ops", "wish"),
        _command("ops", "take", "A-1 @person"),
    )
}


@dataclass(frozen=True)
class Wish:
    what: str = asked(Text(label="What", longest=20))
    many: int = asked(Number(label="How many", least=1, most=9))
    kind: str | None = asked(Choice(label="Kind", optional=True, options=(("big", "Big"), ("small", "Small"))))


@form(title="A wish")
def wish(answers: Wish, sent: Sent, facts: NoFacts) -> Saved:
    """Writes a wish down."""
    return Saved()


FORMS: Mapping[str, Form] = {"wish": wish}


@dataclass
class Floor:
    """Everything that a test looks at."""

    workbench: Workbench
    pipeline: ScriptedPipeline
    client: SlackClient
    store: Store
    errands: Errands
    reception: Reception
    changed: list[int]
    progress: asyncio.Event
    doing: Interactions
    people: People
    socket: Socket | None = None

    def outcomes(self) -> dict[str, int]:
        """Interactions in the store by outcome."""
        with self.store.read() as connection:
            return inbox.counts(connection)

    async def finished(self, how_many: int = 1, outcome: str = "done") -> None:
        """Until so many interactions have this outcome."""
        async with asyncio.timeout(5):
            while self.outcomes().get(outcome, 0) < how_many:
                await self.progress.wait()
                self.progress.clear()

    async def button(self, action_id: str, value: str, channel: str = "ops") -> str:
        """A message with one button; gives its ts."""
        element = {
            "type": "button",
            "action_id": action_id,
            "value": value,
            "text": {"type": "plain_text", "text": "b"},
        }
        blocks = [{"type": "actions", "block_id": "b", "elements": [element]}]
        posted = await self.client.web.chat_postMessage(channel=f"C0{channel.upper()}", text="alert", blocks=blocks)
        return str(posted["ts"])

    def private(self, user: str = "U0ANNA", channel: str = "C0OPS") -> list[str]:
        """What is shown to one member only, oldest first."""
        return [str(message["text"]) for message in self.workbench.ephemerals(channel, user)]


@asynccontextmanager
async def floor(
    store: Store,
    intake: Admits,
    clock: Clock,
    *,
    mode: str = "socket",
    patience: float = 2.0,
    working: float = 2.5,
    checking: float = 2.0,
    idle: float = 1.0,
    groups: tuple[str, ...] = (),
) -> AsyncIterator[Floor]:
    """An edge that is connected to a workbench by a socket or by HTTP, and worked by its errands."""
    bench = await Workbench.start(rate_limits=False, manifest=app_manifest(COMMANDS))
    client = await SlackClient.open(bench.bot_token, Limiter(), clock, base_url=bench.api_url, seconds=5)
    try:
        pipeline, changed, progress = ScriptedPipeline(), list[int](), asyncio.Event()
        people = People(client, groups, clock)
        doing = Interactions(
            pipeline, client, COMMANDS, clock, LOOK,
            forms=FORMS, people=people, base_url=bench.api_url, changed=lambda: changed.append(1), patience=Patience(working, checking),
        )  # fmt: skip
        errands = Errands(store, doing, clock, Meters(), by=ME, done=progress.set)
        worker = Worker("interactions", errands.step, idle=idle)
        reception = Reception(intake, clock, by=ME, wake=worker.wake, patience=patience)

        async def tell(response_url: str, text: str) -> None:
            await client.respond(response_url, {"response_type": "ephemeral", "replace_original": False, "text": text})

        app = slack_app(client.web, reception, {name for name, _ in COMMANDS}, tell, doing.check)
        built = Floor(bench, pipeline, client, store, errands, reception, changed, progress, doing, people)
        worker.start()
        if mode == "socket":
            socket = built.socket = Socket(app, bench.app_token, client.web, clock, ping_seconds=0.1)
            socket.start()
            await until(lambda: len(bench.sockets.open) == 2)
            stop = socket.stop
        else:
            stop = await _over_http(bench, app, clock)
        try:
            yield built
        finally:
            await stop()
            await worker.stop()
            await reception.close()
            await errands.close()
    finally:
        await client.close()
        await bench.stop()


async def until(holds: Callable[[], bool]) -> None:
    """Looks again and again, for five seconds at most, at what nobody announces."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to be so")


async def _over_http(bench: Workbench, app: Any, clock: Clock) -> Any:
    gate = Gate(app, bench.signing_secret, clock, heard=HttpLine(clock).hear)
    server = HttpServer({"/slack/events": gate.handle}, Limits(linger=0.1, grace=0.2))
    port = await server.start("127.0.0.1", 0)
    bench.set_manifest(app_manifest(COMMANDS, public_url=f"http://127.0.0.1:{port}"))
    return server.stop


def modal_with_button(title: str, action: str, value: str) -> ShowModal:
    """A window with one button of an alert."""
    return ShowModal(title, (Paragraph(say("Who?")), Buttons((Button(action, "Finance", value),))))
