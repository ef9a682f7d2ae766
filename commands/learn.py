"""``fairbook learn``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from commands.options import a_plan, as_json, lang, list_all, sets
from commands.settings import Settings, pass_settings


@click.command("learn")
@a_plan
@sets
@click.option(
    "--force", is_flag=True, help="Let plans use the model although it is not surely better than the best baseline."
)
@click.option(
    "--propensity", is_flag=True,
    help="Count an opportunity less, the more usual it was that its rep got such a customer; as learn.weighting: "
    "propensity. Refused where reps met too few kinds of customers.",
)  # fmt: skip
@lang
@list_all
@as_json
@pass_settings
def command(s: Settings, plan: Path, sets: tuple[str, ...], force: bool, propensity: bool, lang: str) -> None:
    """Learn from history who suits whom, and say whether it earns its place.

    Writes the model, its card (JSON and text) and its calibration plot into the folder that learn.model names, by
    default learned/ beside the plan. A plan uses it with objectives.fit.source: learned.

    \b
    Example: fairbook learn plan.yaml
    """
    from reports.charts.learned import calibration
    from reports.inspection import notes
    from reports.model_card import markdown
    from reports.text.learn import learned
    from reports.text.learn import markdown as english
    from reports.words import ENGLISH, language
    from scenarios.files import take_away, write_all
    from scenarios.learn.learn import learn
    from scenarios.plan.card_file import NAME
    from scenarios.run.record import to_json

    if propensity:
        sets = (*sets, "learn.weighting=propensity")
    with s.err.status("learning") as status:
        found = learn(plan, sets, force, lambda doing: status.update(doing))
    if not s.quiet:
        notes(found.notes, s.err, s.every)
    files: dict[str, bytes | str] = {NAME: to_json(found.card), "card.md": english(found.card)}
    pictures: dict[str, Literal["png", "svg"]] = {"calibration.png": "png", "calibration.svg": "svg"}
    with language(lang):
        if lang != ENGLISH:  # in English there is more to say than the catalogue has
            files["card.md"] = markdown(found.card)
        if found.card["calibration"]["bins"]:
            files |= {name: calibration.picture(found.card, kind) for name, kind in pictures.items()}
    files[found.path.name] = found.model.to_json()  # last: whoever finds the model finds its card
    written = write_all(found.path.parent, files)
    for path in take_away(found.path.parent, (name for name in pictures if name not in files)):
        click.echo(f"Removed {path}: it was of an earlier model, and this one has none", err=True)
    s.show(lambda: found.card, lambda console: learned(found.card, console))
    if not s.quiet:
        click.echo(f"wrote {', '.join(str(p) for p in written)}", err=True)
        if found.model.usable:
            click.echo("Next: fairbook solve PLAN --set objectives.fit.source=learned", err=True)
