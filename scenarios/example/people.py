"""The example's reps, twelve that work in the period and two that have left, and what each is secretly good at."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pandas as pd

from scenarios.example import places
from scenarios.example.names import INDUSTRIES
from scenarios.example.places import City


@dataclass(frozen=True)
class Rep:
    """One row of ``reps.csv``, and how large a part of its territories' customers the rep has come by (`pull`)."""

    rep_id: str
    name: str
    team: str
    manager: str
    territories: str
    skills: str
    industries: str
    segments: str
    home: City
    pull: float
    capacity: int
    quota: int
    ramp: float = 1.0
    start_date: str = ""
    end_date: str = ""
    active: str = "yes"

    def covers(self, territory: str) -> bool:
        """Whether the rep may have customers of a territory."""
        return any(territory == t or territory.startswith(t + "/") for t in self.territories.split(";"))

    def has(self, required: dict[str, int]) -> bool:
        """Whether the rep has every required skill at its level."""
        held = {s.partition(":")[0]: int(s.partition(":")[2]) for s in self.skills.split(";")}
        return all(held.get(skill, 0) >= level for skill, level in required.items())

    @property
    def here(self) -> bool:
        """Whether the rep works in the period."""
        return not self.end_date


_DACH = ("DACH", "Katrin Albers")
_WEST = ("France and Benelux", "Olivier Marchand")
_APAC = ("APAC", "周敏")

REPS = (
    Rep("R01", "Anna Becker", *_DACH, "EMEA/DE;EMEA/AT", "german:5;cloud:4;data:2",
        "manufacturing;energy", "enterprise;mid", places.HAMBURG, 2.2, 238, 420_000),
    Rep("R02", "Lukas Hoffmann", *_DACH, "EMEA/DE", "german:5;cloud:2;security:4;data:3", "healthcare;public",
        "mid;small", places.BERLIN, 0.9, 220, 340_000),
    Rep("R03", "Mehmet Yıldız", *_DACH, "EMEA/DE/South;EMEA/AT", "german:4;cloud:3;security:3;data:2",
        "finance;retail", "enterprise;mid", places.MUNICH, 1.6, 228, 390_000),
    Rep("R04", "Sophie Gruber", *_DACH, "EMEA/AT;EMEA/DE", "german:5;cloud:3;data:4;security:3",
        "software;energy;finance", "mid;small", places.VIENNA, 0.8, 212, 330_000),
    Rep("R05", "Camille Laurent", *_WEST, "EMEA/FR;EMEA/BE", "french:5;cloud:4;security:3;data:2", "finance;healthcare",
        "enterprise;mid", places.PARIS, 1.8, 236, 410_000),
    Rep("R06", "Hugo Moreau", *_WEST, "EMEA/FR", "french:5;cloud:2;data:3;security:3", "retail;manufacturing",
        "mid;small", places.LYON, 1.3, 220, 330_000),
    Rep("R07", "Inès Keller", *_WEST, "EMEA/FR;EMEA/BE;EMEA/DE/South", "french:5;german:4;cloud:3;data:2",
        "public;energy", "mid;small", places.STRASBOURG, 1.1, 222, 340_000),
    Rep("R08", "Noor Janssens", *_WEST, "EMEA/BE;EMEA/FR/North;EMEA/DE/North", "french:4;german:3;cloud:3;security:3",
        "software;retail", "small;mid", places.BRUSSELS, 0.0, 220, 110_000, 0.5, "2026-11-02"),
    Rep("R09", "李婷", *_APAC, "APAC", "mandarin:5;cloud:4;data:3", "manufacturing;software",
        "enterprise;mid", places.SHANGHAI, 2.0, 228, 400_000),
    Rep("R10", "王志强", *_APAC, "APAC/CN", "mandarin:5;cloud:2;security:4;data:2", "public;energy;healthcare",
        "mid;small", places.BEIJING, 0.8, 212, 330_000),
    Rep("R11", "陈晓雨", *_APAC, "APAC", "mandarin:5;cloud:3;data:4;security:3", "retail;healthcare",
        "mid;small", places.SHENZHEN, 1.4, 216, 350_000),
    Rep("R12", "Marcus Tan", *_APAC, "APAC", "mandarin:4;cloud:4;security:3", "finance;software",
        "enterprise;mid", places.SINGAPORE, 0.8, 216, 360_000),
    Rep("R13", "Peter Lindner", *_DACH, "EMEA/DE/South;EMEA/AT", "german:5;cloud:2", "manufacturing;retail",
        "mid;small", places.FRANKFURT, 1.0, 220, 320_000, end_date="2026-08-31"),
    Rep("R14", "赵磊", *_APAC, "APAC/CN", "mandarin:5;cloud:3", "energy;manufacturing",
        "mid;small", places.BEIJING, 1.1, 220, 320_000, end_date="2026-09-30", active="no"),
)  # fmt: skip

COLUMNS = [
    "rep_id",
    "name",
    "team",
    "manager",
    "territories",
    "skills",
    "industries",
    "segments",
    "capacity",
    "quota",
    "ramp",
    "start_date",
    "end_date",
    "latitude",
    "longitude",
    "active",
]


def rows() -> list[dict[str, object]]:
    """Return the rows of ``reps.csv``."""
    found = []
    for rep in REPS:
        row = {**vars(rep), "latitude": f"{rep.home.latitude:.2f}", "longitude": f"{rep.home.longitude:.2f}"}
        found.append({column: row[column] for column in COLUMNS})
    return found


@dataclass
class Affinity:
    """How much likelier a rep wins in an industry, in log-odds; nothing of it is written to the files."""

    seed: int
    strength: float = 1.0
    values: dict[tuple[str, str], float] = field(init=False)

    def __post_init__(self) -> None:
        """Draw it: what a rep declares holds half the truth, the rest only history can show."""
        rng = random.Random(f"{self.seed}: affinity")  # noqa: S311
        self.values = {}
        for rep in REPS:
            for industry in INDUSTRIES:
                declared = 0.7 if industry in rep.industries.split(";") else -0.3
                self.values[rep.rep_id, industry] = self.strength * (declared + rng.gauss(0, 0.7))


def hidden_affinity(seed: int = 2026, affinity: float = 1.0) -> pd.DataFrame:
    """Return the true affinity behind the history, log-odds of winning: a row a rep, a column an industry."""
    values = Affinity(seed, affinity).values
    table = [[values[rep.rep_id, industry] for industry in INDUSTRIES] for rep in REPS]
    return pd.DataFrame(table, index=pd.Index([r.rep_id for r in REPS], name="rep_id"), columns=list(INDUSTRIES))
