"""Whatever JSON an app sends as blocks, the validator answers and never falls over."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.workbench.blocks import named_blocks, validate, validate_view
from tests.workbench.test_blocks import TAKEN

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
Place = tuple[Any, str | int]


def places(value: Any) -> Iterator[Place]:
    """Every place of a JSON document where something could be put instead."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield value, key
        yield from places(entry)


@st.composite
def broken(draw: st.DrawFn) -> list[Any]:
    """Good blocks with one thing in them replaced, or one key added."""
    blocks = copy.deepcopy(draw(st.lists(st.sampled_from(list(TAKEN.values())), min_size=1, max_size=3)))
    holder, key = draw(st.sampled_from(list(places(blocks))))
    holder[key] = draw(JSON)
    return blocks


@given(JSON)
def test_any_json_is_answered(anything: Any) -> None:
    assert all(problem.startswith("[ERROR] ") for problem in validate(anything, "message"))
    assert isinstance(validate_view(anything, "modal"), list)


@given(broken())
def test_a_broken_block_is_either_named_with_a_place_that_exists_or_taken_and_given_ids(blocks: list[Any]) -> None:
    problems = validate(blocks, "message")
    for problem in problems:
        reached({"blocks": blocks}, problem.rsplit("[json-pointer:", 1)[1].removesuffix("]"))
    if not problems:
        assert all("block_id" in block for block in named_blocks(blocks, lambda: 1))


def reached(document: Any, pointer: str) -> None:
    """Follow a JSON pointer; an error there would be a pointer that leads nowhere."""
    for step in pointer.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document[step]
