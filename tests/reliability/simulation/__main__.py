"""Replays seeds: ``python -m tests.reliability.simulation --seed 17 --show`` prints the options and every event."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.reliability.simulation.options import options
from tests.reliability.simulation.world import World


def said(line: str) -> None:
    """A line for whoever replays a seed."""
    sys.stdout.write(line + "\n")


def main() -> int:
    """Runs one seed, or ``--seeds`` from there on; gives how many broke the promise, 1 at most."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--no-sweep", action="store_true", help="read back only what is in doubt")
    parser.add_argument("--show", action="store_true", help="print the options and every event")
    asked = parser.parse_args()
    fired: Counter[str] = Counter()
    bad = 0
    for seed in range(asked.seed, asked.seed + asked.seeds):
        chosen = options(seed, sweep=not asked.no_sweep)
        if asked.show:
            said(str(chosen))
        world = World(chosen, said if asked.show else None)
        wrong = world.run()
        fired += world.fired
        fired["second copies"] += world.auditor.doubles
        bad += bool(wrong)
        if wrong:
            said(f"seed {seed} ({'wild' if chosen.wild else 'plain'}): {'; '.join(wrong)}")
    said(f"{asked.seeds} seeds, {bad} of them bad; {dict(sorted(fired.items()))}")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
