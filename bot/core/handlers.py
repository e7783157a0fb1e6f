"""What a handler file declares: a Rule, a Command, an Action or a Section. (A Source is in ``delivery``, a Form in
``forms``.)

The decorators turn a pure function into one of these values; the catalog collects the values by type. The function's
annotations are its contract: a rule's first parameter is its subscription, the second its facts, and keyword-only
parameters with defaults are the settings that the config may change. Its docstring is its documentation for users.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from bot.core.alerts import Alert
from bot.core.events import Event
from bot.core.exceptions import Knob
from bot.core.facts import NoFacts, queries
from bot.core.known import LogLine
from bot.core.message import Block, Message
from bot.core.parts import Line
from bot.core.settings import House
from bot.core.subject import SubjectKind
from bot.core.verdict import Verdict

NO_HOUSE = House({}, {})


@dataclass(frozen=True, slots=True)
class Setting:
    """A keyword-only parameter of a handler: its type and its default."""

    type: type
    default: Any


@dataclass(frozen=True, slots=True)
class Inhibits:
    """Alerts of ``rule`` are not shown while one is open that says more, and that is about the same subject, was told
    by the same source, or is about payments by the same provider."""

    rule: str
    same: Literal["subject", "source", "provider"] = "subject"


@dataclass(frozen=True, slots=True)
class Rule:
    """An alert rule. ``about`` is the kind of subject it decides on; while its alert is open, those that it inhibits
    are not shown."""

    name: str
    about: SubjectKind
    events: tuple[type[Event], ...]
    facts: type[Any]
    settings: Mapping[str, Setting]
    decide: Callable[..., Verdict]
    inhibits: tuple[Inhibits, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """How a command is typed ("/ops alerts [mine]") and what it is for."""

    usage: str
    doc: str


@dataclass(frozen=True, slots=True)
class Request:
    """A slash command as typed: ``text`` is what follows the command (and the verb), ``user`` a Slack user id.

    ``commands``, ``departments`` and ``rules`` are what this installation knows, for help and for hints; ``house`` is
    all that routing knows of it, and ``knobs`` the settings that may be set for a SKU. ``zone`` is that of the one who
    typed, or of the shop, None until the desk knows; ``typed`` is when it came in, which may have been a while ago,
    None for just now.
    """

    text: str
    user: str
    channel: str
    now: datetime
    commands: tuple[Help, ...] = ()
    departments: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    house: House = NO_HOUSE
    knobs: tuple[Knob, ...] = ()
    zone: ZoneInfo | None = None
    typed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A private answer; with ``share`` it carries a button that posts it into the channel."""

    message: Message
    share: bool = False


@dataclass(frozen=True, slots=True)
class ShowDigest:
    """Answers with a department's digest of so many complete days up to yesterday, as it would be written now."""

    department: str
    days: int = 7


@dataclass(frozen=True, slots=True)
class ReleaseParked:
    """Has parked posts tried again: those whose ids begin so, or every one for ""; answers with how many there were."""

    id: str


@dataclass(frozen=True, slots=True)
class EndSilence:
    """Ends the silence of that id early; answers with what it kept quiet."""

    id: int


@dataclass(frozen=True, slots=True)
class EndException:
    """Ends the exception of that id; what it was about is decided on anew."""

    id: int


@dataclass(frozen=True, slots=True)
class StartDrill:
    """Starts an exercise for a department, such as an alert of ``rule`` would be; answers with its name."""

    department: str
    rule: str = ""
    minutes: float = 30.0


@dataclass(frozen=True, slots=True)
class ShowForm:
    """Opens the form of that name: ``about`` an id that comes back with it, its fields filled with what is ``given``.

    ``note`` is told above the fields, ``options`` are those of choices that have none of their own. ``shop`` is filled
    in by who opens it.
    """

    form: str
    about: str = ""
    given: Mapping[str, object] = field(default_factory=dict)
    note: Line = ()
    shop: str = ""
    options: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Press:
    """Does what an alert's button does, at once, as the alert stands now."""

    action: str
    number: int


@dataclass(frozen=True, slots=True)
class SendForm:
    """Sends the form of that name on an alert as it stands now, filled with what is ``given``."""

    form: str
    number: int
    given: Mapping[str, object] = field(default_factory=dict)


Answer = Reply | ShowDigest | ReleaseParked | EndSilence | EndException | StartDrill | ShowForm | Press | SendForm


class Refused(Exception):
    """What was asked cannot be done; the line is told to the one who asked, and only to them."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: ``/stock`` alone, or a verb under ``/ops`` (``name="ops"``, ``verb="alerts"``).

    ``gives`` are the kinds of answers that its function is annotated with.
    """

    name: str
    verb: str
    usage: str
    facts: type[Any]
    settings: Mapping[str, Setting]
    answer: Callable[..., Answer]
    doc: str = ""
    gives: frozenset[type] = frozenset()


@dataclass(frozen=True, slots=True)
class Click:
    """A press of an alert's button by ``person`` (a Slack user id); ``log`` is what happened to the alert so far, and
    ``house`` what there is of shops and departments."""

    person: str
    now: datetime
    log: tuple[LogLine, ...] = ()
    house: House = NO_HOUSE


@dataclass(frozen=True, slots=True)
class Acted:
    """The act changed the alert; ``did`` is written into its log ("taken"), with what there is to be ``said`` of it."""

    alert: Alert
    did: Literal["taken", "snoozed", "resolved", "handed_off", "given_back"]
    said: Line = ()


