"""Text from outside made harmless: one line of plain words that can neither mention, link nor fake anything."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 150
"""Characters of shop text that are shown at most."""

_ENOUGH = 4_000
_MARKS = 3
_ELLIPSIS = "…"
_JOINER = "\u200d"
# Letters that draw nothing, so that a word of them is a gap: Hangul fillers, the braille blank, Khmer inherent vowels.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u034f")
_SPACE_KINDS = frozenset({"Cc", "Zs", "Zl", "Zp"})
_DROPPED_KINDS = frozenset({"Cf", "Cs", "Co"})
_MARK_KINDS = frozenset({"Mn", "Mc", "Me"})
_EMOJI_KINDS = frozenset({"So", "Sk"})
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

# A word joiner is invisible and takes these apart: a scheme, a host name, a mention, an emoji name.
_BREAK = "\u2060"
_BREAKS = re.compile(
    r"(?<=:)(?=//)"
    r"|(?<=\w\.)(?=[^\W\d_]{2})"
    r"|(?<=[@#])(?=\w)"
    r"|(?<=:)(?=[\w+-]+:)"
    r"|(?<=mailto:)|(?<=javascript:)",
    re.IGNORECASE,
)
# Format marks count only at the edge of a word; there a letter that looks like them stands in. One within a SKU stays.
_MARKS_AT_EDGES = re.compile(r"(?<![^\W_])[*_~`]|[*_~`](?![^\W_])")
_LOOKALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}


def clean(text: str, longest: int = LONGEST) -> str:
    """Shop text as one line: NFKC, without control, direction and zero-width characters, at most ``longest`` long.

    Cleaning what is clean changes nothing. Emoji joined by a zero-width joiner stay whole.
    """
    settled = _settled(text[:_ENOUGH])
    if len(settled) <= longest:
        return settled
    return _settled(settled[: longest - 1]) + _ELLIPSIS


def one_line(text: str) -> str:
    """Words of ours without what would break a line or the encoding; spaces at the ends stay."""
    kept = (_spaced(character) for character in text)
    return "".join(kept)


def escaped(text: str) -> str:
    """Text for Slack's mrkdwn, in which ``&``, ``<`` and ``>`` are the only characters with a meaning of their own.

    Source: Slack, "Formatting text for app surfaces", escaping text.
    """
    return text.translate(_ESCAPES)


def literal(text: str) -> str:
    """Cleaned shop text for mrkdwn: escaped, with bare links, mentions and emoji names taken apart, none set bold."""
    unformatted = _MARKS_AT_EDGES.sub(lambda mark: _LOOKALIKES[mark[0]], text)
    return escaped(_BREAKS.sub(_BREAK, unformatted))


def _settled(text: str) -> str:
    """Text on which another pass changes nothing: dropping a character can let its neighbours compose."""
    before = None
    while text != before:
        before, text = text, _passed(text)
    return text


def _passed(text: str) -> str:
    return " ".join(_capped(_visible(_normal(text))).split())


def _normal(text: str) -> str:
    """NFKC, save for the ellipsis, which NFKC would turn into three full stops."""
    return _ELLIPSIS.join(unicodedata.normalize("NFKC", piece) for piece in text.split(_ELLIPSIS))


def _visible(text: str) -> str:
    """Without what is not seen. A joiner stays between two emoji, which it makes one picture."""
    shown = [character if character == _JOINER else _spaced(character) for character in text]
    kept = [character for character in shown if character and character not in _BLANK]
    return "".join(character for place, character in enumerate(kept) if character != _JOINER or _joins(kept, place))


def _spaced(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in _SPACE_KINDS:
        return " "
    return "" if kind in _DROPPED_KINDS or _no_character(character) else character


def _no_character(character: str) -> bool:
    """The 66 code points that Unicode promises never to use."""
    point = ord(character)
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def _joins(characters: list[str], place: int) -> bool:
    before = characters[place - 1] if place else " "
    after = characters[place + 1] if place + 1 < len(characters) else " "
    return (_pictured(before) or before == "\ufe0f") and _pictured(after)


def _pictured(character: str) -> bool:
    return unicodedata.category(character) in _EMOJI_KINDS


def _capped(text: str) -> str:
    """At most three combining marks on one letter, and none on nothing."""
    kept: list[str] = []
    marks = _MARKS
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARK_KINDS else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)
