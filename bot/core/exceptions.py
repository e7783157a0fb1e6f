"""Exceptions to how a rule is set: for a SKU, for what bears a tag, for a vendor's goods, or for all it decides on.

Each names settings of one rule or switches it off. For every setting the strongest exception that names it counts: that
of a SKU before that of a tag, of a vendor, of the rule; on the same level what a member said in Slack before what the
config says; in Slack the newest, in the config the first. A strong one that names settings ends a weaker "off".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from bot.core.campaigns import pattern_of, vendor_group
from bot.core.parts import Line, ShopText, join, member, say
from bot.core.patterns import fits
from bot.core.subject import Subject
from bot.core.verdict import Fire, Verdict

Level = Literal["rule", "vendor", "tag", "sku"]
LEVELS: tuple[Level, ...] = ("rule", "vendor", "tag", "sku")
"""What an exception may be for, the weakest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleException:
    """An exception to one rule. ``pattern`` says for which SKUs, tags or vendors (* stands for any letters); ``given``
    are the settings as one writes them in the config, None switches the rule off.

    One of the config has the id 0 and nobody in ``by``. ``until`` and ``created`` are aware UTC.
    """

    rule: str
    level: Level = "rule"
    pattern: str = "*"
    given: tuple[tuple[str, Any], ...] | None = None
    reason: str = ""
    by: str = ""
    until: datetime | None = None
    created: datetime | None = None
    shop: str = "*"
    id: int = 0

    @property
    def name(self) -> str:
        """What people call it."""
        return f"E-{self.id}"


@dataclass(frozen=True, slots=True)
class Settled:
    """The settings with which a rule is asked about a subject, None where it is off, and the exceptions that made them
    so."""

    settings: Mapping[str, Any] | None
    by: tuple[RuleException, ...] = ()


@dataclass(frozen=True, slots=True)
class Knob:
    """A setting of a rule that people may set for a SKU, with what it is when nobody does (as one writes it)."""

    rule: str
    setting: str
    default: object = field(default=None)


def asks_labels(exceptions: Iterable[RuleException], rule: str) -> bool:
    """Whether an exception to the rule asks for more than the SKU's id."""
    return any(each.rule == rule and each.level in ("tag", "vendor") for each in exceptions)


def meant(
    exceptions: Sequence[RuleException], rule: str, shop: str, subject: Subject, groups: Sequence[str], now: datetime
) -> tuple[RuleException, ...]:
    """The exceptions to a rule that hold for a subject now, the weakest first. ``groups`` are the keys of a SKU's."""
    mine = [
        (number, each)
        for number, each in enumerate(exceptions)
        if each.rule == rule
        and fnmatchcase(shop, each.shop)
        and (each.until is None or now < each.until)
        and _is_for(each, subject, groups)
    ]
    return tuple(each for _, each in sorted(mine, key=lambda numbered: _strength(*numbered)))


def _is_for(each: RuleException, subject: Subject, groups: Sequence[str]) -> bool:
    match each.level:
        case "rule":
            return True
        case "sku":
            # What members set names each SKU; only the config writes patterns of them.
            alike = not each.id and fits(subject.id, each.pattern)
            return subject.about == "sku" and (subject.id == each.pattern or alike)
        case level:
            return bool(labelled(level, each.pattern, groups))


def labelled(level: Level, name: str, groups: Iterable[str]) -> list[str]:
    """Those of the keys of groups that a vendor or a tag has, or several where * stands for any letters in its name."""
    wanted = pattern_of(vendor_group(name) if level == "vendor" else name)
    return [key for key in groups if fnmatchcase(key, wanted)]


def _strength(number: int, each: RuleException) -> tuple[int, int, int]:
    """Ids grow, so of two that members set the newer is stronger; of two of the config it is the earlier line."""
    return LEVELS.index(each.level), each.id, -number


def settle(base: Mapping[str, Any], weakest_first: Sequence[tuple[RuleException, Mapping[str, Any] | None]]) -> Settled:
    """The settings after exceptions, each with its settings as the rule takes them, or None to switch it off."""
    chosen: dict[str, tuple[Any, RuleException]] = {}
    off: RuleException | None = None
    for each, settings in weakest_first:
        off = each if settings is None else None
        chosen = {} if settings is None else chosen | {name: (value, each) for name, value in settings.items()}
    if off is not None:
        return Settled(None, (off,))
    by = tuple(each for each, _ in weakest_first if any(maker is each for _, maker in chosen.values()))
    return Settled({**base, **{name: value for name, (value, _) in chosen.items()}}, by)


def explained(verdict: Verdict, by: Sequence[RuleException]) -> Verdict:
    """The verdict, whose reason also tells the exceptions under which it was made. What stands is news when these have
    changed, though it looks the same."""
    if not by:
        return verdict
    named = join([_named(each) for each in by], " and by ")
    told = replace(verdict, reason=say(verdict.reason, ", by ", named))
    return replace(told, exceptions=named) if isinstance(told, Fire) else told


def _named(each: RuleException) -> Line:
    who = say(f"exception {each.name} of ", member(each.by)) if each.id else say("an exception in the config")
    return say(who, " (", what(each), ")", say(": ", ShopText(each.reason)) if each.reason.strip() else ())


def what(each: RuleException) -> Line:
    """What an exception says, and for what."""
    settings = join([say(f"{name} ", ShopText(_plain(value))) for name, value in each.given or ()])
    target = () if each.level == "rule" else say(f" for {_WORDS[each.level]} ", ShopText(each.pattern))
    shop = say(" in ", ShopText(each.shop)) if each.shop != "*" else ()
    return say(f"{each.rule} ", settings if each.given is not None else "off", target, shop)


_WORDS: Mapping[Level, str] = {"sku": "SKU", "tag": "tag", "vendor": "vendor"}


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})[.,][0-9]{1,12}", re.ASCII)


def scalar(text: str) -> object:
    """A value as somebody typed it, read as the config reads one: true, false, a number, or else text."""
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    if _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    return int(text) if _WHOLE.fullmatch(text) else text
