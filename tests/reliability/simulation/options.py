"""What a seed makes of a run: how rough it is, and in which ways. The same seed is the same run."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FAULTS_UNTIL = 420.0
CALM = 1800.0
END = FAULTS_UNTIL + CALM
"""Virtual seconds: first the faults, then thirty minutes without any."""


@dataclass(frozen=True)
class Options:
    """``wild`` runs have pauses beyond the lease and landings beyond the settling time, without which no second copy may
    ever be visible. ``sweep`` is off when only what is in doubt is read back; without an ``operator`` nobody
    releases what is parked."""

    seed: int
    sweep: bool
    wild: bool
    crash: float
    pause: float
    longest_pause: float
    fault: float
    late: float
    latest: float
    lag: float
    lose: float
    forged: bool
    restored: bool
    alerts: int
    operator: bool


def options(seed: int, *, sweep: bool) -> Options:
    """The options of a seed; the dice of the run itself are others."""
    dice = Random(f"options {seed}")
    wild = dice.random() < 0.5
    return Options(
        seed=seed,
        sweep=sweep,
        wild=wild,
        crash=dice.choice((0.0, 0.01, 0.03)),
        pause=dice.choice((0.0, 0.02, 0.05)),
        longest_pause=300.0 if wild else 5.0,
        fault=dice.choice((0.1, 0.3, 0.6)),
        late=dice.choice((0.0, 0.1, 0.3)),
        latest=200.0 if wild else 30.0,
        lag=dice.choice((0.0, 1.0, 5.0)),
        lose=dice.choice((0.0, 0.15)) if sweep else 0.0,
        forged=dice.random() < 0.2,
        restored=sweep and wild and dice.random() < 0.1,
        alerts=dice.randint(2, 4),
        operator=dice.random() < 0.7,
    )
