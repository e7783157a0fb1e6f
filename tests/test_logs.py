"""What is logged is readable, and no secret gets into it by any way."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import Redaction, configure

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SECRET = 'canary/"quoted" sëcret'
TOKENS = [
    "xoxb-1234-canary",
    "xapp-1-canary-99",
    "xoxe.xoxp-1-canary",
    "whsec_canary+/=",
    "shpss_canary",
    "shpat_canary",
    "sk_live_canary",
    "rk_test_canary",
    "Bearer canary.abc-def",
    "Basic Y2FuYXJ5canary==",
    "https://hooks.slack.com/commands/T1/2/canary",
    "postgresql+psycopg://floor:canary@db/x",
]


class Noon:
    def now(self) -> datetime:
        return NOW


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The process's logging as it was."""
    before = structlog.get_config()
    root = logging.root
    handlers, level, ours = root.handlers[:], root.level, logging.getLogger("bot").level
    yield
    root.handlers, root.level = handlers, level
    logging.getLogger("bot").setLevel(ours)
    logging.captureWarnings(False)
    structlog.configure(**before)


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_entry_is_one_line_of_json_with_its_time_level_and_fields() -> None:
    stream = io.StringIO()
    configure(stream, Noon())
    structlog.get_logger("bot.test").info("shown", channel="#ops", posts=3)
    assert entries(stream) == [
        {
            "event": "shown",
            "channel": "#ops",
            "posts": 3,
            "level": "info",
            "logger": "bot.test",
            "at": "2026-11-27T09:00:00.000+00:00",
        }
    ]


def test_libraries_are_heard_from_warnings_on_in_the_same_form() -> None:
    stream = io.StringIO()
    configure(stream, Noon())
    logging.getLogger("slack_sdk.web").info("not told")
    logging.getLogger("slack_sdk.web").warning("told %s", "twice", extra={"token": TOKENS[0]})
    (entry,) = entries(stream)
    assert (entry["event"], entry["level"], entry["token"]) == ("told twice", "warning", "xoxb-[secret]")


def test_at_debug_everything_is_heard() -> None:
    stream = io.StringIO()
    configure(stream, Noon(), level="DEBUG")
    logging.getLogger("aiohttp").debug("told")
    assert [entry["event"] for entry in entries(stream)] == ["told"]


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
@pytest.mark.parametrize("token", [*TOKENS, SECRET])
def test_no_secret_gets_into_the_log_by_any_way(token: str, kind: type[io.StringIO]) -> None:
    stream = kind()
    configure(stream, Noon(), secrets=[SECRET])
    log = structlog.get_logger("bot.test")
    log.warning(f"said {token}", field=token, deep={"a": [token, (token,)], token: 1}, raw=token.encode(), held={token})
    logging.getLogger("library").error("said %s", token)
    try:
        raise ValueError(f"failed with {token}")
    except ValueError:
        log.exception("broken", cause=ValueError(token))
        logging.getLogger("library").exception("broken")
    text = stream.getvalue()
    assert "[secret]" in text
    assert "ValueError" in text
    assert "canary" not in text


def test_what_is_no_secret_stays_as_it_is() -> None:
    text = "SKU-1042 sold 3 of 7 at 12:30, see https://shop.example.com/a?b=c and mail me@example.com; a basic tee"
    assert Redaction(["canary-1"]).text(text) == text


def test_a_secret_too_short_to_be_one_does_not_blacken_words() -> None:
    assert Redaction(["a", ""]).text("a banana") == "a banana"


def test_a_secret_inside_of_another_leaves_no_rest() -> None:
    assert Redaction(["canary", "canary-long"]).text("canary-long canary") == "[secret] [secret]"


@given(st.text(min_size=6, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_whatever_the_configured_secret_is_it_is_hidden(secret: str, before: str, after: str) -> None:
    assert secret not in Redaction([secret]).text(f"{before}{secret}{after}").replace("[secret]", "\0")
