"""The course of a delivery: what is done in which order, and what is left undone when time or the post is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.carry import (
    ATTEMPT,
    Effect,
    Keep,
    Leave,
    Overtaken,
    Told,
    Turn,
    carry,
    may_be_there,
    noted,
    unclear_in_a_row,
)
from bot.core.dispatch import (
    SETTLE,
    Absent,
    Edit,
    Forbidden,
    NotSent,
    Outcome,
    Post,
    ReadBack,
    Rejected,
    Send,
    Shown,
    Unclear,
    Unread,
    attempting,
    claimed,
    settled,
)
from bot.core.message import Message
from bot.core.parts import say
from tests.core.samples import NOW

WANTED = claimed(
    Post(id="p1", channel="#ops", key="alert/1", state="wanted", wanted=1, due_at=NOW, created_at=NOW), NOW
)
MAYBE = claimed(settled(attempting(WANTED, NOW), 1, Unclear("reset"), NOW), NOW)
GO = Told(NOW, 30.0)


def told(**given: object) -> Told:
    return replace(GO, **given)  # type: ignore[arg-type]


def effects(post: Post, answers: Sequence[Told], begin: Told = GO) -> list[Effect]:
    """What a course asks for, given an answer to each."""
    course = carry(post, begin)
    asked = [next(course)]
    for answer in answers:
        try:
            asked.append(course.send(answer))
        except StopIteration:
            break
    return asked


def test_the_intent_is_kept_before_the_message_leaves() -> None:
    turn, intent, leave, keep = effects(WANTED, [GO, GO, told(outcome=Shown("1.1")), GO])
    assert turn == Turn(Send())
    assert isinstance(intent, Keep)
    assert intent.post.state == "sending"
    assert leave == Leave(Send(), intent.post)
    assert isinstance(keep, Keep)
    assert (keep.post.state, keep.post.ts) == ("shown", "1.1")


def test_an_intent_that_cannot_be_kept_sends_nothing() -> None:
    assert len(effects(WANTED, [GO, told(kept=False)])) == 2


def test_a_call_whose_turn_is_far_is_put_back() -> None:
    _, keep = effects(WANTED, [told(wait=40.0), GO])
    assert isinstance(keep, Keep)
    assert (keep.post.state, keep.post.due_at) == ("wanted", NOW + timedelta(seconds=40))


def test_what_has_not_settled_is_put_back() -> None:
    [keep] = effects(MAYBE, [GO])
    assert isinstance(keep, Keep)
    assert (keep.post.state, keep.post.due_at) == ("maybe", NOW + SETTLE)


def test_a_pause_that_used_up_the_lease_sends_nothing() -> None:
    *_, keep = effects(WANTED, [GO, told(left=ATTEMPT - 0.1), GO])
    assert isinstance(keep, Keep)
    assert (keep.post.state, keep.post.reason) == ("wanted", "no time left")


def test_a_pause_before_a_reading_leaves_the_post_unclear() -> None:
    _, keep = effects(MAYBE, [told(left=1.0), GO], told(now=NOW + SETTLE))
    assert isinstance(keep, Keep)
    assert keep.post.state == "maybe"


@pytest.mark.parametrize("version", [None, 1])
def test_a_reading_says_which_version_it_found(version: int | None) -> None:
    _, leave, keep = effects(MAYBE, [GO, told(outcome=Shown("1.1", version))], told(now=NOW + SETTLE))
    assert isinstance(leave, Leave)
    assert isinstance(leave.step, ReadBack)
    assert isinstance(keep, Keep)
    assert keep.post.state == ("shown" if version else "wanted")


def test_refused_blocks_leave_again_in_plainer_forms_until_there_is_none() -> None:
    refused = told(outcome=Rejected("invalid_blocks"))
    asked = effects(WANTED, [GO, GO, refused, refused, told(outcome=None), GO])
    assert [type(effect).__name__ for effect in asked] == ["Turn", "Keep", "Leave", "Leave", "Leave", "Keep"]
    assert isinstance(asked[-1], Keep)
    assert asked[-1].post.reason == "invalid_blocks"


def test_plainer_forms_need_time_too() -> None:
    *_, keep = effects(WANTED, [GO, GO, told(outcome=Rejected("invalid_blocks"), left=1.0), GO])
    assert isinstance(keep, Keep)
    assert keep.post.state == "parked"


SHOWN = replace(WANTED, ts="1.1", shown=1, wanted=2)


@pytest.mark.parametrize(
    ("outcome", "noted_down"),
    [
        (Shown("1.1"), True),
        (Unclear("reset"), True),
        (Rejected("internal_error"), True),
        (Rejected("is_archived"), False),
        (NotSent("refused"), False),
    ],
)
def test_whoever_lost_the_post_notes_what_may_be_there(outcome: Outcome, noted_down: bool) -> None:
    assert may_be_there(outcome) is noted_down
    asked = effects(SHOWN, [GO, told(outcome=outcome), told(kept=False), GO])
    assert isinstance(asked[1], Leave)
    assert asked[1].step == Edit("1.1")
    assert (isinstance(asked[-1], Overtaken)) is noted_down


@pytest.mark.parametrize(
    ("outcome", "so_far"),
    [
        (Unclear("reset"), 4),
        (Rejected("fatal_error"), 4),
        (NotSent("refused"), 3),
        (Unread("reset"), 3),
        (Rejected("is_archived"), 0),
        (Shown("1.1"), 0),
        (Absent(), 0),
        (Forbidden("missing_scope"), 0),
    ],
)
def test_what_slack_answers_clearly_ends_a_row_of_unclear_outcomes(outcome: Outcome, so_far: int) -> None:
    assert unclear_in_a_row(3, outcome) == so_far


@pytest.mark.parametrize(("resent", "rootless", "notes"), [(0, False, 0), (1, False, 1), (0, True, 1), (2, True, 2)])
def test_people_are_told_what_happened_on_the_way(resent: int, rootless: bool, notes: int) -> None:
    message = Message(say("runs out"), ())
    told_so = noted(message, replace(WANTED, resent=resent, rootless=rootless))
    assert len(told_so.blocks) == notes
    assert told_so.summary == message.summary
