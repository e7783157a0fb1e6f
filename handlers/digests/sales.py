"""Net sales, orders and how they came about."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import compare
from bot.core.facts import DayTotals, SettingsOfShop, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import DayTotal
from bot.core.message import Chart, Figures, Heading
from bot.core.money import exponent
from bot.core.parts import Share, say
from bot.core.settings import Shop


@dataclass(frozen=True)
class Facts:
    shop: Shop = ask(SettingsOfShop())
    sales: tuple[DayTotal, ...] = ask(DayTotals("sales"))
    sales_before: tuple[DayTotal, ...] = ask(DayTotals("sales", weeks_before=4))
    orders: tuple[DayTotal, ...] = ask(DayTotals("orders"))
    orders_before: tuple[DayTotal, ...] = ask(DayTotals("orders", weeks_before=4))
    units: tuple[DayTotal, ...] = ask(DayTotals("units"))
    units_before: tuple[DayTotal, ...] = ask(DayTotals("units", weeks_before=4))
    discounted: tuple[DayTotal, ...] = ask(DayTotals("discounted_orders"))


@section(departments=("marketing", "operations"), order=10)
def sales(period: Period, facts: Facts) -> Entry | None:
    """Sales in the shop's currency by day, orders, units, the average order and the share of discounted orders."""
    orders = compare.trend(period, facts.orders, facts.orders_before)
    if not orders.now:
        return None
    currency = facts.shop.currency
    here = compare.of_key(facts.sales, currency)
    total = compare.trend(period, here, compare.of_key(facts.sales_before, currency))
    units = compare.trend(period, facts.units, facts.units_before)
    discounted = sum(day.value for day in facts.discounted) / orders.now
    show = compare.money(currency)
    figures = (
        ("Sales", compare.told(total, show)),
        ("Orders", compare.told(orders, compare.units)),
        ("Units", compare.told(units, compare.units)),
        ("Average order", say(show(total.now / orders.now))),
        ("With a discount", say(Share(discounted))),
    )
    labels, major = compare.weekdays(period), 10 ** exponent(currency)
    values = compare.by_day(period, here, major)
    chart = Chart(
        f"Sales by day, {currency}",
        "bar",
        labels,
        (("Sales", values),),
        currency,
        compare.highest(labels, values, lambda value: show(value * major)),
    )
    return Entry((Heading("Sales"), Figures(figures), chart), (say("sales ", show(total.now)),))
