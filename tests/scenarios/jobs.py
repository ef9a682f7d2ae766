"""Tasks for workers, importable by their processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any


def double(shared: Any, task: Any, tell: Any) -> Any:
    tell("begun")
    return [2 * task, shared["more"], os.environ["OMP_NUM_THREADS"]]


def shares(shared: Any, task: Any, tell: Any) -> Any:
    tell("begun")
    return [2 * task, shared["more"]]


def dies(shared: Any, task: Any, tell: Any) -> Any:
    """Die of kill -9 as often as the file has no line; task: (file, times), or a number to return."""
    if isinstance(task, int):
        return task
    path, times = Path(task[0]), task[1]
    with path.open("a") as file:
        file.write("x")
    if path.stat().st_size <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def fails(shared: Any, task: Any, tell: Any) -> Any:
    if task == 1:
        raise ValueError("no such luck")
    return task


def waits(shared: Any, task: Any, tell: Any) -> Any:
    tell(os.getpid())
    time.sleep(600)


def told_to_end(shared: Any, task: Any, line: Any) -> Any:
    """Say that it began, then wait to be told to end; that it was is written to the file."""
    line("begun")
    while not line.halted():
        time.sleep(0.05)
    Path(task).write_text("ended", encoding="utf-8")
