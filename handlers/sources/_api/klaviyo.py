"""How Klaviyo is asked: its JSON:API with a private key, at a pinned revision.

There is no webhook of a campaign that is planned or sent, so campaigns are followed by polling: what is scheduled, and
what changed since the last run. The revision is pinned because the one of 2026-10-15 moves a campaign's state to its
messages. Reports may be asked for 225 times a day, twice a minute; one an hour is asked for.

Keys: api_key (a private key with the scopes campaigns:read, metrics:read and tags:read, and with webhooks:read and
webhooks:write where system webhooks are used), and webhook_secret, with which `floorwalker connect` makes the system
webhook: the same that the config names among the source's secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.delivery import Unparsable
from bot.core.echoes import Echo, Totals, grown
from bot.core.echoes import body_of as totals_body
from bot.core.forms_encoded import pairs
from bot.core.mailings import Followed, Mailing, State
from bot.core.mailings import body_of as mailings_body
from bot.core.plans import Asking, granted, in_utc, understood
from bot.core.polling import (
    Api,
    Asked,
    Call,
    Care,
    Denied,
    Heard,
    Keep,
    Pairs,
    Plan,
    Response,
    Step,
    Stream,
    Subscription,
)
from bot.core.wild import Wild, read

HOST: Final = "a.klaviyo.com"
REVISION: Final = "2026-07-15"
CAMPAIGNS: Final = "campaigns"
REPORTS: Final = "reports"

_BASE: Final = f"https://{HOST}/api/"
_CHANNELS: Final = ("email", "sms")
_MOST_PAGES: Final = 200
_FIRST: Final = timedelta(days=7)
_REPORTED: Final = timedelta(days=10)
_TAGS: Final = ("utm_campaign", "utm_content")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

# https://developers.klaviyo.com/en/reference/get_campaigns: the states of a campaign. Cancelled has several reasons.
_STATES: Final[dict[str, State]] = {
    **dict.fromkeys(("Scheduled", "Preparing to schedule", "Queued without Recipients"), "scheduled"),
    **dict.fromkeys(
        ("Adding Recipients", "Preparing to send", "Sending", "Sending Segments", "Variations Sent", "Sent"), "sent"
    ),
    "Draft": "withdrawn",
    "Cancelled": "withdrawn",
}  # fmt: skip
_STATISTICS: Final[dict[Echo, str]] = {
    "sent": "recipients",
    "bounced": "bounced",
    "complained": "spam_complaints",
    "unsubscribed": "unsubscribes",
    "failed": "failed",
}
_CHANNEL_NAMES: Final = {"push-notification": "push", "mobile_push": "push"}

# Reactions that system webhooks tell of, with the echo and the channel that each is; opens and clicks are no matter.
TOPICS: Final[dict[str, tuple[Echo, str]]] = {
    "event:klaviyo.bounced_email": ("bounced", "email"),
    "event:klaviyo.dropped_email": ("failed", "email"),
    "event:klaviyo.marked_email_as_spam": ("complained", "email"),
    "event:klaviyo.unsubscribed_from_email_marketing": ("unsubscribed", "email"),
    "event:klaviyo.failed_to_deliver_sms": ("failed", "sms"),
    "event:klaviyo.failed_to_deliver_automated_response_sms": ("failed", "sms"),
    "event:klaviyo.unsubscribed_from_sms_marketing": ("unsubscribed", "sms"),
    "event:klaviyo.bounced_push": ("bounced", "push"),
}


def _call(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: Any = None) -> Call:
    headers = {
        "authorization": f"Klaviyo-API-Key {asked.keys['api_key']}",
        "accept": "application/vnd.api+json",
        "revision": str(asked.front.options.get("revision", REVISION)),
    }
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers["content-type"] = "application/vnd.api+json"
    asks = method == "GET" or path.endswith("-reports")
    return Call(method, _BASE + path, params, headers, body=content, harmless=asks or method == "PATCH")


_WHY: Final = {
    400: "did not understand the question; is the option revision still served?",
    401: "the private key was refused",
    403: "the private key lacks a scope for this",
}


def _asked(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: Any = None, *also: int) -> Asking:
    response = yield _call(asked, path, params, method, body)
    return granted(response, f"{method} {path.partition('/')[0]}", _WHY, *also)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of an answer, and the parameter that leads to the next one, if there is one."""

    body: Wild
    at: datetime
    following: Pairs


def _page(response: Response) -> _Page:
    with understood("the answer is", response.status):
        body = read(response.body)
        return _Page(body, response.at, _following(body["links"]["next"].text_or("")))


