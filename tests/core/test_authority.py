"""Who may do what, read as sentences; and that nobody whom nothing was granted is ever let through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.alerts import Alert, Holder, handed_off
from bot.core.authority import (
    Actor,
    Standing,
    Want,
    authorize,
    is_act,
    is_question,
    name_of,
    question,
    second_within,
    unheard_of,
)
from bot.core.facts import NoFacts
from bot.core.handlers import Acted, Click, Reply, Request, ShowForm, action, command
from bot.core.message import Message
from bot.core.settings import Grant, Permissions, TwoPeople
from bot.core.verdict import Severity
from handlers.actions import details, take
from handlers.commands import campaign as campaign_command
from handlers.commands import digest, help, parked, stock
from handlers.forms import campaign as campaign_form
from tests.core.samples import NOW, opened
from tests.handlers.shelves import words

DAY = timedelta(days=1)
ANNA, BEN = Actor("U0ANNA", "member", frozenset({"@warehouse-team"})), Actor("U0BEN", "member")
HIGH, CRITICAL = opened(Severity.HIGH), opened(Severity.CRITICAL)
AT_FINANCE = handed_off(HIGH, Holder("finance"), NOW)
UNASKED = replace(BEN, unasked=frozenset({"@warehouse-team"}))

# An alert is held by the warehouse and seen by marketing.
MAY: dict[str, tuple[Actor, Want, tuple[Grant, ...], bool]] = {
    "nobody may act where nothing is granted": (ANNA, Want("take", alert=HIGH), (), False),
    "everybody may what everybody is granted": (BEN, Want("take", alert=HIGH), (Grant(("everybody",), ("take",)),), True),
    "who may take may not resolve": (BEN, Want("resolve", alert=HIGH), (Grant(("everybody",), ("take",)),), False),
    "a star is every act": (BEN, Want("drill"), (Grant(("everybody",), ("*",)),), True),
    "a named member may": (BEN, Want("drill"), (Grant(("U0BEN",), ("drill",)),), True),
    "another member may not": (ANNA, Want("drill"), (Grant(("U0BEN",), ("drill",)),), False),
    "who is in the group may": (ANNA, Want("drill"), (Grant(("@warehouse-team",), ("drill",)),), True),
    "who is not in the group may not": (BEN, Want("drill"), (Grant(("@warehouse-team",), ("drill",)),), False),
    "who is in a group that cannot be asked may not": (UNASKED, Want("drill"), (Grant(("@warehouse-team",), ("drill",)),), False),
    "the department that holds it": (BEN, Want("take", alert=AT_FINANCE), (Grant(("everybody",), ("take",), department="finance"),), True),
    "a department that sees it": (BEN, Want("take", alert=HIGH), (Grant(("everybody",), ("take",), department="marketing"),), True),
    "a department that has heard of it because it is overdue": (BEN, Want("take", alert=replace(HIGH, escalated_to=("operations",))), (Grant(("everybody",), ("take",), department="operations"),), True),
    "a department that does not": (BEN, Want("take", alert=HIGH), (Grant(("everybody",), ("take",), department="finance"),), False),
    "a rule that matches": (BEN, Want("take", alert=HIGH), (Grant(("everybody",), ("take",), rule="low_*"),), True),
    "a rule that does not": (BEN, Want("take", alert=HIGH), (Grant(("everybody",), ("take",), rule="dispute_*"),), False),
    "severe, but not too severe": (BEN, Want("take", alert=HIGH), (Grant(("everybody",), ("take",), at_most=Severity.HIGH),), True),
    "too severe": (BEN, Want("take", alert=CRITICAL), (Grant(("everybody",), ("take",), at_most=Severity.HIGH),), False),
    "a limit to alerts is none for what is done to no alert": (BEN, Want("silence"), (Grant(("everybody",), ("*",), department="finance"),), False),
    "one of two grants is enough": (ANNA, Want("drill"), (Grant(("U0BEN",), ("drill",)), Grant(("@warehouse-team",), ("*",))), True),
    "a member may ask": (BEN, Want("stock", "question"), (), True),
    "a question that is granted is nobody else's": (BEN, Want("stock", "question"), (Grant(("U0ANNA",), ("stock",)),), False),
    "a question that is granted is theirs": (ANNA, Want("stock", "question"), (Grant(("U0ANNA",), ("stock",)),), True),
    "a star keeps no question from others": (BEN, Want("stock", "question"), (Grant(("U0ANNA",), ("*",)),), True),
    "of whom nothing is known may ask": (Actor("U1"), Want("stock", "question"), (), True),
    "of whom Slack said nothing just now may ask": (Actor("U1", "unasked"), Want("stock", "question"), (), True),
    "but not what only some may": (Actor("U1", "unasked"), Want("stock", "question"), (Grant(("U1",), ("stock",)),), False),
    "of whom nothing is known is not everybody": (Actor("U1"), Want("take", alert=HIGH), (Grant(("everybody",), ("*",)),), False),
    "of whom nothing is known may what is granted to such": (Actor("U1"), Want("take", alert=HIGH), (Grant(("unknown",), ("*",)),), True),
    "of whom nothing is known may what is granted by name": (Actor("U1"), Want("take", alert=HIGH), (Grant(("U1",), ("*",)),), True),
    "a member is not unknown": (BEN, Want("take", alert=HIGH), (Grant(("unknown",), ("*",)),), False),
    "of whom Slack said nothing just now may not act, be it by name": (Actor("U1", "unasked"), Want("take", alert=HIGH), (Grant(("U1", "everybody", "unknown"), ("*",)),), False),
}  # fmt: skip


@pytest.mark.parametrize(("actor", "want", "grants", "may"), MAY.values(), ids=MAY)
def test_who_may(actor: Actor, want: Want, grants: tuple[Grant, ...], may: bool) -> None:
    assert (authorize(actor, want, Permissions(grants)) is None) == may


FOREIGN: tuple[Standing, ...] = ("guest", "outsider", "bot", "gone")
EVERYTHING = Permissions((Grant(("U1", "everybody", "unknown", "@team"), ("*", "stock")),))


@pytest.mark.parametrize("standing", FOREIGN)
def test_who_is_not_of_the_house_may_nothing_but_what_is_public_whatever_is_granted(standing: Standing) -> None:
    actor = Actor("U1", standing, frozenset({"@team"}))
    for want in (Want("take", alert=HIGH), Want("drill"), Want("stock", "question")):
        assert authorize(actor, want, EVERYTHING) is not None
    assert authorize(actor, Want("help", "question", public=True), EVERYTHING) is None


def test_of_whom_nobody_has_heard_may_not_act() -> None:
    assert (
        authorize(unheard_of("U1"), Want("take", alert=HIGH), Permissions((Grant(("everybody",), ("*",)),))) is not None
    )


TOLD: list[tuple[Actor, Want, tuple[Grant, ...], str]] = [
    (BEN, Want("hand_off", alert=HIGH), (), "You have no permission for hand off on A-1042. Ask whoever runs me."),
    (BEN, Want("drill"), (Grant(("@warehouse-team", "U0ANNA"), ("drill",)), Grant(("U0ANNA",), ("*",))), "You have no permission for drill. Those who have: @warehouse-team, @U0ANNA."),
    (Actor("U1", "guest"), Want("drill"), (), "You are a guest here, and this changes what everybody goes by. Ask a colleague to do it."),
    (Actor("U1", "outsider"), Want("stock", "question"), (), "You are from another workspace, and this is for the shop's own people. Ask a colleague to do it."),
    (Actor("U1"), Want("drill"), (Grant(("everybody",), ("*",)),), "I may not ask Slack who is a guest here, so I do this for nobody. Ask whoever runs me."),
    (Actor("U1", "unasked"), Want("drill"), (), "Slack does not say who you are just now, so nothing was done. Please try again in a minute."),
    (UNASKED, Want("drill"), (Grant(("@warehouse-team",), ("*",)),), "Slack does not tell me who is in @warehouse-team, so nothing was done. Please try again in a minute, and ask whoever runs me if it stays so."),
]  # fmt: skip


@pytest.mark.parametrize(("actor", "want", "grants", "told"), TOLD)
def test_a_refusal_says_why_and_whom_to_ask(actor: Actor, want: Want, grants: tuple[Grant, ...], told: str) -> None:
    refused = authorize(actor, want, Permissions(grants))
    assert refused is not None and words(refused) == told


# Any config, anybody, any act.

NAMES = ("take", "resolve", "silence")
WHO = ("everybody", "unknown", "U1", "U2", "@a", "@b")
STANDINGS: tuple[Standing, ...] = ("member", "unknown", "unasked", *FOREIGN)
grants = st.builds(
    Grant,
    who=st.lists(st.sampled_from(WHO), min_size=1, max_size=3).map(tuple),
    may=st.lists(st.sampled_from((*NAMES, "*")), min_size=1, max_size=2).map(tuple),
    department=st.sampled_from((None, "warehouse", "finance")),
    rule=st.sampled_from((None, "low_*", "dispute_*")),
    at_most=st.sampled_from((None, *Severity)),
)
groups = st.frozensets(st.sampled_from(("@a", "@b")))
actors = st.builds(Actor, st.sampled_from(("U1", "U2")), st.sampled_from(STANDINGS), groups, groups)
wants = st.builds(Want, st.sampled_from(NAMES), alert=st.sampled_from((None, HIGH, CRITICAL, AT_FINANCE)))


def said_plainly(actor: Actor, want: Want, grant: Grant) -> bool:
    """Whether a grant lets somebody through, written down once more and longer."""
    names = {
        "member": {actor.user, "everybody", *actor.groups},
        "unknown": {actor.user, "unknown", *actor.groups},
    }.get(actor.standing, set())
    limited = grant.department is not None or grant.rule is not None or grant.at_most is not None
    alert = want.alert
    fits = not limited
    if alert is not None:
        seen = {alert.holder.department, *alert.fire.views, *alert.escalated_to}
        fits = grant.department in (None, *seen)
        fits = fits and (grant.rule is None or alert.rule.startswith(grant.rule[:-1]))
        fits = fits and (grant.at_most is None or int(alert.severity) <= int(grant.at_most))
    return bool(names & set(grant.who)) and bool({want.name, "*"} & set(grant.may)) and fits


@given(st.lists(grants, max_size=4).map(tuple), actors, wants)
def test_an_act_is_let_through_exactly_where_a_grant_says_so(
    grants: tuple[Grant, ...], actor: Actor, want: Want
) -> None:
    refused = authorize(actor, want, Permissions(grants))
    assert (refused is None) == any(said_plainly(actor, want, grant) for grant in grants)
    assert refused is None or words(refused)


# Acts and questions, by what a handler gives.


def test_handlers_are_acts_or_questions_by_what_they_give() -> None:
    acts = (take.take, campaign_command.campaign, parked.parked, campaign_form.campaign)
    questions = (details.details, stock.stock, digest.digest, help.help)
    assert [is_question(each) for each in (*acts, *questions)] == [False] * 4 + [True] * 4


def test_a_button_a_command_and_a_form_that_are_named_alike_are_one_permission() -> None:
    @command("ops", verb="hand-off")
    def by_word(request: Request) -> ShowForm:
        """Opens it."""
        return ShowForm("hand_off")

    @action(label="Hand off", order=3, states=())
    def hand_off(alert: Alert, click: Click) -> Acted | ShowForm:
        """Opens it."""
        return ShowForm("hand_off")

    assert name_of(by_word) == name_of(hand_off) == "hand_off" and name_of(stock.stock) == "stock"
    assert [is_act(each) for each in (by_word, hand_off, campaign_form.campaign, stock.stock)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_ones_own_affairs_are_nothing_that_needs_leave() -> None:
    assert is_question(replace(campaign_form.campaign, own=True))


def test_only_what_looks_nothing_up_is_public() -> None:
    assert [question(each).public for each in (help.help, stock.stock, digest.digest, details.details)] == [
        True, False, False, False,
    ]  # fmt: skip


def test_whoever_is_granted_an_act_keeps_no_question_from_others_that_is_asked_with_it() -> None:
    assert question(parked.parked).name == "" and question(stock.stock).name == "stock"


def test_what_says_nothing_of_itself_counts_as_an_act() -> None:
    @command("ops", verb="x")
    def x(request: Request, facts: NoFacts):  # type: ignore[no-untyped-def]
        """Answers."""
        return Reply(Message((), ()))

    assert not is_question(x) and not is_question(replace(x, gives=frozenset()))


# Two people.

TWO = Permissions(
    two_people=(
        TwoPeople(("resolve",), at_least=Severity.CRITICAL),
        TwoPeople(("silence", "resolve"), longer_than=DAY, within=timedelta(minutes=10)),
        TwoPeople(("parked",), within=timedelta(minutes=5)),
    )
)
AGREE: dict[str, tuple[Want, timedelta | None]] = {
    "severe enough": (Want("resolve", alert=CRITICAL), timedelta(hours=1)),
    "not severe enough": (Want("resolve", alert=HIGH), None),
    "severe, and done to no alert": (Want("resolve"), None),
    "long": (Want("silence", span=2 * DAY), timedelta(minutes=10)),
    "not longer": (Want("silence", span=DAY), None),
    "always": (Want("parked"), timedelta(minutes=5)),
    "the shorter of two": (Want("resolve", alert=CRITICAL, span=2 * DAY), timedelta(minutes=10)),
    "nothing that is named": (Want("take", alert=CRITICAL), None),
    "a question": (Want("parked", "question"), None),
}


@pytest.mark.parametrize(("want", "within"), AGREE.values(), ids=AGREE)
def test_on_what_two_must_agree(want: Want, within: timedelta | None) -> None:
    assert second_within(want, TWO) == within


def test_every_group_is_named_once_for_slack() -> None:
    named = Permissions((Grant(("@a", "U1", "everybody"), ("*",)), Grant(("S0B", "@a", "unknown"), ("*",))))
    assert named.groups() == ("@a", "S0B")
