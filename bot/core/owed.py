"""What is owed to the shop, by age and by currency. Amounts of different currencies are never added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.known import Receivable
from bot.core.message import Table
from bot.core.money import Money
from bot.core.parts import Line, Quantity, ShopText, join, say
from bot.core.stock import DAY

AGES: tuple[tuple[str, float], ...] = (
    ("not due", 0.0),
    ("0-7 days", 7.0),
    ("8-30 days", 30.0),
    ("over 30 days", float("inf")),
)
"""Each age by its name, with the most days that have passed since the due day."""


@dataclass(frozen=True, slots=True)
class Aged:
    """What is outstanding of one age in one currency, the largest amount first; never empty."""

    age: str
    receivables: tuple[Receivable, ...]


def by_age(receivables: Iterable[Receivable], now: datetime) -> tuple[Aged, ...]:
    """What is outstanding by the days since it was due, the youngest first, and by currency, in alphabetical order.
    What has no due day is not due."""
    aged: dict[tuple[int, str], list[Receivable]] = {}
    for each in sorted(receivables, key=lambda each: -each.outstanding.minor):
        days = (now - each.due) / DAY if each.due else 0.0
        place = next(place for place, (_, most) in enumerate(AGES) if days <= most)
        aged.setdefault((place, each.outstanding.currency), []).append(each)
    return tuple(Aged(AGES[place][0], tuple(aged[place, code])) for place, code in sorted(aged))


def table(receivables: Iterable[Receivable], now: datetime) -> Table:
    """A row for each age and currency: how many are open, how much that is, and the largest."""
    rows = tuple(
        (
            say(aged.age),
            say(Quantity(len(aged.receivables))),
            in_words(each.outstanding for each in aged.receivables),
            say(ShopText(aged.receivables[0].number)),
        )
        for aged in by_age(receivables, now)
    )
    return Table("Outstanding by age", ("Overdue", "Open", "Amount", "Largest"), rows, numeric=(1, 2))


def sums(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """A sum a currency, in the order in which the currencies come up."""
    added: dict[str, Money] = {}
    for amount in amounts:
        added[amount.currency] = added[amount.currency] + amount if amount.currency in added else amount
    return tuple(added.values())


def in_words(amounts: Iterable[Money]) -> Line:
    """The sums of amounts, one a currency: "€12.00 + $3.00"."""
    return join([say(amount) for amount in sums(amounts)], " + ")
