"""The sources under test, and what each declares of its own conduct in tests/fixtures/<source>/conduct.py.

A conduct file may define any of these; without them a source is expected to do what most do:

* ``SILENT``: topics that are understood and tell nothing.
* ``FRONT``: options under which its deliveries are proved and read. ``OF``: other options for some topics.
* ``OPTIONS``: further options under which anything may come in. All of these are options that the source accepts.
* ``ELSEWHERE``: options that name another shop; a good delivery is refused under each of them.
* ``SECRETS``: two secrets, when one needs a form. ``KEYS``: credentials of its API by name, when one needs a form.
* ``deliver(topic, body, now, secret)``: the Delivery, when ``sign`` alone makes no proof.
* ``WINDOW``: how far in the past and in the future a signed time may lie, when that is not five minutes.
* ``UNKNOWN``: a body on the topic "tea.spilled", when the topic is not the body's ``type``.
"""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import handlers.samples
import handlers.sources
from bot.core.delivery import POLLED, Delivery, Source
from bot.core.shopfront import Shopfront

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests/fixtures"
SAMPLES = Path(handlers.samples.__path__[0])
SECRETS = (
    "whsec_" + base64.b64encode(b"one kettle, two pots, three cups").decode(),
    "whsec_" + base64.b64encode(b"four spoons and five sugar bowls").decode(),
)
_WINDOW = (timedelta(seconds=300), timedelta(seconds=300))

Options = Mapping[str, Any]
Deliver = Callable[[str, bytes, datetime, str], Delivery]


@dataclass(frozen=True)
class Subject:
    """A source with its fixtures: bodies of webhooks and of polls by topic, and its declared conduct."""

    source: Source
    webhooks: Mapping[str, bytes]
    forms: frozenset[str]
    polled: Mapping[str, bytes]
    silent: frozenset[str] = frozenset()
    options: Options = field(default_factory=dict)
    of: Mapping[str, Options] = field(default_factory=dict)
    others: tuple[Options, ...] = ()
    elsewhere: tuple[Options, ...] = ()
    secrets: tuple[str, str] = (SECRETS[0], SECRETS[1])
    keys: Mapping[str, str] = field(default_factory=dict)
    window: tuple[timedelta, timedelta] = _WINDOW
    unknown: bytes = b'{"object": "event", "type": "tea.spilled"}'
    own_deliver: Deliver | None = None

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def secret(self) -> str:
        return self.secrets[0]

    @property
    def every_options(self) -> tuple[Options, ...]:
        """All options under which something may come in."""
        return (self.options, *self.of.values(), *self.others)

    def front(self, topic: str = "", **given: Any) -> Shopfront:
        """The source's place when it hears of this topic."""
        return Shopfront(self.name, "leaf", **{"options": self.of.get(topic, self.options), **given})

    def deliver(self, topic: str, body: bytes, at: datetime = NOW, secret: str = "") -> Delivery:
        """The delivery of a body as the platform would send it at ``at``, received NOW."""
        used = secret or self.secret
        if self.own_deliver:
            return replace(self.own_deliver(topic, body, at, used), received=NOW)
        headers = self.source.sign(topic, body, used, at, self.front(topic))
        return Delivery(self.name, headers, body, NOW)

    def hear(self, topic: str, body: bytes) -> Delivery:
        """The delivery of what a poll heard."""
        return Delivery(self.name, {POLLED: topic}, body, NOW)

    def any_webhook(self) -> tuple[str, bytes]:
        """A topic of the platform and its body."""
        return next(iter(self.webhooks.items()))

    def sent(self, number: int) -> dict[str, bytes]:
        """The samples by topic, filled in as the sending of this number."""
        return {
            _topic(path): handlers.samples.fill(path.read_text("utf-8"), NOW, f"90{number}")
            for path in _bodies(SAMPLES / self.name)
        }


def _bodies(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.json"), *folder.glob("*.form")])


def _topic(path: Path) -> str:
    return path.stem.replace("__", "/")


def _declared(name: str) -> Mapping[str, Any]:
    """What a source's conduct file defines; nothing when there is none."""
    if not (FIXTURES / name / "conduct.py").is_file():
        return {}
    return vars(importlib.import_module(f"tests.fixtures.{name}.conduct"))


def subject(source: Source) -> Subject:
    """A source with all that lies in its folder of fixtures."""
    declared, paths = _declared(source.name), _bodies(FIXTURES / source.name)
    fields = {
        "silent": "SILENT", "options": "FRONT", "of": "OF", "secrets": "SECRETS", "keys": "KEYS", "window": "WINDOW",
        "unknown": "UNKNOWN", "own_deliver": "deliver",
    }  # fmt: skip
    return Subject(
        source,
        {_topic(path): path.read_bytes() for path in paths},
        frozenset(_topic(path) for path in paths if path.suffix == ".form"),
        {_topic(path): path.read_bytes() for path in _bodies(FIXTURES / source.name / "polled")},
        others=tuple(declared.get("OPTIONS", ())),
        elsewhere=tuple(declared.get("ELSEWHERE", ())),
        **{name: declared[given] for name, given in fields.items() if given in declared},
    )


def _found() -> tuple[list[Subject], dict[str, str]]:
    """The sources that are there, and what is wrong with those that cannot be looked at: one of them must not keep the
    others from being tested."""
    found, broken = [], {}
    for module in pkgutil.iter_modules(handlers.sources.__path__):
        if not module.ispkg:
            try:
                found.append(subject(importlib.import_module(f"handlers.sources.{module.name}").SOURCE))
            except Exception as error:  # noqa: BLE001 (whatever it is, a test tells it)
                broken[module.name] = repr(error)
    return found, broken


SUBJECTS, BROKEN = _found()


def loose(body: bytes, form: bool) -> Any:
    """A body as values that can be changed: JSON, or a form's fields by name."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True)) if form else json.loads(body)


def packed(values: Any, form: bool) -> bytes:
    """The body of changed values."""
    return urlencode(values, errors="replace").encode() if form else json.dumps(values).encode()
