"""Fairbook beside its peers: the same instances, objective, time and cores, each solve in a process of its own.

``python -m benchmarks.compare --companies 2000x20 --gap d20400,e40400 --time-limit 60 --workers 2``

A company's score and gap are points. A public instance's score is its cost, and its gaps are % of the best bound.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from benchmarks.company import company
from benchmarks.measure import RESULTS, Measured, machine, measure, merged, read, sizes, times_to_gap, write
from benchmarks.peers import SOLVERS
from reports import style

ROOT = Path(__file__).resolve().parents[1]
GAPS = (1.0, 0.1, 0.01)
#: Solvers whose seconds to a first plan and to a gap are not known.
SILENT = frozenset({"highs", "scip"})
#: Smallest gap the chart tells from none.
FLOOR = 1e-4
#: How each solver is called, drawn and coloured: different shapes, for those who cannot tell the colours.
MARKS = {
    "fairbook": ("Fairbook", "o", style.BLUE),
    "cpsat": ("CP-SAT", "s", style.ORANGE),
    "highs": ("HiGHS", "^", style.RED),
    "scip": ("SCIP", "v", style.SKY),
    "greedy": ("greedy with swaps", "D", style.SOFT),
    "waterfall": ("waterfall", "X", style.FAINT),
}


@dataclass(frozen=True)
class Case:
    """A plan file or a public instance under a name for people."""

    name: str
    path: Path


def solve_case(case: Case, solver: str, time_limit: float, workers: int, most_unassigned: int | None) -> dict[str, Any]:
    """Run one solver on one case in a process of its own: its row, with the proven gap in the case's own measure."""
    command = [sys.executable, "-m", "benchmarks.peers", solver, str(case.path), "--time-limit", f"{time_limit:g}"]
    command += ["--workers", str(workers)]
    if most_unassigned is not None:
        command += ["--most-unassigned", str(most_unassigned)]
    return row_of(case, solver, measure(command, ROOT))


def row_of(case: Case, solver: str, done: Measured) -> dict[str, Any]:
    """Return the row of a finished process; a process that broke down is a row too, with its exit code."""
    row: dict[str, Any] = {
        "case": case.name, "solver": solver, "measure": None, "status": None, "score": None, "bound": None, "gap": None,
        "gap_to_best_bound": None, "unassigned": None, "pairs": None, "first_plan": None,
        **{f"gap_{g:g}": None for g in GAPS}, "search_seconds": None,
        "process_seconds": round(done.seconds, 1), "mebibytes": None, "machine": machine(),
    }  # fmt: skip
    if done.code:
        if done.err:
            click.echo(f"{case.name}, {solver}: {done.err.strip().splitlines()[-1]}", err=True)
        return row | {"status": f"broke down ({done.code})", "mebibytes": round(done.mebibytes)}
    result = json.loads(done.out)
    offset = result["offset"]
    row |= {
        "measure": "points" if offset is None else "cost",
        "status": result["status"],
        "score": _own(result["score"], offset),
        "bound": _own(result["bound"], offset, up=True),
        "unassigned": result["unassigned"],
        "pairs": result["pairs"],
        "search_seconds": result["seconds"],
        # The kernel's figure for a child counts what its parent held when it was started, so its own goes first.
        "mebibytes": round(result["mebibytes"] or done.mebibytes),
    }
    row["gap"] = gap_of(row["measure"], row["score"], row["bound"])
    if solver not in SILENT:
        if offset is not None:  # times to a gap in %: a trace whose bound − score is the gap in %
            result = result | {"trace": [_percents(p, offset) for p in result["trace"]]}
        row |= times_to_gap(result, GAPS)
    return row


def _own(value: float | None, offset: int | None, up: bool = False) -> float | int | None:
    """Points as they are; as a cost where there is an offset, a bound rounded up to the whole cost it allows."""
    if value is None or offset is None:
        return None if value is None else round(value, 5)
    return math.ceil(offset - value - 1e-6) if up else round(offset - value)


def _percents(moment: Mapping[str, Any], offset: int) -> dict[str, Any]:
    score, bound = moment["score"], moment["bound"]
    cost, least = _own(score, offset), _own(bound, offset, up=True)
    gap = gap_of("cost", cost, least)
    return {"seconds": moment["seconds"], "score": None if score is None else 0.0, "bound": gap}


