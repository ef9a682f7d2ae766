"""Work done on other machines, by a Dask scheduler that is running already.

A plan's units lie on the workers in parts: sent once, kept there, and kept here too. For a pass only prices go out and
sums come back. A group of reps to anneal goes out as a small instance of its own and comes back as a choice. What a
worker does not deliver, because it died or cannot, is done by another or here; so the result is the same.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine import kernels
from solver.engine.machines.connect import connected, dask, equipped, no_workers, reachable, said
from solver.engine.machines.pool import Annealers, Chains, Priced, Sums, Threads
from solver.engine.solution import Cancelled
from solver.instance import Instance
from solver.sentences import Sentence, sentence

#: Load entries below which a pass is quicker done here than asked for.
FEW = 1_000_000
#: How often a part of the units is sent before it is looked at here for good.
_TRIES = 4
#: Seconds without an answer to a pass, or to data sent, after which the cluster counts as lost.
_PATIENCE = 60.0
#: Seconds to wait, when told to stop, for what annealers have found so far.
_GRACE = 0.7
#: Reps for each group that is out at a time, and most groups.
_REPS_EACH, _MOST_AT_ONCE = 40, 1024


@dataclass(eq=False)
class Share:
    """Some parts of the units, that lie on one worker.

    Attributes
    ----------
    rows : int64[k], the load rows its units have a part in; what is sent numbers rows among these.
    there : Dask's name for what was sent; None while nothing is.
    """

    first: int
    last: int
    rows: Ints
    there: Any = None
    tries: int = 0


class Cluster:
    """A Dask cluster as `pool.Workers`; ``with Cluster(address) as cluster: solve(..., pool=cluster)``.

    It connects to the address named and to nothing else: what workers send comes through the scheduler. Certificates
    for ``tls://`` come from Dask's own configuration (``distributed.comm.tls``).

    Parameters
    ----------
    address : ``tcp://HOST:PORT`` or ``tls://HOST:PORT`` of a running scheduler.
    threads : for what has to be done here.
    wait : seconds to wait for the scheduler to answer.
    out : rounds of annealing out at a time; by default a matter of the plan's size alone.
    few : load entries of an instance below which passes are done here.

    Raises
    ------
    ClusterError
        Nothing listens there, or it is no Dask scheduler, or it has no workers, or they have no or another Fairbook.
    """

    def __init__(self, address: str, threads: int = 2, wait: float = 10.0, out: int | None = None, few: int = FEW):
        reachable(address, wait)
        self.address, self.notes, self._out, self._few = address, list[Sentence](), out, few
        self._here = Threads(threads)
        self._lost = False
        self._began = time.monotonic()
        self._shares: list[Share] = []
        self._of: Instance | None = None  # the instance the shares are of
        self._client = connected(address, wait)
        try:
            self._check()
        except BaseException:
            self._client.close(timeout=1)
            raise

    def __enter__(self) -> Cluster:
        """Be used in a ``with`` block, which lets the cluster go at its end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the cluster go."""
        self.close()

    def close(self) -> None:
        """Let the cluster go; it frees what was sent."""
        self._shares, self._of = [], None
        self._client.close(timeout=2)

    def at_once(self, n_reps: int) -> int:
        """How many rounds to have out at a time; the cluster's size does not count, so results do not depend on it."""
        return self._out or max(4, min(_MOST_AT_ONCE, n_reps // _REPS_EACH))

    @property
    def alive(self) -> bool:
        """Whether the scheduler is there. Once lost it stays lost, and all work is done here."""
        if not self._lost and self._client.status != "running":
            self._lose("the connection broke")
        return not self._lost

    # --- passes ----------------------------------------------------------------------------------

    @contextmanager
    def passes(
        self, instance: Instance, priced: Priced, cancelled: Cancelled = lambda: False
    ) -> Iterator[Callable[[Floats, float], tuple[float, float, Floats]]]:
        """Yield a `pool.Pass` over the workers; an instance's units are sent once and stay for later passes."""
        sums = Sums(priced)
        far = len(priced.load_row) >= self._few
        if far and self._of is not instance:
            self._shares, self._of = self._cut(priced), instance
        with self._here.passes(instance, priced, cancelled) as here:
            if not far:
                yield here
                return

            def look(price: Floats, heat: float) -> tuple[float, float, Floats]:
                return self._look(sums, price, heat, cancelled) if self.alive else here(price, heat)

            yield look

    def _cut(self, priced: Priced) -> list[Share]:
        """As many shares as the cluster has threads now."""
        threads = sum(self._threads().values()) if self.alive else 1
        edges = np.linspace(0, priced.parts, max(1, min(threads, priced.parts)) + 1).round().astype(int).tolist()
        rows = [np.unique(priced.part(k).load_row) for k in range(priced.parts)]
        return [
            Share(first, last, np.unique(np.concatenate(rows[first:last]))) for first, last in itertools.pairwise(edges)
        ]

    def _look(self, sums: Sums, price: Floats, heat: float, cancelled: Cancelled) -> tuple[float, float, Floats]:
        """One pass: prices out, sums back; what does not come is looked at here."""
        self._place(sums.priced, cancelled)
        there = [share for share in self._shares if share.there is not None]
        tasks = [self._client.submit(look_at, s.there, price[s.rows], heat, pure=False) for s in there]
        answers = [self._ask(self._client.gather(task, asynchronous=True)) for task in tasks]
        for share in self._shares:
            if share.there is None:
                sums.look(share.first, share.last, price, heat)
        for share, task, answer in zip(there, tasks, answers, strict=True):
            got = self._wait(answer, [task, share.there], cancelled) if self.alive else None
            if got is None:
                sums.look(share.first, share.last, price, heat)
                if not cancelled():
                    share.there = None  # to be sent again before the next pass
                continue
            part = slice(share.first, share.last)
            sums.best[part], sums.soft[part] = got[0], got[1]
            sums.loads[part, share.rows] = got[2]
        return sums.total()

    def _place(self, priced: Priced, cancelled: Cancelled) -> None:
        """Send the shares that are on no worker, to the workers that hold least."""
        missing = [share for share in self._shares if share.there is None and share.tries < _TRIES]
        if not missing or cancelled() or not self.alive:
            return
        threads = self._threads()
        if not threads:
            self._lose("it has no workers any more")
            return
        if any(share.tries for share in missing):
            self._note(sentence("a worker of {address} was lost; what it held went to others", address=self.address))
        slots = sorted((k / n, worker) for worker, n in threads.items() for k in range(n))
        sent = []
        for number, share in enumerate(missing):
            share.tries += 1
            if share.tries == _TRIES:
                self._note(
                    sentence(
                        "part of the customers was priced here: workers of {address} failed {n} times",
                        address=self.address,
                        n=_TRIES - 1,
                    )
                )
                continue
            worker = slots[number % len(slots)][1]
            coming = self._client.scatter([share_parts(priced, share)], workers=[worker], hash=False, asynchronous=True)
            sent.append((share, self._ask(coming)))
        for share, answer in sent:
            got = self._wait(answer, [], cancelled) if self.alive else None
            share.there = got[0] if got else None

    # --- annealing -------------------------------------------------------------------------------

    @contextmanager
    def annealers(self) -> Iterator[Annealers]:
        """Yield a function that sends a round to a worker."""
        with self._here.annealers() as here:
            rounds = _Rounds(self, here)
            try:
                yield rounds.send
            finally:
                rounds.end()

    # --- talking to the scheduler ----------------------------------------------------------------

    def _ask(self, what: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(what, self._client.loop.asyncio_loop)

    def _wait(self, answer: Future[Any], needs: list[Any], cancelled: Cancelled) -> Any:
        """Wait for an answer; None where it does not come: cancelled, too late, or what it needs is gone."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return answer.result(timeout=0.05)
            except TimeoutError as error:
                if answer.done():  # the answer itself was that something took too long
                    return self._failed(error)
            except (Exception, CancelledError) as error:
                return self._failed(error)
            gone = any(future.status in {"lost", "cancelled"} for future in needs)
            late = time.monotonic() > until
            if late:
                self._lose(f"it did not answer for {_PATIENCE:.0f} seconds")
            if late or gone or cancelled() or not self.alive:
                answer.cancel()
                return None

    def _failed(self, error: BaseException) -> None:
        if not _of_a_lost_worker(error):
            self._note(
                sentence("a worker of {address} failed, so its part was done here: {error}", address=self.address,
                         error=said(error))
            )  # fmt: skip

    def _threads(self) -> dict[str, int]:
        """Workers there are now and how many threads each has; none where the scheduler does not tell."""
        got: dict[str, int] = self._wait(self._ask(self._client.nthreads(asynchronous=True)), [], lambda: False) or {}
        return got

    def _lose(self, why: str) -> None:
        if not self._lost:
            self._lost = True
            after = time.monotonic() - self._began
            self.notes.append(
                sentence(
                    "the cluster {address} was lost after {n} s ({error}); the rest was done here",
                    address=self.address,
                    n=f"{after:.0f}",
                    error=why,
                )
            )

    def _note(self, note: Sentence) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _check(self) -> None:
        """See that there are workers, and that they have this Fairbook."""
        if not self._threads():
            raise no_workers(self.address)
        equipped(self._client, self.address)


def share_parts(priced: Priced, share: Share) -> list[Priced]:
    """What a worker gets of a share: each part by itself, with the rows of the share only."""
    at = np.zeros(priced.n_rows, dtype=np.int64)
    at[share.rows] = np.arange(len(share.rows))
    parts = [priced.part(k) for k in range(share.first, share.last)]
    return [part._replace(load_row=at[part.load_row], n_rows=len(share.rows)) for part in parts]


class _Rounds:
    """Rounds of annealing that are out together, and the event that ends them."""

    def __init__(self, cluster: Cluster, here: Annealers):
        self.cluster, self.here = cluster, here
        self.name = f"fairbook-halt-{uuid.uuid4().hex}"
        self.out: list[_There] = []
        self.halted: float | None = None

    def send(self, chains: Chains) -> _There:
        self.out = [one for one in self.out if not one.answer.done()] if len(self.out) > 100 else self.out
        one = _There(self, chains)
        self.out.append(one)
        return one

    def halt(self) -> float:
        """Tell the workers to end what they do; returns when that was said first."""
        if self.halted is None:
            self.halted = time.monotonic()
            if self.cluster.alive:
                event = dask().Event(self.name, client=self.cluster._client)
                threading.Thread(target=_tell, args=(event,), daemon=True).start()
        return self.halted

    def end(self) -> None:
        left = [one for one in self.out if one.task is not None and not one.answer.done()]
        if left and self.cluster.alive:
            self.halt()
            self.cluster._ask(self.cluster._client.cancel([one.task for one in left], asynchronous=True))
        for one in left:
            one.answer.cancel()
        self.out = []


def _tell(event: Any) -> None:
    try:
        event.set()
    except Exception as error:  # the scheduler went meanwhile: there is nobody left to tell
        logging.getLogger(__name__).info("could not halt the workers: %s", error)


@dataclass(eq=False)
class _There:
    """A round on a worker. Dask gives it to another worker where one dies, a few times."""

    rounds: _Rounds
    chains: Chains
    task: Any = None
    answer: Future[Any] = field(default_factory=Future)

    def __post_init__(self) -> None:
        cluster = self.rounds.cluster
        if cluster.alive:
            self.task = cluster._client.submit(_anneal, self.chains, self.rounds.name, pure=False)
            self.answer = cluster._ask(cluster._client.gather(self.task, asynchronous=True))

    def result(self, cancelled: Cancelled) -> tuple[int, Ints] | None:
        cluster, rounds = self.rounds.cluster, self.rounds
        while self.task is not None:
            try:
                got: tuple[int, Ints] = self.answer.result(timeout=0.05)
            except TimeoutError as error:
                if self.answer.done():
                    cluster._failed(error)
                    break
            except (Exception, CancelledError) as error:
                if type(error).__name__ == "KilledWorker":  # it may have been its fault: not here too
                    cluster._note(
                        sentence(
                            "a group of reps was left as it was: several workers of {address} died of it",
                            address=cluster.address,
                        )
                    )
                    return None
                cluster._failed(error)
                break
            else:
                return got
            if cancelled() and time.monotonic() > rounds.halt() + _GRACE:
                return None
            if not cluster.alive or self.task.status in {"lost", "cancelled"}:
                break
        return None if cancelled() else rounds.here(self.chains).result(cancelled)


# --- what runs on the workers ----------------------------------------------------------------------


def look_at(parts: list[Priced], price: Floats, heat: float) -> tuple[Floats, Floats, Floats]:
    """A pass over the parts that lie here: best and smoothed values float64[parts], loads float64[parts, rows]."""
    best, soft = np.zeros(len(parts)), np.zeros(len(parts))
    loads = np.zeros((len(parts), len(price)))
    price = price if price.flags.writeable else price.copy()
    for k, part in enumerate(parts):
        one = slice(k, k + 1)
        kernels.price_pass(
            0, 1, part.indptr, part.score, part.load_indptr, part.load_row, part.amount, price, heat, loads[one],
            best[one], soft[one],
        )  # fmt: skip
    return best, soft, loads


def _anneal(chains: Chains, halt_name: str) -> tuple[int, Ints]:
    """Anneal a group of reps; the event named ends it."""
    halt: Ints = np.zeros(1, dtype=np.int64)
    done = threading.Event()
    event = dask().Event(halt_name, client=dask().get_client())

    def listen() -> None:
        while not done.wait(0.2):
            try:
                told = event.is_set()
            except Exception as error:  # no scheduler, nobody who waits for this
                logging.getLogger(__name__).info("halting: %s", error)
                told = True
            if told:
                halt[0] = 1
                return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        return chains.run(halt)
    finally:
        done.set()


def _of_a_lost_worker(error: BaseException) -> bool:
    """Whether a task failed because what it needed went with a worker."""
    return isinstance(error, CancelledError | asyncio.CancelledError | OSError | KeyError)
