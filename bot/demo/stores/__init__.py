"""The platforms as the demo and the tests play them: what their APIs answer and which webhooks they send. Pure values:
somebody else serves and sends them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.core.polling import Call, Response


class Stand(Protocol):
    """A platform's API, played. ``hosts`` are the names under which the real one is called."""

    hosts: tuple[str, ...]

    def answer(self, call: Call, now: datetime) -> Response:
        """What the platform answers to a call at ``now``, in its own words also where it refuses."""
