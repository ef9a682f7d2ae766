"""An evaluation's reports as files, all of them or none. A new format is one more entry of `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reports.build import KINDS, Files, Progress, Tell, write_formats
from reports.charts.evaluated import plots
from reports.evaluation.advice import Advised
from reports.evaluation.page import evaluation_page
from reports.words import ENGLISH
from scenarios.evaluate.evaluate import Evaluated
from scenarios.files import safe_name
from scenarios.run.record import Run


@dataclass(frozen=True)
class Told:
    """What the reports tell of: a run, what became of its plan, and what stands beside it.

    Attributes
    ----------
    advice : shown on the page and the slides.
    template : a .pptx file whose look the deck takes.
    """

    run: Run
    found: Evaluated
    advice: Advised | None = None
    template: Path | None = None


def _page(told: Told, tell: Tell) -> Files:
    yield "page.html", evaluation_page(told.run, told.found, told.advice, tell)


def _charts(told: Told, tell: Tell) -> Files:
    drawn = list(plots(told.found.document))
    for n, plot in enumerate(drawn):
        tell(n / len(drawn))
        for kind, content in plot.pictures(KINDS):
            yield f"{safe_name(plot.name)}.{kind}", content


def _workbook(told: Told, _: Tell) -> Files:
    from reports.evaluation.workbook import evaluation_workbook

    yield "workbook.xlsx", evaluation_workbook(told.run, told.found)


def _deck(told: Told, _: Tell) -> Files:
    from reports.evaluation.slides import evaluation_deck
    from reports.slides.powerpoint import powerpoint

    made = evaluation_deck(told.run, told.found.document, told.advice)
    yield "deck.pptx", powerpoint(made, told.run.created, told.template)


def _pdf(told: Told, _: Tell) -> Files:
    from reports.evaluation.slides import evaluation_deck
    from reports.slides.pdf import pdf

    yield "deck.pdf", pdf(evaluation_deck(told.run, told.found.document, told.advice), told.run.created)


FORMATS: dict[str, Callable[[Told, Tell], Files]] = {
    "page": _page, "workbook": _workbook, "deck": _deck, "pdf": _pdf, "charts": _charts,
}  # fmt: skip
"""What makes each format's files, by its name on the command line."""


def build_evaluation(
    told: Told, folder: Path, formats: set[str], progress: Progress | None = None, lang: str = ENGLISH
) -> list[Path]:
    """Make the reports and write them to a folder; see `reports.build.build`."""
    return write_formats({name: partial(make, told) for name, make in FORMATS.items()}, folder, formats, progress, lang)
