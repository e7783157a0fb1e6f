"""Which channels see an alert."""

from __future__ import annotations

import pytest

from bot.core.routes import Routed, Unshown, route
from bot.core.settings import Department, Route
from bot.core.verdict import Severity
from tests.core.samples import house, opened


def test_each_department_with_a_view_sees_it_in_its_own_channel() -> None:
    assert route(opened(), house()) == (
        Routed("warehouse", "#warehouse", "channel of warehouse"),
        Routed("marketing", "#marketing", "channel of marketing"),
    )


def test_a_department_without_a_channel_falls_to_operations() -> None:
    places = route(opened(), house(Department("warehouse", "#depot"), Department("operations", "#ops")))
    assert places[1] == Routed("marketing", "#ops", "marketing has no channel, so operations")


def test_without_operations_it_says_that_nobody_sees_it() -> None:
    places = route(opened(), house(Department("warehouse", "#depot")))
    assert places[1] == Unshown("marketing", "marketing has no channel")


@pytest.mark.parametrize(
    ("override", "matches"),
    [
        (Route(channel="#x"), True),
        (Route(rule="low_stock", channel="#x"), True),
        (Route(rule="low_*", channel="#x"), True),
        (Route(rule="payment_failures", channel="#x"), False),
        (Route(shop="demo", channel="#x"), True),
        (Route(shop="other", channel="#x"), False),
        (Route(department="warehouse", channel="#x"), True),
        (Route(department="finance", channel="#x"), False),
        (Route(subject="HOODIE-*", channel="#x"), True),
        (Route(subject="MUG", channel="#x"), False),
        (Route(at_least=Severity.HIGH, channel="#x"), True),
        (Route(at_least=Severity.CRITICAL, channel="#x"), False),
        # An override that names no channel and does not mute decides nothing.
        (Route(rule="low_stock"), False),
    ],
)
def test_an_override_decides_when_everything_it_names_matches(override: Route, matches: bool) -> None:
    channel = "#x" if matches else "#warehouse"
    place = route(opened(Severity.HIGH), house(routes=(override,)))[0]
    assert isinstance(place, Routed)
    assert place.channel == channel


def test_the_first_matching_override_wins() -> None:
    routes = (Route(rule="low_stock", channel="#first"), Route(channel="#second"))
    assert route(opened(), house(routes=routes))[0] == Routed("warehouse", "#first", "route 1")


def test_a_muting_override_shows_it_to_nobody_and_says_which_one() -> None:
    muted = route(opened(), house(routes=(Route(department="marketing", mute=True),)))
    assert muted[1] == Unshown("marketing", "muted by route 1")
