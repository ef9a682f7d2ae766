"""Drift watch: is re-planning worth its disruption, with the data as they are now?

Four ways to go on are held against each other, each audited: *keep* everything; *mend*, where only customers without a
rep get one; a *targeted* plan that moves a customer only where that brings more than it costs; and a full *re-plan*.
Money is what joins them: a point of the score is worth so much of the yearly sales, a hand-over loses so much of the
moved customer's (`scenarios.plan.disruption`). With both in one objective the targeted plan is the best there is by
that money, and its bound proves what no plan can exceed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from scenarios.plan.disruption import Disruption
from scenarios.plan.plan import parse_plan
from scenarios.plan.priorities import staged
from scenarios.plan.yaml_text import Document
from scenarios.run.prepare import Prepared, build, prepare, read_plan
from scenarios.run.record import Run, plain
from scenarios.run.run import solve_prepared
from scenarios.run.sales import yearly_sales
from scenarios.run.warm import start_from
from scenarios.store import Store, UnknownRun
from scenarios.watch.drift import Drift, drift, keep
from scenarios.watch.ways import Choice, Way, Worth, described
from solver.audit import Audit, audit
from solver.engine.solution import Cancelled, Options, Progress

Verdict = Literal["unchanged", "keep", "mend", "replan", "depends", "impossible", "no_plan", "stopped"]
#: Called with a way to go on and news of its search.
Tell = Callable[[Way, Progress], None]
_COLUMN, _TERM, _RULE = "yearly_sales", "hand_over", "no_moves"


@dataclass(frozen=True)
class Watch:
    """What changed, and whether to re-plan.

    Attributes
    ----------
    run, plan_name, scenario, created : of the run that is watched.
    drift : what changed.
    choices : ways to go on, by name.
    baseline : what the others are held against: keep where it holds and nobody is without a rep who need not be, else
        mend, else None: then a re-plan is needed whatever it costs.
    verdict : ``unchanged``; ``keep``; ``mend``: only place who has no rep; ``replan``; ``depends``: on what a point is
        worth; ``impossible``: no plan keeps the rules; ``no_plan``: none was found in time; ``stopped``.
    best : the way that nets most by the middle of the ranges; None where there is none.
    sales, sales_from : yearly sales of all customers, and where they were read.
    most : what the best plan could net at most by the middle of the ranges, proven; None where it is not.
    pays_from : share of yearly sales a point must be worth for the best way to pay, with the middle of the loss; None
        where it gains no points.
    disruption : the ranges.
    notes : what to know besides.
    """

    run: str
    plan_name: str
    scenario: str
    created: str
    drift: Drift
    choices: dict[Way, Choice]
    baseline: Way | None
    verdict: Verdict
    best: Way | None
    sales: float
    sales_from: str
    most: float | None
    pays_from: float | None
    disruption: Disruption
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        aside = {"drift", "choices", "disruption"}
        found = {k: v for k, v in vars(self).items() if k not in aside}
        found |= {"disruption": self.disruption.model_dump(), "changed": self.drift.as_dict()}
        return dict(plain(found | {"choices": [c.as_dict() for c in self.choices.values()]}))


def watched(target: str, scenario: str | None, folder: Path, store: Store) -> tuple[Run, Prepared]:
    """Return the run that is watched, and its plan with the data as they are now.

    Parameters
    ----------
    target : a plan file, whose newest run of the scenario is taken and whose rules now hold; or a run, whose own rules
        hold.
    folder : where the data of a run are, if a run is named.

    Raises
    ------
    UnknownRun
        There is none such.
    InputError
        The plan or its data are wrong now.
    """
    path = Path(target)
    if path.is_file() or path.suffix.lower() in {".yaml", ".yml"}:
        read_plan(path, scenario)  # a wrong plan is said before a missing run
        name = scenario or "base"
        known = [r for r in store.list() if r.plan_name == path.stem and r.scenario == name and r.score is not None]
        if not known:
            message = f"no run of {path.stem} / {name} with a plan in the store {store.name}"
            raise UnknownRun(f"{message}: fairbook solve {path} makes one")
        return store.load(known[0].id), prepare(path, scenario)
    run = store.load(store.find(target))
    if run.result.get("score") is None:
        raise UnknownRun(f"run {run.id} ({run.scenario}) has no plan: it is {run.result.get('status')}")
    name = f"{run.plan_name}.yaml"
    known_scenarios = {**(run.plan.get("scenarios") or {}), **(run.plan.get("overrides") or {})}
    again = run.scenario if run.scenario in known_scenarios else None
    return run, prepare(folder / name, again, document=Document(name, run.plan, {}))


def watch(
    run: Run,
    now: Prepared,
    options: Options | None = None,
    tell: Tell | None = None,
    cancelled: Cancelled = lambda: False,
) -> Watch:
    """Compare a run with the data as they are now and judge whether to re-plan.

    Parameters
    ----------
    now : the plan with the data as they are now, see `watched`.
    options : of each search; the plan's own by default.

    Raises
    ------
    InputError
        The plan's `disruption` does not fit the data.
    AuditFailed
        A plan found does not hold.
    """
    return _Watcher(run, now, options or Options(**now.plan.options.model_dump()), tell, cancelled).watch()


class _Watcher:
    def __init__(self, run: Run, now: Prepared, options: Options, tell: Tell | None, cancelled: Cancelled):
        self.run, self.now, self.options, self.tell, self.cancelled = run, now, options, tell, cancelled
        self.plan = now.plan
        self.given = now.plan.disruption
        self.kept = keep(run, now.tables)
        self.sales, self.sales_from = yearly_sales(now.plan, now.tables, self.given)
        self.worth = Worth(self.given, float(self.sales.sum()))
        self.column = next(c for c in (_COLUMN, f"{_COLUMN} now", f"{_COLUMN} of now") if c not in now.tables.customers)
        table = now.tables.customers
        current = [self.kept.rep[c] for c in table["customer_id"]]
        customers = table.assign(current_rep=np.array(current, dtype=object), **{self.column: self.sales})
        self.tables = replace(now.tables, customers=customers)
        self.draft, _ = build(self.plan, self.tables)
        self.notes: list[str] = []

    def watch(self) -> Watch:
        """Look at what changed, then at each way to go on."""
        found = drift(self.run, self.plan, self.now.draft, self.kept, self.now.hashes)
        choices: dict[Way, Choice] = {"keep": self.as_it_is()}
        if found.same and choices["keep"].holds:
            return self.result(found, choices, "keep", "unchanged", None, None)
        if self.plan.source.get("period") != self.run.plan.get("period"):
            self.notes.append(f"the plan is for {self.plan.period_name} now, the run was for {self.run.plan['period']}")
        full = choices["replan"] = self.solved("replan", self.plan.source)
        if full.status == "infeasible":
            return self.result(found, choices, None, "impossible", None, None)
        fewest = full.unassigned if full.holds else 0
        baseline: Way | None = "keep"
        if not choices["keep"].holds or choices["keep"].unassigned > fewest:
            choices["mend"] = self.solved("mend", self._with("rules", _RULE, {"kind": "move_budget", "limit": 0}))
            baseline = "mend" if choices["mend"].holds and choices["mend"].unassigned <= fewest else None
        targeted, most = self.targeted()
        if targeted is not None:
            choices["targeted"] = targeted
        base = choices[baseline] if baseline else None
        choices = {
            w: self.worth.priced(choices[w], base) for w in ("keep", "mend", "targeted", "replan") if w in choices
        }
        return self.judged(found, choices, baseline, most)

    def judged(self, found: Drift, choices: dict[Way, Choice], baseline: Way | None, most: float | None) -> Watch:
        """Weigh the ways and say which is best."""
        plans: list[Way] = [w for w in ("targeted", "replan") if w in choices and choices[w].holds]
        if self.cancelled():
            return self.result(found, choices, baseline, "stopped", None, None)
        if baseline is None:
            fewest = min((choices[w].unassigned for w in plans), default=0)
            plans = [w for w in plans if choices[w].unassigned == fewest]
            verdict: Verdict = "replan" if plans else "no_plan"
            return self.result(found, choices, None, verdict, plans[0] if plans else None, None)
        base = choices[baseline].score or 0.0
        best = max(plans, key=lambda w: self.worth.middle(choices[w]), default=None)
        proven = None if most is None else max(0.0, most - self.worth.of(base))
        if best is None:
            return self.result(found, choices, baseline, baseline_verdict(baseline), baseline, proven)
        net = choices[best].net or (0.0, 0.0)
        verdict = (
            "replan"
            if net[0] > 0
            else "depends"
            if self.worth.middle(choices[best]) > 0
            else baseline_verdict(baseline)
        )
        winner = best if verdict in {"replan", "depends"} else baseline
        return self.result(found, choices, baseline, verdict, winner, proven)

    # --- the ways --------------------------------------------------------------------------------

    def as_it_is(self) -> Choice:
        """Everybody keeps the rep they have."""
        known = self.draft.rep_at
        assignment = {c: r if r in known else None for c, r in self.kept.rep.items()}
        checked = self.audit(assignment)
        left_out = [v for v in checked.violations if v.rule == "coverage"]
        broken = tuple(f"{v.rule}: {v.message}" for v in checked.violations if v.rule != "coverage")
        if left_out:
            broken += (f"coverage: {len(left_out)} customers have no rep",)
        return self.told(Choice("keep", "infeasible" if broken else "feasible", violations=broken), checked)

    def solved(self, way: Way, source: Mapping[str, Any]) -> Choice:
        """Solve a plan over the data as they are now, from what is."""
        plan = parse_plan(source, self.now.path.name)
        draft, instance = build(plan, self.tables)
        named = "watch" if self.now.scenario == "base" else f"{self.now.scenario} watch"
        ready = replace(self.now, plan=plan, tables=self.tables, draft=draft, instance=instance,
                        scenario=f"{named} {way}")  # fmt: skip
        tell = self.tell
        run = solve_prepared(
            ready, None if tell is None else lambda p: tell(way, p), self.cancelled, self.options,
            start_from(self.run, draft, instance),
        )  # fmt: skip
        status = str(run.result["status"])
        if run.result["score"] is None:
            said = tuple(str(f["message"]) for f in run.result["findings"])
            return Choice(way, status, violations=said, run=run)
        assignment = run.rep_of()
        own = way != "targeted"
        return self.told(Choice(way, status, bound=run.result["bound"] if own else None, run=run),
                              self.audit(assignment))  # fmt: skip

    def targeted(self) -> tuple[Choice | None, float | None]:
        """The plan that is best in money, and what no plan can have more of: money of a plan without moves is 0."""
        total = self.worth.total
        weight = sum(t.weight for t in self.plan.terms.values())
        at_stake = float(self.sales[self.draft.keepable].sum())
        if staged(self.plan.terms):
            self.notes.append("the terms have priorities or floors, so no targeted plan was looked for")
            return None, None
        if total <= 0 or weight <= 0 or at_stake <= 0 or self.given.worth <= 0:
            self.notes.append(
                "nothing is known of sales that a hand-over could lose, so no targeted plan was looked for"
            )
            return None, None
        # worth · total · (Σ w·term / Σ w) / 1 less loss · (sales moved), in points of one mean: see the weights below
        own = self.given.loss * at_stake * weight / (100 * self.given.worth * total)
        term = {"kind": "continuity", "value": self.column, "weight": min(1e6, own)}
        found = self.solved("targeted", self._with("objectives", _TERM, term))
        if found.run is None or found.score is None or own > 1e6:
            return found, None
        bound = found.run.result["bound"]
        if bound is None:
            return found, None
        worth_of_points = self.given.worth * total / weight
        return found, worth_of_points * bound * (weight + own) - self.given.loss * at_stake

    def _with(self, section: str, name: str, part: Mapping[str, Any]) -> dict[str, Any]:
        """The plan's data with one more rule or term."""
        there = dict(self.plan.source.get(section) or {})
        free = next(n for n in (name, f"{name} of watch", f"{name} of drift watch") if n not in there)
        return {**self.plan.source, section: {**there, free: dict(part)}}

    def audit(self, assignment: Mapping[str, str | None]) -> Audit:
        """Check an assignment by the plan's own rules and terms, with the data as they are now."""
        plan = self.plan
        return audit(self.tables, plan.period, plan.rules, plan.terms, assignment, plan.coverage == "required")

    def told(self, choice: Choice, checked: Audit) -> Choice:
        """Fill in what an assignment amounts to."""
        return described(choice, checked, self.tables.customers, self.sales)

    def result(
        self,
        found: Drift,
        choices: dict[Way, Choice],
        baseline: Way | None,
        verdict: Verdict,
        best: Way | None,
        most: float | None,
    ) -> Watch:
        """Put it all together."""
        pays_from = self.worth.pays_from(choices[best] if best is not None else None)
        return Watch(
            self.run.id, self.run.plan_name, self.run.scenario, self.run.created.isoformat(), found, choices, baseline,
            verdict, best, self.worth.total, self.sales_from, most, pays_from, self.given, tuple(self.notes),
        )  # fmt: skip


def baseline_verdict(baseline: Way) -> Verdict:
    """The verdict where nothing is better than the baseline."""
    return "mend" if baseline == "mend" else "keep"
