"""Acts on which two must agree, over real handlers and a real store: they wait, are done once by two, and end in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.authority import Actor, Standing
from bot.core.forms import Submission
from bot.core.handlers import Reply, Request
from bot.core.settings import Grant, Permissions, TwoPeople
from bot.core.verdict import Severity
from bot.people.acts import Act
from bot.store import agreement, alerts, audit
from tests.bench import Bench, usual_house
from tests.core.samples import NOW
from tests.handlers.shelves import words
from tests.pipeline.test_pipeline import dispute

HOUR = timedelta(hours=1)
TWO = Permissions(
    (Grant(("everybody",), ("take", "resolve", "silence", "unsilence", "parked")),),
    (
        TwoPeople(("take", "resolve"), at_least=Severity.LOW),
        TwoPeople(("silence",), longer_than=timedelta(hours=24)),
        TwoPeople(("unsilence", "parked"), within=timedelta(minutes=10)),
    ),
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, usual_house(permissions=TWO))
    dispute(bench)
    yield bench
    bench.close()


def told(act: Act) -> str:
    return words(act.told or ())


def agrees(bench: Bench, person: str = "U0BEN", id: int = 1) -> Act:
    return bench.desk.act("agree", id, 0, person)


def trail(bench: Bench) -> list[str]:
    with bench.store.read() as connection:
        found = audit.deeds(connection, NOW - HOUR)
    return [f"{deed.person} {deed.act} {deed.outcome}" for deed in found]


def state(bench: Bench) -> str:
    return bench.shown("#finance")[0].split(":")[0]


def request(bench: Bench) -> str:
    """What is shown of the first request."""
    posts = [
        message
        for channel in ("#finance", "#operations")
        for post, message in bench.posts(channel)
        if post.key == "request/1"
    ]
    return words(posts[0].summary)


def silence(span: str, person: str = "U0ANNA") -> Submission:
    entered = {"rule": "dispute_opened", "shop": "this", "span": span, "reason": "known"}
    return Submission("silence", person, NOW, "demo", "", entered)


def test_what_one_asks_for_waits_until_another_agrees_and_is_then_theirs(bench: Bench) -> None:
    bench.deliver_posts()
    first = bench.desk.act("take", 1001, 1, "U0ANNA")
    assert not first.changed and told(first).startswith("On this two must agree, so it waits: another who may do it")
    assert not any(line.startswith("TAKEN") for line in bench.shown("#finance"))
    assert request(bench).startswith("R-1: @U0ANNA asks for take on A-1001. On this two must agree")
    (asked,) = [post for post, _ in bench.posts("#finance") if post.key == "request/1"]
    assert asked.thread == "alert/1001"
    assert agrees(bench).changed
    assert any(line.startswith("TAKEN") for line in bench.shown("#finance"))
    assert bench.desk.answer("ops", "alerts", Request("mine", "U0ANNA", "C1", NOW)) != bench.desk.answer(
        "ops", "alerts", Request("mine", "U0BEN", "C1", NOW)
    )
    assert request(bench) == "R-1: @U0ANNA asks for take on A-1001. Done: @U0BEN agreed."
    assert trail(bench) == ["U0ANNA take waiting", "U0ANNA take done", "U0BEN take done"]
    assert told(agrees(bench)) == "This is over; nothing was done."


def test_nobody_agrees_with_themselves(bench: Bench) -> None:
    bench.desk.act("take", 1001, 1, "U0ANNA")
    assert told(agrees(bench, "U0ANNA")) == "You asked for this yourself, so somebody else must agree."
    assert trail(bench) == ["U0ANNA take waiting"]


def test_asked_for_again_it_is_the_same_request(bench: Bench) -> None:
    bench.desk.act("take", 1001, 1, "U0ANNA")
    assert told(bench.desk.act("take", 1001, 1, "U0ANNA")).startswith("On this two must agree, so it waits")
    assert told(bench.desk.act("take", 1001, 1, "U0BEN")).startswith("@U0ANNA has asked for this already. Agree there")
    assert trail(bench) == ["U0ANNA take waiting"]


def test_who_may_not_do_it_may_not_agree_to_it(bench: Bench) -> None:
    bench.desk.act("take", 1001, 1, "U0ANNA")
    standings: dict[str, Standing] = {"U0BEN": "guest"}
    bench.who = lambda user: Actor(user, standings.get(user, "member"))
    assert told(agrees(bench)).startswith("You are a guest here")
    assert state(bench) != "TAKEN" and trail(bench)[-1] == "U0BEN take refused"
    standings.clear()
    assert agrees(bench).changed


def test_who_lost_the_right_meanwhile_gets_nothing_done(bench: Bench) -> None:
    bench.desk.act("take", 1001, 1, "U0ANNA")
    bench.who = lambda user: Actor(user, "gone" if user == "U0ANNA" else "member")
    assert told(agrees(bench)) == "Nothing was done: whoever asked for it may not any more."
    assert request(bench).endswith("Nothing was done: whoever asked for it may not any more.")
    bench.who = lambda user: Actor(user, "member")
    assert told(agrees(bench)) == "This is over; nothing was done."
    assert not any(line.startswith("TAKEN") for line in bench.shown("#finance"))


def test_a_matter_that_has_moved_on_is_left_alone(bench: Bench) -> None:
    bench.desk.act("take", 1001, 1, "U0ANNA")
    freely = replace(bench.desk, house=replace(bench.house, permissions=replace(TWO, two_people=())))
    assert freely.act("take", 1001, 1, "U0CHIARA").changed
    late = agrees(bench)
    assert told(late).startswith("Nothing changed: A-1001 is held by @U0CHIARA")
    assert request(bench).split(". ", 1)[1].startswith("Nothing changed: A-1001 is held by @U0CHIARA")
    assert trail(bench)[-2:] == ["U0ANNA take stale", "U0BEN take stale"]


def test_what_nobody_agrees_to_in_time_lapses(bench: Bench) -> None:
    bench.desk.act("take", 1001, 1, "U0ANNA")
    assert bench.desk.agreement.lapse() == 0
    bench.watch.forward(hours=1)
    assert told(agrees(bench)) == "This is over; nothing was done."
    assert bench.desk.agreement.lapse() == 1
    assert bench.desk.agreement.lapse() == 0
    assert request(bench).endswith("Nobody agreed in time, so nothing was done.")
    assert trail(bench) == ["U0ANNA take waiting", "U0ANNA take lapsed"]
    with bench.store.read() as connection:
        assert agreement.waiting(connection, 1) is None
    assert told(bench.desk.act("take", 1001, 1, "U0BEN")).startswith("On this two must agree, so it waits")


def test_a_form_waits_where_it_asks_for_much_and_is_carried_out_as_it_was_sent(bench: Bench) -> None:
    assert bench.desk.submit(silence("24h")).changed
    bench.watch.forward(minutes=1)
    longer = replace(silence("48h"), at=bench.watch.now())
    waits = bench.desk.submit(longer)
    assert not waits.changed and told(waits).startswith("On this two must agree")
    assert told(bench.desk.submit(longer)) == told(waits)
    asked_for = "R-1: @U0ANNA asks for silence: rule «dispute_opened» in «demo» until <moment>: «known». On this"
    assert request(bench).startswith(asked_for)
    assert len(bench.hush.current()) == 1
    assert agrees(bench).changed
    assert {each.until - each.created for each in bench.hush.current()} == {24 * HOUR, 48 * HOUR}
    assert all(each.by == "U0ANNA" for each in bench.hush.current())
    assert not any("known" in row for row in requests(bench))


def test_short_silences_one_after_another_are_a_long_one(bench: Bench) -> None:
    assert bench.desk.submit(silence("20h")).changed
    bench.watch.forward(hours=19, minutes=59)
    again = replace(silence("20h"), at=bench.watch.now())
    waits = bench.desk.submit(again)
    assert not waits.changed
    assert told(waits).endswith("It counts together with what you have silenced of it since <moment>.")
    assert bench.desk.submit(replace(again, person="U0BEN")).changed
    assert agrees(bench).changed
    bench.watch.forward(hours=22)
    assert bench.desk.submit(replace(silence("20h"), at=bench.watch.now())).changed


def test_a_long_silence_says_nothing_of_what_was_before_it(bench: Bench) -> None:
    assert not told(bench.desk.submit(silence("48h"))).endswith("since <moment>.")


def requests(bench: Bench) -> list[str]:
    from sqlalchemy import select

    from bot.store.tables.agreement import pending

    with bench.store.read() as connection:
        return [str(row) for row in connection.execute(select(pending))]


def test_a_command_waits_and_is_done_by_its_second(bench: Bench) -> None:
    bench.desk.submit(silence("4h"))
    asked = bench.desk.answer("ops", "unsilence", Request("S-1", "U0ANNA", "C1", NOW))
    assert isinstance(asked, Reply) and words(asked.message.summary).startswith("On this two must agree")
    assert request(bench).startswith("R-1: @U0ANNA asks for unsilence (S-1). On this")
    assert len(bench.hush.current()) == 1
    assert told(agrees(bench)).startswith("S-1 is over")
    assert bench.hush.current() == []
    bench.desk.answer("ops", "parked", Request("release all", "U0ANNA", "C1", NOW))
    assert told(agrees(bench, id=2)) == "No parked post has an id that begins so."


def test_what_can_be_done_no_more_when_somebody_agrees_is_told_and_over(bench: Bench) -> None:
    bench.desk.submit(silence("4h"))
    bench.desk.answer("ops", "unsilence", Request("S-1", "U0ANNA", "C1", NOW))
    bench.hush.end(1, "U0DEV")
    assert told(agrees(bench)).startswith("There is no silence S-1 that holds.")
    assert request(bench).split(". ", 1)[1].startswith("There is no silence S-1 that holds.")
    assert told(agrees(bench)) == "This is over; nothing was done."


def test_a_form_on_an_alert_waits_for_its_turn_too(bench: Bench) -> None:
    one = replace(bench.desk, house=replace(bench.house, permissions=replace(TWO, two_people=())))
    one.act("take", 1001, 1, "U0ANNA")
    sent = Submission("resolve", "U0ANNA", NOW, "demo", "1001.2", {"ending": "done", "note": "Refunded by hand"})
    assert bench.desk.check(sent) == {}
    assert told(bench.desk.submit(sent)).startswith("On this two must agree")
    assert request(bench).startswith("R-1: @U0ANNA asks for resolve on A-1001: «Refunded by hand». On this two must")
    assert agrees(bench).changed
    with bench.store.read() as connection:
        alert = alerts.by_number(connection, 1001)
        (*_, last) = alerts.logged(connection, 1001)
    assert alert is not None and (alert.state, alert.resolved_by) == ("resolved", "U0ANNA")
    assert words(last.reason) == "sent Resolve, and @U0BEN agreed: «Refunded by hand»"


def test_whoever_asked_is_known_to_whoever_looks_at_both(bench: Bench) -> None:
    bench.desk.act("take", 1001, 1, "U0ANNA")
    assert bench.desk.asker(1) == "U0ANNA" and bench.desk.asker(7) == ""
    assert told(agrees(bench, id=7)) == "This is over; nothing was done."


def test_the_trail_tells_what_exactly_was_asked_for_and_done(bench: Bench) -> None:
    bench.desk.submit(silence("48h"))
    agrees(bench)
    with bench.store.read() as connection:
        found = [(deed.outcome, words(deed.reason)) for deed in audit.deeds(connection, NOW - HOUR)]
    what = "rule «dispute_opened» in «demo» until <moment>: «known»"
    assert found[:2] == [("waiting", what), ("done", f"{what}; @U0BEN agreed")]
