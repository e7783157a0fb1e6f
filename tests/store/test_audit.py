"""The audit trail on both databases: written in order, found by person, alert and moment, and never twice under a key."""

from __future__ import annotations

from datetime import timedelta

from bot.core.audit import Deed
from bot.core.parts import ShopText, say
from bot.store import audit
from bot.store.engine import Store
from tests.core.samples import NOW

TAKEN = Deed(NOW, "U1", "button", "take", "demo", 1042, "TEA", "done")
REFUSED = Deed(
    NOW + timedelta(hours=1), "U2", "form", "resolve", "demo", 1042, "TEA", "refused", say("no «", ShopText("x"), "»")
)
SILENCED = Deed(NOW + timedelta(hours=2), "U1", "form", "silence", "demo", None, "", "done")


def test_what_was_written_is_read_in_its_order_by_person_alert_and_moment(store: Store) -> None:
    with store.write() as connection:
        for deed in (TAKEN, REFUSED, SILENCED):
            audit.note(connection, deed)
    with store.read() as connection:
        assert audit.deeds(connection, NOW) == [TAKEN, REFUSED, SILENCED]
        assert audit.deeds(connection, NOW + timedelta(minutes=1)) == [REFUSED, SILENCED]
        assert audit.deeds(connection, NOW, person="U1") == [TAKEN, SILENCED]
        assert audit.deeds(connection, NOW, number=1042) == [TAKEN, REFUSED]
        assert audit.deeds(connection, NOW, person="U2", number=7) == []
        assert audit.deeds(connection, NOW, most=2) == [REFUSED, SILENCED]


def test_under_a_key_only_the_first_is_written(store: Store) -> None:
    with store.write() as connection:
        audit.note(connection, TAKEN, key="once")
        audit.note(connection, SILENCED, key="once")
        audit.note(connection, REFUSED)
        audit.note(connection, REFUSED)
    with store.read() as connection:
        assert audit.deeds(connection, NOW) == [TAKEN, REFUSED, REFUSED]


def test_what_did_not_come_to_pass_is_not_in_it(store: Store) -> None:
    try:
        with store.write() as connection:
            audit.note(connection, TAKEN)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with store.read() as connection:
        assert audit.deeds(connection, NOW) == []
