"""When source_trouble speaks, and what it says."""

from __future__ import annotations

import pytest

from bot.core.events import SourceChanged
from bot.core.known import Aspect
from bot.core.parts import ShopText
from handlers.rules.source_trouble import Facts, source_trouble
from tests.handlers.rules.cases import NOW, story, told

EVENT = SourceChanged(shop="eu", source="shopify", at=NOW, aspect="poll orders", sound=True)


def aspect(name: str, note: str = "", sound: bool = False) -> Aspect:
    return Aspect(name, sound, ShopText(note) if note else None, NOW)


HOOK, OTHER = aspect("webhook orders/create", "it was disabled"), aspect("webhook refunds/create", "it was removed")
KEY = aspect("poll orders", "401: GET https://shop.example.com/orders")


@pytest.mark.parametrize(
    ("aspects", "says"),
    [
        ((), "clear: All is sound again"),
        ((aspect("poll orders", sound=True),), "clear: All is sound again"),
        ((HOOK,), "HIGH shopify: 1 webhook switched off"),
        ((HOOK, OTHER), "HIGH shopify: 2 webhooks switched off"),
        ((KEY,), "HIGH shopify: it does not answer us"),
        ((HOOK, KEY), "CRITICAL shopify: 1 webhook switched off, and it does not answer us"),
        ((aspect("keys"),), "HIGH shopify: something is amiss with it"),
    ],
)
def test_what_it_says(aspects: tuple[Aspect, ...], says: str) -> None:
    assert told(source_trouble.decide(EVENT, Facts(aspects))) == says


def test_what_was_mended_is_said_when_it_clears() -> None:
    mended = SourceChanged(
        shop="eu", source="shopify", at=NOW, aspect="webhook a", sound=True, note=ShopText("it was switched on again")
    )
    assert told(source_trouble.decide(mended, Facts(()))) == "clear: All is sound again: it was switched on again"


@pytest.mark.parametrize(
    ("one", "step"),
    [
        (KEY, "renews its key and restarts the bot"),
        (aspect("poll orders", "403: read_orders is missing"), "gives the key the right that is missing"),
        (aspect("poll orders", "GET https://x: status 429"), "asks for less, or less often (every: in the config)"),
        (aspect("poll orders", "x: no connection"), "checks that this machine reaches the platform"),
        (HOOK, "looks why it was disabled, and then runs floorwalker connect shopify"),
        (OTHER, "looks who removed it, and then runs floorwalker connect shopify"),
        (aspect("keys"), "looks into the platform's status, and into the log of the bot"),
    ],
)
def test_the_step_follows_from_what_is_wrong(one: Aspect, step: str) -> None:
    assert story(source_trouble.decide(EVENT, Facts((one,))))["operations step"] == step


def test_each_thing_that_is_wrong_is_named() -> None:
    read = story(source_trouble.decide(EVENT, Facts((HOOK, KEY, aspect("keys")))))
    assert read["operations Webhook orders/create"] == "it was disabled"
    assert read["operations Keys"].startswith("since ")
    assert read["detail 1"].startswith("poll orders, 401: GET")
    assert read["operations impact"] == "What happens there is not heard of"


@pytest.mark.parametrize(
    ("one", "impact"),
    [
        (HOOK, "What happens there is heard of late, by polls, or not at all"),
        (KEY, "What its webhooks do not tell, or have lost, is not heard of"),
    ],
)
def test_the_impact_says_what_is_not_heard(one: Aspect, impact: str) -> None:
    assert story(source_trouble.decide(EVENT, Facts((one,))))["operations impact"] == impact
