"""What the trials found, kept as JSON and told in README.md: `python -m tests.reliability.report` writes the table anew.

A nought means little without its n, so each is told with the most that it rules out: of n trials without a failure one
may say with a confidence of 95 % that fewer than 3 in n fail.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "docs" / "promise.json"
README = ROOT / "README.md"
_REGION = re.compile(r"(<!-- promise -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """What was claimed, how often it was tried and how often it did not hold, on which day and at which commit.
    ``beyond`` is what is not promised all the same.
    """

    claim: str
    test: str
    n: int
    violations: int
    beyond: str
    date: str
    commit: str

    def told(self) -> str:
        """A row of the table."""
        bound = f"under {300 / self.n:.2g} %" if self.violations == 0 else "does not hold"
        figures = f"{self.n:,} | {self.violations} | {bound}"
        cells = (self.claim, f"`{self.test}`", figures, self.beyond, f"{self.date}, {self.commit}")
        return f"| {' | '.join(cells)} |\n"


def record(name: str, claim: str, n: int, violations: int, beyond: str = "", path: Path = FOUND) -> None:
    """Keeps the figures of a trial's long form under its name, in place of those that were there.

    Called by a test: pytest says which. ``n`` is how often it was tried, at least once;
    ``beyond`` what is not promised all the same.
    """
    lines = read(path)
    test = os.environ.get("PYTEST_CURRENT_TEST", name).partition("::")[0]
    lines[name] = Line(claim, test, n, violations, beyond, f"{datetime.now(UTC):%Y-%m-%d}", _commit())
    found = {name: asdict(line) for name, line in sorted(lines.items())}
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _commit() -> str:
    done = subprocess.run(
        ("git", "rev-parse", "--short=7", "HEAD"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def read(path: Path = FOUND) -> dict[str, Line]:
    """What was found so far, by name."""
    if not path.exists():
        return {}
    return {name: Line(**line) for name, line in json.loads(path.read_text("utf-8")).items()}


def table(lines: dict[str, Line]) -> str:
    """The table in Markdown."""
    head = (
        "| Claim | Test | n | Violations | Failures, at 95 % | Not promised | Day and commit |\n" + "| --- " * 7 + "|\n"
    )
    return head + "".join(line.told() for _, line in sorted(lines.items()))


def written(text: str, lines: dict[str, Line]) -> str:
    """The text with the table in its marked region."""
    return _REGION.sub(lambda found: f"{found[1]}{table(lines)}{found[2]}", text)


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8"), read()), "utf-8")
