"""The rows of a Feedback sheet as answers, each word checked: customer, verdict, rep, run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scenarios.cell_text import cell_text
from scenarios.feedback.sheet import (
    CHALLENGE,
    CUSTOMER,
    FORMS,
    PIN,
    PIN_TO,
    PLANNED,
    REASON,
    RUN,
    VERDICT,
    WHO,
    Form,
    columns_of,
    form_of,
    rep_label,
    verdict_like,
    verdict_of,
)
from scenarios.run.record import Run
from scenarios.sources.collect import Collector, Refused
from scenarios.sources.grid import Flaw, Grid
from scenarios.sources.paths import find_file
from scenarios.sources.spec import Limits, Source
from scenarios.sources.workbook import read_workbook
from solver.names import fold
from solver.problems import InputError, Problem, nearest, shorten


@dataclass(frozen=True, slots=True)
class Answer:
    """What one row says.

    Attributes
    ----------
    customer_id : of the run.
    verdict : of `VERDICTS`; empty for a remark alone.
    rep_id : the rep to pin to or, for a challenge, the planned rep; empty for the others as they are read.
    reason, who : as written; empty where nothing is.
    row : in the sheet, 1-based.
    cell : address of its verdict, ``G7``.
    """

    customer_id: str
    verdict: str
    rep_id: str
    reason: str
    who: str
    row: int
    cell: str


@dataclass(frozen=True)
class Sheet:
    """A Feedback sheet that was read: its answers, and places in it for messages.

    Attributes
    ----------
    name : of the sheet in the file.
    form : the language it is in.
    letters : of the columns that are there, by `COLUMNS`.
    """

    file: str
    name: str
    form: Form
    answers: tuple[Answer, ...]
    rows: int
    letters: dict[str, str]

    def problem(self, code: str, message: str, row: int, column: str, value: str = "", **more: Any) -> Problem:
        """Return a problem at one of its cells."""
        cell = f"{self.letters[column]}{row}" if column in self.letters else ""
        title = self.form.titles[column]
        return Problem(code, message, self.file, self.name, row, title, shorten(value), cell=cell, **more)


def read_rows(run: Run, path: Path) -> tuple[Sheet, list[Problem]]:
    """Read a Feedback sheet: what it answers, and everything that is wrong with single rows.

    Raises
    ------
    InputError
        The file is no workbook with a Feedback sheet, or not safe to open.
    """
    found, limits = Collector(), Limits()
    try:
        file, form = find_file(path.name, path.parent, limits)
        if form != "workbook":
            raise Refused(
                Problem("not_a_workbook", "is no workbook", shorten(path.name, 200), expected="an .xlsx file")
            )
        grid = _grid(file, path.name, limits, found)
    except Refused as refused:
        raise InputError(refused.problems) from None
    titles = form_of(grid.names).titles
    missing = [titles[c] for c in (CUSTOMER, VERDICT) if c not in columns_of(grid.names)]
    if missing:
        raise InputError(
            [Problem("missing_column", f"there is no column {c}", grid.file, grid.sheet, column=c, expected="the "
                     "Feedback sheet of the run's workbook") for c in missing]
        )  # fmt: skip
    reader = _Reader(run, grid)
    answers = tuple(a for n in range(len(grid.rows)) if (a := reader.answer(n)) is not None)
    return replace(reader.sheet, answers=answers), [*found.finish(), *reader.problems]


def answered(path: Path) -> int:
    """How many rows of a workbook's Feedback sheet somebody wrote in; 0 where there is no such sheet to be read."""
    try:
        grid = _grid(path, path.name, Limits(), Collector())
    except (Refused, OSError):
        return 0
    at = columns_of(grid.names)
    written = [grid.columns[grid.names.index(at[c])] for c in (VERDICT, PIN_TO, REASON, WHO) if c in at]
    return sum(any(cell is not None for cell in row) for row in zip(*written, strict=True))


def _grid(file: Path, name: str, limits: Limits, found: Collector) -> Grid:
    """The sheet, by whichever of its names the workbook has."""
    refusals: list[Refused] = []
    for form in FORMS.values():
        try:
            return read_workbook(file, Source(source=name, sheet=form.sheet), limits, found, _fits)
        except Refused as refused:
            if any(p.code != "unknown_sheet" for p in refused.problems):
                raise
            refusals.append(refused)
    raise refusals[0]


def _fits(names: list[str]) -> bool:
    return {CUSTOMER, VERDICT} <= columns_of(names).keys()


