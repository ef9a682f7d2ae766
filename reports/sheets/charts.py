"""Charts of a workbook that people can edit: bars over the cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from reports.sheets.book import Book, Place
from reports.sheets.looks import BLUE, GREY, INK, ORANGE, RULE, font
from reports.slides import numbers

#: Pixels of a row, and beside a chart.
ROW, GAP = 20, 24
#: How wide and high a chart is at least, in pixels, and how wide at most.
WIDE, HIGH, WIDEST = 620, 320, 1000
#: Groups whose names have room beside each other.
_LEVEL = 6


def width_for(groups: int) -> int:
    """Return how wide a chart with so many groups of columns is."""
    return min(WIDEST, max(WIDE, 220 + 28 * groups))


def below(row: int, height: int = HIGH) -> int:
    """Return the next free row under a chart."""
    return row + -(-height // ROW) + 1


def columns(
    book: Book,
    sheet: Worksheet,
    at: tuple[int, int],
    place: Place,
    names: int,
    series: Sequence[tuple[str, int, str]],
    title: str,
    alt: str,
    largest: float,
    form: str = "",
) -> None:
    """Insert a chart of upright columns, with marks where there is a target.

    Parameters
    ----------
    at : row and column of its corner.
    place : where the table is.
    names : column of the table with what the groups are called.
    series : name and column of each, and how it looks: ``quiet``, ``main`` or ``mark``.
    largest : the largest value, which decides the units of the axis.
    form : number format of the axis instead.
    """
    chart = book.file.add_chart({"type": "column"})
    categories = [place.sheet, place.first, names, place.last, names]
    for name, column, look in series:
        values = [place.sheet, place.first, column, place.last, column]
        told: dict[str, Any] = {"name": name, "categories": categories, "values": values}
        if look == "mark":
            line = book.file.add_chart({"type": "line"})
            mark = {"type": "long_dash", "size": 12, "fill": {"color": ORANGE}, "border": {"color": ORANGE}}
            line.add_series(told | {"line": {"none": True}, "marker": mark})
            chart.combine(line)
        else:
            chart.add_series(told | {"fill": {"color": BLUE if look == "main" else GREY}, "gap": 70, "overlap": 0})
    chart.set_title({"name": title, "name_font": type_of(14, True), "overlay": False})
    turned = {"rotation": -45} if place.last - place.first >= _LEVEL else {}
    chart.set_x_axis({"num_font": {**type_of(9), **turned}, "label_position": "low"})
    chart.set_y_axis({"num_font": type_of(9), "num_format": form or numbers.axis(largest, "money"),
                      "line": {"none": True},
                      "major_gridlines": {"visible": True, "line": {"color": RULE}}})  # fmt: skip
    chart.set_legend({"position": "top", "font": type_of(9)})
    chart.set_size({"width": width_for(place.last - place.first + 1), "height": HIGH})
    sheet.insert_chart(*at, chart, {"x_offset": GAP, "description": alt})


def stacked(
    book: Book,
    sheet: Worksheet,
    at: tuple[int, int],
    place: Place,
    parts: Sequence[str],
    title: str,
    axis: str,
    alt: str,
) -> int:
    """Insert lying bars of a table's columns `parts`, put end to end; returns the chart's height in pixels."""
    chart = book.file.add_chart({"type": "bar", "subtype": "stacked"})
    for part, colour in zip(parts, (BLUE, RULE), strict=True):
        column = place.columns[part]
        chart.add_series(
            {"name": [place.sheet, place.first - 1, column],
             "categories": [place.sheet, place.first, 0, place.last, 0],
             "values": [place.sheet, place.first, column, place.last, column],
             "fill": {"color": colour}, "gap": 60}
        )  # fmt: skip
    chart.set_title({"name": title, "name_font": type_of(14, True), "overlay": False})
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": type_of(9), "line": {"none": True}})
    grid = {"visible": True, "line": {"color": RULE}}
    chart.set_x_axis(
        {"num_font": type_of(9), "num_format": "0", "major_gridlines": grid, "name": axis, "name_font": type_of(9)}
    )
    chart.set_legend({"position": "bottom", "font": type_of(9)})
    height = 120 + 30 * (place.last - place.first + 1)
    chart.set_size({"width": WIDE, "height": height})
    sheet.insert_chart(*at, chart, {"x_offset": GAP, "description": alt})
    return height


def type_of(size: int, bold: bool = False) -> dict[str, Any]:
    """Return the font of a chart's text."""
    return {"name": font(), "size": size, "bold": bold, "color": INK}
