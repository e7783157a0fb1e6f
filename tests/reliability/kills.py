"""Real bots that are killed, stopped and cut off while a patient platform sends; afterwards everything is counted.

The workbench lives in this process and outlives every bot, so it is what people saw. The bots are processes of their
own that run `floorwalker serve` as they would against Slack (see ``launcher``).
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import re
import shlex
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Literal

import aiohttp
from sqlalchemy import Select, func, or_, select

from bot.core.dispatch import LEASE
from bot.core.shopfront import Shopfront
from bot.store.engine import Store, StoreDown
from bot.store.tables.log import inbox
from bot.store.tables.work import alert, post
from bot.workbench import Workbench
from handlers.sources.generic import SOURCE
from tests.reliability.launcher import FASTER
from tests.store.servers import Server

Act = Literal["kill", "end", "pause", "power"]
Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
CHANNELS = tuple(f"c{number}" for number in range(8))
SECRET = "whsec_" + base64.b64encode(b"a secret of the trial").decode()
FRONT = Shopfront("generic", "demo", "EUR", options={"auth": {"scheme": "standard_webhooks"}})
SENDERS = 6
QUIET_WITHIN = 300.0
QUIET_LOOKS = 10

# Slack takes its time to answer, which is when a kill finds a message posted and not yet noted.
SLOW: list[Json] = [
    {"method": "chat.postMessage", "kind": "slow_after", "seconds": 0.3, "probability": 0.5},
    {"method": "chat.update", "kind": "slow_after", "seconds": 0.2, "probability": 0.3},
]
# One call in five fails; a call is given up after a second, since all is shortened.
FAULTS: list[Json] = [
    {"method": "*", "kind": "drop_after", "probability": 0.03},
    {"method": "*", "kind": "rst_after", "probability": 0.03},
    {"method": "*", "kind": "status_500_after", "probability": 0.03},
    {"method": "*", "kind": "html_after", "probability": 0.02},
    {"method": "*", "kind": "truncate_after", "probability": 0.02},
    {"method": "*", "kind": "slow_after", "seconds": 1.5, "probability": 0.02},
    {"method": "*", "kind": "drop_before", "probability": 0.03},
    {"method": "*", "kind": "status_500_before", "probability": 0.03},
    {"method": "*", "kind": "ratelimit", "retry_after": "1", "probability": 0.01},
]

_CONFIG = """
departments: {{operations: {{channel: c0}}}}
shops: {{demo: {{currency: EUR, zone: Europe/Berlin, locale: en_GB}}}}
sources: {{generic: {{options: {{auth: {{scheme: standard_webhooks}}}}}}}}
digests: {{}}
storm: off
routes: [{routes}]
slack: {{base_url: "{slack}"}}
store: {{url_from: TRIAL_STORE_URL}}
listen: {{port: {port}}}
"""


@dataclass(frozen=True)
class Trial:
    """What is done to how many bots, how often; ``name`` says it in the report."""

    name: str
    acts: tuple[Act, ...]
    times: int
    seed: int
    replicas: int = 1
    faults: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was counted. All but ``again``, ``passing`` and ``died`` ought to be what was sent, or nothing."""

    trial: Trial
    seconds: float
    deliveries: int
    again: int
    posts: int
    caught: int
    unkept: int
    lost: int
    doubled: int
    passing: int
    outdated: int
    limbo: int
    unworked: int
    died: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def violations(self) -> int:
        """How often the promise was broken."""
        return self.unkept + self.lost + self.doubled + self.outdated + self.limbo + self.unworked + len(self.died)

    def __str__(self) -> str:
        sent = (
            f"{self.deliveries} deliveries ({self.again} sent again), {self.posts} posts, {self.caught} left under way"
        )
        bad = f"{self.lost} lost, {self.doubled} doubled finally, {self.passing} for a while, {self.outdated} outdated"
        rest = f"{self.unkept} not kept, {self.limbo} in limbo, {self.unworked} not worked, {len(self.died)} died"
        trial = f"{self.trial.name}: n={self.trial.times}, seed {self.trial.seed}, {self.seconds:.0f} s"
        return f"{trial}; {sent}; {bad}, {rest}"


