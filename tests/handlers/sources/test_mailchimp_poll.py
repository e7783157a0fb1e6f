"""How Mailchimp is polled, against the played API: campaigns are followed whatever becomes of them, reports are told once."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.delivery import Delivery
from bot.core.echoes import SO_FAR
from bot.core.events import CampaignChanged, CampaignEchoed, Event
from bot.core.polling import Asked, Call, Denied, Response, Subscription
from bot.core.shopfront import Shopfront
from bot.demo.stores.mailchimp import DATACENTER, KEYS, LIST, SIGNING, TOKEN, Mailchimp
from handlers.sources import mailchimp
from handlers.sources._mailchimp.calls import PAGE
from handlers.sources.mailchimp import SOURCE
from tests.handlers.sources.line import NOW, Line, Same
from tests.handlers.sources.test_mailchimp import form

HOUR = timedelta(hours=1)
ADDRESS = "https://bot.example/webhooks/mailchimp"
PLACE = {"datacenter": DATACENTER}


def line(account: Any, **changes: Any) -> Line:
    keys, options = changes.pop("keys", {"api_key": KEYS["api_key"]}), {**PLACE, **changes.pop("options", {})}
    return Line(SOURCE, account, keys, options, **changes)


def newest(events: list[Event]) -> dict[str, CampaignChanged]:
    """Each campaign as it was told last."""
    told = [event for event in events if isinstance(event, CampaignChanged)]
    return {event.campaign: event for event in sorted(told, key=lambda event: event.at)}


def test_a_planned_campaign_is_told_with_its_audience_and_its_group() -> None:
    account = Mailchimp()
    account.plan("tea", "schedule", NOW + 24 * HOUR, group="tea-party", audience=9100)
    of = line(account)
    of.run("campaigns")
    plan = newest(of.events())["tea"]
    assert (plan.status, plan.starts, plan.ends) == ("scheduled", NOW + 24 * HOUR, NOW + 96 * HOUR)
    assert (plan.audience, plan.groups, plan.name.text, plan.channel) == (9100, ("tea-party",), "Tea", "email")
    assert not any(b"pii" in body.lower() for heard in of.heard for body in heard.bodies)
    of.now += HOUR / 2
    assert [heard.bodies for heard in of.run("campaigns")] == [()]


@pytest.mark.parametrize(
    ("content", "groups"),
    [
        ({"html": '<a href="https://leaf.example/products/kettle">'}, ("tea-party", "/product/kettle")),
        ({"html": "", "plain_text": "(https://leaf.example/products/cup)"}, ("tea-party", "/product/cup")),
        ({"html": ["tea"]}, ("tea-party",)),
        (None, ("tea-party",)),
    ],
)
def test_the_products_that_a_mail_links_to_are_among_its_groups(content: Any, groups: tuple[str, ...]) -> None:
    account = Mailchimp(contents={"tea": content} if content else {})
    account.plan("tea", "schedule", NOW + 24 * HOUR, group="tea-party")
    of = line(account)
    of.run("campaigns")
    assert newest(of.events())["tea"].groups == groups
    of.now += HOUR / 2
    assert [heard.bodies for heard in of.run("campaigns")] == [()]
    assert sum(call.url.endswith("/content") for call in of.calls) == 1


def test_a_campaign_without_a_title_is_called_by_its_subject() -> None:
    account = Mailchimp()
    account.plan("tea", "schedule", NOW + HOUR, title="")
    of = line(account)
    of.run("campaigns")
    assert newest(of.events())["tea"].name.text == "Tea, Pii?"


def test_the_first_run_reads_all_that_is_coming_and_a_week_of_what_was() -> None:
    account = Mailchimp()
    account.plan("far", "schedule", NOW + 900 * HOUR)
    account.plan("going", "sending", NOW - HOUR)
    account.plan("gone", "sent", NOW - 2 * HOUR, audience=None)
    account.plan("over", "sent", NOW - 90 * HOUR)
    account.plan("old", "sent", NOW - 900 * HOUR)
    account.plan("draft", "save", None)
    account.plan("blank", "schedule", None)
    of = line(account)
    of.run("campaigns")
    assert {name: plan.status for name, plan in newest(of.events()).items()} == {
        "far": "scheduled",
        "going": "running",
        "gone": "running",
        "over": "ended",
    }


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("sent", "running"),
        ("save", "cancelled"),
        ("paused", "cancelled"),
        ("canceled", "cancelled"),
        ("", "cancelled"),
        ("brewing", "scheduled"),
    ],
)
def test_what_was_coming_is_looked_up_when_it_is_no_longer_listed(status: str, told: str) -> None:
    """It was planned for long ago, so that no list of what was sent lately has it; "" is a campaign deleted."""
    account = Mailchimp()
    account.plan("tea", "schedule", NOW - 2 * HOUR)
    of = line(account)
    of.run("campaigns")
    of.now += 2 * HOUR
    account.plan("tea", status, NOW - 2 * HOUR)
    if not status:
        del account.campaigns["tea"]
    of.run("campaigns")
    assert newest(of.events())["tea"].status == told


def test_pages_are_read_by_offset_until_one_is_not_full() -> None:
    account = Mailchimp()
    for number in range(PAGE + 5):
        account.plan(f"c{number}", "schedule", NOW + HOUR)
    of = line(account)
    of.run("campaigns")
    assert len(newest(of.events())) == PAGE + 5
    assert sum(call.url.endswith("/campaigns") for call in of.calls) == 4
    of.now += HOUR
    assert [heard.bodies for heard in of.run("campaigns")] == [()]


STATES = st.sampled_from(["schedule", "save", "sent", "canceled", "gone"])
CHANGES = st.lists(st.tuples(st.integers(0, 4), STATES, st.integers(1, 30), st.booleans(), st.booleans()), max_size=14)


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.data())
def test_whatever_webhooks_are_lost_and_wherever_runs_are_cut_off_the_poll_ends_with_mailchimps_plan(
    changes: list[tuple[int, str, int, bool, bool]], data: st.DataObject
) -> None:
    account, told = Mailchimp(), list[Event]()
    of, over = line(account), set[str]()
    for number, state, day, polls, heard in changes:
        of.now += HOUR / 4
        id = f"c{number}"
        if id in over and state != "gone":
            continue  # What was sent or cancelled can be copied at Mailchimp, and not be planned anew.
        over |= {id} if state in ("sent", "canceled") else set()
        if state == "gone":
            account.campaigns.pop(id, None)
        elif state == "sent":
            account.plan(id, state, of.now)
        else:
            account.plan(id, state, NOW + day * 24 * HOUR)
        if heard and state in ("sent", "canceled"):
            body = form("campaign", id=id, subject="Tea", status=state, fired_at=f"{of.now:%Y-%m-%d %H:%M:%S}")
            told += SOURCE.parse(Delivery("mailchimp", {}, body, of.now), of.front)
        if polls:
            of.run("campaigns", data.draw(st.integers(1, 30)))
    of.now += HOUR / 2
    of.run("campaigns")
    plans = newest([*told, *of.events()])
    coming = {id: row["send_time"] for id, row in account.campaigns.items() if row["status"] == "schedule"}
    assert {id: plan.starts.isoformat() for id, plan in plans.items() if plan.status == "scheduled"} == coming
    sent = {id for id, row in account.campaigns.items() if row["status"] == "sent"}
    assert sent <= {id for id, plan in plans.items() if plan.status == "running"}


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        ("campaigns", b"<html>"),
        ("campaigns", b"{}"),
        ("campaigns", b'{"campaigns": [{"id": "a/b"}]}'),
        ("campaigns", b'{"campaigns": [{"id": "a", "status": "sent", "send_time": "noon"}]}'),
        ("reports", b'{"reports": [{"id": "a", "emails_sent": "many"}]}'),
    ],
)
def test_an_answer_of_another_form_is_told_to_the_operators(stream: str, body: bytes) -> None:
    with pytest.raises(Denied, match="not understood"):
        line(Same(body)).run(stream)


def test_a_list_without_an_end_is_given_up() -> None:
    endless = json.dumps({"reports": [{"id": "a"}] * PAGE}).encode()
    with pytest.raises(Denied, match="more than 50 pages"):
        line(Same(endless)).run("reports")


# Keys.


@pytest.mark.parametrize(
    ("keys", "options"),
    [({"api_key": KEYS["api_key"]}, {}), ({"access_token": TOKEN}, PLACE), ({"api_key": KEYS["api_key"]}, PLACE)],
)
def test_the_key_or_the_config_says_where_the_account_lives(keys: dict[str, str], options: dict[str, str]) -> None:
    front = Shopfront("mailchimp", "leaf", options=options)
    assert SOURCE.api is not None
    plan = SOURCE.api.streams[0].plan(Asked(front, keys, "", NOW))
    call = plan.send(None)
    assert isinstance(call, Call) and call.url == "https://us21.api.mailchimp.com/3.0/campaigns"
    [host] = SOURCE.api.hosts(front)
    assert call.url.removeprefix("https://").partition("/")[0].endswith(host)
    assert Mailchimp().answer(call, NOW).status == 200


@pytest.mark.parametrize("key", ["", "tea", "tea-", "tea-evil.example/", "tea-us21.evil.example", "tea-US21"])
def test_a_key_that_names_no_data_centre_goes_nowhere(key: str) -> None:
    front = Shopfront("mailchimp", "leaf")
    assert SOURCE.api is not None
    with pytest.raises(Denied, match="data centre"):
        SOURCE.api.streams[0].plan(Asked(front, {"api_key": key}, "", NOW)).send(None)


def test_the_key_is_in_a_header_alone() -> None:
    of = line(Mailchimp())
    of.run("reports")
    [call] = of.calls
    whole = f"floorwalker:{KEYS['api_key']}".encode()
    assert call.headers["authorization"] == f"Basic {base64.b64encode(whole).decode()}"
    assert KEYS["api_key"] not in call.url + repr(call.params) + repr(call)


@pytest.mark.parametrize(("walled", "rested"), [(0, 0), (1, 60), (2, 120)])
def test_the_wall_that_has_enough_of_us_is_given_time(walled: int, rested: float) -> None:
    account = Mailchimp(walled=walled)
    account.plan("tea", "schedule", NOW + HOUR)
    of = line(account)
    of.run("campaigns")
    assert newest(of.events()).keys() == {"tea"}
    assert of.rested == rested


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (Mailchimp(walled=9), "403: GET campaigns: the key may not do this"),
        (Same(b'{"status": 403}', 403), "403: GET campaigns: the key may not do this"),
        (Same(b'{"status": 401}', 401), "401: GET campaigns: the key was refused"),
        (Same(b"{}", 418), "418: GET campaigns: refused"),
    ],
)
def test_a_refusal_is_told_in_words(account: Any, why: str) -> None:
    of = line(account)
    with pytest.raises(Denied, match=why):
        of.run("campaigns")


# Reports.


def test_a_report_tells_how_many_reacted_so_far_and_only_what_changed() -> None:
    account = Mailchimp()
    account.report("tea", 9000, NOW - HOUR, hard=40, soft=99, syntax=2, complained=3, unsubscribed=31)
    account.report("cups", 500, NOW - HOUR)
    account.report("old", 700, NOW - 300 * HOUR)
    of = line(account)
    of.run("reports")
    found = [event for event in of.events() if isinstance(event, CampaignEchoed)]
    assert {event.reference for event in found} == {SO_FAR}
    assert {(event.campaign, event.echo): event.count for event in found if event.count} == {
        ("tea", "sent"): 9000,
        ("tea", "bounced"): 42,
        ("tea", "complained"): 3,
        ("tea", "unsubscribed"): 31,
        ("cups", "sent"): 500,
    }
    of.now += HOUR
    assert of.run("reports")[0].bodies == ()
    account.report("cups", 501, NOW - HOUR)
    of.now += HOUR
    assert {event.subject.id for event in of.events(*of.run("reports"))} == {"cups"}


# Webhooks.

OURS = {"list": LIST, "unsigned": True}
TYPES = ("campaign", "cleaned")


def cared(account: Any, *topics: str, keys: dict[str, str] = KEYS, **options: Any) -> tuple[Subscription, ...]:
    found: tuple[Subscription, ...] = line(account, keys=keys, options={**OURS, **options}).care(ADDRESS, *topics)
    return found


def test_without_the_option_list_nobodys_webhooks_are_cared_for() -> None:
    assert SOURCE.api is not None
    assert cared(Mailchimp(), list="") == () == SOURCE.api.wanted(Shopfront("mailchimp", "leaf"))
    with pytest.raises(Denied, match="the option list"):
        cared(Mailchimp(), "campaign", list="")
    assert SOURCE.api.wanted(Shopfront("mailchimp", "leaf", options=OURS)) == ("campaign", "cleaned", "unsubscribe")


def test_a_webhook_is_made_below_the_secret_path_and_its_deliveries_are_proved() -> None:
    account = Mailchimp()
    assert cared(account, *TYPES) == tuple(Subscription(type, "active", True) for type in TYPES)
    [row] = account.webhooks
    assert row["url"] == f"{ADDRESS}/{KEYS['webhook_secret']}" and row["signing_enabled"] is False
    assert {type for type, sent in row["events"].items() if sent} == set(TYPES)
    assert cared(account) == tuple(Subscription(type, "active") for type in TYPES)
    body, front = form("subscribe", id="1"), Shopfront("mailchimp", "leaf", options=OURS)
    path = row["url"].removeprefix(f"{ADDRESS}/")
    mailchimp.verify(Delivery("mailchimp", {}, body, NOW, path), (KEYS["webhook_secret"],), NOW, front)


def test_a_webhook_is_given_the_types_that_it_lacks_and_those_of_others_are_left_alone() -> None:
    account = Mailchimp()
    account.webhooks = [
        {"id": "x", "url": f"{ADDRESS}-of-others", "events": {"campaign": True}, "signing_enabled": True},
        {"id": "a1", "url": ADDRESS, "events": {"profile": True, "campaign": False}, "signing_enabled": True},
    ]
    found = cared(account, *TYPES)
    assert found == (
        Subscription("campaign", "active", True),
        Subscription("cleaned", "active", True),
        Subscription("profile", "active"),
    )
    assert account.webhooks[0]["events"] == {"campaign": True}
    assert cared(account) == tuple(Subscription(one.topic, "active") for one in found)


def test_an_unsigned_webhook_that_the_config_does_not_allow_is_noted() -> None:
    account = Mailchimp(webhooks=[{"id": "a1", "url": f"{ADDRESS}/", "events": {"campaign": True}}])
    [found] = cared(account, unsigned=False)
    assert found.state == "active" and "not signed" in found.note


@pytest.mark.parametrize(
    ("keys", "options", "why"),
    [
        ({"api_key": KEYS["api_key"]}, {}, "the address ends in the key webhook_secret"),
        ({**KEYS, "webhook_secret": "short"}, {}, "the address ends in the key webhook_secret"),
        (KEYS, {"unsigned": False}, "run floorwalker connect mailchimp"),
    ],
)
def test_a_webhook_that_nobody_could_use_is_not_made(keys: dict[str, str], options: Any, why: str) -> None:
    account = Mailchimp()
    with pytest.raises(Denied, match=why):
        cared(account, "campaign", keys=keys, **options)
    assert account.webhooks == []


def attended(account: Any) -> tuple[Subscription, ...]:
    of = line(account, keys={"api_key": KEYS["api_key"]}, options={"list": LIST}, attended=True)
    found: tuple[Subscription, ...] = of.care(ADDRESS, *TYPES)
    return found


def test_while_somebody_reads_along_a_webhook_that_signs_is_made_and_its_secret_told_once() -> None:
    account = Mailchimp()
    assert attended(account) == tuple(Subscription(type, "active", True, "", SIGNING) for type in TYPES)
    [row] = account.webhooks
    assert row["url"] == ADDRESS and row["signing_enabled"] is True
    assert attended(account) == tuple(Subscription(type, "active") for type in TYPES)
    assert SIGNING not in repr(Subscription("campaign", "active", True, "", SIGNING))


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"signing_secret": ""}', b'{"signing_secret": "a\\u0007b"}', b'{"signing_secret": "k\xc3\xa9"}']
)
def test_a_secret_that_is_not_in_the_answer_is_said_to_be_lost(answer: bytes) -> None:
    class Mute(Mailchimp):
        def answer(self, call: Call, now: datetime) -> Response:
            return Response(200, {}, answer, now) if call.method == "POST" else super().answer(call, now)

    with pytest.raises(Denied, match="delete it and make it by hand"):
        attended(Mute())


def test_what_cannot_be_changed_is_told() -> None:
    with pytest.raises(Denied, match="403: POST lists: the key may not do this"):
        cared(Mailchimp(reads=True), "campaign")
    with pytest.raises(Denied, match="404: GET lists: there is no such thing"):
        cared(Mailchimp(), "campaign", list="other")
    for row in ({"url": ADDRESS}, {"url": ADDRESS, "id": "a/b"}):
        with pytest.raises(Denied, match="a webhook is not understood"):
            cared(Mailchimp(webhooks=[row]))
