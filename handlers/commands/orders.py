"""Orders that are not on their way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import OrderHeld, ShipmentChanged
from bot.core.facts import DeliveryExceptions, Now, OrdersByAge, OrdersHeld, OrdersWaiting, SourcesSeen, ask
from bot.core.freshness import as_of
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import OrderState, SourceSeen
from bot.core.message import Block, Bullets, Figures, Heading, Message, Paragraph, Table
from bot.core.parts import Duration, Line, Moment, Quantity, ShopText, say
from bot.core.spelling import unknown
from bot.core.stock import counted

_PARTS = ("waiting", "late", "held", "exceptions")
_AGES = ("under a day", "1 to 3 days", "3 to 7 days", "over 7 days")
_MOST_ROWS = 10
_HAPPENED = {
    "delayed": "is delayed",
    "attempted": "could not be handed over",
    "failed": "failed",
    "returned": "comes back",
}


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    by_age: tuple[int, ...] = ask(OrdersByAge())
    waiting: tuple[OrderState, ...] = ask(OrdersWaiting(100))
    held: tuple[OrderHeld, ...] = ask(OrdersHeld())
    exceptions: tuple[ShipmentChanged, ...] = ask(DeliveryExceptions())
    sources: tuple[SourceSeen, ...] = ask(SourcesSeen())


@command("ops", verb="orders", usage="[waiting | late | held | exceptions]")
def orders(request: Request, facts: Facts, *, late_after: timedelta = timedelta(days=3)) -> Reply:
    """Orders not shipped yet by age, those that are late, those on hold, and deliveries that went wrong.

    - late_after: how long an order may wait to be shipped before it is late.
    """
    wanted = request.text.strip().lower()
    if wanted and wanted not in _PARTS:
        raise Refused(unknown(wanted, _PARTS))
    late = [each for each in facts.waiting if facts.now - each.placed > late_after]
    written = {
        "waiting": _waiting(facts.by_age),
        "late": _late(late, facts, late_after),
        "held": _held(facts),
        "exceptions": _exceptions(facts.exceptions),
    }
    blocks = [block for part in _PARTS if wanted in ("", part) for block in written[part]]
    open_orders = say(Quantity(sum(facts.by_age)), " not shipped yet, ", _count(len(late), late, facts), " late, ")
    summary = say("Orders: ", open_orders, Quantity(len(facts.held)), " on hold")
    return Reply(Message(summary, (*blocks, as_of(facts.sources))), share=True)


def _count(number: int, late: list[OrderState], facts: Facts) -> Line:
    """A number of late orders; where all that were read are late there may be more."""
    return say(Quantity(number), "+" if len(late) == len(facts.waiting) < sum(facts.by_age) else "")


def _waiting(by_age: tuple[int, ...]) -> list[Block]:
    if not sum(by_age):
        return [Paragraph(say("Every order has been shipped."))]
    ages = zip(_AGES, by_age, strict=True)
    figures = tuple((f"Placed {age} ago", say(counted(number, "order"))) for age, number in ages if number)
    return [Heading("Not shipped yet"), Figures(figures)]


def _late(late: list[OrderState], facts: Facts, after: timedelta) -> list[Block]:
    if not late:
        return [Paragraph(say("No order has waited for longer than ", Duration(after.total_seconds()), "."))]
    held = {each.order for each in facts.held}
    rows = tuple(_late_row(each, facts.now, held) for each in late[:_MOST_ROWS])
    table = Table("Late orders, the oldest first", ("Order", "Placed", "Waits for", "Total", "Hold"), rows)
    rest = len(late) - _MOST_ROWS
    return [table, Paragraph(say("+", _count(rest, late, facts), " more"))] if rest > 0 else [table]


def _late_row(each: OrderState, now: datetime, held: set[str]) -> tuple[Line, ...]:
    return (
        say(ShopText(each.number or each.order)),
        say(Moment(each.placed, "day")),
        say(Duration((now - each.placed).total_seconds())),
        say(each.total),
        say("on hold") if each.order in held else say("–"),
    )


def _held(facts: Facts) -> list[Block]:
    if not facts.held:
        return [Paragraph(say("No order is on hold."))]
    lines = tuple(_held_line(each, facts.now) for each in facts.held[:_MOST_ROWS])
    return [Heading("On hold"), Bullets((*lines, *_more(len(facts.held))))]


def _held_line(each: OrderHeld, now: datetime) -> Line:
    for_long = Duration((now - each.at).total_seconds())
    return say(_number(each), " for ", for_long, say(": ", each.reason) if each.reason else ", no reason told")


def _exceptions(shipments: tuple[ShipmentChanged, ...]) -> list[Block]:
    if not shipments:
        return [Paragraph(say("No delivery has gone wrong in 14 days."))]
    lines = tuple(_exception(each) for each in shipments[:_MOST_ROWS])
    return [Heading("Deliveries that went wrong"), Bullets((*lines, *_more(len(shipments))))]


def _exception(each: ShipmentChanged) -> Line:
    carrier = say(" with ", ShopText(each.carrier)) if each.carrier.strip() else ()
    due = say(", promised for ", Moment(each.due, "day")) if each.due else ()
    return say(
        "The shipment of ", _number(each), carrier, f" {_HAPPENED[each.status]}", due, ", told ", Moment(each.at)
    )


def _number(each: OrderHeld | ShipmentChanged) -> ShopText:
    return ShopText(each.number.strip() or each.order)


def _more(number: int) -> tuple[Line, ...]:
    return (say(f"+{number - _MOST_ROWS} more"),) if number > _MOST_ROWS else ()
