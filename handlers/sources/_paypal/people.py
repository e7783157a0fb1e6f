"""In which fields PayPal sends people, that no parser reads: their values are not stored."""

from __future__ import annotations

from typing import Final

from bot.core.strip import PEOPLE

CUT: Final = (
    *PEOPLE, "payer", "payer_info", "buyer", "subscriber", "shipping", "given_name", "surname", "address",
    "email_subject", "note", "note_to_payer", "messages", "primary_recipients", "receiver",
    "phones", "evidences", "extensions",
)  # fmt: skip
