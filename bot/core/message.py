"""A message as data: what is shown, made of typed parts. Only the edge knows how Slack draws it.

Alerts, digests, replies to commands, modals and the App Home are all messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.core.parts import Line
from bot.core.verdict import Severity


@dataclass(frozen=True, slots=True)
class Title:
    """The first line: what, in under ten words; with its severity when it is an alert, and a state such as "TAKEN"."""

    line: Line
    severity: Severity | None = None
    state: str = ""
    kind: Literal["title"] = "title"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of running text."""

    line: Line
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Figures:
    """Label and line, side by side; the figures that the decision rests on."""

    figures: tuple[tuple[str, Line], ...]
    kind: Literal["figures"] = "figures"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of lines."""

    lines: tuple[Line, ...]
    kind: Literal["bullets"] = "bullets"


@dataclass(frozen=True, slots=True)
class Heading:
    """Starts a part of a long message; our own words."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of lines under a header of our own words; ``caption`` names it. ``numeric`` lists right-aligned columns."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numeric: tuple[int, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over shared categories, drawn natively where the workspace can; ``twin`` says the same in words."""

    title: str
    shape: Literal["line", "bar", "area"]
    categories: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    unit: str
    twin: Line
    kind: Literal["chart"] = "chart"


ASK = "ask"
"""The action of a button that asks a command; its value is the command as one types it ("/ops help")."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button: ``action`` names the handler, ``value`` says on what and on which turn (see ``ButtonValue``)."""

    action: str
    label: str
    value: str
    style: Literal["", "primary", "danger"] = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    """Four buttons at most, and five more in the ``menu`` behind them."""

    buttons: tuple[Button, ...]
    menu: tuple[Button, ...] = ()
    kind: Literal["buttons"] = "buttons"


@dataclass(frozen=True, slots=True)
class Pick:
    """A list from which an alert is picked, to see it by itself and act on it: a hundred lines at most, each with the
    alert's number."""

    label: str
    choices: tuple[tuple[Line, int], ...]
    kind: Literal["pick"] = "pick"


@dataclass(frozen=True, slots=True)
class Footer:
    """Small print: since when, which rule, as of when, the id."""

    line: Line
    kind: Literal["footer"] = "footer"


@dataclass(frozen=True, slots=True)
class Divider:
    """A line across."""

    kind: Literal["divider"] = "divider"


Block = Title | Paragraph | Figures | Bullets | Heading | Table | Chart | Buttons | Pick | Footer | Divider


@dataclass(frozen=True, slots=True)
class Message:
    """Blocks in order, and ``summary``: the push notification and the screen reader's view."""

    summary: Line
    blocks: tuple[Block, ...]


def button_value(number: int, turn: int) -> str:
    """The value of an alert's button: the alert and the turn on which the button was drawn ("1042.3")."""
    return f"{number}.{turn}"


def read_button_value(value: str) -> tuple[int, int]:
    """The alert's number and turn of a button's value. Raises ValueError for anything else."""
    number, dot, turn = value.partition(".")
    if not dot or not (number.isascii() and number.isdigit() and turn.isascii() and turn.isdigit()):
        raise ValueError("not a button of an alert")
    if len(number) > 12 or len(turn) > 9:
        raise ValueError("not a button of an alert")
    return int(number), int(turn)
