"""How fast each SKU sells: the sales memory of core, moved on by each sale and by each look at the stock."""

from __future__ import annotations

from bot.core.demand import Demand, sold, stocked
from bot.core.events import ItemSold, StockChanged
from bot.store.codec import dump, load
from bot.store.engine import Connection
from bot.store.models import Stage, Telling, applies
from bot.store.models.sku import known


@applies(ItemSold, stage=Stage.DERIVED)
def sale(connection: Connection, event: ItemSold, telling: Telling) -> None:
    """Units ordered, once an order and SKU."""
    if "sold" in telling.turned:
        _learn(telling, sold(_memory(connection, telling), telling.day, event.quantity))


@applies(StockChanged, stage=Stage.DERIVED)
def look(connection: Connection, event: StockChanged, telling: Telling) -> None:
    """Days without stock say nothing about demand, so the memory has to know of them."""
    if "level" in telling.turned:
        _learn(telling, stocked(_memory(connection, telling), telling.day, telling.in_stock))


def _memory(connection: Connection, telling: Telling) -> Demand:
    before = known(connection, telling)
    if before is None or before["demand"] is None:
        return Demand(day=telling.day)
    return load(Demand, before["demand"])


def _learn(telling: Telling, memory: Demand) -> None:
    telling.learnt.update(demand=dump(memory), rate=memory.rate())
