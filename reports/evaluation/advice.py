"""Advice beside an evaluation: which strategy the past speaks for, what it may bring, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import wording
from reports.charts.many import advice as chart
from reports.evaluation.tables import Cell, Table
from reports.strategies import strategy
from reports.words import mark, say, say_n
from reports.words.heard import heard

#: What the past says of a strategy.
EVIDENCE = {
    "gain": mark("gain"), "loss": mark("loss"), "none": mark("no evidence"), "little": mark("too little data"),
    "same": mark("plans the same"),
}  # fmt: skip


@dataclass(frozen=True)
class Advised:
    """An advice's document, see `scenarios.advise.advice_file.read_advice`, in words and tables."""

    document: Mapping[str, Any]

    @property
    def best(self) -> Mapping[str, Any] | None:
        """What was judged of the recommended strategy; None where there is none."""
        judged = self.document["judgement"]
        if not judged or self.document["verdict"] != "recommended":
            return None
        return next((j for j in judged["judged"] if j["name"] == judged["best"]), None)

    def said(self, name: str) -> str:
        """Return the name of a strategy in words."""
        return strategy(name, self.document.get("written") or {})

    def title(self) -> str:
        """Return the verdict in a line."""
        best = self.best
        if best is not None:
            return say("Recommended: {strategy}", strategy=wording.label(self.said(best["name"]), 80))
        if self.document["verdict"] == "no_evidence":
            return say("No strategy is shown to sell more than the plan as written")
        return say("Too little data to judge other strategies")

    def lines(self) -> list[str]:
        """Return the verdict in sentences, the first of them the verdict itself."""
        judged, best = self.document["judgement"], self.best
        found = [say("{title}.", title=self.title())]
        if best is not None and best["net"] is not None and None not in best["net_interval"]:
            low, high = wording.signed_ends(*best["net_interval"])
            found.append(
                say("It is reckoned to sell {net} a period more, {level} sure between {low} and {high}, after {loss} "
                    "lost where it moves more customers.", net=wording.signed(best["net"]),
                    level=wording.percent(self.document["level"]), low=low, high=high,
                    loss=wording.percent(self.document["loss"], 1))
            )  # fmt: skip
            if judged["like"]:
                names = say(", ").join(wording.label(self.said(n), 60) for n in judged["like"][:5])
                found.append(say("The past cannot tell it from: {names}.", names=names))
        if judged and self.document["periods"]:
            periods = say_n("{n} past period", "{n} past periods", len(self.document["periods"]))
            found.append(
                say("Judged on {periods} ({names}); the plan as written sold about {base} a period in them.",
                    periods=periods, names=say(", ").join(reversed(self.document["periods"])),
                    base=wording.short(judged["base"]))
            )  # fmt: skip
        found.append(say("Nothing is applied by itself."))
        return found

    def limits(self) -> list[str]:
        """Return how far to trust it."""
        return [heard(line) for line in self.document["limits"]]

    def frame(self) -> pd.DataFrame:
        """Return what `reports.charts.many.advice` plots."""
        judged, best = self.document["judgement"], self.best
        rows = [
            (self.said(j["name"]), j["net"], *j["net_interval"], j["evidence"],
             best is not None and j["name"] == best["name"], self.document["level"],
             ", ".join(reversed(self.document["periods"])))
            for j in (judged["judged"] if judged else [])
            if j["evidence"] not in {"little", "same"} and j["net"] is not None and None not in j["net_interval"]
        ]  # fmt: skip
        columns = ["name", "net", "low", "high", "evidence", "best", "level", "periods"]
        table = pd.DataFrame(rows, columns=columns).sort_values("net", ascending=False, kind="stable")
        return table.head(chart.MOST).reset_index(drop=True)

    def draw(self, frame: pd.DataFrame) -> Axes:
        """Draw the frame."""
        return chart.draw(frame)

    def describe(self, frame: pd.DataFrame) -> str:
        """Say what the picture shows."""
        return chart.describe(frame)

    def table(self) -> Table:
        """Return a row a strategy, the most net gain first."""
        head = [say("Strategy"), say("Evidence"), say("Net gain"), say("Range"), say("Customers"), say("Moves")]
        judged = self.document["judgement"]["judged"] if self.document["judgement"] else []
        rows = []
        for j in sorted(judged, key=lambda j: (j["evidence"] in {"little", "same"}, -(j["net"] or 0.0))):
            known = j["evidence"] not in {"little", "same"} and j["net"] is not None and None not in j["net_interval"]
            ends = " … ".join(wording.signed_ends(*j["net_interval"])) if known else "–"
            rows.append(
                [Cell(wording.label(self.said(j["name"]), 80), kind="name"), Cell(say(EVIDENCE[j["evidence"]])),
                 Cell(wording.signed(j["net"]), j["net"], "amount") if known else Cell("–", kind="amount"), Cell(ends),
                 Cell(f"{j['customers']:,}", j["customers"], "count"), Cell(f"{j['moved']:,.0f}", j["moved"], "count")]
            )  # fmt: skip
        return Table("advice-table", say("Strategies tried on past periods"), head, rows)
