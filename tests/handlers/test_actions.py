"""What the buttons of an alert do."""

from __future__ import annotations

from datetime import timedelta

from bot.core.handlers import Acted, Click, ShowModal
from bot.core.message import Title
from handlers.actions import details, resolve, snooze, take
from tests.core.samples import NOW, opened

CLICK = Click("U1", NOW + timedelta(minutes=5))


def test_taking_makes_the_one_who_clicked_its_holder() -> None:
    did = take.take.act(opened(), CLICK)
    assert isinstance(did, Acted)
    assert (did.did, did.alert.state, did.alert.holder.person) == ("taken", "acknowledged", "U1")


def test_snoozing_puts_it_to_rest_for_four_hours_or_as_configured() -> None:
    usual, short = snooze.snooze.act(opened(), CLICK), snooze.snooze.act(opened(), CLICK, pause=timedelta(hours=1))
    assert isinstance(usual, Acted) and isinstance(short, Acted)
    assert usual.alert.snoozed_until == CLICK.now + timedelta(hours=4)
    assert short.alert.snoozed_until == CLICK.now + timedelta(hours=1)
    assert usual.did == "snoozed"


def test_resolving_ends_it_by_the_one_who_clicked() -> None:
    did = resolve.resolve.act(opened(), CLICK)
    assert isinstance(did, Acted)
    assert (did.did, did.alert.state, did.alert.resolved_by) == ("resolved", "resolved", "U1")


def test_details_open_a_modal_named_after_the_alert_and_change_nothing() -> None:
    did = details.details.act(opened(), CLICK)
    assert isinstance(did, ShowModal)
    assert did.title == "A-1042"
    assert isinstance(did.blocks[0], Title)
