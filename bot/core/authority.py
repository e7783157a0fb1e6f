"""Who may do what: one question, asked wherever an act or a question comes in, with all that an answer may need.

An act changes something, a question only shows something. Which of the two a handler is follows from what its function
is annotated to give, and its name in the config from its own name, so there is no list of either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Literal

from bot.core.alerts import Alert
from bot.core.facts import NoFacts
from bot.core.forms import Form
from bot.core.handlers import Action, Command, Reply, ShowDigest, ShowForm, ShowModal
from bot.core.parts import Line, Person, join, say
from bot.core.settings import Grant, Permissions, TwoPeople

Standing = Literal["member", "guest", "outsider", "bot", "gone", "unknown", "unasked"]
"""What somebody is in the workspace: of the house, invited to some of its channels, of another one in a shared channel,
a program, somebody who has left, not known because the bot may not ask, or because Slack did not answer just now."""

Surface = Literal["command", "button", "form", "share", "home"]

ALL, EVERYBODY, UNKNOWN, SHARE = "*", "everybody", "unknown", "share"
_PERSON = re.compile("[UW][A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts, by Slack user id.

    ``groups`` are the user groups, as the config names them, that they are in; ``unasked`` those of which Slack does
    not say who is in them.
    """

    user: str
    standing: Standing = "unknown"
    groups: frozenset[str] = frozenset()
    unasked: frozenset[str] = frozenset()


Who = Callable[[str], Actor]
"""What is known right now of the person of a Slack user id."""


def unheard_of(user: str) -> Actor:
    """What is known of somebody where nobody asked Slack: nothing, so that they may change nothing."""
    return Actor(user)


@dataclass(frozen=True, slots=True)
class Want:
    """What somebody wants: an act or a question by its name, on which alert, and for how long it is to hold.

    What is done to no alert is about a ``subject`` (an id, "" for none) of a ``shop``. What is ``public`` shows nothing
    of the shop.
    """

    name: str
    kind: Literal["act", "question"] = "act"
    alert: Alert | None = None
    span: timedelta | None = None
    public: bool = False
    shop: str = ""
    subject: str = ""


# What handlers are.

Asked = Command | Action | Form
_SHOWS = frozenset((Reply, ShowDigest, ShowModal))


def name_of(handler: Asked) -> str:
    """The name by which the config speaks of it: "take" for the button and for /ops take, "hand_off" for both."""
    verb = handler.verb if isinstance(handler, Command) else ""
    return (verb or handler.name).replace("-", "_")


def is_question(handler: Asked) -> bool:
    """Whether it does nothing but show something, or is about one's own affairs, for which nobody needs leave. What
    says nothing of itself counts as an act."""
    if isinstance(handler, Form):
        return handler.own
    return bool(handler.gives) and handler.gives <= _SHOWS


def is_act(handler: Asked) -> bool:
    """Whether it does something under its own name; what only opens a form is leave to send that form."""
    return not is_question(handler) and (isinstance(handler, Form) or handler.gives != {ShowForm})


def question(handler: Command | Action) -> Want:
    """To be shown what a handler shows. It is public when it looks nothing up; what may act as well has no name as a
    question, so that whoever is granted the act does not keep the question from others."""
    public = isinstance(handler, Command) and handler.facts is NoFacts and handler.gives == {Reply}
    return Want(name_of(handler) if is_question(handler) else "", "question", public=public)


# Who may.

_FOREIGN: Mapping[str, str] = {
    "guest": "You are a guest here",
    "outsider": "You are from another workspace",
    "bot": "You are a program",
    "gone": "You are not a member of this workspace any more",
}
_USELESS: Mapping[str, str] = {
    "guest": "A guest can do nothing with it; name a member.",
    "outsider": "That is nobody of this workspace; name a member.",
    "bot": "A program can do nothing with it; name a member.",
    "gone": "They have left the workspace; name somebody else.",
}
_NOT_ASKED = "Slack does not say who you are just now, so nothing was done. Please try again in a minute."


