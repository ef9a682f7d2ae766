"""Rounds of annealing on a cluster: a group of reps goes out as a small instance and comes back as a choice."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solver.arrays import Ints
from solver.engine.machines.connect import dask
from solver.engine.machines.pool import Annealers, Chains
from solver.engine.machines.scheduler import Scheduler
from solver.engine.solution import Cancelled
from solver.sentences import sentence

#: Seconds to wait, when told to stop, for what annealers have found so far.
_GRACE = 0.7


class Rounds:
    """Rounds of annealing that are out together, and the event that ends them."""

    def __init__(self, scheduler: Scheduler, here: Annealers):
        self.scheduler, self.here = scheduler, here
        self.name = f"fairbook-halt-{uuid.uuid4().hex}"
        self.out: list[_There] = []
        self.halted: float | None = None

    def send(self, chains: Chains) -> _There:
        """Send a round to a worker."""
        self.out = [one for one in self.out if not one.answer.done()] if len(self.out) > 100 else self.out
        one = _There(self, chains)
        self.out.append(one)
        return one

    def halt(self) -> float:
        """Tell the workers to end what they do; returns when that was said first."""
        if self.halted is None:
            self.halted = time.monotonic()
            if self.scheduler.alive:
                event = dask().Event(self.name, client=self.scheduler.client)
                threading.Thread(target=_tell, args=(event,), daemon=True).start()
        return self.halted

    def end(self) -> None:
        """Let go of the rounds that are still out."""
        left = [one for one in self.out if one.task is not None and not one.answer.done()]
        if left and self.scheduler.alive:
            self.halt()
            self.scheduler.ask(self.scheduler.client.cancel([one.task for one in left], asynchronous=True))
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

    rounds: Rounds
    chains: Chains
    task: Any = None
    answer: Future[Any] = field(default_factory=Future)

    def __post_init__(self) -> None:
        scheduler = self.rounds.scheduler
        if scheduler.alive:
            self.task = scheduler.client.submit(_anneal, self.chains, self.rounds.name, pure=False)
            self.answer = scheduler.ask(scheduler.client.gather(self.task, asynchronous=True))

    def result(self, cancelled: Cancelled) -> tuple[int, Ints] | None:
        scheduler, rounds = self.rounds.scheduler, self.rounds
        while self.task is not None:
            try:
                got: tuple[int, Ints] = self.answer.result(timeout=0.05)
            except TimeoutError as error:
                if self.answer.done():
                    scheduler.failed(error)
                    break
            except (Exception, CancelledError) as error:
                if type(error).__name__ == "KilledWorker":  # it may have been its fault: not here too
                    scheduler.note(
                        sentence(
                            "a group of reps was left as it was: several workers of {address} died of it",
                            address=scheduler.address,
                        )
                    )
                    return None
                scheduler.failed(error)
                break
            else:
                return got
            if cancelled() and time.monotonic() > rounds.halt() + _GRACE:
                return None
            if not scheduler.alive or self.task.status in {"lost", "cancelled"}:
                break
        return None if cancelled() else rounds.here(self.chains).result(cancelled)


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
