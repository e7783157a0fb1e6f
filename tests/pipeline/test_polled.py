"""What polls heard on its way through the pipeline: a first look alerts nobody, a body does not stay, a SKU comes late."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.delivery import COUNTED, Delivery
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    InvoiceChanged,
    ItemDescribed,
    OrderLine,
    OrderPlaced,
    PayoutChanged,
    SourceChanged,
    StockChanged,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from bot.pipeline import Feed
from bot.store import inbox, polls
from bot.store.codec import dump, load
from bot.store.tables.asking import heard_hour
from bot.store.tables.log import event as log
from bot.store.tables.log import heard as heard_table
from bot.store.tables.log import inbox as deliveries
from bot.store.tables.shop import stock_level
from tests.bench import Bench
from tests.core.samples import NOW

KINDS = {
    kind.__name__: kind
    for kind in (
        ItemDescribed,
        StockChanged,
        OrderPlaced,
        PayoutChanged,
        DisputeChanged,
        InvoiceChanged,
        CampaignChanged,
    )
}
EUR = Money(900, "EUR")


def parse(delivery: Delivery, front: Shopfront) -> tuple[Any, ...]:
    """A platform whose bodies are our own events."""
    return tuple(load(KINDS[name], json.dumps(body)) for name, body in json.loads(delivery.body))


def body(*events: Any) -> bytes:
    return json.dumps([[type(event).__name__, json.loads(dump(event))] for event in events]).encode()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    from dataclasses import replace

    bench = Bench(tmp_path)
    generic = bench.feeds["generic"]
    asked = Feed(replace(generic.source, parse=parse), Shopfront("asked", "demo"))
    bench.pipeline = replace(bench.pipeline, feeds={**bench.feeds, "asked": asked})
    yield bench
    bench.close()


def hear(bench: Bench, *events: Any, first: bool = False, counted: datetime | None = None) -> None:
    """One complete run of a stream that hears the events, and then that all that was told before ``counted`` and not
    since is gone."""
    now = bench.watch.now()
    with bench.store.write() as connection:
        polls.enrol(connection, "demo", "asked", {"things": timedelta(minutes=5)}, now)
        polls.hasten(connection, "demo", "asked", "things", now)
        turn = polls.claim(connection, "demo", "asked", ["things"], now, timedelta(minutes=5))
        assert turn is not None
        assert polls.heard(connection, turn, "things", [body(*events)], "c", now)
        if counted is not None:
            assert polls.heard(connection, turn, COUNTED, [counted.isoformat().encode()], "c", now)
        if not first:
            assert polls.done(connection, turn, now, now)
    while bench.pipeline.work():
        pass


def begun(bench: Bench) -> None:
    """The first look is over."""
    hear(bench)


def payout(name: str = "p1") -> PayoutChanged:
    return PayoutChanged(shop="demo", source="asked", at=NOW, payout=name, amount=EUR, status="failed")


def level(available: int, **more: Any) -> StockChanged:
    given = {"sku": "HOODIE", "at": NOW, **more}
    return StockChanged(shop="demo", source="asked", available=available, **given)


def test_a_first_look_is_remembered_and_alerts_nobody(bench: Bench) -> None:
    hear(bench, payout(), level(7))
    assert bench.shown("#finance") == []
    with bench.store.read() as connection:
        assert len(connection.execute(select(log)).all()) == 2
    bench.watch.forward(minutes=5)
    hear(bench, payout("p2"))
    assert len(bench.shown("#finance")) == 1


def dispute(name: str, due_in_days: int) -> DisputeChanged:
    due = NOW + timedelta(days=due_in_days)
    return DisputeChanged(
        shop="demo", source="asked", at=NOW, dispute=name, amount=EUR, reason=ShopText("fraud"), status="open", due=due
    )


def invoice(name: str, due_in_days: int, outstanding: Money = EUR, at: datetime = NOW) -> InvoiceChanged:
    due = NOW + timedelta(days=due_in_days)
    return InvoiceChanged(
        shop="demo", source="asked", at=at, invoice=name, number=name, outstanding=outstanding, status="open", due=due
    )


def test_what_was_open_at_the_first_look_is_told_in_one_line_and_alerts_nobody_by_time_either(bench: Bench) -> None:
    ran = CampaignChanged(
        shop="demo", source="asked", at=NOW, campaign="c", name=ShopText("Sale"), status="running",
        starts=NOW - timedelta(hours=2),
    )  # fmt: skip
    hear(bench, dispute("far", 20), invoice("old", -40), invoice("coming", 2), ran)
    assert bench.shown("#finance") == ["2 open matters were there when «asked» was first asked."]
    for _ in range(3):
        bench.watch.forward(minutes=10)
        bench.pipeline.tick()
    assert len(bench.shown("#finance")) == 1 and bench.shown("#marketing") == []
    bench.watch.forward(days=1)
    hear(bench, invoice("old", -40, Money(400, "EUR"), bench.watch.now()))
    bench.pipeline.tick()
    assert len(bench.shown("#finance")) == 1
    bench.watch.forward(days=3)
    bench.pipeline.tick()
    assert [line for line in bench.shown("#finance") if "coming" in line] and len(bench.shown("#finance")) == 2
    bench.watch.forward(days=14)
    bench.pipeline.tick()
    assert [line for line in bench.shown("#finance") if "Dispute" in line] and len(bench.shown("#finance")) == 3


def test_a_dispute_whose_deadline_is_near_is_told_though_it_is_old(bench: Bench) -> None:
    hear(bench, dispute("near", 2))
    bench.pipeline.tick()
    assert len([line for line in bench.shown("#finance") if "Dispute" in line]) == 1


def test_what_a_webhook_told_before_the_first_look_is_news(bench: Bench) -> None:
    late = {"amount": "9.00", "currency": "EUR"}
    due = (bench.watch.now() - timedelta(days=3)).isoformat()
    bench.event("invoice.changed", invoice="told", number="told", outstanding=late, status="open", due=due)
    assert len(bench.shown("#finance")) == 1
    bench.watch.forward(minutes=5)
    hear(bench, invoice("told", -3, Money(800, "EUR"), bench.watch.now()))
    bench.watch.forward(days=29)
    bench.pipeline.tick()
    assert "8 EUR" in bench.shown("#finance")[0]


def test_a_first_look_that_finds_nothing_open_says_nothing_and_is_told_once(bench: Bench) -> None:
    hear(bench, level(7))
    for _ in range(2):
        hear(bench, dispute("later", 20))
        bench.watch.forward(minutes=6)
    assert len(bench.shown("#finance")) == 1 and "Dispute" in bench.shown("#finance")[0]


def test_a_first_look_that_was_cut_short_goes_on_being_one(bench: Bench) -> None:
    hear(bench, payout("p1"), first=True)
    bench.watch.forward(minutes=6)
    hear(bench, payout("p2"))
    assert bench.shown("#finance") == []
    hear(bench, payout("p3"))
    assert len(bench.shown("#finance")) == 1


def test_what_follows_from_a_first_look_is_remembered_as_well(bench: Bench) -> None:
    line = OrderLine("HOODIE", 3, EUR)
    hear(
        bench,
        OrderPlaced(
            shop="demo", source="asked", at=NOW, order="1", number="#1", total=EUR, outstanding=EUR, lines=(line,)
        ),
    )
    with bench.store.read() as connection:
        assert sorted(connection.execute(select(log.c.kind)).scalars()) == ["ItemSold", "OrderPlaced"]


def test_what_was_heard_does_not_stay_once_it_is_understood(bench: Bench) -> None:
    begun(bench)
    hear(bench, payout())
    with bench.store.read() as connection:
        assert {tuple(row) for row in connection.execute(select(deliveries.c.outcome, deliveries.c.body))} == {
            ("done", None)
        }


def test_what_was_heard_and_not_understood_stays_and_is_told(bench: Bench) -> None:
    begun(bench)
    with bench.store.write() as connection:
        polls.hasten(connection, "demo", "asked", "things", NOW)
        turn = polls.claim(connection, "demo", "asked", ["things"], NOW, timedelta(minutes=5))
        assert turn is not None
        polls.heard(connection, turn, "things", [b"{"], "c", NOW)
    for _ in range(4):
        bench.pipeline.work()
    with bench.store.read() as connection:
        query = select(deliveries.c.body).where(deliveries.c.outcome == "quarantined")
        assert connection.execute(query).scalar() == b"{"


def test_a_level_five_four_and_five_again_is_three_tellings(bench: Bench) -> None:
    begun(bench)
    for available in (5, 4, 5, 5):
        bench.watch.forward(minutes=5)
        hear(bench, StockChanged(shop="demo", source="asked", at=bench.watch.now(), sku="HOODIE", available=available))
    with bench.store.read() as connection:
        assert len(connection.execute(select(log.c.id).where(log.c.kind == "StockChanged")).all()) == 3


def levels(bench: Bench) -> dict[tuple[str, str], bool]:
    """Which levels of the source there are, and which of them are gone."""
    with bench.store.read() as connection:
        query = select(stock_level).where(stock_level.c.source == "asked")
        return {(row["sku"], row["location"]): row["gone"] for row in connection.execute(query).mappings()}


def test_what_a_count_of_the_whole_stock_passed_by_is_gone_and_its_alert_ends(bench: Bench) -> None:
    begun(bench)
    bench.sells("HOODIE", 10)
    bench.stock("CAP", 5)
    hear(bench, level(20), level(3, sku="MUG"), level(9, sku="", item="77"))
    assert "runs out" in bench.shown("#warehouse")[0]
    bench.deliver_posts()
    bench.watch.forward(days=1)
    day = bench.watch.now()
    hear(bench, level(3, sku="MUG", at=day), counted=day)
    assert levels(bench) == {("HOODIE", "main"): True, ("MUG", "main"): False, ("item-77", "main"): True}
    assert bench.shown("#warehouse")[0].startswith("RESOLVED")
    bench.watch.forward(hours=1)
    hear(bench, counted=day)
    hear(bench, level(20, at=bench.watch.now()))
    assert levels(bench)["HOODIE", "main"] is False
    assert "HOODIE runs out" in bench.shown("#warehouse")[0]


def test_many_levels_are_found_gone_a_few_at_a_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "MOST_GONE", 3)
    begun(bench)
    hear(bench, *(level(20, sku=f"MUG-{number}") for number in range(8)))
    bench.watch.forward(days=1)
    hear(bench, level(20, sku="MUG-4", at=bench.watch.now()), counted=bench.watch.now())
    assert {sku for (sku, _), gone in levels(bench).items() if not gone} == {"MUG-4"}


def test_what_was_not_understood_may_have_told_of_a_level_so_none_is_gone(bench: Bench) -> None:
    begun(bench)
    hear(bench, level(20))
    bench.watch.forward(hours=1)
    day = bench.watch.now()
    with bench.store.write() as connection:
        polls.hasten(connection, "demo", "asked", "things", day)
        turn = polls.claim(connection, "demo", "asked", ["things"], day, timedelta(minutes=5))
        assert turn is not None
        polls.heard(connection, turn, "things", [b"{"], "c", day)
        polls.heard(connection, turn, COUNTED, [day.isoformat().encode()], "c", day)
        polls.done(connection, turn, day, day)
    for _ in range(4):
        bench.pipeline.work()
    assert levels(bench) == {("HOODIE", "main"): False}
    bench.watch.forward(days=1)
    hear(bench, counted=day + timedelta(hours=1))
    assert levels(bench) == {("HOODIE", "main"): True}


def test_a_poll_is_no_sign_of_a_webhook(bench: Bench) -> None:
    hear(bench, payout())
    with bench.store.read() as connection:
        assert connection.execute(select(heard_table)).all() == []
        assert inbox.heard(connection) == {}


def test_a_level_whose_sku_comes_later_is_decided_on_under_it(bench: Bench) -> None:
    begun(bench)
    bench.sells("HOODIE", 10)
    hear(bench, level(0, sku="", item="77"))
    assert [line for line in bench.shown("#warehouse") if "HOODIE" in line] == []
    bench.watch.forward(minutes=5)
    hear(bench, ItemDescribed(shop="demo", source="asked", at=bench.watch.now(), item="77", sku="HOODIE"))
    assert len([line for line in bench.shown("#warehouse") if "HOODIE" in line]) == 1


def test_what_an_item_brought_up_under_its_id_ends_when_its_sku_is_known(bench: Bench) -> None:
    begun(bench)
    hear(bench, level(-4, sku="", item="77"))
    bench.deliver_posts()
    assert any("item-77" in line for line in bench.shown("#warehouse"))
    bench.watch.forward(minutes=5)
    hear(bench, ItemDescribed(shop="demo", source="asked", at=bench.watch.now(), item="77", sku="HOODIE"))
    shown = bench.shown("#warehouse")
    assert [line.startswith("RESOLVED: ") for line in shown if "item-77" in line] == [True]
    assert any("HOODIE" in line and not line.startswith("RESOLVED") for line in shown)


def test_what_the_bot_found_out_about_a_source_is_an_event_of_that_source(bench: Bench) -> None:
    told = SourceChanged(
        shop="demo", source="asked", at=NOW, aspect="poll things", sound=False, note=ShopText("403: no")
    )
    with bench.store.write() as connection:
        polls.report(connection, told)
        polls.report(connection, told)
    while bench.pipeline.work():
        pass
    with bench.store.read() as connection:
        (row,) = connection.execute(select(log)).mappings().all()
    assert load(SourceChanged, row["body"]) == told


def source_changed(bench: Bench, aspect: str, sound: bool, note: str = "", later: timedelta = timedelta(0)) -> None:
    said = ShopText(note) if note else None
    at = bench.watch.now() + later
    with bench.store.write() as connection:
        polls.report(
            connection, SourceChanged(shop="demo", source="asked", at=at, aspect=aspect, sound=sound, note=said)
        )


def worked(bench: Bench) -> None:
    while bench.pipeline.work():
        pass


def test_trouble_with_a_source_is_one_alert_for_operations_that_is_kept_true(bench: Bench) -> None:
    source_changed(bench, "poll orders", False, "403: read_orders is missing")
    worked(bench)
    source_changed(bench, "webhook orders/create", False, "it was disabled")
    worked(bench)
    bench.deliver_posts()
    assert len(bench.shown("#operations")) == 1
    assert bench.shown("#operations")[0].startswith("CRITICAL: «asked»: 1 webhook switched off, and it does not answer")
    bench.watch.forward(minutes=5)
    source_changed(bench, "poll orders", True)
    source_changed(bench, "webhook orders/create", True)
    worked(bench)
    assert bench.shown("#operations")[0].startswith("RESOLVED: ")


def test_what_the_bot_mended_by_itself_is_told_once(bench: Bench) -> None:
    source_changed(bench, "webhook orders/create", False, "it was disabled")
    mended = "it was disabled, and it was switched on again by the bot"
    source_changed(bench, "webhook orders/create", True, mended, timedelta(milliseconds=1))
    worked(bench)
    assert bench.shown("#operations") == [f"«asked», «webhook orders/create»: «{mended}»."]


def test_a_source_that_falls_silent_is_told_within_the_hour_and_resolved_when_it_is_back(bench: Bench) -> None:
    now = inbox.hour_of(bench.watch.now())
    rows = [{"shop": "demo", "source": "shopify", "hour": now - ago, "deliveries": 20} for ago in range(1, 24 * 28)]
    with bench.store.write() as connection:
        connection.execute(heard_hour.insert(), rows)
        connection.execute(heard_table.insert(), {"shop": "demo", "source": "shopify", "last": bench.watch.now()})
    bench.pipeline.tick()
    assert bench.shown("#operations") == []
    bench.watch.forward(hours=1, minutes=10)
    bench.pipeline.tick()
    assert [line.startswith("HIGH: «shopify» is silent for") for line in bench.shown("#operations")] == [True]
    bench.deliver_posts()
    with bench.store.write() as connection:
        connection.execute(
            heard_hour.insert(),
            {"shop": "demo", "source": "shopify", "hour": inbox.hour_of(bench.watch.now()), "deliveries": 25},
        )
    bench.watch.forward(minutes=20)
    bench.pipeline.tick()
    assert bench.shown("#operations")[0].startswith("RESOLVED: ")
