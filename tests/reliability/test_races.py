"""What two replicas do in the same moment on PostgreSQL, where a transaction does not keep the others out."""

from __future__ import annotations

import threading

from bot.core.dispatch import attempting
from bot.core.message import Message
from bot.core.parts import say
from bot.store import outbox, posts
from bot.store.engine import Store
from tests.core.samples import NOW
from tests.store.servers import Server


def test_a_post_that_is_found_unseen_is_not_sent_before_it_is_taken_back(postgres: Server) -> None:
    store = Store.open(postgres.url(postgres.database()))
    with store.write() as connection:
        posts.want(connection, "#ops", posts.alert_key(7), Message(say("Sold out"), ()), urgency=1, now=NOW)
        [work] = outbox.claim(connection, NOW, 1)
    kept: list[bool] = []

    def send() -> None:
        with store.write() as sending:
            kept.append(outbox.save(sending, attempting(work.post, NOW)))

    sender = threading.Thread(target=send)
    with store.write() as connection:
        [unseen] = posts.of_alert(connection, 7)
        sender.start()
        # Whoever is about to send it has the time to say so, and must not be able to.
        sender.join(0.5)
        assert unseen.state == "wanted"
        assert posts.drop(connection, "#ops", posts.alert_key(7), "over before it was shown", NOW)
    sender.join()
    assert kept == [False]
    store.close()
