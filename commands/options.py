"""Arguments and options that several commands share."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import click

from commands.settings import Settings
from reports.words import ENGLISH, languages

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


#: Endings of a picture's file.
PICTURES: dict[str, Literal["png", "svg", "pdf"]] = {".png": "png", ".svg": "svg", ".pdf": "pdf"}


def _a_picture(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"must end in {', '.join(PICTURES)}", context, parameter)
    return value


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def formats_of(text: str, known: Iterable[str]) -> set[str]:
    """Return the formats a list names, ``all`` among them.

    Raises
    ------
    click.BadParameter
        It names none, or one that is not known.
    """
    wanted = {f.strip() for f in text.split(",") if f.strip()}
    unknown = wanted - {*known, "all"}
    if unknown or not wanted:
        raise click.BadParameter(
            f"no such format: {', '.join(sorted(unknown))}; known: {', '.join(known)}, all", param_hint="--format"
        )
    return wanted


def _wants_json(context: click.Context, _: click.Parameter, value: bool) -> None:
    settings = context.find_object(Settings)
    if value and settings:
        settings.json = True


def _wants_all(context: click.Context, _: click.Parameter, value: bool) -> None:
    settings = context.find_object(Settings)
    if settings:
        settings.every = value


#: Not handed to the command: `Settings.show` knows it, and so does whoever reports a failure.
as_json = click.option(
    "--json", is_flag=True, is_eager=True, expose_value=False, callback=_wants_json, help="Print the result as JSON."
)
a_plan = click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN")
a_run = click.argument("run", metavar="[RUN]", default="latest")
scenario = click.option(
    "--scenario", "-s", metavar="NAME", help="A scenario or override of the plan; default the plan as written."
)
sets = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override any key of the plan, e.g. --set rules.moves.share=0.05, or with @FILE all keys of a YAML file, such "
    "as advise, apply-feedback, frontier and solve write; may be repeated.",
)


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        from solver.engine.machines.connect import is_address

        if not is_address(value):
            raise click.BadParameter(f"{value!r}: expected tcp://HOST:PORT or tls://HOST:PORT")
    return value


cluster = click.option(
    "--cluster",
    metavar="ADDRESS",
    callback=_address,
    help="Share the work with the workers of the Dask scheduler at tcp://HOST:PORT or tls://HOST:PORT.",
)
an_export = click.option(
    "--export",
    "export_to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also write assignment.csv, books.csv, result.json … to DIR.",
)
more_of_the_plan = click.option(
    "--scenario", "-s", metavar="NAME", help="Also apply a scenario or override of the run's plan."
)
ramp_gain = click.option(
    "--ramp-gain",
    type=click.FloatRange(0, 1),
    default=0.33,
    show_default=True,
    metavar="SHARE",
    help="What the ramp of a rep below 1 gains in a quarter.",
)
list_all = click.option(
    "--all",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_wants_all,
    help="List every problem on a line of its own, instead of like ones together and ten lines of a kind.",
)
chart = click.option(
    "--chart",
    type=click.Path(path_type=Path),
    callback=_a_picture,
    metavar="FILE",
    help="Also draw the picture to FILE: .png, .svg or .pdf.",
)
template = click.option(
    "--template", type=click.Path(path_type=Path), metavar="FILE", help="A .pptx file whose look the deck takes."
)
lang = click.option(
    "--lang",
    type=click.Choice(languages()),
    envvar="FAIRBOOK_LANG",
    default=ENGLISH,
    help=f"Language of what is written for others to read. [env FAIRBOOK_LANG; default {ENGLISH}]",
)

_CHANGES = (
    ("rep-left", "REP", "A rep leaves: R07, or 'R07 on 2026-11-14' (its last day)."),
    ("rep-joined", "REP", "Reps join: '2 like R07 in EMEA/DE', 'like R07 as Ann from 2026-12-01', 'R13 in EMEA/DE'."),
    ("territory-moved", "PATH", "A territory goes to another team: 'EMEA/DE/South to North'."),
    ("demand-grown", "WHAT", "Potential grows or falls in a segment, or by a filter: 'enterprise +20%'."),
    ("skill-trained", "REP", "A rep learns a skill: 'R07 cloud:3'."),
)


def company_changes(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what happens to the company; the command gets them as more of its `sets`."""

    @functools.wraps(command)
    def wrapped(*args: Any, sets: tuple[str, ...] = (), **given: Any) -> Any:
        texts = {name: given.pop(name.replace("-", "_")) for name, _, _ in _CHANGES}
        if any(texts.values()):
            from scenarios.plan.change_words import change_sets

            sets = (*sets, *change_sets(texts))
        return command(*args, sets=sets, **given)

    for name, metavar, text in reversed(_CHANGES):
        option = click.option(f"--{name}", multiple=True, metavar=metavar, help=f"{text} May be repeated.")
        wrapped = option(wrapped)
    return wrapped
