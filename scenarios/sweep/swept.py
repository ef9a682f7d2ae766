"""Which runs belong to a sweep, from the store's log."""

from __future__ import annotations

from scenarios.run.record import Run
from scenarios.store import Store, UnknownRun

WORD = "swept "
"""How the log says that a run belongs to a sweep; the sweep's id follows."""


def latest_sweep(store: Store) -> list[Run]:
    """Return the runs of the latest sweep, those it found in the store included, in the order of its scenarios.

    Raises
    ------
    UnknownRun
        Nothing was swept yet, or all of it was removed.
    """
    entries = [e for e in store.log() if e.what.startswith(WORD)]
    if not entries:
        raise UnknownRun(f"no sweep in the store {store.name} yet; fairbook sweep PLAN makes one, or name the runs")
    latest = entries[-1].what
    there = {summary.id for summary in store.list()}
    ids = [i for i in dict.fromkeys(e.run_id for e in entries if e.what == latest) if i in there]
    if not ids:
        raise UnknownRun(f"the runs of the latest sweep were removed from the store {store.name}")
    runs = [store.load(run_id) for run_id in ids]
    return sorted(runs, key=lambda run: int(run.result["sweep"]["order"]))
