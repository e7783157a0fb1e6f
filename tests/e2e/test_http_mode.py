"""The bot where Slack calls it over signed HTTP: commands, buttons and windows work, and a forged request does not."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.e2e.inside import Inside, running


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    async with running(tmp_path, "http", rate_limits=False) as started:
        yield started


async def _payout_failed(inside: Inside) -> str:
    """Has a payout fail and gives the ts of its message."""
    lost = {"amount": "1204.50", "currency": "EUR"}
    await inside.event("payout.changed", payout="po_1", amount=lost, status="failed")
    [message] = await inside.workbench.until(lambda: inside.workbench.messages("finance"))
    return str(message["ts"])


async def test_a_slash_command_is_answered_in_private(inside: Inside) -> None:
    await inside.event("stock.changed", sku="HOODIE-M", available=41, location="Berlin")
    await inside.app.caught_up()
    done = await inside.workbench.command("/stock", "hoodie-m", user="U0DEV", channel="warehouse")
    assert done == {"ok": True}
    [answer] = await inside.workbench.until(lambda: inside.workbench.ephemerals("warehouse", "U0DEV"))
    assert "HOODIE-M" in answer["text"] and "41" in json.dumps(answer["blocks"])
    assert inside.workbench.messages("warehouse") == []


async def test_a_button_takes_the_alert_and_an_old_one_is_told_what_is_true(inside: Inside) -> None:
    ts = await _payout_failed(inside)
    take = inside.workbench.messages("finance")[0]["blocks"][-2]["elements"][0]
    assert take["action_id"] == "alert.take"
    assert await inside.workbench.action("alert.take", user="U0CHIARA", channel="C0FINANCE", ts=ts) == {"ok": True}
    await inside.workbench.until(lambda: inside.texts("finance")[0].startswith("TAKEN: "))
    await inside.workbench.action("alert.snooze", user="U0BEN", channel="C0FINANCE", ts=ts, value=take["value"])
    [told] = await inside.workbench.until(lambda: inside.workbench.ephemerals("finance", "U0BEN"))
    assert told["text"].startswith("Nothing changed: A-")
    assert inside.texts("finance")[0].startswith("TAKEN: ")


async def test_details_open_in_a_window(inside: Inside) -> None:
    ts = await _payout_failed(inside)
    await inside.workbench.action("alert.details", user="U0CHIARA", channel="C0FINANCE", ts=ts)
    [window] = await inside.workbench.until(lambda: inside.workbench.modals("U0CHIARA"))
    assert window["title"]["text"].startswith("A-")


async def test_home_is_published_when_it_is_opened(inside: Inside) -> None:
    await _payout_failed(inside)
    inside.workbench.open_home("U0ANNA")
    home = await inside.workbench.until(lambda: inside.workbench.home("U0ANNA"))
    assert "Payout of" in json.dumps(home["blocks"])


FORGED = {
    "another secret": ("another-secret", timedelta(0)),
    "an hour old": ("workbench-signing-secret", timedelta(hours=1)),
    "no signature": ("", timedelta(0)),
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_request_that_slack_did_not_sign_is_refused_and_does_nothing(inside: Inside, how: str) -> None:
    secret, age = FORGED[how]
    asked = {
        "command": "/stock", "text": "", "user_id": "U0DEV", "channel_id": "C0OPS", "team_id": "T0WORKBENCH",
        "response_url": f"{inside.workbench.url}/response/none",
    }  # fmt: skip
    body = urlencode(asked)
    moment = str(int((inside.app.clock.now() - age).timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
    signed = {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}"} if secret else {}
    headers = {"Content-Type": "application/x-www-form-urlencoded", **signed}
    async with inside.http.post(f"{inside.url}/slack/events", data=body, headers=headers) as answer:
        assert answer.status == 401
    assert inside.workbench.calls == []
