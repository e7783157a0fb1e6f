"""What is wrong with an option is told by its name and with what it must be."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.options import FLAG, Options, matching, names, one_of, options_of

TABLE: Options = {
    "leaf": (matching("[a-z]+"), "the name of a leaf"),
    "stock": one_of("sources", "salable", "items"),
    "poll": one_of("all", "undelivered"),
    "unsigned": FLAG,
    "locations": (names, "a mapping of codes to names"),
}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"leaf": "oolong", "stock": "items", "poll": "all", "unsigned": False, "locations": {1: "Berlin"}},
        {"locations": {}},
    ],
)
def test_what_fits_is_taken(given: dict[str, Any]) -> None:
    options_of("tea", TABLE)(given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kettle": 1}, "kettle: tea has no such option; it has leaf, stock, poll, unsigned, locations"),
        ({"leaf": "oolong 2"}, "leaf: must be the name of a leaf"),
        ({"leaf": 2}, "leaf: must be the name of a leaf"),
        ({"stock": "cups"}, "stock: must be sources, salable or items"),
        ({"stock": ["items"]}, "stock: must be sources, salable or items"),
        ({"poll": None}, "poll: must be all or undelivered"),
        ({"unsigned": "yes"}, "unsigned: must be true or false"),
        ({"unsigned": 1}, "unsigned: must be true or false"),
        ({"locations": {"b": 1}}, "locations: must be a mapping of codes to names"),
        ({"locations": ["b"]}, "locations: must be a mapping of codes to names"),
        ({"poll": "all", "leaf": ""}, "leaf: must be the name of a leaf"),
    ],
)
def test_what_does_not_is_told_by_its_name(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError) as told:  # noqa: PT011 (the whole text is compared)
        options_of("tea", TABLE)(given)
    assert str(told.value) == why
