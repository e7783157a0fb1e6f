"""The auditor: sees every copy come and go, and says at the end what the promise was broken by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import dispatch, sweep
from tests.reliability.simulation.options import END, FAULTS_UNTIL

if TYPE_CHECKING:
    from bot.core.dispatch import Post
    from tests.reliability.simulation.world import World

HEALED_WITHIN = (sweep.EVERY + dispatch.SETTLE).total_seconds() + 45.0
"""Sweep interval and settling time, and what the looks of a calm replica are apart and take."""


class Auditor:
    """Judges one run. ``doubles`` counts the times that a second copy became visible."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.doubles = 0
        self.healed: list[float] = []
        self.wrong: list[str] = []
        self.taken_back: dict[tuple[str, str], int] = {}
        self._double_since: dict[str, float] = {}

    def saw(self, what: str, subject: str) -> None:
        """Something happened in Slack."""
        world = self.world
        world.say(f"slack: {what} {subject}")
        tag, _, ts = subject.partition(" ")
        copies = world.slack.visible(tag)
        # A reply may have to move with its thread, so only a root's first copy is sure to be the one that stays.
        if what == "deleted" and copies and float(ts) < float(copies[0].ts) and "turn-" not in tag:
            self.wrong.append(f"{tag}: the first copy was deleted and a later one kept")
        if what == "deleted" and not copies and "turn-" not in tag:
            self.wrong.append(f"{tag}: the only copy was deleted")
        if len(copies) > 1 and what == "landed":
            self.doubles += 1
            self._double_since.setdefault(tag, world.at)
        elif len(copies) <= 1 and tag in self._double_since:
            self._end(tag, world.at)

    def _end(self, tag: str, at: float) -> None:
        began = self._double_since.pop(tag)
        stood = at - max(began, FAULTS_UNTIL)
        self.healed.append(at - began)
        if self.world.options.sweep and stood > HEALED_WITHIN:
            self.wrong.append(f"{tag}: two copies for {stood:.0f} s of calm")

    def verdict(self) -> list[str]:
        """What was wrong, in sentences."""
        # What an old backup forgot and nobody wanted again belongs to no post, and is nobody's to put right.
        known = {post.tag for post in self.world.ledger.rows.values()}
        for tag in sorted(known & self._double_since.keys()):
            self._end(tag, END)
        if not self.world.options.wild:
            if self.doubles:
                self.wrong.append(
                    f"{self.doubles} times a second copy was visible without a long pause or a late landing"
                )
            self.wrong += [f"{id}: sent again before Slack's wait was over" for id in self.world.slack.hurried]
            self.wrong += [f"{post.key}: shown after it was taken back" for post in self._shown_in_vain()]
        for post in self.world.ledger.rows.values():
            self.wrong += [f"{post.key}: {problem}" for problem in self._of(post)]
        return self.wrong

    def _waits_for_an_operator(self, post: Post) -> bool:
        root = self.world.ledger.rows.get((post.channel, post.thread))
        parked = post.state == "parked" or (post.ts is None and root is not None and root.state == "parked")
        return parked and not self.world.options.operator

    def _shown_in_vain(self) -> list[Post]:
        rows = self.world.ledger.rows
        return [rows[place] for place, wanted in self.taken_back.items() if _is_shown(rows[place], wanted)]

    def _of(self, post: Post) -> list[str]:
        copies = self.world.slack.visible(post.tag)
        if post.state == "dropped":
            return [f"dropped, and {len(copies)} visible"] if copies else []
        if self._waits_for_an_operator(post):
            return [f"parked, and {len(copies)} visible"] if copies and post.ts is None else []
        if post.state != "shown" or post.lease_until is not None:
            return [f"in limbo: {post.state} ({post.reason})"]
        if len(copies) != 1:
            return ["lost" if not copies else f"{len(copies)} copies visible"]
        if copies[0].ts != post.ts:
            return ["another copy is visible than the one that is known"]
        if (copies[0].version, post.shown) != (post.wanted, post.wanted):
            return [f"shows version {copies[0].version}, wanted is {post.wanted}"]
        return []


def _is_shown(post: Post, wanted: int) -> bool:
    """Whether a post is shown of which nothing was wanted since."""
    return post.wanted == wanted and post.state != "dropped"