def authorize(actor: Actor, want: Want, permissions: Permissions) -> Line | None:
    """Why the actor may not have what they want, or None where they may. What is refused names whom to ask.

    Guests, people of other workspaces, programs and whoever has left may do nothing but ask what is public. Where
    Slack does not say who somebody is, or who is in a group, acts are refused.
    """
    if want.public:
        return None
    if actor.standing in _FOREIGN:
        return _foreign(actor, want)
    granted = [grant for grant in permissions.grants if covers(grant, want)]
    if want.kind == "question" and not granted:
        return None
    if actor.standing == "unasked":
        return say(_NOT_ASKED)
    if any(_includes(who, actor) for grant in granted for who in grant.who):
        return None
    return _refused(actor, want, granted)


def useless(actor: Actor) -> str:
    """Why nothing can be given to somebody, who could do nothing with it; "" where it can, or nobody knows."""
    return _USELESS.get(actor.standing, "")


def covers(grant: Grant, want: Want) -> bool:
    """Whether a grant is about what is wanted, for whomever. "*" is every act and no question."""
    named = want.name in grant.may or (ALL in grant.may and want.kind == "act")
    return named and _fits(grant, want.alert)


def _fits(grant: Grant, alert: Alert | None) -> bool:
    limits = (grant.department, grant.rule, grant.at_most)
    if alert is None:
        return limits == (None, None, None)
    return (
        (grant.department is None or grant.department in departments(alert))
        and (grant.rule is None or fnmatchcase(alert.rule, grant.rule))
        and (grant.at_most is None or alert.severity <= grant.at_most)
    )


def departments(alert: Alert) -> frozenset[str]:
    """Whose an alert is: the department that holds it, those with a view of it, and those that hear of it as it is
    overdue."""
    return frozenset((alert.holder.department, *alert.fire.views, *alert.escalated_to))


def _includes(who: str, actor: Actor) -> bool:
    if who == EVERYBODY:
        return actor.standing == "member"
    if who == UNKNOWN:
        return actor.standing == "unknown"
    return who == actor.user or who in actor.groups


def second_within(want: Want, permissions: Permissions) -> timedelta | None:
    """How long a second person has to agree to an act; None where one is enough."""
    return min((rule.within for rule in permissions.two_people if _takes_two(rule, want)), default=None)


def _takes_two(rule: TwoPeople, want: Want) -> bool:
    severe = rule.at_least is None or (want.alert is not None and want.alert.severity >= rule.at_least)
    long = rule.longer_than is None or (want.span is not None and want.span > rule.longer_than)
    return want.kind == "act" and want.name in rule.acts and severe and long


# What is said.


def _foreign(actor: Actor, want: Want) -> Line:
    why = "this changes what everybody goes by" if want.kind == "act" else "this is for the shop's own people"
    return say(f"{_FOREIGN[actor.standing]}, and {why}. Ask a colleague to do it.")


def _refused(actor: Actor, want: Want, granted: Iterable[Grant]) -> Line:
    who = tuple(dict.fromkeys(who for grant in granted for who in grant.who))
    silent = [group for group in who if group in actor.unasked]
    if silent:
        return say(
            f"Slack does not tell me who is in {', '.join(silent)}, so nothing was done. Please try again in a minute, "
            "and ask whoever runs me if it stays so."
        )
    if actor.standing == "unknown":
        return say("I may not ask Slack who is a guest here, so I do this for nobody. Ask whoever runs me.")
    on = say(f" on {want.alert.name}") if want.alert is not None else ()
    whom = say("Those who have: ", join([_named(each) for each in who]), ".") if who else say("Ask whoever runs me.")
    return say(f"You have no permission for {want.name.replace('_', ' ')}", on, ". ", whom)


def _named(who: str) -> Line:
    return say(Person(who)) if _PERSON.fullmatch(who) else say(who)
