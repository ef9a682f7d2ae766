"""What a plan says of learning: what won and lost mean, which columns may be used, how the model is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from solver.names import fold, plain_outcome
from solver.problems import Problem, nearest
from solver.tables import Customer, Rep, Tables

#: Words that mark a column as one about a person's protected traits, in the languages our users' exports come in.
SENSITIVE = (
    "age", "agegroup", "birth", "birthday", "birthdate", "dob", "gender", "sex", "nationality", "citizenship",
    "ethnicity", "ethnic", "race", "religion", "faith", "disability", "disabled", "marital", "maritalstatus",
    "pregnancy", "pregnant", "orientation", "union", "health", "politics", "political", "alter", "geburtsdatum",
    "geschlecht", "nationalität", "staatsangehörigkeit", "herkunft", "glaube", "behinderung", "familienstand",
    "naissance", "sexe", "genre", "nationalité", "handicap", "年龄", "性别", "国籍", "民族",
    "宗教", "出生", "婚姻", "籍贯",
)  # fmt: skip


def is_sensitive(column: str) -> bool:
    """Whether a column's name says that it is about age, gender, origin, religion, health or the like."""
    spaced = "".join(f" {c}" if c.isupper() else c if c.isalnum() else " " for c in column)
    words = {*spaced.casefold().split(), *"".join(c if c.isalnum() else " " for c in column).casefold().split()}
    known = set(SENSITIVE)
    return bool(words & known) or any(not s.isascii() and s in column.casefold() for s in SENSITIVE)


class Learning(BaseModel):
    """How fit is learned from history: `fairbook learn PLAN`. Used by `fit: {source: learned}` and `expected_revenue`.

    A row of history whose outcome is among `won` or `lost` is a closed opportunity; every other row is a contact.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    model: str = Field("learned/model.json", min_length=1, description="the model's file, from the plan's folder")
    won: tuple[str, ...] = Field(
        ("won",),
        min_length=1,
        description="outcomes that are a sale; Closed Won is won too",
    )
    lost: tuple[str, ...] = Field(("lost",), min_length=1, description="outcomes that are a loss")
    customer_columns: tuple[str, ...] = Field((), description="further columns of the customers to learn from")
    rep_columns: tuple[str, ...] = Field((), description="further columns of the reps to learn from")
    sensitive: tuple[str, ...] = Field(
        (), description="columns about age, gender, origin, religion and the like that are meant to be used"
    )
    weighting: Literal["none", "propensity"] = Field(
        "none", description="propensity: who used to get which customers counts less; see the model card"
    )
    method: Literal["best", "effects", "trees"] = Field(
        "best",
        description="effects that shrink, boosted trees, or the better of them out of time: trees only if surely",
    )
    folds: int = Field(8, ge=2, le=12, description="stretches of time on which the model is checked, one after another")

    @field_validator("model")
    @classmethod
    def _inside(cls, value: str) -> str:
        parts = value.split("/")
        if not value.isprintable() or "\\" in value or value.startswith("/") or {"", ".", ".."} & set(parts):
            raise ValueError("must be a path below the plan's folder, such as learned/model.json")
        return value

    def outcome(self, text: str) -> int:
        """Return 1 for a win, 0 for a loss, -1 for anything else."""
        word = plain_outcome(text)
        if word in {plain_outcome(w) for w in self.won}:
            return 1
        return 0 if word in {plain_outcome(w) for w in self.lost} else -1

    def problems(self, tables: Tables) -> Iterator[Problem]:
        """Columns must exist, must not be what the model predicts, and sensitive ones must be meant."""
        meant = {fold(c) for c in self.sensitive}
        for key, names, table, own in (
            ("customer_columns", self.customer_columns, tables.customers, Customer),
            ("rep_columns", self.rep_columns, tables.reps, Rep),
        ):
            for name in names:
                if name not in table:
                    near = nearest(name, [str(c) for c in table])
                    yield Problem(
                        "unknown_column", f"learn.{key}: there is no column {name!r}",
                        fix=f"did you mean {near}?" if near else "",
                    )  # fmt: skip
                elif name in own.model_fields:
                    yield Problem(
                        "known_column", f"learn.{key}: {name} is one of Fairbook's own columns",
                        expected="a column of your own: those of ours that may be used are used already",
                    )  # fmt: skip
                elif is_sensitive(name) and fold(name) not in meant:
                    yield Problem(
                        "sensitive_column", f"learn.{key}: {name} says something about a person that should not decide "
                        "who gets which customer", fix=f"leave it out; if it is meant, add sensitive: [{name}]",
                    )  # fmt: skip
