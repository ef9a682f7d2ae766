"""The example's customers: families, needs, value, and who looks after them now."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from scenarios.example.names import INDUSTRIES, Names
from scenarios.example.people import REPS, Rep
from scenarios.example.places import TERRITORIES, City, Territory

TODAY = dt.date(2026, 9, 30)
"""The day of the export: the last one before the period."""

SEGMENTS = {"enterprise": 0.15, "mid": 0.35, "small": 0.50}
_MEDIAN = {"enterprise": 95_000.0, "mid": 30_000.0, "small": 9_000.0}
_LANGUAGE = {"de": "german", "fr": "french", "zh": "mandarin"}
_FAMILIES = 25
_ABROAD = {4: "EMEA/DE/South", 9: "EMEA/FR/South", 14: "EMEA/BE", 19: "APAC/CN/South", 24: "APAC/SG"}
_RIVALS = {
    "battery cells": "energy",
    "private banking": "finance",
    "hospital IT": "healthcare",
    "grocery": "retail",
    "machine tools": "manufacturing",
    "payroll software": "software",
}

COLUMNS = [
    "customer_id",
    "name",
    "territory",
    "industry",
    "segment",
    "potential",
    "required_skills",
    "latitude",
    "longitude",
    "parent_id",
    "current_rep",
    "tenure",
    "pinned_rep",
    "feedback",
    "renewal_date",
    "competitor_group",
]


@dataclass
class Customer:
    """One row of ``customers.csv``, and what the history needs to know of it."""

    customer_id: str
    name: str
    territory: Territory
    city: City
    industry: str
    segment: str
    potential: int
    skills: dict[str, int]
    latitude: float
    longitude: float
    parent_id: str = ""
    current_rep: str = ""
    since: dt.date | None = None
    earlier_rep: str = ""
    pinned_rep: str = ""
    feedback: int | None = None
    renewal_date: dt.date | None = None
    competitor_group: str = ""

    def reps(self) -> list[Rep]:
        """Who may have it in the period."""
        return [r for r in REPS if r.here and r.covers(self.territory.path) and r.has(self.skills)]

    def row(self) -> dict[str, object]:
        """Return it as it stands in the file."""
        years = "" if self.since is None else f"{(TODAY - self.since).days / 365.25:.1f}"
        written = {
            **vars(self),
            "territory": self.territory.path,
            "required_skills": ";".join(f"{s}:{n}" for s, n in self.skills.items()),
            "latitude": f"{self.latitude:.4f}",
            "longitude": f"{self.longitude:.4f}",
            "tenure": years,
        }
        return {c: "" if written[c] is None else written[c] for c in COLUMNS}


def make_customers(seed: int) -> list[Customer]:
    """Make all of them, numbered in an order that says nothing."""
    rng = random.Random(f"{seed}: customers")  # noqa: S311
    names = Names(rng)
    slots = [t for t in TERRITORIES for _ in range(t.customers)]
    rng.shuffle(slots)
    families = _families(rng, slots)
    stems = {k: names.stem(slots[members[0]].language) for k, members in enumerate(families)}
    stem_at = {j: stems[k] for k, members in enumerate(families) for j in members}
    head_at = {j: members[0] for members in families for j in members[1:]}
    made: list[Customer] = []
    for j in sorted(range(len(slots)), key=lambda j: (j in head_at, j)):
        head = next((c for c in made if c.customer_id == _id(head_at[j])), None) if j in head_at else None
        made.append(_customer(rng, names, _id(j), slots[j], stem_at.get(j, ""), head))
    made.sort(key=lambda c: c.customer_id)
    grandchild = made[families[0][-1]]
    grandchild.parent_id = made[families[0][1]].customer_id
    _needs(rng, made)
    _current_reps(rng, made)
    _pins(rng, made)
    _rivals(rng, made)
    return made


def _id(position: int) -> str:
    return f"C{position + 1:04d}"


def _families(rng: random.Random, slots: list[Territory]) -> list[list[int]]:
    """Positions of each family, its head first: most in one territory, a few with a member in another."""
    free = list(range(len(slots)))
    families = []
    for k in range(_FAMILIES):
        home = rng.choice([slots[j] for j in free])
        near = [j for j in free if slots[j] is home]
        members = rng.sample(near, min(rng.choice((2, 2, 3, 3, 4, 5)) if k else 4, len(near)))
        abroad = [j for j in free if slots[j].path == _ABROAD.get(k) and j not in members]
        if abroad and len(members) < 5:
            members.append(rng.choice(abroad))
        if len(members) < 2:
            members = rng.sample(free, 2)
        families.append(members)
        free = [j for j in free if j not in members]
    return families


def _customer(
    rng: random.Random, names: Names, customer_id: str, territory: Territory, stem: str, head: Customer | None
) -> Customer:
    segments = list(SEGMENTS)
    segment = rng.choices(segments, SEGMENTS.values())[0]  # type: ignore[arg-type]
    industry = rng.choice(INDUSTRIES)
    if stem and head is None:
        segment = "enterprise" if rng.random() < 0.6 else "mid"
    if head is not None:
        industry = head.industry if rng.random() < 0.7 else industry
        segment = rng.choices(("mid", "small"), (0.4, 0.6))[0]
    city = rng.choice(territory.cities)
    worth = min(rng.lognormvariate(0, 0.75) * _MEDIAN[segment], 650_000)
    return Customer(
        customer_id,
        names.company(territory.language, industry, segment, stem),
        territory,
        city,
        industry,
        segment,
        max(500, round(worth / 100) * 100),
        {},
        city.latitude + rng.uniform(-0.12, 0.12),
        city.longitude + rng.uniform(-0.15, 0.15),
        parent_id=head.customer_id if head else "",
        renewal_date=TODAY + dt.timedelta(rng.randint(5, 540)) if rng.random() < 0.7 else None,
    )


def _needs(rng: random.Random, customers: list[Customer]) -> None:
    """Give required skills to about half, so that three reps and more remain for nearly everybody."""
    for c in customers:
        wanted: dict[str, int] = {}
        language = _LANGUAGE.get(c.territory.language)
        if language and rng.random() < 0.35:
            wanted[language] = rng.choice((3, 3, 4))
        if rng.random() < (0.35 if c.segment == "enterprise" else 0.15):
            wanted["cloud"] = rng.choice((2, 2, 3))
        if rng.random() < 0.08 or (c.industry in {"finance", "public"} and rng.random() < 0.15):
            wanted["security"] = 3
        if rng.random() < 0.08:
            wanted["data"] = 2
        for skill, level in wanted.items():
            trial = {**c.skills, skill: level}
            if sum(r.here and r.covers(c.territory.path) and r.has(trial) for r in REPS) >= 3:
                c.skills = trial


def _current_reps(rng: random.Random, customers: list[Customer]) -> None:
    """Say who looks after whom now: uneven books, leavers, some lost in a re-organisation, some with nobody."""
    by_id = {c.customer_id: c for c in customers}
    for c in sorted(customers, key=lambda c: (bool(c.parent_id), c.customer_id)):
        here = [r for r in REPS if r.pull and r.covers(c.territory.path)]
        rep = rng.choices(here, [r.pull for r in here])[0]
        if rng.random() < 0.06:  # from before the territories were redrawn
            outside = [r for r in REPS if r.pull and r.here and r.team == rep.team and not r.covers(c.territory.path)]
            rep = rng.choice(outside) if outside else rep
        head = by_id.get(c.parent_id)
        if head and head.current_rep and head.territory is c.territory and rng.random() < 0.85:
            rep = next(r for r in REPS if r.rep_id == head.current_rep)
        others = [r for r in here if r is not rep]
        c.earlier_rep = rng.choice(others).rep_id if others else ""
        if rng.random() < 0.04:
            c.earlier_rep = ""
            continue  # new business: nobody's yet
        c.current_rep = rep.rep_id
        c.since = TODAY - dt.timedelta(round(min(90 + rng.expovariate(1 / 900), 3600)))


def _pins(rng: random.Random, customers: list[Customer]) -> None:
    """Pin ten customers to their current rep, of whom no family and no rivalry asks anything else."""
    parents = {c.parent_id for c in customers if c.parent_id}
    free = [
        c
        for c in customers
        if not c.parent_id and c.customer_id not in parents and c.current_rep in {r.rep_id for r in c.reps()}
    ]
    for c in rng.sample([c for c in free if c.segment != "small"], 10):
        c.pinned_rep = c.current_rep


def _rivals(rng: random.Random, customers: list[Customer]) -> None:
    """Name a few competitors, two or three of one country, that must not share a rep."""
    parents = {c.parent_id for c in customers if c.parent_id}
    free = [
        c
        for c in customers
        if not c.parent_id and c.customer_id not in parents and not c.pinned_rep and c.segment != "small"
    ]
    for k, (group, industry) in enumerate(_RIVALS.items()):
        size = 2 + k % 2
        countries: dict[str, list[Customer]] = {}
        for c in free:
            if c.industry == industry and c.territory.path.count("/") == 2:
                countries.setdefault(c.territory.path.rsplit("/", 1)[0], []).append(c)
        for c in rng.sample(rng.choice([found for found in countries.values() if len(found) >= size]), size):
            c.competitor_group = group
