"""The shipped example, made from a seed: 400 customers, 12 reps in 3 teams, 18 months of history, and a plan.

Everything in it is invented. Who wins in the history follows a hidden affinity of reps for industries that is written
nowhere; `hidden_affinity` tells it to tests and benchmarks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from scenarios.example import people
from scenarios.example.customers import COLUMNS, make_customers
from scenarios.example.history import COLUMNS as HISTORY_COLUMNS
from scenarios.example.history import make_history
from scenarios.example.people import Affinity, hidden_affinity
from scenarios.files import write_all

__all__ = ["hidden_affinity", "write_example"]


def write_example(folder: Path, seed: int = 2026, affinity: float = 1.0) -> list[Path]:
    """Write customers.csv, reps.csv, history.csv and plan.yaml into `folder`, replacing those of that name.

    The same seed gives the same bytes. `affinity` scales the hidden rep–industry affinity in the history, 0 switches
    it off.

    Returns
    -------
    list of the files written.

    Raises
    ------
    FilesError
        The folder cannot be written to; nothing is changed then.
    """
    customers = make_customers(seed)
    history = make_history(seed, customers, Affinity(seed, affinity))  # also tells customers their last feedback
    texts = {
        "customers.csv": _csv(COLUMNS, (c.row() for c in customers)),
        "reps.csv": _csv(people.COLUMNS, people.rows()),
        "history.csv": _csv(HISTORY_COLUMNS, history),
        "plan.yaml": files(__package__).joinpath("plan.yaml").read_text(encoding="utf-8"),
    }
    return write_all(folder, texts)


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
