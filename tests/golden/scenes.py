"""How each of the messages comes about: a shop, what its platforms tell, and what the bot then says, with real handlers.

Each scene has a bot of its own, whose clock stands at the samples' Monday morning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.catalog import Catalog
from bot.core.handlers import Reply, Request
from bot.core.message import Footer, Message
from bot.core.settings import Department, Grouping, House, QuietHours, Route
from bot.rounds.quiet import Quiet
from tests.bench import Bench, usual_house
from tests.core.samples import NOW
from tests.handlers.shelves import words

CATALOG = Catalog.scan(("handlers",))
BERLIN = ZoneInfo("Europe/Berlin")
GOODS = {
    "HOODIE-BLU-M": ("Blue Hoodie M", "59.00"),
    "HOODIE-BLU-L": ("Blue Hoodie L", "59.00"),
    "MUG-OWL": ("Owl Mug", "14.50"),
    "BLANKET-OAT": ("Oat Blanket", "89.00"),
    "BEANIE-GRY": ("Grey Beanie", "24.00"),
}


@dataclass
class Stage:
    """A bot in a folder, and what its shop's platforms tell it."""

    bench: Bench

    @classmethod
    def over(cls, folder: Path, house: House | None = None) -> Stage:
        """A bot that knows its goods."""
        stage = cls(Bench(folder, house or usual_house(), catalog=CATALOG))
        for sku, (title, price) in GOODS.items():
            stage.bench.event("item.described", item=sku, sku=sku, title=title, price=euros(price))
        return stage

    def sells(self, sku: str, a_day: int) -> None:
        self.bench.sells(sku, a_day)

    def stock(self, sku: str, berlin: int, lodz: int = 0) -> None:
        """What is on hand in Berlin, and in Lodz where there is any."""
        self.bench.stock(sku, berlin)
        if lodz:
            self.bench.stock(sku, lodz, "Lodz")

    def message(self, channel: str, of: str) -> Message:
        """The newest post of a channel whose key begins so, or that tells of the alert of such a rule."""
        posts = self.bench.posts(channel)
        return [message for post, message in posts if post.key.startswith(of) or f"rule {of}" in small_print(message)][
            -1
        ]

    def later(self, **span: float) -> None:
        self.bench.deliver_posts()
        self.bench.watch.forward(**span)

    def asked(self, name: str, verb: str, text: str) -> Message:
        request = Request(text, "U0ANNA", "C0OPERATIONS", self.bench.watch.now())
        answer = self.bench.desk.answer(name, verb, request)
        assert isinstance(answer, Reply)
        return answer.message


def small_print(message: Message) -> str:
    return " ".join(words(block.line) for block in message.blocks if isinstance(block, Footer))


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def ahead(**span: float) -> str:
    return (NOW + timedelta(**span)).isoformat()


# Stock.


def low_stock(folder: Path) -> Stage:
    stage = Stage.over(folder)
    stage.sells("HOODIE-BLU-M", 12)
    stage.stock("HOODIE-BLU-M", 46, 10)
    return stage


def low_stock_taken(folder: Path) -> Stage:
    stage = low_stock(folder)
    stage.later(minutes=9)
    stage.bench.desk.act("take", 1001, 1, "U0ANNA")
    return stage


def low_stock_resolved(folder: Path) -> Stage:
    stage = low_stock_taken(folder)
    stage.later(hours=4)
    stage.stock("HOODIE-BLU-M", 546, 10)
    return stage


def oversold(folder: Path) -> Stage:
    stage = Stage.over(folder)
    stage.sells("BEANIE-GRY", 6)
    stage.stock("BEANIE-GRY", 2)
    for number, minutes in (("2041", 50), ("2042", 35), ("2043", 20)):
        stage.bench.order(number, {"BEANIE-GRY": 2}, ahead(minutes=-minutes), price="48.00")
    stage.bench.stock("BEANIE-GRY", -4)
    return stage


def preflight(folder: Path) -> Stage:
    stage = Stage.over(folder)
    for sku, a_day, there in (("HOODIE-BLU-M", 12, 90), ("HOODIE-BLU-L", 9, 70), ("MUG-OWL", 3, 400)):
        stage.sells(sku, a_day)
        stage.stock(sku, there)
    stage.bench.event(
        "campaign.changed", campaign="spring", name="Spring Sale", status="scheduled", starts=ahead(days=5),
        ends=ahead(days=9), skus=["HOODIE-BLU-M", "HOODIE-BLU-L", "MUG-OWL"], uplift=3.0,
    )  # fmt: skip
    return stage


