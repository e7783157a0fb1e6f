"""What the digest of operations says of the budgets of interruptions."""

from __future__ import annotations

from datetime import date

from bot.core.known import InterruptionLine
from bot.core.message import Bullets, Table
from bot.core.schedule import period_before
from handlers.digests.interruptions import Facts, interruptions
from tests.core.samples import SHOP
from tests.handlers.shelves import lines, words

PERIOD = period_before(date(2026, 11, 23), 7, SHOP.zone)


def line(rule: str, told: int, exceeded: int = 0, day: int = 16, channel: str = "#warehouse") -> InterruptionLine:
    return InterruptionLine(channel, f"2026-11-{day}", rule, told, exceeded)


def test_where_no_channel_has_a_budget_nothing_is_said() -> None:
    assert interruptions.write(PERIOD, Facts(())) is None


def test_each_channel_is_counted_with_the_days_that_were_too_much_and_the_rules_that_spent_it() -> None:
    facts = Facts((
        line("low_stock", 9, 4), line("low_stock", 3, 0, day=17), line("oversold", 3, 1), line("big_order", 1),
        line("out_of_stock", 2, 1, day=18), line("payout_failed", 4, channel="#finance"),
    ))  # fmt: skip
    entry = interruptions.write(PERIOD, facts)
    assert entry is not None
    table, rules = (next(block for block in entry.blocks if isinstance(block, kind)) for kind in (Table, Bullets))
    assert [words(row) for row in lines(table)] == ["#warehouse | 18 | 6 | 2 | ", "#finance | 4 | 0 | 0 | "]
    assert [words(each) for each in lines(rules)] == [
        "#warehouse: low_stock 16, oversold 4, out_of_stock 3, and 1 by other rules",
        "#finance: payout_failed 4",
    ]


def test_the_eight_busiest_channels_are_named() -> None:
    facts = Facts(tuple(line("low_stock", number, channel=f"#c{number}") for number in range(1, 11)))
    entry = interruptions.write(PERIOD, facts)
    assert entry is not None
    table = next(block for block in entry.blocks if isinstance(block, Table))
    assert [words(row).partition(" ")[0] for row in lines(table)] == [f"#c{number}" for number in range(10, 2, -1)]
