"""The whole way: how many events a second from the socket to the wanted post, how soon one is in Slack, a flood, a start.

Only what comes out is asserted; the figures are printed, and those that a machine can be compared by as ratios.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, time
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import func, select

from bot.board import Board
from bot.catalog import Catalog
from bot.clock import Clock
from bot.core.delivery import Delivery
from bot.core.settings import House
from bot.edge.intake import PREFIX, Door, Webhooks
from bot.edge.metrics import Meters
from bot.edge.server import HttpServer
from bot.edge.worker import deliveries
from bot.pipeline import Feed, Pipeline
from bot.store import inbox
from bot.store.engine import Store
from bot.store.inbox import Arrival
from bot.store.intake import Intake
from bot.store.tables.log import event as events
from bot.store.tables.work import alert, post
from bot.workbench import Workbench
from tests.bench import usual_house
from tests.benchmarks import stream
from tests.benchmarks.conftest import send
from tests.e2e.inside import Inside, running
from tests.e2e.running import CHANNELS, ROOT, Running, until

DELIVERIES = 3000
POSTS = 60
A_SECOND = 3
FLOOD = 300


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


# How many.


async def test_a_shop_in_full_swing(tmp_path: Path) -> None:
    store, catalog, clock = Store.open(f"sqlite:///{tmp_path}/way.db"), Catalog.scan(("handlers",)), Clock()
    store.migrate()
    pipeline = _pipeline(store, catalog, usual_house(), clock)
    began = perf_counter()
    remembered = _remember(store, pipeline)
    history, known, cpu = perf_counter() - began, _count(store, events), process_time()
    began = perf_counter()
    seen = await _through(store, pipeline, clock)
    took, cpu = perf_counter() - began, process_time() - cpu
    told, taken = _count(store, events) - known, seen["taken"]
    _say(f"\nwhole way on SQLite with synchronous=FULL, {DELIVERIES} deliveries over 500 SKUs, HTTP to wanted post")
    _say(f"{told / took:8,.0f} events/s  {taken / took:8,.0f} deliveries/s  {1e6 * cpu / told:6,.0f} us CPU an event")
    _say(f"history (nothing decided)    {remembered / history:8,.0f} deliveries/s  {known / history:8,.0f} events/s")
    _say(
        f"accepted meanwhile           {seen['a_second']:8,.0f} deliveries/s  p50 {seen['p50']:.0f} ms  p99 {seen['p99']:.0f} ms"
    )
    _say(f"{_count(store, alert)} alerts, {_count(store, post)} posts")
    with store.read() as connection:
        assert inbox.counts(connection) == {"done": DELIVERIES + remembered}
    assert taken == DELIVERIES
    assert _count(store, post) > 0
    store.close()


def _pipeline(store: Store, catalog: Catalog, house: House, clock: Clock) -> Pipeline:
    feeds = {name: Feed(source, stream.FRONTS[name]) for name, source in stream.SOURCES.items()}
    return Pipeline(store, catalog, house, feeds, Board(catalog, house, clock), clock)


def _remember(store: Store, pipeline: Pipeline) -> int:
    """Has the shop's past worked through; gives how many deliveries that were."""
    now = datetime.now(UTC)
    arrivals = []
    for told in stream.past(now):
        headers, body = stream.signed(told, now)
        delivery = Delivery(told.source, {name.lower(): value for name, value in headers.items()}, body, now)
        arrivals.append(Arrival(told.source, "demo", stream.SOURCES[told.source].key(delivery), delivery))
    with store.write() as connection:
        inbox.admit(connection, arrivals)
    while pipeline.work():
        pass
    return len(arrivals)


async def _through(store: Store, pipeline: Pipeline, clock: Clock) -> dict[str, float]:
    """Sends the stream over HTTP and comes back when all of it is worked through; gives what the sender saw."""
    intake, looked = Intake(store), asyncio.Event()
    intake.start()
    worker = deliveries(pipeline, after=looked.set)
    worker.start()
    doors = {name: Door(each, (stream.SECRETS[name],), stream.FRONTS[name]) for name, each in stream.SOURCES.items()}
    webhooks = Webhooks(doors, intake, clock, Meters(tuple(doors)), wake=worker.wake)
    server = HttpServer({PREFIX: webhooks.handle})
    port = await server.start("127.0.0.1", 0)
    seen = await send(port, 0, seconds=120, stream=("tests.benchmarks.stream", str(DELIVERIES)))
    while _waiting(store):
        await looked.wait()
        looked.clear()
    await server.stop()
    await worker.stop()
    intake.stop()
    assert seen["refused"] == 0
    return seen


def _waiting(store: Store) -> bool:
    with store.read() as connection:
        return bool(inbox.shops_waiting(connection))


def _count(store: Store, table: Any) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


# How soon.


_LETTERS = "abcd"
_SPREAD = """
routes:
  - {subject: "po_a*", channel: marketing}
  - {subject: "po_b*", channel: warehouse}
  - {subject: "po_c*", channel: ops}
"""


async def test_an_event_is_soon_in_slack(tmp_path: Path) -> None:
    async with running(tmp_path, more=f"{_SPREAD}storm: off\n") as inside:
        ours = await _steadily(inside)
        texts = [text for channel in CHANNELS for text in inside.texts(channel)]
    bare = await _bare()
    assert len(ours) == len(texts) == POSTS
    _say(f"\nevent to Slack at {A_SECOND}/s, within Slack's limits (the workbench and the sender share the process)")
    _say(f"{'':18}{'p50 ms':>8}{'p99 ms':>8}")
    _say(f"{'floorwalker':18}{_at(ours, 50):8.1f}{_at(ours, 99):8.1f}")
    _say(f"{'chat.postMessage':18}{_at(bare, 50):8.1f}{_at(bare, 99):8.1f}")
    _say(f"ratio of p50       {_at(ours, 50) / _at(bare, 50):.1f}")


