"""What the trials share: the servers of the store's tests, and a way to say what was tried and how often."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.store.conftest import pooled, postgres

__all__ = ["pooled", "postgres", "told"]

Told = Callable[[str], None]


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Looks again and again until it holds. Raises TimeoutError."""
    patience = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        patience.wait(0.05)
    raise TimeoutError


@pytest.fixture
def told(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Told:
    """Writes a trial's figures into the report of the run, since a nought means little without its n."""
    terminal = request.config.get_terminal_writer()

    def write(figures: str) -> None:
        with capsys.disabled():
            terminal.line()
            terminal.line(f"  {figures}")

    return write
