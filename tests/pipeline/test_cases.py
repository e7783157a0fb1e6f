"""Cases of a whole bot: an oversold SKU's orders are named, followed to their ends, and told with what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alerts import Alert, resolved
from bot.core.cases import left, settled
from bot.core.facts import CaseOf
from bot.core.known import Case
from bot.core.money import Money
from bot.core.parts import say
from bot.core.subject import Subject
from bot.store import alerts
from bot.store.answers.cases import case_of
from bot.store.facts import Question
from tests.bench import Bench
from tests.core.samples import SHOP
from tests.handlers.shelves import words

TEA = Subject("sku", "TEA")
MINUTE = timedelta(minutes=1)


class Depot:
    """A shop that has sold more tea than there is; ``does`` lets something happen to an order."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self._refunds = count(1)
        self._moments = count(1)

    def order(self, name: str, units: int = 1) -> None:
        self.later()
        self.bench.order(name, {"TEA": units}, price="30.00")

    def level(self, available: int) -> None:
        self.later()
        self.bench.stock("TEA", available)

    def later(self) -> None:
        self.bench.watch.forward(seconds=next(self._moments))

    def does(self, name: str, what: str) -> None:
        self.later()
        if what in ("refunded", "partly"):
            money = {"amount": "30.00" if what == "refunded" else "5.00", "currency": "EUR"}
            self.bench.event("refunded", refund=f"r{next(self._refunds)}", amount=money, order=name)
        else:
            self.bench.event("order.changed", **changed(name, what))

    def alert(self) -> Alert:
        with self.bench.store.write() as connection:
            found = alerts.newest(connection, "demo", "oversold", TEA)
        assert found is not None
        return found

    def case(self) -> Case:
        question = Question(shop=SHOP, subject=TEA, now=self.bench.watch.now())
        with self.bench.store.read() as connection:
            return case_of(connection, CaseOf("oversold"), question)

    def said(self, channel: str) -> str:
        return "\n".join(self.bench.body(channel))


def changed(name: str, what: str) -> dict[str, Any]:
    money = {"amount": "100.00", "currency": "EUR"}
    return {
        "order": name, "number": f"#{name}", "total": money, "outstanding": {"amount": "0.00", "currency": "EUR"},
        "shipped": what == "shipped", "cancelled": what == "cancelled",
    }  # fmt: skip


@pytest.fixture
def depot(tmp_path: Path) -> Iterator[Depot]:
    made = Depot(tmp_path)
    yield made
    made.bench.close()


def test_an_oversold_case_follows_its_orders_to_the_end_in_both_departments(depot: Depot) -> None:
    for name in ("1", "2", "3"):
        depot.order(name)
    depot.level(-2)
    assert depot.alert().fire.case == ("3", "2")
    assert "0 of 2" in depot.said("#warehouse")
    depot.bench.deliver_posts()
    depot.does("3", "refunded")
    assert "1 of 2: «#3» refunded" in depot.said("#warehouse")
    assert "€30.00" not in depot.said("#finance") and "Refunded so far" in depot.said("#finance")
    # Another order makes it worse, and it is followed as well.
    depot.order("4", 2)
    depot.level(-4)
    assert depot.alert().fire.case == ("3", "2", "4")
    # Some units come back, but not for all.
    depot.level(-1)
    assert "1 of 3: «#3» refunded" in depot.said("#warehouse")
    for name, what in (("2", "shipped"), ("1", "cancelled"), ("4", "cancelled")):
        depot.does(name, what)
    alert = depot.alert()
    assert (alert.state, alert.loss) == ("resolved", Money(3000, "EUR"))
    told = depot.said("#finance")
    assert "All 3 orders are settled: 1 cancelled, 1 refunded, 1 shipped; 30 EUR refunded in all" in told
    assert "was at risk, it cost 30 EUR" in told
    # The count may stay below zero: nobody waits, so the matter does not come back, neither now nor tomorrow.
    depot.level(-2)
    depot.bench.watch.forward(days=1)
    depot.level(-1)
    assert depot.alert().number == alert.number and depot.alert().state == "resolved"


def test_stock_for_everybody_ends_the_case_and_says_who_can_be_served(depot: Depot) -> None:
    for name in ("1", "2"):
        depot.order(name)
    depot.level(-2)
    depot.bench.deliver_posts()
    depot.does("2", "refunded")
    depot.level(498)
    alert = depot.alert()
    assert alert.state == "resolved"
    assert "+500 units, 498 on hand: «#1» can be shipped; before that 1 refunded" in depot.said("#warehouse")


def test_what_ended_it_in_the_shop_is_told_beside_the_word_of_whoever_resolved_it(depot: Depot) -> None:
    depot.order("1")
    depot.level(-1)
    depot.bench.deliver_posts()
    by_hand = resolved(depot.alert(), say("wrote to the customer"), "U0ANNA", depot.bench.watch.now())
    with depot.bench.store.write() as connection:
        alerts.save(connection, by_hand, "resolved", "U0ANNA", say("wrote to the customer"), depot.bench.watch.now())
    depot.does("1", "refunded")
    depot.level(5)
    after = depot.alert()
    assert (after.resolved_by, after.state) == ("U0ANNA", "resolved")
    assert "by @U0ANNA: wrote to the customer" in depot.said("#warehouse")
    assert "Then" in depot.said("#warehouse") and "1 refunded" in depot.said("#warehouse")


steps = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 3)),
        st.tuples(st.just("level"), st.integers(-4, 2)),
        st.tuples(st.sampled_from(["shipped", "cancelled", "refunded", "partly"]), st.integers(0, 4)),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_whatever_happens_in_whatever_order_the_alert_says_what_is_true_of_its_orders(
    happened: list[tuple[str, int]],
) -> None:
    with TemporaryDirectory() as folder:
        depot = Depot(Path(folder))
        orders: dict[str, list[str]] = {}
        for what, number in [("order", 2), ("level", -2), *happened]:
            if what == "order":
                name = f"o{len(orders)}"
                orders[name] = []
                depot.order(name, number)
            elif what == "level":
                depot.level(number)
            elif f"o{number}" in orders:
                orders[f"o{number}"].append(what)
                depot.does(f"o{number}", what)
        alert, case = depot.alert(), depot.case()
        depot.bench.close()
    over = {claim.order.order for claim in case.claims if settled(claim)}
    assert over == {name for name in alert.fire.case if ended(orders[name])}
    if alert.state == "firing" and case.claims:
        figures = dict(alert.fire.views["warehouse"].fields)
        assert words(figures["Settled"]).startswith(f"{len(over)} of {len(alert.fire.case)}")
        assert left(case.claims)


def ended(fate: list[str]) -> bool:
    """An order has left the case when it was shipped, cancelled, or the 30 euros of its tea went back."""
    back = sum({"refunded": 30, "partly": 5}.get(what, 0) for what in fate)
    return back >= 30 or "shipped" in fate or "cancelled" in fate
