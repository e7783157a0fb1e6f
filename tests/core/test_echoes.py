"""Totals of reactions, and shares that are surely reached."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Unparsable
from bot.core.echoes import ECHOES, SO_FAR, Totals, body_of, grown, least_share, read_totals
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild, read

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
FRONT = Shopfront("klaviyo", "leaf")


@pytest.mark.parametrize(
    ("count", "of", "share"),
    [(0, 1000, 0.0), (5, 0, 0.0), (5, -1, 0.0), (1, 1000, 0.00022), (10, 10_000, 0.0006), (100, 100_000, 0.00085)],
)
def test_the_least_share_is_the_lower_end_of_wilsons_interval(count: int, of: int, share: float) -> None:
    assert least_share(count, of) == pytest.approx(share, rel=0.05)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(2, 50))
def test_the_least_share_lies_below_the_share_and_rises_with_the_evidence(of: int, count: int, times: int) -> None:
    count = min(count, of)
    assert 0 <= least_share(count, of) <= count / of
    assert least_share(count * times, of * times) >= least_share(count, of) - 1e-12
    assert least_share(of + 5, of) <= 1


totals = st.builds(
    Totals,
    st.sampled_from("abc"),
    st.sampled_from(["email", "sms"]),
    st.dictionaries(st.sampled_from(ECHOES), st.integers(1, 9)),
)


@given(
    st.lists(totals, max_size=3, unique_by=lambda one: one.campaign),
    st.lists(totals, max_size=3, unique_by=lambda one: one.campaign),
)
def test_only_what_changed_is_news(first: list[Totals], second: list[Totals]) -> None:
    news, cursor = grown("", first)
    assert list(news) == first
    assert grown(cursor, first)[0] == ()
    counts = {one.campaign: dict(one.counts) for one in first}
    assert {one.campaign for one in grown(cursor, second)[0]} == {
        one.campaign for one in second if counts.get(one.campaign) != one.counts
    }


@pytest.mark.parametrize("cursor", ["tea", "[]", "1", "[" * 100_000, '{"a": 7}'])
def test_a_cursor_that_is_none_of_ours_is_the_beginning(cursor: str) -> None:
    reported = [Totals("a", "email", {"sent": 5})]
    assert list(grown(cursor, reported)[0]) == reported


@given(st.lists(totals, max_size=3))
def test_totals_become_echoes_that_say_how_many_there_were_so_far(given: list[Totals]) -> None:
    events = read_totals(read(body_of(given)), FRONT, NOW)
    wanted = [(one.campaign, one.channel, echo, count) for one in given for echo, count in one.counts.items()]
    assert sorted((event.campaign, event.channel, event.echo, event.count) for event in events) == sorted(wanted)
    assert {(event.reference, event.at, event.shop) for event in events} <= {(SO_FAR, NOW, "leaf")}


@pytest.mark.parametrize(
    "body", [{}, {"totals": 1}, {"totals": [{"sent": 1}]}, {"totals": [{"campaign": "a", "sent": "x"}]}]
)
def test_a_body_of_another_form_is_unparsable(body: Any) -> None:
    with pytest.raises(Unparsable):
        read_totals(Wild(body), FRONT, NOW)


def test_of_a_report_how_many_it_was_sent_to_is_told_last() -> None:
    """Until then new reactions would be set against an old number of recipients."""
    events = read_totals(read(body_of([Totals("a", "email", dict.fromkeys(ECHOES, 3))])), FRONT, NOW)
    assert [event.echo for event in events] == ["bounced", "complained", "unsubscribed", "failed", "sent"]
