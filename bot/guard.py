"""Stands before everything that people ask and do: whether they may, and a line in the audit trail of what they did."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.authority import Want, Who, authorize, unheard_of
from bot.core.handlers import Refused
from bot.core.parts import Line
from bot.core.settings import Permissions


@dataclass(frozen=True)
class Guard:
    """Decides by the config's permissions, by what ``who`` knows of a person right now."""

    permissions: Permissions
    who: Who = unheard_of

    def refusal(self, person: str, want: Want) -> Line | None:
        """Why a person may not have what they want; None where they may."""
        return authorize(self.who(person), want, self.permissions)

    def admit(self, person: str, want: Want) -> None:
        """Raises Refused where a person may not have what they want."""
        if (why := self.refusal(person, want)) is not None:
            raise Refused(why)
