"""How Mailchimp's campaigns are followed: what is coming, and what became of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from bot.core.campaigns import linked
from bot.core.delivery import Unparsable
from bot.core.mailings import Followed, Mailing, State
from bot.core.mailings import body_of as mailings_body
from bot.core.plans import in_utc, object_in, understood
from bot.core.polling import Asked, Heard, Pairs, Plan, Response, Step
from bot.core.wild import Wild
from handlers.sources._mailchimp.calls import ID, all_pages, asked_for, read_answer

CAMPAIGNS: Final = "campaigns"
_FIRST: Final = timedelta(days=7)
_FIELDS: Final = (
    "id,status,send_time,recipients.recipient_count,settings.title,settings.subject_line,tracking.google_analytics"
)
# https://mailchimp.com/developer/marketing/api/campaigns/: the states of a campaign.
_STATES: Final[dict[str, State]] = {
    "schedule": "scheduled",
    "sending": "sent",
    "sent": "sent",
    "save": "withdrawn",
    "paused": "withdrawn",
    "canceled": "withdrawn",
    "canceling": "withdrawn",
}


@dataclass(slots=True)
class _Run:
    """A run through the campaigns: what is remembered, and which of them are coming."""

    asked: Asked
    memory: Followed
    coming: set[str]

    def tell(self, rows: tuple[Wild, ...], response: Response) -> Plan:
        """A page's campaigns, as far as they are news."""
        with understood("a campaign is", response.status):
            seen = [found for row in rows if (found := self._mailing(row))]
        self.coming |= {mailing.id for mailing in seen if mailing.state == "scheduled"}
        yield from self.heard(self.memory.news(seen), response)

    def heard(self, news: tuple[Mailing, ...], response: Response) -> Plan:
        told = []
        for mailing in news:
            told.append((yield from self._read(mailing)))
        self.memory = self.memory.having(told)
        if told:
            yield Heard(CAMPAIGNS, (mailings_body(told),), self.memory.cursor(), response.at)

    def missed(self, mailing: Mailing) -> Plan:
        """Looks what became of a campaign that was coming and is no more."""
        response = yield from asked_for(self.asked, f"campaigns/{mailing.id}", (("fields", _FIELDS),), "GET", None, 404)
        if response.status == 404:
            yield from self.heard((replace(mailing, state="withdrawn"),), response)
        else:
            yield from self.tell((read_answer(response),), response)

    def _read(self, mailing: Mailing) -> Generator[Step, Any, Mailing]:
        """With the pages that it links to. Not every kind of campaign has a content that can be read."""
        if mailing.state == "withdrawn":
            return mailing
        path, fields = f"campaigns/{mailing.id}/content", (("fields", "plain_text,html"),)
        response = yield from asked_for(self.asked, path, fields, "GET", None, 400, 403, 404)
        content = object_in(response.body)
        return replace(mailing, pages=linked(content.get("html")) or linked(content.get("plain_text")))

    def _mailing(self, row: Wild) -> Mailing | None:
        """A campaign, or None when it says nothing to us."""
        id, named = row["id"].id(), row["settings"]
        if not ID.fullmatch(id):
            raise Unparsable(f"{row['id'].path} is no id of Mailchimp's")
        state, known = _STATES.get(row["status"].text_or("")), self.memory.told.get(id)
        if state == "withdrawn":
            return replace(known, state=state) if known else None
        starts, count = row["send_time"], row["recipients"]["recipient_count"]
        if state is None or not starts.text_or(""):
            return None
        group = row["tracking"]["google_analytics"].text_or("").strip()
        return Mailing(
            id=id,
            name=named["title"].text_or("") or named["subject_line"].text_or(""),
            state=state,
            starts=starts.moment(),
            audience=max(count.int(), 0) if count else None,
            groups=(group,) if group else (),
        )


def campaigns(asked: Asked) -> Plan:
    """What is scheduled, is going out or went out lately; then what became of what is coming no more."""
    run = _Run(asked, Followed.of(asked.cursor, asked.now - _FIRST), set())
    since = (("since_send_time", f"{in_utc(run.memory.since)}+00:00"),)
    queries: tuple[Pairs, ...] = (
        (("status", "schedule"),),
        (("status", "sending"),),
        (("status", "sent"), *since),
    )
    for query in queries:
        yield from all_pages(asked, "campaigns", "campaigns", _FIELDS, query, run.tell)
    for mailing in run.memory.unseen(run.coming):
        yield from run.missed(mailing)
    yield Heard(CAMPAIGNS, (), run.memory.done(asked.now).cursor(), asked.now)
