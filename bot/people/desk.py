"""What people ask and do: buttons, forms, slash commands and the App Home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.board import Board
from bot.catalog import Catalog, command_label
from bot.clock import Clock
from bot.core import authority, schedule
from bot.core.agreement import AGREE, Commanded, Entered, Pending, Pressed, want_of
from bot.core.authority import SHARE, Want, Who, is_question, name_of, unheard_of
from bot.core.facts import AlertsOpen, ask
from bot.core.forms import Submission
from bot.core.handlers import (
    Answer,
    Command,
    EndException,
    EndSilence,
    Help,
    Press,
    Refused,
    ReleaseParked,
    Reply,
    Request,
    SendForm,
    ShowDigest,
    ShowForm,
    ShowModal,
    StartDrill,
)
from bot.core.home import Visit, departments_of, home
from bot.core.known import AlertLine
from bot.core.message import Message, Paragraph
from bot.core.parts import Line, Person, say
from bot.core.preferences import addressed, people
from bot.core.schedule import Slot
from bot.core.settings import House, Shop
from bot.core.subject import Subject
from bot.people.acts import Act, Acts, Hear, about_alert, agreed, sending
from bot.people.agreement import Agreement, By
from bot.people.asides import Aside, Asides
from bot.people.guard import Guard
from bot.rounds.digests import Digests
from bot.store import agreement as waiting
from bot.store import alerts, destinations, preferences
from bot.store.engine import Connection, Store
from bot.store.facts import Question, load


@dataclass(frozen=True, slots=True)
class _Asking:
    """A command with what was typed, and the shop that is meant."""

    command: Command
    shop: Shop
    request: Request


_HOME = Want("home", "question")


@dataclass(frozen=True)
class _Open:
    alerts: tuple[AlertLine, ...] = ask(AlertsOpen())


@dataclass(frozen=True)
class Desk:
    """Answers people. Methods block; the edge calls them in a thread. They raise StoreDown when the store is away."""

    store: Store
    catalog: Catalog
    house: House
    board: Board
    clock: Clock
    settings: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    hear: Hear = field(kw_only=True)
    digests: Digests = field(kw_only=True)
    asides: Asides = field(kw_only=True)
    who: Who = field(default=unheard_of, kw_only=True)

    @property
    def agreement(self) -> Agreement:
        """What waits for a second person."""
        return Agreement(self.store, self.house, self.clock)

    @property
    def guard(self) -> Guard:
        """Whom it asks whether somebody may."""
        return Guard(self.store, self.house.permissions, self.clock, self.who)

    @property
    def acts(self) -> Acts:
        """Who does what people want done."""
        known = self.store, self.catalog, self.house, self.board, self.clock
        return Acts(*known, self.guard, self.agreement, self.asides, self.hear, self.settings)

    # Acts.

    def act(self, action: str, number: int, turn: int, person: str) -> Act:
        """A press of an alert's button. A press on an older turn changes nothing and is told what is true now."""
        if action == AGREE:
            return self._agree(number, person)
        with self.store.write() as connection:
            return self.acts.press(connection, action, number, By(person, "button"), turn)

    def window(self, number: int, person: str) -> ShowModal:
        """What stands of an alert and all that can be done now, for the shortcut on its message. Raises Refused."""
        return self.acts.window(number, person)

    def check(self, submission: Submission) -> Mapping[str, Line]:
        """What is wrong with a form as it was sent, by field; nothing is changed. Raises Refused."""
        return self.acts.check(submission)

    def submit(self, submission: Submission) -> Act:
        """Carries a form out, in one transaction. Sent twice it changes nothing the second time. Raises Refused."""
        return self.acts.submit(submission)

    # Questions.

    def answer(self, name: str, verb: str, request: Request) -> Reply | ShowForm | Act:
        """The private answer to a slash command, the form that it opens, or what it did. Raises Refused with a line for
        the one who typed it."""
        with self.guard.noting(request.user, "command"):
            return self._asked(name, verb, request)

    def _asked(self, name: str, verb: str, request: Request) -> Reply | ShowForm | Act:
        asked = self._command(name, verb)
        answer, shop = self._given(asked, request)
        if (act := self._act(asked, answer, shop)) is not None:
            self.guard.admit(request.user, act)
        return self._answered(answer, _Asking(asked, shop, request), act)

    def _command(self, name: str, verb: str) -> Command:
        asked = self.catalog.commands.get((name, verb))
        if asked is None:
            raise Refused(say(f"There is no /{name} {verb}. /ops help lists what there is."))
        return asked

    def _given(self, asked: Command, request: Request) -> tuple[Answer, Shop]:
        """What a command gives, of which nothing is done yet, and the shop that is meant."""
        shop, text = self._shop_of(request.text)
        filled = replace(self._filled(request, text), zone=request.zone or shop.zone)
        question = Question(
            shop=shop,
            subject=Subject("text", text),
            now=request.now,
            text=text,
            user=request.user,
            anywhere=text == request.text.strip(),
        )
        # Where something can be done by it, whoever may not even look is one who tried.
        tried = Want(name_of(asked), shop=shop.name, subject=text)
        self.guard.admit(request.user, authority.question(asked), None if is_question(asked) else tried)
        with self.store.read() as connection:
            facts = load(connection, asked.facts, question)
        given: Answer = asked.answer(filled, facts, **self.settings.get(("command", command_label(asked)), {}))
        return given, shop

    def _answered(self, answer: Answer, asking: _Asking, act: Want | None) -> Reply | ShowForm | Act:
        match answer:
            case ShowDigest(department, days):
                return Reply(self.digests.digest(department, asking.shop, days), share=True)
            case ShowForm():
                return self.acts.opened(answer, asking.shop)
            case Press() | SendForm():
                return self.acts.typed(answer, asking.request)
            case Reply():
                return answer
            case _:
                assert act is not None, "whatever is done here is an act"
                by = By(asking.request.user, "command")
                with self.store.write() as connection:
                    line = self._commanded(connection, answer, asking, by, act)
                return Reply(Message(line, (Paragraph(line),)))

    def _commanded(
        self, connection: Connection, answer: ReleaseParked | Aside, asking: _Asking, by: By, want: Want
    ) -> Line:
        """Does at once what a command is there for."""
        asked, request = asking.command, asking.request
        what = Commanded(asked.name, asked.verb, request.text, request.channel)
        if waits := self.agreement.waits(connection, want, by, what):
            return waits
        if isinstance(answer, ReleaseParked):
            line = self._release(connection, answer.id)
        else:
            line = self.asides.do(connection, answer, asking.shop, request)
        self.guard.note(connection, by, want, "done", agreed(by))
        return line

    # A second person.

    def asker(self, id: int) -> str:
        """Who asked for what somebody is about to agree to, so that they can be looked at again; "" for nobody."""
        with self.store.read() as connection:
            pending = waiting.waiting(connection, id)
        return pending.person if pending is not None else ""

    def _agree(self, id: int, person: str) -> Act:
        """Somebody agrees to what another one asked for, and it is done, if both may and it still can be."""
        try:
            with self.store.write() as connection:
                return self._agreed_to(connection, id, By(person, "button"))
        except Refused as refused:
            # What cannot be done any more left no trace; the request does.
            with self.store.write() as connection:
                pending = waiting.waiting(connection, id)
                if pending is not None:
                    self.agreement.end(connection, pending, "stale", refused.line)
            return Act(changed=True, told=refused.line)

    def _agreed_to(self, connection: Connection, id: int, second: By) -> Act:
        pending = waiting.waiting(connection, id)
        if pending is None or pending.until <= self.clock.now():
            return Act(told=say("This is over; nothing was done."))
        alert = alerts.by_number(connection, pending.number) if pending.number is not None else None
        want = replace(want_of(pending), alert=alert)
        if second.person == pending.person:
            return Act(told=say("You asked for this yourself, so somebody else must agree."))
        if why := self.guard.refusal(second.person, want):
            self.guard.note(connection, second, want, "refused", why)
            return Act(told=why)
        if self.guard.refusal(pending.person, want):
            raise Refused(say("Nothing was done: whoever asked for it may not any more."))
        by = By(pending.person, pending.surface, second.person)
        act = self._carry_on(connection, pending, by, want)
        how = say("Done: ", Person(second.person), " agreed.") if act.changed else act.told or ()
        self.agreement.end(connection, pending, "agreed" if act.changed else "stale", how)
        self.guard.note(connection, second, want, "done" if act.changed else "stale", how)
        return replace(act, changed=True)

    def _carry_on(self, connection: Connection, pending: Pending, by: By, want: Want) -> Act:
        match pending.what:
            case Pressed(action, number, turn):
                return self.acts.press(connection, action, number, by, turn)
            case Entered(submission):
                return self.acts.carry_out(connection, submission, by)
            case Commanded(name, verb, text, channel):
                return self._commanded_again(
                    connection, Request(text, pending.person, channel, pending.at), name, verb, by
                )

    def _commanded_again(self, connection: Connection, request: Request, name: str, verb: str, by: By) -> Act:
        asked = self._command(name, verb)
        answer, shop = self._given(asked, request)
        act = self._act(asked, answer, shop)
        if act is None or isinstance(answer, Reply | ShowDigest | ShowForm | Press | SendForm):
            raise Refused(say("Nothing was done: there is nothing to do any more."))
        line = self._commanded(connection, answer, _Asking(asked, shop, request), by, act)
        return Act(changed=True, told=line)

    def _act(self, asked: Command, answer: Answer, shop: Shop) -> Want | None:
        """What an answer has done, be it by a form; None when it only shows something."""
        match answer:
            case Reply() | ShowDigest() | Press() | SendForm():
                # Acts on alerts are asked about where they are done.
                return None
            case ShowForm(name, about):
                form = self.catalog.forms.get(name)
                if form is None:
                    return Want(name)
                with self.store.read() as connection:
                    alert = about_alert(connection, about) if form.on_alert else None
                return sending(form, alert, shop.name, about)
            case ReleaseParked(id):
                return Want(name_of(asked), shop=shop.name, subject=id or "all")
            case EndSilence(id):
                return Want(name_of(asked), shop=shop.name, subject=f"S-{id}")
            case EndException(id):
                return Want(name_of(asked), shop=shop.name, subject=f"E-{id}")
            case StartDrill(department, rule):
                return Want(name_of(asked), shop=shop.name, subject=f"{department} {rule}".rstrip())
            case _:
                return Want(name_of(asked), shop=shop.name)

    def share(self, name: str, verb: str, request: Request) -> Reply | ShowForm | Act:
        """The answer to a slash command, for everybody in the channel to see. Raises Refused as ``answer`` does, and
        where whoever asks may not share."""
        want = Want(SHARE, shop=self._shop_of(request.text)[0].name, subject=f"/{name} {verb}".rstrip())
        with self.guard.noting(request.user, "share"):
            self.guard.admit(request.user, want)
            shared = self._asked(name, verb, request)
            with self.store.write() as connection:
                self.guard.note(connection, By(request.user, "share"), want, "done")
                return self._addressed(connection, shared, request.now)

    def _addressed(
        self, connection: Connection, shared: Reply | ShowForm | Act, now: datetime
    ) -> Reply | ShowForm | Act:
        """What is shown to a whole channel calls nobody who does not want to be called for that."""
        if not isinstance(shared, Reply):
            return shared
        wishes = preferences.of(connection, people(shared.message))
        return replace(shared, message=addressed(shared.message, wishes, critical=False, now=now))

    def _release(self, connection: Connection, id: str) -> Line:
        released = destinations.release_any(connection, id, self.clock.now())
        many = "1 post" if len(released) == 1 else f"{len(released)} posts"
        return say(f"{many} will be tried again." if released else "No parked post has an id that begins so.")

    def _shop_of(self, text: str) -> tuple[Shop, str]:
        """With several shops the first word may name one; otherwise the first shop of the config is meant."""
        first, _, rest = text.strip().partition(" ")
        if first in self.house.shops:
            return self.house.shops[first], rest.strip()
        return next(iter(self.house.shops.values())), text.strip()

    def _filled(self, request: Request, text: str) -> Request:
        """The request with what this installation knows."""
        return replace(
            request,
            text=text,
            commands=self._help(),
            departments=tuple(self.house.departments),
            rules=tuple(self.catalog.rules),
            house=self.house,
            knobs=self.asides.thresholds.knobs(),
        )

    def _help(self) -> tuple[Help, ...]:
        return tuple(
            Help(
                " ".join(filter(None, (f"/{asked.name}", asked.verb, asked.usage))),
                " ".join(asked.doc.partition("\n\n")[0].split()),
            )
            for asked in self.catalog.commands.values()
        )

    def home(self, user: str, rooms: frozenset[str] = frozenset()) -> Message:
        """The App Home of a member: what they hold, what their departments have, and when the next digests come.

        ``rooms`` are the channels that they are in, by id and by name; whoever said what department is theirs has that.
        """
        if why := self.guard.refusal(user, _HOME):
            return Message(why, (Paragraph(why),))
        now = self.clock.now()
        found: list[AlertLine] = []
        with self.store.read() as connection:
            for shop in self.house.shops.values():
                found += load(connection, _Open, Question(shop=shop, subject=Subject("text", ""), now=now)).alerts
            wishes = preferences.get(connection, user)
        visit = Visit(user, departments_of(wishes, self.house, rooms), wishes)
        return home(visit, found, self._digests_ahead(visit, now), self.catalog.actions.values())

    def _digests_ahead(self, visit: Visit, now: datetime) -> tuple[Slot, ...]:
        """The next of each digest of the visitor's departments; of every digest where these are not known."""
        mine = set(visit.departments)
        schedules = [each for each in self.house.schedules if not mine or mine & set(each.departments)]
        upcoming = (schedule.next_slot(each, now) for each in schedules)
        return tuple(slot for slot in upcoming if slot is not None)
