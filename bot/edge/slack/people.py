"""What Slack says of people: what they are in the workspace, and which user groups of the config they are in.

It is asked when somebody acts and kept for some minutes. Where Slack does not answer, an older answer about a group
holds for a little longer; after that it is a group that could not be asked, and nobody may act by being in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from slack_sdk.errors import SlackApiError

from bot.clock import Clock
from bot.core.authority import Actor, Standing, unheard_of
from bot.core.parts import Person, UserGroup, called
from bot.core.preferences import NOBODY, Profile
from bot.core.spelling import hint
from bot.edge.slack.ways_back import NOT_TOLD

log = structlog.get_logger()

Json = dict[str, Any]
T = TypeVar("T")

KEPT_STANDING, KEPT_GROUP, KEPT_IN_NEED, KEPT_ROOMS = 600.0, 300.0, 900.0, 300.0
"""Seconds for which an answer holds: about a person, about a group, about a group while Slack gives no other, and about
the channels that a person is in."""

_PAGES = 20

_PATIENCE = 2.0
_ALL = "usergroups"
_LONGEST_NAME = 80
# Without the permission to ask nobody is known; whom our workspace does not know is of another one.
_BY_ERROR: Mapping[str, Standing] = {
    "missing_scope": "unknown", "user_not_found": "outsider", "user_not_visible": "outsider",
}  # fmt: skip


class Slack(Protocol):
    """What is asked of Slack; each raises one of NOT_TOLD."""

    async def ask(self, method: str, **arguments: str) -> Json: ...

    async def team(self) -> str: ...


@dataclass(slots=True)
class _Kept(Generic[T]):
    """Answers by name, each with the monotonic second at which it came."""

    answers: dict[str, tuple[T, float]] = field(default_factory=dict)

    def get(self, name: str, since: float) -> T | None:
        answer, at = self.answers.get(name, (None, 0.0))
        return answer if at >= since else None

    def put(self, name: str, answer: T, now: float) -> None:
        self.answers[name] = (answer, now)


class People:
    """Meets whoever acts. ``groups`` are the user groups that the config names, "@finance-team" or "S0614TZR7"."""

    def __init__(self, slack: Slack, groups: Iterable[str], clock: Clock, patience: float = _PATIENCE) -> None:
        self._slack, self._groups, self._clock, self._patience = slack, tuple(groups), clock, patience
        self._standings, self._members = _Kept[Standing](), _Kept[frozenset[str]]()
        self._profiles: dict[str, Profile] = {}
        self._rooms = _Kept[frozenset[str]]()
        self._inside = _Kept[bool]()
        self._known: dict[str, Actor] = {}
        self._handles = _Kept[dict[str, str]]()
        self._listing = asyncio.Lock()

    def known(self, user: str) -> Actor:
        """What was found out of somebody when they were last met."""
        return self._known.get(user) or unheard_of(user)

    def profile(self, user: str) -> Profile:
        """What Slack said of somebody when they were last met."""
        return self._profiles.get(user, NOBODY)

    async def rooms(self, user: str) -> frozenset[str]:
        """The channels that somebody is in, as far as the bot sees them, by id and by name; none where Slack does not
        say. Never raises."""
        now = self._clock.monotonic()
        known = self._rooms.get(user, now - KEPT_ROOMS)
        if known is None:
            known = await self._soon(self._ask_rooms(user), "users.conversations")
            if known is None:
                return frozenset()
            self._rooms.put(user, known, now)
        return known

    async def inside(self, channel: str) -> bool | None:
        """Whether nobody of another workspace reads a channel; None where the bot cannot see it. Never raises."""
        now = self._clock.monotonic()
        known = self._inside.get(channel, now - KEPT_ROOMS)
        if known is None:
            known = await self._soon(self._ask_inside(channel), "conversations.info")
            if known is not None:
                self._inside.put(channel, known, now)
        return known

    async def _ask_inside(self, channel: str) -> bool:
        told = (await self._slack.ask("conversations.info", channel=channel)).get("channel") or {}
        return not (told.get("is_ext_shared") or told.get("is_pending_ext_shared"))

    async def _ask_rooms(self, user: str) -> frozenset[str]:
        """Without the permission to see private channels it makes do with the public."""
        try:
            return await self._rooms_of(user, "public_channel,private_channel")
        except SlackApiError as error:
            if _word(error) != "missing_scope":
                raise
            return await self._rooms_of(user, "public_channel")

    async def _rooms_of(self, user: str, types: str) -> frozenset[str]:
        cursor, found = "", set[str]()
        for _ in range(_PAGES):
            asked = {"user": user, "types": types, "limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = await self._slack.ask("users.conversations", **asked)
            for channel in page.get("channels") or ():
                found |= {str(channel.get("id")), str(channel.get("name"))}
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return frozenset(found)

    async def meet(self, user: str) -> Actor:
        """Finds out what there is to know of somebody, where it is not known yet. Never raises."""
        asking = asyncio.gather(*map(self._group, self._groups))
        standing, found = await asyncio.gather(self._standing(user), asking)
        members = dict(zip(self._groups, found, strict=True))
        groups = frozenset(group for group, users in members.items() if users and user in users)
        unasked = frozenset(group for group, users in members.items() if users is None)
        self._known[user] = Actor(user, standing, groups, unasked)
        return self._known[user]

    async def _standing(self, user: str) -> Standing:
        now = self._clock.monotonic()
        known = self._standings.get(user, now - KEPT_STANDING)
        if known is None:
            known = await self._soon(self._ask_standing(user), "users.info")
            if known is None:
                return "unasked"
            self._standings.put(user, known, now)
        return known

    async def _ask_standing(self, user: str) -> Standing:
        try:
            answer = await self._slack.ask("users.info", user=user)
        except SlackApiError as error:
            if (known := _BY_ERROR.get(_word(error))) is None:
                raise
            return known
        told = answer.get("user") or {}
        self._profiles[user] = profile_of(told)
        return standing_of(told, await self._slack.team())

    async def _group(self, group: str) -> frozenset[str] | None:
        """Who is in a group: as Slack says now, or said not long ago; None where it does not say."""
        now = self._clock.monotonic()
        known = self._members.get(group, now - KEPT_GROUP)
        if known is None:
            known = await self._soon(self._ask_group(group), "usergroups.users.list")
            if known is None:
                return self._members.get(group, now - KEPT_IN_NEED)
            self._members.put(group, known, now)
        return known

    async def _ask_group(self, group: str) -> frozenset[str]:
        id = (await self._ids()).get(group, "") if group.startswith("@") else group
        if not id:
            return frozenset()
        try:
            answer = await self._slack.ask("usergroups.users.list", usergroup=id)
        except SlackApiError as error:
            if _word(error) != "no_such_subteam":
                raise
            return frozenset()
        return frozenset(map(str, answer.get("users") or ()))

    async def _ids(self) -> dict[str, str]:
        """The ids of the user groups by their handles; one answer tells of all."""
        async with self._listing:
            now = self._clock.monotonic()
            known = self._handles.get(_ALL, now - KEPT_GROUP)
            if known is None:
                known = ids_by_handle(await self._slack.ask("usergroups.list"), await self._slack.team())
                self._handles.put(_ALL, known, now)
            return known

    async def _soon(self, asking: Awaitable[T], method: str) -> T | None:
        try:
            return await asyncio.wait_for(asking, self._patience)
        except NOT_TOLD as error:
            log.warning("slack does not say who somebody is", method=method, reason=type(error).__name__)
            return None


def _word(error: SlackApiError) -> str:
    """Slack's own word for what is wrong; some answers have no body that can be read."""
    body = getattr(error.response, "data", None)
    return str(body.get("error", "")) if isinstance(body, dict) else ""


