"""How Mailchimp is asked: its Marketing API 3.0, with a key that names its data centre at its end (``...-us21``).

No webhook tells of a campaign that is planned, so campaigns are followed by polling, as are the reports. Lists come in
pages by offset, 1,000 at most. Mailchimp allows ten connections at once, of which one is used, and says that it is too
much by 429 or by a 403 without its usual body.

Keys: api_key (or access_token, with the option datacenter); and webhook_secret where the option ``unsigned`` is used,
with which `floorwalker connect` makes the list's webhook below a secret path: one of the source's secrets.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from bot.core.delivery import Shopfront, Unparsable
from bot.core.echoes import Echo, Totals, grown
from bot.core.echoes import body_of as totals_body
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
    Pairs,
    Plan,
    Response,
    Rest,
    Step,
    Stream,
    Subscription,
)
from bot.core.wild import Wild, read

CAMPAIGNS: Final = "campaigns"
REPORTS: Final = "reports"
TYPES: Final = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
WANTED: Final = ("campaign", "cleaned", "unsubscribe")
PAGE: Final = 1000

_DOMAIN: Final = ".api.mailchimp.com"
DATACENTER = re.compile(r"[a-z]{2}[0-9]{1,3}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PATH = re.compile(r"[A-Za-z0-9._~-]{16,200}")
_MOST_PAGES: Final = 50
_ATTEMPTS: Final = 3
_TOO_MUCH: Final = Rest(60)
_FIRST: Final = timedelta(days=7)
_REPORTED: Final = timedelta(days=10)
_FIELDS: Final = (
    "id,status,send_time,recipients.recipient_count,settings.title,settings.subject_line,tracking.google_analytics"
)
_FIGURES: Final = "id,emails_sent,abuse_reports,unsubscribed,bounces"

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


def hosts(front: Shopfront) -> tuple[str, ...]:
    """The data centre's host, or all of Mailchimp's while only the key names it."""
    return (f"{front.options.get('datacenter', '')}{_DOMAIN}",)


def _base(asked: Asked) -> str:
    """Where the account lives."""
    _, _, suffix = asked.keys.get("api_key", "").rpartition("-")
    place = str(asked.front.options.get("datacenter") or suffix)
    if not DATACENTER.fullmatch(place):
        raise Denied(0, "the API key does not end in its data centre (-us21), nor does the option datacenter name it")
    return f"https://{place}{_DOMAIN}/3.0/"


def _headers(asked: Asked) -> dict[str, str]:
    if "access_token" in asked.keys:
        return {"authorization": f"Bearer {asked.keys['access_token']}"}
    basic = base64.b64encode(f"floorwalker:{asked.keys['api_key']}".encode()).decode()
    return {"authorization": f"Basic {basic}"}


_WHY: Final = {
    401: "the key was refused",
    403: "the key may not do this",
    404: "there is no such thing; is the option list right?",
}


def _asked(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: Any = None, *also: int) -> Asking:
    """The answer to a call. Raises Denied in words for the operators unless it is 2xx or one of ``also``."""
    headers = _headers(asked)
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers["content-type"] = "application/json"
    call = Call(method, _base(asked) + path, params, headers, body=content, harmless=method != "POST")
    for _ in range(_ATTEMPTS):
        response: Response = yield call
        if response.status != 403 or _explained(response):
            break
        yield _TOO_MUCH
    return granted(response, f"{method} {path.partition('/')[0]}", _WHY, *also)


def _explained(response: Response) -> bool:
    """Whether the answer is Mailchimp's own and not that of the wall before it, which lets nobody through for a while
    who came too often."""
    try:
        return bool(read(response.body)["status"])
    except Unparsable:
        return False


def _read(response: Response) -> Wild:
    with understood("the answer is", response.status):
        return read(response.body)


def _pages(asked: Asked, path: str, rows: str, fields: str, params: Pairs, each: Any) -> Generator[Step, Any, None]:
    """Asks for page after page; ``each(rows, response)`` is a plan for one. Reading on past the end of a list is cheap,
    and a list that shifts meanwhile is read again by the next run."""
    named = ",".join(f"{rows}.{field}" for field in fields.split(","))
    for number in range(_MOST_PAGES):
        place = (("count", str(PAGE)), ("offset", str(number * PAGE)), ("fields", named))
        response = yield from _asked(asked, path, params + place)
        with understood("the answer is", response.status):
            found = read(response.body)[rows].list()
        yield from each(found, response)
        if len(found) < PAGE:
            return
    raise Denied(0, f"{path} has more than {_MOST_PAGES} pages")


# Campaigns.


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

    def heard(self, told: tuple[Mailing, ...], response: Response) -> Plan:
        self.memory = self.memory.having(told)
        if told:
            yield Heard(CAMPAIGNS, (mailings_body(told),), self.memory.cursor(), response.at)

    def missed(self, mailing: Mailing) -> Plan:
        """Looks what became of a campaign that was coming and is no more."""
        response = yield from _asked(self.asked, f"campaigns/{mailing.id}", (("fields", _FIELDS),), "GET", None, 404)
        if response.status == 404:
            yield from self.heard((replace(mailing, state="withdrawn"),), response)
        else:
            yield from self.tell((_read(response),), response)

    def _mailing(self, row: Wild) -> Mailing | None:
        """A campaign, or None when it says nothing to us."""
        id, named = row["id"].id(), row["settings"]
        if not _ID.fullmatch(id):
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


def _campaigns(asked: Asked) -> Plan:
    run = _Run(asked, Followed.of(asked.cursor, asked.now - _FIRST), set())
    since = (("since_send_time", f"{in_utc(run.memory.since)}+00:00"),)
    queries: tuple[Pairs, ...] = (
        (("status", "schedule"),),
        (("status", "sending"),),
        (("status", "sent"), *since),
    )
    for query in queries:
        yield from _pages(asked, "campaigns", "campaigns", _FIELDS, query, run.tell)
    for mailing in run.memory.unseen(run.coming):
        yield from run.missed(mailing)
    yield Heard(CAMPAIGNS, (), run.memory.done(asked.now).cursor(), asked.now)


# Reports.


def _reports(asked: Asked) -> Plan:
    """How recipients reacted to the campaigns of the last days, in all. What a report says is told when it changed."""
    totals: list[Totals] = []
    answers: list[Response] = []

    def each(rows: tuple[Wild, ...], response: Response) -> Plan:
        with understood("a report is", response.status):
            totals.extend(map(_totals, rows))
        answers.append(response)
        yield from ()

    since = f"{in_utc(asked.now - _REPORTED)}+00:00"
    yield from _pages(asked, "reports", "reports", _FIGURES, (("since_send_time", since),), each)
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


# Webhooks.


@dataclass(frozen=True, slots=True)
class _Hook:
    """A webhook of a list that delivers to us, and the types of events that it sends."""

    id: str
    signed: bool
    types: frozenset[str]


def _care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """The webhooks of the option ``list``, by their address: ours, or a secret path below it."""
    audience = asked.front.options.get("list")
    if not audience:
        if topics:
            raise Denied(0, "the option list does not say whose webhooks these are")
        return ()
    path = f"lists/{audience}/webhooks"
    response = yield from _asked(asked, path)
    with understood("a webhook is", response.status):
        rows = _read(response)["webhooks"].each()
        hooks = [_hook(row) for row in rows if f"{row['url'].text_or('')}/".startswith(f"{address}/")]
    active = {type for hook in hooks for type in hook.types}
    ill = topics - active
    if ill:
        yield from _mend(asked, path, address, hooks[0] if hooks else None, frozenset(ill))
    unsigned = any(not hook.signed for hook in hooks) and not asked.front.options.get("unsigned")
    note = "its deliveries are not signed, and the option unsigned is not set" if unsigned else ""
    return tuple(
        Subscription(type, "active", type in ill, note if type in active else "") for type in sorted(active | topics)
    )


def _hook(row: Wild) -> _Hook:
    id = row["id"].id()
    if not _ID.fullmatch(id):
        raise Unparsable(f"{row['id'].path} is no id of Mailchimp's")
    types = frozenset(type for type in TYPES if row["events"][type].flag())
    return _Hook(id, row["signing_enabled"].flag(), types)


def _mend(asked: Asked, path: str, address: str, hook: _Hook | None, ill: frozenset[str]) -> Generator[Step, Any, None]:
    """Has our webhook send these types as well, or makes one below a secret path.

    A webhook that signs is not made here. Its secret is in the answer that makes it and nowhere else, so it would have
    to be written down by a bot that is not to show secrets, and until it is in the config every delivery is refused.
    """
    wanted = ill | (hook.types if hook else frozenset())
    events = {type: type in wanted for type in TYPES}
    if hook is not None:
        yield from _asked(asked, f"{path}/{hook.id}", (), "PATCH", {"events": events})
        return
    secret = asked.keys.get("webhook_secret", "")
    if not (_PATH.fullmatch(secret) and asked.front.options.get("unsigned")):
        raise Denied(
            0,
            "Mailchimp shows the signing secret of a new webhook once, to whoever makes it: make it by hand with"
            " signing enabled. To have it made, set the option unsigned and give the key webhook_secret (16 or more"
            " letters and digits)",
        )
    sources = {"user": True, "admin": True, "api": True}
    about = {"url": f"{address}/{secret}", "events": events, "sources": sources, "signing_enabled": False}
    yield from _asked(asked, path, (), "POST", about)


API = Api(
    keys=(
        ("api_key",),
        ("api_key", "webhook_secret"),
        ("access_token",),
        ("access_token", "webhook_secret"),
    ),
    advice="Mailchimp tells nobody of a campaign that is planned; without keys it is known when it has been sent",
    hosts=hosts,
    streams=(
        Stream("campaigns", timedelta(minutes=30), _campaigns),
        Stream("reports", timedelta(hours=1), _reports),
    ),
    wanted=lambda front: WANTED if front.options.get("list") else (),
    care=_care,
)
