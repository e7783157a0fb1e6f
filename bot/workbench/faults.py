"""Failures on demand: which call is to fail, and in which of the ways that a network and a busy Slack fail."""

from dataclasses import dataclass, field
from random import Random

from bot.workbench.journal import Json

KINDS = frozenset(
    {
        "status_500_before",
        "status_500_after",
        "drop_before",
        "drop_after",
        "rst_before",
        "rst_after",
        "truncate_after",
        "html_after",
        "slow_before",
        "slow_after",
        "late_landing",
        "ratelimit",
        "lose",
    }
)
KEYS = frozenset({"method", "kind", "times", "skip", "probability", "seconds", "channel", "retry_after"})


class BadRule(ValueError):
    """A fault rule that says nothing sensible; the text names what is wrong."""


@dataclass
class Rule:
    """One rule; it strikes `times` times (None: without end), after having let `skip` matches pass."""

    method: str
    kind: str
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    seconds: float = 1.0
    channel: str | None = None
    retry_after: str = "1"
    struck: int = 0

    def matches(self, method: str, channels: frozenset[str]) -> bool:
        """Whether the rule is about this call; `channels` are the names that the call's channel goes by."""
        about = self.method in (method, "*") and (self.channel is None or self.channel in channels)
        return about and (self.times is None or self.struck < self.times)


@dataclass
class Faults:
    """The rules in force; the first that matches and whose dice say so strikes. The dice are seeded and its own."""

    rules: list[Rule] = field(default_factory=list)
    seed: int = 0
    dice: Random = field(default_factory=lambda: Random(0))

    def set(self, rules: list[Json], seed: int = 0) -> None:
        """Replace all rules.

        Raises BadRule for an unknown key or kind.
        """
        self.rules = [_rule(given) for given in rules]
        self.seed = seed
        self.dice = Random(seed)

    def pick(self, method: str, channels: frozenset[str]) -> Rule | None:
        """The rule that strikes this call, if any; striking uses it up by one."""
        for rule in self.rules:
            if rule.matches(method, channels) and self._falls(rule):
                rule.struck += 1
                return rule
        return None

    def _falls(self, rule: Rule) -> bool:
        if rule.skip > 0:
            rule.skip -= 1
            return False
        return rule.probability >= 1 or self.dice.random() < rule.probability

    def shown(self) -> Json:
        """The rules as they stand, with how often each struck."""
        return {"rules": [vars(rule) for rule in self.rules], "seed": self.seed}


def _rule(given: Json) -> Rule:
    unknown = set(given) - KEYS
    if unknown:
        raise BadRule(f"unknown keys: {', '.join(sorted(unknown))}")
    kind = str(given.get("kind", ""))
    named = kind.startswith(("error:", "error_after:")) and kind.split(":", 1)[1]
    if kind not in KINDS and not named:
        raise BadRule(f"unknown kind {kind!r}; known: {', '.join(sorted(KINDS))}, error:NAME, error_after:NAME")
    try:
        return _read(given, kind)
    except (TypeError, ValueError) as wrong:
        raise BadRule(str(wrong)) from None


def _read(given: Json, kind: str) -> Rule:
    return Rule(
        method=str(given.get("method", "*")),
        kind=kind,
        times=None if given.get("times") is None else int(given["times"]),
        skip=int(given.get("skip", 0)),
        probability=float(given.get("probability", 1.0)),
        seconds=float(given.get("seconds", 1.0)),
        channel=given.get("channel"),
        retry_after=str(given.get("retry_after", "1")),
    )
