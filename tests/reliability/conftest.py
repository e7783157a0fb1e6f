"""What the trials share: the servers of the store's tests, and a way to say what was tried and how often."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.store.conftest import pooled, postgres

__all__ = ["pooled", "postgres", "told"]

Told = Callable[[str], None]


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Told:
    """Writes a trial's figures into the report of the run, since a nought means little without its n."""
    terminal = request.config.get_terminal_writer()

    def write(figures: str) -> None:
        terminal.line()
        terminal.line(f"  {figures}")

    return write
