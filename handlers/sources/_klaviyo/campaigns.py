"""How Klaviyo's campaigns are followed: what is scheduled, and what changed since the last run."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.campaigns import MOST_PAGES, linked
from bot.core.delivery import Unparsable
from bot.core.mailings import Followed, Mailing, State
from bot.core.mailings import body_of as mailings_body
from bot.core.plans import an_object, in_utc, object_in, understood
from bot.core.polling import Asked, Heard, Plan, Step
from bot.core.wild import Wild, read
from handlers.sources._klaviyo.calls import Page, all_pages, asked_for, id_of, page_of

CAMPAIGNS: Final = "campaigns"
_CHANNELS: Final = ("email", "sms")
_FIRST: Final = timedelta(days=7)
# A mailing that is tried out in several versions has a message for each.
_MOST_MESSAGES: Final = 5
_TAGS: Final = ("utm_campaign", "utm_content")
# https://developers.klaviyo.com/en/reference/get_campaigns: the states of a campaign. Cancelled has several reasons.
_STATES: Final[dict[str, State]] = {
    **dict.fromkeys(("Scheduled", "Preparing to schedule", "Queued without Recipients"), "scheduled"),
    **dict.fromkeys(
        ("Adding Recipients", "Preparing to send", "Sending", "Sending Segments", "Variations Sent", "Sent"), "sent"
    ),
    "Draft": "withdrawn",
    "Cancelled": "withdrawn",
}  # fmt: skip


@dataclass(slots=True)
class _Run:
    """A run through the campaigns: what is remembered, which of them are coming, and the messages of each."""

    asked: Asked
    memory: Followed
    coming: set[str]
    messages: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def tell(self, page: Page, channel: str) -> Plan:
        """A page's campaigns, as far as they are news."""
        with understood("a campaign is"):
            tags = {tag["id"].id(): tag["attributes"]["name"].text_or("") for tag in page.body["included"].each()}
            seen = [found for row in page.body["data"].list() if (found := self._mailing(row, channel, tags))]
        self.coming |= {mailing.id for mailing in seen if mailing.state == "scheduled"}
        yield from self.heard(seen, page.at)

    def heard(self, seen: list[Mailing], at: datetime) -> Plan:
        told = []
        for mailing in self.memory.news(seen):
            told.append((yield from self._read((yield from self._estimated(mailing)))))
        self.memory = self.memory.having(told)
        if told:
            yield Heard(CAMPAIGNS, (mailings_body(told),), self.memory.cursor(), at)

    def missed(self, mailing: Mailing) -> Plan:
        """Looks what became of a campaign that was coming and is no more."""
        response = yield from asked_for(self.asked, f"campaigns/{mailing.id}", (("include", "tags"),), "GET", None, 404)
        if response.status == 404:
            yield from self.heard([replace(mailing, state="withdrawn")], response.at)
            return
        page = page_of(response)
        one = Wild({"data": [page.body["data"].value], "included": page.body["included"].value or []})
        yield from self.tell(Page(one, page.at, ()), mailing.channel)

    def _mailing(self, row: Wild, channel: str, tags: dict[str, str]) -> Mailing | None:
        """A campaign, or None when it says nothing to us: a draft, or a state that nobody knows yet."""
        id, plan = id_of(row), row["attributes"]
        state = _STATES.get(plan["status"].text().partition(":")[0])
        known = self.memory.told.get(id)
        if state == "withdrawn":
            return replace(known, state=state) if known else None
        starts = plan["send_time"] or plan["send_strategy"]["datetime"] or plan["scheduled_at"]
        if state is None or not starts:
            return None
        self.messages[id] = tuple(map(id_of, row["relationships"]["campaign-messages"]["data"].each()))[:_MOST_MESSAGES]
        return Mailing(id, plan["name"].text(), state, starts.moment(), channel, groups=_groups(row, tags))

    def _estimated(self, mailing: Mailing) -> Generator[Step, Any, Mailing]:
        """With how many it goes to, as far as Klaviyo has estimated that: it does so when somebody has it do so."""
        if mailing.state != "scheduled":
            return mailing
        path = f"campaign-recipient-estimations/{mailing.id}"
        response = yield from asked_for(self.asked, path, (), "GET", None, 403, 404)
        if response.status != 200:
            return mailing
        try:
            count = read(response.body)["data"]["attributes"]["estimated_recipient_count"]
            return replace(mailing, audience=max(count.int(), 0)) if count else mailing
        except Unparsable:
            return mailing

    def _read(self, mailing: Mailing) -> Generator[Step, Any, Mailing]:
        """With the pages that its mails link to, as far as the key may read templates."""
        pages: list[str] = []
        for message in self.messages.get(mailing.id, ()) if mailing.channel == "email" else ():
            path = f"campaign-messages/{message}/template"
            response = yield from asked_for(self.asked, path, (), "GET", None, 403, 404)
            content = an_object(an_object(object_in(response.body).get("data")).get("attributes"))
            pages += linked(content.get("html")) or linked(content.get("text"))
        return replace(mailing, pages=tuple(dict.fromkeys(pages))[:MOST_PAGES])


def _groups(row: Wild, tags: dict[str, str]) -> tuple[str, ...]:
    """What a campaign says of what it promotes: its tags, and the names it gives to its links."""
    options = row["attributes"]["tracking_options"]
    links = (*options["utm_params"].each(), *options["custom_tracking_params"].each())
    given = [link["value"].text_or("") for link in links if link["name"].text_or("") in _TAGS and link["value"]]
    named = [tags.get(tag["id"].id(), "") for tag in row["relationships"]["tags"]["data"].each()]
    return tuple(dict.fromkeys(group.strip() for group in (*named, *given) if group.strip()))


def campaigns(asked: Asked) -> Plan:
    """What is scheduled, and what changed lately, channel by channel; then what became of what is coming no more."""
    run = _Run(asked, Followed.of(asked.cursor, asked.now - _FIRST), set())
    since = f"{in_utc(run.memory.since)}Z"
    for channel in _CHANNELS:
        for wanted in ("equals(status,'Scheduled')", f"greater-or-equal(updated_at,{since})"):
            params = (("filter", f"equals(messages.channel,'{channel}'),{wanted}"), ("include", "tags"))

            def each(page: Page, channel: str = channel) -> Plan:
                return run.tell(page, channel)

            yield from all_pages(asked, "campaigns", params, each)
    for mailing in run.memory.unseen(run.coming):
        yield from run.missed(mailing)
    yield Heard(CAMPAIGNS, (), run.memory.done(asked.now).cursor(), asked.now)
