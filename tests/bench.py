"""A whole bot without its edge: real handlers, a real store on SQLite, and a clock that a test moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.board import Board
from bot.catalog import Catalog
from bot.core.authority import ALL, EVERYBODY, Actor, Who
from bot.core.delivery import Delivery
from bot.core.dispatch import Post, Shown, settled
from bot.core.message import Message
from bot.core.settings import Department, Grant, House, Permissions
from bot.core.shopfront import Shopfront
from bot.people.asides import Asides
from bot.people.desk import Desk
from bot.pipeline import Feed, Pipeline
from bot.rounds.digests import Digests
from bot.store import inbox, outbox
from bot.store.codec import load
from bot.store.engine import Store
from bot.store.inbox import Arrival
from bot.store.tables.work import post as table
from tests.core.samples import NOW, SHOP
from tests.handlers.shelves import spoken, words

SECRETS = {
    "shopify": "shpss_test",
    "stripe": "whsec_test",
    "generic": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {"generic": {"auth": {"scheme": "standard_webhooks"}}}


@dataclass
class Watch:
    """A clock that stands until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def boottime(self) -> float:
        return self.at.timestamp()

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


EVERYTHING = Permissions((Grant((EVERYBODY,), (ALL,)),))


def usual_house(**changes: Any) -> House:
    """Four departments with a channel each, in which everybody may do everything."""
    names = ("marketing", "finance", "warehouse", "operations")
    departments = {name: Department(name, f"#{name}") for name in names}
    changes.setdefault("permissions", EVERYTHING)
    return House({"demo": SHOP}, changes.pop("departments", departments), **changes)


@dataclass
class Bench:
    """``tell`` lets a platform send something; ``shown`` reads what a channel ought to show."""

    folder: Path
    house: House = field(default_factory=usual_house)
    watch: Watch = field(default_factory=Watch)
    catalog: Catalog = field(default_factory=lambda: Catalog.scan(("handlers",)))
    settings: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    who: Who = lambda user: Actor(user, "member")

    def __post_init__(self) -> None:
        self.catalog = self.catalog.at(self.house)
        self.store = Store.open(f"sqlite:///{self.folder}/bench.db")
        self.store.migrate()
        feeds = {
            name: Feed(source, Shopfront(name, "demo", "EUR", options=OPTIONS.get(name, {})))
            for name, source in self.catalog.sources.items()
        }
        clock: Any = self.watch
        self.board = board = Board(self.catalog, self.house, clock)
        self.feeds = feeds
        self.pipeline = Pipeline(self.store, self.catalog, self.house, feeds, board, clock, self.settings)
        known = self.store, self.catalog, self.house, board, clock, self.settings
        self.asides = Asides.of(self.store, board, clock, self.pipeline.again, self.settings)
        self.hush, self.thresholds, self.drills = self.asides.hush, self.asides.thresholds, self.asides.drills
        digests = Digests(self.store, self.catalog, self.house, clock, self.settings)
        self.desk = Desk(
            *known, hear=self.pipeline.hear, digests=digests, who=lambda user: self.who(user), asides=self.asides
        )

    def close(self) -> None:
        self.store.close()

    def deliver(self, source: str, topic: str, body: bytes) -> None:
        """Admits a signed delivery without working on it."""
        feed, now = self.feeds[source], self.watch.now()
        headers = feed.source.sign(topic, body, SECRETS[source], now, feed.shopfront)
        lowered = {name.lower(): value for name, value in headers.items()}
        delivery = Delivery(source, lowered, body, now)
        feed.source.verify(delivery, (SECRETS[source],), now, feed.shopfront)
        with self.store.write() as connection:
            inbox.admit(connection, [Arrival(source, "demo", feed.source.key(delivery), delivery)])

    def tell(self, source: str, topic: str, body: Mapping[str, Any] | bytes) -> None:
        """Delivers and works until nothing is waiting."""
        self.deliver(source, topic, body if isinstance(body, bytes) else json.dumps(body).encode())
        while self.pipeline.work():
            pass

    def event(self, kind: str, **fields: Any) -> None:
        """A canonical event through the generic source, happening now unless ``at`` says otherwise."""
        self.tell("generic", kind, {"type": kind, "at": self.watch.now().isoformat(), **fields})

    def sells(self, sku: str, a_day: int, days: int = 28) -> None:
        """A month of even sales up to yesterday."""
        for ago in range(days, 0, -1):
            at = (self.watch.now() - timedelta(days=ago)).isoformat()
            self.order(f"{sku}-{ago}", {sku: a_day}, at=at)

    def order(self, number: str, lines: Mapping[str, int], at: str | None = None, price: str = "10.00") -> None:
        """An order of so many units of each SKU."""
        self.tell("generic", "order.placed", {
            "type": "order.placed", "at": at or self.watch.now().isoformat(), "order": number, "number": f"#{number}",
            "total": {"amount": "100.00", "currency": "EUR"}, "outstanding": {"amount": "0.00", "currency": "EUR"},
            "lines": [
                {"sku": sku, "quantity": quantity, "amount": {"amount": price, "currency": "EUR"}}
                for sku, quantity in lines.items()
            ],
        })  # fmt: skip

    def stock(self, sku: str, available: int | None, location: str = "Berlin", **fields: Any) -> None:
        """A stock level of one location."""
        self.event("stock.changed", sku=sku, available=available, location=location, **fields)

    def posts(self, channel: str) -> list[tuple[Post, Message]]:
        """Every post of a channel with its message, oldest first."""
        with self.store.read() as connection:
            rows = connection.execute(select(table).where(table.c.channel == channel).order_by(table.c.created_at))
            names = [spec.name for spec in fields(Post)]
            return [
                (Post(**{name: row[name] for name in names}), load(Message, row["message"])) for row in rows.mappings()
            ]

    def shown(self, channel: str) -> list[str]:
        """The summaries of what a channel ought to show, oldest first."""
        return [words(message.summary) for post, message in self.posts(channel) if post.state != "dropped"]

    def body(self, channel: str, nth: int = -1) -> list[str]:
        """The lines of one post of a channel."""
        return spoken(self.posts(channel)[nth][1])

    def deliver_posts(self) -> None:
        """Slack takes everything that is due: each claimed post is shown as it is wanted."""
        while True:
            with self.store.write() as connection:
                claimed = outbox.claim(connection, self.watch.now(), 50)
                for number, each in enumerate(claimed):
                    ts = each.post.ts or f"{self.watch.now().timestamp():.0f}.{number:06d}"
                    outbox.save(connection, settled(each.post, each.post.wanted, Shown(ts), self.watch.now()))
            if not claimed:
                return
