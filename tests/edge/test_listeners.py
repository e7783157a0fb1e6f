"""Slack is acknowledged only after what somebody asked is stored, and nobody ever sees a time-out of ours."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.edge.intake import Admits
from bot.edge.slack import asked
from bot.edge.slack.asked import Asked, Unreadable
from bot.edge.slack.listeners import NOT_KEPT, SLOW, UNKNOWN_COMMAND, Check, Reception, slack_app
from bot.store import inbox
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival
from bot.store.intake import Intake
from tests.edge.slack_fixtures import floor

USER = {"id": "U0ANNA", "username": "anna", "name": "anna"}
COMMAND = {
    "token": "verification", "team_id": "T1", "user_id": "U0ANNA", "user_name": "anna", "channel_id": "C0OPS",
    "channel_name": "ops", "command": "/stock", "text": "SKU-1", "response_url": "https://hooks.slack.com/commands/x",
    "trigger_id": "1.2.a",
}  # fmt: skip
CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": USER,
    "team": {"id": "T1"},
    "trigger_id": "3.4.b",
    "response_url": "https://hooks.slack.com/actions/x",
    "channel": {"id": "C0OPS", "name": "ops"},
    "container": {"type": "message", "message_ts": "17.1", "channel_id": "C0OPS"},
    "message": {"text": "a secret of the channel"},
    "actions": [{"type": "button", "action_id": "alert.take", "block_id": "b", "value": "1042.3", "action_ts": "18.2"}],
}
SHORTCUT: dict[str, Any] = {
    "type": "message_action",
    "callback_id": "alert",
    "user": USER,
    "team": {"id": "T1"},
    "trigger_id": "5.6.c",
    "response_url": "https://hooks.slack.com/actions/x",
    "channel": {"id": "C0OPS", "name": "ops"},
    "message": {
        "text": "a secret of the channel",
        "blocks": [{"type": "section"}, {"type": "actions", "elements": [*CLICK["actions"]]}],
    },
}
HOME = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {"type": "app_home_opened", "user": "U0ANNA", "tab": "home", "channel": "D0ANNA", "event_ts": "19.1"},
}


class Closed:
    """A store that cannot be used."""

    async def admit(self, arrival: Arrival) -> bool:
        raise StoreDown("the disk is full")


class Slow:
    """A store that answers when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.kept: list[Arrival] = []

    async def admit(self, arrival: Arrival) -> bool:
        await self.go.wait()
        self.kept.append(arrival)
        return True


