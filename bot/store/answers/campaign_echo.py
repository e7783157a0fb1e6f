"""How recipients reacted, from the daily totals."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from sqlalchemy import bindparam, select

from bot.core.echoes import ECHOES
from bot.core.facts import EchoesOf
from bot.core.known import Echoes
from bot.store.dialect import cut
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.models.campaign_echo import ADDED, REPORTED
from bot.store.tables.shop import daily_total

# A report speaks of campaigns of the last ten days, so an older total is that of one that ended before the span began.
_BEFORE = timedelta(days=31)
_MEASURES = tuple(kind + echo for kind in (ADDED, REPORTED) for echo in ECHOES)
_ROWS = (
    select(daily_total.c.measure, daily_total.c.day, daily_total.c.value)
    .where(
        daily_total.c.shop == bindparam("in_shop"),
        daily_total.c.measure.in_(_MEASURES),
        daily_total.c.day >= bindparam("first"),
        daily_total.c.day <= bindparam("last"),
        daily_total.c.key == bindparam("of_subject"),
    )
    .order_by(daily_total.c.day)
)


@answering(EchoesOf)
def echoes_of(connection: Connection, query: EchoesOf, question: Question) -> Echoes:
    """The reactions of the span. Where a report says how many it was sent to, all figures are the reports', which are
    of one moment: reactions that are told one by one run ahead of a sending that is still being counted."""
    today = question.now.astimezone(question.shop.zone).date()
    first = (today - timedelta(days=query.days - 1)).isoformat()
    names = {
        "in_shop": question.shop.name,
        "first": (today - timedelta(days=query.days - 1) - _BEFORE).isoformat(),
        "last": today.isoformat(),
        "of_subject": cut(question.subject.id),
    }
    added: dict[str, int] = defaultdict(int)
    until: dict[str, int] = defaultdict(int)
    before: dict[str, int] = defaultdict(int)
    for row in connection.execute(_ROWS, names):
        kind, echo = row.measure.split("/")
        if f"{kind}/" == ADDED:
            added[echo] += row.value if row.day >= first else 0
        else:
            until[echo] = max(until[echo], row.value)
            before[echo] = until[echo] if row.day < first else before[echo]
    reported = {echo: until[echo] - before[echo] for echo in ECHOES}
    return Echoes(**(reported if reported["sent"] else {echo: added[echo] for echo in ECHOES}))
