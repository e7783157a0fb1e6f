"""Settings as core understands them: shops, departments, routes, schedules. The config builds them, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.core.campaigns import CampaignMap
from bot.core.verdict import Severity

CatchUp = Literal["latest", "all", "none"]
"""Of the slots that were missed: the newest one, every one, or none."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop: its name in the config, its reporting currency, its time zone and its locale ("en_GB")."""

    name: str
    title: str
    currency: str
    zone: ZoneInfo
    locale: str = "en_GB"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``start`` to ``end`` local time (over midnight when start is later) a department is not interrupted."""

    start: time
    end: time
    zone: ZoneInfo
    above: Severity = Severity.HIGH
    """Severities above this one are told at once all the same."""


@dataclass(frozen=True, slots=True)
class Department:
    """A department and the channel in which it lives."""

    name: str
    channel: str
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """An override: alerts that match go to ``channels`` of a department instead of its own. None matches anything."""

    rule: str | None = None
    shop: str | None = None
    department: str | None = None
    subject: str | None = None
    at_least: Severity | None = None
    channel: str | None = None
    mute: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a digest is due: weekdays ("mon") at a local wall time of a zone. ``name`` is its identity for ever.

    ``catch_up`` is what is told of slots that were missed, none of which is told when it is older than ``max_age``
    (None: half of the days that the digest sums up).
    """

    name: str
    weekdays: tuple[str, ...]
    at: time
    zone: ZoneInfo
    departments: tuple[str, ...]
    days: int = 7
    catch_up: CatchUp = "latest"
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """So long after the due time of a matter that is still open the department ``to`` hears of it; None means whoever
    holds it. It is for alerts of rules that match, at least so severe."""

    after: timedelta
    to: str | None = None
    rule: str = "*"
    at_least: Severity = Severity.LOW


@dataclass(frozen=True, slots=True)
class House:
    """All that routing needs to know."""

    shops: dict[str, Shop]
    departments: dict[str, Department]
    routes: tuple[Route, ...] = ()
    schedules: tuple[Schedule, ...] = field(default=())
    escalations: tuple[Escalation, ...] = ()
    campaigns: CampaignMap = CampaignMap()


@dataclass(frozen=True, slots=True)
class Mail:
    """How an e-mail leaves. ``security`` is how the line to the server is kept private."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where alarms and pings go; "" and None where there is none."""

    webhook: str = field(default="", repr=False)
    ping: str = field(default="", repr=False)
    mail: Mail | None = None
