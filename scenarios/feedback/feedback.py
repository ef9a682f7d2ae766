"""What people answered in the workbook, as an override: pins, exclusions and notes, or all that speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from scenarios.feedback.rows import Answer, Sheet, read_rows
from scenarios.feedback.sheet import ACCEPT, CHALLENGE, PIN, PIN_TO, VERDICT
from scenarios.plan.plan import Plan, parse_plan
from scenarios.run.record import Run
from solver.problems import InputError, Problem, shorten
from solver.rules.base import Rule
from solver.rules.exclusion import Exclusion
from solver.rules.limited import Limited
from solver.rules.pin import Pin
from solver.tables import metric, said
from solver.view import View

PINS, CHALLENGES = "feedback_pins", "feedback_challenges"
"""Names of the rules that an override from feedback adds."""


@dataclass(frozen=True)
class Feedback:
    """Answers that hold together.

    Attributes
    ----------
    run, file, sheet : what was answered, and where.
    answers : in the order of the sheet.
    rows : of the sheet, answered or not.
    override : merge patch for the plan; empty where nothing was pinned or challenged.
    warnings : what to know before it is used.
    """

    run: str
    file: str
    sheet: str
    answers: tuple[Answer, ...]
    rows: int
    override: dict[str, Any]
    warnings: tuple[Problem, ...]

    def count(self, verdict: str) -> int:
        """Return how many rows have a verdict."""
        return sum(a.verdict == verdict for a in self.answers)

    def counts(self) -> str:
        """Return how many rows have each verdict, in words."""
        kept = " and pinned too" if any(a.verdict == ACCEPT and a.rep_id for a in self.answers) else ""
        return f"{self.count(PIN)} pinned, {self.count(CHALLENGE)} challenged, {self.count(ACCEPT)} accepted{kept}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        return {
            "run": self.run,
            "file": self.file,
            "rows": self.rows,
            "accepted": self.count(ACCEPT),
            "challenged": self.count(CHALLENGE),
            "pinned": self.count(PIN),
            "answers": [
                {"customer_id": a.customer_id, "verdict": a.verdict, "rep_id": a.rep_id, "reason": a.reason,
                 "from": a.who, "cell": f"{self.sheet}!{a.cell}"}
                for a in self.answers
            ],
            "override": self.override,
            "warnings": [w.as_dict() for w in self.warnings],
        }  # fmt: skip

    def yaml(self) -> str:
        """Return the override as a YAML file, with every reason and remark as a comment."""
        lines = [
            f"# Feedback on run {self.run} from {shorten(self.file, 200)}: {self.counts()} of {self.rows:,} customers.",
            "# Use it: fairbook solve PLAN --set @THIS_FILE, or put it under a name in the plan's overrides.",
        ]
        for a in self.answers:
            if a.reason or a.who:
                who = f", {shorten(a.who, 80)}" if a.who else ""
                lines.append(
                    f"# {shorten(a.customer_id, 255)} {a.verdict or 'remark'} ({a.cell}{who}): "
                    f"{shorten(a.reason, 2000)}".rstrip()
                )
        return "\n".join([*lines, yaml.safe_dump(self.override, sort_keys=False, allow_unicode=True)])


def apply_feedback(run: Run, path: Path, pin_accepted: bool = False) -> Feedback:
    """Read the Feedback sheet of a run's workbook and turn it into an override.

    Parameters
    ----------
    pin_accepted : whether a customer whose rep was accepted stays pinned to it.

    Raises
    ------
    InputError
        The file cannot be read, or answers contradict each other, the rules or the run; each with its cell.
    """
    sheet, problems = read_rows(run, path)
    if pin_accepted:
        planned = run.rep_of()
        answers = (
            replace(a, rep_id=planned.get(a.customer_id, "")) if a.verdict == ACCEPT else a for a in sheet.answers
        )
        sheet = replace(sheet, answers=tuple(answers))
    plan = parse_plan(run.plan, run.plan_name)
    problems += _twice(sheet)
    problems += _Conflicts(run, plan, sheet).find()
    if any(p.severity == "error" for p in problems):
        raise InputError(problems)
    override = _override(run, plan, sheet.answers)
    return Feedback(run.id, sheet.file, sheet.name, sheet.answers, sheet.rows, override, tuple(problems))


def _twice(sheet: Sheet) -> Iterator[Problem]:
    """Two rows of a customer that both have a verdict."""
    first: dict[str, Answer] = {}
    words = sheet.form.verdicts
    for answer in sheet.answers:
        if not answer.verdict:
            continue
        other = first.setdefault(answer.customer_id, answer)
        if other is not answer:
            message = f"{answer.customer_id} has a verdict in {other.cell} already ({words[other.verdict]})"
            yield sheet.problem(
                "two_rows", message, answer.row, VERDICT, words[answer.verdict], fix="keep one of the two"
            )


class _Conflicts:
    """Answers against the rules of the plan, and against each other."""

    def __init__(self, run: Run, plan: Plan, sheet: Sheet):
        self.run, self.plan, self.sheet = run, plan, sheet
        rules = {n: r for n, r in plan.rules.items() if not _is_pin(r)}
        self.view = View(run.tables, plan.period, rules, {})
        self.pinned = {a.customer_id: a for a in sheet.answers if _pins(a)}
        self.challenged = {a.customer_id: a for a in sheet.answers if a.verdict == CHALLENGE}
        self.old = {c: r for c, r in zip(run.tables.customers["customer_id"], run.tables.customers["pinned_rep"],
                                         strict=True) if r}  # fmt: skip
        self.family = {j: family for family in self.view.families for j in family}

    def find(self) -> list[Problem]:
        """Return every conflict, in the order of the sheet."""
        found: list[Problem] = []
        for answer in self.sheet.answers:
            if _pins(answer):
                found += self._pin(answer)
            elif answer.verdict == CHALLENGE:
                found += self._challenge(answer)
        return [*found, *self._overloads()]

    def _pin(self, answer: Answer) -> Iterator[Problem]:
        """A pin must be to an active rep that every rule permits, and one with the family's other pins."""
        view, rep = self.view, self.view.rep_at[answer.rep_id]
        who = answer.customer_id
        if not view.active[rep]:
            message = f"{who} cannot be pinned to {answer.rep_id}, who is not active in the period"
            yield self._at(answer, "pin_inactive", message, expected="an active rep")
            return
        members = self._members(who)
        for name, rule in view.pair_rules.items():
            if barred := [view.customer_id(j) for j in members if not rule.permits(view, j, rep)]:
                of = "" if barred == [who] else f", for {barred[0]} of its family"
                message = f"rule {name} does not let {who} go to {answer.rep_id}{of}: {rule.describe()}"
                yield self._at(answer, "pin_ineligible", message, expected="an eligible rep")
        for j in members:
            other = self.pinned.get(view.customer_id(j))
            if other is not None and other.row < answer.row and other.rep_id != answer.rep_id:
                message = f"{who} and {other.customer_id} are one family and are pinned to two reps"
                yield self._at(answer, "family_split", message, expected=f"{other.rep_id}, as in {other.cell}")
            elif other is None and self.old.get(view.customer_id(j), answer.rep_id) != answer.rep_id:
                message = f"{view.customer_id(j)} of its family is pinned to {self.old[view.customer_id(j)]} already"
                yield self._at(answer, "family_split", message, expected=self.old[view.customer_id(j)])

    def _challenge(self, answer: Answer) -> Iterator[Problem]:
        """A challenge must leave a rep, and not contradict a pin of the family."""
        view, who = self.view, answer.customer_id
        members = self._members(who)
        barred = {view.rep_at[c.rep_id] for j in members if (c := self.challenged.get(view.customer_id(j)))}
        for j in members:
            other = self.pinned.get(view.customer_id(j))
            if other is not None and view.rep_at[other.rep_id] in barred:
                message = f"{other.customer_id} of its family is pinned to {other.rep_id} in {other.cell}"
                yield self._at(answer, "challenge_against_pin", message)
        if not view.eligible[view.customer_at[who]] - barred:
            required = self.plan.coverage == "required"
            message = f"nobody but {answer.rep_id} may have {who}, so it would have no rep"
            yield self._at(answer, "nobody_left", message, severity="error" if required else "warning")
        if self.old.get(who) == answer.rep_id:
            message = f"{who} was pinned to {answer.rep_id}; the pin is dropped"
            yield self._at(answer, "pin_dropped", message, severity="warning")

    def _overloads(self) -> Iterator[Problem]:
        """All pins to a rep together must fit its limits."""
        table, books = self.run.tables.customers, self.run.books
        limited = {r.metric for r in self.plan.rules.values() if isinstance(r, Limited) and r.where is None}
        for name in sorted(m for m in limited if f"{m}_max" in books):
            amount = dict(zip(table["customer_id"], metric(table, name).tolist(), strict=True))
            most = dict(zip(books["rep_id"], books[f"{name}_max"].tolist(), strict=True))
            load: dict[str, float] = {}
            last: dict[str, Answer] = {}
            for customer, rep in {**self.old, **{c: a.rep_id for c, a in self.pinned.items()}}.items():
                load[rep] = load.get(rep, 0.0) + amount[customer]
                last[rep] = self.pinned.get(customer, last.get(rep))  # type: ignore[assignment]
            for rep, answer in last.items():
                if answer is not None and load[rep] > most.get(rep, float("nan")) * (1 + 1e-9):
                    message = f"all that is pinned to {rep} is {said(load[rep])} of {name}, more than it may carry"
                    yield self._at(answer, "pins_overload", message, expected=f"at most {said(most[rep])}")

    def _members(self, customer: str) -> list[int]:
        at = self.view.customer_at[customer]
        return self.family.get(at, [at])

    def _at(self, answer: Answer, code: str, message: str, **more: Any) -> Problem:
        """Return a problem at the answer's cell."""
        column = PIN_TO if answer.verdict == PIN else VERDICT
        return self.sheet.problem(code, message, answer.row, column, answer.rep_id, **more)


