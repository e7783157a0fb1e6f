"""How a post reaches Slack: what is done next, and what each answer means."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.dispatch import (
    CRITICAL,
    ERROR_CLASSES,
    LEASE,
    LONGEST_WAIT,
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
    Step,
    Unclear,
    Unread,
    Wait,
    attempting,
    claimable,
    claimed,
    error_class,
    next_step,
    overtaken,
    promise,
    released,
    settled,
)
from tests.core.samples import NOW

LATER = NOW + timedelta(seconds=10)
WANTED = Post(id="p1", channel="#ops", key="alert/1", state="wanted", wanted=1, due_at=NOW, created_at=NOW)
SENDING = replace(attempting(claimed(WANTED, NOW), NOW))
MAYBE = settled(SENDING, 1, Unclear("read timed out"), NOW)
SHOWN = settled(SENDING, 1, Shown("1.1"), NOW)


@pytest.mark.parametrize(
    ("post", "at", "can"),
    [
        (WANTED, NOW, True),
        (replace(WANTED, due_at=LATER), NOW, False),
        (claimed(WANTED, NOW), NOW, False),
        (claimed(WANTED, NOW), NOW + LEASE, True),
        (SENDING, NOW, False),
        (SENDING, NOW + LEASE, True),
        (MAYBE, NOW, False),
        (MAYBE, NOW + SETTLE, True),
        (SHOWN, NOW, False),
        (replace(WANTED, state="parked"), NOW, False),
        (replace(WANTED, state="dropped"), NOW, False),
    ],
)
def test_a_post_is_worked_on_when_it_is_due_or_its_worker_vanished(post: Post, at: object, can: bool) -> None:
    assert claimable(post, at) is can  # type: ignore[arg-type]


def test_a_vanished_first_post_is_unclear_but_a_vanished_edit_is_simply_done_again() -> None:
    assert claimed(SENDING, NOW + LEASE).state == "maybe"
    assert claimed(replace(SENDING, ts="1.1"), NOW + LEASE).state == "wanted"


def test_every_claim_starts_a_new_epoch_and_a_lease() -> None:
    mine = claimed(WANTED, NOW)
    assert (mine.epoch, mine.lease_until) == (1, NOW + LEASE)
    assert claimed(mine, NOW).epoch == 2


@pytest.mark.parametrize(
    ("post", "at", "step"),
    [
        (WANTED, NOW, Send()),
        (replace(WANTED, ts="1.1"), NOW, Edit("1.1")),
        # It may be in the channel: wait until it would have landed, then look, and only then send again.
        (MAYBE, NOW, Wait(NOW + SETTLE)),
        (MAYBE, NOW + SETTLE, ReadBack(NOW)),
        (replace(MAYBE, last_attempt_at=None, first_attempt_at=None), NOW + SETTLE, ReadBack(NOW)),
    ],
)
def test_the_next_step(post: Post, at: object, step: Step) -> None:
    assert next_step(post, at) == step  # type: ignore[arg-type]


def test_the_intent_is_written_down_before_anything_is_sent() -> None:
    first = attempting(claimed(WANTED, NOW), NOW)
    again = attempting(first, LATER)
    assert (first.state, first.attempts, first.first_attempt_at) == ("sending", 1, NOW)
    assert (again.attempts, again.first_attempt_at, again.last_attempt_at) == (2, NOW, LATER)


def test_released_it_is_due_later_and_an_unclear_one_stays_unclear() -> None:
    assert released(claimed(WANTED, NOW), LATER).state == "wanted"
    assert released(claimed(MAYBE, NOW), LATER).state == "maybe"
    assert released(claimed(WANTED, NOW), LATER).due_at == LATER


@pytest.mark.parametrize(
    ("outcome", "state", "wait"),
    [
        (Shown("1.1"), "shown", timedelta(0)),
        (Absent(), "wanted", timedelta(0)),
        (NotSent("connection refused", timedelta(seconds=2)), "wanted", timedelta(seconds=2)),
        (NotSent("asked to wait", timedelta(days=1)), "wanted", LONGEST_WAIT),
        (Unread("history refused"), "maybe", timedelta(seconds=5)),
        (Unclear("reset"), "maybe", SETTLE),
        (Rejected("ratelimited"), "wanted", timedelta(seconds=30)),
        (Rejected("internal_error"), "maybe", SETTLE),
        (Rejected("token_revoked"), "wanted", timedelta(minutes=1)),
        (Rejected("is_archived"), "parked", timedelta(0)),
        (Rejected("invalid_blocks"), "parked", timedelta(0)),
        (Rejected("an_error_of_tomorrow"), "parked", timedelta(0)),
        # Only a message that we know can be gone; a first post to a thread that vanished is parked.
        (Rejected("message_not_found"), "parked", timedelta(0)),
    ],
)
def test_what_an_answer_to_a_first_post_means(outcome: Outcome, state: str, wait: timedelta) -> None:
    after = settled(SENDING, 1, outcome, NOW)
    assert after.state == state
    assert after.lease_until is None
    assert after.due_at == NOW + wait


@pytest.mark.parametrize("error", ["ratelimited", "token_revoked"])
def test_a_refused_read_back_leaves_it_open_whether_the_message_is_there(error: str) -> None:
    assert settled(claimed(MAYBE, NOW + SETTLE), 1, Rejected(error), NOW).state == "maybe"


def test_an_edit_that_may_have_arrived_is_repeated_with_growing_pauses() -> None:
    editing = replace(SHOWN, state="wanted", wanted=2)
    pauses = []
    for _ in range(8):
        editing = settled(editing, 2, Unclear("timeout"), NOW)
        pauses.append((editing.due_at - NOW).total_seconds())
    assert editing.state == "wanted"
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 64]


def test_an_edit_of_a_message_that_is_gone_posts_it_anew() -> None:
    after = settled(replace(SHOWN, state="wanted", wanted=2), 2, Rejected("message_not_found"), NOW)
    assert (after.state, after.ts, after.shown) == ("wanted", None, 0)


def test_what_was_shown_while_more_was_wanted_is_edited_next() -> None:
    after = settled(replace(SENDING, wanted=3), 1, Shown("1.1"), NOW)
    assert (after.state, after.shown, after.ts) == ("wanted", 1, "1.1")
    assert next_step(after, NOW) == Edit("1.1")


@pytest.mark.parametrize("error", sorted(ERROR_CLASSES))
def test_every_known_error_leads_to_a_state_that_somebody_works_on_or_sees(error: str) -> None:
    for post in (SENDING, replace(SHOWN, state="wanted", wanted=2)):
        assert settled(post, post.wanted, Rejected(error), NOW).state in ("wanted", "maybe", "parked")


def test_an_error_that_nobody_has_heard_of_is_unknown() -> None:
    assert error_class("made_up") == "unknown"


OUTCOMES = st.one_of(
    st.just(Absent()),
    st.builds(Shown, st.just("1.1")),
    st.builds(NotSent, st.just("x")),
    st.builds(Unread, st.just("x")),
    st.builds(Unclear, st.just("x")),
    st.builds(Rejected, st.sampled_from(sorted(ERROR_CLASSES))),
)


@given(st.lists(st.tuples(OUTCOMES, st.integers(0, 120)), max_size=25))
def test_nothing_is_sent_twice_unless_the_channel_was_read_or_the_answer_was_no(
    answers: list[tuple[Outcome, int]],
) -> None:
    post, now, may_be_visible = WANTED, NOW, False
    for outcome, seconds in answers:
        now += timedelta(seconds=seconds)
        if not claimable(post, now):
            continue
        post = claimed(post, now)
        match next_step(post, now):
            case Send():
                assert not may_be_visible
                post = settled(attempting(post, now), post.wanted, outcome, now)
                unclear = isinstance(outcome, Rejected) and error_class(outcome.error) == "unclear"
                may_be_visible = isinstance(outcome, Unclear | Unread | Shown) or unclear
                if isinstance(outcome, Absent):
                    may_be_visible = False
            case ReadBack():
                read = outcome if isinstance(outcome, Shown | Absent | Unread) else Unread("x")
                post = settled(post, post.wanted, read, now)
                may_be_visible = not isinstance(read, Absent)
            case Edit():
                post = settled(post, post.wanted, outcome, now)
                may_be_visible = post.ts is not None
            case Wait(until):
                post = released(post, until)


@pytest.mark.parametrize(
    ("key", "state", "first_attempt"), [("alert/1", "wanted", NOW), ("digest/monday", "parked", None)]
)
def test_where_nothing_can_be_read_back_alerts_are_rather_said_twice_and_digests_rather_not(
    key: str, state: str, first_attempt: object
) -> None:
    after = settled(replace(MAYBE, key=key), 0, Forbidden("missing_scope"), NOW)
    assert (after.state, after.lease_until, after.first_attempt_at) == (state, None, first_attempt)
    assert "missing_scope" in after.reason
    assert promise(after) == ("at least once" if state == "wanted" else "at most once")


@pytest.mark.parametrize(
    ("post", "doubted"),
    [
        (SENDING, False),
        # An earlier attempt may still land.
        (attempting(claimed(settled(claimed(MAYBE, NOW), 0, Absent(), NOW), NOW), LATER), True),
        # Nobody may miss it.
        (replace(SENDING, urgency=CRITICAL), True),
        # An edit that may still land over this one, of ours or of whoever vanished.
        (replace(SHOWN, wanted=2, attempts=1), True),
        (claimed(replace(SHOWN, state="wanted", wanted=2, lease_until=NOW), NOW), True),
        (claimed(replace(SHOWN, state="wanted", wanted=2), NOW), False),
    ],
)
def test_what_may_not_be_the_last_word_is_checked_when_it_has_settled(post: Post, doubted: bool) -> None:
    after = settled(post, post.wanted, Shown("1.1"), LATER)
    assert after.check_at == (LATER + SETTLE if doubted else None)


def test_an_attempt_that_surely_came_to_nothing_leaves_no_doubt() -> None:
    refused = settled(SENDING, 1, NotSent("refused"), NOW)
    assert refused.first_attempt_at is None
    again = settled(attempting(claimed(refused, LATER), LATER), 1, Shown("1.1"), LATER)
    assert again.check_at is None


def test_what_a_late_worker_left_makes_a_waiting_post_unclear_and_any_other_one_doubted() -> None:
    waiting = overtaken(replace(WANTED, first_attempt_at=NOW), LATER)
    assert (waiting.state, waiting.first_attempt_at, waiting.last_attempt_at) == ("maybe", NOW, LATER)
    assert overtaken(WANTED, LATER).first_attempt_at == LATER - SETTLE
    for post in (SHOWN, SENDING, MAYBE, claimed(WANTED, NOW)):
        assert overtaken(post, LATER) == replace(post, check_at=LATER + SETTLE)
