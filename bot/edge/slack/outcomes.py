"""What became of a call of Slack's Web API: it surely did not arrive, it may have, or Slack said no."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.core.dispatch import Forbidden, NotSent, Outcome, Rejected, Unclear, Unread, error_class

Failure = NotSent | Unclear | Rejected

BUSY = frozenset({"ratelimited", "rate_limited"})
_NO_RETRY_AFTER = timedelta(seconds=5)
_NO_CONNECTION = timedelta(seconds=5)
_NO_WORKSPACE = timedelta(seconds=60)


class Failed(Exception):
    """A call came to nothing, or may have; ``outcome`` says which."""

    def __init__(self, outcome: Failure) -> None:
        super().__init__(repr(outcome))
        self.outcome = outcome


# All that a call may raise.
ERRORS = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)


def classify(error: Exception) -> Failure:
    """What an exception of a call means for what was sent: it surely did not arrive, it may have, or Slack said no."""
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return NotSent(type(error).__name__, _NO_CONNECTION)
        case SlackApiError():
            return _refusal(error.response)
        case _:
            return Unclear(type(error).__name__)


def _refusal(response: Any) -> Failure:
    """What an answer other than ok means. Some come without a status, some without a body that can be read."""
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    body = getattr(response, "data", None)
    error = body.get("error") if isinstance(body, dict) else None
    if status == 429 or error in BUSY:
        return NotSent("ratelimited", _retry_after(response.headers.get("Retry-After")))
    if status >= 500 or not isinstance(error, str):
        return Unclear(f"HTTP {status}")
    return Rejected(error)


def _retry_after(value: str | None) -> timedelta:
    """Slack sends whole seconds; proxies send fractions, dates or nothing."""
    try:
        seconds = float(value or "")
    except ValueError:
        return _NO_RETRY_AFTER
    if not math.isfinite(seconds) or seconds < 0:
        return _NO_RETRY_AFTER
    return timedelta(seconds=min(max(seconds, 1.0), 3600.0))


def nothing_sent(outcome: Failure) -> Outcome:
    """The outcome of a call that only prepared another: however unclear, nothing of the other one has left."""
    return NotSent(outcome.reason) if isinstance(outcome, Unclear) else outcome


def unread(outcome: Failure) -> Outcome:
    """What a failed reading means for the post that was looked for."""
    match outcome:
        case NotSent(reason, wait):
            return Unread(reason, wait)
        case Rejected("missing_scope" as error):
            return Forbidden(error)
        case Rejected(error) if error_class(error) == "destination":
            return outcome
        case Rejected(error) if error_class(error) == "workspace":
            return Unread(error, _NO_WORKSPACE)
        case Rejected(reason) | Unclear(reason):
            return Unread(reason)
