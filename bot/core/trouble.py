"""What happens when Slack says no: what is diverted, when a channel is tried again, what is no longer worth showing.

A post that a channel refuses is parked, its content goes once to the operations' channel, and the channel is tried with
one post every quarter of an hour. Whatever came and went unseen is told in one summary for each channel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.core.alerts import Alert
from bot.core.dispatch import NotSent, Outcome, Post, PostState, Rejected, Shown
from bot.core.message import Bullets, Footer, Heading, Message, Paragraph
from bot.core.parts import Duration, Line, Moment, say

PROBE_EVERY = timedelta(minutes=15)
STALE_AFTER = timedelta(hours=24)
LATE_AFTER = timedelta(minutes=1)
"""Later than this is late: a post that waits so long is looked at again, one shown so late says so."""

OF_OURSELVES = ("away/", "diverted/", "trouble/")
"""How the keys of posts begin that tell of other posts. They are neither diverted nor do they go stale."""

_MOST_NAMED = 10
_LIMITS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_OF_SEVERAL = re.compile(r"(?:group|budget)/[^/]+")
_NOTICE = re.compile(r"alert/\d+/turn-(\d+)")

Move = Literal["rest", "try", "failed", "healed", "forget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A channel that takes no messages: Slack's word for why, since when, and when it is tried next (aware UTC).

    ``trial`` is the id of the post that it is being tried with, "" when it is not.
    """

    channel: str
    reason: str
    since: datetime
    probe_at: datetime
    trial: str = ""


def noticed(channel: str, reason: str, since: datetime) -> Broken:
    """A channel that has just refused a post."""
    return Broken(channel=channel, reason=reason, since=since, probe_at=since + PROBE_EVERY)


def next_move(broken: Broken, trial: PostState | None, owed: bool, now: datetime) -> Move:
    """What to do about a broken channel. ``trial`` is what became of the post it is tried with, None when there is
    none; ``owed`` is whether any post waits for the channel, without which nobody need know how it is."""
    match trial:
        case "shown":
            return "healed"
        case "parked":
            return "failed"
        case "wanted" | "sending" | "maybe":
            return "rest"
        case _ if not owed:
            return "forget"
        case _:
            # A trial that was taken back says nothing, so another one is made at once.
            return "try" if broken.trial or now >= broken.probe_at else "rest"


def stale(post: Post, alert: Alert | None, now: datetime) -> str:
    """Why a post that nobody has seen is not worth showing any more; "" when it is. ``alert`` is the one it tells of.

    What still stands is never stale, however long it waited; nor is what tells of several alerts: a group, or a day's
    summary.
    """
    if post.key.startswith(OF_OURSELVES) or _OF_SEVERAL.fullmatch(post.key):
        return ""
    if alert is None:
        return "older than a day before it could be shown" if now - post.created_at >= STALE_AFTER else ""
    if alert.state == "resolved":
        return "over before it could be shown"
    notice = _NOTICE.fullmatch(post.key)
    return "overtaken before it could be shown" if notice and int(notice[1]) < alert.turn else ""


# What people are told.


def diverted(message: Message, channel: str, reason: str) -> Message:
    """A message shown in place of another channel, and why."""
    note = say(f"Could not be shown in {channel}: {reason}")
    return Message(say(note, ". ", message.summary), (Paragraph(note), *message.blocks))


def back(channel: str, message: Message) -> Message:
    """What is left of a diverted message once its own channel shows it."""
    return _one_line(say(f"Shown in {channel} by now: ", message.summary))


def ended(channel: str, message: Message) -> Message:
    """What is left of a diverted message that its own channel will never show, because the matter is over."""
    return _one_line(say(f"Over before {channel} could show it: ", message.summary))


def _one_line(line: Line) -> Message:
    return Message(line, (Paragraph(line),))


def told_operators(broken: Broken) -> Message:
    """The day's line about a channel that takes no messages."""
    return _one_line(
        say(
            f"Slack takes no messages for {broken.channel}: {broken.reason}, since ", Moment(broken.since),
            ". What belongs there is kept, and shown here meanwhile. The channel is tried again every quarter of an "
            "hour; /ops parked lists what waits.",
        )
    )  # fmt: skip


