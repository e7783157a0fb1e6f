"""Does what was asked in Slack and answers it: commands, clicks, shared answers, forms and the App Home."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.clock import Clock
from bot.core.agreement import AGREE
from bot.core.forms import Form, People, Submission
from bot.core.handlers import Command, Refused, Reply, Request, ShowForm, ShowModal
from bot.core.message import Message, Paragraph, read_button_value
from bot.core.parts import Line, Person, say
from bot.core.preferences import Profile
from bot.core.typed import mentioned
from bot.edge.forms import errors
from bot.edge.render import Look
from bot.edge.slack.answers import OLD_FORM, Answers, Client, only
from bot.edge.slack.asked import Asked
from bot.edge.slack.commands import Meant, meant
from bot.edge.slack.ways_back import NOT_TOLD, shared_command
from bot.store.engine import StoreDown

log = structlog.get_logger()

WORKING = "Working on it, this takes a moment."
FAILED = "That went wrong, and it is noted in my log. Nothing else is affected."
SLOW_CHECK = "I cannot look at this just now, so nothing was saved. Please send it again in a minute."
NOT_SHARED = "Only an answer can be shared."
ABROAD = "People of another workspace read this channel, so the answer stays with you."
UNSEEN = (
    "I cannot see whether people of another workspace read this conversation, so the answer stays with you. In a "
    "private channel, invite me first; elsewhere, try again in a minute."
)
NO_ALERT = (
    "This message is not about one alert of mine. Where it tells of several, pick one from its list; else use the "
    "shortcut on a message that has buttons of mine, or type /ops alerts to see what is open."
)
OLD_BUTTON = "This button is from an older version of me. The alert's newest message has ones that work."


_MOST_NAMED = 10


class Act(Protocol):
    """What came of a click: ``told`` is for the one who clicked only."""

    @property
    def changed(self) -> bool: ...

    @property
    def told(self) -> Line | None: ...

    @property
    def modal(self) -> ShowModal | ShowForm | None: ...


class Desk(Protocol):
    """What the bot does for people; each call is its own transaction and raises StoreDown."""

    def act(self, action: str, number: int, turn: int, person: str) -> Act: ...

    def answer(self, name: str, verb: str, request: Request) -> Reply | ShowForm | Act: ...

    def asker(self, id: int) -> str: ...

    def window(self, number: int, person: str) -> ShowModal: ...

    def share(self, name: str, verb: str, request: Request) -> Reply | ShowForm | Act: ...

    def check(self, submission: Submission) -> Mapping[str, Line]: ...

    def submit(self, submission: Submission) -> Act: ...

    def home(self, user: str, rooms: frozenset[str]) -> Message: ...


class Acquaintance(Protocol):
    """Finds out what Slack says of somebody, so that the desk knows it; never raises."""

    async def meet(self, user: str) -> object: ...

    def profile(self, user: str) -> Profile: ...

    async def rooms(self, user: str) -> frozenset[str]: ...

    async def inside(self, channel: str) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after which somebody who waits for an answer is told that it is being worked on, and for which Slack can
    wait for a form to be checked: of its three, some are needed to store it."""

    working: float = 2.5
    checking: float = 1.0


_Ask = Callable[[str, str, Request], Reply | ShowForm | Act]


