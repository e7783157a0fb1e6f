"""What members want of the bot is kept by person, the newest alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func, insert, select

from bot.core.preferences import NONE, OwnQuiet, Preferences, Profile
from bot.store import preferences
from bot.store.engine import Store
from bot.store.tables.people import preference

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
QUIET = OwnQuiet(time(22), time(7), ("mon", "sat"), "Europe/Berlin", critical=True)
ANNA = Preferences("finance", "due", QUIET, "Anna")


def rows(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(preference)).scalar_one())


def test_what_was_said_last_holds_and_others_have_said_nothing(store: Store) -> None:
    with store.write() as connection:
        preferences.put(connection, "U1ANNA", Preferences(mentions="never"), NOW)
        preferences.put(connection, "U1ANNA", ANNA, NOW + timedelta(hours=1))
    with store.read() as connection:
        assert preferences.get(connection, "U1ANNA") == ANNA
        assert preferences.get(connection, "U2BEN") == NONE
        assert preferences.of(connection, ("U2BEN", "U1ANNA", "U1ANNA")) == {"U1ANNA": ANNA}
        assert preferences.of(connection, ()) == {}
    assert rows(store) == 1


def test_what_cannot_be_read_is_as_if_it_were_not_there(store: Store) -> None:
    with store.write() as connection:
        connection.execute(insert(preference).values(user="U1ANNA", body='{"mentions": "loudly"}', at=NOW))
        preferences.put(connection, "U2BEN", ANNA, NOW)
        assert preferences.of(connection, ("U1ANNA", "U2BEN")) == {"U2BEN": ANNA}
        assert preferences.get(connection, "U1ANNA") == NONE


def test_nothing_is_kept_of_whoever_wants_nothing_any_more(store: Store) -> None:
    with store.write() as connection:
        preferences.put(connection, "U1ANNA", ANNA, NOW)
        preferences.put(connection, "U1ANNA", Preferences(name="Anna"), NOW)
    assert rows(store) == 0


def test_preferences_follow_what_slack_says_of_their_members_and_of_nobody_else(store: Store) -> None:
    with store.write() as connection:
        preferences.put(connection, "U1ANNA", ANNA, NOW)
        preferences.put(connection, "U2BEN", Preferences(mentions="never", name="Ben"), NOW)
        assert preferences.members(connection) == ("U1ANNA", "U2BEN")
        told = {name: Profile("", "Asia/Tokyo") for name in ("U1ANNA", "U2BEN", "U3CHIARA")}
        assert preferences.renew(connection, told, NOW) == 1
        assert preferences.renew(connection, told, NOW) == 0
        assert preferences.get(connection, "U1ANNA") == replace(ANNA, quiet=replace(QUIET, zone="Asia/Tokyo"))
        assert preferences.get(connection, "U2BEN") == Preferences(mentions="never", name="Ben")
    assert rows(store) == 2
