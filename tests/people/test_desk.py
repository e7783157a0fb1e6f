"""What people ask and do, with real handlers and a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.drills import Drill
from bot.core.forms import Submission
from bot.core.handlers import Refused, Reply, Request, ShowForm, ShowModal
from bot.core.message import Chart, Table
from bot.core.schedule import WEEKDAYS
from bot.core.settings import Schedule
from bot.edge.render import Look, render
from bot.people.acts import Act
from tests.bench import Bench, usual_house
from tests.core.samples import NOW, SHOP
from tests.handlers.shelves import spoken, words
from tests.pipeline.test_pipeline import campaign, dispute

WEEKLY = Schedule(
    "weekly", ("mon",), time(9), ZoneInfo("Europe/Berlin"), ("finance", "warehouse", "marketing", "operations")
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, usual_house(schedules=(WEEKLY,)))
    yield bench
    bench.close()


def asked(bench: Bench, name: str, verb: str = "", text: str = "", user: str = "U1") -> list[str]:
    reply = bench.desk.answer(name, verb, Request(text, user, "C1", bench.watch.now()))
    assert isinstance(reply, Reply)
    return spoken(reply.message)


def test_taking_an_alert_shows_in_every_channel_that_sees_it(bench: Bench) -> None:
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 90)
    bench.event("campaign.changed", **campaign())
    number = int(bench.posts("#marketing")[-1][0].key.split("/")[1])
    assert bench.desk.act("take", number, 1, "U1").changed
    assert bench.shown("#marketing")[-1].startswith("TAKEN: ")
    assert any(line.startswith("TAKEN: ") for line in bench.shown("#warehouse"))


def test_a_stale_click_changes_nothing_and_is_told_what_is_true(bench: Bench) -> None:
    dispute(bench)
    assert bench.desk.act("take", 1001, 1, "U1").changed
    late = bench.desk.act("take", 1001, 1, "U2")
    assert not late.changed
    assert late.told is not None
    assert words(late.told) == "Nothing changed: A-1001 is held by @U1 since <moment>."
    assert asked(bench, "ops", "alerts", "mine", "U2") == ["You hold nothing that is open."]


def test_a_button_that_does_not_fit_the_state_changes_nothing(bench: Bench) -> None:
    dispute(bench)
    told = bench.desk.act("give_back", 1001, 1, "U1")
    assert (told.changed, told.told is None) == (False, False)


@pytest.mark.parametrize(("action", "number"), [("take", 99), ("dance", 1001)])
def test_an_alert_or_a_button_that_does_not_exist_is_told_as_such(bench: Bench, action: str, number: int) -> None:
    dispute(bench)
    told = bench.desk.act(action, number, 1, "U1").told
    assert told is not None
    assert words(told) == "This alert or button no longer exists."


def test_details_show_the_log_also_on_an_old_turn(bench: Bench) -> None:
    dispute(bench)
    bench.desk.act("take", 1001, 1, "U1")
    modal = bench.desk.act("details", 1001, 1, "U2").modal
    assert isinstance(modal, ShowModal)
    assert modal.title == "A-1001"


def test_stock_is_answered_with_what_is_known_and_the_nearest_names(bench: Bench) -> None:
    bench.sells("HOODIE-M", 10)
    bench.stock("HOODIE-M", 90)
    assert "On hand: 90" in asked(bench, "stock", text="hoodie-m")
    with pytest.raises(Refused) as refused:
        asked(bench, "stock", text="HODIE-M")
    assert "HOODIE-M" in words(refused.value.line)


def test_the_first_word_may_name_the_shop(bench: Bench) -> None:
    bench.stock("HOODIE-M", 90)
    assert "On hand: 90" in asked(bench, "stock", text="demo HOODIE-M")


def test_help_lists_what_the_catalog_holds(bench: Bench) -> None:
    lines = asked(bench, "ops", "help")
    assert any(line.startswith("/stock [SKU") for line in lines)
    assert any(line.startswith("/ops why A-1042") for line in lines)


def test_the_help_of_every_command_is_drawn_whole(bench: Bench) -> None:
    reply = bench.desk.answer("ops", "help", Request("", "U1", "C1", bench.watch.now()))
    assert isinstance(reply, Reply)
    drawn = json.dumps(render(reply.message, Look("en_GB", ZoneInfo("Europe/Berlin"))).blocks, ensure_ascii=False)
    for asked in bench.catalog.commands.values():
        assert f"/{asked.name} {asked.verb}".rstrip() in drawn
        assert " ".join(asked.doc.partition("\n\n")[0].split()) in drawn


def test_an_unknown_command_is_refused(bench: Bench) -> None:
    with pytest.raises(Refused) as refused:
        asked(bench, "ops", "dance")
    assert words(refused.value.line) == "There is no /ops dance. /ops help lists what there is."


def test_why_tells_what_was_recorded(bench: Bench) -> None:
    dispute(bench)
    bench.desk.act("take", 1001, 1, "U1")
    lines = asked(bench, "ops", "why", "A-1001")
    assert any("opened" in line for line in lines)
    assert any("taken by @U1" in line for line in lines)
    assert any(line.startswith("#finance: wanted") for line in lines)


def test_home_shows_mine_and_the_next_digest(bench: Bench) -> None:
    dispute(bench)
    bench.desk.act("take", 1001, 1, "U1")
    lines = spoken(bench.desk.home("U1"))
    assert lines[0].startswith("A-1001 ")
    assert "weekly: <moment>" in lines


def test_home_is_of_the_department_whose_channel_somebody_is_in_until_they_say_another(bench: Bench) -> None:
    dispute(bench)
    rooms = frozenset({"finance", "C0FINANCE"})
    assert any(line.startswith("A-1001 ") for line in spoken(bench.desk.home("U2", rooms)))
    assert prefer(bench, "U2", department="warehouse", mentions="never").changed
    lines = spoken(bench.desk.home("U2", rooms))
    assert not any(line.startswith("A-1001 ") for line in lines)
    assert "Department: warehouse" in lines and "Mention me: never" in lines


def test_preferences_are_the_members_own_and_open_with_what_they_said(bench: Bench) -> None:
    prefer(bench, "U1", mentions="due", starts="22:00", ends="07:00")
    opened = bench.desk.answer("ops", "preferences", Request("", "U1", "C1", NOW))
    assert isinstance(opened, ShowForm)
    assert opened.given["mentions"] == "due" and opened.given["weekdays"] == WEEKDAYS
    other = bench.desk.answer("ops", "preferences", Request("", "U2", "C1", NOW))
    assert isinstance(other, ShowForm) and other.given["mentions"] == "all"


def test_a_shared_answer_calls_nobody_who_wants_no_mention(bench: Bench) -> None:
    dispute(bench)
    bench.desk.act("take", 1001, 1, "U1")
    assert any("@U1" in line for line in shared(bench))
    prefer(bench, "U1", mentions="due")
    assert not any("@U1" in line.replace("«@U1»", "") for line in shared(bench))


def shared(bench: Bench) -> list[str]:
    answer = bench.desk.share("ops", "alerts", Request("", "U2", "C1", NOW))
    assert isinstance(answer, Reply)
    return spoken(answer.message)


def prefer(bench: Bench, person: str, **entered: str | tuple[str, ...]) -> Act:
    return bench.desk.submit(Submission("preferences", person, NOW, "demo", "", {"mentions": "all"} | entered))


def month(bench: Bench) -> None:
    for ago in range(35, 0, -1):
        at = (NOW - timedelta(days=ago)).isoformat()
        bench.order(f"o{ago}", {"HOODIE": 10, "MUG": 3}, at=at)
        for nth in range(5):
            kind = "payment.failed" if nth == 0 and ago % 3 == 0 else "payment.succeeded"
            money = {"amount": "20.00", "currency": "EUR"}
            bench.event(kind, at=at, payment=f"p{ago}-{nth}", provider="stripe", method="card", amount=money)
    bench.stock("HOODIE", 70)
    bench.stock("MUG", 500)
    bench.event("campaign.changed", **campaign())
    owed = {"amount": "480.00", "currency": "EUR"}
    bench.event("invoice.changed", invoice="i1", number="INV-1", outstanding=owed, status="open", due=iso_ago(9))


def iso_ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat()


@pytest.mark.parametrize("department", ["marketing", "finance", "warehouse", "operations"])
def test_every_departments_digest_has_a_chart_and_a_table(bench: Bench, department: str) -> None:
    month(bench)
    blocks = bench.desk.digests.digest(department, SHOP).blocks
    assert sum(isinstance(block, Chart) for block in blocks) == 1
    assert sum(isinstance(block, Table) for block in blocks) >= 1


def test_a_digest_over_a_command_is_the_same_as_the_one_posted(bench: Bench) -> None:
    month(bench)
    assert asked(bench, "ops", "digest", "finance") == spoken(bench.desk.digests.digest("finance", SHOP))


def test_a_digest_is_posted_once_a_slot_and_marked_late_after_a_pause(bench: Bench) -> None:
    month(bench)
    assert bench.desk.digests.post_due() == 0
    bench.watch.forward(days=21, hours=1)
    assert bench.desk.digests.post_due() == 4
    assert bench.desk.digests.post_due() == 0
    digests = [message for post, message in bench.posts("#finance") if post.key.startswith("digest/")]
    assert len(digests) == 1
    assert "Mon 7 Dec to Sun 13 Dec" in str(digests[0].blocks[1])
    assert "late" in str(digests[0].blocks[1])


def test_in_time_a_digest_is_not_late(bench: Bench) -> None:
    bench.desk.digests.post_due()
    bench.watch.at = NOW + timedelta(days=6, hours=22, seconds=10)
    assert bench.desk.digests.post_due() == 4
    assert "late" not in str(bench.posts("#finance")[0][1].blocks[1])


def test_with_nothing_to_say_a_digest_is_one_line(bench: Bench) -> None:
    assert spoken(bench.desk.digests.digest("finance", SHOP)) == ["Nothing needs you."]


def test_alerts_of_every_shop_are_listed_unless_one_is_named(tmp_path: Path) -> None:
    shops = {"demo": SHOP, "uk": replace(SHOP, name="uk")}
    made = Bench(tmp_path, replace(usual_house(), shops=shops))
    with made.store.write() as connection:
        made.drills.start_in(connection, Drill("warehouse", "U1", NOW), "uk")
    assert len(asked(made, "ops", "alerts", "")) == 1
    assert asked(made, "ops", "alerts", "demo") == ["Nothing is open."]
    assert len(asked(made, "ops", "alerts", "uk")) == 1
    made.close()
