"""Run the command line inside the test process: fast, and with its exit code, stdout and stderr apart."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cli


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
