"""How recipients of campaigns react, by campaign and local day, among the daily totals.

Two measures of each echo are kept apart, because they may tell of the same people: ``echo/bounced`` adds up what was
told one by one, ``echoed/bounced`` is the highest total that a report has given by the end of that day. A total is
never added, so it may be told again, late or in another order.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from bot.core.echoes import SO_FAR
from bot.core.events import CampaignEchoed
from bot.store.dialect import add, cut, upsert
from bot.store.engine import Connection
from bot.store.models import Stage, Telling, applies
from bot.store.tables.shop import daily_total

ADDED = "echo/"
REPORTED = "echoed/"

_NOW = select(daily_total.c.value).where(
    daily_total.c.shop == bindparam("in_shop"),
    daily_total.c.measure == bindparam("of_measure"),
    daily_total.c.day == bindparam("on_day"),
    daily_total.c.key == bindparam("of_subject"),
)


@applies(CampaignEchoed, stage=Stage.WRITTEN)
def tell(connection: Connection, event: CampaignEchoed, telling: Telling) -> None:
    """Adds an echo to its day, or raises the total of that day to the one that was reported."""
    if event.count <= 0:
        return
    total = event.reference == SO_FAR
    row = {
        "shop": event.shop, "measure": (REPORTED if total else ADDED) + event.echo, "day": telling.day.isoformat(),
        "key": cut(event.subject.id), "value": event.count,
    }  # fmt: skip
    if not total:
        connection.execute(add(connection.dialect.name, daily_total, "value"), row)
    elif event.count > _known(connection, row):
        connection.execute(upsert(connection.dialect.name, daily_total, ("value",)), row)


def _known(connection: Connection, row: dict[str, object]) -> int:
    names = {
        "in_shop": row["shop"], "of_measure": row["measure"], "on_day": row["day"], "of_subject": row["key"],
    }  # fmt: skip
    return int(connection.execute(_NOW, names).scalar() or 0)
