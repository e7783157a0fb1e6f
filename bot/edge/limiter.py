"""When the next call of Slack's Web API may leave: a bucket of tokens for each method, and for posts for each channel.

Figures: Slack, "Rate limits": tiers of 1, 20, 50 and 100 calls a minute, one post a second in a channel. Slack allows
bursts without saying how long ones, so ours are short.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_TIERS: dict[str, int] = {
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "chat.postMessage": 240,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.list": 20,
    "views.open": 100,
    "views.publish": 100,
}
_OTHERS = 50
_POST = "chat.postMessage"
_CHANNEL_BURST = 3.0
_CHANNEL_RATE = 1.0


@dataclass(slots=True)
class _Bucket:
    """Tokens that come back at ``rate`` a second up to ``size``."""

    size: float
    rate: float
    left: float
    seen: float

    def fill(self, now: float) -> None:
        self.left = min(self.size, self.left + max(0.0, now - self.seen) * self.rate)
        self.seen = now

    def wait(self) -> float:
        return 0.0 if self.left >= 1 else (1 - self.left) / self.rate


@dataclass(slots=True)
class Limiter:
    """The rates of one workspace. ``now`` is in seconds of a clock that never jumps."""

    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _closed: dict[str, float] = field(default_factory=dict)

    def wait(self, method: str, channel: str, now: float) -> float:
        """Seconds to wait before the call may leave. 0.0 lets it go, and counts it."""
        buckets = self._buckets_of(method, channel, now)
        wait = max(self._closed.get(method, now) - now, *(bucket.wait() for bucket in buckets))
        if wait <= 0:
            for bucket in buckets:
                bucket.left -= 1
        return max(0.0, wait)

    def penalise(self, method: str, seconds: float, now: float) -> None:
        """Slack answered 429: nothing of the method leaves for so long."""
        self._closed[method] = max(self._closed.get(method, now), now + seconds)

    def _buckets_of(self, method: str, channel: str, now: float) -> list[_Bucket]:
        a_minute = _TIERS.get(method, _OTHERS)
        buckets = [self._bucket(method, a_minute / 5, a_minute / 60, now)]
        if method == _POST:
            buckets.append(self._bucket(f"{method} {channel}", _CHANNEL_BURST, _CHANNEL_RATE, now))
        return buckets

    def _bucket(self, name: str, size: float, rate: float, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(name, _Bucket(size, rate, size, now))
        bucket.fill(now)
        return bucket
