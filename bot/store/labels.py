"""What a shop knows of a SKU besides its id, and which SKUs are labelled so."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, and_, bindparam, func, select

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
_KEYS = select(item_group.c.key).where(item_group.c.shop == bindparam("in_shop")).distinct().order_by(item_group.c.key)


def labels(connection: Connection, shop: str, subject: Subject) -> Labels:
    """The labels of a SKU; none of anything else."""
    if subject.about != "sku":
        return NO_LABELS
    names = {"in_shop": shop, "of_sku": cut(subject.id)}
    groups, places = (tuple(connection.execute(query, names).scalars()) for query in (_GROUPS, _LOCATIONS))
    return Labels(groups, places)


def keys(connection: Connection, shop: str) -> tuple[str, ...]:
    """What the shop's goods are labelled with, by their keys."""
    return tuple(connection.execute(_KEYS, {"in_shop": shop}).scalars())


def bearing(connection: Connection, shop: str, keys: Sequence[str], after: str, most: int) -> list[str]:
    """The next SKUs that bear one of the keys, in the order of their names."""
    query = _bearing(shop, keys).where(item.c.sku > after).order_by(item.c.sku).limit(most)
    return [str(sku) for sku in connection.execute(query).scalars()]


def many(connection: Connection, shop: str, keys: Sequence[str]) -> int:
    """How many SKUs bear one of the keys."""
    return connection.execute(select(func.count()).select_from(_bearing(shop, keys).subquery())).scalar_one()


def _bearing(shop: str, keys: Sequence[str]) -> Select[tuple[str]]:
    bears = (item_group.c.shop == shop, item_group.c.key.in_(keys))
    return select(item.c.sku).join(item_group, _SAME_ITEM).where(*bears).distinct()
