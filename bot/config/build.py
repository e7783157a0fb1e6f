"""Makes the frozen Config out of a checked file: defaults that depend on other keys, and secrets."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.catalog import Catalog, Kind
from bot.catalog.settings import severity, time_of_day
from bot.config import asking
from bot.config.checks import KINDS, only_asked, variables
from bot.config.machine import AlarmPart, MailPart
from bot.config.scalars import money_of
from bot.config.schema import (
    ConfigPart,
    DepartmentPart,
    DigestPart,
    EscalationPart,
    ExceptionPart,
    GrantPart,
    MutePart,
    OutsidePart,
    QuietPart,
    RoutePart,
    ShopPart,
    SourcePart,
    TwoPeoplePart,
    WorkPart,
)
from bot.config.values import Config, Settings, SlackConfig, SourceConfig, WorkbenchConfig
from bot.core.campaigns import CampaignMap, Promotes
from bot.core.delivery import Source
from bot.core.exceptions import Level, RuleException
from bot.core.schedule import instant
from bot.core.settings import (
    Department,
    Escalation,
    Grant,
    Grouping,
    House,
    Mail,
    Mute,
    Outside,
    Paths,
    Permissions,
    QuietHours,
    Route,
    Schedule,
    Shop,
    Storm,
    TwoPeople,
    WorkingHours,
)
from bot.core.spans import duration
from bot.core.verdict import Severity


def build(file: str, part: ConfigPart, catalog: Catalog, env: Mapping[str, str], demo: bool) -> Config:
    """The config of a checked file."""
    house = _house(part)
    settings = {section: _settings(getattr(part, section), kind, catalog) for section, kind in KINDS.items()}
    return Config(
        file=file,
        house=house,
        operations=house.departments["operations"].channel,
        sources={
            name: _source(name, one, house, catalog.sources[one.type or name], env, demo)
            for name, one in part.sources.items()
        },
        handlers=part.handlers,
        slack=_slack(part, env, demo),
        store_url=_store_url(part, env),
        listen=(part.listen.host, part.listen.port),
        public_url=(part.listen.public_url or "").rstrip("/"),
        workbench=WorkbenchConfig(part.workbench.port),
        alarm=_alarm(part.alarm, env),
        **settings,
    )


def _settings(given: Mapping[str, Any], kind: Kind, catalog: Catalog) -> dict[str, Settings]:
    return {name: False if one == "off" else catalog.settings(kind, name, one) for name, one in given.items()}


def _house(part: ConfigPart) -> House:
    shops = {name: _shop(name, one) for name, one in (part.shops or {"shop": ShopPart()}).items()}
    zone = next(iter(shops.values())).zone
    departments = {name: _department(name, one, zone) for name, one in part.departments.items()}
    digests = part.digests if part.digests is not None else {"weekly": DigestPart()}
    schedules = tuple(_schedule(name, one, tuple(departments), zone) for name, one in digests.items())
    # Whatever concerns a department that nobody named must still be seen by somebody.
    fallback = Department("operations", next(iter(departments.values())).channel)
    departments.setdefault("operations", fallback)
    routes, escalations = tuple(map(_route, part.routes)), tuple(map(_escalation, part.escalations))
    lapse = duration(part.hold_lapses) if part.hold_lapses != "off" else None
    campaigns = CampaignMap(tuple(Promotes(one.match, one.skus) for one in part.campaigns))
    permissions = Permissions(tuple(map(_grant, part.permissions)), tuple(map(_two_people, part.two_people)))
    exceptions = tuple(_exception(one, zone) for one in part.exceptions)
    storm = Storm(int(part.storm)) if part.storm != "off" else None
    mutes = tuple(_mute(one, zone) for one in part.mutes)
    return House(
        shops, departments, routes, schedules, escalations, lapse, campaigns, permissions, exceptions, storm, mutes
    )


def _shop(name: str, part: ShopPart) -> Shop:
    return Shop(name, part.title or name, part.currency, ZoneInfo(part.zone), part.locale)


def _department(name: str, part: DepartmentPart, zone: ZoneInfo) -> Department:
    quiet = Outside() if isinstance(part.quiet, OutsidePart) else _quiet(part.quiet, zone) if part.quiet else None
    hours = _hours(part.hours, zone) if part.hours else None
    wakes_above = money_of(part.wakes_above) if part.wakes_above else None
    return Department(name, part.channel, quiet, hours, wakes_above, part.budget)


def _hours(part: WorkPart, zone: ZoneInfo) -> WorkingHours:
    holidays = frozenset(map(date.fromisoformat, part.holidays))
    return WorkingHours(
        tuple(dict.fromkeys(part.days)), _time(part.start), _time(part.end), _zone(part.zone, zone), holidays
    )


def _quiet(part: QuietPart, zone: ZoneInfo) -> QuietHours:
    return QuietHours(_time(part.start), _time(part.end), _zone(part.zone, zone), severity(part.above))


def _schedule(name: str, part: DigestPart, departments: tuple[str, ...], zone: ZoneInfo) -> Schedule:
    return Schedule(
        name,
        tuple(dict.fromkeys(part.on)),
        _time(part.at),
        _zone(part.zone, zone),
        part.departments or departments,
        days=part.days,
        catch_up=part.catch_up,
        max_age=duration(part.max_age) if part.max_age is not None else None,
    )


_AS_WRITTEN = (
    "rule", "shop", "department", "subject", "family", "tag", "vendor", "location", "channel", "mute", "updates",
    "proceed",
)  # fmt: skip


def _route(part: RoutePart) -> Route:
    return Route(
        **{name: getattr(part, name) for name in _AS_WRITTEN},
        at_least=severity(part.at_least) if part.at_least else None,
        amount=money_of(part.amount) if part.amount else None,
        hours=(_time(part.hours.start), _time(part.hours.end)) if part.hours else None,
        routes=tuple(map(_route, part.routes)),
        group=_grouping(part) if part.group_by else None,
    )


def _grouping(part: RoutePart) -> Grouping:
    spans = {"wait": part.group_wait, "interval": part.group_interval, "repeat": part.repeat_interval}
    given = {name: duration(text) for name, text in spans.items() if text is not None}
    return Grouping(tuple(dict.fromkeys(part.group_by or ())), **given)


def _mute(part: MutePart, zone: ZoneInfo) -> Mute:
    when = WorkingHours(tuple(dict.fromkeys(part.days)), _time(part.start), _time(part.end), _zone(part.zone, zone))
    return Mute(when, part.because, part.rule, part.subject, part.shop)


def _escalation(part: EscalationPart) -> Escalation:
    at_least = severity(part.at_least) if part.at_least else Severity.LOW
    return Escalation(duration(part.after), part.to, part.rule, at_least, part.counted)


def _grant(part: GrantPart) -> Grant:
    return Grant(part.who, part.may, part.department, part.rule, severity(part.at_most) if part.at_most else None)


def _two_people(part: TwoPeoplePart) -> TwoPeople:
    longer_than = duration(part.longer_than) if part.longer_than else None
    return TwoPeople(part.acts, severity(part.at_least) if part.at_least else None, longer_than, duration(part.within))


def _exception(part: ExceptionPart, zone: ZoneInfo) -> RuleException:
    patterns: dict[Level, str | None] = {"sku": part.sku, "tag": part.tag, "vendor": part.vendor}
    level: Level = next((name for name, pattern in patterns.items() if pattern is not None), "rule")
    return RuleException(
        rule=part.rule,
        level=level,
        pattern=patterns.get(level) or "*",
        given=tuple(part.settings.items()) if part.settings != "off" else None,
        reason=part.because,
        until=_day_after(date.fromisoformat(part.until), zone) if part.until else None,
        shop=part.shop or "*",
    )


def _day_after(day: date, zone: ZoneInfo) -> datetime:
    """When a local day is over (aware UTC)."""
    return instant(day + timedelta(days=1), time(0), zone)


def _source(
    name: str, part: SourcePart, house: House, source: Source, env: Mapping[str, str], demo: bool
) -> SourceConfig:
    return SourceConfig(
        name,
        part.type or name,
        part.shop or next(iter(house.shops)),
        _secrets(name, part, env, demo),
        part.options,
        part.live,
        (part.max_kib or source.max_kib) * 1024,
        asking.keys(part, env),
        asking.times(part),
    )


def _secrets(name: str, part: SourcePart, env: Mapping[str, str], demo: bool) -> tuple[str, ...]:
    """The secrets of its webhooks; none for a platform that is only asked, whose webhooks are then all refused."""
    if only_asked(part) and not demo:
        return tuple(env[variable] for variable in variables(name, part) if env.get(variable))
    made_up = _demo_secret(name, part.type or name, part.options)
    return tuple(env.get(variable) or made_up for variable in variables(name, part))


def _demo_secret(name: str, kind: str, options: Mapping[str, Any]) -> str:
    """A secret in the form the platform would give; the same at every start, so that samples can be signed."""
    if kind == "stripe":
        return f"whsec_demo-{name}"
    if kind == "generic" and options.get("auth", {}).get("scheme", "standard_webhooks") == "standard_webhooks":
        key = hashlib.sha256(f"demo-secret-{name}".encode()).digest()[:24]
        return "whsec_" + base64.b64encode(key).decode()
    return f"demo-secret-{name}"


def _slack(part: ConfigPart, env: Mapping[str, str], demo: bool) -> SlackConfig:
    # A demo never uses real tokens, also where the environment has some; these are the ones its stand-in takes.
    own = {
        "SLACK_BOT_TOKEN": "xoxb-workbench",
        "SLACK_APP_TOKEN": "xapp-workbench",
        "SLACK_SIGNING_SECRET": "workbench-signing-secret",
    }
    bot, app, signing = ((own if demo else env).get(variable, "") for variable in own)
    return SlackConfig(bot, app, signing, part.slack.base_url, part.slack.mode)


def _alarm(part: AlarmPart, env: Mapping[str, str]) -> Paths:
    """A demo may lack the variables, and then alarms nobody."""
    return Paths(
        env.get(part.webhook_from or "", ""),
        env.get(part.ping_from or "", ""),
        _mail(part.mail, env) if part.mail else None,
    )


def _mail(part: MailPart, env: Mapping[str, str]) -> Mail:
    password = env.get(part.password_from or "", "")
    return Mail(part.host, part.port, part.sender, part.to, part.security, part.user, password)


def _store_url(part: ConfigPart, env: Mapping[str, str]) -> str:
    url = env[part.store.url_from] if part.store.url_from else part.store.url
    scheme, rest = url.split(":", 1)
    # Hosting providers hand out URLs that name the protocol; which driver speaks it is decided here.
    return f"postgresql+psycopg:{rest}" if scheme in ("postgres", "postgresql") else url


def _zone(name: str | None, default: ZoneInfo) -> ZoneInfo:
    return ZoneInfo(name) if name else default


def _time(text: str) -> time:
    return time_of_day(text)
