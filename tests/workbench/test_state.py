"""What the workbench remembers: over a restart in the same process, and after being killed without warning."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import ManualClock
from tests.workbench.conftest import Starter, client_of

ROOT = Path(__file__).parents[2]
HOME = {"type": "home", "blocks": []}


def posting(url: str) -> AsyncWebClient:
    return AsyncWebClient(token="xoxb-workbench", base_url=f"{url}/api/", retry_handlers=[])


async def spawn(*arguments: str) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
    """A workbench in a process of its own, and the line it prints when it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.workbench", "--port", "0", "--no-rate-limits", *arguments),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return process, json.loads(await process.stdout.readline())


async def test_every_message_answered_ok_is_there_after_a_kill(tmp_path: Path) -> None:
    process, listening = await spawn("--state", str(tmp_path), "--channel", "ops")
    client = posting(listening["listening"])
    acknowledged: list[str] = []

    async def post_on() -> None:
        while True:
            acknowledged.append((await client.chat_postMessage(channel="ops", text=str(len(acknowledged))))["ts"])
            if len(acknowledged) == 50:
                process.kill()

    crashed = await asyncio.gather(post_on(), return_exceptions=True)
    assert isinstance(crashed[0], OSError)
    assert await process.wait() == -signal.SIGKILL
    process, listening = await spawn("--state", str(tmp_path), "--channel", "ops")
    answer = await posting(listening["listening"]).conversations_history(channel="C0OPS", limit=999)
    kept = {message["ts"] for message in answer["messages"]}
    process.terminate()
    await process.wait()
    assert len(acknowledged) >= 50
    assert set(acknowledged) <= kept


async def test_the_workbench_ends_with_its_parent_when_asked_to() -> None:
    process, _ = await spawn("--exit-with-parent")
    assert process.stdin is not None
    process.stdin.write(b"ignored\n")
    await process.stdin.drain()
    process.stdin.close()
    async with asyncio.timeout(10):
        assert await process.wait() == 0


async def test_the_workbench_ends_cleanly_when_interrupted() -> None:
    process, listening = await spawn("--channel", "ops")
    assert listening["api"] == f"{listening['listening']}/api/"
    os.kill(process.pid, signal.SIGINT)
    async with asyncio.timeout(10):
        assert await process.wait() == 0


async def test_messages_homes_modals_manifest_and_channels_survive_a_restart(start: Starter, tmp_path: Path) -> None:
    first = await start(state=tmp_path, client_msg_id_dedupe=True)
    client = client_of(first)
    ts = (await client.chat_postMessage(channel="ops", text="a", client_msg_id="x"))["ts"]
    await client.views_publish(user_id="U0BEN", view=HOME)
    await client.views_open(
        trigger_id=first.workspace.trigger("U0ANNA"),
        view={"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": []},
    )
    first.set_manifest({"features": {"slash_commands": [{"command": "/stock"}]}})
    first.set_channel("finance", archived=True)
    await first.stop()
    second = await start(state=tmp_path, client_msg_id_dedupe=True)
    assert [message["ts"] for message in second.messages("ops")] == [ts]
    assert second.home("U0BEN") is not None
    assert len(second.modals("U0ANNA")) == 1
    assert second.workspace.channels["C0FINANCE"].archived
    assert await second.command("/other") == {"ok": False, "error": "unknown_command"}
    again = await client_of(second).chat_postMessage(channel="ops", text="a", client_msg_id="x")
    assert again["is_duplicate"]


async def test_timestamps_go_on_rising_when_the_clock_steps_back_over_a_restart(start: Starter, tmp_path: Path) -> None:
    first = await start(state=tmp_path, clock=ManualClock(1_800_000_000))
    early = (await client_of(first).chat_postMessage(channel="ops", text="a"))["ts"]
    await first.stop()
    second = await start(state=tmp_path, clock=ManualClock(1_700_000_000))
    late = (await client_of(second).chat_postMessage(channel="ops", text="b"))["ts"]
    assert late > early
