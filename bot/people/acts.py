"""What people do to alerts and by forms: whatever the surface, an act goes through ``press`` or ``carry_out``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.board import Board
from bot.catalog import Catalog
from bot.clock import Clock
from bot.core import authority, compose
from bot.core.agreement import Entered, Pressed
from bot.core.alerts import Alert, standing
from bot.core.audit import Stopped
from bot.core.authority import Want, name_of
from bot.core.entries import read, shown
from bot.core.events import Event
from bot.core.forms import Did, Excepted, Form, Preferred, Sent, Silenced, Submission, Wrong
from bot.core.handlers import Acted, Click, Press, Refused, Request, SendForm, ShowForm, ShowModal
from bot.core.message import button_value, read_button_value
from bot.core.parts import Line, Moment, Person, ShopText, join, say
from bot.core.settings import House, Shop
from bot.core.subject import Subject
from bot.people.agreement import Agreement, By
from bot.people.asides import Asides
from bot.people.guard import Guard
from bot.store import alerts, lanes, preferences
from bot.store.answers.stock import spelt
from bot.store.engine import Connection, Store, StoreDown
from bot.store.facts import Question, load


@dataclass(frozen=True, slots=True)
class Act:
    """What a click or a form did: whether anything changed, what only the one who acted is told, and what to open."""

    changed: bool = False
    told: Line | None = None
    modal: ShowModal | ShowForm | None = None


@dataclass(frozen=True, slots=True)
class _Lasts:
    """For how long something is to hold, None where nobody chose, and why that is longer than it says itself."""

    span: timedelta | None = None
    why: Line = ()


_WINDOW = Want("details", "question")

Hear = Callable[[Connection, Shop, tuple[Event, ...]], None]
"""hear(connection, shop, events) records what people told and decides on it, within the write transaction."""


@dataclass(frozen=True)
class Acts:
    """Acts for people, when they may and it still can be done. Raises StoreDown when the store is away."""

    store: Store
    catalog: Catalog
    house: House
    board: Board
    clock: Clock
    guard: Guard
    agreement: Agreement
    asides: Asides
    hear: Hear
    settings: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def press(self, connection: Connection, action: str, number: int, by: By, turn: int | None = None) -> Act:
        """A press within the caller's transaction; without a turn the alert is meant as it stands now."""
        alert = alerts.by_number(connection, number)
        wanted = self.catalog.actions.get(action)
        if alert is None or wanted is None:
            return Act(told=say("This alert or button no longer exists."))
        now = self.clock.now()
        click = Click(by.person, now, alerts.logged(connection, number), self.house)
        did = wanted.act(alert, click, **self.settings.get(("action", action), {}))
        if isinstance(did, ShowModal):
            why = self.guard.refusal(by.person, authority.question(wanted))
            return Act(told=why) if why else Act(modal=did)
        want = Want(did.form if isinstance(did, ShowForm) else name_of(wanted), alert=alert)
        if why := self.guard.refusal(by.person, want):
            self.guard.note(connection, by, want, "refused", why)
            return Act(told=why)
        if turn not in (None, alert.turn) or alert.state not in wanted.states:
            self.guard.note(connection, by, want, "stale", standing(alert))
            return Act(told=say("Nothing changed: ", standing(alert), "."))
        if isinstance(did, ShowForm):
            return Act(modal=replace(did, about=button_value(number, alert.turn), shop=alert.shop))
        if waits := self.agreement.waits(connection, want, by, Pressed(action, number, alert.turn)):
            return Act(told=waits)
        self.guard.note(connection, by, want, "done", agreed(by))
        return self._acted(connection, did, by.person, say("pressed ", wanted.label, _with(by)), now)

    def _acted(self, connection: Connection, did: Acted, person: str, how: Line, now: datetime) -> Act:
        reason = say(how, ": ", did.said) if did.said else how
        alerts.save(connection, did.alert, did.did, person, reason, now, now)
        self.board.show(connection, did.alert, did.did)
        self.board.hasten(connection, did.alert)
        return Act(changed=True)

    def window(self, number: int, person: str) -> ShowModal:
        """What stands of an alert and all that can be done now, for the shortcut on its message. Raises Refused."""
        self.guard.admit(person, _WINDOW)
        with self.store.read() as connection:
            alert = alerts.by_number(connection, number)
        if alert is None:
            raise Refused(say("This alert no longer exists."))
        return ShowModal(alert.name, compose.window(alert, self.catalog.actions.values()))

    # Forms.

    def check(self, submission: Submission) -> Mapping[str, Line]:
        """What is wrong with a form as it was sent, by field; nothing is changed. Raises Refused."""
        with self.guard.noting(submission.person, "form"), self.store.read() as connection:
            try:
                self._sent(connection, self._form(submission), submission)
            except Wrong as wrong:
                return wrong.problems
        return {}

    def submit(self, submission: Submission) -> Act:
        """Carries a form out, in one transaction. Sent twice it changes nothing the second time. Raises Refused."""
        with self.guard.noting(submission.person, "form"), self.store.write() as connection:
            return self.carry_out(connection, submission, By(submission.person, "form"))

    def carry_out(self, connection: Connection, submission: Submission, by: By) -> Act:
        """Carries a form out within the caller's transaction, or has it wait for a second person. Raises Refused."""
        form = self._form(submission)
        shop = self.house.shops[submission.shop]
        # What is told of a shop is recorded one after another, by whichever replica.
        if not lanes.hold(connection, shop.name):
            raise StoreDown("another replica works on this shop", again=True)
        try:
            did = self._sent(connection, form, submission)
        except Wrong as wrong:
            said = join([say(form.fields[name].label, ": ", line) for name, line in wrong.problems.items()], " ")
            return Act(told=say("Nothing was saved. ", said))
        lasts = self._lasts(connection, did)
        want = replace(self._want(connection, form, submission), span=lasts.span)
        detail = self._says(connection, did)
        if waits := self.agreement.waits(connection, want, by, Entered(submission), detail):
            return Act(told=say(waits, lasts.why))
        key = "/".join((form.name, submission.about, submission.person, submission.at.isoformat()))
        done = join([line for line in (detail, agreed(by)) if line], "; ")
        self.guard.note(connection, by, want, "done", done, key)
        match did:
            case Acted():
                how = say(f"sent {form.title}", _with(by))
                return self._acted(connection, did, submission.person, how, submission.at)
            case Silenced() | Excepted():
                return Act(changed=True, told=self.asides.lay(connection, did))
            case Preferred(wishes, told):
                preferences.put(connection, submission.person, wishes, submission.at)
                return Act(changed=True, told=told)
            case _:
                self.hear(connection, shop, did.events)
                return Act(changed=True, told=did.told or None)

    def _lasts(self, connection: Connection, did: Did) -> _Lasts:
        """For how long the longest of the silences is to hold, with what its author kept quiet right before it, so that
        many short ones are not less than a long one; what else a form does has no end of its own."""
        if not isinstance(did, Silenced):
            return _Lasts()
        found = [(each, self.asides.hush.since(connection, each)) for each in did.silences]
        silence, since = max(found, key=lambda pair: pair[0].until - pair[1])
        counted = say(" It counts together with what you have silenced of it since ", Moment(since), ".")
        return _Lasts(silence.until - since, counted if since < silence.created else ())

    def _says(self, connection: Connection, did: Did) -> Line:
        """What exactly a form does: for whoever must agree to it, and for the audit trail."""
        match did:
            case Acted():
                return did.said
            case Silenced() | Excepted():
                return self.asides.says(connection, did)
            case _:
                return did.told

    def _want(self, connection: Connection, form: Form, submission: Submission) -> Want:
        """What a form is sent for: it is on an alert as that stands now, or about some id."""
        alert = about_alert(connection, submission.about) if form.on_alert else None
        return sending(form, alert, submission.shop, submission.about)

    def _form(self, submission: Submission) -> Form:
        form = self.catalog.forms.get(submission.form)
        if form is None or submission.shop not in self.house.shops:
            raise Refused(say("This form is not there any more: I am another version by now, or it is switched off."))
        return form

    def _sent(self, connection: Connection, form: Form, submission: Submission) -> Did:
        """What sending the form would do. Raises Wrong, and Refused when its alert has moved on."""
        shop = self.house.shops[submission.shop]
        want = self._want(connection, form, submission)
        self.guard.admit(submission.person, want)
        if form.on_alert:
            _same_turn(form, want, submission.about)
        spell = partial(spelt, connection, shop.name)
        answers = read(form, submission.entered, spell, lambda person: authority.useless(self.guard.who(person)))
        rules = tuple(self.catalog.rules)
        about, by = submission.about, submission.by
        sent = Sent(submission.person, submission.at, shop.name, about, want.alert, rules, self.house, by)
        question = Question(shop=shop, subject=Subject("text", submission.about), now=self.clock.now())
        facts = load(connection, form.facts, question)
        did: Did = form.send(answers, sent, facts, **self.settings.get(("form", form.name), {}))
        if isinstance(did, Excepted) and (why := self.asides.thresholds.misfit(did.exceptions)):
            raise Wrong({did.field: say(ShopText(why), ".")})
        return did

    def opened(self, opened: ShowForm, shop: Shop) -> ShowForm:
        """Raises Refused for a form on an alert that it does not fit any more."""
        form = self.catalog.forms.get(opened.form)
        if form is not None and form.on_alert:
            with self.store.read() as connection:
                _same_turn(form, Want(form.name, alert=about_alert(connection, opened.about)), opened.about)
        return replace(opened, shop=opened.shop or shop.name)

    # Typed.

    def typed(self, wanted: Press | SendForm, request: Request) -> Act:
        """Does what was typed to an alert as it stands, and tells how it stands then. Raises Refused.

        What people have done to it since it was typed is left as it is, which may be this very thing: an answer that
        was cut short is made again.
        """
        with self.store.write() as connection:
            alert = alerts.by_number(connection, wanted.number)
            name = wanted.form if isinstance(wanted, SendForm) else wanted.action
            want, by = Want(name, alert=alert), By(request.user, "command")
            self.guard.admit(request.user, want)
            if alert is not None and self._touched(connection, wanted.number, request.typed):
                self.guard.note(connection, by, want, "stale", standing(alert))
                return Act(told=say("Nothing changed: ", standing(alert), "."))
            if isinstance(wanted, Press):
                act = self.press(connection, wanted.action, wanted.number, by)
            else:
                act = self.carry_out(connection, self._filled_in(connection, wanted, request), by)
            after = alerts.by_number(connection, wanted.number) if act.changed else None
            return replace(act, told=say(standing(after), ".")) if after is not None else act

    def _touched(self, connection: Connection, number: int, since: datetime | None) -> bool:
        """Whether people have acted on the alert from a moment on."""
        return since is not None and any(each.actor and each.at >= since for each in alerts.logged(connection, number))

    def _filled_in(self, connection: Connection, wanted: SendForm, request: Request) -> Submission:
        """The form as if its window had been filled in and sent just now."""
        alert, form = alerts.by_number(connection, wanted.number), self.catalog.forms.get(wanted.form)
        if alert is None or form is None:
            raise Refused(say("This alert or form no longer exists."))
        fields = ((name, shown(form.fields[name], value)) for name, value in wanted.given.items())
        entered = {name: value for name, value in fields if isinstance(value, str | tuple)}
        about = button_value(alert.number, alert.turn)
        return Submission(wanted.form, request.user, request.now, alert.shop, about, entered)


def sending(form: Form, alert: Alert | None, shop: str, about: str) -> Want:
    """What sending a form asks leave for: nobody needs any for their own affairs."""
    subject = "" if form.on_alert else about
    return Want(form.name, "question" if form.own else "act", alert, shop=shop, subject=subject)


def agreed(by: By) -> Line:
    """Who agreed to an act, where it took two."""
    return say(Person(by.second), " agreed") if by.second else ()


def _with(by: By) -> Line:
    return say(", and ", agreed(by)) if by.second else ()


def about_alert(connection: Connection, about: str) -> Alert | None:
    """The alert that a form is about, however it has moved on; None when it is no more."""
    return alerts.by_number(connection, read_button_value(about)[0])


def _same_turn(form: Form, want: Want, about: str) -> None:
    alert = want.alert
    if alert is None:
        raise Stopped(want, "stale", say("This alert no longer exists."))
    if read_button_value(about)[1] != alert.turn or alert.state not in form.states:
        raise Stopped(want, "stale", say("Nothing changed: ", standing(alert), "."))