def _following(link: str) -> Pairs:
    """Of the address of the next page only its cursor is taken, so that no answer can send the key elsewhere."""
    if not link:
        return ()
    if not link.startswith(_BASE):
        raise Denied(0, "the next page is at another address")
    query = pairs(link.partition("?")[2].encode("utf-8", "replace"))
    found = [(name, value) for name, value in query if name in ("page[cursor]", "page_cursor")]
    if len(found) != 1:
        raise Denied(0, "the address of the next page has no cursor")
    return tuple(found)


def _pages(
    asked: Asked, path: str, params: Pairs, each: Any, method: str = "GET", body: Any = None
) -> Generator[Step, Any, None]:
    """Asks for page after page; ``each(page)`` is a plan for one."""
    following: Pairs = ()
    for _ in range(_MOST_PAGES):
        page = _page((yield from _asked(asked, path, params + following, method, body)))
        yield from each(page)
        following = page.following
        if not following:
            return
    raise Denied(0, f"{path} has more than {_MOST_PAGES} pages")


def _named(row: Wild) -> str:
    """The id of a thing, which goes into addresses."""
    found = row["id"].id()
    if not _ID.fullmatch(found):
        raise Unparsable(f"{row['id'].path} is no id of Klaviyo's")
    return found


# Campaigns.


@dataclass(slots=True)
class _Run:
    """A run through the campaigns: what is remembered, and which of them are coming."""

    asked: Asked
    memory: Followed
    coming: set[str]

    def tell(self, page: _Page, channel: str) -> Plan:
        """A page's campaigns, as far as they are news."""
        with understood("a campaign is"):
            tags = {tag["id"].id(): tag["attributes"]["name"].text_or("") for tag in page.body["included"].each()}
            seen = [found for row in page.body["data"].list() if (found := self._mailing(row, channel, tags))]
        self.coming |= {mailing.id for mailing in seen if mailing.state == "scheduled"}
        yield from self.heard(seen, page.at)

    def heard(self, seen: list[Mailing], at: datetime) -> Plan:
        told = []
        for mailing in self.memory.news(seen):
            told.append((yield from self._estimated(mailing)))
        self.memory = self.memory.having(told)
        if told:
            yield Heard(CAMPAIGNS, (mailings_body(told),), self.memory.cursor(), at)

    def missed(self, mailing: Mailing) -> Plan:
        """Looks what became of a campaign that was coming and is no more."""
        response = yield from _asked(self.asked, f"campaigns/{mailing.id}", (("include", "tags"),), "GET", None, 404)
        if response.status == 404:
            yield from self.heard([replace(mailing, state="withdrawn")], response.at)
            return
        page = _page(response)
        one = Wild({"data": [page.body["data"].value], "included": page.body["included"].value or []})
        yield from self.tell(_Page(one, page.at, ()), mailing.channel)

    def _mailing(self, row: Wild, channel: str, tags: dict[str, str]) -> Mailing | None:
        """A campaign, or None when it says nothing to us: a draft, or a state that nobody knows yet."""
        id, plan = _named(row), row["attributes"]
        state = _STATES.get(plan["status"].text().partition(":")[0])
        known = self.memory.told.get(id)
        if state == "withdrawn":
            return replace(known, state=state) if known else None
        starts = plan["send_time"] or plan["send_strategy"]["datetime"] or plan["scheduled_at"]
        if state is None or not starts:
            return None
        return Mailing(id, plan["name"].text(), state, starts.moment(), channel, groups=_groups(row, tags))

    def _estimated(self, mailing: Mailing) -> Generator[Step, Any, Mailing]:
        """With how many it goes to, as far as Klaviyo has estimated that: it does so when somebody has it do so."""
        if mailing.state != "scheduled":
            return mailing
        path = f"campaign-recipient-estimations/{mailing.id}"
        response = yield from _asked(self.asked, path, (), "GET", None, 403, 404)
        if response.status != 200:
            return mailing
        try:
            count = read(response.body)["data"]["attributes"]["estimated_recipient_count"]
            return replace(mailing, audience=max(count.int(), 0)) if count else mailing
        except Unparsable:
            return mailing


def _groups(row: Wild, tags: dict[str, str]) -> tuple[str, ...]:
    """What a campaign says of what it promotes: its tags, and the names it gives to its links."""
    options = row["attributes"]["tracking_options"]
    links = (*options["utm_params"].each(), *options["custom_tracking_params"].each())
    given = [link["value"].text_or("") for link in links if link["name"].text_or("") in _TAGS and link["value"]]
    named = [tags.get(tag["id"].id(), "") for tag in row["relationships"]["tags"]["data"].each()]
    return tuple(dict.fromkeys(group.strip() for group in (*named, *given) if group.strip()))


