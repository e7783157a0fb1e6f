"""What /ops parked answers, and what its release does to the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.core.handlers import Refused, ReleaseParked, Reply, Request
from bot.core.known import ParkedLine
from bot.core.message import Message, Paragraph, Table
from bot.core.parts import say
from bot.store import destinations, posts
from bot.store.tables.work import post as table
from handlers.commands import parked
from tests.bench import Bench
from tests.core.samples import NOW
from tests.handlers.shelves import spoken, words

ASKED = Request("", "U1", "C1", NOW)
LINE = ParkedLine("1a2b3c4d-0000", "#warehouse", say("Hoodie runs out"), NOW, "is_archived")


def asked(text: str, *lines: ParkedLine) -> Reply | ReleaseParked:
    answer = parked.parked.answer(replace(ASKED, text=text), parked.Facts(lines))
    assert isinstance(answer, Reply | ReleaseParked)
    return answer


def test_each_parked_post_is_listed_with_its_reason_and_only_for_the_one_who_asked() -> None:
    reply = asked("", LINE)
    assert isinstance(reply, Reply)
    assert not reply.share
    assert words(reply.message.summary) == "1 post is parked"
    [row] = [line for line in spoken(reply.message) if "is_archived" in line]
    assert row.startswith("1a2b3c4d | #warehouse | Hoodie runs out | <moment> | is_archived")


def test_a_long_list_says_what_it_leaves_out() -> None:
    reply = asked("", *[LINE] * 23)
    assert isinstance(reply, Reply)
    [rows] = [block.rows for block in reply.message.blocks if isinstance(block, Table)]
    assert (words(reply.message.summary), len(rows)) == ("23 posts are parked", 20)
    assert "+3 more" in spoken(reply.message)


def test_nothing_parked_is_said_so() -> None:
    reply = asked("")
    assert isinstance(reply, Reply)
    assert spoken(reply.message) == ["Nothing is parked."]


@pytest.mark.parametrize(
    ("text", "id"), [("release 1a2b3c4d", "1a2b3c4d"), ("RELEASE 1A2B3C4D-0000", "1a2b3c4d-0000"), ("release all", "")]
)
def test_release_names_one_or_all(text: str, id: str) -> None:
    assert asked(text, LINE) == ReleaseParked(id)


@pytest.mark.parametrize("text", ["release", "release 1a2b", "release 99999999", "forget", "release  "])
def test_what_names_nothing_that_is_parked_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        asked(text, LINE)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def _told(bench: Bench, text: str = "") -> list[str]:
    reply = bench.desk.answer("ops", "parked", replace(ASKED, text=text))
    assert isinstance(reply, Reply)
    return spoken(reply.message)


def test_a_release_lets_the_post_and_its_channel_be_tried_again(bench: Bench) -> None:
    message = Message(say("Hoodie runs out"), (Paragraph(say("Hoodie runs out")),))
    with bench.store.write() as connection:
        for key in ("alert/1", "alert/2"):
            posts.want(connection, "#warehouse", key, message, urgency=1, now=bench.watch.now())
        connection.execute(update(table).values(state="parked", reason="is_archived", look_at=None))
        connection.execute(update(table).where(table.c.key == "alert/2").values(message=None))
        destinations.notice(connection)
        post = posts.find(connection, "#warehouse", "alert/1")
    assert post is not None
    assert [line.split(" | ")[2] for line in _told(bench) if "is_archived" in line] == ["Hoodie runs out", "alert/2"]
    assert _told(bench, f"release {post.id[:8]}") == ["1 post will be tried again."]
    with bench.store.read() as connection:
        assert destinations.broken(connection) == []
    assert _told(bench, "release all") == ["1 post will be tried again."]
    assert _told(bench, "release all") == ["No parked post has an id that begins so."]
    with bench.store.read() as connection:
        assert posts.by_state(connection) == {"wanted": 2}
