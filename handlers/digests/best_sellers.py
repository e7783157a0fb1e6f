"""What sold most."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.facts import BestSellers, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import Seller
from bot.core.message import Table
from bot.core.parts import Line, Quantity, Share, say
from bot.core.subject import Subject


@dataclass(frozen=True)
class Facts:
    sellers: tuple[Seller, ...] = ask(BestSellers(8))


@section(departments=("marketing",), order=30)
def best_sellers(period: Period, facts: Facts) -> Entry | None:
    """The SKUs that were ordered most, with the units of the period and of the one before it."""
    if not facts.sellers:
        return None
    header = ("SKU", "Product", "Units", "Before", "Change")
    table = Table("Best sellers", header, tuple(_row(seller) for seller in facts.sellers), numeric=(2, 3))
    return Entry((table,))


def _row(seller: Seller) -> tuple[Line, ...]:
    return (
        say(Subject("sku", seller.sku)),
        say(seller.title or "–"),
        say(Quantity(seller.units)),
        say(Quantity(seller.before)),
        say(Share(seller.units / seller.before - 1, signed=True) if seller.before else "new"),
    )
