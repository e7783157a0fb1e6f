"""What somebody typed against the words there are: a wrong one is answered with the nearest."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from bot.core.parts import Line, ShopText, join, say, strong

_NEAREST = 3
_ALIKE = 0.6


def nearest(typed: str, words: Iterable[str]) -> tuple[str, ...]:
    """The words spelt most like what was typed, the likest first; those that it begins come before them all."""
    wanted, known = typed.strip().casefold(), list(dict.fromkeys(words))
    begun = [word for word in known if wanted and word.casefold().startswith(wanted)]
    alike = difflib.get_close_matches(wanted, [word.casefold() for word in known], _NEAREST, _ALIKE)
    spelt = [word for near in alike for word in known if word.casefold() == near]
    return tuple(dict.fromkeys([*begun, *spelt]))[:_NEAREST]


def meant(typed: str, words: Iterable[str], before: str = "") -> Line:
    """The question whether one of the nearest was meant, each written after ``before``; nothing where none is near."""
    near = nearest(typed, words)
    return say(" Did you mean ", join([say(strong(before + word)) for word in near], " or "), "?") if near else ()


def unknown(typed: str, words: Iterable[str]) -> Line:
    """That nobody knows what was typed, the nearest words there are, and then all of them."""
    known = list(dict.fromkeys(words))
    told = say("I do not know ", ShopText(typed.strip()), ".", meant(typed, known))
    return say(told, f" There is: {', '.join(known)}.")


def hint(name: str, known: Iterable[str]) -> str:
    """The end of an error about a name: the known one that is spelt most like it, or all of them when none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= 12 else ""
