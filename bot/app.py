"""The composition root: builds the edge around the mind, starts everything and stops it in order. Nothing else does."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.catalog import Catalog
from bot.clock import Clock
from bot.config import Config
from bot.core.shopfront import Shopfront
from bot.demo.story import anchor
from bot.edge.alarm import Alarm
from bot.edge.asking import Asker
from bot.edge.dispatcher import Dispatcher
from bot.edge.fetch import Fetcher
from bot.edge.health import Health, HttpLine, take_census
from bot.edge.intake import PREFIX, Door, Webhooks
from bot.edge.limiter import Limiter, Pace, SharedLimiter
from bot.edge.metrics import Meters, MetricsPage
from bot.edge.poller import Platform, Poller, platform
from bot.edge.render import Look
from bot.edge.server import Handle, HttpServer
from bot.edge.slack.client import SlackClient
from bot.edge.slack.errands import Errands
from bot.edge.slack.gate import Gate
from bot.edge.slack.interactions import Interactions
from bot.edge.slack.listeners import Reception, slack_app
from bot.edge.slack.manifest import EVENTS_PATH
from bot.edge.slack.people import People
from bot.edge.slack.profiles import Profiles
from bot.edge.slack.socket import Socket
from bot.edge.slack.ways_back import may_answer
from bot.edge.ticker import Ticker
from bot.edge.worker import Worker, deliveries
from bot.mind import Mind, front, mind
from bot.store import inbox, notes
from bot.store.engine import Store
from bot.store.intake import Intake
from bot.store.models.campaign import remember

log = structlog.get_logger()

_STORY = "demo/began"
_TICKS_WITHIN = timedelta(minutes=1)


def platforms(config: Config, catalog: Catalog) -> dict[str, Platform]:
    """The sources that are asked, by name: those with keys."""
    found: dict[str, Platform] = {}
    for name, source in config.sources.items():
        api, strip = catalog.sources[source.type].api, catalog.sources[source.type].strip
        if api is not None and source.keys:
            # No platform sends to an address that is not https.
            address = f"{config.public_url}{PREFIX}{name}" if config.public_url.startswith("https://") else ""
            found[name] = platform(front(config, name), api, source.keys, source.every, address, strip)
    return found


def unasked(config: Config, catalog: Catalog) -> dict[str, str]:
    """The sources that should be asked and have no keys, and what an operator should know of that."""
    apis = {name: catalog.sources[each.type].api for name, each in config.sources.items() if not each.keys}
    return {name: api.advice for name, api in apis.items() if api is not None and api.advice}


class Ear:
    """Hears what becomes of every call of Slack: it is counted, and one that was taken says that Slack takes calls."""

    def __init__(self, meters: Meters) -> None:
        self.meters = meters
        self._accepted = False

    def hear(self, method: str, outcome: str) -> None:
        """A call came to its end."""
        self._accepted = self._accepted or outcome == "ok"
        self.meters.slack_call(method, outcome)

    def accepted(self) -> bool:
        """Whether Slack has taken any call since the start."""
        return self._accepted


class App:
    """The running bot. ``start`` brings up everything but the ticking, which ``begin_ticking`` adds.

    ``stop`` is graceful: deliveries are refused with 503, posts under way finish, what is left stays in the store.
    """

    def __init__(
        self,
        config: Config,
        mind: Mind,
        client: SlackClient,
        pace: Pace,
        ear: Ear,
        clock: Clock,
        fetcher: Fetcher,
        people: People,
    ) -> None:
        self._config, self._mind, self._client, self._fetcher, self.clock = config, mind, client, fetcher, clock
        self._people = people
        self._meters = meters = ear.meters
        shop = next(iter(config.house.shops.values()))
        look = Look(shop.locale, shop.zone)
        self.intake = Intake(mind.store)
        self.dispatcher = Dispatcher(mind.store, client, pace, clock, lambda channel: look)
        self._looked_at = asyncio.Event()
        self.deliveries = deliveries(mind.pipeline, after=self._worked)
        self.ticker = Ticker(mind, clock, after=self.dispatcher.wake)
        self._answers(look)
        wake = self.deliveries.wake
        self.webhooks = Webhooks(self._doors(), self.intake, clock, meters, wake=wake, fetches=fetcher)
        asked = tuple(platforms(config, mind.catalog).values())
        self.poller = Poller(mind.store, Asker(fetcher, clock), asked, clock, meters, wake)
        self.health = self._health()
        self.server = HttpServer(self._routes())
        self.alarm = Alarm(
            mind.store, self.dispatcher, clock, config.alarm, config.operations, ear.accepted, self.health.is_ready
        )
        self.profiles = Profiles(client, mind.store, clock)
        self._dispatching: asyncio.Task[None] | None = None
        self._beside: tuple[asyncio.Task[None], ...] = ()
        self._closing = False
        self.port = 0

    def _answers(self, look: Look) -> None:
        """All that answers people: Bolt at the door, the store in between, and a worker that does what was asked."""
        config, catalog, by = self._config, self._mind.catalog, uuid.uuid4().hex
        interactions = Interactions(
            self._mind.desk,
            self._client,
            catalog.commands,
            self.clock,
            look,
            forms=catalog.forms,
            people=self._people,
            base_url=config.slack.base_url,
            changed=self.dispatcher.wake,
        )
        self.errands = Errands(self._mind.store, interactions, self.clock, self._meters, by=by)
        self.asked = Worker("asked", self.errands.step)
        self.reception = Reception(self.intake, self.clock, by=by, wake=self.asked.wake)
        names = {name for name, _ in catalog.commands}
        self.bolt = slack_app(self._client.web, self.reception, names, self._say, interactions.check)
        self.line: HttpLine | Socket = (
            HttpLine(self.clock)
            if config.slack.mode == "http"
            else Socket(self.bolt, config.slack.app_token, self._client.web, self.clock)
        )

    async def _say(self, response_url: str, text: str) -> None:
        if may_answer(response_url, self._config.slack.base_url):
            told = {"response_type": "ephemeral", "replace_original": False, "text": text}
            await self._client.respond(response_url, told)

    def _doors(self) -> dict[str, Door]:
        config, sources = self._config, self._mind.catalog.sources
        return {
            name: Door(sources[each.type], each.secrets, front(config, name), each.max_bytes)
            for name, each in config.sources.items()
        }

    def _health(self) -> Health:
        return Health(
            lambda: take_census(self._mind.store),
            self.line,
            {
                "deliveries": lambda: self.deliveries.alive,
                "asked": lambda: self.asked.alive,
                "dispatcher": lambda: self._dispatching is not None and not self._dispatching.done(),
                "ticker": self._ticks,
                "polls": lambda: self.poller.alive,
            },
            tuple(self._config.sources),
            lambda: self._closing,
            trouble=lambda: self.dispatcher.trouble or self._mind.upkeep.trouble,
            asked={each.front.source: tuple(each.streams) for each in self.poller.platforms},
            unasked=unasked(self._config, self._mind.catalog),
        )

    def _routes(self) -> dict[str, Handle]:
        health = self.health
        page = MetricsPage(self._meters, lambda: take_census(self._mind.store), self.clock.now)
        routes: dict[str, Handle] = {
            PREFIX: self.webhooks.handle,
            "/healthz": health.alive,
            "/readyz": health.ready,
            "/readyz/webhooks": health.ready_for_webhooks,
            "/metrics": page.handle,
        }
        if isinstance(self.line, HttpLine):
            gate = Gate(self.bolt, self._config.slack.signing_secret, self.clock, heard=self.line.hear)
            routes[EVENTS_PATH] = gate.handle
        return routes

    def _ticks(self) -> bool:
        last = self.ticker.last
        return last is not None and self.clock.now() - last < _TICKS_WITHIN

    async def start(self) -> None:
        """Listens and works. Raises OSError when the address is not to be had."""
        self.intake.start()
        self.deliveries.start()
        self.asked.start()
        self.poller.start()
        self._dispatching = asyncio.create_task(self.dispatcher.run(), name="dispatcher")
        self._beside = (
            asyncio.create_task(self.alarm.run(), name="alarm"),
            asyncio.create_task(self.profiles.run(), name="profiles"),
        )
        if isinstance(self.line, Socket):
            self.line.start()
        self.port = await self.server.start(*self._config.listen)
        log.info("listening", host=self._config.listen[0], port=self.port, slack=self._config.slack.mode)

    def _worked(self) -> None:
        self._looked_at.set()
        self.dispatcher.wake()

    async def caught_up(self) -> None:
        """Comes back when no delivery that has been accepted is waiting any more."""
        while await asyncio.to_thread(self._waiting):
            await self._looked_at.wait()
            self._looked_at.clear()

    def _waiting(self) -> bool:
        with self._mind.store.read() as connection:
            return bool(inbox.shops_waiting(connection))

    def story_began(self) -> datetime:
        """When the demo's story began: remembered, so that a demo that was killed goes on with the same story."""
        with self._mind.store.write() as connection:
            began = anchor(notes.get(connection, _STORY), self.clock.now())
            notes.put(connection, _STORY, began.isoformat())
            return began

    def front(self, name: str) -> Shopfront:
        """A configured source's place."""
        return front(self._config, name)

    def begin_ticking(self) -> None:
        """From now on time passes for alerts and digests."""
        self.ticker.start()

    async def stop(self) -> None:
        """Ends in order, so that whatever was answered 200 is in the store and nothing is posted half."""
        self._closing = True
        self.webhooks.close()
        await self.ticker.stop()
        await self.poller.stop()
        await self.server.stop()
        if isinstance(self.line, Socket):
            await self.line.stop()
        await self.reception.close()
        await self.asked.stop()
        await self.errands.close()
        await self.deliveries.stop()
        await self.dispatcher.stop()
        if self._dispatching is not None:
            await self._dispatching
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await asyncio.to_thread(self.intake.stop)
        await self._client.close()
        await self._fetcher.close()
        self._mind.store.close()
        log.info("stopped")


async def build(
    config: Config,
    catalog: Catalog,
    store: Store,
    clock: Clock,
    head_start: timedelta,
    reroute: Mapping[str, str] | None = None,
) -> App:
    """The bot of a config, not yet started. ``reroute`` are the platforms that a demo or a test plays on this machine:
    the address to call instead of each host."""
    pace: Pace = SharedLimiter(store) if store.dialect == "postgresql" else Limiter()
    meters = Meters(config.sources)
    ear = Ear(meters)
    thinking = mind(config, catalog, store, clock, head_start)
    with store.write() as connection:
        remember(connection, config.house.campaigns)
    client = await SlackClient.open(
        config.slack.bot_token,
        pace,
        clock,
        base_url=config.slack.base_url,
        counted=ear.hear,
        dated=partial(thinking.upkeep.others.heard, "Slack"),
    )
    fetcher = await Fetcher.open(clock, reroute=reroute)
    pipeline = replace(thinking.pipeline, counted=meters.events)
    people = People(client, config.house.permissions.groups(), clock)
    desk = replace(thinking.desk, hear=pipeline.hear, who=people.known)
    return App(config, replace(thinking, pipeline=pipeline, desk=desk), client, pace, ear, clock, fetcher, people)
