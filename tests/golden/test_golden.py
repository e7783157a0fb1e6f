"""The bot's most important messages are what was looked at and found good; `make golden` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.workbench.blocks import validate
from tests.golden.files import FOLDER, file_of, written
from tests.golden.scenes import SCENES


@pytest.mark.parametrize("name", SCENES)
def test_a_message_is_the_one_that_was_looked_at(name: str, tmp_path: Path) -> None:
    assert written(SCENES[name].played(tmp_path)) == file_of(name).read_text("utf-8")


@pytest.mark.parametrize("name", SCENES)
def test_slack_takes_it(name: str) -> None:
    kept = json.loads(file_of(name).read_text("utf-8"))
    assert validate(kept["blocks"], "message") == []


def test_every_file_has_a_scene_and_every_scene_a_picture() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SCENES)
    assert {path.stem for path in FOLDER.glob("*.png")} == set(SCENES)
