"""Run the command line: inside the test process, fast; or as a process of its own, that can be sent signals."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cli

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def fairbook(*arguments: object, cwd: Path) -> Done:
    """Run ``fairbook`` with these arguments as if typed in `cwd`; the store stays in there."""
    before = Path.cwd()
    out, err = io.StringIO(), io.StringIO()
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.run([str(a) for a in arguments])
    finally:
        os.chdir(before)
    return Done(code, out.getvalue(), err.getvalue())


def start(*arguments: str, cwd: Path, first: str = "") -> subprocess.Popen[str]:
    """Start ``fairbook`` as a process of its own, after the Python statements `first`."""
    code = f"{first}\nimport sys, cli\nsys.exit(cli.run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
    )
