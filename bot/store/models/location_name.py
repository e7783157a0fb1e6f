"""What people call the locations whose stock levels have a platform's own ids for names."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func

from bot.core.events import LocationNamed
from bot.store.dialect import cut, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.tables.shop import location_name as names
from bot.store.tables.shop import stock_level as levels

OF_LEVEL = and_(names.c.shop == levels.c.shop, names.c.source == levels.c.source, names.c.location == levels.c.location)
"""Joins a stock level, on the outside, to the name of its location."""
SHOWN: ColumnElement[str] = func.coalesce(names.c.name, levels.c.location)
"""What the location of a level so joined is called."""


@applies(LocationNamed)
def tell(connection: Connection, event: LocationNamed, telling: Telling) -> None:
    """Keeps the newest name."""
    row = {
        "shop": event.shop, "source": event.source, "location": event.location, "name": cut(event.name.text),
        "at": event.at,
    }  # fmt: skip
    telling.fresh = connection.execute(upsert_newer(connection.dialect.name, names), row).rowcount == 1
