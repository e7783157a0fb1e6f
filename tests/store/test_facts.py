"""Facts: what SQL answers is what one would count in a list of the events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, make_dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core import facts as asked
from bot.core.demand import advance
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    ItemSold,
    LocationNamed,
    OrderChanged,
    OrderHeld,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    ShipmentChanged,
    StockChanged,
    StockExpected,
)
from bot.core.facts import Query, ask, count, total, total_money
from bot.core.handlers import Period
from bot.core.known import Campaign, DayTotal, Level, Position, Receivable
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.schedule import period_before
from bot.core.subject import Subject
from bot.core.surprise import Tally
from bot.store.engine import Store
from bot.store.events import Recorded
from bot.store.facts import Question, load, unanswered
from bot.store.labels import labels
from tests.store.histories import END, SHOP, START, empty, histories, tell

HOUR = timedelta(hours=1)
NOW = END
EUR = Money(1000, "EUR")
calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(store: Store, query: Any, subject: Subject | None = None, **more: Any) -> Any:
    """The answer to one query."""
    facts = make_dataclass("One", [("answer", object, query)], frozen=True)
    options: dict[str, Any] = {"now": NOW, **more}
    question = Question(shop=SHOP, subject=subject or Subject("text", ""), **options)
    with store.read() as connection:
        return load(connection, facts, question).answer


def told(history: Iterable[Recorded]) -> list[Event]:
    """The events of a history, each once, the first telling of each."""
    found: dict[tuple[object, ...], Event] = {}
    for recorded in history:
        event = recorded.event
        found.setdefault((type(event), event.subject, event.at, event.key), event)
    return list(found.values())


def test_every_query_has_an_answer() -> None:
    kinds = [kind for kind in vars(asked).values() if isinstance(kind, type) and issubclass(kind, Query)]
    unknown = {"event": ItemSold, "field": "quantity", "window": HOUR, "measure": "orders", "rule": "x"}
    for kind in kinds:
        if kind is Query:
            continue
        spec = {name: unknown[name] for name in kind.__dataclass_fields__ if name in unknown}
        facts = make_dataclass("One", [("answer", object, kind(**spec))], frozen=True)
        assert unanswered(facts) == (), kind


def test_a_query_that_nobody_answers_is_named(store: Store) -> None:
    @dataclass(frozen=True)
    class Unheard(Query):
        """Nobody knows."""

    with pytest.raises(LookupError, match="Unheard"):
        answer(store, Unheard())


# The event log against a plain list.

windows = st.sampled_from([6 * HOUR, 24 * HOUR, 60 * HOUR, 300 * HOUR])
nows = st.integers(-1, 12).map(lambda days: START + timedelta(days=days))


@calm
@given(history=histories("placed", "paid", "unpaid"), window=windows, now=nows)
def test_totals_and_counts_are_those_of_a_plain_list(
    store: Store, history: list[Event], window: timedelta, now: datetime
) -> None:
    empty(store)
    events = told(tell(store, history))

    def within(kind: type[Event], subject: Subject) -> list[Any]:
        return [e for e in events if type(e) is kind and e.subject == subject and now - window < e.at <= now]

    for sku in ("A", "B", "unknown"):
        subject = Subject("sku", sku)
        sold: list[ItemSold] = within(ItemSold, subject)
        assert answer(store, total(ItemSold, "quantity", days=window / timedelta(days=1)), subject, now=now) == sum(
            e.quantity for e in sold
        )
        found = answer(store, total_money(ItemSold, "amount", hours=window / HOUR), subject, now=now)
        assert found == by_currency([e.amount for e in sold])
    for method in ("card", "ideal"):
        subject = Subject("payment_method", f"stripe/{method}")
        failed: list[PaymentFailed] = within(PaymentFailed, subject)
        hours = window / HOUR
        assert answer(store, count(PaymentFailed, hours=hours), subject, now=now) == len(failed)
        no_retries = count(PaymentFailed, hours=hours, leaving_out={"retry": True, "code": "declined"})
        assert answer(store, no_retries, subject, now=now) == sum(not e.retry and e.code != "declined" for e in failed)
        assert answer(store, count(PaymentSucceeded, hours=hours), subject, now=now) == len(
            within(PaymentSucceeded, subject)
        )
        found = answer(store, total_money(PaymentFailed, "amount", hours=hours), subject, now=now)
        assert found == by_currency([e.amount for e in failed])


def by_currency(amounts: Iterable[Money]) -> tuple[Money, ...]:
    sums: dict[str, int] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, 0) + money.minor
    return tuple(Money(sums[code], code) for code in sorted(sums))


@calm
@given(history=histories("level", "campaign", "placed"), now=nows)
def test_the_latest_is_the_newest_of_a_plain_list(store: Store, history: list[Event], now: datetime) -> None:
    empty(store)
    events = told(tell(store, history))
    for kind, subject in ((StockChanged, Subject("sku", "A")), (ItemSold, Subject("sku", "B")),
                          (CampaignChanged, Subject("campaign", "x"))):  # fmt: skip
        mine = [e for e in events if type(e) is kind and e.subject == subject and e.at <= now]
        found = answer(store, ask(asked.Latest(kind)), subject, now=now)
        assert (found.at if found else None) == max((e.at for e in mine), default=None)
        assert found is None or found in mine


@calm
@given(history=histories("placed", "changed", "campaign", "invoice", "dispute"))
def test_lists_are_those_of_the_newest_tellings(store: Store, history: list[Event]) -> None:
    empty(store)
    tell(store, history)
    invoices = {e.invoice: e for e in sorted(history, key=_version) if isinstance(e, InvoiceChanged)}
    owed = [r for r in answer(store, ask(asked.Receivables())) if r.number == "I-1"]
    for receivable in owed:
        newest = invoices[receivable.reference]
        assert (receivable.at, receivable.status) == (newest.at, "open")
    disputes = {e.dispute: e for e in sorted(history, key=_version) if isinstance(e, DisputeChanged)}
    assert {d.dispute for d in answer(store, ask(asked.DisputesOpen()))} == {
        name for name, event in disputes.items() if event.status == "open"
    }
    waiting = {order.order for order in answer(store, ask(asked.OrdersWaiting()))}
    for sku in ("A", "B"):
        short = answer(store, ask(asked.ClaimsShort(50)), Subject("sku", sku))
        assert {claim.order.order for claim in short} <= waiting


def _version(event: Event) -> tuple[datetime, int]:
    ranks = {"open": 0, "answered": 1, "won": 3, "lost": 3, "void": 2, "paid": 3}
    return event.at, ranks.get(getattr(event, "status", ""), 0)


# Single answers.


def stock(sku: str, available: int | None, hours: float = 0, location: str = "main", title: str = "") -> StockChanged:
    at = START + hours * HOUR
    return StockChanged(
        shop="acme", source="shopify", at=at, sku=sku, available=available, location=location, title=ShopText(title)
    )


def sold(sku: str, quantity: int, hours: float, order: str) -> OrderPlaced:
    return OrderPlaced(
        shop="acme",
        source="shopify",
        at=START + hours * HOUR,
        order=order,
        number=f"#{order}",
        total=EUR,
        outstanding=Money(0, "EUR"),
        lines=(OrderLine(sku, quantity, EUR),),
    )


def campaign(name: str, *skus: str, starts: float = 0, ends: float | None = None, status: str = "scheduled") -> Event:
    return CampaignChanged(
        shop="acme",
        source="klaviyo",
        at=START,
        campaign=name,
        name=ShopText(name.title()),
        status=status,  # type: ignore[arg-type]
        starts=NOW + starts * 24 * HOUR,
        ends=None if ends is None else NOW + ends * 24 * HOUR,
        skus=skus,
        uplift=1.5,
    )


def test_a_position_is_all_that_is_known_of_a_sku(store: Store) -> None:
    due = START + 100 * HOUR
    tell(
        store,
        [
            ItemDescribed(
                shop="acme", source="shopify", at=START, item="1", sku="A", title=ShopText("Lamp"), price=EUR
            ),
            stock("A", 5),
            stock("A", None, 1, "east"),
            sold("A", 3, 2, "o1"),
            StockExpected(shop="acme", source="erp", at=START, sku="A", quantity=9, due=due, reference="p1"),
            StockExpected(shop="acme", source="erp", at=START, sku="A", quantity=0, due=due, reference="p2"),
        ],
    )
    found: Position = answer(store, ask(asked.PositionOf()), Subject("sku", "A"))
    assert (found.title, found.price, found.available) == (ShopText("Lamp"), EUR, 5)
    assert found.levels == (Level("east", None, START + HOUR, "shopify"), Level("main", 5, START, "shopify"))
    assert [(each.quantity, each.due, each.reference) for each in found.inbound] == [(9, due, "p1")]
    assert found.demand == advance(found.demand, NOW.astimezone(SHOP.zone).date())
    assert found.demand.units > 0
    assert answer(store, ask(asked.PositionOf()), Subject("sku", "B")) is None


def test_a_search_finds_the_exact_sku_alone_and_else_what_holds_the_text(store: Store) -> None:
    tell(
        store,
        [
            stock("LAMP", 1, title="Großer Tisch"),
            stock("LAMP-2", 2),
            stock("X", 3, location="Berlin"),
            stock("100%", 4),
        ],
    )

    def found(text: str) -> list[str]:
        return [position.sku for position in answer(store, ask(asked.PositionsMatching()), text=text)]

    assert found("lamp") == ["LAMP"]
    assert found("lam") == ["LAMP", "LAMP-2"]
    assert found("GROSSER") == ["LAMP"]
    assert found("berlin") == ["X"]
    assert found("0%") == ["100%"]
    assert found("_") == found("%%") == found("") == []
    assert answer(store, ask(asked.NearestSkus()), text="LMAP") == ("LAMP", "LAMP-2")


def test_a_location_is_called_by_its_newest_name_and_by_its_id_while_it_has_none(store: Store) -> None:
    def named(name: str, hours: int, source: str = "shopify") -> LocationNamed:
        at = START + timedelta(hours=hours)
        return LocationNamed(shop="acme", source=source, at=at, location="61001", name=ShopText(name))

    def places() -> tuple[str, ...]:
        with store.read() as connection:
            shown = labels(connection, "acme", Subject("sku", "MUG")).locations
        position = answer(store, ask(asked.PositionOf()), Subject("sku", "MUG"))
        assert tuple(level.location for level in position.levels) == shown
        return shown

    tell(store, [stock("MUG", 3, location="61001"), stock("MUG", 2, location="61002"), named("No", 3, source="erp")])
    assert places() == ("61001", "61002")
    tell(store, [named("New York", 2), named("Old York", 1)])
    assert places() == ("61002", "New York")
    assert [each.sku for each in answer(store, ask(asked.PositionsMatching()), text="new york")] == ["MUG"]
    assert answer(store, ask(asked.PositionsMatching()), text="old york") == ()


def test_what_lasts_the_fewest_days_is_most_at_risk(store: Store) -> None:
    tell(store, [stock("slow", 10), stock("fast", 10), stock("gone", 0), stock("still", 1), stock("uncounted", None)])
    orders = [sold(sku, units, hours=24 * day, order=f"{sku}{day}")
              for sku, units in (("slow", 1), ("fast", 5), ("gone", 1), ("uncounted", 5)) for day in range(1, 5)]  # fmt: skip
    tell(store, orders)
    assert [position.sku for position in answer(store, ask(asked.PositionsAtRisk(2)))] == ["gone", "fast"]
    tell(store, [stock("owed", -4)])
    assert [position.sku for position in answer(store, ask(asked.PositionsAtRisk(3)))] == ["gone", "owed", "fast"]
    tell(store, [stock("owed", 4, hours=1)])
    assert [position.sku for position in answer(store, ask(asked.PositionsAtRisk()))] == ["gone", "fast", "slow"]


def test_campaigns_are_found_by_sku_and_by_what_lies_ahead(store: Store) -> None:
    tell(
        store,
        [
            stock("A", 1),
            stock("B", 1),
            campaign("soon", "B", "A", "new", starts=3),
            campaign("running", "A", starts=-1, ends=2, status="running"),
            campaign("past", "A", starts=-9, ends=-1, status="running"),
            campaign("late", "A", starts=30),
            campaign("off", "A", starts=2, status="cancelled"),
        ],
    )

    def names(query: Query, subject: Subject | None = None) -> list[str]:
        return [each.campaign for each in answer(store, ask(query), subject)]

    assert names(asked.CampaignsFor(), Subject("sku", "A")) == ["running", "soon", "late"]
    assert names(asked.CampaignsAhead()) == ["running", "soon"]
    soon: Campaign = answer(store, ask(asked.CampaignOf()), Subject("campaign", "soon"))
    assert (soon.skus, soon.uplift, soon.name) == (("B", "A", "new"), 1.5, ShopText("Soon"))
    inside = answer(store, ask(asked.PositionsInCampaign()), Subject("campaign", "soon"))
    assert [position.sku for position in inside] == ["B", "A"]
    assert [position.sku for position in answer(store, ask(asked.PositionsAhead()))] == ["A", "B"]


def shipped(order: str) -> OrderChanged:
    at = START + 50 * HOUR
    return OrderChanged(
        shop="acme", source="s", at=at, order=order, number=order, total=EUR, outstanding=EUR, shipped=True
    )


def test_orders_wait_the_longest_first(store: Store) -> None:
    tell(store, [sold("A", 1, hour, f"o{hour}") for hour in range(5)])
    tell(store, [shipped("o4"), sold("B", 1, 9, "b")])
    assert [order.order for order in answer(store, ask(asked.OrdersWaiting(3)))] == ["o0", "o1", "o2"]


def test_the_subject_invoice_and_dispute_are_answered_alone(store: Store) -> None:
    invoice = InvoiceChanged(
        shop="acme", source="stripe", at=START, invoice="i1", number="I-1", outstanding=EUR, status="open", due=NOW
    )
    dispute = DisputeChanged(
        shop="acme", source="stripe", at=START, dispute="d1", amount=EUR, reason=ShopText("fraud"), status="open"
    )
    tell(store, [invoice, dispute])
    found = answer(store, ask(asked.ReceivableOf()), Subject("invoice", "i1"))
    assert found == Receivable("i1", "I-1", EUR, NOW, "open", START)
    assert answer(store, ask(asked.DisputeOf()), Subject("dispute", "d1")).reason == ShopText("fraud")
    assert answer(store, ask(asked.DisputeOf()), Subject("dispute", "i1")) is None


def test_days_of_payments_leave_out_the_last_24_hours_and_retries(store: Store) -> None:
    def tried(kind: Any, days_ago: int, payment: str, **more: Any) -> Event:
        at = NOW - timedelta(days=days_ago)
        event: Event = kind(
            shop="acme", source="stripe", at=at, payment=payment, provider="stripe", method="card", amount=EUR, **more
        )
        return event

    tell(
        store,
        [
            tried(PaymentSucceeded, 0, "now"),
            tried(PaymentFailed, 1, "yesterday"),
            tried(PaymentFailed, 2, "a"),
            tried(PaymentSucceeded, 2, "b"),
            tried(PaymentSucceeded, 5, "c"),
            tried(PaymentFailed, 5, "d", retry=True),
            tried(PaymentFailed, 40, "e"),
        ],
    )
    found = answer(store, ask(asked.PaymentDays()), Subject("payment_method", "stripe/card"))
    assert found == (Tally(2, 1), Tally(1, 0))


def test_day_totals_are_of_the_period_or_of_the_weeks_before_it(store: Store) -> None:
    tell(store, [sold("A", 2, 24 * day, f"o{day}") for day in range(11)])
    period: Period = period_before(date(2026, 10, 31), 7, SHOP.zone)
    now = answer(store, ask(asked.DayTotals("orders")), period=period)
    assert now == tuple(DayTotal(day, "", 1) for day in period.days)
    before = answer(store, ask(asked.DayTotals("units", weeks_before=4)), period=period)
    assert before == tuple(DayTotal(f"2026-10-{day}", "", 2) for day in (20, 21, 22, 23))
    sales = answer(store, ask(asked.DayTotals("sales")), period=period)
    assert {total.key for total in sales} == {"EUR"}


def test_what_open_orders_hold_is_committed_until_they_ship(store: Store) -> None:
    tell(store, [stock("A", 50), sold("A", 3, 1, "o1"), sold("A", 4, 2, "o2"), shipped("o1")])
    position = answer(store, ask(asked.PositionOf()), Subject("sku", "A"))
    assert position.committed == 4


def test_best_sellers_are_ordered_by_the_periods_units_with_those_of_the_period_before(store: Store) -> None:
    tell(store, [sold("A", 2, 24 * day, f"a{day}") for day in range(10)])
    tell(store, [sold("GONE", 5, 24 * day, f"b{day}") for day in range(2, 4)])
    tell(store, [sold("NEW", 9, 24 * 9, "n")])
    period: Period = period_before(date(2026, 10, 31), 7, SHOP.zone)
    found = answer(store, ask(asked.BestSellers(5)), period=period)
    assert [(seller.sku, seller.units, seller.before) for seller in found] == [("A", 12, 8), ("NEW", 9, 0)]
    assert len(answer(store, ask(asked.BestSellers(1)), period=period)) == 1


def test_moments_and_the_level_before_come_from_the_question(store: Store) -> None:
    event = tell(store, [stock("A", 5), stock("A", 2, 1)])[1]
    assert answer(store, ask(asked.LevelBefore()), Subject("sku", "A"), event=event) == 5
    assert answer(store, ask(asked.LevelBefore()), Subject("sku", "A")) is None
    assert answer(store, ask(asked.Now())) == NOW
    assert answer(store, ask(asked.Today())) == date(2026, 11, 1)
    assert answer(store, ask(asked.SettingsOfShop())) is SHOP


def test_methods_are_told_with_their_last_day_and_the_days_before(store: Store) -> None:
    def tried(kind: Any, hours_ago: float, payment: str, method: str = "card", **more: Any) -> Event:
        at = NOW - timedelta(hours=hours_ago)
        event: Event = kind(
            shop="acme", source="stripe", at=at, payment=payment, provider="stripe", method=method, amount=EUR, **more
        )
        return event

    tell(
        store,
        [
            tried(PaymentSucceeded, 1, "a"), tried(PaymentFailed, 23, "b"), tried(PaymentFailed, 2, "c", retry=True),
            tried(PaymentFailed, 25, "d"), tried(PaymentSucceeded, 72, "e"),
            tried(PaymentSucceeded, 240, "f", "sepa"), tried(PaymentSucceeded, 24 * 40, "g", "giro"),
        ],
    )  # fmt: skip
    found = answer(store, ask(asked.MethodsTried()))
    assert [(each.method, each.seen) for each in found] == [
        ("stripe/card", Tally(2, 1)),
        ("stripe/sepa", Tally(0, 0)),
    ]
    assert found[0].days == (Tally(1, 0),)
    assert answer(store, ask(asked.MethodsTried(hours=26)))[0].seen == Tally(3, 2)


def test_payouts_are_those_that_are_due_and_those_of_late(store: Store) -> None:
    def payout(name: str, status: Any, days_ago: float, reason: str = "", to: Any = "bank") -> Event:
        return PayoutChanged(
            shop="acme", source="stripe", at=NOW - timedelta(days=days_ago), payout=name, amount=EUR, status=status,
            reason=ShopText(reason) if reason else None, provider="stripe", to=to,
        )  # fmt: skip

    tell(
        store,
        [
            payout("waits long", "pending", 20), payout("came", "paid", 2), payout("came long ago", "paid", 9),
            payout("bounced", "failed", 1, "no account"), payout("called off", "canceled", 1),
            payout("a refund", "failed", 1, "expired card", "customer"),
        ],
    )  # fmt: skip
    found = answer(store, ask(asked.Payouts(7)))
    assert [each.payout for each in found] == ["bounced", "came", "waits long"]
    assert found[0].reason == ShopText("no account") and found[1].reason is None


def test_open_orders_are_counted_by_age_each_once(store: Store) -> None:
    hours = (1, 23, 30, 80, 400)
    tell(store, [placed(f"o{number}", ago) for number, ago in enumerate(hours)])
    assert answer(store, ask(asked.OrdersByAge((1, 3, 7)))) == (2, 1, 1, 1)
    tell(store, [replace(shipped("o4"), at=NOW), replace(shipped("o0"), at=NOW)])
    assert answer(store, ask(asked.OrdersByAge((1, 3, 7)))) == (1, 1, 1, 0)


def test_held_orders_are_those_whose_newest_telling_holds_them_and_that_are_not_over(store: Store) -> None:
    def held(order: str, hours_ago: float, holds: bool = True) -> Event:
        return OrderHeld(shop="acme", source="s", at=NOW - timedelta(hours=hours_ago), order=order, held=holds)

    tell(store, [placed("kept", 90), placed("gone", 90), placed("free", 90), placed("again", 90)])
    tell(store, [held("again", 60), held("again", 50, False), held("again", 2)])
    tell(store, [held("kept", 5), held("gone", 5), held("free", 5), held("free", 4, False), held("unheard of", 3)])
    tell(store, [replace(shipped("gone"), at=NOW)])
    found = answer(store, ask(asked.OrdersHeld()))
    assert [each.order for each in found] == ["kept", "unheard of", "again"]


def test_delivery_exceptions_are_orders_whose_newest_telling_is_no_good_one(store: Store) -> None:
    def shipment(order: str, status: Any, hours_ago: float) -> Event:
        at = NOW - timedelta(hours=hours_ago)
        return ShipmentChanged(shop="acme", source="s", at=at, shipment=f"s-{order}", order=order, status=status)

    tell(
        store,
        [
            shipment("late", "sent", 50), shipment("late", "delayed", 20),
            shipment("came", "delayed", 20), shipment("came", "delivered", 10),
            shipment("back", "returned", 5), shipment("fine", "under_way", 5),
            shipment("long ago", "failed", 24 * 20),
        ],
    )  # fmt: skip
    found = answer(store, ask(asked.DeliveryExceptions(14)))
    assert [(each.order, each.status) for each in found] == [("back", "returned"), ("late", "delayed")]


def placed(order: str, hours_ago: float) -> OrderPlaced:
    return replace(sold("A", 1, 0, order), at=NOW - timedelta(hours=hours_ago))
