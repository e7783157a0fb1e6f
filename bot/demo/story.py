"""The story the demo plays: first a month of history, then a day's events, each with the seconds at which it happens.

It says what happens, and the shop's storefront how its platform tells that; Stripe and the campaign tool are the same
for every shop. Everything follows from the moment at which the story began, so a demo that was killed and started again
tells the same deliveries once more and the bot recognises every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.demo import shop
from bot.demo.shop import BY_SKU, ITEMS, Body, Item, wobble
from bot.demo.stores import Purchase, Storefront, Telling

__all__ = ["Scene", "Telling", "anchor", "day", "history"]

HISTORY_DAYS = 35
ORDERS_A_DAY = 6
PAYMENTS_A_DAY = 14
BERLIN, LODZ = EVERYWHERE = tuple(shop.LOCATIONS)

_HOODIES_SOLD = (22, 31, 18, 27, 24, 29, 19, 26)
_HOODIES_RECEIVED = 900
# Platforms write whole seconds, some for orders alone: what follows within one would seem to come before.
_MOMENT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Scene:
    """Something a reader can follow: at ``second`` of the story, what happens (in words), and what the systems send."""

    second: float
    words: str
    tellings: tuple[Telling, ...]


def history(began: datetime, front: Storefront) -> Iterator[Telling]:
    """The month before: goods and shelves, a planned campaign, orders, payments, paid payouts; then today's stock.

    The shelves are known, and full, from the first day on, so that no location is taken for all that there is.
    """
    first = began - timedelta(days=HISTORY_DAYS + 1)
    for item in ITEMS:
        yield from front.product(item, first)
    for item in ITEMS:
        yield from front.level(item, _shelves(3 * item.stock), EVERYWHERE, first)
    yield _cards(began, began - timedelta(days=6), "scheduled", began + timedelta(minutes=1))
    for ago in range(HISTORY_DAYS, 0, -1):
        yield from _past_day(began, front, ago)
    for item in ITEMS:
        yield from front.level(item, _shelves(item.stock), EVERYWHERE, began - timedelta(seconds=30))
    late = began - timedelta(days=12)
    yield _stripe(shop.invoice(_id(began, "inv1"), "INV-0031", 48_000, late, late, "invoice.finalized"))


def _past_day(began: datetime, front: Storefront, ago: int) -> Iterator[Telling]:
    noon = (began - timedelta(days=ago)).replace(hour=9, minute=0, second=0, microsecond=0)
    for nth in range(ORDERS_A_DAY):
        number = 40_000 - ago * 20 + nth
        at = noon + timedelta(hours=nth * 1.5, minutes=int(50 * wobble("minute", number)))
        code = "AUTUMN10" if wobble("code", number) < 0.25 else ""
        purchase = Purchase(_number(began, number), f"#{number}", _basket(ago, nth), at, code)
        yield from front.order(purchase)
        left = at + timedelta(hours=6 + 40 * wobble("ship", number))
        if ago > 1 and left < began:
            yield from front.shipped(purchase, left)
    for nth in range(PAYMENTS_A_DAY):
        identity = _id(began, f"h{ago}n{nth}")
        at = noon + timedelta(minutes=38 * nth + int(30 * wobble("pay", ago, nth)))
        decline = "insufficient_funds" if wobble("decline", ago, nth) < 0.045 else ""
        yield _stripe(shop.payment(identity, 2_000 + int(9_000 * wobble("sum", ago, nth)), at, decline))
    if ago % 7 == 3:
        yield _stripe(shop.payout(_id(began, f"po{ago}"), 812_000 + ago * 1_300, noon, failed=False))


def _basket(ago: int, nth: int) -> tuple[tuple[Item, int], ...]:
    """The items of one order; over a day's orders each item sells about its pace."""
    weekend = 1.35 if ago % 7 in (1, 2) else 0.9
    basket = []
    for item in ITEMS:
        swing = 0.45 + 1.1 * wobble(item.sku, ago, nth)
        quantity = int(item.pace * weekend * swing / ORDERS_A_DAY + wobble("round", item.sku, ago, nth))
        if quantity:
            basket.append((item, quantity))
    return tuple(basket) or ((ITEMS[0], 1),)


