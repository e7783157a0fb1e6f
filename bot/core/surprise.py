"""How unlikely so many failures are, given the usual rate: beta-binomial tails over several windows.

The beta-binomial allows the usual rate to wander from day to day (``KAPPA`` attempts' worth of tolerance), so quiet
shops and busy shops are judged by the same level without flooding either.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

KAPPA = 60.0
LEAST_FAILURES = 3
_HALF_LIFE_ATTEMPTS = 3000.0
_PRIOR_RATE, _PRIOR_ATTEMPTS = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts to pay and how many of them failed, in one span of time."""

    attempts: int
    failures: int

    @property
    def rate(self) -> float:
        """Share that failed, 0 when nobody tried."""
        return self.failures / self.attempts if self.attempts else 0.0


def usual_rate(days: Iterable[Tally]) -> float:
    """The usual share of failures from past days, newest first; older attempts count less (half after 3,000).

    With little history it leans on 5 per cent.
    """
    weighted_failures, weighted_attempts, seen = _PRIOR_RATE * _PRIOR_ATTEMPTS, _PRIOR_ATTEMPTS, 0
    for day in days:
        faded = 0.5 ** (seen / _HALF_LIFE_ATTEMPTS)
        weighted_failures += faded * day.failures
        weighted_attempts += faded * day.attempts
        seen += day.attempts
    return weighted_failures / weighted_attempts


def surprise(seen: Tally, usual: float) -> float:
    """-log10 of the probability of at least this many failures by chance; 0 below three failures."""
    if seen.failures < LEAST_FAILURES:
        return 0.0
    rate = min(max(usual, 1e-4), 0.99)
    chance = _beta_binomial_tail(seen.attempts, seen.failures, rate * KAPPA, (1.0 - rate) * KAPPA)
    return -math.log10(max(chance, 1e-300))


def _beta_binomial_tail(n: int, least: int, a: float, b: float) -> float:
    """P(X >= least) for X ~ BetaBinomial(n, a, b)."""
    return min(1.0, sum(math.exp(_log_mass(n, k, a, b)) for k in range(least, n + 1)))


def _log_mass(n: int, k: int, a: float, b: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return choose + _log_beta(k + a, n - k + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
