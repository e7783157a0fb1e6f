"""How PayPal is polled, against the played API: whatever webhooks were lost, the state in the end is PayPal's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.delivery import Delivery, Unparsable, Unrouted
from bot.core.events import DisputeChanged, PaymentSucceeded
from bot.core.polling import Call, Denied, Heard, Keep, Response, Subscription
from bot.core.shopfront import Shopfront
from bot.demo.stores.paypal import HOST, KEYS, OFFERED, SANDBOX, PayPal
from handlers.sources._paypal.webhooks import TOPICS
from handlers.sources.paypal import SOURCE
from tests.handlers.sources.line import NOW, Line

ADDRESS = "https://bot.example/webhooks/paypal"
EVENTS = "/v1/notifications/webhooks-events"


def line(account: PayPal, **changes: Any) -> Line:
    return Line(SOURCE, account, changes.pop("keys", dict(KEYS)), **changes)


def instant(minutes: float) -> str:
    return f"{NOW + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}.000Z"


def capture(number: int, minutes: float) -> dict[str, Any]:
    return {
        "id": f"WH-{number}",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "create_time": instant(minutes),
        "resource": {"id": f"CAP{number}", "amount": {"currency_code": "EUR", "value": "1.00"}},
    }


def dispute(number: int, minutes: float, status: str = "OPEN", **more: Any) -> dict[str, Any]:
    return {
        "dispute_id": f"PP-D-{number}",
        "create_time": instant(-10_000),
        "update_time": instant(minutes),
        "reason": "UNAUTHORISED",
        "status": status,
        "dispute_state": "RESOLVED" if status == "RESOLVED" else "REQUIRED_ACTION",
        "dispute_amount": {"currency_code": "EUR", "value": "5.00"},
        "disputed_transactions": [{"invoice_number": str(2000 + number)}],
        **more,
    }


def payments(of: Line, *heard: Heard) -> list[str]:
    return [event.payment for event in of.events(*heard) if isinstance(event, PaymentSucceeded)]


def state(events: Any) -> dict[str, tuple[str, str]]:
    """Each dispute as its newest telling has it; of two of one moment the one that was told later."""
    newest: dict[str, DisputeChanged] = {}
    for event in events:
        if isinstance(event, DisputeChanged) and (event.dispute not in newest or newest[event.dispute].at <= event.at):
            newest[event.dispute] = event
    return {name: (event.status, event.order) for name, event in newest.items()}


def test_the_first_run_hears_a_day_and_the_next_ones_what_came_since_with_an_hour_before() -> None:
    account = PayPal(events=[capture(1, -60 * 25), capture(2, -60 * 23), capture(3, -30)])
    of = line(account)
    of.run("events")
    assert payments(of) == ["CAP2", "CAP3"]
    account.events += [capture(4, 20), capture(5, -50)]
    of.now = NOW + timedelta(minutes=30)
    assert payments(of, *of.run("events")) == ["CAP5", "CAP3", "CAP4"]
    of.now = NOW + timedelta(minutes=200)
    of.run("events")
    heard = of.run("events")
    assert [each.bodies for each in heard] == [()]
    assert heard[-1].cursor == of.now.isoformat()


@pytest.mark.parametrize(("count", "most"), [(0, 50), (1, 50), (50, 50), (51, 50), (230, 50), (120, 7)])
def test_every_event_of_many_pages_is_heard_once_and_in_its_order(count: int, most: int) -> None:
    account = PayPal(events=[capture(n, -n / 10) for n in range(count)], most=most)
    of = line(account)
    of.run("events")
    assert payments(of) == [f"CAP{n}" for n in reversed(range(count))]
    assert {call.url for call in of.calls if call.method == "GET"} == {f"https://{HOST}{EVENTS}"}


def test_types_that_tell_nothing_are_not_heard() -> None:
    account = PayPal(events=[capture(1, -5), capture(2, -4) | {"event_type": "VAULT.PAYMENT-TOKEN.CREATED"}])
    of = line(account)
    of.run("events")
    assert [len(each.bodies) for each in of.heard if each.bodies] == [1]


def test_after_a_long_pause_what_paypal_still_has_is_made_up_for_slice_by_slice() -> None:
    account = PayPal(events=[capture(day, -60 * 24 * day - 7) for day in range(40)])
    of = line(account)
    of.cursors["events"] = (NOW - timedelta(days=40)).isoformat()
    of.run("events")
    assert payments(of) == [f"CAP{day}" for day in reversed(range(30))]
    cursors = [datetime.fromisoformat(each.cursor) for each in of.heard]
    assert cursors == sorted(cursors)


@pytest.mark.parametrize("cursor", ["tea", "{}", "9999-99-99", "0001-01-01T00:00:00+23:59"])
def test_a_cursor_that_nobody_can_read_begins_anew(cursor: str) -> None:
    of = line(PayPal(events=[capture(1, -5)]))
    of.cursors["events"] = cursor
    of.run("events")
    assert payments(of) == ["CAP1"]


def test_a_cursor_of_the_future_does_not_lose_what_comes_now() -> None:
    of = line(PayPal(events=[capture(1, -5)]))
    of.cursors["events"] = (NOW + timedelta(days=3)).isoformat()
    of.run("events")
    assert payments(of) == ["CAP1"]
    assert of.cursors["events"] == NOW.isoformat()


@settings(max_examples=50)
@given(st.lists(st.integers(0, 30), max_size=6), st.integers(1, 9))
def test_wherever_a_run_is_cut_off_the_next_ones_make_up_for_it(cuts: list[int], most: int) -> None:
    account = PayPal(events=[capture(n, -n * 9) for n in range(120)], most=most * 5)
    of = line(account)
    for number, cut in enumerate(cuts):
        of.run("events", cut)
        of.now += timedelta(minutes=20)
        account.events.append(capture(1000 + number, 20 * number + 15))
    of.run("events")
    assert set(payments(of)) == {event["resource"]["id"] for event in account.events}


CHANGES = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.sampled_from(
            [
                ("OPEN", None),
                ("WAITING_FOR_BUYER_RESPONSE", None),
                ("RESOLVED", "RESOLVED_BUYER_FAVOUR"),
                ("RESOLVED", "RESOLVED_SELLER_FAVOUR"),
            ]
        ),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(CHANGES, st.integers(2, 4))
def test_whatever_webhooks_are_lost_the_disputes_end_as_paypal_has_them(changes: Any, most: int) -> None:
    account = PayPal(disputes=[dispute(n, -60) for n in (1, 2, 3)], most=most)
    of = line(account)
    of.run("disputes")
    told: list[Any] = of.events()
    for minute, (number, (status, outcome), lost) in enumerate(changes, 1):
        row = dispute(number, minute * 7, status, dispute_outcome={"outcome_code": outcome})
        account.disputes = [each for each in account.disputes if each["dispute_id"] != row["dispute_id"]] + [row]
        of.now = NOW + timedelta(minutes=minute * 7 + 1)
        if not lost:
            body = {"id": f"WH-{minute}", "event_type": "CUSTOMER.DISPUTE.UPDATED", "create_time": instant(minute * 7)}
            told += SOURCE.parse(
                Delivery("paypal", {}, json.dumps(body | {"resource": row}).encode(), of.now), of.front
            )
        if minute % 3 == 0:
            told += of.events(*of.run("disputes"))
    told += of.events(*of.run("disputes"))
    wanted = state(
        event
        for row in account.disputes
        for event in SOURCE.parse(
            Delivery("paypal", {"floorwalker-polled": "dispute"}, json.dumps(row).encode(), NOW), of.front
        )
    )
    assert state(told) == wanted


def test_the_first_run_hears_only_disputes_that_are_open() -> None:
    account = PayPal(disputes=[dispute(1, -60), dispute(2, -50, "RESOLVED"), dispute(3, -60 * 24 * 200)])
    of = line(account)
    of.run("disputes")
    assert state(of.events()) == {"PP-D-1": ("open", "2001")}
    of.now = NOW + timedelta(days=190)
    account.disputes.append(dispute(4, 60 * 24 * 189))
    of.run("disputes")
    assert state(of.events())["PP-D-4"] == ("open", "2004")


def test_a_dispute_whose_details_are_gone_is_told_by_its_line_in_the_list() -> None:
    class Forgetful(PayPal):
        def answer(self, call: Call, now: datetime) -> Response:
            return super().answer(replace(call, url=call.url.replace("PP-D-1", "PP-D-0")), now)

    of = line(Forgetful(disputes=[dispute(1, -5)]))
    of.run("disputes")
    assert state(of.events()) == {"PP-D-1": ("open", "")}


# Tokens, and what PayPal refuses.


def tokens(of: Line) -> int:
    return sum(call.url.endswith("/oauth2/token") for call in of.calls)


def test_a_token_is_kept_until_it_ends_and_renewed_once_when_it_is_refused() -> None:
    account = PayPal(events=[capture(1, -5)])
    of = line(account)
    of.run("events")
    of.run("disputes")
    assert tokens(of) == 1
    assert of.keys["token"] == "A21-tea-0"
    of.now += timedelta(hours=10)
    of.run("events")
    assert tokens(of) == 2
    account.tokens.clear()
    of.run("disputes")
    assert tokens(of) == 3


@pytest.mark.parametrize(
    ("lasts", "kept"),
    [(32_400, 32_100), (900_000, 32_400), (60, 0), (True, 0), (None, 0), ("soon", 0)],
)
def test_a_token_is_kept_for_a_little_less_than_it_lasts(lasts: Any, kept: int) -> None:
    plan = SOURCE.api.streams[0].plan(line(PayPal()).asked())  # type: ignore[union-attr]
    next(plan)
    answer = json.dumps({"access_token": "tea", "expires_in": lasts}).encode()
    assert plan.send(Response(200, {}, answer, NOW)) == Keep("token", "tea", NOW + timedelta(seconds=kept))


def test_a_secret_that_is_refused_is_said_in_words_and_not_shown() -> None:
    of = line(PayPal(), keys={"client_id": "tea", "client_secret": "sesame"})
    with pytest.raises(Denied, match="401: the token: the client id or secret was refused") as denied:
        of.run("events")
    assert "sesame" not in str(denied.value)
    of = line(PayPal(lasts=0), keys={**KEYS, "token": "old"})
    with pytest.raises(Denied, match=r"401: GET /v1/notifications/webhooks-events"):
        of.run("events")


def test_a_feature_that_the_app_lacks_is_said_in_words() -> None:
    of = line(PayPal(lacks=frozenset({"/v1/customer/disputes"})))
    with pytest.raises(Denied, match=r"403: GET /v1/customer/disputes: the app may not do this.*\(NOT_AUTHORIZED\)"):
        of.run("disputes")
    of.run("events")


def test_calls_that_met_a_limit_are_made_again() -> None:
    of = line(PayPal(events=[capture(1, -5)], fails=[429, 503, 429]))
    of.run("events")
    assert payments(of) == ["CAP1"]


def test_the_sandbox_is_asked_in_the_sandbox() -> None:
    of = line(PayPal(), options={"mode": "sandbox"})
    of.run("events")
    assert {call.url.split("/")[2] for call in of.calls} == {SANDBOX}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"<html>", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"events": 5}', "events are no list"),
        (b'{"events": ["tea"]}', "events are no list"),
        (b'{"access_token": 5}', "gave no token"),
        (b'{"access_token": "a\\nb"}', "gave no token"),
    ],
)
def test_an_answer_of_another_shape_is_denied(answer: bytes, why: str) -> None:
    class Odd(PayPal):
        def answer(self, call: Call, now: datetime) -> Response:
            if call.form and "access_token" not in answer.decode():
                return super().answer(call, now)
            return Response(200, {}, answer, now)

    with pytest.raises(Denied, match=why):
        line(Odd()).run("events")


def test_a_fault_that_is_no_json_is_denied_by_its_status() -> None:
    class Gateway(PayPal):
        def answer(self, call: Call, now: datetime) -> Response:
            return super().answer(call, now) if call.form else Response(418, {}, b"<html>", now)

    with pytest.raises(Denied, match=r"^418: GET /v1/notifications/webhooks-events: refused$"):
        line(Gateway()).run("events")


def test_a_dispute_without_an_id_is_denied() -> None:
    class Nameless(PayPal):
        def answer(self, call: Call, now: datetime) -> Response:
            answer = super().answer(call, now)
            return replace(answer, body=answer.body.replace(b"PP-D-1", b"../../oauth2"))

    with pytest.raises(Denied, match="a dispute has no id"):
        line(Nameless(disputes=[dispute(1, -5)])).run("disputes")


# Care.


def test_a_webhook_whose_id_nobody_would_see_is_not_made() -> None:
    account = PayPal()
    found = line(account).care(ADDRESS, "PAYMENT.CAPTURE.DENIED")
    note = "run floorwalker connect paypal, which makes a new webhook, whose id is the source's secret"
    assert found == (Subscription("PAYMENT.CAPTURE.DENIED", "missing", note=note),)
    assert account.webhooks == []


def test_a_missing_webhook_is_made_with_what_paypal_offers_and_its_id_is_asked_for() -> None:
    account = PayPal()
    of = line(account, attended=True)
    assert of.care(ADDRESS) == ()
    found = of.care(ADDRESS, *TOPICS)
    assert {each.topic for each in found if each.state == "active" and each.mended} == set(OFFERED) & set(TOPICS)
    assert all("put its id" in each.note for each in found if each.mended)
    assert account.webhooks[0]["id"] not in repr(found)
    assert {each.note for each in found if each.state == "missing"} == {"PayPal does not offer it to this app"}
    assert {each["name"] for each in account.webhooks[0]["event_types"]} == set(OFFERED) & set(TOPICS)


def test_types_are_added_to_a_webhook_and_none_is_taken_away() -> None:
    kinds = [{"name": "CUSTOMER.DISPUTE.CREATED"}, {"name": "PAYMENT.CAPTURE.DENIED", "status": "DISABLED"}]
    kinds += [{"name": "PAYMENT.CAPTURE.PENDING", "status": "ENABLED"}]
    account = PayPal(webhooks=[{"id": "5TEAOTHER", "url": "https://other.example", "event_types": [{"name": "*"}]}])
    account.webhooks.append({"id": "5TEAOURS", "url": ADDRESS, "event_types": kinds})
    of = line(account)
    assert of.care(ADDRESS) == (
        Subscription("CUSTOMER.DISPUTE.CREATED", "active"),
        Subscription("PAYMENT.CAPTURE.DENIED", "disabled"),
        Subscription("PAYMENT.CAPTURE.PENDING", "active"),
    )
    found = of.care(ADDRESS, "PAYMENT.CAPTURE.DENIED", "CUSTOMER.DISPUTE.RESOLVED", "CUSTOMER.DISPUTE.CREATED")
    assert [(each.topic, each.state, each.mended, each.note) for each in found] == [
        ("CUSTOMER.DISPUTE.CREATED", "active", False, ""),
        ("CUSTOMER.DISPUTE.RESOLVED", "active", True, ""),
        ("PAYMENT.CAPTURE.DENIED", "active", True, ""),
        ("PAYMENT.CAPTURE.PENDING", "active", False, ""),
    ]
    assert sorted(each["name"] for each in account.webhooks[1]["event_types"]) == [each.topic for each in found]
    assert all(one.state == "active" and not one.mended for one in of.care(ADDRESS, "PAYMENT.CAPTURE.DENIED"))


def test_a_webhook_for_everything_lacks_nothing() -> None:
    account = PayPal(webhooks=[{"id": "5TEAOURS", "url": ADDRESS, "event_types": [{"name": "*"}]}])
    found = line(account).care(ADDRESS, *TOPICS)
    assert {each.topic for each in found if each.state == "active" and not each.mended} == set(TOPICS)


def test_nothing_is_changed_when_paypal_offers_nothing_that_is_lacking() -> None:
    account = PayPal(offered=())
    assert line(account, attended=True).care(ADDRESS, "PAYMENT.CAPTURE.DECLINED") == (
        Subscription("PAYMENT.CAPTURE.DECLINED", "missing", note="PayPal does not offer it to this app"),
    )
    assert account.webhooks == []


def test_a_webhook_without_an_id_is_denied() -> None:
    account = PayPal(webhooks=[{"id": "../..", "url": ADDRESS, "event_types": []}])
    with pytest.raises(Denied, match="our webhook has no id"):
        line(account).care(ADDRESS, "PAYMENT.CAPTURE.DENIED")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["event", "dispute", "tea"]), JSON)
def test_anything_polled_is_understood_or_refused(topic: str, value: Any) -> None:
    polled = Delivery("paypal", {"floorwalker-polled": topic}, json.dumps(value).encode(), NOW)
    with pytest.raises((Unparsable, Unrouted)):
        SOURCE.parse(polled, Shopfront("paypal", "leaf"))