# What a platform has to tell.


@dataclass(frozen=True)
class Matter:
    """One alert as it must stand in the end, and the bodies that say so, to be sent in this order."""

    rule: str
    subject: str
    channel: str
    bodies: tuple[bytes, ...]

    @property
    def is_over(self) -> bool:
        return len(self.bodies) == 2


_OPEN: dict[str, tuple[str, str, str, Json, Json]] = {
    # rule: type, field that names the subject, prefix, what makes it fire, what resolves it
    "payout_failed": ("payout.changed", "payout", "po", {"status": "failed"}, {"status": "paid"}),
    "dispute_opened": ("dispute.changed", "dispute", "dp", {"status": "open"}, {"status": "won"}),
    "invoice_overdue": ("invoice.changed", "invoice", "in", {"status": "open"}, {"status": "paid"}),
    "oversold": ("stock.changed", "sku", "SKU", {"available": -3}, {"available": 9}),
}


def matter(number: int, chance: random.Random, now: datetime) -> Matter:
    """A matter of its own subject, in one of the channels; every other one is over in the end."""
    rule = chance.choice(sorted(_OPEN))
    kind, name, prefix, fires, resolves = _OPEN[rule]
    channel = chance.choice(CHANNELS)
    subject = f"{prefix}-{number}-{channel}"
    money = {"amount": f"{chance.randrange(20, 9000)}.50", "currency": "EUR"}
    details: dict[str, Json] = {
        "payout_failed": {"amount": money},
        "dispute_opened": {"amount": money, "reason": "not received"},
        "invoice_overdue": {
            "number": f"INV-{number}", "outstanding": money, "due": (now - timedelta(days=9)).isoformat()
        },
        "oversold": {"location": "Berlin"},
    }  # fmt: skip
    tellings = (fires, resolves) if chance.random() < 0.5 else (fires,)
    bodies = [
        {"type": kind, "at": (now + timedelta(seconds=second)).isoformat(), name: subject, **details[rule], **telling}
        for second, telling in enumerate(tellings, -2)
    ]
    return Matter(rule, subject, channel, tuple(json.dumps(body).encode() for body in bodies))


