"""What holds for every test: no deadlines on slow machines, and benchmarks apart from tests."""

import os
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

BENCHMARKS = Path(__file__).parent / "benchmarks"

# A machine that is busy with something else must not fail a property; what a property takes is measured elsewhere.
# Continuous integration draws the same examples each time, so that a commit that passed once passes again; everybody
# else's runs draw new ones.
settings.register_profile("floorwalker", deadline=None, print_blob=True, derandomize=os.environ.get("CI") == "true")
settings.load_profile("floorwalker")

# Drawn with every value in it, a traceback takes seconds, and tests of what goes wrong log many.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in the folder of benchmarks is one, without saying so itself."""
    for item in items:
        if item.path.is_relative_to(BENCHMARKS):
            item.add_marker(pytest.mark.bench)
