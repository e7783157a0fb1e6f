"""A platform's privacy wishes through the real intake and pipeline: carried out once, told without names, not undone later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.pipeline import Pipeline
from bot.store.tables import METADATA
from bot.store.tables.log import inbox
from bot.store.tables.work import decision
from tests.bench import Bench
from tests.reliability.corpus.rig import DOMAIN, Rig, post, rig

ORDER, NUMBER, EMAIL, CUSTOMER = 7310000000000000001, "#2044", "rowan@pii.example", 7310000000000000900
FIXTURES = Path(__file__).parents[1] / "fixtures/shopify"
ASKED: Mapping[str, dict[str, Any]] = {
    "customers/data_request": {"orders_requested": [ORDER], "customer": {"id": CUSTOMER, "email": EMAIL}, "data_request": {"id": 9}},
    "customers/redact": {"orders_to_redact": [ORDER], "customer": {"id": CUSTOMER, "email": EMAIL}},
    "shop/redact": {},
}  # fmt: skip


def order(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FIXTURES / "orders__create.json").read_bytes())
    return body | {"created_at": "2026-11-23T09:00:00Z", "updated_at": "2026-11-23T09:00:00Z"} | changes


def _reporting(bench: Bench, folder: Path) -> None:
    """The bench's pipeline, with a folder of its own for reports."""
    its = {name: getattr(bench.pipeline, name) for name in Pipeline.__dataclass_fields__}
    bench.pipeline = Pipeline(**(its | {"reports": folder}))


async def tells(running: Rig, topic: str, body: dict[str, Any], **changed: str) -> int:
    """Sends a delivery and works on it; gives what the sender was answered."""
    raw = json.dumps(body).encode()
    headers = running.headers("shopify", topic, raw) | changed
    answer = await running.send(post("/webhooks/shopify", headers, raw))
    while running.bench.pipeline.work():
        pass
    return answer.statuses[0]


async def asks(running: Rig, topic: str, **changed: str) -> int:
    return await tells(running, topic, {"shop_id": 954889, "shop_domain": DOMAIN} | ASKED[topic], **changed)


def rows(bench: Bench) -> str:
    with bench.store.read() as connection:
        return "\n".join(
            f"{table.name} {row!s}" for table in METADATA.tables.values() for row in connection.execute(select(table))
        )


def bodies(bench: Bench) -> list[bytes | None]:
    with bench.store.read() as connection:
        return [row.body for row in connection.execute(select(inbox.c.body).order_by(inbox.c.id))]


@pytest.mark.parametrize("topic", ASKED)
async def test_a_wish_that_is_not_proved_is_401_and_changes_nothing(tmp_path: Path, topic: str) -> None:
    async with rig(tmp_path) as running:
        assert await tells(running, "orders/create", order()) == 200
        before = rows(running.bench)
        for forged in ("AAAA", "", "é"):
            assert await asks(running, topic, **{"x-shopify-hmac-sha256": forged}) == 401
        assert rows(running.bench) == before


async def test_a_forgotten_customer_is_gone_and_late_deliveries_do_not_bring_them_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as running:
        bench = running.bench
        assert await tells(running, "orders/create", order()) == 200
        assert await tells(running, "customers/update", {"id": CUSTOMER, "email": EMAIL}) == 200
        assert str(ORDER) in rows(bench) and str(CUSTOMER) in str(bodies(bench)) and EMAIL not in str(bodies(bench))
        assert await asks(running, "customers/redact") == 200
        late = [
            ("orders/updated", order(updated_at="2026-11-23T09:59:00Z")),
            ("customers/update", {"id": CUSTOMER, "n": 2}),
        ]
        late += [("orders/paid", order(note="again")), ("refunds/create", _refund())]
        for topic, body in late:
            bench.watch.forward(days=1)
            assert await tells(running, topic, body) == 200
        said = rows(bench)
        assert not [word for word in (str(ORDER), NUMBER, EMAIL, str(CUSTOMER), "Rowanpii") if word in said]
        assert bodies(bench) == [None] * 7
        assert bench.shown("#operations") == ["A customer asked through shopify to be forgotten, and was."]
        assert not any(EMAIL in line or NUMBER in line for line in bench.body("#operations"))


def _lost(running: Rig) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FIXTURES / "fulfillments__create.json").read_bytes())
    return body | {"shipment_status": "failure", "updated_at": _now(running)}


def _refund() -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FIXTURES / "refunds__create.json").read_bytes())
    return body | {"order_id": ORDER}


