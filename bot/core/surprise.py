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
_LEAST_RATE, _MOST_RATE = 1e-4, 0.95


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
    rate = min(max(usual, _LEAST_RATE), _MOST_RATE)
    return -_log_tail(seen.attempts, seen.failures, rate * KAPPA, (1.0 - rate) * KAPPA) / math.log(10.0)


def _log_tail(n: int, least: int, a: float, b: float) -> float:
    """log P(X >= least) for X ~ BetaBinomial(n, a, b), at most 0; b is at least 1, so the masses fall past the mean.

    The side away from the mean is summed from its largest term on, each term from the one before (the ratio of
    neighbouring masses is a plain fraction), until a term adds nothing.
    """
    if least > n:
        return -math.inf
    if least > n * a / (a + b):
        return min(0.0, _log_mass(n, least, a, b) + math.log(_above(n, least, a, b)))
    below = math.exp(_log_mass(n, least - 1, a, b)) * _below(n, least - 1, a, b)
    return math.log1p(-min(below, 1.0 - 1e-16))


def _above(n: int, k: int, a: float, b: float) -> float:
    """The masses from ``k`` up to ``n``, in units of the mass at ``k``."""
    total = term = 1.0
    while k < n and term > total * 1e-17:
        term *= (n - k) / (k + 1.0) * (k + a) / (n - k - 1.0 + b)
        total += term
        k += 1
    return total


def _below(n: int, k: int, a: float, b: float) -> float:
    """The masses from ``k`` down to 0, in units of the mass at ``k``. All count, for with a < 1 they rise again."""
    total = term = 1.0
    while k > 0:
        term *= k / (n - k + 1.0) * (n - k + b) / (k - 1.0 + a)
        total += term
        k -= 1
    return total


def _log_mass(n: int, k: int, a: float, b: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return choose + _log_beta(k + a, n - k + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
