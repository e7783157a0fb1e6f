"""When operators are told by another path than Slack, and in which words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.alarm import AGAIN, CALM, Counts, Kind, Notice, Standing, payload, subject, watch
from tests.core.samples import NOW

MINUTE = timedelta(minutes=1)
Look = tuple[timedelta, str | None]


@pytest.mark.parametrize(
    ("name", "looks", "told"),
    [
        ("slack", [(0 * MINUTE, "")], []),
        ("slack", [(0 * MINUTE, None), (MINUTE, None)], []),
        ("slack", [(0 * MINUTE, "token_revoked"), (MINUTE, "token_revoked")], ["begins"]),
        ("slack", [(0 * MINUTE, "token_revoked"), (AGAIN, "token_revoked"), (AGAIN + MINUTE, "token_revoked")], ["begins", "lasts"]),
        ("slack", [(0 * MINUTE, "token_revoked"), (MINUTE, ""), (MINUTE + CALM, ""), (9 * MINUTE, "")], ["begins", "over"]),
        ("slack", [(0 * MINUTE, "token_revoked"), (MINUTE, ""), (1.5 * MINUTE, "token_revoked"), (2.5 * MINUTE, "")], ["begins"]),
        ("slack", [(0 * MINUTE, "token_revoked"), (MINUTE, None), (3 * MINUTE, None)], ["begins"]),
        ("store", [(0 * MINUTE, "database_down"), (0.5 * MINUTE, "database_down")], []),
        ("store", [(0 * MINUTE, "database_down"), (MINUTE, "database_down")], ["begins"]),
        ("store", [(0 * MINUTE, "database_down"), (0.5 * MINUTE, ""), (5 * MINUTE, "")], []),
        ("disk", [(0 * MINUTE, "disk_full")], ["begins"]),
    ],
)  # fmt: skip
def test_what_is_told_after_these_looks(name: str, looks: list[Look], told: list[Kind]) -> None:
    standing: dict[str, Standing] = {}
    heard: list[Kind] = []
    for after, reason in looks:
        standing, notices = watch(standing, {name: reason}, NOW + after)
        heard += [notice.kind for notice in notices]
    assert heard == told


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("begins", "Floorwalker: Slack refuses the bot as a whole."),
        ("lasts", "Floorwalker: still so since 2026-11-23 10:00 UTC: token_revoked."),
        ("over", "Floorwalker: over. It was so since 2026-11-23 10:00 UTC: token_revoked."),
    ],
)
def test_the_words_say_what_since_when_and_how_much_waits(kind: Kind, begins: str) -> None:
    notice = Notice(kind, Standing("slack", "token_revoked", NOW))
    told = payload(notice, Counts(14, 2))
    assert str(told["text"]).startswith(begins)
    assert str(told["text"]).endswith("Posts waiting: 14, parked: 2.")
    assert (told["about"], told["state"], told["reason"]) == ("slack", kind, "token_revoked")
    assert "(slack: token_revoked)" in subject(notice)


def test_nothing_but_known_words_and_counts_leaves_the_house() -> None:
    notice = Notice("begins", Standing("store", "password authentication failed for user canary", NOW))
    told = payload(notice, Counts())
    assert "canary" not in str(told) + subject(notice)
    assert (told["waiting"], "Posts waiting" in str(told["text"])) == (None, False)
