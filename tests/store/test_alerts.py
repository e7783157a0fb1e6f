"""Alerts, their log, decisions about them, and whom an event reaches."""

from __future__ import annotations

from dataclasses import make_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core import facts as asked
from bot.core.advance import advance
from bot.core.alerts import Alert, resolved, snoozed, taken
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    InvoiceChanged,
    ItemSold,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    Refunded,
    StockChanged,
    Tick,
)
from bot.core.facts import ask
from bot.core.handlers import Period
from bot.core.known import Ground, PlaceLine
from bot.core.message import Message, Paragraph
from bot.core.money import Money
from bot.core.parts import MoneyRange, ShopText, say
from bot.core.routes import Routed, Unshown
from bot.core.settings import Shop
from bot.core.subject import Subject
from bot.core.verdict import Cost, Fire, Severity, Step, View
from bot.store import alerts, decisions, placings, posts, reach
from bot.store.engine import Store, StoreDown
from bot.store.facts import Question, load
from tests.store.histories import tell

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHOP = Shop("acme", "Acme", "EUR", ZoneInfo("Europe/Berlin"))
LAMP = Subject("sku", "LAMP")
EUR = Money(1000, "EUR")
DAY = timedelta(days=1)


def fire(severity: Severity = Severity.HIGH) -> Fire:
    view = View(say("3 left"), Step(say("reorder"), within=timedelta(hours=4)), (("Left", say("3")),))
    cost = Cost(MoneyRange(Money(100, "EUR"), Money(900, "EUR")), say("units times price"))
    return Fire(say("3 are left of ", ShopText("<Lamp>")), severity, say("Low stock"), {"warehouse": view}, cost)


def opened(
    store: Store, rule: str = "low_stock", subject: Subject = LAMP, now: datetime = NOW, shop: str = "acme", **more: Any
) -> Alert:
    with store.write() as connection:
        seat = alerts.seat(connection, shop, rule, subject, now)
        alert = advance(None, fire(**more), seat, now).alert
        assert alert is not None
        alerts.save(connection, alert, "opened", "", say("few left"), now, now + timedelta(minutes=10))
    return alert


def save(store: Store, alert: Alert, change: str, now: datetime = NOW) -> None:
    with store.write() as connection:
        alerts.save(connection, alert, change, "U1", say("because"), now, now)


def test_an_alert_comes_back_as_it_was_saved(store: Store) -> None:
    alert = opened(store)
    with store.read() as connection:
        assert alerts.by_number(connection, alert.number) == alert
        assert alerts.newest(connection, "acme", "low_stock", LAMP) == alert
        assert alerts.newest(connection, "acme", "oversold", LAMP) is None
        assert alerts.newest(connection, "other", "low_stock", LAMP) is None
        assert alerts.by_number(connection, 1) is None


def test_numbers_follow_each_other_and_asking_for_a_seat_uses_none(store: Store) -> None:
    first = opened(store)
    with store.read() as connection:
        seats = [alerts.seat(connection, "acme", "oversold", LAMP, NOW) for _ in range(3)]
    assert {seat.number for seat in seats} == {first.number + 1}
    assert opened(store, "oversold").number == first.number + 1


def test_a_matter_that_comes_back_is_a_new_episode_and_counts_the_recent_ones(store: Store) -> None:
    old = opened(store, now=NOW - 40 * DAY)
    save(store, resolved(old, say("restocked"), None, NOW - 39 * DAY), "resolved")
    second = opened(store, now=NOW - DAY)
    save(store, resolved(second, say("restocked"), None, NOW), "resolved")
    third = opened(store)
    assert (old.episode, second.episode, third.episode) == (1, 2, 3)
    assert (old.recent, second.recent, third.recent) == (1, 1, 2)
    with store.read() as connection:
        assert alerts.newest(connection, "acme", "low_stock", LAMP) == third


def test_a_number_that_another_matter_took_meanwhile_is_tried_again(store: Store) -> None:
    with store.write() as connection:
        seat = alerts.seat(connection, "acme", "low_stock", LAMP, NOW)
    taken_meanwhile = opened(store, "oversold")
    assert taken_meanwhile.number == seat.number
    mine = advance(None, fire(), seat, NOW).alert
    assert mine is not None
    with pytest.raises(StoreDown) as fault, store.write() as connection:
        alerts.save(connection, mine, "opened", "", say("x"), NOW)
    assert fault.value.again
    with store.read() as connection:
        assert alerts.by_number(connection, seat.number) == taken_meanwhile


