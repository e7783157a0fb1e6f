"""How recipients reacted, against a plain reference: reports beside what was told one by one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.echoes import ECHOES, SO_FAR, Echo
from bot.core.events import CampaignEchoed
from bot.core.facts import EchoesOf, ask
from bot.core.known import Echoes
from bot.core.subject import Subject
from bot.store.engine import Store
from tests.store.histories import END, SHOP, START, day_of, empty, tell
from tests.store.test_facts import answer

HOUR = timedelta(hours=1)
TEA = Subject("campaign", "tea")
calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def echo(kind: Echo, count: int, hours: float, reference: str = SO_FAR, campaign: str = "tea") -> CampaignEchoed:
    return CampaignEchoed(
        shop="acme",
        source="klaviyo",
        at=END - hours * HOUR,
        reference=reference,
        echo=kind,
        count=count,
        campaign=campaign,
    )


def reactions(store: Store, now: datetime = END, days: int = 7) -> Echoes:
    found: Echoes = answer(store, ask(EchoesOf(days)), TEA, now=now)
    return found


def test_what_is_told_one_by_one_is_added_up_once(store: Store) -> None:
    rows = [
        echo("sent", 100, 5, "a"),
        echo("bounced", 1, 4, "b"),
        echo("bounced", 2, 30, "c"),
        echo("bounced", 1, 4, "b"),
    ]
    tell(store, [*rows, *rows, echo("bounced", 9, 4, "d", "cups")])
    assert reactions(store) == Echoes(sent=100, bounced=3)
    assert answer(store, ask(EchoesOf()), Subject("campaign", "nobody")) == Echoes()


def test_a_report_that_comes_again_or_late_or_lower_changes_nothing(store: Store) -> None:
    tell(
        store,
        [
            echo("sent", 900, 3),
            echo("sent", 1000, 2),
            echo("sent", 950, 1),
            echo("sent", 1000, 2),
            echo("failed", 0, 1),
        ],
    )
    assert reactions(store) == Echoes(sent=1000)


def test_where_a_report_speaks_its_figures_stand_together(store: Store) -> None:
    """Reactions that come one by one run ahead of a sending that is still counted, and would look like a disaster."""
    tell(store, [echo("sent", 1000, 3), echo("bounced", 10, 3), *(echo("bounced", 1, 1, f"w{n}") for n in range(60))])
    assert reactions(store) == Echoes(sent=1000, bounced=10)


def test_a_total_of_before_the_span_is_taken_off(store: Store) -> None:
    tell(
        store,
        [echo("sent", 1000, 24 * 8), echo("complained", 9, 24 * 8), echo("sent", 1500, 2), echo("complained", 10, 2)],
    )
    assert reactions(store) == Echoes(sent=500, complained=1)
    assert reactions(store, days=12) == Echoes(sent=1500, complained=10)
    assert reactions(store, now=END + timedelta(days=8)) == Echoes()


histories = st.lists(
    st.builds(
        echo,
        st.sampled_from(ECHOES),
        st.integers(0, 9),
        st.integers(0, 24 * 11),
        st.sampled_from([SO_FAR, "a", "b"]),
        st.sampled_from(["tea", "cups", ""]),
    ),
    max_size=20,
)


@calm
@given(history=histories, days=st.integers(1, 9), later=st.integers(-10, 3))
def test_reactions_are_those_of_a_plain_list(
    store: Store, history: list[CampaignEchoed], days: int, later: int
) -> None:
    empty(store)
    tell(store, history)
    now = END + timedelta(days=later)
    assert reactions(store, now, days) == expected(history, now, days)


def expected(history: list[CampaignEchoed], now: datetime, days: int) -> Echoes:
    """The highest total at the end of the span less the highest before it; without any, the sum of the rest."""
    today = now.astimezone(SHOP.zone).date()
    first = today - timedelta(days=days - 1)
    mine = {(event.at, event.key): event for event in reversed(history) if event.campaign == "tea"}.values()

    def total(kind: str, until: object) -> int:
        counts = [e.count for e in mine if (e.echo, e.reference) == (kind, SO_FAR) and str(day_of(e)) <= str(until)]
        return max(counts, default=0)

    reported = {kind: total(kind, today) - total(kind, first - timedelta(days=1)) for kind in ECHOES}
    if reported["sent"]:
        return Echoes(**reported)
    return Echoes(
        **{
            kind: sum(e.count for e in mine if e.echo == kind and e.reference != SO_FAR and first <= day_of(e) <= today)
            for kind in ECHOES
        }
    )


@pytest.mark.parametrize("day", [0, 1])
def test_the_span_is_of_local_days(store: Store, day: int) -> None:
    """The history begins at 23:30 in Berlin, half an hour before a day ends."""
    tell(store, [CampaignEchoed(shop="acme", source="x", at=START, reference="a", echo="sent", campaign="tea")])
    assert reactions(store, START + day * HOUR, days=1).sent == (1 if day == 0 else 0)
