"""The audit of a channel: what it makes of what it finds, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.dispatch import LEASE, SETTLE, Absent, Post, Shown
from bot.core.sweep import (
    DEEPEST,
    EVERY,
    HORIZON,
    MOST_RESENT,
    YOUNG,
    Answer,
    Checked,
    Delete,
    Effect,
    Mend,
    Read,
    Row,
    Sighting,
    in_hands,
    judged,
    own,
    read_back,
    sweep,
)
from tests.core.samples import NOW

ME, OTHER = "B0FLOOR", "B0OTHER"
AGO = NOW - timedelta(minutes=5)


def ts(number: int) -> str:
    return f"{AGO.timestamp():.0f}.{number:06d}"


def copy(number: int, tag: str = "p1", version: int = 1, thread: str = "", bot: str = ME) -> Sighting:
    return Sighting(ts(number), tag, bot, version, thread)


SHOWN = Post(
    id="p1", channel="#ops", key="alert/1", state="shown", wanted=1, shown=1, ts=ts(1), due_at=AGO, created_at=AGO,
    first_attempt_at=AGO, last_attempt_at=AGO,
)  # fmt: skip
WANTED = replace(SHOWN, state="wanted", shown=0, ts=None, first_attempt_at=None, last_attempt_at=None)
REPLY = replace(SHOWN, id="r1", key="alert/1/turn-2", thread="alert/1", ts=ts(5))


def swept(
    rows: Sequence[Row], pages: dict[str | None, Answer], **answers: bool
) -> tuple[list[Effect], tuple[Sighting, ...]]:
    """Every effect of a sweep and what it returns, given what is read and what comes of the other effects."""
    course, done = sweep(rows, ME, NOW), []
    effect = next(course)
    while True:
        done.append(effect)
        answer: Answer = answers.get(type(effect).__name__, True)
        if isinstance(effect, Read):
            answer = pages.get(effect.thread_ts, ())
        try:
            effect = course.send(answer)
        except StopIteration as ended:
            return done, ended.value


def of_kind(effects: Sequence[Effect], kind: type[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, kind)]


def test_others_messages_are_not_ours_whatever_they_carry() -> None:
    seen = (copy(3), copy(1, bot=OTHER), copy(2))
    assert own(seen, ME) == (copy(2), copy(3))
    assert read_back(seen, ME, "p1") == Shown(ts(2), 1)
    assert read_back(seen, ME, "p2") == Absent()


@pytest.mark.parametrize(
    ("post", "copies", "state", "at"),
    [
        # What is as it should be stays so.
        (SHOWN, [copy(1)], "shown", ts(1)),
        # It shows something else than we know.
        (replace(SHOWN, wanted=2, shown=2), [copy(1)], "wanted", ts(1)),
        # An edit is wanted already.
        (replace(SHOWN, state="wanted", wanted=2), [copy(1)], "wanted", ts(1)),
        # Visible though nobody knew: adopted, and edited where it is behind.
        (WANTED, [copy(2)], "shown", ts(2)),
        (replace(WANTED, wanted=3), [copy(2)], "wanted", ts(2)),
        (replace(WANTED, state="parked"), [copy(2)], "shown", ts(2)),
        (replace(WANTED, state="dropped"), [copy(2)], "shown", ts(2)),
        (replace(WANTED, state="maybe"), [copy(2)], "shown", ts(2)),
        # Of two the first stays.
        (replace(SHOWN, ts=ts(2)), [copy(1), copy(2)], "shown", ts(1)),
        # Slack lost it.
        (SHOWN, [], "maybe", None),
        (replace(SHOWN, state="wanted", wanted=2), [], "maybe", None),
        # Not to be judged yet, too late for it, seen before, or lost too often.
        (replace(SHOWN, last_attempt_at=NOW - SETTLE / 2), [], "shown", ts(1)),
        (replace(SHOWN, last_attempt_at=NOW - YOUNG), [], "shown", ts(1)),
        (replace(SHOWN, last_attempt_at=None), [], "shown", ts(1)),
        (replace(SHOWN, checked_at=AGO), [], "shown", ts(1)),
        (replace(SHOWN, resent=MOST_RESENT), [], "shown", ts(1)),
        (replace(SHOWN, state="parked"), [], "parked", ts(1)),
        (WANTED, [], "wanted", None),
    ],
)
def test_what_a_post_turns_out_to_be(post: Post, copies: list[Sighting], state: str, at: str | None) -> None:
    after = judged(post, copies, NOW)
    assert (after.state, after.ts) == (state, at)


def test_a_lost_message_counts_as_sent_again_and_is_looked_for_once_more() -> None:
    after = judged(SHOWN, [], NOW)
    assert (after.resent, after.shown, after.state) == (1, 0, "maybe")


def test_doubt_ends_when_nothing_is_there_and_goes_on_while_there_are_two() -> None:
    doubted = replace(WANTED, check_at=NOW)
    assert judged(doubted, [], NOW).check_at is None
    assert judged(replace(SHOWN, check_at=None), [copy(1), copy(2)], NOW).check_at == NOW + SETTLE


@pytest.mark.parametrize(
    ("post", "busy"),
    [
        (SHOWN, False),
        (replace(WANTED, lease_until=NOW + LEASE), True),
        (replace(WANTED, lease_until=NOW), False),
        (replace(WANTED, state="sending"), True),
    ],
)
def test_what_somebody_works_on_is_left_to_them(post: Post, busy: bool) -> None:
    assert in_hands(post, NOW) is busy
    effects, _ = swept([Row(post)], {None: (copy(1), copy(2))})
    assert (not of_kind(effects, Mend) and not of_kind(effects, Delete)) is busy


def test_one_reading_serves_all_posts_and_strangers_are_handed_back() -> None:
    others = [replace(SHOWN, id=f"p{number}", key=f"alert/{number}", ts=ts(number)) for number in (2, 3)]
    seen = (copy(1), copy(2, "p2"), copy(3, "p3"), copy(4, "unknown"), copy(5, "forged", bot=OTHER))
    effects, strangers = swept([Row(SHOWN), *map(Row, others)], {None: seen})
    assert effects == [Read(None, NOW - HORIZON), Checked((SHOWN, *others))]
    assert strangers == (copy(4, "unknown"),)


def test_the_row_follows_before_the_surplus_is_deleted() -> None:
    effects, _ = swept([Row(replace(SHOWN, ts=ts(2)))], {None: (copy(1), copy(2), copy(3))})
    assert [type(effect) for effect in effects] == [Read, Mend, Delete, Delete, Checked]
    assert [effect.ts for effect in effects if isinstance(effect, Delete)] == [ts(2), ts(3)]
    assert effects[-1] == Checked(())


def test_nothing_is_deleted_when_the_row_went_on_meanwhile() -> None:
    effects, _ = swept([Row(replace(SHOWN, ts=ts(2)))], {None: (copy(1), copy(2))}, Mend=False)
    assert of_kind(effects, Delete) == []


@pytest.mark.parametrize("unread", [None, ts(1)])
def test_a_channel_or_thread_that_cannot_be_read_changes_nothing(unread: str | None) -> None:
    pages: dict[str | None, Answer] = {None: (copy(1), copy(2)), ts(1): (), unread: None}
    effects, strangers = swept([Row(SHOWN), Row(REPLY, ts(1))], pages)
    assert {type(effect) for effect in effects} == {Read}
    assert strangers == ()


def test_a_reply_is_looked_for_in_its_thread_while_that_is_young() -> None:
    here = copy(5, "r1", thread=ts(1))
    effects, _ = swept([Row(SHOWN), Row(REPLY, ts(1))], {None: (copy(1),), ts(1): (here,)})
    assert effects[-1] == Checked((SHOWN, REPLY)) or effects[-1] == Checked((REPLY, SHOWN))
    old = replace(REPLY, last_attempt_at=NOW - timedelta(hours=2))
    effects, _ = swept([Row(SHOWN), Row(old, ts(1))], {None: (copy(1),)})
    assert effects == [Read(None, NOW - HORIZON), Checked((SHOWN,))]
    orphan = replace(REPLY, rootless=True)
    effects, _ = swept([Row(orphan)], {None: (copy(5, "r1"),)})
    assert effects[-1] == Checked((orphan,))


@pytest.mark.parametrize("kept", [True, False])
def test_a_copy_of_a_post_that_somebody_is_about_to_send_is_handed_back_too(kept: bool) -> None:
    _, strangers = swept([Row(WANTED)], {None: (copy(1),)}, Mend=kept)
    assert strangers == (() if kept else (copy(1),))
    _, strangers = swept([Row(replace(WANTED, lease_until=NOW + LEASE))], {None: (copy(1),)})
    assert strangers == (copy(1),)


def test_a_message_older_than_what_was_read_is_not_missed() -> None:
    old = replace(SHOWN, ts=f"{(NOW - HORIZON - EVERY).timestamp():.6f}")
    effects, _ = swept([Row(old)], {None: (copy(2),)})
    assert effects[1:] == [Checked(())]


@pytest.mark.parametrize(("age", "read"), [(timedelta(days=2), timedelta(days=2)), (timedelta(days=30), DEEPEST)])
def test_for_a_post_in_doubt_the_channel_is_read_further_back(age: timedelta, read: timedelta) -> None:
    doubted = replace(SHOWN, first_attempt_at=NOW - age, check_at=NOW)
    effects, _ = swept([Row(doubted)], {})
    assert effects[0] == Read(None, NOW - read)


TWO_ROOTS: dict[str | None, Answer] = {None: (copy(1), copy(2)), ts(2): (copy(5, "r1", thread=ts(2)),)}


def test_a_doubled_root_is_only_put_right_at_first_for_replies_may_be_on_their_way() -> None:
    effects, _ = swept([Row(replace(SHOWN, ts=ts(2))), Row(REPLY, ts(2))], TWO_ROOTS)
    assert [effect.after.ts for effect in effects if isinstance(effect, Mend)] == [ts(1)]
    assert of_kind(effects, Delete) == []


def test_then_its_replies_move_and_the_surplus_root_goes_last() -> None:
    effects, _ = swept([Row(SHOWN), Row(REPLY, ts(1))], TWO_ROOTS)
    moved = next(effect.after for effect in effects if isinstance(effect, Mend) and effect.after.id == "r1")
    assert (moved.state, moved.ts, moved.resent) == ("wanted", None, 0)
    assert [effect.ts for effect in effects if isinstance(effect, Delete)] == [ts(5), ts(2)]


def test_a_copy_in_the_surplus_thread_goes_when_there_is_one_in_the_right_one() -> None:
    pages = TWO_ROOTS | {ts(1): (copy(4, "r1", thread=ts(1)),)}
    effects, _ = swept([Row(SHOWN), Row(replace(REPLY, ts=ts(4)), ts(1))], pages)
    assert [effect.ts for effect in effects if isinstance(effect, Delete)] == [ts(5), ts(2)]


@pytest.mark.parametrize(
    ("reply", "answers"),
    [
        (REPLY, {"Delete": False}),
        (REPLY, {"Mend": False}),
        (replace(REPLY, lease_until=NOW + LEASE), {}),
    ],
)
def test_a_surplus_root_stays_while_something_may_be_left_in_its_thread(reply: Post, answers: dict[str, bool]) -> None:
    effects, _ = swept([Row(SHOWN), Row(reply, ts(1))], TWO_ROOTS, **answers)
    assert ts(2) not in [effect.ts for effect in effects if isinstance(effect, Delete)]


def test_a_reply_without_a_root_among_the_posts_of_late_is_judged_by_itself() -> None:
    here = copy(5, "r1", thread=ts(1))
    effects, _ = swept([Row(REPLY, ts(1))], {ts(1): (here,)}, Delete=False)
    assert effects[-1] == Checked((REPLY,))
    effects, _ = swept([Row(replace(REPLY, lease_until=NOW + LEASE), ts(1))], {ts(1): (here,)})
    assert effects[-1] == Checked(())