def test_an_older_version_never_replaces_a_newer_one(store: Store) -> None:
    alert = opened(store)
    save(store, taken(taken(alert, "U1", NOW), "U2", NOW), "taken")
    with pytest.raises(StoreDown):
        save(store, taken(alert, "U3", NOW), "taken")


def test_the_log_tells_what_happened_in_order_but_not_what_did_not(store: Store) -> None:
    alert = opened(store)
    save(store, taken(alert, "U1", NOW + DAY), "taken", NOW + DAY)
    save(store, taken(alert, "U1", NOW + DAY), "none", NOW + DAY)
    with store.read() as connection:
        lines = alerts.logged(connection, alert.number)
    assert [(line.change, line.actor, line.at) for line in lines] == [("opened", "", NOW), ("taken", "U1", NOW + DAY)]
    assert lines[1].reason == say("because")


def test_only_open_alerts_of_the_named_rules_inhibit(store: Store) -> None:
    mild = opened(store, "oversold", severity=Severity.MEDIUM)
    worse = opened(store, "out_of_stock", severity=Severity.CRITICAL)
    with store.read() as connection:
        assert alerts.open_of(connection, "acme", ("oversold", "out_of_stock"), LAMP) == [mild, worse]
        assert alerts.open_of(connection, "acme", ("oversold",), LAMP) == [mild]
        assert alerts.open_of(connection, "acme", (), LAMP) == []
        assert alerts.open_of(connection, "acme", ("oversold",), Subject("campaign", "LAMP")) == []
        assert alerts.open_alerts(connection) == [worse, mild]
    save(store, resolved(mild, say("ok"), None, NOW), "resolved")
    with store.read() as connection:
        assert alerts.open_of(connection, "acme", ("oversold",)) == []


def test_snoozes_end_when_their_time_has_come(store: Store) -> None:
    alert = snoozed(opened(store), NOW + DAY, "U1", NOW)
    save(store, alert, "snoozed")
    with store.write() as connection:
        assert alerts.snoozes_over(connection, NOW) == []
        assert alerts.snoozes_over(connection, NOW + DAY) == [alert]


def test_a_view_may_go_to_several_channels_and_leaves_those_to_which_no_route_leads_any_more(store: Store) -> None:
    here, there, home = (Routed("finance", name, "route 1") for name in ("C1", "C2", "C3"))
    with store.write() as connection:
        placings.note(connection, 7, (here, there), {"C2": "quiet hours"}, NOW)
        found = [(line.channel, line.muted) for line in placings.of_alert(connection, 7)]
        placings.note(connection, 7, (there, home, Unshown("warehouse", "muted by route 1")), {}, NOW)
        after = [(line.department, line.channel, line.muted) for line in placings.of_alert(connection, 7)]
    assert found == [("C1", ""), ("C2", "quiet hours")]
    assert after == [("finance", "C2", ""), ("finance", "C3", ""), ("warehouse", "", "")]


def test_the_story_holds_the_alert_its_facts_its_log_and_its_posts(store: Store) -> None:
    alert = opened(store)
    facts = make_dataclass("Facts", [("sold", int), ("price", object)])(7, EUR)
    message = Message(say("x"), (Paragraph(say("x")),))
    with store.write() as connection:
        ground = decisions.grounds(Tick(shop="acme", at=NOW), facts)
        alerts.save(connection, alert, "escalated", "", say("few"), NOW, grounds=ground)
        alerts.save(connection, alert, "overdue", "", say("late"), NOW)
        places = (Routed("warehouse", "C1", "channel of warehouse"), Unshown("finance", "muted by route 1"))
        placings.note(connection, alert.number, places, {}, NOW)
        placings.note(connection, alert.number, places[:1], {"C1": "quiet hours"}, NOW + DAY)
        placings.note(connection, alert.number, (), {}, NOW)
        posts.want(connection, "C1", posts.alert_key(alert.number), message, urgency=3, now=NOW)
        story = alerts.story(connection, alert.number)
        assert alerts.story(connection, 5) is None
    assert story is not None
    assert (story.alert.number, story.alert.severity, story.alert.cost_minor) == (alert.number, "high", 900)
    told = (("sold", "7"), ("price", "10.00 EUR"))
    assert story.ground == Ground("escalated", NOW, "Tick from clock", told)
    assert [line.change for line in story.log] == ["opened", "escalated", "overdue"]
    assert story.places == (
        PlaceLine("finance", "", "muted by route 1", "", NOW),
        PlaceLine("warehouse", "C1", "channel of warehouse", "quiet hours", NOW + DAY),
    )
    assert [(post.channel, post.state, post.shown_at) for post in story.posts] == [("C1", "wanted", None)]


