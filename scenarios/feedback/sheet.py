"""The Feedback sheet: its name, columns and answers, which the workbook writes and `scenarios.feedback.feedback` reads.

People answer in the language their workbook is in, so all languages stand here: what is written in one is read back
whatever language is spoken then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from solver.names import fold
from solver.problems import nearest

SHEET = "Feedback"
ACCEPT, CHALLENGE, PIN = VERDICTS = ("accept", "challenge", "pin")
"""The customer stays as planned; it should go to anybody but the planned rep; it must go to one rep."""

CUSTOMER, NAME, PLANNED, BEFORE, CHANGE, POTENTIAL, VERDICT, PIN_TO, REASON, WHO, RUN = COLUMNS = (
    "Customer ID", "Customer", "Planned rep", "Rep before", "Change", "Potential", "Verdict", "Pin to", "Reason",
    "From", "Run",
)  # fmt: skip
"""Titles of the columns, in order."""


@dataclass(frozen=True)
class Form:
    """The sheet in one language.

    Attributes
    ----------
    sheet : its name.
    titles : of each of `COLUMNS`.
    verdicts : the word for each of `VERDICTS`.
    """

    sheet: str
    titles: Mapping[str, str]
    verdicts: Mapping[str, str]


FORMS: Mapping[str, Form] = {
    "en": Form(SHEET, {c: c for c in COLUMNS}, {v: v for v in VERDICTS}),
    "zh": Form(
        "反馈",
        {CUSTOMER: "客户编号", NAME: "客户", PLANNED: "方案代表", BEFORE: "原代表", CHANGE: "变动", POTENTIAL: "潜力",
         VERDICT: "意见", PIN_TO: "指定给", REASON: "原因", WHO: "反馈人", RUN: "求解编号"},
        {ACCEPT: "同意", CHALLENGE: "异议", PIN: "指定"},
    ),
}  # fmt: skip
"""The sheet by language."""

#: What folded words of any language stand for.
_COLUMN = {fold(title): column for form in FORMS.values() for column, title in form.titles.items()}
_VERDICT = {fold(word): verdict for form in FORMS.values() for verdict, word in form.verdicts.items()}

#: What people write instead of a verdict: asked about, never taken for it.
_LIKE = {
    ACCEPT: ("accepted", "agree", "approve", "yes", "ok", "fine", "keep", "接受", "认可", "可以", "是", "好"),
    CHALLENGE: ("challenged", "disagree", "reject", "refuse", "object", "no", "not accept", "don't accept",
                "不同意", "不接受", "反对", "拒绝", "不行", "否", "不"),
    PIN: ("pinned", "fix", "lock", "assign", "move to", "固定", "锁定", "分配"),
}  # fmt: skip
_MEANT = {fold(word): verdict for verdict, words in _LIKE.items() for word in words}


def columns_of(names: Iterable[str]) -> dict[str, str]:
    """Return which of `COLUMNS` stand in a header, each with its name there; of two the first counts."""
    found: dict[str, str] = {}
    for name in names:
        if (column := _COLUMN.get(fold(name))) is not None:
            found.setdefault(column, name)
    return found


def verdict_of(text: str) -> str:
    """Return which of `VERDICTS` a cell says, in any language; empty for anything else."""
    return _VERDICT.get(fold(text), "")


def verdict_like(text: str, form: Form) -> str:
    """Return the word of a form that a cell may have meant; empty where none is near.

    What says no is never near what says yes, however alike they are written: 不同意 is not 同意.
    """
    if (meant := _MEANT.get(fold(text))) is not None:
        return form.verdicts[meant]
    near = nearest(text, form.verdicts.values())
    return "" if near is None or fold(near) in fold(text) else near


def form_of(names: Iterable[str]) -> Form:
    """Return the form whose titles a header has most of."""
    said = {fold(n) for n in names}
    return max(FORMS.values(), key=lambda form: len(said & {fold(t) for t in form.titles.values()}))


def rep_label(rep_id: str, name: str) -> str:
    """Return how a rep is named in the sheet: ``Ana Lindqvist (R07)``, the id alone where there is no other name."""
    return rep_id if name in {"", rep_id} else f"{name} ({rep_id})"
