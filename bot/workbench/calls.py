"""The book of Web API calls: what came in, what became of it, and what fault was played on it."""

from collections import Counter
from dataclasses import dataclass, field

from bot.workbench.clock import Clock
from bot.workbench.journal import Json


@dataclass
class Calls:
    """Every call received, oldest first, as {n, at, method, arguments, outcome, fault?}; tokens are left out."""

    clock: Clock
    rows: list[Json] = field(default_factory=list)

    def enter(self, method: str, arguments: Json) -> Json:
        """A new line; its `outcome` is set when the call has run: "ok", an error's name, or "not_run"."""
        kept = {name: value for name, value in arguments.items() if name != "token"}
        row = {
            "n": len(self.rows) + 1,
            "at": self.clock.now(),
            "method": method,
            "arguments": kept,
            "outcome": "not_run",
        }
        self.rows.append(row)
        return row

    def of(self, method: str) -> list[Json]:
        """The calls of one method."""
        return [row for row in self.rows if row["method"] == method]

    def counters(self) -> Json:
        """How many calls by method, by outcome and by fault."""
        return {
            "calls": len(self.rows),
            "by_method": Counter(row["method"] for row in self.rows),
            "by_outcome": Counter(row["outcome"] for row in self.rows),
            "by_fault": Counter(row["fault"] for row in self.rows if "fault" in row),
        }
