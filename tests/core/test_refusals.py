"""Every documented error of chat.postMessage and chat.update has a class, and its class leads to what it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.dispatch import SETTLE, Post, Rejected, attempting, claimed, settled
from bot.core.refusals import ERROR_CLASSES, ErrorClass, error_class
from tests.core.samples import NOW

# Slack's reference of chat.postMessage, chat.update and of the errors common to all methods, written down by hand.
DOCUMENTED: dict[str, ErrorClass] = {
    "access_denied": "workspace",
    "accesslimited": "workspace",
    "account_inactive": "workspace",
    "app_access_restricted": "workspace",
    "as_user_not_supported": "content",
    "attachment_payload_limit_exceeded": "content",
    "block_mismatch": "content",
    "cannot_reply_to_message": "thread",
    "cant_broadcast_message": "content",
    "cant_update_message": "uneditable",
    "channel_not_found": "destination",
    "channel_type_not_supported": "destination",
    "deprecated_endpoint": "workspace",
    "duplicate_channel_not_found": "unclear",
    "duplicate_message_not_found": "unclear",
    "edit_window_closed": "uneditable",
    "ekm_access_denied": "destination",
    "enterprise_is_restricted": "workspace",
    "external_channel_migrating": "wait",
    "fatal_error": "unclear",
    "file_not_found": "content",
    "file_not_shared_in_channel": "content",
    "internal_error": "unclear",
    "invalid_arg_name": "content",
    "invalid_arguments": "content",
    "invalid_array_arg": "content",
    "invalid_attachments": "content",
    "invalid_auth": "workspace",
    "invalid_blocks": "content",
    "invalid_blocks_format": "content",
    "invalid_charset": "content",
    "invalid_form_data": "content",
    "invalid_metadata_format": "content",
    "invalid_metadata_schema": "content",
    "invalid_post_type": "content",
    "is_archived": "destination",
    "is_inactive": "uneditable",
    "markdown_text_conflict": "content",
    "message_limit_exceeded": "quota",
    "message_not_found": "gone",
    "messages_tab_disabled": "destination",
    "metadata_must_be_sent_from_app": "content",
    "metadata_too_large": "content",
    "method_deprecated": "workspace",
    "missing_post_type": "content",
    "missing_scope": "workspace",
    "msg_blocks_too_long": "content",
    "msg_too_long": "content",
    "no_permission": "destination",
    "no_text": "content",
    "not_allowed_token_type": "workspace",
    "not_authed": "workspace",
    "not_in_channel": "destination",
    "org_login_required": "wait",
    "rate_limited": "wait",
    "ratelimited": "wait",
    "request_timeout": "wait",
    "restricted_action": "destination",
    "restricted_action_non_threadable_channel": "destination",
    "restricted_action_read_only_channel": "destination",
    "restricted_action_thread_locked": "thread",
    "restricted_action_thread_only_channel": "destination",
    "service_unavailable": "unclear",
    "slack_connect_canvas_sharing_blocked": "content",
    "slack_connect_file_link_sharing_blocked": "content",
    "slack_connect_lists_sharing_blocked": "content",
    "team_access_not_granted": "destination",
    "team_added_to_org": "wait",
    "team_not_found": "destination",
    "thread_not_found": "thread",
    "token_expired": "workspace",
    "token_revoked": "workspace",
    "too_many_attachments": "content",
    "too_many_contact_cards": "content",
    "two_factor_setup_required": "workspace",
    "update_failed": "unclear",
}

POST = Post(id="p1", channel="#ops", key="alert/1/turn-2", state="wanted", wanted=1, due_at=NOW, created_at=NOW)
SENDING = attempting(claimed(replace(POST, thread="alert/1"), NOW), NOW)
EDITING = claimed(replace(POST, ts="1.1", wanted=2, shown=1), NOW)
# Class, then for a first post and for an edit: state, wait, whether the known message is kept.
AFTER: dict[ErrorClass, tuple[tuple[str, timedelta], tuple[str, timedelta, bool]]] = {
    "wait": (("wanted", timedelta(seconds=30)), ("wanted", timedelta(seconds=30), True)),
    "quota": (("wanted", timedelta(hours=1)), ("wanted", timedelta(hours=1), True)),
    "unclear": (("maybe", SETTLE), ("wanted", timedelta(seconds=1), True)),
    "destination": (("parked", timedelta(0)), ("parked", timedelta(0), True)),
    "workspace": (("wanted", timedelta(minutes=1)), ("wanted", timedelta(minutes=1), True)),
    "content": (("parked", timedelta(0)), ("parked", timedelta(0), True)),
    "thread": (("wanted", timedelta(0)), ("parked", timedelta(0), True)),
    "uneditable": (("parked", timedelta(0)), ("wanted", timedelta(0), False)),
    "gone": (("parked", timedelta(0)), ("wanted", timedelta(0), False)),
    "unknown": (("parked", timedelta(0)), ("parked", timedelta(0), True)),
}


@pytest.mark.parametrize("error", sorted(DOCUMENTED))
def test_every_documented_error_has_its_class_and_its_class_a_way_on(error: str) -> None:
    kind = error_class(error)
    assert kind == DOCUMENTED[error]
    first, edit = AFTER[kind]
    posted = settled(SENDING, 1, Rejected(error), NOW)
    assert (posted.state, posted.due_at - NOW, posted.lease_until) == (*first, None)
    edited = settled(EDITING, 2, Rejected(error), NOW)
    assert (edited.state, edited.due_at - NOW, edited.ts is not None) == edit


def test_no_class_is_given_to_an_error_that_is_not_documented() -> None:
    assert ERROR_CLASSES == DOCUMENTED
    assert error_class("made_up") == "unknown"


def test_only_a_message_that_stays_where_it_is_gets_a_successor_of_another_tag() -> None:
    gone = settled(EDITING, 2, Rejected("message_not_found"), NOW)
    closed = settled(EDITING, 2, Rejected("edit_window_closed"), NOW)
    assert (gone.tag, closed.tag) == ("p1", "p1/1")


def test_a_reply_whose_thread_is_gone_goes_into_the_channel_once_and_is_parked_when_that_fails_too() -> None:
    orphan = settled(SENDING, 1, Rejected("cannot_reply_to_message"), NOW)
    assert (orphan.state, orphan.rootless) == ("wanted", True)
    again = settled(attempting(claimed(orphan, NOW), NOW), 1, Rejected("cannot_reply_to_message"), NOW)
    assert again.state == "parked"


def test_a_refused_reading_in_a_broken_channel_parks_the_post_and_keeps_the_doubt() -> None:
    after = settled(replace(SENDING, state="maybe"), 1, Rejected("is_archived"), NOW)
    assert (after.state, after.first_attempt_at) == ("parked", NOW)
    assert settled(SENDING, 1, Rejected("is_archived"), NOW).first_attempt_at is None
