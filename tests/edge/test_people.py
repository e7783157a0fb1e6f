"""What Slack says of people, over real HTTP: what they are, who is in which group, and what holds when it says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, get_args

import pytest
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.clock import Clock
from bot.core.authority import Actor, Standing
from bot.core.handlers import Refused
from bot.core.parts import say
from bot.core.preferences import Profile
from bot.edge.limiter import Limiter
from bot.edge.slack.asked import Asked, Kind
from bot.edge.slack.client import SlackClient
from bot.edge.slack.interactions import Interactions
from bot.edge.slack.manifest import app_manifest
from bot.edge.slack.people import (
    KEPT_GROUP,
    KEPT_IN_NEED,
    KEPT_ROOMS,
    KEPT_STANDING,
    People,
    ids_by_handle,
    profile_of,
    standing_of,
)  # fmt: skip
from bot.workbench import Workbench
from tests.edge.slack_fixtures import COMMANDS, FORMS, LOOK

GROUPS = ("@ops-oncall", "S0FINANCE", "@no-such-team")
OPS = frozenset({"@ops-oncall"})


class Late(Clock):
    """A clock whose seconds a test moves on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


class Desk:
    """A workbench, and people who are met in it."""

    def __init__(self, workbench: Workbench, client: SlackClient, clock: Late) -> None:
        self.workbench, self.client, self.clock = workbench, client, clock
        self.people = People(client, GROUPS, clock, patience=1.0)

    def asked(self, method: str) -> int:
        return len([call for call in self.workbench.calls if call["method"] == method])

    def fails(self, *methods: str, kind: str = "error:internal_error") -> None:
        self.workbench.set_faults([{"method": method, "kind": kind} for method in methods])


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    workbench = await Workbench.start(rate_limits=False, manifest=app_manifest(COMMANDS))
    clock = Late()
    client = await SlackClient.open(workbench.bot_token, Limiter(), clock, base_url=workbench.api_url, seconds=5)
    yield Desk(workbench, client, clock)
    await client.close()
    await workbench.stop()


async def test_a_member_is_met_with_their_groups_by_handle_and_by_id(desk: Desk) -> None:
    assert desk.people.known("U0ANNA") == Actor("U0ANNA")
    assert await desk.people.meet("U0ANNA") == Actor("U0ANNA", "member", OPS)
    assert await desk.people.meet("U0CHIARA") == Actor("U0CHIARA", "member", frozenset({"S0FINANCE"}))
    assert await desk.people.meet("U0BEN") == Actor("U0BEN", "member")
    assert desk.people.known("U0ANNA") == Actor("U0ANNA", "member", OPS)


STANDINGS: list[tuple[dict[str, Any], Standing]] = [
    ({"is_restricted": True}, "guest"),
    ({"is_restricted": True, "is_ultra_restricted": True}, "guest"),
    ({"team_id": "T0PARTNER"}, "outsider"),
    ({"is_stranger": True}, "outsider"),
    ({"is_bot": True}, "bot"),
    ({"deleted": True}, "gone"),
    ({}, "member"),
]


@pytest.mark.parametrize(("flags", "standing"), STANDINGS)
async def test_what_somebody_is(desk: Desk, flags: dict[str, Any], standing: Standing) -> None:
    desk.workbench.set_member("U0BEN", **flags)
    assert (await desk.people.meet("U0BEN")).standing == standing


async def test_somebody_whom_the_workspace_does_not_know_is_from_elsewhere(desk: Desk) -> None:
    assert (await desk.people.meet("U0NOBODY")).standing == "outsider"


async def test_slack_is_asked_once_in_some_minutes(desk: Desk) -> None:
    for _ in range(3):
        await desk.people.meet("U0ANNA")
        await desk.people.meet("U0BEN")
    assert [desk.asked(method) for method in ("users.info", "usergroups.list", "usergroups.users.list")] == [2, 1, 2]
    desk.clock.seconds += KEPT_GROUP + 1
    desk.workbench.set_group("S0OPS", "U0BEN")
    assert (await desk.people.meet("U0ANNA")).groups == frozenset()
    assert (await desk.people.meet("U0BEN")).groups == OPS
    assert desk.asked("users.info") == 2
    desk.clock.seconds += KEPT_STANDING
    await desk.people.meet("U0ANNA")
    assert desk.asked("users.info") == 3


