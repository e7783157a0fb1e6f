"""Which alerts share a message, and what it says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.alerts import Alert, resolved, snoozed, taken
from bot.core.groups import Group, Tally, compose, family, group_of, in_storm, more, still, told_later
from bot.core.money import Money
from bot.core.parts import MoneyRange, say
from bot.core.settings import NO_LABELS, Grouping, GroupLabel, Labels, Storm
from bot.core.subject import Subject
from bot.core.verdict import Severity
from tests.core.samples import NOW, fire, opened
from tests.handlers.shelves import words

LABELS = Labels(("summer", "vendor-glashaus", "vendor-other"), ("Berlin", "Lodz"))


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("rule", "low_stock"),
        ("family", "stock"),
        ("shop", "demo"),
        ("severity", "high"),
        ("subject", "HOODIE-M"),
        ("vendor", "glashaus, other"),
        ("location", "Berlin, Lodz"),
    ],
)
def test_alerts_are_put_together_by_what_they_have_in_common(label: GroupLabel, value: str) -> None:
    group = group_of(opened(), LABELS, Grouping((label,)), "route 2")
    assert group.labels == ((label, value),)
    other = group_of(opened(), LABELS, Grouping((label,)), "route 3")
    assert group.name != other.name, "alerts of two routes never share a message"


def test_what_belongs_to_no_part_of_the_business_has_no_family() -> None:
    assert family(replace(opened(), subject=Subject("text", "x"))) == ""


@pytest.mark.parametrize(
    ("storm", "lately", "is_one"), [(None, 99, False), (Storm(12), 11, False), (Storm(12), 12, True)]
)
def test_a_channel_that_has_had_enough_messages_gets_the_rest_of_a_rule_in_one(
    storm: Storm | None, lately: int, is_one: bool
) -> None:
    group = in_storm(opened(), storm, lately)
    assert (group is not None) == is_one
    if group is not None:
        assert (group.labels, group.grouping.wait) == ((("rule", "low_stock"), ("shop", "demo")), timedelta(0))


@pytest.mark.parametrize(
    ("change", "later"), [("opened", True), ("escalated", True), ("reopened", True), ("overdue", False)]
)
def test_only_what_is_new_or_worse_waits_for_the_groups_call(change: str, later: bool) -> None:
    assert told_later(change) is later  # type: ignore[arg-type]


def numbered(alert: Alert, number: int) -> Alert:
    return replace(alert, number=number)


def of(*labels: tuple[str, str]) -> Group:
    return Group("name", labels, Grouping(("rule",)))


EUROS = MoneyRange(Money(100_00, "EUR"), Money(200_00, "EUR"))


def test_the_message_counts_what_stands_and_lists_the_dearest_with_who_has_them() -> None:
    first = numbered(taken(opened(Severity.CRITICAL), "U0ANNA", NOW), 1)
    second = numbered(snoozed(opened(), NOW + timedelta(hours=1), "U0DEV", NOW), 2)
    third = numbered(replace(opened(), fire=fire(cost=None), due_at=None), 3)
    last = numbered(resolved(opened(), say("ok"), None, NOW), 4)
    tally = Tally(12, 1, 2, Severity.CRITICAL, (EUROS, MoneyRange(Money(5_00, "USD"), Money(5_00, "USD"))))
    message = compose(of(("rule", "low_stock"), ("vendor", "Glashaus")), tally, (first, second, third, last), NOW)
    assert words(message.summary).startswith("CRITICAL: 14 alerts: low stock, of «Glashaus». 12 open, 1 taken, 2 over")
    table = next(block for block in message.blocks if block.kind == "table")
    assert [(words(row[0]), words(row[3])) for row in table.rows] == [
        ("A-1 CRITICAL", "@U0ANNA"),
        ("A-2 SNOOZED", "@U0DEV"),
        ("A-3 HIGH", "warehouse"),
        ("A-4 RESOLVED", "warehouse"),
    ]
    assert words(table.rows[2][2]) == words(table.rows[2][4]) == "–"
    footer = next(block for block in message.blocks if block.kind == "footer")
    assert "+10 more: /ops alerts" in words(footer.line)


@pytest.mark.parametrize(
    ("tally", "says"),
    [
        (Tally(2, 2, 0, Severity.HIGH), "TAKEN: 2 alerts: everything on this route. 2 open, 2 taken. First"),
        (Tally(0, 0, 2, Severity.HIGH), "RESOLVED: 2 alerts: everything on this route. all over. First"),
        (Tally(1, 0, 0, Severity.LOW), "LOW: 1 alert: everything on this route. 1 open. First"),
    ],
)
def test_a_group_says_when_all_of_it_is_taken_or_over(tally: Tally, says: str) -> None:
    message = compose(of(("vendor", "")), tally, (numbered(opened(), 1), numbered(opened(), 2)), NOW)
    assert words(message.summary).startswith(says)


@pytest.mark.parametrize(
    ("label", "value", "says"),
    [
        ("family", "stock", "about stock"),
        ("shop", "uk", "in «uk»"),
        ("subject", "MUG", "on «MUG»"),
        ("location", "Lodz", "at «Lodz»"),
        ("severity", "high", "high at first"),
    ],
)
def test_what_a_group_has_in_common_is_said_in_words(label: str, value: str, says: str) -> None:
    message = compose(of((label, value)), Tally(2, 0, 0, Severity.HIGH), (opened(),), NOW)
    assert words(message.blocks[0].line) == f"2 alerts: {says}"  # type: ignore[union-attr]


def test_a_call_names_five_and_counts_the_others() -> None:
    alerts = [numbered(opened(), number) for number in range(1, 8)]
    told = words(more(alerts, 9).summary)
    assert told.startswith("9 new or worse: A-1 HIGH")
    assert told.endswith("; +4 more")
    assert "A-6" not in told
    assert words(more(alerts[:1], 1).summary).count(";") == 0


def test_what_still_stands_is_told_with_the_dearest() -> None:
    told = words(still(Tally(3, 1, 0, Severity.HIGH, (EUROS,)), [numbered(opened(), 7)]).summary)
    assert told.startswith("Still open: 3 open, 1 taken")
    assert "First: A-7" in told


def test_without_labels_a_vendor_is_nobody() -> None:
    assert group_of(opened(), NO_LABELS, Grouping(("vendor",)), "route 1").labels == (("vendor", ""),)
