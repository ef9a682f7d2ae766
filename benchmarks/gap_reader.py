"""Public generalized-assignment instances as an `Instance`: jobs are units, agents are reps.

The format is whitespace-separated whole numbers: ``m n``, m rows of n costs, m rows of n resource uses, m capacities.
Every job goes to exactly one agent, an agent's use stays within its capacity, and the total cost is least.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from solver.arrays import Bools, Ints
from solver.instance import NO_LIMIT, Instance, Row
from solver.integers import LARGEST
from solver.problems import InputError, Problem, shorten

#: Most bytes of one file; the largest public instance has 2 MB.
MAX_BYTES = 64 << 20
#: Most problems listed of one file.
MAX_PROBLEMS = 20
#: Files of a folder that are no instances.
OTHER_FILES = frozenset({".csv", ".md", ".json", ".png", ".gz", ".zip"})
#: A bound is a sum of doubles: this far beyond a whole number, it still is that number.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Gap:
    """A generalized-assignment instance.

    Attributes
    ----------
    name : of the file.
    cost, use : int64[agents, jobs].
    capacity : int64[agents].
    offset : score of a plan = `offset` − its cost, in points of one cost unit.
    instance : the same for the engine: one option a job and an agent that could hold it alone.
    """

    name: str
    cost: Ints
    use: Ints
    capacity: Ints
    offset: int
    instance: Instance

    def plan_cost(self, choice: Ints) -> int:
        """Return what a choice costs, recomputed from the file's own numbers.

        Raises
        ------
        ValueError
            The choice breaks the instance's rules; the message says which.
        """
        if np.any(choice < 0):
            raise ValueError(f"{self.name}: {int((choice < 0).sum())} jobs have no agent")
        jobs = np.arange(self.cost.shape[1])
        if not np.array_equal(self.instance.option_unit[choice], jobs):
            raise ValueError(f"{self.name}: a job has another job's option")
        agent = self.instance.option_rep[choice]
        used = np.zeros(len(self.capacity), dtype=np.int64)
        np.add.at(used, agent, self.use[agent, jobs])
        over = np.flatnonzero(used > self.capacity)
        if over.size:
            k = int(over[0])
            raise ValueError(f"{self.name}: agent {k + 1} uses {used[k]} of {self.capacity[k]}")
        return int(self.cost[agent, jobs].sum())

    def cost_bound(self, bound: float) -> int:
        """Return the least whole cost that a bound on the score (points) leaves possible."""
        return self.offset - int(np.floor(bound + _ROUNDING))


def read_gap(path: Path) -> Gap:
    """Read one instance.

    Raises
    ------
    InputError
        Names the file and everything that is wrong with it.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _wrong(path, "too_large", f"the file has {size:,} bytes", expected=f"at most {MAX_BYTES:,}")
        text = path.read_bytes()
    except OSError as error:
        raise _wrong(path, "unreadable", f"the file cannot be read: {error.strerror or error}") from None
    numbers = _numbers(path, text)
    if len(numbers) < 2:
        raise _wrong(path, "truncated", "the file ends before it says how many agents and jobs there are")
    m, n = int(numbers[0]), int(numbers[1])
    if m < 1 or n < 1:
        raise _wrong(path, "empty", f"the file says {m} agents and {n} jobs", expected="at least one of each")
    due = 2 + 2 * m * n + m
    if len(numbers) != due:
        few = len(numbers) < due
        what = f"the file is truncated: {m:,} agents and {n:,} jobs ask for {due:,} numbers, {len(numbers):,} are there"
        more = f"{len(numbers) - due:,} numbers too many: {m:,} agents and {n:,} jobs ask for {due:,}"
        raise _wrong(
            path, "truncated" if few else "extra_numbers", what if few else more,
            expected="m n, m × n costs, m × n uses, m capacities",
        )  # fmt: skip
    cost, use = numbers[2 : 2 + m * n].reshape(m, n), numbers[2 + m * n : 2 + 2 * m * n].reshape(m, n)
    return make_gap(path.name, cost, use, numbers[-m:])


