"""What a shop knows of a SKU besides its id, for routes that ask for it."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, select

from bot.core.settings import NO_LABELS, Labels
from bot.core.subject import Subject
from bot.store.dialect import cut
from bot.store.engine import Connection
from bot.store.models.location_name import OF_LEVEL, SHOWN
from bot.store.tables.shop import item, item_group, location_name, stock_level

_SAME_ITEM = and_(
    item_group.c.shop == item.c.shop, item_group.c.source == item.c.source, item_group.c.item == item.c.item
)
_GROUPS = (
    select(item_group.c.key)
    .join(item, _SAME_ITEM)
    .where(item.c.shop == bindparam("in_shop"), item.c.sku == bindparam("of_sku"))
    .distinct()
    .order_by(item_group.c.key)
)
_LOCATIONS = (
    select(SHOWN)
    .select_from(stock_level.outerjoin(location_name, OF_LEVEL))
    .where(
        stock_level.c.shop == bindparam("in_shop"),
        stock_level.c.sku == bindparam("of_sku"),
        stock_level.c.gone.is_(False),
    )
    .order_by(SHOWN)
)


def labels(connection: Connection, shop: str, subject: Subject) -> Labels:
    """The labels of a SKU; none of anything else."""
    if subject.about != "sku":
        return NO_LABELS
    names = {"in_shop": shop, "of_sku": cut(subject.id)}
    groups, places = (tuple(connection.execute(query, names).scalars()) for query in (_GROUPS, _LOCATIONS))
    return Labels(groups, places)