async def _steadily(inside: Inside) -> list[float]:
    """Payouts that fail, one after the other, each an alert of its own; seconds until Slack is called for each."""
    sent: dict[str, float] = {}
    begun = perf_counter()
    for number in range(POSTS):
        await asyncio.sleep(max(0.0, number / A_SECOND - (perf_counter() - begun)))
        amount = f"{1000 + number}.25"
        sent[f"€{1000 + number:,}.25"] = time()
        money = {"amount": amount, "currency": "EUR"}
        await inside.event("payout.changed", payout=f"po_{_LETTERS[number % 4]}{number}", amount=money, status="failed")
    await inside.workbench.until(lambda: len(_posted(inside.workbench)) >= POSTS, 60)
    came = {_sum_in(call): call["at"] for call in _posted(inside.workbench)}
    return [came[amount] - at for amount, at in sent.items()]


def _posted(workbench: Workbench) -> list[dict[str, Any]]:
    return [call for call in workbench.calls if call["method"] == "chat.postMessage"]


def _sum_in(call: dict[str, Any]) -> str:
    return next(word for word in str(call["arguments"]["text"]).split() if word.startswith("€"))


async def _bare() -> list[float]:
    """Seconds that the same library takes to post and be answered, over a kept connection."""
    workbench = await Workbench.start(rate_limits=False)
    async with aiohttp.ClientSession() as http:
        client = AsyncWebClient(workbench.bot_token, base_url=workbench.api_url, session=http, retry_handlers=[])
        took = []
        for number in range(POSTS):
            begun = perf_counter()
            await client.chat_postMessage(channel="C0OPS", text=f"post {number}")
            took.append(perf_counter() - begun)
    await workbench.stop()
    return took


def _at(seen: Sequence[float], percent: int) -> float:
    return 1000 * sorted(seen)[min(len(seen) - 1, len(seen) * percent // 100)]


# A flood.


async def test_a_flood_about_one_matter_is_few_words(tmp_path: Path) -> None:
    async with running(tmp_path) as inside:
        for ago in range(28, 0, -1):
            await _sale(inside, ago)
        await inside.app.caught_up()
        begun = perf_counter()
        async with asyncio.TaskGroup() as sending:
            for left in range(FLOOD, 0, -1):
                await asyncio.sleep(max(0.0, (FLOOD - left) / FLOOD - (perf_counter() - begun)))
                sending.create_task(inside.event("stock.changed", sku="HOODIE", available=left, location="Berlin"))
        told = perf_counter()
        await inside.app.caught_up()
        await asyncio.to_thread(until, lambda: _is_true(inside), 60)
        true = perf_counter()
        calls = Counter((call["method"], call["outcome"]) for call in inside.workbench.calls)
        messages = inside.workbench.messages("warehouse")
    posts, edits = (sum(n for (method, _), n in calls.items() if method == name) for name in _WRITES)
    refused = sum(n for (method, outcome), n in calls.items() if method in _WRITES and outcome != "ok")
    _say(
        f"\n{FLOOD} events of one SKU in {told - begun:.1f} s, at Slack's limits: {posts} posts, {edits} edits, {refused} refused"
    )
    _say(f"the last word was there {true - told:.2f} s after the last event")
    assert len(messages) == posts
    assert refused == 0


_WRITES = ("chat.postMessage", "chat.update")


async def _sale(inside: Inside, ago: int) -> None:
    money = {"amount": "100.00", "currency": "EUR"}
    at = (inside.app.clock.now() - timedelta(days=ago)).isoformat()
    line = {"sku": "HOODIE", "quantity": 10, "amount": money}
    await inside.event(
        "order.placed", at=at, order=f"o{ago}", number=f"#{ago}", total=money, outstanding=money, lines=[line]
    )


def _is_true(inside: Inside) -> bool:
    with inside.store.read() as connection:
        behind = select(func.count()).select_from(post).where(post.c.look_at.is_not(None))
        return connection.execute(behind).scalar_one() == 0 and _count(inside.store, post) > 0


# A start.


def test_a_start_takes_little(tmp_path: Path) -> None:
    helped = [_help_seconds() for _ in range(5)]
    bot = Running(tmp_path, port=_free_port())
    starts = []
    try:
        for _ in range(3):
            begun = perf_counter()
            bot.start()
            until(bot.ready, 30)
            starts.append(perf_counter() - begun)
            memory = bot.resident()
            bot.close()
    finally:
        bot.close()
    _say(
        f"\nfloorwalker --help {median(helped):.2f} s (to reach: 0.3); python -c pass {median(_bare_seconds() for _ in range(5)):.2f} s"
    )
    _say(
        f"start to ready, with its workbench {median(starts):.2f} s (to reach: 1.5); resident {memory / 2**20:.0f} MiB (to reach: 100)"
    )


def _help_seconds() -> float:
    begun = perf_counter()
    done = subprocess.run([sys.executable, "-m", "bot", "--help"], cwd=ROOT, capture_output=True, check=True)
    assert b"serve" in done.stdout
    return perf_counter() - begun


def _bare_seconds() -> float:
    begun = perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return perf_counter() - begun


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])
