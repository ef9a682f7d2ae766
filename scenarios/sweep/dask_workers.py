"""Workers of a Dask cluster, as `scenarios.sweep.workers.Workers`: each task on one of its threads, wherever that is.

A worker that dies is replaced by Dask itself: its task goes to another one, at most as often as the scheduler allows
(``distributed.scheduler.allowed-failures``), and then is named as lost. A task that nobody waits for any more polls an
event and ends itself, as Dask cannot stop what runs already.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from types import TracebackType
from typing import Any

from scenarios.sweep.workers import TRIES, Done, Event, Failed, Job, Line, Lost, News, Started
from solver.engine.machines.connect import connected, dask, equipped, no_workers, reachable, said

_PATIENCE = 0.2
"""Seconds between two looks at whether to stop, here and on the workers."""
_NEWS_EVERY = 0.5
"""Seconds between two pieces of news of one task: they all pass through the scheduler."""
_AGAIN = 3
"""How often what was out is sent again when what it needs went with the workers."""
_BLAMED = 1
"""How often a task that Dask gave up, as workers died of it or of their other task, is sent again."""


class DaskWorkers:
    """Threads of the workers of a Dask scheduler that is running already.

    Parameters
    ----------
    address : ``tcp://HOST:PORT`` or ``tls://HOST:PORT``; nothing else is connected to.
    wait : seconds to wait for the scheduler to answer.

    Raises
    ------
    solver.engine.machines.connect.ClusterError
        Nothing listens there, or it is no Dask scheduler, or it has no workers, or they have no or another Fairbook.
    """

    far = True

    def __init__(self, address: str, wait: float = 10.0):
        reachable(address, wait)
        self.address = address
        self._client = connected(address, wait)
        self._values: dict[str, Any] = {}
        self._there: dict[str, Any] = {}
        self._heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._name = f"fairbook-{uuid.uuid4().hex}"
        try:
            if not self._client.nthreads():
                raise no_workers(address)
            equipped(self._client, address)
            self._halt = dask().Event(f"{self._name}-halt", client=self._client)
            self._client.subscribe_topic(self._name, lambda event: self._heard.put(("news", event[1])))
        except BaseException:
            self._client.close(timeout=1)
            raise

    def __enter__(self) -> DaskWorkers:
        """Use them until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them go."""
        self.close()

    @property
    def threads(self) -> int:
        """How many tasks they do at once."""
        return int(sum(self._client.nthreads().values()))

    def share(self, name: str, value: Any) -> None:
        """Hand a value to all workers; one fetches it from the other, and the scheduler has it if they die."""
        self._values[name] = value
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")  # once, and not with every task
            self._there[name] = self._client.submit(_same, value, pure=False)

    def run(self, job: Job, tasks: Sequence[Any], told: Callable[[Event], None], cancelled: Callable[[], bool]) -> None:
        """Do all tasks; see `scenarios.sweep.workers.Workers.run`."""
        out = _Out(self, job, tasks, told)
        while out.left or out.waiting:
            out.fill()
            if cancelled():
                self._end(list(out.left.values()))
                return
            out.hear()
            if self._client.status != "running":
                out.lose_all(f"the scheduler {self.address} is gone")

    def close(self) -> None:
        """Tell what still runs to end, and let the workers go."""
        if self._client.status == "running":
            self._end([])
        self._client.close(timeout=2)

    def _end(self, futures: list[Any]) -> None:
        """Take back what has not begun, and tell what has to end itself."""
        try:
            self._client.cancel(futures, force=True)
            self._halt.set()
        except Exception as error:  # the scheduler went meanwhile: there is nobody left to tell
            self._heard.put(("gone", said(error)))


class _Out:
    """Tasks that are out, by their number."""

    def __init__(self, workers: DaskWorkers, job: Job, tasks: Sequence[Any], told: Callable[[Event], None]):
        self.workers, self.job, self.tasks, self.told = workers, job, tasks, told
        self.left: dict[int, Any] = {}
        self.tries = [0] * len(tasks)
        self.blamed = [0] * len(tasks)
        self.sent = 0
        self.waiting = deque(range(len(tasks)))

    def fill(self) -> None:
        """Send as many tasks as there are threads: one that only waits on a worker is blamed when that dies."""
        threads = max(1, self.workers.threads) if self.waiting and self.workers._client.status == "running" else 0
        while self.waiting and len(self.left) < threads:
            self._send(self.waiting.popleft())

    def _send(self, number: int) -> None:
        there = self.workers._there
        future = self.workers._client.submit(
            _do, self.job, self.tasks[number], number, self.workers._name, list(there), *there.values(),
            pure=False,
        )  # fmt: skip
        self.left[number] = future
        future.add_done_callback(lambda done, number=number: self.workers._heard.put(("ended", (number, done))))

    def hear(self) -> None:
        """Take one message, or wait a moment for one."""
        try:
            kind, what = self.workers._heard.get(timeout=_PATIENCE)
        except queue.Empty:
            # A future that is lost with its scheduler or worker may never be called back.
            over = [(n, f) for n, f in self.left.items() if f.status in {"error", "cancelled", "lost"}]
            for number, future in over:
                if self.left.get(number) is future:
                    self._ended(number, future)
            return
        if kind == "news":
            number, word, *rest = what["what"]
            if number not in self.left:
                return
            if word == "started":
                self.tries[number] += 1
                self.told(Started(number, self.tries[number], rest[0]))
            else:
                self.told(News(number, self.tries[number], rest[0]))
        elif kind == "ended":
            number, future = what
            if self.left.get(number) is future:
                self._ended(number, future)

    def _ended(self, number: int, future: Any) -> None:
        tries = max(1, self.tries[number])
        try:
            word, *rest = future.result()
        except (Exception, CancelledError) as error:
            self._failed(number, tries, error)
            return
        del self.left[number]
        self.told(Done(number, tries, rest[0]) if word == "done" else Failed(number, tries, *rest))

    def _failed(self, number: int, tries: int, error: BaseException) -> None:
        """Take a task that Dask gave up: a worker died of it, or what it needs went with all workers that had it."""
        workers = self.workers
        if type(error).__name__ == "KilledWorker":
            # Dask blames every task that waited on the worker; one that was not even begun so often may try again.
            self.blamed[number] += 1
            if self.tries[number] < TRIES and self.blamed[number] <= _BLAMED:
                self._send(number)
                return
            del self.left[number]
            self.told(Lost(number, tries, f"workers of {workers.address} died of it again and again"))
        elif self.sent < _AGAIN and workers._client.status == "running":
            self.sent += 1
            for name, value in list(workers._values.items()):
                workers.share(name, value)
            for n in list(self.left):
                self._send(n)
        else:
            del self.left[number]
            died = isinstance(error, CancelledError)
            why = f"workers of {workers.address} died again and again"
            self.told(Lost(number, tries, why if died else f"the cluster {workers.address} fails: {said(error)}"))

    def lose_all(self, why: str) -> None:
        """Name every task that is out as lost."""
        for number in [*self.left, *self.waiting]:
            self.left.pop(number, None)
            self.told(Lost(number, max(1, self.tries[number]), why))
        self.waiting.clear()


# --- what runs on the workers ----------------------------------------------------------------------


def _same(value: Any) -> Any:
    """Keep a value where tasks need it: as the result of a task it is made again when its worker dies."""
    return value


def _do(job: Job, task: Any, number: int, name: str, names: Sequence[str], *values: Any) -> tuple[Any, ...]:
    """Do one task: ``("done", value)``, or ``("failed", message, traceback)``."""
    distributed = dask()
    worker = distributed.get_worker()
    halted = threading.Event()
    done = threading.Event()
    event = distributed.Event(f"{name}-halt", client=distributed.get_client())

    def listen() -> None:
        while not done.wait(_PATIENCE):
            try:
                told = event.is_set()
            except Exception:  # no scheduler, so nobody waits
                told = True
            if told:
                halted.set()
                return

    last = [float("-inf")]

    def send(what: Any) -> None:
        now = time.monotonic()
        if now - last[0] >= _NEWS_EVERY:
            last[0] = now
            worker.log_event(name, {"what": (number, "news", what)})

    threading.Thread(target=listen, daemon=True).start()
    worker.log_event(name, {"what": (number, "started", os.getpid())})
    shared: Mapping[str, Any] = dict(zip(names, values, strict=True))
    try:
        return "done", job(shared, task, Line(send, halted.is_set))
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}", traceback.format_exc()
    finally:
        done.set()
