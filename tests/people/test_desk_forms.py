"""Forms over real handlers and a real store: checked without a change, carried out once, decided on like a platform's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.alerts import resolved
from bot.core.campaigns import CampaignMap, Promotes
from bot.core.facts import NoFacts
from bot.core.forms import Form, Sent, Submission, Text, asked, form
from bot.core.handlers import Acted, Click, Refused, Request, ShowForm, action
from bot.core.parts import ShopText, say
from bot.store.models.campaign import remember
from tests.bench import Bench, usual_house
from tests.core.samples import NOW
from tests.handlers.shelves import words
from tests.pipeline.test_pipeline import campaign, dispute

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Why:
    note: str = asked(Text(label="Why", many=True))


@form(title="Close it", on_alert=True, states=("acknowledged",))
def close(answers: Why, sent: Sent, facts: NoFacts) -> Acted:
    """Closes a matter with a reason."""
    assert sent.alert is not None
    return Acted(resolved(sent.alert, say(ShopText(answers.note)), sent.person, sent.now), "resolved")


@action(label="Close…", order=5, states=("acknowledged",))
def close_it(alert: Any, click: Click) -> ShowForm:
    """Opens the form."""
    return ShowForm("close")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    usual = Bench(tmp_path)
    usual.close()
    catalog = replace(
        usual.catalog,
        forms={**usual.catalog.forms, "close": close},
        actions={**usual.catalog.actions, "close_it": close_it},
    )
    bench = Bench(tmp_path, catalog=catalog)
    yield bench
    bench.close()


def epoch(days: float) -> str:
    return str(int((NOW + timedelta(days=days)).timestamp()))


ENTRIES: Mapping[str, str | tuple[str, ...]] = {
    "name": "Spring Sale", "starts": epoch(3), "ends": epoch(7), "skus": "hoodie", "uplift": "3",
}  # fmt: skip


def plan(about: str = "", **changes: str) -> Submission:
    return Submission("campaign", "U0BEN", NOW, "demo", about, {**ENTRIES, **changes})


def opens(bench: Bench, text: str = "") -> ShowForm:
    shown = bench.desk.answer("ops", "campaign", Request(text, "U0BEN", "C1", bench.watch.now()))
    assert isinstance(shown, ShowForm)
    return shown


def short_of_stock(bench: Bench) -> None:
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 90)


def test_a_campaign_that_somebody_registers_is_checked_against_its_stock_like_a_platforms(bench: Bench) -> None:
    short_of_stock(bench)
    assert bench.desk.check(plan()) == {}
    assert bench.shown("#marketing") == []
    act = bench.desk.submit(plan())
    assert act.changed and act.told is not None
    assert words(act.told) == "Saved: «Spring Sale» with 1 SKU named, starts <moment>."
    (shown,) = [line for line in bench.shown("#marketing") if "Spring Sale" in line]
    assert "1 of 1 SKU runs out before it ends" in shown


def test_sent_twice_it_is_saved_once(bench: Bench) -> None:
    short_of_stock(bench)
    bench.desk.submit(plan())
    before = bench.posts("#marketing")
    bench.desk.submit(plan())
    assert bench.posts("#marketing") == before


def test_a_sku_that_the_shop_does_not_know_is_told_with_the_nearest_and_nothing_is_saved(bench: Bench) -> None:
    short_of_stock(bench)
    wrong = plan(skus="HODIE")
    problems = bench.desk.check(wrong)
    assert {name: words(line) for name, line in problems.items()} == {
        "skus": "The shop does not know «HODIE» (nearest: HOODIE)."
    }
    act = bench.desk.submit(wrong)
    assert act.told is not None and not act.changed
    assert words(act.told).startswith("Nothing was saved. SKUs that it promotes: The shop does not know «HODIE»")
    with pytest.raises(Refused):
        opens(bench, "spring sale")


def test_what_is_registered_is_opened_filled_and_its_change_is_the_same_campaign(bench: Bench) -> None:
    short_of_stock(bench)
    bench.desk.submit(plan())
    shown = opens(bench, "spring")
    assert (shown.form, shown.shop, shown.given["skus"], shown.given["uplift"]) == ("campaign", "demo", ("HOODIE",), 3)
    bench.watch.forward(hours=1)
    bench.desk.submit(replace(plan(shown.about, name="Spring Event"), at=bench.watch.now()))
    again = opens(bench, "SPRING EVENT")
    assert (again.about, again.given["name"]) == (shown.about, "Spring Event")


def test_a_platform_that_tells_again_takes_no_sku_from_whoever_named_it(bench: Bench) -> None:
    short_of_stock(bench)
    bench.event("campaign.changed", **campaign(skus=[]))
    bench.watch.forward(minutes=1)
    bench.desk.submit(replace(plan("c1"), at=bench.watch.now()))
    bench.watch.forward(minutes=1)
    bench.event("campaign.changed", **campaign(skus=[], name="Spring Sale again"))
    shown = opens(bench, "c1")
    assert (shown.given["skus"], shown.given["name"]) == (("HOODIE",), "Spring Sale again")


def test_what_the_config_knows_of_a_campaign_is_watched_too(tmp_path: Path) -> None:
    known = CampaignMap((Promotes("spring*", ("HOODIE",)),))
    bench = Bench(tmp_path, usual_house(campaigns=known))
    with bench.store.write() as connection:
        remember(connection, bench.house.campaigns)
    short_of_stock(bench)
    bench.event("campaign.changed", **campaign(skus=[]))
    assert any("1 of 1 SKU runs out" in line for line in bench.shown("#marketing"))
    bench.close()


def test_a_form_that_is_gone_is_refused(bench: Bench) -> None:
    for gone in (replace(plan(), form="tombola"), replace(plan(), shop="closed")):
        with pytest.raises(Refused):
            bench.desk.check(gone)
        with pytest.raises(Refused):
            bench.desk.submit(gone)


# Forms on alerts.


def reason(about: str) -> Submission:
    return Submission("close", "U1", NOW + timedelta(minutes=5), "demo", about, {"note": "Refunded by hand"})


def test_a_form_on_an_alert_is_opened_about_its_turn_and_acts_on_it_once(bench: Bench) -> None:
    dispute(bench)
    bench.deliver_posts()
    bench.desk.act("take", 1001, 1, "U1")
    shown = bench.desk.act("close_it", 1001, 2, "U1").modal
    assert shown == ShowForm("close", about="1001.2", shop="demo")
    assert bench.desk.check(reason("1001.2")) == {}
    assert bench.desk.submit(reason("1001.2")).changed
    assert any(line.startswith("RESOLVED: ") for line in bench.shown("#finance"))
    assert any("Refunded by hand" in line for line in bench.body("#finance"))
    with pytest.raises(Refused, match="Nothing changed"):
        bench.desk.submit(reason("1001.2"))


def test_an_old_button_opens_no_form(bench: Bench) -> None:
    dispute(bench)
    late = bench.desk.act("close_it", 1001, 1, "U1")
    assert late.modal is None and late.told is not None


def test_an_alert_that_never_was_is_told(bench: Bench) -> None:
    with pytest.raises(Refused) as refused:
        bench.desk.check(reason("99.1"))
    assert words(refused.value.line) == "This alert no longer exists."


def test_settings_of_a_form_come_from_the_config(tmp_path: Path) -> None:
    @form(title="Loud")
    def loud(answers: Why, sent: Sent, facts: NoFacts, *, voice: str = "low") -> Any:
        """Says how loud it is."""
        raise Refused(say(voice))

    told: Form = loud
    bench = Bench(tmp_path, settings={("form", "loud"): {"voice": "high"}})
    bench.desk.catalog.forms["loud"] = told  # type: ignore[index]
    with pytest.raises(Refused) as refused:
        bench.desk.check(Submission("loud", "U1", NOW, "demo", "", {"note": "x"}))
    assert words(refused.value.line) == "high"
    bench.close()
