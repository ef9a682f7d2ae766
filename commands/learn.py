"""``fairbook learn``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import a_plan, as_json, list_all, sets
from commands.settings import Settings, pass_settings


@click.command("learn")
@a_plan
@sets
@click.option(
    "--force", is_flag=True, help="Let plans use the model although it is not surely better than the best baseline."
)
@list_all
@as_json
@pass_settings
def command(s: Settings, plan: Path, sets: tuple[str, ...], force: bool) -> None:
    """Learn from history who suits whom, and say whether it earns its place.

    Writes the model, its card (JSON and text) and its calibration plot into the folder that learn.model names, by
    default learned/ beside the plan. A plan uses it with objectives.fit.source: learned.

    \b
    Example: fairbook learn plan.yaml
    """
    from reports.charts.learned import calibration
    from reports.inspection import notes
    from reports.text.learn import learned, markdown
    from scenarios.files import write_all
    from scenarios.learn import learn
    from scenarios.record import to_json

    with s.err.status("learning") as status:
        found = learn(plan, sets, force, lambda doing: status.update(doing))
    if not s.quiet:
        notes(found.notes, s.err, s.every)
    files: dict[str, bytes | str] = {"card.json": to_json(found.card), "card.md": markdown(found.card)}
    if found.card["calibration"]["bins"]:
        files |= {f"calibration.{kind}": calibration.picture(found.card, kind) for kind in ("png", "svg")}
    files[found.path.name] = found.model.to_json()  # last: whoever finds the model finds its card
    written = write_all(found.path.parent, files)
    s.show(lambda: found.card, lambda console: learned(found.card, console))
    if not s.quiet:
        click.echo(f"wrote {', '.join(str(p) for p in written)}", err=True)
        if found.model.usable:
            click.echo("Next: fairbook solve PLAN --set objectives.fit.source=learned", err=True)
