"""How sound the way between each platform and us is, aspect by aspect."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from bot.core.events import SourceChanged
from bot.store.dialect import locked, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.tables.asking import source_aspect as aspects

_BEFORE = select(aspects.c.sound, aspects.c.since).where(
    aspects.c.shop == bindparam("in_shop"),
    aspects.c.source == bindparam("by"),
    aspects.c.aspect == bindparam("of_aspect"),
)


@applies(SourceChanged)
def tell(connection: Connection, event: SourceChanged, telling: Telling) -> None:
    """Keeps the newest word on the aspect; of two of one moment the bad one stands."""
    names = {"in_shop": event.shop, "by": event.source, "of_aspect": event.aspect}
    before = connection.execute(locked(connection, _BEFORE), names).first()
    lasts = before is not None and before.sound == event.sound
    row = {
        "shop": event.shop, "source": event.source, "aspect": event.aspect, "sound": event.sound,
        "note": event.note.text if event.note else None, "since": before.since if before and lasts else event.at,
        "at": event.at, "rank": int(not event.sound),
    }  # fmt: skip
    telling.fresh = connection.execute(upsert_newer(connection.dialect.name, aspects), row).rowcount == 1
