"""The documents say what the program does: generated pages are current, and every command they name exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from cli import app
from docs.generate import HERE, pages, walk
from tests.command import fairbook

ROOT = HERE.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"fairbook (?:init|check|solve|report|export|runs|schema)[^`\n|;#\\\\]*", README)))


@pytest.mark.parametrize("name", pages())
def test_generated_pages_are_current(name):
    assert (HERE / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_every_command_and_option_is_documented():
    text = (HERE / "commands.md").read_text(encoding="utf-8")
    for path, command in walk(app, "fairbook"):
        assert f"## {path}\n" in text
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert option in text
        if not isinstance(command, click.Group):
            assert "Example: fairbook" in (command.help or ""), f"{path} shows no example"


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_of_the_readme_parse(line):
    words = [
        w for w in shlex.split(line.replace("[DIR]", "DIR").replace("[--example]", "--example")) if w != "fairbook"
    ]
    command: click.Command = app
    while isinstance(command, click.Group):
        name = words.pop(0).split("|")[0]
        assert name in command.commands, line
        command = command.commands[name]
    command.make_context(line, words, resilient_parsing=False)


def test_the_readmes_plan_is_a_plan():
    from scenarios.plan import parse_plan
    from scenarios.yaml_text import parse_document

    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.S)
    plan = parse_plan(parse_document(block).data)
    assert set(plan.rules) == {"max_accounts", "moves"}


def test_links_and_pictures_are_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake (\w+)", README)) - {"a"}:
        assert f"\n{target}:" in makefile, target


def test_template_and_schema(tmp_path: Path):
    assert fairbook("init", tmp_path / "q4", cwd=tmp_path).code == 0
    schema = fairbook("schema", cwd=tmp_path).json()
    assert {"period", "data", "rules", "objectives"} <= set(schema["properties"])
    assert "metric" in str(schema["$defs"]["Capacity"])


def test_glossary_has_no_second_word_for_a_thing():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([\w ]+) \|", text, re.M)[1:]
    assert words == sorted(words)
    assert len(words) == len(set(words))
