"""The config file's keys: what each means, what it may hold, what it is when left out.

The descriptions are shown by editors (``floorwalker schema``) and in error messages. Nothing here reads a file or the
environment; whatever needs more than one key to judge is in ``checks``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from bot.config.machine import AlarmPart, ListenPart, SlackPart, StorePart, WorkbenchPart
from bot.config.part import Part
from bot.config.scalars import (
    ActName,
    Amount,
    Channel,
    ClockTime,
    Currency,
    Day,
    Hearer,
    LocaleName,
    Messages,
    Name,
    PackageName,
    Pause,
    SeverityName,
    Span,
    Variable,
    Weekday,
    Who,
    Zone,
)
from bot.core.schedule import WEEKDAYS
from bot.core.settings import GroupLabel


def _settings(value: Any) -> Any:
    if value != "off" and not isinstance(value, dict):
        raise ValueError("must be settings, written as indented `name: value` lines, or off")
    return value


Settings = Annotated[
    Any, AfterValidator(_settings), WithJsonSchema({"anyOf": [{"type": "object"}, {"const": "off"}]})
]  # fmt: skip


class ShopPart(Part):
    """A shop whose systems send deliveries."""

    title: str = Field(default="", description="The shop's name as people know it; left out, its key.")
    currency: Currency = Field(
        default="EUR", description="The currency in which the shop reports, by its ISO 4217 code."
    )
    zone: Zone = Field(default="UTC", description="The shop's time zone, which decides where its days begin.")
    locale: LocaleName = Field(default="en_GB", description="How numbers, money and dates are written.")


class QuietPart(Part):
    """Hours in which a department is not interrupted."""

    start: ClockTime = Field(alias="from", description='When the quiet begins, local time, such as "20:00".')
    end: ClockTime = Field(
        alias="to", description='When it ends; before `from` it is the next morning, such as "07:30".'
    )
    zone: Zone | None = Field(default=None, description="The time zone of these hours; left out, the first shop's.")
    above: SeverityName = Field(
        default="high", description="Alerts more severe than this are told at once all the same."
    )


class OutsidePart(Part):
    """The word outside: quiet is whenever the department does not work."""


def _quiet(value: Any) -> Any:
    if value == "outside":
        return OutsidePart()
    return value if value is None else QuietPart.model_validate(value)


class WorkPart(Part):
    """When a department works."""

    days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"),
        min_length=1,
        description="The weekdays on which it works, by name.",
    )
    start: ClockTime = Field(alias="from", description='When it begins, local time, such as "07:00".')
    end: ClockTime = Field(alias="to", description="When it ends; not after `from` it is the next morning.")
    zone: Zone | None = Field(default=None, description="The time zone of these hours; left out, the first shop's.")
    holidays: tuple[Day, ...] = Field(default=(), description='Days on which nobody works, such as "2026-12-25".')


class DepartmentPart(Part):
    """A department and the channel in which it lives."""

    channel: Channel = Field(description="The department's Slack channel, by its name or its id.")
    hours: WorkPart | None = Field(
        default=None, description="When the department works, by which due times are reckoned; left out, always."
    )
    quiet: Annotated[
        QuietPart | Annotated[OutsidePart, WithJsonSchema({"const": "outside"})] | None, BeforeValidator(_quiet)
    ] = Field(
        default=None,
        description="Hours in which the department is not interrupted, or outside: whenever it does not work.",
    )
    wakes_above: Amount | None = Field(
        default=None, description='It is interrupted all the same when waiting is expected to cost more ("500 EUR").'
    )
    budget: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="How many new messages and calls its channel gets on one day; the rest is told in one summary.",
    )


class ApiPart(Part):
    """How a platform is asked for what its webhooks do not tell, and for what they lost."""

    keys: dict[Name, Variable] = Field(
        min_length=1, description="The credentials by their names, each the environment variable that holds it."
    )
    every: dict[Name, Pause] = Field(
        default={}, description='How often each thing is asked for, such as "15m", or off; left out, the usual times.'
    )


class SourcePart(Part):
    """A platform that sends deliveries to /webhooks/<the source's name>."""

    type: Name | None = Field(default=None, description="Which platform it is; left out, the source's own name.")
    shop: Name | None = Field(
        default=None, description="The shop that it tells about; may be left out when there is one shop."
    )
    secrets: tuple[Variable, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description="Environment variables that hold its secrets, newest first; left out, <NAME>_WEBHOOK_SECRET.",
    )
    live: bool = Field(default=True, description="Whether test orders and test payments are ignored.")
    max_kib: int | None = Field(
        default=None,
        ge=1,
        le=16384,
        description="The largest delivery that is taken, in KiB; left out, 1024, or 8192 for klaviyo.",
    )
    options: dict[str, Any] = Field(default={}, description="What this kind of platform wants to know besides.")
    api: ApiPart | None = Field(default=None, description="Keys with which the platform is asked; left out, it is not.")


class HoursPart(Part):
    """Some hours of the day."""

    start: ClockTime = Field(alias="from", description='When they begin, local time, such as "08:00".')
    end: ClockTime = Field(alias="to", description="When they end; before `from` it is the next morning.")


