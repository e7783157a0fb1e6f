"""Which rules spent the channels' budgets of interruptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.facts import Interruptions, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import InterruptionLine
from bot.core.message import Bullets, Heading, Table
from bot.core.parts import Line, Quantity, join, say

_MOST_CHANNELS = 8
_MOST_NAMED = 3


@dataclass(frozen=True)
class Facts:
    lines: tuple[InterruptionLine, ...] = ask(Interruptions())


@section(departments=("operations",), order=90)
def interruptions(period: Period, facts: Facts) -> Entry | None:
    """How often each channel with a budget was interrupted, on how many days that was too much, and by which rules."""
    channels = sorted({line.channel for line in facts.lines}, key=lambda name: (-_asked(facts.lines, name), name))
    if not channels:
        return None
    rows = tuple(_row(name, facts.lines) for name in channels[:_MOST_CHANNELS])
    header = ("Channel", "Interruptions", "In the summary", "Days over budget")
    table = Table("Interruptions by channel", header, rows, numeric=(1, 2, 3))
    rules = tuple(_rules(name, facts.lines) for name in channels[:_MOST_CHANNELS])
    return Entry((Heading("Interruptions"), table, Bullets(rules)))


def _asked(lines: Iterable[InterruptionLine], channel: str) -> int:
    return sum(line.told + line.exceeded for line in lines if line.channel == channel)


def _row(channel: str, lines: Iterable[InterruptionLine]) -> tuple[Line, ...]:
    mine = [line for line in lines if line.channel == channel]
    told, exceeded = sum(line.told for line in mine), sum(line.exceeded for line in mine)
    days = len({line.day for line in mine if line.exceeded})
    return say(channel), say(Quantity(told)), say(Quantity(exceeded)), say(Quantity(days))


def _rules(channel: str, lines: Iterable[InterruptionLine]) -> Line:
    """Such as "#warehouse: low_stock 20, oversold 4, and 3 by other rules"."""
    spent: Counter[str] = Counter()
    for line in lines:
        if line.channel == channel:
            spent[line.rule] += line.told + line.exceeded
    worst = sorted(spent.items(), key=lambda item: (-item[1], item[0]))
    named = [say(f"{rule} ", Quantity(times)) for rule, times in worst[:_MOST_NAMED]]
    others = sum(times for _, times in worst[_MOST_NAMED:])
    rest = say(", and ", Quantity(others), " by other rules") if others else ()
    return say(f"{channel}: ", join(named), rest)