def test_decisions_keep_the_latest_and_count_how_often_it_was_the_same(store: Store) -> None:
    with store.write() as connection:
        for hours, verdict in enumerate(("quiet", "quiet", "fire", "fire", "fire")):
            at = NOW + timedelta(hours=hours)
            made = decisions.decided("acme", "low_stock", LAMP, verdict, say(verdict), None, at, None)  # type: ignore[arg-type]
            decisions.note(connection, [made])
        (found,) = decisions.of(connection, "acme", LAMP)
        assert decisions.of(connection, "acme", "lamp ") == [found]
        assert decisions.of(connection, "other", LAMP) == []
    assert (found.verdict, found.times, found.since) == ("fire", 3, NOW + timedelta(hours=2))
    assert (found.at, found.reason, found.subject) == (NOW + timedelta(hours=4), say("fire"), LAMP)


# Facts about alerts.


def answer(store: Store, query: Any, **more: Any) -> Any:
    facts = make_dataclass("One", [("answer", object, ask(query))], frozen=True)
    options: dict[str, Any] = {"subject": Subject("text", ""), "now": NOW, **more}
    with store.read() as connection:
        return load(connection, facts, Question(shop=SHOP, **options)).answer


def test_lists_of_alerts_are_worst_first_and_of_this_shop(store: Store) -> None:
    mild = opened(store, "oversold", severity=Severity.LOW)
    worse = opened(store, "low_stock", Subject("sku", "X"), severity=Severity.CRITICAL)
    over = opened(store, "big_order", now=NOW - 9 * DAY)
    save(store, resolved(over, say("ok"), "U1", NOW), "resolved")
    assert [line.number for line in answer(store, asked.AlertsOpen())] == [worse.number, mild.number]
    assert [line.number for line in answer(store, asked.AlertsOpen(about_subject=True), subject=LAMP)] == [mild.number]
    elsewhere = opened(store, "low_stock", Subject("sku", "Y"), shop="other")
    assert [line.number for line in answer(store, asked.AlertsOpen(anywhere=True))] == [worse.number, mild.number]
    every = answer(store, asked.AlertsOpen(anywhere=True), anywhere=True)
    assert {line.number: line.shop for line in every}[elsewhere.number] == "other" and len(every) == 3
    assert len(answer(store, asked.AlertsOpen(), anywhere=True)) == 2
    period = Period(NOW - 10 * DAY, NOW - 8 * DAY, ())
    assert [line.number for line in answer(store, asked.AlertsOpened(), period=period)] == [over.number]
    assert answer(store, asked.AlertsOpened()) == ()


@pytest.mark.parametrize("text", ["A-{}", "a-{}", "{}", " A-{} "])
def test_a_story_is_found_by_what_people_call_the_alert(store: Store, text: str) -> None:
    alert = opened(store)
    assert answer(store, asked.AlertStory(), text=text.format(alert.number)).alert.number == alert.number


@pytest.mark.parametrize("text", ["", "A-", "A-1x", "A-99999999999999999", "LAMP", "٣"])
def test_what_names_no_alert_has_no_story(store: Store, text: str) -> None:
    opened(store)
    assert answer(store, asked.AlertStory(), text=text) is None


# Reach.


def subjects(store: Store, event: Any, about: str, rule: str = "r", now: datetime = NOW) -> list[str]:
    with store.read() as connection:
        return [str(found) for found in reach.subjects(connection, SHOP, event, about, rule, now)]


