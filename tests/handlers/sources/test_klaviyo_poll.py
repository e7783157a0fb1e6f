"""How Klaviyo is polled, against the played API: campaigns are followed whatever becomes of them, reports are told once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.echoes import SO_FAR
from bot.core.events import CampaignChanged, CampaignEchoed
from bot.core.polling import Call, Denied, Response, Subscription
from bot.core.shopfront import Shopfront
from bot.demo.stores.klaviyo import KEYS, Klaviyo
from handlers.sources.klaviyo import SOURCE
from tests.handlers.sources.line import NOW, Line, Same

HOUR = timedelta(hours=1)
ADDRESS = "https://bot.example/webhooks/klaviyo"
HOOKS = {"system_webhooks": True}


def line(account: Any, **changes: Any) -> Line:
    return Line(
        SOURCE, account, changes.pop("keys", {"api_key": KEYS["api_key"]}), changes.pop("options", {}), **changes
    )


def plans(of: Line) -> dict[str, CampaignChanged]:
    """Each campaign as it was told last."""
    events = [event for event in of.events() if isinstance(event, CampaignChanged)]
    return {event.campaign: event for event in sorted(events, key=lambda event: event.at)}


def test_a_planned_campaign_is_told_with_its_audience_and_its_groups() -> None:
    account = Klaviyo(tags={"t1": "Kettles", "t2": "Cups"}, estimates={"tea": 41_200})
    utm = [{"name": "utm_campaign", "value": "tea-party"}, {"name": "utm_medium", "value": "email"}]
    account.plan("tea", "Scheduled", NOW + 24 * HOUR, NOW - HOUR, tags=["t1", "t2"], utm=utm)
    of = line(account)
    of.run("campaigns")
    plan = plans(of)["tea"]
    assert (plan.status, plan.starts, plan.ends) == ("scheduled", NOW + 24 * HOUR, NOW + 96 * HOUR)
    assert (plan.audience, plan.groups, plan.name.text) == (41_200, ("Kettles", "Cups", "tea-party"), "Tea")
    assert not any(b"Pii" in body for heard in of.heard for body in heard.bodies)


KETTLE, CUP = "https://leaf.example/products/kettle", "https://leaf.example/products/cup"


@pytest.mark.parametrize(
    ("channel", "scopes", "groups"),
    [
        ("email", {"campaigns", "templates"}, ("Kettles", "/product/kettle", "/product/cup")),
        ("email", {"campaigns"}, ("Kettles",)),
        ("sms", {"campaigns", "templates"}, ("Kettles",)),
    ],
)
def test_the_products_that_its_mails_link_to_are_among_its_groups(
    channel: str, scopes: set[str], groups: tuple[str, ...]
) -> None:
    templates: dict[str, Any] = {
        "m1": {"html": f'<a href="{KETTLE}?x=1">', "text": CUP},
        "m2": {"html": None, "text": f"{KETTLE} and {CUP}"},
        "m3": {"html": 7},
    }
    account = Klaviyo(tags={"t1": "Kettles"}, templates=templates, scopes=frozenset(scopes))
    messages = ["m1", "m2", "m3", "m4"]
    account.plan("tea", "Scheduled", NOW + 24 * HOUR, NOW, tags=["t1"], messages=messages, channel=channel)
    of = line(account)
    of.run("campaigns")
    assert plans(of)["tea"].groups == groups
    asked = len(of.calls)
    of.now += HOUR / 2
    assert [heard.bodies for heard in of.run("campaigns")] == [()]
    assert not any("template" in call.url for call in of.calls[asked:])


def test_what_is_as_it_was_told_is_not_told_again() -> None:
    account = Klaviyo()
    account.plan("tea", "Scheduled", NOW + 24 * HOUR, NOW)
    of = line(account)
    of.run("campaigns")
    of.now += HOUR / 2
    assert [heard.bodies for heard in of.run("campaigns")] == [()]


def test_the_first_run_reads_all_that_is_coming_and_a_week_of_what_was() -> None:
    account = Klaviyo()
    account.plan("far", "Scheduled", NOW + 900 * HOUR, NOW - 900 * HOUR)
    account.plan("text", "Scheduled", NOW + HOUR, NOW - HOUR, channel="sms")
    account.plan("new", "Sent", NOW - 2 * HOUR, NOW - HOUR)
    account.plan("over", "Sent", NOW - 100 * HOUR, NOW - 90 * HOUR)
    account.plan("old", "Sent", NOW - 900 * HOUR, NOW - 800 * HOUR)
    account.plan("draft", "Draft", NOW, NOW)
    account.plan("stopped", "Cancelled: No Recipients", NOW, NOW)
    account.plan("strange", "Brewing", NOW, NOW)
    of = line(account)
    of.run("campaigns")
    assert {name: (plan.status, plan.channel) for name, plan in plans(of).items()} == {
        "far": ("scheduled", "email"),
        "text": ("scheduled", "sms"),
        "new": ("running", "email"),
        "over": ("ended", "email"),
    }


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("Sent", "running"),
        ("Sending Segments", "running"),
        ("Draft", "cancelled"),
        ("Cancelled", "cancelled"),
        ("Cancelled: Billing Limit", "cancelled"),
        ("Preparing to schedule", "scheduled"),
        ("", "cancelled"),
        ("Brewing", "scheduled"),
    ],
)
def test_what_was_coming_is_looked_up_when_it_is_no_longer_listed(status: str, told: str) -> None:
    """Nothing says that its time of change moves with its state, so here it does not; "" is a campaign deleted."""
    account = Klaviyo()
    account.plan("tea", "Scheduled", NOW + HOUR, NOW - 100 * HOUR)
    of = line(account)
    of.run("campaigns")
    account.plan("tea", status, NOW + HOUR, NOW - 100 * HOUR, title="Tea time")
    if not status:
        del account.campaigns["tea"]
    of.now += 2 * HOUR
    of.run("campaigns")
    assert plans(of)["tea"].status == told
    of.run("campaigns")
    assert plans(of)["tea"].status == told


def test_a_campaign_that_was_moved_is_told_anew() -> None:
    account = Klaviyo()
    account.plan("tea", "Scheduled", NOW + HOUR, NOW)
    of = line(account)
    of.run("campaigns")
    account.plan("tea", "Scheduled", NOW + 30 * HOUR, NOW, send_time=None)
    of.now += HOUR / 2
    of.run("campaigns")
    assert plans(of)["tea"].starts == NOW + 30 * HOUR


STATES = st.sampled_from(["Scheduled", "Draft", "Sent", "Sending", "Cancelled", "gone"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), STATES, st.integers(0, 30), st.booleans()), max_size=14), st.data())
def test_whatever_becomes_of_campaigns_and_wherever_runs_are_cut_off_the_plan_ends_as_klaviyos(
    changes: list[tuple[int, str, int, bool]], data: st.DataObject
) -> None:
    account = Klaviyo(page=2)
    of = line(account)
    for number, state, day, polls in changes:
        of.now += HOUR / 4
        if state == "gone":
            account.campaigns.pop(f"c{number}", None)
        else:
            account.plan(f"c{number}", state, NOW + day * 24 * HOUR, of.now, channel=("email", "sms")[number % 2])
        if polls:
            of.run("campaigns", data.draw(st.integers(1, 40)))
    of.now += HOUR / 2
    of.run("campaigns")
    told = {name: plan for name, plan in plans(of).items() if plan.status != "cancelled"}
    theirs = {name: row["attributes"] for name, row in account.campaigns.items()}
    live = {name: row for name, row in theirs.items() if row["status"] not in ("Draft", "Cancelled")}
    coming = {name for name, row in live.items() if row["status"] == "Scheduled"}
    assert {name for name, plan in told.items() if plan.status == "scheduled"} == coming
    assert told.keys() >= live.keys()
    for name, row in live.items():
        assert told[name].starts == datetime.fromisoformat(row["send_time"])
    assert all(theirs[name]["status"] in ("Draft", "Cancelled") for name in told.keys() - live.keys() if name in theirs)


def test_many_pages_are_read_by_the_cursor_of_their_links() -> None:
    account = Klaviyo(page=3)
    for number in range(20):
        account.plan(f"c{number}", "Scheduled", NOW + HOUR, NOW - 900 * HOUR)
    of = line(account)
    of.run("campaigns")
    assert len(plans(of)) == 20


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("https://evil.example/api/campaigns?page%5Bcursor%5D=1", "another address"),
        ("https://a.klaviyo.com.evil.example/api/?page%5Bcursor%5D=1", "another address"),
        ("https://a.klaviyo.com/api/campaigns?filter=x", "no cursor"),
        ("https://a.klaviyo.com/api/campaigns?page%5Bcursor%5D=1&page_cursor=2", "no cursor"),
        ("https://a.klaviyo.com/api/campaigns?page%5Bcursor%5D=%ff", "not understood"),
    ],
)
def test_the_key_never_follows_a_link_elsewhere(link: str, why: str) -> None:
    with pytest.raises(Denied, match=why):
        line(Same({"data": [], "links": {"next": link}})).run("campaigns")


def test_a_next_page_without_an_end_is_given_up() -> None:
    endless = {"data": [], "links": {"next": "https://a.klaviyo.com/api/campaigns?page%5Bcursor%5D=1"}}
    with pytest.raises(Denied, match="more than 200 pages"):
        line(Same(endless)).run("campaigns")


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        ("campaigns", b"<html>"),
        ("campaigns", {"data": [{"id": "a/b", "attributes": {"status": "Sent"}}]}),
        ("campaigns", {"data": [{"id": "a"}]}),
        ("campaigns", {"data": [{"id": "a", "attributes": {"status": "Sent", "name": "x", "send_time": "noon"}}]}),
        ("reports", {"data": [{"id": "M", "attributes": 7}]}),
        ("reports", {"data": []}),
    ],
)
def test_an_answer_of_another_form_is_told_to_the_operators(stream: str, body: Any) -> None:
    with pytest.raises(Denied):
        line(Same(body)).run(stream)


def test_a_report_of_another_form_is_told_to_the_operators() -> None:
    with pytest.raises(Denied, match="a report is not understood"):
        line(Same({"data": {"attributes": {"results": [{}]}}}), options={"metric": "M"}).run("reports")


@pytest.mark.parametrize(
    "body", [b"tea", b'{"data": {"attributes": {"estimated_recipient_count": "many"}}}', b'{"data": {}}']
)
def test_an_estimation_that_says_nothing_is_left_out(body: bytes) -> None:
    class Vague(Klaviyo):
        def _campaign_recipient_estimations(self, call: Call, path: str, now: datetime) -> Response:
            return Response(200, {}, body, now)

    account = Vague()
    account.plan("tea", "Scheduled", NOW + HOUR, NOW)
    of = line(account)
    of.run("campaigns")
    assert plans(of)["tea"].audience is None


@pytest.mark.parametrize(
    ("account", "keys", "options", "why"),
    [
        (Klaviyo(), {"api_key": "wrong"}, {}, "401: GET campaigns: the private key was refused"),
        (Klaviyo(scopes=frozenset()), None, {}, "403: GET campaigns: the private key lacks a scope"),
        (Klaviyo(), None, {"revision": "2020-01-01"}, "400: GET campaigns: did not understand"),
    ],
)
def test_a_refusal_is_told_in_words(account: Klaviyo, keys: Any, options: Any, why: str) -> None:
    with pytest.raises(Denied, match=why):
        line(account, keys=keys or {"api_key": KEYS["api_key"]}, options=options).run("campaigns")


def test_calls_that_were_throttled_are_made_again_by_the_edge() -> None:
    account = Klaviyo(busy=3)
    account.plan("tea", "Scheduled", NOW + HOUR, NOW)
    of = line(account)
    of.run("campaigns")
    assert plans(of).keys() == {"tea"}


# Reports.


def echoes(of: Line) -> dict[tuple[str, str], int]:
    found = [event for event in of.events() if isinstance(event, CampaignEchoed)]
    assert all(event.reference == SO_FAR for event in found)
    return {(event.campaign, event.echo): event.count for event in found if event.count}


def test_a_report_tells_how_many_reacted_so_far_over_all_messages_of_a_campaign() -> None:
    account = Klaviyo(page=1)
    account.figures = {
        ("tea", "m1", "email"): {"recipients": 1000.0, "bounced": 20.0, "spam_complaints": 3.0, "unsubscribes": 9.0},
        ("tea", "m2", "email"): {"recipients": 500.0, "bounced": 5.0},
        ("text", "m3", "sms"): {"recipients": 70.0, "failed": 7.0},
        ("push", "m4", "push-notification"): {"recipients": 30.0},
    }
    of = line(account)
    of.run("reports")
    assert echoes(of) == {
        ("tea", "sent"): 1500,
        ("tea", "bounced"): 25,
        ("tea", "complained"): 3,
        ("tea", "unsubscribed"): 9,
        ("text", "sent"): 70,
        ("text", "failed"): 7,
        ("push", "sent"): 30,
    }
    channels = {event.campaign: event.channel for event in of.events() if isinstance(event, CampaignEchoed)}
    assert channels == {"tea": "email", "text": "sms", "push": "push"}


def test_a_report_is_told_again_only_where_it_changed() -> None:
    account = Klaviyo(
        figures={("tea", "m", "email"): {"recipients": 10.0}, ("cups", "m", "email"): {"recipients": 5.0}}
    )
    of = line(account)
    of.run("reports")
    of.now += HOUR
    assert of.run("reports")[0].bodies == ()
    account.figures["tea", "m", "email"] = {"recipients": 12.0}
    of.now += HOUR
    [heard] = of.run("reports")
    assert {event.subject.id for event in of.events(heard)} == {"tea"}
    assert echoes(of)["tea", "sent"] == 12


def test_the_metric_is_looked_for_once_and_not_when_the_config_names_it() -> None:
    of = line(Klaviyo())
    of.run("reports")
    of.now += HOUR
    of.run("reports")
    assert [call.url.rpartition("/")[2] for call in of.calls] == ["metrics"] + ["campaign-values-reports"] * 2
    assert json.loads(of.calls[1].body)["data"]["attributes"]["conversion_metric_id"] == "Qw3rTy"
    named = line(Klaviyo(), options={"metric": "Xk9pLm"})
    named.run("reports")
    assert len(named.calls) == 1
    other = line(Klaviyo(metrics={"M1": "Clicked"}))
    other.run("reports")
    assert b"M1" in other.calls[1].body


def test_without_any_metric_no_report_can_be_made() -> None:
    with pytest.raises(Denied, match="no metric"):
        line(Klaviyo(metrics={})).run("reports")


# Webhooks.


TOPICS = ("event:klaviyo.bounced_email", "event:klaviyo.marked_email_as_spam")


def cared(account: Klaviyo, *topics: str, **changes: Any) -> tuple[Subscription, ...]:
    found: tuple[Subscription, ...] = line(account, keys=changes.pop("keys", KEYS), options=HOOKS, **changes).care(
        ADDRESS, *topics
    )
    return found


def test_without_system_webhooks_none_is_wanted_and_nobody_is_asked() -> None:
    of = line(Klaviyo())
    assert of.care(ADDRESS) == () and of.calls == []
    assert SOURCE.api is not None
    assert SOURCE.api.wanted(Shopfront("klaviyo", "leaf")) == ()
    assert set(TOPICS) < set(SOURCE.api.wanted(Shopfront("klaviyo", "leaf", options=HOOKS)))


def test_a_webhook_is_made_once_for_all_topics_and_signs_with_our_secret() -> None:
    account = Klaviyo()
    of = line(account, keys=KEYS, options=HOOKS)
    made = of.care(ADDRESS, *TOPICS)
    assert made == tuple(Subscription(topic, "active", True) for topic in TOPICS)
    [row] = account.webhooks
    assert row["attributes"] == {"enabled": True, "name": "Floorwalker", "endpoint_url": ADDRESS}
    assert json.loads(of.calls[-1].body)["data"]["attributes"]["secret_key"] == KEYS["webhook_secret"]
    assert cared(account, *TOPICS) == tuple(Subscription(topic, "active") for topic in TOPICS)


def test_a_webhook_is_switched_on_and_given_the_topics_that_it_lacks() -> None:
    account = Klaviyo()
    cared(account, TOPICS[0])
    account.webhooks[0]["attributes"]["enabled"] = False
    other = {**account.webhooks[0], "id": "01JOTHER", "attributes": {"endpoint_url": "https://other.example"}}
    account.webhooks.insert(0, other)
    assert cared(account) == (Subscription(TOPICS[0], "disabled"),)
    assert cared(account, *TOPICS) == tuple(Subscription(topic, "active", True) for topic in TOPICS)
    assert account.webhooks[1]["attributes"]["enabled"] is True
    assert cared(account) == tuple(Subscription(topic, "active") for topic in TOPICS)


def test_no_webhook_is_made_without_a_secret() -> None:
    with pytest.raises(Denied, match="webhook_secret"):
        cared(Klaviyo(), *TOPICS, keys={"api_key": KEYS["api_key"]})
    with pytest.raises(Denied, match="a webhook is not understood"):
        line(Same({"data": [{"attributes": {"endpoint_url": ADDRESS}}]}), options=HOOKS).care(ADDRESS)


def test_a_plan_that_is_told_of_a_strange_cursor_begins_anew() -> None:
    account = Klaviyo()
    account.plan("tea", "Scheduled", NOW + HOUR, NOW)
    of = line(account)
    of.cursors["campaigns"] = "tea"
    of.run("campaigns")
    assert plans(of).keys() == {"tea"}


def test_a_metric_that_the_account_has_not_is_told_to_the_operators() -> None:
    with pytest.raises(Denied, match="400: POST campaign-values-reports: did not understand"):
        line(Klaviyo(), options={"metric": "N0ne"}).run("reports")
