"""What a rule decides: fire, clear or stay quiet, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from bot.core.money import Money
from bot.core.parts import Line, MoneyRange


class Severity(IntEnum):
    """How much it matters: low is for the digest's sake, medium can wait, high is today, critical is now."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """What the matter puts at risk, and the formula by which it was computed, in words."""

    amount: MoneyRange
    formula: Line


@dataclass(frozen=True, slots=True)
class Step:
    """What a department does next, and within what time of the alert's opening (or by a fixed moment)."""

    what: Line
    within: timedelta | None = None
    by: datetime | None = None


@dataclass(frozen=True, slots=True)
class View:
    """How one department sees the alert: its impact, its figures (label to line), its next step."""

    impact: Line
    step: Step
    fields: tuple[tuple[str, Line], ...] = ()


@dataclass(frozen=True, slots=True)
class Fire:
    """The matter stands. ``views`` maps each department that has a step to what it sees; the first one holds it.

    ``title`` is under ten words and the same everywhere. ``details`` are lines for the modal. ``as_of`` is when the
    freshest figure was told. ``case`` are the ids of the orders that the alert follows until each is settled.
    ``labels`` say by what others can know it, such as ("provider", "stripe"). ``exceptions`` are those under which the
    rule decided so; whoever asked it names them.
    """

    reason: Line
    severity: Severity
    title: Line
    views: Mapping[str, View]
    cost: Cost | None = None
    details: tuple[Line, ...] = ()
    as_of: datetime | None = None
    case: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    exceptions: Line = ()


@dataclass(frozen=True, slots=True)
class Clear:
    """The matter is over, and why. ``note`` tells people what happened in the shop that ended it, such as what was
    restocked or refunded; ``loss`` is what the matter did cost, None where nobody can tell. ``views`` and ``details``
    are what is shown from then on, where what stood before would no longer be true."""

    reason: Line
    note: Line = field(default=())
    loss: Money | None = None
    views: Mapping[str, View] = field(default_factory=dict)
    details: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing to tell, and why: an open alert stays as it is."""

    reason: Line


Verdict = Fire | Clear | Quiet
