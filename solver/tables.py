"""The three input tables, Customer, Rep and Interaction: a pydantic row each, and `Tables`, all of them as columns.

Rows are how people and checks see the data; columns are how everything else does. Every field states its unit and
default.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from solver.arrays import Floats

if TYPE_CHECKING:
    from solver.fit.learned.model import Model

#: Numbers in the tables are kept to this many decimals, so that a sum is the same number wherever it is computed.
DECIMALS = 6

MAX_SPREAD = 3.0
"""Largest spread: a standard deviation of three times the amount. Whoever writes 20 for 20 % is told."""

MAX_TEXT = 10_000
"""Longest text a cell may hold, in characters."""


def _skills(value: object) -> object:
    """``cloud:3;german`` → ``{"cloud": 3, "german": 1}``; names are compared without regard to case."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return _folded(value)
    if not isinstance(value, str):
        return value
    found: dict[str, int] = {}
    for part in value.replace(",", ";").split(";"):
        name, colon, level = part.partition(":")
        name = " ".join(name.split()).casefold()
        if not name:
            if colon:
                raise ValueError(f"skill without a name in {value!r}")
            continue
        if colon and level.strip() not in {"1", "2", "3", "4", "5"}:
            raise ValueError(f"level of skill {name!r} must be 1 to 5, not {level.strip()!r}")
        if name in found:
            raise ValueError(f"skill {name!r} named twice")
        found[name] = int(level) if colon else 1
    return found


def _folded(value: Mapping[Any, object]) -> dict[object, object]:
    found: dict[object, object] = {}
    for name, level in value.items():
        key = " ".join(name.split()).casefold() if isinstance(name, str) else name
        if key == "":
            raise ValueError("skill without a name")
        if key in found:
            raise ValueError(f"skill {key!r} named twice")
        found[key] = level
    return found


def _words(value: object) -> object:
    """``medical; retail`` → ``("medical", "retail")``."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(w for part in value.split(";") if (w := " ".join(part.split())))
    return value


@lru_cache(maxsize=1 << 14)  # few territories, many customers
def clean_path(value: str) -> str:
    """Return a territory path in its one spelling: ``" EMEA / DE /"`` → ``"EMEA/DE"``."""
    return "/".join(p for part in value.split("/") if (p := " ".join(part.split())))


def _path(value: object) -> object:
    return clean_path(value) if isinstance(value, str) else "" if value is None else value


def _paths(value: object) -> object:
    words = _words(value)
    return (
        tuple(clean_path(w) if isinstance(w, str) else w for w in words) if isinstance(words, tuple | list) else words
    )


def _levels(value: dict[str, int]) -> dict[str, int]:
    for name, level in value.items():
        if not 1 <= level <= 5:
            raise ValueError(f"level of skill {name!r} must be 1 to 5, not {level}")
    return value


def _text(value: object) -> object:
    return "" if value is None else value


def _six(value: float) -> float:
    return round(value, DECIMALS)


Text = Annotated[str, BeforeValidator(_text), Field(max_length=MAX_TEXT)]
Identifier = Annotated[str, Field(min_length=1, max_length=255)]
Amount = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False), AfterValidator(_six)]
Money = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False), AfterValidator(_six)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(_six)]
Spread = Annotated[float, Field(ge=0, le=MAX_SPREAD, allow_inf_nan=False), AfterValidator(_six)]
Skills = Annotated[dict[str, int], BeforeValidator(_skills), AfterValidator(_levels)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Path = Annotated[str, BeforeValidator(_path), Field(max_length=MAX_TEXT)]
Paths = Annotated[tuple[str, ...], BeforeValidator(_paths)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Row(BaseModel):
    """What the three rows share: unknown columns are kept, values are never changed behind the reader's back."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Customer(Row):
    """One customer, as it stands at the start of the period."""

    customer_id: Identifier = Field(description="unique id")
    name: Text = Field("", description="name for people; the id where empty")
    territory: Path = Field("", description="path in the territory hierarchy, e.g. EMEA/DE/South; empty: none")
    industry: Text = Field("", description="industry; empty: unknown")
    segment: Text = Field("", description="size class or tier; empty: unknown")
    potential: Amount = Field(0.0, description="money it could bring in the period; default 0")
    workload: Amount = Field(1.0, description="hours it takes in the period; default 1")
    potential_spread: Spread | None = Field(
        None, description="how far the potential may turn out otherwise: standard deviation as a share of it, 0.2 or"
        " 20%; empty: not at all"
    )  # fmt: skip
    workload_spread: Spread | None = Field(None, description="the same of the workload")
    required_skills: Skills = Field({}, description="skills its rep must have, with level 1-5: cloud:3;german")
    latitude: Latitude | None = Field(None, description="degrees north; empty: unknown")
    longitude: Longitude | None = Field(None, description="degrees east; empty: unknown")
    parent_id: Text = Field("", description="customer_id of the parent company; empty: none")
    current_rep: Text = Field("", description="rep_id that looks after it now; empty: nobody")
    tenure: Amount | None = Field(None, description="years with its current rep; empty: unknown")
    assigned_since: dt.date | None = Field(None, description="day its current rep got it; empty: unknown")
    pinned_rep: Text = Field("", description="rep_id it is fixed to; empty: free")
    feedback: float | None = Field(None, allow_inf_nan=False, description="last satisfaction score, any scale")
    renewal_date: dt.date | None = Field(None, description="next contract renewal")


