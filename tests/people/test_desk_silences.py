"""Silences by members, over real handlers and a real store: laid in the form's transaction, listed and ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.forms import Submission
from bot.core.handlers import Refused, Reply, Request, ShowForm
from bot.people.acts import Act
from tests.bench import Bench
from tests.core.samples import NOW
from tests.handlers.shelves import spoken, words


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def wanted(**changes: str) -> Submission:
    entries = {"rule": "payout_failed", "shop": "this", "span": "4h", "reason": "the bank is closed"}
    return Submission("silence", "U0BEN", NOW, "demo", "", {**entries, **changes})


def fails(bench: Bench) -> None:
    bench.event("payout.changed", payout="p1", amount={"amount": "9.00", "currency": "EUR"}, status="failed")


def says(bench: Bench, verb: str, text: str = "") -> Reply | ShowForm | Act:
    return bench.desk.answer("ops", verb, Request(text, "U0ANA", "C1", bench.watch.now()))


def lines(bench: Bench, verb: str, text: str = "") -> list[str]:
    reply = says(bench, verb, text)
    assert isinstance(reply, Reply)
    return spoken(reply.message)


def test_a_member_lays_a_silence_and_operations_hear_of_it_in_one_line(bench: Bench) -> None:
    fails(bench)
    assert bench.desk.check(wanted()) == {}
    assert bench.hush.current() == []
    act = bench.desk.submit(wanted())
    assert act.changed and act.told is not None
    said = "S-1: rule «payout_failed» in «demo» until <moment> by @U0BEN: «the bank is closed»"
    assert words(act.told) == f"{said}. It keeps 1 alert quiet now."
    assert bench.shown("#operations") == [
        f"Silent from now on. {said}. It keeps 1 alert quiet; /ops unsilence S-1 ends it."
    ]
    assert bench.posts("#finance")[0][0].reason == "silence S-1"
    assert lines(bench, "silences") == [f"{said} · <duration> left · keeps 1 alert (A-1001) quiet"]


def test_the_same_form_sent_twice_lays_one_silence_also_when_it_was_ended_in_between(bench: Bench) -> None:
    bench.desk.submit(wanted())
    bench.desk.submit(wanted())
    assert len(bench.hush.current()) == 1
    bench.watch.forward(minutes=1)
    says(bench, "unsilence", "S-1")
    bench.desk.submit(wanted())
    assert bench.hush.current() == []
    assert bench.shown("#operations")[0].startswith("Ended by @U0ANA. S-1: ")


def test_ended_it_shows_at_once_what_still_stands(bench: Bench) -> None:
    bench.desk.submit(wanted())
    fails(bench)
    bench.watch.forward(minutes=1)
    assert lines(bench, "unsilence", "s-1") == ["S-1 is over; 1 alert it kept quiet can be seen now."]
    bench.deliver_posts()
    assert bench.posts("#finance")[0][0].state == "shown"
    assert lines(bench, "silences") == ["Nothing is silent."]
    with pytest.raises(Refused) as refused:
        says(bench, "unsilence", "S-1")
    assert words(refused.value.line).startswith("There is no silence S-1 that holds.")


def test_several_subjects_are_silenced_together_or_not_at_all(bench: Bench) -> None:
    assert set(bench.desk.check(wanted(rule="", subject="p1, *"))) == {"rule"}
    act = bench.desk.submit(wanted(rule="", subject="p1, *"))
    assert (act.changed, bench.hush.current()) == (False, [])
    bench.desk.submit(wanted(rule="", subject="p1, p2"))
    assert [each.subject for each in bench.hush.current()] == ["p1", "p2"]


def test_what_is_named_with_the_command_fills_the_form(bench: Bench) -> None:
    fails(bench)
    shown = says(bench, "silence", "A-1001")
    assert isinstance(shown, ShowForm)
    assert (shown.form, shown.given["rule"], shown.given["subject"]) == ("silence", "payout_failed", "p1")
    by_rule = says(bench, "silence", "payout_* 2h")
    assert isinstance(by_rule, ShowForm)
    assert (by_rule.given["rule"], by_rule.given["span"]) == ("payout_*", "2h")