def healed(broken: Broken, released: int, now: datetime) -> Message:
    """The same line once the channel takes messages again. ``released`` is how many posts still follow."""
    return _one_line(
        say(
            f"{broken.channel} takes messages again since ", Moment(now), f" ({broken.reason} since ",
            Moment(broken.since), f"); {_counted(released, 'more post')} that waited will follow there.",
        )
    )  # fmt: skip


def unshowable(channel: str, reason: str, at: datetime) -> Message:
    """The day's line about a post that Slack refuses for what it is, not for where it goes."""
    line = say(f"A post for {channel} was given up on ", Moment(at, "day"), f": {reason}. /ops parked tells more.")
    return _one_line(line)


@dataclass(frozen=True, slots=True)
class Missed:
    """A post that ended without ever being shown: what it would have said, since when it was wanted, when it ended."""

    key: str
    summary: Line
    wanted_at: datetime
    ended_at: datetime


def away(missed: Sequence[Missed]) -> Message:
    """One line for all that came and went in a channel while nothing could be shown there, and the newest by name."""
    matters = sum(_is_matter(one.key) for one in missed)
    others = len(missed) - matters
    told = [word for number, word in ((matters, "matter"), (others, "notice")) if number]
    counts = " and ".join(_counted(matters if word == "matter" else others, word) for word in told)
    first, last = min(one.wanted_at for one in missed), max(one.ended_at for one in missed)
    line = say(f"While Slack was away: {counts} came and went between ", Moment(first), " and ", Moment(last), ".")
    newest = sorted(missed, key=lambda one: one.ended_at, reverse=True)[:_MOST_NAMED]
    more = (Footer(say(f"+{len(missed) - _MOST_NAMED} more")),) if len(missed) > _MOST_NAMED else ()
    blocks = (Heading("While Slack was away"), Paragraph(line), Bullets(tuple(one.summary for one in newest)), *more)
    return Message(line, blocks)


def _is_matter(key: str) -> bool:
    """A matter is an alert; what is said in its thread is not another one."""
    return key.startswith("alert/") and key.count("/") == 1


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


# Slack's limits.


@dataclass(frozen=True, slots=True)
class Pressure:
    """How long Slack's limits have been holding back a channel's posts, without a break of a minute."""

    since: datetime
    last: datetime


def pressed(before: Pressure | None, now: datetime) -> Pressure:
    """The pressure after a post had to wait its turn."""
    goes_on = before is not None and now - before.last <= LATE_AFTER
    return Pressure(before.since if before is not None and goes_on else now, now)


def held_back(post: Post, now: datetime) -> Post:
    """A post that must wait for Slack's limits; since when is kept for the note it gets when it is shown."""
    return replace(post, limited_at=post.limited_at or now) if post.ts is None else post


def after(post: Post, outcome: Outcome, now: datetime) -> Post:
    """A settled post that remembers since when Slack's limits hold it back, or since when it is parked."""
    if post.state == "parked":
        return replace(post, due_at=now)
    match outcome:
        case Shown():
            return replace(post, limited_at=None)
        case NotSent(error) | Rejected(error) if error in _LIMITS:
            return held_back(post, now)
        case _:
            return post


def late_by(post: Post, pressure: Pressure | None, now: datetime) -> timedelta | None:
    """How late a post is shown because of Slack's limits; None when it is not, or not by more than a minute.

    A post that was never in hand has waited behind others for as long as its channel has been under pressure.
    """
    since = post.limited_at
    if since is None and pressure is not None and now - pressure.last <= LATE_AFTER:
        since = max(pressure.since, post.due_at)
    return now - since if since is not None and now - since > LATE_AFTER else None


def with_delay(message: Message, late: timedelta | None) -> Message:
    """The message with the note that it is late. The note is made when it is sent and is no part of what is wanted, so
    it raises no version and brings no edit about."""
    if late is None:
        return message
    note = Footer(say("Shown ", Duration(late.total_seconds()), " late: delayed by Slack's limits"))
    return replace(message, blocks=(*message.blocks, note))
