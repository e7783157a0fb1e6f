"""Permissions through the whole bot: what the members of a workspace may press, type and send, and what they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from bot.edge.slack.people import KEPT_GROUP
from bot.store import audit
from tests.e2e.inside import Inside, running
from tests.workbench.page_fixtures.browser import message, needs_browser, opened

Json = dict[str, Any]

FINANCE = """
  - {who: ["@finance-team"], may: [take, resolve], department: finance}
  - {who: ["@marketing-team"], may: [campaign, silence]}
"""
PLAN = {"name": {"entry": {"value": "Spring"}}, "starts": {"entry": {"selected_date_time": 4_000_000_000}}}


@asynccontextmanager
async def disputed(folder: Path, more: str = "", **settings: Any) -> AsyncIterator[Inside]:
    """A bot under these permissions, with an alert in the finance channel."""
    async with running(folder, permissions=FINANCE, more=more, **settings) as bot:
        money = {"amount": "80.00", "currency": "EUR"}
        due = "2099-01-01T00:00:00+00:00"
        await bot.event(
            "dispute.changed", dispute="d1", amount=money, reason="fraud", status="open", due=due, order="o1"
        )
        await bot.workbench.until(lambda: any("Dispute" in text for text in bot.texts("finance")), 20)
        yield bot


def alert(bot: Inside) -> str:
    """The ts of the alert's message."""
    return str(next(each["ts"] for each in bot.workbench.messages("finance") if "Dispute" in each["text"]))


async def presses(bot: Inside, label: str, user: str, ts: str = "") -> None:
    """Presses a button of a message by its label."""
    (shown,) = [each for each in bot.workbench.messages("finance") if each["ts"] == (ts or alert(bot))]
    elements = [each for block in shown["blocks"] for each in block.get("elements", []) if each.get("type") == "button"]
    button = next(each for each in elements if each["text"]["text"] == label)
    named = {"channel": "C0FINANCE", "ts": shown["ts"], "value": button["value"]}
    assert (await bot.workbench.action(button["action_id"], user=user, **named))["ok"]


async def told(bot: Inside, user: str, channel: str = "finance") -> str:
    """What only a member is shown, once there is something."""
    await bot.workbench.until(lambda: bot.workbench.ephemerals(channel, user), 20)
    return str(bot.workbench.ephemerals(channel, user)[-1]["text"])


def private(bot: Inside, channel: str) -> int:
    """How much only Chiara is shown in a channel."""
    return len(bot.workbench.ephemerals(channel, "U0CHIARA"))


async def newer(bot: Inside, channel: str, seen: int) -> str:
    """What only Chiara is shown besides."""
    await bot.workbench.until(lambda: private(bot, channel) > seen, 20)
    return await told(bot, "U0CHIARA", channel)


def trail(bot: Inside) -> list[str]:
    with bot.store.read() as connection:
        found = audit.deeds(connection, bot.app.clock.now().replace(year=2000))
    return [f"{deed.person} {deed.act} {deed.outcome}" for deed in found]


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_who_is_in_the_group_may_and_who_is_not_is_told_whom_to_ask(tmp_path: Path, mode: str) -> None:
    async with disputed(tmp_path, mode=mode) as bot:
        await presses(bot, "Take it", "U0BEN")
        assert await told(bot, "U0BEN") == "You have no permission for take on A-1001. Those who have: @finance-team."
        assert not bot.workbench.ephemerals("finance", "U0ANNA")
        await presses(bot, "Take it", "U0CHIARA")
        await bot.workbench.until(lambda: any(text.startswith("TAKEN") for text in bot.texts("finance")), 20)
        assert trail(bot) == ["U0BEN take refused", "U0CHIARA take done"]


FOREIGN: list[tuple[Json, str]] = [
    ({"is_restricted": True}, "You are a guest here"),
    ({"is_ultra_restricted": True}, "You are a guest here"),
    ({"team_id": "T0PARTNER"}, "You are from another workspace"),
    ({"is_bot": True}, "You are a program"),
]


@pytest.mark.parametrize(("flags", "why"), FOREIGN)
async def test_whoever_is_not_of_the_house_is_refused_by_button_command_form_share_and_home(
    tmp_path: Path, flags: Json, why: str
) -> None:
    async with disputed(tmp_path) as bot:
        bot.workbench.set_member("U0CHIARA", **flags)
        for label in ("Take it", "Details"):
            seen = private(bot, "finance")
            await presses(bot, label, "U0CHIARA")
            assert (await newer(bot, "finance", seen)).startswith(why)
        for command, text in (("/stock", "low"), ("/ops", "alerts"), ("/ops", "campaign"), ("/ops", "take A-1001")):
            seen = private(bot, "ops")
            await bot.workbench.command(command, text, user="U0CHIARA")
            assert (await newer(bot, "ops", seen)).startswith(why)
        bot.workbench.open_home("U0CHIARA")
        home = await bot.workbench.until(lambda: bot.workbench.home("U0CHIARA"), 20)
        assert why in str(home["blocks"]) and "Dispute" not in str(home["blocks"])
        assert bot.workbench.modals("U0CHIARA") == []
        assert not any(text.startswith("TAKEN") for text in bot.texts("finance"))


