"""What holds for every rule, whatever the facts: a verdict, never an exception, and a message to act on."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import handlers.rules
from bot.core.demand import Demand
from bot.core.events import (
    CampaignChanged,
    CampaignEchoed,
    DisputeChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    ItemSold,
    OrderChanged,
    OrderHeld,
    PaymentFailed,
    PayoutChanged,
    Refunded,
    ShipmentChanged,
    SourceChanged,
    StockChanged,
    StockExpected,
    StockReceived,
    Tick,
)
from bot.core.handlers import Rule
from bot.core.known import (
    AlertLine,
    Aspect,
    Campaign,
    Case,
    Claim,
    DisputeState,
    Echoes,
    Inbound,
    Level,
    OrderState,
    Polled,
    Position,
    Quietness,
    Receivable,
    SourceSeen,
)
from bot.core.money import Money
from bot.core.parts import Line, Quantity, ShopText, Text
from bot.core.quiet_source import WINDOWS, Window
from bot.core.settings import Shop
from bot.core.surprise import Tally
from bot.core.verdict import Clear, Fire, Quiet
from tests.handlers.rules.cases import NOW, TODAY, words

NAMES = [module.name for module in pkgutil.iter_modules(handlers.rules.__path__)]
DEPARTMENTS = {"marketing", "finance", "warehouse", "operations"}


def rule_of(name: str) -> Rule:
    found = getattr(importlib.import_module(f"handlers.rules.{name}"), name)
    assert isinstance(found, Rule)
    return found


moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=ZoneInfo("UTC")))
amounts = st.builds(Money, st.integers(-500, 10_000_000), st.sampled_from(["EUR", "USD", "JPY", "KWD"]))
shop_text = st.builds(ShopText, st.text(max_size=12))
ids = st.sampled_from(["A", "B-1", "C"])
levels = st.tuples() | st.lists(
    st.builds(Level, ids, st.none() | st.integers(-50, 5000), moments, ids), max_size=3
).map(tuple)
memories = st.builds(
    Demand,
    day=st.dates(date(2025, 1, 1), date(2026, 3, 9)),
    weight=st.just(0.0) | st.floats(0.001, 41),
    units=st.floats(0, 9000),
    squares=st.floats(0, 1e7),
    weight2=st.floats(0, 21),
    today=st.floats(0, 500),
    stocked=st.booleans(),
    in_stock=st.booleans(),
)
positions = st.builds(
    Position,
    sku=ids,
    title=st.none() | shop_text,
    levels=levels,
    demand=memories,
    inbound=st.lists(st.builds(Inbound, st.integers(0, 900), moments, st.just("") | ids), max_size=3).map(tuple),
    price=st.none() | amounts,
    lead_days=st.none() | st.floats(0, 90),
    low_at=st.none() | st.integers(0, 5000),
    backorders=st.booleans(),
)
campaigns = st.builds(
    Campaign,
    campaign=ids,
    name=shop_text,
    status=st.sampled_from(["scheduled", "running", "ended", "cancelled"]),
    starts=st.floats(-20, 20).map(lambda ahead: NOW + timedelta(days=ahead)),
    ends=st.none() | st.floats(-20, 40).map(lambda ahead: NOW + timedelta(days=ahead)),
    channel=ids,
    skus=st.lists(ids, max_size=3).map(tuple),
    uplift=st.none() | st.floats(0, 1000),
    at=moments,
)
orders = st.builds(OrderState, ids, ids, moments, amounts, amounts, st.booleans(), st.booleans(), moments)
claims = st.builds(Claim, orders, st.integers(1, 9), st.none() | amounts, st.none() | amounts)
lines = st.builds(
    AlertLine,
    number=st.just(1),
    rule=st.sampled_from(NAMES),
    subject=ids,
    state=st.just("firing"),
    severity=st.just("high"),
    title=st.just(()),
    department=st.just("warehouse"),
    person=st.none(),
    opened_at=moments,
    due_at=st.none(),
    cost_minor=st.none(),
    cost_currency=st.none(),
)
failures = st.builds(
    PaymentFailed,
    shop=st.just("eu"),
    source=ids,
    at=moments,
    payment=ids,
    provider=ids | st.just(""),
    method=ids,
    amount=amounts,
    reason=st.none() | shop_text,
    retry=st.booleans(),
)
tallies = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(lambda pair: Tally(max(pair), min(pair)))
sums = st.dictionaries(st.sampled_from(["EUR", "USD", "JPY"]), st.integers(0, 10**9), max_size=3).map(
    lambda found: tuple(Money(minor, currency) for currency, minor in found.items())
)
payouts = st.builds(
    PayoutChanged,
    shop=st.just("eu"),
    source=ids,
    at=moments,
    payout=ids,
    amount=amounts,
    status=st.sampled_from(["pending", "paid", "failed", "canceled"]),
    reason=st.none() | shop_text,
    arrives=st.none() | moments,
    provider=ids,
)
aspects = st.builds(
    Aspect,
    st.sampled_from(["webhook orders/create", "poll orders", "keys"]),
    st.booleans(),
    st.none() | shop_text,
    moments,
)
looks = st.lists(
    st.builds(Window, st.sampled_from(WINDOWS), st.integers(0, 50), st.floats(3, 500), st.floats(0, 1)), max_size=4
)
echoed = st.builds(
    CampaignEchoed,
    shop=st.just("eu"),
    source=ids,
    at=moments,
    reference=ids,
    echo=st.sampled_from(["sent", "bounced", "complained"]),
    count=st.integers(1, 99),
    campaign=st.just("") | ids,
)
shipments = st.builds(
    ShipmentChanged,
    shop=st.just("eu"),
    source=ids,
    at=moments,
    shipment=ids,
    order=ids,
    status=st.sampled_from(
        ["sent", "under_way", "delayed", "attempted", "failed", "delivered", "returned", "cancelled"]
    ),
    number=ids | st.just(""),
    carrier=ids | st.just(""),
    due=st.none() | moments,
)
holds = st.builds(
    OrderHeld,
    shop=st.just("eu"),
    source=ids,
    at=moments,
    order=ids,
    held=st.booleans(),
    number=ids | st.just(""),
    reason=st.none() | shop_text,
)
ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "Position | None": st.none() | positions,
    "tuple[Position, ...]": st.lists(positions, max_size=4).map(tuple),
    "Campaign | None": st.none() | campaigns,
    "tuple[Campaign, ...]": st.lists(campaigns, max_size=2).map(tuple),
    "tuple[Claim, ...]": st.lists(claims, max_size=5).map(tuple),
    "Case": st.builds(Case, st.lists(claims, max_size=5).map(tuple), st.booleans()),
    "tuple[AlertLine, ...]": st.lists(lines, max_size=2).map(tuple),
    "tuple[Tally, ...]": st.lists(tallies, max_size=5).map(tuple),
    "tuple[Money, ...]": sums,
    "DisputeState | None": st.none()
    | st.builds(
        DisputeState,
        ids,
        amounts,
        shop_text,
        st.sampled_from(["open", "won", "lost", "answered", "closed"]),
        st.none() | moments,
        ids,
        ids,
        moments,
    ),
    "Receivable | None": st.none()
    | st.builds(
        Receivable,
        ids,
        ids,
        amounts,
        st.none() | moments,
        st.sampled_from(["open", "paid", "void", "uncollectible"]),
        moments,
    ),
    "ItemSold | None": st.none()
    | st.builds(
        ItemSold,
        shop=st.just("eu"),
        source=ids,
        at=moments,
        sku=ids,
        quantity=st.integers(1, 500),
        amount=amounts,
        order=ids,
        number=ids,
    ),
    "PaymentFailed | None": st.none() | failures,
    "CampaignEchoed | None": st.none() | echoed,
    "Echoes": st.builds(Echoes, *[st.integers(0, 9000)] * 5),
    "PayoutChanged | None": st.none() | payouts,
    "ShipmentChanged | None": st.none() | shipments,
    "OrderHeld | None": st.none() | holds,
    "tuple[Aspect, ...]": st.lists(aspects, max_size=4).map(tuple),
    "Polled | None": st.none() | st.builds(Polled, st.none() | moments, st.integers(0, 9)),
    "Quietness": st.builds(Quietness, ids, looks.map(tuple), st.none() | moments),
    "tuple[SourceSeen, ...]": st.lists(st.builds(SourceSeen, ids, st.none() | moments), max_size=3).map(tuple),
    "int": st.integers(0, 60),
    "int | None": st.none() | st.integers(-50, 5000),
    "datetime": st.just(NOW),
    "datetime | None": st.none() | moments,
    "date": st.just(TODAY),
    "Shop": st.just(Shop("eu", "Example Shop", "EUR", ZoneInfo("Europe/Berlin"))),
}
EVENTS: dict[type[Event], st.SearchStrategy[Any]] = {
    Tick: st.just(Tick(shop="eu", at=NOW)),
    ItemDescribed: st.builds(ItemDescribed, shop=st.just("eu"), source=ids, at=moments, item=ids, sku=ids),
    StockChanged: st.builds(
        StockChanged, shop=st.just("eu"), source=ids, at=moments, sku=ids, available=st.none() | st.integers(-50, 5000)
    ),
    StockExpected: st.builds(
        StockExpected,
        shop=st.just("eu"),
        source=ids,
        at=moments,
        sku=ids,
        quantity=st.integers(0, 99),
        due=moments,
        reference=ids,
    ),
    StockReceived: st.builds(
        StockReceived, shop=st.just("eu"), source=ids, at=moments, sku=ids, quantity=st.integers(1, 99)
    ),
    ItemSold: ANSWERS["ItemSold | None"].filter(bool),
    PaymentFailed: failures,
    CampaignEchoed: echoed,
    PayoutChanged: payouts,
    ShipmentChanged: shipments,
    OrderChanged: st.builds(
        OrderChanged,
        shop=st.just("eu"),
        source=ids,
        at=moments,
        order=ids,
        number=ids,
        total=amounts,
        outstanding=amounts,
        shipped=st.booleans(),
    ),
    Refunded: st.builds(Refunded, shop=st.just("eu"), source=ids, at=moments, refund=ids, amount=amounts, order=ids),
    OrderHeld: holds,
    DisputeChanged: st.builds(
        DisputeChanged,
        shop=st.just("eu"),
        source=ids,
        at=moments,
        dispute=ids,
        amount=amounts,
        reason=shop_text,
        status=st.just("open"),
    ),
    InvoiceChanged: st.builds(
        InvoiceChanged,
        shop=st.just("eu"),
        source=ids,
        at=moments,
        invoice=ids,
        number=ids,
        outstanding=amounts,
        status=st.just("open"),
    ),
    SourceChanged: st.builds(
        SourceChanged,
        shop=st.just("eu"),
        source=ids,
        at=moments,
        aspect=ids,
        sound=st.booleans(),
        note=st.none() | shop_text,
    ),
    CampaignChanged: st.builds(
        CampaignChanged,
        shop=st.just("eu"),
        source=ids,
        at=moments,
        campaign=ids,
        name=shop_text,
        status=st.just("scheduled"),
        starts=moments,
    ),
}


def any_facts(rule: Rule) -> st.SearchStrategy[Any]:
    return st.builds(rule.facts, **{spec.name: ANSWERS[str(spec.type)] for spec in fields(rule.facts)})


def length(line: Line) -> int:
    """Words of a title: ours by the space, a name or a code of the shop's as one, a figure with its unit as one."""
    ours = sum(len(part.text.replace("(", " ").replace(")", " ").split()) for part in line if isinstance(part, Text))
    return ours + sum(not isinstance(part, Text) for part in line)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_is_named_as_its_file_and_explains_each_setting(name: str) -> None:
    rule = rule_of(name)
    assert rule.name == name
    assert "ires" in rule.doc and "clears" in rule.doc
    for setting in rule.settings:
        assert f"- {setting}: " in rule.doc


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_facts_have_a_verdict_that_somebody_can_act_on(name: str, data: st.DataObject) -> None:
    rule = rule_of(name)
    event = data.draw(st.one_of([EVENTS[kind] for kind in rule.events]))
    known = data.draw(any_facts(rule))
    verdict = rule.decide(event, known)
    assert rule.decide(event, known) == verdict
    match verdict:
        case Quiet(reason):
            assert words(reason)[0].isupper()
        case Clear(reason, note):
            assert words(reason)[0].isupper()
            assert not note or words(note).strip()
        case Fire():
            assert length(verdict.title) <= 12, words(verdict.title)
            assert verdict.views.keys() <= DEPARTMENTS and verdict.views
            assert all(view.step.what and view.impact for view in verdict.views.values())
            assert all(len(view.fields) <= 6 for view in verdict.views.values())
            if verdict.cost:
                assert verdict.cost.amount.low.minor <= verdict.cost.amount.high.minor
                assert verdict.cost.amount.low.currency == verdict.cost.amount.high.currency
            shown = [part for line in (verdict.title, *verdict.details) for part in line if isinstance(part, Quantity)]
            assert all(abs(part.value) < 1e12 for part in shown)
