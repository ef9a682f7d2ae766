"""Whether advice finds the weight that was best, and says "no evidence" where there is none: simulated companies.

Winning follows ``base + strength · (alpha · fit + (1 − alpha) · nearness)``, so the best weight of fit against travel
is known: it is the strategy of most expected sales, which the simulation can reckon and `fairbook advise` cannot see.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import yaml

from benchmarks.measure import RESULTS, machine, write
from scenarios.advise.advice import Advice, advise, strategies_of
from scenarios.plan.yaml_text import read_document
from scenarios.sweep.workers import Done, Job
from solver.engine.solution import Options

WEIGHTS = (0.02, 0.25, 1.0, 4.0, 50.0)
"""Of fit, where travel has 1: from nearly all travel to nearly all fit."""
INDUSTRIES = ("steel", "food", "retail", "health")
SEGMENTS = ("small", "mid", "large")
FIRST, QUARTERS = dt.date(2025, 4, 1), 6


class Here:
    """Workers that do the tasks in this process, one after another."""

    def __init__(self) -> None:
        self.shared: dict[str, Any] = {}

    def share(self, name: str, value: Any) -> None:
        """Keep a value for the tasks."""
        self.shared[name] = value

    def run(self, job: Job, tasks: Sequence[Any], told: Callable[[Any], None], cancelled: Callable[[], bool]) -> None:
        """Do all tasks."""
        for number, task in enumerate(tasks):
            if cancelled():
                return
            told(Done(number, 1, job(self.shared, task, lambda _: None)))


class Company:
    """A company with a known truth.

    Parameters
    ----------
    seed : of everything.
    alpha : how much of what wins is fit, the rest is nearness.
    strength : how much both matter; 0 for not at all.
    base_weight : weight of fit in the plan as written.
    explore : share of the opportunities that a colleague of the current rep works.
    """

    def __init__(
        self, seed: int, alpha: float, strength: float, base_weight: float, customers: int = 240, reps: int = 12,
        explore: float = 0.4, a_quarter: float = 12.0,
    ):  # fmt: skip
        rng = self.rng = np.random.default_rng([seed, round(1000 * alpha), round(1000 * strength)])
        self.alpha, self.strength, self.base_weight = alpha, strength, base_weight
        self.industry = rng.integers(0, len(INDUSTRIES), customers)
        self.segment = rng.integers(0, len(SEGMENTS), customers)
        self.knows = np.arange(reps) % len(INDUSTRIES)
        self.likes = np.arange(reps) // len(INDUSTRIES) % len(SEGMENTS)
        self.at = np.column_stack([rng.uniform(48, 52, customers), rng.uniform(6, 13, customers)])
        self.home = np.column_stack([rng.uniform(48, 52, reps), rng.uniform(6, 13, reps)])
        self.current = rng.integers(0, reps, customers)
        self.explore, self.a_quarter = explore, a_quarter
        far = _km(self.at, self.home)
        near = 1 - far / far.max(axis=1).mean()
        fit = 2 / 3 * (self.knows[None, :] == self.industry[:, None])
        fit = fit + 1 / 3 * (self.likes[None, :] == self.segment[:, None])
        self.chance = np.clip(0.2 + strength * (alpha * fit + (1 - alpha) * near), 0.02, 0.98)

    def write(self, folder: Path) -> Path:
        """Write plan, customers, reps and history; return the plan's path."""
        rng = self.rng
        n, m = self.chance.shape
        customers = [
            {"customer_id": f"C{j:04}", "territory": "HQ", "industry": INDUSTRIES[self.industry[j]],
             "segment": SEGMENTS[self.segment[j]], "potential": 1000,
             "latitude": round(self.at[j, 0], 4), "longitude": round(self.at[j, 1], 4),
             "current_rep": f"R{self.current[j]}", "tenure": 5}
            for j in range(n)
        ]  # fmt: skip
        reps = [
            {"rep_id": f"R{i}", "territories": "*", "industries": INDUSTRIES[self.knows[i]],
             "segments": SEGMENTS[self.likes[i]],
             "latitude": round(self.home[i, 0], 4), "longitude": round(self.home[i, 1], 4)}
            for i in range(m)
        ]  # fmt: skip
        days = QUARTERS * 91
        history = []
        for j in range(n):
            for _ in range(rng.poisson(self.a_quarter * QUARTERS)):
                rep = self.current[j]
                if rng.random() < self.explore:
                    rep = (rep + rng.integers(1, m)) % m
                day = FIRST + dt.timedelta(int(rng.integers(0, days)))
                won = rng.random() < self.chance[j, rep]
                amount = round(1000 * math.exp(rng.normal(-0.045, 0.3)))
                outcome = "won" if won else "lost"
                history.append({"customer_id": f"C{j:04}", "rep_id": f"R{rep}", "date": day.isoformat(),
                                "kind": "opportunity", "outcome": outcome, "amount": amount})  # fmt: skip
        for name, rows in (("customers", customers), ("reps", reps), ("history", history)):
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        plan = {
            "period": "2026-Q4",
            "data": {name: {"source": f"{name}.csv"} for name in ("customers", "reps", "history")},
            "rules": {"room": {"kind": "capacity", "metric": "customers", "limit": math.ceil(1.3 * n / m)}},
            "objectives": {
                "fit": {"weight": self.base_weight, "profile": {"industry": 2, "segment": 1, "skill": 0}},
                "travel": {"weight": 1},
            },
            "advise": {"grid": {"objectives.fit.weight": list(WEIGHTS)}},
            "solve": {"workers": 1},
        }
        path = folder / "plan.yaml"
        path.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
        return path

    def truth(self, rep_of: Any) -> float:
        """Expected sales a quarter of an assignment, int64[customers]."""
        n = len(rep_of)
        return float(self.a_quarter * 1000 * self.chance[np.arange(n), rep_of].sum())