@dataclass
class Platform:
    """Sends until it is told that it is enough, each delivery again and again until it is answered 200."""

    urls: tuple[str, ...]
    chance: random.Random
    matters: list[Matter] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    again: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self) -> None:
        """All senders side by side; each brings its own matters in order."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as http:
            await asyncio.gather(*(self._send(http) for _ in range(SENDERS)))

    async def _send(self, http: aiohttp.ClientSession) -> None:
        later: list[bytes] = []
        while later or not self.enough.is_set():
            if later and (self.enough.is_set() or self.chance.random() < 0.4):
                await self._deliver(http, later.pop(0))
            else:
                new = matter(len(self.matters), self.chance, datetime.now(UTC))
                self.matters.append(new)
                await self._deliver(http, new.bodies[0])
                later += new.bodies[1:]
            await asyncio.sleep(self.chance.uniform(0, 0.8))

    async def _deliver(self, http: aiohttp.ClientSession, body: bytes) -> None:
        while not await self._answered(http, body):
            self.again += 1
            await asyncio.sleep(0.1)
        self.answered.append(body)

    async def _answered(self, http: aiohttp.ClientSession, body: bytes) -> bool:
        headers = SOURCE.sign("", body, SECRET, datetime.now(UTC), FRONT)
        url = self.chance.choice(self.urls)
        try:
            async with http.post(f"{url}/webhooks/generic", data=body, headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


# The bots.


@dataclass
class Bot:
    """One replica: at one address for ever, with one process after the other."""

    config: Path
    said: Path
    url: str
    process: int = 0

    @property
    def lives(self) -> bool:
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        return True


@dataclass
class Floor:
    """The bots, and what can be done to them. ``died`` tells of those that ended by themselves."""

    bots: list[Bot]
    launcher: asyncio.subprocess.Process
    http: aiohttp.ClientSession
    chance: random.Random
    server: Server | None
    under_way: Callable[[], int]
    caught: int = 0
    died: list[str] = field(default_factory=list)

    async def start(self, bot: Bot) -> None:
        """Starts a replica and comes back when it answers. One that ends because the database is away is started anew,
        as whatever supervises it would do."""
        await self._launch(bot)
        while not await self._answers(bot):
            if not bot.lives:
                self._bury(bot)
                await self._launch(bot)
            await asyncio.sleep(0.01)

    async def _launch(self, bot: Bot) -> None:
        assert self.launcher.stdin is not None and self.launcher.stdout is not None
        self.launcher.stdin.write(f"{shlex.join((str(bot.config), str(bot.said)))}\n".encode())
        bot.process = int(await self.launcher.stdout.readline())

    def _bury(self, bot: Bot) -> None:
        last = bot.said.read_text("utf-8").strip().rpartition("\n")[2]
        if self.server is None or "the database cannot be used" not in last:
            self.died.append(last)

    async def _answers(self, bot: Bot) -> bool:
        try:
            async with self.http.get(f"{bot.url}/healthz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def befall(self, act: Act) -> None:
        """Something happens to a replica, or to the database, and is over when this comes back."""
        for bot in self.bots:
            if not bot.lives:
                self._bury(bot)
                await self.start(bot)
        await asyncio.sleep(self.chance.uniform(0.05, 1.5))
        match act:
            case "kill":
                await self._end(signal.SIGKILL)
            case "end":
                await self._end(signal.SIGTERM)
            case "pause":
                await self._pause(self.chance.choice(self.bots))
            case "power":
                assert self.server is not None
                await asyncio.to_thread(self.server.restart_at_once)

    async def _end(self, number: signal.Signals) -> None:
        """One replica, or now and then all of them at once."""
        bots = self.chance.sample(self.bots, self.chance.choice((1, 1, 1, len(self.bots))))
        for bot in bots:
            await end(bot, number)
        self.caught += await asyncio.to_thread(self.under_way)
        for bot in bots:
            await self.start(bot)

    async def _pause(self, bot: Bot) -> None:
        lease = LEASE.total_seconds() / FASTER
        os.kill(bot.process, signal.SIGSTOP)
        await asyncio.sleep(self.chance.uniform(0.3, 3.0) * lease)
        os.kill(bot.process, signal.SIGCONT)


async def end(bot: Bot, number: signal.Signals) -> None:
    """Ends a replica, and comes back when it is gone."""
    if bot.process and bot.lives:
        os.kill(bot.process, number)
        await until(lambda: not bot.lives, 0.005)


async def until(holds: Callable[[], object], every: float, within: float = 60.0) -> None:
    """Looks again and again until it holds, or the time is over."""
    over = monotonic() + within
    while monotonic() < over:
        if holds():
            return
        await asyncio.sleep(every)


@asynccontextmanager
async def floor(trial: Trial, folder: Path, slack: str, url: str, server: Server | None) -> AsyncIterator[Floor]:
    """The bots of a trial, running; at the end they are killed."""
    bots = [_bot(folder, number, slack) for number in range(trial.replicas)]
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.reliability.launcher", cwd=ROOT, env=_environment(url),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert launcher.stdin is not None and launcher.stdout is not None
    assert await launcher.stdout.readline() == b"ready\n"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as http:
        store = Store.open(url)
        ours = Floor(bots, launcher, http, random.Random(trial.seed), server, partial(_count, store, UNDER_WAY))
        try:
            for bot in bots:
                await ours.start(bot)
            yield ours
        finally:
            for bot in bots:
                await end(bot, signal.SIGKILL)
            launcher.stdin.close()
            await launcher.wait()
            store.close()


def _bot(folder: Path, number: int, slack: str) -> Bot:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    routes = ", ".join(f'{{subject: "*-{channel}", channel: {channel}}}' for channel in CHANNELS)
    config = folder / f"bot-{number}.yaml"
    config.write_text(_CONFIG.format(routes=routes, slack=slack, port=port))
    return Bot(config, folder / f"bot-{number}.log", f"http://127.0.0.1:{port}")


def _environment(store: str) -> dict[str, str]:
    unwanted = re.compile(r"SLACK_|FLOORWALKER_|.*_WEBHOOK_SECRET$|.*_proxy$", re.IGNORECASE)
    ours = {name: value for name, value in os.environ.items() if not unwanted.match(name)}
    return ours | {
        "SLACK_BOT_TOKEN": "xoxb-workbench",
        "SLACK_APP_TOKEN": "xapp-workbench",
        "GENERIC_WEBHOOK_SECRET": SECRET,
        "TRIAL_STORE_URL": store,
    }


# The trial.


async def run(trial: Trial, folder: Path, url: str, server: Server | None = None) -> Outcome:
    """Lets everything happen, takes the faults away, waits until nothing is left to do, and counts."""
    began = monotonic()
    async with AsyncExitStack() as stack:
        slack = await Workbench.start(channels=CHANNELS, rate_limits=False)
        stack.push_async_callback(slack.stop)
        ours = await stack.enter_async_context(floor(trial, folder, slack.api_url, url, server))
        slack.set_faults([*FAULTS, *SLOW] if trial.faults else SLOW, trial.seed)
        platform = Platform(tuple(bot.url for bot in ours.bots), random.Random(-trial.seed))
        sending = asyncio.create_task(platform.send())
        for number in range(trial.times):
            await ours.befall(trial.acts[number % len(trial.acts)])
        platform.enough.set()
        await sending
        slack.set_faults([])
        store = Store.open(url)
        stack.callback(store.close)
        await _quiet(store)
        return audit(trial, monotonic() - began, platform, store, slack, ours)


async def _quiet(store: Store) -> None:
    """Until nothing is left to do for a second on end. What never comes to rest is told by the audit."""
    looks = 0

    def holds() -> bool:
        nonlocal looks
        looks = 0 if _left(store) else looks + 1
        return looks >= QUIET_LOOKS

    await until(holds, 0.1, QUIET_WITHIN)


WAITING = select(func.count()).select_from(inbox).where(inbox.c.outcome == "waiting")
DUE = select(func.count()).select_from(post).where(or_(post.c.look_at.is_not(None), post.c.check_at.is_not(None)))
UNDER_WAY = select(func.count()).select_from(post).where(post.c.state == "sending")


def _left(store: Store) -> int:
    return _count(store, WAITING) + _count(store, DUE)


def _count(store: Store, query: Select[Any]) -> int:
    """How many there are; while the database is away, as far as one can tell, one."""
    try:
        with store.read() as connection:
            return int(connection.execute(query).scalar_one())
    except StoreDown:
        return 1


@dataclass(frozen=True)
class Kept:
    """What the store holds in the end."""

    bodies: Counter[bytes]
    unworked: int
    alerts: dict[tuple[str, str], Any]
    posts: dict[tuple[str, str], Any]

    @classmethod
    def of(cls, store: Store) -> Kept:
        """An alert that there is twice is none that anybody asked for."""
        told = select(inbox).where(inbox.c.source == "generic")
        with store.read() as connection:
            deliveries = list(connection.execute(told))
            alerts = list(connection.execute(select(alert)))
            posts = list(connection.execute(select(post)))
        often = Counter((row.rule, row.subject) for row in alerts)
        return cls(
            Counter(bytes(row.body) for row in deliveries),
            sum(row.outcome != "done" for row in deliveries),
            {(row.rule, row.subject): row for row in alerts if often[row.rule, row.subject] == 1},
            {(row.channel, row.key): row for row in posts},
        )


@dataclass(frozen=True)
class Seen:
    """A message as people see it in the end."""

    channel: str
    tag: str
    version: int
    text: str


def seen_by_people(slack: Workbench) -> list[Seen]:
    """Every message of the bot's that can be seen."""
    return [
        Seen(f"#{channel}", *_tagged(message), message["text"])
        for channel in CHANNELS
        for message in slack.messages(channel)
        if message["user"] == "U0FLOOR"
    ]


