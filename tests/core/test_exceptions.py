"""Which exceptions to a rule hold for a subject, and which of several counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.exceptions import (
    LEVELS,
    Level,
    RuleException,
    Settled,
    asks_labels,
    explained,
    meant,
    scalar,
    settle,
    what,
)
from bot.core.parts import say
from bot.core.subject import Subject
from bot.core.verdict import Clear
from tests.core.samples import NOW
from tests.handlers.shelves import words

HOUR = timedelta(hours=1)
MUG = Subject("sku", "MUG-1")
GROUPS = ("fragile", "vendor-glasbläserei", "summer-sale")


def exception(level: Level = "sku", pattern: str = "*", **changes: Any) -> RuleException:
    return RuleException(rule="low_stock", level=level, pattern=pattern, **changes)


def holds(each: RuleException, subject: Subject = MUG, rule: str = "low_stock", shop: str = "demo") -> bool:
    return bool(meant([each], rule, shop, subject, GROUPS, NOW))


@pytest.mark.parametrize(
    ("each", "for_it"),
    [
        (exception("rule"), True),
        (exception("sku", "MUG-1"), True),
        (exception("sku", "MUG-*"), True),
        (exception("sku", "mug-1"), False),
        (exception("sku", "CUP"), False),
        (exception("tag", "Fragile"), True),
        (exception("tag", "Summer *"), True),
        (exception("tag", "winter"), False),
        (exception("tag", "glas*"), False),
        (exception("vendor", "Glas*"), True),
        (exception("vendor", "fragile"), False),
        (exception("sku", "MUG-1", until=NOW), False),
        (exception("sku", "MUG-1", until=NOW + HOUR), True),
        (exception("sku", "MUG-1", shop="demo"), True),
        (exception("sku", "MUG-1", shop="other"), False),
        (replace(exception("sku", "MUG-1"), rule="oversold"), False),
    ],
)
def test_an_exception_holds_for_what_it_names_in_its_shop_until_its_end(each: RuleException, for_it: bool) -> None:
    assert holds(each) == for_it


def test_a_sku_is_meant_as_it_is_spelt_also_with_signs_that_patterns_have() -> None:
    assert holds(exception("sku", "A[1]"), Subject("sku", "A[1]"))


def test_a_star_in_a_sku_that_a_member_named_stands_for_itself() -> None:
    told = exception("sku", "MUG-*", id=1)
    assert [holds(told), holds(told, Subject("sku", "MUG-*"))] == [False, True]


def test_only_what_is_for_a_whole_rule_is_for_other_subjects_than_skus() -> None:
    order = Subject("order", "MUG-1")
    assert [holds(exception(level, "MUG-1"), order) for level in ("rule", "sku")] == [True, False]


@pytest.mark.parametrize(("level", "asks"), [("rule", False), ("sku", False), ("tag", True), ("vendor", True)])
def test_what_a_sku_is_labelled_is_asked_only_for_tags_and_vendors(level: Level, asks: bool) -> None:
    assert asks_labels([exception(level)], "low_stock") == asks
    assert not asks_labels([exception(level)], "oversold")


def ordered(*exceptions: RuleException) -> list[str]:
    return [each.reason for each in meant(exceptions, "low_stock", "demo", MUG, GROUPS, NOW)]


def test_a_sku_counts_before_a_tag_a_vendor_and_the_rule() -> None:
    levels: tuple[tuple[Level, str], ...] = (("sku", "MUG-*"), ("rule", "*"), ("vendor", "Glas*"), ("tag", "fragile"))
    told = [exception(level, pattern, reason=level) for level, pattern in levels]
    assert ordered(*told) == ["rule", "vendor", "tag", "sku"]


def test_on_one_level_slack_counts_before_the_config_the_newest_there_the_first_here() -> None:
    told = [
        exception(pattern="MUG-1", reason="config 1"),
        exception(pattern="MUG-*", reason="config 2"),
        exception(pattern="MUG-1", reason="slack new", id=9),
        exception(pattern="MUG-1", reason="slack old", id=4),
    ]
    assert ordered(*told) == ["config 2", "config 1", "slack old", "slack new"]


ANY, FEW, OFF = exception("rule"), exception("sku", id=1), exception("sku", id=2)


@pytest.mark.parametrize(
    ("weakest_first", "expected"),
    [
        ([], Settled({"threshold": 5, "margin": 1})),
        ([(FEW, {"threshold": 12})], Settled({"threshold": 12, "margin": 1}, (FEW,))),
        ([(ANY, {"threshold": 7, "margin": 2}), (FEW, {"threshold": 12})], Settled({"threshold": 12, "margin": 2}, (ANY, FEW))),
        ([(ANY, {"threshold": 7}), (FEW, {"threshold": 12})], Settled({"threshold": 12, "margin": 1}, (FEW,))),
        ([(FEW, {"threshold": 12}), (OFF, None)], Settled(None, (OFF,))),
        ([(OFF, None), (FEW, {"threshold": 12})], Settled({"threshold": 12, "margin": 1}, (FEW,))),
        ([(ANY, {"margin": 3}), (OFF, None), (FEW, {"threshold": 12})], Settled({"threshold": 12, "margin": 1}, (FEW,))),
    ],
)  # fmt: skip
def test_for_each_setting_the_strongest_that_names_it_counts(weakest_first: Any, expected: Settled) -> None:
    assert settle({"threshold": 5, "margin": 1}, weakest_first) == expected


_EXCEPTIONS = st.lists(
    st.builds(
        RuleException,
        rule=st.just("low_stock"),
        level=st.sampled_from(LEVELS),
        pattern=st.sampled_from(["*", "MUG-1", "CUP", "fragile", "Glas*"]),
        given=st.none() | st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), min_size=1).map(lambda d: tuple(d.items())),
        id=st.sampled_from([0, 0, 1, 2, 3, 4]),
        until=st.sampled_from([None, NOW, NOW + HOUR]),
        shop=st.sampled_from(["*", "demo", "other"]),
    ),
    max_size=7,
    unique_by=lambda each: each.id or id(each),
)  # fmt: skip


@given(_EXCEPTIONS)
def test_every_setting_is_the_one_of_the_strongest_exception_that_speaks_of_it(exceptions: list[RuleException]) -> None:
    found = meant(exceptions, "low_stock", "demo", MUG, GROUPS, NOW)
    pairs = [(each, None if each.given is None else dict(each.given)) for each in found]
    settled = settle({"a": -1, "b": -1, "c": -1}, pairs)
    number = {id(each): place for place, each in enumerate(exceptions)}
    ranked = sorted(
        (each for each in exceptions if holds(each)),
        key=lambda each: (-LEVELS.index(each.level), each.id == 0, -each.id, number[id(each)]),
    )
    if ranked and ranked[0].given is None:
        assert settled == Settled(None, (ranked[0],))
        return
    speaking = []
    for each in ranked:
        if each.given is None:
            break
        speaking.append(each)
    expected = {name: next((dict(each.given or ())[name] for each in speaking if name in dict(each.given or ())), -1) for name in "abc"}  # fmt: skip
    assert settled.settings == expected
    assert all(any(each is one for one in speaking) for each in settled.by)


@pytest.mark.parametrize(
    ("each", "text"),
    [
        (exception("sku", "MUG", given=(("threshold", 12),)), "low_stock threshold «12» for SKU «MUG»"),
        (exception("tag", "fragile", given=(("a", True), ("b", 0.5))), "low_stock a «true», b «0.5» for tag «fragile»"),
        (exception("vendor", "Glas*"), "low_stock off for vendor «Glas*»"),
        (exception("rule", shop="demo"), "low_stock off in «demo»"),
    ],
)
def test_an_exception_says_what_it_sets_and_for_what(each: RuleException, text: str) -> None:
    assert words(what(each)) == text


def test_a_verdict_tells_by_which_exceptions_it_was_made() -> None:
    clear = Clear(say("Enough"))
    assert explained(clear, ()) is clear
    slack = exception("sku", "MUG", given=(("threshold", 3),), id=7, by="U0BEN", reason="slow")
    config = exception("rule", given=(("margin", 2),))
    assert words(explained(clear, (config, slack)).reason) == (
        "Enough, by an exception in the config (low_stock margin «2»)"
        " and by exception E-7 of @U0BEN (low_stock threshold «3» for SKU «MUG»): «slow»"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("-3", -3), ("0.5", 0.5), ("0,5", 0.5), ("true", True), ("False", False), ("4h", "4h"), ("012", "012"), ("1e9", "1e9")],
)  # fmt: skip
def test_what_is_typed_is_read_as_the_config_reads_it(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@given(st.text(max_size=12))
def test_anything_typed_is_some_value(text: str) -> None:
    assert isinstance(scalar(text), bool | int | float | str)
