"""Lengths of time as people write them: "90m", "4h", "2d"."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PATTERN = re.compile(r"([0-9]{1,6})([smhdw])", re.ASCII)
"""What a length of time looks like."""


def duration(text: str) -> timedelta:
    """A duration such as "90m", "4h" or "2d" (units s, m, h, d, w). Raises ValueError."""
    match = PATTERN.fullmatch(text)
    if not match:
        raise ValueError('must be a duration such as "90m", "4h" or "2d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
