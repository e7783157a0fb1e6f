"""What Slack tells the bot, through Bolt: every listener has it stored, acknowledges, and leaves the work to others."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.core.delivery import Delivery
from bot.core.message import ASK
from bot.edge.forms import PREFIX
from bot.edge.intake import Admits
from bot.edge.slack import asked
from bot.edge.slack.asked import Asked
from bot.edge.slack.pace import Pace
from bot.store.engine import StoreDown
from bot.store.inbox import Arrival

log = structlog.get_logger()

SOURCE = "slack"
NOT_KEPT = "I cannot write anything down just now, so nothing was done. Please try again in a minute."
TOO_MANY = "That is more than I answer one person in a minute. Please try again shortly; nothing was done."
SLOW = "I am slow to write this down just now. If nothing follows within a minute, please try again."
UNKNOWN_COMMAND = "I do not know this command. Try /ops help."

_PACED = ("command", "share", "shortcut")
_ANY = re.compile("")
_ALERT_BUTTON = re.compile("^" + re.escape(asked.ALERT))
_FORM = re.compile("^" + re.escape(PREFIX))

Tell = Callable[[str, str], Awaitable[None]]
"""tell(response_url, text): says something to the one who acted, only to them."""

Check = Callable[[Asked], Awaitable[dict[str, str]]]
"""check(form) gives what is wrong with it, by field; it changes nothing."""


class Reception:
    """Has what people ask stored, before Slack is told that it arrived.

    ``by`` names this process, so that it finds its own; ``wake`` is called for each that is new. The store gets
    ``patience`` seconds, because Slack waits three; what takes longer is still being written in the background.
    ``pace`` bounds what one person may ask, and says so; clicks on alerts are acts and never turned away.
    """

    def __init__(
        self,
        intake: Admits,
        clock: Clock,
        *,
        by: str,
        wake: Callable[[], None] = lambda: None,
        patience: float = 2.0,
        pace: Pace | None = None,
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._by = by
        self._wake = wake
        self._patience = patience
        self._pace = pace or Pace()
        self._under_way: set[asyncio.Future[Any]] = set()

    def now(self) -> datetime:
        """What time it is at the door (aware UTC)."""
        return self._clock.now()

    async def keep(self, key: str, what: Asked) -> str:
        """Stores it once for its key, and gives "" or the sentence that says why it may not have been."""
        if what.kind in _PACED and not self._pace.allows(what.user, self._clock.monotonic()):
            log.warning("asked too often", kind=what.kind, user=what.user)
            return TOO_MANY
        storing = self.later(self._store(key, what))
        try:
            return await asyncio.wait_for(asyncio.shield(storing), self._patience)
        except TimeoutError:
            log.warning("asked, but the store is slow", kind=what.kind)
            return SLOW

    async def _store(self, key: str, what: Asked) -> str:
        body = asked.write(replace(what, by=self._by))
        arrival = Arrival(source=SOURCE, shop="", key=key, delivery=Delivery(SOURCE, {}, body, self._clock.now()))
        try:
            fresh = await self._intake.admit(arrival)
        except StoreDown as down:
            log.error("asked, but not stored", kind=what.kind, reason=str(down))
            return NOT_KEPT
        if fresh:
            self._wake()
        return ""

    def later(self, work: Awaitable[Any]) -> asyncio.Future[Any]:
        """Goes on with something that no answer waits for."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def close(self) -> None:
        """Waits for what is still being written."""
        await asyncio.gather(*self._under_way, return_exceptions=True)


def slack_app(
    client: AsyncWebClient, reception: Reception, commands: Iterable[str], tell: Tell, check: Check
) -> AsyncApp:
    """The Bolt app for the catalog's command names ("stock", "ops"); the gate has proved every request before it."""
    app = AsyncApp(
        client=client,
        authorize=_authorized(client),
        logger=_quiet_logger(),
        # Listeners only store and acknowledge, so the answer waits for them instead of being polled for.
        process_before_response=True,
        # The gate verifies raw bytes, and Socket Mode needs no signature.
        request_verification_enabled=False,
        ssl_check_enabled=False,
    )
    for name in sorted(set(commands)):
        app.command(f"/{name}")(_on_command(reception))
    app.action(_ALERT_BUTTON)(_on_click(reception, tell))
    app.action(asked.SHARE)(_on_click(reception, tell))
    app.action(ASK)(_on_click(reception, tell))
    app.view(_FORM)(_on_submission(reception, check))
    app.message_shortcut(asked.SHORTCUT)(_on_shortcut(reception, tell))
    app.event("app_home_opened")(_on_visit(reception))
    _drop_the_rest(app)
    return app


