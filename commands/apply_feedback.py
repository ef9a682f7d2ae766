"""``fairbook apply-feedback``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json, list_all
from commands.settings import Settings, pass_settings


@click.command("apply-feedback")
@click.argument("run", metavar="RUN")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.xlsx")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the override there; default: print it."
)
@click.option(
    "--pin-accepted", is_flag=True, help="Pin customers whose rep was accepted to it, so that none moves again."
)
@list_all
@as_json
@pass_settings
def command(s: Settings, run: str, file: Path, out: Path | None, pin_accepted: bool) -> None:
    """Turn the Feedback sheet of a run's workbook into an override of the plan.

    Pins fix customers to a rep, challenges keep them from the planned one, remarks are kept as comments. A customer
    that was accepted may still move when the plan is solved again, unless --pin-accepted fixes it too. Answers that
    contradict each other, the rules or the run are listed with their cells, and nothing is written.

    \b
    Example: fairbook apply-feedback latest report/workbook.xlsx --out overrides.yaml
             fairbook solve plan.yaml --set @overrides.yaml
    """
    from reports.inspection import notes
    from scenarios.feedback.feedback import apply_feedback
    from scenarios.files import write_whole

    feedback = apply_feedback(s.load(run), file, pin_accepted)
    text = feedback.yaml()
    if out:
        write_whole(out, text)
    if not s.quiet:
        notes(feedback.warnings, s.err, s.every)
    said = f"{feedback.counts()} of {feedback.rows:,} customers\nWrote {out}" if out else text.rstrip("\n")
    s.show(feedback.as_dict, lambda _: click.echo(said))
