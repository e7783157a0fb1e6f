"""How long an exception may hold, how people hear of it, and when they are reminded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core.exceptions import RuleException
from bot.core.thresholds import Label, answered, ended, laid, no_such_label, over, problems, reminded, reminder, told
from tests.core.samples import NOW
from tests.handlers.shelves import words

DAY = timedelta(days=1)


def exception(**changes: Any) -> RuleException:
    fields: dict[str, Any] = {
        "rule": "low_stock", "level": "sku", "pattern": "MUG", "given": (("threshold", 12),), "reason": "sets of twelve",
        "by": "U0BEN", "created": NOW, "id": 3,
    }  # fmt: skip
    return RuleException(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, {}),
        ({"until": NOW + 366 * DAY}, {}),
        ({"until": NOW}, {"until": "it would be over already"}),
        ({"until": NOW + 367 * DAY}, {"until": "that is more than a year; leave it empty to have it hold until somebody ends it"}),
        ({"reason": " "}, {"reason": "say why, so that others know when they find it"}),
    ],
)  # fmt: skip
def test_an_exception_needs_a_reason_and_ends_within_a_year_if_it_has_an_end(
    changes: dict[str, Any], wrong: dict[str, str]
) -> None:
    assert problems(exception(**changes), NOW) == wrong


@pytest.mark.parametrize(
    ("days", "until", "key"),
    [
        (29.9, None, None),
        (30, None, "month-1"),
        (400, None, "month-13"),
        (30, NOW + 31 * DAY, "month-1"),
        (30, NOW + 30 * DAY, None),
    ],
)
def test_an_exception_is_reminded_of_once_a_month_while_it_holds(
    days: float, until: datetime | None, key: str | None
) -> None:
    slot = reminder(exception(until=until), NOW + timedelta(days=days))
    assert (slot.key if slot else None) == key


def test_one_of_the_config_is_nobodys_to_be_reminded_of() -> None:
    assert reminder(exception(created=None), NOW + 100 * DAY) is None


KEYS = ("/p/mug", "fragile", "summer-sale", "vendor-glas-nord", "vendor-glasbläserei", "vendor-töpferei")


@pytest.mark.parametrize(
    ("label", "name", "why"),
    [
        ("vendor", "Glas Nord", None),
        ("vendor", "glas*", None),
        ("tag", "Summer Sale", None),
        ("tag", "tag: Fragile", None),
        ("vendor", "Glas Nort", "The shop knows no vendor «Glas Nort». Did you mean «glas-nord»?"),
        ("vendor", "glas", "The shop knows no vendor «glas». Did you mean «glas-nord» or «glasbläserei»?"),
        ("vendor", "Fragile", "The shop knows no vendor «Fragile». There is a tag of that name."),
        ("tag", "Töpferei", "The shop knows no tag «Töpferei». There is a vendor of that name."),
        ("tag", "p-mug", "The shop knows no tag «p-mug»."),
        ("vendor", "*", "Name a vendor."),
        ("tag", " !! ", "Name a tag."),
    ],
)
def test_a_vendor_or_a_tag_that_the_shop_does_not_know_is_answered_with_the_nearest(
    label: Label, name: str, why: str | None
) -> None:
    told = no_such_label(label, name, KEYS)
    assert (None if told is None else words(told)) == why


@pytest.mark.parametrize(
    ("reach", "said"),
    [(None, ""), (0, "; it is about 0 SKUs now"), (1, "; it is about 1 SKU now"), (37, "; it is about 37 SKUs now")],
)
def test_what_is_for_many_says_for_how_many(reach: int | None, said: str) -> None:
    many = exception(level="vendor", pattern="Glas")
    line = "E-3: low_stock threshold «12» for vendor «Glas» by @U0BEN: «sets of twelve»"
    assert words(answered(many, reach)) == f"{line}{said}."
    assert words(laid(many, reach).summary) == f"A new exception. {line}{said}; /ops thresholds end E-3 ends it."


def test_operations_hear_of_its_beginning_its_end_and_that_it_is_still_there() -> None:
    said = "E-3: low_stock threshold «12» for SKU «MUG» by @U0BEN: «sets of twelve»"
    assert words(told(exception())) == said
    assert words(told(exception(until=NOW + DAY))).startswith(
        "E-3: low_stock threshold «12» for SKU «MUG» until <moment>"
    )
    assert words(laid(exception()).summary) == f"A new exception. {said}; /ops thresholds end E-3 ends it."
    assert words(reminded(exception()).summary) == f"Still an exception. {said}; /ops thresholds end E-3 ends it."
    assert words(ended(exception(), "Ute").summary) == f"Ended by «Ute». {said}."
    assert words(over(exception()).summary) == f"The exception is over. {said}."
