"""How cost grows with size, reckoned from what was measured for a pair (``benchmarks/results/per_pair.csv``)."""

from __future__ import annotations

import csv
from pathlib import Path

from scenarios.run.prepare import MAX_PAIRS
from solver.engine.machines.pool import parts_of

MEASURED = Path(__file__).parents[1] / "benchmarks" / "results" / "per_pair.csv"
CUSTOMERS = (100_000, 1_000_000, 10_000_000, 100_000_000)
#: What the table supposes: customers a rep, workers (one core each), annealing steps a customer.
BOOK, WORKERS, STEPS = 500, 64, 10_000


def growth() -> str:
    """The second half of ``cluster.md``: the figures measured, and what they come to at larger sizes."""
    with MEASURED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    m = {row["figure"]: float(row["value"]) for row in rows}
    text = [
        "\n## What a pair costs\n",
        f"Measured by `python -m benchmarks.per_pair` ({rows[0]['case']}; {rows[0]['machine']}; one core):\n",
        "| figure | value |\n|---|---:|",
        *(f"| {row['figure'].replace('_', ' ')} | {float(row['value']):,.4g} |" for row in rows),
        "\n## How cost grows\n",
        f"Reckoned from these figures, not run, for such companies with {BOOK} customers a rep, "
        f"{WORKERS} workers of one core each, and "
        f"{m['passes_to_a_bound']:.0f} passes, the number the measured case took. It leaves out waiting, and "
        f"the scheduler, which everything passes through.\n",
        "| customers | pairs | one core, one pass | all workers, all passes | sent once, kept on workers | "
        "wire for a pass | wire for all passes | kept here | "
        f"{STEPS:,} annealing steps a customer, all workers |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for customers in CUSTOMERS:
        pairs = customers * m["pairs_per_customer"]
        entries = pairs * m["entries_per_pair"]
        parts = parts_of(round(entries))
        one = pairs * m["pass_seconds_per_pair"]
        at_work = min(WORKERS, parts)
        load_rows = customers / BOOK * m["rows_per_rep"]
        wire = load_rows * (m["out_bytes_per_row_and_worker"] * at_work + m["back_bytes_per_row_and_part"] * parts)
        # Pricing keeps scores and amounts as floats beside the instance.
        here = pairs * (m["instance_bytes_per_pair"] + 8) + 8 * entries
        anneal = customers * STEPS / m["annealing_steps_per_second"] / WORKERS
        passes = m["passes_to_a_bound"]
        text.append(
            f"| {customers:,} | {pairs:.2g} | {_time(one)} | {_time(one * passes / at_work)} | "
            f"{_size(pairs * m['worker_bytes_per_pair'])} | {_size(wire)} | {_size(wire * passes)} | {_size(here)} | "
            f"{_time(anneal)} |"
        )
    top = MAX_PAIRS / m["pairs_per_customer"]
    text += [
        "",
        "What limits it, in this order:\n",
        f"- The whole instance lies here too, and is built here, with some 600 bytes a pair for a while: "
        "`check` and `solve` refuse more than "
        f"{MAX_PAIRS:,} pairs, some {top:,.0f} such customers. The rows beyond that say what the workers "
        "and the wire would "
        "bear; they cannot be run as they stand.",
        f"- A pass has {parts_of(0)} parts up to {parts_of(0) * 4:,} million load entries, "
        f"so no more than {parts_of(0)} workers share it; "
        "annealing is shared among all.",
        "- The loads of a part come back for every row that its customers have a part in. "
        "Customers sorted by territory have part in few "
        "rows, so less comes back than the table says, which supposes all.",
        "- CP-SAT and the merging of groups are done here, one after the other.",
    ]
    return "\n".join(text) + "\n"


def _time(seconds: float) -> str:
    for limit, size, word in ((1e-0, 1e-3, "ms"), (120, 1, "s"), (7200, 60, "min")):
        if seconds < limit:
            return f"{seconds / size:.2g} {word}" if seconds / size < 10 else f"{seconds / size:.0f} {word}"
    return f"{seconds / 3600:.1f} h"


def _size(count: float) -> str:
    for limit, size, word in ((1e6, 1e3, "kB"), (1e9, 1e6, "MB"), (1e12, 1e9, "GB")):
        if count < limit:
            return f"{count / size:.2g} {word}" if count / size < 10 else f"{count / size:.0f} {word}"
    return f"{count / 1e12:.1f} TB"