async def test_the_groups_are_listed_once_for_all_who_come_at_once_and_one_does_not_wait_for_another(
    desk: Desk,
) -> None:
    await asyncio.gather(*(desk.people.meet(user) for user in ("U0ANNA", "U0BEN", "U0CHIARA")))
    assert desk.asked("usergroups.list") == 1
    desk.workbench.set_faults([{"method": "users.info", "kind": "slow_before", "seconds": 3}])
    slow = asyncio.ensure_future(desk.people.meet("U0DEV"))
    assert (await asyncio.wait_for(desk.people.meet("U0BEN"), 0.5)).standing == "member"
    assert (await slow).standing == "unasked"


async def test_where_slack_does_not_say_an_older_answer_holds_for_a_little_while_and_then_none(desk: Desk) -> None:
    await desk.people.meet("U0ANNA")
    desk.fails("usergroups.list", "usergroups.users.list", "users.info")
    desk.clock.seconds += KEPT_GROUP + 1
    assert await desk.people.meet("U0ANNA") == Actor("U0ANNA", "member", OPS)
    desk.clock.seconds += KEPT_IN_NEED
    assert await desk.people.meet("U0ANNA") == Actor("U0ANNA", "unasked", frozenset(), frozenset(GROUPS))
    desk.workbench.set_faults([])
    assert await desk.people.meet("U0ANNA") == Actor("U0ANNA", "member", OPS)


