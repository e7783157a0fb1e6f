"""How recipients reacted to Mailchimp's campaigns, by its reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.core.echoes import Echo, Totals, grown
from bot.core.echoes import body_of as totals_body
from bot.core.plans import in_utc, understood
from bot.core.polling import Asked, Heard, Plan, Response
from bot.core.wild import Wild
from handlers.sources._mailchimp.calls import all_pages

REPORTS: Final = "reports"
_REPORTED: Final = timedelta(days=10)
_FIGURES: Final = "id,emails_sent,abuse_reports,unsubscribed,bounces"


def reports(asked: Asked) -> Plan:
    """How recipients reacted to the campaigns of the last days, in all. What a report says is told when it changed."""
    totals: list[Totals] = []
    answers: list[Response] = []

    def each(rows: tuple[Wild, ...], response: Response) -> Plan:
        with understood("a report is", response.status):
            totals.extend(map(_totals, rows))
        answers.append(response)
        yield from ()

    since = f"{in_utc(asked.now - _REPORTED)}+00:00"
    yield from all_pages(asked, "reports", "reports", _FIGURES, (("since_send_time", since),), each)
    news, cursor = grown(asked.cursor, totals)
    yield Heard(REPORTS, (totals_body(news),) if news else (), cursor, min(answer.at for answer in answers))


def _totals(row: Wild) -> Totals:
    """A bounce is what will not get better: soft bounces, such as a full mailbox, are tried again by Mailchimp."""
    lost = sum(_count(row["bounces"][kind]) for kind in ("hard_bounces", "syntax_errors"))
    counts: dict[Echo, int] = {
        "sent": _count(row["emails_sent"]),
        "bounced": lost,
        "complained": _count(row["abuse_reports"]),
        "unsubscribed": _count(row["unsubscribed"]),
    }
    return Totals(row["id"].id(), "email", counts)


def _count(figure: Wild) -> int:
    return max(figure.int(), 0) if figure else 0
