"""What English is left in a text that should be Chinese: Latin words that neither the user's own data nor Chinese has."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape

import matplotlib.figure
from matplotlib.text import Text
from pypdf import PdfReader

from scenarios.run.record import Run
from solver.tables import Tables
from tests.reports.test_deck import opened, texts

#: Latin that Chinese has too: names of programs, of columns in their files, of units and of measures.
ALSO = {"UTC", "CRM", "Id", "OwnerId", "Record", "ID", "Company", "owner", "Salesforce", "HubSpot", "hubspot",
        "owners", "rollback", "csv", "salesforce", "Benjamini", "Hochberg", "Hoover", "SHA", "CP", "SAT"}  # fmt: skip


def own_words(run: Run) -> set[str]:
    """Every Latin word of the run's own data."""
    tables: Tables = run.tables
    cells = [str(v) for t in (tables.customers, tables.reps, tables.history) for c in t for v in t[c]]
    return set(re.findall(r"[A-Za-zÀ-ɏ]+", " ".join([*cells, run.plan_name, "lean base"])))


def english(text: str, run: Run, *own: str) -> set[str]:
    """The Latin words of a text that neither the data, nor `own`, nor Chinese has; names may be cut short."""
    known = {w.casefold() for w in own_words(run) | ALSO | set(own)}
    text = re.sub(r"\b[0-9a-f]{12,}\b", " ", text)
    cut = {w.casefold() for w in re.findall(r"([A-Za-zÀ-ɏ]{2,})…", text)}
    known |= {c for c in cut if any(k.startswith(c) for k in known)}
    return {w for w in re.findall(r"[A-Za-zÀ-ɏ]{2,}", text) if w.casefold() not in known}


def in_page(html: str) -> str:
    """What a page says: its text, what stands in attributes for readers, and in its pictures."""
    html = re.sub(r"<(style|script)\b.*?</\1>", " ", html, flags=re.DOTALL)
    told = re.findall(r'\b(?:aria-label|title|alt|placeholder|data-(?:tip|label))="([^"]*)"', html)
    return unescape("\n".join([re.sub(r"<[^>]*>", " ", html), *told]))


def in_workbook(content: bytes) -> str:
    """What a workbook says: cells, sheets, charts, comments, hints, footers, and texts of formulas."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = {n: archive.read(n).decode() for n in archive.namelist() if n.endswith((".xml", ".vml"))}
    said = [
        *re.findall(r"<t[^>]*>([^<]*)</t>", xml["xl/sharedStrings.xml"]),
        *re.findall(r"<dc:title>([^<]*)", xml["docProps/core.xml"]),
    ]
    said += re.findall(r'<sheet name="([^"]+)"', xml["xl/workbook.xml"])
    for name, part in xml.items():
        if "/charts/" in name:
            said += [*re.findall(r"<a:t>([^<]*)</a:t>", part), *re.findall(r"<c:v>([^<]*)</c:v>", part)]
        said += re.findall(r'\b(?:prompt|promptTitle|error|errorTitle|descr)="([^"]*)"', part)
        said += [re.sub(r"&amp;[LRAPN]", "", f) for f in re.findall(r"<oddFooter>([^<]*)", part)]
        said += re.findall(r'<formula1>"([^"]*)"', part.replace("&quot;", '"'))
        said += [
            w for f in re.findall(r"<(?:f|formula)>([^<]*)</", part) for w in re.findall(r'"([^"]+)"', unescape(f))
        ]
        if "comments" in name:
            said += re.findall(r"<t[^>]*>([^<]*)</t>", part)
    return unescape("\n".join(said))


def in_deck(content: bytes) -> str:
    """What a deck says: its texts, notes, what it says of pictures and tables, and its charts."""
    show = opened(content)
    said = [*texts(show), *(s.notes_slide.notes_text_frame.text for s in show.slides if s.has_notes_slide)]
    for shape in (s for slide in show.slides for s in slide.shapes):
        said.append(shape._element._nvXxPr.cNvPr.get("descr") or "")
        if shape.has_chart:
            chart = shape.chart
            said += [chart.chart_title.text_frame.text, *(s.name for s in chart.plots[0].series)]
            said += [str(c) for c in chart.plots[0].categories]
    return "\n".join([*said, show.core_properties.title or ""])


def in_pdf(content: bytes) -> str:
    """What a PDF says."""
    read = PdfReader(io.BytesIO(content))
    said = "\n".join([*(p.extract_text() for p in read.pages), str((read.metadata or {}).get("/Title") or "")])
    return said.replace("\n…", "…")  # of another font, so on a line of its own


def in_figure(figure: matplotlib.figure.Figure) -> str:
    """What a picture says, line breaks and markup for bold or raised parts aside."""
    return "\n".join(t.get_text() for t in figure.findobj(Text) if t.get_visible())
