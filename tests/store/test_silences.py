"""Silences on both databases: kept once, listed with what they keep quiet, cut short."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.core.facts import SilencesHeld, ask
from bot.core.silences import Held, Silence
from bot.core.subject import Subject
from bot.store import alerts, silences
from bot.store.engine import Store
from bot.store.facts import Question, load
from tests.core.samples import NOW, SHOP, opened

HOUR = timedelta(hours=1)
WANTED = Silence(0, NOW + HOUR, "U0BEN", "stocktaking", NOW, "low_*", "HOODIE-*", "demo")


@dataclass(frozen=True)
class _Facts:
    held: tuple[Held, ...] = ask(SilencesHeld())


def test_the_same_silence_laid_twice_is_one_also_when_somebody_has_ended_it(store: Store) -> None:
    with store.write() as connection:
        laid, fresh = silences.lay(connection, WANTED)
        assert (laid, fresh) == (replace(WANTED, id=laid.id), True)
        assert silences.lay(connection, WANTED) == (laid, False)
        cut = silences.cut_short(connection, laid.id, NOW + HOUR / 2)
        assert silences.lay(connection, WANTED) == (cut, False)
        other, fresh = silences.lay(connection, replace(WANTED, by="U0ANA"))
    assert fresh and other.id != laid.id


def test_each_that_holds_is_answered_with_what_it_keeps_quiet(store: Store) -> None:
    alert = opened()
    with store.write() as connection:
        alerts.save(connection, alert, "opened", "", (), NOW)
        laid, _ = silences.lay(connection, WANTED)
        idle, _ = silences.lay(connection, replace(WANTED, subject="MUG", until=NOW + 2 * HOUR))
        silences.lay(connection, replace(WANTED, subject="CUP", until=NOW))
        facts = load(connection, _Facts, Question(shop=SHOP, subject=Subject("text", ""), now=NOW))
    assert facts.held == (Held(laid, (alert.name,)), Held(idle, ()))


def test_nothing_silent_is_answered_without_a_look_at_alerts(store: Store) -> None:
    with store.read() as connection:
        assert load(connection, _Facts, Question(shop=SHOP, subject=Subject("text", ""), now=NOW)).held == ()
