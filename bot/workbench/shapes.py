"""Small checks that combine into the shape of a document, each telling in Slack's words what is wrong and where."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.workbench.sizes import SIZES

Problems = list[str]
Check = Callable[[Any, str, Problems], None]
Rule = Callable[[dict[str, Any], str, Problems], None]


def problem(problems: Problems, what: str, pointer: str) -> None:
    """Note one fault of a document as Slack does in response_metadata.messages."""
    problems.append(f"[ERROR] {what} [json-pointer:{pointer}]")


def _within(size: int, name: str, unit: str, pointer: str, problems: Problems) -> None:
    least, most = SIZES[name]
    if size > most:
        said = (
            f"must be less than {most + 1} characters" if unit == "characters" else f"no more than {most} items allowed"
        )
        problem(problems, said, pointer)
    if size < least:
        said = (
            f"must be more than {least - 1} characters"
            if unit == "characters"
            else f"no fewer than {least} items allowed"
        )
        problem(problems, said, pointer)


def string(size: str | None = None) -> Check:
    """A string, as long as the named size allows."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problem(problems, "must provide a string", pointer)
        elif size is not None:
            _within(len(value), size, "characters", pointer, problems)

    return check


def boolean(value: Any, pointer: str, problems: Problems) -> None:
    """True or false."""
    if not isinstance(value, bool):
        problem(problems, "must provide a boolean", pointer)


def number(value: Any, pointer: str, problems: Problems) -> None:
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        problem(problems, "must provide a number", pointer)


def integer(size: str | None = None) -> Check:
    """A whole number within the named size."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            problem(problems, "must provide an integer", pointer)
        elif size is not None and not SIZES[size][0] <= value <= SIZES[size][1]:
            problem(problems, f"must be between {SIZES[size][0]} and {SIZES[size][1]}", pointer)

    return check


def enum(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            problem(problems, f"must be a valid enum value: {', '.join(allowed)}", pointer)

    return check


def items(each: Check, size: str | None = None) -> Check:
    """A list, each entry of which passes `each`, and as many as the named size allows."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problem(problems, "must provide an array", pointer)
            return
        if size is not None:
            _within(len(value), size, "items", pointer, problems)
        for index, entry in enumerate(value):
            each(entry, f"{pointer}/{index}", problems)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *rules: Rule) -> Check:
    """An object with these keys and no others; `rules` look at it whole, once its parts are right. `type` is free."""
    optional = optional or {}
    known = {"type": _anything, **required, **optional}

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problem(problems, "must provide an object", pointer)
            return
        before = len(problems)
        for name in required.keys() - value.keys():
            problem(problems, f"missing required field: {name}", pointer)
        for name, entry in value.items():
            if name not in known:
                problem(problems, f"invalid additional property: {name}", pointer)
            else:
                known[name](entry, f"{pointer}/{name}", problems)
        if len(problems) == before:
            for rule in rules:
                rule(value, pointer, problems)

    return check


def _anything(value: Any, pointer: str, problems: Problems) -> None:
    return None


def variant(table: Mapping[str, Check], allowed: frozenset[str] | None = None) -> Check:
    """An object whose `type` picks its shape from a table, of which only the `allowed` may stand here."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problem(problems, "must provide an object", pointer)
            return
        kind = value.get("type")
        if kind is None:
            problem(problems, "missing required field: type", pointer)
        elif not isinstance(kind, str) or kind not in table or (allowed is not None and kind not in allowed):
            problem(problems, f"unsupported type: {kind}", f"{pointer}/type")
        else:
            table[kind](value, pointer, problems)

    return check


def text(size: str, *kinds: str) -> Check:
    """A text object of one of these kinds; both kinds when none is named."""
    wanted = kinds or ("plain_text", "mrkdwn")
    return shape({"type": enum(*wanted), "text": string(size)}, {"emoji": boolean, "verbatim": boolean}, _text_keys)


def _text_keys(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    wrong = "verbatim" if value["type"] == "plain_text" else "emoji"
    if wrong in value:
        problem(problems, f"invalid additional property: {wrong}", pointer)


def plain(size: str) -> Check:
    """A plain_text object."""
    return text(size, "plain_text")


def any_of(*names: str) -> Rule:
    """At least one of these keys must be there."""

    def rule(value: dict[str, Any], pointer: str, problems: Problems) -> None:
        if not any(value.get(name) for name in names):
            problem(problems, f"must provide at least one of: {', '.join(names)}", pointer)

    return rule


def one_of(*names: str) -> Rule:
    """Exactly one of these keys must be there."""

    def rule(value: dict[str, Any], pointer: str, problems: Problems) -> None:
        if sum(name in value for name in names) != 1:
            problem(problems, f"must provide exactly one of: {', '.join(names)}", pointer)

    return rule
