"""What becomes of a post's row when more is wanted of it, or nothing any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.dispatch import Post, PostState
from bot.core.wants import droppable, dropped, falls_with_its_root, raised, unparked
from tests.core.samples import NOW

POST = Post(id="p1", channel="#ops", key="alert/1", state="wanted", wanted=1, due_at=NOW, created_at=NOW)
SHOWN = replace(POST, state="shown", shown=1, ts="1.1", first_attempt_at=NOW, last_attempt_at=NOW, generation=2)


@pytest.mark.parametrize(
    ("state", "ts", "can", "falls"),
    [
        ("wanted", None, True, True),
        ("parked", None, True, True),
        ("maybe", None, False, True),
        ("sending", None, False, True),
        ("dropped", None, False, False),
        ("wanted", "1.1", False, False),
        ("shown", "1.1", False, False),
    ],
)
def test_only_what_nobody_can_have_seen_is_taken_back(state: PostState, ts: str | None, can: bool, falls: bool) -> None:
    post = replace(POST, state=state, ts=ts)
    assert (droppable(post), falls_with_its_root(post)) == (can, falls)


def test_a_reply_that_stands_in_the_channel_does_not_fall_with_its_root() -> None:
    assert not falls_with_its_root(replace(POST, rootless=True))


def test_whoever_holds_a_post_that_is_taken_back_loses_it() -> None:
    assert dropped(POST, "over", NOW).epoch == POST.epoch + 1


@pytest.mark.parametrize(("attempted", "state"), [(True, "maybe"), (False, "wanted")])
def test_a_released_post_is_looked_for_where_a_copy_may_be_visible(attempted: bool, state: str) -> None:
    parked = replace(POST, state="parked", first_attempt_at=NOW if attempted else None)
    assert unparked(parked, NOW).state == state
    assert unparked(replace(parked, ts="1.1"), NOW).state == "wanted"


def test_a_fresh_message_has_another_name_and_no_past() -> None:
    again = raised(SHOWN, new=True, fresh="p2", due_at=None, now=NOW, reason="")
    assert (again.tag, again.ts, again.shown, again.first_attempt_at, again.state) == ("p2", None, 0, None, "wanted")


HELD = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("post", "new", "state", "due_at"),
    [
        (SHOWN, True, "wanted", NOW),
        (SHOWN, False, "shown", NOW),
        (replace(POST, state="dropped"), True, "wanted", NOW),
        (replace(POST, state="parked", reason="invalid_blocks"), True, "wanted", NOW),
        (replace(POST, state="parked", reason="is_archived"), True, "parked", NOW),
        (replace(POST, due_at=HELD), False, "wanted", NOW),
        # A wait that Slack asked for, and what somebody is sending or may have sent, stay as they are.
        (replace(POST, due_at=HELD, last_attempt_at=NOW), True, "wanted", HELD),
        (replace(POST, due_at=HELD, lease_until=HELD), True, "wanted", HELD),
        (replace(POST, state="maybe", due_at=HELD), True, "maybe", HELD),
        (replace(POST, state="sending", due_at=HELD), True, "sending", HELD),
    ],
)
def test_what_is_wanted_anew_follows_what_became_of_the_post(
    post: Post, new: bool, state: str, due_at: datetime
) -> None:
    after = raised(post, new=new, fresh="", due_at=None, now=NOW, reason="")
    assert (after.state, after.due_at, after.wanted) == (state, due_at, post.wanted + new)
