"""What was asked to be forgotten stays forgotten when a backup from before is put back."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.events import OrderPlaced
from bot.core.money import Money
from bot.core.privacy import STAYS_FORGOTTEN, PrivacyAsked
from bot.store import events, notes, wishes
from bot.store.engine import Store, StoreDown
from bot.store.privacy import Wished
from bot.store.restore import TAKEN_AT, mark, taken_at
from bot.store.tables.shop import orders
from tests.core.samples import NOW

DAY = timedelta(days=1)


def wished(folder: Path, **changes: Any) -> Wished:
    base: dict[str, Any] = {"shop": "demo", "source": "shopify", "at": NOW}
    fields = {"wish": "forget_customer", "orders": ("4711",), "people": ("pii@example.com",)}
    asked = PrivacyAsked(**(base | fields | changes))
    return Wished(asked, "privacy-7", NOW, folder)


def test_a_wish_is_kept_with_its_orders_and_nothing_else_that_names_anybody(tmp_path: Path) -> None:
    folder = tmp_path / "privacy"
    wishes.keep(wished(folder))
    wishes.keep(wished(folder, wish="forget_shop", orders=()))
    file = folder / wishes.FILE
    assert "pii" not in file.read_text()
    assert len(file.read_text().splitlines()) == 2
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)


def test_a_wish_to_be_told_is_not_kept(tmp_path: Path) -> None:
    wishes.keep(wished(tmp_path, wish="report"))
    assert list(tmp_path.iterdir()) == []


def test_wishes_are_forgotten_when_their_time_is_over(tmp_path: Path) -> None:
    wishes.keep(wished(tmp_path))
    wishes.keep(replace(wished(tmp_path), now=NOW + DAY))
    assert wishes.tidy(tmp_path, NOW + STAYS_FORGOTTEN - DAY) == 0
    assert wishes.tidy(tmp_path, NOW + STAYS_FORGOTTEN) == 1
    assert wishes.tidy(tmp_path, NOW + STAYS_FORGOTTEN + DAY) == 1
    assert (tmp_path / wishes.FILE).read_text() == ""
    assert wishes.tidy(tmp_path / "nowhere", NOW) == 0


def test_a_file_that_cannot_be_kept_or_read_puts_the_wish_off(tmp_path: Path) -> None:
    in_the_way = tmp_path / f"{wishes.FILE}.part"
    in_the_way.mkdir()
    with pytest.raises(StoreDown, match="cannot be kept"):
        wishes.keep(wished(tmp_path))
    (tmp_path / wishes.FILE).mkdir()
    with pytest.raises(StoreDown, match="cannot be read"):
        wishes.tidy(tmp_path, NOW)


def placed(order: str) -> OrderPlaced:
    total = Money(1000, "EUR")
    names: dict[str, Any] = {"shop": "demo", "source": "shopify", "at": NOW, "order": order, "number": f"#{order}"}
    return OrderPlaced(**names, total=total, outstanding=total)


def test_what_was_wished_after_the_backup_is_carried_out_again_and_nothing_older(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        for order in ("4711", "4712"):
            events.record(connection, placed(order), NOW.date())
    wishes.keep(replace(wished(tmp_path, orders=("4712",)), now=NOW - 2 * DAY))
    wishes.keep(wished(tmp_path))
    with store.write() as connection:
        notes.put(connection, TAKEN_AT, (NOW - DAY).isoformat())
        mark(connection, NOW)
        assert wishes.repeat(connection, tmp_path, taken_at(connection), NOW) == 1
    with store.read() as connection:
        left = {row.order for row in connection.execute(orders.select())}
    assert left == {"privacy-7-0", "4712"}
