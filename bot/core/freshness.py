"""How fresh an answer is: when each source of the shop was last heard."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.known import SourceSeen
from bot.core.message import Footer
from bot.core.parts import Line, Moment, join, say


def as_of(sources: Iterable[SourceSeen]) -> Footer:
    """The small print below an answer that rests on what sources told."""
    return Footer(say("as of ", join([_seen(each) for each in sources]) or "no source"))


def _seen(each: SourceSeen) -> Line:
    return say(f"{each.source} ", Moment(each.last)) if each.last else say(f"{each.source} (never heard)")
