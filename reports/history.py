"""What is known of a customer's past, at a glance: last contact, wins, money, feedback."""

from __future__ import annotations

from dataclasses import dataclass

from reports import wording
from reports.words import say, say_n
from scenarios.run.record import Run
from solver.names import plain_outcome


@dataclass(frozen=True)
class Past:
    """One customer's history.

    Attributes
    ----------
    contacts : interactions on record.
    last : the day of the last one with a date, ISO; empty where none has.
    what : its kind and outcome.
    wins : interactions whose outcome is won.
    money : what they brought, in the units of the input.
    feedback : the last score given, None where there is none.
    """

    contacts: int = 0
    last: str = ""
    what: str = ""
    wins: int = 0
    money: float = 0.0
    feedback: float | None = None

    def said(self) -> str:
        """Return it in a line: ``12 contacts, last 2026-08-30 (meeting); 3 won, 45.2k; feedback 4.5``."""
        if not self.contacts:
            return say("no history on record")
        parts = [say_n("{n} contact", "{n} contacts", self.contacts)]
        if self.last and self.what:
            parts[0] = say("{contacts}, last {day} ({what})", contacts=parts[0], day=self.last, what=self.what)
        elif self.last:
            parts[0] = say("{contacts}, last {day}", contacts=parts[0], day=self.last)
        won = say_n("{n} won, {money}", "{n} won, {money}", self.wins, money=wording.short(self.money))
        parts.append(won if self.wins else say("nothing won"))
        if self.feedback is not None:
            parts.append(say("feedback {score}", score=f"{self.feedback:g}"))
        return say("; ").join(parts)


def pasts(run: Run) -> dict[str, Past]:
    """Return the history of every customer that has one, by customer_id; empty where the run has none."""
    table = run.tables.history
    if not len(table):
        return {}
    table = table.sort_values("date", kind="stable", na_position="first")
    found: dict[str, Past] = {}
    won = {o for o in table["outcome"].unique() if plain_outcome(str(o)) == "won"}
    for customer, rows in table.groupby("customer_id", sort=False):
        last, hit = rows.iloc[-1], rows["outcome"].isin(won)
        dated, scores = last["date"] == last["date"], rows["feedback"].dropna()
        found[str(customer)] = Past(
            contacts=len(rows),
            last=last["date"].date().isoformat() if dated else "",
            what=" ".join(str(w) for w in (last["kind"], last["outcome"]) if w) if dated else "",
            wins=int(hit.sum()),
            money=float(rows.loc[hit, "amount"].fillna(0.0).sum()),
            feedback=float(scores.iloc[-1]) if len(scores) else None,
        )
    return found