def _shelves(units: int) -> dict[int, int]:
    """So many units: an eighth of them in Lodz, the rest in Berlin."""
    return {BERLIN: units - units // 8, LODZ: units // 8}


def _in_berlin(front: Storefront, item: Item, change: int, at: datetime) -> Iterator[Telling]:
    """The level in Berlin, from which everything is shipped, after ``change`` units since the day began."""
    shelves = _shelves(item.stock)
    return front.level(item, shelves | {BERLIN: shelves[BERLIN] + change}, (BERLIN,), at)


def _stripe(body: Body) -> Telling:
    return Telling("stripe", str(body["type"]), body)


def _id(began: datetime, name: str) -> str:
    return f"{int(began.timestamp()):x}{name}"


def _number(began: datetime, number: int) -> int:
    """Order numbers of one story never meet those of another."""
    return int(began.timestamp()) % 1_000_000 * 100_000 + number


def day(began: datetime, front: Storefront, speed: float = 1.0) -> tuple[Scene, ...]:
    """The day's scenes in order, about a minute in all. Told ``speed`` times as fast, they also happen as fast."""
    return tuple(
        Scene(second, words, tuple(tell(_Hour(began, began + timedelta(seconds=second / speed), front))))
        for second, words, tell in _SCENES
    )


@dataclass(frozen=True, slots=True)
class _Hour:
    """A scene's hour: when the story began, the moment now, and the shop in which it happens."""

    began: datetime
    at: datetime
    front: Storefront


def _campaign_planned(hour: _Hour) -> Iterator[Telling]:
    starts = (hour.began + timedelta(days=4)).replace(hour=8, minute=0, second=0, microsecond=0)
    yield _generic("campaign.changed", {
        "at": hour.at.isoformat(), "campaign": _id(hour.began, "cosy"), "name": "Cosy Days", "status": "scheduled",
        "channel": "e-mail", "starts": starts.isoformat(), "ends": (starts + timedelta(days=10)).isoformat(),
        "skus": ["HOODIE-BLU-M", "HOODIE-BLU-L", "SOCKS-WOL", "SCARF-RED", "MUG-OWL"], "uplift": 2.5,
    })  # fmt: skip


def _campaign_starts(hour: _Hour) -> Iterator[Telling]:
    yield _cards(hour.began, hour.at, "running", hour.at)


def _cards(began: datetime, at: datetime, status: str, starts: datetime) -> Telling:
    """A small campaign that was planned last week and that the stock lasts for."""
    return _generic("campaign.changed", {
        "at": at.isoformat(), "campaign": _id(began, "cards"), "name": "Write a card again", "status": status,
        "channel": "newsletter", "starts": starts.isoformat(), "ends": (starts + timedelta(days=2)).isoformat(),
        "skus": ["CARD-SET", "CANDLE-CED"], "uplift": 1.8,
    })  # fmt: skip


def _generic(kind: str, fields: Body) -> Telling:
    return Telling("generic", kind, {"type": kind, **fields})


def _sold_one_by_one(hour: _Hour, item: Item, first: int, quantities: tuple[int, ...]) -> Iterator[Telling]:
    """Orders of one item, each a moment after the other up to the hour, with the level that it leaves."""
    gone = 0
    for nth, quantity in enumerate(quantities):
        moment = hour.at - (len(quantities) - 1 - nth) * _MOMENT
        gone += quantity
        yield from _order(hour, first + nth, item, quantity, moment)
        yield from _in_berlin(hour.front, item, -gone, moment)


def _order(hour: _Hour, nth: int, item: Item, quantity: int, at: datetime) -> Iterator[Telling]:
    number = 41_000 + nth
    return hour.front.order(Purchase(_number(hour.began, number), f"#{number}", ((item, quantity),), at))


def _hoodies_run_down(hour: _Hour) -> Iterator[Telling]:
    return _sold_one_by_one(hour, BY_SKU["HOODIE-BLU-M"], 100, _HOODIES_SOLD)


def _wholesale_order(hour: _Hour) -> Iterator[Telling]:
    return _sold_one_by_one(hour, BY_SKU["BLANKET-OAT"], 200, (72,))


def _cards_fail(hour: _Hour) -> Iterator[Telling]:
    for nth in range(14):
        decline = "" if nth in (1, 5, 8, 10, 13) else "processing_error"
        moment = hour.at - timedelta(minutes=28 - 2 * nth)
        cents = 3_900 + int(12_000 * wobble("fail", nth))
        yield _stripe(shop.payment(_id(hour.began, f"f{nth}"), cents, moment, decline))


def _dispute_comes(hour: _Hour) -> Iterator[Telling]:
    yield _stripe(shop.dispute(_id(hour.began, "d1"), 18_900, hour.at, hour.at + timedelta(days=2, hours=6)))


def _beanies_gone(hour: _Hour) -> Iterator[Telling]:
    item, sold = BY_SKU["BEANIE-GRY"], (30, 20, 13, 7)
    yield from _sold_one_by_one(replace(hour, at=hour.at - _MOMENT), item, 300, sold)
    shelves = _shelves(item.stock)
    yield from _order(hour, 304, item, shelves[LODZ], hour.at)
    left = {BERLIN: shelves[BERLIN] - sum(sold), LODZ: 0}
    yield from hour.front.level(item, left, (LODZ,), hour.at)


def _teapots_oversold(hour: _Hour) -> Iterator[Telling]:
    return _sold_one_by_one(hour, BY_SKU["TEAPOT-CAST"], 400, (5, 5, 4))


def _money_is_late(hour: _Hour) -> Iterator[Telling]:
    due = hour.began - timedelta(days=9)
    yield _stripe(shop.invoice(_id(hour.began, "inv2"), "INV-0042", 125_000, hour.at, due, "invoice.overdue"))
    yield _stripe(shop.payout(_id(hour.began, "po"), 964_250, hour.at, failed=True))


def _hoodies_arrive(hour: _Hour) -> Iterator[Telling]:
    item = BY_SKU["HOODIE-BLU-M"]
    yield _generic("stock.received", {
        "at": hour.at.isoformat(), "sku": item.sku, "quantity": _HOODIES_RECEIVED, "location": "Berlin",
        "reference": "PO-7731",
    })  # fmt: skip
    yield from _in_berlin(hour.front, item, _HOODIES_RECEIVED - sum(_HOODIES_SOLD), hour.at)


def _teapots_counted(hour: _Hour) -> Iterator[Telling]:
    return _in_berlin(hour.front, BY_SKU["TEAPOT-CAST"], 10 - 14, hour.at)


_SCENES: tuple[tuple[float, str, Callable[[_Hour], Iterator[Telling]]], ...] = (
    (2, "Marketing plans the Cosy Days on five products; one hoodie will not last them", _campaign_planned),
    (10, "Blue hoodies sell fast", _hoodies_run_down),
    (18, "A hotel orders most of the blankets", _wholesale_order),
    (24, "Card payments begin to fail", _cards_fail),
    (32, "A customer disputes a charge", _dispute_comes),
    (37, "The last beanies are sold", _beanies_gone),
    (42, "The teapot is sold twice over", _teapots_oversold),
    (47, "An invoice is overdue and a payout comes back", _money_is_late),
    (51, "The greeting card campaign goes out", _campaign_starts),
    (55, "900 hoodies arrive in Berlin", _hoodies_arrive),
    (59, "The warehouse finds ten more teapots", _teapots_counted),
)


def anchor(text: str | None, now: datetime) -> datetime:
    """The moment at which the story began: the remembered one while it is fresh, else now."""
    if text:
        began = datetime.fromisoformat(text)
        if now - began < timedelta(hours=2):
            return began
    return now.astimezone(UTC).replace(microsecond=0)
