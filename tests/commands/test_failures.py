"""Every failure as exit code, words on stderr and, where asked for, one JSON object on stdout."""

from __future__ import annotations

import click
import pytest

import cli
from commands.failures import failure
from scenarios.files import FilesError
from scenarios.run.run import AuditFailed
from scenarios.store import StoreError, UnknownRun
from solver.problems import InputError, Problem
from solver.view import Violation
from tests.command import fairbook


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (InputError([Problem("odd", "is odd", "a.csv", row=3)]), "invalid_input", 3),
        (UnknownRun("no run 3f2a"), "unknown_run", 2),
        (StoreError("is locked"), "store", 3),
        (FilesError("is full"), "files", 3),
        (AuditFailed([Violation("R1 has too much")], "breaks 1 rules"), "defect", 1),
    ],
)
def test_every_known_failure_has_its_code_and_object(error, kind, code):
    found = failure(error)
    assert found is not None
    said = found.as_dict()
    assert (said["error"]["kind"], said["exit_code"]) == (kind, code)
    assert said["error"]["message"] == str(error)
    assert failure(ZeroDivisionError("1/0")) is None


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (("nonsense", "--json"), "usage", 2),
        (("solve", "--json"), "usage", 2),
        (("solve", "--json", "plan.yaml", "--wrkers", "3"), "usage", 2),
        (("solve", "plan.yaml", "--json", "--gap", "many"), "usage", 2),
        (("runs", "show", "--json"), "unknown_run", 2),
        (("runs", "rm", "3f2a", "--json"), "unknown_run", 2),
        (("runs", "rm", "--json"), "usage", 2),
        (("--store", "ftp://nowhere", "runs", "list", "--json"), "store", 3),
        (("--store", ".", "solve", "plan.yaml", "--json"), "store", 3),
        (("check", "nowhere.yaml", "--json"), "invalid_input", 3),
        (("init", ".", "--json"), "invalid_input", 3),
    ],
)
def test_with_json_a_failure_is_an_object_too(small, arguments, kind, code):
    done = fairbook(*arguments, cwd=small)
    assert done.code == code, done.err
    said = done.json()
    assert (said["error"]["kind"], said["exit_code"]) == (kind, code)
    assert said["error"]["message"]
    assert done.err.strip()
    without = fairbook(*(a for a in arguments if a != "--json"), cwd=small)
    assert (without.code, without.out) == (code, "")


@pytest.mark.parametrize("option", ["-q", "--quiet", "--store"])
def test_an_option_of_all_commands_behind_one_is_told_its_place(small, option):
    done = fairbook("solve", "plan.yaml", option, "x", cwd=small)
    assert done.code == 2
    assert f"No such option '{option}'" in done.err
    assert f"here: it goes before the command, fairbook {option} …" in done.err
    assert "goes before" not in fairbook("solve", "plan.yaml", "--wrkers", "3", cwd=small).err


def test_a_store_that_cannot_be_opened_costs_no_search(small, monkeypatch):
    def search(*_, **__):
        raise AssertionError("searched in vain")

    monkeypatch.setattr("scenarios.run.run.solve_prepared", search)
    done = fairbook("--store", ".", "solve", "plan.yaml", cwd=small)
    assert done.code == 3
    assert "the run store . is a folder" in done.err


def test_an_export_that_fails_does_not_take_the_run_along(small):
    (small / "out").write_text("a file in the way")
    done = fairbook("-q", "solve", "plan.yaml", "--export", "out", cwd=small)
    assert done.code == 3
    (run,) = fairbook("runs", "list", "--json", cwd=small).json()
    assert f"The plan is kept as run {run['id']}; only its export failed." in done.err


def test_json_as_the_value_of_an_option_is_none(small):
    done = fairbook("solve", "plan.yaml", "--set", "--json", cwd=small)
    assert (done.code, done.out) == (3, "")


def test_invalid_input_lists_its_problems_and_quiet_leaves_notes_out(small):
    customers = (small / "customers.csv").read_text(encoding="utf-8")
    (small / "customers.csv").write_text(customers.replace("C1,EMEA/DE", "C1,"), encoding="utf-8")
    for quiet in ((), ("-q",), ("--quiet",)):
        done = fairbook(*quiet, "check", "plan.yaml", "--set", "rules.capacity.metric=nonsense", "--json", cwd=small)
        assert done.code == 3
        severities = {p["severity"] for p in done.json()["problems"]}
        assert done.json()["status"] == "invalid"
        assert severities == {"error", "warning"}
        assert ("warning" in done.err) is not bool(quiet)


@pytest.mark.parametrize("command", ["check", "solve"])
def test_all_lists_every_problem_on_its_own_line(small, command):
    rows = "".join(f"D{n},EMEA/DE,much{n % 12},3,R1\n" for n in range(24))
    with (small / "customers.csv").open("a", encoding="utf-8") as file:
        file.write(rows)
    few, every = (fairbook(command, "plan.yaml", *flag, cwd=small) for flag in ((), ("--all",)))
    assert few.code == every.code == 3
    assert few.err.count("much") == 10
    assert "and 4 more: --all lists them" in few.err
    assert every.err.count("much") == 24
    assert "more" not in every.err
    assert len(fairbook(command, "plan.yaml", "--json", cwd=small).json()["problems"]) == 24


def test_an_unforeseen_error_is_a_defect_in_json_and_not_hidden(small, monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("scenarios.run.prepare.prepare", broken)
    monkeypatch.chdir(small)
    with pytest.raises(ZeroDivisionError):
        cli.run(["check", "plan.yaml", "--json"])
    assert '"message": "ZeroDivisionError: by zero"' in capsys.readouterr().out


def test_quitting_is_130(small, monkeypatch):
    def stopped(*_, **__):
        raise click.Abort

    monkeypatch.setattr("scenarios.run.prepare.prepare", stopped)
    done = fairbook("check", "plan.yaml", "--json", cwd=small)
    assert (done.code, done.err) == (130, "Stopped.\n")
    assert done.json() == {"error": {"kind": "stopped", "message": "stopped"}, "exit_code": 130}
