"""The App Home of a member, as a message."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.known import AlertLine
from bot.core.message import Block, Bullets, Footer, Heading, Message, Paragraph
from bot.core.parts import Line, Moment, say, strong
from bot.core.schedule import Slot

_MOST_LISTED = 10


def home(alerts: Sequence[AlertLine], user: str, upcoming: Sequence[Slot]) -> Message:
    """What ``user`` (a Slack user id) holds, what nobody has taken, and the next digests."""
    mine = [alert for alert in alerts if alert.person == user]
    free = [alert for alert in alerts if alert.person is None]
    blocks: list[Block] = [Heading("My alerts"), *_listed(mine, "You hold nothing.")]
    blocks += [Heading("Nobody has taken"), *_listed(free, "Everything open is in somebody's hands.")]
    if upcoming:
        blocks += [Heading("Next digests"), Bullets(tuple(_slot(slot) for slot in upcoming))]
    blocks.append(Footer(say("/stock and /ops help tell what you can ask")))
    return Message(say("Floorwalker"), tuple(blocks))


def _listed(alerts: Sequence[AlertLine], nothing: str) -> list[Block]:
    if not alerts:
        return [Paragraph(say(nothing))]
    blocks: list[Block] = [Bullets(tuple(_line(alert) for alert in alerts[:_MOST_LISTED]))]
    more = len(alerts) - _MOST_LISTED
    return [*blocks, Paragraph(say(f"+{more} more: /ops alerts"))] if more > 0 else blocks


def _line(alert: AlertLine) -> Line:
    due = say(" · due ", Moment(alert.due_at)) if alert.due_at else ()
    return say(strong(f"A-{alert.number} {alert.severity.upper()} "), alert.title, f" · {alert.department}", due)


def _slot(slot: Slot) -> Line:
    return say(f"{slot.schedule}: ", Moment(slot.due))
