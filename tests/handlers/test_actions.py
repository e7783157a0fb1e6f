"""What the buttons of an alert do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.alerts import taken
from bot.core.handlers import Acted, Action, Click, ShowForm, ShowModal
from bot.core.message import Title
from handlers.actions import details, give_back, hand_off, resolve, silence, snooze, snooze_until, take
from handlers.forms import hand_off as hand_off_form
from handlers.forms import resolve as resolve_form
from handlers.forms import silence as silence_form
from handlers.forms import snooze as snooze_form
from tests.core.samples import NOW, opened

CLICK = Click("U1", NOW + timedelta(minutes=5))


def test_taking_makes_the_one_who_clicked_its_holder() -> None:
    did = take.take.act(opened(), CLICK)
    assert isinstance(did, Acted)
    assert (did.did, did.alert.state, did.alert.holder.person) == ("taken", "acknowledged", "U1")


def test_giving_back_leaves_it_to_the_department() -> None:
    did = give_back.give_back.act(taken(opened(), "U1", NOW), CLICK)
    assert isinstance(did, Acted)
    assert (did.did, did.alert.state, did.alert.holder.person) == ("given_back", "firing", None)


def test_snoozing_puts_it_to_rest_for_four_hours_or_as_configured() -> None:
    usual, short = snooze.snooze.act(opened(), CLICK), snooze.snooze.act(opened(), CLICK, pause=timedelta(hours=1))
    assert isinstance(usual, Acted) and isinstance(short, Acted)
    assert usual.alert.snoozed_until == CLICK.now + timedelta(hours=4)
    assert short.alert.snoozed_until == CLICK.now + timedelta(hours=1)
    assert usual.did == "snoozed"


@pytest.mark.parametrize(
    ("button", "opens", "fields"),
    [
        (hand_off.hand_off, ShowForm("hand_off", given={"department": "warehouse"}), hand_off_form.hand_off.fields),
        (
            snooze_until.snooze_until,
            ShowForm("snooze", given={"until": "hours", "hours": 4}),
            snooze_form.snooze.fields,
        ),
        (
            silence.silence,
            ShowForm("silence", given={"shop": "this", "rule": "low_stock", "subject": "HOODIE-M"}),
            silence_form.silence.fields,
        ),
        (resolve.resolve, ShowForm("resolve", given={"ending": "done"}), resolve_form.resolve.fields),
    ],
)
def test_what_needs_more_than_a_press_opens_its_form(
    button: Action, opens: ShowForm, fields: dict[str, object]
) -> None:
    assert button.act(opened(), CLICK) == opens
    assert set(opens.given) <= set(fields)


def test_details_open_a_modal_named_after_the_alert_and_change_nothing() -> None:
    did = details.details.act(opened(), CLICK)
    assert isinstance(did, ShowModal)
    assert did.title == "A-1042"
    assert isinstance(did.blocks[0], Title)
