"""Owner changes as the importers of Salesforce and HubSpot take them, with the files that take them back.

Sources: Salesforce, *Bulk API and Bulk API 2.0 Limits and Allocations* (a batch holds at most 10,000 records and 10 MB,
a job 150 MB); HubSpot, *Set up import files* (1,048,576 rows and 512 MB a file, 500,000 rows a day and 20 MB with the
free tools) and *How to set an owner* (the column ``Company owner`` holds the user's email). Machines read these files:
nothing in them is escaped, so every cell has to match a strict pattern.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reports import metrics
from reports.words import say, say_n
from scenarios.run.record import Run
from solver.problems import InputError, Problem, shorten

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def is_salesforce(text: str) -> bool:
    """Say whether a text is a Salesforce id: 15 letters and digits, or 18 of which the last three check the rest."""
    if not re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", text, re.ASCII):
        return False
    checks = "".join(
        _SUFFIX[sum(1 << n for n, sign in enumerate(text[at : at + 5]) if sign.isupper())] for at in (0, 5, 10)
    )
    return len(text) == 15 or text[15:].upper() == checks


def is_salesforce_user(text: str) -> bool:
    """Say whether a text is the id of a Salesforce user: those begin with 005."""
    return is_salesforce(text) and text.startswith("005")


def is_hubspot(text: str) -> bool:
    """Say whether a text is a HubSpot record id: digits only."""
    return re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) is not None


def is_email(text: str) -> bool:
    """Say whether a text is an email address with nothing odd in it."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


@dataclass(frozen=True)
class System:
    """A CRM and what its importer takes.

    Attributes
    ----------
    name, header : of the system, and of the file's two columns.
    column, owner_column : of customers and of reps that hold its ids; where there is none, customer_id and rep_id do.
    valid, owner_valid : whether a text is an id of a record, of an owner.
    expected, owner_expected : the same in words.
    rows, size : most data rows and bytes of one file.
    same : the part of an id that tells records apart.
    """

    name: str
    header: tuple[str, str]
    column: str
    owner_column: str
    valid: Callable[[str], bool]
    owner_valid: Callable[[str], bool]
    expected: str
    owner_expected: str
    rows: int
    size: int
    same: int


SYSTEMS = (
    System("salesforce", ("Id", "OwnerId"), "salesforce_id", "salesforce_id", is_salesforce, is_salesforce_user,
           "a Salesforce id of 15 or 18 signs", "the id of a Salesforce user, 005…", 10_000, 10_000_000, 15),
    System("hubspot", ("Record ID", "Company owner"), "hubspot_id", "email", is_hubspot, is_email,
           "a HubSpot Record ID, digits only", "the email of a HubSpot user", 500_000, 20_000_000, 19),
)  # fmt: skip


def crm(run: Run) -> Iterator[tuple[str, str]]:
    """Yield the files: owner changes of moved customers, their roll-back, and a text on what is in them.

    A system gets files where its id columns are there or most moved customers' ids look like its own.

    The run's id is in the names, so that files of two runs in one folder are not mixed up.

    Raises
    ------
    InputError
        Ids are not those of a CRM; every one of them is listed.
    """
    moved = metrics.moves(run)
    chosen = systems(run)
    if len(moved) and not chosen:
        raise InputError(_foreign(run))
    made: list[tuple[str, str]] = []
    problems: list[Problem] = []
    told = [
        say_n("Owner changes of run {run}: {n} customer changes hands.",
              "Owner changes of run {run}: {n} customers change hands.", len(moved), run=run.id)
    ]  # fmt: skip
    for system in chosen:
        pairs, back, wrong = _pairs(run, system)
        problems += wrong
        for what, rows in (("owners", pairs), ("rollback", back)):
            made += [
                (f"{system.name}-{what}-{run.id}-{n:03d}.csv", text) for n, text in enumerate(_chunks(system, rows), 1)
            ]
        told += ["", _told(system, len(pairs), len(back))]
    if problems:
        raise InputError(problems)
    left = metrics.left_out(run)
    stay = int((left["from_rep"] != "").sum()) if metrics.has_plan(run) else 0
    if stay:
        ends = say_n(
            "{n} customer ends without a rep and stands in none of these files: a CRM keeps the owner it has.",
            "{n} customers end without a rep and stand in none of these files: a CRM keeps the owner it has.", stay,
        )  # fmt: skip
        told += ["", ends]
    yield from made
    yield "crm-readme.txt", "\n".join(told) + "\n"


def systems(run: Run) -> list[System]:
    """Return the systems whose ids the run's customers have; empty also where nobody moves."""
    moved = metrics.moves(run)
    found = []
    for system in SYSTEMS:
        ids = _ids(run, system)
        fit = sum(system.valid(ids[c]) for c in moved["customer_id"])
        if len(moved) and (system.column in run.tables.customers or fit > len(moved) / 2):
            found.append(system)
    return found