class Interactions:
    """Does one thing that was asked. ``changed`` is called when an alert changed, to wake the dispatcher."""

    def __init__(
        self,
        desk: Desk,
        client: Client,
        commands: Mapping[tuple[str, str], Command],
        clock: Clock,
        look: Look,
        *,
        forms: Mapping[str, Form],
        people: Acquaintance,
        base_url: str = "",
        changed: Callable[[], None] = lambda: None,
        patience: Patience = Patience(),
    ) -> None:
        self._desk = desk
        self._answers = Answers(client, look, forms, base_url)
        self._commands = commands
        self._forms = forms
        self._people = people
        self._clock = clock
        self._look = look
        self._changed = changed
        self._patience = patience
        self._kinds: dict[str, Callable[[Asked], Awaitable[None]]] = {
            "command": self._command,
            "click": self._click,
            "share": self._share,
            "home": self._home,
            "form": self._form,
            "shortcut": self._shortcut,
        }

    async def do(self, what: Asked) -> None:
        """Does it and answers. Raises StoreDown, and whatever the client raises when Slack did not take the answer."""
        await self._meet(what)
        await self._kinds[what.kind](what)

    async def _meet(self, what: Asked) -> None:
        """Whoever asks, and those whom they name: something may be given to them."""
        fields = self._forms[what.action].fields if what.kind == "form" and what.action in self._forms else {}
        entered = what.entered()
        named = [
            person for name, field in fields.items() if isinstance(field, People) for person in entered.get(name, ())
        ]
        named += mentioned(what.text)
        await asyncio.gather(*map(self._people.meet, dict.fromkeys([what.user, *named[:_MOST_NAMED]])))

    async def apologise(self, what: Asked) -> None:
        """Tells the one who asked that it went wrong."""
        await self._answers.say(what, say(FAILED))

    async def check(self, what: Asked) -> dict[str, str]:
        """What is wrong with a form that was sent, by field; it is asked while Slack waits. Nothing is changed."""
        form = self._forms.get(what.action)
        if form is None:
            # Whatever its fields were called, Slack brought their names back.
            return dict.fromkeys(what.entered(), OLD_FORM)
        try:
            problems = await asyncio.wait_for(self._checked(what), self._patience.checking)
        except Refused as refused:
            problems = {"": refused.line}
        except (StoreDown, TimeoutError) as error:
            log.warning("form not checked", form=form.name, reason=type(error).__name__)
            problems = {"": say(SLOW_CHECK)}
        return errors(problems, form.fields, self._look)

    async def _checked(self, what: Asked) -> Mapping[str, Line]:
        await self._meet(what)
        return await asyncio.to_thread(self._desk.check, self._submission(what))

    def _submission(self, what: Asked) -> Submission:
        at, by = datetime.fromisoformat(what.at), self._people.profile(what.user)
        return Submission(what.action, what.user, at, what.shop, what.value, what.entered(), by)

    async def _form(self, what: Asked) -> None:
        if what.action not in self._forms:
            await self._answers.say(what, say(OLD_FORM))
            return
        try:
            act = await asyncio.to_thread(self._desk.submit, self._submission(what))
            changed, told = act.changed, act.told
        except Refused as refused:
            changed, told = False, refused.line
        if changed:
            self._changed()
        await self._refresh_home(what)
        if told is None:
            return
        try:
            await self._answers.say(what, told)
        except NOT_TOLD as error:
            # What was sent is saved; that nobody can be told of it there is no reason to save it again.
            log.warning("answer not taken", kind=what.kind, reason=type(error).__name__)

    async def _command(self, what: Asked) -> None:
        try:
            reply = await self._patiently(what, self._reply(what, what.command, what.text, self._desk.answer))
        except Refused as refused:
            reply = Reply(only(refused.line))
        if isinstance(reply, ShowForm):
            await self._answers.open(what, reply)
        elif isinstance(reply, Reply):
            await self._answers.show(what, reply)
        else:
            await self._did(what, reply)

    async def _did(self, what: Asked, act: Act) -> None:
        """What was typed is done; that nobody can be told of it is no reason to do it again."""
        try:
            await self._after(what, act)
        except NOT_TOLD as error:
            log.warning("answer not taken", kind=what.kind, reason=type(error).__name__)

    async def _share(self, what: Asked) -> None:
        inside = await self._people.inside(what.channel)
        if not inside:
            await self._answers.say(what, say(UNSEEN if inside is None else ABROAD))
            return
        command, text = shared_command(what.value)
        try:
            reply = await self._patiently(what, self._reply(what, command, text, self._desk.share))
        except Refused as refused:
            await self._answers.say(what, refused.line)
            return
        if not isinstance(reply, Reply):
            await self._answers.say(what, say(NOT_SHARED))
            return
        by = Paragraph(say("shared by ", Person(what.user), f" · {command} {text}".rstrip()))
        await self._answers.share(what, replace(reply.message, blocks=(*reply.message.blocks, by)))

    async def _click(self, what: Asked) -> None:
        try:
            number, turn = read_button_value(what.value)
        except ValueError:
            await self._answers.say(what, say(OLD_BUTTON))
            return
        if what.action == AGREE and (asker := await asyncio.to_thread(self._desk.asker, number)):
            # Both must still have the right.
            await self._people.meet(asker)
        act = await asyncio.to_thread(self._desk.act, what.action, number, turn, what.user)
        await self._after(what, act)
        if what.view and act.modal is None:
            await self._refresh(what, number)

    async def _after(self, what: Asked, act: Act) -> None:
        if act.changed:
            self._changed()
        if act.modal is not None:
            await self._answers.open(what, act.modal)
        if act.told is not None:
            await self._answers.say(what, act.told)
        if act.modal is None:
            await self._refresh_home(what)

    async def _shortcut(self, what: Asked) -> None:
        if not what.value:
            await self._answers.say(what, say(NO_ALERT))
            return
        try:
            shown = await asyncio.to_thread(self._desk.window, int(what.value), what.user)
        except Refused as refused:
            await self._answers.say(what, refused.line)
            return
        await self._answers.open(what, shown)

    async def _refresh(self, what: Asked, number: int) -> None:
        """An alert's window shows what is true after a click in it."""
        try:
            shown = await asyncio.to_thread(self._desk.window, number, what.user)
            await self._answers.renew(what, shown)
        except (Refused, *NOT_TOLD) as error:
            log.warning("window not renewed", error=type(error).__name__)

    async def _home(self, what: Asked) -> None:
        rooms = await self._people.rooms(what.user)
        message = await asyncio.to_thread(self._desk.home, what.user, rooms)
        await self._answers.publish(what.user, message)

    async def _refresh_home(self, what: Asked) -> None:
        """Whoever acts at home, where there is no channel, sees there what is true now. What was done is done; that it
        cannot be shown is no reason to do it again."""
        if what.channel:
            return
        try:
            await self._home(what)
        except (StoreDown, *NOT_TOLD) as error:
            log.warning("home not renewed", error=type(error).__name__)

    async def _reply(self, what: Asked, command: str, text: str, ask: _Ask) -> Reply | ShowForm | Act:
        found = meant(self._commands, command, text)
        if not isinstance(found, Meant):
            return Reply(found)
        typed = datetime.fromisoformat(what.at) if what.at else None
        by = self._people.profile(what.user)
        zone = ZoneInfo(by.zone) if by.zone else None
        request = Request(found.text, what.user, what.channel, self._clock.now(), typed=typed, zone=zone)
        return await asyncio.to_thread(ask, found.name, found.verb, request)

    async def _patiently(self, what: Asked, answering: Awaitable[Reply | ShowForm | Act]) -> Reply | ShowForm | Act:
        """The answer; should it take long, whoever waits for it is told so first."""
        task = asyncio.ensure_future(answering)
        done, _ = await asyncio.wait({task}, timeout=self._patience.working)
        if not done and what.response_url:
            await self._answers.beside(what, WORKING)
        return await task
