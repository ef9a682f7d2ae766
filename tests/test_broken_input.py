"""Sixty and more ways an input can be broken: each ends with exit code 3 or 4 and a message that names the place."""

from __future__ import annotations

import datetime as dt
import io
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from tests.command import fairbook

CUSTOMERS = """\
customer_id,name,territory,industry,segment,potential,workload,required_skills,parent_id,current_rep,pinned_rep,renewal_date
C1,Alpha,EMEA/DE,medical,small,1000,3,,,R1,,2027-01-31
C2,Beta,EMEA/DE,retail,mid,2500,6,cloud:2,,R1,,
C3,Gamma,EMEA/FR,retail,small,800,3,,C2,R2,,
C4,Delta,EMEA/FR,medical,mid,1200,6,,,R2,R2,
"""
REPS = """\
rep_id,name,team,territories,skills,industries,capacity,quota,ramp,start_date,end_date,active
R1,Ann,North,EMEA,cloud:3,medical,40,5000,1,,,yes
R2,Bob,North,EMEA,cloud:2,retail,40,5000,1,,,yes
"""
HISTORY = """\
customer_id,rep_id,date,kind,outcome,amount
C1,R1,2026-03-04,opportunity,won,500
C2,R2,2026-05-06,opportunity,lost,
"""
PLAN = """\
period: 2026-Q4
data:
  customers: {source: customers.csv}
  reps: {source: reps.csv}
rules:
  territory: {}
  skill: {}
  capacity: {metric: workload}
  pin: {}
objectives:
  fit: {weight: 2}
  balance_potential: {kind: balance, weight: 1}
  continuity: {weight: 1}
solve: {time_limit: 10, workers: 1}
"""

Files = dict[str, bytes]
Change = Callable[[Files], None]


def base() -> Files:
    texts = {"customers.csv": CUSTOMERS, "reps.csv": REPS, "history.csv": HISTORY, "plan.yaml": PLAN}
    return {name: text.encode() for name, text in texts.items()}


def text(name: str, old: str, new: str, count: int = 1) -> Change:
    """Replace `old` in a file; it must be there."""

    def change(files: Files) -> None:
        before = files[name].decode()
        assert old in before
        files[name] = before.replace(old, new, count).encode()

    return change


def whole(name: str, content: bytes | str) -> Change:
    def change(files: Files) -> None:
        files[name] = content.encode() if isinstance(content, str) else content

    return change


def both(*changes: Change) -> Change:
    def change(files: Files) -> None:
        for one in changes:
            one(files)

    return change


def gone(name: str) -> Change:
    return lambda files: files.pop(name) and None


def cell(column: str, value: str, row: int = 2, name: str = "customers.csv") -> Change:
    """Put `value` into a cell of a CSV; row as a person counts it."""

    def change(files: Files) -> None:
        lines = files[name].decode().splitlines()
        cells = lines[row - 1].split(",")
        quoted = f'"{value}"' if "," in value or "\n" in value or '"' in value else value
        cells[lines[0].split(",").index(column)] = quoted
        lines[row - 1] = ",".join(cells)
        files[name] = ("\n".join(lines) + "\n").encode()

    return change


def with_history(*changes: Change) -> Change:
    return both(text("plan.yaml", "rules:", "  history: {source: history.csv}\nrules:"), *changes)


def workbook(fill: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]) -> Change:
    def change(files: Files) -> None:
        stream = io.BytesIO()
        book = xlsxwriter.Workbook(stream, {"strings_to_formulas": False})
        sheet = book.add_worksheet("Accounts")
        for r, line in enumerate(CUSTOMERS.splitlines()):
            for c, value in enumerate(line.split(",")):
                sheet.write(r, c, float(value) if value.isdigit() else value)
        fill(book, sheet)
        book.close()
        files["customers.xlsx"] = stream.getvalue()
        text("plan.yaml", "customers.csv", "customers.xlsx")(files)

    return change


