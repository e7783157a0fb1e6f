"""Forms: what a person is asked in a window, and what sending it does.

A form's fields are those of a frozen dataclass whose defaults say what is asked, as the fields of facts say what is
looked up. What was entered is read in ``entries``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.core.alerts import Alert
from bot.core.events import Event
from bot.core.exceptions import RuleException
from bot.core.handlers import NO_HOUSE, Acted, Contract, Setting
from bot.core.parts import Line
from bot.core.preferences import NOBODY, Preferences, Profile
from bot.core.settings import House
from bot.core.silences import Silence

LONGEST = 3000
"""The most characters that a field takes."""

Entered = Mapping[str, str | tuple[str, ...]]
"""What was entered, by field: text as it was typed, a date as ``YYYY-MM-DD``, a moment as seconds since the epoch, a
choice's value, ids. What was left empty is not among it."""


# What a field asks. A label is at most 75 characters, a hint 150.


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What all fields have: a label, a hint below, and whether it may be left empty (then the answer is None)."""

    label: str
    hint: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Asks):
    """Words, in one line or in ``many`` lines; the answer is a str without blanks at its ends."""

    longest: int = 150
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Asks):
    """A number between ``least`` and ``most``, whole unless it may have ``decimals``; an int or a float."""

    least: float | None = None
    most: float | None = None
    decimals: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Asks):
    """A calendar day; a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When(Asks):
    """A day and a time in the zone of whoever enters it; an aware UTC datetime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfDay(Asks):
    """A time of day by the clock of whoever enters it; a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Asks):
    """One of the options, each a value and its label (100 at most); the answer is the value.

    ``of`` says that the house knows them, as with its departments. Without options they come with the ``ShowForm`` that
    opens the form, which then looks at the answer itself.
    """

    options: tuple[tuple[str, str], ...] = ()
    of: Literal["", "departments"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(Asks):
    """Any of the options, each a value and its label (10 at most); a tuple of values, in the order of the options."""

    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class People(Asks):
    """Members, ``most`` at most; a tuple of Slack user ids, empty where none was named."""

    most: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Asks):
    """A channel; its Slack id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skus(Asks):
    """SKUs that the shop knows, separated by commas or lines; a tuple in the shop's spelling, each once."""


def asked(field: Asks) -> Any:
    """What a field asks, as the default of a field of the answers: ``name: str = asked(Text(label="Name"))``."""
    return field


def fields_of(answers: type[Any]) -> dict[str, Asks]:
    """The fields of a dataclass of answers, in their order. Raises TypeError for one that asks nothing."""
    if not dataclasses.is_dataclass(answers):
        raise TypeError(f"{answers!r} is no dataclass of answers")
    found: dict[str, Asks] = {}
    for spec in dataclasses.fields(answers):
        if not isinstance(spec.default, Asks):
            raise TypeError(f"field {spec.name!r} of {answers.__qualname__} does not say what it asks")
        found[spec.name] = spec.default
    return found


# The handler.


@dataclass(frozen=True, slots=True)
class Sent:
    """Who sent a form, when, for which shop, and what it is ``about``: the id that it was opened with, "" for none.

    ``alert`` is the alert that it is about, for forms that are on one; ``rules`` are the names of those there are, and
    ``house`` what there is of shops and departments. ``by`` is what Slack says of whoever sent it.
    """

    person: str
    now: datetime
    shop: str
    about: str = ""
    alert: Alert | None = None
    rules: tuple[str, ...] = ()
    house: House = NO_HOUSE
    by: Profile = NOBODY

    @property
    def on(self) -> Alert:
        """The alert of a form that is on one. Raises ValueError for other forms."""
        if self.alert is None:
            raise ValueError("this form is on no alert")
        return self.alert


@dataclass(frozen=True, slots=True)
class Submission:
    """A form as it was sent: its name, by whom (a Slack id), when, for which shop, what it is about, and what was
    entered; ``by`` is what Slack says of that person."""

    form: str
    person: str
    at: datetime
    shop: str
    about: str
    entered: Entered
    by: Profile = NOBODY


@dataclass(frozen=True, slots=True)
class Saved:
    """What a form did: events that are recorded and decided on like a platform's, and a line for whoever sent it."""

    events: tuple[Event, ...] = ()
    told: Line = ()


@dataclass(frozen=True, slots=True)
class Silenced:
    """Silences to lay, none of which has an id yet; whoever sent the form is told of each."""

    silences: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class Excepted:
    """Exceptions to set, none of which has an id yet. What does not fit their rule is told beside ``field``."""

    exceptions: tuple[RuleException, ...]
    field: str


@dataclass(frozen=True, slots=True)
class Preferred:
    """What whoever sent the form wants of the bot from now on."""

    preferences: Preferences
    told: Line = ()


Did = Saved | Acted | Silenced | Excepted | Preferred
"""What sending a form does."""


class Wrong(Exception):
    """What was entered cannot be: a line for each field that is wrong."""

    def __init__(self, problems: Mapping[str, Line]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Form:
    """A form by its name: its title and its button (24 characters at most), its fields, and what sending it does.

    One ``on_alert`` is opened about an alert's turn, and changes nothing on a later one or outside of ``states``. One
    of a member's ``own`` affairs changes nothing for others, so that nobody needs permission for it. ``gives`` are the
    kinds of what its function is annotated to do.
    """

    name: str
    title: str
    submit: str
    answers: type[Any]
    fields: Mapping[str, Asks]
    facts: type[Any]
    settings: Mapping[str, Setting]
    send: Callable[..., Did]
    on_alert: bool = False
    states: tuple[str, ...] = ()
    doc: str = ""
    own: bool = False
    gives: frozenset[type] = frozenset()


_PARAMETERS = 3


def form(
    *, title: str, submit: str = "Save", on_alert: bool = False, states: tuple[str, ...] = (), own: bool = False
) -> Callable[[Callable[..., Did]], Form]:
    """Declares ``def campaign(answers: Plan, sent: Sent, facts: Facts, *, setting=default) -> Saved``, or another Did.

    It is called twice for one sending, when it is checked and when it is carried out, so it decides and does nothing.
    It raises Wrong for what only shows when fields are looked at together.
    """

    def declare(send: Callable[..., Did]) -> Form:
        contract = Contract.of(send)
        if len(contract.positional) != _PARAMETERS:
            raise TypeError(f"the form {send.__name__} must take its answers, who sent it, and facts (or NoFacts)")
        answers = contract.positional[0]
        return Form(
            send.__name__,
            title,
            submit,
            answers,
            fields_of(answers),
            contract.facts(after=2),
            contract.settings,
            send,
            on_alert,
            states,
            contract.doc,
            own,
            contract.gives,
        )

    return declare


def furnished(form: Form, house: House) -> Form:
    """The form with the options that only the house knows."""
    known = {"departments": tuple((name, name.capitalize()) for name in house.departments)}
    fields = {
        name: dataclasses.replace(field, options=known[field.of]) if isinstance(field, Choice) and field.of else field
        for name, field in form.fields.items()
    }
    return dataclasses.replace(form, fields=fields)
