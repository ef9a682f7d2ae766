"""Learned fit against a truth that is known: does it find who suits whom, does it decline noise, does it scale?"""

from __future__ import annotations

import math
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from scipy.stats import binomtest, t

from benchmarks.measure import RESULTS, machine, write
from scenarios.example import hidden_affinity, write_example
from scenarios.example.history import _BASE, _NOISE, _RATES
from scenarios.learn.learn import Learned, learn
from scenarios.plan.model_file import place_of
from scenarios.run.prepare import Prepared, prepare
from scenarios.run.run import solve_prepared
from solver.explain import impossibilities
from solver.fit.declared import Profile
from solver.fit.learned.past import Past
from solver.fit.learned.scorer import Scorer
from solver.fit.learned.settings import Learning
from solver.fit.learned.train import events_of, train
from solver.fit.learned.traits import Traits
from solver.fit.learned.validation import validate
from solver.tables import Period, Tables
from solver.waterfall import by_waterfall, habits_of

#: Seeds that nothing was tuned on.
FIRST_SEED, NULL_SEEDS = 1000, range(2000, 2100)
WEEKS = 13
#: Mean of what an opportunity of the example is worth, by the customer's potential.
_MEAN_AMOUNT = math.exp(-0.25 + 0.4**2 / 2)


@click.group()
def main() -> None:
    """Measure learned fit; rows go to results/learned*.csv."""


def _learned(folder: Path, seed: int, affinity: float, force: bool) -> Learned:
    write_example(folder, seed, affinity)
    found = learn(folder / "plan.yaml", force=force)
    place = place_of_example(folder)
    place.parent.mkdir(exist_ok=True)
    place.write_text(found.model.to_json(), encoding="utf-8")
    return found


def place_of_example(folder: Path) -> Path:
    """Where the example's plan looks for its model."""
    return place_of(prepare(folder / "plan.yaml").plan, folder / "plan.yaml")


