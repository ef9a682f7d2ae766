"""How long the reports take, how big they are and what memory they need: ``python -m benchmarks.reports``.

Each format is a whole ``fairbook report``, from its start to its end; the page is then opened in Chromium, where there
is one. Sizes other than the shipped example are made-up companies, solved for a few seconds: what a report costs does
not depend on how good the plan is. ``--sizes 2000x20,100000x500``. The goals: all reports of the example within 20 s,
and less than 3 MB for the page of 2,000 customers.

A row is kept as soon as it is measured, and ``--keep DIR`` keeps the solved companies, so that large ones can be
measured in pieces: ``--format page,deck`` measures these alone, of the run that is there.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import click
import pandas as pd

from benchmarks.company import company
from benchmarks.measure import machine, measure, merged, read, sizes, solve, write
from reports.build import FORMATS, unsuited
from scenarios.start import start
from scenarios.store import Store

ROOT = Path(__file__).parents[1]


@click.command()
@click.option("--example/--no-example", default=True, help="Measure the shipped example.")
@click.option("--sizes", "chosen", default="", callback=sizes, metavar="LIST", help="Such as 2000x20,100000x500.")
@click.option("--time-limit", default=20.0, show_default=True, help="Seconds of search for a made-up company.")
@click.option("--format", "formats", default="", metavar="LIST", help="Only these, or `all` at once; else every one.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder of the runs: solved once, used again.")
def main(example: bool, chosen: list[tuple[int, int]], time_limit: float, formats: str, keep: Path | None) -> None:
    """Make runs, write every format of each, and keep seconds, bytes and peak memory."""
    click.echo(machine())
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        for name, size in [*([("example", None)] if example else []), *((f"{c}x{r}", (c, r)) for c, r in chosen)]:
            plan = _solved(folder / name, size, time_limit)
            _reports(plan, name, list(filter(None, formats.split(","))))


def _solved(folder: Path, size: tuple[int, int] | None, time_limit: float) -> Path:
    """Write and solve the example (without a size) or a made-up company, unless it is there; return its plan."""
    plan = folder / "plan.yaml"
    if (folder / "solved").is_file():
        return plan
    shutil.rmtree(folder, ignore_errors=True)  # what a killed run left
    if size is None:
        start(folder, example=True)
    else:
        company(folder, *size, time_limit=time_limit)
        _in_a_crm(folder)
    solve(plan)
    (folder / "solved").touch()
    return plan


def _reports(plan: Path, case: str, formats: list[str]) -> None:
    """Write each format of a solved plan by itself and all at once, open the page, keep a row of each."""
    store = plan.parent / "runs.db"
    with Store(str(store)) as kept:
        run = kept.load(kept.find("latest"))
    suited = [name for name in FORMATS if name not in unsuited(run)]
    for name in formats or [*suited, "all"]:
        out = plan.parent / "out" / name
        shutil.rmtree(out, ignore_errors=True)
        wanted = ",".join(suited) if name == "all" else name
        command = ["-q", "--store", str(store), "report", "latest", "--format", wanted, "--out", str(out)]
        done = measure([sys.executable, "-m", "cli", *command], ROOT)
        if done.code:
            raise RuntimeError(f"fairbook report ended with {done.code}: {done.err[-2000:]}")
        files = [f.stat().st_size for f in out.rglob("*") if f.is_file()]
        opened = _opened(out / "page.html") if name == "page" else None
        row = {"case": case, "customers": len(run.tables.customers), "reps": len(run.books), "format": name,
               "files": len(files), "bytes": sum(files), "seconds": round(done.seconds, 1),
               "mebibytes": round(done.mebibytes), "open_seconds": opened}  # fmt: skip
        click.echo(f"{case:11} {name:9} {len(files):4} files {sum(files) / 1e6:6.2f} MB {done.seconds:6.1f} s "
                   f"{done.mebibytes:5.0f} MiB" + (f", open in {opened:g} s" if opened else ""))  # fmt: skip
        write("reports", merged([r for r in read("reports") if r.get("case")], [row], ("case", "format")))


def _opened(page: Path) -> float | None:
    """Seconds until a browser has loaded a page and its script ran; None where there is no browser.

    Raises
    ------
    RuntimeError
        The page told of an error, or asked for something outside.
    """
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser, args=["--headless", "--no-sandbox", "--disable-gpu"])
        tab = opened.new_page()
        told: list[str] = []
        tab.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: told.append(str(e)))
        tab.on("request", lambda r: told.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        began = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="load")
        tab.wait_for_selector("table[data-sortable] th button", state="attached")
        seconds = time.perf_counter() - began
        opened.close()
    if told:
        raise RuntimeError(f"the page says: {told[:5]}")
    return round(seconds, 2)


def _in_a_crm(folder: Path) -> None:
    """Give the customers and reps of a made-up company ids of a CRM, so that its owner changes can be written."""
    for name, column, of in (("customers", "hubspot_id", "{}"), ("reps", "email", "rep{}@example.com")):
        path = folder / f"{name}.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table[column] = [of.format(1_000_000 + n) for n in range(len(table))]
        table.to_csv(path, index=False)


if __name__ == "__main__":
    main()
