"""The poller over real HTTP and a real store: every page once, whatever ends a run, and trouble told when it lasts."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import structlog
from prometheus_client import generate_latest
from sqlalchemy import select

from bot.core.delivery import BASELINE, POLLED, Delivery
from bot.core.events import SourceChanged, StockChanged
from bot.core.polling import (
    Api,
    Asked,
    Call,
    Care,
    Denied,
    Heard,
    Keep,
    Plan,
    Response,
    Rest,
    Stream,
    Subscription,
    ask,
)
from bot.core.shopfront import Shopfront
from bot.edge.asking import Asker
from bot.edge.fetch import Fetcher
from bot.edge.metrics import Meters
from bot.edge.poller import CARE, LEASE, Platform, Poller, platform
from bot.edge.stand import Stands
from bot.store import events, polls
from bot.store.engine import Connection, Store, StoreDown
from bot.store.tables.asking import poll
from bot.store.tables.log import inbox as deliveries
from tests.edge.conftest import HandClock
from tests.store.servers import postgresql

FRONT = Shopfront("shop", "main")
HOST = "api.shop.test"
BASE = f"https://{HOST}"
KEYS = {"client": "id-canary", "secret": "secret-canary"}


@dataclass
class Played:
    """A shop of numbered orders, two a page, behind a token that can be made to expire; ``script`` is what it answers
    first instead."""

    hosts: tuple[str, ...] = (HOST,)
    orders: int = 7
    token: str = "token-canary-1"
    script: list[Response | None] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    hooks: dict[str, str] = field(default_factory=dict)
    mendable: bool = True

    def answer(self, call: Call, now: datetime) -> Response:
        self.calls.append(call)
        if self.script and (scripted := self.script.pop(0)) is not None:
            return scripted
        match call.url.removeprefix(BASE):
            case "/token":
                return _json(now, {"token": self.token})
            case "/hooks":
                return self._hooks(call, now)
        if call.headers.get("authorization") != self.token:
            return Response(401, {}, b"{}", now)
        after = int(dict(call.params)["after"])
        return _json(now, list(range(after + 1, min(after + 2, self.orders) + 1)))

    def _hooks(self, call: Call, now: datetime) -> Response:
        if call.method == "POST" and self.mendable:
            self.hooks[dict(call.form)["topic"]] = "active"
        return _json(now, self.hooks)

    def paths(self) -> Counter[str]:
        return Counter(call.url.removeprefix(BASE) for call in self.calls)


def _json(now: datetime, value: object, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode(), now)


def say(status: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, b"{}", datetime(2026, 11, 23, tzinfo=UTC))


def token(asked: Asked) -> Any:
    form = (("client", asked.keys["client"]), ("secret", asked.keys["secret"]))
    told = (yield from ask(Call("POST", f"{BASE}/token", form=form))).json()["token"]
    yield Keep("token", told, asked.now + timedelta(hours=1))
    return told


def orders(asked: Asked) -> Plan:
    after, bearer, anew = int(asked.cursor or "0"), asked.keys.get("token", ""), False
    bearer = bearer or (yield from token(asked))
    while True:
        call = Call("GET", f"{BASE}/orders", (("after", str(after)),), {"Authorization": bearer})
        answer = yield from ask(call, 401)
        if answer.status == 401:
            if anew:
                raise Denied(401, "the key is not taken; make a new one")
            yield Keep("token", "", asked.now)
            bearer, anew = (yield from token(asked)), True
            continue
        found = answer.json()
        if not found:
            return
        after = found[-1]
        yield Heard("orders", tuple(json.dumps(number).encode() for number in found), str(after), answer.at)


def described(asked: Asked) -> Plan:
    yield Heard("items", (json.dumps(asked.items).encode(),), asked.cursor, asked.now)


def resting(asked: Asked) -> Plan:
    yield Rest(7.5)


def spoilt(asked: Asked) -> Plan:
    yield from ask(Call("GET", f"{BASE}/hooks"))
    raise KeyError("edges")


def abroad(asked: Asked) -> Plan:
    yield from ask(Call("GET", "https://evil.test/orders", (("key", asked.keys["secret"]),)))


def hooks(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    found = (yield from ask(Call("GET", f"{BASE}/hooks"))).json()
    for topic in sorted(topics):
        found = (yield from ask(Call("POST", f"{BASE}/hooks", form=(("topic", topic),)))).json()
    return tuple(Subscription(topic, state, topic in topics) for topic, state in sorted(found.items()))


def api(*streams: Stream, care: Any = None) -> Api:
    return Api((("client", "secret"),), lambda front: (HOST,), streams, care=care)


MINUTES = timedelta(minutes=5)
ORDERS = api(Stream("orders", MINUTES, orders))


@dataclass
class Lab:
    """A played shop, a store, and pollers over them."""

    store: Store
    clock: HandClock
    shop: Played
    fetcher: Fetcher
    waits: list[float] = field(default_factory=list)
    meters: Meters = field(default_factory=Meters)

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.move(seconds=seconds)

    def poller(self, *which: Platform, store: Any = None) -> Poller:
        """Another process."""
        asker = Asker(self.fetcher, self.clock, self.pause)
        return Poller(store or self.store, asker, which or (shop(ORDERS),), self.clock, self.meters)

    async def run(self, which: Platform | None = None, poller: Poller | None = None) -> int:
        """One step of a new process, or of the given one."""
        which = which or shop(ORDERS)
        return await (poller or self.poller(which)).step(which)

    def heard(self, topic: str = "orders") -> list[Any]:
        return [json.loads(row["body"]) for row in self.rows() if json.loads(row["headers"]).get(POLLED) == topic]

    def rows(self) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(select(deliveries).order_by(deliveries.c.id)).mappings())

    def told(self) -> list[SourceChanged]:
        own = [row for row in self.rows() if json.loads(row["headers"]).get(POLLED) == polls.OWN]
        return [polls.reported(row["body"]) for row in own]

    def row(self, stream: str = "orders") -> Any:
        with self.store.read() as connection:
            found = connection.execute(select(poll).where(poll.c.stream == stream)).mappings().first()
        assert found is not None
        return found

    def outcomes(self) -> dict[str, float]:
        text = generate_latest(self.meters.registry).decode()
        lines = [line for line in text.splitlines() if line.startswith("floorwalker_polls_total{")]
        return {line.split('outcome="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def shop(api: Api, every: Mapping[str, timedelta | None] | None = None, address: str = "") -> Platform:
    return platform(FRONT, api, KEYS, every or {}, address)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = Store.open(f"sqlite:///{tmp_path}/polls.db")
        opened.migrate()
    else:
        server = request.getfixturevalue("server")
        opened = Store.open(server.url(server.database()))
    yield opened
    opened.close()


@pytest.fixture
async def lab(either: Store, clock: HandClock) -> AsyncIterator[Lab]:
    played = Played()
    async with AsyncExitStack() as stack:
        stands = Stands([played], clock)
        reroute = await stands.start()
        stack.push_async_callback(stands.stop)
        fetcher = await Fetcher.open(clock, reroute=reroute, seconds=3.0)
        stack.push_async_callback(fetcher.close)
        yield Lab(either, clock, played, fetcher)


# Runs.


async def test_every_page_is_heard_once_and_the_next_run_goes_on_from_there(lab: Lab) -> None:
    assert await lab.run() == 1
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7]
    assert lab.row()["cursor"] == "7"
    lab.shop.orders = 9
    assert await lab.run() == 0
    lab.clock.move(minutes=5)
    assert await lab.run() == 1
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7, 8, 9]


async def test_only_the_first_complete_run_is_a_first_look(lab: Lab) -> None:
    lab.shop.script = [None, None, None, say(404)]
    await lab.run()
    lab.clock.move(minutes=10)
    await lab.run()
    lab.clock.move(minutes=10)
    lab.shop.orders = 8
    await lab.run()
    marked = [json.loads(row["body"]) for row in lab.rows() if BASELINE in json.loads(row["headers"])]
    assert (marked, lab.heard()) == ([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8])


async def test_what_is_heard_is_stored_as_the_source_strips_it(lab: Lab) -> None:
    def topic_alone(delivery: Delivery) -> bytes:
        return json.dumps([delivery.source, delivery.polled]).encode()

    await lab.run(replace(shop(ORDERS), strip=topic_alone))
    assert lab.heard() == [[FRONT.source, "orders"]] * 7


async def test_two_pages_of_one_second_and_two_equal_bodies_are_all_kept(lab: Lab) -> None:
    def thrice(asked: Asked) -> Plan:
        for cursor in "abc":
            yield Heard("orders", (b"5", b"5"), cursor, asked.now)

    await lab.run(shop(api(Stream("orders", MINUTES, thrice))))
    assert lab.heard() == [5] * 6


async def test_streams_run_as_often_as_the_config_says_or_never(lab: Lab) -> None:
    both = api(Stream("orders", MINUTES, orders), Stream("rests", MINUTES, resting))
    which = shop(both, {"rests": None, "orders": timedelta(minutes=1)})
    assert [await lab.run(which), await lab.run(which)] == [1, 0]
    lab.clock.move(minutes=1)
    assert await lab.run(which) == 1
    assert lab.waits == []


async def test_a_shorter_time_in_the_config_counts_at_once(lab: Lab) -> None:
    await lab.run(shop(ORDERS, {"orders": timedelta(days=1)}))
    lab.clock.move(minutes=1)
    quick = shop(ORDERS, {"orders": timedelta(minutes=1)})
    poller = lab.poller(quick)
    assert await lab.run(quick, poller) == 0
    lab.clock.move(minutes=1)
    assert await lab.run(quick, poller) == 1


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """A store whose process ends before, or right after, its nth transaction."""

    def __init__(self, store: Store, at: int, after: bool) -> None:
        self._store, self._left, self._after = store, at, after
        self.read = store.read

    def run(self, work: Callable[[Connection], Any]) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        given = self._store.run(work)
        if self._left == 0:
            raise Killed
        return given


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
async def test_a_run_that_is_killed_anywhere_is_gone_on_with_and_nothing_is_lost_or_doubled(
    lab: Lab, at: int, after: bool
) -> None:
    which = shop(ORDERS)
    try:
        await lab.poller(which, store=Dying(lab.store, at, after)).step(which)
    except Killed:
        lab.clock.move(seconds=LEASE.total_seconds() + 1)
        await lab.run()
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7]
    headers = [json.loads(row["headers"]) for row in lab.rows()]
    assert [BASELINE in one for one in headers] == [True] * 7 + [False]
    assert headers[-1] == {POLLED: polls.LOOKED} and lab.row()["complete"]


@pytest.mark.parametrize("at", range(1, 7))
async def test_a_run_that_is_killed_in_a_call_is_gone_on_with(lab: Lab, at: int) -> None:
    which, poller = shop(ORDERS), lab.poller()
    real, left = lab.fetcher.fetch, at

    async def fetch(call: Call, hosts: Any) -> Response:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return await real(call, hosts)

    lab.fetcher.fetch = fetch  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await poller.step(which)
    lab.clock.move(seconds=LEASE.total_seconds() + 1)
    await lab.run()
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7]


# Two processes.


async def test_of_two_processes_one_runs_a_stream(lab: Lab) -> None:
    done = await asyncio.gather(*(lab.run() for _ in range(4)))
    assert sum(done) == 1
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7]


async def test_a_run_that_lost_its_lease_writes_nothing_more(lab: Lab) -> None:
    which, poller = shop(ORDERS), lab.poller()
    real, calls = lab.fetcher.fetch, 0

    async def fetch(call: Call, hosts: Any) -> Response:
        nonlocal calls
        calls += 1
        if calls == 4:
            # The process stood still for so long that another one took over, and finished.
            lab.clock.move(seconds=LEASE.total_seconds() + 1)
            lab.fetcher.fetch = real  # type: ignore[method-assign]
            await lab.run()
        return await real(call, hosts)

    lab.fetcher.fetch = fetch  # type: ignore[method-assign]
    await poller.step(which)
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7]
    assert lab.outcomes() == {"ok": 1.0, "lost": 1.0}
    assert lab.row()["lease_until"] is None


async def test_a_long_run_keeps_its_lease(lab: Lab) -> None:
    def slow(asked: Asked) -> Plan:
        for number in range(4):
            yield Rest(200)
            yield Heard("orders", (str(number).encode(),), str(number), asked.now)

    which = shop(api(Stream("orders", MINUTES, slow)))
    other = lab.poller(which)

    async def pause(seconds: float) -> None:
        lab.clock.move(seconds=seconds)
        assert await other.step(which) == 0

    poller = Poller(lab.store, Asker(lab.fetcher, lab.clock, pause), (which,), lab.clock, lab.meters)
    await poller.step(which)
    assert lab.heard() == [0, 1, 2, 3]


async def test_a_graceful_stop_gives_the_turn_back_at_once(lab: Lab) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def pause(seconds: float) -> None:
        reached.set()
        await gate.wait()

    which = shop(api(Stream("orders", MINUTES, resting)))
    poller = Poller(lab.store, Asker(lab.fetcher, lab.clock, pause), (which,), lab.clock, lab.meters)
    poller.start()
    await reached.wait()
    assert poller.alive
    await poller.stop()
    assert (lab.row()["lease_until"], poller.alive) == (None, False)
    assert await lab.run(which) == 1


class Slow:
    """A store whose transactions wait at a gate, and fail behind it when it is told so."""

    def __init__(self, store: Store, fails: bool) -> None:
        self._store, self._fails = store, fails
        self.read = store.read
        self.reached, self.gate = threading.Event(), threading.Event()

    def run(self, work: Callable[[Connection], Any]) -> Any:
        self.reached.set()
        assert self.gate.wait(20)
        if self._fails:
            raise StoreDown("the disk is full")
        return self._store.run(work)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_stop_in_the_middle_of_a_claim_leaves_no_turn_behind(lab: Lab, fails: bool) -> None:
    await lab.run()
    lab.clock.move(minutes=5)
    slow, which = Slow(lab.store, fails), shop(ORDERS)
    poller = lab.poller(which, store=slow)
    poller._enrolled.add("shop")
    poller.start()
    await asyncio.to_thread(slow.reached.wait, 20)
    stopping = asyncio.create_task(poller.stop())
    await asyncio.sleep(0)
    slow.gate.set()
    async with asyncio.timeout(20):
        await stopping
    assert (poller.alive, lab.row()["lease_until"]) == (False, None)


async def test_a_stop_while_the_store_is_away_ends_all_the_same(lab: Lab) -> None:
    reached, gate, which = asyncio.Event(), asyncio.Event(), shop(api(Stream("orders", MINUTES, resting)))
    slow = Slow(lab.store, False)
    slow.gate.set()

    async def pause(seconds: float) -> None:
        slow._fails = True
        reached.set()
        await gate.wait()

    poller = Poller(slow, Asker(lab.fetcher, lab.clock, pause), (which,), lab.clock, lab.meters)  # type: ignore[arg-type]
    poller.start()
    await reached.wait()
    async with asyncio.timeout(20):
        await poller.stop()
    assert not poller.alive
    lab.clock.move(minutes=6)
    assert await lab.run(which) == 1


async def test_a_clock_that_ran_ahead_and_was_set_back_keeps_nothing_waiting(lab: Lab) -> None:
    which, right = shop(ORDERS), lab.clock.now()
    poller = lab.poller(which)
    lab.clock.move(days=300)
    await poller.step(which)
    lab.clock.at = right
    with lab.store.write() as connection:
        connection.execute(poll.update().values(lease_until=right + timedelta(days=300)))
    for _ in range(2):
        await poller.step(which)
    lab.shop.orders = 8
    lab.clock.move(minutes=5)
    assert await poller.step(which) == 1
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7, 8]


# Trouble.


@pytest.mark.parametrize(
    ("script", "waited"),
    [
        ([say(429, retry_after="30")], [(30, 31)]),
        ([say(503)], [(1, 1.5)]),
        ([say(500), say(502), say(504)], [(1, 1.5), (2, 3), (4, 6)]),
        ([say(429, retry_after="99999")], [(900, 901)]),
        ([say(429, retry_after="soon")], [(1, 1.5)]),
        ([say(503, retry_after="Mon, 23 Nov 2026 09:01:00 GMT")], [(60, 61)]),
    ],
)
async def test_what_passes_is_waited_for_and_the_run_goes_on(
    lab: Lab, script: list[Response | None], waited: list[tuple[float, float]]
) -> None:
    lab.shop.script = [None, None, *script]
    await lab.run()
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7]
    assert len(lab.waits) == len(waited)
    assert all(low <= wait <= high for wait, (low, high) in zip(lab.waits, waited, strict=True))
    assert lab.row()["failures"] == 0


async def test_what_does_not_pass_ends_the_run_and_the_next_one_comes_later_and_later(lab: Lab) -> None:
    await lab.run()
    pauses = []
    for _ in range(4):
        lab.clock.at = lab.row()["due"]
        lab.shop.script = [say(503)] * 6
        await lab.run()
        pauses.append((lab.row()["due"] - lab.clock.now()).total_seconds())
        assert len(lab.shop.script) == 0
    assert 60 <= pauses[0] <= 90
    assert all(now > before for before, now in pairwise(pauses))
    assert lab.row()["cursor"] == "7"
    lab.clock.at = lab.row()["due"]
    lab.shop.orders = 8
    await lab.run()
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_call_that_must_not_be_made_twice_is_not_made_again_after_a_broken_line(lab: Lab) -> None:
    def once(asked: Asked) -> Plan:
        yield from ask(Call("POST", f"{BASE}/hooks", harmless=False))

    lab.shop.script = [say(503)]
    await lab.run(shop(api(Stream("orders", MINUTES, once))))
    assert (lab.waits, lab.shop.paths()["/hooks"]) == ([], 1)
    lab.clock.move(hours=1)
    lab.shop.script = [say(429)]
    await lab.run(shop(api(Stream("orders", MINUTES, once))))
    assert (len(lab.waits), lab.shop.paths()["/hooks"]) == (1, 3)


async def test_nobody_listening_is_waited_for_as_well(lab: Lab, clock: HandClock, unused_tcp_port: int) -> None:
    fetcher = await Fetcher.open(clock, reroute={HOST: f"http://127.0.0.1:{unused_tcp_port}"})
    lab.fetcher = fetcher
    await lab.run()
    await fetcher.close()
    assert len(lab.waits) == 5
    assert "no connection" in lab.row()["last_error"]


async def test_a_token_is_kept_in_memory_and_made_anew_once_when_it_is_refused(lab: Lab) -> None:
    poller = lab.poller()
    for orders_, taken in ((7, "token-canary-1"), (8, "token-canary-1"), (9, "token-canary-2")):
        lab.shop.orders, lab.shop.token = orders_, taken
        await lab.run(poller=poller)
        lab.clock.move(minutes=5)
    assert lab.heard() == list(range(1, 10))
    assert lab.shop.paths()["/token"] == 2
    lab.clock.move(hours=1)
    lab.shop.orders = 10
    await lab.run(poller=poller)
    assert lab.shop.paths()["/token"] == 3
    stored = str(lab.rows()) + str(lab.row())
    assert "canary" not in stored


async def test_a_key_that_is_refused_is_told_at_once_and_again_when_it_works(lab: Lab) -> None:
    lab.shop.script = [None, say(401), None, say(401)]
    await lab.run()
    assert lab.row()["last_error"] == "401: the key is not taken; make a new one"
    (told,) = lab.told()
    assert (told.aspect, told.sound, told.note and told.note.text) == (
        "poll orders",
        False,
        "401: the key is not taken; make a new one",
    )
    lab.clock.at = lab.row()["due"]
    lab.shop.script = [say(403)]
    await lab.run()
    lab.clock.at = lab.row()["due"]
    await lab.run()
    assert [(one.aspect, one.sound) for one in lab.told()] == [("poll orders", False), ("poll orders", True)]
    assert lab.outcomes() == {"denied": 2.0, "ok": 1.0}


async def test_other_trouble_is_told_when_it_lasts(lab: Lab) -> None:
    for failures in (1, 2, 3, 4):
        lab.shop.script = [say(404)] if failures > 1 else [None, say(404)]
        await lab.run()
        assert len(lab.told()) == (failures >= 3)
        lab.clock.at = lab.row()["due"]
    await lab.run()
    assert [one.sound for one in lab.told()] == [False, True]
    lab.clock.at = lab.row()["due"]
    await lab.run()
    assert len(lab.told()) == 2


@pytest.mark.parametrize(
    ("plan", "outcome", "why"),
    [
        (spoilt, "broken", "the answer was not understood (KeyError)"),
        (abroad, "refused", "GET evil.test: calls may not go there"),
    ],
)
async def test_a_plan_that_goes_wrong_ends_alone(lab: Lab, plan: Any, outcome: str, why: str) -> None:
    which = shop(api(Stream("orders", MINUTES, plan)))
    with structlog.testing.capture_logs() as entries:
        assert await lab.run(which) == 1
    assert (lab.row()["last_error"], lab.outcomes()) == (why, {outcome: 1.0})
    assert "canary" not in str(entries)


async def test_what_will_not_pass_is_not_tried_again(lab: Lab, clock: HandClock) -> None:
    real = lab.fetcher
    lab.fetcher = Fetcher(real._session, clock, {HOST: str(real._reroute[HOST])}, most=1)
    await lab.run()
    assert (lab.waits, lab.shop.paths()) == ([], {"/token": 1})
    assert "an answer of more than" in lab.row()["last_error"]


async def test_a_plan_that_goes_round_in_circles_ends(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def circles(asked: Asked) -> Plan:
        while True:
            yield Rest(0)

    monkeypatch.setattr("bot.edge.asking.MOST_STEPS", 20)
    await lab.run(shop(api(Stream("orders", MINUTES, circles))))
    assert (lab.row()["last_error"], len(lab.waits)) == ("no end after 20 steps", 20)


async def test_a_redirect_is_not_followed(lab: Lab) -> None:
    lab.shop.script = [None, say(302, location=f"{BASE}/token")]
    await lab.run()
    assert lab.row()["last_error"] == f"302: GET {BASE}/orders"
    assert lab.shop.paths() == {"/token": 1, "/orders": 1}


async def test_no_secret_is_in_any_entry_of_the_log(lab: Lab) -> None:
    with structlog.testing.capture_logs() as entries:
        lab.shop.script = [None, say(503), say(401), None, say(401)]
        await lab.run()
        lab.clock.move(hours=1)
        await lab.run()
    assert entries
    assert "canary" not in str(entries)


async def test_a_store_that_is_away_ends_the_run_and_is_told_to_the_loop(lab: Lab) -> None:
    class Away(Dying):
        def run(self, work: Callable[[Connection], Any]) -> Any:
            try:
                return super().run(work)
            except Killed:
                raise StoreDown("the disk is full") from None

    which = shop(ORDERS)
    with pytest.raises(StoreDown):
        await lab.poller(which, store=Away(lab.store, 4, False)).step(which)
    assert lab.outcomes() == {"not stored": 1.0}
    lab.clock.move(minutes=6)
    await lab.run()
    assert lab.heard() == [1, 2, 3, 4, 5, 6, 7]


# Items.


async def test_items_without_a_sku_are_asked_for_and_only_then(lab: Lab) -> None:
    which = shop(api(Stream("items", MINUTES, described, of_items=True)))
    await lab.run(which)
    assert (lab.heard("items"), lab.outcomes()) == ([], {"nothing": 1.0})
    assert not lab.row("items")["complete"]
    lab.clock.move(minutes=5)
    with lab.store.write() as connection:
        for item in ("77", "8"):
            level = StockChanged(shop="main", source="shop", at=lab.clock.now(), item=item, available=3)
            events.record(connection, level, lab.clock.now().date())
    await lab.run(which)
    assert lab.heard("items") == [["77", "8"]]


async def test_items_are_asked_for_soon_after_something_was_heard(lab: Lab) -> None:
    day = timedelta(days=1)
    which = shop(api(Stream("orders", day, orders), Stream("items", day, described, of_items=True)))
    poller = lab.poller(which)
    for _ in range(3):
        await lab.run(which, poller)
    assert lab.row("items")["due"] == lab.clock.now() + timedelta(minutes=1)


# Our webhooks.

CARED = api(care=hooks)


def cared() -> Platform:
    return shop(CARED, address="https://bot.example.com/webhooks/shop")


async def look(lab: Lab) -> list[tuple[str, bool, str]]:
    """One look at the webhooks; gives what it told."""
    before = len(lab.told())
    await lab.run(cared())
    lab.clock.move(hours=1)
    return [(one.aspect, one.sound, one.note.text if one.note else "") for one in lab.told()[before:]]


async def test_webhooks_are_looked_at_only_where_there_is_an_address(lab: Lab) -> None:
    assert shop(CARED).streams == {}
    assert cared().streams == {CARE: timedelta(hours=1)}


async def test_a_disabled_webhook_is_mended_and_told_once(lab: Lab) -> None:
    lab.shop.hooks = {"orders": "active", "stock": "active"}
    assert await look(lab) == []
    lab.shop.hooks["stock"] = "disabled"
    assert await look(lab) == [
        ("webhook stock", False, "it was disabled"),
        ("webhook stock", True, "it was disabled, and it was switched on again by the bot"),
    ]
    assert lab.shop.hooks == {"orders": "active", "stock": "active"}
    assert await look(lab) == []


async def test_a_webhook_that_was_there_and_is_gone_is_made_anew(lab: Lab) -> None:
    lab.shop.hooks = {"orders": "active"}
    await look(lab)
    del lab.shop.hooks["orders"]
    assert [sound for _, sound, _ in await look(lab)] == [False, True]
    assert lab.shop.hooks == {"orders": "active"}


async def test_what_cannot_be_mended_is_told_once_and_again_when_it_is_well(lab: Lab) -> None:
    lab.shop.hooks, lab.shop.mendable = {"orders": "active"}, False
    await look(lab)
    lab.shop.hooks = {}
    assert await look(lab) == [("webhook orders", False, "it was removed")]
    assert await look(lab) == []
    lab.shop.hooks = {"orders": "active"}
    assert await look(lab) == [("webhook orders", True, "")]


async def test_a_webhook_that_never_was_is_nobodys_loss(lab: Lab) -> None:
    lab.shop.hooks = {"orders": "missing"}
    assert await look(lab) == []
    assert lab.shop.paths() == {"/hooks": 1}
