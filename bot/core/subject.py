"""What an event or an alert is about: a SKU, a campaign, a payment method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SubjectKind = Literal[
    "sku",
    "order",
    "payment_method",
    "dispute",
    "invoice",
    "payout",
    "campaign",
    "source",
    "location",
    "clock",
    "text",
    "exercise",
]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing of a shop: its kind and the id by which the shop knows it. As a part of a message it shows its id."""

    about: SubjectKind
    id: str
    kind: Literal["subject"] = "subject"

    def __str__(self) -> str:
        return f"{self.about}:{self.id}"
