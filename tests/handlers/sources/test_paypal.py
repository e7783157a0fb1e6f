"""PayPal: what proves its deliveries, what each event type tells, and how its amounts become ours."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Delivery, Evidence, Unparsable, Unrouted, Unverified, Wanting
from bot.core.events import (
    DisputeChanged,
    Event,
    InvoiceChanged,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from handlers.sources._paypal.asked import API
from handlers.sources._paypal.webhooks import TOPICS
from handlers.sources.paypal import SOURCE
from tests.authorities import BORN, DAY, below, leaf, root
from tests.fixtures.paypal import conduct

TOLD = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SOON = TOLD + timedelta(days=3)
EVENING = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests/fixtures/paypal"
BY: dict[str, Any] = {"shop": "leaf", "source": "paypal", "at": TOLD}
CAPTURE, SALE, INVOICE = "5TEA0000CAPTURE01", "5TEA00000000SALE1", "INV2-TEA0-0000-0107"
SECRET = conduct.SECRETS[0]


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


def fixture(topic: str, **changes: Any) -> dict[str, Any]:
    """The event of a fixture, with changes to its resource."""
    body: dict[str, Any] = json.loads((FIXTURES / f"{topic}.json").read_bytes())
    body["resource"] |= changes
    return body


def parse(body: Any, *, live: bool = True, **options: Any) -> tuple[Event, ...]:
    shopfront = Shopfront("paypal", "leaf", live=live, options=options)
    return SOURCE.parse(Delivery("paypal", {}, json.dumps(body).encode(), TOLD), shopfront)


def payment(**given: Any) -> dict[str, Any]:
    return (
        BY
        | {"payment": CAPTURE, "provider": "paypal", "method": "paypal", "amount": gbp(4320), "order": "2044"}
        | given
    )


def dispute(status: Any, due: datetime | None = None, **given: Any) -> DisputeChanged:
    return DisputeChanged(
        **BY
        | {
            "dispute": "PP-D-20447",
            "amount": gbp(4320),
            "reason": ShopText("merchandise or service not received"),
            "status": status,
            "due": due,
            "order": "2044",
            "provider": "paypal",
        }
        | given
    )


def invoice(status: Any, outstanding: int = 0, **given: Any) -> InvoiceChanged:
    return InvoiceChanged(
        **BY
        | {"invoice": INVOICE, "number": "TEA-0107", "outstanding": gbp(outstanding), "status": status, "due": EVENING}
        | given
    )


def item(status: Any, reason: str = "") -> PayoutChanged:
    return PayoutChanged(
        **BY,
        payout="TEAITEM000001",
        amount=gbp(12_000),
        status=status,
        reason=ShopText(reason) or None,
        provider="paypal",
        to="others",
    )


def failed(code: str, **given: Any) -> PaymentFailed:
    return PaymentFailed(**payment(code=code, reason=ShopText(code.replace("_", " ").lower()), **given))


UNREGISTERED = "receiver unregistered"
TELLINGS: dict[str, tuple[Event, ...]] = {
    **dict.fromkeys(conduct.SILENT, ()),
    "PAYMENT.CAPTURE.COMPLETED": (PaymentSucceeded(**payment()),),
    "PAYMENT.CAPTURE.DENIED": (failed("BUYER_COMPLAINT"),),
    "PAYMENT.CAPTURE.DECLINED": (failed("DECLINED_BY_RISK_FRAUD_FILTERS", method="card"),),
    "PAYMENT.CAPTURE.REFUNDED": (Refunded(**BY, refund="5TEA0000REFUND001", amount=gbp(900), order="2044"),),
    "PAYMENT.CAPTURE.REVERSED": (Refunded(**BY, refund="5TEA000REVERSAL01", amount=gbp(900), order="2044"),),
    "PAYMENT.SALE.COMPLETED": (PaymentSucceeded(**payment(payment=SALE)),),
    "PAYMENT.SALE.DENIED": (failed("RISK_N_COMPLIANCE_DENIED", payment=SALE),),
    "PAYMENT.SALE.REFUNDED": (Refunded(**BY, refund="5TEA00000OLDREFND", amount=gbp(900), order="2044"),),
    "PAYMENT.SALE.REVERSED": (Refunded(**BY, refund=SALE, amount=gbp(4320), order="2044"),),
    "CUSTOMER.DISPUTE.CREATED": (dispute("open", SOON),),
    "CUSTOMER.DISPUTE.UPDATED": (dispute("answered"),),
    "CUSTOMER.DISPUTE.RESOLVED": (dispute("lost"),),
    "INVOICING.INVOICE.UPDATED": (invoice("open", 46_000),),
    "INVOICING.INVOICE.PAID": (invoice("paid"),),
    "INVOICING.INVOICE.REFUNDED": (invoice("paid"),),
    "INVOICING.INVOICE.CANCELLED": (invoice("void"),),
    "PAYMENT.PAYOUTSBATCH.DENIED": (
        PayoutChanged(
            **BY,
            payout="TEABATCH00001",
            amount=gbp(81_250),
            status="failed",
            reason=ShopText("insufficient funds"),
            provider="paypal",
            to="others",
        ),
    ),
    "PAYMENT.PAYOUTS-ITEM.BLOCKED": (item("failed"),),
    "PAYMENT.PAYOUTS-ITEM.DENIED": (item("failed"),),
    "PAYMENT.PAYOUTS-ITEM.FAILED": (item("failed", UNREGISTERED),),
    "PAYMENT.PAYOUTS-ITEM.CANCELED": (item("canceled", UNREGISTERED),),
    "PAYMENT.PAYOUTS-ITEM.REFUNDED": (item("canceled"),),
    "PAYMENT.PAYOUTS-ITEM.RETURNED": (item("canceled", UNREGISTERED),),
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": (
        failed("PAYMENT_DENIED", payment="I-TEASUBSCR01/2", amount=gbp(1800), order="", retry=True),
    ),
}


def test_every_fixture_has_its_expected_events() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(TELLINGS)


@pytest.mark.parametrize(("topic", "events"), TELLINGS.items(), ids=TELLINGS.keys())
def test_a_type_tells_its_events(topic: str, events: tuple[Event, ...]) -> None:
    assert parse(fixture(topic)) == events


def test_what_is_polled_and_registered_is_what_tells_something() -> None:
    assert set(TOPICS) - {"INVOICING.INVOICE.CREATED", "INVOICING.INVOICE.SCHEDULED"} == {
        topic for topic, events in TELLINGS.items() if events
    }


@pytest.mark.parametrize("topic", TELLINGS)
def test_the_sandbox_counts_only_in_a_shop_that_is_not_live(topic: str) -> None:
    assert parse(fixture(topic), mode="sandbox") == ()
    assert parse(fixture(topic), mode="sandbox", live=False) == TELLINGS[topic]


@pytest.mark.parametrize("topic", ["event", "dispute"])
def test_what_is_polled_tells_the_same_as_a_webhook(topic: str) -> None:
    body = (FIXTURES / f"polled/{topic}.json").read_bytes()
    heard = Delivery("paypal", {"floorwalker-polled": topic}, body, TOLD)
    assert (
        SOURCE.parse(heard, Shopfront("paypal", "leaf"))
        == {
            "event": TELLINGS["PAYMENT.CAPTURE.DENIED"],
            "dispute": TELLINGS["CUSTOMER.DISPUTE.CREATED"],
        }[topic]
    )
    assert SOURCE.parse(heard, Shopfront("paypal", "leaf", options={"mode": "sandbox"})) == ()


@pytest.mark.parametrize(
    "topic", ["CHECKOUT.ORDER.SAVED", "PAYMENT.AUTHORIZATION.VOIDED", "BILLING.SUBSCRIPTION.EXPIRED"]
)
def test_a_type_of_a_silent_family_is_understood(topic: str) -> None:
    assert parse(fixture("CHECKOUT.ORDER.APPROVED") | {"event_type": topic}) == ()


def test_a_type_of_no_known_family_is_unrouted() -> None:
    with pytest.raises(Unrouted, match=r"VAULT\.PAYMENT-TOKEN\.CREATED"):
        parse(fixture("CHECKOUT.ORDER.APPROVED") | {"event_type": "VAULT.PAYMENT-TOKEN.CREATED"})


@pytest.mark.parametrize("topic", ["PAYMENT.CAPTURE.COMPLETED", "PAYMENT.SALE.COMPLETED", "CUSTOMER.DISPUTE.CREATED"])
def test_the_order_is_in_the_field_that_the_shop_chose(topic: str) -> None:
    (event,) = parse(fixture(topic), order="custom_id")
    assert isinstance(event, PaymentSucceeded | DisputeChanged)
    assert event.order == "basket-77"


@pytest.mark.parametrize(
    "changes", [{"status": "FAILED"}, {"status": "CANCELLED"}, {"amount": {"currency_code": "GBP", "value": "0.00"}}]
)
def test_a_refund_that_gave_nothing_back_tells_nothing(changes: dict[str, Any]) -> None:
    assert parse(fixture("PAYMENT.CAPTURE.REFUNDED", **changes)) == ()


@pytest.mark.parametrize(
    ("status", "outcome", "told"),
    [
        ("OPEN", None, "open"),
        ("WAITING_FOR_BUYER_RESPONSE", None, "answered"),
        ("OTHER", None, "open"),
        ("UNDER_REVIEW", "RESOLVED_BUYER_FAVOUR", "answered"),
        ("RESOLVED", None, "closed"),
        ("RESOLVED", "CANCELED_BY_BUYER", "closed"),
        ("RESOLVED", "SOMETHING_NEW", "closed"),
        ("RESOLVED", "ACCEPTED", "lost"),
        ("RESOLVED", "DENIED", "won"),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"),
        ("RESOLVED", "RESOLVED_WITH_PAYOUT", "won"),
    ],
)
def test_the_state_of_a_dispute(status: str, outcome: str | None, told: str) -> None:
    body = fixture("CUSTOMER.DISPUTE.UPDATED", status=status, dispute_outcome={"outcome_code": outcome})
    assert parse(body) == (dispute(told),)


def test_a_dispute_that_says_little_is_told_all_the_same() -> None:
    body = fixture("CUSTOMER.DISPUTE.UPDATED", update_time=None, reason=None, disputed_transactions=None)
    body["create_time"] = "2026-11-20T10:15:09Z"
    assert parse(body) == (dispute("answered", at=TOLD + timedelta(seconds=9), reason=ShopText(""), order=""),)


def test_an_invoice_of_the_older_api_has_its_fields_elsewhere() -> None:
    body = fixture("INVOICING.INVOICE.PAID")
    body["resource"] = {
        "id": INVOICE,
        "number": "TEA-0107",
        "status": "SENT",
        "payment_term": {"due_date": "2026-11-23 PST"},
        "total_amount": {"currency": "GBP", "value": "960.00"},
    }
    assert parse(body) == (invoice("open", 96_000),)
    del body["resource"]["payment_term"], body["resource"]["number"]
    assert parse(body) == (invoice("open", 96_000, due=None, number=INVOICE),)


def test_the_first_failure_of_a_subscription_is_no_retry_and_without_an_amount_it_is_silent() -> None:
    body = fixture("BILLING.SUBSCRIPTION.PAYMENT.FAILED")
    del body["resource"]["billing_info"]["failed_payments_count"]
    (event,) = parse(body)
    assert isinstance(event, PaymentFailed)
    assert (event.retry, event.payment) == (False, "I-TEASUBSCR01/1")
    del body["resource"]["billing_info"]["last_failed_payment"]
    assert parse(body) == ()


@pytest.mark.parametrize(
    ("amount", "money"),
    [
        ({"currency_code": "JPY", "value": "1250"}, Money(1250, "JPY")),
        ({"currency": "EUR", "total": "17.47"}, Money(1747, "EUR")),
        ({"currency": "EUR", "value": "17.4"}, Money(1740, "EUR")),
        ({"currency_code": "HUF", "value": "1250"}, Money(125_000, "HUF")),
        ({"currency_code": "USD", "value": "30.0"}, Money(3000, "USD")),
    ],
)
def test_amounts_of_either_api_become_minor_units(amount: dict[str, str], money: Money) -> None:
    (event,) = parse(fixture("PAYMENT.CAPTURE.COMPLETED", amount=amount))
    assert isinstance(event, PaymentSucceeded)
    assert event.amount == money


@pytest.mark.parametrize(
    ("topic", "changes", "message"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", {"amount": None}, "resource.amount.currency is missing|resource.amount is null"),
        ("CUSTOMER.DISPUTE.CREATED", {"status": "NAPPING"}, "resource.status is 'NAPPING'"),
        ("CUSTOMER.DISPUTE.CREATED", {"dispute_id": None}, "resource.dispute_id is null"),
        ("INVOICING.INVOICE.PAID", {"invoice": {"status": "PAID"}}, "resource.invoice.id is missing"),
    ],
)
def test_what_cannot_be_read_is_named(topic: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Unparsable, match=message):
        parse(fixture(topic, **changes))


@pytest.mark.parametrize(
    ("body", "key"),
    [(b'{"id": "WH-7"}', "WH-7"), (b'{"dispute_id": "PP-D-1"}', ""), (b"{", ""), (b'{"id": "%s"}' % (b"x" * 201), "")],
)
def test_the_key_is_the_id_of_the_event(body: bytes, key: str) -> None:
    assert SOURCE.key(Delivery("paypal", {}, body, TOLD)) == key


# Proof.


def good(topic: str = "PAYMENT.CAPTURE.COMPLETED", at: datetime = TOLD, secret: str = SECRET) -> Delivery:
    return conduct.deliver(topic, (FIXTURES / f"{topic}.json").read_bytes(), at, secret)


def verify(delivery: Delivery, *secrets: str, **options: Any) -> None:
    SOURCE.verify(delivery, secrets or (SECRET,), TOLD, Shopfront("paypal", "leaf", options=options))


def test_the_certificates_are_asked_for_one_after_the_other() -> None:
    known: dict[str, bytes] = {}
    wanted = []
    for _ in range(3):
        delivery = replace(good(), evidence=Evidence(dict(known), conduct.EVIDENCE.anchors))
        try:
            verify(delivery)
        except Wanting as want:
            wanted.append((want.url, want.hosts))
            known[want.url] = conduct.EVIDENCE.documents[want.url]
    verify(replace(good(), evidence=Evidence(known, conduct.EVIDENCE.anchors)))
    assert wanted == [
        (conduct.URL, (".paypal.com", "paypal.com")),
        (conduct.BETWEEN_URL, ("cacerts.digicert.com",)),
    ]


def test_a_chain_that_is_whole_needs_nothing_else() -> None:
    verify(replace(good(), evidence=Evidence({conduct.URL: conduct.LEAF.chain}, (conduct.ROOT.der,))))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/cert",
        "HTTPS://api.paypal.com/cert",
        "https://api.PAYPAL.com/cert",
        "https://paypal.com.evil.example/cert",
        "https://evilpaypal.com/cert",
        "https://evil.example/paypal.com/cert",
        "https://api.paypal.com@evil.example/cert",
        "https://user:word@api.paypal.com/cert",
        "https://api.paypal.com:443/cert",
        "https://api.paypal.com:8443/cert",
        "https://api.paypal.com\\@evil.example/cert",
        "https://evil.example\\.paypal.com/cert",
        "https://evil.example#.paypal.com/cert",
        "https://evil.example?.paypal.com/cert",
        "https://api.pаypal.com/cert",
        "https://api。paypal.com/cert",
        "https://api.paypal.com/cert?next=https://evil.example",
        "https://api.paypal.com/cert#tea",
        "https://api.paypal.com/%2e%2e/cert",
        "https://api.paypal.com",
        "https://.paypal.com/cert",
        "https://-.paypal.com/cert",
        "https://api..paypal.com/cert",
        "https://api.paypal.com/cert\n",
        " https://api.paypal.com/cert",
        "//api.paypal.com/cert",
        "file:///etc/passwd",
        "https://api.paypal.com/" + "a" * 401,
    ],
)
def test_a_certificate_that_lies_elsewhere_is_not_even_asked_for(url: str) -> None:
    delivery = good()
    with pytest.raises(Unverified, match="paypal-cert-url is not on paypal"):
        verify(replace(delivery, headers={**delivery.headers, "paypal-cert-url": url}))


@pytest.mark.parametrize(
    "url", ["https://paypal.com/cert", "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"]
)
def test_a_certificate_of_paypal_is_asked_for(url: str) -> None:
    delivery = good()
    with pytest.raises(Wanting, match=re.escape(url)):
        verify(replace(delivery, headers={**delivery.headers, "paypal-cert-url": url}))


@given(st.text(alphabet="htps:/.@payl.comevi\\#?%-8443 ", max_size=40).map(lambda text: "https://" + text))
def test_whatever_is_asked_for_lies_on_paypal(url: str) -> None:
    delivery = good()
    try:
        verify(replace(delivery, headers={**delivery.headers, "paypal-cert-url": url}))
    except Unverified as refused:
        assert "paypal-cert-url" in str(refused)
    except Wanting as want:
        assert re.match(r"https://([a-z0-9-]+\.)*paypal\.com/", want.url)
    else:
        raise AssertionError(url)


@pytest.mark.parametrize(
    ("issued", "why"),
    [
        (leaf(below(root("Forger")), conduct.NAME), "another authority"),
        (leaf(conduct.BETWEEN, "www.paypal.com"), "another name"),
        (leaf(conduct.BETWEEN, "messageverificationcerts.sandbox.paypal.com"), "the sandbox is not live"),
        (leaf(conduct.BETWEEN, conduct.NAME, life=DAY), "run out"),
        (leaf(conduct.BETWEEN, conduct.NAME, born=TOLD + DAY), "not yet valid"),
        (leaf(conduct.BETWEEN, conduct.NAME, issuer_at="http://evil.example/x.crt"), "the way is broken off"),
    ],
)
def test_a_certificate_is_refused_that_leads_nowhere_or_elsewhere(issued: Any, why: str) -> None:
    chain = issued.pem if why == "the way is broken off" else issued.chain
    with pytest.raises(Unverified, match="leads to an authority"):
        verify(replace(good(), evidence=Evidence({conduct.URL: chain}, (conduct.ROOT.der,))))


def test_the_way_to_the_authority_is_not_followed_for_ever() -> None:
    circle = leaf(conduct.BETWEEN, conduct.NAME, issuer_at=conduct.BETWEEN_URL, life=DAY)
    documents = {conduct.URL: circle.pem, conduct.BETWEEN_URL: circle.der}
    with pytest.raises(Unverified, match="leads to an authority"):
        verify(replace(good(), evidence=Evidence(documents, (conduct.ROOT.der,))))


@pytest.mark.parametrize("name", [conduct.NAME, "messageverificationcerts.sandbox.paypal.com"])
def test_a_sandbox_may_have_a_certificate_of_its_own(name: str) -> None:
    sandbox = leaf(conduct.BETWEEN, name, born=BORN)
    evidence = Evidence({conduct.URL: sandbox.chain}, (conduct.ROOT.der,))
    verify(replace(good(), evidence=evidence), mode="sandbox")


def test_what_the_simulator_signs_proves_nothing() -> None:
    simulated = good(secret="WEBHOOK_ID")
    with pytest.raises(Unverified, match="no webhook id"):
        verify(simulated, "WEBHOOK_ID")
    with pytest.raises(Unverified, match="does not match"):
        verify(simulated, "WEBHOOK_ID", SECRET)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("paypal-auth-algo", "SHA1withRSA", "is not SHA256withRSA"),
        ("paypal-transmission-time", "yesterday", "is text, not a date|is text"),
        ("paypal-transmission-sig", "ä", "is not base64"),
        ("paypal-transmission-sig", "dGVh", "does not match"),
        ("paypal-transmission-id", "another", "does not match"),
    ],
)
def test_a_header_that_was_changed_is_refused(name: str, value: str, why: str) -> None:
    delivery = good()
    with pytest.raises(Unverified, match=why):
        verify(replace(delivery, headers={**delivery.headers, name: value}))


def test_nobody_can_imitate_paypal() -> None:
    with pytest.raises(ValueError, match="cannot be imitated"):
        SOURCE.sign("PAYMENT.CAPTURE.COMPLETED", b"{}", SECRET, TOLD, Shopfront("paypal", "leaf"))


# Options, and the manual.


@pytest.mark.parametrize("options", [{}, {"mode": "live", "order": "custom_id"}, {"mode": "sandbox"}])
def test_good_options_are_accepted(options: dict[str, Any]) -> None:
    SOURCE.options(options)


@pytest.mark.parametrize(("name", "value"), [("mode", "test"), ("mode", True), ("order", "basket"), ("order", None)])
def test_bad_options_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}: must be "):
        SOURCE.options({name: value})


def test_the_manual_names_every_type_that_tells_something_and_every_option() -> None:
    manual = (ROOT / "docs/sources/paypal.md").read_text(encoding="utf-8")
    (types,) = re.findall(r"```text\n(.*?)```", manual, re.DOTALL)
    assert set(types.split()) == set(TOPICS) == set(API.wanted(Shopfront("paypal", "leaf")))
    for name in ("mode", "order"):
        assert f"| `{name}` |" in manual
