"""The door beside deliveries: handshakes, secrets in the address, headers that only we write, and proofs by documents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from ssl import DefaultVerifyPaths, DER_cert_to_PEM_cert, get_default_verify_paths
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.core.delivery import BASELINE, POLLED, Delivery, Greeting, Knock, Source, Unverified, Wanting
from bot.core.polling import Call, Response
from bot.core.shopfront import Shopfront
from bot.edge import evidence
from bot.edge.evidence import Allowance, Bounds, Documents, Unavailable
from bot.edge.fetch import Fetcher
from bot.edge.handshakes import ERRANDS
from bot.edge.intake import PREFIX, Door, Webhooks
from bot.edge.metrics import Meters
from bot.edge.stand import Stands
from bot.store import inbox
from bot.store.engine import Store
from bot.store.intake import Intake
from tests.edge.conftest import HandClock, Serve

SECRET = "hush-hush"
BODY = b'{"tea": 1}'
KEYS = "https://keys.example.com/"


@dataclass
class Library:
    """A platform that serves the documents in ``papers`` by their path, and remembers who asked for what."""

    hosts: tuple[str, ...] = ("keys.example.com", "api.example.com")
    papers: dict[str, bytes] = field(default_factory=lambda: {"/a": b"key a", "/b": b"key b"})
    asked: list[str] = field(default_factory=list)

    def answer(self, call: Call, now: datetime) -> Response:
        path = call.url.partition(".com")[2]
        self.asked.append(path)
        if path == "/moved":
            return Response(302, {"location": f"{KEYS}a"}, b"", now)
        paper = self.papers.get(path)
        return Response(404 if paper is None else 200, {}, paper or b"", now)


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
async def fetcher(clock: HandClock, library: Library) -> AsyncIterator[Fetcher]:
    stands = Stands([library], clock)
    made = await Fetcher.open(clock, reroute=await stands.start(), seconds=5.0)
    yield made
    await made.close()
    await stands.stop()


def _by_documents(delivery: Delivery, secrets: tuple[str, ...], now: datetime, front: Shopfront) -> None:
    """Proves by the documents that the header names, one after another; the last one has to be the secret's."""
    for url in delivery.headers.get("x-keys", "").split():
        if url not in delivery.evidence.documents:
            raise Wanting(url, "keys.example.com")
        assert delivery.evidence.anchors
    if b"key a" not in delivery.evidence.documents.values():
        raise Unverified("x-keys names no key")


def _by_place(delivery: Delivery, secrets: tuple[str, ...], now: datetime, front: Shopfront) -> None:
    """Proves by a secret in the path or in the query."""
    if delivery.path not in secrets and delivery.query.get("token") not in secrets:
        raise Unverified("the address is not the secret one")


def _greet(knock: Knock, secrets: tuple[str, ...], front: Shopfront) -> Greeting | None:
    """Repeats what the query or the body asks it to repeat, in its own words where that is harmless."""
    if knock.query.get("break"):
        raise IndexError("no such byte")
    if knock.method == "POST":
        return Greeting(200, "pong") if knock.body == b"ping" else None
    if "say" not in knock.query:
        return None
    follow = Call("POST", f"https://api.example.com/{knock.query['then']}") if "then" in knock.query else None
    return Greeting(200, knock.query["say"], {"content-type": knock.query.get("as", "text/html")}, follow)


def _none(*_: object) -> Any:
    return ()


def _signed(*_: object) -> dict[str, str]:
    return {}


def _door(name: str, verify: Callable[..., None], greet: Any = None) -> Door:
    source = Source(name, verify, lambda delivery: "", _none, _signed, lambda options: None, greet=greet)
    return Door(source, (SECRET,), Shopfront(name, "harbour"))


DOORS = {
    "keyed": _door("keyed", _by_documents),
    "placed": _door("placed", _by_place),
    "polite": _door("polite", _by_place, _greet),
}


@pytest.fixture
def meters() -> Meters:
    return Meters(sources=tuple(DOORS))


@pytest.fixture
async def webhooks(intake: Intake, clock: HandClock, meters: Meters, fetcher: Fetcher) -> AsyncIterator[Webhooks]:
    made = Webhooks(DOORS, intake, clock, meters, fetches=fetcher)
    yield made
    made.close()


@pytest.fixture
async def address(serve: Serve, webhooks: Webhooks) -> str:
    return await serve({PREFIX: webhooks.handle}) + PREFIX


def _kept(store: Store) -> list[inbox.Waiting]:
    with store.read() as connection:
        return inbox.waiting(connection, "harbour", 100)


