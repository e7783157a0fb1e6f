"""Whether permissions fit: names of acts and questions that are there, and limits that can be met."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase

from bot.catalog import Catalog
from bot.config.problems import Place
from bot.config.schema import ConfigPart, GrantPart, TwoPeoplePart
from bot.core.authority import ALL, SHARE
from bot.core.spelling import hint

Found = Iterator[tuple[Place, str]]


def problems(part: ConfigPart, catalog: Catalog, departments: Collection[str]) -> Found:
    """What is wrong with ``permissions`` and ``two_people``."""
    acts, known = catalog.acts(), {*catalog.acts(), *catalog.questions()}
    for number, grant in enumerate(part.permissions):
        place: Place = ("permissions", number)
        yield from _named((*place, "may"), grant.may, known | {ALL}, "is nothing that anybody can do or ask")
        yield from _limits(place, grant, catalog, departments)
        yield from _unlimited(place, grant, acts)
    for number, pair in enumerate(part.two_people):
        yield from _named(("two_people", number, "acts"), pair.acts, set(acts), "is nothing that anybody can do")
        yield from _two(("two_people", number), pair, catalog)


def _named(place: Place, names: tuple[str, ...], known: Collection[str], why: str) -> Found:
    for number, name in enumerate(names):
        if name not in known:
            yield (*place, number), f"{name!r} {why}{hint(name, known)}"


def _limits(place: Place, grant: GrantPart, catalog: Catalog, departments: Collection[str]) -> Found:
    if grant.department is not None and grant.department not in departments:
        near = hint(grant.department, departments)
        yield (*place, "department"), f"there is no department {grant.department!r}{near}"
    if grant.rule is not None and not any(fnmatchcase(name, grant.rule) for name in catalog.rules):
        yield (*place, "rule"), f"{grant.rule!r} matches no rule{hint(grant.rule, catalog.rules)}"


def _unlimited(place: Place, grant: GrantPart, acts: Mapping[str, bool]) -> Found:
    """A limit to some alerts never lets through what is not done to an alert."""
    if (grant.department, grant.rule, grant.at_most) == (None, None, None):
        return
    for number, name in enumerate(grant.may):
        if name != ALL and not acts.get(name, False):
            told = "is not done to an alert, so department, rule and at_most would keep it from everybody"
            yield (*place, "may", number), f"{name} {told}; grant it in an entry of its own"


def _two(place: Place, pair: TwoPeoplePart, catalog: Catalog) -> Found:
    acts = catalog.acts()
    for number, name in enumerate(pair.acts):
        here: Place = (*place, "acts", number)
        if name == SHARE:
            yield here, "share is done at once, so nobody can agree to it; grant it to fewer people instead"
        if pair.at_least is not None and not acts.get(name, True):
            yield here, f"{name} is not done to an alert, so at_least would never hold"
        if pair.longer_than is not None and name in acts and name not in catalog.lasting():
            yield here, f"{name} holds for no time that somebody chooses, so longer_than would never hold"
