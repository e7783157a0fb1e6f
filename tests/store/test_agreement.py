"""Acts that wait for a second person, on both databases: kept whole, found while they wait, ended once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot.core.agreement import Commanded, Entered, Pending, Pressed
from bot.core.forms import Submission
from bot.store import agreement
from bot.store.engine import Store
from bot.store.tables.agreement import pending as table
from tests.core.samples import NOW

HOUR = timedelta(hours=1)
PRESSED = Pending(
    0, "take", "U1", "button", NOW, NOW + HOUR, "demo", 1042, "TEA", "#ops", "alert/1042", Pressed("take", 1042, 3)
)
ENTERED = replace(
    PRESSED, act="silence", number=None, subject="", surface="form", thread="",
    what=Entered(Submission("silence", "U1", NOW, "demo", "", {"rule": "low_stock", "who": ("U1", "U2")})),
)  # fmt: skip
COMMANDED = replace(
    ENTERED, act="unsilence", subject="S-1", surface="command", what=Commanded("ops", "unsilence", "S-1", "C1")
)


def test_what_waits_is_kept_as_it_was_and_found_by_its_id_and_its_matter(store: Store) -> None:
    with store.write() as connection:
        kept = [agreement.put(connection, each) for each in (PRESSED, ENTERED, COMMANDED)]
    with store.write() as connection:
        assert [agreement.waiting(connection, each.id) for each in kept] == kept
        assert [agreement.same(connection, each.matter, NOW) for each in kept] == kept
        assert agreement.same(connection, "take/1042.4", NOW) is None
        assert agreement.same(connection, PRESSED.matter, NOW + HOUR) is None


def test_what_is_over_waits_no_more_and_what_was_entered_is_gone(store: Store) -> None:
    with store.write() as connection:
        kept = agreement.put(connection, ENTERED)
        agreement.end(connection, kept.id, "agreed")
    with store.write() as connection:
        assert agreement.waiting(connection, kept.id) is None
        assert agreement.same(connection, kept.matter, NOW) is None
        assert agreement.lapsed(connection, NOW + HOUR) == []
        assert connection.execute(select(table.c.state, table.c.body, table.c.matter)).all() == [("agreed", "", "")]


def test_what_nobody_agreed_to_is_found_when_its_time_is_over(store: Store) -> None:
    with store.write() as connection:
        kept = agreement.put(connection, PRESSED)
        assert agreement.lapsed(connection, NOW + HOUR - timedelta(seconds=1)) == []
        assert agreement.lapsed(connection, NOW + HOUR) == [kept]
