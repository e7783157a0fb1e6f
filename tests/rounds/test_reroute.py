"""Open alerts to which nothing happens and which belong elsewhere all the same: by the hour, or by a changed config."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.settings import Department, House, Mute, Route, WorkingHours
from bot.rounds.reroute import Reroute
from tests.bench import Bench, Watch, usual_house
from tests.core.samples import NOW, SHOP

FAILED = {"payout": "p1", "amount": {"amount": "9.00", "currency": "EUR"}, "status": "failed"}
NIGHT = Route(hours=(time(18), time(6)), channel="#night")
MUTED = Mute(WorkingHours(("mon",), time(0), time(23), SHOP.zone), "the bank is closed", "payout_*")


class Depot:
    """A bot that may be started anew with another config, and what its channels show of a payout that failed."""

    def __init__(self, folder: Path, house: House) -> None:
        self.folder, self.watch = folder, Watch(NOW)
        self.start(house)
        self.bench.event("payout.changed", **FAILED)
        self.tick()

    def start(self, house: House, without: str = "") -> None:
        self.bench = Bench(self.folder, house, self.watch)
        catalog = self.bench.catalog
        awake = replace(catalog, rules={name: rule for name, rule in catalog.rules.items() if name != without})
        clock: Any = self.watch
        board = replace(self.bench.board, catalog=awake)
        self.reroute = Reroute(self.bench.store, house, board, clock)

    def again(self, house: House, without: str = "") -> None:
        """The bot ends and begins anew."""
        self.bench.close()
        self.start(house, without)
        self.tick()

    def tick(self) -> int:
        looked = self.reroute.tick()
        self.bench.deliver_posts()
        return looked

    def shown(self) -> list[str]:
        """The channels that show the alert."""
        channels = ("#finance", "#night", "#bank")
        return [name for name in channels for post, _ in self.bench.posts(name) if post.ts is not None]


def bank() -> dict[str, Department]:
    return usual_house().departments | {"finance": Department("finance", "#bank")}


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        pytest.param({}, {}, ["#finance"], id="where nothing was changed it stays where it is"),
        pytest.param({}, {"departments": bank()}, ["#finance", "#bank"], id="a department has another channel"),
        pytest.param({"routes": (Route(mute=True),)}, {}, ["#finance"], id="a route mutes it no more"),
        pytest.param({"mutes": (MUTED,)}, {}, ["#finance"], id="a mute is taken out"),
        pytest.param(
            {"mutes": (MUTED,)}, {"routes": (Route(channel="#night"),)}, ["#night"], id="nobody saw it where it was"
        ),
    ],
)
def test_a_changed_config_leads_open_alerts_elsewhere_at_once(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], shown: list[str]
) -> None:
    depot = Depot(tmp_path, usual_house(**before))
    depot.again(usual_house(**after))
    assert depot.shown() == shown


def test_an_hour_leads_them_elsewhere_within_ten_minutes(tmp_path: Path) -> None:
    depot = Depot(tmp_path, usual_house(routes=(NIGHT,)))
    assert depot.shown() == ["#finance"]
    depot.watch.forward(hours=8)
    assert (depot.tick(), depot.tick()) == (1, 0)
    assert depot.shown() == ["#finance", "#night"]
    depot.watch.forward(minutes=10)
    assert depot.tick() == 1


def test_what_rules_look_at_as_time_passes_is_left_to_them(tmp_path: Path) -> None:
    depot = Depot(tmp_path, usual_house())
    due = (NOW + timedelta(days=5)).isoformat()
    depot.bench.event("dispute.changed", **{**FAILED, "dispute": "d1", "reason": "fraud", "status": "open", "due": due})
    depot.watch.forward(minutes=10)
    assert depot.tick() == 1


def test_an_alert_whose_rule_was_switched_off_is_over(tmp_path: Path) -> None:
    depot = Depot(tmp_path, usual_house())
    depot.again(usual_house(), without="payout_failed")
    assert depot.bench.shown("#finance")[0].startswith("RESOLVED")
    assert "its rule is not in use any more" in " ".join(depot.bench.body("#finance", 0))
    assert depot.tick() == 0
