"""How fast a SKU sells and how likely its stock runs out: an exponentially forgotten daily mean and its spread.

State is four floats a SKU, updated at each order in constant time. A day on which the SKU was out of stock all day
says nothing about demand and is left out. Demand over a horizon follows a negative binomial with the mean and the
variance of that memory, the variance widened by what so few days can know (Syntetos, Babai and Gardner 2015 find such
simple parametric forms hard to beat for intermittent demand).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

HALF_LIFE_DAYS = 28.0
_KEEP = 0.5 ** (1.0 / HALF_LIFE_DAYS)
_MOST_DAYS = 400
DEFAULT_LEAD_DAYS = 14.0


@dataclass(frozen=True, slots=True)
class Demand:
    """Memory of daily sales up to ``day`` (exclusive) and of the running day.

    ``weight``, ``units``, ``squares`` and ``weight2`` are exponentially forgotten sums of 1, x, x^2 and the squared
    weights over closed days; ``today`` is what was sold on ``day`` so far; ``stocked`` says whether there was stock
    at any time of that day, ``in_stock`` whether there is now.
    """

    day: date
    weight: float = 0.0
    units: float = 0.0
    squares: float = 0.0
    weight2: float = 0.0
    today: float = 0.0
    stocked: bool = True
    in_stock: bool = True

    def rate(self) -> float:
        """Mean units a day over the closed days; 0 when nothing is known."""
        return self.units / self.weight if self.weight > 0 else 0.0

    def days_known(self) -> float:
        """How many days the memory is worth, at most 1 / (1 - forgetting), about 41."""
        return self.weight

    def spread(self) -> float:
        """Variance of one day's sales, at least the mean (a Poisson's)."""
        if self.weight <= 0:
            return 0.0
        mean = self.rate()
        return max(self.squares / self.weight - mean * mean, mean)


def _close(state: Demand) -> Demand:
    """The memory after the running day ended."""
    if not state.stocked and state.today == 0:
        return replace(state, day=state.day + timedelta(days=1), stocked=state.in_stock)
    return Demand(
        day=state.day + timedelta(days=1),
        weight=state.weight * _KEEP + 1.0,
        units=state.units * _KEEP + state.today,
        squares=state.squares * _KEEP + state.today**2,
        weight2=state.weight2 * _KEEP**2 + 1.0,
        today=0.0,
        stocked=state.in_stock,
        in_stock=state.in_stock,
    )


def advance(state: Demand, day: date) -> Demand:
    """The memory as of the start of ``day``: every day between is closed. A past ``day`` changes nothing."""
    if (day - state.day).days > _MOST_DAYS:
        return Demand(day=day, stocked=state.in_stock, in_stock=state.in_stock)
    while state.day < day:
        state = _close(state)
    return state


def sold(state: Demand, day: date, quantity: float) -> Demand:
    """The memory after ``quantity`` units were ordered on ``day``; a late telling joins a closed day by its age."""
    state = advance(state, day)
    if day == state.day:
        return replace(state, today=state.today + quantity)
    faded = _KEEP ** ((state.day - day).days - 1)
    return replace(
        state,
        weight=max(state.weight, faded),
        weight2=max(state.weight2, faded**2),
        units=state.units + faded * quantity,
        squares=state.squares + faded * quantity**2,
    )


def stocked(state: Demand, day: date, in_stock: bool) -> Demand:
    """The memory after the stock was seen empty or not on ``day``."""
    state = advance(state, day)
    return replace(state, in_stock=in_stock, stocked=state.stocked or in_stock)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Demand over some days: its mean and variance, in units."""

    mean: float
    variance: float

    def beyond(self, stock: float) -> float:
        """Probability that demand reaches ``stock`` units or more (the stock is used up)."""
        return tail(self.mean, self.variance, math.ceil(stock))


def outlook(state: Demand, days: float, uplift: float = 1.0) -> Outlook:
    """Demand over the next ``days`` at ``uplift`` times the usual pace, with the parameter error of a short memory.

    Var = v*d*u + (d*u)^2 * v * weight2 / weight^2, where v is one day's variance.
    """
    scale = days * uplift
    if state.weight <= 0 or scale <= 0:
        return Outlook(0.0, 0.0)
    spread = state.spread()
    error = scale * scale * spread * state.weight2 / (state.weight * state.weight)
    return Outlook(state.rate() * scale, spread * scale + error)


def tail(mean: float, variance: float, least: int) -> float:
    """P(X >= least) for a negative binomial of that mean and variance (Poisson when the variance is no larger)."""
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if least > 2000:
        return _normal_tail(mean, variance, least)
    return max(0.0, min(1.0, 1.0 - _mass_below(mean, variance, least)))


def _mass_below(mean: float, variance: float, least: int) -> float:
    """P(X < least), by the recurrence of the probabilities in logarithms, so that small tails do not underflow."""
    if variance <= mean * 1.0001:
        size, log_chance, log_p = math.inf, math.log(mean), -mean
    else:
        size = mean * mean / (variance - mean)
        log_chance = math.log1p(-mean / variance)
        log_p = size * math.log(mean / variance)
    below = 0.0
    for k in range(least):
        below += math.exp(log_p)
        log_p += log_chance + (math.log(k + size) if size < math.inf else 0.0) - math.log(k + 1)
    return below


def _normal_tail(mean: float, variance: float, least: int) -> float:
    spread = math.sqrt(max(variance, mean))
    return 0.5 * math.erfc((least - 0.5 - mean) / (spread * math.sqrt(2.0)))