def campaign(name: str, *skus: str, starts: timedelta = DAY, status: str = "scheduled") -> CampaignChanged:
    return CampaignChanged(
        shop="acme",
        source="klaviyo",
        at=NOW,
        campaign=name,
        name=ShopText(name),
        status=status,  # type: ignore[arg-type]
        starts=NOW + starts,
        skus=skus,
    )


def test_an_event_reaches_its_own_subject_and_what_it_touches(store: Store) -> None:
    tell(store, [campaign("c1", "LAMP", "X"), campaign("c2", "LAMP", status="ended"), campaign("c3", "Y")])
    stock = StockChanged(shop="acme", source="s", at=NOW, sku="LAMP", available=1)
    failed = PaymentFailed(shop="acme", source="s", at=NOW, payment="p", provider="stripe", method="card", amount=EUR)
    assert subjects(store, stock, "sku") == ["sku:LAMP"]
    assert subjects(store, stock, "campaign") == ["campaign:c1"]
    assert subjects(store, campaign("c1", "LAMP", "X", "X"), "sku") == ["sku:LAMP", "sku:X"]
    assert subjects(store, campaign("c1", "LAMP"), "campaign") == ["campaign:c1"]
    assert subjects(store, failed, "sku") == []
    assert subjects(store, failed, "invoice") == []
    assert subjects(store, replace(failed, invoice="in_1"), "invoice") == ["invoice:in_1"]
    assert subjects(store, ItemSold(
        shop="acme", source="s", at=NOW, sku="Z", quantity=1, amount=EUR, order="1", number="#1"
    ), "campaign") == []  # fmt: skip


def test_an_order_reaches_those_of_its_skus_of_which_an_alert_is_open(store: Store) -> None:
    lines = tuple(OrderLine(sku, 1, EUR) for sku in ("LAMP", "RUG"))
    placed = OrderPlaced(
        shop="acme", source="s", at=NOW, order="1", number="#1", total=EUR, outstanding=EUR, lines=lines
    )
    tell(store, [placed])
    back = Refunded(shop="acme", source="s", at=NOW, refund="r", amount=EUR, order="1")
    assert subjects(store, back, "sku") == []
    matter = opened(store, "oversold")
    assert subjects(store, back, "sku") == ["sku:LAMP"]
    assert subjects(store, replace(back, order="2"), "sku") == []
    with store.write() as connection:
        alerts.save(connection, resolved(matter, say("over"), None, NOW), "resolved", "", say("over"), NOW)
    assert subjects(store, back, "sku") == []


def test_time_reaches_what_lies_ahead_what_is_due_and_what_is_to_be_looked_at_again(store: Store) -> None:
    tick = Tick(shop="acme", at=NOW)
    invoice = InvoiceChanged(
        shop="acme", source="s", at=NOW, invoice="i", number="I", outstanding=EUR, status="open", due=NOW - DAY
    )
    dispute = DisputeChanged(
        shop="acme", source="s", at=NOW, dispute="d", amount=EUR, reason=ShopText("x"), status="open"
    )
    tell(store, [campaign("c1", "LAMP"), campaign("far", starts=20 * DAY), invoice, dispute])
    tell(store, [replace(invoice, invoice="later", due=NOW + DAY), replace(dispute, dispute="won", status="won")])
    assert subjects(store, tick, "campaign") == ["campaign:c1"]
    assert subjects(store, tick, "invoice") == ["invoice:i"]
    assert subjects(store, tick, "dispute") == ["dispute:d"]
    assert subjects(store, tick, "clock") == ["clock:acme"]
    assert subjects(store, tick, "sku") == []
    opened(store)
    assert subjects(store, tick, "sku", "low_stock") == []
    assert subjects(store, tick, "sku", "low_stock", NOW + timedelta(minutes=10)) == ["sku:LAMP"]
    assert subjects(store, tick, "sku", "oversold", NOW + DAY) == []


def test_a_look_that_changed_nothing_puts_the_next_one_off(store: Store) -> None:
    alert = opened(store)
    tick = Tick(shop="acme", at=NOW)
    with store.write() as connection:
        alerts.looked_at(connection, alert.number, NOW + DAY)
    assert subjects(store, tick, "sku", "low_stock", NOW + timedelta(hours=1)) == []
    assert subjects(store, tick, "sku", "low_stock", NOW + DAY) == ["sku:LAMP"]
