"""The Feedback sheet: its name, columns and answers, which the workbook writes and `scenarios.feedback` reads."""

from __future__ import annotations

SHEET = "Feedback"
ACCEPT, CHALLENGE, PIN = VERDICTS = ("accept", "challenge", "pin")
"""The customer stays as planned; it should go to anybody but the planned rep; it must go to one rep."""

CUSTOMER, NAME, PLANNED, BEFORE, CHANGE, POTENTIAL, VERDICT, PIN_TO, REASON, WHO, RUN = COLUMNS = (
    "Customer ID", "Customer", "Planned rep", "Rep before", "Change", "Potential", "Verdict", "Pin to", "Reason",
    "From", "Run",
)  # fmt: skip
"""Titles of the columns, in order."""


def rep_label(rep_id: str, name: str) -> str:
    """Return how a rep is named in the sheet: ``Ana Lindqvist (R07)``, the id alone where there is no other name."""
    return rep_id if name in {"", rep_id} else f"{name} ({rep_id})"
