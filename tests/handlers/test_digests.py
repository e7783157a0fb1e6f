"""What digest sections write, from plain facts."""

from __future__ import annotations

from datetime import date, timedelta

from bot.core.handlers import Entry
from bot.core.known import Campaign, DayTotal, DisputeState, OrderState, Position, Receivable, Seller
from bot.core.message import Block, Chart, Message, Table
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.schedule import period_before
from handlers.digests import best_sellers, campaigns_ahead, open_matters, outstanding, payment_health, sales, stock_risk
from tests.core.samples import NOW, SHOP
from tests.handlers.shelves import TODAY, alert, campaign, position, spoken, words

PERIOD = period_before(date(2026, 11, 23), 7, SHOP.zone)


def on(value: int, key: str = "", ago: int = 1) -> DayTotal:
    return DayTotal((date(2026, 11, 23) - timedelta(days=ago)).isoformat(), key, value)


def said(entry: Entry | None) -> list[str]:
    assert entry is not None
    return spoken(Message((), entry.blocks))


def one(entry: Entry | None, kind: type[Block]) -> Block:
    assert entry is not None
    found = [block for block in entry.blocks if isinstance(block, kind)]
    assert len(found) == 1
    return found[0]


def test_sales_are_told_in_the_shops_currency_with_a_chart_and_its_twin() -> None:
    facts = sales.Facts(
        SHOP,
        sales=(on(120_000, "EUR"), on(30_000, "EUR", ago=2), on(99, "USD")),
        sales_before=(on(100_000, "EUR", ago=8),),
        orders=(on(10), on(5, ago=2)),
        orders_before=(on(12, ago=8),),
        units=(on(40),),
        units_before=(),
        discounted=(on(3),),
    )
    entry = sales.sales.write(PERIOD, facts)
    assert said(entry) == [
        "Sales: 1500 EUR (<share> on the period before, usually 1000 EUR)",
        "Orders: 15 (<share> on the period before, usually 12)",
        "Units: 40",
        "Average order: 100 EUR",
        "With a discount: <share>",
    ]
    chart = one(entry, Chart)
    assert isinstance(chart, Chart)
    assert chart.series == (("Sales", (0.0, 0.0, 0.0, 0.0, 0.0, 300.0, 1200.0)),)
    assert words(chart.twin) == "most on Sun 22 (1200 EUR), least on Mon 16 (0 EUR)"


def test_without_an_order_there_is_no_sales_section() -> None:
    assert sales.sales.write(PERIOD, sales.Facts(SHOP, (), (), (), (), (), (), ())) is None


def test_payment_health_is_the_share_that_went_through_by_method() -> None:
    card, bank = "stripe/card", "stripe/sepa"
    facts = payment_health.Facts(
        ok=(on(95, card), on(9, bank)),
        failed=(on(5, card), on(1, bank)),
        ok_before=(on(380, card, ago=8),),
        failed_before=(on(20, card, ago=8),),
    )
    entry = payment_health.payment_health.write(PERIOD, facts)
    assert said(entry) == [
        "Went through: <share> of 110 (usually <share>)",
        "stripe/card: <share> of 100 (usually <share>)",
        "stripe/sepa: <share> of 10",
    ]


def test_one_method_is_not_listed_twice_and_a_quiet_method_is_named() -> None:
    only = payment_health.Facts((on(9, "stripe/card"),), (), (), ())
    assert said(payment_health.payment_health.write(PERIOD, only)) == ["Went through: <share> of 9"]
    assert payment_health._rate((), (), (on(1),), ()) != ()
    assert payment_health.payment_health.write(PERIOD, payment_health.Facts((), (), (), ())) is None


def owed(number: str, cents: int, days_late: float | None, currency: str = "EUR") -> Receivable:
    due = NOW - timedelta(days=days_late) if days_late is not None else None
    return Receivable(number, number, Money(cents, currency), due, "open", NOW)


