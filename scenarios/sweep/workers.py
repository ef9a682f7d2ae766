"""Workers that do tasks side by side, and the one here: processes of this machine.

A worker that dies is replaced and its task tried again, at most `TRIES` times in all; then the task is named as lost
and the others go on. Another kind of workers, such as machines of a cluster, has the same three methods. Light to
import: a worker imports this module before it limits how many threads the libraries may start.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Protocol

TRIES = 3
"""How often a task is begun at most when workers die of it."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_PATIENCE = 0.2
"""Seconds between two looks at whether to stop."""


class Line:
    """What a job has of whoever waits for it: called, it sends news; `halted` says whether nobody waits any more."""

    def __init__(self, send: Callable[[Any], None], halted: Callable[[], bool] = lambda: False):
        self._send, self.halted = send, halted

    def __call__(self, what: Any) -> None:
        """Send news."""
        self._send(what)


Job = Callable[[Mapping[str, Any], Any, Line], Any]
"""What a worker does: given all that is shared, its task, and a line to whoever waits; a function of a module."""


@dataclass(frozen=True)
class Event:
    """What became of a task: its number among the tasks, how often it was begun, and what the subclass says."""

    task: int
    tries: int


@dataclass(frozen=True)
class Started(Event):
    """A worker began it; `pid` is its process."""

    pid: int = 0


@dataclass(frozen=True)
class News(Event):
    """The job sent something."""

    what: Any = None


@dataclass(frozen=True)
class Done(Event):
    """The job returned a value."""

    value: Any = None


@dataclass(frozen=True)
class Failed(Event):
    """The job raised: class and message in a line, and the traceback."""

    message: str = ""
    trace: str = ""


@dataclass(frozen=True)
class Lost(Event):
    """Every worker that began it died; `message` says how the last one did."""

    message: str = ""


class WorkersError(Exception):
    """Workers die before they are given anything to do."""


class Workers(Protocol):
    """Where tasks are done.

    Attributes
    ----------
    far : whether they may lack the files that are here.
    """

    far: bool

    def share(self, name: str, value: Any) -> None:
        """Hand a value to all workers, those to come included, once instead of with every task."""

    def run(self, job: Job, tasks: Sequence[Any], told: Callable[[Event], None], cancelled: Callable[[], bool]) -> None:
        """Do all tasks; each ends in one of `Done`, `Failed` and `Lost`, unless `cancelled` says to stop."""

    def close(self) -> None:
        """End all workers at once, whatever they do."""


@dataclass
class _Worker:
    process: SpawnProcess
    line: Connection
    task: int | None = None