def _km(a: Any, b: Any) -> Any:
    lat, lon = np.radians(a[:, None, 0] - b[None, :, 0]), np.radians(a[:, None, 1] - b[None, :, 1])
    mid = np.radians(a[:, None, 0] + b[None, :, 0]) / 2
    return 6371 * np.hypot(lat, np.cos(mid) * lon)


def tried(company: Company) -> tuple[Advice, dict[str, float]]:
    """Return the advice, and each strategy's true gain a quarter over the plan as written."""
    with tempfile.TemporaryDirectory() as name:
        path = company.write(Path(name))
        document = read_document(path)
        found = advise(path, document, strategies_of(document, (), (), ()), Here(), Options(3.0, 0.1, 1, 1))
    value = {
        s: float(np.mean([company.truth(one.rep_of) for one in solved if one.rep_of is not None]))
        for s, solved in found.solved.items()
    }
    return found, {s: v - value["base"] for s, v in value.items()}


def row_of(seed: int, case: str, company: Company) -> dict[str, Any]:
    """One company as a row of the results."""
    found, gain = tried(company)
    weight = {f"objectives.fit.weight={w}": w for w in WEIGHTS}
    by_weight = {weight[s]: g for s, g in gain.items() if s in weight}
    best = max(by_weight, key=lambda w: by_weight[w])
    chosen = weight[found.best.name] if found.best else None
    judged = found.verdicts.judged if found.verdicts else ()
    inside = [j.interval[0] <= gain[j.name] <= j.interval[1] for j in judged if j.evidence not in {"same", "little"}]
    at = list(WEIGHTS)
    return {
        "case": case, "seed": seed, "alpha": company.alpha, "strength": company.strength,
        "plan": company.base_weight, "best": best, "recommended": "" if chosen is None else chosen,
        "verdict": found.verdict, "units": found.verdicts.units if found.verdicts else 0,
        "steps_off": "" if chosen is None else abs(at.index(chosen) - at.index(best)),
        "gain_of_best": round(by_weight[best]), "gain_of_recommended": round(by_weight[chosen]) if chosen else 0,
        "reckoned": round(found.best.gain) if found.best else "", "all_inside": all(inside), "machine": machine(),
    }  # fmt: skip


def known(path: Path) -> list[dict[str, Any]]:
    """Rows that were measured before."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@click.command()
@click.option("--seeds", default=20, show_default=True, help="Companies of each of three best weights.")
@click.option("--noise", default=60, show_default=True, help="Companies in which nothing matters.")
@click.option("--fresh", is_flag=True, help="Measure again what results/advise.csv has.")
def main(seeds: int, noise: int, fresh: bool) -> None:
    """Simulate companies with a known best weight and such with none; goes on with results/advise.csv."""
    rows = [] if fresh else known(RESULTS / "advise.csv")
    have = {(r["case"], int(r["seed"]), float(r["alpha"])) for r in rows}
    wanted = [("known best", seed, alpha, 0.6, WEIGHTS[0 if alpha >= 0.5 else -1])
              for seed in range(seeds) for alpha in (0.2, 0.5, 0.8)]  # fmt: skip
    wanted += [("nothing matters", seed, 0.5, 0.0, WEIGHTS[seed % len(WEIGHTS)]) for seed in range(noise)]
    wanted.sort(key=lambda w: w[1])
    for case, seed, alpha, strength, start in wanted:
        if (case, seed, alpha) not in have:
            rows.append(row_of(seed, case, Company(seed, alpha, strength, start)))
            write("advise", rows)
    for case in ("known best", "nothing matters"):
        click.echo(f"{case}: {told([r for r in rows if r['case'] == case])}")


def told(rows: list[dict[str, Any]]) -> str:
    """What rows of one case come to."""
    said = [r for r in rows if r["verdict"] == "recommended"]
    off = [int(r["steps_off"]) for r in said]
    share = sum(float(r["gain_of_recommended"]) for r in rows) / max(1.0, sum(float(r["gain_of_best"]) for r in rows))
    inside = sum(str(r["all_inside"]) == "True" for r in rows)
    return (
        f"recommended {len(said)} of {len(rows)}; exactly the best weight {off.count(0)}, next to it {off.count(1)}, "
        f"farther {len([o for o in off if o > 1])}; {share:.0%} of the possible gain; all true gains inside their "
        f"intervals {inside} of {len(rows)}"
    )


if __name__ == "__main__":
    main()
