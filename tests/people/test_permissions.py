"""Permissions over real handlers and a real store: what is refused changes nothing, and everything done is in the trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.core.authority import Actor, Want, authorize
from bot.core.forms import Submission
from bot.core.handlers import Refused, Reply, Request, ShowForm, ShowModal
from bot.core.settings import Grant, Permissions
from bot.people.desk import Desk
from bot.store import alerts, audit
from bot.store.tables import METADATA
from tests.bench import Bench
from tests.core.samples import NOW
from tests.core.test_authority import actors, grants
from tests.handlers.shelves import spoken, words
from tests.people.test_desk_forms import ENTRIES, short_of_stock
from tests.pipeline.test_pipeline import dispute

EVERYBODY = ("everybody",)
FINANCE = Permissions((Grant(("U0CHIARA",), ("take", "resolve"), department="finance"),))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    dispute(bench)
    yield bench
    bench.close()


def desk(bench: Bench, permissions: Permissions, **standings: Any) -> Desk:
    """The bench's desk under other permissions; who is not named is a member."""
    house = replace(bench.house, permissions=permissions)
    return replace(bench.desk, house=house, who=lambda user: Actor(user, standings.get(user, "member")))


def trail(bench: Bench) -> list[tuple[str, str, str, str, int | None, str]]:
    with bench.store.read() as connection:
        found = audit.deeds(connection, NOW - timedelta(days=1))
    return [(deed.person, deed.surface, deed.act, deed.outcome, deed.number, deed.subject) for deed in found]


def rows(bench: Bench) -> list[str]:
    """Every row of every table but the trail's."""
    with bench.store.read() as connection:
        tables = [table for table in METADATA.tables.values() if table.name != "audit"]
        return sorted(f"{table.name} {row!s}" for table in tables for row in connection.execute(select(table)))


def plan(person: str = "U0BEN") -> Submission:
    return Submission("campaign", person, NOW, "demo", "", ENTRIES)


def request(text: str = "", user: str = "U0BEN") -> Request:
    return Request(text, user, "C1", NOW)


# Buttons.


def test_whoever_may_not_press_a_button_changes_nothing_and_is_told_whom_to_ask(bench: Bench) -> None:
    before = rows(bench)
    told = desk(bench, FINANCE).act("take", 1001, 1, "U0BEN")
    assert not told.changed and told.told is not None
    assert words(told.told) == "You have no permission for take on A-1001. Those who have: @U0CHIARA."
    assert rows(bench) == before
    assert trail(bench) == [("U0BEN", "button", "take", "refused", 1001, "d1")]


def test_whoever_may_is_in_the_trail_with_what_came_of_it(bench: Bench) -> None:
    house = desk(bench, FINANCE)
    assert house.act("take", 1001, 1, "U0CHIARA").changed
    assert not house.act("take", 1001, 1, "U0CHIARA").changed
    assert [line[3] for line in trail(bench)] == ["done", "stale"]


def test_who_may_not_is_told_so_and_not_what_the_alert_has_become(bench: Bench) -> None:
    desk(bench, FINANCE).act("take", 1001, 1, "U0CHIARA")
    told = desk(bench, FINANCE).act("take", 1001, 1, "U0BEN").told
    assert told is not None and words(told).startswith("You have no permission")


def test_details_are_a_question_for_members(bench: Bench) -> None:
    assert isinstance(desk(bench, FINANCE).act("details", 1001, 1, "U0BEN").modal, ShowModal)
    shut = desk(bench, FINANCE, U0BEN="guest").act("details", 1001, 1, "U0BEN")
    assert shut.modal is None and shut.told is not None and trail(bench) == []


# Commands.


def test_a_guest_is_answered_by_nothing_but_help(bench: Bench) -> None:
    closed = desk(bench, FINANCE, U0BEN="guest")
    for verb in sorted(verb for name, verb in bench.catalog.commands if name == "ops" and verb != "help"):
        with pytest.raises(Refused):
            closed.answer("ops", verb, request())
    with pytest.raises(Refused):
        closed.answer("stock", "", request("low"))
    assert isinstance(closed.answer("ops", "help", request()), Reply)
    (line,) = spoken(closed.home("U0BEN"))
    assert line.startswith("You are a guest here")