class RoutePart(Part):
    """An exception to each department seeing its alerts in its own channel. The first that matches decides."""

    rule: str | None = Field(default=None, description="Only alerts of this rule; * stands for any letters.")
    shop: str | None = Field(default=None, description="Only alerts of this shop.")
    department: str | None = Field(default=None, description="Only what this department would see.")
    subject: str | None = Field(
        default=None, description="Only alerts about this SKU, campaign or order; * stands for any letters."
    )
    at_least: SeverityName | None = Field(default=None, description="Only alerts at least this severe.")
    family: Literal["stock", "orders", "payments", "campaigns", "sources"] | None = Field(
        default=None, description="Only alerts about this part of the business."
    )
    tag: str | None = Field(default=None, description="Only SKUs with this tag; * stands for any letters.")
    vendor: str | None = Field(default=None, description="Only SKUs of this vendor; * stands for any letters.")
    location: str | None = Field(default=None, description="Only SKUs that this location stocks.")
    amount: Amount | None = Field(default=None, description='Only alerts that may cost at least this much ("500 EUR").')
    hours: HoursPart | None = Field(default=None, description="Only within these hours of the shop's day.")
    channel: Channel | None = Field(default=None, description="The channel to which they go.")
    mute: bool = Field(default=False, description="They go nowhere; they are still recorded.")
    updates: Literal["edit", "thread", "thread+channel", "new"] | None = Field(
        default=None,
        description="How people hear that an alert changed: by the edited message and, where they must look again, its "
        "thread (edit); by every turn in the thread; there and in the channel; or by a new message.",
    )
    proceed: bool = Field(default=False, description="Whether the routes after this one are tried as well.")
    group_by: tuple[GroupLabel, ...] | None = Field(
        default=None,
        min_length=1,
        description="Alerts that are alike in all of these share one message, which is a table, kept true.",
    )
    group_wait: Span | None = Field(
        default=None, description='How long a group waits before it is first shown; left out, "30s".'
    )
    group_interval: Span | None = Field(
        default=None, description='How often people hear of more in a group at most; left out, "5m".'
    )
    repeat_interval: Span | None = Field(
        default=None, description='How often people are told that a group still stands ("4h"); left out, never.'
    )
    routes: tuple[RoutePart, ...] = Field(default=(), description="Routes inside this one; the first that matches.")


class ExceptionPart(Part):
    """An exception to how a rule is set: for a SKU, a tag, a vendor, or for all that the rule decides on."""

    rule: Name = Field(description="The rule that is set otherwise.")
    sku: str | None = Field(default=None, min_length=1, description="For these SKUs; * stands for any letters.")
    tag: str | None = Field(default=None, min_length=1, description="For SKUs with this tag; * stands for any letters.")
    vendor: str | None = Field(
        default=None, min_length=1, description="For SKUs of this vendor; * stands for any letters."
    )
    shop: Name | None = Field(default=None, description="Only in this shop; left out, in every one.")
    settings: Settings = Field(description="What is set otherwise, or off: the rule is not asked.")
    because: str = Field(min_length=1, max_length=300, description="Why, for those who find it.")
    until: Day | None = Field(default=None, description="The last day on which it holds; left out, it has no end.")


class MutePart(Part):
    """When, week for week, nobody is called by what matches; what still stands is shown when it is over."""

    because: str = Field(min_length=1, max_length=200, description="Why, for those who ask.")
    rule: str = Field(default="*", description="Only alerts of this rule; * stands for any letters.")
    subject: str = Field(
        default="*", description="Only alerts about this SKU, campaign or order; * stands for any letters."
    )
    shop: str = Field(default="*", description="Only alerts of this shop.")
    days: tuple[Weekday, ...] = Field(
        default=WEEKDAYS, min_length=1, description="The weekdays on which it begins; left out, every day."
    )
    start: ClockTime = Field(alias="from", description='When it begins, local time, such as "02:00".')
    end: ClockTime = Field(alias="to", description="When it ends; not after `from` it is the next morning.")
    zone: Zone | None = Field(default=None, description="The time zone of these times; left out, the first shop's.")


class EscalationPart(Part):
    """Who hears of an alert that is still open so long after its due time, besides whoever holds it."""

    after: Span = Field(description='How long after the due time ("2h").')
    to: Hearer = Field(
        description="The department that sees it from then on; or a member (U024BE7LH) or a user group (S0614TZR7), "
        "called in the thread of its message."
    )
    counted: Literal["always", "working"] = Field(
        default="always",
        description="Whether the time runs always, or only while the department works that holds the alert.",
    )
    rule: str = Field(default="*", description="Only alerts of this rule; * stands for any letters.")
    at_least: SeverityName | None = Field(default=None, description="Only alerts at least this severe.")


