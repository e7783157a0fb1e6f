"""Slots, lanes, notes and retention; and that the questions asked most often are answered by an index."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, func, select

from bot.core.audit import Deed
from bot.core.delivery import Delivery
from bot.core.dispatch import Shown, attempting, settled
from bot.core.events import ItemSold, PaymentFailed, StockChanged
from bot.core.facts import CampaignsFor, CaseOf, ClaimsShort, Latest, PositionOf, ask, count, total
from bot.core.groups import Group
from bot.core.message import Message, Paragraph
from bot.core.parts import say
from bot.core.routes import Unshown
from bot.core.schedule import LATE, Slot
from bot.core.settings import Grouping
from bot.core.silences import Silence
from bot.core.subject import Subject
from bot.store import agreement, alerts, audit, groups, inbox, lanes, notes, outbox, placings, posts, silences, slots
from bot.store.engine import Store
from bot.store.facts import Question, load
from bot.store.inbox import Arrival
from bot.store.retention import tidy
from bot.store.tables.log import event as log
from bot.store.tables.work import alert, post
from tests.core.samples import house
from tests.store.histories import SHOP, START, tell
from tests.store.test_agreement import PRESSED
from tests.store.test_alerts import opened
from tests.store.test_facts import sold, stock

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SLOT = Slot("weekly", "2026-W48/Mon 09:00 Europe/Berlin", NOW, NOW.date())
MESSAGE = Message(say("x"), (Paragraph(say("x")),))


def in_parallel(work: Callable[[], object], times: int = 6) -> list[object]:
    """What a function returns in several threads that start together."""
    start, found = threading.Barrier(times, timeout=10), []

    def run() -> None:
        start.wait()
        found.append(work())

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_a_slot_is_taken_once_by_however_many(store: Store) -> None:
    def take() -> bool:
        with store.write() as connection:
            return slots.claim(connection, SLOT, NOW)

    assert sorted(map(bool, in_parallel(take))) == [False] * 5 + [True]


def test_a_watermark_starts_now_and_never_goes_back(store: Store) -> None:
    with store.write() as connection:
        assert slots.watermark(connection, "weekly", NOW) == NOW
        assert slots.watermark(connection, "weekly", NOW + DAY) == NOW
        slots.advance(connection, "weekly", NOW + DAY)
        slots.advance(connection, "weekly", NOW)
        assert slots.watermark(connection, "weekly", NOW + 2 * DAY) == NOW + DAY


def test_a_schedule_never_seen_before_may_be_owed_the_time_before(store: Store) -> None:
    with store.write() as connection:
        assert slots.watermark(connection, "weekly", NOW, 7 * DAY) == NOW - 7 * DAY


def test_with_a_watermark_that_lies_ahead_the_newest_slot_taken_says_what_was_seen_to(store: Store) -> None:
    with store.write() as connection:
        slots.watermark(connection, "weekly", NOW)
        slots.claim(connection, SLOT, NOW)
        slots.claim(connection, replace(SLOT, key="2038-W03/Mon 09:00 Europe/Berlin", due=NOW + 4000 * DAY), NOW)
        slots.advance(connection, "weekly", NOW + 4000 * DAY)
        assert slots.watermark(connection, "weekly", SLOT.due + DAY) == SLOT.due
        assert slots.watermark(connection, "weekly", SLOT.due - DAY) == SLOT.due - DAY - LATE
        assert slots.watermark(connection, "weekly", NOW + 4001 * DAY) == NOW + 4000 * DAY


def test_a_day_whose_slot_was_taken_has_no_other_when_the_time_of_day_is_changed(store: Store) -> None:
    later = replace(SLOT, key=SLOT.key.replace("09:00", "11:00"), due=SLOT.due + timedelta(hours=2))
    with store.write() as connection:
        assert slots.claim(connection, SLOT, NOW)
        assert not slots.claim(connection, later, NOW)
        assert slots.claim(connection, replace(later, schedule="another"), NOW)


def test_a_lane_is_held_by_one_at_a_time_on_postgresql(postgres_store: Store) -> None:
    for _ in range(2):
        with postgres_store.write() as first:
            assert lanes.hold(first, "acme")
            assert lanes.hold(first, "acme")
    with postgres_store.write() as first, postgres_store.write() as second:
        assert lanes.hold(first, "acme")
        assert not lanes.hold(second, "acme")
        assert lanes.hold(second, "other")


def test_a_lane_on_sqlite_is_the_write_lock(store: Store) -> None:
    with store.write() as connection:
        assert lanes.hold(connection, "acme")


def test_two_workers_at_once_claim_different_posts(store: Store) -> None:
    with store.write() as connection:
        for number in range(12):
            posts.want(connection, f"C{number}", "k", MESSAGE, urgency=1, now=NOW)

    def take() -> list[str]:
        with store.write() as connection:
            return [claimed.post.id for claimed in outbox.claim(connection, NOW, 4)]

    ids = [id for found in in_parallel(take, 3) for id in found]  # type: ignore[attr-defined]
    assert len(ids) == len(set(ids))
    with store.write() as connection:
        rest = [claimed.post.id for claimed in outbox.claim(connection, NOW, 12)]
    assert len({*ids, *rest}) == 12


def test_a_post_wanted_by_several_at_once_is_one_post_and_the_last_word_counts(store: Store) -> None:
    texts = iter(["a", "b", "c", "d"])

    def want() -> str:
        text = next(texts)
        message = Message(say(text), (Paragraph(say(text)),))
        with store.write() as connection:
            return posts.want(connection, "C1", "k", message, urgency=1, now=NOW).id

    assert len(set(in_parallel(want, 4))) == 1
    with store.write() as connection:
        (claimed,) = outbox.claim(connection, NOW, 9)
    assert claimed.post.wanted == 4


def test_two_workers_at_once_get_different_deliveries_on_postgresql(postgres_store: Store) -> None:
    with postgres_store.write() as connection:
        inbox.admit(connection, [_arrival(number) for number in range(4)])
    with postgres_store.write() as first, postgres_store.write() as second:
        mine = [waiting.id for waiting in inbox.waiting(first, "acme", 2)]
        theirs = [waiting.id for waiting in inbox.waiting(second, "acme", 9)]
    assert len(mine) == len(theirs) == 2
    assert not set(mine) & set(theirs)


def _arrival(number: int, at: datetime = NOW) -> Arrival:
    return Arrival("shopify", "acme", str(number), Delivery("shopify", {}, b"%d" % number, at))


def test_a_note_is_replaced(store: Store) -> None:
    with store.write() as connection:
        assert notes.get(connection, "tick") is None
        notes.put(connection, "tick", "1")
        notes.put(connection, "tick", "2")
        assert notes.get(connection, "tick") == "2"


# Retention.


def test_what_is_old_is_forgotten_and_what_still_matters_is_not(store: Store) -> None:
    tell(store, [stock("A", 5), stock("A", 4, 1), stock("B", 1)])
    old, still_open = opened(store, now=START), opened(store, "oversold", now=START)
    with store.write() as connection:
        inbox.admit(connection, [_arrival(1, START)])
        inbox.finish(connection, 1, "done")
        closed = alerts.by_number(connection, old.number)
        assert closed is not None
        connection.execute(alert.update().where(alert.c.number == old.number).values(open=False))
        posts.want(connection, "C1", "shown", MESSAGE, urgency=1, now=START)
        (claimed,) = outbox.claim(connection, START, 1)
        outbox.save(connection, settled(attempting(claimed.post, START), 1, Shown("1.0"), START))
        posts.want(connection, "C2", "held", MESSAGE, urgency=1, now=START, due_at=NOW + 500 * DAY)
        slots.claim(connection, SLOT, START)
        for number in (old.number, still_open.number):
            placings.note(connection, number, (Unshown("finance", "muted by route 1"),), {}, START)
        within = groups.current(connection, "C1", Group("rule", (), Grouping(("rule",))), START)
        groups.put(connection, within, old, 0, house(), START)
        for at in (START, NOW + 600 * DAY):
            audit.note(connection, Deed(at, "U1", "button", "take", "demo", old.number, "A", "done"))
        agreement.put(connection, replace(PRESSED, until=START))
        laid, _ = silences.lay(connection, Silence(0, START + DAY, "U1", "late", START, rule="low_stock"))
        silences.ended(connection, laid.id)
    with store.write() as connection:
        assert not any(tidy(connection, START + DAY).values())
        assert tidy(connection, START + 32 * DAY) == {
            "deliveries": 1, "events": 0, "messages": 1, "posts": 0, "alert log": 0, "audit": 0, "alerts": 0,
            "decisions": 0, "slots": 0, "placings": 0, "grouped": 0, "groups": 0, "requests": 1, "silences": 0,
            "exceptions": 0, "marks": 0,
        }  # fmt: skip
        found = tidy(connection, START + 400 * DAY)
    assert found == {
        "deliveries": 1, "events": 1, "messages": 0, "posts": 1, "alert log": 2, "audit": 1, "alerts": 1, "decisions": 0,
        "slots": 1,         "placings": 1, "grouped": 1, "groups": 1, "requests": 0, "silences": 1, "exceptions": 0, "marks": 0,
    }  # fmt: skip
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(log)).scalar() == 2
        assert connection.execute(select(post.c.key, post.c.message.is_(None))).all() == [("held", False)]
        assert alerts.by_number(connection, still_open.number) == still_open


# Indexes.


def plans(store: Store, work: Callable[[Connection], object]) -> list[str]:
    """What SQLite says of how it finds the rows of every statement that ``work`` makes."""
    seen: list[tuple[str, object]] = []

    def watch(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "EXPLAIN")):
            seen.append((statement, parameters))

    with store.write() as connection:
        event.listen(connection, "before_cursor_execute", watch)
        work(connection)
        event.remove(connection, "before_cursor_execute", watch)
        return [
            f"{step.detail}"
            for statement, parameters in seen
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
        ]


def _ask(query: object, subject: Subject) -> Callable[[Connection], object]:
    from dataclasses import make_dataclass

    facts = make_dataclass("One", [("answer", object, query)], frozen=True)
    return lambda connection: load(connection, facts, Question(shop=SHOP, subject=subject, now=NOW))


SKU, METHOD = Subject("sku", "A"), Subject("payment_method", "stripe/card")
HOT: dict[str, Callable[[Connection], object]] = {
    "total": _ask(total(ItemSold, "quantity", days=7), SKU),
    "count": _ask(count(PaymentFailed, hours=48, leaving_out={"retry": True}), METHOD),
    "latest": _ask(ask(Latest(StockChanged)), SKU),
    "position": _ask(ask(PositionOf()), SKU),
    "campaigns of a sku": _ask(ask(CampaignsFor()), SKU),
    "orders of a sku that are short": _ask(ask(ClaimsShort()), SKU),
    "case": _ask(ask(CaseOf("oversold")), SKU),
    "claim": lambda connection: outbox.claim(connection, NOW, 20),
    "next due": outbox.next_due,
    "waiting": lambda connection: inbox.waiting(connection, "acme", 100),
    "shops waiting": inbox.shops_waiting,
    "newest alert": lambda connection: alerts.newest(connection, "acme", "low_stock", SKU),
    "newest alerts on a subject": lambda connection: alerts.newest_on(connection, "acme", SKU),
    "seat": lambda connection: alerts.seat(connection, "acme", "low_stock", SKU, NOW),
    "inhibitor": lambda connection: alerts.open_of(connection, "acme", ("oversold",), SKU),
    "posts of an alert": lambda connection: posts.of_alert(connection, 1001),
}


@pytest.mark.parametrize("name", sorted(HOT))
def test_hot_questions_scan_no_table(tmp_path: object, name: str) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/floorwalker.db")
    store.migrate()
    tell(store, [stock("A", 5), sold("A", 1, 1, "o1")])
    with store.write() as connection:
        posts.want(connection, "C1", "k", MESSAGE, urgency=1, now=NOW)
    found = plans(store, HOT[name])
    scans = [
        step for step in found if step.startswith("SCAN") and not step.startswith(("SCAN ready", "SCAN (subquery"))
    ]
    assert found
    assert scans == []
    store.close()
