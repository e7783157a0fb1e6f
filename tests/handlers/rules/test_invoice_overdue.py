"""When invoice_overdue speaks, and what it says."""

from __future__ import annotations

import pytest

from bot.core.known import Receivable
from handlers.rules.invoice_overdue import Facts, invoice_overdue
from tests.handlers.rules.cases import NOW, TICK, days, eur, story, told


def invoice(late: float | None = 3, owed: float = 200, status: str = "open") -> Receivable:
    due = None if late is None else NOW - days(late)
    return Receivable("in-1", "INV-12", eur(owed), due, status, NOW - days(1))


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (None, "quiet: Nothing is known of this invoice"),
        (invoice(None), "quiet: The invoice has no due date"),
        (invoice(-3), "clear: The due date was moved to Thu 05 Mar"),
        (invoice(0.5), "quiet: The invoice is due, and within its days of grace"),
        (invoice(1), "LOW Invoice INV-12 overdue since Sun 01 Mar: 200.00 EUR"),
        (invoice(3, 1000), "MEDIUM Invoice INV-12 overdue since Fri 27 Feb: 1000.00 EUR"),
        (invoice(30), "MEDIUM Invoice INV-12 overdue since Sat 31 Jan: 200.00 EUR"),
        (invoice(30, 1000), "HIGH Invoice INV-12 overdue since Sat 31 Jan: 1000.00 EUR"),
        (invoice(3, 0, "paid"), "clear: Invoice INV-12 was paid, Sun 01 Mar"),
        (invoice(3, 50, "void"), "clear: Invoice INV-12 was voided, Sun 01 Mar"),
        (invoice(3, 50, "uncollectible"), "clear: Invoice INV-12 was written off, Sun 01 Mar: 50.00 EUR is lost"),
        (invoice(3, 0), "clear: Invoice INV-12 has nothing outstanding any more, Sun 01 Mar"),
    ],
)
def test_what_it_says_of_an_invoice(known: Receivable | None, says: str) -> None:
    assert told(invoice_overdue.decide(TICK, Facts(known, NOW, None))) == says


@pytest.mark.parametrize(
    ("late", "impact", "act"),
    [
        (2, "Overdue for a week at most", "sends a reminder"),
        (8, "Overdue for more than 7 days", "calls the customer"),
        (31, "Overdue for more than 30 days", "starts dunning or agrees on instalments"),
    ],
)
def test_what_finance_does_depends_on_the_age(late: float, impact: str, act: str) -> None:
    read = story(invoice_overdue.decide(TICK, Facts(invoice(late), NOW, None)))
    assert (read["finance impact"], read["finance step"]) == (impact, act)
    assert read["cost"] == "200.00 to 200.00 EUR"


def test_a_day_later_within_the_same_age_it_says_the_same() -> None:
    known = invoice(3)
    assert invoice_overdue.decide(TICK, Facts(known, NOW, None)) == invoice_overdue.decide(
        TICK, Facts(known, NOW + days(1), None)
    )


@pytest.mark.parametrize(
    ("late", "found_ago", "told_as"),
    [(30, 0, "quiet"), (30, 29, "quiet"), (30, 29.5, "LOW"), (3, 5, "LOW"), (1.5, 1, "LOW")],
)
def test_what_was_overdue_at_the_first_look_stays_in_the_digests(late: float, found_ago: float, told_as: str) -> None:
    verdict = invoice_overdue.decide(TICK, Facts(invoice(late), NOW, NOW - days(found_ago)))
    assert told(verdict).split()[0].rstrip(":") in (told_as, told_as.replace("LOW", "MEDIUM"))
