"""How often the store is asked on the way of an event: what a slower machine feels most, and what no clock need measure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.sells("HOODIE", 10)
    bench.sells("TEA", 1)
    bench.stock("TEA", 900)
    bench.stock("HOODIE", 900)
    yield bench
    bench.close()


@contextmanager
def heard(bench: Bench) -> Iterator[list[str]]:
    """The statements that are sent meanwhile, but for those that begin a transaction."""
    statements: list[str] = []

    def hear(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            statements.append(statement)

    with bench.store.read() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", hear)
    yield statements
    event.remove(engine, "before_cursor_execute", hear)


def deliver(bench: Bench, kind: str, blanks: int = 0, **fields: Any) -> None:
    """Has a delivery wait. ``blanks`` at its end make it another one that says the same."""
    body = {"type": kind, "at": bench.watch.now().isoformat(), **fields}
    bench.deliver("generic", kind, json.dumps(body).encode() + b" " * blanks)


def level(bench: Bench, available: int, sku: str = "HOODIE") -> None:
    bench.watch.forward(minutes=1)
    deliver(bench, "stock.changed", sku=sku, available=available, location="Berlin")


def order(bench: Bench, number: str, *skus: str) -> None:
    money = {"amount": "100.00", "currency": "EUR"}
    lines = [{"sku": sku, "quantity": 1, "amount": money} for sku in skus]
    deliver(bench, "order.placed", order=number, number=f"#{number}", total=money, outstanding=money, lines=lines)


def payment(bench: Bench, number: int, blanks: int = 0) -> None:
    money = {"amount": "9.00", "currency": "EUR"}
    deliver(bench, "payment.succeeded", blanks, payment=f"p{number}", provider="stripe", method="card", amount=money)


def alarm(bench: Bench) -> None:
    bench.stock("HOODIE", 60)
    bench.deliver_posts()


CASES: dict[str, tuple[int, Callable[[Bench], object], Callable[[Bench], object]]] = {
    "to which nobody listens": (3, lambda bench: None, lambda bench: deliver(bench, "weather.changed")),
    "that was told before": (4, lambda bench: payment(bench, 1), lambda bench: payment(bench, 1, blanks=1)),
    "that moves a total": (5, lambda bench: None, lambda bench: payment(bench, 2)),
    "of a level that worries nobody": (20, lambda bench: None, lambda bench: level(bench, 800)),
    "of an order with two lines": (38, lambda bench: None, lambda bench: order(bench, "o1", "HOODIE", "TEA")),
    "that opens an alert": (36, lambda bench: None, lambda bench: level(bench, 60)),
    "that edits an alert": (31, alarm, lambda bench: level(bench, 50)),
    "that ends an alert": (31, alarm, lambda bench: level(bench, 900)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_delivery_asks_the_store_no_more_often_than_it_must(bench: Bench, name: str) -> None:
    most, before, now = CASES[name]
    before(bench)
    bench.pipeline.work()
    now(bench)
    with heard(bench) as statements:
        assert bench.pipeline.work() == 1
    assert len(statements) <= most, "\n".join(statements)


def test_what_stands_for_a_whole_batch_is_read_and_written_once_for_all_of_it(bench: Bench) -> None:
    for available in range(890, 880, -1):
        level(bench, available)
    with heard(bench) as statements:
        assert bench.pipeline.work() == 10
    for once in ("FROM rule_exception", "FROM note", "INSERT INTO decision", "UPDATE inbox"):
        assert sum(once in statement for statement in statements) == 1, once
