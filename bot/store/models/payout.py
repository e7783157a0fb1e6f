"""Payouts as last told."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from bot.core.events import PayoutChanged
from bot.store.dialect import locked, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, Turn, applies
from bot.store.tables.shop import payout

_RANKS = {"pending": 0, "paid": 1, "canceled": 2, "failed": 3}
_TURNS: dict[str, Turn] = {"paid": "paid_out", "failed": "bounced"}
_STATUS = select(payout.c.status).where(
    payout.c.shop == bindparam("in_shop"), payout.c.payout == bindparam("of_payout")
)


@applies(PayoutChanged)
def tell(connection: Connection, event: PayoutChanged, telling: Telling) -> None:
    """Keeps the payout's newest state. Money that was to go back to a customer is none of the shop's payouts."""
    if event.to == "customer":
        return
    names = {"in_shop": event.shop, "of_payout": event.payout}
    before = connection.execute(locked(connection, _STATUS), names).scalar()
    row = {
        "shop": event.shop, "payout": event.payout, "minor": event.amount.minor, "currency": event.amount.currency,
        "status": event.status, "reason": event.reason.text if event.reason else None, "arrives": event.arrives,
        "provider": event.provider, "at": event.at, "rank": _RANKS[event.status],
    }  # fmt: skip
    telling.fresh = connection.execute(upsert_newer(connection.dialect.name, payout), row).rowcount == 1
    if telling.fresh and before != event.status and event.status in _TURNS:
        telling.turned.add(_TURNS[event.status])
