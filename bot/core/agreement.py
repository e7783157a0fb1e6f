"""Acts on which two must agree: what one asked for waits until another agrees, time is up, or the matter is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.core.authority import Surface, Want
from bot.core.forms import Submission
from bot.core.message import Button, Buttons, Message, Paragraph, button_value
from bot.core.parts import Line, Moment, Person, say

AGREE = "agree"
"""The button by which somebody agrees; no handler may have the name."""

State = Literal["waiting", "agreed", "lapsed", "stale"]


@dataclass(frozen=True, slots=True)
class Pressed:
    """The press of a button on a turn of an alert."""

    action: str
    number: int
    turn: int
    kind: Literal["pressed"] = "pressed"


@dataclass(frozen=True, slots=True)
class Entered:
    """A form as it was sent."""

    submission: Submission
    kind: Literal["entered"] = "entered"


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command that does something at once, as it was typed in a channel."""

    name: str
    verb: str
    text: str
    channel: str
    kind: Literal["commanded"] = "commanded"


What = Pressed | Entered | Commanded


@dataclass(frozen=True, slots=True)
class Pending:
    """An act that waits for a second person until a moment (aware UTC), and where people are asked for it.

    ``number`` and ``subject`` say what it is about, as in the audit trail, and ``detail`` what exactly is asked for;
    ``thread`` is the key of the post below which it is asked, "" for none.
    """

    id: int
    act: str
    person: str
    surface: Surface
    at: datetime
    until: datetime
    shop: str
    number: int | None
    subject: str
    channel: str
    thread: str
    what: What
    detail: Line = ()

    @property
    def name(self) -> str:
        """What people call it."""
        return f"R-{self.id}"

    @property
    def post(self) -> str:
        """The key of the post that asks for it."""
        return f"request/{self.id}"

    @property
    def matter(self) -> str:
        """By which two requests for the same are known."""
        match self.what:
            case Pressed(_, number, turn):
                return f"{self.act}/{number}.{turn}"
            case Entered(submission) if self.number is not None:
                return f"{self.act}/{submission.about}"
            case Entered(submission):
                return f"{self.act}/{submission.person}/{submission.at.isoformat()}"
            case _:
                return f"{self.act}/{self.what.text}"


def asked(pending: Pending) -> Message:
    """What the others are shown: who wants what, until when, and the button to agree."""
    line = say(_wanted(pending), ". On this two must agree: ", *_until(pending), ".")
    agree = Button(f"alert.{AGREE}", "Agree", button_value(pending.id, 0), "primary")
    return Message(line, (Paragraph(line), Buttons((agree,))))


def over(pending: Pending, how: Line) -> Message:
    """What stands there once it is over."""
    line = say(_wanted(pending), ". ", how)
    return Message(line, (Paragraph(line),))


def told(pending: Pending, person: str) -> Line:
    """What whoever asks for it is told: that it waits, be it for what somebody else asked before them."""
    if person == pending.person:
        return say("On this two must agree, so it waits: ", *_until(pending), ".")
    return say(Person(pending.person), " has asked for this already. Agree there, ", *_until(pending), ".")


def _wanted(pending: Pending) -> Line:
    on = f" on A-{pending.number}" if pending.number is not None else f" ({pending.subject})" if pending.subject else ""
    detail = say(": ", pending.detail) if pending.detail else ()
    return say(f"{pending.name}: ", Person(pending.person), f" asks for {pending.act.replace('_', ' ')}{on}", detail)


def _until(pending: Pending) -> Line:
    return say("another who may do it has until ", Moment(pending.until, "time"), " to agree")


def want_of(pending: Pending) -> Want:
    """What is wanted where it is about no alert."""
    return Want(pending.act, shop=pending.shop, subject=pending.subject)