def dispute(cents: int, due: bool = True) -> DisputeState:
    deadline = NOW + timedelta(days=2) if due else None
    return DisputeState("d", Money(cents, "EUR"), ShopText("fraud"), "open", deadline, "", "stripe", NOW)


def test_outstanding_money_is_told_by_age_and_never_added_over_currencies() -> None:
    receivables = (
        owed("I-1", 1000, None), owed("I-2", 2000, -3), owed("I-3", 3000, 5), owed("I-4", 400, 6),
        owed("I-5", 5000, 20, "USD"), owed("I-6", 6000, 90),
    )  # fmt: skip
    facts = outstanding.Facts(NOW, receivables, (), (), (), ())
    entry = outstanding.outstanding.write(PERIOD, facts)
    assert said(entry) == [
        "not due | 2 | 30 EUR | «I-2» | ",
        "0-7 days | 2 | 34 EUR | «I-3» | ",
        "8-30 days | 1 | 50 USD | «I-5» | ",
        "over 30 days | 1 | 60 EUR | «I-6» | ",
    ]
    assert entry is not None
    assert words(entry.headline[0]) == "124 EUR + 50 USD outstanding"


def test_payouts_refunds_and_disputes_are_told_with_three_examples() -> None:
    facts = outstanding.Facts(
        NOW, (), (dispute(100), dispute(200, due=False), dispute(300), dispute(400)), (on(5000, "EUR"),), (), (on(70, "EUR"),)
    )  # fmt: skip
    entry = outstanding.outstanding.write(PERIOD, facts)
    assert said(entry) == [
        "Paid out: 50 EUR",
        "Refunded: 0.7 EUR",
        "1 EUR · «fraud» · evidence by <moment>",
        "2 EUR · «fraud»",
        "3 EUR · «fraud» · evidence by <moment>",
        "+1 more",
    ]
    assert entry is not None and entry.decisions == 4


def test_with_nothing_owed_there_is_no_section() -> None:
    assert outstanding.outstanding.write(PERIOD, outstanding.Facts(NOW, (), (), (), (), ())) is None


def risk_facts(*positions: Position, units: int = 0, waiting: tuple[OrderState, ...] = ()) -> stock_risk.Facts:
    counted = (on(units),) if units else ()
    return stock_risk.Facts(NOW, TODAY, positions, waiting, counted, (on(8),), (), (on(2),), (on(90),))


def test_stock_risk_lists_what_will_probably_run_out_worst_first() -> None:
    gone, uncounted = position("GONE", stock=0), position("FREE", stock=None)
    facts = risk_facts(position("SAFE", 4000), position("LOW", 140), position("LOWER", 20), gone, uncounted)
    entry = stock_risk.stock_risk.write(PERIOD, facts)
    table = one(entry, Table)
    assert isinstance(table, Table)
    assert [words(row[0]) for row in table.rows] == ["LOWER", "LOW"]
    assert entry is not None
    assert (words(entry.headline[0]), entry.decisions) == ("2 SKUs at risk", 2)


def test_the_warehouses_period_is_told_with_the_orders_that_wait() -> None:
    placed = NOW - timedelta(days=3)
    order = OrderState("1", "#1", placed, Money(1, "EUR"), Money(0, "EUR"), False, False, NOW)
    busy = said(stock_risk.stock_risk.write(PERIOD, risk_facts(units=70, waiting=(order,))))
    assert busy == ["Shipped: 8", "Orders waiting: 1, the oldest for <duration>", "Received: 90 units", "Stock-outs: 2"]
    idle = said(stock_risk.stock_risk.write(PERIOD, risk_facts(units=70)))
    assert "Orders waiting: none" in idle


def test_a_warehouse_without_risk_and_orders_has_no_section() -> None:
    assert stock_risk.stock_risk.write(PERIOD, risk_facts()) is None


def ahead(campaigns: tuple[Campaign, ...], *positions: Position) -> Entry | None:
    return campaigns_ahead.campaigns_ahead.write(PERIOD, campaigns_ahead.Facts(NOW, TODAY, campaigns, positions))


