"""Which channels see an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.alerts import Alert
from bot.core.money import Money
from bot.core.routes import Routed, Unshown, labels_matter
from bot.core.routes import route as route_at
from bot.core.settings import NO_LABELS, Department, House, Labels, Route
from bot.core.verdict import Severity
from tests.core.samples import NOW, fire, house, opened


def route(alert: Alert, of: House, labels: Labels = NO_LABELS) -> tuple[Routed | Unshown, ...]:
    return route_at(alert, of, NOW, labels)


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


# The tree.

COSTLY = Route(amount=Money(300_000, "EUR"), channel="#dear")
SPRING = Labels(groups=("spring-sale", "vendor-nord-licht", "/product/hoodie"), locations=("Berlin", "Lodz"))


def channels(*routes: Route, labels: Labels = NO_LABELS) -> list[str]:
    """Where the warehouse's view goes."""
    places = route(opened(), house(routes=routes), labels)
    return [place.channel for place in places if isinstance(place, Routed) and place.department == "warehouse"]


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ({"family": "stock"}, True),
        ({"family": "payments"}, False),
        ({"tag": "Spring *"}, True),
        ({"tag": "spring"}, False),
        ({"vendor": "Nord*"}, True),
        ({"vendor": "Nord Licht"}, True),
        ({"vendor": "Licht"}, False),
        ({"location": "Lodz"}, True),
        ({"location": "Bonn"}, False),
        ({"amount": Money(340_000, "EUR")}, True),
        ({"amount": Money(340_001, "EUR")}, False),
        ({"amount": Money(1, "USD")}, False),
        ({"hours": (time(11), time(12))}, True),
        ({"hours": (time(12), time(18))}, False),
        ({"hours": (time(22), time(11, 30))}, True),
        ({"hours": (time(22), time(6))}, False),
    ],
)
def test_a_route_asks_for_what_the_shop_knows_of_a_matter(wanted: dict[str, Any], matches: bool) -> None:
    assert channels(Route(**wanted, channel="#x"), labels=SPRING) == (["#x"] if matches else ["#warehouse"])


def test_what_has_no_labels_and_no_cost_matches_no_route_that_asks_for_them() -> None:
    assert channels(Route(tag="*", channel="#x"), Route(location="*", channel="#x")) == ["#warehouse"]
    free = replace(opened(), fire=fire(cost=None))
    assert [place.department for place in route(free, house(routes=(COSTLY,)))] == ["warehouse", "marketing"]
    assert "#dear" not in str(route(free, house(routes=(COSTLY,))))


def test_a_route_within_a_route_decides_before_the_one_around_it() -> None:
    inner = (Route(rule="oversold", channel="#never"), Route(rule="low_stock", channel="#inner"))
    assert channels(Route(family="stock", channel="#outer", routes=inner)) == ["#inner"]
    assert channels(Route(family="stock", channel="#outer", routes=inner[:1])) == ["#outer"]
    assert channels(Route(family="payments", channel="#outer", routes=inner)) == ["#warehouse"]


def test_an_inner_route_takes_from_the_outer_one_what_it_does_not_say() -> None:
    outer = Route(channel="#outer", updates="thread", routes=(Route(rule="low_*", updates="new"), Route()))
    told = route(opened(), house(routes=(outer,)))[0]
    assert told == Routed("warehouse", "#outer", "route 1 1", "new")
    outer = replace(outer, routes=(Route(channel="#inner"),))
    assert route(opened(), house(routes=(outer,)))[0] == Routed("warehouse", "#inner", "route 1 1", "thread")
    assert route(opened(), house(routes=(Route(updates="thread"),)))[0] == Routed(
        "warehouse", "#warehouse", "channel of warehouse", "thread"
    )


def test_a_muted_route_has_its_exceptions_inside() -> None:
    loud = Route(at_least=Severity.HIGH, channel="#loud")
    assert channels(Route(mute=True, routes=(loud,))) == ["#loud"]
    assert channels(Route(mute=True, routes=(replace(loud, at_least=Severity.CRITICAL),))) == []
    assert channels(Route(mute=True, routes=(Route(updates="new"),))) == []


def test_a_route_that_lets_proceed_shows_the_matter_in_several_channels_once_each() -> None:
    first, second = Route(channel="#a", proceed=True), Route(channel="#b", proceed=True)
    assert channels(first, second, Route(channel="#c"), Route(channel="#d")) == ["#a", "#b", "#c"]
    assert channels(first, replace(first, updates="new")) == ["#a"]
    assert channels(replace(first, mute=True, channel=None), second) == ["#b"]


@given(st.recursive(
    st.builds(Route, rule=st.sampled_from([None, "low_*", "x"]), channel=st.sampled_from([None, "#a", "#b"]),
              mute=st.booleans(), proceed=st.booleans()),
    lambda inner: st.builds(Route, channel=st.sampled_from([None, "#c"]), proceed=st.booleans(),
                            routes=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=8,
))  # fmt: skip
def test_whatever_the_tree_each_department_has_a_place_or_a_reason(tree: Route) -> None:
    places = route(opened(), house(routes=(tree,)))
    assert {place.department for place in places} == {"warehouse", "marketing"}
    shown = [(place.department, place.channel) for place in places if isinstance(place, Routed)]
    assert len(shown) == len(set(shown))
    assert all(place.reason for place in places)


@pytest.mark.parametrize(
    ("routes", "matter"),
    [
        ((), False),
        ((Route(rule="x"),), False),
        ((Route(tag="x"),), True),
        ((Route(vendor="x"),), True),
        ((Route(routes=(Route(location="x"),)),), True),
    ],
)
def test_labels_are_asked_for_only_where_a_route_needs_them(routes: tuple[Route, ...], matter: bool) -> None:
    assert labels_matter(routes) is matter