class Rep(Row):
    """One sales rep, as planned for the period."""

    rep_id: Identifier = Field(description="unique id")
    name: Text = Field("", description="name for people; the id where empty")
    team: Text = Field("", description="team; empty: none")
    manager: Text = Field("", description="who leads the rep")
    territories: Paths = Field(
        (), description="paths the rep covers, with all below them: EMEA/DE; EMEA/AT; * is everywhere"
    )
    skills: Skills = Field({}, description="skills with level 1-5: cloud:4;german:5")
    industries: Words = Field((), description="industries the rep knows: medical; retail")
    segments: Words = Field((), description="segments the rep knows: enterprise; mid")
    capacity: Amount | None = Field(None, description="hours in a full period; empty: no limit")
    max_customers: Amount | None = Field(None, description="most customers; empty: no limit")
    quota: Amount | None = Field(None, description="money to bring in the period")
    ramp: Share = Field(1.0, description="productive share 0-1 of a starter; default 1")
    start_date: dt.date | None = Field(None, description="first day; empty: before the period")
    end_date: dt.date | None = Field(None, description="last day; empty: after the period")
    latitude: Latitude | None = Field(None, description="degrees north of the home base")
    longitude: Longitude | None = Field(None, description="degrees east of the home base")
    active: bool = Field(True, description="false: gets no customers; default true")


class Interaction(Row):
    """One past contact, opportunity or purchase.

    Rows that are the same in every column are all counted; where that is money, a warning names them. A column with a
    number of the order tells them apart.
    """

    customer_id: Identifier = Field(description="the customer")
    rep_id: Text = Field("", description="the rep; empty: unknown")
    date: dt.date | None = Field(None, description="the day it happened or closed")
    kind: Text = Field("", description="what it was: call, meeting, opportunity, purchase …")
    outcome: Text = Field("", description="how it ended: won, lost, open …")
    amount: Money | None = Field(None, description="money, negative for a credit")
    feedback: float | None = Field(None, allow_inf_nan=False, description="satisfaction score, any scale")


@dataclass(frozen=True, slots=True)
class Period:
    """The days a plan is for, first and last included."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


ROWS: dict[str, type[Row]] = {"customers": Customer, "reps": Rep, "history": Interaction}
ID_OF = {"customers": "customer_id", "reps": "rep_id"}


def _kinds(model: type[Row], name: str) -> set[Any]:
    annotation: Any = model.model_fields[name].annotation
    options = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return {get_args(a)[0] if get_origin(a) is Annotated else get_origin(a) or a for a in options}


def _column(model: type[Row], name: str, values: list[Any]) -> pd.Series[Any]:
    kinds = _kinds(model, name) if name in model.model_fields else set()
    if float in kinds:
        return pd.Series([math.nan if v is None else v for v in values], dtype="float64")
    if bool in kinds:
        return pd.Series(values, dtype="bool")
    if dt.date in kinds:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")).astype("datetime64[s]"))
    if name in model.model_fields:
        return pd.Series(values, dtype="object")
    series = pd.Series(values, dtype="object")  # a column of the user's own: a number if every cell is one
    numbers = [math.nan if v is None or v == "" else v for v in values]
    if any(v == v for v in numbers) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in numbers):
        return pd.Series([round(float(v), DECIMALS) for v in numbers], dtype="float64")
    return series.where(series.notna(), "")


def frame(model: type[Row], rows: Iterable[Row]) -> pd.DataFrame:
    """Columns of checked rows: one column a field in declared order, then the user's own columns.

    Text is ``object`` with ``""`` for none, numbers ``float64`` with NaN for none, dates ``datetime64[s]`` with NaT,
    skills a dict, lists a tuple.
    """
    rows = list(rows)
    names = list(model.model_fields)
    own: dict[str, None] = {}
    for row in rows:
        own.update(dict.fromkeys(row.model_extra or {}))
    data = {n: _column(model, n, [getattr(r, n) for r in rows]) for n in names}
    data |= {n: _column(model, n, [(r.model_extra or {}).get(n) for r in rows]) for n in own}
    table = pd.DataFrame(data)
    if "name" in table and names[0] in ID_OF.values():
        table["name"] = table["name"].where(table["name"] != "", table[names[0]])
    return table


def completed(model: type[Row], table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that was kept with a column for every field; fields newer than it hold their defaults."""
    fields = model.model_fields
    if all(name in table for name in fields):
        return table
    columns: dict[str, Any] = {}
    for name, field in fields.items():
        default = field.get_default(call_default_factory=True)
        columns[name] = table[name] if name in table else _column(model, name, [default] * len(table))
    return pd.DataFrame(columns | {str(name): table[name] for name in table if name not in fields})


