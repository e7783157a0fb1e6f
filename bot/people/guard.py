"""Stands before everything that people ask and do: whether they may, and a line in the audit trail of what they did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.clock import Clock
from bot.core.audit import Outcome, Stopped, deed
from bot.core.authority import Surface, Want, Who, authorize, unheard_of
from bot.core.parts import Line
from bot.core.settings import Permissions
from bot.people.agreement import By
from bot.store import audit
from bot.store.engine import Connection, Store


@dataclass(frozen=True)
class Guard:
    """Decides by the config's permissions, by what ``who`` knows of a person right now."""

    store: Store
    permissions: Permissions
    clock: Clock
    who: Who = unheard_of

    def refusal(self, person: str, want: Want) -> Line | None:
        """Why a person may not have what they want; None where they may."""
        return authorize(self.who(person), want, self.permissions)

    def admit(self, person: str, want: Want, tried: Want | None = None) -> None:
        """Raises Stopped where a person may not have what they want; it is written down as what they ``tried``."""
        if (why := self.refusal(person, want)) is not None:
            raise Stopped(tried or want, "refused", why)

    def note(
        self,
        connection: Connection,
        by: By,
        want: Want,
        outcome: Outcome,
        reason: Line = (),
        key: str | None = None,
    ) -> None:
        """Writes down what came of an act, in its own transaction; of one that is carried out again once, by its
        ``key``. Questions leave no trace."""
        if want.kind == "act":
            audit.note(connection, deed(self.clock.now(), by.person, by.surface, want, outcome, reason), key)

    @contextmanager
    def noting(self, person: str, surface: Surface) -> Iterator[None]:
        """Writes down acts that are stopped, whose own transaction is rolled back, and lets them be told."""
        try:
            yield
        except Stopped as stopped:
            if stopped.want.kind == "act":
                with self.store.write() as connection:
                    self.note(connection, By(person, surface), stopped.want, stopped.outcome, stopped.line)
            raise
