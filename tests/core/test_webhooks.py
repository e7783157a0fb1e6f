"""Webhooks as a platform has them: what is mended, what is told, and that what is as it was is told to nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.polling import Subscription
from bot.core.shopfront import Shopfront
from bot.core.webhooks import broken, changes, remembered

FRONT = Shopfront("shop", "main")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
State = Literal["active", "disabled", "missing"]


def subscription(state: State, note: str = "", topic: str = "a") -> Subscription:
    return Subscription(topic, state, note=note)


@pytest.mark.parametrize(
    ("before", "found", "ill"),
    [
        ({}, [], set()),
        ({}, ["active"], set()),
        ({}, ["disabled"], {"a"}),
        ({}, ["missing"], set()),
        ({"a": "active"}, ["missing"], {"a"}),
        ({"a": "active"}, [], {"a"}),
        ({"a": "missing"}, [], {"a"}),
        ({"a": "disabled"}, ["active"], set()),
    ],
)
def test_what_is_mended(before: dict[str, str], found: list[State], ill: set[str]) -> None:
    assert broken(before, [subscription(state) for state in found]) == ill


@pytest.mark.parametrize(
    ("before", "look", "after", "told"),
    [
        ({}, "active", "active", []),
        ({}, "missing", "missing", []),
        ({}, "disabled", "disabled", [(False, "it was disabled: too many failures")]),
        ({}, "disabled", "active", [(False, "it was disabled: too many failures"), (True, "it was disabled, and it was switched on again by the bot")]),
        ({"a": "active"}, "active", "active", []),
        ({"a": "active"}, "missing", "active", [(False, "it was removed: too many failures"), (True, "it was removed, and it was switched on again by the bot")]),
        ({"a": "missing"}, "missing", "missing", []),
        ({"a": "missing"}, "missing", "active", [(True, "it was removed, and it was switched on again by the bot")]),
        ({"a": "missing"}, "disabled", "disabled", [(False, "it was disabled: too many failures")]),
        ({"a": "disabled"}, "active", "active", [(True, "")]),
    ],
)  # fmt: skip
def test_what_is_told(before: dict[str, str], look: State, after: State, told: list[tuple[bool, str]]) -> None:
    seen = [subscription(look, "" if look == "active" else "too many failures")]
    found = changes(FRONT, before, seen, [subscription(after)], NOW)
    assert [(one.sound, one.note.text if one.note else "") for one in found] == told
    assert {one.aspect for one in found} <= {"webhook a"}
    assert len({one.at for one in found}) == len(found)


MENDED = "it was switched on again by the bot"


@pytest.mark.parametrize(
    ("look", "after", "told"),
    [
        (None, subscription("missing", "run connect"), [(False, "it was removed: run connect")]),
        (None, subscription("active", "put its id into the config"), [
            (False, "it was removed"), (True, f"it was removed, and {MENDED}: put its id into the config"),
        ]),
        (subscription("disabled", "too slow"), subscription("disabled", "try later"), [(False, "it was disabled: too slow")]),
        (subscription("disabled", "too slow"), subscription("active", "look at it"), [
            (False, "it was disabled: too slow"), (True, f"it was disabled, and {MENDED}: look at it"),
        ]),
    ],
)  # fmt: skip
def test_what_the_mending_leaves_to_be_done_is_told(
    look: Subscription | None, after: Subscription, told: list[tuple[bool, str]]
) -> None:
    found = changes(FRONT, {"a": "active"}, [look] if look else [], [after], NOW)
    assert [(one.sound, one.note.text if one.note else "") for one in found] == told


def test_a_webhook_that_is_not_named_any_more_is_gone() -> None:
    assert [one.sound for one in changes(FRONT, {"a": "active"}, [], [], NOW)] == [False]


states = st.sampled_from(["active", "disabled", "missing"])
looks = st.dictionaries(st.sampled_from(["a", "b", "c"]), states).map(
    lambda found: [Subscription(topic, state) for topic, state in found.items()]  # type: ignore[arg-type]
)


@given(st.lists(looks, max_size=5))
def test_a_second_look_at_the_same_tells_nothing(all_looks: list[list[Subscription]]) -> None:
    before: dict[str, str] = {}
    for found in all_looks:
        before = remembered(before, found)
        assert changes(FRONT, before, found, found, NOW) == ()


@given(st.lists(looks, max_size=5))
def test_a_webhook_that_was_once_there_is_not_forgotten(all_looks: list[list[Subscription]]) -> None:
    before: dict[str, str] = {}
    ever: set[str] = set()
    for found in all_looks:
        before = remembered(before, found)
        ever |= {one.topic for one in found if one.state != "missing"}
        assert set(before) == ever
