"""Opens the form in which a rule is set otherwise for a SKU."""

from __future__ import annotations

import re

from bot.core.exceptions import Knob
from bot.core.facts import NoFacts
from bot.core.handlers import Refused, Request, ShowForm, command
from bot.core.parts import say

_VALUE = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_USUAL = "low_stock.threshold"
_OFF = "off"


@command("ops", verb="threshold", usage="SKU… [rule | setting] [12 | off]")
def threshold(request: Request, facts: NoFacts) -> ShowForm:
    """Sets a rule otherwise for a SKU, such as the units at which low_stock tells, or switches it off for it: opens the
    form."""
    if not request.knobs:
        raise Refused(say("No rule about SKUs is switched on."))
    words = request.text.split()
    options = _options(request.knobs)
    named = [word for word in words if any(word in (each.rule, each.setting) for each in request.knobs)]
    value = next((word for word in reversed(words) if _VALUE.fullmatch(word)), "") if len(words) > 1 else ""
    skus = [word.strip(",;") for word in words if word not in (*named, value, _OFF)]
    knob = _chosen(request.knobs, named, off=_OFF in words)
    given = {"skus": tuple(skus), "knob": knob, "value": value}
    return ShowForm("threshold", given=given, options={"knob": options})


def _chosen(knobs: tuple[Knob, ...], named: list[str], *, off: bool) -> str:
    """What the words name: a setting, or a rule's first; left out, the units at which low_stock tells."""
    fits = [each for each in knobs if all(word in (each.rule, each.setting) for word in named)]
    known = [_key(each) for each in fits] or [_key(each) for each in knobs]
    chosen = _USUAL if _USUAL in known else known[0]
    return f"{chosen.partition('.')[0]}.{_OFF}" if off else chosen


def _options(knobs: tuple[Knob, ...]) -> tuple[tuple[str, str], ...]:
    settings = tuple((_key(each), f"{each.rule}: {each.setting}{_usually(each)}") for each in knobs)
    rules = dict.fromkeys(each.rule for each in knobs)
    return (*settings, *((f"{rule}.{_OFF}", f"{rule}: switch it off") for rule in rules))


def _usually(knob: Knob) -> str:
    return "" if knob.default is None else f" (usually {knob.default})"


def _key(knob: Knob) -> str:
    return f"{knob.rule}.{knob.setting}"
