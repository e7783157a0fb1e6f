"""What Mailchimp's webhooks prove and tell."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.core.delivery import POLLED, Delivery, Knock, Unparsable, Unrouted, Unverified
from bot.core.events import CampaignChanged, CampaignEchoed, Event
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from handlers.sources.mailchimp import SOURCE

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SECRET, OTHER = "two-cups-of-tea-please", "or-rather-three-of-them"
UNSIGNED = Shopfront("mailchimp", "leaf", options={"unsigned": True})
FRONT = Shopfront("mailchimp", "leaf")


def form(type: str, **about: str) -> bytes:
    fired = about.pop("fired_at", "2026-11-20 10:14:05")
    return urlencode(
        [("type", type), ("fired_at", fired), *((f"data[{name}]", value) for name, value in about.items())]
    ).encode()


LEFT = form(
    "unsubscribe", id="77ab", list_id="7e1ab2c3d4", email="pii@pii.example", reason="manual", campaign_id="5c0ffee"
)


def delivery(body: bytes, path: str = "", headers: dict[str, str] | None = None) -> Delivery:
    return Delivery("mailchimp", headers or {}, body, NOW, path)


def told(body: bytes) -> tuple[Event, ...]:
    return SOURCE.parse(delivery(body), FRONT)


# Proof.


def test_a_secret_path_proves_an_unsigned_delivery_where_the_config_allows_it() -> None:
    SOURCE.verify(delivery(LEFT, SECRET), (OTHER, SECRET), NOW, UNSIGNED)
    with pytest.raises(Unverified, match="x-mailchimp-signature is missing"):
        SOURCE.verify(delivery(LEFT, SECRET), (SECRET,), NOW, FRONT)


@pytest.mark.parametrize("path", ["", OTHER, SECRET + "/", SECRET.upper(), "é", "\udcff"])
@pytest.mark.parametrize("secrets", [(), ("",), (SECRET,)])
def test_any_other_path_proves_nothing(path: str, secrets: tuple[str, ...]) -> None:
    with pytest.raises(Unverified, match="the end of the address is not the secret"):
        SOURCE.verify(delivery(LEFT, path), secrets, NOW, UNSIGNED)


def test_a_signature_that_is_there_has_to_be_right_also_below_the_secret_path() -> None:
    headers = SOURCE.sign("unsubscribe", LEFT, OTHER, NOW, UNSIGNED)
    with pytest.raises(Unverified, match="does not match"):
        SOURCE.verify(delivery(LEFT, SECRET, headers), (SECRET,), NOW, UNSIGNED)
    SOURCE.verify(delivery(LEFT, "", headers), (OTHER,), NOW, UNSIGNED)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_whoever_looks_whether_anybody_is_there_hears_yes_at_every_path(method: Any) -> None:
    assert SOURCE.greet is not None
    answers = [SOURCE.greet(Knock(method, {}, path=path), (SECRET,), UNSIGNED) for path in ("", SECRET, OTHER)]
    assert answers[0] == answers[1] == answers[2]
    assert (answers[0] is not None and answers[0].status == 200) == (method in ("GET", "HEAD"))


# Names.


def test_a_delivery_is_named_by_its_type_its_id_and_its_moment() -> None:
    again = form("unsubscribe", id="77ab", reason="abuse", campaign_id="5c0ffee")
    others = [
        form("cleaned", id="77ab", campaign_id="5c0ffee"),
        form("unsubscribe", id="78ab", campaign_id="5c0ffee"),
        form("unsubscribe", id="77ab", campaign_id="5c0ffee", fired_at="2026-11-20 10:14:06"),
    ]
    keys = [SOURCE.key(delivery(body)) for body in (LEFT, again, *others)]
    assert keys[0] == keys[1] and len(set(keys)) == 4 and all(keys)


def test_without_an_id_the_address_tells_two_deliveries_apart_and_is_not_kept() -> None:
    one, other = (form("cleaned", email=f"pii{n}@pii.example", list_id="7e", reason="hard") for n in (1, 2))
    assert SOURCE.key(delivery(one)) != SOURCE.key(delivery(other))
    spelt = form("cleaned", email="PII1@pii.example", list_id="7e", reason="hard")
    assert SOURCE.key(delivery(one)) == SOURCE.key(delivery(spelt))
    kept = SOURCE.key(delivery(one)) + repr(told(one))
    assert "pii" not in kept and hashlib.sha256(b"pii1@pii.example").hexdigest()[:20] not in kept


@pytest.mark.parametrize("body", [b"", b"type=cleaned", b"%", b"type[a]=1&fired_at=x"])
def test_what_cannot_be_read_has_no_name(body: bytes) -> None:
    assert SOURCE.key(delivery(body)) == ""


# Meaning.


@pytest.mark.parametrize(
    ("body", "echo"),
    [
        (LEFT, "unsubscribed"),
        (form("unsubscribe", id="1", action="unsub", reason="abuse"), "complained"),
        (form("unsubscribe", id="1", action="delete", reason="manual"), ""),
        (form("cleaned", email="pii@pii.example", reason="hard"), "bounced"),
        (form("cleaned", email="pii@pii.example", reason="abuse"), "complained"),
        (form("subscribe", id="1"), ""),
        (form("profile", id="1"), ""),
        (form("upemail", new_id="1", new_email="pii@pii.example"), ""),
    ],
)
def test_a_reaction_is_counted_where_it_means_something(body: bytes, echo: str) -> None:
    events = told(body)
    assert [event.echo for event in events if isinstance(event, CampaignEchoed)] == [echo] * bool(echo)
    assert len(events) == bool(echo)


def test_a_reaction_belongs_to_its_campaign_or_else_to_all_mail() -> None:
    [event] = told(LEFT)
    assert isinstance(event, CampaignEchoed)
    assert (event.campaign, event.count, event.at) == ("5c0ffee", 1, datetime(2026, 11, 20, 10, 14, 5, tzinfo=UTC))
    [event] = told(form("unsubscribe", id="1"))
    assert event.subject.id == "email"


@pytest.mark.parametrize(
    ("status", "means"), [("sent", "running"), ("canceled", "cancelled"), ("cancelled", "cancelled")]
)
def test_a_campaign_was_sent_or_will_not_be(status: str, means: str) -> None:
    [event] = told(form("campaign", id="5c0ffee", subject="Tea party", status=status, reason=""))
    assert isinstance(event, CampaignChanged)
    assert (event.status, event.name, event.campaign) == (means, ShopText("Tea party"), "5c0ffee")
    assert event.ends == event.starts + timedelta(days=3)
    assert event.state_only


@pytest.mark.parametrize("fired", ["2026-11-20 10:14:05", "2026-11-20T10:14:05Z"])
def test_a_time_without_a_zone_is_utc(fired: str) -> None:
    [event] = told(form("cleaned", email="x", fired_at=fired))
    assert event.at == datetime(2026, 11, 20, 10, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        form("cleaned", fired_at="yesterday"),
        form("campaign", id="1", status="brewing"),
        form("campaign", status="sent"),
        b"type=cleaned",
    ],
)
def test_what_is_of_another_form_is_unparsable(body: bytes) -> None:
    with pytest.raises(Unparsable):
        told(body)


def test_other_types_and_other_polls_are_unrouted() -> None:
    with pytest.raises(Unrouted, match="kettle"):
        told(form("kettle"))
    with pytest.raises(Unrouted, match="tea"):
        SOURCE.parse(Delivery("mailchimp", {POLLED: "tea"}, b"{}", NOW), FRONT)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"unsigned": "yes"}, "unsigned"),
        ({"list": "a/b"}, "list"),
        ({"list": ""}, "list"),
        ({"datacenter": "evil.example"}, "datacenter"),
        ({"days": True}, "days"),
    ],
)
def test_options_of_another_form_are_refused_by_name(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}: "):
        SOURCE.options(given)
    SOURCE.options({"unsigned": True, "list": "a6b5da1054", "datacenter": "us21", "days": 2})
