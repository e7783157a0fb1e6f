"""When silent_source speaks, and which cause it names."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.known import Aspect, Polled, Quietness, SourceSeen
from bot.core.parts import ShopText
from bot.core.quiet_source import Window
from handlers.rules.silent_source import Facts, silent_source
from tests.handlers.rules.cases import NOW, TICK, hours, story, told

SILENT = Window(3, 0, 24.0, 1e-6)
LATELY, LONG_AGO = NOW - hours(0.2), NOW - hours(9)


def facts(*windows: Window, **more: Any) -> Facts:
    known: dict[str, Any] = {
        "quiet": Quietness("shopify", windows, LONG_AGO),
        "aspects": (),
        "polled": None,
        "sources": (SourceSeen("shopify", LONG_AGO), SourceSeen("stripe", LATELY)),
        "now": NOW,
    }
    return Facts(**(known | more))


@pytest.mark.parametrize(
    ("windows", "says"),
    [
        ((), "quiet: Too little is known of this source, or hardly anything was to be expected of it"),
        ((Window(1, 7, 8.0, 0.5),), "clear: It sends again: 7 in 1 h, last at Mon 02 Mar 00:30"),
        (
            (Window(1, 7, 8.0, 0.5), Window(24, 9, 200.0, 1e-7)),
            "clear: It sends again: 7 in 1 h, last at Mon 02 Mar 00:30",
        ),
        ((Window(1, 1, 4.0, 0.1),), "quiet: So few deliveries may be chance"),
        ((Window(1, 3, 8.0, 0.1), Window(24, 9, 200.0, 1e-7)), "quiet: So few deliveries may be chance"),
        ((SILENT,), "HIGH shopify is silent for 3 h"),
        ((Window(1, 0, 3.0, 0.04), SILENT), "HIGH shopify is silent for 3 h"),
        ((Window(6, 5, 60.0, 1e-5),), "HIGH shopify sends much less than usual for 6 h"),
    ],
)
def test_what_it_says(windows: tuple[Window, ...], says: str) -> None:
    assert told(silent_source.decide(TICK, facts(*windows))) == says


def test_how_unlikely_it_must_be_is_a_setting() -> None:
    once = facts(Window(3, 1, 9.0, 0.001))
    assert told(silent_source.decide(TICK, once)).startswith("quiet")
    assert told(silent_source.decide(TICK, once, probability=0.01)).startswith("HIGH")


OFF = Aspect("webhook orders/create", False, ShopText("it was disabled"), NOW)


@pytest.mark.parametrize(
    ("known", "severity", "cause", "step"),
    [
        ({"sources": (SourceSeen("shopify", LONG_AGO), SourceSeen("stripe", LONG_AGO))}, "CRITICAL", "Nothing is heard from anyone: our own door, its address or its certificate", "opens the public address of the bot from outside"),
        ({"sources": (SourceSeen("shopify", LONG_AGO), SourceSeen("stripe", None))}, "HIGH", "Its webhooks do not reach us, or nothing can be ordered in the shop", "looks at the platform's list of deliveries, and places an order"),
        ({"aspects": (OFF,)}, "HIGH", "Its webhooks are switched off: orders/create", "runs floorwalker connect shopify"),
        ({"polled": Polled(LATELY)}, "MEDIUM", "It answers our questions, so its webhooks do not reach us, or nothing happens in the shop", "looks at the platform's list of deliveries, and places an order"),
        ({"polled": Polled(LONG_AGO, 3)}, "HIGH", "It does not answer our questions either: the platform is away, or our keys", "looks at the platform's status page"),
        ({"polled": Polled(None)}, "HIGH", "It does not answer our questions either: the platform is away, or our keys", "looks at the platform's status page"),
        ({}, "HIGH", "Its webhooks do not reach us, or nothing can be ordered in the shop", "looks at the platform's list of deliveries, and places an order"),
    ],
)  # fmt: skip
def test_the_likely_cause_follows_from_what_else_is_known(
    known: dict[str, Any], severity: str, cause: str, step: str
) -> None:
    read = story(silent_source.decide(TICK, facts(SILENT, **known)))
    assert (read["severity"], read["operations impact"], read["operations step"]) == (severity, cause, step)


def test_the_figures_compare_what_came_with_what_is_usual() -> None:
    read = story(silent_source.decide(TICK, facts(Window(6, 5, 60.2, 1e-5))))
    assert (read["operations Heard"], read["operations Usual"]) == ("5 in 6 h", "60 in 6 h")
    assert read["operations Last heard"] == "Mon 02 Mar 00:30"
    assert "operations Polls" not in read
    failing = story(silent_source.decide(TICK, facts(SILENT, polled=Polled(None, 3))))
    assert failing["operations Polls"] == "3 streams fail"
    never = facts(SILENT, quiet=Quietness("shopify", (SILENT,)))
    assert story(silent_source.decide(TICK, never))["operations Last heard"] == "never"
