"""Mailchimp: campaigns that are planned and sent, and how their recipients react, in counts.

A list's webhook tells of these types (choose campaign, cleaned and unsubscribe; the others are accepted and tell
nothing):

* campaign: it was sent, or its sending was cancelled.
* unsubscribe, cleaned: somebody left, complained, or could not be reached. They are counted by campaign, and nobody is
  told of one alone.
* subscribe, profile, upemail: nothing.

Campaigns that are planned, and reports, are read from Mailchimp's API (keys under ``api:``), since no webhook tells of
them.

Options: ``unsigned`` (true: deliveries without a signature are taken when the address ends in one of the source's
secrets, /webhooks/mailchimp/SECRET; for webhooks that do not sign), ``list`` (the id of the audience whose webhook is
cared for), ``datacenter`` ("us21"; otherwise the API key names it), ``days`` (for how many days a campaign works after
its sending; 3 by default).

Times of webhooks have no zone; they are taken as UTC. Names and merge fields of recipients are never read, and their
e-mail address serves only to tell two deliveries apart: of it a hash remains.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.core.delivery import Delivery, Greeting, Knock, Source, Unparsable, Unrouted, Unverified
from bot.core.echoes import Echo, read_totals
from bot.core.events import CampaignEchoed, Event
from bot.core.forms_encoded import only, read_form
from bot.core.mailings import DAYS_OPTION, Mailing, State, campaign, days_of, read_mailings
from bot.core.options import FLAG, matching, options_of
from bot.core.shopfront import Shopfront
from bot.core.signatures import Scheme, check, plain_key
from bot.core.signatures import sign as sign_body
from bot.core.wild import Wild, read
from handlers.sources._mailchimp.asked import API
from handlers.sources._mailchimp.calls import DATACENTER
from handlers.sources._mailchimp.campaigns import CAMPAIGNS
from handlers.sources._mailchimp.reports import REPORTS

# https://mailchimp.com/developer/marketing/api-concepts/webhooks/
_SCHEME: Final = Scheme(
    header="x-mailchimp-signature", signed="{timestamp}.{body}", prefix="v1=", separator=",", stamp="t="
)


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """By the signature where there is one. Without one the end of the address has to be a secret, and the config has to
    allow that."""
    if _SCHEME.header in delivery.headers or not shopfront.options.get("unsigned"):
        check((_SCHEME,), delivery, secrets, now)
        return
    given = delivery.path.encode(errors="replace")
    # Every secret is compared, so that the time taken does not tell which of them it was.
    if sum(hmac.compare_digest(plain_key(secret), given) for secret in secrets if secret) == 0:
        raise Unverified("the end of the address is not the secret")


def greet(knock: Knock, secrets: tuple[str, ...], shopfront: Shopfront) -> Greeting | None:
    """Mailchimp looks whether anybody is there before it makes a webhook. The answer is the same at every path, so that
    it tells nothing of a secret one."""
    return Greeting(200, "Mailchimp may deliver here.") if knock.method in ("GET", "HEAD") else None


def key(delivery: Delivery) -> str:
    """Made of what names the event, since Mailchimp gives no name: its type, its id, and when it was fired."""
    try:
        return _name(read_form(delivery.body))
    except Unparsable:
        return ""


def _name(form: Wild) -> str:
    """A hash, so that an e-mail address that had to serve as a part of it is not kept."""
    told = form["data"]
    parts = (
        form["type"].text(),
        told["id"].id_or("") or _stands_for(told),
        told["campaign_id"].id_or(""),
        form["fired_at"].text(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def _stands_for(told: Wild) -> str:
    """What stands for the id of a recipient who has none but an e-mail address."""
    who = f"{told['list_id'].id_or('')}/{told['email'].text_or('').lower()}"
    return hashlib.sha256(who.encode()).hexdigest()


_KEPT: Final = frozenset({"type", "fired_at"}) | {
    f"data[{name}]" for name in ("id", "list_id", "campaign_id", "action", "reason", "status", "subject")
}


def strip(delivery: Delivery) -> bytes:
    """What is read, alone. Where an e-mail address had to tell who reacted, a hash of it stands in the id's place."""
    if delivery.polled:
        return delivery.body
    try:
        told = read_form(delivery.body)["data"]
        if told["id"].id_or(""):
            return only(delivery.body, _KEPT)
        return only(delivery.body, _KEPT - {"data[id]"}) + f"&data[id]={_stands_for(told)}".encode()
    except Unparsable:
        return delivery.body


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers of a delivery as Mailchimp sends them. The type is in the body."""
    return {"content-type": "application/x-www-form-urlencoded"} | sign_body(_SCHEME, body, secret, now)


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """What the type of a webhook tells, or what a poll heard."""
    if delivery.polled:
        if delivery.polled not in _POLLED:
            raise Unrouted(f"topic {delivery.polled[:100]!r}")
        return _POLLED[delivery.polled](read(delivery.body), shopfront, delivery.received)
    form = read_form(delivery.body)
    type = form["type"].text()
    if type not in _TYPES:
        raise Unrouted(f"type {type[:100]!r}")
    return _TYPES[type](_Told(form, form["data"], form["fired_at"].utc(), shopfront))


@dataclass(frozen=True, slots=True)
class _Told:
    """A webhook's form, what it is about, when it was fired, and its place."""

    form: Wild
    about: Wild
    at: datetime
    front: Shopfront

    def echo(self, echo: Echo) -> tuple[Event, ...]:
        """One recipient more who reacted like this."""
        return (
            CampaignEchoed(
                **self.front.by,
                at=self.at,
                reference=_name(self.form),
                echo=echo,
                campaign=self.about["campaign_id"].id_or(""),
            ),
        )


