"""One delivery of a post as a course of effects, each of which somebody else carries out: the edge, or a simulation.

The course says in which order things happen (the intent is kept before the first byte leaves, and no byte leaves when
the lease may end first); what an answer means is said by ``bot.core.dispatch``. It knows no clock: every answer says
what time it is.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.dispatch import (
    Edit,
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
    next_step,
    released,
    settled,
)
from bot.core.message import Message, Paragraph
from bot.core.parts import say
from bot.core.refusals import error_class
from bot.core.trouble import after, held_back

ATTEMPT = 11.0
"""Seconds that an attempt needs at most; none is begun that the lease would not outlast."""
HOLD: dict[type[Step], float] = {Send: 5.0, ReadBack: 5.0, Edit: 0.25}
"""The longest that a post is held in hand until its call may leave, in seconds. An edit is hardly held at all: what is
new to the channel must not wait behind the tenth change of something older."""
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


@dataclass(frozen=True, slots=True)
class Turn:
    """Wait for the turn of a call, as long as ``HOLD`` says. The answer's ``wait`` is 0 when it may leave."""

    step: Send | Edit | ReadBack


@dataclass(frozen=True, slots=True)
class Keep:
    """Save the post. The answer's ``kept`` is False when somebody else has taken it over."""

    post: Post


@dataclass(frozen=True, slots=True)
class Leave:
    """Call Slack. Once more means in a plainer form; the answer's ``outcome`` is None when there is none."""

    step: Send | Edit | ReadBack
    post: Post


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Write down that somebody else has the post, and that what we sent may be in the channel as well."""

    post: Post
    outcome: Outcome


Effect = Turn | Keep | Leave | Overtaken


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an effect. ``now`` is wall time (aware UTC); ``left`` are the seconds that the lease still has, by a
    clock that also counts while the machine is suspended."""

    now: datetime
    left: float
    wait: float = 0.0
    kept: bool = True
    outcome: Outcome | None = None


Course = Generator[Effect, Told, None]


def carry(post: Post, told: Told) -> Course:
    """The course of one claimed post, from the moment of ``told``."""
    step = next_step(post, told.now)
    if isinstance(step, Wait):
        yield Keep(released(post, step.until))
        return
    told = yield Turn(step)
    if told.wait > 0:
        yield Keep(held_back(released(post, told.now + timedelta(seconds=told.wait)), told.now))
        return
    if isinstance(step, Send):
        post = attempting(post, told.now)
        told = yield Keep(post)
        if not told.kept:
            return
    yield from _attempt(post, step, told)


def _attempt(post: Post, step: Send | Edit | ReadBack, told: Told) -> Course:
    """Sends the first form that the workspace takes; an older one may not know the newest blocks."""
    outcome: Outcome = NotSent("no time left")
    while told.left >= ATTEMPT:
        told = yield Leave(step, post)
        if told.outcome is None:
            break
        outcome = told.outcome
        if not isinstance(outcome, Rejected) or outcome.error not in _BLOCKS_REFUSED:
            break
    yield from _keep(post, step, outcome, told)


def _keep(post: Post, step: Send | Edit | ReadBack, outcome: Outcome, told: Told) -> Course:
    """What was read back says itself which version it shows; one that does not counts as none."""
    version = 0 if isinstance(step, ReadBack) else post.wanted
    if isinstance(step, ReadBack) and outcome == NotSent("no time left"):
        yield Keep(released(post, told.now + timedelta(seconds=1)))
        return
    told = yield Keep(after(settled(post, version, outcome, told.now), outcome, told.now))
    if not told.kept and not isinstance(step, ReadBack) and may_be_there(outcome):
        yield Overtaken(post, outcome)


def may_be_there(outcome: Outcome) -> bool:
    """Whether something may be in the channel after an attempt that came out like this."""
    match outcome:
        case Shown() | Unclear():
            return True
        case Rejected(error):
            return error_class(error) == "unclear"
        case _:
            return False


def noted(message: Message, post: Post) -> Message:
    """The message with what people must know of its way: that it was sent again, or that its thread is gone."""
    notes = [
        *(["Re-sent: Slack lost the first copy."] if post.resent else []),
        *(["In the channel because the thread it belongs to is gone."] if post.rootless else []),
    ]
    if not notes:
        return message
    return Message(message.summary, (*message.blocks, *(Paragraph(say(note)) for note in notes)))


# How Slack as a whole fares.

UNCLEAR_IN_A_ROW = 5
PROBE_EVERY = timedelta(seconds=10)


def unclear_in_a_row(so_far: int, outcome: Outcome) -> int:
    """How many outcomes in a row were unclear. From UNCLEAR_IN_A_ROW on nothing is posted before a harmless call has
    been answered; a connection that was not to be had says nothing either way."""
    match outcome:
        case Unclear():
            return so_far + 1
        case Rejected(error) if error_class(error) == "unclear":
            return so_far + 1
        case NotSent() | Unread():
            return so_far
        case _:
            return 0