async def test_a_customer_is_forgotten_in_what_the_same_batch_has_just_decided_and_in_what_it_has_yet_to_read(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as running:
        bench = running.bench
        bench.stock("TEA", 5)
        redact = {"shop_id": 954889, "shop_domain": DOMAIN} | ASKED["customers/redact"]
        told = {"orders/create": order(), "fulfillments/create": _lost(running), "customers/redact": redact}
        told["orders/updated"] = order(updated_at=_now(running))
        for topic, body in told.items():
            bench.deliver("shopify", topic, json.dumps(body).encode())
        assert bench.pipeline.work() == len(told)
        with bench.store.read() as connection:
            assert connection.execute(select(decision.c.rule).where(decision.c.about == "order")).all()
        assert not [word for word in (str(ORDER), NUMBER) if word in rows(bench)]


async def test_another_customer_s_order_goes_on_as_before(tmp_path: Path) -> None:
    async with rig(tmp_path) as running:
        await asks(running, "customers/redact")
        other = order(
            id=42000001,
            admin_graphql_api_id="gid://shopify/Order/42000001",
            name="#3000",
            customer={"id": 5},
            email="b@x.example",
        )
        assert await tells(running, "orders/create", other) == 200
        assert "42000001" in rows(running.bench)
        assert b"42000001" in (bodies(running.bench)[-1] or b"")


async def test_after_45_days_nothing_is_remembered_of_who_was_forgotten(tmp_path: Path) -> None:
    async with rig(tmp_path) as running:
        await asks(running, "customers/redact")
        assert "note " in rows(running.bench)
        running.bench.watch.forward(days=46)
        assert await tells(running, "orders/create", order(created_at=_now(running), updated_at=_now(running))) == 200
        assert str(ORDER) in rows(running.bench)


def _now(running: Rig) -> str:
    return (running.bench.watch.now() - timedelta(minutes=1)).isoformat()


async def test_a_wish_that_comes_twice_is_carried_out_once(tmp_path: Path) -> None:
    async with rig(tmp_path) as running:
        await tells(running, "orders/create", order())
        assert [await asks(running, "customers/redact") for _ in range(3)] == [200] * 3
        assert len(running.bench.posts("#operations")) == 1


async def test_what_a_customer_may_know_is_one_file_and_the_operators_hear_where_it_is(tmp_path: Path) -> None:
    async with rig(tmp_path) as running:
        _reporting(running.bench, tmp_path / "reports")
        await tells(running, "orders/create", order())
        assert await asks(running, "customers/data_request") == 200
        [file] = (tmp_path / "reports").iterdir()
        told = json.loads(file.read_text("utf-8"))
        assert [row["number"] for row in told["orders"]] == [NUMBER]
        assert {"OrderPlaced", "OrderChanged", "ItemSold"} <= {row["kind"] for row in told["events"]}
        said = " ".join(running.bench.body("#operations"))
        assert str(file) in said and EMAIL not in said and str(ORDER) not in said
        assert bodies(running.bench)[1] is None and bodies(running.bench)[0] is not None


async def test_a_forgotten_shop_is_empty_and_the_other_shop_is_not(tmp_path: Path) -> None:
    async with rig(tmp_path) as running:
        bench = running.bench
        await tells(running, "orders/create", order())
        bench.event(
            "dispute.changed",
            dispute="d1",
            amount={"amount": "9.00", "currency": "EUR"},
            reason="CANARY",
            status="open",
        )
        raw = json.dumps(order(name="#OTHER")).encode()
        await running.send(post("/webhooks/second", running.headers("second", "orders/create", raw), raw))
        while bench.pipeline.work():
            pass
        assert "CANARY" in rows(bench)
        assert await asks(running, "shop/redact") == 200
        left = [line for line in rows(bench).splitlines() if "'demo'" in line]
        assert "CANARY" not in "\n".join(left) and str(ORDER) not in "\n".join(left)
        assert {line.split()[0] for line in left} <= {"inbox", "alert", "lane", "heard", "decision"}
        assert "#OTHER" in rows(bench)
        assert bench.shown("#operations")[-1].startswith("The shop asked through shopify")


async def test_a_signed_body_under_another_topic_forgets_nobody(tmp_path: Path) -> None:
    """The topic is in no signature, so somebody who caught a delivery may send it again as another one."""
    async with rig(tmp_path) as running:
        await tells(running, "orders/create", order())
        before = [line for line in rows(running.bench).splitlines() if line.startswith(("event", "orders"))]
        for topic in ASKED:
            for number, body in enumerate((order(note=topic), {"id": CUSTOMER, "email": EMAIL, "topic": topic})):
                assert await tells(running, topic, body) == 200, number
        assert [line for line in rows(running.bench).splitlines() if line.startswith(("event", "orders"))] == before