def chances(prepared: Prepared, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """float64[customers, active reps]: the true chance of winning, and the money to expect in a quarter."""
    draft, truth = prepared.draft, hidden_affinity(seed)
    industries = draft.customers["industry"].tolist()
    odds = _BASE + truth.loc[draft.reps["rep_id"].tolist(), :].T.loc[industries, :].to_numpy()
    nodes, weights = np.polynomial.hermite_e.hermegauss(7)  # the luck of the day, averaged
    chance = sum(w / (1 + np.exp(-(odds + _NOISE * x))) for x, w in zip(nodes, weights, strict=True)) / weights.sum()
    rate = np.array([_RATES[s][1] for s in draft.customers["segment"]])
    value = WEEKS * rate * draft.customers["potential"].to_numpy() * _MEAN_AMOUNT
    return chance, chance * value[:, None]


def ranks(prepared: Prepared, score: np.ndarray, chance: np.ndarray) -> dict[str, float]:
    """How often the truly best eligible rep is among the first 3, and first; customers with history; ties count half.

    ``top3_of_more`` looks only at customers with more than three eligible reps; ``blind`` is what guessing gets there.
    """
    draft = prepared.draft
    pairs = draft.pairs
    known = set(prepared.tables.history["customer_id"])
    ids = draft.customers["customer_id"].tolist()
    start = np.searchsorted(pairs.customer[np.argsort(pairs.customer, kind="stable")], np.arange(draft.n_customers + 1))
    order = np.argsort(pairs.customer, kind="stable")
    top3, top1, more, blind = [], [], [], []
    for j in range(draft.n_customers):
        at = order[start[j] : start[j + 1]]
        if ids[j] not in known or not len(at):
            continue
        best = at[np.argmax(chance[j, pairs.rep[at]])]
        above, ties = int((score[at] > score[best]).sum()), int((score[at] == score[best]).sum())
        top3.append(float(np.clip((3 - above) / ties, 0, 1)))
        top1.append(float(np.clip((1 - above) / ties, 0, 1)))
        if len(at) > 3:
            more.append(top3[-1])
            blind.append(3 / len(at))
    names = ("top3", "top1", "top3_of_more", "blind_of_more")
    return dict(zip(names, map(float, map(np.mean, (top3, top1, more, blind))), strict=True))


@main.command("truth")
@click.option("--seconds", default=6.0, show_default=True, help="For each plan.")
@click.option("--seeds", default=20, show_default=True, help="How many.")
@click.option("--resume", is_flag=True, help="Keep the rows that are in the file of results.")
def truth(seconds: float, seeds: int, resume: bool) -> None:
    """Twenty examples with a hidden affinity: ranking, forecasts out of time, and what plans earn by the truth.

    Seeds whose example has more work than its reps have hours are passed over: no plan serves everybody.
    """
    path = RESULTS / "learned.csv"
    rows: list[dict[str, Any]] = pd.read_csv(path).to_dict("records") if resume and path.exists() else []  # type: ignore
    known = {int(r["seed"]) for r in rows}
    for seed in count(FIRST_SEED):
        if len(rows) >= seeds:
            break
        if seed in known:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_example(folder, seed, 1.0)
            if impossibilities(prepare(folder / "plan.yaml").draft):
                click.echo(f"seed {seed} is passed over: no plan serves everybody")
                continue
            found = _learned(folder, seed, 1.0, force=True)
            rows.append(_row(folder, seed, found, seconds))
        click.echo(rows[-1])
        write("learned", rows)
    summary = [{"figure": name, **_interval([r[name] for r in rows])} for name in rows[0] if name not in _PLAIN]
    verdicts = [r["verdict"] == "earned" for r in rows]
    summary.append({"figure": "earned", **_interval([float(v) for v in verdicts])})
    for name in ("declared", "waterfall", "revenue"):
        gains = [100 * (r["learned_money"] / r[f"{name}_money"] - 1) for r in rows]
        summary.append({"figure": f"learned over {name}, % of money", **_interval(gains)})
    click.echo(write("learned_summary", summary))


_PLAIN = ("seed", "verdict", "method", "machine")


def _row(folder: Path, seed: int, found: Learned, seconds: float) -> dict[str, Any]:
    plan = folder / "plan.yaml"
    sets = (f"solve.time_limit={seconds}",)
    declared = prepare(plan, sets=sets)
    learned = prepare(plan, sets=(*sets, "objectives.fit.source=learned"))
    revenue = prepare(plan, sets=(*sets, "objectives.fit=null", "objectives.expected_revenue.weight=4"))
    chance, money = chances(declared, seed)
    pairs = declared.draft.pairs
    scorer = learned.draft.scorer
    assert scorer is not None
    scores = scorer.pairs(pairs.customer, pairs.rep)
    true = chance[pairs.customer, pairs.rep]
    mine = ranks(declared, scores.win, chance)
    theirs = ranks(declared, Profile().pairs(declared.draft, pairs.customer, pairs.rep), chance)
    row: dict[str, Any] = {"seed": seed, "verdict": found.checked.verdict}
    row |= {f"{k}": round(v, 4) for k, v in mine.items()} | {f"declared_{k}": round(v, 4) for k, v in theirs.items()}
    row["inside_80"] = round(float(np.mean((scores.low <= true) & (true <= scores.high))), 4)
    for name, figures in found.checked.figures.items():
        row |= {f"auc_{name}": round(figures.auc, 4), f"log_loss_{name}": round(figures.log_loss, 5)}
    challenge = found.checked.challenge
    assert challenge is not None
    row |= {
        "method": found.checked.method,
        "trees_gain": round(challenge.gain, 5),
        "trees_low": round(challenge.low, 5),
    }
    row["slope"] = round(found.checked.slope, 3)
    for name, prepared in (("declared", declared), ("learned", learned), ("revenue", revenue)):
        run = solve_prepared(prepared)
        if not len(run.assignment):
            raise RuntimeError(f"seed {seed}, {name}: {run.result['status']}")
        rep_at = prepared.draft.rep_at
        where = prepared.draft.customers.set_index("customer_id").index
        j = where.get_indexer(pd.Index(run.assignment["customer_id"]))
        i = np.array([rep_at[r] for r in run.assignment["rep_id"]])
        row[f"{name}_money"] = round(float(money[j, i].sum()))
        row[f"{name}_score"] = round(float(run.result["score"]), 3)
        row[f"{name}_unassigned"] = len(run.unassigned)
    inst, draft = declared.instance, declared.draft
    option = by_waterfall(inst, habits_of(draft))[draft.label]
    has = option >= 0
    row["waterfall_money"] = round(float(money[np.flatnonzero(has), inst.option_rep[option[has]]].sum()))
    row["waterfall_unassigned"] = int((~has).sum())
    return row | {"machine": machine()}


def _interval(values: Sequence[float]) -> dict[str, float]:
    """Mean over the seeds with its 95 % interval (Student's t), and the least and the most."""
    found = np.array(values, dtype=np.float64)
    wide = float(t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0
    mean = float(found.mean())
    return {k: round(v, 4) for k, v in (("mean", mean), ("low", mean - wide), ("high", mean + wide),
                                        ("least", float(found.min())), ("most", float(found.max())))}  # fmt: skip


@main.command("noise")
@click.option("--seeds", default=len(NULL_SEEDS), show_default=True, help="How many.")
@click.option("--resume", is_flag=True, help="Keep the rows that are in the file of results.")
def noise(seeds: int, resume: bool) -> None:
    """Examples without any affinity: how often the model is declined."""
    path = RESULTS / "learned_noise.csv"
    rows: list[dict[str, Any]] = pd.read_csv(path).to_dict("records") if resume and path.exists() else []  # type: ignore
    known = {int(r["seed"]) for r in rows}
    for seed in NULL_SEEDS[:seeds]:
        if seed in known:
            continue
        with tempfile.TemporaryDirectory() as name:
            found = _learned(Path(name), seed, 0.0, force=False)
        checked = found.checked
        figures = {"gain": checked.gain, "low": checked.low, "over_declared": checked.over_declared[0]}
        if checked.challenge is not None:
            figures |= {"trees_gain": checked.challenge.gain, "trees_low": checked.challenge.low}
        row: dict[str, Any] = {"seed": seed, "verdict": checked.verdict, "method": checked.method}
        row |= {k: round(v, 5) for k, v in figures.items()}
        rows.append(row | {"machine": machine()})
        write("learned_noise", rows)
        if len(rows) % 10 == 0:
            click.echo(f"{sum(r['verdict'] == 'declined' for r in rows)} of {len(rows)} declined")
    declined = sum(r["verdict"] == "declined" for r in rows)
    around = binomtest(declined, len(rows)).proportion_ci(method="exact")
    click.echo(f"{declined} of {len(rows)} declined (95 %: {around.low:.3f} to {around.high:.3f})")
    click.echo(write("learned_noise", rows))


@main.command("plan")
@click.argument("plan", type=click.Path(exists=True, path_type=Path))
@click.option("--name", default="learned_plan", help="Of the file of results.")
def plan(plan: Path, name: str) -> None:
    """A plan of one's own with its history: the honest figures."""
    found = learn(plan)
    click.echo(found.checked.sentence)
    rows = [{"forecast": k, **{n: round(v, 5) for n, v in f.items()}} for k, f in found.card["figures"].items()]
    verdict = {"events": found.checked.events, "gain": round(found.checked.gain, 5), "low": round(found.checked.low, 5),
               "verdict": found.checked.verdict}  # fmt: skip
    click.echo(write(name, [row | verdict for row in rows]))


@main.command("size")
@click.option("--rows", default=1_000_000, show_default=True, help="Of history.")
@click.option("--customers", default=100_000, show_default=True)
@click.option("--reps", default=5_000, show_default=True)
@click.option("--pairs", default=1_500_000, show_default=True, help="To score.")
def size(rows: int, customers: int, reps: int, pairs: int) -> None:
    """A large history: seconds for features, checking and training, for scoring, and the most memory."""
    from threadpoolctl import threadpool_limits

    tables, period = _large(rows, customers, reps)
    before = int(np.datetime64(period.first, "D").astype(np.int64))
    found: list[dict[str, Any]] = []

    def note(what: str, began: float) -> None:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        of = {"rows": rows, "customers": customers, "reps": reps, "pairs": pairs, "what": what}
        took = {"seconds": round(time.monotonic() - began, 1), "peak_gib": round(memory, 2)}
        found.append(of | took | {"machine": machine()})
        click.echo(found[-1])

    with threadpool_limits(1):
        began = time.monotonic()
        learning = Learning()
        past = Past(tables.customers, tables.reps, tables.history, learning)
        traits = Traits(tables.customers, tables.reps, past, learning)
        events = events_of(past, before)
        note("history and traits", began)
        start = time.monotonic()
        checked = validate(traits, learning, events, tables.customers, tables.reps, Profile())
        note(f"checking on {checked.events:,} of {len(events):,} opportunities", start)
        start = time.monotonic()
        model = train(traits, learning, events, before, checked.method)
        note("training", start)
        note("history, checking and training", began)
        rng = np.random.default_rng(2)
        customer, rep = np.repeat(np.arange(customers), pairs // customers), rng.integers(0, reps, pairs)
        start = time.monotonic()
        scores = Scorer(model, tables.customers, tables.reps, tables.history, period).pairs(customer, rep)
        note("scoring, from the tables on", start)
        assert np.isfinite(scores.win).all()
        start = time.monotonic()
        trees = train(traits, learning, events, before, "trees")
        note("training the challenger", start)
        start = time.monotonic()
        scores = Scorer(trees, tables.customers, tables.reps, tables.history, period).pairs(customer, rep)
        note("scoring by the challenger, from the tables on", start)
        assert np.isfinite(scores.win).all()
    click.echo(checked.sentence)
    click.echo(write("learned_size", found))


def _large(rows: int, customers: int, reps: int) -> tuple[Tables, Period]:
    """A company of so many, with an affinity of reps for industries; a fifth of the rows are closed opportunities."""
    rng = np.random.default_rng(1)
    small = Tables.of(_people(40), [{"rep_id": "R0", "industries": "i0", "segments": "mid", "skills": "cloud:3"}])
    industries = np.array([f"i{k}" for k in range(20)])
    c = pd.DataFrame({col: [small.customers[col].iloc[0]] * customers for col in small.customers})
    industry = rng.integers(0, 20, customers)
    c["customer_id"] = [f"C{k}" for k in range(customers)]
    c["industry"], c["segment"] = industries[industry], np.array(["small", "mid", "big"])[rng.integers(0, 3, customers)]
    c["territory"] = [f"T{k // 50}/{k % 50}" for k in rng.integers(0, 1000, customers)]
    c["potential"] = rng.lognormal(9, 1, customers).round(2)
    c["required_skills"] = [({"cloud": 2} if k else {}) for k in rng.integers(0, 2, customers)]
    r = pd.DataFrame({col: [small.reps[col].iloc[0]] * reps for col in small.reps})
    own = rng.integers(0, 20, reps)
    r["rep_id"] = [f"R{k}" for k in range(reps)]
    r["team"] = [f"team {k}" for k in rng.integers(0, 200, reps)]
    r["industries"] = [(f"i{k}",) for k in own]
    affinity = rng.normal(0, 0.7, (reps, 20))
    at, by = rng.integers(0, customers, rows), rng.integers(0, reps, rows)
    by = np.where(rng.random(rows) < 0.7, (at * 7) % reps, by)  # most rows are of the rep in charge
    closed = rng.random(rows) < 0.2
    chance = 1 / (1 + np.exp(-(affinity[by, industry[at]] + 0.6 * (own[by] == industry[at]))))
    won = rng.random(rows) < chance
    day = np.datetime64("2023-10-01") + rng.integers(0, 1096, rows)
    h = pd.DataFrame({
        "customer_id": c["customer_id"].to_numpy()[at], "rep_id": r["rep_id"].to_numpy()[by],
        "date": day.astype("datetime64[s]"), "kind": np.where(closed, "opportunity", "call"),
        "outcome": np.where(closed, np.where(won, "won", "lost"), "held"),
        "amount": np.where(closed, rng.lognormal(8, 0.5, rows), np.nan),
        "feedback": np.where(rng.random(rows) < 0.05, rng.integers(1, 11, rows), np.nan),
    })  # fmt: skip
    first = np.datetime64("2026-10-01").astype(object)
    return replace(small, customers=c, reps=r, history=h), Period(first, np.datetime64("2026-12-31").astype(object))


def _people(n: int) -> Iterator[dict[str, Any]]:
    return ({"customer_id": f"C{k}", "segment": "mid"} for k in range(n))


if __name__ == "__main__":
    main()
