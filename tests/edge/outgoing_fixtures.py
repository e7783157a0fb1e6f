"""Messages and strategies for the tests of what leaves the bot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.clock import Clock
from bot.core import message as said
from bot.core.money import Money
from bot.core.parts import Duration, Moment, MoneyRange, Person, Quantity, Share, ShopText, Text, UserGroup
from bot.core.subject import Subject
from bot.core.verdict import Severity
from bot.edge.words import Look
from bot.workbench import ManualClock

LOOK = Look("en_GB", ZoneInfo("Europe/Berlin"))
NOON = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)

HOSTILE = (
    "<!channel> buy now",
    "<!here|all>",
    "<@U0ANNA> owes you",
    "<!subteam^S0OPS|ops>",
    "<#C0OPS|ops>",
    "＜!channel＞",
    "<https://evil.example|Stripe dashboard>",
    "https://evil.example/login",
    "www.evil.example",
    "evil.example/pay",
    "javascript:alert(1)",
    "mailto:boss@shop.example",
    "@here @channel @everyone #general",
    "first line\nCRITICAL · fake second line",
    "a\r\nb\u2028c\u2029d\x0be\x85f",
    "> quoted",
    "```code```",
    "*PAID* _by_ ~nobody~ `today`",
    ":rotating_light: :tada:",
    "abc\u202edcba\u202c",
    "\u2066isolated\u2069",
    "zero\u200bwidth\u200d\ufeff",
    "nul\x00 bell\x07 escape\x1b[31m",
    "lone \ud800 surrogate",
    "Z" + "\u0301" * 400,
    "\u0301\u0301leading",
    "&amp; &lt;!channel&gt;",
    "family 👩‍👩‍👧 and 👍🏽",
    "\u3164\u3164\u115f",
    "x" * 10_000,
    "",
    "   ",
    "…" * 400,
)

texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=200), st.text(alphabet="<>@!&|:*\n\u202eé…\u0301a1", max_size=40)
)
long_texts = st.one_of(texts, st.sampled_from(("long words " * 40, "long words " * 400)))
currencies = st.sampled_from(("EUR", "USD", "JPY", "KWD", "IQD", "XXX", "<@U"))
amounts = st.builds(Money, st.integers(-(10**30), 10**30), currencies)
numbers = st.floats(allow_nan=True, allow_infinity=True)
moments = st.datetimes(datetime(1970, 1, 2), datetime(2400, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
subject_kinds = st.sampled_from(("sku", "order", "text"))
shown = st.sampled_from(("time", "day", "both"))

parts = st.one_of(
    st.builds(Text, long_texts, st.booleans()),
    st.builds(ShopText, long_texts),
    amounts,
    st.builds(MoneyRange, amounts, amounts),
    st.builds(Quantity, numbers, texts, st.integers(0, 4)),
    st.builds(Share, numbers, st.integers(0, 3), st.booleans()),
    st.builds(Moment, moments, shown),
    st.builds(Duration, numbers),
    st.builds(Subject, subject_kinds, texts),
    st.builds(Person, st.one_of(st.just("U0ANNA"), texts)),
    st.builds(UserGroup, st.one_of(st.just("S0OPS"), texts)),
)
lines = st.lists(parts, max_size=5).map(tuple)
rows = st.lists(st.lists(lines, max_size=25).map(tuple), max_size=6).map(lambda some: tuple(some))
many_rows = st.builds(lambda some, times: some * times, rows, st.sampled_from((1, 1, 30)))
points = st.lists(numbers, max_size=25).map(tuple)


@st.composite
def charts(draw: st.DrawFn) -> said.Chart:
    """Charts, most of them with as many points as categories."""
    categories = tuple(draw(st.lists(texts, max_size=25)))
    even = st.lists(numbers, min_size=len(categories), max_size=len(categories)).map(tuple)
    series = draw(st.lists(st.tuples(texts, st.one_of(even, points)), max_size=8).map(tuple))
    shapes: tuple[Literal["line", "bar", "area"], ...] = ("line", "bar", "area")
    shape = draw(st.sampled_from(shapes))
    return said.Chart(draw(texts), shape, categories, series, draw(texts), draw(lines))


styles = st.sampled_from(("", "primary", "danger"))
buttons = st.builds(said.Button, st.one_of(st.just("alert.take"), texts), texts, texts, styles)
blocks = st.one_of(
    st.builds(said.Title, lines, st.one_of(st.none(), st.sampled_from(Severity)), texts),
    st.builds(said.Paragraph, lines),
    st.builds(said.Figures, st.lists(st.tuples(texts, lines), max_size=12).map(tuple)),
    st.builds(said.Bullets, st.lists(lines, max_size=30).map(tuple)),
    st.builds(said.Heading, texts),
    st.builds(
        said.Table, texts, st.lists(texts, max_size=25).map(tuple), many_rows, st.sampled_from(((), (1,), (0, 2)))
    ),
    charts(),
    st.builds(said.Buttons, st.lists(buttons, max_size=30).map(tuple)),
    st.builds(said.Pick, texts, st.lists(st.tuples(lines, st.integers(1, 10**15)), max_size=130).map(tuple)),
    st.builds(said.Footer, lines),
    st.builds(said.Divider),
)
messages = st.builds(
    lambda summary, some, times: said.Message(summary, tuple(some) * times),
    lines,
    st.lists(blocks, max_size=8),
    st.sampled_from((1, 1, 1, 6)),
)


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object within blocks."""
    if isinstance(tree, list):
        for branch in tree:
            yield from nodes(branch)
    elif isinstance(tree, dict):
        yield tree
        for branch in tree.values():
            yield from nodes(branch)


class SetClock(Clock):
    """All clocks stand still until they are moved, together with those of the workbenches that follow."""

    def __init__(self) -> None:
        self.at = NOON
        self.followers: list[ManualClock] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def boottime(self) -> float:
        return self.at.timestamp()

    def move(self, seconds: float) -> None:
        """Lets time pass."""
        self.at += timedelta(seconds=seconds)
        for follower in self.followers:
            follower.advance(seconds)

    def follower(self) -> ManualClock:
        """A clock for a workbench that moves with this one."""
        self.followers.append(ManualClock(self.at.timestamp()))
        return self.followers[-1]
