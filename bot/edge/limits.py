"""Slack's limits for what is drawn, in one place; ``bot.edge.fit`` keeps blocks within them.

Figures: Slack's Block Kit reference and chat.postMessage; where its pages and newer libraries differ, the smaller one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

Json = dict[str, Any]
Surface = Literal["message", "modal", "home"]

TEXT = 3000
"""Characters of a text object and of a message's fallback text (chat.update refuses more than 4,000)."""

BLOCKS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
TOTAL = 12_000
"""Visible characters of all blocks together; Slack gives no figure, messages above some 13,200 are refused."""

HEADER = 150
BUTTONS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
OPTION = 75
OPTION_VALUE = 150
OPTIONS = 5
"""Entries of a menu behind buttons."""
CHOICES = 100
"""Entries of a list to choose from."""
ID = 255
CONTEXT_ELEMENTS = 10
VIEW_TITLE = 24

TABLES = 1
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_TEXT = 10_000
CELL = 200
CAPTION = 150

CHARTS = 2
CHART_TITLE = 50
CHART_LABEL = 20
CHART_AXIS = 50
CHART_SERIES = 6
CHART_POINTS = 20
LARGEST = 10**15
"""Numbers of this size and more are shown in words, because JSON readers lose their digits."""

NATIVE: Mapping[Surface, bool] = {"message": True, "modal": False, "home": True}
"""Where native tables and charts may stand."""

_ELLIPSIS = "…"
_USER_WIDTH = 12
_TEXT_KEYS = frozenset({"text", "fallback", "label", "name", "title", "caption", "x_label", "y_label"})
_HALF_TOKEN = re.compile(r"(&[a-z]{0,4}|<[^>]*)\Z")


def cut(text: str, most: int) -> str:
    """Text of at most ``most`` characters; what was cut ends in an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + _ELLIPSIS


def fit_text(text: str) -> str:
    """A fallback text within its limit, cut between entities and mentions, never within one."""
    if len(text) <= TEXT:
        return text
    return _HALF_TOKEN.sub("", text[: TEXT - 1]).rstrip() + _ELLIPSIS


def size(node: Any) -> int:
    """Visible characters of a block or an element, fallbacks included."""
    if isinstance(node, list):
        return sum(size(part) for part in node)
    if not isinstance(node, dict):
        return 0
    own = sum(len(value) for key, value in node.items() if key in _TEXT_KEYS and isinstance(value, str))
    inner = sum(size(value) for value in node.values())
    return own + inner + (_USER_WIDTH if node.get("type") in ("user", "usergroup") else 0)
