"""Shopify's API as it is played: it answers, charges, pages and refuses as Shopify does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.polling import Call
from bot.demo.stores.shopify import CLIENT, DOMAIN, Shopify
from bot.demo.stores.shopify_graphql import page, read, shown

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
URL = f"https://{DOMAIN}/admin/api/2026-07/graphql.json"


def ask(shop: Shopify, query: str, token: str = "shpat_kettle", now: datetime = NOW, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    return shop.answer(Call("POST", URL, headers={"x-shopify-access-token": token}, body=body), now).json()


def hold(number: int, status: str = "ON_HOLD", minute: int = 0) -> dict[str, Any]:
    return {"id": f"gid://{number}", "status": status, "updatedAt": (NOW + timedelta(minutes=minute)).isoformat()}


def test_a_query_says_its_fields_arguments_variables_and_fragments() -> None:
    text = """query($id: ID!, $names: [String!]!) { one: node(id: $id, first: -3, flat: ["a", "b"], names: $names) {
      name ... on Tea { cups } ... on Pot { litres } } }"""
    [field] = read(text, {"id": "7", "names": ["x"]})
    assert (field.alias, field.name) == ("one", "node")
    assert field.arguments == {"id": "7", "first": -3, "flat": ["a", "b"], "names": ["x"]}
    tea = {"__typename": "Tea", "name": "Earl", "cups": 3}
    assert shown(tea, field.inner) == {"name": "Earl", "cups": 3}
    assert shown([tea, None], field.inner) == [{"name": "Earl", "cups": 3}, None]


@pytest.mark.parametrize(
    "text", ["", "query", "query { a(", "query { a { }", "query($a: B { a }", "query { a(b 7) { c } }"]
)
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        read(text, {})


def test_a_field_that_the_api_does_not_have_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError, match="teapot"):
        ask(Shopify(holds=[hold(1)]), "query { fulfillmentOrders(first: 1) { nodes { teapot } } }")


def test_pages_stand_still_while_rows_come_and_go() -> None:
    rows = [{"__place": [n], "n": n} for n in (1, 2, 4, 5)]
    first = page(rows, {"first": 2})
    assert [row["n"] for row in first["nodes"]] == [1, 2]
    mark = first["pageInfo"]["endCursor"]
    grown = [{"__place": [n], "n": n} for n in (0, 3, 4, 5)]
    second = page(grown, {"first": 2, "after": mark})
    assert [row["n"] for row in second["nodes"]] == [3, 4]
    assert second["pageInfo"]["hasNextPage"]
    assert page([], {"first": 2})["pageInfo"] == {"hasNextPage": False, "endCursor": None}


def test_lists_are_sorted_and_filtered() -> None:
    shop = Shopify(holds=[hold(2, minute=1), hold(1, minute=2), hold(3, "OPEN", 3)])
    asked = "query { fulfillmentOrders(first: 9%s) { nodes { id } } }"

    def ids(more: str) -> list[str]:
        return [node["id"][-1] for node in ask(shop, asked % more)["data"]["fulfillmentOrders"]["nodes"]]

    assert ids("") == ["1", "2", "3"]
    assert ids(", sortKey: UPDATED_AT") == ["2", "1", "3"]
    assert ids(', query: "status:on_hold"') == ["1", "2"]
    since = (NOW + timedelta(minutes=2)).isoformat()
    assert ids(f", query: \"updated_at:>='{since}'\"") == ["1", "3"]
    assert ids(f", query: \"status:open OR updated_at:>='{since}'\"") == ["1", "3"]


def test_a_query_costs_points_that_come_back() -> None:
    shop = Shopify(holds=[hold(1)], full=10, bucket=10, rate=2)
    query = "query { fulfillmentOrders(first: 8) { nodes { id } } }"
    status = ask(shop, query)["extensions"]["cost"]
    assert status["requestedQueryCost"] == 8
    assert status["throttleStatus"] == {"maximumAvailable": 10, "currentlyAvailable": 2, "restoreRate": 2}
    refused = ask(shop, query)
    assert refused["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in refused
    assert "data" in ask(shop, query, now=NOW + timedelta(seconds=3))
    dear = ask(Shopify(dearest=7), query)
    assert dear["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_a_token_lasts_a_day_and_nobody_elses_is_known() -> None:
    shop = Shopify()
    form = (("grant_type", "client_credentials"), *CLIENT.items())
    granted = shop.answer(Call("POST", f"https://{DOMAIN}/admin/oauth/access_token", form=form), NOW)
    token, query = granted.json()["access_token"], "query { orders(first: 1) { nodes { id } } }"
    assert "data" in ask(shop, query, token)
    for given, now in ((token, NOW + timedelta(days=1)), ("shpat_unknown", NOW)):
        assert "Invalid API key" in ask(shop, query, given, now)["errors"]


def test_another_address_is_not_found() -> None:
    assert Shopify().answer(Call("POST", f"https://{DOMAIN}/admin/api/2026-07/shop.json"), NOW).status == 404


def test_a_missing_scope_is_named_in_shopifys_words() -> None:
    refused = ask(Shopify(lacks=frozenset({"read_orders"})), "query { orders(first: 1) { nodes { id } } }")
    assert refused["data"] is None
    assert "Required access: `read_orders` access scope" in refused["errors"][0]["message"]