FAULTS = [
    "error:internal_error",
    "error:missing_scope",
    "error:plan_upgrade_required",
    "status_500_before",
    "drop_before",
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_group_that_cannot_be_asked_lets_nobody_through(desk: Desk, fault: str) -> None:
    desk.fails("usergroups.list", "usergroups.users.list", kind=fault)
    met = await desk.people.meet("U0ANNA")
    assert met.groups == frozenset() and met.unasked == frozenset(GROUPS) and met.standing == "member"


async def test_an_id_that_is_no_group_is_one_that_nobody_is_in(desk: Desk) -> None:
    desk.fails("usergroups.users.list", kind="error:no_such_subteam")
    assert (await desk.people.meet("U0CHIARA")).groups == frozenset()
    assert (await desk.people.meet("U0CHIARA")).unasked == frozenset()


async def test_without_the_scope_nothing_is_known_of_anybody(desk: Desk) -> None:
    desk.fails("users.info", kind="error:missing_scope")
    assert (await desk.people.meet("U0BEN")).standing == "unknown"


async def test_where_slack_does_not_say_which_workspace_is_ours_nobody_is_of_it(desk: Desk) -> None:
    desk.fails("auth.test")
    assert (await desk.people.meet("U0BEN")).standing == "unasked"


async def test_an_answer_that_takes_too_long_is_none(desk: Desk) -> None:
    desk.workbench.set_faults([{"method": "users.info", "kind": "slow_before", "seconds": 3}])
    assert (await desk.people.meet("U0BEN")).standing == "unasked"


# What everything that comes in goes through.


class Watched:
    """Whoever is met, and what is done afterwards, in its order."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def meet(self, user: str) -> None:
        self.seen.append(f"met {user}")

    def __getattr__(self, name: str) -> Any:
        def done(*given: Any) -> Any:
            self.seen.append(name)
            raise Refused(say("no"))

        return done


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_whatever_is_asked_whoever_asks_is_looked_at_first(desk: Desk, kind: Any) -> None:
    watched = Watched()
    people: Any = watched
    doing = Interactions(people, desk.client, COMMANDS, Clock(), LOOK, forms=FORMS, people=people)
    values = {"share": '["/stock","x"]', "form": "", "shortcut": "1001"}
    with suppress(Refused, SlackClientError):
        await doing.do(
            Asked(
                kind=kind, user="U0BEN", command="/stock", action="wish" if kind == "form" else "take",
                value=values.get(kind, "1001.1"), at="2026-11-23T10:00:00+00:00",
            )
        )  # fmt: skip
    assert watched.seen[0] == "met U0BEN" and len(watched.seen) > 1


def test_in_an_organisation_the_workspace_counts_and_not_where_somebody_is_at_home() -> None:
    user = {"team_id": "T2", "enterprise_user": {"teams": ["T1", "T2"]}}
    assert standing_of(user, "T1") == "member"
    assert standing_of(user, "T3") == "outsider"


def test_groups_that_are_disabled_or_of_others_have_no_handle_here() -> None:
    groups = [
        {"id": "S1", "handle": "ours", "team_id": "T1", "date_delete": 0},
        {"id": "S2", "handle": "gone", "team_id": "T1", "date_delete": 1_700_000_000},
        {"id": "S3", "handle": "shared", "team_id": "T1", "is_external": True},
        {"id": "S4", "handle": "theirs", "team_id": "T2"},
    ]
    assert ids_by_handle({"usergroups": groups}, "T1") == {"@ours": "S1"}


async def test_what_somebody_is_called_and_their_zone_are_known_once_they_were_met(desk: Desk) -> None:
    assert desk.people.profile("U0ANNA") == Profile()
    await desk.people.meet("U0ANNA")
    assert desk.people.profile("U0ANNA") == Profile("anna", "Europe/Berlin")


@pytest.mark.parametrize(
    ("told", "profile"),
    [
        ({"profile": {"display_name": "anna", "real_name": "Anna B"}, "tz": "Europe/Berlin"}, Profile("anna", "Europe/Berlin")),
        ({"profile": {"display_name": " "}, "real_name": "Anna B", "name": "ab"}, Profile("Anna B")),
        ({"name": "ab", "tz": "Mars/Olympus"}, Profile("ab")),
        ({"name": 7, "tz": "../../etc/passwd"}, Profile()),
        ({"name": "x" * 200, "tz": None}, Profile("x" * 80)),
    ],
)  # fmt: skip
def test_a_profile_has_a_name_and_a_zone_that_there_is(told: dict[str, Any], profile: Profile) -> None:
    assert profile_of(told) == profile


async def test_the_channels_of_somebody_are_asked_once_in_some_minutes(desk: Desk) -> None:
    rooms = await desk.people.rooms("U0DEV")
    assert {"warehouse", "C0WAREHOUSE"} <= rooms
    await desk.people.rooms("U0DEV")
    assert desk.asked("users.conversations") == 1
    desk.clock.seconds += KEPT_ROOMS + 1
    assert await desk.people.rooms("U0DEV") == rooms
    assert desk.asked("users.conversations") == 2


@pytest.mark.parametrize("fault", FAULTS)
async def test_where_slack_does_not_say_somebody_is_in_no_channel(desk: Desk, fault: str) -> None:
    desk.fails("users.conversations", kind=fault)
    assert await desk.people.rooms("U0DEV") == frozenset()


async def test_whether_another_workspace_reads_a_channel_is_asked_once_in_some_minutes(desk: Desk) -> None:
    assert await desk.people.inside("C0OPS") is True
    desk.workbench.set_channel("ops", abroad=True)
    assert await desk.people.inside("C0OPS") is True
    desk.clock.seconds += KEPT_ROOMS + 1
    assert await desk.people.inside("C0OPS") is False
    assert desk.asked("conversations.info") == 2


@pytest.mark.parametrize("fault", FAULTS)
async def test_where_slack_does_not_say_nobody_knows_who_reads_a_channel(desk: Desk, fault: str) -> None:
    desk.fails("conversations.info", kind=fault)
    assert await desk.people.inside("C0OPS") is None


async def test_every_page_of_channels_is_read_and_no_end_of_them_is_an_end() -> None:
    class Endless:
        pages = 0

        async def ask(self, method: str, **arguments: str) -> dict[str, Any]:
            self.pages += 1
            channel = {"id": f"C{self.pages}", "name": f"room-{self.pages}"}
            return {"channels": [channel], "response_metadata": {"next_cursor": f"c{self.pages}"}}

        async def team(self) -> str:
            return "T1"

    slack = Endless()
    rooms = await People(slack, (), Late()).rooms("U1")
    assert slack.pages == 20 and {"C1", "room-20"} <= rooms


async def test_where_private_channels_may_not_be_seen_the_public_ones_are_enough() -> None:
    class Public:
        async def ask(self, method: str, **arguments: str) -> dict[str, Any]:
            if "private" in arguments["types"]:
                raise SlackApiError("no", Answer({"ok": False, "error": "missing_scope"}))  # type: ignore[no-untyped-call]
            return {"channels": [{"id": "C1", "name": "warehouse"}]}

        async def team(self) -> str:
            return "T1"

    assert await People(Public(), (), Late()).rooms("U1") == frozenset({"C1", "warehouse"})


class Answer:
    """As much of an answer as an error of Slack's library carries."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
