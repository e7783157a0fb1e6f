"""Exceptions to rules in a whole bot: what they change at once, what is told of them, and what comes back at their end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from bot.core.authority import EVERYBODY
from bot.core.exceptions import RuleException
from bot.core.forms import Submission
from bot.core.handlers import Refused, Reply, Request, ShowForm, ShowModal
from bot.core.message import Message
from bot.core.settings import Grant, Permissions, TwoPeople
from bot.people.acts import Act
from bot.store import audit
from bot.store.tables.work import rule_exception
from tests.bench import Bench, usual_house
from tests.core.samples import NOW
from tests.handlers.shelves import spoken, words

DAY = timedelta(days=1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def wanted(**changes: str) -> Submission:
    entries = {"skus": "mug", "knob": "low_stock.threshold", "value": "50", "reason": "sets of twelve"}
    return Submission("threshold", "U0BEN", NOW, "demo", "", {**entries, **changes})


def says(bench: Bench, verb: str, text: str = "") -> Reply | ShowForm | Act:
    return bench.desk.answer("ops", verb, Request(text, "U0ANA", "C1", bench.watch.now()))


def lines(bench: Bench, verb: str, text: str = "") -> list[str]:
    reply = says(bench, verb, text)
    assert isinstance(reply, Reply)
    return spoken(reply.message)


def known(bench: Bench, available: int = 40) -> None:
    """A SKU that sells one a day, so that nothing is wrong with forty of it."""
    bench.sells("MUG", 1)
    bench.stock("MUG", available)


SAID = "E-1: low_stock threshold «50» for SKU «MUG» in «demo» by @U0BEN: «sets of twelve»"


def test_a_member_sets_a_threshold_and_what_is_below_it_is_told_at_once(bench: Bench) -> None:
    known(bench)
    assert bench.shown("#warehouse") == []
    assert bench.desk.check(wanted()) == {}
    assert bench.shown("#operations") == []
    act = bench.desk.submit(wanted())
    assert act.changed and act.told is not None
    assert words(act.told) == f"{SAID}."
    assert len(bench.shown("#warehouse")) == 1
    assert bench.shown("#operations") == [f"A new exception. {SAID}; /ops thresholds end E-1 ends it."]


def test_why_tells_by_whom_the_exception_was_set(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted())
    assert any(
        line.endswith(
            "The stock is at or below its threshold, by exception E-1 of @U0BEN"
            " (low_stock threshold «50» for SKU «MUG» in «demo»): «sets of twelve»"
        )
        for line in lines(bench, "why", "A-1001")
    )
    assert any("by exception E-1 of @U0BEN" in line for line in lines(bench, "whynot", "MUG"))


def test_ended_the_rule_decides_as_usual_again_at_once(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted())
    bench.deliver_posts()
    assert lines(bench, "thresholds", "end E-1") == [f"Ended: {SAID}."]
    assert lines(bench, "thresholds") == ["Every rule is set alike for all. /ops threshold SKU sets one otherwise."]
    assert bench.shown("#warehouse")[0].startswith("RESOLVED")
    assert bench.shown("#operations") == [f"Ended by @U0ANA. {SAID}."]
    with pytest.raises(Refused) as refused:
        says(bench, "thresholds", "end E-1")
    assert words(refused.value.line).startswith("There is no exception E-1 that holds.")


def details(bench: Bench, number: int) -> str:
    act = bench.desk.act("details", number, 1, "U0ANA")
    assert isinstance(act.modal, ShowModal)
    return spoken(Message((), act.modal.blocks))[0]


def test_details_name_an_exception_only_while_the_rule_decides_by_it(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted(knob="oversold.backorders", value="5"))
    bench.stock("MUG", -6)
    shown = bench.shown("#warehouse")
    assert "by exception E-1 of @U0BEN" in details(bench, 1001)
    says(bench, "thresholds", "end E-1")
    assert "exception" not in details(bench, 1001)
    assert bench.shown("#warehouse") == shown


def test_switched_off_for_a_sku_its_open_alert_is_over_and_stays_so(bench: Bench) -> None:
    known(bench, 1)
    bench.deliver_posts()
    bench.desk.submit(wanted(knob="low_stock.off", value=""))
    assert bench.shown("#warehouse")[0].startswith("RESOLVED")
    bench.stock("MUG", 1, location="Lodz")
    bench.watch.forward(hours=3)
    bench.pipeline.tick()
    assert len(bench.shown("#warehouse")) == 1
    assert any("Switched off, by exception E-1 of @U0BEN" in line for line in lines(bench, "whynot", "MUG"))


def test_backorders_are_meant_for_one_sku_and_not_for_another(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted(knob="oversold.backorders", value="5"))
    bench.stock("MUG", -5)
    bench.stock("CUP", -5)
    told = [line for line in bench.shown("#warehouse") if "oversold" in line]
    assert len(told) == 1 and "CUP" in told[0]
    bench.stock("MUG", -6)
    assert len([line for line in bench.shown("#warehouse") if "oversold" in line]) == 2


def test_the_same_form_sent_twice_sets_one_exception_also_when_it_was_ended_in_between(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted())
    bench.desk.submit(wanted())
    assert len(bench.shown("#operations")) == 1
    says(bench, "thresholds", "end E-1")
    bench.desk.submit(wanted())
    assert bench.shown("#operations")[0].startswith("Ended by")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"value": "many"}, {"value": "«threshold must be a whole number»."}),
        ({"value": "-3"}, {"value": "«threshold must not be below zero»."}),
        ({"knob": "low_stok.threshold"}, {"value": "«there is no such rule»."}),
        ({"knob": "low_stock.treshold"}, {"value": "«treshold is no setting of it; did you mean 'threshold'?»."}),
        ({"skus": "MUGG"}, {"skus": "The shop does not know «MUGG» (nearest: MUG)."}),
    ],
)
def test_what_does_not_fit_the_rule_is_told_beside_its_field_and_nothing_is_set(
    bench: Bench, changes: dict[str, str], problems: dict[str, str]
) -> None:
    known(bench)
    found = bench.desk.check(wanted(**changes))
    assert {name: words(line) for name, line in found.items()} == problems
    assert not bench.desk.submit(wanted(**changes)).changed
    assert bench.shown("#operations") == []


def test_an_exception_that_is_over_is_told_and_the_rule_decides_as_usual_again(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted(until=str(int((NOW + DAY).timestamp()))))
    bench.deliver_posts()
    assert bench.thresholds.tick() == 0
    bench.watch.forward(days=1)
    assert (bench.thresholds.tick(), bench.thresholds.tick()) == (1, 0)
    assert bench.shown("#warehouse")[0].startswith("RESOLVED")
    assert bench.shown("#operations")[1].startswith("The exception is over. E-1: ")


def test_a_forgotten_exception_is_told_to_operations_once_a_month(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted())
    told = []
    for _ in range(10):
        bench.watch.forward(days=7)
        told += [bench.thresholds.tick(), bench.thresholds.tick()]
    assert sum(told) == 2
    assert [line.partition(":")[0] for line in bench.shown("#operations")[1:]] == ["Still an exception. E-1"] * 2


def test_the_form_offers_the_plain_settings_of_the_rules_about_skus_as_they_are_set(tmp_path: Path) -> None:
    made = Bench(tmp_path, settings={("rule", "low_stock"): {"margin_days": 9.0}})
    options = dict(says(made, "threshold", "MUG").options["knob"])  # type: ignore[union-attr]
    assert options["low_stock.margin_days"] == "low_stock: margin_days (usually 9.0)"
    assert {"low_stock.threshold", "oversold.backorders", "oversold.off"} < set(options)
    assert not any(key.startswith("payout_failed") for key in options)
    made.close()


def of_the_config(**changes: Any) -> RuleException:
    usual = RuleException(rule="low_stock", given=(("threshold", 50),), reason="it sells in sets")
    return replace(usual, **changes)


def item(bench: Bench, sku: str, vendor: str, *tags: str) -> None:
    bench.event("item.described", item=f"i-{sku}", sku=sku, vendor=vendor, groups=list(tags))


@pytest.mark.parametrize(
    ("exceptions", "is_told"),
    [
        ((), False),
        ((of_the_config(),), True),
        ((of_the_config(level="sku", pattern="MU*"),), True),
        ((of_the_config(level="vendor", pattern="Glas*"),), True),
        ((of_the_config(level="tag", pattern="fragile"),), True),
        ((of_the_config(level="tag", pattern="summer"),), False),
        ((of_the_config(), of_the_config(level="vendor", pattern="Glas*", given=(("threshold", 3),))), False),
        ((of_the_config(level="sku", pattern="MUG"), of_the_config(given=None)), True),
        ((of_the_config(until=NOW),), False),
    ],
)
def test_the_config_sets_a_rule_otherwise_for_a_sku_a_tag_a_vendor_or_for_all(
    tmp_path: Path, exceptions: tuple[RuleException, ...], is_told: bool
) -> None:
    made = Bench(tmp_path, usual_house(exceptions=exceptions))
    item(made, "MUG", "Glasbläserei", "Fragile")
    known(made)
    assert bool(made.shown("#warehouse")) == is_told
    made.close()


def test_what_a_member_set_for_a_sku_counts_before_what_the_config_says_of_it(tmp_path: Path) -> None:
    made = Bench(tmp_path, usual_house(exceptions=(of_the_config(level="sku", pattern="MUG"),)))
    known(made)
    assert len(made.shown("#warehouse")) == 1
    made.deliver_posts()
    made.desk.submit(wanted(value="3"))
    assert made.shown("#warehouse")[0].startswith("RESOLVED")
    assert [line.partition(" ")[0] for line in lines(made, "thresholds")] == ["E-1", "–"]
    made.close()


def test_what_a_rule_does_not_take_any_more_is_left_out(bench: Bench) -> None:
    known(bench)
    bench.desk.submit(wanted())
    with bench.store.write() as connection:
        connection.execute(update(rule_exception).values(given='[["gone", 1]]'))
    bench.deliver_posts()
    bench.watch.forward(minutes=1)
    bench.stock("MUG", 45)
    assert bench.shown("#warehouse")[0].startswith("RESOLVED")


def test_an_exception_to_a_rule_or_a_shop_that_is_gone_decides_nothing(bench: Bench) -> None:
    known(bench)
    for gone in (of_the_config(rule="gone", shop="demo"), of_the_config(shop="gone")):
        with bench.store.write() as connection:
            bench.pipeline.again(connection, gone, ["MUG"])
    assert bench.shown("#warehouse") == []


def test_where_there_is_no_exception_nothing_more_is_looked_up_than_whether_there_is_one(bench: Bench) -> None:
    known(bench)
    seen: list[str] = []
    with bench.store.write() as connection:
        listening = connection.engine, "before_cursor_execute", lambda *given: seen.append(given[2])
    event.listen(*listening)
    bench.stock("MUG", 39)
    event.remove(*listening)
    assert sum("rule_exception" in statement for statement in seen) == 1
    assert not any("FROM item_group" in statement for statement in seen)


def for_many(**changes: str) -> Submission:
    entries = {
        "label": "vendor", "name": "glas nord", "knob": "low_stock.threshold", "value": "50", "reason": "sets of twelve",
    }  # fmt: skip
    return Submission("label_threshold", "U0BEN", NOW, "demo", "", {**entries, **changes})


def glass(bench: Bench) -> None:
    """Two SKUs of a vendor and one of another, of each of which there is enough."""
    for sku, vendor in (("MUG", "Glas Nord"), ("CUP", "Glas Nord"), ("POT", "Töpferei")):
        item(bench, sku, vendor, "Fragile")
        bench.sells(sku, 1)
        bench.stock(sku, 40)


MANY = "E-1: low_stock threshold «50» for vendor «glas nord» in «demo» by @U0BEN: «sets of twelve»"


def test_a_member_sets_a_threshold_for_a_vendor_and_all_of_its_goods_are_decided_on_at_once(bench: Bench) -> None:
    glass(bench)
    assert bench.desk.check(for_many()) == {}
    act = bench.desk.submit(for_many())
    assert act.told is not None and words(act.told) == f"{MANY}; it is about 2 SKUs now."
    assert sorted(line.split()[1] for line in bench.shown("#warehouse")) == ["CUP", "MUG"]
    assert bench.shown("#operations") == [
        f"A new exception. {MANY}; it is about 2 SKUs now; /ops thresholds end E-1 ends it."
    ]
    assert any("by exception E-1 of @U0BEN (low_stock threshold «50» for vendor «glas nord»" in line
               for line in lines(bench, "whynot", "CUP"))  # fmt: skip
    assert not any("E-1" in line for line in lines(bench, "whynot", "POT"))


def test_one_for_a_tag_is_ended_like_that_of_a_sku_and_its_alerts_are_over(bench: Bench) -> None:
    glass(bench)
    bench.desk.submit(for_many(label="tag", name="fragile"))
    bench.deliver_posts()
    assert len(bench.shown("#warehouse")) == 3
    assert lines(bench, "thresholds")[0].startswith("E-1 | low_stock threshold «50» for tag «fragile»")
    says(bench, "thresholds", "end E-1")
    assert all(line.startswith("RESOLVED") for line in bench.shown("#warehouse"))


def test_what_gets_the_tag_later_is_meant_as_well(bench: Bench) -> None:
    glass(bench)
    bench.desk.submit(for_many(label="tag", name="summer"))
    assert bench.shown("#warehouse") == []


def test_of_many_skus_some_are_decided_on_at_once_and_the_others_by_ticks_each_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    glass(bench)
    monkeypatch.setattr("bot.people.thresholds.AT_ONCE", 1)
    bench.desk.submit(for_many(label="tag", name="fragile"))
    assert len(bench.shown("#warehouse")) == 1
    assert bench.thresholds.tick() == 3
    assert len(bench.shown("#warehouse")) == 3
    assert bench.thresholds.tick() == 0
    bench.deliver_posts()
    says(bench, "thresholds", "end E-1")
    bench.thresholds.tick()
    assert all(line.startswith("RESOLVED") for line in bench.shown("#warehouse"))


def test_who_may_set_one_for_a_sku_may_not_for_a_vendor_unless_it_is_granted(tmp_path: Path) -> None:
    few = Permissions((Grant((EVERYBODY,), ("threshold",)), Grant(("U0ANA",), ("label_threshold",))))
    made = Bench(tmp_path, usual_house(permissions=few))
    glass(made)
    for answer in (made.desk.check, made.desk.submit):
        with pytest.raises(Refused) as refusal:
            answer(for_many())
        assert words(refusal.value.line).startswith(
            "You have no permission for label threshold. Those who have: @U0ANA"
        )
    assert made.shown("#warehouse") == []
    assert made.desk.submit(replace(for_many(), person="U0ANA")).changed
    with made.store.read() as connection:
        told = [(each.person, each.act, each.outcome) for each in audit.deeds(connection, NOW - DAY)]
    refused = ("U0BEN", "label_threshold", "refused")
    assert told == [refused, refused, ("U0ANA", "label_threshold", "done")]
    made.close()


def test_a_second_person_reads_what_exactly_is_to_be_set_and_for_how_many(tmp_path: Path) -> None:
    both = Permissions((Grant((EVERYBODY,), ("label_threshold",)),), (TwoPeople(("label_threshold",)),))
    made = Bench(tmp_path, usual_house(permissions=both))
    glass(made)
    assert not made.desk.submit(for_many()).changed
    what = "low_stock threshold «50» for vendor «glas nord» in «demo»: «sets of twelve»; it is about 2 SKUs now"
    assert made.shown("#operations")[0].startswith(f"R-1: @U0BEN asks for label threshold: {what}. On this two")
    assert made.desk.act("agree", 1, 0, "U0ANA").changed
    assert len(made.shown("#warehouse")) == 2
    made.close()


def test_what_would_not_be_told_as_the_rule_is_set_now_is_over_also_where_nothing_is_known_of_its_sales(
    bench: Bench,
) -> None:
    bench.stock("MUG", 40)
    bench.desk.submit(wanted())
    bench.deliver_posts()
    assert len(bench.shown("#warehouse")) == 1
    says(bench, "thresholds", "end E-1")
    (told,) = bench.shown("#warehouse")
    assert told.startswith("RESOLVED")
    assert any("The rule is set otherwise now" in line for line in bench.body("#warehouse"))
    bench.watch.forward(minutes=11)
    bench.pipeline.tick()
    assert len(bench.shown("#warehouse")) == 1
