"""What Slack's error words mean for a post.

Names: Slack, "chat.postMessage", "chat.update" and the errors common to all methods. "It's possible some aspect of
the operation succeeded" is what Slack says of those that are unclear here.
"""

from __future__ import annotations

from typing import Literal

ErrorClass = Literal[
    "wait", "quota", "unclear", "destination", "workspace", "content", "thread", "uneditable", "gone", "unknown"
]

_ERRORS: dict[ErrorClass, tuple[str, ...]] = {
    # It surely did not arrive, and a little later it may.
    "wait": (
        "ratelimited", "rate_limited", "request_timeout", "team_added_to_org", "org_login_required",
        "external_channel_migrating",
    ),
    # The workspace has used up its messages; that passes in hours.
    "quota": ("message_limit_exceeded",),
    # It may have arrived.
    "unclear": (
        "fatal_error", "internal_error", "service_unavailable", "update_failed", "duplicate_message_not_found",
        "duplicate_channel_not_found",
    ),
    # Nothing can be said in this channel.
    "destination": (
        "channel_not_found", "is_archived", "not_in_channel", "restricted_action",
        "restricted_action_read_only_channel", "restricted_action_non_threadable_channel",
        "restricted_action_thread_only_channel", "no_permission", "channel_type_not_supported",
        "ekm_access_denied", "messages_tab_disabled", "team_not_found", "team_access_not_granted",
    ),
    # The bot as a whole is refused.
    "workspace": (
        "token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive", "missing_scope",
        "not_allowed_token_type", "app_access_restricted", "two_factor_setup_required", "access_denied",
        "accesslimited", "enterprise_is_restricted", "method_deprecated", "deprecated_endpoint",
    ),
    # What was sent is wrong, and will be wrong again.
    "content": (
        "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text",
        "too_many_attachments", "attachment_payload_limit_exceeded", "invalid_attachments", "metadata_too_large",
        "invalid_metadata_format", "invalid_metadata_schema", "metadata_must_be_sent_from_app",
        "markdown_text_conflict", "invalid_charset", "invalid_arguments", "invalid_arg_name", "invalid_array_arg",
        "invalid_form_data", "invalid_post_type", "missing_post_type", "as_user_not_supported",
        "too_many_contact_cards", "block_mismatch", "cant_broadcast_message", "file_not_found",
        "file_not_shared_in_channel", "slack_connect_canvas_sharing_blocked",
        "slack_connect_file_link_sharing_blocked", "slack_connect_lists_sharing_blocked",
    ),
    # A reply's thread takes no reply, or is not there.
    "thread": ("cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"),
    # The message is there and can be changed no more.
    "uneditable": ("edit_window_closed", "cant_update_message", "is_inactive"),
    # The message is not there.
    "gone": ("message_not_found",),
}  # fmt: skip
ERROR_CLASSES: dict[str, ErrorClass] = {error: kind for kind, errors in _ERRORS.items() for error in errors}


def error_class(error: str) -> ErrorClass:
    """What a Slack error means for a post; one that nobody has heard of is "unknown"."""
    return ERROR_CLASSES.get(error, "unknown")
