"""Tells when an order must not be shipped, until it is let go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import OrderHeld, Tick
from bot.core.facts import Latest, Now, ask
from bot.core.handlers import rule
from bot.core.parts import Moment, ShopText, say
from bot.core.verdict import Clear, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The newest telling of whether the order is held, which need not be the one that just arrived."""

    latest: OrderHeld | None = ask(Latest(OrderHeld))
    now: datetime = ask(Now())


@rule(about="order")
def order_on_hold(
    event: OrderHeld | Tick, facts: Facts, *, old_hours: float = 24.0, within_hours: float = 4.0
) -> Verdict:
    """Fires when an order is put on hold: low at first, medium once it is held for long. It clears when it is let go.

    - old_hours: hours on hold from which it is medium.
    - within_hours: hours in which the warehouse finds out what the order waits for.
    """
    held = facts.latest or (event if isinstance(event, OrderHeld) else None)
    if held is None:
        return Quiet(say("Nothing is known of a hold"))
    if not held.held:
        return Clear(say("The order may be shipped again"), say("The hold was lifted, ", Moment(held.at)))
    old = facts.now - held.at >= timedelta(hours=old_hours)
    reason = ("Reason", say(held.reason) if held.reason else say("none told"))
    step = Step(say("finds out what it waits for, and lets it go or cancels it"), within=timedelta(hours=within_hours))
    return Fire(
        reason=say("The order is on hold", " for long" if old else ""),
        severity=Severity.MEDIUM if old else Severity.LOW,
        title=say("Order ", ShopText(held.number.strip() or held.order), " is on hold"),
        views={
            "warehouse": View(say("Nothing of it may be shipped"), step, (reason, ("Held since", say(Moment(held.at)))))
        },
        as_of=held.at,
    )
