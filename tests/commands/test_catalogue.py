"""The table of commands says what the commands say themselves, and listing them imports none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli import app
from commands.catalogue import COMMANDS
from tests.command import ROOT, fairbook


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_holds_the_commands_own_name_and_short_help(name):
    command = app.get_command(click.Context(app), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=1000) == COMMANDS[name][1]


def test_every_module_with_a_command_is_in_the_table():
    files = {f"commands.{path.stem}" for path in (ROOT / "commands").glob("*.py") if "def command(" in path.read_text()}
    assert files == {module for module, _ in COMMANDS.values()}


def test_the_help_lists_every_command_and_imports_none():
    code = (
        "import sys, cli\ncli.run(['--help'])\n"
        "heavy = {'pandas', 'numpy', 'ortools', 'rich', 'pydantic', 'sqlalchemy'} & set(sys.modules)\n"
        "called = {m for m, _ in cli.COMMANDS.values()} & set(sys.modules)\n"
        "assert not heavy | called, heavy | called"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    listed = done.stdout.split("Commands:\n")[1]
    assert [line.split()[0] for line in listed.splitlines() if line[2:3].strip()] == sorted(COMMANDS)


def test_a_misspelt_command_is_guessed(tmp_path: Path):
    done = fairbook("solv", cwd=tmp_path)
    assert done.code == 2
    assert "Did you mean 'solve'?" in done.err
