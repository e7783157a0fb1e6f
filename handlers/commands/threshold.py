"""Opens the form in which a rule is set otherwise for a SKU, a vendor or a tag."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.core.exceptions import Knob
from bot.core.facts import NoFacts
from bot.core.handlers import Refused, Request, ShowForm, command
from bot.core.parts import say
from bot.core.thresholds import OFF

_VALUE = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_LABELLED = re.compile(r"(vendor|tag)(?:\s*:\s*|\s+|\Z)(.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_USUAL = "low_stock.threshold"


@command("ops", verb="threshold", usage="SKU… | vendor NAME | tag NAME [rule | setting] [12 | off]")
def threshold(request: Request, facts: NoFacts) -> ShowForm:
    """Sets a rule otherwise for a SKU, a vendor or a tag, such as the units at which low_stock tells, or switches it
    off for it: opens the form."""
    if not request.knobs:
        raise Refused(say("No rule about SKUs is switched on."))
    labelled = _LABELLED.match(request.text.strip())
    words = (labelled[2] if labelled else request.text).split()
    named = [word for word in words if any(word in (each.rule, each.setting) for each in request.knobs)]
    value = next((word for word in reversed(words) if _VALUE.fullmatch(word)), "") if len(words) > 1 else ""
    rest = [word.strip(",;") for word in words if word not in (*named, value, OFF)]
    given: Mapping[str, Any] = {"skus": tuple(rest)}
    if labelled:
        given = {"label": labelled[1].lower(), "name": " ".join(rest)}
    knob = _chosen(request.knobs, named, off=OFF in words)
    form = "label_threshold" if labelled else "threshold"
    return ShowForm(form, given={**given, "knob": knob, "value": value}, options={"knob": _options(request.knobs)})


def _chosen(knobs: tuple[Knob, ...], named: list[str], *, off: bool) -> str:
    """What the words name: a setting, or a rule's first; left out, the units at which low_stock tells."""
    fits = [each for each in knobs if all(word in (each.rule, each.setting) for word in named)]
    known = [_key(each) for each in fits] or [_key(each) for each in knobs]
    chosen = _USUAL if _USUAL in known else known[0]
    return f"{chosen.partition('.')[0]}.{OFF}" if off else chosen


def _options(knobs: tuple[Knob, ...]) -> tuple[tuple[str, str], ...]:
    settings = tuple((_key(each), f"{each.rule}: {each.setting}{_usually(each)}") for each in knobs)
    rules = dict.fromkeys(each.rule for each in knobs)
    return (*settings, *((f"{rule}.{OFF}", f"{rule}: switch it off") for rule in rules))


def _usually(knob: Knob) -> str:
    return "" if knob.default is None else f" (usually {knob.default})"


def _key(knob: Knob) -> str:
    return f"{knob.rule}.{knob.setting}"
