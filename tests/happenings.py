"""What a whole bot is put through: houses with all that keeps people quiet, and histories of what happens there.

A step is the name of what happens, a number from 0 to 11 by which it chooses, and how Slack takes what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.core.money import Money
from bot.core.settings import (
    Department,
    Escalation,
    Grouping,
    House,
    Mute,
    Outside,
    QuietHours,
    Route,
    Storm,
    WorkingHours,
)
from bot.core.verdict import Severity
from tests.bench import usual_house
from tests.world import Mood, World

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ("U0ANNA", "U0BEN", "U0CHIARA")

# What the house is like.

WORKS = WorkingHours(("mon", "tue", "wed", "thu", "fri"), time(9), time(18), BERLIN, frozenset({date(2026, 11, 25)}))
QUIETS = st.sampled_from(
    [None, QuietHours(time(17), time(7), BERLIN), QuietHours(time(11, 30), time(14), BERLIN), Outside()]
)
GROUPINGS = st.builds(
    Grouping,
    st.sampled_from([("rule",), ("family",), ("severity",), ("subject",)]),
    st.sampled_from([timedelta(0), timedelta(minutes=20)]),
    st.sampled_from([timedelta(minutes=5), HOUR]),
    st.sampled_from([None, 4 * HOUR]),
)
DEPARTMENTS = st.builds(
    lambda quiet, budget, wakes: Department("", "", quiet, WORKS, wakes, budget),
    QUIETS,
    st.sampled_from([None, None, 1, 2, 4]),
    st.sampled_from([None, Money(5_000, "EUR")]),
)
UPDATES: Any = st.sampled_from([None, "edit", "thread", "thread+channel", "new"])
BOARDS = [
    (),
    (Route(amount=Money(30_000, "EUR"), channel="#board", proceed=True),),
    (Route(at_least=Severity.HIGH, channel="#board"),),
]
"""Channels of nobody's: beside the department's, or in its stead once an alert is worse."""
MUTE = Mute(WorkingHours(("mon", "thu"), time(10, 45), time(12), BERLIN), "the accounts are closed", "payout_*")


@st.composite
def houses(draw: st.DrawFn) -> House:
    """Departments that rest and have budgets, routes that group, mute and send on, and what comes after a due time."""
    usual = usual_house().departments
    departments = {
        name: replace(draw(DEPARTMENTS), name=name, channel=each.channel) if name != "operations" else each
        for name, each in usual.items()
    }
    routes = (
        Route(subject="TEST-*", mute=True),
        *draw(st.sampled_from(BOARDS)),
        Route(updates=draw(UPDATES), group=draw(st.none() | GROUPINGS)),
    )
    chain = (Escalation(2 * HOUR, "operations"), Escalation(5 * HOUR, "marketing", counted="working"))
    return usual_house(
        departments=departments,
        routes=routes,
        storm=draw(st.sampled_from([None, Storm(3), Storm(3), Storm(2, HOUR)])),
        mutes=draw(st.sampled_from([(), (MUTE,)])),
        escalations=draw(st.sampled_from([(), chain])),
        lapse=draw(st.sampled_from([None, 3 * HOUR])),
    )


# What happens.

BUTTONS = ("take", "take", "snooze", "give_back")
SKUS = ("HOODIE", "MUG", "TEST-1")
SPANS = (timedelta(minutes=1), timedelta(minutes=25), HOUR, 5 * HOUR, 14 * HOUR, 3 * 24 * HOUR)

QUIET_FOR = (timedelta(minutes=15), timedelta(minutes=40), 3 * HOUR)


def money(units: int) -> dict[str, str]:
    return {"amount": f"{units}.00", "currency": "EUR"}


def disputed(world: World, which: int, hours: float, status: str = "open") -> None:
    due = (world.watch.now() + hours * HOUR).isoformat()
    name, amount = f"d{which % 5}", money(20 + 90 * (which % 5))
    world.bench.event("dispute.changed", dispute=name, amount=amount, reason="fraud", status=status, due=due)


def paid_out(world: World, which: int, status: str) -> None:
    world.bench.event("payout.changed", payout=f"p{which % 3}", amount=money(40 + which), status=status)


def owed(world: World, which: int) -> None:
    due = (world.watch.now() - (2, 20, 40)[which % 3] * 24 * HOUR).isoformat()
    told = {"outstanding": money(which * 200), "status": "paid" if which % 5 == 4 else "open", "due": due}
    world.bench.event("invoice.changed", invoice=f"i{which % 2}", number="INV-1", **told)


def handed_off(world: World, which: int) -> None:
    to: dict[str, Any] = {"department": ("finance", "warehouse", "operations")[which % 3]}
    world.sends(which, who(which), "hand_off", to | ({"person": (PEOPLE[0],)} if which % 2 else {}))


def sent_late(world: World, which: int) -> None:
    entered = {"ending": "done", "until": "worse", "department": "marketing"}
    world.sends_old(which, who(which), ("resolve", "snooze", "hand_off")[which % 3], entered)


def silenced(world: World, which: int) -> None:
    rule, subject = (("dispute_*", "*"), ("payout_*", "*"), ("*", "d1"), ("oversold", "*"))[which % 4]
    world.silences(rule, subject, QUIET_FOR[which % 3])


def waited(world: World, which: int) -> None:
    world.watch.at += SPANS[which % len(SPANS)]


def cut_off(world: World, which: int) -> None:
    """Something comes up, and Slack is away for more than a day."""
    paid_out(world, which, "canceled")
    world.tick()
    world.watch.at += 30 * HOUR


def who(which: int) -> str:
    return PEOPLE[which % len(PEOPLE)]


HOURS = ("0.5", "5", "30")
ACTS: Mapping[str, tuple[int, Callable[[World, int], None]]] = {
    "a dispute": (6, lambda world, which: disputed(world, which, 24 * 9)),
    "a worse dispute": (4, lambda world, which: disputed(world, which, (60, 30, 12)[which % 3])),
    "a dispute ends": (3, lambda world, which: disputed(world, which, 1, ("won", "lost", "answered")[which % 3])),
    "a payout": (6, lambda world, which: paid_out(world, which, ("failed", "canceled", "canceled")[which % 3])),
    "a payout arrives": (1, lambda world, which: paid_out(world, which, "paid")),
    "an invoice": (2, owed),
    "a stock level": (4, lambda world, which: world.bench.stock(SKUS[which % 3], (-30, -2, 0, 15, 900)[which % 5])),
    "a press": (6, lambda world, which: world.presses(which, who(which), BUTTONS[which % 4])),
    "an old press": (3, lambda world, which: world.presses_old(which, who(which), BUTTONS[which % 4])),
    "a snooze": (2, lambda world, which: world.sends(which, who(which), "snooze", snooze(HOURS[which % 3]))),
    "a rest": (1, lambda world, which: world.sends(which, who(which), "snooze", {"until": "worse"})),
    "a hand-off": (3, handed_off),
    "an end": (
        2,
        lambda world, which: world.sends(which, who(which), "resolve", {"ending": "done", "note": "seen to"}),
    ),
    "an old form": (2, sent_late),
    "a silence": (5, silenced),
    "a silence ends": (2, lambda world, which: world.unsilences(which)),
    "time": (6, waited),
    "an outage": (2, cut_off),
    "a restart": (1, lambda world, which: world.restart()),
    "another config": (2, lambda world, which: world.restart(other=True)),
}
"""What may happen, and how often among the rest."""

MOODS: list[Mood] = ["takes", "takes", "takes", "takes", "refuses", "loses", "is silent", "is away"]
NAMES = [name for name, (often, _) in ACTS.items() for _ in range(often)]
STEPS = st.tuples(st.sampled_from(NAMES), st.integers(0, 11), st.sampled_from(MOODS))


def snooze(hours: str) -> dict[str, str]:
    return {"until": "hours", "hours": hours}


HISTORIES = st.lists(STEPS, min_size=3, max_size=22)
