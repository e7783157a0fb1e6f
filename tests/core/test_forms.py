"""What a form asks, what was entered, and what is told beside the fields."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entries import Spelt, read, shown, split
from bot.core.facts import NoFacts, Now, ask
from bot.core.forms import (
    Asks,
    Channel,
    Choice,
    Day,
    Entered,
    Form,
    Number,
    People,
    Saved,
    Sent,
    Several,
    Skus,
    Text,
    TimeOfDay,
    When,
    Wrong,
    asked,
    fields_of,
    form,
    furnished,
)
from bot.core.settings import Department, House
from tests.core.samples import house, opened
from tests.handlers.shelves import words

HOUSE = House({}, {name: Department(name, f"#{name}") for name in ("warehouse", "finance")})
SIZES = (("s", "Small"), ("l", "Large"))


@dataclass(frozen=True)
class Answers:
    name: str = asked(Text(label="Name", longest=10))
    many: int | None = asked(Number(label="Many", least=1, most=9, optional=True))
    factor: float | None = asked(Number(label="Factor", decimals=True, optional=True))
    on: date | None = asked(Day(label="On", optional=True))
    at: datetime | None = asked(When(label="At", optional=True))
    size: str | None = asked(Choice(label="Size", options=SIZES, optional=True))
    who: tuple[str, ...] = asked(People(label="Who", most=2, optional=True))
    where: str | None = asked(Channel(label="Where", optional=True))
    skus: tuple[str, ...] = asked(Skus(label="SKUs", optional=True))


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())


@form(title="All of it", submit="Go")
def everything(answers: Answers, sent: Sent, facts: Facts, *, loud: bool = False) -> Saved:
    """Asks for one of each."""
    return Saved()


@form(title="Short")
def short(answers: Answers, sent: Sent, facts: NoFacts) -> Saved:
    """Asks without facts."""
    return Saved()


def knows(typed: tuple[str, ...]) -> Spelt:
    shelf = {"a-1": "A-1", "b-2": "B-2"}
    return Spelt({name: shelf[name.lower()] for name in typed if name.lower() in shelf}, {"A-l": ("A-1",)})


def test_a_form_reads_its_fields_facts_settings_and_documentation_from_its_function() -> None:
    assert isinstance(everything, Form)
    assert (everything.name, everything.title, everything.submit) == ("everything", "All of it", "Go")
    assert list(everything.fields)[:2] == ["name", "many"]
    assert (everything.facts, short.facts) == (Facts, NoFacts)
    assert everything.settings["loud"].default is False
    assert (everything.doc, everything.on_alert) == ("Asks for one of each.", False)


@dataclass(frozen=True)
class Loose:
    name: str = ""


def test_a_form_that_takes_no_facts_is_refused() -> None:
    def brief(answers: Answers, sent: Sent) -> Saved:
        """Takes too little."""
        return Saved()

    with pytest.raises(TypeError, match="the form brief must take"):
        form(title="Brief")(brief)


@pytest.mark.parametrize(("answers", "complaint"), [(Loose, "does not say what it asks"), (int, "no dataclass")])
def test_answers_that_ask_nothing_are_refused(answers: type[Any], complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        fields_of(answers)


FULL: Entered = {
    "name": "  Spring ", "many": "3", "factor": "2,5", "on": "2026-03-02", "at": "1772442000", "size": "l",
    "who": ("U1", "U2"), "where": "C1", "skus": "a-1, B-2\n\nA-1;",
}  # fmt: skip


def test_what_was_entered_becomes_typed_answers() -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    expected = Answers("Spring", 3, 2.5, date(2026, 3, 2), at, "l", ("U1", "U2"), "C1", ("A-1", "B-2"))
    assert read(everything, FULL, knows) == expected


def test_what_is_left_empty_is_none_and_lists_are_empty() -> None:
    assert read(everything, {"name": "x", "skus": "  "}, knows) == Answers(
        "x", None, None, None, None, None, (), None, ()
    )


WRONG: list[tuple[str, str | tuple[str, ...], str]] = [
    ("name", "", "This is needed."),
    ("name", "  \n ", "This is needed."),
    ("name", "x" * 11, "This has 11 characters; 10 are the most."),
    ("name", ("a", "list"), "This cannot be read."),
    ("many", "two", "This is no number."),
    ("many", "1e3", "This is no number."),
    ("many", "nan", "This is no number."),
    ("many", "\u0663", "This is no number."),
    ("many", "2.5", "This must be a whole number."),
    ("many", "0", "1 is the least."),
    ("many", "10", "9 is the most."),
    ("on", "2026-02-30", "This is no day."),
    ("at", "soon", "This is no moment."),
    ("size", "xl", "This is none of the options."),
    ("who", ("U1", "U2", "U3"), "Name 2 at most."),
    ("who", "U1", "This cannot be read."),
    ("skus", ",;", "This names no SKU."),
    ("skus", "A-1, A-l", "The shop does not know «A-l» (nearest: A-1)."),
    ("skus", "X,Y,Z,W,V", "The shop does not know «X»; «Y»; «Z» and 2 more."),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG)
def test_what_is_wrong_is_told_of_its_field_alone(name: str, value: str | tuple[str, ...], told: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read(everything, {**FULL, name: value}, knows)
    assert {field: words(line) for field, line in wrong.value.problems.items()} == {name: told}


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(Wrong) as wrong:
        read(everything, {"many": "x", "size": "?"}, knows)
    assert list(wrong.value.problems) == ["name", "many", "size"]


_values = st.text(max_size=20) | st.lists(st.text(max_size=4), max_size=4).map(tuple)


@given(st.dictionaries(st.sampled_from([*everything.fields, "other"]), _values))
def test_whatever_is_entered_gives_answers_or_problems(entered: Entered) -> None:
    try:
        assert isinstance(read(everything, entered, knows), Answers)
    except Wrong as wrong:
        assert set(wrong.problems) <= set(everything.fields)


@given(st.lists(st.text("AB-1 ", min_size=1, max_size=4), max_size=5), st.sampled_from([",", "\n", "; ", "\r\n"]))
def test_names_come_out_as_they_went_in_each_once(names: list[str], between: str) -> None:
    stripped = [name.strip() for name in names if name.strip()]
    assert split(between.join(names)) == tuple(dict.fromkeys(stripped))


_fitting: list[tuple[Asks, st.SearchStrategy[object]]] = [
    (Text(label="x", many=True, longest=60), st.text("ab\n", min_size=1, max_size=20).map(str.strip).filter(bool)),
    (Number(label="x"), st.integers(-(10**12), 10**12)),
    (Day(label="x"), st.dates(date(1970, 1, 1), date(2100, 1, 1))),
    (When(label="x"), st.integers(1, 10**10).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))),
    (Choice(label="x", options=SIZES), st.sampled_from(["s", "l"])),
    (People(label="x", most=3), st.lists(st.sampled_from("UVW"), min_size=1, unique=True).map(tuple)),
    (Channel(label="x"), st.just("C1")),
    (Skus(label="x"), st.lists(st.sampled_from(["A-1", "B-2"]), min_size=1, unique=True).map(tuple)),
]


@pytest.mark.parametrize(("field", "values"), _fitting, ids=lambda it: type(it).__name__)
def test_what_a_field_shows_is_read_back_as_it_was(field: Asks, values: st.SearchStrategy[object]) -> None:
    answers = make_dataclass("One", [("it", object, field)], frozen=True)
    one = replace(short, answers=answers, fields=fields_of(answers))

    @given(values)
    def holds(value: object) -> None:
        entered = shown(field, value)
        assert isinstance(entered, str | tuple)
        assert read(one, {"it": entered}, knows).it == value

    holds()


@pytest.mark.parametrize(
    ("field", "value", "entry"),
    [
        (Text(label="x"), None, None),
        (Text(label="x"), "", None),
        (Skus(label="x"), (), None),
        (Choice(label="x", options=SIZES), "carrier pigeon", None),
        (Number(label="x", decimals=True), 2.5, "2.5"),
        (Number(label="x"), 2_500_000, "2500000"),
    ],
)
def test_what_cannot_stand_in_a_field_leaves_it_empty(field: Asks, value: object, entry: object) -> None:
    assert shown(field, value) == entry


@dataclass(frozen=True)
class To:
    department: str = asked(Choice(label="Department", of="departments"))
    size: str = asked(Choice(label="Size", options=SIZES))


def test_a_choice_of_departments_offers_those_of_the_house() -> None:
    @form(title="Send it")
    def send_it(answers: To, sent: Sent, facts: NoFacts) -> Saved:
        """Sends it."""
        return Saved()

    there = furnished(send_it, HOUSE)
    assert there.fields["department"] == Choice(
        label="Department", of="departments", options=(("warehouse", "Warehouse"), ("finance", "Finance"))
    )
    assert there.fields["size"] == send_it.fields["size"]
    assert read(there, {"department": "finance", "size": "s"}, lambda typed: Spelt({}, {})) == To("finance", "s")
    with pytest.raises(Wrong):
        read(there, {"department": "moon", "size": "s"}, lambda typed: Spelt({}, {}))


def test_a_form_on_no_alert_has_none() -> None:
    assert Sent("U1", datetime(2026, 1, 1, tzinfo=UTC), "demo", alert=opened()).on == opened()
    with pytest.raises(ValueError, match="on no alert"):
        _ = Sent("U1", datetime(2026, 1, 1, tzinfo=UTC), "demo").on


# Times of day, several of some options, and options that only the house knows.


@dataclass(frozen=True)
class Hours:
    starts: time | None = asked(TimeOfDay(label="From", optional=True))
    days: tuple[str, ...] = asked(Several(label="On", options=(("mon", "Monday"), ("tue", "Tuesday")), optional=True))
    department: str | None = asked(Choice(label="Department", of="departments", optional=True))
    size: str | None = asked(Choice(label="Size", options=SIZES, optional=True))


@form(title="Hours", own=True)
def hours(answers: Hours, sent: Sent, facts: NoFacts) -> Saved:
    """Asks for hours."""
    return Saved()


HOURS = furnished(hours, house())


@pytest.mark.parametrize(
    ("entered", "answers"),
    [
        ({}, Hours(None, (), None, None)),
        ({"starts": "06:30"}, Hours(time(6, 30), (), None, None)),
        ({"days": ("tue", "mon")}, Hours(None, ("mon", "tue"), None, None)),
        ({"department": "warehouse"}, Hours(None, (), "warehouse", None)),
    ],
)
def test_times_and_several_options_are_read(entered: Entered, answers: Hours) -> None:
    assert read(HOURS, entered, knows) == answers


@pytest.mark.parametrize(
    ("entered", "problem"),
    [
        ({"starts": "24:00"}, "This is no time of day."),
        ({"starts": "6:30"}, "This is no time of day."),
        ({"starts": ("06:30",)}, "This cannot be read."),
        ({"days": ("mon", "sun")}, "This is none of the options."),
        ({"days": "mon"}, "This cannot be read."),
        ({"department": "depot"}, "This is none of the options."),
    ],
)
def test_a_time_or_an_option_that_there_is_not_is_told_beside_its_field(entered: Entered, problem: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read(HOURS, entered, knows)
    assert {name: words(line) for name, line in wrong.value.problems.items()} == dict.fromkeys(entered, problem)


def test_only_what_the_house_knows_is_filled_in_by_it() -> None:
    assert HOURS.fields["size"] == hours.fields["size"]
    assert isinstance(HOURS.fields["department"], Choice)
    assert ("warehouse", "Warehouse") in HOURS.fields["department"].options
    with pytest.raises(Wrong):
        read(hours, {"department": "warehouse"}, knows)


@given(st.times().map(lambda each: each.replace(second=0, microsecond=0)), st.sets(st.sampled_from(["mon", "tue"])))
def test_times_and_options_that_a_field_shows_are_read_back(starts: time, days: set[str]) -> None:
    ticked = tuple(day for day in ("mon", "tue") if day in days)
    given = {"starts": starts, "days": ticked}
    entered = {name: shown(HOURS.fields[name], value) for name, value in given.items()}
    held = {name: value for name, value in entered.items() if isinstance(value, str | tuple)}
    answers = read(HOURS, held, knows)
    assert (answers.starts, answers.days) == (starts, ticked)
