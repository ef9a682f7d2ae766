"""Twenty scenarios of one company: swept on all cores, against solved cold one after another, to the same gap.

Whole processes, reading included. A cold solve has all cores to itself; the sweep has as many processes of one thread.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import yaml

from benchmarks.company import company
from benchmarks.measure import Measured, machine, measure, write

ROOT = Path(__file__).parents[1]
#: What a sales leader asks: other budgets, weights and bands, who leaves, who works more.
QUESTIONS: dict[str, dict[str, Any]] = {
    **{f"moves_{share:g}": {"rules": {"moves": {"share": share}}} for share in (0.05, 0.08, 0.1, 0.12, 0.2, 0.25, 0.3)},
    **{f"continuity_{w}": {"objectives": {"continuity": {"weight": w}}} for w in (1, 2, 5, 8)},
    **{f"fit_{w}": {"objectives": {"fit": {"weight": w}}} for w in (2, 8)},
    **{f"balance_{w}": {"objectives": {"balance_potential": {"weight": w}}} for w in (1, 6)},
    "band_10": {"objectives": {"balance_potential": {"tolerance": 0.1}, "balance_workload": {"tolerance": 0.1}}},
    "R00003_leaves": {"changes": [{"rep_leaves": {"rep": "R00003"}}]},
    "R00011_leaves": {"changes": [{"rep_leaves": {"rep": "R00011"}}]},
    "R00005_half": {"reps": {"R00005": {"ramp": 0.5}}},
    "heads_130": {"rules": {"heads": {"kind": "capacity", "metric": "customers", "limit": 130}}},
}


def fairbook(folder: Path, store: str, *words: str) -> Measured:
    """Run a command in a process of its own; exit codes other than 0 are errors."""
    command = [sys.executable, "-m", "cli", "-q", "--store", str(folder / store), *words, "--json"]
    done = measure(command, ROOT)
    if done.code:
        raise RuntimeError(f"{' '.join(words)} ended with {done.code}: {done.err[-2000:]}")
    return done


@click.command()
@click.option("--customers", default=2000, show_default=True)
@click.option("--reps", default=20, show_default=True)
@click.option("--gap", default=0.15, show_default=True, help="Points at which every solve stops.")
@click.option("--time-limit", default=60.0, show_default=True, help="Seconds for each solve, at most.")
@click.option("--only", type=click.Choice(["both", "sweep", "cold"]), default="both", show_default=True)
def main(customers: int, reps: int, gap: float, time_limit: float, only: str) -> None:
    """Measure; a row a scenario and one of sums go to results/sweep.csv."""
    rows: list[dict[str, Any]] = []
    size = f"{customers}x{reps}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = company(folder, customers, reps, time_limit=time_limit, gap=gap)
        questions = {"overrides": QUESTIONS, "scenarios": {k: [k] for k in QUESTIONS}}
        plan.write_text(plan.read_text("utf-8") + yaml.safe_dump(questions), encoding="utf-8")
        named = [word for k in QUESTIONS for word in ("--scenario", k)]
        cores = len(os.sched_getaffinity(0))
        swept: dict[str, Any] = {}
        whole = 0.0
        if only != "cold":
            done = fairbook(folder, "swept.db", "sweep", str(plan), *named, "--jobs", str(cores), "--workers", "1")
            swept, whole = {o["scenario"]: o for o in json.loads(done.out)}, done.seconds
            click.echo(f"sweep {whole:.1f} s", err=True)
        cold = 0.0
        for question in QUESTIONS if only != "sweep" else ():
            done = fairbook(folder, "cold.db", "solve", str(plan), "-s", question, "--workers", str(cores))
            result = json.loads(done.out)
            cold += done.seconds
            one = swept.get(question, {})
            rows.append(
                {
                    "company": size, "scenario": question, "gap_asked": gap,
                    "cold_seconds": round(done.seconds, 2), "cold_search_seconds": result["seconds"],
                    "cold_gap": round(result["gap"], 4), "cold_score": round(result["score"], 4),
                    "swept_search_seconds": one.get("seconds"), "swept_gap": round(one.get("gap", float("nan")), 4),
                    "swept_score": round(one.get("score", float("nan")), 4), "ratio": "", "machine": machine(),
                }
            )  # fmt: skip
            click.echo(json.dumps(rows[-1]), err=True)
    if only != "both":
        click.echo(json.dumps({"sweep": whole, "cold": cold, "gaps": {k: v["gap"] for k, v in swept.items()},
                               "search": {k: v["seconds"] for k, v in swept.items()}}))  # fmt: skip
        return
    sums = dict.fromkeys(rows[0], "")
    sums |= {"company": size, "scenario": "all 20 and the base" if len(QUESTIONS) == 20 else "all", "gap_asked": gap,
             "cold_seconds": round(cold, 2), "swept_search_seconds": round(whole, 2), "ratio": round(whole / cold, 3),
             "machine": machine()}  # fmt: skip
    rows.append(sums)
    click.echo(write("sweep", rows))
    click.echo(f"sweep {whole:.1f} s, cold {cold:.1f} s: {whole / cold:.2f} of the time")


if __name__ == "__main__":
    main()