def make_gap(name: str, cost: Ints, use: Ints, capacity: Ints) -> Gap:
    """Return the instance of these numbers; shapes as in `Gap`, nothing negative.

    Raises
    ------
    InputError
        Costs or uses add up to more than can be counted exactly.
    """
    m, n = cost.shape
    for what, values in (("costs", cost), ("uses", use)):
        if float(values.sum(dtype=np.float64)) >= LARGEST:
            raise InputError([Problem("too_large", f"the {what} add up to 2**53 or more", file=name)])
    fits: Bools = use <= capacity[:, None]
    job, agent = np.nonzero(fits.T)
    worst = np.where(fits, cost, 0).max(axis=0)  # a job at its dearest agent scores nothing
    amount = use[agent, job]
    loaded = amount > 0
    none = np.zeros(0, dtype=np.int64)
    instance = Instance(
        scale=1,
        offset=0,
        error=0.0,
        n_reps=m,
        customer_unit=np.arange(n),
        unit_size=np.ones(n, dtype=np.int64),
        required=np.ones(n, dtype=bool),
        indptr=np.r_[0, np.cumsum(fits.sum(axis=0))].astype(np.int64),
        option_unit=job.astype(np.int64),
        option_rep=agent.astype(np.int64),
        option_score=worst[job] - cost[agent, job],
        row_lower=np.full(m, -NO_LIMIT, dtype=np.int64),
        row_upper=np.minimum(capacity, NO_LIMIT),
        piece_row=none,
        piece_side=none,
        piece_edge=none,
        piece_slope=none,
        load_indptr=np.r_[0, np.cumsum(loaded)].astype(np.int64),
        load_row=agent[loaded].astype(np.int64),
        load_amount=amount[loaded],
        rows=tuple(Row("capacity", f"agent {k + 1}", "use", 1.0) for k in range(m)),
        separations=(),
    )
    return Gap(name, cost, use, capacity, int(worst.sum()), instance)


def read_gaps(paths: Iterable[Path]) -> list[Gap]:
    """Read files, and all instances of folders by name: everything there but hidden files and `OTHER_FILES`.

    Raises
    ------
    InputError
        Everything that is wrong with any of them.
    """
    gaps: list[Gap] = []
    problems: list[Problem] = []
    for path in paths:
        files = [path]
        if path.is_dir():
            files = sorted(f for f in path.iterdir() if _may_be_instance(f))
            if not files:
                problems.append(Problem("empty", "the folder has no instance", file=str(path)))
        for file in files:
            try:
                gaps.append(read_gap(file))
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return gaps


def _may_be_instance(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.suffix.lower() not in OTHER_FILES


def read_best_known(path: Path) -> dict[str, int]:
    """Read best known costs by instance: a CSV with columns ``instance`` and ``best_known_cost``.

    Raises
    ------
    InputError
        Names every bad row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _wrong(path, "unreadable", f"the file cannot be read: {error}") from None
    missing = [c for c in ("instance", "best_known_cost") if c not in columns]
    if missing:
        raise InputError([Problem("missing_column", f"column {c} is missing", file=path.name) for c in missing])
    best: dict[str, int] = {}
    problems: list[Problem] = []
    for line, row in enumerate(rows, 2):
        name, value = row["instance"] or "", row["best_known_cost"] or ""
        if not re.fullmatch(r"[0-9]{1,15}", value, re.ASCII):
            problems.append(
                Problem("not_a_number", "the cost is no whole number", file=path.name, row=line,
                        column="best_known_cost", value=shorten(value))
            )  # fmt: skip
        elif name in best:
            problems.append(Problem("duplicate_id", f"{shorten(name)} is there twice", file=path.name, row=line))
        else:
            best[name] = int(value)
    if problems:
        raise InputError(problems[:MAX_PROBLEMS])
    return best


def _numbers(path: Path, text: bytes) -> Ints:
    """All numbers of the file, int64; every word that is none is named with its line."""
    problems: list[Problem] = []
    if re.search(rb"[^0-9\s]|[0-9]{16}", text):  # a glance at most files is enough
        line, at = 1, 0
        for word in re.finditer(rb"\S+", text):
            value = word.group()
            if value.isdigit() and len(value) < 16:
                continue
            line, at = line + text.count(b"\n", at, word.start()), word.start()
            shown = shorten(value[:80].decode("utf-8", "replace"), 30)
            if value.isdigit():
                said = ("too_large", f"{shown} is too large: at most 15 digits")
            elif re.fullmatch(rb"-[0-9]+", value):
                said = ("negative", f"{shown} is negative")
            else:
                said = ("not_a_number", f"{shown} is no whole number")
            problems.append(Problem(*said, file=path.name, row=line, value=shown))
            if len(problems) == MAX_PROBLEMS:
                break
    if problems:
        raise InputError(problems)
    return np.array(text.split(), dtype="S16").astype(np.int64)


def _wrong(path: Path, code: str, message: str, expected: str = "") -> InputError:
    return InputError([Problem(code, message, file=path.name, expected=expected)])
