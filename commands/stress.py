"""``fairbook stress``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.interrupt import Interrupt
from commands.options import a_run, as_json, lang
from commands.settings import Settings, pass_settings


@click.command("stress")
@a_run
@click.option("--draws", type=click.IntRange(10, 100_000), default=1000, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Of the draws.")
@click.option(
    "--spread",
    "given",
    multiple=True,
    metavar="METRIC=SHARE",
    help="Spread of customers whose cell is empty, e.g. workload=0.2; may be repeated.",
)
@click.option(
    "--distribution",
    type=click.Choice(["normal", "lognormal", "uniform"]),
    default="normal",
    show_default=True,
    help="How amounts are spread around the planned ones.",
)
@click.option(
    "--together-by",
    "by",
    default="",
    metavar="COLUMN",
    help="Amounts of customers with one value there (segment, territory; all: of all) go up and down together.",
)
@click.option(
    "--correlation", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="How far they do, 0 to 1."
)
@click.option(
    "--level", type=click.FloatRange(0, 1), default=0.9, show_default=True, help="Chances below this are stressed."
)
@click.option(
    "--charts",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write a chart a rule and term as PNG and SVG to DIR.",
)
@lang
@as_json
@pass_settings
def command(
    s: Settings,
    run: str,
    draws: int,
    seed: int,
    given: tuple[str, ...],
    distribution: str,
    by: str,
    correlation: float,
    level: float,
    charts: Path | None,
    lang: str,
) -> None:
    """Draw uncertain amounts anew and show each rep's chance to stay within capacity and balance band.

    How far an amount may turn out otherwise stands in the customers' columns potential_spread and workload_spread, or
    NAME_spread of any other metric: the standard deviation as a share of the amount. Each chance has the interval in
    which it lies with 95 % confidence at so many draws. The rule `robust` plans for a stated chance. Ctrl-C shows what
    was drawn so far.

    \b
    Example: fairbook stress latest --spread workload=0.2 --together-by segment
    """
    wanted = dict(_given(text) for text in given)
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.stress_charts import write_charts
        from reports.text.stress import LiveDraws, stressed
        from reports.words import language
        from scenarios.stress.stress import stress

        loaded = s.load(run)
        interrupt.phase = "drawing"
        with LiveDraws(s.quiet, s.err) as live:
            found = stress(loaded, draws, seed, distribution, by, correlation, wanted, live, interrupt)  # type: ignore[arg-type]
        with language(lang):
            written = [] if charts is None else write_charts(found, level, charts)
        s.show(found.as_dict, lambda console: stressed(found, level, console))
        for path in written:
            click.echo(f"Wrote {path}", err=True)


def _given(text: str) -> tuple[str, float]:
    metric, _, value = text.partition("=")
    try:
        number = float(value.strip().removesuffix("%")) / (100 if value.strip().endswith("%") else 1)
    except ValueError:
        raise click.BadParameter(
            f"{text!r}: expected METRIC=SHARE, such as workload=0.2", param_hint="--spread"
        ) from None
    return metric.strip(), number
