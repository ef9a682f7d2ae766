"""The documents say what the program does: generated pages are current, and every command they name exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli import app
from docs.generate import HERE, pages, walk
from tests.command import fairbook

ROOT = HERE.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", pages())
def test_generated_pages_are_current(name):
    assert (HERE / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def sections(text: str) -> dict[str, str]:
    """What stands under each heading of the second level."""
    _, *parts = re.split(r"^## (.+)\n", text, flags=re.M)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_command_and_option_is_documented_in_its_own_section():
    found = sections((HERE / "commands.md").read_text(encoding="utf-8"))
    commands = dict(walk(app, "fairbook"))
    assert set(found) == set(commands)
    for path, command in commands.items():
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts) if isinstance(parameter, click.Option) else ():
                assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", found[path]), f"{path} {option}"
        if not isinstance(command, click.Group):
            assert f"Example: {path}" in found[path], f"{path} shows no example"


# --- the README's commands, run -----------------------------------------------------------------

#: What a reader puts for the README's placeholders in the table of commands.
MEANT = {"[DIR]": "demo", "[--example]": "--example", "PLAN": "demo/plan.yaml", "RUN": "latest", "DIR": "out",
         "DIR/workbook.xlsx": "out/workbook.xlsx", "CUSTOMER": "C0001", "FILE": "demo/happened.csv"}  # fmt: skip
#: Searches cut short here: what is tried is that the command as printed is one.
QUICK = {
    "frontier": ["--points", "3", "--time-limit", "2"], "worth": ["--confirm", "0"], "watch": ["--time-limit", "2"],
    "advise": ["--periods", "1", "--grid", "objectives.fit.weight=1", "--time-limit", "2"],
}  # fmt: skip
#: What each command of `runs` needs besides its name.
NEEDS = {"diff": ["latest"], "rm": ["latest", "--yes"]}


def said_in(section: str) -> list[list[str]]:
    """The words of every ``fairbook`` command in a section of the README, in order; ``a\\|b`` are two commands."""
    text = sections(README)[section]
    found = []
    for line in re.findall(r"`(fairbook [^`\n]+)`|^(fairbook .+)$", text, flags=re.M):
        words = shlex.split("".join(line).replace("\\|", "|"), comments=True)[1:]
        choices = next((word.split("|") for word in words if "|" in word), [""])
        found += [[choice if "|" in word else word for word in words] for choice in choices]
    return found


def be_quick(plan: Path) -> None:
    """Ask for a plan that is good enough for a test."""
    text = plan.read_text(encoding="utf-8")
    changed = re.sub(r"^solve:.*$", "solve: {time_limit: 60, gap: 3, workers: 1, seed: 1}", text, flags=re.M)
    assert changed != text
    plan.write_text(changed, encoding="utf-8")


def test_the_first_hour_of_the_readme(tmp_path: Path):
    """Every command as it stands there, on a company's own export: here the shipped example's tables under other names."""
    steps = said_in("Your first hour, with your own export")
    words = [" ".join(step[:2]) for step in steps]
    assert words == ["init q4", "check q4/plan.yaml", "solve q4/plan.yaml", "report latest", "solve q4/plan.yaml",
                     "runs list", "runs diff", "export latest", "schema"]  # fmt: skip
    assert fairbook("init", "company", "--example", cwd=tmp_path).code == 0
    runs: list[str] = []
    for step in steps:
        done = fairbook(*[runs[0] if word == "RUN" else word for word in step], cwd=tmp_path)
        assert done.code == 0, (step, done.err)
        assert done.out.strip(), step
        if step[0] == "init":  # the first step in words: put your exports in the folder, edit the plan
            for export, name in {"customers.csv": "accounts.csv", "reps.csv": "reps.csv"}.items():
                (tmp_path / "company" / export).rename(tmp_path / "q4" / name)
            be_quick(tmp_path / "q4" / "plan.yaml")
        if step[0] == "solve":
            (newest, *_) = fairbook("runs", "list", "--json", cwd=tmp_path).json()
            runs.append(newest["id"])
    assert len(set(runs)) == 2
    assert (tmp_path / f"fairbook-report-{runs[0]}" / "page.html").exists()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "assignment.csv", "books.csv", "result.json", "unassigned.csv",
    ]  # fmt: skip


def test_the_table_of_commands_in_the_readme(tmp_path: Path):
    """Every command of the table with the shipped example, and no command is missing there."""
    called = set()
    for step in said_in("Commands"):
        words = [MEANT.get(word, word) for word in step]
        words += NEEDS.get(words[1], []) if words[0] == "runs" else QUICK.get(words[0], [])
        done = fairbook(*words, cwd=tmp_path)
        assert done.code == 0, (words, done.err)
        assert done.out.strip(), words
        called.add(" ".join(["fairbook", *words[: 2 if words[0] == "runs" else 1]]))
        if words[0] == "init":
            be_quick(tmp_path / "demo" / "plan.yaml")
            history = (tmp_path / "demo" / "history.csv").read_text(encoding="utf-8")
            (tmp_path / "demo" / "happened.csv").write_text(history.replace(",2026-0", ",2027-0"), encoding="utf-8")
        if words[:2] == ["runs", "rm"]:
            assert fairbook("solve", "demo/plan.yaml", cwd=tmp_path).code == 0
    assert called == {path for path, command in walk(app, "fairbook") if not isinstance(command, click.Group)}


def test_completion_as_the_readme_sets_it_up(tmp_path: Path):
    (shell,) = re.findall(r"_FAIRBOOK_COMPLETE=(\w+) fairbook", README)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "_FAIRBOOK_COMPLETE": shell}
    command = [sys.executable, "-c", "import cli; cli.main()"]
    script = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert "complete -o nosort -F" in script.stdout, script.stderr
    asked = {"_FAIRBOOK_COMPLETE": "bash_complete", "COMP_WORDS": "fairbook so", "COMP_CWORD": "1"}
    done = subprocess.run(command, env=environment | asked, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "plain,solve\n"


# --- the rest -----------------------------------------------------------------------------------


def test_the_readmes_plan_is_a_plan():
    from scenarios.plan.plan import parse_plan
    from scenarios.plan.yaml_text import parse_document

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
