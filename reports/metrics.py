"""The figures every report shows, computed in one place: pure functions from a `Run` to data frames and plain data.

Money and workload are in the units of the input; shares are 0 to 1; NaN means that a figure does not exist.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from reports import wording
from reports.words import mark, say
from scenarios.run import figures
from scenarios.run.record import Run

EDGES = ("before", "target", "low", "high", "min", "max")
"""What ``Run.books`` holds of a metric beside the load itself."""

NO_TEAM = mark("no team")
"""What reps without a team are said to belong to."""

#: The measures of `balance`, with how they are read.
MEASURES = {
    "cv": mark("coefficient of variation"),
    "gini": mark("Gini index"),
    "hoover": mark("Hoover index"),
    "max_min": mark("largest ÷ smallest"),
    "within": mark("reps within tolerance"),
}


def metrics(run: Run) -> list[str]:
    """Return the metrics the books have loads of: those with targets first, then those with limits, then the rest.

    Workload is left out where nobody entered one and no rule or term asks for it: it only counts customers then.
    """

    def rank(metric: str) -> int:
        edges = [[f"{metric}_target"], [f"{metric}_min", f"{metric}_max"]]
        return next((n for n, e in enumerate(edges) if run.books.reindex(columns=e).notna().any(axis=None)), 2)

    found = figures.metrics_of(run.books)
    return sorted((m for m in found if m != "workload" or not _counts_customers(run)), key=rank)


def _counts_customers(run: Run) -> bool:
    """Whether workload says no more than the number of customers: it is 1 for each, as where no column holds it."""
    if not (run.tables.customers["workload"] == 1).all():
        return False
    edges = [f"workload_{edge}" for edge in ("target", "max", "min")]
    return bool(run.books.reindex(columns=edges).isna().all(axis=None))


def number(value: Any) -> float:
    """Return `value` as a float; None as NaN."""
    return math.nan if value is None else float(value)


def handover_said(run: Run) -> str:
    """Return in a sentence or two what the hand-overs may lose; empty where nobody moves or no sales are known."""
    lost = run.result.get("metrics", {}).get("handover")
    if not lost or not lost["customers"]:
        return ""
    least, most = (f"{100 * v:.3g}" for v in lost["shares"])
    many, (low, high) = wording.counted(lost["customers"], "hand-over"), wording.ends(lost["low"], lost["high"])
    said = (
        f"The {many} may lose {wording.short(lost['loss'])} of {wording.short(lost['sales'])} yearly sales "
        f"({low} to {high}): {least} % where the new rep lists the "
        f"customer's industry ({wording.counted(lost['known'], 'customer')}), {most} % elsewhere, {lost['source']}. "
        f"Yearly sales: {lost.get('sales_from', 'as then known')}."
    )
    past = lost["history"]
    if past["loss"] is None or lost["source"].startswith("measured"):
        return said
    around = f"{100 * past['low']:.0f} to {100 * past['high']:.0f} %".replace("-", "−")
    return f"{said} History shows {past['moved']:,} hand-overs and a loss of {around}: too little to reckon with."


def has_plan(run: Run) -> bool:
    """Whether the run found a plan at all."""
    return run.result.get("status") in {"optimal", "feasible"}


def verdict(run: Run) -> str:
    """Return in one sentence what is proven about the run, no more than that."""
    status, gap = str(run.result.get("status")), number(run.result.get("gap"))
    if status == "optimal":
        said = say("Proven optimal: no plan that keeps every rule scores higher.")
    elif status == "feasible":
        said = (
            say("Within {gap} points of the best possible.", gap=wording.points(gap))
            if math.isfinite(gap)
            else say("A plan that keeps every rule; how far it is from the best possible is not known.")
        )
    elif status == "infeasible":
        return say("No plan can keep every rule.")
    elif status == "no_plan":
        return say("The search stopped before it found a plan.")
    else:
        return say("Status: {status}.", status=status)
    return said


def caveat(run: Run) -> str:
    """Return why another solve of the same input may give another plan; empty when it gives this one."""
    if reproducible(run) or not has_plan(run):
        return ""
    stopped = run.result.get("stopped", "time")
    if stopped in {"time", "cancelled"}:
        if stopped == "time":
            return say("Not reproducible: the clock ended the search, so another solve may give another plan.")
        return say("Not reproducible: the search was interrupted, so another solve may give another plan.")
    return say("Several workers searched at once: another solve may give another plan that is as good.")


def reproducible(run: Run) -> bool:
    """Whether the same input, seed and version give the same plan again."""
    return bool(run.result.get("reproducible", False))


def in_words(run: Run) -> str:
    """Return the score as a leader reads it: ``87.3 of at most 87.4``; with more digits where the two are close."""
    score, bound = score_words(run)
    return say("{score} of at most {bound}", score=score, bound=bound) if bound else score


def score_words(run: Run) -> tuple[str, str]:
    """Return the score and the bound as `in_words` has them; the bound is empty where none is proven."""
    score, bound = number(run.result.get("score")), number(run.result.get("bound"))
    if not math.isfinite(score) or not math.isfinite(bound):
        return f"{score:.1f}" if math.isfinite(score) else say("no plan"), ""
    if run.result.get("status") == "optimal":
        return f"{score:.1f}", f"{score:.1f}"
    digits = wording.digits(score, bound)
    return f"{score:.{digits}f}", f"{bound:.{digits}f}"


def headline(run: Run) -> dict[str, Any]:
    """Return the figures to read first: who, when, score, bound, gap, what is proven, and how many customers move."""
    kinds = run.assignment["moved"].value_counts() if len(run.assignment) else pd.Series(dtype=int)
    moved = moves(run)
    result = run.result
    return {
        "id": run.id,
        "plan": run.plan_name,
        "scenario": run.scenario,
        "period": str(run.plan.get("period", "")),
        "created": run.created,
        "status": str(result.get("status")),
        "score": number(result.get("score")),
        "bound": number(result.get("bound")),
        "gap": number(result.get("gap")),
        "in_words": in_words(run),
        "verdict": verdict(run),
        "caveat": caveat(run),
        "reproducible": reproducible(run),
        "violations": len((result.get("audit") or {}).get("violations") or []),
        "seconds": number(result.get("seconds")),
        "customers": len(run.tables.customers),
        "assigned": len(run.assignment),
        "unassigned": len(run.unassigned),
        "reps": int(run.books["active"].sum()) if len(run.books) else 0,
        "potential": _total(run.tables.customers["potential"]),
        **{kind: int(kinds.get(kind, 0)) for kind in ("kept", "chosen", "forced", "new")},
        **{f"{k}_potential": _total(moved.loc[moved["kind"] == k, "potential"]) for k in ("chosen", "forced", "new")},
    }


def terms(run: Run) -> pd.DataFrame:
    """A row a term: name, kind, score (0-100), bound, weight, points it adds to the score, most it could add, missed.

    ``points = weight · score / Σ weight``; ``missed = most − points``; all 0 where no term has a weight.
    """
    found = run.result.get("terms") or {}
    whole = sum(number(t.get("weight")) for t in found.values())
    rows = []
    for name, term in found.items():
        score, weight = number(term.get("score")), number(term.get("weight"))
        most = 100 * weight / whole if whole > 0 else 0.0
        given = most * score / 100 if most else 0.0
        kind, bound = str(term.get("kind", name)), number(term.get("bound"))
        rows.append((name, kind, score, bound, weight, given, most, most - given))
    columns = ["name", "kind", "score", "bound", "weight", "points", "most", "missed"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], "float64"))


def books(run: Run, metric: str) -> pd.DataFrame:
    """A row a rep, by team then name: rep_id, name, team, active, before, after, target, low, high, min, max.

    Raises
    ------
    KeyError
        The books have no load of that metric.
    """
    if metric not in metrics(run):
        raise KeyError(metric)
    source = run.books
    table = source[["rep_id", "name", "team", "active"]].copy()
    for edge in EDGES:
        column = f"{metric}_{edge}"
        table[edge] = source[column].astype("float64") if column in source else math.nan
    table.insert(5, "after", source[metric].astype("float64"))
    table["team"] = table["team"].fillna("")
    return table.sort_values(["team", "name", "rep_id"], kind="stable").reset_index(drop=True)


def inside(load: pd.Series[float], low: pd.Series[float], high: pd.Series[float]) -> pd.Series[bool]:
    """Whether each load lies in its tolerance band, to a millionth; where there is no band it does not."""
    slack = 1e-6 * np.maximum(1.0, high.abs().fillna(0.0))
    return (load >= low - slack) & (load <= high + slack)


def balance(run: Run) -> pd.DataFrame:
    """A row a metric and measure of `MEASURES`: metric, measure, before, after.

    `within` is a share of the reps that have a tolerance band. The same reps count before and after, those active
    in the period. See `scenarios.run.figures.balance`.
    """
    rows: list[tuple[str, str, float, float]] = []
    for metric in metrics(run):
        both = [figures.balance(run.books, metric, suffix) for suffix in ("_before", "")]
        for measure in MEASURES:
            before, after = (number(one[measure]) for one in both)
            if measure == "within":
                before, after = (
                    v / (number(one["of"]) or math.nan) for v, one in zip((before, after), both, strict=True)
                )
            rows.append((metric, measure, before, after))
    return pd.DataFrame(rows, columns=["metric", "measure", "before", "after"])


def retention(run: Run) -> pd.DataFrame:
    """How much stays with its current rep: measure (customers, potential, top customers), kept, of, share, forced.

    `of` counts only customers that could stay, their current rep being active and eligible; those that had to go stand
    apart in `forced`. Top customers are the tenth with the largest potential of those that could stay; `share` is
    `scenarios.run.figures.retention`.
    """
    table = run.assignment
    value = table["potential"].astype("float64")
    could, forced = table["moved"].isin(["kept", "chosen"]), table["moved"] == "forced"
    edge = float(value[could].quantile(0.9)) if could.any() else math.inf
    share = figures.retention(table)
    rows = []
    for measure, key, amount, among in (
        (mark("customers"), "count", value * 0 + 1, value >= 0),
        (mark("potential"), "value", value, value >= 0),
        (mark("top customers"), "top_decile", value * 0 + 1, value >= edge),
    ):
        kept = _total(amount[among & (table["moved"] == "kept")])
        rows.append((measure, kept, _total(amount[among & could]), number(share[key]), _total(amount[among & forced])))
    return pd.DataFrame(rows, columns=["measure", "kept", "of", "share", "forced"])


def moves(run: Run) -> pd.DataFrame:
    """A row a customer that gets another rep, largest potential first.

    Columns: customer_id, customer, from_rep, from_name, to_rep, to_name, kind (``chosen``, ``forced``, ``new``),
    potential, reason. `from_rep` is empty where there was none.
    """
    table = run.assignment[run.assignment["moved"] != "kept"] if len(run.assignment) else run.assignment
    names, reps = customer_names(run), rep_names(run)
    before = table["previous_rep"].fillna("").astype(object)
    found = pd.DataFrame(
        {
            "customer_id": table["customer_id"],
            "customer": [names.get(c, c) for c in table["customer_id"]],
            "from_rep": before,
            "from_name": [reps.get(r, r) for r in before],
            "to_rep": table["rep_id"],
            "to_name": [reps.get(r, r) for r in table["rep_id"]],
            "kind": table["moved"],
            "potential": table["potential"].astype("float64"),
            "reason": table["reason"].fillna(""),
        }
    )
    return _largest_first(found)


def left_out(run: Run) -> pd.DataFrame:
    """A row a customer without a rep, largest potential first.

    Columns: customer_id, customer, from_rep, from_name, potential, reason. `from_rep` is empty where there was none.
    """
    known, reps = run.tables.customers, rep_names(run)
    columns = {"name": "customer", "current_rep": "from_rep", "potential": "potential"}
    ids = run.unassigned.astype({"customer_id": object})
    found = ids.merge(known[["customer_id", *columns]], on="customer_id", how="left").rename(columns=columns)
    found["from_name"] = [reps.get(r, r) for r in found["from_rep"]]
    found["reason"] = found["reason"].fillna("")
    found = found[["customer_id", "customer", "from_rep", "from_name", "potential", "reason"]]
    return _largest_first(found)


def flows(run: Run, by: Literal["rep", "team"] = "rep") -> pd.DataFrame:
    """A row a pair that customers move between: source, source_name, gone, target, target_name, customers, potential.

    An empty source is no rep before, an empty target no rep now. `gone` says that the source is no active rep of the
    period. By team, moves inside a team are rows too, and a rep without a team counts as ``no team``.
    """
    lost = left_out(run).assign(to_rep="")
    lost = lost[(lost["from_rep"] != "") & has_plan(run)]
    columns = ["from_rep", "to_rep", "potential"]
    moved = pd.concat([moves(run)[columns], lost[columns].astype({"potential": "float64"})], ignore_index=True)
    if by == "team":
        teams = rep_teams(run)
        label = {t: t for t in teams.values()}
        for column in ("from_rep", "to_rep"):
            moved[column] = [teams.get(r, NO_TEAM) if r else "" for r in moved[column]]
        active = {teams.get(r, NO_TEAM) for r in _active(run)}
    else:
        label, active = rep_names(run), _active(run)
    grouped = moved.groupby(["from_rep", "to_rep"], sort=True)["potential"].agg(["size", "sum"]).reset_index()
    found = pd.DataFrame(
        {
            "source": grouped["from_rep"].astype(object),
            "source_name": [label.get(s, s) for s in grouped["from_rep"]],
            "gone": pd.Series([bool(s) and s not in active for s in grouped["from_rep"]], dtype=bool),
            "target": grouped["to_rep"].astype(object),
            "target_name": [label.get(t, t) for t in grouped["to_rep"]],
            "customers": grouped["size"].astype("int64"),
            "potential": grouped["sum"].astype("float64"),
        }
    )
    order = ["customers", "potential", "source", "target"]
    return found.sort_values(order, ascending=[False, False, True, True], kind="stable").reset_index(drop=True)


def most_loaded(run: Run, most: int = 5) -> pd.DataFrame:
    """The reps that carry most, by the metric each is closest to its hard limit in (to its target where none has one).

    Columns: rep_id, name, team, metric, load, limit, share (load ÷ limit), of (``limit`` or ``target``).
    """
    every = [books(run, m).assign(metric=m) for m in metrics(run)]
    columns = ["rep_id", "name", "team", "metric", "load", "limit", "share", "of"]
    if not every:
        return pd.DataFrame(columns=columns)
    table = pd.concat(every, ignore_index=True)
    table = table[table["active"].astype(bool)]
    hard = table["max"].notna().any()
    table["load"], table["limit"] = table["after"], table["max"] if hard else table["target"]
    table["of"] = "limit" if hard else "target"
    table = table[table["limit"] > 0]
    table["share"] = table["load"] / table["limit"]
    table = table.sort_values(["share", "rep_id"], ascending=[False, True], kind="stable").drop_duplicates("rep_id")
    return table[columns].head(most).reset_index(drop=True)


def rep_names(run: Run) -> dict[str, str]:
    """Return each rep's name by id."""
    return dict(zip(run.tables.reps["rep_id"], run.tables.reps["name"], strict=True))


def rep_teams(run: Run) -> dict[str, str]:
    """Return each rep's team by id; `NO_TEAM` for a rep without one."""
    return {r: t or NO_TEAM for r, t in zip(run.tables.reps["rep_id"], run.tables.reps["team"], strict=True)}


def customer_names(run: Run) -> dict[str, str]:
    """Return each customer's name by id."""
    return dict(zip(run.tables.customers["customer_id"], run.tables.customers["name"], strict=True))


def _active(run: Run) -> set[str]:
    return set(run.books.loc[run.books["active"].astype(bool), "rep_id"]) if len(run.books) else set()


def _largest_first(table: pd.DataFrame) -> pd.DataFrame:
    by = ["potential", "customer_id"]
    return table.sort_values(by, ascending=[False, True], kind="stable").reset_index(drop=True)


def _total(values: Iterable[float]) -> float:
    return math.fsum(v for v in values if v == v)