@dataclass(frozen=True)
class Tables:
    """The checked input: `customers`, `reps`, `history` as data frames with a 0..n-1 index. Treat them as read-only.

    `frame` states the column types. Ids are unique and references were checked by whoever built it. `learned` is the
    model the plan's terms score pairs with, None where they need none.
    """

    customers: pd.DataFrame
    reps: pd.DataFrame
    history: pd.DataFrame
    learned: Model | None = None

    @classmethod
    def of(
        cls,
        customers: Iterable[Customer | Mapping[str, Any]],
        reps: Iterable[Rep | Mapping[str, Any]],
        history: Iterable[Interaction | Mapping[str, Any]] = (),
    ) -> Tables:
        """Build tables from rows or plain mappings.

        Raises
        ------
        pydantic.ValidationError
            A value is not what its field allows.
        ValueError
            An id stands twice.
        """
        built = cls(
            frame(Customer, (Customer.model_validate(c) for c in customers)),
            frame(Rep, (Rep.model_validate(r) for r in reps)),
            frame(Interaction, (Interaction.model_validate(h) for h in history)),
        )
        for table, key in ((built.customers, "customer_id"), (built.reps, "rep_id")):
            twice = table[key][table[key].duplicated()]
            if len(twice):
                raise ValueError(f"{key} {twice.iloc[0]!r} stands twice")
        return built


def exact(value: float) -> Decimal:
    """Return the number a cell stands for, digit by digit: sums of these have no rounding in them."""
    return Decimal(repr(float(value)))


def said(value: float | Decimal) -> str:
    """Return a number as messages show it, every digit that counts: ``1,234,567.5``."""
    return f"{value:,.{DECIMALS}f}".rstrip("0").rstrip(".")


def said_share(share: float, digits: int = 4) -> str:
    """Return a share as messages show it, as per cent with at most so many decimals: ``25 %``, ``12.5 %``."""
    return f"{said(round(100 * share, digits))} %"


def metric(customers: pd.DataFrame, name: str) -> Floats:
    """Return what each customer adds to a load: 1 for the metric ``customers``, else the column `name` (NaN counts 0).

    Raises
    ------
    KeyError
        No such column, or it is not a number.
    """
    if name == "customers":
        return np.ones(len(customers))
    if name not in customers or not pd.api.types.is_numeric_dtype(customers[name]):
        raise KeyError(name)
    return np.asarray(np.nan_to_num(customers[name].to_numpy(dtype=np.float64)))


def presence(tables: Tables, period: Period) -> Floats:
    """float64[reps]: share of the period's days on which each rep is there."""
    first, last = np.datetime64(period.first, "D"), np.datetime64(period.last, "D")
    start = tables.reps["start_date"].to_numpy().astype("datetime64[D]")
    end = tables.reps["end_date"].to_numpy().astype("datetime64[D]")
    start = np.where(np.isnat(start), first, np.maximum(start, first))
    end = np.where(np.isnat(end), last, np.minimum(end, last))
    days = (end - start).astype("timedelta64[D]").astype(np.float64) + 1
    share: Floats = np.maximum(0.0, days) / period.days
    return share