def test_a_campaign_whose_stock_runs_out_is_a_decision() -> None:
    entry = ahead((campaign("HOODIE-M", "UNKNOWN"),), position(stock=60, a_day=10))
    # Three days at ten a day leave thirty, which last one day at thirty a day.
    assert said(entry) == ["«Spring Sale» | <moment> | HOODIE-M | 6 d | 4 d | runs out before the end | "]
    assert entry is not None
    assert (words(entry.headline[0]), entry.decisions) == ("1 campaign short of stock", 1)


def test_a_campaign_whose_stock_lasts_is_no_decision() -> None:
    for plan in (campaign("HOODIE-M"), campaign("HOODIE-M", lasts=None), campaign("HOODIE-M", uplift=None)):
        entry = ahead((plan,), position(stock=2000, a_day=10))
        assert entry is not None and entry.decisions == 0
        assert said(entry)[0].endswith("| lasts | ")


def test_inbound_stock_counts_from_its_day_and_what_never_sells_lasts_for_ever() -> None:
    late = ahead((campaign("HOODIE-M", days=1),), position(stock=60, a_day=10, inbound=500))
    assert late is not None and late.decisions == 0
    assert "over a year" in said(ahead((campaign("HOODIE-M"),), position(stock=60, a_day=0)))[0]


def test_what_runs_out_before_the_campaign_begins_is_told_by_its_usual_pace() -> None:
    assert "| 2 d | 2 d |" in said(ahead((campaign("HOODIE-M"),), position(stock=20, a_day=10)))[0]


def test_without_campaigns_there_is_no_section() -> None:
    assert ahead((), position()) is None


def test_open_matters_name_the_worst_with_holder_and_age() -> None:
    ended = alert(9, resolved_at=NOW + timedelta(hours=2))
    listed = (alert(1), alert(2, "U1"), alert(3, cost_minor=None))
    entry = open_matters.open_matters.write(PERIOD, open_matters.Facts(NOW, listed, (*listed, ended)))
    assert said(entry) == [
        "Open now: 3",
        "Opened in the period: 4",
        "Median time to resolve: <duration>",
        "A-1 HIGH · Hoodie runs out · 2100 EUR at risk · warehouse, open for <duration>",
        "A-2 HIGH · Hoodie runs out · 2100 EUR at risk · @U1, open for <duration>",
        "A-3 HIGH · Hoodie runs out · warehouse, open for <duration>",
    ]
    assert entry is not None
    assert (words(entry.headline[0]), entry.decisions) == ("2 open matters that nobody has taken", 2)


def test_with_nothing_open_the_past_is_told_and_with_nothing_at_all_nothing() -> None:
    ended = alert(9, "U1")
    quiet = open_matters.open_matters.write(PERIOD, open_matters.Facts(NOW, (), (ended,)))
    assert said(quiet)[-1] == "Median time to resolve: none resolved yet"
    assert open_matters.open_matters.write(PERIOD, open_matters.Facts(NOW, (), ())) is None


def test_an_age_without_anything_outstanding_has_no_row() -> None:
    entry = outstanding.outstanding.write(PERIOD, outstanding.Facts(NOW, (owed("I-1", 100, 5),), (), (), (), ()))
    assert said(entry) == ["0-7 days | 1 | 1 EUR | «I-1» | "]


def test_best_sellers_are_set_against_the_period_before() -> None:
    sellers = (Seller("HOODIE", ShopText("Hoodie"), 30, 20), Seller("NEW", None, 5, 0))
    entry = best_sellers.best_sellers.write(PERIOD, best_sellers.Facts(sellers))
    assert said(entry) == ["HOODIE | «Hoodie» | 30 | 20 | <share> | ", "NEW | – | 5 | 0 | new | "]
    assert best_sellers.best_sellers.write(PERIOD, best_sellers.Facts(())) is None
