"""The log: one line of JSON an entry (or columns on a terminal), ours and the libraries', without a secret.

Whatever is logged passes ``Redaction`` last, as text: messages, fields, tracebacks and what libraries say.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, MutableMapping
from typing import Any, Protocol, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import Processor

_SHOWN = "[secret]"

# How the platforms' tokens look, wherever they turn up; the part before a secret that tells its kind stays readable.
_FORMS = (
    re.compile(r"\b((?:xox[a-z]|xapp|xwfp)-)[\w.-]+"),
    re.compile(r"\b(whsec_|shpss_|shpat_|shpca_|[srp]k_(?:live|test)_)[\w+/=-]+"),
    re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{6,}"),
    re.compile(r"(?i)(hooks\.slack\.com/)[\w/.-]+"),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
)
# A value this short would blacken ordinary words; the config's own secrets are longer.
_LEAST = 6


class Now(Protocol):
    """Where the time of an entry comes from: bot.clock.Clock."""

    def now(self) -> Any:
        """Aware UTC."""


class Redaction:
    """Hides the given secret values and everything that looks like a platform's token."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = {form for secret in secrets if len(secret) >= _LEAST for form in _written(secret)}
        # Longest first, so that a secret that contains another one is hidden whole.
        given = "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
        self._given = re.compile(given) if given else None

    def text(self, text: str) -> str:
        """The text with every secret replaced."""
        if self._given:
            text = self._given.sub(_SHOWN, text)
        for form in _FORMS:
            text = form.sub(rf"\1{_SHOWN}", text)
        return text

    def __call__(self, logger: Any, name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The entry, a structlog processor's way: keys and values at every depth."""
        return {str(self._clean(key)): self._clean(value) for key, value in entry.items() if not _internal(key)} | {
            key: value for key, value in entry.items() if _internal(key)
        }

    def _clean(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.text(value)
            case bytes():
                return self.text(value.decode(errors="replace"))
            case dict():
                return {str(self._clean(key)): self._clean(one) for key, one in value.items()}
            case list() | tuple():
                return [self._clean(one) for one in value]
        # Anything else would be written as its repr by the renderer, after the secrets were looked for.
        return self.text(repr(value))


def _written(secret: str) -> tuple[str, ...]:
    """The ways in which a secret may stand in a text: plain, in a URL, in JSON, in what Python shows of a value."""
    return secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1], ascii(secret)[1:-1]


def _internal(key: str) -> bool:
    return key in ("_record", "_from_structlog")


def configure(stream: TextIO, clock: Now, *, secrets: Iterable[str] = (), level: str = "INFO") -> None:
    """Sets up structlog and the standard library's logging for the whole process, once, at start.

    A terminal gets columns, everything else JSON. ``level`` is for our own entries; libraries are heard from WARNING
    on, or from DEBUG on when that is our level.
    """
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        _stamped(clock),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *before],
        processors=[
            Redaction(secrets),
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _renderer(stream.isatty()),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.DEBUG if level == "DEBUG" else logging.WARNING)
    logging.getLogger("bot").setLevel(level)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # Not cached, so that whoever sets logging up anew, such as a test, reaches every module's logger.
        cache_logger_on_first_use=False,
    )


def _stamped(clock: Now) -> Processor:
    def stamp(logger: Any, name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["at"] = clock.now().isoformat(timespec="milliseconds")
        return entry

    return stamp


def _renderer(terminal: bool) -> Processor:
    if not terminal:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    # The plain formatter, because the rich one prints the values of local variables, and secrets are among them.
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, timestamp_key="at")
