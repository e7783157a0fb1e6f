"""What slash commands answer, from plain facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.demand import Demand
from bot.core.facts import NoFacts
from bot.core.handlers import Help, Refused, Reply, Request, ShowDigest
from bot.core.known import DecisionLine, Ground, LogLine, PlaceLine, PostLine, Story
from bot.core.message import Footer, Message, Table
from bot.core.parts import say
from handlers.commands import alerts, digest, help, stock, why, whynot
from tests.core.samples import NOW, SHOP, house
from tests.handlers.shelves import TODAY, alert, campaign, position, spoken, words

ASKED = Request("", "U1", "C1", NOW, departments=("warehouse", "finance", "operations"))


def typed(text: str) -> Request:
    return replace(ASKED, text=text)


def message(answer: object) -> Message:
    assert isinstance(answer, Reply)
    return answer.message


def stock_facts(**changes: object) -> stock.Facts:
    nothing: dict[str, object] = {
        "matching": (), "at_risk": (), "nearest": (), "alerts": (), "campaigns": (), "now": NOW, "today": TODAY,
    }  # fmt: skip
    return stock.Facts(**(nothing | changes))  # type: ignore[arg-type]


def test_stock_of_one_sku_is_a_card_with_its_alerts_and_campaigns() -> None:
    facts = stock_facts(
        matching=(position(inbound=50), position("HOODIE-L")),
        alerts=(alert(7), alert(8, subject="MUG")),
        campaigns=(campaign("HOODIE-M"), campaign("MUG"), campaign("HOODIE-M", lasts=None)),
    )
    reply = stock.stock.answer(typed("hoodie-m"), facts)
    assert spoken(message(reply)) == [
        "Stock of «The hoodie-m» (HOODIE-M)",
        "On hand: 40",
        "Committed: 3 units",
        "Inbound: 50, first <moment>",
        "Sells: 10 a day, today so far 0",
        "Cover: 4 d (3 to 5)",
        "A-7 HIGH · Hoodie runs out",
        "«Spring Sale» · <moment> to <moment>",
        "«Spring Sale» · <moment>",
    ]
    assert isinstance(reply, Reply) and reply.share


def test_a_day_that_beats_a_usual_one_is_still_told_as_it_stands() -> None:
    busy = replace(position(), demand=replace(position().demand, today=196.0))
    lines = spoken(message(stock.stock.answer(typed("hoodie-m"), stock_facts(matching=(busy,)))))
    assert any(line.startswith("Sells: ") and line.endswith(", today so far 196") for line in lines)


def test_the_only_match_is_a_card_too_even_when_nothing_is_known_of_it() -> None:
    unknown = replace(position(), levels=(), demand=Demand(day=TODAY), title=None)
    lines = spoken(message(stock.stock.answer(typed("hood"), stock_facts(matching=(unknown,)))))
    assert lines[0] == "Stock of HOODIE-M"
    assert "Cover: not known: it has not sold yet" in lines


def test_several_matches_are_a_table_that_says_what_it_leaves_out() -> None:
    many = tuple(position(f"SKU-{number}") for number in range(17))
    reply = stock.stock.answer(typed("sku"), stock_facts(matching=many))
    table = message(reply).blocks[0]
    assert isinstance(table, Table)
    assert len(table.rows) == 15
    assert spoken(message(reply))[-1] == "+2 more; name a SKU or a product for less"


@pytest.mark.parametrize("text", ["", "low", " LOW "])
def test_without_a_name_it_lists_what_needs_attention(text: str) -> None:
    owed, ample, uncounted = position("B", stock=-4, a_day=0), position("C", stock=900), position("D", stock=None)
    told, here = replace(ample, sku="E"), (alert(1, subject="E"), alert(2, subject="Z"))
    reply = stock.stock.answer(
        typed(text), stock_facts(at_risk=(owed, position("A"), ample, uncounted, told), alerts=here)
    )
    assert isinstance(table := message(reply).blocks[0], Table)
    assert table.caption == "What needs attention"
    rows = spoken(message(reply))
    assert rows[0].startswith("B | «The b» | -4 | 0 | 0 a day | ")
    assert [row.partition(" | ")[0] for row in rows] == ["B", "A", "E"]


def test_with_nothing_running_low_it_says_so() -> None:
    assert spoken(message(stock.stock.answer(typed("low"), stock_facts()))) == ["Nothing is running low."]


@pytest.mark.parametrize(
    ("nearest", "told"),
    [
        ((), "No SKU, product or location is called «hodie»."),
        (("A", "B"), "No SKU, product or location is called «hodie». The nearest: A, B."),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_ones(nearest: tuple[str, ...], told: str) -> None:
    with pytest.raises(Refused) as refused:
        stock.stock.answer(typed("hodie"), stock_facts(nearest=nearest))
    assert words(refused.value.line) == told


OPEN = (alert(1, "U1"), alert(2, due_at=NOW), alert(3, department="finance", cost_minor=None))


@pytest.mark.parametrize(
    ("text", "numbers"), [("", ["A-1", "A-2", "A-3"]), ("mine", ["A-1"]), ("Finance", ["A-3"]), ("warehouse", ["A-1", "A-2"])]
)  # fmt: skip
def test_alerts_are_listed_for_all_for_me_or_for_a_department(text: str, numbers: list[str]) -> None:
    lines = spoken(message(alerts.alerts.answer(typed(text), alerts.Facts(OPEN))))
    assert [line.split(" ")[0] for line in lines] == numbers


def test_where_there_are_several_shops_each_alert_says_of_which_it_is() -> None:
    both = replace(house(), shops={"demo": SHOP, "uk": replace(SHOP, name="uk")})
    reply = alerts.alerts.answer(replace(typed(""), house=both), alerts.Facts((alert(1, shop="uk"),)))
    assert spoken(message(reply)) == ["A-1 | HIGH | Hoodie runs out · uk | 2100 EUR | warehouse | – | "]


def test_an_alert_is_listed_with_its_money_holder_and_due_time() -> None:
    assert spoken(message(alerts.alerts.answer(typed(""), alerts.Facts(OPEN)))) == [
        "A-1 | HIGH | Hoodie runs out | 2100 EUR | @U1 | – | ",
        "A-2 | HIGH | Hoodie runs out | 2100 EUR | warehouse | <moment> | ",
        "A-3 | HIGH | Hoodie runs out | – | finance | – | ",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "Nothing is open."), ("mine", "You hold nothing that is open."), ("finance", "Nothing is open for finance.")],
)
def test_with_nothing_open_alerts_say_so(text: str, told: str) -> None:
    assert spoken(message(alerts.alerts.answer(typed(text), alerts.Facts(())))) == [told]


def test_one_open_alert_is_counted_in_the_singular_and_a_long_list_is_cut() -> None:
    assert words(message(alerts.alerts.answer(typed(""), alerts.Facts((alert(1),)))).summary) == "1 open alert"
    long = alerts.alerts.answer(typed(""), alerts.Facts(tuple(alert(number) for number in range(23))))
    assert spoken(message(long))[-1] == "+3 more"


def test_alerts_of_an_unknown_department_are_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused) as refused:
        alerts.alerts.answer(typed("depot"), alerts.Facts(()))
    assert words(refused.value.line) == "Alerts of whom? Say mine, or one of: warehouse, finance, operations."


@pytest.mark.parametrize(
    ("text", "department", "days"),
    [
        ("", "operations", 7),
        (" Finance ", "finance", 7),
        ("yesterday", "operations", 1),
        ("finance month", "finance", 30),
        ("14d finance", "finance", 14),
        ("warehouse 92", "warehouse", 92),
        ("10 days", "operations", 10),
    ],
)
def test_a_digest_is_shown_for_the_department_and_the_days_that_are_named(
    text: str, department: str, days: int
) -> None:
    assert digest.digest.answer(typed(text), NoFacts()) == ShowDigest(department, days)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "moon",
            "Whose digest, and of when? Say one of warehouse, finance, operations, and one of yesterday, day, week",
        ),
        ("financ", "Did you mean finance?"),
        ("0d", "A digest sums up 1 to 92 days."),
        ("finance 365 days", "A digest sums up 1 to 92 days."),
        ("week month", "One department and one period, please"),
    ],
)
def test_a_digest_of_nobody_or_of_no_time_is_refused_with_what_there_is(text: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        digest.digest.answer(typed(text), NoFacts())
    assert why in words(refused.value.line)


def test_help_lists_every_command() -> None:
    request = replace(ASKED, commands=(Help("/stock [SKU]", "Stock."), Help("/ops help", "This.")))
    assert spoken(message(help.help.answer(request, NoFacts()))) == ["/stock [SKU]  Stock.", "/ops help  This."]


def test_why_tells_the_facts_the_log_and_where_it_shows() -> None:
    log = (LogLine(NOW, "opened", "", say("it sells fast")), LogLine(NOW, "taken", "U1", say("pressed Take it")))
    posts = (
        PostLine("#warehouse", "shown", "", NOW + timedelta(seconds=1)),
        PostLine("#marketing", "wanted", "quiet hours", None),
    )
    places = (
        PlaceLine("finance", "", "muted by route 1", "", NOW),
        PlaceLine("marketing", "#marketing", "channel of marketing", "quiet hours", NOW),
        PlaceLine("warehouse", "#warehouse", "channel of warehouse", "", NOW),
    )
    ground = Ground("opened", NOW, "StockChanged from shopify", (("cover", "4 d"),))
    reply = why.why.answer(typed("A-7"), why.Facts(Story(alert(7), log, posts, ground, places)))
    assert spoken(message(reply)) == [
        "HIGH Hoodie runs out · rule low_stock, now firing",
        "Opened <moment> on StockChanged from shopify",
        "cover: «4 d»",
        "<moment>  opened: it sells fast",
        "<moment>  taken by @U1: pressed Take it",
        "finance: nowhere, muted by route 1",
        "marketing: #marketing, channel of marketing; quiet hours",
        "warehouse: #warehouse, channel of warehouse",
        "#warehouse: shown since <moment>",
        "#marketing: wanted (quiet hours)",
    ]


def test_why_of_an_alert_without_facts_or_posts_says_what_there_is() -> None:
    assert spoken(message(why.why.answer(typed("A-7"), why.Facts(Story(alert(7), (), ())))))[-1] == "nowhere yet"
    ground = Ground("escalated", NOW, "", ())
    told = spoken(message(why.why.answer(typed("A-7"), why.Facts(Story(alert(7), (), (), ground)))))
    assert told[1] == "Escalated <moment> because time had passed"


def decided(rule: str, verdict: str, **more: Any) -> DecisionLine:
    fields: dict[str, Any] = {"at": NOW, "since": NOW, "times": 1, "number": None, "subject": "MUG-OWL"}
    return DecisionLine(rule=rule, verdict=verdict, reason=say("it has 9 days"), **(fields | more))


def test_whynot_tells_what_each_rule_last_decided_and_why() -> None:
    known = (
        decided("low_stock", "quiet", times=7),
        decided("oversold", "fire", number=7),
        decided("big_order", "clear"),
    )
    told = spoken(message(whynot.whynot.answer(typed("mug-owl"), whynot.Facts(known, ()))))
    assert told[0] == "What was decided on «MUG-OWL»"
    assert told[-3:] == [
        "low_stock | says nothing | it has 9 days | <moment>, 7 times | – | ",
        "oversold | fires | it has 9 days | <moment> | A-7 | ",
        "big_order | is over | it has 9 days | <moment> | – | ",
    ]


def test_whynot_shows_the_newest_and_says_how_many_more_there_are() -> None:
    known = tuple(decided(f"rule_{number}", "quiet") for number in range(23))
    assert spoken(message(whynot.whynot.answer(typed("MUG"), whynot.Facts(known, ()))))[-1] == "+3 more"


@pytest.mark.parametrize(
    ("text", "nearest", "answer"),
    [
        (" ", (), "Name a SKU, a campaign or an order, such as /ops whynot MUG-OWL."),
        ("MUGG", (), "No rule was ever asked about «MUGG»."),
        ("MUGG", ("MUG-OWL",), "No rule was ever asked about «MUGG». The nearest: MUG-OWL."),
    ],
)
def test_whynot_of_what_nobody_asked_about_names_the_nearest(text: str, nearest: tuple[str, ...], answer: str) -> None:
    with pytest.raises(Refused) as refused:
        whynot.whynot.answer(typed(text), whynot.Facts((), nearest))
    assert words(refused.value.line) == answer


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A-9", "There is no A-9."),
        ("A-311", "There is no A-311. The nearest that is open: A-31 (Hoodie runs out)."),
        ("", "Name an alert by its number, such as A-1042. Open: A-31 (Hoodie runs out)."),
        ("MUG RED", "«MUG RED» is no alert's number. /ops whynot «MUG RED» tells what was decided on a SKU, a campaign or an order."),
    ],
)  # fmt: skip
def test_why_of_what_is_no_alert_is_refused_with_the_nearest_or_whom_else_to_ask(text: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        why.why.answer(typed(text), why.Facts(None, (alert(31),)))
    assert words(refused.value.line) == told


def test_a_card_ends_with_how_fresh_it_is() -> None:
    card = stock.stock.answer(typed("HOODIE-M"), stock_facts(matching=(position(),)))
    assert isinstance(message(card).blocks[-1], Footer)