def _authorized(client: AsyncWebClient) -> Callable[..., Awaitable[AuthorizeResult]]:
    """One workspace, one token. Asking Slack who we are would lose clicks whenever its Web API is away."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=client.token)

    return authorize


def _quiet_logger() -> logging.Logger:
    """Bolt's warnings repeat whole payloads; what matters is logged here, without them."""
    logger = logging.getLogger("floorwalker.bolt")
    logger.setLevel(logging.ERROR)
    return logger


def _on_command(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        what = asked.of_command(body, reception.now())
        trouble = await reception.keep(f"command:{what.trigger}", what)
        if trouble:
            await ack(text=trouble, response_type="ephemeral")
        else:
            await ack()

    return on_command


def _on_click(reception: Reception, tell: Tell) -> Callable[..., Awaitable[None]]:
    async def on_click(ack: AsyncAck, body: dict[str, Any]) -> None:
        what = asked.of_click(body)
        trouble = await reception.keep(asked.click_key(body), what)
        if trouble and what.response_url:
            # The acknowledgement of a click can carry no text.
            reception.later(tell(what.response_url, trouble))
        await ack()

    return on_click


def _on_shortcut(reception: Reception, tell: Tell) -> Callable[..., Awaitable[None]]:
    async def on_shortcut(ack: AsyncAck, body: dict[str, Any]) -> None:
        what = asked.of_shortcut(body)
        trouble = await reception.keep(asked.shortcut_key(body), what)
        if trouble and what.response_url:
            reception.later(tell(what.response_url, trouble))
        await ack()

    return on_shortcut


def _on_submission(reception: Reception, check: Check) -> Callable[..., Awaitable[None]]:
    """A form is looked at while its window is open, so that what is wrong is told beside its field; only what is right
    is stored, and only what is stored lets the window close."""

    async def on_submission(ack: AsyncAck, body: dict[str, Any]) -> None:
        what = asked.of_submission(body, reception.now())
        problems = await check(what)
        if not problems:
            trouble = await reception.keep(asked.submission_key(body, what), what)
            problems = {_last_field(body): trouble} if trouble else {}
        if problems:
            await ack(response_action="errors", errors=problems)
        else:
            # The window from which it was opened shows what was true before.
            await ack(response_action="clear")

    return on_submission


def _last_field(body: dict[str, Any]) -> str:
    """Where what concerns the whole form is told; Slack wants the name of a field that is there."""
    return str([block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"][-1])


def _on_visit(reception: Reception) -> Callable[..., Awaitable[BoltResponse | None]]:
    async def on_visit(body: dict[str, Any]) -> BoltResponse | None:
        if body["event"].get("tab", "home") != "home":
            return None
        trouble = await reception.keep(f"home:{body.get('event_id', '')}", asked.of_visit(body))
        # An event that was not kept is refused, because Slack sends events again.
        return BoltResponse(status=503) if trouble else None

    return on_visit


def _drop_the_rest(app: AsyncApp) -> None:
    """Answers what is not ours, so that nobody sees a time-out: old buttons, closed views, other events."""

    async def acknowledge(ack: AsyncAck) -> None:
        await ack()

    async def unknown_command(ack: AsyncAck) -> None:
        await ack(text=UNKNOWN_COMMAND, response_type="ephemeral")

    async def no_options(ack: AsyncAck) -> None:
        await ack(options=[])

    async def ignore() -> None:
        return None

    app.command(_ANY)(unknown_command)
    app.action(_ANY)(acknowledge)
    app.shortcut(_ANY)(acknowledge)
    app.view(_ANY)(acknowledge)
    app.view_closed(_ANY)(acknowledge)
    app.options(_ANY)(no_options)
    app.event(_ANY)(ignore)
