"""What ``fairbook init`` writes: a plan to fill in, or the shipped example with its data."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from scenarios.example import write_example
from scenarios.files import refuse_to_overwrite, write_whole

EXAMPLE_FILES = ("customers.csv", "reps.csv", "history.csv", "plan.yaml")


def start(folder: Path, example: bool = False, seed: int = 2026, force: bool = False) -> list[Path]:
    """Write a plan, or the example, into `folder` and return the files.

    Raises
    ------
    InputError
        A file of that name is there and `force` is not given; nothing is written then.
    """
    names = EXAMPLE_FILES if example else ("plan.yaml",)
    if not force:
        refuse_to_overwrite(folder, names)
    if example:
        return write_example(folder, seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "plan.yaml"
    write_whole(path, files(__package__).joinpath("plan.yaml").read_text(encoding="utf-8"))
    return [path]
