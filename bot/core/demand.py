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
_KEEP: float = 0.5 ** (1.0 / HALF_LIFE_DAYS)
DEFAULT_LEAD_DAYS = 14.0
MOST_COVER_DAYS = 365.0
_SOONEST, _LATEST = 0.1, 0.9
_POISSON_UP_TO = 1.0 + 1e-5
_TINY = 1e-300
_NOTHING = 1e-12


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


def _rest(state: Demand, day: date) -> Demand:
    """The memory after days without a sale up to ``day``, in one step: what many closings of empty days add up to."""
    if not state.in_stock:
        return replace(state, day=day, stocked=False)
    days = (day - state.day).days
    keep = math.pow(_KEEP, days)
    return replace(
        state,
        day=day,
        weight=state.weight * keep + _weight_of(days),
        units=state.units * keep,
        squares=state.squares * keep,
        weight2=state.weight2 * keep**2 + (1.0 - keep**2) / (1.0 - _KEEP**2),
    )


def _weight_of(days: int) -> float:
    """What the last ``days`` closed days weigh."""
    return (1.0 - math.pow(_KEEP, days)) / (1.0 - _KEEP)


def advance(state: Demand, day: date) -> Demand:
    """The memory as of the start of ``day``: every day between is closed. A past ``day`` changes nothing."""
    if state.day >= day:
        return state
    closed = _close(state)
    return closed if closed.day == day else _rest(closed, day)


def current(state: Demand, day: date) -> Demand:
    """The memory to judge by during ``day``: a running day that already sold more than a usual one counts as closed."""
    state = advance(state, day)
    return _close(state) if state.today > state.rate() else state


def sold(state: Demand, day: date, quantity: float) -> Demand:
    """The memory after ``quantity`` units were ordered on ``day``.

    A late telling joins its closed day by that day's age; one from before the memory began lengthens the memory.
    Its square is that of the order alone, because a closed day's own total is no longer known.
    """
    state = advance(state, day)
    if day == state.day:
        return replace(state, today=state.today + quantity)
    age = (state.day - day).days
    faded = _KEEP ** (age - 1)
    return replace(
        state,
        weight=max(state.weight, _weight_of(age)),
        weight2=max(state.weight2, (1.0 - _KEEP ** (2 * age)) / (1.0 - _KEEP**2)),
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

    def quantile(self, share: float) -> int:
        """The fewest units that suffice with probability ``share`` (0 to 1, exclusive)."""
        high = 1
        while self.beyond(high + 1) > 1.0 - share:
            high *= 2
        low = -1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.beyond(middle + 1) > 1.0 - share else (low, middle)
        return high


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


@dataclass(frozen=True, slots=True)
class Cover:
    """For how many days a stock lasts: at the mean pace, and the 80 % interval of the day on which it runs out.

    All three are at most MOST_COVER_DAYS.
    """

    days: float
    soonest: float
    latest: float


def cover(state: Demand, stock: float) -> Cover | None:
    """How long ``stock`` units last at the usual pace, new deliveries left out; None when nothing sells."""
    pace = state.rate()
    if pace <= 0:
        return None
    units = max(stock, 0.0)
    days = min(units / pace, MOST_COVER_DAYS)
    return Cover(days, min(days, run_out_day(state, units, _SOONEST)), max(days, run_out_day(state, units, _LATEST)))


def run_out_day(state: Demand, stock: float, chance: float) -> float:
    """The days after which ``stock`` units are used up with at least that chance; at most MOST_COVER_DAYS."""
    low, high = 0.0, MOST_COVER_DAYS
    if stock <= 0:
        return 0.0
    while high - low > 0.05:
        middle = (low + high) / 2.0
        low, high = (low, middle) if outlook(state, middle).beyond(stock) >= chance else (middle, high)
    return high


def tail(mean: float, variance: float, least: int) -> float:
    """P(X >= least) for a negative binomial of that mean and variance (Poisson when the variance is no larger).

    For the negative binomial this is the regularised incomplete beta function I_q(least, size), where
    size = mean^2 / (variance - mean) and q = 1 - mean / variance (NIST DLMF 8.17).
    """
    if least <= 0:
        return 1.0
    if mean <= _NOTHING:
        return 0.0
    if variance <= mean * _POISSON_UP_TO:
        chance = _poisson_tail(mean, least)
    else:
        chance = _binomial_tail(mean, variance, least)
    return min(1.0, max(0.0, chance))


def _poisson_tail(mean: float, least: int) -> float:
    """The smaller side is summed term by term, from the largest term on until nothing is added."""
    rising = least > mean
    k = least if rising else least - 1
    term = total = 1.0
    first = math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
    while term > total * 1e-17:
        k += 1 if rising else -1
        term *= mean / k if rising else (k + 1) / mean
        total += term
    return first * total if rising else 1.0 - first * total


def _binomial_tail(mean: float, variance: float, least: int) -> float:
    size = mean * mean / (variance - mean)
    log_p, log_q = math.log(mean / variance), math.log1p(-mean / variance)
    front = math.lgamma(least + size) - math.lgamma(least) - math.lgamma(size) + least * log_q + size * log_p
    q = 1.0 - mean / variance
    if q * (least + size + 2.0) <= least + 1.0:
        return math.exp(front) * _fraction(least, size, q) / least
    return 1.0 - math.exp(front) * _fraction(size, least, mean / variance) / size


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (NIST DLMF 8.17.22), by Lentz's method."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    value, step, m = d, 0.0, 0
    while abs(step - 1.0) > 1e-13 and m < 20_000:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d, c = 1.0 / _away(1.0 + even * d), _away(1.0 + even / c)
        value *= c * d
        d, c = 1.0 / _away(1.0 + odd * d), _away(1.0 + odd / c)
        step = c * d
        value *= step
    return value


def _away(value: float) -> float:
    """Keeps a denominator off zero."""
    return value if abs(value) > _TINY else _TINY
