"""How unlikely it is that a source sends so little: its deliveries against what it sends at this hour of the week.

What is usual is a rate for each hour of the week, out of the past weeks, times how busy the last two weeks were. An
hour of which little is known leans on the same hour of all days. Counts are judged by a negative binomial, because one
sale is several deliveries and one day is busier than another; both are measured on the source itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.core.demand import tail

WINDOWS = (1, 3, 6, 12, 24, 48, 72)
"""Hours that are judged, all up to now."""
LEAST_EXPECTED = 3.0
"""Deliveries that a window must lead one to expect before its silence says anything."""
LEAST_DAYS = 14

_JUDGED = max(WINDOWS)
_DAY = 24
_RECENT = 14 * _DAY
_PRIOR = 0.5
_LEAST_SPREAD, _MOST_SPREAD = 0.04, 1.0
_MOST_LEVEL = 3.0


@dataclass(frozen=True, slots=True)
class Window:
    """The last ``hours``: deliveries seen, deliveries to be expected, and how likely no more than those seen are."""

    hours: int
    seen: int
    expected: float
    probability: float


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is usual: deliveries an hour by the hour of the week, how bursts widen a count, and days differ."""

    rates: tuple[float, ...]
    bursts: float
    spread: float


def windows(counts: Mapping[int, int], zone: tzinfo, now: datetime, asleep: Collection[int] = ()) -> tuple[Window, ...]:
    """The windows of which enough is expected, the shortest first; none while the source is known for too short a time.

    ``counts`` are deliveries by the hour (counted from 1970, UTC) of the past weeks; ``zone`` is where its week is. In
    the hours of ``asleep`` nobody was there all the time to hear, so they say nothing of anybody's silence.
    """
    this = int(now.timestamp() // 3600)
    first = min(counts, default=this)
    end = this - _JUDGED
    if end - first < LEAST_DAYS * _DAY:
        return ()
    slots = {hour: _slot(hour, zone) for hour in range(first, this + 1) if hour == this or hour not in asleep}
    usual = _usual(counts, slots, first, end)
    begun = 0.0 if this in asleep else (now.timestamp() - this * 3600) / 3600
    return tuple(
        window
        for hours in WINDOWS
        if (window := _window(counts, slots, usual, this, hours, begun)).expected >= LEAST_EXPECTED
    )


def _slot(hour: int, zone: tzinfo) -> int:
    """The hour of the week, 0 being Monday's first."""
    at = datetime.fromtimestamp(hour * 3600, zone)
    return at.weekday() * _DAY + at.hour


def _window(
    counts: Mapping[int, int], slots: Mapping[int, int], usual: _Usual, this: int, hours: int, begun: float
) -> Window:
    """The full hours and the part of the running one."""
    full = _known(range(this - hours, this), slots)
    seen = sum(counts.get(hour, 0) for hour in (*full, this))
    expected = sum(usual.rates[slots[hour]] for hour in full) + begun * usual.rates[slots[this]]
    days = max(1.0, hours / _DAY)
    variance = usual.bursts * expected + usual.spread * expected**2 / days
    return Window(hours, seen, expected, 1.0 - tail(expected, variance, seen + 1))


def _usual(counts: Mapping[int, int], slots: Mapping[int, int], first: int, end: int) -> _Usual:
    rates = _rates(counts, slots, _known(range(first, end), slots))
    level = _level(counts, slots, rates, _known(range(max(first, end - _RECENT), end), slots))
    rates = tuple(rate * level for rate in rates)
    return _Usual(rates, *_noise(counts, slots, rates, range(first, end)))


def _known(hours: range, slots: Mapping[int, int]) -> list[int]:
    """The hours of which anything is known."""
    return [hour for hour in hours if hour in slots]


def _rates(counts: Mapping[int, int], slots: Mapping[int, int], known: list[int]) -> tuple[float, ...]:
    """Deliveries an hour by slot: the mean of a gamma distribution that begins at the same hour of all days."""
    told, times = [0] * (7 * _DAY), [0] * (7 * _DAY)
    for hour in known:
        told[slots[hour]] += counts.get(hour, 0)
        times[slots[hour]] += 1
    overall = sum(told) / max(1, sum(times))
    rates = []
    for slot in range(7 * _DAY):
        alike = range(slot % _DAY, 7 * _DAY, _DAY)
        usual = _leaning(sum(told[each] for each in alike), sum(times[each] for each in alike), overall)
        rates.append(_leaning(told[slot], times[slot], usual))
    return tuple(rates)


def _leaning(told: int, times: int, usual: float) -> float:
    """A rate that leans on the usual one as far as little was told."""
    return (told + _PRIOR) / (times + _PRIOR / usual) if usual > 0 else 0.0


def _level(counts: Mapping[int, int], slots: Mapping[int, int], rates: tuple[float, ...], lately: list[int]) -> float:
    expected = sum(rates[slots[hour]] for hour in lately)
    level = sum(counts.get(hour, 0) for hour in lately) / expected if expected > 0 else 0.0
    return min(level, _MOST_LEVEL)


def _noise(
    counts: Mapping[int, int], slots: Mapping[int, int], rates: tuple[float, ...], past: range
) -> tuple[float, float]:
    """How much wider than by pure chance an hour's count is (a factor), and how much days differ (a squared share)."""
    known = _known(past, slots)
    expected = max(1.0, sum(rates[slots[hour]] for hour in known))
    bursts = max(1.0, sum((counts.get(hour, 0) - rates[slots[hour]]) ** 2 for hour in known) / expected)
    apart = squares = 0.0
    for start in range(past.start, past.stop - _DAY + 1, _DAY):
        day = _known(range(start, start + _DAY), slots)
        usual = sum(rates[slots[hour]] for hour in day)
        seen = sum(counts.get(hour, 0) for hour in day)
        apart += (seen - usual) ** 2 - bursts * usual
        squares += usual**2
    spread = apart / squares if squares > 0 else 0.0
    return bursts, min(max(spread, _LEAST_SPREAD), _MOST_SPREAD)


def since(window: Window, now: datetime) -> datetime:
    """When the window began."""
    return now - timedelta(hours=window.hours)


QUARTERS = 4
"""Into so many parts an hour is divided to know whether we were there to hear."""
_ALL = 2**QUARTERS - 1


def quarter_of(moment: datetime) -> int:
    """The quarter of an hour of a moment, counted from 1970 in UTC."""
    return int(moment.timestamp() // (3600 // QUARTERS))


def asleep(marks: Mapping[int, int], now: datetime) -> frozenset[int]:
    """The hours in which we were not there all the time.

    ``marks`` say by the hour in which of its quarters we were seen, a bit each. Where a quarter lacks its mark we may
    have gone in the one before and come back in the one after, so those are not trusted either. Of what was before the
    first mark nothing is known, and nothing is held against it.
    """
    last = quarter_of(now)
    first = min(marks, default=last // QUARTERS)
    partly = [hour for hour in range(first, last // QUARTERS + 1) if marks.get(hour, 0) != _ALL]
    unseen = [hour * QUARTERS + n for hour in partly for n in range(QUARTERS) if not marks.get(hour, 0) >> n & 1]
    doubted = {(quarter + near) // QUARTERS for quarter in unseen if quarter < last for near in (-1, 0, 1)}
    return frozenset(hour for hour in doubted if hour > first)
