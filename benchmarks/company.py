"""A realistic company of any size, from a seed: tables and a plan in a folder.

Customers lie in leaf territories, reps cover two to four leaves of one region, so a customer has some eight to fifteen
eligible reps at any size. Potential is heavy-tailed, current books are uneven, a few reps have left, some customers
belong to families, are pinned, or require a skill.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import pandas as pd
import yaml

INDUSTRIES = ("medical", "retail", "finance", "software", "energy", "food", "logistics", "public")
SEGMENTS = ("enterprise", "mid", "small")
HOURS = {"enterprise": 12.0, "mid": 6.0, "small": 3.0}
SKILLS = ("cloud", "german", "french", "mandarin")


def company(
    folder: Path,
    customers: int,
    reps: int,
    seed: int = 1,
    tolerance: float = 0.05,
    move_share: float = 0.15,
    time_limit: float = 60.0,
    gap: float = 0.0,
) -> Path:
    """Write customers.csv, reps.csv and plan.yaml; return the plan's path."""
    rng = np.random.default_rng([seed, customers, reps])
    folder.mkdir(parents=True, exist_ok=True)
    leaves_per_region, reps_per_region = 5, min(20, reps)
    regions = max(1, reps // reps_per_region)
    leaf = [f"W/R{r:03d}/L{k}" for r in range(regions) for k in range(leaves_per_region)]

    home = np.arange(reps) % regions
    covered = []
    for r in home:
        own = rng.choice(leaves_per_region, size=rng.integers(2, 4), replace=False)
        covered.append([f"W/R{r:03d}/L{k}" for k in sorted(own)])
    for place in range(len(leaf)):  # at least three reps a leaf
        region = place // leaves_per_region
        there = [i for i in range(reps) if leaf[place] in covered[i]]
        for i in rng.permutation(np.flatnonzero(home == region))[: max(0, 3 - len(there))]:
            if leaf[place] not in covered[i]:
                covered[i].append(leaf[place])
    ids = np.array([f"R{i:05d}" for i in range(reps)])
    rep_table = pd.DataFrame(
        {
            "rep_id": ids,
            "team": [f"T{r % max(1, regions // 2 or 1):02d}" for r in home],
            "territories": [";".join(c) for c in covered],
            "industries": [";".join(rng.choice(INDUSTRIES, size=3, replace=False)) for _ in range(reps)],
            "segments": [";".join(rng.choice(SEGMENTS, size=2, replace=False)) for _ in range(reps)],
            "skills": [
                ";".join(f"{s}:{rng.integers(2, 6)}" for s in SKILLS if rng.random() < 0.6) for _ in range(reps)
            ],
            "active": np.where(rng.random(reps) < 0.03, "no", "yes"),
            "ramp": np.where(rng.random(reps) < 0.06, 0.5, 1.0),
        }
    )
    place = rng.integers(0, len(leaf), customers)
    segment = rng.choice(3, size=customers, p=[0.1, 0.3, 0.6])
    potential = np.round(rng.lognormal(10, 1.1, customers) * np.array([8.0, 2.5, 1.0])[segment])
    able: dict[str, list[int]] = {name: [] for name in leaf}
    for i, places in enumerate(covered):
        for name in places:
            able[name].append(i)
    popular = rng.lognormal(0, 0.6, reps)
    current = np.empty(customers, dtype=np.int64)
    for p, name in enumerate(leaf):
        here = np.flatnonzero(place == p)
        weight = popular[able[name]]
        current[here] = rng.choice(able[name], size=len(here), p=weight / weight.sum())
    stray = rng.random(customers) < 0.05
    current[stray] = rng.integers(0, reps, stray.sum())
    names = np.array([f"C{j:07d}" for j in range(customers)])
    parent = np.full(customers, "", dtype=object)
    order = np.argsort(place, kind="stable")  # families lie in one place
    heads = np.flatnonzero(rng.random(customers - 3) < 0.03)
    for h in heads.tolist():
        for k in range(1, int(rng.integers(2, 4))):
            if place[order[h + k]] == place[order[h]]:
                parent[order[h + k]] = names[order[h]]
    required = np.full(customers, "", dtype=object)
    needs = np.flatnonzero(rng.random(customers) < 0.15)
    required[needs] = rng.choice(["cloud:2", "german", "french:2", "mandarin"], size=len(needs))
    active = rep_table["active"].to_numpy() == "yes"
    held = rep_table["skills"].tolist()
    for j in needs.tolist():
        skill, _, level = required[j].partition(":")
        if not any(active[i] and f"{skill}:" in held[i] and int(held[i].split(f"{skill}:")[1][0]) >= int(level or 1)
                   for i in able[leaf[place[j]]]):  # fmt: skip
            required[j] = ""
    pinned = np.full(customers, "", dtype=object)
    for j in np.flatnonzero((rng.random(customers) < 0.01) & (required == "") & (parent == "") & ~stray).tolist():
        if active[current[j]] and names[j] not in set(parent[max(0, j - 5) : j + 5]):
            pinned[j] = ids[current[j]]
    families = {p for p in parent if p}
    pinned[np.isin(names, list(families))] = ""
    hours = np.array([HOURS[SEGMENTS[s]] for s in segment])
    # Capacity: what a territory asks of its reps, and a fifth more.
    asked = np.zeros(reps)
    for p, name in enumerate(leaf):
        there = [i for i in able[name] if active[i]] or able[name]
        asked[there] += hours[place == p].sum() / len(there)
    rep_table["capacity"] = np.ceil(np.maximum(asked, asked.mean() * 0.7) * 1.35 / rep_table["ramp"])
    pd.DataFrame(
        {
            "customer_id": names,
            "territory": np.array(leaf)[place],
            "industry": rng.choice(INDUSTRIES, customers),
            "segment": np.array(SEGMENTS)[segment],
            "potential": potential.astype(np.int64),
            "workload": hours,
            "required_skills": required,
            "parent_id": parent,
            "current_rep": ids[current],
            "pinned_rep": pinned,
        }
    ).to_csv(folder / "customers.csv", index=False)
    rep_table.to_csv(folder / "reps.csv", index=False)
    plan = {
        "period": "2026-Q4",
        "data": {"customers": {"source": "customers.csv"}, "reps": {"source": "reps.csv"}},
        "rules": {
            "territory": {},
            "skill": {},
            "capacity": {"metric": "workload"},
            "pin": {},
            "family": {"within": "territory"},
            "moves": {"kind": "move_budget", "metric": "potential", "share": move_share},
        },
        "objectives": {
            "fit": {"weight": 4},
            "balance_potential": {"kind": "balance", "target": "capacity", "tolerance": tolerance, "weight": 3},
            "balance_workload": {
                "kind": "balance", "metric": "workload", "target": "capacity", "tolerance": tolerance, "weight": 2,
            },
            "continuity": {"weight": 3},
        },
        "solve": {"time_limit": time_limit, "gap": gap, "workers": 2, "seed": 1},
    }  # fmt: skip
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return path


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--customers", default=2000, show_default=True)
@click.option("--reps", default=20, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--tolerance", default=0.05, show_default=True)
@click.option("--move-share", default=0.15, show_default=True)
def main(folder: Path, customers: int, reps: int, seed: int, tolerance: float, move_share: float) -> None:
    """Write a company of the given size into FOLDER."""
    click.echo(company(folder, customers, reps, seed, tolerance, move_share))


if __name__ == "__main__":
    main()
