"""The App Home of a member."""

from __future__ import annotations

from datetime import date

from bot.core.home import home
from bot.core.known import AlertLine
from bot.core.message import Bullets, Footer, Heading, Paragraph
from bot.core.parts import Line, Text, say
from bot.core.schedule import Slot
from tests.core.samples import NOW


def alert(number: int, person: str | None = None, *, due: bool = False) -> AlertLine:
    return AlertLine(
        number, "low_stock", "A", "firing", "HIGH", say("Hoodie runs out"), "warehouse", person, NOW,
        NOW if due else None, None, None,
    )  # fmt: skip


def words(line: Line) -> str:
    return "".join(part.text if isinstance(part, Text) else f"<{part.kind}>" for part in line)


def test_it_lists_what_i_hold_what_is_free_and_the_next_digests() -> None:
    slot = Slot("weekly", "key", NOW, date(2026, 11, 23))
    blocks = home([alert(1, "U1", due=True), alert(2), alert(3, "U2")], "U1", [slot]).blocks
    assert [block.text for block in blocks if isinstance(block, Heading)] == [
        "My alerts",
        "Nobody has taken",
        "Next digests",
    ]
    lists = [[words(line) for line in block.lines] for block in blocks if isinstance(block, Bullets)]
    assert lists == [
        ["A-1 HIGH Hoodie runs out · warehouse · due <moment>"],
        ["A-2 HIGH Hoodie runs out · warehouse"],
        ["weekly: <moment>"],
    ]
    assert isinstance(blocks[-1], Footer)


def test_with_nothing_open_it_says_so() -> None:
    blocks = home([], "U1", []).blocks
    said = [words(block.line) for block in blocks if isinstance(block, Paragraph)]
    assert said == ["You hold nothing.", "Everything open is in somebody's hands."]
    assert len([block for block in blocks if isinstance(block, Heading)]) == 2


def test_a_long_list_is_cut_and_says_how_much_more_there_is() -> None:
    blocks = home([alert(number) for number in range(12)], "U1", []).blocks
    assert [words(block.line) for block in blocks if isinstance(block, Paragraph)][-1] == "+2 more: /ops alerts"
