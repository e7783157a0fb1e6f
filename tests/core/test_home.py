"""The App Home of a member."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time

import pytest

from bot.core.alerts import Alert
from bot.core.handlers import Acted, Action, Click, action
from bot.core.home import Visit, departments_of, home
from bot.core.known import AlertLine
from bot.core.message import Bullets, Buttons, Figures, Footer, Heading, Message, Paragraph
from bot.core.parts import Line, Text, say
from bot.core.preferences import NONE, Mentions, OwnQuiet, Preferences
from bot.core.schedule import WEEKDAYS, Slot
from bot.core.settings import Department, House
from bot.edge.render import home as view
from tests.core.samples import NOW
from tests.golden.files import LOOK

HOUSE = House({}, {name: Department(name, f"#{name}") for name in ("warehouse", "finance")})


def alert(number: int, person: str | None = None, department: str = "warehouse", *, due: bool = False) -> AlertLine:
    return AlertLine(
        number, "low_stock", "A", "acknowledged" if person else "firing", "HIGH", say("Hoodie runs out"), department,
        person, NOW, NOW if due else None, None, None, turn=3,
    )  # fmt: skip


def act(name: str, order: int, *states: str) -> Action:
    @action(label=name.capitalize(), order=order, states=states)
    def press(alert: Alert, click: Click) -> Acted:
        """Does it."""
        return Acted(alert, "taken")

    return Action(name, press.label, order, states, "", {}, press.act)


ACTIONS = (act("details", 4, "firing", "acknowledged"), act("take", 1, "firing"))


def at_home(
    visit: Visit, *alerts: AlertLine, slots: tuple[Slot, ...] = (), actions: tuple[Action, ...] = ()
) -> Message:
    return home(visit, alerts, slots, actions)


def words(line: Line) -> str:
    return "".join(part.text if isinstance(part, Text) else f"<{part.kind}>" for part in line)


def headings(message: Message) -> list[str]:
    return [block.text for block in message.blocks if isinstance(block, Heading)]


def paragraphs(message: Message) -> list[str]:
    return [words(block.line) for block in message.blocks if isinstance(block, Paragraph)]


def buttons(message: Message) -> list[list[tuple[str, str]]]:
    return [
        [(each.action, each.value) for each in block.buttons] for block in message.blocks if isinstance(block, Buttons)
    ]


def test_it_lists_what_i_hold_and_what_my_department_has_what_nobody_has_taken_first() -> None:
    alerts = (alert(1, "U1", due=True), alert(2, "U2"), alert(3), alert(4, department="finance"))
    shown = at_home(Visit("U1", ("warehouse",)), *alerts)
    assert headings(shown) == ["My alerts", "Open in warehouse", "My preferences"]
    assert paragraphs(shown) == [
        "A-1 HIGH Hoodie runs out · warehouse · due <moment>",
        "A-3 HIGH Hoodie runs out · nobody has taken it",
        "A-2 HIGH Hoodie runs out · held by <person>",
    ]


def test_who_has_no_department_sees_what_nobody_has_taken_anywhere() -> None:
    shown = at_home(Visit("U1"), alert(3), alert(4, department="finance"), alert(5, "U2"))
    assert headings(shown)[1] == "Nobody has taken"
    assert [line[:3] for line in paragraphs(shown)] == ["You", "A-3", "A-4"]


def test_an_alert_has_the_buttons_that_fit_its_state_for_the_turn_that_is_shown() -> None:
    shown = at_home(Visit("U1", ("warehouse",)), alert(1, "U1"), alert(2), actions=ACTIONS)
    assert buttons(shown) == [
        [("alert.details", "1.3")],
        [("alert.take", "2.3"), ("alert.details", "2.3")],
        [("ask", "/ops preferences")],
    ]


def test_the_first_act_and_details_are_in_sight_and_the_rest_is_in_the_menu() -> None:
    many = (*(act(f"act{order}", order, "firing") for order in range(9)), act("details", 4, "firing"))
    (shown, _) = [each for each in at_home(Visit("U1"), alert(2), actions=many).blocks if isinstance(each, Buttons)]
    assert [each.action for each in shown.buttons] == ["alert.act0", "alert.details"]
    assert [each.action for each in shown.menu] == [f"alert.act{order}" for order in range(1, 6)]


def test_an_alert_that_nothing_can_be_done_with_has_no_buttons() -> None:
    assert buttons(at_home(Visit("U1"), alert(2))) == [[("ask", "/ops preferences")]]


def test_a_department_that_has_only_what_i_hold_says_so() -> None:
    assert paragraphs(at_home(Visit("U1", ("warehouse",)), alert(1, "U1")))[-1] == "Nothing is open but what you hold."


def test_the_worst_stands_first_whatever_shop_it_is_of() -> None:
    low, critical = replace(alert(1, "U1"), severity="low"), replace(alert(2, "U1"), severity="critical")
    assert [line[:3] for line in paragraphs(at_home(Visit("U1"), low, critical))][:2] == ["A-2", "A-1"]


def test_the_next_digests_are_told_and_help_stands_at_the_end() -> None:
    shown = at_home(Visit("U1"), slots=(Slot("weekly", "key", NOW, date(2026, 11, 23)),))
    assert [[words(line) for line in block.lines] for block in shown.blocks if isinstance(block, Bullets)] == [
        ["weekly: <moment>"]
    ]
    assert isinstance(shown.blocks[-1], Footer)


@pytest.mark.parametrize(
    ("visit", "told"),
    [
        (Visit("U1"), ["You hold nothing.", "Everything open is in somebody's hands."]),
        (Visit("U1", ("finance",)), ["You hold nothing.", "Nothing is open."]),
    ],
)
def test_with_nothing_open_it_says_so(visit: Visit, told: list[str]) -> None:
    assert paragraphs(at_home(visit)) == told


@pytest.mark.parametrize(
    ("visit", "last"),
    [
        (Visit("U1"), "+2 more: /ops alerts"),
        (Visit("U1", ("warehouse",)), "+2 more: /ops alerts warehouse"),
        (Visit("U1", ("finance", "warehouse")), "+12 more: /ops alerts warehouse"),
    ],
)
def test_a_long_list_is_cut_and_says_where_the_rest_is(visit: Visit, last: str) -> None:
    assert paragraphs(at_home(visit, *(alert(number) for number in range(22))))[-1] == last


def test_however_much_is_open_and_however_many_departments_there_are_home_holds_its_preferences() -> None:
    names = tuple(f"department-{number}" for number in range(8))
    mine = [alert(number, "U1") for number in range(30)]
    theirs = [alert(100 + number, None, names[number % 8]) for number in range(300)]
    drawn = view(at_home(Visit("U1", names), *mine, *theirs, actions=ACTIONS), LOOK)
    assert len(drawn["blocks"]) <= 100 and "/ops preferences" in json.dumps(drawn)


EVERY_NIGHT = OwnQuiet(time(22), time(7), WEEKDAYS, "Europe/Berlin")


@pytest.mark.parametrize(
    ("visit", "figures"),
    [
        (
            Visit("U1"),
            ["not known: you are in no department's channel", "when a matter is handed to me, and when mine is due", "none"],
        ),
        (
            Visit("U1", ("warehouse", "finance"), Preferences(quiet=EVERY_NIGHT)),
            [
                "warehouse, finance, by the channels that you are in",
                "when a matter is handed to me, and when mine is due",
                "22:00 to 07:00, every day (Europe/Berlin)",
            ],
        ),
        (
            Visit(
                "U1",
                ("finance",),
                Preferences("finance", "never", OwnQuiet(time(12), time(13), ("tue", "mon"), "UTC", critical=True)),
            ),
            ["finance", "never", "12:00 to 13:00, Mon, Tue (UTC), but for critical matters"],
        ),
    ],
    ids=["nothing known", "by channels, with nights", "all said"],
)  # fmt: skip
def test_how_i_want_to_be_called_stands_below(visit: Visit, figures: list[str]) -> None:
    shown = [block for block in at_home(visit).blocks if isinstance(block, Figures)]
    assert [words(line) for _, line in shown[0].figures] == figures


@pytest.mark.parametrize("mentions", ["all", "handed", "due", "never"])
def test_every_way_of_being_mentioned_has_words(mentions: Mentions) -> None:
    figures = next(
        block
        for block in at_home(Visit("U1", wishes=Preferences(mentions=mentions))).blocks
        if isinstance(block, Figures)
    )
    assert words(figures.figures[1][1])


@pytest.mark.parametrize(
    ("wishes", "rooms", "departments"),
    [
        (Preferences("finance"), {"warehouse"}, ("finance",)),
        (Preferences("closed down"), {"warehouse"}, ("warehouse",)),
        (NONE, {"C0", "finance", "warehouse", "random"}, ("warehouse", "finance")),
        (NONE, {"random"}, ()),
    ],
    ids=["as they said", "of one that is gone", "by channels", "in none"],
)
def test_a_members_departments_are_the_one_they_said_or_those_whose_channels_they_are_in(
    wishes: Preferences, rooms: set[str], departments: tuple[str, ...]
) -> None:
    assert departments_of(wishes, HOUSE, rooms) == departments
