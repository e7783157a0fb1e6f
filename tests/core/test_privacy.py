"""Names of orders taken out of texts, marks by which they stay known, and what operators are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.events import DisputeChanged, Event, InvoiceChanged, ItemSold, OrderChanged, OrderPlaced, Refunded
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.privacy import Carried, PrivacyAsked, is_forgotten, mark, names_forgotten, renamed, told
from tests.handlers.shelves import spoken

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EUR = Money(100, "EUR")
BY: dict[str, Any] = {"shop": "demo", "source": "shopify", "at": NOW}
MARKS = frozenset((mark("demo", "731"), mark("demo", "#2044"), mark("demo", "rowan@pii.example")))

NAMES = {"7310000001": "gone", "#2044": "gone", "1001": "gone", "B-7": "gone", "2044": "gone"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#2044", "gone"),
        ("Order #2044 took all", "Order gone took all"),
        ("Order #20445 took all", "Order #20445 took all"),
        ("(#2044, #2044)", "(gone, gone)"),
        ("1001", "gone"),
        ("1001 units", "1001 units"),
        ("id 7310000001 and 73100000012", "id gone and 73100000012"),
        ("AB-7 B-7", "AB-7 gone"),
        ("", ""),
        (7310000001, 7310000001),
        (None, None),
        ([["#2044"], {"#2044": {"n": "#2044"}}], [["gone"], {"gone": {"n": "gone"}}]),
    ],
)
def test_a_name_is_replaced_where_it_is_a_name(before: Any, after: Any) -> None:
    assert renamed(before, NAMES) == after


def test_without_names_nothing_is_replaced() -> None:
    assert renamed(["#2044", ""], {}) == ["#2044", ""]


@given(
    st.recursive(st.text(max_size=8) | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_what_is_renamed_has_no_name_left_to_rename(tree: Any) -> None:
    names = {"ab": "X", "#1": "X"}
    assert renamed(renamed(tree, names), names) == renamed(tree, names)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"order": {"admin_graphql_api_id": "gid://shopify/Order/731"}}', False),
        (b'{"email": "ROWAN@pii.example"}', True),
        (b'{"email": "other@pii.example"}', False),
        (b'{"name": "#2044"}', False),
        (b"\xff\xfe rowan@pii.example \x00", True),
        (b"", False),
    ],
)
def test_a_body_is_known_by_its_words(body: bytes, found: bool) -> None:
    """Words of three characters and less would be found everywhere, so they are not looked for."""
    assert names_forgotten("demo", body, MARKS) is found
    assert not names_forgotten("other shop", body, MARKS)
    assert not names_forgotten("demo", body, frozenset())


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (OrderPlaced(**BY, order="731", number="#1", total=EUR, outstanding=EUR), True),
        (OrderChanged(**BY, order="9", number="#2044", total=EUR, outstanding=EUR), True),
        (ItemSold(**BY, sku="A", quantity=1, amount=EUR, order="9", number="#9"), False),
        (Refunded(**BY, refund="r", amount=EUR, order="731"), True),
        (Refunded(**BY, refund="r", amount=EUR), False),
        (DisputeChanged(**BY, dispute="d", amount=EUR, reason=ShopText("x"), status="open", order="#2044"), True),
        (InvoiceChanged(**BY, invoice="731", number="#2044", outstanding=EUR, status="open"), False),
    ],
)
def test_an_event_is_forgotten_with_its_order(event: Event, found: bool) -> None:
    assert is_forgotten(event, MARKS) is found
    assert not is_forgotten(event, frozenset())


def test_a_mark_says_nothing_and_differs_between_shops() -> None:
    assert "731" not in mark("demo", "731").removeprefix("731")
    assert mark("demo", "A@x.example") == mark("demo", "a@X.example") != mark("dock", "a@x.example")


def test_operators_are_told_numbers_and_nobody_s_name() -> None:
    asked = PrivacyAsked(**BY, wish="forget_customer", orders=("731",), people=("rowan@pii.example",))
    lines = spoken(told(asked, Carried(1, 2, 3, 4, (("#ops", "1.2"),))))
    assert lines[0] == "A customer asked through shopify to be forgotten, and was."
    assert "Please delete by hand: the message 1.2 in #ops." in lines
    assert not any("rowan" in line or "731" in line for line in lines)


def test_of_a_report_they_are_told_where_it_is() -> None:
    lines = spoken(told(PrivacyAsked(**BY, wish="report"), Carried(bodies=2, file="var/privacy/privacy-7.json")))
    assert any("var/privacy/privacy-7.json" in line for line in lines)
    assert any("raw deliveries" in line for line in lines) and not any("emptied" in line for line in lines)
