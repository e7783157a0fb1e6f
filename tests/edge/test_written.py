"""A message in a terminal."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.core.message import (
    Block,
    Bullets,
    Button,
    Buttons,
    Chart,
    Divider,
    Figures,
    Footer,
    Heading,
    Message,
    Paragraph,
    Table,
    Title,
)
from bot.core.parts import Quantity, ShopText, say
from bot.core.verdict import Severity
from bot.edge.words import Look
from bot.edge.written import written

LOOK = Look("en_GB", ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (Title(say("Hoodie runs out"), Severity.HIGH, "TAKEN"), "HIGH TAKEN · Hoodie runs out"),
        (Title(say("Hoodie runs out")), "Hoodie runs out"),
        (Heading("Sales"), "\nSales"),
        (Paragraph(say("All is ", ShopText("fine"))), "All is fine"),
        (Footer(say("as of now")), "as of now"),
        (Figures((("On hand", say("4")), ("Cover", say("2 d")))), "  On hand  4\n  Cover    2 d"),
        (Bullets((say("one"), say("two"))), "  - one\n  - two"),
        (Chart("Sales", "bar", ("Mon",), (("Sales", (1.0,)),), "EUR", say("most on Mon")), "Sales: most on Mon"),
        (Buttons((Button("a", "Do", "1.1"),)), ""),
        (Divider(), ""),
    ],
)
def test_each_block_is_written_in_plain_words(block: Block, text: str) -> None:
    assert written(Message((), (block,)), LOOK) == text


def test_a_tables_columns_are_aligned_and_its_numbers_stand_at_the_right() -> None:
    table = Table("T", ("SKU", "Left"), ((say("A"), say(Quantity(5))), (say("LONG-1"), say(Quantity(1200)))), (1,))
    assert written(Message((), (table,)), LOOK) == "  SKU      Left\n  A           5\n  LONG-1  1,200"
