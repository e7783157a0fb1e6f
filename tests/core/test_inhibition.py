"""Which alert keeps which from being shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.alerts import Alert
from bot.core.facts import NoFacts
from bot.core.handlers import Inhibits, Rule
from bot.core.inhibition import inhibiting, inhibitor_of, inhibits
from bot.core.subject import Subject
from bot.core.verdict import Quiet, Severity
from tests.core.samples import fire, opened


def rule(name: str, *inhibited: Inhibits) -> Rule:
    return Rule(name, "sku", (), NoFacts, {}, lambda: Quiet(()), inhibited)


RULES = {
    each.name: each
    for each in (
        rule("oversold", Inhibits("low_stock")),
        rule("payment_failures", Inhibits("payment_failed", "provider")),
        rule("silent_source", Inhibits("invoice_overdue", "source")),
        rule("low_stock"),
    )
}
MUG, CARD = Subject("sku", "MUG"), Subject("payment_method", "stripe/card")


def alert(number: int, name: str, subject: Subject, severity: Severity = Severity.HIGH, **changes: Any) -> Alert:
    return replace(opened(), number=number, rule=name, subject=subject, severity=severity, **changes)


def failed(number: int, provider: str) -> Alert:
    labels = (("provider", provider),) if provider else ()
    return alert(number, "payment_failed", Subject("invoice", f"in_{number}"), fire=fire(labels=labels))


@pytest.mark.parametrize(
    ("other", "kept", "is_kept"),
    [
        # An oversold SKU says more than that it is low.
        (alert(1, "oversold", MUG), alert(2, "low_stock", MUG), True),
        (alert(1, "oversold", MUG), alert(2, "low_stock", Subject("sku", "CUP")), False),
        # It does not work the other way round, and nothing keeps itself quiet.
        (alert(1, "low_stock", MUG), alert(2, "oversold", MUG), False),
        (alert(1, "low_stock", MUG), alert(1, "low_stock", MUG), False),
        # A provider that is away explains each of its failed payments, and no other's.
        (alert(1, "payment_failures", CARD), failed(2, "stripe"), True),
        (alert(1, "payment_failures", CARD), failed(2, "paypal"), False),
        (alert(1, "payment_failures", CARD), failed(2, ""), False),
        # What a silent source would tell of may be over long since.
        (
            alert(1, "silent_source", Subject("source", "shopify")),
            alert(2, "invoice_overdue", Subject("invoice", "in_1"), source="shopify"),
            True,
        ),
        (
            alert(1, "silent_source", Subject("source", "shopify")),
            alert(2, "invoice_overdue", Subject("invoice", "in_1"), source="stripe"),
            False,
        ),
        (
            alert(1, "silent_source", Subject("source", "")),
            alert(2, "invoice_overdue", Subject("invoice", "in_1"), source=""),
            False,
        ),
        # A rule that was switched off meanwhile keeps nothing quiet.
        (alert(1, "gone", MUG), alert(2, "low_stock", MUG), False),
    ],
)
def test_an_alert_is_kept_by_one_that_says_more_of_the_same(other: Alert, kept: Alert, is_kept: bool) -> None:
    assert inhibits(other, kept, RULES) is is_kept


def test_of_several_the_worst_and_then_the_oldest_is_named() -> None:
    kept = alert(9, "low_stock", MUG)
    mild, older, worse = (
        alert(1, "oversold", MUG, Severity.MEDIUM),
        alert(2, "oversold", MUG, Severity.CRITICAL),
        alert(3, "oversold", MUG, Severity.CRITICAL),
    )
    assert inhibitor_of(kept, (mild, worse, older), RULES) == older
    assert inhibitor_of(kept, (), RULES) is None


def test_only_rules_that_say_so_are_asked() -> None:
    assert inhibiting("low_stock", RULES.values()) == ("oversold",)
    assert inhibiting("oversold", RULES.values()) == ()
