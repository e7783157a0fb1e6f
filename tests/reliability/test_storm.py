"""A storm: so many changes that nobody could read them. No channel gets more than its limit, the worst is soon to be
seen, and what Slack shows in the end is what is true.

``make reliability`` runs the long form: 10,000 changes of 500 SKUs within a minute.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, or_, select

from bot.core.message import Message
from bot.core.settings import Storm
from bot.edge.render import Look, render
from bot.store.codec import load
from bot.store.tables.groups import grouped
from bot.store.tables.work import alert, post
from tests.e2e.inside import Inside, Refused, running
from tests.reliability.conftest import Told
from tests.reliability.kills import until

LOW = 5
"""At so many units and fewer an alert fires."""
WORST = "SKU-WORST"
WITHIN = 10.0
"""Seconds in which the worst must be seen."""
AT_ONCE = 1.5
"""Seconds in which the channel must show what somebody did; a storm with no pace at all leaves it more time."""
HOLDER = "U0DEV"
_MORE = f"rules: {{low_stock: {{threshold: {LOW}}}, out_of_stock: off}}\n"
_GROUPS = 2
"""The message of those that are low together, and that of the worst, which is another matter."""


@dataclass
class Truth:
    """What each SKU's stock is by the latest change that was told."""

    levels: dict[str, int] = field(default_factory=dict)

    def low(self) -> set[str]:
        """The SKUs that an alert must be open for: they are low, or more are ordered than there are."""
        return {sku for sku, level in self.levels.items() if level <= LOW}


def changes(skus: int, number: int, truth: Truth) -> Iterator[tuple[str, int]]:
    """So many changes, the same in every run; in the middle of them the worst one comes."""
    chance = random.Random(3)
    for nth in range(number):
        sku = WORST if nth == number // 2 else f"SKU-{chance.randrange(skus):03d}"
        truth.levels[sku] = -20 if sku == WORST else chance.randint(1, 4 * LOW)
        yield sku, truth.levels[sku]


async def tell(inside: Inside, sku: str, level: int) -> None:
    """As a platform does: what is answered 503 comes again."""
    at = inside.app.clock.now().isoformat()
    for _ in range(100):
        with suppress(Refused):
            return await inside.event("stock.changed", sku=sku, available=level, location="Berlin", at=at)
    raise Refused


async def take(inside: Inside) -> float:
    """Somebody takes the worst; gives the seconds until the channel shows that."""
    [message] = [each for each in inside.workbench.messages("warehouse") if WORST in each["text"] and "blocks" in each]
    pressed_at = asyncio.get_running_loop().time()
    assert (await inside.workbench.action("alert.take", user=HOLDER, channel="warehouse", ts=message["ts"]))["ok"]
    await until(lambda: HOLDER in str(inside.workbench.messages("warehouse")), 0.02)
    return asyncio.get_running_loop().time() - pressed_at


async def storm(inside: Inside, skus: int, number: int, a_second: float, truth: Truth) -> tuple[float, float]:
    """Tells all changes over several connections; gives the seconds until the worst could be seen, and those until who
    took it could be."""
    coming, loop, seen = changes(skus, number, truth), asyncio.get_running_loop(), asyncio.Event()
    began, sent = loop.time(), 0
    lanes = {sku: asyncio.Lock() for sku in (*(f"SKU-{each:03d}" for each in range(skus)), WORST)}
    worst_at = 0.0

    async def connection() -> None:
        nonlocal sent, worst_at
        for sku, level in coming:
            sent += 1
            ahead = began + sent / a_second - loop.time() if a_second else 0.0
            if ahead > 0:
                await asyncio.sleep(ahead)
            # What a shop tells of one SKU it tells in order.
            async with lanes[sku]:
                await tell(inside, sku, level)
            if sku == WORST:
                worst_at = loop.time()
                seen.set()

    async def looked() -> tuple[float, float]:
        await seen.wait()
        await until(lambda: WORST in str(inside.workbench.messages("warehouse")), 0.02)
        return loop.time() - worst_at, await take(inside)

    waited = asyncio.create_task(looked())
    await asyncio.gather(*(connection() for _ in range(12)))
    return await waited


async def settled(inside: Inside) -> None:
    """Comes back when all that was told is decided, and Slack shows it."""
    await inside.app.caught_up()
    await until(lambda: not behind(inside), 0.1, 400)


def behind(inside: Inside) -> int:
    """How many posts Slack does not show yet as they are wanted; a call that waits for its time is not one."""
    with inside.store.read() as connection:
        due = or_(post.c.ts.is_not(None), post.c.due_at <= inside.app.clock.now())
        late = (post.c.state != "dropped", post.c.shown < post.c.wanted, due)
        return connection.execute(select(func.count()).select_from(post).where(*late)).scalar_one()


def assert_true(inside: Inside, truth: Truth) -> None:
    """Every SKU that is low has an alert that people see, by itself or in a group, and no other has; and each message
    says what is wanted of it."""
    with inside.store.read() as connection:
        found = connection.execute(select(alert.c.subject, alert.c.number).where(alert.c.open))
        open_ones = {row.subject: row.number for row in found}
        together = set(connection.execute(select(grouped.c.number).where(grouped.c.open)).scalars())
        shown = connection.execute(select(post).where(post.c.ts.is_not(None), post.c.channel == "#warehouse")).all()
    assert set(open_ones) == truth.low()
    alone = {row.alert for row in shown if row.thread == ""}
    assert set(open_ones.values()) <= alone | together
    # Slack's own copies.
    look = Look("en_GB", inside.config.house.shops["demo"].zone)
    texts = {message["ts"]: message["text"] for message in inside.workbench.messages("warehouse")}
    assert {row.ts: render(load(Message, row.message), look).text for row in shown} == texts


def assert_few(inside: Inside) -> Counter[str]:
    """No channel gets more new messages than its limit, whatever came."""
    calls = [
        call for call in inside.workbench.calls if call["method"] == "chat.postMessage" and call["outcome"] == "ok"
    ]
    got = Counter(str(call["arguments"]["channel"]) for call in calls)
    assert max(got.values()) <= Storm().messages + _GROUPS, got
    return got


@pytest.mark.parametrize(
    ("skus", "number", "a_second", "at_once"),
    [
        (50, 600, 0.0, WITHIN),
        pytest.param(500, 10_000, 10_000 / 60, AT_ONCE, marks=[pytest.mark.reliability, pytest.mark.timeout(900)]),
    ],
)
async def test_a_storm_is_told_in_few_messages_the_worst_soon_and_the_end_is_true(
    tmp_path: Path, told: Told, skus: int, number: int, a_second: float, at_once: float
) -> None:
    truth = Truth()
    async with running(tmp_path, more=_MORE) as inside:
        await inside.event("item.described", item=WORST, sku=WORST, price={"amount": "99999.00", "currency": "EUR"})
        waited, taken = await storm(inside, skus, number, a_second, truth)
        await settled(inside)
        assert_true(inside, truth)
        got = assert_few(inside)
    told(
        f"storm: {number} changes of {skus} SKUs, {len(truth.low())} low in the end: {dict(got)} new messages, the worst "
        f"seen after {waited:.1f} s, and taken {taken:.2f} s after the click"
    )
    assert waited <= WITHIN
    assert taken <= at_once
