"""The deck as PPTX: native charts and tables that people can edit, on their own template where they give one."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from reports import wording
from reports.slides.blocks import (
    BOTTOM,
    HIGH,
    LEFT,
    RIGHT,
    TOP,
    WIDE,
    Bars,
    Box,
    Curve,
    Deck,
    Grid,
    Points,
    Slide,
    Tiles,
    fitted,
    one_line,
    too_short,
)  # fmt: skip
from reports.slides.packed import settled
from reports.slides.template import opened, plain, titled
from reports.words import say
from scenarios.cell_text import cell_text

INK, SOFT, FAINT, RULE, BLUE, SKY, ORANGE, DEEP = (
    RGBColor.from_string(c) for c in ("1B2430", "566270", "8A94A0", "D5DBE1", "0072B2", "9DB4C4", "D55E00", "0B2F4A")
)


def powerpoint(deck: Deck, created: dt.datetime, template: Path | None = None) -> bytes:
    """Return the deck as a PPTX file's content, the same bytes for the same deck.

    Parameters
    ----------
    created : written into the file instead of the time it is made.
    template : a .pptx whose look is used; its slides are left out.

    Raises
    ------
    InputError
        The template is no presentation that can be used.
    """
    show = opened(template) if template else plain()
    page = _Page(show, own=template is None)
    for number, slide in enumerate(deck.slides, 1):
        page.add(slide, f"{deck.footer} · {number}/{len(deck.slides)}")
    core = show.core_properties
    moment = created.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
    core.title, core.author, core.last_modified_by = one_line(deck.title)[:250], "Fairbook", "Fairbook"
    core.created = core.modified = moment
    core.revision = 1
    target = io.BytesIO()
    show.save(target)
    return settled(target.getvalue(), moment)


class _Page:
    """Puts slides into a presentation; places on a slide are those of `blocks`, in proportion."""

    def __init__(self, show: Any, own: bool):
        self.show, self.own = show, own
        self.layout = titled(show)
        self.wide, self.high = int(show.slide_width), int(show.slide_height)
        self.scale = min(self.wide / Inches(WIDE), self.high / Inches(HIGH))
        title = next(p for p in self.layout.placeholders if p.placeholder_format.idx == 0)
        under = 0 if own or title.top is None else int(title.top) + int(title.height)
        self.top = max(Inches(TOP) * self.high // Inches(HIGH), under + Inches(0.45) if under < self.high * 0.35 else 0)

    def at(self, box: Box) -> tuple[Emu, Emu, Emu, Emu]:
        """Where a box lies on these slides."""
        wide = self.wide / Inches(WIDE)
        bottom = BOTTOM / HIGH * self.high
        tall = (bottom - self.top) / Inches(BOTTOM - TOP)
        return (Emu(int(Inches(box.x) * wide)), Emu(int(self.top + Inches(box.y - TOP) * tall)),
                Emu(int(Inches(box.w) * wide)), Emu(int(Inches(box.h) * tall)))  # fmt: skip

    def size(self, points: float) -> Any:
        """A type size in proportion, never too small to read."""
        return Pt(max(8.0, round(points * self.scale * 2) / 2))

    def add(self, slide: Slide, footer: str) -> None:
        """Add a slide."""
        made = self.show.slides.add_slide(self.layout)
        for shape in list(made.placeholders):
            if shape.placeholder_format.idx != 0:
                shape._element.getparent().remove(shape._element)
        self._title(made, slide)
        for box, block in slide.blocks:
            place = self.at(box)
            if isinstance(block, Tiles):
                self._tiles(made, box, block)
            elif isinstance(block, Points):
                self._points(made, box, block)
            elif isinstance(block, Grid):
                self._grid(made, place, box, block)
            elif isinstance(block, Bars):
                self._bars(made, place, block)
            else:
                self._curve(made, place, block)
        foot = self.at(Box(LEFT, BOTTOM + 0.12, RIGHT - LEFT, 0.3))
        self._write(made, foot, [(footer, 10, SOFT, False)])
        if slide.notes:
            made.notes_slide.notes_text_frame.text = one_line(slide.notes)

    def _title(self, made: Any, slide: Slide) -> None:
        title = made.shapes.title
        text = one_line(slide.title)
        wide = wording.columns(text)
        if self.own:
            title.left, title.top, title.width, title.height = self._own(0.3, 0.85)
            frame = title.text_frame
            frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.BOTTOM
            frame.margin_left = frame.margin_right = 0
            frame.text = text
            paragraph = frame.paragraphs[0]
            paragraph.alignment = PP_ALIGN.LEFT
            font = paragraph.runs[0].font if paragraph.runs else paragraph.font
            font.size, font.bold, font.color.rgb = Pt(28 if wide <= 48 else 24 if wide <= 60 else 20), True, DEEP
            place = self._own(1.1, 0.4)
        else:
            title.text_frame.text = text
            if wide > 48 and title.text_frame.paragraphs[0].runs:
                title.text_frame.paragraphs[0].runs[0].font.size = self.size(24)
            place = (Emu(int(Inches(LEFT) * self.wide / Inches(WIDE))), Emu(self.top - Inches(0.42)),
                     Emu(int(Inches(RIGHT - LEFT) * self.wide / Inches(WIDE))), Inches(0.4))  # fmt: skip
        self._write(made, place, [(slide.below, 16, SOFT, False)])

    def _own(self, top: float, height: float) -> tuple[Emu, Emu, Emu, Emu]:
        return Inches(LEFT), Inches(top), Inches(RIGHT - LEFT), Inches(height)

    def _write(
        self, made: Any, place: Sequence[Emu], lines: Sequence[tuple[str, float, Any, bool]], gap: float = 0.0
    ) -> Any:
        """A text box: a paragraph a line, each with its size, colour and weight."""
        frame = made.shapes.add_textbox(*place).text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for n, (text, size, colour, bold) in enumerate(lines):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = one_line(text)
            run.font.size, run.font.bold = self.size(size), bold
            if self.own or colour not in (INK, DEEP):
                run.font.color.rgb = colour
            if gap:
                paragraph.space_after = self.size(gap)
        return frame

    def _tiles(self, made: Any, box: Box, block: Tiles) -> None:
        across = 4 if len(block.items) > 6 else 3
        down = -(-len(block.items) // across)
        wide, high = box.w / across, box.h / max(down, 2)
        for n, (name, figure, more) in enumerate(block.items):
            x, y = box.x + n % across * wide, box.y + n // across * high
            bar = made.shapes.add_shape(1, *self.at(Box(x, y + 0.05, wide - 0.35, 0.04)))
            bar.fill.solid()
            bar.fill.fore_color.rgb = BLUE if n == 0 else RULE
            bar.line.fill.background()
            bar.shadow.inherit = False
            lines = [(name, 16, SOFT, False), (figure, 40, DEEP, True), (more, 14, SOFT, False)]
            self._write(made, self.at(Box(x, y + 0.2, wide - 0.35, high - 0.3)), lines)

    def _points(self, made: Any, box: Box, block: Points) -> None:
        high = box.h - (0.42 if block.head else 0)
        size = fitted(block.items, box.w, high, block.size)
        lines: list[tuple[str, float, Any, bool]] = [(block.head, 16, BLUE, True)] if block.head else []
        lines += [(f"•  {one_line(t)}" if len(block.items) > 1 else one_line(t), size, INK, False) for t in block.items]
        self._write(made, self.at(box), lines, gap=size * 0.4)

    def _grid(self, made: Any, place: Sequence[Emu], box: Box, block: Grid) -> None:
        rows, columns = len(block.rows) + 1, len(block.head)
        high = min(int(place[3]) // rows, int(Inches(0.42) * self.scale))
        shape = made.shapes.add_table(rows, columns, place[0], place[1], place[2], Emu(high * rows))
        table = shape.table
        shape._element.graphic.graphicData.tbl.tblPr.find(
            qn("a:tableStyleId")
        ).text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style and no grid; fills below are our own
        widths = list(block.widths) or [1.0] * columns
        for n, share in enumerate(widths):
            table.columns[n].width = Emu(int(int(place[2]) * share / sum(widths)))
        size = min(block.size, max(8.0, high / 12700 * 0.55))
        for r, cells in enumerate([block.head, *block.rows]):
            table.rows[r].height = Emu(high)
            for c, text in enumerate(cells):
                cell = table.cell(r, c)
                cell.margin_top = cell.margin_bottom = Emu(20000)
                cell.margin_left = cell.margin_right = Emu(60000)
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
                cell.fill.solid()
                cell.fill.fore_color.rgb = DEEP if r == 0 else RGBColor(0xF4, 0xF6, 0xF8) if r % 2 == 0 else (
                    RGBColor(0xFF, 0xFF, 0xFF)
                )  # fmt: skip
                paragraph = cell.text_frame.paragraphs[0]
                paragraph.alignment = PP_ALIGN.RIGHT if c in block.numbers else PP_ALIGN.LEFT
                run = paragraph.add_run()
                run.text = one_line(text)
                run.font.size, run.font.bold = Pt(round(size * 2) / 2), r == 0
                run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if r == 0 else INK
        _named(shape, say("Table"), "; ".join(", ".join(row) for row in [block.head, *block.rows][:4]))

    def _bars(self, made: Any, place: Sequence[Emu], block: Bars) -> None:
        data = CategoryChartData(number_format=block.form)
        data.categories = [cell_text(one_line(c)) for c in block.categories]
        for series in block.series:
            data.add_series(cell_text(one_line(series.name)), series.values)
        kind = XL_CHART_TYPE.BAR_STACKED if block.way == "stacked" else XL_CHART_TYPE.COLUMN_CLUSTERED
        shape = made.shapes.add_chart(kind, *place, data)
        chart = shape.chart
        self._common(chart, block.title, len(block.series) > 1)
        plot = chart.plots[0]
        plot.gap_width = 60
        plot.overlap = 100 if block.way == "stacked" else 0
        looks = {"main": BLUE, "quiet": SKY, "mark": ORANGE, "missed": RULE}
        for series, drawn in zip(block.series, plot.series, strict=True):
            drawn.format.fill.solid()
            drawn.format.fill.fore_color.rgb = looks[series.role]
            drawn.invert_if_negative = False
        if len(block.series) == 1 or block.way == "stacked":
            plot.has_data_labels = True
            labels = plot.data_labels
            labels.number_format, labels.number_format_is_linked = block.form, False
            labels.font.size = self.size(11)
        if block.way == "stacked":
            for series, drawn in zip(block.series, plot.series, strict=True):
                inner = drawn.data_labels
                inner.show_value, inner.font.size = True, self.size(11)
                inner.number_format, inner.number_format_is_linked = block.form, False
                inner.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if series.role == "main" else INK
                _without_labels(inner, [n for n, v in enumerate(series.values) if too_short(v, block)])
        value, category = chart.value_axis, chart.category_axis
        value.has_major_gridlines = len(block.series) > 1 and block.way == "columns"
        value.visible = len(block.series) > 1
        value.tick_labels.number_format, value.tick_labels.number_format_is_linked = block.form, False
        if all(v is None or v >= 0 for series in block.series for v in series.values):
            value.minimum_scale = 0
        if value.has_major_gridlines:
            value.major_gridlines.format.line.color.rgb = RULE
        value.format.line.fill.background()
        for axis in (value, category):
            axis.tick_labels.font.size = self.size(11 if len(block.categories) <= 14 else 9)
        category.format.line.color.rgb = RULE
        if block.way == "stacked":
            category.reverse_order = True
            value.visible = False
        _named(shape, block.title, block.alt)

    def _curve(self, made: Any, place: Sequence[Emu], block: Curve) -> None:
        data = XyChartData(number_format="0.0")
        for name, xs, ys, _ in block.series:
            series = data.add_series(cell_text(one_line(name)))
            for x, y in zip(xs, ys, strict=True):
                series.add_data_point(x, y)
        shape = made.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, *place, data)
        chart = shape.chart
        self._common(chart, block.title, True)
        marks = (XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.DIAMOND, XL_MARKER_STYLE.SQUARE, XL_MARKER_STYLE.X)
        for n, ((_, _, _, line), drawn) in enumerate(zip(block.series, chart.plots[0].series, strict=True)):
            colour = (BLUE, ORANGE, INK, SOFT)[n % 4]
            drawn.smooth = False
            drawn.marker.style, drawn.marker.size = marks[n % 4], 8 if line else 12
            drawn.marker.format.fill.solid()
            drawn.marker.format.fill.fore_color.rgb = colour
            if line:
                drawn.format.line.color.rgb = colour
                drawn.format.line.width = Pt(2.25)
            else:
                drawn.format.line.fill.background()
        for axis, values, title in (
            (chart.category_axis, [x for s in block.series for x in s[1]], block.x),
            (chart.value_axis, [y for s in block.series for y in s[2]], block.y),
        ):
            low, high = min(values), max(values)
            room = max(0.08 * (high - low), 0.5)
            axis.minimum_scale, axis.maximum_scale = round(low - room, 1), round(high + room, 1)
            axis.has_title = True
            axis.axis_title.text_frame.text = one_line(title)
            axis.axis_title.text_frame.paragraphs[0].runs[0].font.size = self.size(12)
            axis.tick_labels.font.size = self.size(11)
            axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "0", False
            axis.has_major_gridlines = True
            axis.major_gridlines.format.line.color.rgb = RULE
            axis.major_gridlines.format.line.dash_style = MSO_LINE.SOLID
        _named(shape, block.title, block.alt)

    def _common(self, chart: Any, title: str, legend: bool) -> None:
        chart.has_title = True
        chart.chart_title.text_frame.text = one_line(title)
        run = chart.chart_title.text_frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold = self.size(14), True
        chart.chart_title.include_in_layout = False
        chart.has_legend = legend
        if legend:
            chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
            chart.legend.font.size = self.size(11)


def _without_labels(labels: Any, numbers: Sequence[int]) -> None:
    """Take the labels off some points."""
    for at, number in enumerate(numbers):
        label = etree.fromstring(
            f'<c:dLbl xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:idx val="{number}"/>'
            '<c:delete val="1"/></c:dLbl>'
        )
        labels._element.insert(at, label)


def _named(shape: Any, name: str, alt: str) -> None:
    """Give a shape its name and the text for those who cannot see it."""
    made = shape._element._nvXxPr.cNvPr
    made.set("name", one_line(name))
    made.set("descr", one_line(alt))
