"""What other tools read of a run: three tables as CSV and ``result.json``, all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.files import FilesError, csv_text, write_all
from scenarios.run.record import Run, plain, to_json
from solver.tables import DECIMALS

#: The order the files are renamed in: where ``result.json`` is new, so are the tables.
FILES = ("assignment.csv", "unassigned.csv", "books.csv", "result.json")


def export(run: Run, folder: Path) -> list[Path]:
    """Write ``assignment.csv``, ``unassigned.csv``, ``books.csv`` and ``result.json`` to a folder, made as needed.

    The tables hold numbers with at most `solver.tables.DECIMALS` decimals, ``result.json`` with all they have.
    Other files of the folder stay. A run without a plan gives tables with a header only, and the status says why.

    Returns
    -------
    The paths of the four files, in this order.

    Raises
    ------
    FilesError
        A file cannot be written, or the run says it breaks rules; everything is as it was.
    """
    document = result_document(run)
    violations = (document.get("audit") or {}).get("violations")
    if violations:
        raise FilesError(f"run {run.id} breaks {len(violations)} rules and is not exported")
    frames = (_tidy(run.assignment), _tidy(run.unassigned), _tidy(run.books))
    contents = [*(csv_text(frame) for frame in frames), to_json(document)]
    return write_all(Path(folder), dict(zip(FILES, contents, strict=True)))


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with at most `DECIMALS` decimals: 1.1 of a target of 12 is 13.2, not 13.200000000000001."""
    tidy = frame.copy()
    for column in frame.select_dtypes("float").columns:
        tidy[column] = [round(v, DECIMALS) for v in frame[column].tolist()]
    return tidy


def result_document(run: Run) -> dict[str, Any]:
    """Return what ``result.json`` holds: which run it is, then its result with status, score, bound and gap."""
    head = {"run": run.id, "created": run.created, "plan_name": run.plan_name, "scenario": run.scenario}
    proof = {name: run.result[name] for name in ("status", "score", "bound", "gap")}
    return dict(plain({**head, **proof, **run.result, **head}))
