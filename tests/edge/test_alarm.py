"""The path that is not Slack: a real webhook and a real mail server on loopback, on a clock that is moved."""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.policy import default as policy
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.core.message import Message, Paragraph
from bot.core.parts import ShopText, say
from bot.core.settings import Mail, Paths
from bot.edge.alarm import EVERY, Alarm
from bot.edge.server import plain
from bot.store import destinations, posts
from bot.store.engine import Store, StoreDown
from bot.store.tables.work import post as table
from tests.edge.conftest import Serve
from tests.edge.outgoing_fixtures import SetClock


@dataclass
class Receiver:
    """A webhook that takes alarms, or refuses them, and counts pings."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    pings: int = 0
    status: int = 200

    async def hook(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.status == 200:
            self.taken.append(await request.json())
        return plain(self.status, "")

    async def ping(self, request: web.BaseRequest) -> web.StreamResponse:
        self.pings += 1
        return plain(200, "")


@dataclass
class Post:
    """A mail server that speaks as much SMTP as a letter needs."""

    letters: list[str] = field(default_factory=list)
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(body.decode())
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                break
        await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def mailbox() -> AsyncIterator[Post]:
    post = Post()
    server = await asyncio.start_server(post.talk, "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    yield post
    server.close()
    await server.wait_closed()


@dataclass
class Slack:
    trouble: str = ""


@dataclass
class House:
    """An alarm and all that it looks at."""

    alarm: Alarm
    receiver: Receiver
    time: SetClock
    slack: Slack
    ready: bool = True

    async def look(self, **later: float) -> None:
        self.time.move(timedelta(**later).total_seconds())
        await self.alarm.look()

    def told(self) -> list[tuple[str, str, str]]:
        return [(one["about"], one["state"], one["reason"]) for one in self.receiver.taken]


Build = Callable[..., Awaitable[House]]


@pytest.fixture
async def build(store: Store, serve: Serve) -> AsyncIterator[Build]:
    made: list[Alarm] = []

    async def one(**changes: Any) -> House:
        receiver, time, slack = changes.pop("receiver", Receiver()), changes.pop("time", SetClock()), Slack()
        address = await serve({"/hook": receiver.hook, "/ping": receiver.ping})
        paths = replace(changes.pop("paths", Paths()), webhook=f"{address}/hook", ping=f"{address}/ping")

        async def ready() -> bool:
            return house.ready

        alarm = Alarm(store, slack, time, paths, "C0OPS", changes.pop("accepted", lambda: True), ready, **changes)
        house = House(alarm, receiver, time, slack)
        made.append(alarm)
        return house

    yield one
    for alarm in made:
        if alarm._session is not None:
            await alarm._session.close()


async def test_a_revoked_token_is_told_within_a_minute_then_daily_and_when_it_is_over(build: Build) -> None:
    house = await build()
    await house.look()
    house.slack.trouble = "token_revoked"
    await house.look(seconds=EVERY)
    await house.look(hours=23)
    assert house.told() == [("slack", "begins", "token_revoked")]
    await house.look(hours=1)
    house.slack.trouble = ""
    await house.look(seconds=EVERY)
    await house.look(minutes=1)
    assert [state for _, state, _ in house.told()] == ["begins", "lasts", "over"]


async def test_it_leaves_by_mail_as_well_and_says_nothing_of_the_shop(
    build: Build, mailbox: Post, store: Store
) -> None:
    mail = Mail("127.0.0.1", mailbox.port, "bot@shop.example", ("ops@shop.example", "it@shop.example"), "none")
    house = await build(paths=Paths(mail=mail))
    with store.write() as connection:
        canary = say(ShopText("canary"))
        message = Message(canary, (Paragraph(canary),))
        posts.want(connection, "#canary", "alert/1", message, urgency=1, now=house.time.now())
    house.slack.trouble = "invalid_auth"
    await house.look()
    [letter] = [email.message_from_string(text, policy=policy) for text in mailbox.letters]
    assert letter["To"] == "ops@shop.example, it@shop.example"
    assert letter["Subject"] == "Floorwalker: trouble (slack: invalid_auth)"
    assert "Posts waiting: 1, parked: 0." in letter.get_content().replace("\n", " ")
    assert "canary" not in str(house.receiver.taken) + str(mailbox.letters)


async def test_an_alarm_that_nobody_took_is_tried_again_with_the_next_look(build: Build) -> None:
    house = await build(receiver=Receiver(status=503))
    house.slack.trouble = "token_revoked"
    with capture_logs() as logged:
        await house.look()
    assert [line["event"] for line in logged] == ["alarm not taken", "alarm"]
    house.receiver.status = 200
    await house.look(seconds=EVERY)
    await house.look(seconds=EVERY)
    house.slack.trouble = ""
    house.receiver.status = 503
    await house.look(seconds=EVERY)
    await house.look(minutes=2)
    house.receiver.status = 200
    await house.look(seconds=EVERY)
    assert [state for _, state, _ in house.told()] == ["begins", "over"]


async def test_with_the_mail_server_gone_the_webhook_is_enough(build: Build) -> None:
    house = await build(paths=Paths(mail=Mail("127.0.0.1", 1, "bot@shop.example", ("ops@shop.example",), "starttls")))
    house.slack.trouble = "token_revoked"
    await house.look()
    await house.look(seconds=EVERY)
    assert len(house.receiver.taken) == 1


async def test_two_replicas_tell_it_once(build: Build) -> None:
    first = await build()
    second = await build(receiver=first.receiver, time=first.time)
    first.slack.trouble = second.slack.trouble = "token_revoked"
    await first.look()
    await second.look()
    first.slack.trouble = second.slack.trouble = ""
    await first.look()
    await second.look()
    await first.look(minutes=1)
    await second.look()
    assert [state for _, state, _ in first.told()] == ["begins", "over"]


async def test_after_a_restart_what_was_told_still_stands_until_slack_has_taken_a_call(build: Build) -> None:
    before = await build()
    before.slack.trouble = "token_revoked"
    await before.look()
    accepted = [False]
    house = await build(receiver=before.receiver, time=before.time, accepted=lambda: accepted[0])
    await house.look(minutes=5)
    await house.look(minutes=5)
    assert len(house.told()) == 1
    accepted[0] = True
    await house.look()
    await house.look(minutes=1)
    assert [state for _, state, _ in house.told()] == ["begins", "over"]


async def test_a_store_that_is_down_for_a_minute_is_told_and_so_is_its_return(
    build: Build, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await build()
    _break(monkeypatch, store, "another process holds the database for too long")
    await house.look()
    assert house.told() == []
    await house.look(minutes=1)
    await house.look(minutes=1)
    assert house.told() == [("store", "begins", "database_down")]
    assert house.receiver.taken[0]["waiting"] is None
    monkeypatch.undo()
    await house.look()
    await house.look(minutes=1)
    assert house.told()[1:] == [("store", "over", "database_down")]


async def test_a_full_disk_is_told_at_once_also_when_nobody_takes_it_first(
    build: Build, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await build(receiver=Receiver(status=500))
    _break(monkeypatch, store, "the disk is full: free some space, nothing else is needed")
    await house.look()
    house.receiver.status = 200
    await house.look(seconds=EVERY)
    assert house.told() == [("disk", "begins", "disk_full")]


def _break(monkeypatch: pytest.MonkeyPatch, store: Store, why: str) -> None:
    def broken() -> Any:
        raise StoreDown(why)

    monkeypatch.setattr(store, "write", broken)


async def test_that_operations_themselves_cannot_be_told_in_slack_is_an_alarm(build: Build, store: Store) -> None:
    house = await build()
    with store.write() as connection:
        message = Message(say("x"), (Paragraph(say("x")),))
        posts.want(connection, "C0OPS", "alert/1", message, urgency=1, now=house.time.now())
        connection.execute(table.update().values(state="parked", reason="is_archived", look_at=None))
        destinations.notice(connection)
    await house.look()
    assert house.told() == [("operations", "begins", "is_archived")]


async def test_it_pings_once_a_minute_and_only_while_ready(build: Build) -> None:
    house = await build()
    for _ in range(9):
        await house.look(seconds=EVERY)
    assert house.receiver.pings == 3
    house.ready = False
    await house.look(minutes=5)
    assert house.receiver.pings == 3


async def test_a_ping_that_is_not_taken_does_no_harm(build: Build) -> None:
    house = await build()
    house.alarm.paths = Paths(ping="http://127.0.0.1:1/")
    await house.look()
    assert house.told() == []


async def test_without_a_path_it_is_in_the_log(build: Build) -> None:
    house = await build()
    house.alarm.paths = Paths()
    house.slack.trouble = "token_revoked"
    with capture_logs() as logged:
        await house.look()
    assert [(line["event"], line["reason"]) for line in logged] == [("alarm", "token_revoked")]


async def test_it_looks_again_and_again_until_it_is_ended(build: Build) -> None:
    looked, often = asyncio.Event(), 0

    async def pause(seconds: float) -> None:
        nonlocal often
        often += 1
        if often == 3:
            looked.set()
        await asyncio.sleep(0)

    house = await build(pause=pause)
    running = asyncio.create_task(house.alarm.run())
    await looked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert house.receiver.pings == 1
