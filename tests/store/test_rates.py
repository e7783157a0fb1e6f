"""The pace of Slack calls that replicas keep in the store, on both databases and with several at once."""

from __future__ import annotations

import threading

from bot.edge.limiter import buckets
from bot.store import rates
from bot.store.engine import Store
from tests.core.samples import NOW

POST = "chat.postMessage"


def test_however_many_draw_at_once_no_more_leave_than_the_bucket_holds(store: Store) -> None:
    left: list[float] = []

    def draw() -> None:
        for _ in range(4):
            left.append(store.run(lambda connection: rates.draw(connection, buckets(POST, "#ops"), NOW)))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(left), left.count(0.0)) == (16, 3)


def test_a_method_that_was_never_called_can_be_closed(store: Store) -> None:
    with store.write() as connection:
        rates.close(connection, POST, NOW)
        assert rates.draw(connection, buckets(POST, "#ops"), NOW) == 0.0
