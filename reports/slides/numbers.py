"""How native charts write their numbers, so that they read as the text of the slides does (`wording.short`).

A chart of an office program has the values themselves and a number format for each; formats can leave out thousands,
three digits at a time, but not ten thousands, by which Chinese counts. So a chart in Chinese has its amounts in 万.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from reports import wording
from reports.words import current, say

Form = Literal["count", "money", "points", "share"]
"""What values are: a number of things, an amount that is written short, points of the score, a share of one."""
_FIXED = {"count": "#,##0", "points": "0.0"}
_ENGLISH = ((1e12, 4, "T"), (1e9, 3, "B"), (1e6, 2, "M"), (1e3, 1, "k"))
_UNITS = {1e4: "万", 1e8: "亿"}


def said(value: float, form: Form) -> str:
    """Return a value in writing."""
    if form == "share":
        return wording.percent(value)
    if form == "points":
        return f"{value:.1f}".replace("-", "−")
    return wording.short(value) if form == "money" else f"{value:,.0f}"


def unit(values: Iterable[float | None], form: Form) -> float:
    """Return what the values of a chart are counted in: 1, and where Chinese amounts are large 万 or 亿."""
    most = max((abs(v) for v in values if v is not None), default=0.0)
    if form != "money" or current() != "zh" or most < 9995:
        return 1.0
    return 1e8 if most >= 99.95e8 else 1e4


def unit_said(of: float) -> str:
    """Return what a chart counts in as its heading says it; empty where it counts ones."""
    return say("in {unit}", unit=_UNITS[of]) if of in _UNITS else ""


def label(value: float, form: Form, of: float = 1.0) -> str:
    """Return the number format with which a value reads as `said` has it.

    Parameters
    ----------
    of : what the chart counts in, see `unit`.
    """
    if form != "money":
        return _percent() if form == "share" else _FIXED[form]
    size = abs(value)
    if current() == "zh":
        return _chinese(size, of)
    for least, thousands, name in _ENGLISH:
        if size >= least * 0.9995:
            return f'{_digits(size / least)}{"," * thousands}"{name}"'
    return "#,##0" if size == round(size, 1) == round(size) or size >= 99.95 else "0.0" if size >= 1 else "0.0#"


def axis(most: float, form: Form, of: float = 1.0) -> str:
    """Return the number format of an axis that ends near `most`: one for all its ticks."""
    if form != "money":
        return label(most, form)
    if of != 1.0:
        return f'{"#,##0" if most >= 10 * of else "0.0"}"{_UNITS[of]}"'
    if current() == "zh":  # values as they are: a point is set before the last of the thousands
        return '0\\.00,,"亿"' if most >= 1e8 else '0\\.0,"万"' if most >= 1e4 else "#,##0"
    for least, thousands, name in _ENGLISH:
        if most >= least:
            return f'{"#,##0" if most >= 10 * least else "0.0"}{"," * thousands}"{name}"'
    return "#,##0"


def _percent() -> str:
    return "0%" if current() == "zh" else "0\N{NO-BREAK SPACE}%"


def _digits(times: float) -> str:
    return "#,##0.0" if times < 99.95 else "#,##0"


def _chinese(size: float, of: float) -> str:
    if of == 1.0:
        return "#,##0" if size >= 99.95 or size == round(size) else "0.0"
    if of == 1e8:
        return f'{_digits(size / 1e8)}"亿"' if size < 0.9995e12 else '0\\.0,"万亿"'
    return f'{_digits(size / 1e4)}"万"' if size < 0.9995e8 else '0\\.0,"亿"'  # thousands of 万, a point before the last
