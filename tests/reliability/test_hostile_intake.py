"""Hundreds of hostile requests to the real intake: refused or kept, never a failure, never believed, never costly."""

from __future__ import annotations

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.edge.render import Rendered, render
from bot.store import inbox
from bot.workbench.blocks import validate
from tests.edge.outgoing_fixtures import LOOK
from tests.reliability.corpus.cases import Case, every_case
from tests.reliability.corpus.rig import Answer, Rig, rig
from tests.reliability.report import record

MIB = 1024 * 1024
AT_ONCE = 24
CHANNELS = ("#marketing", "#finance", "#warehouse", "#operations")
# What data may never become in a message; a person's mention would be ours, and nobody has taken anything here.
ACTIVE = {"user", "usergroup", "channel", "broadcast", "link", "team", "color", "image", "mrkdwn", "markdown"}
OURS = {"red_circle", "large_orange_circle", "large_yellow_circle", "large_blue_circle", "white_check_mark"}
MARKUP = re.compile(r"[<>]|://|@(?:here|channel|everyone)|\bwww\.\w|:\w+:(?=\s|$)")


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a tree."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(child)


async def answers(running: Rig, cases: list[Case]) -> list[tuple[Case, Answer]]:
    """Sends all, some at a time."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> tuple[Case, Answer]:
        async with turn:
            return case, await running.send(case.raw)

    return await asyncio.gather(*(one(case) for case in cases))


def wrong(case: Case, answer: Answer) -> str:
    """What is not right about an answer; "" when it is."""
    if answer.tells_of_inside:
        return f"{case.name}: tells of the inside: {answer.raw[-300:]!r}"
    got = answer.statuses or (0,)
    return "" if set(got) <= case.right else f"{case.name}: {got}, not {sorted(case.right)}"


@pytest.mark.parametrize("kept", [False, pytest.param(True, marks=pytest.mark.reliability)], ids=["short", "kept"])
async def test_no_hostile_request_makes_the_intake_fail_or_grow(tmp_path: Path, kept: bool) -> None:
    async with rig(tmp_path) as running:
        cases = every_case(running)
        await answers(running, cases[::10])
        gc.collect()
        before = resident()
        told = await answers(running, cases)
        gc.collect()
        grown = resident() - before
        assert [problem for case, answer in told if (problem := wrong(case, answer))] == []
        statuses = Counter(status for _, answer in told for status in answer.statuses)
        print(f"\n{len(cases)} cases, answers {dict(sorted(statuses.items()))}, memory {grown / MIB:+.1f} MiB")  # noqa: T201 (figures are for whoever runs it)
        assert len(cases) >= 500
        assert not [status for status in statuses if status >= 500]
        assert grown <= 20 * MIB
        assert_harmless(running)
    if kept:
        claim = "Hostile requests get 2xx, 4xx or 503, memory stays flat, no message mentions or links what they say"
        record("hostile", claim, len(cases), 0, "requests that nobody thought of")


def assert_harmless(running: Rig) -> None:
    """Works on all that was taken, and looks at every message that is wanted then."""
    bench = running.bench
    while bench.pipeline.work():
        pass
    with bench.store.read() as connection:
        outcomes = inbox.counts(connection)
    assert outcomes.keys() <= {"done", "unrouted", "quarantined"}, outcomes
    drawn = [render(message, LOOK) for channel in CHANNELS for _, message in bench.posts(channel)]
    print(f"{outcomes}, {len(drawn)} messages")  # noqa: T201 (figures are for whoever runs it)
    assert Counter(problem for each in drawn for problem in harm(each)) == Counter()
    assert len(drawn) >= 500


def harm(drawn: Rendered) -> Iterator[str]:
    """What Slack would refuse in a message, and what it would read as more than words."""
    yield from validate(drawn.blocks, "message")
    yield from (node["type"] for node in nodes(drawn.blocks) if node.get("type") in ACTIVE)
    yield from (
        node["type"] for node in nodes(drawn.blocks) if node.get("type") == "emoji" and node["name"] not in OURS
    )
    # Entities are characters to Slack, and no markup.
    found = MARKUP.search(drawn.text.replace("&lt;", "(").replace("&gt;", ")"))
    if found:
        yield f"{found[0]!r} in {drawn.text[:80]!r}"


@pytest.mark.parametrize(
    "element",
    [
        {"type": "link", "url": "https://evil.example"},
        {"type": "broadcast", "range": "channel"},
        {"type": "user", "user_id": "U0ANNA"},
        {"type": "emoji", "name": "tada"},
    ],
)
def test_what_is_looked_for_is_found(element: dict[str, Any]) -> None:
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}
    assert list(harm(Rendered("words", [block]))) == [element["type"]]


@pytest.mark.parametrize("text", ["<!channel>", "see https://evil.example", "@here", "www.evil.example", ":tada: now"])
def test_markup_in_words_is_found(text: str) -> None:
    section = {"type": "section", "text": {"type": "plain_text", "text": "words"}}
    assert len(list(harm(Rendered(text, [section])))) == 1