async def _post(http: aiohttp.ClientSession, url: str, body: bytes = BODY, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.post(url, data=body, headers=named) as response:
        assert response.status != 503 or int(response.headers["Retry-After"]) > 0
        return response.status


# Secrets in the address.


@pytest.mark.parametrize(
    ("place", "status"),
    [
        (f"placed/{SECRET}", 200),
        (f"placed?token={SECRET}", 200),
        (f"placed/?token={SECRET}", 200),
        (f"placed?token={SECRET}&token=other", 200),
        (f"placed/{SECRET}/more", 401),
        ("placed/other", 401),
        ("placed", 401),
        ("placed?token=%FF", 401),
        (f"placed?token=other&token={SECRET}", 401),
        (f"placed%2F{SECRET}", 200),
        (f"nobody/{SECRET}", 404),
    ],
)
async def test_a_secret_may_be_the_path_or_in_the_query(
    http: aiohttp.ClientSession, address: str, place: str, status: int
) -> None:
    assert await _post(http, address + place) == status


async def test_a_secret_address_is_neither_kept_nor_counted_nor_logged(
    http: aiohttp.ClientSession, address: str, store: Store, meters: Meters, serve: Serve
) -> None:
    async def broken(request: object) -> Any:
        raise RuntimeError("broken")

    with capture_logs() as logs:
        assert await _post(http, f"{address}placed/{SECRET}") == 200
        assert await _post(http, f"{address}placed/{SECRET}1?token={SECRET}2") == 401
        elsewhere = await serve({PREFIX: broken})
        assert await _post(http, f"{elsewhere}{PREFIX}placed/{SECRET}?token={SECRET}") == 500
    (waiting,) = _kept(store)
    counted = [str(sample) for metric in meters.registry.collect() for sample in metric.samples]
    assert len(logs) == 2
    assert SECRET not in f"{waiting}{logs}{counted}{waiting.delivery.path}{waiting.delivery.query}"


async def test_headers_that_only_we_write_are_dropped(http: aiohttp.ClientSession, address: str, store: Store) -> None:
    url = f"{address}placed/{SECRET}"
    ours = {POLLED.title(): "orders", BASELINE: "1", "FLOORWALKER-ANYTHING": "x", "X-Floorwalker-Polled": "kept"}
    assert await _post(http, url, BODY, **ours) == 200
    (waiting,) = _kept(store)
    assert not waiting.delivery.polled and not waiting.delivery.baseline
    assert {name for name in waiting.delivery.headers if "floorwalker" in name} == {"x-floorwalker-polled"}


# Handshakes.


async def _ask(http: aiohttp.ClientSession, method: str, url: str) -> tuple[int, str, Mapping[str, str]]:
    async with http.request(method, url) as response:
        return response.status, await response.text(), response.headers


async def test_a_handshake_is_answered_counted_and_not_kept(
    http: aiohttp.ClientSession, address: str, store: Store, meters: Meters
) -> None:
    for method, text in (("GET", "hello"), ("OPTIONS", "hello"), ("HEAD", "")):
        status, told, _ = await _ask(http, method, f"{address}polite?say=hello")
        assert (status, told) == (200, text)
    assert await _post(http, f"{address}polite", b"ping") == 200
    labels = {"source": "polite", "outcome": "greeted"}
    assert meters.registry.get_sample_value("floorwalker_deliveries_total", labels) == 4
    assert _kept(store) == []


async def test_what_is_no_handshake_is_a_delivery_or_not_allowed(
    http: aiohttp.ClientSession, address: str, store: Store
) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        status, _, headers = await _ask(http, method, f"{address}polite")
        assert (status, headers["Allow"]) == (405, "POST")
    assert (await _ask(http, "PUT", f"{address}polite?say=hello"))[0] == 405
    assert await _post(http, f"{address}polite/{SECRET}") == 200
    assert await _post(http, f"{address}polite") == 401
    assert len(_kept(store)) == 1


async def test_a_source_that_is_upset_by_a_knock_has_not_been_greeted(
    http: aiohttp.ClientSession, address: str, store: Store
) -> None:
    assert (await _ask(http, "GET", f"{address}polite?break=1&say=x"))[0] == 405
    assert await _post(http, f"{address}polite/{SECRET}?break=1") == 200
    assert len(_kept(store)) == 1


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("text/html", "text/plain; charset=utf-8"),
        ("image/svg+xml", "text/plain; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/plain; charset=us-ascii", "text/plain; charset=us-ascii"),
    ],
)
async def test_what_a_stranger_has_us_repeat_is_no_page(
    http: aiohttp.ClientSession, address: str, given: str, sent: str
) -> None:
    url = f"{address}polite?say=%3Cscript%3E&as={given.replace('+', '%2B')}"
    status, text, headers = await _ask(http, "GET", url)
    assert (status, text, headers["Content-Type"]) == (200, "<script>", sent)
    assert headers["X-Content-Type-Options"] == "nosniff"


async def _until(condition: Callable[[], bool]) -> None:
    never = asyncio.Event()
    async with asyncio.timeout(10):
        while not condition():
            with suppress(TimeoutError):
                await asyncio.wait_for(never.wait(), 0.01)


