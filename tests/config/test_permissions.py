"""Permissions in the config: what they become, and what is told, with its line, when they name what is not there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.catalog import Catalog
from bot.config import Config, ConfigError, load
from bot.core.settings import Grant, Permissions, TwoPeople
from bot.core.verdict import Severity
from tests.config.test_config import CATALOG, EXAMPLE, THREE, Loader


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    def run(text: str) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(text, "utf-8")
        return load(file, {}, catalog=CATALOG)

    return run


def problems(run: Loader, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        run(THREE + text)
    return [f"{problem.line}: {str(problem).split(': ', 1)[1]}" for problem in caught.value.problems]


def test_who_may_what_on_which_alerts_and_on_what_two_must_agree(loaded: Loader) -> None:
    config = loaded(
        THREE + "permissions:\n"
        "  - who: [everybody]\n"
        "    may: [take, share, stock]\n"
        '  - {who: ["@finance-team", S0614TZR7, U024BE7LH, unknown], may: ["*"], department: finance, rule: dispute_*, at_most: high}\n'
        "two_people:\n"
        "  - {acts: [resolve], at_least: critical}\n"
        "  - {acts: [silence], longer_than: 24h, within: 15m}\n"
    )
    special = ("@finance-team", "S0614TZR7", "U024BE7LH", "unknown")
    assert config.house.permissions == Permissions(
        (
            Grant(("everybody",), ("take", "share", "stock")),
            Grant(special, ("*",), "finance", "dispute_*", Severity.HIGH),
        ),
        (
            TwoPeople(("resolve",), Severity.CRITICAL),
            TwoPeople(("silence",), None, timedelta(days=1), timedelta(minutes=15)),
        ),
    )
    assert config.house.permissions.groups() == ("@finance-team", "S0614TZR7")


def test_left_out_nobody_may_do_anything(loaded: Loader) -> None:
    assert loaded(THREE).house.permissions == Permissions()


WRONG: list[tuple[str, list[str]]] = [
    (
        "permissions: [{who: [everybody], may: [taek]}]\n",
        ["5: permissions[0].may[0]: 'taek' is nothing that anybody can do or ask; did you mean 'take'?"],
    ),
    (
        "permissions:\n  - who: [everybody]\n    may: [take]\n    department: finanze\n    rule: low_stok\n",
        [
            "8: permissions[0].department: there is no department 'finanze'; did you mean 'finance'?",
            "9: permissions[0].rule: 'low_stok' matches no rule; did you mean 'low_stock'?",
        ],
    ),
    (
        "permissions:\n  - who: [everybody]\n    may: [take, campaign]\n    at_most: high\n",
        [
            "7: permissions[0].may[1]: campaign is not done to an alert, so department, rule and at_most would keep it from everybody; grant it in an entry of its own",
        ],
    ),
    ("permissions: [{who: [], may: [take]}]\n", ["5: permissions[0].who: must have at least one entry"]),
    (
        "permissions:\n  - {who: [finance], may: [take]}\n",
        [
            '6: permissions[0].who[0]: must be everybody, a user group such as "@finance-team" or its id such as S0614TZR7, the id of a member such as U024BE7LH, or unknown',
        ],
    ),
    ("permissions:\n  - {who: [everybody]}\n", ["6: permissions[0].may: is missing; add it: "]),
    (
        "two_people:\n  - acts: [stock]\n",
        ["6: two_people[0].acts[0]: 'stock' is nothing that anybody can do"],
    ),
    (
        "two_people:\n  - acts: [campaign]\n    at_least: high\n",
        ["6: two_people[0].acts[0]: campaign is not done to an alert, so at_least would never hold"],
    ),
    (
        "two_people: [{acts: [parked], longer_than: 24h}]\n",
        ["5: two_people[0].acts[0]: parked holds for no time that somebody chooses, so longer_than would never hold"],
    ),
    (
        "two_people: [{acts: [share]}]\n",
        [
            "5: two_people[0].acts[0]: share is done at once, so nobody can agree to it; grant it to fewer people instead"
        ],
    ),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_key(loaded: Loader, text: str, told: list[str]) -> None:
    found = problems(loaded, text)
    assert len(found) == len(told)
    assert [line[: len(expected)] for line, expected in zip(found, told, strict=True)] == told


def test_in_the_example_everything_that_can_be_done_is_granted_to_somebody() -> None:
    permissions = load(EXAMPLE, {}, demo=True).house.permissions
    granted = {name for grant in permissions.grants for name in grant.may}
    assert "*" in granted and {"take", "give_back", "snooze", "resolve", "campaign", "share"} <= granted


def test_the_acts_and_questions_that_can_be_named_are_those_of_the_handlers(tmp_path: Path) -> None:
    acts, questions = CATALOG.acts(), CATALOG.questions()
    assert {name for name, on_alert in acts.items() if on_alert} >= {"take", "give_back", "snooze", "resolve"}
    assert {name for name, on_alert in acts.items() if not on_alert} >= {"campaign", "parked", "share"}
    assert set(questions) >= {"stock", "alerts", "why", "whynot", "digest", "details", "help"}
    assert not set(acts) & set(questions) and "snooze_until" not in acts
    assert Catalog().acts() == {"share": False}
