"""The reasons of a run as its reports show them: in the language spoken, with what reps are called for their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

from reports import metrics, wording
from reports.words.heard import heard
from scenarios.run.record import Run


def reasons(run: Run) -> Callable[[str], str]:
    """Return what says the sentences a run was kept with: reasons, findings and notes.

    A rep goes by its name, with its id behind it where another has the same name.
    """
    names = metrics.rep_names(run)
    having = Counter(names.values())
    called = {r: wording.label(n) if having[n] == 1 else f"{wording.label(n)} ({r})" for r, n in names.items()}
    return cache(lambda text: heard(text, called))
