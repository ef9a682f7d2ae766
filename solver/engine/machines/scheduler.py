"""A Dask scheduler that is talked to: asked, waited for, and let go once it is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any

from solver.engine.machines.connect import connected, equipped, no_workers, reachable, said
from solver.engine.solution import Cancelled
from solver.sentences import Sentence, sentence

#: Seconds without an answer to a pass, or to data sent, after which the cluster counts as lost.
_PATIENCE = 60.0


class Scheduler:
    """The connection to a scheduler.

    Parameters
    ----------
    address : ``tcp://HOST:PORT`` or ``tls://HOST:PORT``.
    wait : seconds to wait for it to answer.

    Attributes
    ----------
    client : Dask's client.
    notes : what went wrong on the way, a sentence each.

    Raises
    ------
    ClusterError
        Nothing listens there, or it is no Dask scheduler, or it has no workers, or they have no or another Fairbook.
    """

    def __init__(self, address: str, wait: float):
        reachable(address, wait)
        self.address, self.notes = address, list[Sentence]()
        self._lost = False
        self._began = time.monotonic()
        self.client = connected(address, wait)
        try:
            if not self.threads():
                raise no_workers(address)
            equipped(self.client, address)
        except BaseException:
            self.client.close(timeout=1)
            raise

    @property
    def alive(self) -> bool:
        """Whether the scheduler is there. Once lost it stays lost."""
        if not self._lost and self.client.status != "running":
            self.lose("the connection broke")
        return not self._lost

    def ask(self, what: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Ask for something; the answer is waited for with `wait`."""
        return asyncio.run_coroutine_threadsafe(what, self.client.loop.asyncio_loop)

    def wait(self, answer: Future[Any], needs: list[Any], cancelled: Cancelled) -> Any:
        """Wait for an answer; None where it does not come: cancelled, too late, or what it needs is gone."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return answer.result(timeout=0.05)
            except TimeoutError as error:
                if answer.done():  # the answer itself was that something took too long
                    return self.failed(error)
            except (Exception, CancelledError) as error:
                return self.failed(error)
            gone = any(future.status in {"lost", "cancelled"} for future in needs)
            late = time.monotonic() > until
            if late:
                self.lose(f"it did not answer for {_PATIENCE:.0f} seconds")
            if late or gone or cancelled() or not self.alive:
                answer.cancel()
                return None

    def failed(self, error: BaseException) -> None:
        """Note that a worker failed, unless it was simply lost."""
        if not _of_a_lost_worker(error):
            self.note(
                sentence("a worker of {address} failed, so its part was done here: {error}", address=self.address,
                         error=said(error))
            )  # fmt: skip

    def threads(self) -> dict[str, int]:
        """Workers there are now and how many threads each has; none where the scheduler does not tell."""
        got: dict[str, int] = self.wait(self.ask(self.client.nthreads(asynchronous=True)), [], lambda: False) or {}
        return got

    def lose(self, why: str) -> None:
        """Count the cluster as lost from now on."""
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

    def note(self, note: Sentence) -> None:
        """Keep a note, once."""
        if note not in self.notes:
            self.notes.append(note)


def _of_a_lost_worker(error: BaseException) -> bool:
    """Whether a task failed because what it needed went with a worker."""
    return isinstance(error, CancelledError | asyncio.CancelledError | OSError | KeyError)