class GrantPart(Part):
    """Who may do something. What is granted to nobody nobody may do."""

    who: tuple[Who, ...] = Field(
        min_length=1,
        max_length=100,
        description='People and groups: "everybody", user groups such as "@finance-team" or S0614TZR7, members such as '
        'U024BE7LH, and "unknown", of whom Slack does not say what they are.',
    )
    may: tuple[ActName, ...] = Field(
        min_length=1,
        max_length=100,
        description="What they may do or ask, by name, or * for everything that can be done; floorwalker permissions "
        "lists the names. A question that is named here is nobody else's any more.",
    )
    department: Name | None = Field(default=None, description="Only on alerts that this department holds or sees.")
    rule: str | None = Field(default=None, description="Only on alerts of this rule; * stands for any letters.")
    at_most: SeverityName | None = Field(default=None, description="Only on alerts at most this severe.")


class TwoPeoplePart(Part):
    """Acts on which two must agree: a second person who may do them as well confirms what the first one asked for."""

    acts: tuple[ActName, ...] = Field(min_length=1, max_length=100, description="The acts, by name.")
    at_least: SeverityName | None = Field(default=None, description="Only on alerts at least this severe.")
    longer_than: Span | None = Field(default=None, description='Only where it is to hold for longer ("24h").')
    within: Span = Field(default="1h", description="How long the second person has; then the request lapses.")


class CampaignPart(Part):
    """What campaigns promote that do not say it themselves."""

    match: str = Field(
        min_length=1,
        max_length=200,
        description="The campaign's name, its id, or one of its groups; * stands for any letters.",
    )
    skus: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = Field(
        min_length=1, max_length=500, description="The SKUs that it promotes."
    )


class DigestPart(Part):
    """A summary that is posted on fixed days. Its key is its identity: renamed, it is a new digest."""

    on: tuple[Weekday, ...] = Field(
        default=("mon",), min_length=1, description="The weekdays on which it is posted, by name."
    )
    at: ClockTime = Field(default="09:00", description="The local time of day at which it is posted.")
    zone: Zone | None = Field(
        default=None, description="The time zone of that time; may be left out when there is one shop."
    )
    departments: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description="The departments that get one, each about its own; left out, all."
    )
    days: int = Field(default=7, ge=1, le=92, description="How many complete days before it are summed up.")
    catch_up: Literal["latest", "all", "none"] = Field(
        default="latest", description="What is posted, marked late, of digests that were missed while the bot was down."
    )
    max_age: Span | None = Field(
        default=None, description='Missed digests older than this ("36h") are not posted; left out, half of days.'
    )


class ConfigPart(Part):
    """The whole file."""

    shops: dict[Name, ShopPart] = Field(default={}, description="The shops; left out, one named shop.")
    departments: dict[Name, DepartmentPart] = Field(
        min_length=1, description="Who acts on what. The one named operations also hears what concerns nobody else."
    )
    sources: dict[Name, SourcePart] = Field(default={}, description="The platforms that send deliveries.")
    rules: dict[Name, Settings] = Field(default={}, description="Settings of alert rules by the rule's name, or off.")
    exceptions: tuple[ExceptionPart, ...] = Field(
        default=(), description="Rules that are set otherwise for some SKUs, tags or vendors."
    )
    routes: tuple[RoutePart, ...] = Field(
        default=(), description="Exceptions to each department seeing its alerts in its channel."
    )
    storm: Messages = Field(
        default=12,
        description="How many new messages of alerts a channel gets in ten minutes before those of one rule share one.",
    )
    mutes: tuple[MutePart, ...] = Field(
        default=(), description="When, week for week, nobody is called by certain alerts."
    )
    hold_lapses: Pause = Field(
        default="24h", description='How long whoever took an alert holds it ("24h"), or off for as long as it is open.'
    )
    escalations: tuple[EscalationPart, ...] = Field(
        default=(), description="Who hears of alerts that are overdue, besides whoever holds them."
    )
    permissions: tuple[GrantPart, ...] = Field(
        default=(), description="Who may do what. Left out, nobody may do anything but ask."
    )
    two_people: tuple[TwoPeoplePart, ...] = Field(default=(), description="Acts on which two people must agree.")
    campaigns: tuple[CampaignPart, ...] = Field(
        default=(), description="The SKUs of campaigns that name none; all lines that match count."
    )
    digests: dict[Name, DigestPart] | None = Field(
        default=None, description="Summaries on fixed days; left out, one for all each Monday; {} for none."
    )
    sections: dict[Name, Settings] = Field(default={}, description="Settings of digest sections by name, or off.")
    commands: dict[str, Settings] = Field(default={}, description="Settings of slash commands by name, or off.")
    actions: dict[Name, Settings] = Field(default={}, description="Settings of message buttons by name, or off.")
    forms: dict[Name, Settings] = Field(default={}, description="Settings of forms by name, or off.")
    handlers: tuple[PackageName, ...] = Field(
        default=("handlers",), min_length=1, description="The packages in which rules, commands and the rest are found."
    )
    slack: SlackPart = Field(default=SlackPart(), description="How the bot talks with Slack.")
    alarm: AlarmPart = Field(default=AlarmPart(), description="Who hears of trouble by another path than Slack.")
    store: StorePart = Field(default=StorePart(), description="Where everything is remembered.")
    listen: ListenPart = Field(default=ListenPart(), description="Where deliveries are received.")
    workbench: WorkbenchPart = Field(default=WorkbenchPart(), description="The stand-in for Slack that a demo starts.")
