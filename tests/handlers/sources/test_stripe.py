"""Stripe: what each type tells, in both shapes of its API, and how its amounts become ours."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.delivery import POLLED, Delivery, Unparsable, Unverified
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    Event,
    InvoiceChanged,
    OrderHeld,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from handlers.sources._stripe.asked import TOPICS
from handlers.sources.stripe import SOURCE
from tests.fixtures.stripe.conduct import SILENT

TOLD = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SOON, LATER = TOLD + timedelta(days=3), TOLD + timedelta(days=10)
FIXTURES = Path(__file__).parents[2] / "fixtures/stripe"
BY: dict[str, Any] = {"shop": "leaf", "source": "stripe", "at": TOLD}
INTENT, CHARGE, INVOICE = "pi_1Fix0002tea", "ch_1Fix0003tea", "in_1Fix0006tea"


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


def fixture(topic: str, **changes: Any) -> dict[str, Any]:
    """The event of a fixture, with changes to its object."""
    body: dict[str, Any] = json.loads((FIXTURES / f"{topic}.json").read_bytes())
    body["data"]["object"] |= changes
    return body


def parse(body: Any, *, live: bool = True, polled: bool = False, **options: Any) -> tuple[Event, ...]:
    shopfront = Shopfront("stripe", "leaf", live=live, options=options)
    headers = {POLLED: "event"} if polled else {}
    return SOURCE.parse(Delivery("stripe", headers, json.dumps(body).encode(), TOLD), shopfront)


def failed(**given: Any) -> PaymentFailed:
    usual: dict[str, Any] = BY | {"provider": "stripe", "method": "card", "amount": gbp(4320), "order": "2044"}
    return PaymentFailed(**(usual | given))


def succeeded(**given: Any) -> PaymentSucceeded:
    usual: dict[str, Any] = BY | {"provider": "stripe", "method": "card", "amount": gbp(4320), "order": "2044"}
    return PaymentSucceeded(**(usual | given))


def dispute(status: Any) -> DisputeChanged:
    return DisputeChanged(
        **BY,
        dispute="du_1Fix0005tea",
        amount=gbp(4320),
        reason=ShopText("fraudulent"),
        status=status,
        due=LATER,
        order="2044",
        provider="stripe",
    )


def invoice(status: Any, outstanding: int = 96_000, due: datetime | None = SOON) -> InvoiceChanged:
    return InvoiceChanged(
        **BY, invoice=INVOICE, number="TEA-0107", outstanding=gbp(outstanding), status=status, due=due
    )


def payout(status: Any, reason: str = "") -> PayoutChanged:
    return PayoutChanged(
        **BY,
        payout="po_1Fix0007tea",
        amount=gbp(812_050),
        status=status,
        reason=ShopText(reason) if reason else None,
        arrives=SOON,
        provider="stripe",
    )


def held(reason: str, order: str = INTENT, *, held: bool = True) -> OrderHeld:
    return OrderHeld(**BY, order=order, number=order, held=held, reason=ShopText(reason))


def campaign(name: str, status: Any = "running", **given: Any) -> CampaignChanged:
    return CampaignChanged(
        **BY
        | {
            "campaign": "TEATIME",
            "name": ShopText(name),
            "status": status,
            "starts": TOLD - timedelta(days=1),
            "ends": LATER,
            "channel": "discount",
        }
        | given
    )


PROMOTION = "promo_1Fix0012tea"
INTENT_FAILED = failed(payment=INTENT, code="lost_card", reason=ShopText("The card was refused."))
CHARGE_FAILED = failed(
    payment=CHARGE,
    method="sepa_debit",
    code="insufficient_funds",
    reason=ShopText("The account has no funds left."),
)
REFUND_FAILED = PayoutChanged(
    **BY,
    payout="re_1Fix0011tea",
    amount=gbp(900),
    status="failed",
    reason=ShopText("expired or canceled card"),
    provider="stripe",
    to="customer",
)
TELLINGS: dict[str, tuple[Event, ...]] = {
    **dict.fromkeys(SILENT, ()),
    "checkout.session.async_payment_failed": (failed(payment="cs_1Fix0008tea", method="bacs_debit", amount=gbp(1800)),),
    "charge.dispute.funds_withdrawn": (dispute("open"),),
    "charge.dispute.funds_reinstated": (dispute("won"),),
    "review.opened": (held("in review: rule"),),
    "review.closed": (held("in review: approved", held=False),),
    "radar.early_fraud_warning.created": (held("early fraud warning: made with stolen card"),),
    "invoice.payment_action_required": (invoice("open"),),
    "payout.updated": (payout("pending"),),
    "coupon.created": (campaign("Tea time"),),
    "coupon.updated": (campaign("Tea time"),),
    "coupon.deleted": (campaign("Tea time", "cancelled"),),
    "promotion_code.created": (campaign("KETTLE12", campaign=PROMOTION),),
    "promotion_code.updated": (campaign("KETTLE12", "cancelled", campaign=PROMOTION),),
    "payment_intent.succeeded": (succeeded(payment=INTENT),),
    "payment_intent.payment_failed": (INTENT_FAILED,),
    "charge.failed": (CHARGE_FAILED,),
    "charge.refunded": (Refunded(**BY, refund=f"{CHARGE}/1500", amount=gbp(900), order="2044"),),
    "refund.failed": (REFUND_FAILED,),
    "charge.dispute.created": (dispute("open"),),
    "charge.dispute.updated": (dispute("answered"),),
    "charge.dispute.closed": (dispute("lost"),),
    "invoice.finalized": (invoice("open"),),
    "invoice.will_be_due": (invoice("open"),),
    "invoice.overdue": (invoice("open"),),
    "invoice.payment_failed": (
        invoice("open", due=None),
        failed(payment=f"{INVOICE}/3", method="sepa_debit", amount=gbp(96_000), order="", invoice=INVOICE, retry=True),
    ),
    "invoice.paid": (invoice("paid", 0),),
    "invoice.voided": (invoice("void", 0),),
    "invoice.marked_uncollectible": (invoice("uncollectible"),),
    "payout.created": (payout("pending"),),
    "payout.paid": (payout("paid"),),
    "payout.canceled": (payout("canceled"),),
    "payout.failed": (payout("failed", "The bank account could not be found."),),
}


def test_every_fixture_has_its_expected_events() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(TELLINGS)


@pytest.mark.parametrize(("topic", "events"), TELLINGS.items(), ids=TELLINGS.keys())
def test_a_type_tells_its_events(topic: str, events: tuple[Event, ...]) -> None:
    assert parse(fixture(topic)) == events


@pytest.mark.parametrize("topic", TELLINGS)
def test_test_mode_counts_only_in_a_shop_that_is_not_live(topic: str) -> None:
    body = fixture(topic) | {"livemode": False}
    assert parse(body) == ()
    assert parse(body, live=False) == TELLINGS[topic]


def test_a_thin_event_is_refused_with_the_way_to_set_it_up() -> None:
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v1.invoice.overdue", "related_object": {"id": "in_1"}}
    with pytest.raises(Unparsable, match=r'payload style .* "Snapshot"'):
        parse(thin)


CONNECTED = "acct_1Fix0013tea"


@pytest.mark.parametrize(
    ("account", "option", "polled", "told"),
    [
        (None, "", False, True),
        (CONNECTED, "", False, False),
        (CONNECTED, CONNECTED, False, True),
        ("acct_other", CONNECTED, False, False),
        (None, CONNECTED, False, False),
        (None, CONNECTED, True, True),
        ("acct_other", CONNECTED, True, False),
        (CONNECTED, "any", False, True),
        (None, "any", False, True),
    ],
)
def test_only_the_account_that_is_meant_is_heard(account: str | None, option: str, polled: bool, told: bool) -> None:
    options: dict[str, Any] = {"account": option} if option else {}
    body = fixture("payout.paid") | {"account": account}
    assert parse(body, polled=polled, **options) == (TELLINGS["payout.paid"] if told else ())


def test_what_is_polled_tells_the_same_as_a_webhook() -> None:
    body = json.loads((FIXTURES / "polled/event.json").read_bytes())
    assert parse(body, polled=True) == (INTENT_FAILED,)


@pytest.mark.parametrize("changes", [{"payment_intent": INTENT}, {"invoice": INVOICE}, {"amount_total": None}])
def test_a_failed_checkout_is_told_by_its_intent_or_invoice_if_there_is_one(changes: dict[str, Any]) -> None:
    assert parse(fixture("checkout.session.async_payment_failed", **changes)) == ()


@pytest.mark.parametrize(
    ("closed", "free"),
    [
        ("acknowledged", True),
        ("canceled", True),
        ("refunded_as_fraud", False),
        ("refunded", False),
        ("disputed", False),
    ],
)
def test_only_a_review_that_ended_well_lets_the_order_go(closed: str, free: bool) -> None:
    wanted = held(f"in review: {closed.replace('_', ' ')}", held=not free)
    assert parse(fixture("review.closed", closed_reason=closed)) == (wanted,)


def test_a_review_of_a_charge_alone_names_the_charge() -> None:
    body = fixture("review.opened", payment_intent=None, reason=None, opened_reason=None)
    assert parse(body) == (held("in review", order=CHARGE),)


def test_a_warning_that_nobody_can_act_upon_is_silent() -> None:
    assert parse(fixture("radar.early_fraud_warning.created", actionable=False)) == ()


@pytest.mark.parametrize(
    ("topic", "changes", "status"),
    [
        ("coupon.updated", {"valid": False}, "ended"),
        ("coupon.updated", {"redeem_by": int(TOLD.timestamp())}, "ended"),
        ("coupon.deleted", {"redeem_by": int(TOLD.timestamp())}, "ended"),
        ("promotion_code.updated", {"active": True}, "running"),
        ("promotion_code.updated", {"expires_at": int(TOLD.timestamp())}, "ended"),
    ],
)
def test_a_promotion_runs_until_it_ends_or_is_taken_back(topic: str, changes: dict[str, Any], status: str) -> None:
    (event,) = parse(fixture(topic, **changes))
    assert isinstance(event, CampaignChanged)
    assert event.status == status


def test_a_promotion_without_an_end_is_no_campaign_and_without_a_name_goes_by_its_id() -> None:
    assert parse(fixture("coupon.created", redeem_by=None)) == ()
    assert parse(fixture("promotion_code.created", expires_at=None)) == ()
    assert parse(fixture("coupon.created", name=None)) == (campaign("TEATIME"),)


@pytest.mark.parametrize(
    ("status", "told"), [("pending", "pending"), ("paid", "paid"), ("failed", "failed"), ("canceled", "canceled")]
)
def test_a_payout_that_was_updated_says_its_state_itself(status: str, told: str) -> None:
    assert parse(fixture("payout.updated", status=status)) == (payout(told),)


def test_the_payments_of_a_newer_invoice_name_the_intent() -> None:
    payments = {"object": "list", "data": [{"payment": {"type": "charge"}}, {"payment": {"payment_intent": INTENT}}]}
    failure = parse(fixture("invoice.payment_failed", payments=payments))[1]
    assert isinstance(failure, PaymentFailed)
    assert failure.payment == INTENT


def proved(delivery: Delivery, secret: str) -> bool:
    try:
        SOURCE.verify(delivery, (secret,), delivery.received, Shopfront("stripe", "leaf"))
    except Unverified:
        return False
    return True


@settings(max_examples=100)
@given(st.binary(max_size=60), st.integers(-600, 600), st.sampled_from(["", "v1=ab,", "v0=ab,", "v1=,"]), st.booleans())
def test_the_official_library_agrees_with_the_proof(body: bytes, age: int, before: str, good: bool) -> None:
    """It takes what is from the future, and trips over bytes that are not UTF-8, so it is asked about neither."""
    text = base64.b64encode(body)
    now = datetime.now(UTC)
    secret = "whsec_tea"
    headers = SOURCE.sign("", text, secret, now - timedelta(seconds=abs(age)), Shopfront("stripe", "leaf"))
    stamp, _, signature = headers["stripe-signature"].partition(",")
    given_header = f"{stamp},{before}{signature}"
    ours = proved(Delivery("stripe", {"stripe-signature": given_header}, text, now), secret if good else "whsec_pot")
    try:
        theirs = stripe.WebhookSignature.verify_header(
            text.decode(), given_header, secret if good else "whsec_pot", 300
        )
    except stripe.SignatureVerificationError:
        theirs = False
    # At the very limit a second may pass between the two.
    assert abs(abs(age) - 300) < 3 or ours == theirs


def test_a_failed_charge_of_an_intent_is_told_by_the_intent() -> None:
    assert parse(fixture("charge.failed", payment_intent=INTENT)) == ()


def test_told_by_charges_an_attempt_names_its_exact_method_and_no_attempt_is_told_twice() -> None:
    charges: dict[str, Any] = {"payments": "charges"}
    assert parse(fixture("charge.succeeded", payment_intent=INTENT), **charges) == (
        succeeded(payment=INTENT, method="sepa_debit"),
    )
    assert parse(fixture("charge.failed", payment_intent=INTENT), **charges) == (
        failed(payment=INTENT, method="sepa_debit", code=CHARGE_FAILED.code, reason=CHARGE_FAILED.reason),
    )
    assert parse(fixture("payment_intent.succeeded"), **charges) == ()
    assert parse(fixture("payment_intent.payment_failed"), **charges) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice": INVOICE},
        {"description": "Subscription update"},
        {"description": "Subscription creation"},
        {"description": "Payment for Invoice"},
    ],
)
def test_the_failed_payment_of_an_invoice_is_told_by_the_invoice(changes: dict[str, Any]) -> None:
    assert parse(fixture("payment_intent.payment_failed", **changes)) == ()
    assert parse(fixture("charge.failed", **changes)) == ()
    assert parse(fixture("charge.failed", **changes), payments="charges") == ()


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"payment_method_types": ["ideal"]}, "ideal"),
        ({"payment_method_types": ["ideal", "klarna"]}, "card"),
        ({"payment_method_types": None}, "card"),
        ({"charges": {"data": [{"payment_method_details": {"type": "klarna"}}]}}, "klarna"),
        ({"charges": {"data": [{"source": {"object": "source"}}]}}, "source"),
        ({"charges": {"data": [{}]}}, "card"),
    ],
)
def test_the_method_of_an_intent(changes: dict[str, Any], method: str) -> None:
    assert parse(fixture("payment_intent.succeeded", **changes)) == (succeeded(payment=INTENT, method=method),)


@pytest.mark.parametrize(
    ("error", "method", "code"),
    [
        ({"code": "card_declined", "payment_method": {"type": "klarna"}}, "klarna", "card_declined"),
        ({"code": "expired_card", "source": {"object": "card"}}, "card", "expired_card"),
        (None, "ideal", ""),
    ],
)
def test_the_method_and_the_code_of_a_failure(error: Any, method: str, code: str) -> None:
    body = fixture("payment_intent.payment_failed", last_payment_error=error, payment_method_types=["ideal"])
    assert parse(body) == (failed(payment=INTENT, method=method, code=code),)


def test_an_intent_that_does_not_say_what_it_received_received_its_amount() -> None:
    assert parse(fixture("payment_intent.succeeded", amount_received=None)) == TELLINGS["payment_intent.succeeded"]


def test_the_order_is_where_the_shop_keeps_it() -> None:
    body = fixture("payment_intent.succeeded", metadata={"order_id": "1", "basket": "77"})
    assert parse(body, order="basket") == (succeeded(payment=INTENT, order="77"),)
    assert parse(fixture("payment_intent.succeeded", metadata=None)) == (succeeded(payment=INTENT, order=""),)


@pytest.mark.parametrize(
    ("before", "minor"), [({"amount_refunded": 600}, 900), ({"amount_refunded": 0}, 1500), ({}, 1500), (None, 1500)]
)
def test_a_refund_is_the_difference_to_before(before: Any, minor: int) -> None:
    body = fixture("charge.refunded")
    body["data"]["previous_attributes"] = before
    (event,) = parse(body)
    assert isinstance(event, Refunded)
    assert event.amount == gbp(minor)


@pytest.mark.parametrize("topic", ["refund.failed", "refund.updated", "charge.refund.updated"])
def test_a_refund_that_failed_is_told_by_whatever_names_it(topic: str) -> None:
    (event,) = parse(fixture(topic, status="failed", failure_reason=None))
    assert event == replace(REFUND_FAILED, reason=None)


def test_a_charge_without_a_new_refund_tells_nothing() -> None:
    assert parse(fixture("charge.refunded", amount_refunded=600)) == ()


@pytest.mark.parametrize(
    ("flags", "status", "outstanding"),
    [
        ({"paid": False, "closed": False, "forgiven": False}, "open", 5000),
        ({"paid": True, "closed": True}, "paid", 0),
        ({"paid": False, "closed": True, "forgiven": True}, "uncollectible", 5000),
        ({"paid": False, "closed": True}, "void", 0),
    ],
)
def test_an_invoice_of_the_old_api_has_flags_for_its_status(
    flags: dict[str, bool], status: Any, outstanding: int
) -> None:
    """Before 2018 an invoice had neither a status nor a due date nor an amount that remains."""
    body = fixture("invoice.overdue")
    for name in ("status", "amount_remaining", "due_date", "number", "payment_settings"):
        del body["data"]["object"][name]
    body["data"]["object"] |= {"amount_due": 5000} | flags
    wanted = InvoiceChanged(**BY, invoice=INVOICE, number=INVOICE, outstanding=gbp(outstanding), status=status)
    assert parse(body) == (wanted,)


def test_a_draft_owes_nothing_yet() -> None:
    assert parse(fixture("invoice.will_be_due", status="draft")) == ()


@pytest.mark.parametrize(
    ("changes", "payment", "method", "retry"),
    [
        ({"attempt_count": 1}, f"{INVOICE}/1", "sepa_debit", False),
        ({"attempt_count": None}, f"{INVOICE}/1", "sepa_debit", False),
        ({"attempt_count": 2, "payment_settings": None}, f"{INVOICE}/2", "card", True),
        ({"attempt_count": 2, "payment_intent": INTENT}, INTENT, "sepa_debit", True),
    ],
)
def test_only_automatic_attempts_after_the_first_are_retries(
    changes: dict[str, Any], payment: str, method: str, retry: bool
) -> None:
    wanted = failed(payment=payment, method=method, amount=gbp(96_000), order="", invoice=INVOICE, retry=retry)
    assert parse(fixture("invoice.payment_failed", **changes))[1] == wanted


def test_a_failed_payout_has_the_reason_that_there_is() -> None:
    body = fixture("payout.failed", failure_message=None, arrival_date=None)
    (event,) = parse(body)
    assert isinstance(event, PayoutChanged)
    assert (event.reason, event.arrives) == (ShopText("no_account"), None)


def test_a_dispute_without_a_deadline_has_none() -> None:
    (event,) = parse(fixture("charge.dispute.closed", evidence_details=None, status="warning_closed"))
    assert isinstance(event, DisputeChanged)
    assert (event.due, event.status) == (None, "closed")


@pytest.mark.parametrize(
    ("currency", "amount", "money"),
    [
        ("eur", 1250, Money(1250, "EUR")),
        ("jpy", 1250, Money(1250, "JPY")),
        ("kwd", 12500, Money(12500, "KWD")),
        ("isk", 125_000, Money(1250, "ISK")),
        ("ugx", 125_000, Money(1250, "UGX")),
        ("mga", 1250, Money(125_000, "MGA")),
        ("huf", 1250, Money(1250, "HUF")),
        ("eur", -1250, Money(-1250, "EUR")),
    ],
)
def test_amounts_are_converted_by_the_table_of_stripe(currency: str, amount: int, money: Money) -> None:
    (event,) = parse(fixture("payout.paid", currency=currency, amount=amount))
    assert isinstance(event, PayoutChanged)
    assert event.amount == money


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": None}, "data.object.amount is null, not a number"),
        ({"amount": 12.5}, "data.object.amount is a number, not a whole number"),
        ({"currency": "pounds"}, "data.object.amount is no amount of 'POUNDS'"),
        ({"arrival_date": "soon"}, "data.object.arrival_date is text, not a number"),
    ],
)
def test_what_cannot_be_read_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(fixture("payout.paid", **changes))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("body", "key"),
    [(b'{"id": "evt_7"}', "evt_7"), (b"{", ""), (b"{}", ""), (b'{"id": "%s"}' % (b"x" * 201), "")],
)
def test_the_key_is_the_id_of_the_event(body: bytes, key: str) -> None:
    assert SOURCE.key(Delivery("stripe", {}, body, TOLD)) == key


@pytest.mark.parametrize(
    "options",
    [
        {"payments": "charges", "order": "basket"},
        {"payments": "intents"},
        {"account": "acct_1Fix0013tea", "poll": "all"},
        {"account": "any", "poll": "undelivered"},
    ],
)
def test_good_options_are_accepted(options: dict[str, Any]) -> None:
    SOURCE.options(options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("payments", "cheques"),
        ("payments", 1),
        ("order", ""),
        ("order", 7),
        ("account", "1Fix"),
        ("account", 7),
        ("poll", "some"),
    ],
)
def test_bad_options_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}: must be "):
        SOURCE.options({name: value})


def test_the_manual_subscribes_to_every_type_and_no_other() -> None:
    manual = (Path(__file__).parents[3] / "docs/sources/stripe.md").read_text(encoding="utf-8")
    (types,) = re.findall(r"```text\n(.*?)```", manual, re.DOTALL)
    assert set(types.split()) == set(TOPICS) == (set(TELLINGS) - SILENT) | {"charge.succeeded"}
    for name in ("payments", "order", "account", "poll"):
        assert f"| `{name}` |" in manual
