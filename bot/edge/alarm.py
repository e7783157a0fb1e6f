"""The path that is not Slack: an alarm by webhook or e-mail when the bot cannot speak, and a ping while it is ready.

The ping is a dead man's switch: whoever receives it raises the alarm when it stays away, so also a bot that is gone is
noticed.
"""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Protocol

import aiohttp
import structlog

from bot.clock import Clock
from bot.core import alarm
from bot.core.alarm import Counts, Notice, Standing
from bot.core.settings import Mail, Paths
from bot.store import destinations, notes, posts
from bot.store.engine import Store, StoreDown

log = structlog.get_logger()

EVERY = 15.0
PING_EVERY = 60.0
_SECONDS = 10.0
_NOT_TOLD = (aiohttp.ClientError, TimeoutError, OSError, smtplib.SMTPException, ValueError)
_DISK = "disk is full"
# What replicas can agree on. That the store is away each has to tell for itself.
_AGREED = ("slack", "operations")


class Slack(Protocol):
    """How the bot fares in Slack: ``trouble`` is Slack's word for why it refuses the bot, "" when it does not."""

    @property
    def trouble(self) -> str: ...


@dataclass
class Alarm:
    """Looks every few seconds, tells what ``bot.core.alarm`` says is to be told, and pings once a minute while ready.

    ``accepted`` says whether Slack has taken any call since the start; before that nobody knows that it does.
    ``operations`` is the channel that hears of the bot's own troubles.
    """

    store: Store
    slack: Slack
    clock: Clock
    paths: Paths
    operations: str
    accepted: Callable[[], bool]
    ready: Callable[[], Awaitable[bool]]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _standing: dict[str, Standing] = field(default_factory=dict)
    _remembered: bool = False
    _pinged: float = field(default=float("-inf"))
    _session: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        """Looks until cancelled."""
        try:
            while True:
                await self.look()
                await self.pause(EVERY)
        finally:
            if self._session is not None:
                await self._session.close()

    async def look(self) -> None:
        """One look: what is amiss, what is to be told of it, and the ping."""
        amiss, counts = await asyncio.to_thread(self._amiss)
        after, notices = alarm.watch(self._standing, amiss, self.clock.now())
        for notice in notices:
            if not await self._tell(notice, counts):
                # It is told again with the next look.
                after[notice.standing.name] = self._standing.get(notice.standing.name, _untold(notice.standing))
        self._standing = after
        if self.paths.ping and self.clock.monotonic() - self._pinged >= PING_EVERY and await self.ready():
            await self._ping()

    # What is amiss.

    def _amiss(self) -> tuple[Mapping[str, str | None], Counts]:
        refused: str | None = self.slack.trouble or ("" if self.accepted() else None)
        try:
            with self.store.write() as connection:
                # Only a write finds out that the disk is full.
                notes.put(connection, "alarm/looked", self.clock.now().isoformat())
                self._remember(connection)
                states = posts.by_state(connection)
                broken = destinations.one(connection, self.operations)
        except StoreDown as down:
            full = _DISK in str(down)
            return {
                "slack": refused, "operations": None, "store": "" if full else "database_down",
                "disk": "disk_full" if full else None,
            }, Counts()  # fmt: skip
        waiting = sum(states.get(state, 0) for state in ("wanted", "sending", "maybe"))
        amiss = {"slack": refused, "operations": broken.reason if broken else "", "store": "", "disk": ""}
        return amiss, Counts(waiting, states.get("parked", 0))

    def _remember(self, connection: Any) -> None:
        """After a start: what was told before it and is not known to be over still stands."""
        if self._remembered:
            return
        self._remembered = True
        for name in _AGREED:
            told = json.loads(notes.get(connection, f"alarm/{name}") or "null")
            if told is not None:
                since, at = datetime.fromisoformat(told["since"]), datetime.fromisoformat(told["told"])
                self._standing.setdefault(name, Standing(name, told["reason"], since, at))

    # Telling.

    async def _tell(self, notice: Notice, counts: Counts) -> bool:
        """False when no path took it. Another replica that has told it meanwhile is enough."""
        if not await asyncio.to_thread(self._claim, notice):
            return True
        words = alarm.payload(notice, counts)
        sent = [await self._attempt(name, send) for name, send in self._ways(notice, words)]
        log.warning("alarm", told=any(sent), **{key: words[key] for key in ("about", "state", "reason")})
        if sent and not any(sent):
            await asyncio.to_thread(self._unclaim, notice)
            return False
        return True

    def _ways(self, notice: Notice, words: Mapping[str, Any]) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        ways: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        if self.paths.webhook:
            ways.append(("webhook", lambda: self._post(words)))
        mail = self.paths.mail
        if mail is not None:
            letter = _letter(mail, alarm.subject(notice), str(words["text"]), self.clock.now())
            ways.append(("mail", lambda: asyncio.to_thread(_send, mail, letter)))
        return ways

    async def _attempt(self, name: str, send: Callable[[], Awaitable[None]]) -> bool:
        try:
            await send()
        except _NOT_TOLD as error:
            log.error("alarm not taken", path=name, error=type(error).__name__)
            return False
        return True

    async def _post(self, words: Mapping[str, Any]) -> None:
        async with self._http().post(self.paths.webhook, json=dict(words), allow_redirects=False) as answer:
            if answer.status >= 300:
                raise ValueError(f"HTTP {answer.status}")

    async def _ping(self) -> None:
        self._pinged = self.clock.monotonic()
        try:
            async with self._http().get(self.paths.ping, allow_redirects=False):
                return
        except _NOT_TOLD as error:
            log.warning("ping not taken", error=type(error).__name__)

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS), trust_env=False)
        return self._session

    # Replicas tell a matter once among them, as long as they have a store to agree in.

    def _claim(self, notice: Notice) -> bool:
        if notice.standing.name not in _AGREED:
            return True
        standing, key = notice.standing, f"alarm/{notice.standing.name}"
        try:
            with self.store.write() as connection:
                told = json.loads(notes.get(connection, key) or "null")
                if notice.kind == "over":
                    notes.put(connection, key, "null")
                    return told is not None
                now = self.clock.now()
                if told is not None and now - datetime.fromisoformat(told["told"]) < alarm.AGAIN:
                    return False
                row = {"since": standing.since.isoformat(), "told": now.isoformat(), "reason": standing.reason}
                notes.put(connection, key, json.dumps(row))
        except StoreDown:
            return True
        return True

    def _unclaim(self, notice: Notice) -> None:
        """No path took it, so it counts as untold; an end that nobody heard of is told with the next look."""
        if notice.standing.name not in _AGREED:
            return
        before = json.dumps(_row(notice.standing)) if notice.kind == "over" else "null"
        try:
            with self.store.write() as connection:
                notes.put(connection, f"alarm/{notice.standing.name}", before)
        except StoreDown as down:
            log.warning("alarm not noted", reason=str(down))


def _row(standing: Standing) -> dict[str, str]:
    told = standing.told or standing.since
    return {"since": standing.since.isoformat(), "told": told.isoformat(), "reason": standing.reason}


def _untold(standing: Standing) -> Standing:
    return Standing(standing.name, standing.reason, standing.since)


def _letter(mail: Mail, subject: str, text: str, now: datetime) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = mail.sender, ", ".join(mail.to), subject
    letter["Date"] = format_datetime(now)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text + "\n")
    return letter


def _send(mail: Mail, letter: EmailMessage) -> None:
    """Blocks, ten seconds at most for each step. Raises SMTPException or OSError."""
    tls = ssl.create_default_context() if mail.security != "none" else None
    server: smtplib.SMTP
    if mail.security == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=tls)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
    with server:
        if mail.security == "starttls":
            server.starttls(context=tls)
        if mail.user:
            server.login(mail.user, mail.password)
        server.send_message(letter)
