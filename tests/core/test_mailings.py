"""Mailings as a poll follows them, and what they are as campaigns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.mailings import DAYS_OPTION, Followed, Mailing, body_of, days_of, read_mailings
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from bot.core.wild import read

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
FRONT = Shopfront("klaviyo", "leaf", options={"days": 2})
TEA = Mailing("tea", "Tea party", "scheduled", NOW + timedelta(days=1), groups=("kettles",))
HOUR = timedelta(hours=1)

mailings = st.builds(
    Mailing,
    st.sampled_from("abc"),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5),
    st.sampled_from(["scheduled", "sent", "withdrawn"]),
    st.integers(-900, 900).map(lambda hours: NOW + hours * HOUR),
    st.sampled_from(["email", "sms"]),
    st.none() | st.integers(0, 9),
    st.lists(st.sampled_from(["cups", "pots"]), max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(["/product/a", "/product/b"]), max_size=2, unique=True).map(tuple),
)


@given(st.lists(mailings, max_size=6))
def test_what_is_followed_survives_its_cursor(told: list[Mailing]) -> None:
    followed = Followed(NOW).having(told)
    assert Followed.of(followed.cursor(), NOW - HOUR) == followed


@pytest.mark.parametrize("cursor", ["", "tea", "{}", "[]", '{"since": 1, "told": []}', '{"told": [{}]}', "\udcff"])
def test_a_cursor_that_is_none_of_ours_is_the_beginning(cursor: str) -> None:
    assert Followed.of(cursor, NOW) == Followed(NOW)


@given(st.lists(mailings, max_size=8))
def test_what_was_told_is_no_news_and_anything_else_is(seen: list[Mailing]) -> None:
    followed = Followed(NOW)
    for mailing in seen:
        news = followed.news([mailing])
        known = followed.told.get(mailing.id)
        followed = followed.having(news)
        assert followed.news([mailing]) == ()
        assert bool(news) == (
            known is not None if mailing.state == "withdrawn" else known != replace(mailing, audience=None, pages=())
        )


def test_an_audience_that_is_estimated_anew_is_no_news() -> None:
    assert Followed(NOW).having([replace(TEA, audience=5)]).news([replace(TEA, audience=6)]) == ()


def test_what_a_mail_links_to_is_promoted_beside_its_groups() -> None:
    body = read(body_of([replace(TEA, pages=("/product/kettle",))]))
    [told] = read_mailings(body, FRONT, NOW)
    assert told.groups == ("kettles", "/product/kettle")
    assert Followed(NOW).having([TEA]).news([replace(TEA, pages=("/product/kettle",))]) == ()


def test_what_was_coming_and_is_not_seen_any_more_is_looked_for() -> None:
    followed = Followed(NOW).having([TEA, replace(TEA, id="cups"), replace(TEA, id="sent", state="sent")])
    assert [mailing.id for mailing in followed.unseen({"cups"})] == ["tea"]


def test_after_a_run_what_was_sent_long_ago_is_forgotten() -> None:
    sent = replace(TEA, id="new", state="sent", starts=NOW - 24 * HOUR)
    old = replace(sent, id="old", starts=NOW - 31 * 24 * HOUR)
    waits = replace(TEA, id="waits", starts=NOW - 31 * 24 * HOUR)
    done = Followed(NOW - 900 * HOUR).having([sent, old, waits]).done(NOW)
    assert (sorted(done.told), done.since) == (["new", "waits"], NOW - timedelta(minutes=10))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "scheduled"),
        ({"state": "sent", "starts": NOW - 47 * HOUR}, "running"),
        ({"state": "sent", "starts": NOW - 48 * HOUR}, "ended"),
        ({"state": "withdrawn"}, "cancelled"),
    ],
)
def test_a_mailing_works_for_some_days(changes: dict[str, Any], status: str) -> None:
    mailing = replace(TEA, audience=7, **changes)
    [told] = read_mailings(read(body_of([mailing])), FRONT, NOW)
    assert (told.status, told.starts, told.ends) == (status, mailing.starts, mailing.starts + 48 * HOUR)
    assert (told.campaign, told.name, told.audience, told.groups) == ("tea", ShopText("Tea party"), 7, ("kettles",))
    assert (told.shop, told.source, told.at, told.channel) == ("leaf", "klaviyo", NOW, "email")


@pytest.mark.parametrize("value", [0, -1, 61, True, "3", None])
def test_days_of_a_mailing_are_a_number_up_to_sixty(value: object) -> None:
    fits, _ = DAYS_OPTION
    assert fits(2.5) and not fits(value)
    assert days_of(Shopfront("klaviyo", "leaf")) == 3
