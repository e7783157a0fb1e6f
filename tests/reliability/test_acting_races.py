"""Several members who act on the same alert in the same moment, each by another way, over two replicas."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot.core.authority import Actor
from bot.core.forms import Submission
from bot.core.handlers import Refused, Request
from bot.people.acts import Act
from bot.people.desk import Desk
from bot.store.engine import StoreDown
from bot.store.inbox import Arrival
from bot.store.tables.work import alert_log
from tests.core.samples import NOW
from tests.reliability.replicas import Replica, arrival
from tests.store.servers import Server

DISPUTES = 20
Deed = Callable[[Desk, int], object]

DEEDS: tuple[Deed, ...] = (
    lambda desk, number: desk.act("take", number, 1, "U0ANNA"),
    lambda desk, number: desk.submit(
        Submission("hand_off", "U0BEN", NOW, "demo", f"{number}.1", {"department": "warehouse"})
    ),
    lambda desk, number: desk.answer("ops", "snooze", _typed(f"A-{number} worse", "U0CHIARA")),
    lambda desk, number: desk.answer("ops", "resolve", _typed(f"A-{number} duplicate", "U0DEV")),
)


def _typed(text: str, user: str) -> Request:
    return Request(text, user, "C1", NOW, typed=NOW)


def test_of_four_who_act_at_once_one_does_and_the_others_are_told(postgres: Server) -> None:
    url = postgres.url(postgres.database())
    replicas = [Replica(url), Replica(url)]
    desks = [replace(each.desk, who=lambda user: Actor(user, "member")) for each in replicas]
    replicas[0].admit([dispute(number) for number in range(DISPUTES)])
    replicas[0].work_until_done()
    for number in range(1001, 1001 + DISPUTES):
        outcomes = _race(desks, number)
        assert sorted(outcomes) == [False, False, False, True]
    with replicas[0].store.read() as connection:
        acts = connection.execute(select(alert_log.c.number).where(alert_log.c.actor != "")).scalars().all()
    for each in replicas:
        each.close()
    assert sorted(acts) == list(range(1001, 1001 + DISPUTES))


def _race(desks: list[Desk], number: int) -> list[bool]:
    """All of them at once; whether each changed anything."""
    outcomes: list[bool] = []

    def act(at: int, deed: Deed) -> None:
        outcomes.append(_does(desks[at % 2], deed, number))

    racers = [threading.Thread(target=act, args=racer) for racer in enumerate(DEEDS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    return outcomes


def dispute(number: int) -> Arrival:
    money = {"amount": "50.00", "currency": "EUR"}
    due = (NOW + timedelta(days=5)).isoformat()
    told = {"dispute": f"d{number}", "amount": money, "reason": "fraudulent", "status": "open", "due": due}
    return arrival(number, "dispute.changed", told)


def _does(desk: Desk, deed: Deed, number: int) -> bool:
    """Whether it changed anything. A store that is busy is tried again, as the errands do."""
    while True:
        try:
            did = deed(desk, number)
        except StoreDown as down:
            assert down.again
        except Refused:
            return False
        else:
            assert isinstance(did, Act) and (did.changed or did.told)
            return did.changed
