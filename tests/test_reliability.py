"""What docs/reliability.md promises has tests by the names it gives, and what no other test covers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import ROOT, start

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
#: The one pickle: what a sweep hands to its own workers, over a pipe of its own.
TO_WORKERS = {"scenarios/sweep/workers.py"}


def promises() -> dict[str, list[tuple[str, str]]]:
    """The tests each promise names, as (file, function), by its number."""
    _, *parts = re.split(r"^(\d+)\. ", PAGE, flags=re.M)
    return {n: re.findall(r"`(tests/\S+?\.py)::(\w+)`", text) for n, text in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("number", promises())
def test_every_promise_has_its_tests(number):
    named = promises()[number]
    assert named
    for file, function in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == function]
        assert len(there) == 1, f"{file} has no test {function}"


def test_the_promises_are_numbered_through():
    assert list(promises()) == [str(n) for n in range(1, len(promises()) + 1)]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in (
        ROOT / "cli.py",
        *(p for d in ("commands", "reports", "scenarios", "solver") for p in (ROOT / d).rglob("*.py")),
    ):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_no_module_reads_pickles_or_runs_text():
    seen = 0
    for file, tree in modules():
        seen += 1
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names} | {str(getattr(node, "module", ""))}
                assert (
                    not names & {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
                    or file in TO_WORKERS
                ), file
            elif isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"eval", "exec", "compile", "pd.read_pickle", "yaml.load", "yaml.unsafe_load"}, (
                    f"{file}: {called}"
                )
                assert all(k.arg != "allow_pickle" or ast.unparse(k.value) == "False" for k in node.keywords), file
    assert seen > 100


ALONE = """
import os, sys
def watch(event, given):
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        os.write(2, f"the network was touched: {event} {given}".encode())
        os._exit(99)
sys.addaudithook(watch)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("alone")
    (path / "customers.csv").write_text("customer_id,potential,current_rep\nC1,5,R1\nC2,7,R1\nC3,1,R2\n")
    (path / "reps.csv").write_text("rep_id,name\nR1,Ann\nR2,王伟\n")
    (path / "plan.yaml").write_text(
        "period: 2026-Q4\ndata: {customers: {source: customers.csv}, reps: {source: reps.csv}}\n"
        "objectives: {balance: {}, continuity: {}}\nsolve: {workers: 1}\n"
    )
    return path


def test_the_network_is_not_touched(folder):
    """Solved, reported in every format and exported in one process, which ends at the first thing asked of a socket."""
    more = "import cli\nassert cli.run(['solve', 'plan.yaml']) == 0\nassert cli.run(['report', 'latest', '--out', 'r', '--format', 'all']) == 0\n"
    process = start("export", "latest", "out", cwd=folder, first=ALONE + more)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert (folder / "out" / "result.json").exists()
    assert (folder / "r" / "page.html").exists()


def test_the_watch_on_the_network_would_see_it(folder):
    process = start(
        "--version", cwd=folder, first=ALONE + "import socket\nsocket.create_connection(('127.0.0.1', 9), 1)\n"
    )
    _, err = process.communicate(timeout=300)
    assert (process.returncode, "the network was touched" in err) == (99, True)
