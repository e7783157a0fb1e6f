"""How Stripe is polled, against the played API: every event that no webhook took is heard."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.delivery import Delivery, Unparsable, Unrouted
from bot.core.events import PayoutChanged
from bot.core.polling import Call, Denied, Heard, Response, Subscription
from bot.core.shopfront import Shopfront
from bot.demo.stores.stripe import KEYS, Stripe
from handlers.sources._stripe.asked import TOPICS
from handlers.sources.stripe import SOURCE
from tests.handlers.sources.line import NOW, Line

ADDRESS = "https://bot.example/webhooks/stripe"
CONNECTED = "acct_1Fix0013tea"


def line(account: Stripe, **changes: Any) -> Line:
    return Line(SOURCE, account, changes.pop("keys", dict(KEYS)), **changes)


def payout(number: int, minutes: float, kind: str = "payout.paid", name: str = "") -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": kind,
        "livemode": True,
        "created": int((NOW + timedelta(minutes=minutes)).timestamp()),
        "data": {"object": {"id": name or f"po_{number}", "amount": 100, "currency": "eur", "status": "paid"}},
    }


def payouts(of: Line, *heard: Heard) -> list[str]:
    return [event.payout for event in of.events(*heard) if isinstance(event, PayoutChanged)]


def later(of: Line, minutes: float = 10) -> Line:
    of.now += timedelta(minutes=minutes)
    return of


def test_the_first_run_begins_now_and_the_next_ones_hear_what_no_webhook_took() -> None:
    account = Stripe(events=[payout(1, -30), payout(2, -3)])
    of = line(account)
    of.run("events")
    assert payouts(of) == ["po_2"]
    account.events += [payout(3, 4), payout(4, 5), payout(5, 5, "tea.spilled")]
    account.delivered = {"evt_3"}
    assert payouts(of, *later(of).run("events")) == ["po_2", "po_4"]
    later(of).run("events")
    assert [each.bodies for each in later(of).run("events")] == [()]
    assert of.cursors["events"] == of.now.isoformat()


def test_all_events_are_asked_for_where_there_is_no_webhook() -> None:
    of = line(Stripe(events=[payout(1, -3), payout(2, -2)], delivered={"evt_1"}), options={"poll": "all"})
    of.run("events")
    assert payouts(of) == ["po_1", "po_2"]


def test_a_connected_account_is_asked_in_its_name_and_all_of_them_are_not_asked() -> None:
    account = Stripe(events=[payout(1, -3)], connected={CONNECTED: [payout(2, -2)]})
    of = line(account, options={"account": CONNECTED})
    of.run("events")
    assert payouts(of) == ["po_2"]
    of = line(account, options={"account": "any"})
    of.run("events")
    assert payouts(of) == ["po_1"]


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_every_event_of_many_pages_is_heard_once_and_in_its_order(count: int) -> None:
    account = Stripe(events=[payout(n, n / 100) for n in range(count)])
    of = line(account)
    of.cursors["events"] = NOW.isoformat()
    later(of).run("events")
    assert payouts(of) == [f"po_{n}" for n in range(count)]


def test_after_a_long_pause_what_stripe_still_has_is_made_up_for_slice_by_slice() -> None:
    account = Stripe(events=[payout(day, -60 * 24 * day - 7) for day in reversed(range(40))])
    of = line(account)
    of.cursors["events"] = (NOW - timedelta(days=40)).isoformat()
    of.run("events")
    assert payouts(of) == [f"po_{day}" for day in reversed(range(30))]
    cursors = [datetime.fromisoformat(each.cursor) for each in of.heard]
    assert cursors == sorted(cursors)


@pytest.mark.parametrize("cursor", ["tea", "{}", "0001-01-01T00:00:00+23:59"])
def test_a_cursor_that_nobody_can_read_begins_anew(cursor: str) -> None:
    of = line(Stripe(events=[payout(1, -3)]))
    of.cursors["events"] = cursor
    of.run("events")
    assert payouts(of) == ["po_1"]


def test_an_event_of_this_second_and_a_cursor_of_the_future_lose_nothing() -> None:
    of = line(Stripe(events=[payout(1, 0)]))
    of.cursors["events"] = (NOW + timedelta(days=2)).isoformat()
    of.run("events")
    assert payouts(of) == ["po_1"]
    assert of.cursors["events"] == NOW.isoformat()


STATES = st.sampled_from(["payout.created", "payout.paid", "payout.failed", "payout.canceled"])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 4), STATES, st.booleans()), max_size=25), st.lists(st.integers(0, 6), max_size=8)
)
def test_whatever_webhooks_are_lost_and_runs_cut_off_the_state_ends_as_stripe_has_it(
    changes: list[tuple[int, str, bool]], cuts: list[int]
) -> None:
    account = Stripe()
    of = line(account)
    of.run("events")
    told: list[Any] = []
    state: dict[str, str] = {}
    for number, (which, kind, taken) in enumerate(changes, 1):
        event = payout(number, number * 3, kind, f"po_{which}")
        account.events.append(event)
        state[f"po_{which}"] = kind.partition(".")[2].replace("created", "pending")
        if taken:
            account.delivered.add(event["id"])
            told += SOURCE.parse(Delivery("stripe", {}, json.dumps(event).encode(), NOW), of.front)
        of.now = NOW + timedelta(minutes=number * 3 + 1)
        if number <= len(cuts):
            told += of.events(*of.run("events", cuts[number - 1]))
    told += of.events(*of.run("events"))
    newest: dict[str, Any] = {}
    for event in sorted(told, key=lambda event: event.at):
        newest[event.payout] = event.status
    assert newest == state


def test_calls_that_met_a_limit_are_made_again() -> None:
    of = line(Stripe(events=[payout(1, -3)], fails=[429, 503]))
    of.run("events")
    assert payouts(of) == ["po_1"]


def test_a_key_that_is_refused_or_lacks_a_right_is_said_in_our_words() -> None:
    of = line(Stripe(), keys={"api_key": "rk_live_sesame"})
    with pytest.raises(Denied, match=r"401: GET api\.stripe\.com/v1/events: the key was refused") as denied:
        of.run("events")
    assert "same" not in str(denied.value)
    of = line(Stripe(lacks=frozenset({"webhook_endpoints"}), fails=[]))
    with pytest.raises(Denied, match=r"403: .* needs Events read, and Webhook Endpoints write"):
        of.care(ADDRESS)
    of.run("events")


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (200, b"<html>", "no JSON"),
        (200, b"[]", "no list of objects"),
        (200, b'{"data": {}}', "no list of objects"),
        (200, b'{"data": [5]}', "no list of objects"),
        (418, b"{}", "refused"),
    ],
)
def test_an_answer_of_another_shape_is_denied(status: int, answer: bytes, why: str) -> None:
    class Odd(Stripe):
        def answer(self, call: Call, now: datetime) -> Response:
            return Response(status, {}, answer, now)

    with pytest.raises(Denied, match=why):
        line(Odd()).run("events")


@pytest.mark.parametrize("row", [{}, {"id": "evt 1"}, {"id": "evt_1"}])
def test_pages_that_lead_nowhere_end(row: dict[str, Any]) -> None:
    class Circle(Stripe):
        def answer(self, call: Call, now: datetime) -> Response:
            return Response(200, {}, json.dumps({"data": [row], "has_more": True}).encode(), now)

    of = line(Circle())
    of.run("events")
    assert len(of.calls) <= 2
    assert of.heard[-1].cursor == NOW.isoformat()


# Care.


def test_an_endpoint_whose_secret_nobody_would_see_is_not_made() -> None:
    account = Stripe()
    found = line(account).care(ADDRESS, "payout.paid", "payout.failed")
    note = "run floorwalker connect stripe, which makes a new endpoint and shows its secret"
    assert found == (
        Subscription("payout.failed", "missing", note=note),
        Subscription("payout.paid", "missing", note=note),
    )
    assert account.endpoints == []


class Reticent(Stripe):
    """It says no secret that has the form of one."""

    def answer(self, call: Call, now: datetime) -> Response:
        answer = super().answer(call, now)
        return replace(answer, body=answer.body.replace(b"whsec_", b"tea-"))


def test_a_missing_endpoint_is_made_and_a_secret_that_stripe_does_not_say_is_asked_for() -> None:
    account = Reticent()
    of = line(account, attended=True)
    assert of.care(ADDRESS) == ()
    found = of.care(ADDRESS, *TOPICS)
    assert {each.topic for each in found if each.state == "active" and each.mended} == set(TOPICS)
    assert "reveal its signing secret" in found[0].note
    assert set(account.endpoints[0]["enabled_events"]) == set(TOPICS)
    assert not account.endpoints[0]["connect"]
    assert all(one.state == "active" and not one.mended and not one.note for one in of.care(ADDRESS, *TOPICS))
    assert not any(call.harmless for call in of.calls if call.url.endswith("webhook_endpoints") and call.form)


def test_while_somebody_reads_along_the_secret_of_a_new_endpoint_is_told_once() -> None:
    account = Stripe()
    of = line(account, attended=True)
    found = of.care(ADDRESS, "payout.paid")
    assert [(one.secret, one.note) for one in found] == [(account.endpoints[0]["secret"], "")]
    assert "whsec_" not in repr(found) + repr(of.heard)
    assert [one.secret for one in of.care(ADDRESS, "payout.paid", "payout.failed")] == ["", ""]


def test_an_endpoint_for_a_connected_account_is_one_for_connected_accounts() -> None:
    account = Stripe()
    line(account, options={"account": CONNECTED}, attended=True).care(ADDRESS, "payout.paid")
    assert account.endpoints[0]["connect"]


def endpoint(number: int, status: str, *types: str, url: str = ADDRESS) -> dict[str, Any]:
    return {"id": f"we_{number}", "url": url, "status": status, "enabled_events": list(types)}


def test_an_endpoint_that_was_switched_off_is_switched_on_again() -> None:
    account = Stripe(endpoints=[endpoint(1, "disabled", "payout.paid", "payout.failed")])
    account.endpoints.append(endpoint(2, "disabled", "payout.paid", url="https://other.example"))
    of = line(account)
    look = of.care(ADDRESS)
    assert look == (Subscription("payout.failed", "disabled"), Subscription("payout.paid", "disabled"))
    found = of.care(ADDRESS, *(one.topic for one in look))
    assert all(one.state == "active" and one.mended and not one.note for one in found)
    assert [each["status"] for each in account.endpoints] == ["enabled", "disabled"]
    assert account.endpoints[0]["enabled_events"] == ["payout.paid", "payout.failed"]


def test_types_are_added_to_an_endpoint_and_none_is_taken_away() -> None:
    account = Stripe(
        endpoints=[endpoint(1, "disabled", "payout.paid"), endpoint(2, "enabled", "payout.paid", "tea.spilled")]
    )
    found = line(account).care(ADDRESS, "payout.paid", "payout.failed")
    assert [(one.topic, one.state, one.mended) for one in found] == [
        ("payout.failed", "active", True),
        ("payout.paid", "active", False),
        ("tea.spilled", "active", False),
    ]
    assert account.endpoints[1]["enabled_events"] == ["payout.failed", "payout.paid", "tea.spilled"]
    assert account.endpoints[0]["status"] == "disabled"


def test_an_endpoint_for_everything_lacks_nothing() -> None:
    account = Stripe(endpoints=[endpoint(1, "enabled", "*")])
    found = line(account).care(ADDRESS, *TOPICS)
    assert {one.topic for one in found if one.state == "active" and not one.mended} == set(TOPICS)
    account.endpoints[0]["status"] = "disabled"
    line(account).care(ADDRESS, *TOPICS)
    assert account.endpoints[0]["enabled_events"] == ["*"]
    assert account.endpoints[0]["status"] == "enabled"


@pytest.mark.parametrize("types", [None, "payout.paid", []])
def test_an_endpoint_without_types_has_none(types: Any) -> None:
    account = Stripe(endpoints=[{**endpoint(1, "enabled"), "enabled_events": types}])
    assert line(account).care(ADDRESS) == ()


def test_an_endpoint_without_an_id_is_denied() -> None:
    account = Stripe(endpoints=[{**endpoint(1, "enabled"), "id": "../events"}])
    with pytest.raises(Denied, match="our endpoint has no id"):
        line(account).care(ADDRESS, "payout.paid")


@given(
    st.sampled_from(["event", "tea"]),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
)
def test_anything_polled_is_understood_or_refused(topic: str, value: Any) -> None:
    polled = Delivery("stripe", {"floorwalker-polled": topic}, json.dumps(value).encode(), NOW)
    with pytest.raises((Unparsable, Unrouted)):
        SOURCE.parse(polled, Shopfront("stripe", "leaf"))
