"""Term `travel`: reps are near their customers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from solver.checks import metric_problems
from solver.objectives.base import Term
from solver.problems import Problem
from solver.sentences import sentence
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View

EARTH_RADIUS_KM = 6371.0088


class Travel(Term):
    """Reps are near their customers: great-circle kilometres, weighted by workload.

    A customer without coordinates is left out. A rep without coordinates counts as far as the customer's farthest
    eligible rep; so does no rep at all.

    Mathematics: `100 · (1 − Σ_j w_j d_{j,a(j)} / Σ_j w_j max_i d_ij)`, max over eligible reps; d by the
    haversine formula.
    """

    kind: Literal["travel"] = "travel"
    value: str = Field("workload", description="what a customer counts: a numeric column, or customers")

    def apply(self, draft: Draft) -> None:
        """A gain for every kilometre saved against the farthest eligible rep."""
        p = draft.pairs
        lat, lon = (np.radians(draft.customers[c].to_numpy(dtype=np.float64)) for c in ("latitude", "longitude"))
        rep_lat, rep_lon = (np.radians(draft.reps[c].to_numpy(dtype=np.float64)) for c in ("latitude", "longitude"))
        a, b, c, d = lat[p.customer], lon[p.customer], rep_lat[p.rep], rep_lon[p.rep]
        h = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
        distance = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(h, 0, 1)))
        weight = draft.amounts(self.value)
        farthest = draft.best_per_customer(np.nan_to_num(distance))
        total = float((weight * farthest).sum())
        if total > 0:
            saved = np.nan_to_num(farthest[p.customer] - distance)
            draft.gain(100 * weight[p.customer] * saved / total)
        else:
            draft.grant(100)

    def measure(self, view: View) -> float:
        """Value from the tables alone."""
        travelled = most = 0.0
        customers, homes = places(view.customers), places(view.reps)
        for j, reps in enumerate(view.eligible):
            weight = view.amount(self.value, j)
            if not weight:
                continue
            here = customers[j]
            farthest = max((d for i in reps if (d := distance(here, homes[i])) == d), default=0.0)
            most += weight * farthest
            far = distance(here, homes[view.rep_of[j]]) if view.rep_of[j] >= 0 else math.nan
            travelled += weight * (far if far == far else farthest)
        return 100 * (1 - travelled / most) if most > 0 else 100.0

    def describe(self) -> str:
        """One sentence."""
        return sentence("reps are near their customers, weighted by {metric}", metric=self.value)

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Without coordinates the term says nothing."""
        yield from metric_problems("value", self.value, tables.customers, "value")
        for name, table in (("customer", tables.customers), ("rep", tables.reps)):
            without = int((table["latitude"].isna() | table["longitude"].isna()).sum())
            if without:
                yield Problem(
                    "no_coordinates", f"{without:,} of {len(table):,} {name}s have no coordinates", column="kind",
                    fix="map latitude and longitude, or drop the term", severity="warning",
                )  # fmt: skip


#: Latitude, longitude and the cosine of the latitude, radians; NaN where there are none.
Place = tuple[float, float, float]


def places(table: dict[str, list[Any]]) -> list[Place]:
    """Return where each row of a table is."""
    pairs = zip(table["latitude"], table["longitude"], strict=True)
    return [(math.radians(lat), math.radians(lon), math.cos(math.radians(lat))) for lat, lon in pairs]


def distance(one: Place, other: Place) -> float:
    """Great-circle kilometres between two places; NaN where one has no coordinates."""
    (a, b, cos_a), (c, d, cos_c) = one, other
    central = math.sin((c - a) / 2) ** 2 + cos_a * cos_c * math.sin((d - b) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(central))) if central == central else math.nan
