"""Two replicas that look for overdue matters in the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.board import Board
from bot.catalog import Catalog
from bot.core.settings import Escalation
from bot.rounds.overdue import Overdue
from bot.store import alerts
from bot.store.engine import Store
from bot.store.tables.work import alert_log
from tests.bench import Watch
from tests.core.samples import NOW, house, opened
from tests.store.servers import Server

HOUSE = house(escalations=(Escalation(timedelta(hours=2), "S0OPS"), Escalation(timedelta(hours=6), "marketing")))


def test_two_replicas_tell_every_step_of_forty_matters_once(postgres: Server) -> None:
    url, watch = postgres.url(postgres.database()), Watch()
    stores = [Store.open(url), Store.open(url)]
    clock: Any = watch
    with stores[0].write() as connection:
        for number in range(40):
            matter = replace(opened(), number=2000 + number, episode=number + 1)
            alerts.save(connection, matter, "opened", "", (), NOW)
    catalog = Catalog.scan(("handlers",))
    told: Counter[int] = Counter()
    for _ in range(3):
        watch.forward(hours=4)

        def tick(replica: int) -> None:
            told[replica] += Overdue(stores[replica], HOUSE, Board(catalog, HOUSE, clock), clock).tick()

        racers = [threading.Thread(target=tick, args=(replica,)) for replica in (0, 1)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        # Whoever found the other at work looks again with its next tick.
        tick(0)
    with stores[0].read() as connection:
        logged = connection.execute(select(alert_log.c.number).where(alert_log.c.change == "overdue")).scalars().all()
    for store in stores:
        store.close()
    assert told.total() == len(logged) == 120
    assert set(Counter(logged).values()) == {3}
