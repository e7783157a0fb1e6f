"""What a handler's function says of itself, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bot.core.events import ItemSold, StockChanged, Tick
from bot.core.facts import Count, Latest, NoFacts, Now, Total, TotalMoney, ask, count, queries, total, total_money
from bot.core.handlers import Click, Entry, Inhibits, Period, Reply, Request, Rule, action, command, rule, section
from bot.core.message import Message, button_value, read_button_value
from bot.core.parts import say
from bot.core.verdict import Quiet, Verdict


@dataclass(frozen=True)
class Facts:
    sold: int = total(ItemSold, "quantity", days=14)
    now: object = ask(Now())


def test_a_rule_reads_its_subscription_facts_settings_and_documentation_from_its_function() -> None:
    @rule(about="sku", inhibits=("low_stock",))
    def my_rule(event: StockChanged | Tick, facts: Facts, *, days: int = 7) -> Verdict:
        """Says nothing."""
        return Quiet(say("nothing"))

    assert isinstance(my_rule, Rule)
    assert (my_rule.name, my_rule.events, my_rule.facts) == ("my_rule", (StockChanged, Tick), Facts)
    assert my_rule.settings["days"].default == 7
    assert my_rule.doc == "Says nothing."
    assert my_rule.inhibits == (Inhibits("low_stock"),)


def test_one_event_alone_is_a_subscription_too() -> None:
    @rule(about="sku")
    def my_rule(event: Tick, facts: NoFacts) -> Verdict:
        """Says nothing."""
        return Quiet(say("nothing"))

    assert my_rule.events == (Tick,)


def undocumented(event: Tick, facts: NoFacts) -> Verdict:
    return Quiet(())


def of_no_event(event: int, facts: NoFacts) -> Verdict:
    """Documented."""
    return Quiet(())


def with_loose_facts(event: Tick, facts: Facts | None) -> Verdict:
    """Documented."""
    return Quiet(())


def with_plain_facts(event: Tick, facts: int) -> Verdict:
    """Documented."""
    return Quiet(())


def without_a_default(event: Tick, facts: NoFacts, *, days: int) -> Verdict:
    """Documented."""
    return Quiet(())


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (undocumented, "undocumented has no docstring"),
        (of_no_event, "must be annotated with the events"),
        (with_loose_facts, "must be annotated with its facts"),
        (with_plain_facts, "no dataclass of facts"),
        (without_a_default, "setting 'days' of without_a_default has no default"),
    ],
)
def test_a_function_that_says_too_little_is_refused_with_its_name(function: Callable[..., Any], complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        rule(about="sku")(function)


def test_a_fact_without_a_query_is_refused() -> None:
    @dataclass(frozen=True)
    class Loose:
        sold: int = 0

    with pytest.raises(TypeError, match="fact 'sold' of"):
        queries(Loose)


def test_commands_actions_and_sections_are_declared_alike() -> None:
    @command("ops", verb="now", usage="[x]")
    def now(request: Request, facts: Facts, *, rows: int = 3) -> Reply:
        """Tells the time."""
        return Reply(Message((), ()))

    @action(label="Do", order=1, states=("firing",))
    def do(alert: object, click: Click) -> Any:
        """Does it."""

    @section(departments=("finance",), order=1)
    def part(period: Period) -> Entry | None:
        """Part of it."""
        return None

    assert (now.name, now.verb, now.usage, now.facts, now.doc) == ("ops", "now", "[x]", Facts, "Tells the time.")
    assert (do.name, do.label, do.states) == ("do", "Do", ("firing",))
    assert (part.departments, part.facts) == (("finance",), NoFacts)


def test_facts_name_their_queries() -> None:
    assert list(queries(Facts)) == ["sold", "now"]
    found = count(ItemSold, hours=2, leaving_out={"retry": True})
    assert isinstance(found, Count)
    assert found.leaving_out == (("retry", True),)
    assert isinstance(count(ItemSold, hours=1), Count)
    assert isinstance(total_money(ItemSold, "amount", hours=1), TotalMoney)
    assert isinstance(total(ItemSold, "quantity", days=1), Total)
    assert ask(Latest(ItemSold)) == Latest(ItemSold)


def test_a_buttons_value_names_the_alert_and_the_turn() -> None:
    assert read_button_value(button_value(1042, 3)) == (1042, 3)


@pytest.mark.parametrize("value", ["", "1042", "1042.", ".3", "a.b", "1.2.3", "١.٢", "1" * 13 + ".1", "1." + "1" * 10])
def test_any_other_value_is_no_button(value: str) -> None:
    with pytest.raises(ValueError, match="not a button"):
        read_button_value(value)
