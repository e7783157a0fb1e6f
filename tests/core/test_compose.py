"""What stands in an alert's message, its notices, its details and a digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.core import compose
from bot.core.alerts import Alert, Change, Handover, Holder, handed_off, resolved, snoozed, taken
from bot.core.handlers import Action, Entry
from bot.core.known import LogLine
from bot.core.message import Block, Bullets, Buttons, Figures, Footer, Heading, Message, Paragraph, Title
from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, Part, Person, ShopText, Text, UserGroup, say
from bot.core.schedule import period_before
from bot.core.verdict import Severity, Step, View
from tests.core.samples import NOW, SHOP, fire, opened

LATER = NOW + timedelta(hours=1)


def words(line: Line) -> str:
    """A line as a reader of this test sees it."""
    return "".join(_shown(part) for part in line)


def _shown(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case ShopText(text):
            return f"«{text}»"
        case Person(id):
            return f"@{id}"
        case _:
            return f"<{part.kind}>"


def act(name: str, order: int, states: tuple[str, ...]) -> Action:
    return Action(name, name.capitalize(), order, states, "", {}, lambda: None, "x")  # type: ignore[arg-type,return-value]


ACTIONS = (
    act("details", 4, ("firing", "acknowledged", "snoozed", "resolved")),
    act("take", 1, ("firing", "snoozed")),
    act("resolve", 3, ("acknowledged",)),
)


def of_kind(message: Message, kind: type[Block]) -> list[Block]:
    return [block for block in message.blocks if isinstance(block, kind)]


def paragraphs(message: Message) -> list[str]:
    return [words(block.line) for block in message.blocks if isinstance(block, Paragraph)]


def test_an_alert_is_title_impact_figures_next_step_buttons_and_footer() -> None:
    message = compose.compose(opened(), ("warehouse",), ACTIONS)
    assert [type(block) for block in message.blocks] == [Title, Paragraph, Figures, Paragraph, Buttons, Footer]
    assert message.blocks[0] == Title(say("Hoodie runs out"), Severity.HIGH, "")
    assert paragraphs(message) == [
        "About 340 units short. · <money_range> at risk",
        (
            "Next  Warehouse confirms the expedite by <moment>, then Marketing decides on a swap"
            " · with warehouse, nobody has taken it"
        ),
    ]
    assert words(of_kind(message, Footer)[0].line) == "open since <moment> · rule low_stock · A-1042"  # type: ignore[union-attr]
    assert words(message.summary) == (
        "HIGH: Hoodie runs out. About 340 units short. · <money_range> at risk."
        " Warehouse: confirms the expedite by <moment>"
    )


def test_the_notification_tells_each_department_of_its_own_step_and_its_own_time() -> None:
    def told(alert: Alert, *departments: str) -> str:
        return words(compose.compose(alert, departments, ()).summary).rpartition(". ")[2]

    assert told(opened(), "marketing") == "Marketing: decides on a swap"
    with_marketing = handed_off(opened(), Holder("marketing"), NOW)
    assert told(with_marketing, "warehouse") == "Warehouse: confirms the expedite"
    with_finance = replace(handed_off(opened(), Holder("finance"), NOW), due_at=LATER)
    assert told(with_finance, "finance") == "Finance: confirms the expedite by <moment>"


def test_each_department_sees_its_own_impact_and_its_own_step_first() -> None:
    seen = paragraphs(compose.compose(opened(), ("marketing",), ACTIONS))
    assert seen[0].startswith("The sale will miss it.")
    assert seen[1].startswith("Next  Marketing decides on a swap, then Warehouse confirms")


def test_a_channel_of_two_departments_sees_both_impacts_and_each_figure_once() -> None:
    message = compose.compose(opened(), ("warehouse", "marketing"), ACTIONS)
    assert paragraphs(message)[0].startswith("About 340 units short. · The sale will miss it.")
    figures = of_kind(message, Figures)[0]
    assert isinstance(figures, Figures)
    assert [label for label, _ in figures.figures] == ["On hand", "Cover"]


def test_a_channel_whose_department_has_no_view_any_more_sees_the_holders() -> None:
    assert paragraphs(compose.compose(opened(), ("finance",), ACTIONS))[0].startswith("About 340 units short.")


def test_without_money_and_figures_nothing_is_made_up() -> None:
    plain = fire(views={"finance": View(say("It came back."), Step(say("calls the bank")))}, cost=None)
    message = compose.compose(replace(opened(), fire=plain), ("finance",), ())
    assert [type(block) for block in message.blocks] == [Title, Paragraph, Paragraph, Footer]
    assert paragraphs(message)[0] == "It came back."


@pytest.mark.parametrize(
    ("alert", "state", "line", "buttons"),
    [
        (taken(opened(), "U1", LATER), "TAKEN", "held by @U1 since <moment>", ["Resolve", "Details"]),
        (snoozed(opened(), LATER, "U1", NOW), "SNOOZED", "Snoozed until <moment> by @U1", ["Take", "Details"]),
        (snoozed(taken(opened(), "U1", NOW), LATER, "U2", NOW), "SNOOZED", "Snoozed until <moment> by @U2 · held by @U1 since <moment>", ["Take", "Details"]),
        (snoozed(opened(), None, "U1", NOW), "SNOOZED", "Snoozed until it gets worse, at the latest until <moment> by @U1", ["Take", "Details"]),
        (resolved(opened(), say("+500 restocked"), None, LATER), "RESOLVED", "Resolved <moment>: +500 restocked", ["Details"]),
        (resolved(opened(), say("done"), "U1", LATER), "RESOLVED", "Resolved <moment> by @U1: done", ["Details"]),
    ],
)  # fmt: skip
def test_the_state_is_in_the_title_the_next_line_and_the_buttons(
    alert: Alert, state: str, line: str, buttons: list[str]
) -> None:
    message = compose.compose(alert, ("warehouse",), ACTIONS)
    title, drawn = message.blocks[0], of_kind(message, Buttons)[0]
    assert isinstance(title, Title) and isinstance(drawn, Buttons)
    assert title.state == state
    assert paragraphs(message)[1].endswith(line)
    assert [button.label for button in drawn.buttons] == buttons
    assert {button.value for button in drawn.buttons} == {f"1042.{alert.turn}"}
    assert words(message.summary).startswith(f"{state}: Hoodie runs out")


def test_a_recurring_matter_and_the_age_of_its_figures_are_in_the_footer() -> None:
    alert = replace(opened(), recent=3, fire=fire(as_of=NOW))
    footer = of_kind(compose.compose(alert, ("warehouse",), ()), Footer)[0]
    assert isinstance(footer, Footer)
    assert "3 times in 30 days" in words(footer.line)
    assert "as of <moment>" in words(footer.line)


def test_a_message_has_at_most_four_buttons_with_five_more_in_the_menu_and_six_figures() -> None:
    many = tuple(act(f"a{number}", number, ("firing",)) for number in range(12))
    view = View(say("x"), Step(say("y")), tuple((f"f{number}", say("1")) for number in range(9)))
    message = compose.compose(replace(opened(), fire=fire(views={"finance": view})), ("finance",), many)
    buttons, figures = of_kind(message, Buttons)[0], of_kind(message, Figures)[0]
    assert isinstance(buttons, Buttons) and isinstance(figures, Figures)
    assert [button.label for button in buttons.buttons] == ["A0", "A1", "A2", "A3"]
    assert [button.label for button in buttons.menu] == ["A4", "A5", "A6", "A7", "A8"]
    assert len(figures.figures) == 6


def test_the_window_of_an_alert_tells_how_it_stands_and_all_that_can_be_done_now() -> None:
    many = tuple(act(f"a{number}", number, ("acknowledged",)) for number in range(6))
    blocks = compose.window(taken(opened(), "U1", LATER), (*many, *ACTIONS))
    assert [type(block) for block in blocks] == [Title, Paragraph, Buttons, Buttons, Footer]
    rows = [[button.label for button in block.buttons] for block in blocks if isinstance(block, Buttons)]
    assert rows == [["A0", "A1", "A2", "A3"], ["Resolve", "A4", "Details", "A5"]]
    assert paragraphs(Message((), blocks))[0].endswith("held by @U1 since <moment>")


FOREIGN = replace(opened(), holder=Holder("finance"), escalated_to=("finance",))


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        (FOREIGN, " · with finance, nobody has taken it, due <moment>"),
        (replace(FOREIGN, due_at=None), " · with finance, nobody has taken it"),
        (taken(FOREIGN, "U1", LATER), " · held by @U1 since <moment>, due <moment>"),
    ],
)
def test_whoever_has_no_step_of_their_own_reads_when_it_is_due_beside_the_holder(alert: Alert, told: str) -> None:
    assert paragraphs(compose.compose(alert, ("finance",), ()))[1].endswith(told)


@pytest.mark.parametrize(
    ("handover", "told"),
    [
        (Handover("U1", say("see the mail")), ", handed over by @U1: see the mail"),
        (Handover("U1"), ", handed over by @U1"),
        (None, ""),
    ],
)
def test_a_hand_over_is_told_to_whoever_has_it_now_with_what_was_said(handover: Handover | None, told: str) -> None:
    given = handed_off(opened(), Holder("warehouse", "U2"), LATER, handover=handover)
    notice = compose.notice(given, "handed_off").summary
    assert {part.id: part.call for part in notice if isinstance(part, Person)} == (
        {"U2": "handed"} | ({"U1": ""} if handover else {})
    )
    line = words(notice)
    assert line == f"Handed over: HIGH · Hoodie runs out · held by @U2 since <moment>{told}"


@pytest.mark.parametrize(
    ("change", "start"), [("escalated", "Worse: now "), ("reopened", "Back again: "), ("woken", "The snooze is over")]
)
def test_a_notice_in_the_thread_says_why_to_look_again(change: str, start: str) -> None:
    message = compose.notice(opened(), change)  # type: ignore[arg-type]
    assert words(message.summary).startswith(start)
    assert words(message.summary).endswith("HIGH · Hoodie runs out")


def test_details_tell_why_the_formula_every_view_every_line_and_the_log() -> None:
    alert = replace(opened(), fire=fire(details=(say("A: 12 short"),)))
    log = (LogLine(NOW, "opened", "", say("it sells fast")), LogLine(LATER, "taken", "U1", say("pressed Take it")))
    blocks = compose.details(alert, log)
    text = [words(block.line) for block in blocks if isinstance(block, Paragraph)]
    assert text == [
        "Why  it sells fast",
        "At risk  <money_range>: units short times price",
        "Warehouse  About 340 units short.",
        "Marketing  The sale will miss it.",
    ]
    lists = [[words(line) for line in block.lines] for block in blocks if isinstance(block, Bullets)]
    assert lists == [["A: 12 short"], ["<moment>  opened: it sells fast", "<moment>  taken by @U1: pressed Take it"]]


def test_what_happened_again_and_again_is_one_line_that_says_how_often() -> None:
    again = [LogLine(at, "updated", "", say("still so")) for at in (NOW, NOW, LATER)]
    log = [LogLine(NOW, "opened", "", say("still so")), *again, LogLine(LATER, "taken", "U1", say("pressed Take it"))]
    assert [words(line) for line in compose.happened(log)] == [
        "<moment>  opened: still so",
        "<moment>  updated: still so (3 times, last at <moment>)",
        "<moment>  taken by @U1: pressed Take it",
    ]


def test_a_long_log_shows_its_last_lines() -> None:
    log = [LogLine(NOW, "updated", "", say(str(number))) for number in range(30)]
    assert [words(line) for line in compose.happened(log)] == [f"<moment>  updated: {n}" for n in range(10, 30)]


def test_what_is_over_is_not_open_since_then() -> None:
    over = resolved(opened(), say("done"), None, LATER)
    footer = of_kind(compose.compose(over, ("warehouse",), ()), Footer)[0]
    assert words(footer.line) == "opened <moment> · rule low_stock · A-1042"  # type: ignore[union-attr]


def test_what_was_at_risk_no_longer_is_when_the_alert_is_resolved() -> None:
    over = resolved(opened(), say("restocked"), None, LATER)
    assert "at risk" in words(compose.compose(opened(), ("warehouse",), ()).summary)
    assert "was at risk" in words(compose.compose(over, ("warehouse",), ()).summary)
    assert "was at risk" not in words(compose.compose(opened(), ("warehouse",), ()).summary)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "About 340 units short. · <money_range> was at risk"),
        ({"loss": Money(500, "EUR")}, "About 340 units short. · <money_range> was at risk, it cost <money>"),
        ({"loss": Money(0, "EUR")}, "About 340 units short. · <money_range> was at risk, nothing was lost"),
        (
            {"worst": None, "loss": Money(5, "EUR")},
            "About 340 units short. · <money_range> was at risk, it cost <money>",
        ),
        ({"worst": None, "fire": fire(cost=None), "loss": Money(5, "EUR")}, "About 340 units short. · it cost <money>"),
        ({"worst": None, "fire": fire(cost=None)}, "About 340 units short."),
    ],
)
def test_what_it_cost_is_compared_with_what_was_at_risk(changes: dict[str, Any], said: str) -> None:
    over = replace(resolved(opened(), say("restocked"), None, LATER), **changes)
    assert paragraphs(compose.compose(over, ("warehouse",), ()))[0] == said


def test_what_ended_it_in_the_shop_stands_beside_a_persons_word() -> None:
    over = replace(resolved(opened(), say("ordered 500"), "U1", LATER), outcome=say("+500 restocked"))
    line = paragraphs(compose.compose(over, ("warehouse",), ()))[1]
    assert line == "Resolved <moment> by @U1: ordered 500 · Then  +500 restocked"


def test_details_leave_out_what_there_is_not() -> None:
    alert = replace(opened(), fire=fire(cost=None, views={"finance": View(say("x"), Step(say("y")))}))
    kinds = [type(block) for block in compose.details(alert, ())]
    assert kinds == [Title, Paragraph, Paragraph, Footer]


PERIOD = period_before(date(2026, 11, 23), 7, SHOP.zone)


def test_a_digest_with_nothing_to_say_is_one_line() -> None:
    message = compose.digest("finance", PERIOD, SHOP, [], [])
    assert paragraphs(message) == ["Nothing needs you."]
    assert words(message.summary) == "Finance digest · «Demo shop»: Nothing needs you."


def test_a_digest_begins_with_its_period_its_freshness_and_its_decisions() -> None:
    entries = [
        Entry((Heading("Stock"),), (say("3 SKUs at risk"),), decisions=3),
        Entry((Heading("Money"),), (say(MoneyRange(Money(1, "EUR"), Money(2, "EUR"))),)),
    ]
    message = compose.digest("warehouse", PERIOD, SHOP, entries, [("shopify", say(Moment(NOW)))], NOW)
    footer = message.blocks[1]
    assert isinstance(footer, Footer)
    assert (
        words(footer.line)
        == "«Demo shop» · Mon 16 Nov to Sun 22 Nov (Europe/Berlin) · late, it was due <moment> · as of shopify <moment>"
    )
    assert paragraphs(message) == ["3 decisions · 3 SKUs at risk · <money_range>"]
    assert [block.text for block in message.blocks if isinstance(block, Heading)] == [
        "Warehouse digest",
        "Stock",
        "Money",
    ]


@pytest.mark.parametrize(("decisions", "told"), [(0, "No decision"), (1, "1 decision"), (2, "2 decisions")])
def test_the_number_of_decisions_is_said_in_words(decisions: int, told: str) -> None:
    message = compose.digest("finance", PERIOD, SHOP, [Entry(decisions=decisions)], [])
    assert paragraphs(message) == [told]


@pytest.mark.parametrize(
    ("change", "holds", "called"),
    [("overdue", True, True), ("lapsing", True, True), ("lapsed", True, True), ("overdue", False, False),
     ("taken", True, False), ("escalated", True, False)],
)  # fmt: skip
def test_whom_an_escalation_names_is_called_where_the_alert_is_held(change: Change, holds: bool, called: bool) -> None:
    alert = replace(opened(), called=say(Person("U0ANNA"), UserGroup("S0OPS")))
    line = compose.notice(alert, change, holds).summary
    assert words(line).endswith(" · @U0ANNA <usergroup>") == called
