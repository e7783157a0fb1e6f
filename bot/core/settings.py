"""Settings as core understands them: shops, departments, routes, schedules. The config builds them, frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.core.campaigns import CampaignMap
from bot.core.exceptions import RuleException
from bot.core.money import Money
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
class WorkingHours:
    """On which weekdays ("mon") a department works, from ``start`` to ``end`` local time (to the next morning when end
    is not later), and on which days of its zone it does not all the same."""

    weekdays: tuple[str, ...]
    start: time
    end: time
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``start`` to ``end`` local time (over midnight when start is later) a department is not interrupted."""

    start: time
    end: time
    zone: ZoneInfo
    above: Severity = Severity.HIGH
    """Severities above this one are told at once all the same."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A department is not interrupted whenever it does not work."""

    above: Severity = Severity.HIGH
    """Severities above this one are told at once all the same."""


@dataclass(frozen=True, slots=True)
class Department:
    """A department and the channel in which it lives.

    ``wakes_above`` is the loss by waiting for the end of the quiet hours above which it is interrupted all the same;
    ``budget`` how many new messages and calls of alerts its channel gets on one day, None for any number.
    """

    name: str
    channel: str
    quiet: QuietHours | Outside | None = None
    hours: WorkingHours | None = None
    wakes_above: Money | None = None
    budget: int | None = None


GroupLabel = Literal["rule", "family", "shop", "severity", "subject", "vendor", "location"]
"""By what alerts can be put together."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Alerts of one route that are alike in all of ``by`` share one message.

    It waits for ``wait`` before it is first shown, so that those that come together are shown together; people hear of
    more at most once in ``interval``, and of a group that still stands every ``repeat``, if it is set.
    """

    by: tuple[GroupLabel, ...]
    wait: timedelta = timedelta(seconds=30)
    interval: timedelta = timedelta(minutes=5)
    repeat: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Storm:
    """From so many new messages of alerts in ten minutes on, a channel shows the other alerts of a rule in one."""

    messages: int = 12
    within: timedelta = timedelta(minutes=10)


Updates = Literal["edit", "thread", "thread+channel", "new"]
"""How people hear that an alert changed: its message is edited, and what they must look at again is said in its thread;
every turn of it is said there; there and in the channel; or by a new message in place of the edit."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a shop knows of an alert's SKU besides its id: the keys of its groups (``bot.core.campaigns.keys``), its
    vendor among them, and the locations that stock it."""

    groups: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


NO_LABELS = Labels()


@dataclass(frozen=True, slots=True)
class Route:
    """Where a department's view of alerts that match goes instead of its own channel. None matches anything.

    ``amount`` is what may be lost at least; ``hours`` from when to when of the shop's local day. ``routes`` are tried
    inside this one; ``proceed`` has the routes after this one tried as well.
    """

    rule: str | None = None
    shop: str | None = None
    department: str | None = None
    subject: str | None = None
    at_least: Severity | None = None
    channel: str | None = None
    mute: bool = False
    family: str | None = None
    tag: str | None = None
    vendor: str | None = None
    location: str | None = None
    amount: Money | None = None
    hours: tuple[time, time] | None = None
    updates: Updates | None = None
    proceed: bool = False
    routes: tuple[Route, ...] = ()
    group: Grouping | None = None


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
    """So long after the due time of a matter that is still open ``to`` hears of it: a department, a member or a user
    group by their Slack id; None means whoever holds it. It is for alerts of rules that match, at least so severe.
    """

    after: timedelta
    to: str | None = None
    rule: str = "*"
    at_least: Severity = Severity.LOW
    counted: Literal["always", "working"] = "always"
    """Whether the time runs always, or only while the department works that holds the matter."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody may do something. ``who`` are user ids ("U024BE7LH"), user groups by handle ("@finance-team") or id
    ("S0614TZR7"), "everybody" (the workspace's own members) and "unknown" (of whom Slack does not say what they are).

    ``may`` are names of acts, "*" for every one, and of questions. With a ``department`` (one that holds the alert or
    sees it), a ``rule`` (* stands for any letters) or a severity that it is ``at_most``, it is for alerts alone.
    """

    who: tuple[str, ...]
    may: tuple[str, ...]
    department: str | None = None
    rule: str | None = None
    at_most: Severity | None = None


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """On these acts two must agree: the second ``within`` so long of the first.

    It is for alerts ``at_least`` so severe, and for what holds ``longer_than`` a span; with neither for all of them.
    """

    acts: tuple[str, ...]
    at_least: Severity | None = None
    longer_than: timedelta | None = None
    within: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Permissions:
    """Who may do what. Acts that nobody is granted nobody may do; a question is everybody's until a grant names it."""

    grants: tuple[Grant, ...] = ()
    two_people: tuple[TwoPeople, ...] = ()

    def groups(self) -> tuple[str, ...]:
        """Every user group that is named, each once."""
        named = (who for grant in self.grants for who in grant.who)
        return tuple(dict.fromkeys(who for who in named if who.startswith(("@", "S"))))


@dataclass(frozen=True, slots=True)
class Mute:
    """When, week for week, nobody is called by alerts that match (patterns, in which * stands for any letters), and
    why. The times are those of a week's openings, as a department's hours are."""

    when: WorkingHours
    because: str
    rule: str = "*"
    subject: str = "*"
    shop: str = "*"


@dataclass(frozen=True, slots=True)
class House:
    """All that routing needs to know."""

    shops: dict[str, Shop]
    departments: dict[str, Department]
    routes: tuple[Route, ...] = ()
    schedules: tuple[Schedule, ...] = field(default=())
    escalations: tuple[Escalation, ...] = ()
    lapse: timedelta | None = timedelta(hours=24)
    """For how long whoever took a matter holds it; None for ever."""

    campaigns: CampaignMap = CampaignMap()
    permissions: Permissions = Permissions()
    exceptions: tuple[RuleException, ...] = ()
    """The exceptions to rules that the config makes, in its order."""
    storm: Storm | None = Storm()
    mutes: tuple[Mute, ...] = ()

    def channels(self) -> tuple[str, ...]:
        """Every channel in which anything may be shown, each once."""
        return tuple(dict.fromkeys([*(each.channel for each in self.departments.values()), *_channels(self.routes)]))


def _channels(routes: tuple[Route, ...]) -> Iterator[str]:
    for each in routes:
        if each.channel is not None:
            yield each.channel
        yield from _channels(each.routes)


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