def standing_of(user: Mapping[str, Any], team: str) -> Standing:
    """What somebody is, from Slack's description of them. In an organisation of several workspaces those who belong to
    ours are of the house, wherever they are at home."""
    told: Mapping[Standing, bool] = {
        "gone": bool(user.get("deleted")),
        "bot": bool(user.get("is_bot") or user.get("is_workflow_bot")),
        "outsider": bool(user.get("is_stranger")) or team not in _teams(user, team),
        "guest": bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
    }
    return next((standing for standing, so in told.items() if so), "member")


def profile_of(user: Mapping[str, Any]) -> Profile:
    """What somebody is called, and their time zone where it is one that we know as well."""
    described = user.get("profile") or {}
    names = (described.get("display_name"), described.get("real_name"), user.get("real_name"), user.get("name"))
    name = next((each for each in names if isinstance(each, str) and each.strip()), "")
    zone = user.get("tz")
    return Profile(name[:_LONGEST_NAME], zone if isinstance(zone, str) and _is_zone(zone) else "")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True


def _teams(user: Mapping[str, Any], team: str) -> tuple[str, ...]:
    of_enterprise = (user.get("enterprise_user") or {}).get("teams") or ()
    return (str(user.get("team_id") or team), *map(str, of_enterprise))


def ids_by_handle(listed: Mapping[str, Any], team: str) -> dict[str, str]:
    """The ids of our workspace's user groups by their handles ("@finance-team"); disabled ones and those of other
    workspaces are left out."""
    return {
        f"@{group['handle']}": str(group["id"])
        for group in listed.get("usergroups") or ()
        if not group.get("date_delete") and not group.get("is_external") and group.get("team_id", team) == team
    }


_NO_GROUP = "is no user group of the workspace, or is disabled"


async def strangers(slack: Slack, names: Iterable[str]) -> dict[str, str]:
    """Of the members and user groups among the names (ids, and groups by their handles too) those whom the workspace
    does not know, and why. Raises nothing."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        match called(name):
            case Person():
                why = await _missing(_no_member(slack, name))
            case UserGroup():
                why = await _missing(_no_group(slack, name))
            case _:
                why = await _missing(_no_handle(slack, name)) if name.startswith("@") else ""
        if why:
            found[name] = why
    return found


async def _missing(asking: Awaitable[str]) -> str:
    try:
        return await asking
    except NOT_TOLD as error:
        word = _word(error) if isinstance(error, SlackApiError) else ""
        return f"could not be looked for: {word or type(error).__name__}"


async def _no_member(slack: Slack, user: str) -> str:
    try:
        answer = await slack.ask("users.info", user=user)
    except SlackApiError as error:
        if _BY_ERROR.get(_word(error)) != "outsider":
            raise
        return "is no member of the workspace"
    return "has left the workspace" if (answer.get("user") or {}).get("deleted") else ""


async def _no_group(slack: Slack, group: str) -> str:
    known = ids_by_handle(await slack.ask("usergroups.list"), await slack.team())
    return "" if group in known.values() else _NO_GROUP


async def _no_handle(slack: Slack, handle: str) -> str:
    known = ids_by_handle(await slack.ask("usergroups.list"), await slack.team())
    return "" if handle in known else f"{_NO_GROUP}{hint(handle, known)}"
