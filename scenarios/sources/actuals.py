"""One table of history by itself: what happened after a plan was made, read as the plan reads its history."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.filter import keep_rows
from scenarios.sources.history import history_frame
from scenarios.sources.mapping import apply_map
from scenarios.sources.owners import settle_owners
from scenarios.sources.read import read_source
from scenarios.sources.spec import Data, Source
from scenarios.sources.typed import parse, report
from solver.problems import InputError, Problem


def read_actuals(path: Path, data: Data) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Return a file's rows typed as history, and what is to be said of them.

    Parameters
    ----------
    data : of the plan: how its history's columns are called and read.

    Raises
    ------
    InputError
        Every problem of the file.
    """
    found = Collector()
    given = data.history or Source(source=str(path))
    spec = given.model_copy(update={"source": str(path), "query": None, "table": None, "where": given.where})
    try:
        grid = read_source("history", spec, Path(), data.limits, found)
    except Refused as refused:
        raise InputError(refused.problems) from None
    tables = {"history": apply_map("history", grid, spec.columns, found)}
    settle_owners(tables, found)
    table = keep_rows(tables["history"], spec, found)
    values = {}
    for name in table.columns:
        parsed = parse(table, name, spec)
        report(table, name, parsed, found)
        values[name] = parsed.values
    rows = history_frame(table, values, found)
    problems = found.finish()
    if found.errors:
        raise InputError(problems)
    return rows, problems
