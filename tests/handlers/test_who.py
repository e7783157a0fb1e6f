"""What /ops who answers, from plain facts."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.handlers import Refused, Reply, Request
from bot.core.known import AlertLine
from bot.core.settings import Department, House, Outside, QuietHours, WorkingHours
from bot.core.silences import Held, Silence
from bot.core.verdict import Severity
from handlers.commands import who
from tests.core.samples import NOW
from tests.handlers.shelves import alert, spoken, words

UTC = ZoneInfo("UTC")
# NOW is a Monday, 10:00 in UTC: within the first of these hours and outside of the second.
DAY = WorkingHours(("mon", "tue"), time(8), time(16), UTC)
NIGHT = WorkingHours(("mon",), time(20), time(23), UTC)
NAP = QuietHours(time(9), time(15), UTC)
ALERTS = (
    alert(1, "U1ANNA", severity="CRITICAL"),
    alert(2, "U1ANNA", due_at=NOW),
    alert(3),
    alert(4, department="finance"),
)


def house(*departments: Department) -> House:
    return House({}, {each.name: each for each in departments})


def warehouse(**more: object) -> Department:
    return Department("warehouse", "warehouse", **more)  # type: ignore[arg-type]


def asked(text: str = "", alerts: tuple[AlertLine, ...] = (), silences: tuple[Held, ...] = (), **more: object) -> Reply:
    rooms = more.get("house", house(warehouse(), Department("finance", "finance")))
    request = Request(text, "U1ANNA", "C1", NOW, house=rooms)  # type: ignore[arg-type]
    reply = who.who.answer(request, who.Facts(alerts, silences))
    assert isinstance(reply, Reply) and reply.share
    return reply


def silence(id: int, *keeps: str) -> Held:
    return Held(Silence(id, NOW + timedelta(days=1), "U1", "count", NOW, "low_stock"), keeps)


@pytest.mark.parametrize(
    ("department", "told"),
    [
        (warehouse(), "warehouse  works at any time · nothing open"),
        (warehouse(hours=DAY), "warehouse  open until <moment> · nothing open"),
        (warehouse(hours=NIGHT), "warehouse  closed, opens <moment> · nothing open"),
        (
            warehouse(hours=NIGHT, quiet=Outside()),
            "warehouse  closed, opens <moment> · quiet when closed up to high, now until <moment> · nothing open",
        ),
        (warehouse(quiet=Outside(), hours=DAY), "warehouse  open until <moment> · quiet when closed up to high · nothing open"),
        (
            warehouse(quiet=NAP),
            "warehouse  works at any time · quiet 09:00 to 15:00 UTC up to high, now until <moment> · nothing open",
        ),
        (
            warehouse(quiet=QuietHours(time(22), time(6), UTC, Severity.CRITICAL)),
            "warehouse  works at any time · quiet 22:00 to 06:00 UTC · nothing open",
        ),
    ],
    ids=["always", "open", "closed", "rests", "will rest", "quiet now", "quiet later"],
)  # fmt: skip
def test_a_department_is_told_with_its_hours_and_its_rest(department: Department, told: str) -> None:
    assert spoken(asked(house=house(department)).message)[0] == told


def test_a_department_is_told_with_what_it_has_and_what_silences_keep_quiet_of_it() -> None:
    told = spoken(asked("", ALERTS, (silence(3, "A-1", "A-3", "A-4"), silence(4, "A-9"))).message)
    assert told[:2] == [
        "warehouse  works at any time · 3 open alerts, 1 with nobody · S-3 keeps 2 of them quiet until <moment>",
        "finance  works at any time · 1 open alert, 1 with nobody · S-3 keeps 1 of them quiet until <moment>",
    ]


def test_holders_are_listed_whoever_has_most_first_with_the_worst_and_the_next_due() -> None:
    assert spoken(asked("", ALERTS).message)[2:] == [
        "@U1ANNA | 2 | A-1 CRITICAL | <moment> | ",
        "nobody of finance | 1 | A-4 HIGH | – | ",
        "nobody of warehouse | 1 | A-3 HIGH | – | ",
    ]


def test_with_nothing_open_it_says_so() -> None:
    assert spoken(asked().message)[-1] == "Nothing is open."


@pytest.mark.parametrize("typed", ["me", "ME", "<@U1ANNA>", "<@U1ANNA|anna>", "@U1ANNA", "U1ANNA"])
def test_of_a_person_it_tells_what_they_hold(typed: str) -> None:
    assert spoken(asked(typed, ALERTS).message) == [
        "@U1ANNA holds 2 alerts",
        "A-1 | CRITICAL | Hoodie runs out | @U1ANNA | – | ",
        "A-2 | HIGH | Hoodie runs out | @U1ANNA | <moment> | ",
    ]


def test_of_a_person_who_holds_nothing_it_tells_that() -> None:
    assert spoken(asked("<@U2BEN>", ALERTS).message) == ["@U2BEN holds nothing"]


def test_of_a_department_it_tells_what_it_has_whoever_holds_it() -> None:
    told = spoken(asked("Warehouse", ALERTS).message)
    assert told[0].startswith("warehouse  works at any time · 3 open alerts, 1 with nobody")
    assert [row.split(" | ")[0] for row in told[1:]] == ["A-1", "A-2", "A-3"]
    assert told[3] == "A-3 | HIGH | Hoodie runs out | warehouse | – | "


def test_long_lists_say_how_many_they_leave_out() -> None:
    many = tuple(alert(number, f"U1{number}") for number in range(23))
    assert spoken(asked("", many).message)[-1] == "+3 more"
    assert spoken(asked("warehouse", many).message)[-1] == "+3 more"


@pytest.mark.parametrize(
    ("typed", "hint"), [("warehose", " Did you mean warehouse?"), ("@anna", ""), ("depot", "")]
)  # fmt: skip
def test_whom_nobody_knows_is_answered_with_the_nearest_department(typed: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(typed)
    assert words(refused.value.line) == (
        "Who is that? Say me, pick a person that Slack offers after @, or name a department: warehouse, finance." + hint
    )
