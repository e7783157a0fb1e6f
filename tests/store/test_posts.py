"""Posts: what is wanted, who works on what, and that nobody's version is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.dispatch import LEASE, SETTLE, Post, Rejected, Shown, Unclear, attempting, released, settled
from bot.core.message import Message, Paragraph
from bot.core.parts import say
from bot.core.sweep import EVERY, HORIZON
from bot.core.trouble import held_back
from bot.store import outbox, posts, sweeps
from bot.store.engine import Store

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def message(text: str = "one") -> Message:
    return Message(say(text), (Paragraph(say(text)),))


def want(store: Store, channel: str = "C1", key: str = "k", text: str = "one", **more: object) -> Post:
    options: dict[str, object] = {"urgency": 1, "now": NOW, **more}
    with store.write() as connection:
        return posts.want(connection, channel, key, message(text), **options)  # type: ignore[arg-type]


def claim(store: Store, now: datetime = NOW, most: int = 10) -> list[outbox.Claimed]:
    with store.write() as connection:
        return outbox.claim(connection, now, most)


def save(store: Store, post: Post) -> bool:
    with store.write() as connection:
        return outbox.save(connection, post)


def show(store: Store, ts: str = "1.0", now: datetime = NOW) -> Post:
    """Claims the one post that is due and shows it."""
    (taken,) = claim(store, now)
    assert save(store, attempting(taken.post, now))
    shown = settled(attempting(taken.post, now), taken.post.wanted, Shown(ts), now)
    assert save(store, shown)
    return shown


def find(store: Store, channel: str = "C1", key: str = "k") -> Post:
    with store.read() as connection:
        found = posts.find(connection, channel, key)
    assert found is not None
    return found


def test_the_same_content_is_no_new_version(store: Store) -> None:
    assert want(store).wanted == 1
    assert want(store).wanted == 1
    assert want(store, text="two").wanted == 2
    assert find(store) == want(store, text="two")


def test_a_shown_post_is_left_alone_until_its_content_changes(store: Store) -> None:
    want(store)
    show(store)
    assert claim(store, NOW + timedelta(days=1)) == []
    assert want(store).state == "shown"
    assert want(store, text="two").state == "wanted"
    assert [taken.post.ts for taken in claim(store)] == ["1.0"]


def test_the_most_urgent_goes_first_then_the_oldest_and_one_a_channel(store: Store) -> None:
    want(store, "C1", "late", urgency=1, now=NOW + SECOND)
    want(store, "C1", "early", urgency=1)
    want(store, "C2", "urgent", urgency=9, now=NOW + SECOND)
    want(store, "C3", "held", due_at=NOW + timedelta(hours=1), reason="quiet hours")
    taken = claim(store, NOW + SECOND)
    assert [found.post.key for found in taken] == ["urgent", "early"]
    assert taken[0].message == message()
    assert claim(store, NOW + SECOND) == []
    assert find(store, "C3", "held").reason == "quiet hours"


def hasten(store: Store, number: int, *keys: str, now: datetime = NOW) -> None:
    with store.write() as connection:
        posts.hasten(connection, number, keys, now)


def test_what_somebody_waits_for_goes_before_what_is_more_urgent(store: Store) -> None:
    for key in ("alert/1", "alert/2", "alert/2/turn-1", "group/3", "alert/30"):
        want(store, f"C-{key}", key, urgency=1)
    want(store, "C-alert/1", "urgent", urgency=9)
    hasten(store, 2, "group/3")
    hasten(store, 1)
    awaited = {taken.post.key for taken in claim(store, most=4) if taken.post.awaited}
    assert awaited == {"alert/1", "alert/2", "alert/2/turn-1", "group/3"}


def test_somebody_waits_for_what_they_did_and_not_for_what_comes_later(store: Store) -> None:
    want(store, key="alert/1")
    hasten(store, 1)
    told = (want(store, key="alert/1", text="two"), show(store), want(store, key="alert/1", text="three"))
    assert [post.awaited for post in told] == [True, True, False]


def test_somebody_waits_for_the_next_version_of_what_is_just_being_sent(store: Store) -> None:
    want(store, key="alert/1")
    (taken,) = claim(store)
    want(store, key="alert/1", text="two")
    hasten(store, 1)
    shown = settled(attempting(taken.post, NOW), 1, Shown("1.0"), NOW)
    assert save(store, shown)
    assert [again.post.awaited for again in claim(store, NOW + SECOND)] == [True]


def test_what_limits_hold_back_is_tried_at_once_for_whoever_waits_and_what_is_held_otherwise_is_not(
    store: Store,
) -> None:
    later = NOW + timedelta(minutes=5)
    want(store, key="alert/1")
    want(store, "C2", "alert/1/turn-2", due_at=later, reason="quiet hours")
    (taken,) = claim(store)
    assert save(store, held_back(released(taken.post, later), NOW))
    assert claim(store) == []
    hasten(store, 1)
    assert [again.post.key for again in claim(store)] == ["alert/1"]
    assert [find(store, *place).awaited for place in (("C1", "alert/1"), ("C2", "alert/1/turn-2"))] == [True, False]


def test_two_workers_get_different_posts(store: Store) -> None:
    for number in range(6):
        want(store, f"C{number}", "k")
    first, second = claim(store, most=3), claim(store, most=5)
    ids = [taken.post.id for taken in first + second]
    assert len(ids) == len(set(ids)) == 6


def test_a_vanished_workers_post_is_taken_over_as_unclear_and_its_answer_comes_too_late(store: Store) -> None:
    want(store)
    (lost,) = claim(store)
    sending = attempting(lost.post, NOW)
    assert save(store, sending)
    assert claim(store, NOW + LEASE - SECOND) == []
    (taken,) = claim(store, NOW + LEASE)
    assert taken.post.state == "maybe"
    assert save(store, settled(sending, 1, Shown("1.0"), NOW + LEASE)) is False
    assert find(store).ts is None
    assert save(store, settled(taken.post, 1, Shown("1.0"), NOW + LEASE)) is True


def test_a_version_wanted_while_an_older_one_is_sent_is_not_lost(store: Store) -> None:
    want(store)
    (taken,) = claim(store)
    sending = attempting(taken.post, NOW)
    assert save(store, sending)
    want(store, text="two", now=NOW + SECOND)
    assert find(store).state == "sending"
    assert save(store, settled(sending, 1, Shown("1.0"), NOW + SECOND))
    after = find(store)
    assert (after.state, after.wanted, after.shown) == ("wanted", 2, 1)
    (again,) = claim(store, NOW + SECOND)
    assert again.message == message("two")


def test_a_reply_waits_until_its_root_is_shown(store: Store) -> None:
    want(store, key="root", due_at=NOW + timedelta(minutes=1))
    want(store, key="reply", thread="root")
    assert claim(store) == []
    with store.read() as connection:
        assert outbox.next_due(connection) == NOW + timedelta(minutes=1)
    show(store, "5.0", NOW + timedelta(minutes=1))
    (reply,) = claim(store, NOW + timedelta(minutes=2))
    assert (reply.post.key, reply.thread_ts) == ("reply", "5.0")


def test_an_unclear_post_waits_and_keeps_its_state_when_more_is_wanted(store: Store) -> None:
    want(store)
    (taken,) = claim(store)
    unclear = settled(attempting(taken.post, NOW), 1, Unclear("reset"), NOW)
    assert save(store, unclear)
    assert want(store, text="two").state == "maybe"
    assert find(store).due_at == unclear.due_at
    assert claim(store, unclear.due_at - SECOND) == []


def test_a_wait_that_slack_asked_for_outlives_a_new_version(store: Store) -> None:
    want(store)
    (taken,) = claim(store)
    save(store, settled(attempting(taken.post, NOW), 1, Rejected("ratelimited"), NOW))
    assert want(store, text="two").due_at == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(("error", "state"), [("is_archived", "parked"), ("invalid_blocks", "wanted")])
def test_new_content_frees_a_post_parked_for_its_content_alone(store: Store, error: str, state: str) -> None:
    want(store)
    (taken,) = claim(store)
    save(store, settled(attempting(taken.post, NOW), 1, Rejected(error), NOW))
    with store.read() as connection:
        assert [post.reason for post in posts.parked(connection)] == [error]
    assert want(store, text="two").state == state


def test_an_operator_releases_a_parked_post_once(store: Store) -> None:
    want(store)
    (taken,) = claim(store)
    save(store, settled(attempting(taken.post, NOW), 1, Rejected("is_archived"), NOW))
    with store.write() as connection:
        assert posts.release_parked(connection, taken.post.id, NOW) is True
        assert posts.release_parked(connection, taken.post.id, NOW) is False
    assert len(claim(store)) == 1


def test_only_what_nobody_can_have_seen_is_dropped(store: Store) -> None:
    want(store, key="unseen", due_at=NOW + timedelta(hours=1))
    want(store, "C2", "seen")
    show(store)
    with store.write() as connection:
        assert posts.drop(connection, "C1", "unseen", "over", NOW) is True
        assert posts.drop(connection, "C2", "seen", "over", NOW) is False
        assert posts.by_state(connection) == {"dropped": 1, "shown": 1}
        assert outbox.next_due(connection) is None
    assert want(store, key="unseen").state == "wanted"


def test_a_fresh_post_is_a_new_message_unless_the_last_may_be_under_way(store: Store) -> None:
    want(store)
    first = show(store)
    again = want(store, fresh=True)
    assert (again.ts, again.wanted, again.state) == (None, 2, "wanted")
    assert again.id != first.id
    (taken,) = claim(store)
    save(store, attempting(taken.post, NOW))
    assert want(store, text="three", fresh=True).id == again.id


def test_a_released_post_is_due_again_when_its_holder_said(store: Store) -> None:
    want(store)
    (taken,) = claim(store)
    assert save(store, released(taken.post, NOW + SECOND))
    assert claim(store) == []
    assert len(claim(store, NOW + SECOND)) == 1


def test_the_posts_of_an_alert_are_found_by_its_number(store: Store) -> None:
    want(store, "C1", posts.alert_key(12))
    want(store, "C2", posts.alert_key(12, "thread-1"))
    want(store, "C3", posts.alert_key(120))
    with store.read() as connection:
        assert [post.channel for post in posts.of_alert(connection, 12)] == ["C1", "C2"]


def test_a_post_that_is_taken_back_is_lost_to_whoever_was_about_to_send_it_and_its_replies_fall(store: Store) -> None:
    want(store)
    want(store, key="k/turn-2", thread="k")
    (taken,) = claim(store)
    with store.write() as connection:
        assert posts.drop(connection, "C1", "k", "over", NOW) is True
    assert save(store, attempting(taken.post, NOW)) is False
    assert (find(store).state, find(store, key="k/turn-2").state) == ("dropped", "dropped")


def test_a_mended_post_is_lost_to_whoever_still_holds_it(store: Store) -> None:
    want(store)
    shown = show(store)
    adopted = replace(shown, ts="0.5")
    with store.write() as connection:
        assert sweeps.mend(connection, shown, adopted) is True
        assert sweeps.mend(connection, shown, adopted) is False
    assert save(store, shown) is False
    assert (find(store).ts, find(store).epoch) == ("0.5", shown.epoch + 1)


def test_a_version_wanted_while_a_post_is_mended_stays_wanted(store: Store) -> None:
    want(store)
    shown = show(store)
    want(store, text="two")
    with store.write() as connection:
        assert sweeps.mend(connection, replace(find(store), ts="1.0"), replace(shown, ts="0.5")) is True
    assert (find(store).state, find(store).wanted) == ("wanted", 2)


def test_doubt_that_came_up_meanwhile_is_not_taken_away(store: Store) -> None:
    want(store)
    shown = show(store)
    with store.write() as connection:
        assert outbox.overtake(connection, shown.id, NOW) is True
        assert outbox.overtake(connection, "nobody", NOW) is False
        sweeps.checked(connection, [shown], NOW)
        assert outbox.save(connection, shown) is True
    assert (find(store).check_at, find(store).checked_at) == (NOW + SETTLE, None)
    with store.read() as connection:
        assert sweeps.channels_in_doubt(connection, NOW) == []
        assert sweeps.channels_in_doubt(connection, NOW + SETTLE) == ["C1"]


def test_an_audit_sees_a_channels_posts_of_late_and_puts_off_what_it_looks_at(store: Store) -> None:
    want(store)
    show(store)
    want(store, "C2", "other")
    later = NOW + SETTLE
    with store.write() as connection:
        outbox.overtake(connection, find(store).id, NOW)
        (row,) = sweeps.audited(connection, "C1", later)
    assert (row.post.key, row.post.check_at) == ("k", later + EVERY)
    with store.write() as connection:
        sweeps.checked(connection, [row.post], later)
        sweeps.checked(connection, [find(store)], later)
        assert sweeps.channels_of_late(connection, later) == ["C1", "C2"]
        assert sweeps.audited(connection, "C1", NOW + HORIZON + SECOND) == []
    assert (find(store).check_at, find(store).checked_at) == (None, later)


def test_a_parked_post_of_which_a_copy_may_be_visible_is_looked_for_when_it_is_released(store: Store) -> None:
    want(store)
    (taken,) = claim(store)
    unclear = settled(attempting(taken.post, NOW), 1, Unclear("reset"), NOW)
    parked = settled(unclear, 0, Rejected("is_archived"), NOW)
    assert save(store, parked)
    with store.write() as connection:
        assert posts.release_parked(connection, parked.id, NOW)
    assert find(store).state == "maybe"
