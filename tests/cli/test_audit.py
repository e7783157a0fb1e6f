"""The verbs that tell who may do what, and who did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.audit import Deed
from bot.core.parts import ShopText, say
from bot.store import audit
from tests.cli.test_cli import Run, bare, config, laid_out, run

__all__ = ["bare", "config", "run"]


def allow(config: str) -> None:
    Path(config).write_text(
        Path(config).read_text("utf-8") + "permissions:\n"
        "  - {who: [everybody], may: [take, share]}\n"
        '  - {who: ["@finance-team", U024BE7LH], may: [resolve, take], department: finance, rule: dispute_*, at_most: high}\n'
        "  - {who: [U024BE7LH], may: [stock, parked]}\n"
        "  - {who: [U0SI], may: [silence]}\n"
        "two_people: [{acts: [resolve], at_least: critical, within: 15m}, {acts: [silence], longer_than: 24h}]\n",
        "utf-8",
    )


def table(out: str) -> dict[str, list[list[str]]]:
    rows: dict[str, list[list[str]]] = {}
    for line in out.splitlines()[1:]:
        name, *rest = [cell.strip() for cell in line.split("  ") if cell.strip()]
        rows.setdefault(name, []).append(rest)
    return rows


def test_the_matrix_tells_what_is_granted_and_what_nobody_may(run: Run, config: str) -> None:
    allow(config)
    code, out, err = run("permissions")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split("  ")[0] == "what"
    rows = table(out)
    limited = ["@finance-team, U024BE7LH", "of finance by dispute_* up to high"]
    assert rows["take"] == [["everybody", "every alert"], limited]
    assert rows["resolve"] == [[*limited, "from critical on within 15m"]]
    assert rows["parked"] == [["U024BE7LH"]] and rows["silence"] == [["U0SI", "for more than 1d within 1h"]]
    assert rows["snooze"] == rows["campaign"] == [["nobody"]]
    assert rows["stock"] == [["U024BE7LH"]] and rows["alerts"] == [["everybody"]]
    assert rows["share"] == [["everybody"]]


def test_without_permissions_nobody_may_act_and_everybody_may_ask(run: Run, config: str) -> None:
    rows = table(run("permissions")[1])
    assert rows["take"] == rows["share"] == [["nobody"]] and rows["stock"] == [["everybody"]]


@pytest.fixture
def trail(config: str, tmp_path: Path) -> datetime:
    """Three lines in the trail; gives when the newest was written."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    store = laid_out(tmp_path)
    with store.write() as connection:
        for deed in (
            Deed(at - timedelta(days=8), "U1", "button", "take", "shop", 1001, "TEA", "done"),
            Deed(at, "U1", "button", "resolve", "shop", 1001, "TEA", "refused", say("not «", ShopText("now"), "»")),
            Deed(at, "U2", "command", "drill", "shop", None, "", "done"),
        ):
            audit.note(connection, deed)
    store.close()
    return at


def test_the_trail_is_told_for_the_last_days(run: Run, trail: datetime) -> None:
    at = f"{trail:%Y-%m-%d %H:%M:%SZ}"
    code, out, err = run("audit")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{at}  U1  button  resolve  A-1001 TEA  refused  not «now»",
        f"{at}  U2  command  drill  -  done",
    ]


@pytest.mark.parametrize(
    ("options", "acts"),
    [
        (("--since", "30d"), ["take", "resolve", "drill"]),
        (("--since", "30d", "--who", "U1"), ["take", "resolve"]),
        (("--alert", "a-1001"), ["resolve"]),
        (("--since", "30d", "--alert", "1001"), ["take", "resolve"]),
    ],
)
def test_the_trail_of_somebody_or_of_an_alert(
    run: Run, trail: datetime, options: tuple[str, ...], acts: list[str]
) -> None:
    assert [line.split("  ")[3] for line in run("audit", *options)[1].splitlines()] == acts


def test_where_nothing_was_done_it_says_so(run: Run, trail: datetime) -> None:
    assert run("audit", "--since", "1m") == (0, "nothing was done\n", "")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--since", "soon"), "--since must be"),
        (("--since", "999999d", "--who", "U1"), "--since "),
        (("--alert", "tea"), "tea is no alert"),
    ],
)
def test_what_cannot_be_looked_for_is_told(run: Run, trail: datetime, options: tuple[str, ...], why: str) -> None:
    code, out, err = run("audit", *options)
    assert (code, out) == (2, "") and why in err