async def test_the_call_that_a_handshake_asks_for_is_made_after_the_answer(
    http: aiohttp.ClientSession, address: str, library: Library
) -> None:
    assert (await _ask(http, "GET", f"{address}polite?say=hello&then=confirm"))[0] == 200
    await _until(lambda: library.asked == ["/confirm"])


async def test_strangers_cannot_have_us_make_calls_without_end(
    http: aiohttp.ClientSession, address: str, library: Library
) -> None:
    with capture_logs() as logs:
        for number in range(ERRANDS + 5):
            assert (await _ask(http, "GET", f"{address}polite?say=x&then=a{number}"))[0] == 200
        await _until(lambda: sum(log["event"].startswith("handshake") for log in logs) == ERRANDS + 5)
    assert len(library.asked) == ERRANDS
    assert [log["reason"] for log in logs if log["log_level"] == "warning"] == ["too many of them"] * 5


async def test_a_call_after_a_handshake_that_cannot_be_made_is_told(
    http: aiohttp.ClientSession, serve: Serve, intake: Intake, clock: HandClock, meters: Meters
) -> None:
    fetcher = await Fetcher.open(clock, reroute={"api.example.com": "http://127.0.0.1:1"})
    url = await serve({PREFIX: Webhooks(DOORS, intake, clock, meters, fetches=fetcher).handle}) + PREFIX
    with capture_logs() as logs:
        assert (await _ask(http, "GET", f"{url}polite?say=x&then=a"))[0] == 200
        await _until(lambda: bool(logs))
    assert logs[0]["event"] == "handshake not followed up" and "no connection" in logs[0]["reason"]
    await fetcher.close()


# Proof by documents.


async def test_a_document_is_fetched_for_a_proof_once_for_all(
    http: aiohttp.ClientSession, address: str, store: Store, library: Library
) -> None:
    bodies = [json.dumps({"tea": number}).encode() for number in range(20)]
    url = f"{address}keyed"
    assert await asyncio.gather(*(_post(http, url, body, x_keys=f"{KEYS}a") for body in bodies)) == [200] * 20
    assert library.asked == ["/a"]
    assert len(_kept(store)) == 20


@pytest.mark.parametrize(
    ("keys", "status", "asked"),
    [
        ("a b", 200, 2),
        ("b c a", 200, 3),
        ("b", 401, 1),
        ("a b c d", 401, 3),
        ("missing a", 503, 1),
        ("moved", 503, 1),
        ("empty", 503, 1),
        ("huge", 503, 1),
    ],
)
async def test_a_proof_may_ask_for_three_documents(
    http: aiohttp.ClientSession, address: str, library: Library, keys: str, status: int, asked: int
) -> None:
    library.papers |= {"/c": b"key c", "/d": b"key d", "/empty": b"", "/huge": b"x" * 70_000}
    wanted = " ".join(KEYS + key for key in keys.split())
    assert await _post(http, f"{address}keyed", x_keys=wanted) == status
    assert len(library.asked) == asked


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a",
        "http://keys.example.com/a",
        "https://keys.example.com:8443/a",
        "https://keys.example.com@evil.example/a",
        "https://keys.example.com.evil.example/a",
        "https://evil.example#keys.example.com",
        "https://[::1",
        "file:///etc/passwd",
        "https://127.0.0.1/a",
        "x" * 4_000,
    ],
)
async def test_a_document_from_elsewhere_is_not_fetched_and_proves_nothing(
    http: aiohttp.ClientSession, address: str, library: Library, url: str
) -> None:
    assert await _post(http, f"{address}keyed", x_keys=url) == 401
    assert library.asked == []


async def test_without_a_fetcher_the_sender_comes_again(
    http: aiohttp.ClientSession, serve: Serve, intake: Intake, clock: HandClock, meters: Meters
) -> None:
    url = await serve({PREFIX: Webhooks(DOORS, intake, clock, meters).handle}) + PREFIX
    assert await _post(http, f"{url}keyed", x_keys=f"{KEYS}a") == 503
    assert (await _ask(http, "GET", f"{url}polite?say=x&then=a"))[0] == 200


class HandTime:
    """Seconds that pass by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Shelf:
    """Answers each fetch when it is let, and counts them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.paper = b"paper"

    async def fetch(self, call: Call, hosts: Any) -> Response:
        self.asked.append(call.url.rpartition("/")[2])
        await self.open.wait()
        return Response(200 if self.paper else 404, {}, self.paper, datetime.min.replace(tzinfo=UTC))


async def _got(documents: Documents, name: str) -> bytes | None:
    try:
        return await documents.get(Wanting(KEYS + name, ".example.com"))
    except Unavailable:
        return None


@pytest.fixture
def time() -> HandTime:
    return HandTime()


