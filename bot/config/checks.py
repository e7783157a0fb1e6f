"""What the schema cannot see: names that must exist elsewhere in the file, in the catalog or in the environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from bot.catalog import Catalog, Kind
from bot.catalog.settings import BadSettings
from bot.config import asking, permits
from bot.config.document import Document
from bot.config.problems import Place, Problem
from bot.config.schema import ConfigPart, DigestPart, ExceptionPart, OutsidePart, QuietPart, RoutePart, SourcePart
from bot.core.parts import called
from bot.core.schedule import WEEKDAYS
from bot.core.spelling import hint

KINDS: dict[str, Kind] = {
    "rules": "rule",
    "sections": "section",
    "commands": "command",
    "actions": "action",
    "forms": "form",
}
SLACK_TOKENS = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks over one file. Names that the file gives count even where what they hold is wrong."""

    document: Document
    part: ConfigPart
    catalog: Catalog
    env: Mapping[str, str]
    demo: bool

    def problems(self) -> list[Problem]:
        """Everything that is wrong, in no particular order."""
        named = (self._handlers(), self._sources(), self._routes(), self._escalations(), self._digests())
        permissions = permits.problems(self.part, self.catalog, self._departments())
        found = (*named, self._mutes(), permissions, self._exceptions(), self._zones(), self._shared())
        return [
            self.document.problem(place, text) for checks in (*found, self._environment()) for place, text in checks
        ]

    def _names(self, section: str, default: Iterable[str] = ()) -> set[str]:
        given = self.document.values.get(section)
        return set(given) if isinstance(given, dict) and given else set(default)

    def _shops(self) -> set[str]:
        return self._names("shops", ("shop",))

    def _departments(self) -> set[str]:
        return self._names("departments") | {"operations"}

    def _handlers(self) -> Iterator[tuple[Place, str]]:
        for section, kind in KINDS.items():
            known = self.catalog.configurable(kind)
            for name, given in getattr(self.part, section).items():
                if name not in known:
                    yield (section, name), f"there is no such {kind}{hint(name, known)}"
                elif isinstance(given, dict):
                    yield from self._misfits((section, name), kind, name, given)

    def _misfits(self, place: Place, kind: Kind, name: str, given: dict[str, Any]) -> Iterator[tuple[Place, str]]:
        try:
            self.catalog.settings(kind, name, given)
        except BadSettings as error:
            for setting, text in error.problems:
                yield (*place, setting), text

    def _exceptions(self) -> Iterator[tuple[Place, str]]:
        for number, one in enumerate(self.part.exceptions):
            place: Place = ("exceptions", number)
            if one.rule not in self.catalog.rules:
                yield (*place, "rule"), f"there is no such rule{hint(one.rule, self.catalog.rules)}"
            elif self.part.rules.get(one.rule) == "off":
                yield (*place, "rule"), f"{one.rule} is off in rules; nothing about it can be set for some alone"
            elif isinstance(one.settings, dict):
                yield from self._misfits((*place, "settings"), "rule", one.rule, one.settings)
            yield from self._target(place, one)

    def _target(self, place: Place, one: ExceptionPart) -> Iterator[tuple[Place, str]]:
        given = [level for level in ("sku", "tag", "vendor") if getattr(one, level) is not None]
        if len(given) > 1:
            yield (*place, given[1]), f"stands beside {given[0]}; an exception is for one of them"
        if given and one.rule in self.catalog.rules and self.catalog.rules[one.rule].about != "sku":
            about = self.catalog.rules[one.rule].about.replace("_", " ")
            yield (*place, given[0]), f"cannot be asked for: {one.rule} decides on a {about}, not on a SKU"
        if one.shop is not None and one.shop not in self._shops():
            yield (*place, "shop"), f"there is no shop {one.shop!r}{hint(one.shop, self._shops())}"
        if one.until is not None and one.until >= "9999":
            yield (*place, "until"), "never comes; leave it out"
        if one.settings == {}:
            yield (*place, "settings"), "sets nothing; name a setting, or write off"

    def _sources(self) -> Iterator[tuple[Place, str]]:
        for name, source in self.part.sources.items():
            yield from self._source(name, source)
            if (source.type or name) in self.catalog.sources:
                yield from self._secrets(name, source)
                api = self.catalog.sources[source.type or name].api
                yield from asking.problems(name, source, api, self.env, self.demo)

    def _source(self, name: str, source: SourcePart) -> Iterator[tuple[Place, str]]:
        kind = source.type or name
        place: Place = ("sources", name)
        if kind not in self.catalog.sources:
            yield (
                (*place, "type"),
                f"{kind!r} is no platform; say which it is with type{hint(kind, self.catalog.sources)}",
            )
        else:
            yield from self._options((*place, "options"), kind, source.options)
        if source.shop is None and len(self._shops()) > 1:
            yield (*place, "shop"), f"is missing; say of which shop it tells: {', '.join(sorted(self._shops()))}"
        elif source.shop is not None and source.shop not in self._shops():
            yield (*place, "shop"), f"there is no shop {source.shop!r}{hint(source.shop, self._shops())}"

    def _options(self, place: Place, kind: str, options: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
        try:
            self.catalog.sources[kind].options(options)
        except ValueError as error:
            yield place, str(error)

    def _secrets(self, name: str, source: SourcePart) -> Iterator[tuple[Place, str]]:
        for number, variable in enumerate(variables(name, source)):
            place: Place = ("sources", name, "secrets", number) if source.secrets else ("sources", name, "secrets")
            value = self.env.get(variable, "")
            if value != value.strip():
                yield place, f"the environment variable {variable} has a blank or a line break at an end of its value"
            elif not value and not self.demo and not only_asked(source):
                yield place, f"the environment variable {variable} is not set; it must hold the secret of {name}"

    def _routes(self) -> Iterator[tuple[Place, str]]:
        yield from self._routes_in(self.part.routes, ("routes",))

    def _routes_in(self, routes: Iterable[RoutePart], place: Place) -> Iterator[tuple[Place, str]]:
        known = {"rule": self.catalog.rules, "shop": self._shops(), "department": self._departments()}
        for number, route in enumerate(routes):
            here = (*place, number)
            for key, names in known.items():
                pattern = getattr(route, key)
                if pattern is not None and not any(fnmatchcase(name, pattern) for name in names):
                    yield (*here, key), f"{pattern!r} matches no {key}{hint(pattern, names)}"
            yield from self._route(route, here)
            yield from self._routes_in(route.routes, (*here, "routes"))

    def _route(self, route: RoutePart, here: Place) -> Iterator[tuple[Place, str]]:
        if route.mute and route.channel is not None:
            yield (*here, "channel"), "must not be given where mute is true"
        if route.mute and route.hours is not None:
            yield (*here, "hours"), "cannot mute: what comes then would never be told; use the department's quiet hours"
        if route.hours is not None and route.hours.start == route.hours.end:
            yield (*here, "hours"), "begin when they end; leave them out or give two different times"
        if not (route.mute or route.channel or route.updates or route.group_by or route.routes):
            yield here, "decides nothing; give it a channel, mute: true, updates, group_by or routes of its own"
        for key in ("group_wait", "group_interval", "repeat_interval"):
            if getattr(route, key) is not None and route.group_by is None:
                yield (*here, key), "says nothing without group_by"

    def _mutes(self) -> Iterator[tuple[Place, str]]:
        known = {"rule": self.catalog.rules, "shop": self._shops()}
        for number, mute in enumerate(self.part.mutes):
            for key, names in known.items():
                pattern = getattr(mute, key)
                if not any(fnmatchcase(name, pattern) for name in names):
                    yield ("mutes", number, key), f"{pattern!r} matches no {key}{hint(pattern, names)}"
            if mute.start == mute.end and len(set(mute.days)) == len(WEEKDAYS):
                yield ("mutes", number), "never ends; switch the rule off, or give a route mute: true"

    def _escalations(self) -> Iterator[tuple[Place, str]]:
        for number, escalation in enumerate(self.part.escalations):
            if not any(fnmatchcase(name, escalation.rule) for name in self.catalog.rules):
                near = hint(escalation.rule, self.catalog.rules)
                yield ("escalations", number, "rule"), f"{escalation.rule!r} matches no rule{near}"
            if called(escalation.to) is None and escalation.to not in self._departments():
                near = hint(escalation.to, self._departments())
                yield ("escalations", number, "to"), f"there is no department {escalation.to!r}{near}"

    def _digests(self) -> Iterator[tuple[Place, str]]:
        for name, digest in (self.part.digests or {}).items():
            for number, department in enumerate(digest.departments or ()):
                if department not in self._departments():
                    yield (
                        ("digests", name, "departments", number),
                        f"there is no department {department!r}{hint(department, self._departments())}",
                    )
            yield from self._digest_zone(name, digest)

    def _digest_zone(self, name: str, digest: DigestPart) -> Iterator[tuple[Place, str]]:
        if digest.zone is None and len(self._shops()) > 1:
            yield ("digests", name, "zone"), "is missing; say which it is, since there are several shops"

    def _zones(self) -> Iterator[tuple[Place, str]]:
        for name, department in self.part.departments.items():
            quiet = department.quiet
            if isinstance(quiet, QuietPart) and quiet.start == quiet.end:
                yield ("departments", name, "quiet"), "begins when it ends; leave it out or give two different times"
            if isinstance(quiet, OutsidePart) and department.hours is None:
                yield (
                    ("departments", name, "quiet"),
                    "is outside of hours that are not given; say when it works in hours",
                )
            if quiet is None and department.wakes_above is not None:
                yield ("departments", name, "wakes_above"), "wakes nobody, since the department has no quiet hours"

    def _shared(self) -> Iterator[tuple[Place, str]]:
        """Whom a channel's messages interrupt cannot be told apart, so those who share one rest together."""
        first: dict[str, str] = {}
        for name, department in self.part.departments.items():
            other = first.setdefault(department.channel, name)
            for key, mine, theirs in self._rests(name, other):
                if mine != theirs:
                    told = f"differs from that of {other}, which has the same channel"
                    yield ("departments", name, key), f"{told}; give both the same, or a channel each"

    def _rests(self, *names: str) -> Iterator[tuple[str, object, object]]:
        """What decides when a channel is interrupted, as two departments have it."""
        mine, theirs = (self.part.departments[name] for name in names)
        for key in ("quiet", "wakes_above", "budget"):
            yield key, getattr(mine, key), getattr(theirs, key)
        if isinstance(mine.quiet, OutsidePart):
            yield "hours", mine.hours, theirs.hours

    def _environment(self) -> Iterator[tuple[Place, str]]:
        url_from = self.part.store.url_from
        if url_from is not None and not self.env.get(url_from):
            yield (
                ("store", "url_from"),
                f"the environment variable {url_from} is not set; it must hold the database's URL",
            )
        if not self.demo:
            yield from self._slack()
            yield from self._alarm()

    def _alarm(self) -> Iterator[tuple[Place, str]]:
        alarm, mail = self.part.alarm, self.part.alarm.mail
        for key, variable in (("webhook_from", alarm.webhook_from), ("ping_from", alarm.ping_from)):
            if variable is not None and not self.env.get(variable, "").startswith(("http://", "https://")):
                yield ("alarm", key), f"the environment variable {variable} must hold a URL that begins with https://"
        if mail is None:
            return
        if bool(mail.user) != (mail.password_from is not None):
            yield ("alarm", "mail", "user"), "user and password_from must be given together, or neither"
        elif mail.password_from is not None and not self.env.get(mail.password_from):
            told = f"the environment variable {mail.password_from} is not set; it must hold the password of {mail.user}"
            yield ("alarm", "mail", "password_from"), told
        if mail.user and mail.security == "none":
            yield ("alarm", "mail", "security"), "is none, so that the password would be sent for all to read"

    def _slack(self) -> Iterator[tuple[Place, str]]:
        for variable, prefix in SLACK_TOKENS.items():
            value = self.env.get(variable, "")
            if value and not value.startswith(prefix):
                yield ("slack",), f"the environment variable {variable} must hold a token that begins with {prefix}"
        other = {"socket": "SLACK_APP_TOKEN", "http": "SLACK_SIGNING_SECRET"}[self.part.slack.mode]
        if self.env.get("SLACK_BOT_TOKEN") and not self.env.get(other):
            mode = self.part.slack.mode
            yield (
                ("slack",),
                f"the environment variable {other} is not set; mode {mode} needs it beside SLACK_BOT_TOKEN",
            )


def variables(name: str, source: SourcePart) -> tuple[str, ...]:
    """The environment variables that hold a source's secrets."""
    return source.secrets or (f"{name.upper().replace('-', '_')}_WEBHOOK_SECRET",)


def only_asked(source: SourcePart) -> bool:
    """Whether a source may do without a secret: it names none, and its platform is asked instead."""
    return source.secrets is None and source.api is not None
