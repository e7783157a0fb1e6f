"""Whatever core can say is stored and comes back the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.core.alerts import Alert
from bot.core.events import STORED, Event
from bot.core.message import Block, Buttons, Message
from bot.core.parts import Line, Part, Person, Quantity, Text, say
from bot.core.verdict import Fire, View
from bot.store.codec import dump, line, load

texts = st.text(st.characters(codec="utf-8"), max_size=12)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
st.register_type_strategy(str, texts)
st.register_type_strategy(datetime, moments)
st.register_type_strategy(float, st.floats(allow_nan=False))
parts = st.one_of([st.from_type(kind) for kind in get_args(Part)])
lines = st.lists(parts, max_size=4).map(tuple)
blocks = st.one_of([st.from_type(kind) for kind in get_args(Block)])


@pytest.mark.parametrize("kind", sorted(STORED))
@given(data=st.data())
def test_every_stored_event_comes_back_the_same(kind: str, data: st.DataObject) -> None:
    event: Event = data.draw(st.from_type(STORED[kind]))
    assert load(STORED[kind], dump(event)) == event


@given(said=lines)
def test_every_part_comes_back_the_same_and_of_the_same_kind(said: Line) -> None:
    found = line(dump(said))
    assert found == said
    assert [type(part) for part in found] == [type(part) for part in said]


@given(summary=lines, shown=st.lists(blocks, max_size=3).map(tuple))
def test_every_message_comes_back_the_same(summary: Line, shown: tuple[Block, ...]) -> None:
    message = Message(summary, shown)
    found = load(Message, dump(message))
    assert found == message
    assert [type(block) for block in found.blocks] == [type(block) for block in shown]


@given(fire=st.from_type(Fire), views=st.dictionaries(texts, st.from_type(View), max_size=2))
def test_what_fires_comes_back_the_same(fire: Fire, views: dict[str, View]) -> None:
    whole = Fire(fire.reason, fire.severity, fire.title, views, fire.cost, fire.details, fire.as_of)
    assert load(Fire, dump(whole)) == whole


@given(alert=st.from_type(Alert))
def test_every_alert_comes_back_the_same(alert: Alert) -> None:
    assert load(Alert, dump(alert)) == alert


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinities_come_back(value: float) -> None:
    assert line(dump(say(Quantity(value)))) == (Quantity(value),)


def test_moments_come_back_in_plain_utc() -> None:
    event = STORED["StockChanged"](shop="s", source="x", at=datetime(2026, 1, 1, tzinfo=UTC), available=1)  # type: ignore[call-arg]
    assert load(STORED["StockChanged"], dump(event)).at.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "{", '{"kind": "text"}', '{"kind": "nothing", "text": "x"}', '{"text": 1, "kind": "text"}']
)
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        line(f"[{text}]" if text else text)


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        dump(say(Text("\ud800")))


def test_buttons_and_people_keep_their_kinds() -> None:
    message = Message(say(Person("U1")), (Buttons(()),))
    assert load(Message, dump(message)) == message
