"""Deliveries out of order, twice, and again in other words: what stands is the newest telling, and nothing is news that
a newer telling has overtaken."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, select

from bot.store.inbox import Arrival
from bot.store.tables.shop import campaign, stock_level
from bot.store.tables.work import alert, alert_log
from tests.core.samples import NOW
from tests.reliability.conftest import Told
from tests.reliability.replicas import Replica, arrival
from tests.reliability.report import record

LEVELS = ((40, 0, 12, 0, 0), (0, 7, 0, 0, 25), (5, 0, 5, 0, 5), (0, 30, 0, 30, 0))
STATUSES = ("scheduled", "running", "cancelled", "running", "ended")
AGES = (240, 180, 100, 30, 1)
"""Minutes ago, oldest telling first: some are told hours late, as after a platform's retries."""

ORDERS = tuple(permutations(range(5)))


@dataclass(frozen=True)
class History:
    """One SKU or campaign, what is told of it, and the order in which it arrives, with what comes twice."""

    name: str
    tellings: tuple[Any, ...]
    order: tuple[int, ...]

    def deliveries(self) -> list[tuple[str, int, dict[str, Any]]]:
        """Kind, minutes ago and body of each delivery."""
        return [self._told(nth) for nth in self.order]

    def _told(self, nth: int) -> tuple[str, int, dict[str, Any]]:
        told, age = self.tellings[nth], AGES[nth]
        if isinstance(told, int):
            return "stock.changed", age, {"sku": self.name, "available": told, "location": "Berlin"}
        starts = (NOW + timedelta(hours=5 if told == "scheduled" else -5)).isoformat()
        plan = {"campaign": self.name, "name": self.name, "status": told, "starts": starts, "skus": []}
        return "campaign.changed", age, plan

    def newest(self) -> Any:
        return self.tellings[max(self.order)]

    def changes(self) -> Counter[str]:
        """What is news: how often the newest telling known so far begins and ceases to be a matter."""
        found: Counter[str] = Counter()
        known, matters = -1, False
        for nth in self.order:
            if nth <= known:
                continue
            known, told = nth, self.tellings[nth]
            if told in (0, "running") and not matters:
                found["begins"] += 1
            elif told not in (0, "running") and matters:
                found["ends"] += 1
            matters = told in (0, "running")
        return found


def histories(number: int, chance: random.Random) -> list[History]:
    """Every order of five tellings once, and then orders drawn by chance; each with up to three told again."""
    made = []
    for nth in range(number):
        order = list(ORDERS[nth]) if nth < len(ORDERS) else chance.sample(range(5), 5)
        for _ in range(chance.randrange(4)):
            order.insert(chance.randrange(len(order) + 1), chance.randrange(5))
        is_campaign = nth % 4 == 3
        tellings = STATUSES if is_campaign else chance.choice(LEVELS)
        made.append(History(f"{'campaign' if is_campaign else 'SKU'}-{nth}", tellings, tuple(order)))
    return made


def interleaved(all_: Sequence[History], chance: random.Random) -> list[Arrival]:
    """The deliveries of all histories, each history's own in their order. What comes again comes in other bytes, since
    the same bytes never get beyond the inbox."""
    queues = [one.deliveries() for one in all_]
    arrivals: list[Arrival] = []
    while queues:
        queue = chance.choice(queues)
        kind, age, body = queue.pop(0)
        at, blanks = NOW - timedelta(minutes=age), len(queue)
        arrivals.append(arrival(len(arrivals), kind, body, at, blanks))
        if not queue:
            queues.remove(queue)
    return arrivals


def sales(skus: Sequence[str]) -> list[Arrival]:
    """A fortnight in which every SKU sells, so that an empty shelf is news."""
    money = {"amount": "20.00", "currency": "EUR"}
    made = []
    for day in range(1, 15):
        lines = [{"sku": sku, "quantity": 3, "amount": money} for sku in skus]
        order = {"order": f"o{day}", "number": f"#{day}", "total": money, "outstanding": money, "lines": lines}
        made.append(arrival(10**6 + day, "order.placed", order, NOW - timedelta(days=day)))
    return made


def pairs(connection: Connection, query: Select[Any]) -> list[tuple[Any, Any]]:
    return [(row[0], row[1]) for row in connection.execute(query)]


LONG = 10_000


@pytest.mark.parametrize("number", [160, pytest.param(LONG, marks=pytest.mark.reliability)])
def test_no_order_and_no_repetition_of_what_is_told_makes_false_news(tmp_path: Path, number: int, told: Told) -> None:
    chance = random.Random(number)
    every = histories(number, chance)
    replica = Replica(f"sqlite:///{tmp_path}/order.db")
    replica.store.migrate()
    arrivals = interleaved(every, chance)
    replica.admit(sales([one.name for one in every if isinstance(one.tellings[0], int)]))
    replica.work_until_done(100)
    for begin in range(0, len(arrivals), 500):
        replica.admit(arrivals[begin : begin + 500])
    replica.work_until_done(100)
    with replica.store.read() as connection:
        levels = dict(pairs(connection, select(stock_level.c.sku, stock_level.c.available)))
        statuses = dict(pairs(connection, select(campaign.c.campaign, campaign.c.status)))
        query = select(alert.c.subject, alert_log.c.change).join(alert, alert.c.number == alert_log.c.number)
        log = pairs(connection, query.where(alert.c.rule.in_(("out_of_stock", "campaign_started"))))
    replica.close()
    news = Counter((subject, _KINDS[change]) for subject, change in log if change in _KINDS)
    for one in every:
        assert (levels | statuses)[one.name] == one.newest(), one
        found = Counter({kind: news[one.name, kind] for kind in ("begins", "ends") if news[one.name, kind]})
        assert found == one.changes(), one
    if number == LONG:
        claim = "No order and no repetition in which a matter's deliveries come makes false news"
        record("order", claim, number, 0, "news of what a platform tells without a moment, in the order of its changes")
    again = sum(len(one.order) - 5 for one in every)
    told(
        f"{number} histories, all {len(ORDERS)} orders of 5 tellings among them, {len(arrivals)} deliveries, {again} again: "
        f"{sum(news.values())} news, 0 of them false"
    )


_KINDS = {"opened": "begins", "reopened": "begins", "resolved": "ends"}
