"""Hand-over packs: a page for every rep and manager whose customers change, an index, and their fonts, in one ZIP."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from markupsafe import Markup

from reports import metrics, style, typeface, wording
from reports.headlines import at_risk
from reports.history import Past, pasts
from reports.html import TEMPLATES, environment
from reports.reasons import reasons
from reports.words import current, mark, say, say_n
from reports.words.heard import heard
from scenarios.files import safe_name
from scenarios.run.record import Run
from scenarios.run.sales import sales_of

#: Most rows of a suggested list of joint calls.
CALLS = 25
_WHY = {
    "chosen": mark("by choice: {reason}"), "forced": mark("had to move: {reason}"), "new": mark("first rep: {reason}"),
    "": mark("no rep now: {reason}"),
}  # fmt: skip
_COSTS = {
    True: mark("A customer that changes hands usually costs {share} of its yearly sales."),
    False: mark("A customer that changes hands costs {share} of its yearly sales."),
}
#: Where the signs that readers' fonts may lack stand, beside the pages.
FONTS = "fonts"


@dataclass(frozen=True)
class Change:
    """A customer that changes hands.

    Attributes
    ----------
    giver, taker : rep_id before and after; empty for none.
    kind : chosen, forced, new, or empty where the customer ends without a rep.
    potential : money of the period, in the units of the input.
    sales : what it buys in a year, see `scenarios.run.sales`.
    renewal : day of the next renewal, ISO; empty where none is known.
    reason : of the run, as it is said.
    """

    customer_id: str
    name: str
    giver: str
    taker: str
    kind: str
    potential: float
    sales: float
    renewal: str
    reason: str
    past: Past

    @property
    def why(self) -> str:
        """Whether it was a choice, and the reason."""
        return say(_WHY[self.kind], reason=self.reason)


@dataclass
class Person:
    """A rep or a manager with the customers gained and lost, largest potential first."""

    key: str
    name: str
    under: str
    file: str = ""
    reps: list[str] = field(default_factory=list)
    gained: list[Change] = field(default_factory=list)
    lost: list[Change] = field(default_factory=list)

    def total(self, side: Literal["gained", "lost"]) -> float:
        """Return the potential gained or lost."""
        return math.fsum(c.potential for c in (self.gained if side == "gained" else self.lost))


def handover(run: Run, tell: Callable[[float], None] | None = None) -> bytes:
    """Return the packs as a ZIP file's content, the same bytes for the same run.

    It holds ``index.html``, ``reps/<name>.html`` and ``managers/<name>.html``. A rep without a manager is under its
    team. The joint calls are those customers a rep gains from a rep who is still there, by value at risk: yearly sales
    times the shares of `headlines.at_risk`, the sums that the page's figure is made of. Signs that readers' fonts may
    lack stand once for all pages in ``fonts/``; a page taken out of the folder shows them in the reader's own fonts.

    Parameters
    ----------
    tell : told which part of the pages is made, 0 to 1.
    """
    packs = _Packs(run)
    bodies = {"index.html": packs.index()}
    people = [("reps", p) for p in packs.reps] + [("managers", p) for p in packs.managers]
    for n, (folder, person) in enumerate(people):
        if tell:
            tell(n / len(people))
        bodies[f"{folder}/{person.file}"] = packs.page(person, of_rep=folder == "reps")
    fonts, _ = typeface.pieces(body for _, body in bodies.values())
    beside = {f"{FONTS}/{n}.woff": font for n, font in enumerate(fonts, 1)}
    pages = {name: packs.framed(*body, name.count("/"), beside).encode() for name, body in bodies.items()}
    return _zipped(pages | beside, run)


def _zipped(files: dict[str, bytes], run: Run) -> bytes:
    stream = io.BytesIO()
    moment = run.created.timetuple()[:6]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, content)
    return stream.getvalue()


class _Packs:
    def __init__(self, run: Run):
        self.run = run
        reps = run.tables.reps
        self.names = metrics.rep_names(run)
        self.active = set(run.books.loc[run.books["active"].astype(bool), "rep_id"]) if len(run.books) else set()
        rows = zip(reps["rep_id"], reps["manager"], reps["team"], strict=True)
        self.boss = {r: m or (say("team {team}", team=t) if t else say(metrics.NO_TEAM)) for r, m, t in rows}
        self.contact = dict(zip(reps["rep_id"], reps["email"], strict=True)) if "email" in reps else {}
        sales, of = sales_of(run)
        self.changes = list(_changes(run, sales))
        self.reps = [Person(r, self.names[r], self.boss[r], reps=[r]) for r in reps["rep_id"]]
        self.managers = [Person(b, b, "") for b in sorted(set(self.boss.values()))]
        by_rep, by_boss = ({p.key: p for p in people} for people in (self.reps, self.managers))
        for rep, boss in self.boss.items():
            by_boss[boss].reps.append(rep)
        for change in self.changes:
            giver, taker = by_rep.get(change.giver), by_rep.get(change.taker)
            for person in (taker, by_boss.get(self.boss.get(change.taker, ""))):
                if person:
                    person.gained.append(change)
            for person in (giver, by_boss.get(self.boss.get(change.giver, ""))):
                if person:
                    person.lost.append(change)
        self.reps = [p for p in self.reps if p.gained or p.lost]
        self.managers = [p for p in self.managers if p.gained or p.lost]
        for people in (self.reps, self.managers):
            _name_files(people)
        self.files = {p.key: f"reps/{p.file}" for p in self.reps}
        self.looks: dict[int, dict[str, str]] = {}
        self.css = (TEMPLATES / "handover.css").read_text(encoding="utf-8")
        made = environment()
        self.pages = {n: made.get_template(f"{n}.html.j2") for n in ("handover", "handover_index", "handover_page")}
        head = metrics.headline(run)
        risk = at_risk(run, head)
        self.shares = risk.shares
        share = say("{share} %", share="–".join(dict.fromkeys(f"{100 * s:.3g}" for s in risk.shares)))
        self.common = {
            "plan": wording.plan_title(head["plan"], head["period"]),
            "run": run.id,
            "sales_from": say("Yearly sales: {what}.", what=heard(of)),
            "costs": say(_COSTS[risk.usual], share=share.replace(" ", "\N{NO-BREAK SPACE}")),
        }

    def index(self) -> tuple[str, str]:
        """Return title and body of the page that links to all others."""
        score = say(
            "The plan: {score} points. {verdict}", score=metrics.in_words(self.run), verdict=metrics.verdict(self.run)
        )
        body = self.pages["handover_index"].render(**self.common, score=score, reps=self.reps, managers=self.managers)
        return say("Hand-over packs, {plan}", plan=self.common["plan"]), body

    def page(self, person: Person, of_rep: bool) -> tuple[str, str]:
        """Return title and body of the page of a rep or a manager."""
        calls = sorted((c for c in person.gained if c.giver in self.active), key=lambda c: -c.sales)
        later = [c for c in person.gained if c.giver and c.giver not in self.active]
        title = self.label(person.key) if of_rep else person.name
        body = self.pages["handover"].render(
            **self.common,
            person=person,
            of_rep=of_rep,
            title=title,
            said=self._said(person),
            loads=list(self._loads(person)),
            calls=[self._call(c) for c in calls[:CALLS]],
            more_calls=max(0, len(calls) - CALLS),
            later=len(later),
            gained=[self._row(c, c.giver, c.taker) for c in person.gained],
            lost=[self._row(c, c.taker, c.giver) for c in person.lost],
        )
        return say("{who}: hand-over, {plan}", who=title, plan=self.common["plan"]), body

    def framed(self, title: str, body: str, depth: int, fonts: Iterable[str]) -> str:
        """Return a whole page that stands `depth` folders down, with fonts beside it."""
        if depth not in self.looks:
            css = typeface.css("../" * depth + name for name in fonts) + self.css
            digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
            policy = (
                f"default-src 'none'; style-src 'sha256-{digest}'; font-src 'self'; base-uri 'none'; form-action 'none'"
            )
            self.looks[depth] = {"css": Markup(css), "policy": policy}  # noqa: S704 - ours
        return self.pages["handover_page"].render(
            title=title,
            body=Markup(body),  # noqa: S704 - ours
            lang={"zh": "zh-CN"}.get(current(), current()),
            **self.looks[depth],
        )

    def _said(self, person: Person) -> str:
        """What a rep or the reps of a manager gain and give away, in a sentence."""
        gains = say_n("Gains {n} customer ({money} of potential)", "Gains {n} customers ({money} of potential)",
                      len(person.gained), money=wording.short(person.total("gained")))  # fmt: skip
        gives = say_n("gives away {n} customer ({money}).", "gives away {n} customers ({money}).",
                      len(person.lost), money=wording.short(person.total("lost")))  # fmt: skip
        return say("{gains} and {gives}", gains=gains, gives=gives)

    def label(self, rep: str) -> str:
        """Return a rep's name with the id where they differ."""
        name = self.names.get(rep, rep)
        return rep if name == rep else f"{name} ({rep})"

    def talk_to(self, rep: str, giver: bool) -> str:
        """Return who to ask about a customer: the other rep, or the manager where that one is gone."""
        if not rep:
            return say("nobody had it before") if giver else say("nobody has it now")
        if rep in self.active or not giver:
            mail = str(self.contact.get(rep) or "")
            return say("{rep}, {mail}", rep=self.label(rep), mail=mail) if mail else self.label(rep)
        manager = self.boss.get(rep, say(metrics.NO_TEAM))
        return say("{rep} is gone; ask {manager}", rep=self.label(rep), manager=manager)

    def _row(self, change: Change, other: str, own: str) -> dict[str, Any]:
        return {"change": change, "talk": self.talk_to(other, other == change.giver), "own": self.label(own)}

    def _call(self, change: Change) -> dict[str, Any]:
        low, high = wording.ends(*(change.sales * share for share in self.shares))
        return {"change": change, "with": self.talk_to(change.giver, True), "own": self.label(change.taker),
                "risk": low if low == high else f"{low}–{high}"}  # fmt: skip

    def _loads(self, person: Person) -> Iterable[dict[str, Any]]:
        """Book sizes before and after: for a manager a row a rep."""
        table = self.run.books[self.run.books["rep_id"].isin(person.reps)]
        for row in table.to_dict("records"):
            yield {
                "name": self.label(str(row["rep_id"])),
                "active": bool(row["active"]),
                "file": self.files.get(str(row["rep_id"]), ""),
                "cells": [(row[f"{m}_before"], row[m]) for m in ("customers", "potential", "workload")],
            }


