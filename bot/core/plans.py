"""What the plans of several platforms have in common: refusals in words, objects in answers, moments, going on.

A plan (``bot.core.polling``) trusts nothing that a platform answers. What it cannot do without, it refuses with Denied,
in words for the operators; for what it merely looks for, whatever is of another form counts as not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.core.delivery import COUNTED, Unparsable
from bot.core.polling import Asked, Denied, Heard, Response, Step
from bot.core.wild import Wild

Json = dict[str, Any]
Asking = Generator[Step, Any, Response]
"""A part of a plan that gives the answer to a call."""

NO_REASON: Final = "no reason given"


# Refusals.


def _nothing(response: Response) -> str:
    return ""


def granted(
    response: Response,
    place: str,
    why: Mapping[int, str],
    *also: int,
    said: Callable[[Response], str] = _nothing,
) -> Response:
    """The response, when its status is 2xx or one of ``also``; else raises Denied.

    Its text is the ``place`` that was asked, what ``why`` says for the status, and what the platform ``said`` itself.
    """
    if response.granted(*also):
        return response
    raise Denied(response.status, f"{place}: {why.get(response.status, 'refused')}{said(response)}")


@contextmanager
def understood(what: str, status: int = 0) -> Iterator[None]:
    """Has what is Unparsable inside be Denied: an answer is no delivery that anybody could send once more."""
    try:
        yield
    except Unparsable as fault:
        raise Denied(status, f"{what} not understood: {fault}") from None


def printable(text: str, longest: int) -> str:
    """A platform's words as operators may see them: short, and in one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:longest])


# Objects.


def an_object(value: Any) -> Json:
    """A value of JSON if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def object_in(text: bytes | str) -> Json:
    """The object that a body or a cursor holds as JSON; an empty one when it is anything else."""
    try:
        return an_object(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def rows(value: Any, otherwise: Denied) -> list[Json]:
    """A list of objects; raises ``otherwise`` when it is anything else."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise otherwise
    return value


def packed(row: Json) -> bytes:
    """An object as the body of a delivery."""
    return json.dumps(row, separators=(",", ":")).encode()


# Moments.


def moment_in(text: Any) -> datetime | None:
    """A date and time with its offset (RFC 3339), as aware UTC; None for anything else."""
    try:
        return Wild(text).moment()
    except Unparsable:
        return None


def in_utc(moment: datetime) -> str:
    """Whole seconds in UTC ("2026-11-20T10:15:00"), to which each platform adds the offset or the "Z" that it likes."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


# Going on where the last run left off.


def left_off(asked: Asked, oldest: timedelta) -> datetime | None:
    """Where a run goes on whose cursor is a moment: not in the future, and not before what the platform still has.
    None on the first run."""
    since = moment_in(asked.cursor)
    return max(min(since, asked.now), asked.now - oldest) if since else None


def counted(before: datetime, cursor: str, at: datetime) -> Heard:
    """The last word of a plan that has read the whole stock: what was told of it before that moment and not since is
    gone. Where pages may shift while they are read, let it be the beginning of the count before this one."""
    return Heard(COUNTED, (before.isoformat().encode(),), cursor, at)


def batches(topic: str, bodies: Sequence[bytes], size: int, before: str, after: str, at: datetime) -> Iterator[Heard]:
    """The bodies in their order, ``size`` at a time; the cursor moves from ``before`` to ``after`` with the last."""
    last = max(0, len(bodies) - 1) // size * size
    for start in range(0, last, size):
        yield Heard(topic, tuple(bodies[start : start + size]), before, at)
    yield Heard(topic, tuple(bodies[last:]), after, at)