def _unsubscribe(told: _Told) -> tuple[Event, ...]:
    """Somebody left by themselves; whom the shop deleted did not react to anything."""
    if told.about["action"].text_or("unsub") != "unsub":
        return ()
    return told.echo("complained" if told.about["reason"].text_or("") == "abuse" else "unsubscribed")


def _cleaned(told: _Told) -> tuple[Event, ...]:
    """Mailchimp took somebody off the list: the address does not exist, or they complained."""
    return told.echo("complained" if told.about["reason"].text_or("") == "abuse" else "bounced")


_SENDINGS: Final[Mapping[str, State]] = {"sent": "sent", "canceled": "withdrawn", "cancelled": "withdrawn"}


def _campaign(told: _Told) -> tuple[Event, ...]:
    """A campaign was sent just now, or will not be. More than that the webhook does not know, as the API does."""
    state = told.about["status"].among(_SENDINGS)
    mailing = Mailing(told.about["id"].id(), told.about["subject"].text_or(""), state, told.at)
    return (replace(campaign(mailing, told.front, told.at, days_of(told.front)), state_only=True),)


def _silent(told: _Told) -> tuple[Event, ...]:
    return ()


_TYPES: Final[Mapping[str, Callable[[_Told], tuple[Event, ...]]]] = {
    "unsubscribe": _unsubscribe,
    "cleaned": _cleaned,
    "campaign": _campaign,
    **dict.fromkeys(("subscribe", "profile", "upemail"), _silent),
}
_POLLED: Final[Mapping[str, Callable[[Wild, Shopfront, datetime], tuple[Event, ...]]]] = {
    CAMPAIGNS: read_mailings,
    REPORTS: read_totals,
}


options: Final = options_of(
    "mailchimp",
    {
        "unsigned": FLAG,
        "list": (matching("[A-Za-z0-9]{1,64}"), "the id of an audience, such as a6b5da1054"),
        "datacenter": (matching(DATACENTER.pattern), "what an API key ends in, such as us21"),
        "days": DAYS_OPTION,
    },
)

SOURCE = Source("mailchimp", verify, key, parse, sign, options, __doc__ or "", greet, API, strip)