@pytest.mark.parametrize(
    ("verb", "text", "act"),
    [
        ("take", "A-1001", "take"),
        ("give-back", "A-1001", "give_back"),
        ("hand-off", "A-1001 warehouse", "hand_off"),
        ("snooze", "A-1001 2h", "snooze"),
        ("resolve", "A-1001 done", "resolve"),
        # The form of what one may not do is not opened either.
        ("resolve", "A-1001", "resolve"),
    ],
)
def test_whoever_may_not_act_may_not_by_typing_either(bench: Bench, verb: str, text: str, act: str) -> None:
    before = rows(bench)
    with pytest.raises(Refused, match="no permission"):
        desk(bench, FINANCE).answer("ops", verb, request(text))
    assert rows(bench) == before
    assert trail(bench) == [("U0BEN", "command", act, "refused", 1001, "d1")]


def test_what_is_typed_by_whoever_may_is_in_the_trail(bench: Bench) -> None:
    desk(bench, FINANCE).answer("ops", "take", request("A-1001", "U0CHIARA"))
    desk(bench, FINANCE).answer("ops", "resolve", request("A-1001 done", "U0CHIARA"))
    assert [(line[1], line[2], line[3]) for line in trail(bench)] == [
        ("command", "take", "done"), ("command", "resolve", "done"),
    ]  # fmt: skip


def test_the_window_of_an_alert_is_for_members(bench: Bench) -> None:
    assert isinstance(desk(bench, FINANCE).window(1001, "U0BEN"), ShowModal)
    with pytest.raises(Refused, match="You are a guest here"):
        desk(bench, FINANCE, U0BEN="guest").window(1001, "U0BEN")


def test_a_question_that_is_granted_to_some_is_refused_to_others_and_leaves_no_trace(bench: Bench) -> None:
    some = desk(bench, Permissions((Grant(("U0CHIARA",), ("why",)),)))
    assert isinstance(some.answer("ops", "why", request("A-1001", "U0CHIARA")), Reply)
    with pytest.raises(Refused):
        some.answer("ops", "why", request("A-1001"))
    assert isinstance(some.answer("ops", "alerts", request()), Reply)
    assert trail(bench) == []


def test_a_command_that_acts_is_done_or_refused_and_both_are_in_the_trail(bench: Bench) -> None:
    with pytest.raises(Refused):
        desk(bench, FINANCE).answer("ops", "unsilence", request("S-3"))
    granted = desk(bench, Permissions((Grant(EVERYBODY, ("unsilence", "silence")),)))
    silence = {"rule": "dispute_opened", "shop": "this", "span": "4h", "reason": "known"}
    assert granted.submit(Submission("silence", "U0BEN", NOW, "demo", "", silence)).changed
    assert isinstance(granted.answer("ops", "unsilence", request("S-1")), Reply)
    with pytest.raises(Refused):
        granted.answer("ops", "unsilence", request("S-1"))
    assert trail(bench) == [
        ("U0BEN", "command", "unsilence", "refused", None, "S-3"),
        ("U0BEN", "form", "silence", "done", None, ""),
        ("U0BEN", "command", "unsilence", "done", None, "S-1"),
    ]


def test_to_look_at_what_is_parked_is_a_question_and_to_release_it_an_act(bench: Bench) -> None:
    some = desk(bench, Permissions((Grant(("U0CHIARA",), ("parked",)),)))
    assert isinstance(some.answer("ops", "parked", request()), Reply)
    with pytest.raises(Refused):
        some.answer("ops", "parked", request("release all"))
    assert isinstance(some.answer("ops", "parked", request("release all", "U0CHIARA")), Reply)
    assert [line[:4] for line in trail(bench)] == [
        ("U0BEN", "command", "parked", "refused"),
        ("U0CHIARA", "command", "parked", "done"),
    ]


def test_to_share_an_answer_is_an_act(bench: Bench) -> None:
    with pytest.raises(Refused):
        desk(bench, FINANCE).share("ops", "alerts", request())
    shared = desk(bench, Permissions((Grant(EVERYBODY, ("share",)),))).share("ops", "alerts", request())
    assert isinstance(shared, Reply)
    assert trail(bench) == [
        ("U0BEN", "share", "share", "refused", None, "/ops alerts"),
        ("U0BEN", "share", "share", "done", None, "/ops alerts"),
    ]


# Forms.


def test_a_form_is_refused_where_it_is_opened_where_it_is_sent_and_where_it_is_carried_out(bench: Bench) -> None:
    short_of_stock(bench)
    before = rows(bench)
    shut = desk(bench, FINANCE)
    with pytest.raises(Refused):
        shut.answer("ops", "campaign", request())
    with pytest.raises(Refused):
        shut.check(plan())
    with pytest.raises(Refused):
        shut.submit(plan())
    assert rows(bench) == before
    assert [line[1:4] for line in trail(bench)] == [
        ("command", "campaign", "refused"),
        ("form", "campaign", "refused"),
        ("form", "campaign", "refused"),
    ]


