"""How one person is answered: a line or an answer that only they see, a window, their App Home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from bot.core.forms import Form
from bot.core.handlers import Reply, ShowForm, ShowModal
from bot.core.message import Message, Paragraph
from bot.core.parts import Line, say
from bot.edge.forms import view
from bot.edge.render import Look, home, modal, render
from bot.edge.slack.asked import Asked
from bot.edge.slack.ways_back import NOT_TOLD, may_answer, share_block

log = structlog.get_logger()

TOO_LATE = "That took too long for a window to open. Please try again."
OLD_FORM = "This form is not there any more: I am another version by now, or it is switched off."
AT_HOME = "Floorwalker"
_MOST_BLOCKS = 50


class Client(Protocol):
    """How the bot speaks to one person. Each raises one of NOT_TOLD when Slack did not take it."""

    async def respond(self, response_url: str, payload: Mapping[str, Any]) -> None: ...

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> None: ...

    async def push_view(self, trigger_id: str, view: Mapping[str, Any]) -> None: ...

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> None: ...

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None: ...

    async def ephemeral(self, channel: str, user: str, text: str, blocks: list[dict[str, Any]]) -> None: ...


class Answers:
    """Every method raises what the client raises when Slack did not take the answer, but for windows: a trigger is good
    for three seconds and once, so whoever cannot be shown one is told so."""

    def __init__(self, client: Client, look: Look, forms: Mapping[str, Form], base_url: str) -> None:
        self._client = client
        self._look = look
        self._forms = forms
        self._base_url = base_url

    async def show(self, what: Asked, reply: Reply) -> None:
        """An answer with the button that shares it, where it may be shared."""
        if not what.response_url:
            # Asked by a button at home, where only a window can answer.
            await self.open(what, ShowModal(AT_HOME, reply.message.blocks))
            return
        rendered = render(reply.message, self._look)
        button = share_block(what.command, what.text) if reply.share else None
        blocks = [*rendered.blocks[: _MOST_BLOCKS - 1], button] if button else rendered.blocks
        await self._respond(what, {"response_type": "ephemeral", "text": rendered.text, "blocks": blocks})

    async def share(self, what: Asked, message: Message) -> None:
        """An answer that only one person saw, for all in the channel and in place of theirs."""
        rendered = render(message, self._look)
        shown = {"response_type": "in_channel", "replace_original": False}
        await self._respond(what, shown | {"text": rendered.text, "blocks": rendered.blocks})
        await self._respond(what, {"delete_original": True})

    async def beside(self, what: Asked, text: str, **also: Any) -> None:
        """A text over the way back that the question brought; the message it was asked from stays."""
        told = {"response_type": "ephemeral", "replace_original": False, "text": text}
        await self._respond(what, told | also)

    async def open(self, what: Asked, shown: ShowModal | ShowForm) -> None:
        """A window over the one from which it was asked, if there is one."""
        if isinstance(shown, ShowForm):
            if shown.form not in self._forms:
                await self.say(what, say(OLD_FORM))
                return
            window = view(self._forms[shown.form], shown, what.channel, self._look)
        else:
            window = self._window(what, shown)
        # A window that is open stays below what is opened from it.
        opening = self._client.push_view if what.view else self._client.open_view
        try:
            await opening(what.trigger, window)
        except NOT_TOLD as error:
            log.warning("window not opened", error=type(error).__name__)
            await self.say(what, say(TOO_LATE))

    def _window(self, what: Asked, shown: ShowModal) -> dict[str, Any]:
        """A button in the window has no channel of its own; the view remembers the one it was opened from."""
        return modal(shown.title, shown.blocks, self._look) | {"private_metadata": what.channel}

    async def say(self, what: Asked, line: Line) -> None:
        """Something only for the one who asked: over the way back that their act brought, else in its channel."""
        rendered = render(only(line), self._look)
        if what.response_url:
            await self.beside(what, rendered.text, blocks=rendered.blocks)
        elif what.channel:
            await self._client.ephemeral(what.channel, what.user, rendered.text, rendered.blocks)
        elif what.trigger:
            await self._say_at_home(what, line)

    async def renew(self, what: Asked, shown: ShowModal) -> None:
        """The window that is open shows what is true by now."""
        await self._client.update_view(what.view, self._window(what, shown))

    async def publish(self, user: str, message: Message) -> None:
        """Somebody's App Home."""
        await self._client.publish_home(user, home(message, self._look))

    async def _say_at_home(self, what: Asked, line: Line) -> None:
        """At home only a window can tell anything, and only for as long as the click is fresh."""
        try:
            await self._client.open_view(what.trigger, modal(AT_HOME, [Paragraph(line)], self._look))
        except NOT_TOLD as error:
            log.warning("window not opened", error=type(error).__name__)

    async def _respond(self, what: Asked, payload: Mapping[str, Any]) -> None:
        if not may_answer(what.response_url, self._base_url):
            log.error("answer withheld", reason="the response_url is not Slack's", kind=what.kind)
            return
        await self._client.respond(what.response_url, payload)


def only(line: Line) -> Message:
    """A message of one line."""
    return Message(line, (Paragraph(line),))
