"""GET /metrics: numbers only, under labels whose values are few and known; and the census of the store behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.store.engine import StoreDown
from bot.store.polls import Standing

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OTHER = "other"
_POLL = ("source", "stream", "outcome")
METHODS = (
    "auth.test",
    "chat.delete",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "conversations.history",
    "conversations.list",
    "conversations.replies",
    "response_url",
    "usergroups.list",
    "usergroups.users.list",
    "users.info",
    "views.open",
    "views.publish",
)


@dataclass(frozen=True, slots=True)
class Census:
    """What the store holds at a moment: deliveries by outcome, posts by state, open alerts by state, each source's last
    delivery, since when the most urgent post is due, and how each stream that a platform is asked for fares."""

    deliveries: Mapping[str, int] = field(default_factory=dict)
    posts: Mapping[str, int] = field(default_factory=dict)
    alerts: Mapping[str, int] = field(default_factory=dict)
    heard: Mapping[str, datetime] = field(default_factory=dict)
    next_due: datetime | None = None
    polls: Sequence[Standing] = ()


class Meters:
    """The counters of one process, on a registry of their own. ``sources`` and ``methods`` bound the labels."""

    def __init__(self, sources: Iterable[str] = (), methods: Iterable[str] = METHODS) -> None:
        self.registry = CollectorRegistry()
        self._sources = frozenset(sources)
        self._methods = frozenset(methods)
        self._deliveries = self._counter("deliveries", "Webhook deliveries answered", ("source", "outcome"))
        self._events = self._counter("events", "Canonical events recorded", ("kind",))
        self._calls = self._counter("slack_calls", "Calls of Slack's Web API", ("method", "outcome"))
        self._interactions = self._counter("interactions", "Commands, clicks and visits handled", ("kind", "outcome"))
        self._polls = self._counter("polls", "Runs of the streams that platforms are asked for", _POLL)
        self._intake = Histogram(
            "floorwalker_intake_seconds",
            "From a delivery's head to its answer",
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._known: dict[tuple[str, str], Counter] = {}

    def _counter(self, name: str, told: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"floorwalker_{name}", told, labels, registry=self.registry)

    def delivery(self, source: str, outcome: str, seconds: float) -> None:
        """A delivery was answered; ``outcome`` is one of the intake's own words."""
        named = source if source in self._sources else _OTHER
        known = self._known.get((named, outcome))
        if known is None:
            known = self._known[(named, outcome)] = self._deliveries.labels(named, outcome)
        known.inc()
        self._intake.observe(seconds)

    def events(self, kind: str, how_many: int = 1) -> None:
        """Events of a kind were recorded; kinds are those of bot.core.events."""
        self._events.labels(kind).inc(how_many)

    def slack_call(self, method: str, outcome: str) -> None:
        """A Web API method was called; ``outcome`` is "ok" or a class of error, not Slack's own word."""
        self._calls.labels(method if method in self._methods else _OTHER, outcome).inc()

    def poll(self, source: str, stream: str, outcome: str) -> None:
        """A run of a stream ended; streams are those of the platforms' files, outcomes the poller's own words."""
        self._polls.labels(source, stream, outcome).inc()

    def interaction(self, kind: str, outcome: str) -> None:
        """A command, click or visit was handled."""
        self._interactions.labels(kind, outcome).inc()


class _Gauges(Collector):
    """The census as gauges, registered beside the counters."""

    def __init__(self) -> None:
        self.census: Census | None = None
        self.lag = 0.0
        self.now = datetime.min.replace(tzinfo=UTC)

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("floorwalker_store_up", "Whether the store answered this scrape")
        up.add_metric([], 0.0 if self.census is None else 1.0)
        yield up
        if self.census is None:
            return
        yield _by_label("floorwalker_inbox", "Deliveries in the store", "outcome", self.census.deliveries)
        yield _by_label("floorwalker_posts", "Posts in the store", "state", self.census.posts)
        yield _by_label("floorwalker_alerts_open", "Alerts that are not resolved", "state", self.census.alerts)
        heard = {source: at.timestamp() for source, at in self.census.heard.items()}
        yield _by_label("floorwalker_source_heard_timestamp_seconds", "A source's last delivery", "source", heard)
        lag = GaugeMetricFamily("floorwalker_dispatcher_lag_seconds", "How long the next post has been due")
        lag.add_metric([], self.lag)
        yield lag
        age = GaugeMetricFamily(
            "floorwalker_poll_age_seconds", "How long ago a stream was last run well", labels=["source", "stream"]
        )
        for one in self.census.polls:
            if one.last_ok is not None:
                age.add_metric([one.source, one.stream], max(0.0, (self.now - one.last_ok).total_seconds()))
        yield age


def _by_label(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value in sorted(values):
        family.add_metric([value], values[value])
    return family


class MetricsPage:
    """Answers a scrape; ``census`` is called in a thread, and a store that is down shows as such."""

    def __init__(self, meters: Meters, census: Callable[[], Census], now: Callable[[], datetime]) -> None:
        self._meters = meters
        self._census = census
        self._now = now
        self._gauges = _Gauges()
        meters.registry.register(self._gauges)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """GET /metrics in Prometheus' text format."""
        try:
            census = await asyncio.to_thread(self._census)
        except StoreDown:
            self._gauges.census = None
        else:
            due, self._gauges.now = census.next_due, self._now()
            self._gauges.lag = max(0.0, (self._gauges.now - due).total_seconds()) if due else 0.0
            self._gauges.census = census
        text = generate_latest(self._meters.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