def cover(files: Files) -> None:
    """Put a cover sheet before the first sheet of the workbook."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet("Cover").write_column(0, 0, ["Export of accounts", "by Ann"])
    sheet = book.add_worksheet("Accounts")
    for r, line in enumerate(CUSTOMERS.splitlines()):
        sheet.write_row(r, 0, line.split(","))
    book.close()
    files["customers.xlsx"] = stream.getvalue()


def bomb(files: Files) -> None:
    """A workbook whose one sheet unpacks to far more than it is."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 600_000_000)
    files["customers.xlsx"] = stream.getvalue()
    text("plan.yaml", "customers.csv", "customers.xlsx")(files)


def database(files: Files) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table accounts (customer_id text)")
    files["crm.db"] = connection.serialize()


DATABASE = "customers: {source: 'sqlite:///crm.db', query: \"%s\"}"


def query(sql: str) -> Change:
    return both(database, text("plan.yaml", "customers: {source: customers.csv}", DATABASE % sql))


INVALID, IMPOSSIBLE = 3, 4

CASES: dict[str, tuple[Change, int, tuple[str, ...]]] = {
    # files
    "customers file missing": (gone("customers.csv"), INVALID, ("customers.csv",)),
    "plan file missing": (gone("plan.yaml"), INVALID, ("plan.yaml",)),
    "empty file": (whole("customers.csv", b""), INVALID, ("customers.csv",)),
    "header only": (whole("customers.csv", CUSTOMERS.splitlines()[0] + "\n"), INVALID, ("customers.csv",)),
    "header only, reps": (whole("reps.csv", REPS.splitlines()[0] + "\n"), INVALID, ("reps.csv",)),
    "binary file": (whole("customers.csv", bytes(range(256)) * 20), INVALID, ("customers.csv",)),
    "picture with a csv name": (whole("reps.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 500), INVALID, ("reps.csv",)),
    "NUL in a cell": (cell("name", "Al\0pha"), INVALID, ("customers.csv", "2")),
    "wrong encoding named": (
        both(whole("customers.csv", CUSTOMERS.replace("Alpha", "北京").encode("gbk")),
             text("plan.yaml", "{source: customers.csv}", "{source: customers.csv, encoding: utf-8}")),
        INVALID, ("customers.csv", "utf-8"),
    ),
    "unknown encoding": (text("plan.yaml", "{source: customers.csv}", "{source: customers.csv, encoding: klingon}"), INVALID, ("klingon",)),
    "unknown extension": (
        both(whole("customers.foo", CUSTOMERS), text("plan.yaml", "customers.csv", "customers.foo")), INVALID, ("customers.foo",),
    ),
    "source is a folder": (text("plan.yaml", "customers.csv", "."), INVALID, ("folder",)),
    "not a workbook": (both(whole("customers.xlsx", b"PK\x03\x04 nonsense"), text("plan.yaml", "customers.csv", "customers.xlsx")), INVALID, ("customers.xlsx",)),
    "not a parquet file": (both(whole("customers.parquet", b"PAR1 nonsense"), text("plan.yaml", "customers.csv", "customers.parquet")), INVALID, ("customers.parquet",)),
    "zip bomb": (bomb, INVALID, ("customers.xlsx",)),
    "no such sheet": (both(workbook(lambda b, s: None), text("plan.yaml", "customers.xlsx", "customers.xlsx, sheet: Accuonts")), INVALID, ("Accuonts", "Accounts")),
    "formula without a value": (workbook(lambda b, s: s.write_formula(1, 5, "=1+1", None, "")), INVALID, ("Accounts", "row 2", "potential")),
    "error cell": (workbook(lambda b, s: s.write_formula(2, 5, "=NA()", None, "#N/A")), INVALID, ("Accounts", "3")),
    "text in a number column of a workbook": (workbook(lambda b, s: s.write(2, 5, "lots")), INVALID, ("Accounts", "3", "lots")),
    "million-character cell": (cell("name", "x" * 1_000_000), INVALID, ("customers.csv", "2")),
    "row too long": (text("customers.csv", "R1,,2027-01-31", "R1,,2027-01-31,extra"), INVALID, ("customers.csv", "2")),
    "row too short": (text("customers.csv", "C2,Beta,EMEA/DE,retail,mid,2500,6,cloud:2,,R1,,", "C2,Beta"), INVALID, ("customers.csv", "3")),
    "header twice": (text("customers.csv", ",name,", ",potential,"), INVALID, ("customers.csv", "potential")),
    "no such table": (query("select * from nothing"), INVALID, ("nothing",)),
    "query that writes": (query("drop table accounts"), INVALID, ("SELECT",)),
    "query with no rows": (query("select customer_id from accounts"), INVALID, ("crm.db",)),
    "password in the plan": (
        text("plan.yaml", "{source: customers.csv}", "{source: 'postgresql://ann:s3cret@localhost/crm', table: accounts}"), INVALID, ("FAIRBOOK_DB_PASSWORD",),
    ),
    "cover sheet first": (
        both(workbook(lambda b, s: None), cover), INVALID, ("customers.xlsx[Cover]", "sheet: Accounts"),
    ),
    "text in a workbook, by its cell": (workbook(lambda b, s: s.write(2, 5, "lots")), INVALID, ("Accounts!F3", "row 3", "potential")),
    "no ending": (both(whole("customers", CUSTOMERS), text("plan.yaml", "customers.csv", "customers")), INVALID, ("customers", "no ending", "csv, tsv")),
    # ids and references
    "id column missing": (text("customers.csv", "customer_id", "key"), INVALID, ("customers.csv", "customer_id")),
    "rep id column missing": (text("reps.csv", "rep_id", "who"), INVALID, ("reps.csv", "rep_id")),
    "duplicate customer": (cell("customer_id", "C1", 3), INVALID, ("customers.csv", "3", "C1")),
    "duplicate rep": (cell("rep_id", "R1", 3, "reps.csv"), INVALID, ("reps.csv", "3", "R1")),
    "empty id": (cell("customer_id", "", 3), INVALID, ("customers.csv", "3", "customer_id")),
    "unknown current rep": (cell("current_rep", "R9"), INVALID, ("customers.csv", "2", "R9")),
    "unknown current rep in many rows": (
        both(*(cell("current_rep", "R9", row) for row in (2, 3, 5))), INVALID, ("R9", "customers.csv"),
    ),
    "owner's name that two reps have": (
        both(cell("current_rep", "Ann"), cell("name", "Ann", 3, "reps.csv")), INVALID, ("customers.csv", "2", "Ann", "R1, R2"),
    ),
    "two owner columns that fit no rep": (
        both(text("customers.csv", ",current_rep,pinned_rep", ",OwnerId,Account Owner"), text("customers.csv", "R1,,2027", "77,Zoe,2027"),
             text("customers.csv", "R1,,", "78,Yan,"), text("customers.csv", "R2,,", ",,"), text("customers.csv", "R2,R2", ",")),
        INVALID, ("OwnerId", "Account Owner", "current_rep", "data.customers.columns"),
    ),
    "unknown pinned rep": (cell("pinned_rep", "R9"), INVALID, ("customers.csv", "2", "R9")),
    "two that are each other's parent": (both(cell("parent_id", "C2"), cell("parent_id", "C1", 3)), INVALID, ("C1", "C2")),
    "cyclic parents": (both(cell("parent_id", "C2"), cell("parent_id", "C3", 3), cell("parent_id", "C1", 4)), INVALID, ("C1", "C2", "C3")),
    "mapped column missing": (text("plan.yaml", "{source: customers.csv}", "{source: customers.csv, columns: {potential: revenu}}"), INVALID, ("revenu",)),
    # cells
    "negative potential": (cell("potential", "-5"), INVALID, ("customers.csv", "2", "potential", "-5")),
    "NaN potential": (cell("potential", "NaN"), INVALID, ("customers.csv", "2", "potential")),
    "infinite workload": (cell("workload", "inf"), INVALID, ("customers.csv", "2", "workload")),
    "word for a number": (cell("potential", "a lot"), INVALID, ("customers.csv", "2", "potential", "a lot")),
    "absurd number": (cell("potential", "1e300"), INVALID, ("customers.csv", "2", "potential")),
    "ambiguous decimal": (both(cell("potential", "1,234"), cell("potential", "5,25", 3)), INVALID, ("customers.csv", "potential", "decimal")),
    "ambiguous date": (cell("renewal_date", "03/04/2027"), INVALID, ("customers.csv", "2", "renewal_date", "dates")),
    "impossible date": (cell("renewal_date", "2027-02-30"), INVALID, ("customers.csv", "2", "2027-02-30")),
    "bad cell in an ambiguous column": (
        both(cell("potential", "1.234"), cell("potential", "abc", 3), cell("potential", "-2.345", 4)), INVALID,
        ("row 2", "decimal", "row 3", "abc", "row 4", "-2.345 is below 0"),
    ),
    "bad cell in a column of two currencies": (
        both(cell("potential", "$5"), cell("potential", "€6", 3), cell("potential", "abc", 4)), INVALID, ("currencies", "row 4", "abc"),
    ),
    "day number among dates": (cell("renewal_date", "45987", 3), INVALID, ("customers.csv", "3", "45987", "Excel day number", "2025-11-26")),
    "skill level 9": (cell("required_skills", "cloud:9"), INVALID, ("customers.csv", "2", "cloud")),
    "skill without a name": (cell("required_skills", ":3"), INVALID, ("customers.csv", "2", "required_skills")),
    "ramp of 3": (cell("ramp", "3", 2, "reps.csv"), INVALID, ("reps.csv", "2", "ramp")),
    "negative capacity": (cell("capacity", "-1", 3, "reps.csv"), INVALID, ("reps.csv", "3", "capacity")),
    "maybe active": (cell("active", "maybe", 2, "reps.csv"), INVALID, ("reps.csv", "2", "active", "maybe")),
    "leaves before it starts": (both(cell("start_date", "2026-12-01", 2, "reps.csv"), cell("end_date", "2026-11-01", 2, "reps.csv")), INVALID, ("reps.csv", "2")),
    "nobody active": (both(cell("active", "no", 2, "reps.csv"), cell("active", "no", 3, "reps.csv")), INVALID, ("active",)),
    "history with a bad date": (with_history(cell("date", "yesterday", 2, "history.csv")), INVALID, ("history.csv", "2", "yesterday")),
    "history with a bad amount": (with_history(cell("amount", "much", 3, "history.csv")), INVALID, ("history.csv", "3", "much")),
    "history without customers": (with_history(text("history.csv", "customer_id", "what")), INVALID, ("history.csv", "customer_id")),
    # the plan
    "not YAML": (whole("plan.yaml", "period: [2026"), INVALID, ("plan.yaml",)),
    "tag in YAML": (text("plan.yaml", "2026-Q4", "!!python/object/apply:os.getcwd []"), INVALID, ("plan.yaml", "1", "tag")),
    "key twice": (text("plan.yaml", "  skill: {}", "  skill: {}\n  skill: {}"), INVALID, ("plan.yaml", "rules.skill")),
    "unknown top key": (text("plan.yaml", "objectives:", "objektives:"), INVALID, ("objektives", "did you mean objectives")),
    "unknown rule key": (text("plan.yaml", "{metric: workload}", "{metrik: workload}"), INVALID, ("rules.capacity.metrik", "did you mean metric")),
    "unknown kind": (text("plan.yaml", "  skill: {}", "  skil: {}"), INVALID, ("rules.skil", "did you mean skill")),
    "negative weight": (text("plan.yaml", "fit: {weight: 2}", "fit: {weight: -2}"), INVALID, ("objectives.fit.weight",)),
    "share of 5": (text("plan.yaml", "  pin: {}", "  pin: {}\n  moves: {kind: move_budget, share: 5}"), INVALID, ("rules.moves.share",)),
    "misspelt share": (text("plan.yaml", "  pin: {}", "  pin: {}\n  moves: {kind: move_budget, shere: 0.1}"), INVALID, ("rules.moves.shere", "did you mean share")),
    "no period": (text("plan.yaml", "period: 2026-Q4", ""), INVALID, ("period",)),
    "bad period": (text("plan.yaml", "2026-Q4", "2026-Q7"), INVALID, ("period", "2026-Q7")),
    "no data": (whole("plan.yaml", "period: 2026-Q4\n"), INVALID, ("data",)),
    "unknown metric": (text("plan.yaml", "metric: workload", "metric: wrkload"), INVALID, ("rules.capacity.metric", "workload")),
    "metric that is text": (text("plan.yaml", "metric: workload", "metric: industry, limit: 3"), INVALID, ("rules.capacity.metric", "industry")),
    "filter that is no filter": (text("plan.yaml", "metric: workload", "metric: workload, where: 'import os'"), INVALID, ("rules.capacity.where",)),
    "filter that calls": (text("plan.yaml", "metric: workload", "metric: workload, where: \"__import__('os')\""), INVALID, ("rules.capacity.where",)),
    "filter on an unknown column": (text("plan.yaml", "metric: workload", "metric: workload, where: \"sgment == 'mid'\""), INVALID, ("rules.capacity.where", "segment")),
    "unknown family column": (text("plan.yaml", "  pin: {}", "  pin: {}\n  family: {within: terrain}"), INVALID, ("rules.family.within", "terrain")),
    "balance by a column that is not there": (text("plan.yaml", "kind: balance,", "kind: balance, target: qota,"), INVALID, ("objectives.balance_potential.target", "quota")),
    "negative value of a term": (
        both(text("customers.csv", "customer_id,name", "customer_id,delta"), cell("delta", "1"), cell("delta", "-2", 3),
             cell("delta", "0", 4), cell("delta", "3", 5), text("plan.yaml", "continuity: {weight: 1}", "continuity: {value: delta}")),
        INVALID, ("objectives.continuity.value", "C2", "-2"),
    ),
    # what cannot be
    "more heads asked for than there are": (
        text("plan.yaml", "metric: workload", "metric: customers, min: 3"), IMPOSSIBLE, ("R1", "R2", "at least 6", "come to 4"),
    ),
    "more customers than heads": (
        both(text("plan.yaml", "metric: workload", "metric: customers, limit: 1"), text("plan.yaml", "solve:", "coverage: required\nsolve:")), IMPOSSIBLE, ("R1", "customers", "4"),
    ),
    "pin that breaks a rule": (
        both(cell("pinned_rep", "R2"), cell("territories", "EMEA/FR", 3, "reps.csv")), IMPOSSIBLE, ("C1", "pin", "territory"),
    ),
    "nobody has the skill": (
        both(cell("required_skills", "mandarin"), text("plan.yaml", "solve:", "coverage: required\nsolve:")), IMPOSSIBLE, ("C1", "skill"),
    ),
    "demand exceeds capacity": (
        both(cell("capacity", "5", 2, "reps.csv"), cell("capacity", "5", 3, "reps.csv"), text("plan.yaml", "solve:", "coverage: required\nsolve:")),
        IMPOSSIBLE, ("R1", "R2", "workload"),
    ),
    "family that nobody may have": (
        both(cell("territories", "EMEA/DE", 2, "reps.csv"), cell("territories", "EMEA/FR", 3, "reps.csv"),
             text("plan.yaml", "  pin: {}", "  pin: {}\n  family: {}"), text("plan.yaml", "solve:", "coverage: required\nsolve:")),
        IMPOSSIBLE, ("C2", "C3", "family"),
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_the_unbroken_input_works(folder):
    write(folder, base())
    done = fairbook("solve", folder / "plan.yaml", cwd=folder)
    assert done.code == 0, done.err


def test_there_are_sixty():
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_broken(name, folder):
    change, code, words = CASES[name]
    files = base()
    change(files)
    write(folder, files)
    done = fairbook("solve", folder / "plan.yaml", "--export", folder / "out", cwd=folder)
    said = done.out + done.err
    assert done.code == code, said
    for word in words:
        assert word in said, f"{word!r} is not in:\n{said}"
    assert "Traceback" not in said
    assert "s3cret" not in said
    assert not (folder / "out").exists(), "nothing is exported from a broken input"


def test_every_problem_is_listed_at_once(folder):
    files = base()
    for change in (
        cell("potential", "a lot"),
        cell("workload", "-1", 3),
        cell("renewal_date", "soon", 4),
        cell("ramp", "7", 2, "reps.csv"),
    ):
        change(files)
    write(folder, files)
    said = fairbook("check", folder / "plan.yaml", cwd=folder).err
    for word in ("a lot", "-1", "soon", "7", "customers.csv", "reps.csv"):
        assert word in said


def test_dates_from_a_workbook_are_dates(folder):
    files = base()

    def fill(book, sheet):
        style = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 11, dt.datetime(2027, 1, 31), style)

    workbook(fill)(files)
    write(folder, files)
    assert fairbook("check", folder / "plan.yaml", cwd=folder).code == 0
