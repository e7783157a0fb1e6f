"""What /ops payments answers, from plain facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.handlers import Refused, Reply, Request
from bot.core.known import DisputeState, MethodTried, PayoutState, Receivable, SourceSeen
from bot.core.message import Footer, Message
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.surprise import Tally
from handlers.commands import payments
from tests.core.samples import NOW
from tests.handlers.shelves import spoken, words

DAY = timedelta(days=1)
SOURCES = (SourceSeen("shopify", NOW), SourceSeen("stripe", None))
MONTH = (Tally(100, 4),) * 28


def asked(text: str = "", **known: object) -> Reply:
    nothing: dict[str, object] = {"receivables": (), "methods": (), "disputes": (), "payouts": (), "sources": SOURCES}
    facts = payments.Facts(now=NOW, **(nothing | known))  # type: ignore[arg-type]
    reply = payments.payments.answer(Request(text, "U1", "C1", NOW), facts)
    assert isinstance(reply, Reply)
    return reply


def lines(reply: Reply) -> list[str]:
    """Every line, the small print last."""
    fresh = reply.message.blocks[-1]
    assert isinstance(fresh, Footer)
    return [*spoken(reply.message), words(fresh.line)]


def owed(number: str, minor: int, days: float | None, currency: str = "EUR") -> Receivable:
    due = None if days is None else NOW - days * DAY
    return Receivable(number, number, Money(minor, currency), due, "open", NOW)


def dispute(number: int, days: float | None, reason: str = "fraudulent") -> DisputeState:
    due = None if days is None else NOW + days * DAY
    return DisputeState(f"dp_{number}", Money(8900, "EUR"), ShopText(reason), "open", due, "1001", "stripe", NOW)


def payout(status: str, minor: int, days: float | None = None, currency: str = "EUR", reason: str = "") -> PayoutState:
    arrives = None if days is None else NOW + days * DAY
    told = ShopText(reason) if reason else None
    return PayoutState("po", Money(minor, currency), status, told, arrives, "stripe", NOW - DAY)


def test_with_nothing_known_each_part_says_so_in_one_line_and_the_sources_say_how_fresh_that_is() -> None:
    reply = asked()
    assert lines(reply) == [
        "Nothing is outstanding.",
        "Nobody tried to pay in the last 24 hours.",
        "No dispute waits for evidence.",
        "No payout is due, and none came in 7 days.",
        "as of shopify <moment>, stripe (never heard)",
    ]
    assert words(reply.message.summary) == "Payments: nothing outstanding, no disputes to answer"
    assert reply.share


def test_what_is_outstanding_has_a_row_for_each_age_and_currency_and_no_sum_over_currencies() -> None:
    known = (owed("I-1", 1000, 5), owed("I-2", 2000, 6, "USD"), owed("I-3", 500, 6), owed("I-4", 900, 45))
    assert lines(asked("outstanding", receivables=known))[:-1] == [
        "0-7 days | 2 | 15 EUR | «I-1» | ",
        "0-7 days | 1 | 20 USD | «I-2» | ",
        "over 30 days | 1 | 9 EUR | «I-4» | ",
    ]
    assert words(asked(receivables=known).message.summary).startswith("Payments: 24 EUR + 20 USD outstanding")


def test_failures_of_the_last_day_stand_against_what_is_usual_of_the_method() -> None:
    methods = (
        MethodTried("paypal/wallet", Tally(50, 2), MONTH),
        MethodTried("stripe/card", Tally(40, 20), MONTH),
        MethodTried("stripe/new", Tally(4, 1), ()),
        MethodTried("stripe/quiet", Tally(0, 0), MONTH),
    )
    assert lines(asked("failures", methods=methods))[:-1] == [
        "«stripe/card»: 20 of 40 failed (<share>), unusual, usually <share>",
        "«paypal/wallet»: 2 of 50 failed (<share>), usually <share>",
        "«stripe/new»: 1 of 4 failed (<share>), what is usual is not known yet",
    ]


@pytest.mark.parametrize(
    ("known", "row"),
    [
        (dispute(1, 3), "89 EUR · «fraudulent» · evidence by <moment> (<duration> left) · «dp_1»"),
        (dispute(2, -1, ""), "89 EUR · no reason told · evidence by <moment> (over) · «dp_2»"),
        (dispute(3, None), "89 EUR · «fraudulent» · no deadline told · «dp_3»"),
    ],
    ids=["in time", "too late", "no deadline"],
)
def test_a_dispute_is_told_with_its_deadline_and_the_time_left(known: DisputeState, row: str) -> None:
    reply = asked("disputes", disputes=(known,))
    assert lines(reply)[0] == row
    assert words(reply.message.summary).endswith("1 dispute to answer")


def test_a_long_list_says_how_many_it_leaves_out() -> None:
    told = lines(asked("disputes", disputes=tuple(dispute(number, 1) for number in range(12))))
    assert told[-2] == "+2 more"


@pytest.mark.parametrize(
    ("payouts", "told"),
    [
        ((payout("pending", 5000, 2),), ["Payouts due: 50 EUR on <moment>"]),
        ((payout("pending", 5000, -2),), ["Payouts due: 50 EUR was promised for <moment>"]),
        (
            (payout("pending", 5000), payout("pending", 700, 1)),
            ["Payouts due: 7 EUR on <moment>; 50 EUR, no day told"],
        ),
        (
            (payout("failed", 5000, reason="account closed"), payout("failed", 100)),
            ["Payouts that came back in 7 days: 50 EUR on <moment>: «account closed»; 1 EUR on <moment>"],
        ),
        (
            (payout("paid", 5000), payout("paid", 700), payout("paid", 900, currency="USD")),
            ["Paid out in 7 days: 57 EUR + 9 USD, 3 in all"],
        ),
        (
            tuple(payout("pending", 100, day) for day in range(1, 8)),
            ["Payouts due: " + "; ".join(["1 EUR on <moment>"] * 5) + " and 2 more"],
        ),
    ],
    ids=["due", "late", "undated last", "came back", "paid", "many"],
)
def test_payouts_are_told_as_due_come_back_and_paid(payouts: tuple[PayoutState, ...], told: list[str]) -> None:
    assert lines(asked("payouts", payouts=payouts))[:-1] == told


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("dispute", "I do not know «dispute». Did you mean disputes? There is: outstanding, failures, disputes, payouts."),
        ("zzz", "I do not know «zzz». There is: outstanding, failures, disputes, payouts."),
    ],
)  # fmt: skip
def test_a_wrong_word_is_answered_with_the_nearest_and_all_there_are(typed: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(typed)
    assert words(refused.value.line) == told


def test_no_customer_is_named() -> None:
    """There is none among the facts: an invoice is known by its number, a dispute by its id."""
    message: Message = asked(receivables=(owed("I-1", 1000, 5),), disputes=(dispute(1, 3),)).message
    assert "1001" not in " ".join(spoken(message))
