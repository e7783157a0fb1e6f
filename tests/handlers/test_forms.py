"""The forms, from a table of answers to what they save."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.events import CampaignChanged
from bot.core.forms import Saved, Sent, Wrong
from bot.core.handlers import Refused, Request, ShowForm
from bot.core.known import Campaign
from bot.core.parts import ShopText
from handlers.commands import campaign as command
from handlers.forms import campaign as form
from tests.core.samples import NOW
from tests.handlers.shelves import words

DAY = timedelta(days=1)


def plan(**changes: Any) -> form.Plan:
    told: dict[str, Any] = {
        "name": "Spring & Co: Sale", "starts": NOW + 3 * DAY, "ends": NOW + 7 * DAY, "channel": "email",
        "skus": ("HOODIE-M",), "uplift": 3.0, "audience": 4000,
    }  # fmt: skip
    return form.Plan(**told | changes)


def sent(answers: form.Plan, about: str = "", before: Campaign | None = None) -> Saved:
    saved = form.campaign.send(answers, Sent("U1", NOW, "demo", about), form.Facts(before))
    assert isinstance(saved, Saved)
    return saved


def event(answers: form.Plan, about: str = "", before: Campaign | None = None) -> CampaignChanged:
    (told,) = sent(answers, about, before).events
    assert isinstance(told, CampaignChanged)
    return told


def test_a_campaign_that_is_saved_is_told_like_a_platforms() -> None:
    assert event(plan()) == CampaignChanged(
        shop="demo", source="slack", at=NOW, campaign="spring-co-sale-2026-11-26",
        name=ShopText("Spring & Co: Sale"), status="scheduled", starts=NOW + 3 * DAY, ends=NOW + 7 * DAY,
        channel="email", skus=("HOODIE-M",), uplift=3.0, audience=4000,
    )  # fmt: skip


def test_what_is_left_out_is_left_out() -> None:
    told = event(plan(name="\U0001f525", ends=None, channel=None, skus=(), uplift=None, audience=None))
    assert (told.campaign, told.ends, told.channel, told.skus) == ("campaign-2026-11-26", None, "", ())


def known(status: str = "scheduled", **changes: Any) -> Campaign:
    fields: dict[str, Any] = {
        "campaign": "c1", "name": ShopText("Spring Sale"), "status": status, "starts": NOW + DAY, "ends": None,
        "channel": "email", "skus": (), "uplift": None, "at": NOW,
    }  # fmt: skip
    return Campaign(**fields | changes)


@pytest.mark.parametrize(
    ("answers", "before", "status", "told"),
    [
        (plan(), None, "scheduled", "Saved: «Spring & Co: Sale» with 1 SKU named, starts <moment>."),
        (plan(skus=()), known(), "scheduled", "Saved: «Spring & Co: Sale» with no SKU named, starts <moment>."),
        (plan(starts=NOW - DAY, skus=("A", "B")), known(), "running", "Saved: «Spring & Co: Sale» with 2 SKUs named, began <moment>."),
        (plan(), known("ended"), "scheduled", "Saved: «Spring & Co: Sale» with 1 SKU named, starts <moment>."),
        (plan(), known("cancelled"), "cancelled", "Saved: «Spring & Co: Sale» with 1 SKU named, it stays cancelled."),
    ],
)  # fmt: skip
def test_whether_it_runs_follows_from_its_dates_unless_it_was_cancelled(
    answers: form.Plan, before: Campaign | None, status: str, told: str
) -> None:
    about = "c1" if before else ""
    assert event(answers, about, before).status == status
    assert words(sent(answers, about, before).told) == told


def test_a_change_keeps_the_id_of_the_campaign() -> None:
    assert event(plan(), "c1", known()).campaign == "c1"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ends": NOW + 3 * DAY}, "It ends before it starts, which is <moment>."),
        ({"starts": NOW - 3 * DAY, "ends": NOW - DAY}, "That is over."),
    ],
)
def test_dates_that_cannot_be_are_told_beside_the_end(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Wrong) as wrong:
        sent(plan(**changes))
    assert {name: words(line) for name, line in wrong.value.problems.items()} == {"ends": told}


# The command that opens it.


def opened(text: str, *matching: Campaign) -> ShowForm:
    shown = command.campaign.answer(Request(text, "U1", "C1", NOW), command.Facts(matching))
    assert isinstance(shown, ShowForm)
    return shown


def refused(text: str, *matching: Campaign) -> str:
    with pytest.raises(Refused) as refusal:
        opened(text, *matching)
    return words(refusal.value.line)


def test_without_a_name_the_form_opens_empty() -> None:
    assert opened("  ") == ShowForm("campaign")


def test_with_a_name_it_opens_filled_with_what_stands() -> None:
    each = known(skus=("A",), named=("A",), audience=12, uplift=2.0)
    shown = opened("spring sale", each)
    assert (shown.about, shown.note) == ("c1", ())
    assert shown.given == {
        "name": "Spring Sale", "starts": NOW + DAY, "ends": None, "channel": "email", "skus": ("A",), "uplift": 2.0,
        "audience": 12,
    }  # fmt: skip
    assert set(shown.given) == set(form.campaign.fields)


@pytest.mark.parametrize(
    ("skus", "note"),
    [
        ((), "Nobody has said which SKUs it promotes, so its stock is not watched."),
        (("A",), "It promotes 1 SKU by the config or its groups. Name SKUs only if it promotes others."),
        (("A", "B"), "It promotes 2 SKUs by the config or its groups. Name SKUs only if it promotes others."),
    ],
)
def test_skus_that_nobody_named_are_told_and_not_filled_in(skus: tuple[str, ...], note: str) -> None:
    shown = opened("C1", known(skus=skus))
    assert (shown.given["skus"], words(shown.note)) == ((), note)


def test_one_whose_name_holds_the_text_is_meant_and_the_same_name_comes_first() -> None:
    longer = known(campaign="c2", name=ShopText("Spring Sale Extra"))
    assert opened("extra", known(), longer).about == "c2"
    assert opened("spring sale", known(), longer).about == "c1"


def test_a_name_that_is_nobodys_or_everybodys_is_refused_with_those_that_may_be_meant() -> None:
    assert refused("spring", known(), known(campaign="c2")) == (
        "Several are called so; take one by its id: «Spring Sale» («c1», <moment>), «Spring Sale» («c2», <moment>)."
    )
    assert refused("sprang", known()) == (
        "No campaign is called «sprang». The nearest: «Spring Sale» («c1», <moment>). "
        "/ops campaign alone registers a new one."
    )
    assert refused("x") == "No campaign is called «x». /ops campaign alone registers a new one."


def test_more_skus_than_a_form_holds_are_not_opened_so_that_none_is_lost() -> None:
    each = known(named=tuple(f"SKU-{number:04}" for number in range(400)))
    assert refused("c1", each) == "«Spring Sale» names more SKUs than a form holds; change them where it was made."
