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
        marks = [ast.unparse(d) for d in there[0].decorator_list]
        assert not [m for m in marks if re.search(r"mark\.(skip\b|xfail)", m)], f"{function} is not run, or may fail"


def test_the_promises_are_numbered_through():
    assert list(promises()) == [str(n) for n in range(1, len(promises()) + 1)]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in (
        ROOT / "cli.py",
        *(p for d in ("commands", "reports", "scenarios", "solver") for p in (ROOT / d).rglob("*.py")),
    ):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


#: What reads pickles, or makes objects of any class from a file.
PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
#: What runs text as code, or reads a file that may hold code.
RUNS = {"eval", "exec", "compile"}
READS = {"read_pickle", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all"}
#: What serves or asks over HTTP. Only databases and clusters that a user names are talked to, by their own libraries.
WEB = {"http", "socketserver", "uvicorn", "fastapi", "starlette", "flask", "aiohttp", "tornado", "wsgiref", "xmlrpc",
       "urllib3", "requests", "httpx", "ftplib", "smtplib", "webbrowser"}  # fmt: skip


def imported(node: ast.AST) -> set[str]:
    """Top names of the modules that an import brings in."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return {str(node.module).split(".")[0]} if isinstance(node, ast.ImportFrom) and node.module else set()


def forbidden(tree: ast.Module) -> Iterator[str]:
    """What a module does of all this, each as it stands in the code."""
    for node in ast.walk(tree):
        yield from (f"import {name}" for name in imported(node) & (PICKLES | WEB))
        if isinstance(node, ast.ImportFrom):
            yield from (f"import {a.name}" for a in node.names if a.name in READS)
            asked = {a.name for a in node.names}
            if (node.module == "yaml" and asked & {"load", "load_all"}) or (
                node.module in {"urllib", "urllib.request"} and asked & {"request", "urlopen"}
            ):
                yield ast.unparse(node)
        elif isinstance(node, ast.Import):
            yield from (f"import {a.name}" for a in node.names if a.name == "urllib.request")
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in RUNS or called.rpartition(".")[2] in READS or called in {"yaml.load", "yaml.load_all"}:
                yield called
            yield from (k.arg for k in node.keywords if k.arg == "allow_pickle" and ast.unparse(k.value) != "False")


def test_no_module_reads_pickles_runs_text_or_speaks_http():
    seen = 0
    for file, tree in modules():
        seen += 1
        allowed = {"import pickle"} if file in TO_WORKERS else set()
        assert set(forbidden(tree)) <= allowed, file
    assert seen > 100


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from pickle import loads", "import joblib as j", "import pandas as p\np.read_pickle(f)",
        "from pandas import read_pickle", "import yaml\nyaml.load(t, L)", "from yaml import load",
        "yaml.unsafe_load(t)", "eval(t)", "exec(t)", "numpy.load(f, allow_pickle=True)",
        "import requests", "from http.server import HTTPServer", "import urllib.request",
        "from urllib.request import urlopen", "from urllib import request", "import uvicorn",
    ],
)  # fmt: skip
def test_what_is_forbidden_would_be_seen(line):
    assert list(forbidden(ast.parse(line)))


def test_what_is_not_forbidden_is_let_be():
    fine = "import json, re\nre.compile(t)\nyaml.safe_load(t)\nnumpy.load(f, allow_pickle=False)\nfrom urllib.parse import quote"
    assert not list(forbidden(ast.parse(fine)))


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
    calls = (
        "check plan.yaml", "solve plan.yaml", "report latest --out r --format all", "explain latest C1", "runs list",
        "stress latest --spread potential=0.2 --draws 10", "compare latest", "watch plan.yaml", "schema",
    )  # fmt: skip
    more = "import cli\n" + "".join(f"assert cli.run({call.split()!r}) == 0, {call!r}\n" for call in calls)
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