def audit(trial: Trial, seconds: float, platform: Platform, store: Store, slack: Workbench, ours: Floor) -> Outcome:
    """Holds what was answered against what was kept, and what ought to be seen against what is."""
    kept, seen = Kept.of(store), seen_by_people(slack)
    answered = Counter(platform.answered)
    often = Counter((one.channel, one.tag) for one in seen)
    shown = {(one.channel, one.tag): one for one in seen}
    wanted = {(row.channel, _tag_of(row)): row for row in kept.posts.values() if row.state != "dropped"}
    roots = [_root(each, kept, shown) for each in platform.matters]
    return Outcome(
        trial=trial,
        seconds=seconds,
        deliveries=len(platform.answered),
        again=platform.again,
        posts=len(wanted),
        caught=ours.caught,
        unkept=((answered - kept.bodies) + (kept.bodies - answered)).total(),
        lost=sum(name not in shown for name in wanted) + roots.count("lost"),
        doubled=sum(often[name] - (name in wanted) for name in often),
        passing=sum(number - 1 for number in Counter(_posted(slack)).values()),
        outdated=sum(_is_outdated(row, shown.get(name)) for name, row in wanted.items()) + roots.count("outdated"),
        limbo=_left(store),
        unworked=kept.unworked,
        died=tuple(ours.died),
        notes=tuple(_notes(platform, kept, wanted, shown)),
    )


