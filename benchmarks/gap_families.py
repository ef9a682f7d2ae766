"""Generalized-assignment instances of the published families C, D and E, by a seed: for what no one has tuned to.

``python -m benchmarks.gap_families FOLDER d20x100 e40x400 --seed 7`` writes them in the public format.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
import numpy as np

from benchmarks.gap_reader import Gap, make_gap

KINDS = "cde"


def family(kind: str, agents: int, jobs: int, seed: int) -> Gap:
    """Draw an instance.

    The recipes are those of Chu & Beasley (1997), C and D, and of Yagiura, Yamaguchi & Ibaraki (1998), E: capacities
    are 0.8 of what an agent's share of all jobs uses; costs do not depend on the uses in C, and fall where uses rise,
    evenly in D and steeply in E.

    Parameters
    ----------
    kind : ``c``, ``d`` or ``e``.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind), agents, jobs])
    shape = (agents, jobs)
    if kind == "c":
        use = rng.integers(5, 25, shape, endpoint=True)
        cost = rng.integers(10, 50, shape, endpoint=True)
    elif kind == "d":
        use = rng.integers(1, 100, shape, endpoint=True)
        cost = 111 - use + rng.integers(-10, 10, shape, endpoint=True)
    else:
        share = np.maximum(1e-4, 1 - rng.random(shape))  # as in the public files, whose largest use is below 100
        use = np.floor(1 - 10 * np.log(share)).astype(np.int64)
        cost = np.maximum(1, np.floor(1000 / use - 10 * rng.random(shape)).astype(np.int64))
    capacity = (use.sum(axis=1) * 8) // (10 * agents)
    return make_gap(f"{kind}{agents:02d}{jobs}s{seed}", cost, use, capacity)


def text(gap: Gap) -> str:
    """Return an instance in the public format."""
    lines = [" ".join(map(str, gap.cost.shape))]
    lines += [" ".join(map(str, row)) for row in (*gap.cost.tolist(), *gap.use.tolist(), gap.capacity.tolist())]
    return "\n".join(lines) + "\n"


def write_families(folder: Path, names: tuple[str, ...], seed: int) -> list[Path]:
    """Write instances such as ``d20x100`` into a folder: their paths.

    Raises
    ------
    ValueError
        A name is none.
    """
    parts = [re.fullmatch(rf"([{KINDS}])([1-9][0-9]{{0,3}})x([1-9][0-9]{{0,5}})", name) for name in names]
    for name, part in zip(names, parts, strict=True):
        if part is None:
            raise ValueError(f"{name!r} is no instance such as d20x100 (family, agents x jobs)")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for part in filter(None, parts):
        gap = family(part[1], int(part[2]), int(part[3]), seed)
        paths.append(folder / gap.name)
        paths[-1].write_text(text(gap), encoding="ascii")
    return paths


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("names", nargs=-1, required=True)
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0))
def main(folder: Path, names: tuple[str, ...], seed: int) -> None:
    """Write instances NAMES, such as d20x100, into FOLDER."""
    try:
        paths = write_families(folder, names, seed)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    for path in paths:
        click.echo(path)


if __name__ == "__main__":
    main()
