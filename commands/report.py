"""``fairbook report``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import a_run, as_json, formats_of, lang, template
from commands.settings import Settings, pass_settings


@click.command("report")
@a_run
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write; default fairbook-report-<run>."
)
@click.option(
    "--format",
    "formats",
    default="page,charts",
    show_default=True,
    metavar="LIST",
    help="Any of page, workbook, deck, pdf, charts, handover, crm, or all.",
)
@click.option("--with", "beside", multiple=True, metavar="RUN", help="A run to show beside it; may be repeated.")
@click.option(
    "--frontier",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A trade-off curve for the deck and the charts: what fairbook frontier --json printed.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite a workbook in which answers were written, or a page.html that is no report.",
)
@template
@lang
@as_json
@pass_settings
def command(
    s: Settings,
    run: str,
    out: Path | None,
    formats: str,
    beside: tuple[str, ...],
    frontier: Path | None,
    force: bool,
    template: Path | None,
    lang: str,
) -> None:
    """Write a run's reports: page, workbook, deck (also as PDF), charts, hand-over packs, owner changes for a CRM.

    \b
    Example: fairbook report latest --out report --format page,workbook,deck --with stable --lang zh
    """
    from reports.build import FORMATS, Beside, build, of_others, unsuited
    from reports.text.build import BuildProgress

    wanted = formats_of(formats, FORMATS)
    loaded, others = s.load(run), [s.load(name) for name in beside]
    folder = out or Path(f"fairbook-report-{loaded.id}")
    if "all" in wanted:
        left = unsuited(loaded)
        for name in sorted(set(left) - wanted):
            click.echo(f"Left out {name}: {left[name]}", err=True)
        wanted = set(FORMATS) - (set(left) - wanted)
    if "page" in wanted and not force:
        _spare_page(folder / "page.html")
    if "workbook" in wanted and not force:
        _spare_answers(folder / "workbook.xlsx", loaded.id)
    curve = None
    if frontier is not None:
        from scenarios.frontier.curve_file import hold_against, read_curve

        curve = read_curve(frontier)
        hold_against(curve, loaded, frontier)
    with BuildProgress(s.quiet, s.err) as progress:
        written = build(loaded, folder, wanted, progress, Beside(others, curve, template), lang)
    s.show_paths(written)
    for other, names in () if s.quiet else of_others(folder, loaded.id).items():
        rest = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
        said = f"Still in {folder} from run {other}: {', '.join(names[:3])}{rest}. Another --out keeps runs apart."
        click.echo(said, err=True)
    page = folder / "page.html"
    if not s.json and page in written:
        click.echo(f"Open {page}")


def _spare_page(page: Path) -> None:
    """Refuse to write over a page that somebody else made."""
    from reports.html import is_ours
    from solver.problems import InputError, Problem

    if page.is_file() and not is_ours(page):
        fix = "another --out keeps it, --force overwrites it"
        raise InputError([Problem("exists", f"{page} is no page that fairbook wrote", fix=fix)])


def _spare_answers(workbook: Path, run: str) -> None:
    """Refuse to write over a workbook that came back with answers: nobody else has them."""
    from scenarios.feedback.rows import answered
    from solver.problems import InputError, Problem

    if not workbook.is_file() or not (count := answered(workbook)):
        return
    rows = f"{count:,} row{'s' if count > 1 else ''}"
    fix = f"fairbook apply-feedback {run} {workbook} takes them over; another --out keeps them, --force overwrites them"
    raise InputError([Problem("answers_there", f"{workbook} has answers in {rows} of its Feedback sheet", fix=fix)])
