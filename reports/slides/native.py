"""Native charts of office programs, which people can edit, with figures as the text has them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_LINE, MSO_PATTERN
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from reports.slides import fit, numbers
from reports.slides.blocks import Bars, Curve, Series, one_line, ticks, too_short
from reports.slides.look import Look, paint
from scenarios.cell_text import cell_text

_MARKS = (XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.DIAMOND, XL_MARKER_STYLE.SQUARE, XL_MARKER_STYLE.TRIANGLE,
          XL_MARKER_STYLE.X)  # fmt: skip
Place = tuple[Emu, Emu, Emu, Emu]


class Charts:
    """Puts charts on slides in the colours of a look; sizes of type come from `size`."""

    def __init__(self, look: Look, size: Any):
        self.look, self.size = look, size

    def bars(self, made: Any, place: Place, block: Bars) -> Any:
        """Add a bar chart to a slide."""
        of = numbers.unit((v for s in block.series for v in s.values), block.form)
        ends = [v for s in block.series for v in s.values if v is not None]
        if block.way != "columns":
            ends = [sum(v or 0.0 for v in bar) for bar in zip(*(s.values for s in block.series), strict=True)]
        form = numbers.axis(max(map(abs, ends), default=0.0), block.form, of)
        data = CategoryChartData(number_format=form)
        data.categories = [cell_text(one_line(c)) for c in block.categories]
        for series in block.series:
            data.add_series(cell_text(one_line(series.name)), [None if v is None else v / of for v in series.values])
        kind = {
            "columns": XL_CHART_TYPE.COLUMN_CLUSTERED, "stacked": XL_CHART_TYPE.BAR_STACKED,
            "steps": XL_CHART_TYPE.COLUMN_STACKED,
        }[block.way]  # fmt: skip
        shape = made.shapes.add_chart(kind, *place, data)
        chart = shape.chart
        shown = [s for s in block.series if s.role not in {"base", "cap"}]
        title = f"{block.title} ({numbers.unit_said(of)})" if of != 1.0 and not block.labelled else block.title
        self._common(chart, title, len(shown) > 1 and block.way != "steps")
        plot = chart.plots[0]
        plot.gap_width = {1: 300, 2: 120}.get(len(block.categories), 60)
        plot.overlap = 0 if block.way == "columns" else 100
        self._axes(chart, block, form, of, place[2] / 914400)
        for series, drawn in zip(block.series, plot.series, strict=True):
            drawn.invert_if_negative = False
            self._series(drawn, series.role)
            if block.labelled and (block.way != "steps" or series.role in {"total", "cap"}):
                hidden = [n for n, v in enumerate(series.values) if v is None or too_short(v, block)]
                self._labels(drawn, series, block, of, hidden)
        for n, series in reversed(list(enumerate(block.series))):
            if series.role == "mark":
                self._as_marks(chart, n, len(block.categories))
        return shape

    def _series(self, drawn: Any, role: str) -> None:
        fill, look = drawn.format.fill, self.look
        if role in {"base", "cap"}:
            fill.background()
            drawn.format.line.fill.background()
        elif role == "loss":
            fill.patterned()
            fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
            paint(fill.fore_color, look.mark)
            paint(fill.back_color, look.paper)
            paint(drawn.format.line.color, look.mark)
        else:
            fill.solid()
            colours = {"main": look.main, "quiet": look.quiet, "mark": look.mark, "missed": look.missed,
                       "total": look.strong}  # fmt: skip
            paint(fill.fore_color, colours[role])

    def _labels(self, drawn: Any, series: Series, block: Bars, of: float, hidden: Sequence[int]) -> None:
        """Figures of a series, each in the number format that writes it as the text does."""
        labels, look = drawn.data_labels, self.look
        labels.show_value = True
        labels.font.size = self.size(12)
        on_bar = {"main": look.on_main, "total": look.on_strong} if block.way != "columns" else {}
        paint(labels.font.color, on_bar.get(series.role, look.ink))
        lost = next((s.values for s in block.series if s.role == "loss"), ())
        at = "outEnd" if block.way == "columns" else {"cap": "inBase", "total": "inEnd"}.get(series.role, "ctr")
        for n, value in reversed(list(enumerate(series.values))):
            form = numbers.label(value or 0.0, block.form, of)
            if series.role == "cap":
                form = f'"{"−" if n < len(lost) and lost[n] is not None else "+"}"{form}'
            inner = '<c:delete val="1"/>' if n in hidden else (
                f"<c:numFmt formatCode={_quoted(form)} sourceLinked='0'/><c:dLblPos val='{at}'/>"
                "<c:showLegendKey val='0'/><c:showVal val='1'/><c:showCatName val='0'/><c:showSerName val='0'/>"
                "<c:showPercent val='0'/><c:showBubbleSize val='0'/>"
            )  # fmt: skip
            label = parse_xml(f'<c:dLbl {_CHART}><c:idx val="{n}"/>{inner}</c:dLbl>')
            number = label.find(qn("c:numFmt"))
            if number is not None:
                number.addnext(copy.deepcopy(labels._element.find(qn("c:txPr"))))
            labels._element.insert(0, label)

    def _as_marks(self, chart: Any, number: int, columns: int) -> None:
        """Draw a series of columns as short lines across them: a target is no load of its own."""
        bars = chart._chartSpace.find(f".//{qn('c:barChart')}")
        series = bars.findall(qn("c:ser"))[number]
        bars.remove(series)
        for name in ("c:invertIfNegative", "c:spPr", "c:dLbls"):
            for child in series.findall(qn(name)):
                series.remove(child)
        line = parse_xml(
            f"<c:lineChart {_CHART}><c:grouping val='standard'/><c:varyColors val='0'/><c:marker val='1'/>"
            "</c:lineChart>"
        )
        line.insert(2, series)
        for axis in bars.findall(qn("c:axId")):
            line.append(copy.deepcopy(axis))
        bars.addnext(line)
        drawn = next(p for p in chart.plots if p._element is line).series[0]
        drawn.format.line.fill.background()
        drawn.smooth = False
        drawn.marker.style, drawn.marker.size = XL_MARKER_STYLE.DASH, max(10, min(60, 340 // max(1, columns)))
        drawn.marker.format.fill.solid()
        paint(drawn.marker.format.fill.fore_color, self.look.mark)
        paint(drawn.marker.format.line.color, self.look.mark)

    def _axes(self, chart: Any, block: Bars, form: str, of: float, inches: float) -> None:
        value, category = chart.value_axis, chart.category_axis
        lined = not block.labelled
        value.has_major_gridlines = lined
        value.visible = lined
        value.tick_labels.number_format, value.tick_labels.number_format_is_linked = form, False
        if all(v is None or v >= 0 for series in block.series for v in series.values):
            value.minimum_scale = block.least or 0
        ends = [v / of for series in block.series for v in series.values if v is not None]
        if block.most is not None:
            value.maximum_scale = block.most
        elif block.labelled and block.way == "columns" and min(ends, default=0) >= 0 and max(ends, default=0) > 0:
            value.maximum_scale = 1.15 * max(ends)  # so that the figure of the highest is not in the title
        if lined:
            paint(value.major_gridlines.format.line.color, self.look.rule)
            value.format.line.fill.background()
        for axis in (value, category):
            axis.tick_labels.font.size = self.size(12)
            axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE
        paint(category.format.line.color, self.look.rule)
        category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        if block.way == "stacked":
            category.reverse_order = True
        elif fit.slanted(block, inches, self.size(12).pt):
            category._element.find(f"{qn('c:txPr')}/{qn('a:bodyPr')}").set("rot", "-2700000")

    def curve(self, made: Any, place: Place, block: Curve) -> Any:
        """Add points in a plane to a slide."""
        data = XyChartData(number_format="0.0")
        for name, xs, ys, _ in block.series:
            series = data.add_series(cell_text(one_line(name)))
            for x, y in zip(xs, ys, strict=True):
                series.add_data_point(x, y)
        shape = made.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, *place, data)
        chart = shape.chart
        self._common(chart, block.title, True)
        colours = (self.look.main, self.look.mark, self.look.ink, self.look.soft, self.look.strong)
        for n, ((_, xs, _, line), drawn) in enumerate(zip(block.series, chart.plots[0].series, strict=True)):
            drawn.smooth = False
            drawn.marker.style, drawn.marker.size = _MARKS[n % 5], 8 if line else 13
            drawn.marker.format.fill.solid()
            paint(drawn.marker.format.fill.fore_color, colours[n % 5])
            paint(drawn.marker.format.line.color, colours[n % 5])
            if line:
                paint(drawn.format.line.color, colours[n % 5])
                drawn.format.line.width = Pt(2.25)
                for k in range(len(xs)):
                    self._numbered(drawn.points[k], k + 1)
            else:
                drawn.format.line.fill.background()
        axes = zip((chart.category_axis, chart.value_axis), ticks(block), (block.x, block.y), strict=True)
        for axis, (low, high, step), title in axes:
            axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, step
            axis.has_title = True
            axis.axis_title.text_frame.text = one_line(title)
            run = axis.axis_title.text_frame.paragraphs[0].runs[0]
            run.font.size, run.font.bold = self.size(12), False
            paint(run.font.color, self.look.ink)
            axis.tick_labels.font.size = self.size(12)
            axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "0.#" if step < 1 else "0", False
            axis.has_major_gridlines = True
            axis.major_tick_mark = XL_TICK_MARK.NONE
            paint(axis.major_gridlines.format.line.color, self.look.rule)
            axis.major_gridlines.format.line.dash_style = MSO_LINE.SOLID
            axis.format.line.fill.background()
        return shape

    def _numbered(self, point: Any, number: int) -> None:
        frame = point.data_label.text_frame
        frame.text = str(number)
        run = frame.paragraphs[0].runs[0]
        run.font.size = self.size(12)
        paint(run.font.color, self.look.ink)
        point.data_label.position = 0  # above

    def _common(self, chart: Any, title: str, legend: bool) -> None:
        chart.font.size = self.size(12)
        paint(chart.font.color, self.look.ink)
        chart.has_title = True
        chart.chart_title.text_frame.text = one_line(title)
        run = chart.chart_title.text_frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold = self.size(14), True
        paint(run.font.color, self.look.ink)
        chart.chart_title.include_in_layout = False
        chart.has_legend = legend
        if legend:
            chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
            chart.legend.font.size = self.size(12)
            paint(chart.legend.font.color, self.look.ink)


_CHART = (
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)


def _quoted(text: str) -> str:
    return "'" + text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;") + "'"
