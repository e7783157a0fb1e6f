"""The run of a seed: two replicas on virtual time that carry out the product's courses, and die and pause in between."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from bot.core import carry, dispatch, sweep
from bot.core.dispatch import Absent, Edit, Outcome, Post, ReadBack, Send, Shown
from tests.reliability.simulation.audit import Auditor
from tests.reliability.simulation.ledger import Ledger, Taken
from tests.reliability.simulation.options import END, FAULTS_UNTIL, Options
from tests.reliability.simulation.slack import STRANGER, Slack

BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CHANNELS = ("C0OPS", "C0FINANCE")
FORMS = 2
Process = Generator[float, None, None]


class Crashed(Exception):
    """The replica that runs this is dead."""


class World:
    """Everything that happens in one run. ``told`` gets the events, in words, when somebody wants to read them."""

    def __init__(self, options: Options, told: Callable[[str], None] | None = None) -> None:
        self.options = options
        self.told = told
        self.dice = Random(options.seed)
        self.at = 0.0
        self.fired: Counter[str] = Counter()
        self.ledger = Ledger()
        self.auditor = Auditor(self)
        self.slack = Slack(
            lambda: self.at, self.strikes, self.dice.uniform, self.later, self.auditor.saw,
            lag=options.lag, latest=options.latest, began=BEGAN,
        )  # fmt: skip
        self._numbers = itertools.count()
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self.replicas = [Replica(self, name) for name in "AB"]

    @property
    def now(self) -> datetime:
        """The wall time."""
        return BEGAN + timedelta(seconds=self.at)

    @property
    def calm(self) -> bool:
        """Whether the time of faults is over."""
        return self.at >= FAULTS_UNTIL

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Does something in so many seconds."""
        heapq.heappush(self._queue, (self.at + seconds, next(self._numbers), act))

    def say(self, words: str) -> None:
        """An event for whoever reads along."""
        if self.told is not None:
            self.told(f"{self.at:9.2f}  {words}")

    def strikes(self, fault: str) -> bool:
        """Whether a fault falls now."""
        if self.calm or self.dice.random() >= self._chance(fault):
            return False
        self.fired[fault] += 1
        self.say(f"fault: {fault}")
        return True

    def _chance(self, fault: str) -> float:
        match fault:
            case "post: lands late" | "edit: lands late":
                return self.options.late
            case "post: lost after ok":
                return self.options.lose
            case _:
                return self.options.fault / 6

    def run(self) -> list[str]:
        """Plays the run to its end; gives what was wrong, in sentences."""
        Wishes(self).schedule()
        for replica in self.replicas:
            replica.start()
        while self._queue:
            at, _, act = heapq.heappop(self._queue)
            if at > END:
                break
            self.at = at
            act()
        return self.auditor.verdict()