class _Reader:
    def __init__(self, run: Run, grid: Grid):
        self.run, self.grid = run, grid
        self.problems: list[Problem] = []
        titles, at = columns_of(grid.names), {n: k for k, n in enumerate(grid.names)}
        self.columns = {c: grid.columns[at[n]] for c, n in titles.items()}
        self.letters = {c: grid.letters[n] for c, n in titles.items()}
        self.sheet = Sheet(grid.file, grid.sheet, form_of(grid.names), (), len(grid.rows), self.letters)
        self.words = self.sheet.form.verdicts
        self.customers = _by_text((c, [c]) for c in run.tables.customers["customer_id"])
        names = list(zip(run.tables.reps["rep_id"], run.tables.reps["name"], strict=True))
        self.reps = _by_text((r, _spelled(r, n)) for r, n in names)
        self.by_name = _by_text((r, [fold(n)]) for r, n in names)
        self.planned = run.rep_of()

    def text(self, column: str, n: int) -> str:
        """Return a cell as text, whole numbers without a decimal point; flaws are problems."""
        if column not in self.columns:
            return ""
        value = self.columns[column][n]
        if value is None:
            return ""
        if isinstance(value, Flaw):
            self.say(value.code, f"the cell's value is not known ({value.text})", n, column, fix="type the value")
            return ""
        if isinstance(value, float) and value == int(value):
            value = int(value)
        return str(value).strip()

    def say(self, code: str, message: str, n: int, column: str, value: str = "", **more: Any) -> None:
        """Add a problem at a cell."""
        self.problems.append(self.sheet.problem(code, message, int(self.grid.rows[n]), column, value, **more))

    def answer(self, n: int) -> Answer | None:
        """Return what a row says; None where it says nothing, or nothing that can be taken."""
        customer, said = self.text(CUSTOMER, n), self.text(VERDICT, n)
        to, reason, who = self.text(PIN_TO, n), self.text(REASON, n), self.text(WHO, n)
        silent = not (said or to or reason)
        if not customer:
            if not silent:
                self.say("no_customer", "the row names no customer", n, CUSTOMER, expected="a customer_id of the run")
            return None
        ids = self.customers.get(customer, [])
        if len(ids) != 1:
            self._unknown_customer(n, customer, len(ids))
            return None
        if silent:
            return None
        known = len(self.problems)
        verdict = self._verdict(n, said, to)
        planned = self.planned.get(ids[0], "")
        self._same_plan(n, planned)
        rep = self._rep(n, to, verdict, said, planned)
        if verdict == CHALLENGE and not reason:
            self.say("no_reason", f"the challenge of {ids[0]} gives no reason", n, REASON, expected="why another rep")
        if len(self.problems) > known:
            return None
        row = int(self.grid.rows[n])
        return Answer(ids[0], verdict, rep, reason, who, row, f"{self.letters[VERDICT]}{row}")

    def _unknown_customer(self, n: int, customer: str, count: int) -> None:
        if count:
            self.say("ambiguous_customer", f"{count} customers are written like this", n, CUSTOMER, customer)
            return
        near = nearest(customer, self.customers)
        self.say("unknown_customer", f"the run has no customer {shorten(customer)!r}", n, CUSTOMER, customer,
                 expected="a customer_id of the run", fix=f"did you mean {near}?" if near else "")  # fmt: skip

    def _verdict(self, n: int, said: str, to: str) -> str:
        if verdict := verdict_of(said):
            return verdict
        if said:
            near, words = verdict_like(said, self.sheet.form), ", ".join(self.words.values())
            self.say("unknown_verdict", f"there is no verdict {shorten(said)!r}", n, VERDICT, said,
                     expected=f"one of {words}, or empty",
                     fix=f"did you mean {near}?" if near else "")  # fmt: skip
        elif to:
            self.say("no_verdict", "a rep is named, but the verdict is empty", n, VERDICT,
                     expected=f"{self.words[PIN]}, to pin to it")  # fmt: skip
        return ""

    def _same_plan(self, n: int, planned: str) -> None:
        """The answer must be about this run: its id, and the rep that the sheet shows as planned."""
        run = self.text(RUN, n)
        if run and run != self.run.id:
            self.say("other_run", "the answer is about another run", n, RUN, run, expected=self.run.id,
                     fix=f"fairbook apply-feedback {run} FILE")  # fmt: skip
            return
        shown = self.text(PLANNED, n)
        if shown and self.reps.get(shown, []) != [planned]:
            self.say("other_rep", "this is not the rep the run plans", n, PLANNED, shown, expected=planned or "no rep")

    def _rep(self, n: int, to: str, verdict: str, said: str, planned: str) -> str:
        """Return the rep the verdict is about."""
        ids = self.reps.get(to) or self.by_name.get(fold(to), []) if to else []
        if to and len(ids) != 1:
            near = nearest(to, self.reps)
            what = f"{len(ids)} reps have this name" if ids else f"the run has no rep {shorten(to)!r}"
            self.say("unknown_rep", what, n, PIN_TO, to, expected="a rep_id of the run",
                     fix=f"did you mean {near}?" if near and not ids else "")  # fmt: skip
            return ""
        if verdict == PIN:
            if not to and not planned:
                self.say("nothing_to_pin", "the customer has no rep, and none is named to pin it to", n, PIN_TO,
                         expected="a rep")  # fmt: skip
            return ids[0] if ids else planned
        if verdict == CHALLENGE:
            if not planned:
                self.say("nothing_to_challenge", "the customer has no rep that could be challenged", n, VERDICT,
                         said, expected=f"{self.words[PIN]} and a rep")  # fmt: skip
            if to:
                self.say("verdict_unclear", "a challenge keeps the customer from its rep and pins it to nobody", n,
                         PIN_TO, to, expected=f"{self.words[PIN]}, or no rep")  # fmt: skip
            return planned
        if verdict and ids and ids != [planned]:
            self.say("verdict_unclear", "the planned rep is accepted, and another is named", n, PIN_TO, to,
                     expected=f"{self.words[PIN]}, or no rep")  # fmt: skip
        return ""


def _spelled(rep_id: str, name: str) -> list[str]:
    """What may stand for a rep in a cell; a Chinese keyboard has wide brackets."""
    label = rep_label(rep_id, name)
    return [rep_id, label, f"{name}（{rep_id}）"]


def _by_text(texts: Any) -> dict[str, list[str]]:
    """Ids by what may stand in a cell for them: as they are, or as the workbook writes them."""
    found: dict[str, list[str]] = {}
    for name, spelled in texts:
        for text in {t for s in spelled for t in (str(s).strip(), cell_text(s).strip())}:
            found.setdefault(text, []).append(name)
    return found
