"""Members who agree to the same act in the same moment, over two replicas of one PostgreSQL database."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot.core.authority import Actor
from bot.core.forms import Submission
from bot.core.handlers import Request
from bot.core.settings import Permissions, TwoPeople
from bot.core.verdict import Severity
from bot.people.desk import Desk
from bot.store import audit, silences
from bot.store.engine import StoreDown
from bot.store.tables.work import alert_log
from tests.bench import EVERYTHING, usual_house
from tests.core.samples import NOW
from tests.reliability.replicas import Replica
from tests.reliability.test_acting_races import dispute
from tests.store.servers import Server

DISPUTES = 10
TWO = Permissions(EVERYTHING.grants, (TwoPeople(("take",), at_least=Severity.LOW), TwoPeople(("unsilence",))))


def _agrees(desk: Desk, id: int, person: str) -> None:
    """A store that is busy is tried again, as the errands do."""
    while True:
        try:
            desk.act("agree", id, 0, person)
        except StoreDown as down:
            assert down.again
        else:
            return


def _together(desks: list[Desk], id: int) -> None:
    racers = [
        threading.Thread(target=_agrees, args=(desks[at % 2], id, person))
        for at, person in enumerate(("U0BEN", "U0CHIARA", "U0DEV"))
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()


def test_of_three_who_agree_at_once_one_does_and_the_act_is_done_once(postgres: Server) -> None:
    url = postgres.url(postgres.database())
    replicas = [Replica(url, usual_house(permissions=TWO)) for _ in range(2)]
    desks = [replace(each.desk, who=lambda user: Actor(user, "member")) for each in replicas]
    replicas[0].admit([dispute(number) for number in range(DISPUTES)])
    replicas[0].work_until_done()
    for request in range(1, DISPUTES + 1):
        assert not desks[0].act("take", 1000 + request, 1, "U0ANNA").changed
        _together(desks, request)
    entered = {"rule": "dispute_opened", "shop": "this", "span": "4h", "reason": "known"}
    desks[0].submit(Submission("silence", "U0ANNA", NOW, "demo", "", entered))
    desks[0].answer("ops", "unsilence", Request("S-1", "U0ANNA", "C1", NOW))
    _together(desks, DISPUTES + 1)
    with replicas[0].store.read() as connection:
        taken = connection.execute(select(alert_log.c.number).where(alert_log.c.change == "taken")).scalars().all()
        trail = Counter((deed.act, deed.outcome) for deed in audit.deeds(connection, NOW - timedelta(days=1)))
        assert silences.current(connection, NOW) == []
    for each in replicas:
        each.close()
    assert sorted(taken) == list(range(1001, 1001 + DISPUTES))
    # Whoever asked and whoever agreed have a line each.
    assert trail == {
        ("take", "waiting"): DISPUTES,
        ("take", "done"): 2 * DISPUTES,
        ("silence", "done"): 1,
        ("unsilence", "waiting"): 1,
        ("unsilence", "done"): 2,
    }
