"""A folder with a plan's sources in it, and a way to read them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scenarios.sources.load import Loaded, load
from scenarios.sources.spec import Data
from solver.problems import InputError, Problem
from solver.tables import Period

CUSTOMERS = "customer_id,name,potential,current_rep\nC1,Alpha,100,R1\nC2,Beta,200,R2\nC3,Gamma,300,\n"
REPS = "rep_id,name,active\nR1,Ann,yes\nR2,Bob,yes\n"
Q1_2026 = Period(dt.date(2026, 1, 1), dt.date(2026, 3, 31))


@dataclass
class Folder:
    """Sources in a folder; customers.csv and reps.csv are there from the start and good."""

    path: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, period: Period = Q1_2026, patch: Any = None, **data: Any) -> Loaded:
        for kind in ("customers", "reps"):
            data.setdefault(kind, {"source": f"{kind}.csv"})
        for kind in ("customers", "reps", "history"):
            if isinstance(data.get(kind), str):
                data[kind] = {"source": data[kind]}
        return load(Data.model_validate(data), period, self.path, patch)

    def problems(self, **data: Any) -> list[Problem]:
        """What is wrong with them; fails where nothing is."""
        with pytest.raises(InputError) as caught:
            self.load(**data)
        return list(caught.value.problems)

    def errors(self, **data: Any) -> list[Problem]:
        return [p for p in self.problems(**data) if p.severity == "error"]

    def error(self, **data: Any) -> Problem:
        """The one error there is."""
        errors = self.errors(**data)
        assert len(errors) == 1, [p.line() for p in errors]
        return errors[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("customers.csv", CUSTOMERS)
    made.write("reps.csv", REPS)
    return made


def said(loaded: Loaded, code: str) -> list[str]:
    """The messages of one code."""
    return [p.message for p in loaded.problems if p.code == code]
