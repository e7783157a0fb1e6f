"""What a campaign is and what it promotes, when a platform tells one half of it and a person the other.

Its SKUs are those that it names, else those that the config knows for it, else the items in one of its groups. Groups
(tags, collections, categories, addresses of pages) are compared by keys, because each platform writes them its own way.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from bot.core.events import CampaignChanged

SAID = "slack"
"""The source of what a person said."""

MOST_SKUS = 500
"""So many SKUs at most are found by groups, in the order of their names; more than that is no campaign's stock."""

MOST_PAGES = 50
"""So many pages of a mail are looked at; more is a catalogue."""

T = TypeVar("T")


# Groups.

_KIND = re.compile(r"(?:tag|collection|category)\s*:\s*(?=\S)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*|(?=/)", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s\"'<>()\[\]{}|\\^`*]{4,500}", re.IGNORECASE)
_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?")
_ENDING = re.compile(r"\.(?:html?|php)\Z")
_PRODUCTS = frozenset({"products", "product", "p", "item", "items"})
_LISTS = frozenset(
    {"collections", "collection", "categories", "category", "product-category", "product-tag", "tags", "tag", "c"}
)


def keys(group: str) -> frozenset[str]:
    """By what a group is known: a name without case, accents' spelling and punctuation, a page by its path.

    A page that lists a collection is that collection as well. Two groups are the same when they share a key; what is
    nothing in particular, such as a shop's front page, has none.
    """
    text = " ".join(unicodedata.normalize("NFKC", group).casefold().split())
    found = _ADDRESS.match(text)
    return _page(text[found.end() :]) if found else _named(_KIND.sub("", text, count=1))


def pattern_of(text: str) -> str:
    """A pattern (* stands for any letters) in the spelling of keys, so that "Summer *" finds "summer-sale"."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return re.sub(r"(?:[^\w*]|_)+", "-", _KIND.sub("", folded, count=1)).strip("-")


def vendor_group(vendor: str) -> str:
    """All that a vendor makes is a group as well."""
    return f"vendor {vendor}"


def linked(text: Any) -> tuple[str, ...]:
    """The pages that a mail links to, as groups, each once, in their order; none where there is no text.

    Pages that list a collection or a tag are left out: the head and the foot of every mail lead to those.
    """
    found = (keys(link) for link in _LINK.findall(text if isinstance(text, str) else ""))
    return tuple(dict.fromkeys(page for [*pages] in found if len(pages) == 1 for page in pages))[:MOST_PAGES]


def all_keys(groups: tuple[str, ...]) -> frozenset[str]:
    """The keys of several groups together."""
    return frozenset[str]().union(*map(keys, groups))


def _named(text: str) -> frozenset[str]:
    slug = re.sub(r"[\W_]+", "-", text).strip("-")
    name = slug or text
    return frozenset({name}) if name else frozenset()


def _page(address: str) -> frozenset[str]:
    steps = [step for step in _decoded(re.split(r"[?#]", address, maxsplit=1)[0]).split("/") if step.strip()]
    if len(steps) > 1 and _LANGUAGE.fullmatch(steps[0]) and steps[0] not in _PRODUCTS:
        steps = steps[1:]
    if not steps:
        return frozenset()
    last = _ENDING.sub("", steps[-1])
    named = next((place for place in range(len(steps) - 2, -1, -1) if steps[place] in _PRODUCTS), None)
    if named is not None:
        return frozenset({f"/{'/'.join(['product', *steps[named + 1 : -1], last])}"})
    if last != steps[-1]:
        # A page with an ending is one and the same below every category that leads to it.
        return frozenset({f"/{last}"})
    listed = any(step in _LISTS for step in steps[:-1])
    return frozenset({f"/{'/'.join(steps)}"}) | (_named(last) if listed else frozenset())


def _decoded(path: str) -> str:
    """Percent signs undone; what they hide is folded as the rest was."""
    raw = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), path.encode("utf-8", "replace"))
    return unicodedata.normalize("NFKC", raw.decode("utf-8", "replace")).casefold()


# What the config knows.


@dataclass(frozen=True, slots=True)
class Promotes:
    """A campaign whose name, id or one of whose groups is like ``match`` (* stands for any letters) promotes SKUs."""

    match: str
    skus: tuple[str, ...]

    def fits(self, plan: CampaignChanged) -> bool:
        """Whether this line is about the campaign."""
        names = (plan.name.text, plan.campaign, *plan.groups)
        return any(fnmatchcase(name.strip().casefold(), self.match.strip().casefold()) for name in names)


@dataclass(frozen=True, slots=True)
class CampaignMap:
    """What the config knows of campaigns: the SKUs of every line that fits, in the order of the lines."""

    lines: tuple[Promotes, ...] = ()

    def skus(self, plan: CampaignChanged) -> tuple[str, ...]:
        """The SKUs of a campaign, each once."""
        return tuple(dict.fromkeys(sku for line in self.lines if line.fits(plan) for sku in line.skus))


# What a platform told and what a person said, as one plan.


def merged(
    told: CampaignChanged | None, said: CampaignChanged | None, noticed: CampaignChanged | None = None
) -> CampaignChanged:
    """The campaign as it stands, from a platform's newest telling, the newest word of a person, and the newest that a
    platform ``noticed`` of its state alone; one must be there.

    The newer of the two says when it runs and how it is called. SKUs that a person gave stay until the platform names
    some itself, later; uplift, audience and channel stay until somebody gives others. Raises ValueError without any.
    """
    told = _in_state(told, noticed)
    if told is None or said is None:
        only = told or said
        if only is None:
            raise ValueError("nobody has told of this campaign")
        return only
    newer, older = (told, said) if told.at > said.at else (said, told)
    return replace(
        newer,
        skus=told.skus if newer is told and told.skus else said.skus,
        groups=told.groups or said.groups,
        channel=newer.channel or older.channel,
        uplift=_given(newer.uplift, older.uplift),
        audience=_given(newer.audience, older.audience),
    )


def _in_state(told: CampaignChanged | None, noticed: CampaignChanged | None) -> CampaignChanged | None:
    """What was told, in the state that was noticed since. That it runs says when it began; that it was cancelled leaves
    its plan as it was."""
    if told is None or noticed is None:
        return told or noticed
    if noticed.at <= told.at:
        return told
    if noticed.status == "cancelled":
        return replace(told, at=noticed.at, status="cancelled")
    return replace(told, at=noticed.at, status=noticed.status, starts=noticed.starts, ends=noticed.ends)


def _given(first: T | None, second: T | None) -> T | None:
    return second if first is None else first
