"""Who may do what, as a table for people to read and to review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from bot.core.authority import EVERYBODY, Want, covers
from bot.core.settings import Grant, Permissions, TwoPeople

Row = tuple[str, str, str, str]
"""What may be done or asked, who may, on which alerts, and when two must agree."""

HEAD: Row = ("what", "who", "on", "two must agree")
NOBODY = "nobody"


def matrix(permissions: Permissions, acts: Mapping[str, bool], questions: Iterable[str]) -> list[Row]:
    """A row for each act and each grant of it, also for those that nobody has; then a row for each question.

    ``acts`` say by their names whether they are done to alerts.
    """
    rows = [row for name, on_alert in acts.items() for row in _act(permissions, name, on_alert)]
    return rows + [(name, _askers(permissions, name), "", "") for name in questions]


def _act(permissions: Permissions, name: str, on_alert: bool) -> Iterator[Row]:
    granted = [grant for grant in permissions.grants if _is_about(grant, name, on_alert)]
    agree = "; ".join(_agree(each) for each in permissions.two_people if name in each.acts)
    if not granted:
        yield name, NOBODY, "", ""
    for grant in granted:
        yield name, ", ".join(grant.who), _limits(grant) if on_alert else "", agree


def _is_about(grant: Grant, name: str, on_alert: bool) -> bool:
    """What is limited to some alerts grants nothing that is done to no alert."""
    return (name in grant.may or "*" in grant.may) if on_alert else covers(grant, Want(name))


def _limits(grant: Grant) -> str:
    told = (
        f"of {grant.department}" if grant.department else "",
        f"by {grant.rule}" if grant.rule else "",
        f"up to {grant.at_most.name.lower()}" if grant.at_most else "",
    )
    return " ".join(filter(None, told)) or "every alert"


def _agree(pair: TwoPeople) -> str:
    when = (
        f"from {pair.at_least.name.lower()} on" if pair.at_least else "",
        f"for more than {_span(pair.longer_than)}" if pair.longer_than else "",
    )
    return " ".join((*filter(None, when), f"within {_span(pair.within)}"))


def _span(span: timedelta) -> str:
    """As the config would say it, in the largest unit that fits."""
    units = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
    unit = next(name for name, one in units.items() if not span % one)
    return f"{span // units[unit]}{unit}"


def _askers(permissions: Permissions, name: str) -> str:
    who = [each for grant in permissions.grants if covers(grant, Want(name, "question")) for each in grant.who]
    return ", ".join(dict.fromkeys(who)) or EVERYBODY