# Money.


def payment_failures(folder: Path) -> Stage:
    stage = Stage.over(folder)
    for day in range(28, 2, -1):
        for nth in range(12):
            kind = "payment.failed" if nth == 0 and day % 2 else "payment.succeeded"
            tried(stage, kind, f"{day}-{nth}", ahead(days=-day, minutes=nth))
    for nth in range(24):
        kind = "payment.succeeded" if nth % 3 == 0 else "payment.failed"
        tried(stage, kind, f"now-{nth}", ahead(minutes=nth - 30), code="processor_unavailable")
    return stage


def tried(stage: Stage, kind: str, payment: str, at: str, code: str = "card_declined") -> None:
    reason = {"code": code, "reason": "The card processor did not answer"} if kind == "payment.failed" else {}
    stage.bench.event(
        kind, at=at, payment=payment, provider="stripe", method="card", amount=euros("64.90"), order=payment, **reason
    )


def dispute(folder: Path) -> Stage:
    stage = Stage.over(folder)
    stage.bench.event(
        "dispute.changed", dispute="dp_1Q8", amount=euros("189.00"), reason="product not received", status="open",
        due=ahead(days=6), order="1984", provider="stripe",
    )  # fmt: skip
    return stage


def payout_failed(folder: Path) -> Stage:
    stage = Stage.over(folder)
    stage.bench.event(
        "payout.changed", payout="po_77", amount=euros("8120.50"), status="failed", reason="account closed",
        arrives=ahead(days=-1), provider="stripe",
    )  # fmt: skip
    return stage


def told_together(folder: Path) -> Stage:
    """Overdue invoices by the dozen, of which one is taken and one is paid."""
    grouping = Grouping(("rule",), timedelta(0))
    stage = Stage.over(folder, usual_house(routes=(Route(family="payments", group=grouping),)))
    sums = ("1180.00", "96.50", "240.00", "2310.00", "64.90", "845.00", "412.30", "99.00", "1520.00", "73.40", "610.00")
    for nth, amount in enumerate((*sums, "333.00")):
        number, due = f"INV-{198 + nth}", ahead(days=-3 * nth - 4)
        owed(stage, number, amount, due)
    stage.later(minutes=9)
    stage.bench.desk.act("take", 1004, 1, "U0ANNA")
    owed(stage, "INV-200", "0.00", ahead(days=-10), status="paid")
    return stage


def owed(stage: Stage, number: str, amount: str, due: str, status: str = "open") -> None:
    stage.bench.event(
        "invoice.changed", invoice=number, number=number, outstanding=euros(amount), status=status, due=due
    )


# Quiet hours and the budget.


def warehouse(**rest: Any) -> House:
    """A house whose warehouse rests, or is not interrupted for ever."""
    departments = usual_house().departments | {"warehouse": Department("warehouse", "#warehouse", **rest)}
    return usual_house(departments=departments)


def runs_out(stage: Stage) -> None:
    """Three goods that will run out, one of which is filled up again."""
    for sku, a_day, there in (("HOODIE-BLU-M", 12, 50), ("BLANKET-OAT", 5, 26), ("MUG-OWL", 8, 40)):
        stage.sells(sku, a_day)
        stage.stock(sku, there)


def after_the_night(folder: Path) -> Stage:
    stage = Stage.over(folder, warehouse(quiet=QuietHours(time(8), time(12), BERLIN)))
    runs_out(stage)
    stage.later(minutes=30)
    stage.stock("MUG-OWL", 900)
    stage.bench.watch.at = NOW.replace(hour=11, minute=1)
    clock: Any = stage.bench.watch
    Quiet(stage.bench.store, stage.bench.house, stage.bench.board, clock).tick()
    return stage


def beyond_the_budget(folder: Path) -> Stage:
    stage = Stage.over(folder, warehouse(budget=1))
    runs_out(stage)
    return stage


# Summaries and answers.


