"""The audit trail: what somebody did or tried, on what, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.core.authority import Surface, Want
from bot.core.handlers import Refused
from bot.core.parts import Line

Outcome = Literal["done", "refused", "stale", "waiting", "lapsed"]
"""Done; refused, because they may not or it cannot be; too late, as the matter had moved on; waiting for a second
person; or nobody agreed in time."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the trail. ``person`` is a Slack user id; ``number`` is the alert's, None where it was done to none;
    ``subject`` the SKU, campaign, order or other id that it was about, "" for none."""

    at: datetime
    person: str
    surface: Surface
    act: str
    shop: str
    number: int | None
    subject: str
    outcome: Outcome
    reason: Line = ()


def deed(at: datetime, person: str, surface: Surface, want: Want, outcome: Outcome, reason: Line = ()) -> Deed:
    """The line about what somebody wanted."""
    alert = want.alert
    shop, subject = (alert.shop, alert.subject.id) if alert is not None else (want.shop, want.subject)
    number = alert.number if alert is not None else None
    return Deed(at, person, surface, want.name, shop, number, subject, outcome, reason)


class Stopped(Refused):
    """An act or a question came to nothing; the line is told to the one who asked."""

    def __init__(self, want: Want, outcome: Outcome, line: Line) -> None:
        super().__init__(line)
        self.want, self.outcome = want, outcome