class Wishes:
    """What is wanted, raised, dropped, released, forged and restored while the replicas work."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dice = world.dice
        self.backup: Ledger | None = None
        self.since_backup: list[Callable[[], None]] = []

    def schedule(self) -> None:
        """Puts them all into the run."""
        options, until = self.world.options, FAULTS_UNTIL - 20
        for number in range(options.alerts):
            key = f"digest/{number}" if number == 2 else f"alert/{number}"
            channel, urgency = CHANNELS[number % 2], self.dice.randint(1, 4)
            times = [self.dice.uniform(0, until) for _ in range(self.dice.randint(1, 4))]
            for at in times:
                self._plan(at, channel, key, urgency)
            if self.dice.random() < 0.3:
                soon = min(times) + self.dice.choice((6.0, 120.0)) * self.dice.random()
                self.world.later(soon, partial(self._drop, channel, key))
        if self.dice.random() < 0.5:
            self._plan(self.dice.uniform(10, until), CHANNELS[0], "alert/0/turn-2", 2, "alert/0")
        if options.forged:
            self.world.later(self.dice.uniform(1, 60), self._forge)
        if options.restored:
            self.world.later(FAULTS_UNTIL / 2, self._back_up)
            self.world.later(FAULTS_UNTIL - 10, self._restore)
        for at in range(60, int(END), 60):
            self.world.later(at, self._release)

    def _plan(self, at: float, channel: str, key: str, urgency: int, thread: str = "") -> None:
        held = at + self.dice.uniform(5, 60) if self.dice.random() < 0.2 else None

        def want() -> None:
            if thread and not self._may_be_seen(channel, thread):
                return
            due_at = BEGAN + timedelta(seconds=held) if held else None
            self.world.ledger.want(
                channel, key, id=f"{channel}:{key}", urgency=urgency, now=self.world.now, thread=thread, due_at=due_at
            )
            self.world.say(f"wanted: {key} version {self.world.ledger.rows[channel, key].wanted}")

        def first() -> None:
            want()
            self.since_backup.append(want)

        self.world.later(at, first)

    def _may_be_seen(self, channel: str, key: str) -> bool:
        """Nobody replies to what cannot be there."""
        post = self.world.ledger.rows.get((channel, key))
        return post is not None and (post.ts is not None or post.state in ("sending", "maybe"))

    def _drop(self, channel: str, key: str) -> None:
        if self.world.ledger.drop(channel, key, "over", self.world.now):
            self.world.fired["dropped"] += 1
            self.world.auditor.taken_back[channel, key] = self.world.ledger.rows[channel, key].wanted
            self.world.slack.closed.clear()
            self.world.say(f"dropped: {key}")

    def _forge(self) -> None:
        for post in list(self.world.ledger.rows.values()):
            self.world.slack.land(post, None, STRANGER)
            self.world.fired["forged"] += 1

    def _release(self) -> None:
        for post in list(self.world.ledger.rows.values()):
            if (
                self.world.calm
                and self.world.options.operator
                and self.world.ledger.release_parked(post.id, self.world.now)
            ):
                self.world.say(f"released: {post.key}")

    def _back_up(self) -> None:
        self.backup, self.since_backup = self.world.ledger.copied(), []

    def _restore(self) -> None:
        """An old backup comes back, and the sources tell again what it does not know."""
        assert self.backup is not None
        self.world.fired["restored"] += 1
        self.world.say("an old backup is restored")
        for replica in self.world.replicas:
            replica.crash(1.0)
        self.world.ledger = self.backup
        for again in self.since_backup:
            self.world.later(5.0, again)


class Replica:
    """One process: it delivers and it sweeps, and when it dies both end in the middle of what they do."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.life = 0
        self.unclear = 0
        self.strangers: dict[str, dict[str, sweep.Sighting]] = {}

    def start(self) -> None:
        """Begins a new life. Channels are looked at before anything is posted."""
        self.unclear, self.strangers = 0, {}
        self._spawn(self._living())

    def crash(self, down: float) -> None:
        """Dies, and comes back in so many seconds."""
        self.life += 1
        self.world.say(f"{self.name} dies")
        self.world.later(down, self.start)

    def _spawn(self, process: Process) -> None:
        self._step(process, self.life)

    def _step(self, process: Process, life: int) -> None:
        if life != self.life:
            return
        try:
            sleep = next(process)
        except Crashed:
            self.crash(self.world.dice.uniform(1, 90))
        except StopIteration:
            return
        else:
            self.world.later(sleep, lambda: self._step(process, life))

    def _living(self) -> Process:
        if self.world.options.sweep:
            yield from self._look(audit=True)
        self._spawn(self._sweeping())
        yield from self._delivering()

    def _boundary(self, site: str) -> Process:
        """Between two effects: the place to die, to be stopped for a while, or to go on."""
        if self.world.calm:
            return
        thrown, options = self.world.dice.random(), self.world.options
        if thrown < options.crash:
            self.world.fired[f"crash {site}"] += 1
            raise Crashed
        if thrown < options.crash + options.pause:
            self.world.fired[f"pause {site}"] += 1
            length = min(self.world.dice.uniform(0, options.longest_pause), FAULTS_UNTIL - self.world.at)
            self.world.say(f"{self.name} is paused for {length:.1f} s {site}")
            yield length

    # Delivering.

    def _delivering(self) -> Process:
        while True:
            yield from self._boundary("before claiming")
            if self.unclear >= carry.UNCLEAR_IN_A_ROW and not (yield from self._probed()):
                continue
            taken = self.world.ledger.claim(self.world.now, 1)
            if not taken:
                yield self._rest()
                continue
            yield from self._deliver(taken[0], self.world.at + dispatch.LEASE.total_seconds())

    def _rest(self) -> float:
        due = self.world.ledger.next_due()
        ahead = (due - self.world.now).total_seconds() if due is not None else 30.0
        return min(max(ahead, 0.5), 20.0 if self.world.calm else 1.0)

    def _probed(self) -> Generator[float, None, bool]:
        if self.world.strikes("probe: no answer"):
            yield carry.PROBE_EVERY.total_seconds()
            return False
        self.unclear = 0
        return True

    def _deliver(self, taken: Taken, deadline: float) -> Process:
        yield from self._boundary("after claiming")
        course, forms = carry.carry(taken.post, self._told(deadline)), FORMS
        effect = next(course)
        while True:
            told = self._told(deadline)
            match effect:
                case carry.Turn():
                    if self.world.strikes("turn: not yet"):
                        told = self._told(deadline, wait=7.0)
                case carry.Keep(post):
                    yield from self._boundary(f"before keeping {post.state}")
                    kept = self.world.ledger.save(post)
                    self.world.say(
                        f"{self.name} keeps {post.key}: {post.state} {post.reason} {'' if kept else 'in vain'}"
                    )
                    yield from self._boundary(f"after keeping {post.state}")
                    told = self._told(deadline, kept=kept)
                case carry.Leave(step, post):
                    forms -= not isinstance(step, ReadBack)
                    yield from self._boundary(f"before {type(step).__name__}")
                    outcome = (yield from self._leave(step, post, taken.thread_ts)) if forms >= 0 else None
                    yield from self._boundary(f"after {type(step).__name__}")
                    told = self._told(deadline, outcome=outcome)
                case carry.Overtaken(post, outcome):
                    self.world.fired["overtaken"] += 1
                    self.world.ledger.overtake(post.id, self.world.now)
            try:
                effect = course.send(told)
            except StopIteration:
                return

    def _told(
        self, deadline: float, *, wait: float = 0.0, kept: bool = True, outcome: Outcome | None = None
    ) -> carry.Told:
        return carry.Told(self.world.now, deadline - self.world.at, wait, kept, outcome)

    def _leave(
        self, step: Send | Edit | ReadBack, post: Post, thread_ts: str | None
    ) -> Generator[float, None, Outcome]:
        slack = self.world.slack
        if isinstance(step, ReadBack):
            seen = yield from slack.read(post.channel, thread_ts, step.oldest.timestamp() - 120)
            outcome = sweep.read_back(seen, "B0FLOOR", post.tag) if isinstance(seen, tuple) else seen
        elif isinstance(step, Edit):
            outcome = yield from slack.edit(post, step.ts)
        elif (known := self.strangers.get(post.channel, {}).pop(post.tag, None)) is not None:
            self.world.fired["adopted"] += 1
            outcome = Shown(known.ts, known.version)
        else:
            outcome = yield from slack.post(post, thread_ts)
        self.unclear = carry.unclear_in_a_row(self.unclear, outcome)
        self.world.say(f"{self.name}: {type(step).__name__} of {post.key} version {post.wanted}: {outcome}")
        return outcome

    # Sweeping.

    def _sweeping(self) -> Process:
        audit_at = self.world.at + sweep.EVERY.total_seconds()
        while True:
            yield 20.0 if self.world.calm else 5.0
            audit = self.world.options.sweep and self.world.at >= audit_at
            if audit:
                audit_at = self.world.at + sweep.EVERY.total_seconds()
            yield from self._look(audit)

    def _look(self, audit: bool) -> Process:
        ledger = self.world.ledger
        for channel in (ledger.channels_of_late if audit else ledger.channels_in_doubt)(self.world.now):
            yield from self._sweep(channel)

    def _sweep(self, channel: str) -> Process:
        now = self.world.now
        course = sweep.sweep(self.world.ledger.audited(channel, now), "B0FLOOR", now)
        effect = next(course)
        while True:
            yield from self._boundary(f"before {type(effect).__name__}")
            answer = yield from self._swept(channel, effect)
            yield from self._boundary(f"after {type(effect).__name__}")
            try:
                effect = course.send(answer)
            except StopIteration as ended:
                self.strangers[channel] = {one.tag: one for one in reversed(ended.value)}
                return

    def _swept(self, channel: str, effect: sweep.Effect) -> Generator[float, None, sweep.Answer]:
        match effect:
            case sweep.Read(thread_ts, oldest):
                seen = yield from self.world.slack.read(channel, thread_ts, oldest.timestamp() - 120)
                return seen if isinstance(seen, tuple) else None
            case sweep.Mend(before, after):
                kept = self.world.ledger.mend(before, after)
                self.world.say(
                    f"{self.name} mends {after.key}: {before.state} -> {after.state} {'' if kept else 'in vain'}"
                )
                return kept
            case sweep.Delete(_, ts):
                return isinstance((yield from self.world.slack.delete(ts)), Absent)
            case sweep.Checked(seen_posts):
                self.world.ledger.checked(seen_posts, self.world.now)
                return True
