"""Exceptions as members set, list and end them, from plain facts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.exceptions import Knob, RuleException
from bot.core.facts import NoFacts
from bot.core.forms import Excepted, Sent, Wrong
from bot.core.handlers import EndException, Refused, Reply, Request, ShowForm
from handlers.commands import threshold as command
from handlers.commands import thresholds
from handlers.forms import label_threshold as many
from handlers.forms import threshold as form
from tests.core.samples import NOW, house
from tests.handlers.shelves import spoken, words

DAY = timedelta(days=1)
KNOBS = (
    Knob("low_stock", "probability", 0.3),
    Knob("low_stock", "threshold"),
    Knob("oversold", "backorders", 0),
)


def opens(text: str, knobs: tuple[Knob, ...] = KNOBS) -> ShowForm:
    shown = command.threshold.answer(Request(text, "U1", "C1", NOW, knobs=knobs), NoFacts())
    assert isinstance(shown, ShowForm) and shown.form == "threshold"
    return shown


@pytest.mark.parametrize(
    ("text", "skus", "knob", "value"),
    [
        ("MUG", ("MUG",), "low_stock.threshold", ""),
        ("", (), "low_stock.threshold", ""),
        ("4711", ("4711",), "low_stock.threshold", ""),
        ("MUG, CUP 12", ("MUG", "CUP"), "low_stock.threshold", "12"),
        ("MUG backorders 5", ("MUG",), "oversold.backorders", "5"),
        ("MUG oversold", ("MUG",), "oversold.backorders", ""),
        ("MUG low_stock probability 0,5", ("MUG",), "low_stock.probability", "0,5"),
        ("MUG oversold probability", ("MUG",), "low_stock.threshold", ""),
        ("MUG oversold off", ("MUG",), "oversold.off", ""),
        ("MUG off", ("MUG",), "low_stock.off", ""),
    ],
)
def test_the_form_opens_filled_with_what_was_typed(text: str, skus: tuple[str, ...], knob: str, value: str) -> None:
    assert opens(text).given == {"skus": skus, "knob": knob, "value": value}


@pytest.mark.parametrize(
    ("text", "label", "name", "knob", "value"),
    [
        ("vendor Glas Nord backorders 20", "vendor", "Glas Nord", "oversold.backorders", "20"),
        ("Vendor: Glas* off", "vendor", "Glas*", "low_stock.off", ""),
        ("tag:fragile low_stock 12", "tag", "fragile", "low_stock.threshold", "12"),
        ("tag", "tag", "", "low_stock.threshold", ""),
    ],
)
def test_a_vendor_or_a_tag_opens_the_form_for_many(text: str, label: str, name: str, knob: str, value: str) -> None:
    shown = command.threshold.answer(Request(text, "U1", "C1", NOW, knobs=KNOBS), NoFacts())
    assert isinstance(shown, ShowForm) and shown.form == "label_threshold"
    assert shown.given == {"label": label, "name": name, "knob": knob, "value": value}
    assert shown.options == opens("MUG").options


@pytest.mark.parametrize("text", ["TAG-12", "VENDORS", "tags 5"])
def test_a_sku_that_begins_like_them_is_a_sku(text: str) -> None:
    assert opens(text).given["skus"] == (text.split(maxsplit=1)[0],)


def test_one_chooses_among_the_settings_there_are_and_switching_a_rule_off() -> None:
    assert opens("MUG").options["knob"] == (
        ("low_stock.probability", "low_stock: probability (usually 0.3)"),
        ("low_stock.threshold", "low_stock: threshold"),
        ("oversold.backorders", "oversold: backorders (usually 0)"),
        ("low_stock.off", "low_stock: switch it off"),
        ("oversold.off", "oversold: switch it off"),
    )
    assert opens("MUG", KNOBS[2:]).given["knob"] == "oversold.backorders"


def test_without_a_rule_about_skus_there_is_nothing_to_set() -> None:
    with pytest.raises(Refused):
        opens("MUG", ())


def sent(**changes: Any) -> Excepted:
    entries: dict[str, Any] = {
        "skus": ("MUG",), "knob": "low_stock.threshold", "value": "12", "until": None, "reason": "sets of twelve",
    }  # fmt: skip
    did = form.threshold.send(form.Wanted(**entries | changes), Sent("U0BEN", NOW, "demo"), NoFacts())
    assert isinstance(did, Excepted)
    return did


USUAL = RuleException(
    rule="low_stock", level="sku", pattern="MUG", given=(("threshold", 12),), reason="sets of twelve", by="U0BEN",
    created=NOW, shop="demo",
)  # fmt: skip


def test_each_sku_has_an_exception_that_is_the_members_with_why_and_until_when() -> None:
    assert sent() == Excepted((USUAL,), "value")
    both = sent(skus=("MUG", "CUP"), knob="oversold.off", value=None, until=NOW + DAY)
    assert [(each.pattern, each.rule, each.given, each.until) for each in both.exceptions] == [
        ("MUG", "oversold", None, NOW + DAY),
        ("CUP", "oversold", None, NOW + DAY),
    ]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"value": None}, {"value": "Say to what threshold is set."}),
        ({"until": NOW}, {"until": "It would be over already."}),
        ({"reason": " "}, {"reason": "Say why, so that others know when they find it."}),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(changes: dict[str, Any], problems: dict[str, str]) -> None:
    with pytest.raises(Wrong) as wrong:
        sent(**changes)
    assert {name: words(line) for name, line in wrong.value.problems.items()} == problems


def sent_for_many(**changes: Any) -> Excepted:
    entries: dict[str, Any] = {
        "label": "vendor", "name": "Glas Nord", "knob": "oversold.backorders", "value": "20", "until": NOW + DAY,
        "reason": "blown to order",
    }  # fmt: skip
    facts = many.Facts(("fragile", "vendor-glas-nord"))
    did = many.label_threshold.send(many.Wanted(**entries | changes), Sent("U0BEN", NOW, "demo"), facts)
    assert isinstance(did, Excepted)
    return did


def test_one_for_a_vendor_or_a_tag_is_the_members_with_why_and_until_when() -> None:
    vendor = RuleException(
        rule="oversold", level="vendor", pattern="Glas Nord", given=(("backorders", 20),), reason="blown to order",
        by="U0BEN", until=NOW + DAY, created=NOW, shop="demo",
    )  # fmt: skip
    assert sent_for_many() == Excepted((vendor,), "value")
    (tag,) = sent_for_many(label="tag", name="Fragile", knob="oversold.off", value=None).exceptions
    assert (tag.level, tag.pattern, tag.given) == ("tag", "Fragile", None)


def test_a_vendor_that_the_shop_does_not_know_is_told_beside_its_field() -> None:
    with pytest.raises(Wrong) as wrong:
        sent_for_many(name="Glas Nort")
    assert {name: words(line) for name, line in wrong.value.problems.items()} == {
        "name": "The shop knows no vendor «Glas Nort». Did you mean «glas-nord»?"
    }


CONFIG = RuleException(rule="oversold", level="vendor", pattern="Glas*", reason="on demand")
OVER = RuleException(rule="oversold", level="vendor", pattern="Glas*", reason="over", until=NOW)
SLACK = RuleException(
    rule="low_stock", level="sku", pattern="MUG", given=(("threshold", 12),), reason="sets", by="U0BEN", created=NOW, id=3,
    until=NOW + DAY,
)  # fmt: skip


def asked(text: str, *held: RuleException, config: tuple[RuleException, ...] = ()) -> Reply | EndException:
    answer = thresholds.thresholds.answer(
        Request(text, "U1", "C1", NOW, house=house(exceptions=config)), thresholds.Facts(held, NOW)
    )
    assert isinstance(answer, Reply | EndException)
    return answer


def test_what_members_set_and_what_the_config_says_is_listed_with_who_why_and_until_when() -> None:
    reply = asked("", SLACK, config=(CONFIG, OVER))
    assert isinstance(reply, Reply) and reply.share
    assert words(reply.message.summary) == "2 exceptions hold"
    assert spoken(reply.message) == [
        "E-3 | low_stock threshold «12» for SKU «MUG» | <moment> | @U0BEN | «sets» | ",
        "– | oversold off for vendor «Glas*» | – | the config | «on demand» | ",
    ]


def test_a_long_list_says_what_it_leaves_out_and_an_empty_one_that_there_is_none() -> None:
    long, one, none = asked("", *[SLACK] * 33), asked("", SLACK), asked("")
    assert isinstance(long, Reply) and isinstance(none, Reply) and isinstance(one, Reply)
    assert spoken(long.message)[-1] == "+3 more"
    assert words(one.message.summary) == "1 exception holds"
    assert spoken(none.message) == ["Every rule is set alike for all. /ops threshold SKU sets one otherwise."]


@pytest.mark.parametrize("text", ["end E-3", "END e-3", "end  3"])
def test_an_exception_is_ended_by_its_name(text: str) -> None:
    assert asked(text) == EndException(3)


@pytest.mark.parametrize("text", ["E-3", "end", "end A-3", "end E-3 E-4"])
def test_what_names_no_exception_ends_none(text: str) -> None:
    with pytest.raises(Refused):
        asked(text)
