"""A MIP solver that is asked aside ends when it is told to, and says the same as one asked here."""

from __future__ import annotations

from random import Random
from time import monotonic

import pytest
from ortools.math_opt.python import mathopt

from solver.engine.coverage import confirm_impossible
from solver.engine.exact import aside
from solver.engine.exact.aside import ask
from solver.engine.solution import Options
from tests.solver.draw import Case

HIGHS = mathopt.SolverType.HIGHS


def market_split(rows: int = 5, columns: int = 40) -> mathopt.Model:
    """Halves of several sums at once: no MIP solver is done with this in hours."""
    rng, model = Random(1), mathopt.Model()
    x = [model.add_binary_variable() for _ in range(columns)]
    for _ in range(rows):
        amount = [rng.randrange(100) for _ in x]
        model.add_linear_constraint(mathopt.fast_sum(a * v for a, v in zip(amount, x, strict=True)) == sum(amount) // 2)
    return model


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Next to no time in this process; the commands that are started."""
    monkeypatch.setattr(aside, "FIRST", 0.01)
    started: list[list[str]] = []
    real = aside.subprocess.Popen

    def spy(command: list[str], **kwargs: object) -> object:
        started.append(command)
        return real(command, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(aside.subprocess, "Popen", spy)
    return started


def test_it_ends_when_cancelled(at_once: list[list[str]]) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    began = monotonic()
    assert ask(market_split(), HIGHS, 3600, cancelled=cancelled) is None
    assert monotonic() - began < 600  # of an hour
    assert len(at_once) <= 1
    assert asked >= 4


def test_it_is_left_alone_in_this_process_when_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "FIRST", 3.0)
    polls = iter((False, True))
    assert ask(market_split(), HIGHS, 3600, cancelled=lambda: next(polls, True)) is None
    assert next(polls, None) is None  # it was asked while the solver was at work


def test_it_ends_with_the_clock_even_where_the_solver_does_not(
    at_once: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "_GRACE", -3599)  # as if the solver overran its hour by that much
    assert ask(market_split(), HIGHS, 3600, cancelled=lambda: False) is None
    assert len(at_once) == 1


@pytest.mark.parametrize("presolve", [True, False])
def test_what_it_finds_is_told(at_once: list[list[str]], monkeypatch: pytest.MonkeyPatch, presolve: bool) -> None:
    monkeypatch.setattr(aside, "FIRST", 0.0)
    model = market_split(rows=2, columns=30)
    found = ask(model, HIGHS, 600, presolve, cancelled=lambda: False)
    assert len(at_once) == 1
    assert found is not None
    assert found.termination.reason == mathopt.TerminationReason.OPTIMAL
    values = found.variable_values()
    for row in model.linear_constraints():
        terms = (row.get_coefficient(v) * values[v] for v in model.variables())
        assert sum(terms) == pytest.approx(row.upper_bound)


def test_a_process_that_dies_has_no_answer(at_once: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside.sys, "executable", "/bin/false")
    assert ask(market_split(), HIGHS, 3600, cancelled=lambda: False) is None
    assert len(at_once) == 1


def test_what_is_done_at_once_starts_no_process(at_once: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "FIRST", 60.0)
    case = Case([{"customer_id": "C1"}, {"customer_id": "C2"}], [{"rep_id": "R1", "max_customers": 1}], {
        "heads": {"kind": "capacity", "metric": "customers"}
    }, coverage=True)  # fmt: skip
    assert confirm_impossible(case.instance, Options(workers=1), lambda: False, lambda: 60.0)
    assert at_once == []
