"""How recipients reacted to Klaviyo's campaigns, by its reports."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.echoes import Echo, Totals, grown
from bot.core.echoes import body_of as totals_body
from bot.core.plans import understood
from bot.core.polling import Asked, Denied, Heard, Keep, Plan, Step
from bot.core.wild import Wild
from handlers.sources._klaviyo.calls import Page, all_pages

REPORTS: Final = "reports"
_REPORTED: Final = timedelta(days=10)
_STATISTICS: Final[dict[Echo, str]] = {
    "sent": "recipients",
    "bounced": "bounced",
    "complained": "spam_complaints",
    "unsubscribed": "unsubscribes",
    "failed": "failed",
}
_CHANNEL_NAMES: Final = {"push-notification": "push", "mobile_push": "push"}


def reports(asked: Asked) -> Plan:
    """How recipients reacted to the campaigns of the last days, in all. What a report says is told when it changed."""
    metric = str(asked.front.options.get("metric", "")) or asked.keys.get("metric") or (yield from _metric(asked))
    wanted = {
        "type": "campaign-values-report",
        "attributes": {
            "statistics": list(_STATISTICS.values()),
            "timeframe": {"start": (asked.now - _REPORTED).isoformat(), "end": asked.now.isoformat()},
            "conversion_metric_id": metric,
        },
    }
    rows: list[Totals] = []
    moments: list[datetime] = []

    def each(page: Page) -> Plan:
        with understood("a report is"):
            rows.extend(map(_totals, page.body["data"]["attributes"]["results"].list()))
        moments.append(page.at)
        yield from ()

    yield from all_pages(asked, "campaign-values-reports", (), each, "POST", {"data": wanted})
    news, cursor = grown(asked.cursor, _summed(rows))
    yield Heard(REPORTS, (totals_body(news),) if news else (), cursor, min(moments))


def _metric(asked: Asked) -> Generator[Step, Any, str]:
    """A report has to name something that people do in the end, though nothing is asked about it here: an order, or
    whatever else there is."""
    found: dict[str, str] = {}

    def each(page: Page) -> Plan:
        with understood("the metrics are"):
            found.update({row["attributes"]["name"].text_or(""): row["id"].id() for row in page.body["data"].list()})
        yield from ()

    yield from all_pages(asked, "metrics", (), each)
    metric = found.get("Placed Order") or next(iter(found.values()), "")
    if not metric:
        raise Denied(0, "the account has no metric, and no report can be made without one")
    yield Keep("metric", metric, asked.now + timedelta(days=1))
    return metric


def _totals(row: Wild) -> Totals:
    named, figures = row["groupings"], row["statistics"]
    channel = named["send_channel"].id_or("email")
    counts = {echo: max(figures[name].int(), 0) for echo, name in _STATISTICS.items() if figures[name]}
    return Totals(named["campaign_id"].id(), _CHANNEL_NAMES.get(channel, channel), counts)


def _summed(rows: list[Totals]) -> tuple[Totals, ...]:
    """A campaign may have several messages, with a row each."""
    whole: dict[str, Totals] = {}
    for row in rows:
        before = whole.get(row.campaign, Totals(row.campaign, row.channel, {}))
        counts = {echo: before.counts.get(echo, 0) + row.counts.get(echo, 0) for echo in _STATISTICS}
        whole[row.campaign] = Totals(row.campaign, row.channel, counts)
    return tuple(whole.values())
