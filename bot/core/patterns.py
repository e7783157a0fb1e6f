"""Patterns, in which * stands for any letters and ? for one, held against texts and against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

_TOKENS = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)


def fits(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern, or is it: the id of a SKU may bear what means something else in a pattern."""
    return text == pattern or fnmatchcase(text, pattern)


def meet(one: str, other: str) -> bool:
    """Whether there is a text that fits both. Letters to choose from, "[ab]", are taken for any letter."""
    if fits(one, other) or fits(other, one):
        return True
    mine, theirs = _tokens(one), _tokens(other)
    ahead, seen = [(0, 0)], set[tuple[int, int]]()
    while ahead:
        read = ahead.pop()
        if read == (len(mine), len(theirs)):
            return True
        if read not in seen:
            seen.add(read)
            ahead += _further(mine, theirs, *read)
    return False


def _tokens(pattern: str) -> list[str]:
    return ["?" if len(token) > 1 else token for token in _TOKENS.findall(pattern)]


def _further(mine: Sequence[str], theirs: Sequence[str], at: int, there: int) -> Iterator[tuple[int, int]]:
    """How far both can be read with one more letter, or with a star's end."""
    one, other = "".join(mine[at : at + 1]), "".join(theirs[there : there + 1])
    if one == "*" or (one and other == "*"):
        yield at + 1, there
    if other == "*" or (other and one == "*"):
        yield at, there + 1
    if one and other and (one == other or "?" in (one, other)):
        yield at + 1, there + 1