def _pins(answer: Answer) -> bool:
    """Whether an answer fixes its customer to a rep: one that accepts has a rep only where that is to be pinned."""
    return answer.verdict == PIN or (answer.verdict == ACCEPT and bool(answer.rep_id))


def _is_pin(rule: Rule) -> bool:
    return isinstance(rule, Pin) and rule.to == "pinned_rep"


def _override(run: Run, plan: Plan, answers: tuple[Answer, ...]) -> dict[str, Any]:
    """The merge patch: pins as cells of the customers, challenges as an exclusion, earlier challenges kept."""
    customers: dict[str, dict[str, str | None]] = {}
    rules: dict[str, Any] = {}
    old: Mapping[str, str] = dict(
        zip(run.tables.customers["customer_id"], run.tables.customers["pinned_rep"], strict=True)
    )
    for a in answers:
        if _pins(a):
            customers[a.customer_id] = {"pinned_rep": a.rep_id}
        elif a.verdict == CHALLENGE and old.get(a.customer_id) == a.rep_id:
            customers[a.customer_id] = {"pinned_rep": None}
    if any(e["pinned_rep"] for e in customers.values()) and not any(
        _is_pin(r) and isinstance(r, Pin) and r.where is None for r in plan.rules.values()
    ):
        rules[PINS] = {"kind": "pin"}
    before = plan.rules.get(CHALLENGES)
    pairs = [list(p) for p in before.pairs] if isinstance(before, Exclusion) else []
    new = [[a.customer_id, a.rep_id] for a in answers if a.verdict == CHALLENGE]
    if new:
        rules[CHALLENGES] = {"kind": "exclusion", "pairs": [*pairs, *(p for p in new if p not in pairs)]}
    return {k: v for k, v in (("customers", customers), ("rules", rules)) if v}