@dataclass
class Processes:
    """Processes of this machine.

    Parameters
    ----------
    jobs : how many at once.
    threads : how many each may use.
    """

    jobs: int
    threads: int = 1
    far: bool = False
    _workers: list[_Worker] = field(default_factory=list)
    _shared: dict[str, bytes] = field(default_factory=dict)
    _idle_deaths: int = 0

    def __enter__(self) -> Processes:
        """Use them until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them."""
        self.close()

    def preload(self, module: str) -> None:
        """Start all workers now and let each import a module, while the caller does something else."""
        self._fill(self.jobs)
        for worker in self._workers:
            _send(worker, ("import", module))

    def share(self, name: str, value: Any) -> None:
        """Hand a value to all workers."""
        self._shared[name] = pickle.dumps(value)
        for worker in self._workers:
            _send(worker, ("share", name, self._shared[name]))

    def run(self, job: Job, tasks: Sequence[Any], told: Callable[[Event], None], cancelled: Callable[[], bool]) -> None:
        """Do all tasks, in order as workers become free.

        Raises
        ------
        WorkersError
            Workers cannot even start.
        """
        waiting, tries = deque(range(len(tasks))), [0] * len(tasks)
        while waiting or any(w.task is not None for w in self._workers):
            if cancelled():
                self.close()
                return
            self._fill(len(waiting))
            for worker in self._workers:
                if waiting and worker.task is None:
                    worker.task = number = waiting.popleft()
                    tries[number] += 1
                    _send(worker, ("task", number, job, tasks[number]))
                    told(Started(number, tries[number], worker.process.pid or 0))
            lines = {w.line: w for w in self._workers}
            ready = wait([*lines, *(w.process.sentinel for w in self._workers)], _PATIENCE)
            for line in ready:
                if isinstance(line, Connection) and line in lines:
                    self._hear(lines[line], tries, told)
            for worker in [w for w in self._workers if not w.process.is_alive()]:
                while worker.task is not None and self._hear(worker, tries, told):  # what it said before it died
                    pass
                self._bury(worker, waiting, tries, told)

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.line.close()
        self._workers.clear()

    def _fill(self, needed: int) -> None:
        """Start workers as long as there is work for more of them."""
        free = sum(w.task is None for w in self._workers)
        fresh = []
        while len(self._workers) < self.jobs and free < needed:
            context = multiprocessing.get_context("spawn")
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, self.threads), daemon=True, name="fairbook worker")
            process.start()
            there.close()
            fresh.append(_Worker(process, here))
            self._workers.append(fresh[-1])
            free += 1
        for worker in fresh:  # after all were started: sending waits for the other side
            for name, value in self._shared.items():
                _send(worker, ("share", name, value))

    def _hear(self, worker: _Worker, tries: list[int], told: Callable[[Event], None]) -> bool:
        """Take one message of a worker; False where there is none any more."""
        try:
            if not worker.line.poll():
                return False
            kind, number, *rest = worker.line.recv()
        except (EOFError, OSError, pickle.UnpicklingError):  # it died, perhaps in the middle of a message
            worker.process.join(10)
            return False
        if kind == "news":
            told(News(number, tries[number], rest[0]))
            return True
        worker.task, self._idle_deaths = None, 0
        told(Done(number, tries[number], rest[0]) if kind == "done" else Failed(number, tries[number], *rest))
        return True

    def _bury(self, worker: _Worker, waiting: deque[int], tries: list[int], told: Callable[[Event], None]) -> None:
        """Take a dead worker out; its task waits again, or is lost."""
        self._workers.remove(worker)
        worker.process.join()
        worker.line.close()
        said = _death(worker.process.exitcode)
        if worker.task is None:
            self._idle_deaths += 1
            if self._idle_deaths > self.jobs + TRIES:
                raise WorkersError(f"workers end before they are given anything to do; the last {said}")
        elif tries[worker.task] < TRIES:
            waiting.appendleft(worker.task)
        else:
            told(Lost(worker.task, tries[worker.task], f"its worker {said}, {TRIES} times in a row"))


def _send(worker: _Worker, message: Any) -> None:
    try:
        worker.line.send(message)
    except (BrokenPipeError, ConnectionResetError):
        worker.process.join(10)  # it is dead, which `run` sees next


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"
    return f"ended with code {code}"


def _serve(line: Connection, threads: int) -> None:
    """Do tasks until the line is closed; Ctrl-C is for the parent, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _THREADS:
        os.environ[name] = str(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    shared: dict[str, Any] = {}
    lock = threading.Lock()
    while True:
        try:
            kind, *rest = line.recv()
        except (EOFError, OSError):
            return
        if kind == "share":
            shared[rest[0]] = pickle.loads(rest[1])  # noqa: S301 - from the parent, over a pipe of its own
            continue
        if kind == "import":
            importlib.import_module(rest[0])
            continue
        number, job, task = rest

        def send(kind: str, *what: Any, number: int = number) -> None:
            with lock:  # news may come from any thread
                line.send((kind, number, *what))

        try:
            value = job(shared, task, Line(lambda what, send=send: send("news", what)))  # type: ignore[misc]
        except Exception as error:
            send("failed", f"{type(error).__name__}: {error}", traceback.format_exc())
        else:
            send("done", value)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
