"""``fairbook evaluate``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json, formats_of, lang, template
from commands.settings import Settings, pass_settings

DEFAULT = "page,charts"


@click.command("evaluate")
@click.argument("run", metavar="RUN")
@click.option(
    "--actuals",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="What happened in the period: rows as in the plan's history, under the same column names, with outcome and "
    "amount.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write reports to DIR.",
)
@click.option(
    "--format",
    "formats",
    metavar="LIST",
    help=f"With --out, any of page, workbook, deck, pdf, charts, or all.  [default: {DEFAULT}]",
)
@click.option(
    "--advice",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --out, advice for the page and the deck: what fairbook advise --json printed.",
)
@template
@lang
@as_json
@pass_settings
def command(
    s: Settings,
    run: str,
    actuals: Path,
    out: Path | None,
    formats: str | None,
    advice: Path | None,
    template: Path | None,
    lang: str,
) -> None:
    """Hold a period's plan against what happened: attainment, forecast, balance, hand-overs, feedback, trend.

    With --out also as reports for others to read: a page, a workbook, at most ten slides (also as PDF), charts.

    \b
    Example: fairbook evaluate latest --actuals q4-history.csv --out q4-review --format page,deck
    """
    for name, given in (("--format", formats), ("--advice", advice), ("--template", template)):
        if given is not None and out is None:
            raise click.UsageError(f"{name} says what --out writes: add --out DIR")
    from reports.evaluation.build import FORMATS

    wanted = formats_of(formats or DEFAULT, FORMATS)
    from reports.inspection import notes
    from reports.text.evaluate import evaluation
    from scenarios.evaluate.evaluate import evaluated
    from scenarios.plan.plan import parse_plan
    from scenarios.sources.actuals import read_actuals

    loaded = s.load(run)
    advised = None
    if advice is not None:
        from reports.evaluation.advice import Advised
        from scenarios.advise.advice_file import read_advice

        advised = Advised(read_advice(advice))
    rows, said = read_actuals(actuals, parse_plan(loaded.plan, loaded.plan_name).data)
    if not s.quiet:
        notes(said, s.err, s.every)
    found = evaluated(loaded, rows)
    written = []
    if out is not None:
        from reports.evaluation.build import Told, build_evaluation
        from reports.text.build import BuildProgress

        told = Told(loaded, found, advised, template)
        chosen = set(FORMATS) if "all" in wanted else wanted
        with BuildProgress(s.quiet, s.err) as progress:
            written = build_evaluation(told, out, chosen, progress, lang)
    files = {"files": [str(p) for p in written]} if out is not None else {}
    s.show(lambda: found.document | files, lambda console: evaluation(found.document, console))
    if written and not s.json:
        click.echo(f"Wrote {len(written)} files to {out}")
        pages = [p for p in written if p.name == "page.html"]
        click.echo("".join(f"Open {p}" for p in pages), nl=bool(pages))