async def test_a_document_is_kept_for_a_day_and_a_failure_for_a_minute(time: HandTime) -> None:
    shelf = Shelf()
    documents = Documents(shelf, time)
    for moment, paper, expected, asked in [
        (0, b"", None, 1),
        (59, b"paper", None, 1),
        (61, b"paper", b"paper", 2),
        (61 + 86_399, b"newer", b"paper", 2),
        (61 + 86_401, b"newer", b"newer", 3),
    ]:
        time.now, shelf.paper = moment, paper
        assert (await _got(documents, "a"), len(shelf.asked)) == (expected, asked)


async def test_a_stranger_cannot_have_us_fetch_at_will_nor_make_us_forget_what_has_proved(time: HandTime) -> None:
    shelf = Shelf()
    documents = Documents(shelf, time, Bounds(documents=8, burst=5, every=10))
    assert await _got(documents, "good") == b"paper"
    documents.proved([KEYS + "good", KEYS + "never fetched"])
    for number in range(2_000):
        time.now = number / 10
        await _got(documents, f"bad{number}")
    assert len(shelf.asked) <= 5 + 200 / 10
    assert await _got(documents, "good") == b"paper"
    assert shelf.asked.count("good") == 1
    time.now = 199.95 + 86_400
    await asyncio.gather(*(_got(documents, f"worse{number}") for number in range(50)))
    assert await _got(documents, "good") == b"paper"
    assert shelf.asked.count("good") == 2


async def test_when_all_have_proved_the_one_not_used_for_longest_is_forgotten(time: HandTime) -> None:
    shelf = Shelf()
    documents = Documents(shelf, time, Bounds(documents=2))
    for name in ("a", "b", "a", "c", "a", "b"):
        await _got(documents, name)
        documents.proved([KEYS + name])
    assert shelf.asked == ["a", "b", "c", "b"]


async def test_whoever_hangs_up_does_not_take_the_document_from_the_others(time: HandTime) -> None:
    shelf = Shelf()
    shelf.open.clear()
    documents = Documents(shelf, time)
    first, second = (asyncio.create_task(_got(documents, "a")) for _ in range(2))
    await _until(lambda: bool(shelf.asked))
    first.cancel()
    shelf.open.set()
    assert await second == b"paper"
    assert shelf.asked == ["a"]


async def test_a_fetch_without_an_end_is_given_up_and_a_stop_ends_all(time: HandTime) -> None:
    shelf = Shelf()
    shelf.open.clear()
    assert await _got(Documents(shelf, time, Bounds(seconds=0.01)), "a") is None
    documents = Documents(shelf, time)
    waiting = asyncio.create_task(_got(documents, "a"))
    await _until(lambda: len(shelf.asked) == 2)
    documents.close()
    assert await waiting is None


async def test_a_stop_gives_up_the_call_after_a_handshake(
    http: aiohttp.ClientSession, serve: Serve, intake: Intake, clock: HandClock, meters: Meters
) -> None:
    shelf = Shelf()
    shelf.open.clear()
    webhooks = Webhooks(DOORS, intake, clock, meters, fetches=shelf)
    url = await serve({PREFIX: webhooks.handle}) + PREFIX
    assert (await _ask(http, "GET", f"{url}polite?say=x&then=a"))[0] == 200
    waiting = asyncio.create_task(_post(http, f"{url}keyed", x_keys=f"{KEYS}b"))
    await _until(lambda: len(shelf.asked) == 2)
    webhooks.close()
    assert await waiting == 503
    assert (await _ask(http, "GET", f"{url}polite?say=x"))[0] == 503
    await _until(lambda: not [task for task in asyncio.all_tasks() if task.get_name() in ("handshake", "document")])


def test_an_allowance_is_a_burst_and_then_a_rate(time: HandTime) -> None:
    allowance = Allowance(2, 10, time)
    taken = []
    for moment in (0, 0, 0, 9, 10, 10, 1_000, 1_000, 1_000):
        time.now = moment
        taken.append(allowance.take())
    assert taken == [True, True, False, False, True, False, True, True, False]


# Whom this machine trusts.


def _paths(cafile: str = "", capath: str = "") -> DefaultVerifyPaths:
    return get_default_verify_paths()._replace(cafile=cafile, capath=capath)


def test_authorities_are_those_of_the_machine_from_a_file_or_a_folder(tmp_path: Path) -> None:
    whole = evidence.anchors()
    assert whole and all(anchor.startswith(b"\x30") for anchor in whole)
    assert evidence.trusted(_paths()) == ()
    for number, anchor in enumerate(whole[:3]):
        (tmp_path / f"{number}.0").write_text(DER_cert_to_PEM_cert(anchor), "ascii")
    assert set(evidence.trusted(_paths(capath=str(tmp_path)))) == set(whole[:3])