def month(folder: Path) -> Stage:
    """Five weeks of a shop, with a promised delivery, a campaign, debts and what went wrong on the way."""
    stage = Stage.over(folder)
    for ago in range(35, 0, -1):
        at = ahead(days=-ago)
        units = 9 + ago % 4
        stage.bench.order(f"o{ago}", {"HOODIE-BLU-M": units, "MUG-OWL": 3, "BLANKET-OAT": 1 + ago % 2}, at=at)
        if ago > 2:
            stage.bench.event("order.changed", **changed(f"o{ago}", at=ahead(days=-ago, hours=20)))
    stage.stock("HOODIE-BLU-M", 46, 10)
    stage.stock("MUG-OWL", 220)
    stage.stock("BLANKET-OAT", 6)
    stage.bench.event("stock.expected", sku="HOODIE-BLU-M", quantity=300, due=ahead(days=3), reference="PO-118")
    stage.bench.order("1980", {"BEANIE-GRY": 1}, at=ahead(days=-5))
    held = {"order": "1980", "number": "#1980", "held": True, "reason": "address could not be verified"}
    stage.bench.event("order.held", at=ahead(days=-4), **held)
    late = {"shipment": "dhl-1", "order": "o9", "number": "#o9", "carrier": "DHL", "status": "delayed"}
    stage.bench.event("shipment.changed", at=ahead(hours=-6), due=ahead(days=1), **late)
    money(stage)
    return stage


def changed(order: str, at: str) -> dict[str, Any]:
    return {
        "at": at, "order": order, "number": f"#{order}", "total": euros("100.00"), "outstanding": euros("0.00"),
        "shipped": True,
    }  # fmt: skip


def money(stage: Stage) -> None:
    for number, days, amount in (("INV-204", 3, "240.00"), ("INV-198", 19, "1180.00"), ("INV-171", 44, "96.50")):
        stage.bench.event(
            "invoice.changed", at=ahead(days=-60), invoice=number, number=number, outstanding=euros(amount),
            status="open", due=ahead(days=-days),
        )  # fmt: skip
    dollars = {"amount": "310.00", "currency": "USD"}
    stage.bench.event(
        "invoice.changed", at=ahead(days=-9), invoice="INV-207", number="INV-207", outstanding=dollars, status="open",
        due=ahead(days=-2),
    )  # fmt: skip
    stage.bench.event(
        "dispute.changed", dispute="dp_1Q8", amount=euros("189.00"), reason="product not received", status="open",
        due=ahead(days=2), order="1984", provider="stripe",
    )  # fmt: skip
    for nth in range(28 * 6):
        kind = "payment.failed" if nth % 13 == 0 else "payment.succeeded"
        tried(stage, kind, f"p{nth}", ahead(hours=-4 * nth))
    for payout, status, days, amount in (("po_1", "paid", -3, "2140.20"), ("po_2", "pending", 2, "1890.00")):
        stage.bench.event(
            "payout.changed", at=ahead(days=min(days, -1)), payout=payout, amount=euros(amount), status=status,
            arrives=ahead(days=days), provider="stripe",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """A message's name, how it comes about, and which of all that is said it is."""

    stage: Callable[[Path], Stage]
    message: Callable[[Stage], Message]

    def played(self, folder: Path) -> Message:
        """What the bot says in the end."""
        stage = self.stage(folder)
        said = self.message(stage)
        stage.bench.close()
        return said


def _post(channel: str, of: str) -> Callable[[Stage], Message]:
    return lambda stage: stage.message(channel, of)


def _answer(name: str, verb: str, text: str = "") -> Callable[[Stage], Message]:
    return lambda stage: stage.asked(name, verb, text)


SCENES: Mapping[str, Scene] = {
    "low-stock": Scene(low_stock, _post("#warehouse", "low_stock")),
    "low-stock-taken": Scene(low_stock_taken, _post("#warehouse", "low_stock")),
    "low-stock-resolved": Scene(low_stock_resolved, _post("#warehouse", "low_stock")),
    "oversold": Scene(oversold, _post("#warehouse", "oversold")),
    "campaign-preflight": Scene(preflight, _post("#marketing", "campaign_preflight")),
    "payment-failures": Scene(payment_failures, _post("#finance", "payment_failures")),
    "dispute": Scene(dispute, _post("#finance", "dispute_opened")),
    "payout-failed": Scene(payout_failed, _post("#finance", "payout_failed")),
    "told-together": Scene(told_together, _post("#finance", "group/")),
    "after-the-night": Scene(after_the_night, _post("#warehouse", "quiet/")),
    "beyond-the-budget": Scene(beyond_the_budget, _post("#warehouse", "budget/")),
    "digest-finance": Scene(month, _answer("ops", "digest", "finance")),
    "digest-warehouse": Scene(month, _answer("ops", "digest", "warehouse")),
    "answer-stock": Scene(month, _answer("stock", "", "HOODIE-BLU-M")),
    "answer-payments": Scene(month, _answer("ops", "payments")),
    "answer-orders": Scene(month, _answer("ops", "orders")),
    "answer-campaigns": Scene(preflight, _answer("ops", "campaigns")),
    "answer-who": Scene(month, _answer("ops", "who")),
}
