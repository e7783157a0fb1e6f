"""Forgetting a customer's orders or a whole shop, on both databases: nothing names them afterwards, and sums still hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.agreement import Entered, Pending
from bot.core.audit import Deed
from bot.core.delivery import Delivery
from bot.core.events import (
    DisputeChanged,
    Event,
    ItemSold,
    OrderChanged,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    Refunded,
)
from bot.core.forms import Submission
from bot.core.message import Message, Paragraph
from bot.core.money import Money
from bot.core.parts import ShopText, say
from bot.core.privacy import REMOVED, Carried, PrivacyAsked
from bot.store import agreement, alerts, audit, events, inbox, posts, privacy
from bot.store.engine import Connection, Store, StoreDown
from bot.store.inbox import Arrival
from bot.store.rebuild import rebuild
from bot.store.tables import METADATA
from bot.store.tables.log import inbox as inbox_table
from bot.store.tables.shop import orders
from bot.store.tables.work import alert as alert_table
from bot.store.tables.work import post as post_table
from tests.core.samples import opened

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
EUR = Money(4321, "EUR")
ORDER, NUMBER, EMAIL = "7310000000000000001", "#2044", "rowan@pii.example"
"""The customer's; and another's, whose number begins alike."""
OTHER, OTHER_NUMBER = "7310000000000000002", "#20445"


def _told(order: str, number: str, shop: str = "demo") -> Sequence[Event]:
    place: dict[str, Any] = {"shop": shop, "source": "shopify", "at": NOW}
    line = OrderLine("TEA", 2, EUR, ShopText("Tea"))
    return (
        OrderPlaced(**place, order=order, number=number, total=EUR, outstanding=EUR, lines=(line,)),
        OrderChanged(**place, order=order, number=number, total=EUR, outstanding=EUR),
        ItemSold(**place, sku="TEA", quantity=2, amount=EUR, order=order, number=number),
        PaymentFailed(**place, payment=f"p{order[-1]}", provider="stripe", method="card", amount=EUR, order=number),
        Refunded(**place, refund=f"r{order[-1]}", amount=EUR, order=order),
        DisputeChanged(
            **place, dispute=f"d{order[-1]}", amount=EUR, reason=ShopText("fraud"), status="open", order=order
        ),
    )


def _asked(wish: Any = "forget_customer", shop: str = "demo") -> PrivacyAsked:
    return PrivacyAsked(shop=shop, source="shopify", at=NOW, wish=wish, orders=(ORDER, "123"), people=(EMAIL, "990017"))


def _keep(connection: Connection, shop: str, key: str, body: bytes) -> int:
    inbox.admit(connection, [Arrival("shopify", shop, key, Delivery("shopify", {}, body, NOW))])
    [waiting] = inbox.waiting(connection, shop, 10)
    inbox.finish(connection, waiting.id, "done")
    return waiting.id


def _message(number: str) -> Message:
    line = say("Order ", ShopText(number), f" took all ({number}), 1001 units")
    return Message(line, (Paragraph(line),))


def _pending(shop: str, order: str) -> Pending:
    """Somebody wants to have an order kept quiet."""
    sent = Submission("silence", "U1", NOW, shop, order, {"subject": order})
    return Pending(0, "silence", "U1", "form", NOW, NOW, shop, None, order, "#ops", "", Entered(sent))


@pytest.fixture
def full(store: Store) -> Store:
    """Two customers of a shop and one of another, who share a number, with alerts and posts about them."""
    with store.write() as connection:
        for order, number, shop in ((ORDER, NUMBER, "demo"), (OTHER, OTHER_NUMBER, "demo"), ("9", NUMBER, "dock")):
            for event in _told(order, number, shop):
                events.record(connection, event, NOW.date())
            _keep(
                connection,
                shop,
                f"{shop}-{order[-1]}",
                json.dumps({"id": int(order), "email": f"{order}@x.example"}).encode(),
            )
        _keep(connection, "demo", "mail", b'{"buyer": "%s"}' % EMAIL.encode())
        alert = opened()
        alerts.save(connection, alert, "opened", "", say("order ", ShopText(NUMBER)), NOW)
        for shop, subject in (("demo", ORDER), ("demo", OTHER), ("dock", ORDER)):
            why = say("not for ", ShopText(subject))
            audit.note(connection, Deed(NOW, "U1", "button", "take", shop, 1042, subject, "refused", why))
            agreement.put(connection, _pending(shop, subject))
        for key, number in (
            (posts.alert_key(alert.number), NUMBER),
            ("digest/w/s/demo/x", NUMBER),
            ("digest/w/s/dock/x", NUMBER),
        ):
            posts.want(connection, "#ops", key, _message(number), urgency=1, now=NOW)
        posts.want(
            connection, "#ops", posts.alert_key(alert.number, "other"), _message(OTHER_NUMBER), urgency=1, now=NOW
        )
    return store


def _carry(store: Store, asked: PrivacyAsked, reports: Path = Path("unused"), name: str = "privacy-1") -> Carried:
    with store.write() as connection:
        return privacy.carry_out(connection, privacy.Wished(asked, name, NOW, reports))


def _everything(store: Store, shop: str = "") -> str:
    """All rows of all tables as text: of one shop, where a table has shops."""
    with store.read() as connection:
        tables = [table for table in METADATA.tables.values() if not shop or "shop" in table.c]
        lines = [
            f"{table.name} {row!s}"
            for table in tables
            for row in connection.execute(select(table).where(*([table.c.shop == shop] if shop else [])))
        ]
    return "\n".join(sorted(lines))


def test_no_row_of_the_shop_names_a_forgotten_order_and_others_are_as_they_were(full: Store) -> None:
    others = _everything(full, "dock")
    carried = _carry(full, _asked())
    left = _everything(full, "demo").replace(OTHER_NUMBER, "").replace(OTHER, "")
    assert ORDER not in left and NUMBER not in left and EMAIL not in left
    assert OTHER in _everything(full, "demo") and OTHER_NUMBER in _everything(full, "demo")
    assert _everything(full, "dock") == others
    assert (carried.orders, carried.bodies, carried.messages, carried.left) == (1, 2, 2, ())
    assert carried.records >= 10


def test_messages_that_name_the_order_are_wanted_without_it_and_others_stay(full: Store) -> None:
    _carry(full, _asked())
    with full.read() as connection:
        texts = {row.key: row.message for row in connection.execute(select(post_table))}
        assert NUMBER not in texts["alert/1042"] and "privacy-1-0 took all (privacy-1-0), 1001 units" in "".join(
            part["text"] for part in json.loads(texts["alert/1042"])["summary"]
        )
        assert OTHER_NUMBER in texts["alert/1042/other"]
        assert NUMBER not in texts["digest/w/s/demo/x"] and NUMBER in texts["digest/w/s/dock/x"]


def test_the_read_models_still_follow_from_the_events(full: Store) -> None:
    _carry(full, _asked())
    before = sorted(_everything(full, "demo").splitlines())
    rebuild(full)
    assert sorted(_everything(full, "demo").splitlines()) == before
    with full.read() as connection:
        [forgotten] = connection.execute(select(orders).where(orders.c.order == "privacy-1-0")).mappings()
    assert (forgotten["number"], forgotten["total_minor"]) == ("privacy-1-0", EUR.minor)


def test_forgetting_twice_changes_nothing_more(full: Store) -> None:
    _carry(full, _asked())
    before = _everything(full)
    assert _carry(full, _asked(), name="privacy-2") == Carried()
    assert _everything(full) == before


def test_what_was_forgotten_is_known_for_45_days(full: Store) -> None:
    _carry(full, _asked())
    with full.write() as connection:
        marks = privacy.forgotten(connection, "demo", NOW + timedelta(days=44))
        assert len(marks) == 5 and ORDER not in str(marks)
        assert not privacy.forgotten(connection, "dock", NOW)
        assert not privacy.forgotten(connection, "demo", NOW + timedelta(days=45))
        assert privacy.unmark(connection, NOW + timedelta(days=44)) == 0
        assert privacy.unmark(connection, NOW + timedelta(days=45)) == 5


def test_a_forgotten_shop_leaves_nothing_but_the_number_of_its_newest_alert(full: Store) -> None:
    others = _everything(full, "dock")
    carried = _carry(full, _asked("forget_shop"))
    left = [line for line in _everything(full, "demo").splitlines() if not line.startswith("inbox")]
    assert len(left) == 1 and left[0].startswith("alert (1042,") and "Hoodie" not in left[0] and "HOODIE" not in left[0]
    assert _everything(full, "dock") == others
    with full.write() as connection:
        kept = {row.key: (row.state, row.message) for row in connection.execute(select(post_table))}
        assert kept["alert/1042"][0] == "dropped" and NUMBER not in str(kept["alert/1042"])
        assert NUMBER in str(kept["digest/w/s/dock/x"])
        assert alerts.seat(connection, "demo", "low_stock", opened().subject, NOW).number == 1043
        assert [row.body for row in connection.execute(select(inbox_table).where(inbox_table.c.shop == "demo"))] == [
            None
        ] * 3
    assert (carried.orders, carried.bodies, carried.messages) == (2, 3, 3)


def test_a_message_that_is_shown_is_edited_and_one_whose_text_is_gone_is_left_to_a_person(full: Store) -> None:
    table = post_table
    with full.write() as connection:
        connection.execute(table.update().where(table.c.key == "alert/1042").values(state="shown", ts="1.1", shown=1))
        connection.execute(
            table.update()
            .where(table.c.key == "alert/1042/other")
            .values(state="shown", ts="2.2", shown=1, message=None)
        )
    carried = _carry(full, _asked("forget_shop"))
    assert carried.left == (("#ops", "2.2"),)
    with full.read() as connection:
        post = posts.find(connection, "#ops", "alert/1042")
        assert post is not None and (post.state, post.ts, post.wanted) == ("wanted", "1.1", 2)
        [text] = connection.execute(select(table.c.message).where(table.c.key == "alert/1042")).scalars()
        assert "Removed at the shop's request" in text and REMOVED.summary


def test_forgetting_a_customer_sees_to_messages_that_are_not_shown_and_names_those_that_it_cannot_read(
    full: Store,
) -> None:
    table = post_table
    with full.write() as connection:
        alert = replace(opened(), resolution=say("order ", ShopText(NUMBER)))
        alerts.save(connection, alert, "none", "", say(), NOW)
        connection.execute(table.update().where(table.c.key == "alert/1042").values(state="dropped"))
        gone = table.update().where(table.c.key == "alert/1042/other")
        connection.execute(gone.values(state="shown", ts="2.2", shown=1, message=None))
    assert _carry(full, _asked()).left == (("#ops", "2.2"),)
    with full.read() as connection:
        [(state, message)] = connection.execute(
            select(table.c.state, table.c.message).where(table.c.key == "alert/1042")
        ).all()
        assert state == "dropped" and NUMBER not in message
        [body] = connection.execute(select(alert_table.c.body)).scalars()
        assert NUMBER not in body


def test_the_newest_alert_of_another_shop_is_left_as_it_is(full: Store) -> None:
    with full.write() as connection:
        other = replace(opened(), number=1043, shop="dock")
        alerts.save(connection, other, "opened", "", say("it sells"), NOW)
    _carry(full, _asked("forget_shop"))
    with full.read() as connection:
        assert alerts.by_number(connection, 1042) is None
        assert alerts.by_number(connection, 1043) == other


def test_a_report_is_one_file_with_all_that_is_kept_of_the_orders(full: Store, tmp_path: Path) -> None:
    before = _everything(full)
    carried = _carry(full, _asked("report"), tmp_path / "reports")
    file = tmp_path / "reports" / "privacy-1.json"
    told = json.loads(file.read_text("utf-8"))
    assert carried == Carried(orders=1, bodies=2, records=6, file=str(file))
    assert [row["number"] for row in told["orders"]] == [NUMBER]
    assert {row["kind"] for row in told["events"]} == {type(event).__name__ for event in _told(ORDER, NUMBER)}
    assert len(told["raw_deliveries"]) == 2 and OTHER not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0 and file.parent.stat().st_mode & 0o077 == 0
    assert _everything(full) == before


def test_a_report_that_cannot_be_written_is_tried_again(full: Store, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be")
    with pytest.raises(StoreDown, match="cannot be written"):
        _carry(full, _asked("report"), tmp_path / "reports")


def test_a_wish_about_nobody_finds_nothing(full: Store, tmp_path: Path) -> None:
    nobody = PrivacyAsked(shop="demo", source="shopify", at=NOW, wish="forget_customer")
    before = _everything(full)
    assert _carry(full, nobody) == Carried()
    assert _everything(full) == before
    assert _carry(full, PrivacyAsked(shop="none", source="shopify", at=NOW, wish="forget_shop")) == Carried()