def _changes(run: Run, sales: Mapping[str, float]) -> Iterable[Change]:
    """Yield customers that change hands, largest potential first; those that lose their rep and get none last."""
    past, nothing, said = pasts(run), Past(), reasons(run)
    days = run.tables.customers["renewal_date"]
    renewal = {
        c: d.date().isoformat() if d == d else ""
        for c, d in zip(run.tables.customers["customer_id"], days, strict=True)
    }
    for row in style.rows(metrics.moves(run)):
        who = str(row.customer_id)
        yield Change(who, str(row.customer), str(row.from_rep), str(row.to_rep), str(row.kind), float(row.potential),
                     sales[who], renewal[who], said(str(row.reason)), past.get(who, nothing))  # fmt: skip
    left = metrics.left_out(run) if metrics.has_plan(run) else metrics.left_out(run).head(0)
    for row in style.rows(left[left["from_rep"] != ""]):
        who = str(row.customer_id)
        yield Change(who, str(row.customer), str(row.from_rep), "", "", float(row.potential), sales[who],
                     renewal[who], said(str(row.reason)), past.get(who, nothing))  # fmt: skip


def _name_files(people: list[Person]) -> None:
    """Give each a file name of its own that is safe on every system."""
    taken: set[str] = set()
    for person in people:
        stem = safe_name(person.name if person.name == person.key else f"{person.name} {person.key}")
        name, n = stem, 2
        while name.casefold() in taken:
            name, n = f"{stem}-{n}", n + 1
        taken.add(name.casefold())
        person.file = f"{name}.html"
