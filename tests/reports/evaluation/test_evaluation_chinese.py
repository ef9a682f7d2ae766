"""An evaluation in Chinese: no English is left but the user's own, in any format, whatever there was to say."""

from __future__ import annotations

import dataclasses
import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from docs import words
from reports import style
from reports.charts.evaluated import plots
from reports.evaluation.advice import Advised
from reports.evaluation.page import evaluation_page
from reports.evaluation.slides import evaluation_deck
from reports.evaluation.workbook import evaluation_workbook
from reports.slides.blocks import Points
from reports.slides.pdf import pdf
from reports.slides.powerpoint import powerpoint
from reports.words import language
from reports.words.heard import heard
from scenarios.evaluate.evaluate import Evaluated, evaluated
from scenarios.run.record import Run, to_json
from solver.sentences import Sentence
from tests.reports.evaluation.sample import happened, planned, quarter
from tests.reports.evaluation.test_evaluation_reports import ADVICE
from tests.reports.latin import english, in_deck, in_figure, in_page, in_pdf, in_workbook

#: Strategies and settings are named by keys of the plan.
KEYS = ("objectives", "fit", "weight", "rules", "moves", "share", "learn", "won")


def dated(rows: pd.DataFrame, first: str, days: int) -> pd.DataFrame:
    """The rows spread over some days."""
    at = pd.Timestamp(first) + pd.to_timedelta(np.arange(len(rows)) % days, unit="D")
    return rows.assign(date=pd.DatetimeIndex(at).as_unit("s"))


def awkward() -> tuple[Run, pd.DataFrame]:
    """A period that is not over, rows of others and twice, sales without an amount, potentials of eleven months."""
    run = planned()
    plan = run.plan | {"data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"},
                                "derive": {"potential": {"from": "history", "months": 11}}}}  # fmt: skip
    year = run.tables.history.groupby("customer_id")["amount"].sum()
    table = run.tables.customers
    tables = dataclasses.replace(run.tables, customers=table.assign(potential=table["customer_id"].map(year)))
    sold = dated(happened(run), "2026-10-01", 31)
    sold.loc[:2, "amount"] = np.nan
    others = [
        sold.iloc[5:7],
        sold.head(1).assign(customer_id="C9999"),
        sold.tail(1).assign(date=pd.Timestamp("2027-03-01")),
    ]
    return dataclasses.replace(run, plan=plan, tables=tables), pd.concat([sold, *others], ignore_index=True)


def rest() -> tuple[Run, pd.DataFrame]:
    """What is left of a period, in a company that only began to keep history, and no word for a sale that is known."""
    run = planned()
    plan = run.plan | {"period": "2026-11-16..2026-12-31", "potential_period": "2026-Q4"}
    tables = dataclasses.replace(run.tables, history=dated(run.tables.history, "2025-12-01", 20))
    sold = happened(run).assign(date=pd.Timestamp("2026-11-20").as_unit("s"), outcome="签约")
    return dataclasses.replace(run, plan=plan, tables=tables), sold


def season() -> tuple[Run, pd.DataFrame]:
    """Potentials of a whole year."""
    run = planned()
    plan = run.plan | {"data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"},
                                "derive": {"potential": {"from": "history", "months": 12}}}}  # fmt: skip
    early = run.tables.history.head(1).assign(date=pd.Timestamp("2024-11-05").as_unit("s"), amount=np.nan)
    history = pd.concat([early, run.tables.history], ignore_index=True)
    year = history.groupby("customer_id")["amount"].sum()
    table = run.tables.customers
    customers = table.assign(potential=table["customer_id"].map(year))
    return dataclasses.replace(
        run, plan=plan, tables=dataclasses.replace(run.tables, customers=customers, history=history)
    ), happened(run)


@cache
def case(name: str) -> tuple[Run, Evaluated]:
    if name == "whole":
        return quarter()
    if name == "little":
        return quarter(few=6)
    run, sold = {"awkward": awkward, "rest": rest, "season": season}[name]()
    return run, evaluated(run, sold)


CASES = ("whole", "little", "awkward", "rest", "season")


@pytest.mark.parametrize("name", CASES)
def test_no_english_is_left_on_the_page_the_slides_and_the_sheets(name):
    run, found = case(name)
    advice = Advised(ADVICE)
    with language("zh"):
        made = evaluation_deck(run, found.document, advice)
        said = {
            "deck": in_deck(powerpoint(made, run.created)),
            "workbook": in_workbook(evaluation_workbook(run, found)),
        }
        if name in {"whole", "little", "awkward"}:
            said["page"] = in_page(evaluation_page(run, found, advice))
        if name == "awkward":
            said["pdf"] = in_pdf(pdf(made, run.created))
    left = {kind: english(text, run, *KEYS) for kind, text in said.items()}
    assert not any(left.values()), left
    assert all(len(text) > 500 for text in said.values())


@pytest.mark.parametrize("name", CASES)
def test_no_english_is_left_in_the_charts(name):
    run, found = case(name)
    with language("zh"):
        for plot in plots(found.document):
            with style.house(style.texts(plot.frame)):
                said = in_figure(plot.draw().figure)
            assert english(f"{said}\n{plot.alt}\n{plot.title}", run) == set(), plot.name


def test_the_slides_have_as_much_to_say_as_in_english():
    run, found = case("awkward")
    with language("zh"):
        made = evaluation_deck(run, found.document)
    for zh, en in zip(made.slides, evaluation_deck(run, found.document).slides, strict=True):
        for (_, one), (_, other) in zip(zh.blocks, en.blocks, strict=True):
            assert type(one) is type(other)
            if isinstance(one, Points):
                assert len(one.items) == len(other.items), zh.title


def texts_of(note: object) -> set[str]:
    """The texts a sentence was made from, those of its parts too."""
    if not isinstance(note, Sentence):
        return set()
    return {note.text}.union(*map(texts_of, note.values.values()))


def test_the_cases_have_every_note_there_is():
    rooms = {"scenarios/evaluate/happened.py", "scenarios/evaluate/forecast.py", "scenarios/evaluate/evaluate.py"}
    there = {text for text, known in words.texts().items() if known.files & rooms}
    made = set().union(*(texts_of(note) for name in CASES for note in case(name)[1].document["notes"]))
    assert len(there) > 10 and there <= made


def test_a_kept_evaluation_is_said_like_one_just_made():
    for name in CASES:
        document = case(name)[1].document
        again = json.loads(to_json(document))
        assert again["notes"] == document["notes"]
        assert all(type(n) is str for n in again["notes"]) and all(isinstance(n, Sentence) for n in document["notes"])
        with language("zh"):
            assert list(map(heard, again["notes"])) == list(map(heard, document["notes"]))
    before = "3 rows left out: not dated from 2026-10-01 to 2026-12-31"
    with language("zh"):
        assert heard(before) == "未计入 3 行：日期不在 2026-10-01 至 2026-12-31 之内"