def _campaigns(asked: Asked) -> Plan:
    run = _Run(asked, Followed.of(asked.cursor, asked.now - _FIRST), set())
    since = f"{in_utc(run.memory.since)}Z"
    for channel in _CHANNELS:
        for wanted in ("equals(status,'Scheduled')", f"greater-or-equal(updated_at,{since})"):
            params = (("filter", f"equals(messages.channel,'{channel}'),{wanted}"), ("include", "tags"))

            def each(page: _Page, channel: str = channel) -> Plan:
                return run.tell(page, channel)

            yield from _pages(asked, "campaigns", params, each)
    for mailing in run.memory.unseen(run.coming):
        yield from run.missed(mailing)
    yield Heard(CAMPAIGNS, (), run.memory.done(asked.now).cursor(), asked.now)


# Reports.


def _reports(asked: Asked) -> Plan:
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

    def each(page: _Page) -> Plan:
        with understood("a report is"):
            rows.extend(map(_totals, page.body["data"]["attributes"]["results"].list()))
        moments.append(page.at)
        yield from ()

    yield from _pages(asked, "campaign-values-reports", (), each, "POST", {"data": wanted})
    news, cursor = grown(asked.cursor, _summed(rows))
    yield Heard(REPORTS, (totals_body(news),) if news else (), cursor, min(moments))


def _metric(asked: Asked) -> Generator[Step, Any, str]:
    """A report has to name something that people do in the end, though nothing is asked about it here: an order, or
    whatever else there is."""
    found: dict[str, str] = {}

    def each(page: _Page) -> Plan:
        with understood("the metrics are"):
            found.update({row["attributes"]["name"].text_or(""): row["id"].id() for row in page.body["data"].list()})
        yield from ()

    yield from _pages(asked, "metrics", (), each)
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


# Webhooks.


@dataclass(frozen=True, slots=True)
class _Hook:
    """A system webhook of ours: one serves many topics."""

    id: str
    enabled: bool
    topics: frozenset[str]


def _care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    if not asked.front.options.get("system_webhooks"):
        return ()
    hooks: list[_Hook] = []

    def each(page: _Page) -> Plan:
        with understood("a webhook is"):
            rows = [row for row in page.body["data"].list() if row["attributes"]["endpoint_url"].text_or("") == address]
            hooks.extend(map(_hook, rows))
        yield from ()

    yield from _pages(asked, "webhooks", (("include", "webhook-topics"),), each)
    states = {topic: "disabled" for hook in hooks for topic in hook.topics}
    states |= {topic: "active" for hook in hooks if hook.enabled for topic in hook.topics}
    ill = frozenset(topic for topic in topics if states.get(topic) != "active")
    if ill:
        yield from _mend(asked, address, hooks[0] if hooks else None, ill)
    return tuple(
        Subscription(topic, "active", True)
        if topic in ill
        else Subscription(topic, "active" if states.get(topic) == "active" else "disabled")
        for topic in sorted({*states, *topics})
    )


def _hook(row: Wild) -> _Hook:
    topics = (topic["id"].id() for topic in row["relationships"]["webhook-topics"]["data"].each())
    return _Hook(_named(row), row["attributes"]["enabled"].flag(), frozenset(topics))


def _mend(asked: Asked, address: str, hook: _Hook | None, ill: frozenset[str]) -> Generator[Step, Any, None]:
    """Switches our webhook on with these topics as well, or makes one."""
    attributes: dict[str, Any] = {"enabled": True}
    if hook is None:
        secret = asked.keys.get("webhook_secret")
        if not secret:
            raise Denied(0, "a new webhook needs the key webhook_secret, the same that is among the source's secrets")
        attributes |= {"name": "Floorwalker", "endpoint_url": address, "secret_key": secret}
    wanted = sorted(ill | (hook.topics if hook else frozenset()))
    rows = [{"type": "webhook-topic", "id": topic} for topic in wanted]
    about: dict[str, Any] = {
        "type": "webhook",
        "attributes": attributes,
        "relationships": {"webhook-topics": {"data": rows}},
    }
    if hook is None:
        yield from _asked(asked, "webhooks", (), "POST", {"data": about})
    else:
        yield from _asked(asked, f"webhooks/{hook.id}", (), "PATCH", {"data": about | {"id": hook.id}})


API = Api(
    keys=(("api_key",), ("api_key", "webhook_secret")),
    advice="Klaviyo tells nobody of a campaign that is planned or sent; without keys none is known",
    hosts=lambda front: (HOST,),
    streams=(
        Stream("campaigns", timedelta(minutes=30), _campaigns),
        Stream("reports", timedelta(hours=1), _reports),
    ),
    wanted=lambda front: tuple(sorted(TOPICS)) if front.options.get("system_webhooks") else (),
    care=_care,
)
