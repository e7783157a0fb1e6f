"""Tells when an order's shipment is late, could not be handed over, failed or comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.core.events import ShipmentChanged
from bot.core.facts import Latest, ask
from bot.core.handlers import rule
from bot.core.parts import Line, Moment, ShopText, say
from bot.core.verdict import Clear, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The newest telling of the order's shipments, which need not be the one that just arrived."""

    latest: ShipmentChanged | None = ask(Latest(ShipmentChanged))


# What the title says, how much it matters, what follows for the customer, and what the warehouse does.
_TROUBLES = {
    "delayed": (
        "is delayed",
        Severity.LOW,
        "The customer gets it later than promised",
        "tells the customer the new day, if there is one",
    ),
    "attempted": (
        "could not be handed over",
        Severity.MEDIUM,
        "The carrier tries again, or sends it back",
        "checks the address with the customer",
    ),
    "failed": (
        "failed",
        Severity.HIGH,
        "The customer will not get it this way",
        "asks the carrier, and sends it again or has it refunded",
    ),
    "returned": (
        "comes back",
        Severity.HIGH,
        "The customer did not get it",
        "takes it in, and asks the customer whether it is sent again",
    ),
}
_OVER = {
    "delivered": "The shipment was delivered",
    "under_way": "The shipment is on its way again",
    "cancelled": "The shipment was cancelled",
}


@rule(about="order")
def delivery_exception(event: ShipmentChanged, facts: Facts, *, within_hours: float = 24.0) -> Verdict:
    """Fires when a shipment is delayed (low), could not be handed over (medium), failed or comes back (high).

    It clears when the shipment is on its way again, delivered or cancelled.

    - within_hours: hours in which the warehouse acts.
    """
    shipment = facts.latest or event
    if shipment.status in _OVER:
        words = _OVER[shipment.status]
        carrier = say(" (", ShopText(shipment.carrier), ")") if shipment.carrier.strip() else ()
        return Clear(say(words), say(words, carrier, ", ", Moment(shipment.at)))
    if shipment.status not in _TROUBLES:
        return Quiet(say("The shipment left as it should"))
    words, severity, impact, act = _TROUBLES[shipment.status]
    step = Step(say(act), within=timedelta(hours=within_hours))
    return Fire(
        reason=say("The carrier says that the shipment ", words),
        severity=severity,
        title=say("Shipment of order ", ShopText(shipment.number.strip() or shipment.order), " ", words),
        views={"warehouse": View(say(impact), step, _figures(shipment))},
        as_of=shipment.at,
    )


def _figures(shipment: ShipmentChanged) -> tuple[tuple[str, Line], ...]:
    """What is known of the shipment: who carries it, by when it is promised now, and its own name."""
    carrier = say(ShopText(shipment.carrier)) if shipment.carrier.strip() else ()
    due = say(Moment(shipment.due, "day")) if shipment.due else ()
    known = (("Carrier", carrier), ("Promised", due), ("Shipment", say(ShopText(shipment.shipment))))
    return tuple((label, line) for label, line in known if line)
