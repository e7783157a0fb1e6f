"""How often one person may ask in a minute, so that nobody who leans on a key keeps others from their answers."""

from __future__ import annotations

_MANY = 1000


class Pace:
    """A bucket for each person that holds ``most`` askings and fills up evenly within ``seconds``; of this process."""

    def __init__(self, most: int = 20, seconds: float = 60.0) -> None:
        self._step = seconds / most
        self._room = seconds - self._step
        self._full_at: dict[str, float] = {}

    def allows(self, user: str, now: float) -> bool:
        """Whether they may ask once more; ``now`` in seconds of a clock that never jumps. What is refused costs
        nothing."""
        full_at = max(self._full_at.get(user, now), now)
        # A billionth of a second is no reason to refuse.
        if full_at - now > self._room + 1e-9:
            return False
        if len(self._full_at) >= _MANY:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        self._full_at[user] = full_at + self._step
        return True