def _ids(run: Run, system: System) -> dict[str, str]:
    table = run.tables.customers
    column = system.column if system.column in table else "customer_id"
    return dict(zip(table["customer_id"], map(_text, table[column]), strict=True))


def _owners(run: Run, system: System) -> dict[str, str]:
    table = run.tables.reps
    column = system.owner_column if system.owner_column in table else "rep_id"
    return dict(zip(table["rep_id"], map(_text, table[column]), strict=True))


def _text(value: object) -> str:
    """Return an id as text: a column of whole numbers was read as numbers."""
    if isinstance(value, float):
        return f"{value:.0f}" if value == value and abs(value) < 2**53 else ""
    return str(value)


def _pairs(run: Run, system: System) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[Problem]]:
    """Record and new owner, record and old owner, and every id that is none."""
    ids, owners, moved = _ids(run, system), _owners(run, system), metrics.moves(run)
    moved = moved.sort_values("customer_id", kind="stable")
    problems = [
        _bad("customers", system.column if system.column in run.tables.customers else "customer_id", c, ids[c],
             f"no {system.name} id", system.expected)
        for c in moved["customer_id"] if not system.valid(ids[c])
    ]  # fmt: skip
    reps = dict.fromkeys([*moved["to_rep"], *(r for r in moved["from_rep"] if r)])
    problems += [
        _bad("reps", system.owner_column if system.owner_column in run.tables.reps else "rep_id", r, owners.get(r, ""),
             f"no owner {system.name} takes", system.owner_expected)
        for r in reps if not system.owner_valid(owners.get(r, ""))
    ]  # fmt: skip
    count = Counter(ids[c][: system.same] for c in moved["customer_id"] if system.valid(ids[c]))
    problems += [
        _bad("customers", system.column, c, ids[c], "the id of two customers", "an id of its own")
        for c in moved["customer_id"]
        if system.valid(ids[c]) and count[ids[c][: system.same]] > 1
    ]
    rows = list(zip(moved["customer_id"], moved["from_rep"], moved["to_rep"], strict=True))
    pairs = [(ids[c], owners.get(to, "")) for c, _, to in rows]
    back = [(ids[c], owners.get(at, "")) for c, at, _ in rows if at]
    return pairs, back, problems


def _bad(table: str, column: str, who: str, value: str, what: str, expected: str) -> Problem:
    subject = "customer" if table == "customers" else "rep"
    message = f"{subject} {shorten(who)}: {shorten(value) or 'an empty cell'} is {what}"
    return Problem("not_an_id", message, table, column=column, value=shorten(value), expected=expected)


def _foreign(run: Run) -> list[Problem]:
    """No system knows the ids: say so for every moved customer."""
    expected = " or ".join(s.expected for s in SYSTEMS)
    fix = "Give the customers a column salesforce_id or hubspot_id"
    return [
        Problem("not_an_id", f"customer {shorten(c)} has no id of a CRM", "customers", column="customer_id",
                value=shorten(c), expected=expected, fix=fix)
        for c in metrics.moves(run)["customer_id"]
    ]  # fmt: skip


def _chunks(system: System, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the rows as CSV, no more in one than the system takes."""
    head = ",".join(system.header) + "\n"
    lines: list[str] = []
    size = len(head)
    for row in rows:
        line = ",".join(row) + "\n"
        if lines and (len(lines) >= system.rows or size + len(line) > system.size):
            yield head + "".join(lines)
            lines, size = [], len(head)
        lines.append(line)
        size += len(line)
    if lines:
        yield head + "".join(lines)


def _told(system: System, changes: int, back: int) -> str:
    first = changes - back
    record, owner = system.header
    lines = [
        say("{files}: {n} owner changes, at most {rows} rows and {size} bytes a file. Columns {record} and {owner}.",
            files=f"{system.name}-owners-*.csv", n=f"{changes:,}", rows=f"{system.rows:,}", size=f"{system.size:,}",
            record=record, owner=owner),
        say("{files}: {n} rows that set the owners before again.", files=f"{system.name}-rollback-*.csv",
            n=f"{back:,}"),
    ]  # fmt: skip
    lines.append(say("Upload the files as they are: a spreadsheet that opens and saves them may round long ids."))
    if first:
        lines.append(
            say_n("{n} customer had no rep before: no file can take back that it has one.",
                  "{n} customers had no rep before: no file can take back that they have one.", first)
        )  # fmt: skip
    if system.name == "salesforce":
        lines.append(
            say("Salesforce refuses an owner who is no active user: roll back before old users are deactivated.")
        )
    else:
        lines.append(say("Import as companies, matched by Record ID."))
    return "\n".join(lines)
