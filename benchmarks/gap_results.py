"""The public generalized-assignment instances and unseen ones of their families, with peers beside: results/gap.csv.

``python -m benchmarks.gap_results`` runs all, two hours on two cores; ``--only d20400,e20x100 --solvers highs`` some,
whose rows replace their old ones. Every solve is a process of its own; seconds are of search, those of the whole
process beside.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from benchmarks.compare import Case, chosen_solvers, draw, fill_best_bounds, frame, solve_case
from benchmarks.gap import percent_above
from benchmarks.gap_families import write_families
from benchmarks.gap_reader import OTHER_FILES, read_best_known
from benchmarks.measure import RESULTS, merged, read, write
from reports import style

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "gap"
#: Instances on which the peers run too, of those that are there: those not proven within the minute, and some that are.
NAMED = ("a20200", "b20100", "c30900", "c60900", "c201600", "d10200", "d10400", "d20400", "d30900", "d40400", "e40400")
UNSEEN = ("c20x100", "c40x400", "d10x100", "d20x100", "d20x200", "d40x400", "e20x100", "e40x400", "e60x900")
PEERS = ("cpsat", "highs")
SEED = 7


def cases(folder: Path, unseen: Path, only: tuple[str, ...]) -> list[Case]:
    """Return the public instances that are there and the unseen ones; `only` these names, where any are given."""
    public = (
        sorted(f for f in folder.iterdir() if f.is_file() and f.suffix not in OTHER_FILES) if folder.is_dir() else []
    )
    found = [Case(f.name, f) for f in public if not only or f.name in only]
    wanted = tuple(n for n in (only or UNSEEN) if "x" in n)
    return found + [Case(n, p) for n, p in zip(wanted, write_families(unseen, wanted, SEED), strict=True)]


@click.command()
@click.option("--only", default="", help="Names separated by commas, public ones or such as d20x100.")
@click.option("--folder", default=FOLDER, type=click.Path(path_type=Path), help="Where the public instances lie.")
@click.option("--time-limit", default=60.0, show_default=True, type=click.FloatRange(0, min_open=True))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Threads and cores.")
@click.option("--solvers", default=",".join(("fairbook", *PEERS)), show_default=True, callback=chosen_solvers,
              help="The peers run on the harder instances only, or where they are named alone.")  # fmt: skip
def main(only: str, folder: Path, time_limit: float, workers: int, solvers: list[str]) -> None:
    """Measure; rows go to results/gap.csv as they come, the picture to results/gap.png."""
    names = tuple(filter(None, only.split(",")))
    known = read_best_known(folder / "best_known.csv") if (folder / "best_known.csv").is_file() else {}
    rows = read("gap")
    with tempfile.TemporaryDirectory() as unseen:
        try:
            found = cases(folder, Path(unseen), names)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        if missing := set(names) - {c.name for c in found}:
            raise click.UsageError(f"not found: {', '.join(sorted(missing))}")
        for case in found:
            hard = case.name in NAMED or "x" in case.name or "fairbook" not in solvers
            for solver in (s for s in solvers if s == "fairbook" or hard):
                row = solve_case(case, solver, time_limit, workers, None)
                best = known.get(case.name)
                row |= {"best_known": best, "percent_above": percent_above(row["score"], best)}
                rows = merged(rows, [row], ("case", "solver"))
                rows.sort(key=lambda r: ("x" in r["case"], r["case"]))
                fill_best_bounds(rows)
                write("gap", rows)
                click.echo({k: v for k, v in row.items() if k != "machine"})
    both = {r["case"] for r in rows if r["solver"] != "fairbook"}
    shown = [r for r in rows if r["case"] in both] or rows
    picture = RESULTS / "gap.png"
    below = f"{time_limit:g} seconds of search, {workers} cores each"
    picture.write_bytes(style.picture(style.figure(draw(frame(shown), below)), "png", dpi=150))
    click.echo(picture)


if __name__ == "__main__":
    main()