def gap_of(measure: str | None, score: float | None, bound: float | None) -> float | None:
    """Bound − score in points, or for costs how far above the bound in %; None where one of them is missing."""
    if score is None or bound is None:
        return None
    if measure == "points":
        return round(max(0.0, bound - score), 5)
    if score == bound:
        return 0.0
    return round(100 * (score - bound) / bound, 5) if bound > 0 else None


def fill_best_bounds(rows: Sequence[dict[str, Any]]) -> None:
    """Fill `gap_to_best_bound`: every plan against the best bound that any solver proved for the case.

    A bound holds for plans that leave no more customers unassigned than those of its solver. One that leaves more has
    it easier: its gap says too little, and `frame` marks it.
    """
    for case in {r["case"] for r in rows}:
        here = [r for r in rows if r["case"] == case and r["measure"]]
        bounds = [r["bound"] for r in here if r["bound"] is not None]
        for r in here if bounds else ():
            best = min(bounds) if r["measure"] == "points" else max(bounds)
            r["gap_to_best_bound"] = gap_of(r["measure"], r["score"], best)


def frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Exactly what is drawn, in the order of the cases and of `MARKS`.

    Columns: case, solver, gap (NaN for none), remark: empty, ``no plan``, ``broke down`` or ``2 left out`` (customers
    more than the plan with the fewest).
    """
    fewest: dict[str, int] = {}
    for r in rows:
        if r["score"] is not None:
            fewest[r["case"]] = min(fewest.get(r["case"], r["unassigned"]), r["unassigned"])
    made = []
    for r in rows:
        remark = "" if r["measure"] else "broke down"
        if not remark and r["score"] is None:
            remark = "no plan"
        elif not remark and r["unassigned"] > fewest[r["case"]]:
            remark = f"{r['unassigned'] - fewest[r['case']]:,} left out"
        made.append((r["case"], r["solver"], r["gap_to_best_bound"], remark))
    table = pd.DataFrame(made, columns=["case", "solver", "gap", "remark"]).astype({"gap": "float64"})
    order = {s: k for k, s in enumerate(MARKS)}
    cases = {c: k for k, c in enumerate(dict.fromkeys(table["case"]))}
    rank = table["case"].map(cases) * len(order) + table["solver"].map(order)
    return table.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def draw(table: pd.DataFrame, below: str = "", ax: Axes | None = None) -> Axes:
    """Draw a band a case with a mark a solver at its gap, log axis; remarks stand at the right."""
    cases = list(dict.fromkeys(table["case"]))
    solvers = [s for s in MARKS if s in set(table["solver"])]
    with style.house(cases):
        ax = style.canvas(ax, 9.2, 1.65 + 0.72 * len(cases))
        style.place(ax, 0.25 + style.room(cases), 2.1, 1.05, 0.55)
        style.title(ax, "Gap to the best bound that any solver proved", below)
        most = float(table["gap"].max()) if table["gap"].notna().any() else 1.0
        ax.set_xscale("log")
        ax.set_xlim(FLOOR * 0.7, max(10.0, most * 1.6))
        ax.set_ylim(len(cases) - 0.5, -0.5)
        for k in range(0, len(cases), 2):
            ax.axhspan(k - 0.5, k + 0.5, color=style.PALE, linewidth=0, zorder=0)
        for n, solver in enumerate(solvers):
            name, mark, colour = MARKS[solver]
            mine = table[(table["solver"] == solver) & table["gap"].notna()]
            at = [cases.index(c) + 0.7 * ((n + 0.5) / len(solvers) - 0.5) for c in mine["case"]]
            ax.plot(mine["gap"].clip(lower=FLOOR), at, mark, color=colour, markersize=7, markeredgecolor="white",
                    clip_on=False, label=name)  # fmt: skip
        for k, case in enumerate(cases):
            here = table[(table["case"] == case) & (table["remark"] != "")]
            lines = [f"{r}: {', '.join(MARKS[s][0] for s in own['solver'])}" for r, own in here.groupby("remark")]
            ax.annotate(
                "\n".join(textwrap.fill(line, 36) for line in lines), (1, k), (6, 0), va="center", fontsize=7.5,
                xycoords=("axes fraction", "data"), textcoords="offset points", color=style.SOFT, annotation_clip=False,
            )  # fmt: skip
        ax.set_yticks(range(len(cases)), cases)
        ax.tick_params(axis="y", length=0)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"≤ {FLOOR:g}" if v <= FLOOR * 1.001 else f"{v:g}"))
        ax.set_xlabel("gap: points of score (companies), % of cost (public instances)")
        ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(solvers), frameon=False, borderaxespad=0.2,
            handletextpad=0.2, columnspacing=1.2, fontsize=8.5,
        )  # fmt: skip
    return ax


def chosen_solvers(_: Any, __: Any, value: str) -> list[str]:
    """Read names separated by commas, Fairbook first: its plan says how many customers have to stay out."""
    names = list(filter(None, value.split(",")))
    if unknown := [n for n in names if n not in SOLVERS]:
        raise click.BadParameter(f"{', '.join(unknown)}: not one of {', '.join(SOLVERS)}")
    return sorted(names, key=list(SOLVERS).index)


def gap_cases(names: str, folder: Path) -> list[Case]:
    """Return public instances by name, or by path, separated by commas; every one that is missing is named."""
    cases = [Case(Path(n).name, Path(n) if Path(n).is_file() else folder / n) for n in filter(None, names.split(","))]
    if missing := [str(c.path) for c in cases if not c.path.is_file()]:
        raise click.UsageError(f"not found: {', '.join(missing)}")
    return cases


@click.command()
@click.option("--companies", default="2000x20", show_default=True, callback=sizes, help="Sizes, e.g. 500x8,2000x20.")
@click.option("--gap", "names", default="", help="Public instances, e.g. d20400,e40400.")
@click.option("--gap-folder", default=ROOT.parent / "shared" / "data" / "gap", type=click.Path(path_type=Path),
              help="Where they lie.")  # fmt: skip
@click.option("--solvers", default=",".join(SOLVERS), show_default=True, callback=chosen_solvers)
@click.option("--time-limit", default=60.0, show_default=True, type=click.FloatRange(0, min_open=True))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Threads and cores.")
@click.option("--tolerance", default=0.05, show_default=True, help="Of the companies' two balances.")
@click.option("--move-share", default=0.15, show_default=True, help="Of the companies' move budget.")
@click.option("--out", default="compare", show_default=True, help="Name of the files in results/.")
@click.option("--add", is_flag=True, help="Keep what other cases and solvers have in these files.")
def main(
    companies: list[tuple[int, int]], names: str, gap_folder: Path, solvers: list[str], time_limit: float, workers: int,
    tolerance: float, move_share: float, out: str, add: bool,
) -> None:  # fmt: skip
    """Compare solvers; rows go to results/compare.csv, the picture to results/compare.png."""
    old = read(out) if add else []
    rows: list[dict[str, Any]] = []
    public = gap_cases(names, gap_folder)
    if not solvers or not (companies or public):
        raise click.UsageError("nothing to compare: give at least one solver and one case")
    with tempfile.TemporaryDirectory() as name:
        cases = [
            Case(f"company {c:,} x {r:,}", company(Path(name) / f"{c}x{r}", c, r, 1, tolerance, move_share))
            for c, r in companies
        ]
        for case in [*cases, *public]:
            before = [r["unassigned"] for r in old if r["case"] == case.name and r["solver"] == "fairbook"]
            most: int | None = before[0] if before else None
            for solver in solvers:
                row = solve_case(case, solver, time_limit, workers, most)
                if solver == "fairbook":
                    most = row["unassigned"]
                rows.append(row)
                click.echo({k: v for k, v in row.items() if k != "machine"})
    rows = merged(old, rows, ("case", "solver"))
    fill_best_bounds(rows)
    click.echo(write(out, rows))
    below = f"{time_limit:g} seconds of search, {workers} cores each"
    picture = RESULTS / f"{out}.png"
    picture.write_bytes(style.picture(style.figure(draw(frame(rows), below)), "png", dpi=150))
    click.echo(picture)


if __name__ == "__main__":
    main()
