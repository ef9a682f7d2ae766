"""Work done on other machines, by a Dask scheduler that is running already.

A plan's units lie on the workers in parts: sent once, kept there, and kept here too. For a pass only prices go out and
sums come back. A group of reps to anneal goes out as a small instance of its own and comes back as a choice. What a
worker does not deliver, because it died or cannot, is done by another or here; so the result is the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine import kernels
from solver.engine.machines.pool import Annealers, Priced, Sums, Threads
from solver.engine.machines.rounds import Rounds
from solver.engine.machines.scheduler import Scheduler
from solver.engine.solution import Cancelled
from solver.instance import Instance
from solver.sentences import sentence

#: Load entries below which a pass is quicker done here than asked for.
FEW = 1_000_000
#: How often a part of the units is sent before it is looked at here for good.
_TRIES = 4
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
        self.scheduler = Scheduler(address, wait)
        self.address, self.notes = address, self.scheduler.notes
        self._out, self._few = out, few
        self._here = Threads(threads)
        self._shares: list[Share] = []
        self._of: Instance | None = None  # the instance the shares are of

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
        self.scheduler.client.close(timeout=2)

    def at_once(self, n_reps: int) -> int:
        """How many rounds to have out at a time; the cluster's size does not count, so results do not depend on it."""
        return self._out or max(4, min(_MOST_AT_ONCE, n_reps // _REPS_EACH))

    @property
    def alive(self) -> bool:
        """Whether the scheduler is there. Once lost it stays lost, and all work is done here."""
        return self.scheduler.alive

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
        threads = sum(self.scheduler.threads().values()) if self.alive else 1
        edges = np.linspace(0, priced.parts, max(1, min(threads, priced.parts)) + 1).round().astype(int).tolist()
        rows = [np.unique(priced.part(k).load_row) for k in range(priced.parts)]
        return [
            Share(first, last, np.unique(np.concatenate(rows[first:last]))) for first, last in itertools.pairwise(edges)
        ]

    def _look(self, sums: Sums, price: Floats, heat: float, cancelled: Cancelled) -> tuple[float, float, Floats]:
        """One pass: prices out, sums back; what does not come is looked at here."""
        self._place(sums.priced, cancelled)
        there = [share for share in self._shares if share.there is not None]
        tasks = [self.scheduler.client.submit(look_at, s.there, price[s.rows], heat, pure=False) for s in there]
        answers = [self.scheduler.ask(self.scheduler.client.gather(task, asynchronous=True)) for task in tasks]
        for share in self._shares:
            if share.there is None:
                sums.look(share.first, share.last, price, heat)
        for share, task, answer in zip(there, tasks, answers, strict=True):
            got = self.scheduler.wait(answer, [task, share.there], cancelled) if self.alive else None
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
        threads = self.scheduler.threads()
        if not threads:
            self.scheduler.lose("it has no workers any more")
            return
        if any(share.tries for share in missing):
            self.scheduler.note(
                sentence("a worker of {address} was lost; what it held went to others", address=self.address)
            )
        slots = sorted((k / n, worker) for worker, n in threads.items() for k in range(n))
        sent = []
        for number, share in enumerate(missing):
            share.tries += 1
            if share.tries == _TRIES:
                self.scheduler.note(
                    sentence(
                        "part of the customers was priced here: workers of {address} failed {n} times",
                        address=self.address,
                        n=_TRIES - 1,
                    )
                )
                continue
            worker = slots[number % len(slots)][1]
            coming = self.scheduler.client.scatter(
                [share_parts(priced, share)], workers=[worker], hash=False, asynchronous=True
            )
            sent.append((share, self.scheduler.ask(coming)))
        for share, answer in sent:
            got = self.scheduler.wait(answer, [], cancelled) if self.alive else None
            share.there = got[0] if got else None

    # --- annealing -------------------------------------------------------------------------------

    @contextmanager
    def annealers(self) -> Iterator[Annealers]:
        """Yield a function that sends a round to a worker."""
        with self._here.annealers() as here:
            rounds = Rounds(self.scheduler, here)
            try:
                yield rounds.send
            finally:
                rounds.end()


def share_parts(priced: Priced, share: Share) -> list[Priced]:
    """What a worker gets of a share: each part by itself, with the rows of the share only."""
    at = np.zeros(priced.n_rows, dtype=np.int64)
    at[share.rows] = np.arange(len(share.rows))
    parts = [priced.part(k) for k in range(share.first, share.last)]
    return [part._replace(load_row=at[part.load_row], n_rows=len(share.rows)) for part in parts]


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
