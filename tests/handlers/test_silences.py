"""Silences as members lay, list and end them, from plain facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.alerts import Alert
from bot.core.facts import NoFacts
from bot.core.forms import Sent, Silenced, Wrong
from bot.core.handlers import EndSilence, Refused, Reply, Request, ShowForm
from bot.core.settings import Mute, WorkingHours
from bot.core.silences import Held, Silence
from handlers.commands import silence as command
from handlers.commands import silences, unsilence
from handlers.forms import silence as form
from tests.core.samples import NOW, house, opened
from tests.handlers.shelves import spoken, words

HOUR = timedelta(hours=1)
RULES = ("low_stock", "oversold")


def opens(text: str, alert: Alert | None = None) -> dict[str, object]:
    shown = command.silence.answer(Request(text, "U1", "C1", NOW, rules=RULES), command.Facts(alert))
    assert isinstance(shown, ShowForm) and shown.form == "silence"
    return dict(shown.given)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("", {"rule": "", "subject": "", "span": ""}),
        ("low_stock", {"rule": "low_stock", "subject": "", "span": ""}),
        ("low_* MUG, CUP 4h", {"rule": "low_*", "subject": "MUG\nCUP", "span": "4h"}),
        ("MUG", {"rule": "", "subject": "MUG", "span": ""}),
        ("A-LINE-DRESS 2d", {"rule": "", "subject": "A-LINE-DRESS", "span": "2d"}),
    ],
)
def test_the_form_opens_filled_with_what_was_typed(text: str, given: dict[str, object]) -> None:
    assert opens(text) == {"shop": "this", **given}


def test_an_alert_fills_in_its_rule_and_what_it_is_about() -> None:
    filled = {"shop": "this", "rule": "low_stock", "subject": "HOODIE-M"}
    assert opens("A-1042", opened()) == {**filled, "span": ""}
    assert opens("a-1042 4h", opened()) == {**filled, "span": "4h"}
    request = Request("A-1042", "U1", "C1", NOW, rules=RULES)
    shown = command.silence.answer(request, command.Facts(replace(opened(), shop="other")))
    assert isinstance(shown, ShowForm) and shown.shop == "other"


def test_an_alert_that_nobody_knows_opens_nothing() -> None:
    with pytest.raises(Refused) as refused:
        opens("a-99 4h")
    assert words(refused.value.line).startswith("Name an alert that exists, such as /ops silence A-1042.")


def laid(**changes: Any) -> tuple[Silence, ...]:
    entries: dict[str, Any] = {"rule": "low_stock", "subject": None, "shop": "this", "span": "4h", "until": None, "reason": "stocktaking"}  # fmt: skip
    did = form.silence.send(form.Wanted(**entries | changes), Sent("U0BEN", NOW, "demo", rules=RULES), NoFacts())
    assert isinstance(did, Silenced)
    return did.silences


USUAL = Silence(0, NOW + 4 * HOUR, "U0BEN", "stocktaking", NOW, "low_stock", "*", "demo")


def test_a_silence_is_the_members_for_the_span_or_until_the_moment_that_they_say() -> None:
    assert laid() == (USUAL,)
    assert laid(span=None, until=NOW + 4 * HOUR) == (USUAL,)
    assert [each.shop for each in laid(shop="all")] == ["*"]


def test_each_subject_that_is_named_has_a_silence_of_its_own() -> None:
    assert [(each.rule, each.subject) for each in laid(rule=None, subject="MUG, CUP\nTEA-*")] == [
        ("*", "MUG"), ("*", "CUP"), ("*", "TEA-*"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"rule": None}, {"rule": "Name a rule or a subject; everything is never silenced at once."}),
        ({"rule": "low_stok"}, {"rule": "There is no such rule; did you mean low_stock?"}),
        ({"span": None}, {"span": "Say for how long, or until when; one of the two."}),
        ({"until": NOW + HOUR}, {"span": "Say for how long, or until when; one of the two."}),
        ({"span": "soon"}, {"span": 'This must be a length of time such as "90m", "4h" or "2d".'}),
        ({"span": "999999w"}, {"span": 'This must be a length of time such as "90m", "4h" or "2d".'}),
        ({"span": "91d"}, {"span": "It would last longer than 90 days; switch the rule off in the config instead."}),
        ({"span": None, "until": NOW}, {"until": "It would be over already."}),
        ({"reason": " "}, {"reason": "Say why, so that others know when they find it."}),
        ({"subject": ",".join(map(str, range(21)))}, {"subject": "Name 20 at most; * stands for any letters."}),
    ],
)
def test_what_cannot_be_silent_is_told_beside_its_field(changes: dict[str, Any], problems: dict[str, str]) -> None:
    with pytest.raises(Wrong) as wrong:
        laid(**changes)
    assert {name: words(line) for name, line in wrong.value.problems.items()} == problems


LAID = replace(USUAL, id=3)


def listed(*held: Held, mutes: tuple[Mute, ...] = ()) -> list[str]:
    request = Request("", "U1", "C1", NOW, house=house(mutes=mutes))
    reply = silences.silences.answer(request, silences.Facts(held, NOW))
    assert isinstance(reply, Reply)
    return [words(reply.message.summary), *spoken(reply.message)]


def test_each_silence_is_listed_with_what_it_keeps_quiet_and_how_long_still() -> None:
    many = tuple(f"A-{number}" for number in range(1, 8))
    assert listed(Held(LAID, ("A-7",)), Held(LAID, many), Held(LAID, ())) == [
        "3 silences hold",
        "S-3: rule «low_stock» in «demo» until <moment> by @U0BEN: «stocktaking» · <duration> left · keeps 1 alert (A-7) quiet",
        "S-3: rule «low_stock» in «demo» until <moment> by @U0BEN: «stocktaking» · <duration> left · keeps 7 alerts (A-1, A-2, A-3, A-4, A-5 and 2 more) quiet",
        "S-3: rule «low_stock» in «demo» until <moment> by @U0BEN: «stocktaking» · <duration> left · keeps nothing quiet",
    ]  # fmt: skip
    assert listed(*[Held(LAID, ())] * 23)[-1] == "+3 more"
    assert listed(Held(LAID, ()))[0] == "1 silence holds"


def test_what_the_config_mutes_just_now_is_listed_as_well() -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    now, later = (WorkingHours(days, time(start), time(start + 2), ZoneInfo("UTC")) for start in (9, 15))
    mutes = (Mute(now, "counting", "low_*"), Mute(later, "backups"))
    assert listed(Held(LAID, ()), mutes=mutes)[-1] == (
        "a mute of the config: rule «low_*» until <moment>: «counting» · <duration> left"
    )
    assert listed(mutes=mutes)[0] == "1 silence holds"


def test_nothing_silent_is_said_so() -> None:
    assert listed() == ["Nothing is silent.", "Nothing is silent."]


@pytest.mark.parametrize("text", ["S-3", " s-3 ", "3"])
def test_a_silence_is_ended_by_its_name(text: str) -> None:
    assert unsilence.unsilence.answer(Request(text, "U1", "C1", NOW), NoFacts()) == EndSilence(3)


@pytest.mark.parametrize("text", ["", "all", "A-3", "S-3 S-4", "S-٣"])
def test_what_names_no_silence_ends_none(text: str) -> None:
    with pytest.raises(Refused):
        unsilence.unsilence.answer(Request(text, "U1", "C1", NOW), NoFacts())
