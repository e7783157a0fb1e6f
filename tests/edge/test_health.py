"""Whether the bot lives, whether it can work, and what it counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client.parser import text_string_to_metric_families

from bot.core.delivery import Delivery
from bot.core.message import Message, Paragraph
from bot.core.parts import say
from bot.edge.health import Health, HttpLine, take_census
from bot.edge.metrics import Census, Meters, MetricsPage
from bot.store import inbox, posts
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival
from bot.store.polls import Standing
from tests.edge.conftest import HandClock, Serve

AT = datetime(2026, 11, 23, 8, 59, tzinfo=UTC)
CENSUS = Census(
    deliveries={"done": 4, "waiting": 1}, posts={"shown": 2, "parked": 1}, alerts={"firing": 3}, heard={"shopify": AT}
)


@dataclass
class Wire:
    """A connection to Slack that is as it is told."""

    up: bool = True
    mode: str = "socket"
    heard: datetime | None = AT

    async def connected(self) -> bool:
        return self.up


def _down() -> Census:
    raise StoreDown("locked")


def _health(**changes: Any) -> Health:
    loops: dict[str, Callable[[], bool]] = {"deliveries": lambda: True, "ticker": lambda: True}
    return replace(Health(lambda: CENSUS, Wire(), loops, ("shopify", "stripe")), **changes)


async def _ask(serve: Serve, http: aiohttp.ClientSession, health: Health, path: str) -> tuple[int, Any]:
    routes = {"/healthz": health.alive, "/readyz": health.ready, "/readyz/webhooks": health.ready_for_webhooks}
    async with http.get(await serve(routes) + path) as response:
        return response.status, await (response.text() if path == "/healthz" else response.json())


async def test_ready_tells_what_it_saw(serve: Serve, http: aiohttp.ClientSession) -> None:
    assert await _ask(serve, http, _health(), "/readyz") == (
        200,
        {
            "ready": True,
            "missing": [],
            "slack": {"mode": "socket", "connected": True, "last_heard": "2026-11-23T08:59:00+00:00"},
            "sources": {"shopify": "2026-11-23T08:59:00+00:00", "stripe": None},
            "posts": {"shown": 2, "parked": 1},
            "deliveries": {"done": 4, "waiting": 1},
        },
    )


@pytest.mark.parametrize(
    ("changes", "missing", "webhooks"),
    [
        ({"census": _down}, ["store"], 503),
        ({"slack": Wire(up=False, heard=None)}, ["slack"], 200),
        ({"loops": {"deliveries": lambda: False, "ticker": lambda: False}}, ["deliveries", "ticker"], 200),
        ({"closing": lambda: True}, ["running"], 503),
    ],
)
async def test_what_is_missing_is_named(
    serve: Serve, http: aiohttp.ClientSession, changes: dict[str, Any], missing: list[str], webhooks: int
) -> None:
    health = _health(**changes)
    status, told = await _ask(serve, http, health, "/readyz")
    assert (status, told["ready"], told["missing"]) == (503, False, missing)
    assert (await _ask(serve, http, health, "/readyz/webhooks"))[0] == webhooks
    assert (await _ask(serve, http, health, "/healthz")) == (200, "ok\n")


async def test_over_http_slack_is_there_and_its_last_call_is_told(clock: HandClock) -> None:
    line = HttpLine(clock)
    assert (await line.connected(), line.mode, line.heard) == (True, "http", None)
    line.hear()
    assert line.heard == clock.now()


def test_the_census_counts_what_the_store_holds(store: Store, clock: HandClock) -> None:
    message = Message(say("hello"), (Paragraph(say("hello")),))
    with store.write() as connection:
        inbox.admit(connection, [Arrival("shopify", "harbour", "k", Delivery("shopify", {}, b"{}", clock.now()))])
        posts.want(connection, "C1", "greeting", message, urgency=1, now=clock.now())
    census = take_census(store)
    assert census.deliveries == {"waiting": 1} and census.heard == {"shopify": clock.now()}
    assert census.posts == {"wanted": 1} and census.alerts == {}
    assert census.next_due is not None and census.next_due <= clock.now()


async def _scrape(serve: Serve, http: aiohttp.ClientSession, page: MetricsPage) -> dict[tuple[str, str], float]:
    async with http.get(await serve({"/metrics": page.handle}) + "/metrics") as response:
        assert response.headers["Content-Type"].startswith("text/plain")
        families = text_string_to_metric_families(await response.text())
        samples = [sample for family in families for sample in family.samples]
        return {
            (sample.name, ",".join(value for _, value in sorted(sample.labels.items()))): sample.value
            for sample in samples
        }


async def test_metrics_are_numbers_under_known_names(
    serve: Serve, http: aiohttp.ClientSession, clock: HandClock, meters: Meters
) -> None:
    meters.delivery("shopify", "admitted", 0.004)
    meters.slack_call("chat.postMessage", "ok")
    meters.slack_call("made.up", "ok")
    meters.events("stock.changed", 3)
    meters.interaction("click", "done")
    due = replace(CENSUS, next_due=clock.now() - timedelta(seconds=7))
    told = await _scrape(serve, http, MetricsPage(meters, lambda: due, clock.now))
    expected = {
        ("floorwalker_deliveries_total", "admitted,shopify"): 1,
        ("floorwalker_slack_calls_total", "chat.postMessage,ok"): 1,
        ("floorwalker_slack_calls_total", "other,ok"): 1,
        ("floorwalker_events_total", "stock.changed"): 3,
        ("floorwalker_interactions_total", "click,done"): 1,
        ("floorwalker_intake_seconds_count", ""): 1,
        ("floorwalker_store_up", ""): 1,
        ("floorwalker_inbox", "waiting"): 1,
        ("floorwalker_posts", "parked"): 1,
        ("floorwalker_alerts_open", "firing"): 3,
        ("floorwalker_source_heard_timestamp_seconds", "shopify"): AT.timestamp(),
        ("floorwalker_dispatcher_lag_seconds", ""): 7,
    }
    assert expected.items() <= told.items()


async def test_a_store_that_is_down_shows_in_the_metrics(
    serve: Serve, http: aiohttp.ClientSession, clock: HandClock, meters: Meters
) -> None:
    told = await _scrape(serve, http, MetricsPage(meters, _down, clock.now))
    assert told[("floorwalker_store_up", "")] == 0
    assert not [name for name, _ in told if name == "floorwalker_posts"]


async def test_a_workspace_that_refuses_the_bot_makes_it_unready_and_readyz_says_why(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    health = _health(trouble=lambda: "token_revoked")
    status, told = await _ask(serve, http, health, "/readyz")
    assert (status, told["missing"], told["slack"]["trouble"]) == (503, ["slack"], "token_revoked")
    assert (await health.is_ready(), await _health().is_ready()) == (False, True)
    status, _ = await _ask(serve, http, health, "/readyz/webhooks")
    assert status == 200


async def test_ready_tells_how_platforms_are_asked_and_which_should_be(store: Store, clock: HandClock) -> None:
    health = Health(
        lambda: Census(
            polls=(
                Standing("shopify", "orders", clock.now(), 0, ""),
                Standing("shopify", "payouts", None, 3, "403: read_payouts is missing"),
                Standing("shopify", "switched off", clock.now(), 0, ""),
            )
        ),
        HttpLine(clock),
        {},
        ("shopify",),
        asked={"shopify": ("orders", "payouts"), "stripe": ("events",)},
        unasked={"magento": "without keys nothing is heard"},
    )
    answer = await health.ready(make_mocked_request("GET", "/readyz"))
    assert isinstance(answer, web.Response)
    told = json.loads(answer.text or "")
    assert told["polls"] == {
        "shopify": {
            "orders": {"last_ok": clock.now().isoformat(timespec="seconds"), "failures": 0},
            "payouts": {"last_ok": None, "failures": 3, "error": "403: read_payouts is missing"},
        },
        "stripe": {},
    }
    assert (told["unasked"], told["ready"]) == ({"magento": "without keys nothing is heard"}, True)


async def test_how_long_ago_a_stream_was_run_well_is_a_metric(clock: HandClock) -> None:
    then = clock.now() - timedelta(minutes=7)
    polled = (Standing("shopify", "orders", then, 0, ""), Standing("shopify", "never", None, 2, "no"))
    page = MetricsPage(Meters(), lambda: Census(polls=polled), clock.now)
    answer = await page.handle(make_mocked_request("GET", "/metrics"))
    assert isinstance(answer, web.Response)
    lines = [line for line in (answer.text or "").splitlines() if line.startswith("floorwalker_poll_age")]
    assert lines == ['floorwalker_poll_age_seconds{source="shopify",stream="orders"} 420.0']
