"""How each part of a line is said: in numbers of the locale, in the reader's zone, and as data where it is data."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from bot.core.money import Money
from bot.core.parts import (
    Duration,
    Moment,
    MoneyRange,
    Part,
    Person,
    Quantity,
    Share,
    ShopText,
    Text,
    UserGroup,
    say,
    strong,
)
from bot.core.subject import Subject
from bot.edge.words import Look, elements, plain, text
from tests.edge.outgoing_fixtures import LOOK, NOON, lines

GERMAN = Look("de-DE", ZoneInfo("Europe/Berlin"))
AMERICAN = Look("en_US", ZoneInfo("America/New_York"))
NBSP = "\u00a0"


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.mark.parametrize(
    ("part", "look", "said"),
    [
        (Text("runs out "), LOOK, "runs out "),
        (ShopText(" Blue\nHoodie "), LOOK, "Blue Hoodie"),
        (Subject("sku", "SKU-123"), LOOK, "SKU-123"),
        (Person("U0ANNA"), LOOK, "@U0ANNA"),
        (UserGroup("S0OPS"), LOOK, "@S0OPS"),
        (euros(125_000), LOOK, "€1,250.00"),
        (euros(-125_000), LOOK, "-€1,250.00"),
        (euros(125_000), GERMAN, f"1.250,00{NBSP}€"),
        (Money(1250, "JPY"), AMERICAN, "¥1,250"),
        (Money(1250, "KWD"), LOOK, f"KWD{NBSP}1.250"),
        (Money(1250, "IQD"), LOOK, f"IQD{NBSP}1.250"),
        (euros(10**30), LOOK, "EUR 1.00E+28"),
        (MoneyRange(euros(210_456), euros(339_900)), LOOK, "€2.1k–3.4k"),
        (MoneyRange(euros(210_456), euros(339_900)), GERMAN, f"2,1k–3,4k{NBSP}€"),
        (MoneyRange(euros(34_000), euros(34_400)), LOOK, "€340"),
        (MoneyRange(euros(0), euros(99_500)), LOOK, "€0–1k"),
        (MoneyRange(euros(999), euros(1_234_500)), LOOK, "€10 – €12k"),
        (MoneyRange(euros(123_456_789), euros(5 * 10**11)), LOOK, "€1.2M – €5bn"),
        (MoneyRange(euros(10**26), euros(10**26 + 1)), LOOK, "€1.0E+15bn"),
        (MoneyRange(euros(18_900), euros(18_900)), LOOK, "€189.00"),
        (MoneyRange(euros(100), Money(100, "USD")), LOOK, "€1.00 – US$1.00"),
        (Quantity(410), LOOK, "410"),
        (Quantity(1410, "units"), GERMAN, "1.410 units"),
        (Quantity(92.345, "a day", 1), LOOK, "92.3 a day"),
        (Quantity(4.0, "d", 1), LOOK, "4 d"),
        (Quantity(-0.2), LOOK, "0"),
        (Quantity(math.nan, "units"), LOOK, "– units"),
        (Quantity(1e300), LOOK, "1.00e+300"),
        (Share(0.12), LOOK, "12%"),
        (Share(0.12, signed=True), LOOK, "+12%"),
        (Share(-0.125, digits=1, signed=True), LOOK, "-12.5%"),
        (Share(0.0, signed=True), LOOK, "0%"),
        (Share(0.125, digits=1), GERMAN, f"12,5{NBSP}%"),
        (Share(math.inf), LOOK, "–"),
        (Moment(NOON, "time"), LOOK, "15:00 CET"),
        (Moment(NOON, "day"), LOOK, "Thu 3 Dec"),
        (Moment(NOON, "both"), LOOK, "Thu 3 Dec 15:00 CET"),
        (Moment(NOON, "both"), AMERICAN, "Thu, Dec 3 9:00 AM EST"),
        (Duration(45), LOOK, "45 s"),
        (Duration(59.7), LOOK, "1 min"),
        (Duration(720), LOOK, "12 min"),
        (Duration(3590), LOOK, "1 h"),
        (Duration(4 * 3600), LOOK, "4 h"),
        (Duration(5400), GERMAN, "1,5 h"),
        (Duration(47 * 3600), LOOK, "47 h"),
        (Duration(3.5 * 86400), LOOK, "3.5 d"),
        (Duration(30 * 86400), LOOK, "30 d"),
        (Duration(-720), LOOK, "-12 min"),
        (Duration(math.inf), LOOK, "–"),
    ],
)
def test_a_part_is_said_in_the_shops_words(part: Part, look: Look, said: str) -> None:
    assert plain((part,), look) == said


def test_rich_text_keeps_each_part_an_element_of_its_own() -> None:
    line = say(strong("Next "), ShopText("<!channel>"), " by ", Moment(NOON), " · ", Person("U0ANNA"), "")
    assert elements(line, LOOK) == [
        {"type": "text", "text": "Next ", "style": {"bold": True}},
        {"type": "text", "text": "<!channel>"},
        {"type": "text", "text": " by "},
        {
            "type": "date",
            "timestamp": 1796306400,
            "format": "{date_short_pretty} {time}",
            "fallback": "Thu 3 Dec 15:00 CET",
        },
        {"type": "text", "text": " · "},
        {"type": "user", "user_id": "U0ANNA"},
    ]


def test_a_bold_line_is_bold_in_every_word_and_date() -> None:
    drawn = elements(say("a", Moment(NOON, "day"), Quantity(1)), LOOK, bold=True)
    assert [element["style"] for element in drawn] == [{"bold": True}] * 3


def test_the_fallback_mentions_people_and_nobody_else() -> None:
    line = say("a < b ", ShopText("<@U0BEN> *PAID*"), " ", Subject("sku", "@here"), " ", Person("U0ANNA"))
    said = text(line, LOOK)
    assert said.startswith("a &lt; b &lt;@")
    assert said.endswith(" <@U0ANNA>")
    assert said.count("<@") == 1


def test_a_user_group_is_called_by_its_id_alone_and_never_by_what_the_shop_says() -> None:
    line = say(ShopText("<!subteam^S0OPS>"), " ", Subject("sku", "<!subteam^S0OPS>"), " ", UserGroup("S0OPS"))
    assert text(line, LOOK).count("<!subteam^S0OPS>") == 1
    assert text(line, LOOK).endswith(" <!subteam^S0OPS>")
    assert [part for part in elements(line, LOOK) if part["type"] != "text"] == [
        {"type": "usergroup", "usergroup_id": "S0OPS"}
    ]


@pytest.mark.parametrize("id", ["", "@ops", "S0OPS|evil", "S0OPS\n", "<!channel>", "U0ANNA"])
def test_what_is_no_id_of_a_group_calls_nobody(id: str) -> None:
    assert "<" not in text((UserGroup(id),), LOOK)
    assert all(part["type"] == "text" for part in elements((UserGroup(id),), LOOK))


@pytest.mark.parametrize("id", ["", "anna", "U0ANNA|evil", "U0ANNA\n", "<!channel>", "u0anna"])
def test_a_person_whose_id_is_none_is_only_words(id: str) -> None:
    assert all(element["type"] == "text" for element in elements(say(Person(id)), LOOK))
    assert "<" not in text(say(Person(id)), LOOK)


def test_a_moment_before_1970_is_shown_by_its_fallback_time() -> None:
    assert elements((Moment(datetime(1969, 1, 1, tzinfo=UTC)),), LOOK)[0]["timestamp"] == 0


@given(lines)
def test_any_line_can_be_said_in_every_way_and_locale(line: tuple[Part, ...]) -> None:
    for look in (LOOK, GERMAN, replace(LOOK, locale="ar_EG")):
        assert "\n" not in plain(line, look) + text(line, look)
        drawn = elements(line, look)
        assert all(element.get("text", "x") for element in drawn)
        assert sum(element["type"] == "user" for element in drawn) <= sum(isinstance(part, Person) for part in line)