class Later:
    """A clock that a test moves on; its seconds never jump by themselves."""

    def __init__(self, clock: Any) -> None:
        self._clock, self.ahead = clock, 0.0

    def monotonic(self) -> float:
        return float(self._clock.monotonic()) + self.ahead


async def test_a_right_that_is_withdrawn_while_the_window_is_open_counts_no_more(tmp_path: Path) -> None:
    async with disputed(tmp_path) as bot:
        later = Later(bot.app.clock)
        bot.app._people._clock = later  # type: ignore[assignment]
        await bot.workbench.command("/ops", "campaign", user="U0BEN")
        await bot.workbench.until(lambda: bot.workbench.modals("U0BEN"), 20)
        (view,) = bot.workbench.modals("U0BEN")
        bot.workbench.set_group("S0MARKETING", "U0ANNA")
        later.ahead = KEPT_GROUP + 1
        answer = await bot.workbench.submit(view["id"], PLAN, user="U0BEN")
        assert not answer["ok"] and "You have no permission for campaign" in str(answer["errors"])
        assert trail(bot)[-1] == "U0BEN campaign refused"


async def test_when_slack_cannot_be_asked_who_is_in_a_group_nobody_acts_by_it_and_is_told_so(tmp_path: Path) -> None:
    async with disputed(tmp_path) as bot:
        bot.workbench.set_faults([{"method": "usergroups.users.list", "kind": "status_500_before"}])
        await presses(bot, "Take it", "U0CHIARA")
        assert (await told(bot, "U0CHIARA")).startswith("Slack does not tell me who is in @finance-team, so nothing")
        bot.workbench.set_faults([])
        await presses(bot, "Take it", "U0CHIARA")
        await bot.workbench.until(lambda: any(text.startswith("TAKEN") for text in bot.texts("finance")), 20)


async def test_two_agree_by_the_button_in_the_thread(tmp_path: Path) -> None:
    async with disputed(tmp_path, more="two_people: [{acts: [take], at_least: low}]\n") as bot:
        bot.workbench.set_group("S0FINANCE", "U0CHIARA", "U0DEV")
        await presses(bot, "Take it", "U0CHIARA")
        assert (await told(bot, "U0CHIARA")).startswith("On this two must agree")
        asked = await bot.workbench.until(
            lambda: [each for each in bot.workbench.messages("finance") if "asks for take" in each["text"]], 20
        )
        assert asked[0]["thread_ts"] == alert(bot)
        await presses(bot, "Agree", "U0BEN", asked[0]["ts"])
        assert (await told(bot, "U0BEN")).startswith("You have no permission for take")
        await presses(bot, "Agree", "U0DEV", asked[0]["ts"])
        await bot.workbench.until(lambda: any(text.startswith("TAKEN") for text in bot.texts("finance")), 20)
        await bot.workbench.until(lambda: any("agreed." in text for text in bot.texts("finance")), 20)


@needs_browser
async def test_on_the_page_a_refusal_is_seen_by_the_one_who_pressed(tmp_path: Path) -> None:
    async with disputed(tmp_path) as bot, opened(bot.workbench, "C0FINANCE", user="U0BEN") as page:
        shown = message(page, "Dispute")
        await shown.get_by_role("button", name="Take it").click()
        refusal = message(page, "You have no permission for take on A-1001")
        await expect(refusal).to_contain_text("Those who have: @finance-team")
        await expect(refusal).to_contain_text("Only visible to you")
        await expect(shown).not_to_contain_text("TAKEN")


async def test_a_matter_is_not_handed_to_whoever_can_do_nothing_with_it(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await bot.event("stock.changed", sku="MUG", available=-2, location="Berlin")
        await bot.event("order.placed", **order("o1", "MUG"))
        await bot.workbench.until(lambda: any("MUG" in text for text in bot.texts("warehouse")), 20)
        bot.workbench.set_member("U0DEV", is_restricted=True)
        await bot.workbench.command("/ops", "hand-off A-1001 <@U0DEV|dev> please", user="U0BEN", channel="warehouse")
        assert await told(bot, "U0BEN", "warehouse") == (
            "Nothing was saved. Person: A guest can do nothing with it; name a member."
        )
        await bot.workbench.command("/ops", "hand-off A-1001", user="U0BEN", channel="warehouse")
        await bot.workbench.until(lambda: bot.workbench.modals("U0BEN"), 20)
        (view,) = bot.workbench.modals("U0BEN")
        answer = await bot.workbench.submit(
            view["id"], {"person": {"entry": {"selected_users": ["U0DEV"]}}}, user="U0BEN"
        )
        assert answer["errors"] == {"person": "A guest can do nothing with it; name a member."}


def order(number: str, sku: str) -> Json:
    money = {"amount": "10.00", "currency": "EUR"}
    lines = [{"sku": sku, "quantity": 2, "amount": money}]
    return {"order": number, "number": number, "total": money, "outstanding": money, "lines": lines}
