"""Cases in the store: what SQL says of the orders named is what one would read in a list of the events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.core.cases import settled
from bot.core.events import Event, OrderChanged, OrderLine, OrderPlaced, Refunded, StockChanged
from bot.core.facts import CaseOf, ClaimsShort, ask
from bot.core.known import Case, Claim
from bot.core.money import Money
from bot.core.parts import say
from bot.core.subject import Subject
from bot.store import alerts
from bot.store.engine import Store
from bot.store.rebuild import rebuild
from bot.store.tables.log import event as log
from bot.store.tables.shop import READ_MODELS
from bot.store.tables.work import alert as alert_table
from tests.core.samples import opened
from tests.store.histories import START, tell
from tests.store.test_facts import NOW, answer

A = Subject("sku", "A")
HOUR = timedelta(hours=1)
told_by: dict[str, Any] = {"shop": "acme", "source": "shopify"}


def eur(major: int) -> Money:
    return Money(major * 100, "EUR")


def placed(order: str, units: int = 1, hour: float = 0, sku: str = "A", total: int = 80) -> OrderPlaced:
    lines = (OrderLine(sku, units, eur(30)), OrderLine("OTHER", 1, eur(50)))
    return OrderPlaced(
        **told_by, at=START + hour * HOUR, order=order, number=f"#{order}", total=eur(total), outstanding=eur(0),
        lines=lines,
    )  # fmt: skip


def changed(order: str, hour: float = 10, **how: Any) -> OrderChanged:
    return OrderChanged(
        **told_by, at=START + hour * HOUR, order=order, number=f"#{order}", total=eur(80), outstanding=eur(0), **how
    )


def refunded(order: str, major: int, name: str, hour: float = 11, source: str = "shopify") -> Refunded:
    return Refunded(shop="acme", source=source, at=START + hour * HOUR, refund=name, amount=eur(major), order=order)


def level(available: int, hour: float = 1) -> StockChanged:
    return StockChanged(**told_by, at=START + hour * HOUR, sku="A", available=available)


def names_in_alert(store: Store, *orders: str, **changes: Any) -> None:
    """An open oversold alert on A that has named the orders."""
    alert = opened(now=NOW)
    alert = replace(alert, shop="acme", rule="oversold", subject=A, fire=replace(alert.fire, case=orders), **changes)
    with store.write() as connection:
        connection.execute(delete(alert_table))
        alerts.save(connection, alert, "opened", "", say("few"), NOW)


def case(store: Store, **more: Any) -> Case:
    found: Case = answer(store, ask(CaseOf("oversold")), A, **more)
    return found


def short(store: Store, most: int = 25) -> list[str]:
    found: tuple[Claim, ...] = answer(store, ask(ClaimsShort(most)), A)
    return [claim.order.order for claim in found]


def test_without_an_alert_there_is_no_case(store: Store) -> None:
    assert case(store) == Case()
    names_in_alert(store)
    assert case(store) == Case((), goes_on=True)


def test_a_case_tells_what_each_named_order_holds_and_what_became_of_it_in_the_order_of_naming(store: Store) -> None:
    tell(store, [placed("x", 2, 0), placed("y", 1, 1), placed("z", 3, 2), placed("other", 1, 3)])
    tell(store, [changed("x", shipped=True), refunded("z", 12, "r1"), refunded("z", 18, "r2")])
    names_in_alert(store, "z", "gone", "x", "y")
    found = case(store)
    assert [(one.order.order, one.units, one.worth, one.refunded, settled(one)) for one in found.claims] == [
        ("z", 3, eur(30), eur(30), "refunded"),
        ("x", 2, eur(30), None, "shipped"),
        ("y", 1, eur(30), None, None),
    ]


def test_a_case_goes_on_while_its_alert_is_open_or_would_be_opened_again(store: Store) -> None:
    tell(store, [placed("x")])
    names_in_alert(store, "x", state="resolved", resolved_at=NOW)
    assert case(store, now=NOW + 2 * HOUR).goes_on
    late = case(store, now=NOW + 3 * HOUR)
    assert (late.goes_on, [one.order.order for one in late.claims]) == (False, ["x"])


def test_a_refund_that_two_sources_tell_of_or_one_tells_twice_counts_once(store: Store) -> None:
    tell(store, [placed("x"), refunded("x", 15, "r1"), refunded("x", 15, "r1", hour=12)])
    tell(store, [refunded("x", 15, "re_1", source="stripe")])
    names_in_alert(store, "x")
    assert [one.refunded for one in case(store).claims] == [eur(15)]
    other = replace(refunded("x", 9, "r9"), amount=Money(900, "SEK"))
    tell(store, [other])
    assert [one.refunded for one in case(store).claims] == [eur(15)]


def test_what_nobody_remembers_of_a_line_is_not_made_up(store: Store) -> None:
    tell(store, [placed("x")])
    names_in_alert(store, "x")
    with store.write() as connection:
        connection.execute(delete(log))
    assert [(one.worth, one.refunded) for one in case(store).claims] == [(None, None)]


def test_the_newest_open_orders_are_short_only_while_more_is_ordered_than_there_is(store: Store) -> None:
    tell(store, [level(0), *(placed(f"o{hour}", 1, hour) for hour in range(4)), placed("b", 1, 9, sku="B")])
    tell(store, [changed("o3", cancelled=True)])
    assert short(store) == []
    tell(store, [level(-2, 5)])
    assert short(store) == ["o2", "o1", "o0"]
    assert short(store, 2) == ["o2", "o1"]
    tell(store, [level(1, 6)])
    assert short(store) == []


fates = st.lists(st.sampled_from(["shipped", "cancelled", "part", "whole", "units"]), unique=True, max_size=3)
calm = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def events_of(order: str, fate: list[str]) -> list[Event]:
    """What happens to an order, each an hour after the other."""
    told: dict[str, Any] = {
        "shipped": lambda hour: changed(order, hour, shipped=True),
        "cancelled": lambda hour: changed(order, hour, cancelled=True),
        "part": lambda hour: refunded(order, 5, f"{order}-part", hour),
        "units": lambda hour: refunded(order, 30, f"{order}-units", hour),
        "whole": lambda hour: refunded(order, 80, f"{order}-whole", hour),
    }
    return [told[what](10 + hour) for hour, what in enumerate(fate)]


def truth(fate: list[str]) -> tuple[str | None, int]:
    """How an order ended and what went back, read off its fate."""
    back = sum({"part": 5, "units": 30, "whole": 80}.get(what, 0) for what in fate)
    states = [what for what in fate if what in ("shipped", "cancelled")]
    return ("refunded" if back >= 30 else states[-1] if states else None), back


@calm
@given(st.lists(fates, min_size=1, max_size=5), st.data())
def test_whatever_order_the_webhooks_come_in_the_settled_list_is_the_truth(
    store: Store, all_fates: list[list[str]], data: st.DataObject
) -> None:
    orders = {f"o{number}": fate for number, fate in enumerate(all_fates)}
    history = [event for order, fate in orders.items() for event in (placed(order), *events_of(order, fate))]
    mixed = data.draw(st.permutations([*history, *history[::2], level(-3), level(2, 5), level(-1, 9)]))
    with store.write() as connection:
        for table in (log, *READ_MODELS):
            connection.execute(table.delete())
    tell(store, mixed)
    names_in_alert(store, *orders)
    found = case(store)
    assert {one.order.order: (settled(one), (one.refunded or eur(0)).minor // 100) for one in found.claims} == {
        order: truth(fate) for order, fate in orders.items()
    }
    rebuild(store)
    assert case(store) == found