def _notes(
    platform: Platform, kept: Kept, wanted: dict[tuple[str, str], Any], shown: dict[tuple[str, str], Seen]
) -> Iterator[str]:
    """What is wrong, in as many words as it takes to look for the cause."""
    for each in platform.matters:
        if (how := _root(each, kept, shown)) != "right":
            found = kept.alerts.get((each.rule, each.subject))
            root = found and kept.posts.get((f"#{each.channel}", f"alert/{found.number}"))
            yield f"{how}: {each.subject}, told {len(each.bodies)} times; {found}; {root}"
    for name, row in wanted.items():
        if name not in shown or _is_outdated(row, shown[name]):
            yield f"{row}; shown: {shown.get(name)}"


def _is_outdated(row: Any, shown: Seen | None) -> bool:
    """Whether the store and the channel do not both have the newest version."""
    return shown is not None and (row.state, row.shown, shown.version) != ("shown", row.wanted, row.wanted)


def _root(each: Matter, kept: Kept, shown: dict[tuple[str, str], Seen]) -> Literal["lost", "outdated", "right"]:
    """How a matter stands: its alert must be there once and say in its channel whether it is over. One that was over
    before anybody could see it is not told at all."""
    found = kept.alerts.get((each.rule, each.subject))
    root = found and kept.posts.get((f"#{each.channel}", f"alert/{found.number}"))
    if found is None or root is None:
        return "lost"
    if (found.state == "resolved") != each.is_over:
        return "outdated"
    message = shown.get((root.channel, _tag_of(root)))
    if message is None:
        return "right" if each.is_over and root.state == "dropped" else "lost"
    return "right" if message.text.startswith("RESOLVED: ") == each.is_over else "outdated"


def _tagged(message: Json) -> tuple[str, int]:
    payload = message.get("metadata", {}).get("event_payload", {})
    return str(payload.get("key", "")), int(payload.get("version", 0))


def _tag_of(row: Any) -> str:
    return f"{row.id}/{row.generation}" if row.generation else str(row.id)


def _posted(slack: Workbench) -> Iterator[tuple[str, str]]:
    """Channel and tag of every post that Slack has taken, whatever it answered."""
    for row in slack.book.of("chat.postMessage"):
        if row["outcome"] == "ok":
            given = row["arguments"]["metadata"]
            metadata = json.loads(given) if isinstance(given, str) else given
            yield row["arguments"]["channel"], metadata["event_payload"]["key"]
