"""What the first look at a platform found."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from bot.core.events import STORED, DisputeChanged, Event, InvoiceChanged
from bot.store.codec import load
from bot.store.engine import Connection
from bot.store.tables.log import event as log

_TOLD = (DisputeChanged.__name__, InvoiceChanged.__name__)


def found(connection: Connection, shop: str, source: str) -> Iterator[Event]:
    """The disputes and invoices that were found when the source was first asked, as they were."""
    query = select(log.c.kind, log.c.body).where(
        log.c.shop == shop, log.c.kind.in_(_TOLD), log.c.first_look.is_not(None)
    )
    for row in connection.execute(query):
        event: Event = load(STORED[row.kind], row.body)
        if event.source == source:
            yield event
