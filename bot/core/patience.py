"""How long to wait before a call is made again: as long as the platform asks, else twice as long each time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = 900.0
"""Seconds; a platform that asks for more is asked again all the same."""
ATTEMPTS = 6

_FIRST = 1.0
_SPREAD = 0.5
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def wait(attempt: int, asked: float | None, salt: str) -> float:
    """Seconds to wait after the attempt of that number (from 1), ``asked`` being what the platform wants.

    ``salt`` names who waits: those who met the same trouble at the same moment come back at different ones, and the
    same one always after the same time. Nobody comes before the platform wants it.
    """
    spread = share(f"{salt}/{attempt}")
    if asked is not None:
        return min(max(asked, 0.0), LONGEST) + spread
    return min(_FIRST * 2.0 ** (attempt - 1), LONGEST) * (1.0 + _SPREAD * spread)


def put_off(failures: int, every: timedelta, salt: str) -> timedelta:
    """How long after a run that failed, the ``failures``-th in a row, the next one begins: after a minute, twice as
    long each time, an hour at most (or ``every``, where a stream runs more seldom)."""
    longest = max(every, _HOUR)
    seconds = min(_MINUTE.total_seconds() * 2.0 ** min(failures - 1, 20), longest.total_seconds())
    return timedelta(seconds=seconds * (1.0 + _SPREAD * share(f"{salt}/{failures}")))


def share(salt: str) -> float:
    """A number from 0 to 1 that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256(salt.encode()).digest()[:4], "big") / 2**32


def asked_for(retry_after: str, now: datetime) -> float | None:
    """The seconds of a Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3); None for neither."""
    text = retry_after.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), 10 * LONGEST)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return max(0.0, (until - now).total_seconds())
