"""The simulation sees what is wrong: each mutant of the protocol breaks its promise within three thousand seeds."""

from __future__ import annotations

import sys

import pytest

from tests.reliability.simulation.mutants import MUTANTS, Mutant
from tests.reliability.simulation.options import options
from tests.reliability.simulation.world import World

SEEDS = 3_000


def wrong(seed: int, sweep: bool) -> list[str]:
    return World(options(seed, sweep=sweep)).run()


def killer(mutant: Mutant) -> tuple[int, list[str]] | None:
    """The first seed that goes wrong with the mutant and well without it."""
    for seed in range(SEEDS):
        with mutant.alive():
            found = wrong(seed, mutant.sweep)
        if found and not wrong(seed, mutant.sweep):
            return seed, found
    return None


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 20


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_found(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = killer(MUTANTS[name])
    assert found is not None, f"nobody noticed in {SEEDS} seeds: {name}"
    seed, why = found
    with capsys.disabled():
        sys.stdout.write(f"\n  {name}: killed by seed {seed}: {why[0]}")
