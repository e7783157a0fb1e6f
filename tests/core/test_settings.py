"""What the settings say of themselves."""

from __future__ import annotations

from bot.core.settings import Department, Route
from tests.core.samples import house


def test_a_house_has_every_channel_of_its_departments_and_routes_once() -> None:
    inner = Route(channel="#inner", routes=(Route(mute=True), Route(channel="#deep")))
    routes = (Route(channel="#outer", routes=(inner,)), Route(channel="#finance"), Route(updates="new"))
    made = house(Department("finance", "#finance"), Department("warehouse", "#depot"), routes=routes)
    assert made.channels() == ("#finance", "#depot", "#outer", "#inner", "#deep")
