"""What Klaviyo's system webhooks prove and tell."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.delivery import POLLED, Delivery, Unparsable, Unrouted, Unverified
from bot.core.events import CampaignEchoed
from bot.core.shopfront import Shopfront
from bot.core.wild import MAX_NODES
from handlers.sources.klaviyo import SOURCE

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
FRONT = Shopfront("klaviyo", "leaf")
SECRET = "two cups of tea, please"


def reaction(name: int, topic: str = "bounced_email", **changes: Any) -> dict[str, Any]:
    about = {"$message": "01JTEA", "$email": "pii@pii.example"} | changes.pop("about", {})
    at = {"datetime": "2026-11-20 10:14:05+00:00"} | changes
    return {
        "topic": f"event:klaviyo.{topic}",
        "external_id": f"01J{name}",
        "payload": {"data": {"attributes": {"event_properties": about, **at}}},
    }


def batch(*rows: dict[str, Any], hook: str = "01JHOOK") -> bytes:
    meta = {"klaviyo_webhook_id": hook, "timestamp": "2026-11-20T10:14:30+00:00"}
    return json.dumps({"data": rows, "meta": meta}).encode()


def told(body: bytes) -> list[CampaignEchoed]:
    events = SOURCE.parse(Delivery("klaviyo", {}, body, NOW), FRONT)
    assert all(isinstance(event, CampaignEchoed) for event in events)
    return list(events)  # type: ignore[arg-type]


def verify(headers: dict[str, str], body: bytes, now: datetime = NOW) -> None:
    SOURCE.verify(Delivery("klaviyo", headers, body, NOW), (SECRET,), now, FRONT)


def signed(body: bytes, stamp: str) -> dict[str, str]:
    import hashlib
    import hmac

    signature = hmac.new(SECRET.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
    return {"klaviyo-signature": signature, "klaviyo-timestamp": stamp, "klaviyo-webhook-id": "01JHOOK"}


@pytest.mark.parametrize(
    "stamp",
    [
        "Fri, 20 Nov 2026 10:15:00 GMT",
        "2026-11-20T10:15:00+00:00",
        "2026-11-20T11:15:00.5+01:00",
        "2026-11-20T10:15:00Z",
    ],
)
def test_the_time_is_an_http_date_or_in_iso_form(stamp: str) -> None:
    verify(signed(batch(reaction(1)), stamp), batch(reaction(1)))
    with pytest.raises(Unverified, match="too far"):
        verify(signed(batch(reaction(1)), stamp), batch(reaction(1)), NOW + timedelta(seconds=302))


@pytest.mark.parametrize(
    "stamp",
    ["1795169700", "Fri, 20 Tea 2026 10:15:00 GMT", "Fri, 31 Feb 2026 10:15:00 GMT", "2026-11-20T10:15:00", "now"],
)
def test_any_other_time_is_unverified(stamp: str) -> None:
    with pytest.raises(Unverified, match="klaviyo-timestamp has no readable time"):
        verify(signed(batch(reaction(1)), stamp), batch(reaction(1)))


def test_the_webhook_of_the_header_has_to_be_that_of_the_body() -> None:
    body = batch(reaction(1), hook="01JOTHER")
    with pytest.raises(Unverified, match="klaviyo-webhook-id is not that of the body"):
        verify(signed(body, "2026-11-20T10:15:00Z"), body)


@pytest.mark.parametrize("body", [b"tea", b"{}"])
def test_what_is_proved_and_not_understood_is_left_to_the_parser(body: bytes) -> None:
    verify(signed(body, "2026-11-20T10:15:00Z"), body)
    with pytest.raises(Unparsable):
        told(body)


@pytest.mark.parametrize(
    ("topic", "echo", "channel"),
    [
        ("bounced_email", "bounced", "email"),
        ("dropped_email", "failed", "email"),
        ("marked_email_as_spam", "complained", "email"),
        ("unsubscribed_from_email_marketing", "unsubscribed", "email"),
        ("failed_to_deliver_sms", "failed", "sms"),
        ("failed_to_deliver_automated_response_sms", "failed", "sms"),
        ("unsubscribed_from_sms_marketing", "unsubscribed", "sms"),
        ("bounced_push", "bounced", "push"),
    ],
)
def test_a_reaction_is_an_echo_of_its_message(topic: str, echo: str, channel: str) -> None:
    [event] = told(batch(reaction(7, topic)))
    assert (event.echo, event.channel, event.campaign, event.reference) == (echo, channel, "01JTEA", "01J7")
    assert (event.count, event.at) == (1, datetime(2026, 11, 20, 10, 14, 5, tzinfo=UTC))


def test_a_flows_reactions_are_the_flows() -> None:
    [event] = told(batch(reaction(1, about={"$flow": "TgWk2p"})))
    assert event.campaign == "TgWk2p"


def test_a_reaction_without_a_message_is_its_channels() -> None:
    [event] = told(batch(reaction(1, about={"$message": None})))
    assert event.subject.id == "email"


@pytest.mark.parametrize(
    ("changes", "second"), [({"timestamp": 1795169646}, 6), ({"datetime": None}, 30), ({"timestamp": None}, 5)]
)
def test_it_happened_when_the_reaction_says_else_when_the_batch_left(changes: dict[str, Any], second: int) -> None:
    [event] = told(batch(reaction(1, **changes)))
    assert event.at.second == second


def test_other_topics_of_a_batch_are_left_out_and_a_batch_of_them_alone_is_unrouted() -> None:
    assert len(told(batch(reaction(1), reaction(2, "opened_email")))) == 1
    assert told(batch()) == []
    with pytest.raises(Unrouted, match="opened_email"):
        told(batch(reaction(2, "opened_email")))


def test_what_is_polled_under_another_name_is_unrouted() -> None:
    with pytest.raises(Unrouted, match="tea"):
        SOURCE.parse(Delivery("klaviyo", {POLLED: "tea"}, b"{}", NOW), FRONT)


def test_a_batch_of_a_thousand_is_read() -> None:
    assert len(told(batch(*(reaction(name) for name in range(1000))))) == 1000


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["bounced_email", "marked_email_as_spam"])),
        unique_by=lambda r: r[0],
    ),
    st.data(),
)
def test_however_batches_are_cut_and_repeated_each_reaction_counts_once(
    rows: list[tuple[int, str]], data: st.DataObject
) -> None:
    """The store keeps one event of each (subject, moment, key), so what counts is how many of these there are."""
    kept: dict[Any, CampaignEchoed] = {}
    cuts = data.draw(st.lists(st.lists(st.sampled_from(rows), unique=True), max_size=6)) if rows else []
    for cut in [*cuts, rows]:
        for event in told(batch(*(reaction(name, topic) for name, topic in cut))):
            kept.setdefault((event.subject, event.at, event.key), event)
    counted = Counter(event.echo for event in kept.values())
    assert counted["bounced"] == sum(topic == "bounced_email" for _, topic in rows)
    assert sum(event.count for event in kept.values()) == len(rows)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"metric": ""}, "metric"),
        ({"metric": "a/b"}, "metric"),
        ({"revision": 2026}, "revision"),
        ({"revision": "latest"}, "revision"),
        ({"system_webhooks": "yes"}, "system_webhooks"),
        ({"days": 0}, "days"),
    ],
)
def test_options_of_another_form_are_refused_by_name(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}: "):
        SOURCE.options(given)
    SOURCE.options({"metric": "PhqdJM", "revision": "2026-07-15", "system_webhooks": True, "days": 3})


def rich(name: int) -> dict[str, Any]:
    """An event with the profile and the bought things that Klaviyo sends along."""
    bought = {"SKU": "TEA", "ProductName": "Earl Grey", "Quantity": 1, "ItemPrice": 9.99, "Categories": ["Tea", "Gift"]}
    about = {"items": [bought] * 12} | {f"Custom {number}": f"value {number}" for number in range(40)}
    row = reaction(name, about=about)
    place = {f"line{number}": "x" for number in range(10)}
    profile = {"email": f"p{name}@pii.example", "location": place, "properties": {f"p{n}": "v" for n in range(40)}}
    row["payload"]["included"] = [{"type": "profile", "id": f"P{name}", "attributes": profile}]
    return row


def test_a_full_batch_of_rich_events_is_proved_stored_and_read() -> None:
    body = batch(*(rich(name) for name in range(1_000)))
    assert body.count(b",") > 3 * MAX_NODES and 3 * 2**20 < len(body) < SOURCE.max_kib * 1024
    headers = SOURCE.sign("", body, SECRET, NOW, FRONT)
    verify(headers, body)
    with pytest.raises(Unverified, match="klaviyo-webhook-id"):
        verify(headers | {"klaviyo-webhook-id": "01JOTHER"}, body)
    assert SOURCE.strip is not None
    kept = SOURCE.strip(Delivery("klaviyo", headers, body, NOW))
    assert b"pii" not in kept and len(kept) < len(body) / 10
    assert told(kept) == told(body) and len(told(kept)) == 1_000


def test_a_batch_beyond_all_measure_stays_whole_and_is_not_understood() -> None:
    body = b'{"meta": {"klaviyo_webhook_id": "01J"}, "data": [' + b"1," * 500_000 + b"1]}"
    assert SOURCE.strip is not None
    assert SOURCE.strip(Delivery("klaviyo", {}, body, NOW)) == body
    with pytest.raises(Unparsable, match="more than 500000 values"):
        told(body)
