"""The ``data`` part of a plan file: where the three tables come from and how to read them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from solver.tables import MAX_SPREAD, MAX_TEXT
from solver.where import WhereText

Decimal = Literal[".", ","]
DateOrder = Literal["iso", "dmy", "mdy"]
Months = Annotated[int, Field(ge=1, le=1200)]
Hours = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=MAX_SPREAD, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Source(_Part):
    """One table of the plan.

    `where` may use the file's column names and Fairbook's. Options that do not fit the kind of source are said in
    a warning and have no effect.
    """

    source: str = Field(
        min_length=1, description="path from the plan's folder (csv, tsv, txt, xlsx, xlsm, parquet), or a database URL"
    )
    columns: dict[str, str] = Field({}, description="our field: column of the file; empty text: read it from none")
    query: str | None = Field(None, description="databases only: one SELECT")
    table: str | None = Field(None, description="databases only: a table or view, schema.name")
    sheet: str | None = Field(None, description="workbooks only; default: the first sheet")
    where: WhereText | None = Field(None, description="read only the rows that match")
    encoding: str | None = Field(None, description="text files only: gb18030, big5, cp1252 …; default: found out")
    decimal: Decimal | None = Field(None, description="decimal sign of numbers written as text; default: found out")
    dates: DateOrder | None = Field(None, description="order of dates written as text; default: found out")
    delimiter: str | None = Field(
        None, pattern=r"^[^\r\n\"\x00]$", description="one sign, text files only; default: found out"
    )


class CurrentRep(_Part):
    """The current rep is who closed the most money with the customer; ties: most deals, latest deal, first rep_id."""

    origin: Literal["history"] = Field(alias="from", description="always history")
    months: Months | None = Field(None, description="only the last months before the period; default: all")
    outcome: str = Field("won", description="outcome that counts, upper and lower case apart")


class Potential(_Part):
    """The potential is what the customer bought in the last months of history before the period."""

    origin: Literal["history"] = Field(alias="from", description="always history")
    months: Months = Field(12, description="length of the window, months")
    outcome: str = Field("won", description="outcome that counts, upper and lower case apart")


class Tenure(_Part):
    """The tenure is the years from the first interaction with the current rep to the period's start."""

    origin: Literal["history"] = Field(alias="from", description="always history")


class Workload(_Part):
    """The workload is looked up by a column of the customers, such as the segment."""

    origin: str = Field(alias="from", min_length=1, description="a column of the customers")
    table: dict[str, Hours] = Field(min_length=1, description="hours by the column's value, upper and lower case apart")
    default: Hours | None = Field(None, description="hours for any other value; default: left as it is")


class Spread(_Part):
    """How far an amount may turn out otherwise is looked up by a column of the customers, such as the segment."""

    origin: str = Field(alias="from", min_length=1, description="a column of the customers")
    table: dict[str, Share] = Field(
        min_length=1, description="share of the amount by the column's value, 0.2 for 20 %, upper and lower case apart"
    )
    default: Share | None = Field(None, description="share for any other value; default: none")


class Derive(_Part):
    """What is worked out where the customers' file leaves it empty."""

    current_rep: CurrentRep | None = None
    potential: Potential | None = None
    tenure: Tenure | None = None
    workload: Workload | None = None
    potential_spread: Spread | None = None
    workload_spread: Spread | None = None


class Limits(_Part):
    """Sizes beyond which a source is refused before it is read."""

    max_rows: int = Field(2_000_000, ge=1, le=50_000_000, description="rows of one table")
    max_columns: int = Field(500, ge=1, le=16_384, description="columns of one table")
    max_bytes: int = Field(512 * 2**20, ge=1, description="bytes of one file; of a workbook also when unpacked")
    max_cell: int = Field(MAX_TEXT, ge=1, le=MAX_TEXT, description="characters of one cell")


class Data(_Part):
    """Where customers, reps and history come from."""

    customers: Source
    reps: Source
    history: Source | None = None
    derive: Derive = Derive()
    unlisted_reps: Literal["error", "gone"] = Field(
        "error", description="a current rep who is not among the reps: an error, or counted as gone"
    )
    limits: Limits = Limits()