@dataclass(frozen=True, slots=True)
class ShowModal:
    """The click opens a modal instead of changing anything. Its title is at most 24 characters."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A button of an alert, drawn in the alert's ``states``; ``order`` is its place from the left.

    ``gives`` are the kinds of results that its function is annotated with.
    """

    name: str
    label: str
    order: int
    states: tuple[str, ...]
    style: Literal["", "primary", "danger"]
    settings: Mapping[str, Setting]
    act: Callable[..., Acted | ShowModal | ShowForm]
    doc: str = ""
    gives: frozenset[type] = frozenset()


@dataclass(frozen=True, slots=True)
class Period:
    """The complete period of a digest: [start, end) in aware UTC, and its local days (``YYYY-MM-DD``), oldest first."""

    start: datetime
    end: datetime
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A digest section's contribution: ``headline`` lines (decisions and money) go to the top, ``blocks`` below."""

    blocks: tuple[Block, ...] = ()
    headline: tuple[Line, ...] = ()
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A digest section: in which departments' digests it stands, and in which order."""

    name: str
    departments: tuple[str, ...]
    order: int
    facts: type[Any]
    settings: Mapping[str, Setting]
    write: Callable[..., Entry | None]
    doc: str = ""


Handler = Rule | Command | Action | Section


def rule(*, about: SubjectKind, inhibits: tuple[str | Inhibits, ...] = ()) -> Callable[[Callable[..., Verdict]], Rule]:
    """Declares ``def my_rule(event: StockChanged | ItemSold, facts: Facts, *, setting=default) -> Verdict``.

    A rule that it ``inhibits`` by its name alone is inhibited on the same subject.
    """

    def declare(decide: Callable[..., Verdict]) -> Rule:
        contract = Contract.of(decide)
        return Rule(
            name=decide.__name__,
            about=about,
            events=contract.events(),
            facts=contract.facts(),
            settings=contract.settings,
            decide=decide,
            inhibits=tuple(each if isinstance(each, Inhibits) else Inhibits(each) for each in inhibits),
            doc=contract.doc,
        )

    return declare


def command(name: str, *, verb: str = "", usage: str = "") -> Callable[[Callable[..., Answer]], Command]:
    """Declares ``def stock(request: Request, facts: Facts, *, setting=default) -> Reply``; no slash in ``name``."""

    def declare(answer: Callable[..., Answer]) -> Command:
        contract = Contract.of(answer)
        return Command(name, verb, usage, contract.facts(), contract.settings, answer, contract.doc, contract.gives)

    return declare


def action(
    *, label: str, order: int, states: tuple[str, ...], style: Literal["", "primary", "danger"] = ""
) -> Callable[[Callable[..., Acted | ShowModal | ShowForm]], Action]:
    """Declares ``def take(alert: Alert, click: Click, *, setting=default) -> Acted | ShowModal | ShowForm``."""

    def declare(act: Callable[..., Acted | ShowModal | ShowForm]) -> Action:
        contract = Contract.of(act)
        told = (contract.settings, act, contract.doc, contract.gives)
        return Action(act.__name__, label, order, states, style, *told)

    return declare


def section(*, departments: tuple[str, ...], order: int) -> Callable[[Callable[..., Entry | None]], Section]:
    """Declares ``def stock_risk(period: Period, facts: Facts, *, setting=default) -> Entry | None``."""

    def declare(write: Callable[..., Entry | None]) -> Section:
        contract = Contract.of(write)
        return Section(write.__name__, departments, order, contract.facts(), contract.settings, write, contract.doc)

    return declare


@dataclass(frozen=True, slots=True)
class Contract:
    """What a handler's function says of itself. Raises TypeError, naming the function, where it says too little."""

    name: str
    positional: tuple[Any, ...]
    doc: str
    settings: Mapping[str, Setting] = field(default_factory=dict)
    gives: frozenset[type] = frozenset()

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Contract:
        """Reads a function's annotations, defaults and docstring."""
        hints = get_type_hints(function)
        positional: list[Any] = []
        settings: dict[str, Setting] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                if parameter.default is parameter.empty:
                    raise TypeError(f"setting {name!r} of {function.__name__} has no default")
                settings[name] = Setting(hints[name], parameter.default)
            else:
                positional.append(hints[name])
        doc = inspect.getdoc(function) or ""
        if not doc:
            raise TypeError(f"{function.__name__} has no docstring, which is its documentation for users")
        return cls(function.__name__, tuple(positional), doc, settings, frozenset(_kinds(hints.get("return"))))

    def events(self) -> tuple[type[Event], ...]:
        """The kinds of events that the first parameter is annotated with."""
        kinds = _kinds(self.positional[0])
        if not all(isinstance(kind, type) and issubclass(kind, Event) for kind in kinds):
            raise TypeError(f"the first parameter of {self.name} must be annotated with the events it listens to")
        return kinds

    def facts(self, after: int = 1) -> type[Any]:
        """The facts that the parameter ``after`` so many others is annotated with."""
        if len(self.positional) <= after:
            return NoFacts
        facts = self.positional[after]
        if not isinstance(facts, type):
            raise TypeError(f"the last parameter of {self.name} must be annotated with its facts")
        queries(facts)
        return facts


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The types that an annotation names, one or several."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
