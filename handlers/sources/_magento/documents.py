"""The documents of Magento's orders: invoices, credit memos, and shipments with their tracking numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from bot.core.events import Event, InvoiceChanged, Refunded, ShipmentChanged
from bot.core.wild import Wild
from handlers.sources._magento.told import Told, amount_of, elements

# Magento\Sales\Model\Order\Invoice: STATE_OPEN, STATE_PAID, STATE_CANCELED.
_INVOICES: Final[Mapping[str, Literal["open", "paid", "void"]]] = {"1": "open", "2": "paid", "3": "void"}


def invoice(told: Told) -> tuple[Event, ...]:
    """An invoice that is paid or void; what an open one asks for is told by its order."""
    body = told.body
    invoice, status = body["entity_id"].id(), Wild(body["state"].id(), body["state"].path).among(_INVOICES)
    changed = InvoiceChanged(
        **told.by,
        at=told.moment("updated_at"),
        invoice=invoice,
        number=body["increment_id"].id_or(invoice),
        outstanding=amount_of(Wild(0), told.currency),
        status=status,
    )
    return () if status == "open" else (changed,)


def creditmemo(told: Told) -> tuple[Event, ...]:
    """Money that went back; state 1 is still open and 3 cancelled."""
    body = told.body
    refunded = Refunded(
        **told.by,
        at=told.moment("created_at"),
        refund=body["entity_id"].id(),
        amount=body["grand_total"].money(told.currency),
        order=body["order_id"].id(),
    )
    return (refunded,) if body["state"].id_or("2") == "2" else ()


def shipment(told: Told) -> tuple[Event, ...]:
    """It left when it was created, or when its last tracking number was added; a later comment moves nothing."""
    body = told.body
    tracks = [replace(told, body=track) for track in elements(body["tracks"]) if track["track_number"]]
    sent = ShipmentChanged(
        **told.by,
        at=max(
            [told.moment("created_at"), *(track.moment("created_at") for track in tracks if track.body["created_at"])]
        ),
        shipment=body["entity_id"].id(),
        order=body["order_id"].id(),
        status="sent",
        **(_tracked(tracks[-1].body) if tracks else {}),
    )
    return (sent,)


def track(told: Told) -> tuple[Event, ...]:
    """A tracking number that was added to a shipment."""
    body = told.body
    shipment, order = body["parent_id"].id(), body["order_id"].id()
    at = told.moment("created_at")
    return (ShipmentChanged(**told.by, at=at, shipment=shipment, order=order, status="sent", **_tracked(body)),)


def _tracked(track: Wild) -> dict[str, Any]:
    carrier = track["title"].id_or("") or track["carrier_code"].id_or("")
    return {"number": track["track_number"].id_or(""), "carrier": carrier}
