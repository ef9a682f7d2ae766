"""A run's reports as files, all of them or none. A new format is one more entry of `FORMATS`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from reports.charts import plots
from reports.charts.many import many_plots
from reports.crm import crm, systems
from reports.handover import handover
from reports.page import page
from reports.words import ENGLISH, language
from reports.workbook import workbook
from scenarios.files import safe_name, write_all
from scenarios.run.record import Run

Progress = Callable[[str, float, int], None]
"""Told which format is being made, how many are done, with the part done of this one, and of how many."""
Tell = Callable[[float], None]
"""Told which part of a format is done, 0 to 1."""
KINDS: tuple[Literal["png", "svg", "pdf"], ...] = ("png", "svg", "pdf")
Files = Iterator[tuple[str, bytes | str]]


@dataclass(frozen=True)
class Beside:
    """What reports show beside the run itself, in the formats that can.

    Attributes
    ----------
    others : further runs.
    frontier : a curve, see `scenarios.frontier.curve.document`.
    template : a .pptx file whose look the deck takes.
    """

    others: Sequence[Run] = ()
    frontier: Mapping[str, Any] | None = None
    template: Path | None = None


def _page(run: Run, beside: Beside, tell: Tell) -> Files:
    yield "page.html", page(run, beside.others, tell)


def _charts(run: Run, beside: Beside, tell: Tell) -> Files:
    taken: set[str] = set()
    own, many = list(plots(run)), many_plots((run, *beside.others), beside.frontier)
    files = (len(own) + len(many)) * len(KINDS)
    done = itertools.count(1)
    for plot in own:
        name = stem = safe_name(plot.name)
        while name.casefold() in taken:  # two metrics whose names differ only in signs no file name may have
            name = f"{stem}-{len(taken)}"
        taken.add(name.casefold())
        for kind, content in plot.pictures(KINDS):
            yield f"{name}.{kind}", content
            tell(next(done) / files)
    for name, draw in many.items():
        for kind in KINDS:
            yield f"{name}.{kind}", draw(kind)
            tell(next(done) / files)


def _workbook(run: Run, beside: Beside, tell: Tell) -> Files:
    yield "workbook.xlsx", workbook(run, beside.others, tell)


def _deck(run: Run, beside: Beside, _: Tell) -> Files:
    from reports.slides.content import deck
    from reports.slides.powerpoint import powerpoint

    yield "deck.pptx", powerpoint(deck(run, beside.others, beside.frontier), run.created, beside.template)


def _pdf(run: Run, beside: Beside, _: Tell) -> Files:
    from reports.slides.content import deck
    from reports.slides.pdf import pdf

    yield "deck.pdf", pdf(deck(run, beside.others, beside.frontier), run.created)


def _handover(run: Run, _: Beside, tell: Tell) -> Files:
    yield "handover.zip", handover(run, tell)


def _crm(run: Run, _: Beside, __: Tell) -> Files:
    yield from crm(run)


FORMATS: dict[str, Callable[[Run, Beside, Tell], Files]] = {
    "page": _page, "workbook": _workbook, "deck": _deck, "pdf": _pdf, "charts": _charts, "handover": _handover,
    "crm": _crm,
}  # fmt: skip
"""What makes each format's files from a run and those to show beside it, by its name on the command line."""
LIST = ".fairbook-report.json"
"""In a folder of reports: which run each file is of."""
DEFAULT = frozenset({"page", "charts"})


def unsuited(run: Run) -> dict[str, str]:
    """Return the formats that cannot be made of a run, with the reason: ``all`` leaves them out."""
    if systems(run):
        return {}
    if not run.assignment["moved"].isin(["chosen", "forced", "new"]).any():
        return {"crm": "no customer changes hands"}
    return {"crm": "the ids of who changes hands, or of their reps, are those of no CRM (--format crm lists them)"}


def build(
    run: Run,
    folder: Path,
    formats: set[str] | frozenset[str] = DEFAULT,
    progress: Progress | None = None,
    beside: Beside = Beside(),
    lang: str = ENGLISH,
) -> list[Path]:
    """Make the reports and write them to a folder: either all files are there, or what was there before.

    Parameters
    ----------
    formats : names of `FORMATS`; ``page`` is one HTML file, ``charts`` a PNG (300 dpi), an SVG and a PDF a picture,
        ``workbook`` an XLSX, ``deck`` a PPTX and ``pdf`` the same as PDF, ``handover`` a ZIP of pages for reps and
        managers, ``crm`` owner changes as CSV.
    progress : called before each format, while it is made, and before writing, with what is made, how many formats are
        done, with the part done of this one, and of how many.
    beside : what to show beside the run.
    lang : of `reports.words.languages`, what the reports speak.

    Returns
    -------
    The files written, in order.

    Raises
    ------
    ValueError
        A format or the language is unknown.
    solver.problems.InputError
        The run's ids are not those a CRM takes, or the template is no presentation.
    scenarios.files.FilesError
        The folder cannot be written; everything is as it was.
    """
    makers = {name: partial(make, run, beside) for name, make in FORMATS.items()}
    return write_formats(makers, folder, formats, progress, lang, run.id)


def write_formats(
    makers: Mapping[str, Callable[[Tell], Files]],
    folder: Path,
    formats: set[str] | frozenset[str],
    progress: Progress | None = None,
    lang: str = ENGLISH,
    run: str = "",
) -> list[Path]:
    """Make some formats and write their files to a folder, all or none; see `build`.

    Parameters
    ----------
    makers : what makes each format's files, by its name.
    run : id of the run they are of, which `LIST` then has for each file; empty for none.
    """
    if unknown := sorted(set(formats) - set(makers)):
        raise ValueError(f"no report format {', '.join(unknown)}; there are {', '.join(makers)}")
    made: dict[str, bytes | str] = {}
    chosen = [name for name in makers if name in formats]
    news = progress or (lambda *_: None)
    for done, name in enumerate(chosen):

        def tell(part: float, name: str = name, done: int = done) -> None:
            news(name, done + min(max(part, 0.0), 1.0), len(chosen))

        tell(0.0)
        with language(lang):
            made.update(makers[name](tell))
    news("writing", len(chosen), len(chosen))
    names = list(made)
    if run:
        made[LIST] = json.dumps({"run_of": {**_run_of(folder), **dict.fromkeys(names, run)}}, indent=1) + "\n"
    write_all(folder, made)
    return [folder / name for name in names]


def of_others(folder: Path, run: str) -> dict[str, list[str]]:
    """Return the files in a folder that reports on other runs wrote there, by the id of the run."""
    found: dict[str, list[str]] = {}
    for name, of in sorted(_run_of(folder).items()):
        if of != run:
            found.setdefault(of, []).append(name)
    return found


def _run_of(folder: Path) -> dict[str, str]:
    """The run of each file of `LIST` that is still there; nothing where the list is missing or cannot be read."""
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))["run_of"]
        return {n: r for n, r in listed.items() if isinstance(r, str) and (folder / n).is_file()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
