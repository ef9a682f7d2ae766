"""The worked story: its page is what its figures make, its commands are commands, its pictures are there."""

from __future__ import annotations

import json
import re
import shlex

import click
import pytest

from cli import app
from docs.story import HERE, LINES, decide, page
from scenarios.plan.patch import resolve
from scenarios.plan.plan import parse_plan
from scenarios.plan.yaml_text import parse_document, read_document
from scenarios.start import start

STORY = json.loads((HERE / "story.json").read_text(encoding="utf-8"))
PAGE = (HERE / "story.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^fairbook .+$", PAGE, re.M)


def test_the_page_is_what_its_figures_make() -> None:
    assert page(STORY) == PAGE, "run `make story`, or `python -m docs.story --again` where only words changed"


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_one(line: str) -> None:
    words = shlex.split(line)[1:]
    command = app.get_command(click.Context(app), words[0])
    assert command is not None, line
    with click.Context(command, info_name=words[0]) as context:
        command.parse_args(context, words[1:])  # raises where an option or a value is none


def test_the_page_shows_every_step() -> None:
    shown = {line.split()[1] for line in COMMANDS}
    assert shown == {line.split()[1] for line in LINES.values()} | {"explain"}


def test_its_questions_fit_the_shipped_example(tmp_path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    start(tmp_path, example=True)
    data = read_document(tmp_path / "plan.yaml").data | parse_document(block).data
    for name in data["scenarios"]:
        resolved = resolve(data, name, (), "plan.yaml")
        assert parse_plan(resolved.data, "plan.yaml").rules


def test_pictures_are_there() -> None:
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", PAGE)
    assert len(pictures) == 4
    for picture in pictures:
        assert (HERE / picture).stat().st_size < 150_000


def test_no_figure_is_missing_and_the_decision_is_the_rules() -> None:
    assert not re.search(r"\b(None|nan)\b", PAGE)
    assert STORY["chosen"] == decide(STORY["options"])
    assert STORY["seconds"] < 120
