"""Replicas of the bot without an edge, over one database: what they work on, and what is there when they are done."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.schema import Table

from bot.board import Board
from bot.catalog import Catalog
from bot.core.delivery import Delivery
from bot.core.settings import House
from bot.core.shopfront import Shopfront
from bot.people.asides import Asides
from bot.people.desk import Desk
from bot.pipeline import Feed, Pipeline
from bot.rounds.digests import Digests
from bot.store import inbox
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival
from bot.store.tables import log, shop, work
from tests.bench import OPTIONS, SECRETS, Watch, usual_house
from tests.core.samples import NOW

Row = tuple[Any, ...]


@dataclass
class Replica:
    """A bot's mind over a database. It opens its own store, as a process of its own would."""

    url: str
    house: House = field(default_factory=usual_house)
    clock: Any = field(default_factory=Watch)

    def __post_init__(self) -> None:
        self.store = Store.open(self.url)
        catalog = Catalog.scan(("handlers",))
        feeds = {
            name: Feed(source, Shopfront(name, "demo", "EUR", options=OPTIONS.get(name, {})))
            for name, source in catalog.sources.items()
        }
        board = Board(catalog, self.house, self.clock)
        self.pipeline = Pipeline(self.store, catalog, self.house, feeds, board, self.clock)
        asides = Asides.of(self.store, board, self.clock, self.pipeline.again)
        digests = Digests(self.store, catalog, self.house, self.clock)
        known = self.store, catalog, self.house, board, self.clock
        self.desk = Desk(*known, hear=self.pipeline.hear, digests=digests, asides=asides)

    def close(self) -> None:
        self.store.close()

    def admit(self, arrivals: Sequence[Arrival]) -> list[bool]:
        """As the intake does."""
        return self.store.run(lambda connection: inbox.admit(connection, arrivals))

    def work_until_done(self, most: int = 5) -> int:
        """Works as the worker does, which takes a store that is down as a reason to come again; gives how often it was.

        A replica that finds the shop's lane taken, or nothing to do, looks whether anything is left.
        """
        down = 0
        while True:
            try:
                if not self.pipeline.work(most) and not self.left():
                    return down
            except StoreDown:
                down += 1

    def left(self) -> int:
        """How many deliveries wait."""
        with self.store.read() as connection:
            return inbox.counts(connection).get("waiting", 0)


def arrival(number: int, topic: str, body: dict[str, Any], at: datetime = NOW, blanks: int = 0) -> Arrival:
    """A signed delivery of the generic source, as the door hands it to the intake. ``blanks`` at its end make it other
    bytes of the same meaning."""
    source, front = _generic()
    raw = json.dumps({"type": topic, "at": at.isoformat(), **body}).encode() + b" " * blanks
    headers = source.sign(topic, raw, SECRETS["generic"], NOW, front)
    delivery = Delivery("generic", {name.lower(): value for name, value in headers.items()}, raw, NOW)
    return Arrival("generic", "demo", f"delivery-{number:05d}", delivery)


@cache
def _generic() -> tuple[Any, Shopfront]:
    return Catalog.scan(("handlers",)).sources["generic"], Shopfront(
        "generic", "demo", "EUR", options=OPTIONS["generic"]
    )


def shop_day(number: int, seed: int = 1) -> list[Arrival]:
    """``number`` deliveries of a lively hour: orders, stock that runs out and comes back, failed payments, disputes."""
    chance = random.Random(seed)
    return [arrival(nth, *_event(nth, chance), NOW - timedelta(seconds=number - nth)) for nth in range(number)]


def _event(number: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    sku, money = f"SKU-{chance.randrange(6)}", {"amount": "20.00", "currency": "EUR"}
    match chance.randrange(5):
        case 0:
            line = {"sku": sku, "quantity": chance.randrange(1, 4), "amount": money}
            return "order.placed", {
                "order": f"o{number}", "number": f"#{number}", "total": money, "outstanding": money, "lines": [line],
            }  # fmt: skip
        case 1 | 2:
            return "stock.changed", {"sku": sku, "available": chance.choice([0, 0, 1, 40]), "location": "Berlin"}
        case 3:
            kind = chance.choice(["payment.failed", "payment.succeeded"])
            return kind, {"payment": f"p{number}", "provider": "stripe", "method": "card", "amount": money}
        case _:
            owed = {"amount": f"{chance.randrange(1, 9)}00.00", "currency": "EUR"}
            return "dispute.changed", {
                "dispute": f"d{chance.randrange(9)}", "amount": owed, "reason": "fraudulent",
                "status": chance.choice(["open", "open", "won"]), "due": (NOW + timedelta(days=5)).isoformat(),
            }  # fmt: skip


_TABLES: tuple[Table, ...] = (
    log.event, *shop.READ_MODELS, work.alert, work.alert_log, work.decision, work.post, log.inbox,
)  # fmt: skip
_OWN = {
    "event": {"id"},
    "alert_log": {"id"},
    "inbox": {"id", "note", "headers", "body", "attempts", "digest"},
    "post": {"epoch"},
}
"""Columns that may differ between two runs over the same deliveries."""


def remembered(store: Store) -> dict[str, list[Row]]:
    """Everything that a run over deliveries leaves, table by table, apart from numbers given by the database."""
    with store.read() as connection:
        return {table.name: sorted(_rows(connection, table), key=repr) for table in _TABLES}


def _rows(connection: Any, table: Table) -> Iterator[Row]:
    columns = [column for column in table.c if column.name not in _OWN.get(table.name, set())]
    for row in connection.execute(select(*columns)):
        yield tuple(row)


def undisturbed(folder: Path, arrivals: Sequence[Arrival]) -> dict[str, list[Row]]:
    """What one bot on a file remembers after the same deliveries, one after the other and without any fault."""
    one = Replica(f"sqlite:///{folder}/undisturbed.db")
    one.store.migrate()
    one.admit(arrivals)
    one.work_until_done(50)
    found = remembered(one.store)
    one.close()
    return found
