"""The messages as Slack takes them, and the files in which they are kept."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.core.message import Message
from bot.edge.render import Look, render
from bot.edge.written import written as read

FOLDER = Path(__file__).parent
LOOK = Look("en_GB", ZoneInfo("Europe/Berlin"))


def written(message: Message) -> str:
    """The message as its file has it: how it reads, and what Slack is sent, a line for every value."""
    rendered = render(message, LOOK)
    kept = {"reads": read(message, LOOK).splitlines(), "text": rendered.text, "blocks": rendered.blocks}
    return json.dumps(kept, indent=1, ensure_ascii=False) + "\n"


def file_of(name: str) -> Path:
    """Where the message of that name is kept."""
    return FOLDER / f"{name}.json"
