"""Slack's rate limits: a bucket for each method, and for posts one for each channel and one for the workspace."""

import math
from dataclasses import dataclass, field

from bot.workbench.clock import Clock

# Calls a minute by tier, as documented under "Rate limits" of Slack's Web API; tier 5 stands for the special tier,
# for which Slack publishes only "several hundred a minute".
PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100, 5: 300}
# Slack documents one post a second and channel and "bursts allowed" without a figure.
POSTS_PER_SECOND = 1.0
POST_BURST = 5
POST_METHODS = frozenset({"chat.postMessage"})


@dataclass
class Bucket:
    """Tokens that come back at `rate` a second up to `size`."""

    size: float
    rate: float
    left: float
    seen: float

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0 when one is."""
        self.left = min(self.size, self.left + max(0.0, now - self.seen) * self.rate)
        self.seen = now
        return 0.0 if self.left >= 1 else (1 - self.left) / self.rate


@dataclass
class RateLimits:
    """Decides whether a call may pass now; a refused call costs nothing."""

    clock: Clock
    on: bool = True
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def refuse(self, method: str, tier: int, channel: str | None) -> int | None:
        """Whole seconds for Retry-After, or None when the call may pass."""
        if not self.on:
            return None
        now = self.clock.now()
        taken = [self._bucket(key, size, rate, now) for key, size, rate in _claims(method, tier, channel)]
        wait = max(bucket.wait(now) for bucket in taken)
        if wait > 0:
            return math.ceil(wait)
        for bucket in taken:
            bucket.left -= 1
        return None

    def forget(self) -> None:
        """Fill every bucket again."""
        self.buckets.clear()

    def _bucket(self, key: str, size: float, rate: float, now: float) -> Bucket:
        return self.buckets.setdefault(key, Bucket(size, rate, size, now))


def _claims(method: str, tier: int, channel: str | None) -> list[tuple[str, float, float]]:
    claims = [(method, float(PER_MINUTE[tier]), PER_MINUTE[tier] / 60)]
    if method in POST_METHODS and channel is not None:
        claims.append((f"{method} {channel}", float(POST_BURST), POSTS_PER_SECOND))
    return claims
