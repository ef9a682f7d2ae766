"""The deck as PPTX: native charts and tables that people can edit, on their own template where they give one."""

from __future__ import annotations

import copy
import datetime as dt
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from reports.slides import fit
from reports.slides.blocks import (
    BELOW,
    BOTTOM,
    LEAST,
    LEFT,
    RIGHT,
    TITLE,
    TOP,
    Band,
    Bars,
    Box,
    Card,
    Curve,
    Deck,
    Grid,
    Points,
    Slide,
    Tiles,
    one_line,
)  # fmt: skip
from reports.slides.look import Paint, look, paint
from reports.slides.native import Charts
from reports.slides.packed import settled
from reports.slides.template import (
    OWN_TITLE,
    area,
    at_top,
    centred,
    footers,
    monospaced,
    opened,
    plain,
    title_of,
    titled,
)
from reports.words import say

Line = tuple[str, float, Paint, bool]
"""A paragraph: text, size on a slide of our own, colour, whether it is bold."""


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
    for slide in deck.slides:
        page.add(slide, deck.footer)
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
        self.look = look(show, self.layout)
        self.em = fit.EM if own else 1.15 if monospaced(self.layout) else 1.0  # a template's font may be a wide one
        self.align = PP_ALIGN.CENTER if centred(self.layout) else PP_ALIGN.LEFT
        wide, high = show.slide_width / 914400, show.slide_height / 914400
        title = title_of(self.layout)
        self.fixed = own or at_top(show, title)  # whether titles stand where the layout has them
        if own:
            self.title, self.inner = OWN_TITLE, Box(LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP)
        else:
            self.title, self.inner = self._within(wide, high, title)
        self.scale = math.sqrt(self.inner.w / (RIGHT - LEFT) * self.inner.h / (BOTTOM - TOP))
        self.charts = Charts(self.look, self.size)
        self.cards = 15.0  # the type of the sentences in cards

    def _within(self, wide: float, high: float, title: Any) -> tuple[Box, Box]:
        """Where a template has titles, and what stands below them: where it has text, clear of its footers."""
        if self.fixed:
            at = Box(*(float(v) / 914400 for v in (title.left, title.top, title.width, title.height)))
        else:
            at = Box(0.05 * wide, 0.05 * high, 0.9 * wide, 0.13 * high)
        left, right, bottom = at.x + 0.1, at.x + at.w - 0.1, 0.93 * high
        top = at.y + at.h
        if self.fixed and (found := area(self.show, self.layout)):
            left, top, right, bottom = (v / 914400 for v in found)
            left, right = left + 0.1, right - 0.1
        lower = [float(f.top) / 914400 for f in footers(self.layout).values() if f.top > 0.6 * self.show.slide_height]
        bottom = min([bottom, *(f - 0.05 for f in lower)])
        under = 0.07 * high  # the quieter line
        return at, Box(left, top + under, right - left, bottom - top - under)

    def at(self, box: Box) -> Box:
        """Where a box of `blocks` lies on these slides, in inches."""
        x, y = self.inner.w / (RIGHT - LEFT), self.inner.h / (BOTTOM - TOP)
        return Box(self.inner.x + (box.x - LEFT) * x, self.inner.y + (box.y - TOP) * y, box.w * x, box.h * y)

    def size(self, points: float) -> Any:
        """A type size in proportion."""
        return Pt(round(points * self.scale * 2) / 2)

    def add(self, slide: Slide, footer: str) -> None:
        """Add a slide."""
        made = self.show.slides.add_slide(self.layout)
        for shape in list(made.placeholders):
            if shape.placeholder_format.idx != 0:
                shape._element.getparent().remove(shape._element)
        self._title(made, slide)
        put: dict[type, Callable[[Any, Box, Any], None]] = {
            Tiles: self._tiles, Card: self._card, Band: self._band, Points: self._points, Grid: self._grid,
            Bars: self._chart, Curve: self._chart,
        }  # fmt: skip
        cards = [(self.at(box), block) for box, block in slide.blocks if isinstance(block, Card)]
        self.cards = fit.cards_size(cards, self.scale, self.em)
        for box, block in slide.blocks:
            put[type(block)](made, self.at(box), block)
        self._foot(made, footer)
        made.notes_slide.notes_text_frame.text = "\n".join(map(one_line, slide.notes.split("\n")))

    def _title(self, made: Any, slide: Slide) -> None:
        title, text, at = made.shapes.title, one_line(slide.title), self.title
        if not self.fixed:
            title.left, title.top, title.width, title.height = _emu(at)
            title.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
            title.rotation = 0
        title.text_frame.text = text
        given = TITLE if self.own else 28 * self.scale
        size = given
        while size > 0.6 * given and self._title_high(text, at, size) > (at.h if self.own else max(at.h, 0.6)):
            size -= 1
        run = title.text_frame.paragraphs[0].runs
        if run and (size < given or not self.own):
            run[0].font.size = Pt(round(size))
        text_box = Box(self.inner.x, self.inner.y - 0.46 * self.scale, self.inner.w, 0.36 * self.scale)
        below = self._write(made, text_box, [(slide.below, BELOW, self.look.soft, False)], name=say("Subtitle"))
        below.paragraphs[0].alignment = self.align

    def _title_high(self, text: str, at: Box, size: float) -> float:
        lines = fit.wrap(text, at.w - (0 if self.own else 0.2), size, self.em * 1.06)
        return len(lines) * 1.18 * size / 72 if len(lines) < 3 else math.inf

    def _foot(self, made: Any, footer: str) -> None:
        """The footer and the number of the slide: in the places that the layout has for them, else at the bottom."""
        has = footers(self.layout)
        beyond = self.inner.y + self.inner.h
        low = Box(self.inner.x, beyond + 0.06, self.inner.w, 0.3 * self.scale)
        places = {
            "ftr": Box(low.x, low.y, 0.7 * low.w, low.h),
            "sldNum": Box(low.x + 0.8 * low.w, low.y, 0.2 * low.w, low.h),
        }
        for kind, place in places.items():
            if kind in has:
                element = copy.deepcopy(has[kind]._element)
                made.shapes._spTree.append(element)
                frame = made.shapes[-1].text_frame
                for more in frame.paragraphs[1:]:
                    more._p.getparent().remove(more._p)
                for child in list(frame.paragraphs[0]._p):
                    frame.paragraphs[0]._p.remove(child)
                self._fill(frame, [(footer, 10, self.look.soft, False)])
            else:
                y = min(place.y, self.show.slide_height / 914400 - place.h)
                frame = self._write(made, Box(place.x, y, place.w, place.h), [(footer, 10, self.look.soft, False)])
                frame.paragraphs[0].alignment = PP_ALIGN.RIGHT if kind == "sldNum" else PP_ALIGN.LEFT
            if kind == "sldNum":
                _as_number(frame.paragraphs[0])

    def _write(
        self, made: Any, box: Box, lines: Sequence[Line], gap: float = 0.0, name: str = "", bullets: int = 0
    ) -> Any:
        """A text box: a paragraph a line, each with its size, colour and weight; the last `bullets` in a list."""
        shape = made.shapes.add_textbox(*_emu(box))
        if name:
            shape.name = name
        frame = shape.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        self._fill(frame, lines, gap, bullets)
        return frame

    def _fill(self, frame: Any, lines: Sequence[Line], gap: float = 0.0, bullets: int = 0) -> None:
        for n, (text, size, colour, bold) in enumerate(lines):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = one_line(text)
            run.font.size, run.font.bold = self.size(size), bold
            paint(run.font.color, colour)
            if gap:
                paragraph.space_after = self.size(gap)
            if n >= len(lines) - bullets:
                _bullet(paragraph, int(0.2 * self.scale * 914400))

    def _plate(self, made: Any, box: Box, colour: Paint) -> Any:
        """A filled rectangle, without line or shadow."""
        shape = made.shapes.add_shape(1, *_emu(box))
        shape._element.remove(shape._element.find(qn("p:style")))
        shape.fill.solid()
        paint(shape.fill.fore_color, colour)
        shape.line.fill.background()
        _decorative(shape)
        return shape

    def _tiles(self, made: Any, box: Box, block: Tiles) -> None:
        across = 4 if len(block.items) > 6 or len(block.items) == 4 else 3
        down = -(-len(block.items) // across)
        gap = 0.2 * self.scale
        wide, high = (box.w + gap) / across, min(box.h / max(down, 1), 2.4 * self.scale)
        for n, (name, figure, more) in enumerate(block.items):
            at = Box(box.x + n % across * wide, box.y + n // across * high, wide - gap, high - gap)
            self._card(made, at, Card(name, figure, more), strong=n == 0)

    def _card(self, made: Any, box: Box, block: Card, strong: bool = True) -> None:
        s, pad = self.scale, fit.CARD * self.scale
        self._plate(made, box, self.look.fill)
        self._plate(made, Box(box.x, box.y, box.w, 0.06 * s), self.look.main if strong else self.look.rule)
        wide = box.w - 2 * pad
        size = fit.card_size(block, wide, s, self.em)
        more = fit.cut(block.more, wide, 14 * s, 3, self.em)
        lines = [(block.head, 16.0, self.look.heading if strong and block.items else self.look.soft, bool(block.items)),
                 (block.figure, size, self.look.strong, True), (more, 14.0, self.look.ink, False)]  # fmt: skip
        self._write(made, Box(box.x + pad, box.y + pad, wide, fit.card_top(block, wide, s, self.em)), lines)
        if block.items:
            top = pad + fit.card_top(block, wide, s, self.em)
            place = Box(box.x + pad, box.y + top, wide, fit.card_room(box, block, s, self.em))
            self._points(made, place, Points(block.items, "", self.cards))

    def _band(self, made: Any, box: Box, block: Band) -> None:
        shape = self._plate(made, box, self.look.head)
        frame = shape.text_frame
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
        frame.margin_left = frame.margin_right = Inches(0.22 * self.scale)
        text, more = fit.band_fitted(block, box.w, box.h, self.scale, self.em)
        lines: list[Line] = [
            (block.head, 14, self.look.on_head, False),
            (text.items[0], text.size, self.look.on_head, True),
        ]
        if more:
            lines.append((more, 14, self.look.on_head, False))
        self._fill(frame, lines, 3)
        for paragraph in frame.paragraphs:
            paragraph.alignment = PP_ALIGN.LEFT
        shape._element._nvXxPr.cNvPr.set("name", one_line(block.head))

    def _points(self, made: Any, box: Box, block: Points) -> None:
        high = box.h - (0.4 * self.scale if block.head else 0)
        found = fit.fitted(block.items, box.w, high, block.size * self.scale, LEAST * self.scale, self.em)
        size = found.size / self.scale
        lines: list[Line] = [(block.head, 16, self.look.heading, True)] if block.head else []
        lines += [(t, size, self.look.ink, False) for t in found.items]
        self._write(made, box, lines, gap=size * 0.4, bullets=len(found.items) if len(block.items) > 1 else 0)

    def _grid(self, made: Any, box: Box, block: Grid) -> None:
        laid = fit.laid(block, box.w, box.h, self.scale, self.em)
        rows, columns = len(laid.cells), len(block.head)
        shape = made.shapes.add_table(rows, columns, *_emu(Box(box.x, box.y, box.w, sum(laid.heights))))
        table = shape.table
        shape._element.graphic.graphicData.tbl.tblPr.find(
            qn("a:tableStyleId")
        ).text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style and no grid; fills below are our own
        for n, wide in enumerate(laid.widths):
            table.columns[n].width = Inches(wide)
        for r, cells in enumerate(laid.cells):
            table.rows[r].height = Inches(laid.heights[r])
            for c, text in enumerate(cells):
                self._cell(table.cell(r, c), text, r, c, block, laid.size)
        _named(shape, say("Table"), "; ".join(", ".join(row) for row in [block.head, *block.rows][:4]))

    def _cell(self, cell: Any, text: str, r: int, c: int, block: Grid, size: float) -> None:
        strong = c == block.strong
        cell.margin_top = cell.margin_bottom = Emu(20000)
        number = c in block.numbers
        after_number = c - 1 in block.numbers and not number
        cell.margin_left = Inches(2 * fit.PAD if after_number else fit.PAD)
        cell.margin_right = Inches(fit.PAD)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        if r == 0 or r % 2 == 0 or strong:
            cell.fill.solid()
            paint(cell.fill.fore_color, self.look.head if r == 0 else self.look.fill)
        else:
            cell.fill.background()
        paragraph = cell.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT if number else PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = one_line(text)
        run.font.size, run.font.bold = Pt(math.floor(size * 2) / 2), r == 0 or strong
        paint(run.font.color, self.look.on_head if r == 0 else self.look.ink)
        run.font._element.set("noProof", "1")  # names are in no dictionary

    def _chart(self, made: Any, box: Box, block: Bars | Curve) -> None:
        add: Callable[[Any, Any, Any], Any] = self.charts.bars if isinstance(block, Bars) else self.charts.curve
        _named(add(made, _emu(box), block), block.title, block.alt)


def _emu(box: Box) -> tuple[Emu, Emu, Emu, Emu]:
    x, y, w, h = (Emu(int(v * 914400)) for v in (box.x, box.y, box.w, box.h))
    return x, y, w, h


_TEXT = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def _as_number(paragraph: Any) -> None:
    """Put the number of the slide, which programs keep right, in the place of a paragraph's text."""
    run = paragraph._p.find(qn("a:r"))
    field = etree.fromstring(
        f'<a:fld {_TEXT} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum"><a:t>‹#›</a:t></a:fld>'
    )
    field.insert(0, copy.deepcopy(run.find(qn("a:rPr"))))
    run.getparent().replace(run, field)


def _bullet(paragraph: Any, indent: int) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(indent))
    properties.set("indent", str(-indent))
    properties.append(etree.fromstring(f'<a:buFont {_TEXT} typeface="Arial"/>'))
    properties.append(etree.fromstring(f'<a:buChar {_TEXT} char="•"/>'))


def _named(shape: Any, name: str, alt: str) -> None:
    """Give a shape its name and the text for those who cannot see it."""
    made = shape._element._nvXxPr.cNvPr
    made.set("name", one_line(name))
    made.set("descr", one_line(alt))


def _decorative(shape: Any) -> None:
    """Let a shape be passed over when a slide is read out."""
    shape._element._nvXxPr.cNvPr.append(
        etree.fromstring(
            f'<a:extLst {_TEXT}><a:ext uri="{{C183D7F6-B498-43B3-948B-1728B52AA6E4}}"><adec:decorative '
            'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext></a:extLst>'
        )
    )
