"""The table of what is promised says what the trials found, no more and no less."""

from __future__ import annotations

import json
from pathlib import Path

from tests.reliability.report import FOUND, README, read, record, table, written


def test_the_readme_tells_what_the_trials_found() -> None:
    text = README.read_text("utf-8")
    assert read(FOUND)
    assert written(text, read(FOUND)) == text
    assert table(read(FOUND)) in text


def test_what_is_found_anew_replaces_what_was_found_before_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "promise.json"
    record("kills", "Nothing is lost", 200, 1, path=path)
    record("slots", "Each slot comes once", 5000, 0, "that it is on time", path=path)
    record("kills", "Nothing is lost", 300, 0, path=path)
    assert {name: line["n"] for name, line in json.loads(path.read_text("utf-8")).items()} == {
        "kills": 300,
        "slots": 5000,
    }
    kills, slots = table(read(path)).splitlines()[2:]
    assert "| 300 | 0 | under 1 % |" in kills
    assert "| 5,000 | 0 | under 0.06 % | that it is on time |" in slots


def test_a_broken_promise_is_told_as_such(tmp_path: Path) -> None:
    record("kills", "Nothing is lost", 200, 1, path=tmp_path / "promise.json")
    assert "| 200 | 1 | does not hold |" in table(read(tmp_path / "promise.json"))