def test_a_right_that_is_gone_between_the_opening_and_the_sending_counts_no_more(bench: Bench) -> None:
    short_of_stock(bench)
    rights = {"U0BEN": Actor("U0BEN", "member", frozenset({"@marketing-team"}))}
    house = replace(bench.house, permissions=Permissions((Grant(("@marketing-team",), ("campaign",)),)))
    marketing = replace(bench.desk, house=house, who=lambda user: rights[user])
    assert isinstance(marketing.answer("ops", "campaign", request()), ShowForm)
    assert marketing.check(plan()) == {}
    rights["U0BEN"] = Actor("U0BEN", "member")
    before = rows(bench)
    with pytest.raises(Refused):
        marketing.check(plan())
    with pytest.raises(Refused):
        marketing.submit(plan())
    assert rows(bench) == before


def test_what_is_entered_is_not_looked_at_for_whoever_may_not_send_it(bench: Bench) -> None:
    wrong = replace(plan(), entered={**ENTRIES, "skus": "HODIE"})
    with pytest.raises(Refused):
        desk(bench, FINANCE).check(wrong)


def test_a_form_that_is_carried_out_twice_is_once_in_the_trail(bench: Bench) -> None:
    short_of_stock(bench)
    for _ in range(2):
        assert bench.desk.submit(plan()).changed
    assert trail(bench) == [("U0BEN", "form", "campaign", "done", None, "")]


# Any config, anybody, any act.


LENT: list[Bench] = []
"""The bench of the property below. As an argument it would be told with every example, and it has much to tell."""


@pytest.fixture
def lent(bench: Bench) -> Iterator[None]:
    LENT.append(bench)
    yield
    LENT.clear()


SILENCE = {"rule": "*", "subject": "*", "shop": "this", "span": "4h", "reason": "x"}
RESOLVED = {"ending": "done"}
WAYS: dict[str, tuple[str, Callable[[Desk, str], object]]] = {
    "a button": ("take", lambda desk, user: desk.act("take", 1001, 1, user)),
    "a button that opens a form": ("resolve", lambda desk, user: desk.act("resolve", 1001, 1, user)),
    "a word": ("take", lambda desk, user: desk.answer("ops", "take", request("A-1001", user))),
    "a word that opens a form": ("campaign", lambda desk, user: desk.answer("ops", "campaign", request("", user))),
    "a form": ("campaign", lambda desk, user: desk.submit(plan(user))),
    "a form that is looked at": ("campaign", lambda desk, user: desk.check(plan(user))),
    "a form on an alert": ("resolve", lambda desk, user: desk.submit(Submission("resolve", user, NOW, "demo", "1001.1", RESOLVED))),
    "a silence": ("silence", lambda desk, user: desk.submit(Submission("silence", user, NOW, "demo", "", SILENCE))),
    "the end of a silence": ("unsilence", lambda desk, user: desk.answer("ops", "unsilence", request("S-1", user))),
    "a release": ("parked", lambda desk, user: desk.answer("ops", "parked", request("release all", user))),
    "an exercise": ("drill", lambda desk, user: desk.answer("ops", "drill", request("finance", user))),
    "an answer shown to all": ("share", lambda desk, user: desk.share("ops", "alerts", request("", user))),
}  # fmt: skip
"""Ways in which acts come in, each with the act."""


@pytest.mark.usefixtures("lent")
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(grants, max_size=3).map(tuple), actors, st.sampled_from(sorted(WAYS)))
def test_nobody_who_is_denied_ever_changes_anything(grants: tuple[Grant, ...], actor: Actor, way: str) -> None:
    (shared,) = LENT
    act, tries = WAYS[way]
    denied = Permissions(tuple(grant for grant in grants if not lets_through(shared, actor, act, grant)))
    house = replace(shared.house, permissions=denied)
    closed = replace(shared.desk, house=house, who=lambda user: replace(actor, user=user))
    before, noted = rows(shared), len(trail(shared))
    with suppress(Refused):
        tries(closed, actor.user)
    assert rows(shared) == before
    assert [line[:1] + line[2:4] for line in trail(shared)[noted:]] == [(actor.user, act, "refused")]


def lets_through(bench: Bench, actor: Actor, act: str, grant: Grant) -> bool:
    """Whether a grant alone would let the act through; such grants are taken out."""
    with bench.store.read() as connection:
        alert = alerts.by_number(connection, 1001) if act in ("take", "resolve") else None
    return authorize(actor, Want(act, alert=alert), Permissions((grant,))) is None