class Told:
    """Notes what is told privately."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    async def __call__(self, response_url: str, text: str) -> None:
        self.said.append((response_url, text))


async def _sound(what: Asked) -> dict[str, str]:
    return {}


def _app(
    intake: Admits, told: Told | None = None, patience: float = 2.0, check: Check = _sound
) -> tuple[AsyncApp, Reception]:
    reception = Reception(intake, Clock(), by="replica-1", patience=patience)
    # Nothing listens there: whatever called Slack's Web API would fail.
    client = AsyncWebClient("xoxb-test", base_url="http://127.0.0.1:9/api/", retry_handlers=[])
    return slack_app(client, reception, ("stock", "ops"), told or Told(), check), reception


def _form(fields: dict[str, Any]) -> AsyncBoltRequest:
    return AsyncBoltRequest(body=urlencode(fields), headers={"content-type": "application/x-www-form-urlencoded"})


def _payload(payload: dict[str, Any]) -> AsyncBoltRequest:
    return _form({"payload": json.dumps(payload)})


def _event(body: dict[str, Any]) -> AsyncBoltRequest:
    return AsyncBoltRequest(body=json.dumps(body), headers={"content-type": "application/json"})


def _said(answer: BoltResponse) -> str:
    return str(json.loads(answer.body)["text"]) if answer.body else ""


def _kept(store: Store) -> list[Asked]:
    with store.read() as connection:
        return [asked.read(row.delivery.body) for row in inbox.interactions(connection, 100)]


@pytest.mark.parametrize(
    ("request_of", "kept"),
    [
        (
            lambda: _form(COMMAND),
            Asked(
                kind="command", user="U0ANNA", by="replica-1", channel="C0OPS", command="/stock", text="SKU-1",
                response_url="https://hooks.slack.com/commands/x", trigger="1.2.a",
            ),
        ),
        (
            lambda: _payload(CLICK),
            Asked(
                kind="click", user="U0ANNA", by="replica-1", channel="C0OPS", action="take", value="1042.3",
                response_url="https://hooks.slack.com/actions/x", trigger="3.4.b",
            ),
        ),
        (
            lambda: _payload(SHORTCUT),
            Asked(
                kind="shortcut", user="U0ANNA", by="replica-1", channel="C0OPS", value="1042",
                response_url="https://hooks.slack.com/actions/x", trigger="5.6.c",
            ),
        ),
        (lambda: _event(HOME), Asked(kind="home", user="U0ANNA", by="replica-1")),
    ],
)  # fmt: skip
async def test_what_comes_five_times_is_kept_once_and_no_more_of_it_than_is_needed(
    store: Store, intake: Intake, request_of: Any, kept: Asked
) -> None:
    app, _ = _app(intake)
    for _ in range(5):
        answer = await app.async_dispatch(request_of())
        assert (answer.status, answer.body) == (200, "")
    (found,) = _kept(store)
    assert replace(found, at="") == kept
    assert (found.at != "") == (kept.kind == "command")


async def test_two_clicks_of_one_person_are_two(store: Store, intake: Intake) -> None:
    app, _ = _app(intake)
    again = CLICK | {"actions": [CLICK["actions"][0] | {"action_ts": "18.3"}]}
    other = CLICK | {"user": USER | {"id": "U0BEN"}}
    for body in (CLICK, again, other):
        await app.async_dispatch(_payload(body))
    assert len(_kept(store)) == 3


KEYED = {"event_type": "floorwalker_post", "event_payload": {"key": "alert/1042/turn-3"}}


@pytest.mark.parametrize(
    ("message", "number"),
    [
        (SHORTCUT["message"], "1042"),
        # What is said in the thread has no buttons, and our key where Slack brings it.
        ({"blocks": [], "metadata": KEYED}, "1042"),
        ({"metadata": KEYED | {"event_payload": {"key": "digest/weekly"}}}, ""),
        ({"blocks": [{"elements": [{"action_id": "alert.take", "value": "?.1"}, {"action_id": "x", "value": "7.1"}]}]}, ""),
        ({"text": "A-1042 is late"}, ""),
    ],
)  # fmt: skip
def test_a_message_is_about_an_alert_by_its_buttons_or_by_our_key(message: dict[str, Any], number: str) -> None:
    assert asked.of_shortcut(SHORTCUT | {"message": message}).value == number


def test_an_entry_of_the_menu_is_the_button_that_it_stands_for() -> None:
    chosen = {"type": "overflow", "action_id": "alert.-more", "selected_option": {"value": "alert.resolve 1042.3"}}
    click = asked.of_click(CLICK | {"actions": [chosen]})
    assert (click.kind, click.action, click.value) == ("click", "resolve", "1042.3")


@pytest.mark.parametrize(("kind", "view"), [("modal", "V1"), ("home", "")])
def test_a_click_in_a_window_remembers_which_and_one_on_a_home_has_none(kind: str, view: str) -> None:
    shown = {"id": "V1", "type": kind, "private_metadata": "C0OPS"}
    assert asked.of_click({**CLICK, "channel": None, "view": shown}).view == view


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A-7 <@U0BEN|ben> R&amp;B &lt;3", "A-7 <@U0BEN|ben> R&B <3"),
        ("see <https://shop.example/a|shop.example/a>", "see shop.example/a"),
        ("see <https://shop.example/a>", "see https://shop.example/a"),
        ("in <#C1|ops> and <#C2>", "in ops and "),
        ("plain", "plain"),
    ],
)
def test_what_slack_made_of_a_typed_text_is_words_again_but_for_people(text: str, read: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert asked.of_command(COMMAND | {"text": text}, now).text == read


async def test_a_shortcut_that_cannot_be_stored_is_told() -> None:
    told = Told()
    app, reception = _app(Closed(), told)
    assert (await app.async_dispatch(_payload(SHORTCUT))).status == 200
    await reception.close()
    assert told.said == [(SHORTCUT["response_url"], NOT_KEPT)]


async def test_when_nothing_can_be_stored_whoever_asks_is_told() -> None:
    told = Told()
    app, reception = _app(Closed(), told)
    command = await app.async_dispatch(_form(COMMAND))
    click = await app.async_dispatch(_payload(CLICK))
    await reception.close()
    assert (command.status, _said(command), json.loads(command.body)["response_type"]) == (200, NOT_KEPT, "ephemeral")
    assert (click.status, click.body) == (200, "")
    assert told.said == [("https://hooks.slack.com/actions/x", NOT_KEPT)]


async def test_a_visit_that_cannot_be_stored_is_refused_so_that_slack_sends_it_again() -> None:
    app, _ = _app(Closed())
    assert (await app.async_dispatch(_event(HOME))).status == 503


async def test_a_slow_store_is_owned_up_to_in_time_and_what_was_asked_is_still_stored() -> None:
    slow = Slow()
    app, reception = _app(slow, patience=0.02)
    answer = await app.async_dispatch(_form(COMMAND))
    assert _said(answer) == SLOW and slow.kept == []
    slow.go.set()
    await reception.close()
    assert [arrival.key for arrival in slow.kept] == ["command:1.2.a"]


VIEW = {"id": "V1", "type": "modal", "callback_id": "", "state": {"values": {}}, "private_metadata": "C0OPS"}


@pytest.mark.parametrize(
    ("request_of", "body"),
    [
        (lambda: _payload(CLICK | {"actions": [CLICK["actions"][0] | {"action_id": "old.button"}]}), ""),
        (lambda: _payload({"type": "view_submission", "user": USER, "team": {"id": "T1"}, "view": VIEW}), ""),
        (lambda: _payload({"type": "view_closed", "user": USER, "team": {"id": "T1"}, "view": VIEW}), ""),
        (lambda: _payload({"type": "shortcut", "callback_id": "x", "user": USER, "team": {"id": "T1"}}), ""),
        (
            lambda: _payload(
                {"type": "block_suggestion", "action_id": "x", "value": "", "user": USER, "team": {"id": "T"}}
            ),
            '{"options": []}',
        ),
        (lambda: _event(HOME | {"event": {"type": "reaction_added", "user": "U0ANNA"}}), ""),
        (lambda: _event(HOME | {"event": HOME["event"] | {"tab": "messages"}}), ""),  # type: ignore[operator]
    ],
)
async def test_what_is_not_ours_is_acknowledged_and_dropped(
    store: Store, intake: Intake, request_of: Any, body: str
) -> None:
    app, _ = _app(intake)
    answer = await app.async_dispatch(request_of())
    assert (answer.status, answer.body) == (200, body)
    assert _kept(store) == []


async def test_an_unknown_command_is_answered(store: Store, intake: Intake) -> None:
    app, _ = _app(intake)
    answer = await app.async_dispatch(_form(COMMAND | {"command": "/gone"}))
    assert (answer.status, _said(answer)) == (200, UNKNOWN_COMMAND)
    assert _kept(store) == []


async def test_a_command_is_taken_down_while_slacks_web_api_is_away(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.workbench.set_faults([{"method": "*", "kind": "drop_before"}])
        assert await edge.workbench.command("/stock", "SKU-1") == {"ok": True}
        assert [what.text for what in _kept(store)] == ["SKU-1"]
        assert [call["method"] for call in edge.workbench.calls if call["method"] == "auth.test"] == []


def test_a_button_in_a_window_remembers_the_channel_it_was_opened_from() -> None:
    pressed = {key: value for key, value in CLICK.items() if key not in ("channel", "response_url", "message")}
    body = pressed | {"container": {"type": "view", "view_id": "V1"}, "view": VIEW}
    assert asked.of_click(body).channel == "C0OPS"
    assert asked.click_key(body) == "click:V1:18.2:U0ANNA:alert.take"


_text = st.text(max_size=20)


@given(_text, _text, _text, _text)
def test_what_was_written_is_read_back(user: str, text: str, value: str, response_url: str) -> None:
    what = Asked(kind="share", user=user or "U", text=text, value=value, response_url=response_url)
    assert asked.read(asked.write(what)) == what


@given(
    st.one_of(
        st.binary(max_size=60), st.recursive(st.none() | st.text(), st.lists).map(lambda x: json.dumps(x).encode())
    )
)
def test_bytes_that_are_nothing_asked_are_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        asked.read(body)
