"""Shopify's compliance topics: each is understood from its body, because the topic itself is not signed."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.core.delivery import Unparsable
from bot.core.privacy import PrivacyAsked
from tests.handlers.sources.test_shopify import BY, FIXTURES, NOW, parse

DOMAIN = "leaf.myshopify.com"
SHOP = {"shop_id": 954889, "shop_domain": DOMAIN}
CUSTOMER = {"id": 7310000000000000900, "email": "rowan@pii.example", "phone": "+1555pii0100"}
BODIES: dict[str, dict[str, Any]] = {
    "customers/data_request": SHOP
    | {"orders_requested": [7310000000000000001], "customer": CUSTOMER, "data_request": {"id": 9999}},
    "customers/redact": SHOP | {"customer": CUSTOMER, "orders_to_redact": [7310000000000000001, 7310000000000000002]},
    "shop/redact": SHOP,
}
PEOPLE = ("7310000000000000900", "rowan@pii.example", "+1555pii0100")


@pytest.mark.parametrize(
    ("topic", "wish"),
    [
        ("customers/data_request", {"wish": "report", "orders": ("7310000000000000001",), "people": PEOPLE}),
        (
            "customers/redact",
            {"wish": "forget_customer", "orders": ("7310000000000000001", "7310000000000000002"), "people": PEOPLE},
        ),
        ("shop/redact", {"wish": "forget_shop"}),
    ],
)
def test_each_topic_is_a_wish(topic: str, wish: dict[str, Any]) -> None:
    asked = PrivacyAsked(**BY, at=NOW, **wish)
    assert parse(topic, BODIES[topic], domain=DOMAIN) == (asked,)
    assert topic == "shop/redact" or parse(topic, BODIES[topic]) == (asked,)


def test_a_customer_without_orders_or_addresses_is_a_wish_as_well() -> None:
    body = SHOP | {"customer": {"id": 1, "email": None, "phone": ""}, "orders_to_redact": []}
    assert parse("customers/redact", body) == (PrivacyAsked(**BY, at=NOW, wish="forget_customer", people=("1",)),)


@pytest.mark.parametrize("topic", BODIES)
def test_no_other_body_becomes_a_wish_by_its_topic(topic: str) -> None:
    """Whoever caught one signed body may send it again under any topic."""
    others = [body for name, body in BODIES.items() if name != topic]
    others += [json.loads(path.read_bytes()) for path in FIXTURES.glob("*.json")]
    assert len(others) > 15
    for body in others:
        with pytest.raises(Unparsable):
            parse(topic, body, domain=DOMAIN)


@pytest.mark.parametrize("topic", BODIES)
def test_a_wish_about_another_shop_is_not_carried_out_here(topic: str) -> None:
    with pytest.raises(Unparsable, match="shop_domain"):
        parse(topic, BODIES[topic] | {"shop_domain": "other.myshopify.com"}, domain=DOMAIN)


def test_a_shop_is_only_forgotten_by_a_source_that_says_which_shop_it_is() -> None:
    with pytest.raises(Unparsable, match="domain"):
        parse("shop/redact", SHOP)


def test_the_manual_subscribes_to_them() -> None:
    manual = (Path(__file__).parents[3] / "docs/sources/shopify.md").read_text(encoding="utf-8")
    toml = manual.partition("```toml\n")[2].partition("```")[0]
    (subscription,) = tomllib.loads(toml)["webhooks"]["subscriptions"]
    assert set(subscription["compliance_topics"]) == set(BODIES)
