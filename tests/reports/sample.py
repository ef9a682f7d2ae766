"""Small synthetic runs, built by hand from a seed: no solver needed, and every awkward thing is in them."""

import datetime as dt
import math
import random
from dataclasses import replace

import pandas as pd

from scenarios.run.record import Run
from solver.tables import Tables

PEOPLE = [
    "Ana Lindqvist", "王伟", "Bo O'Neill", "Chidi Okafor-Bartholomew", "李秀英", "Dana Weiß",
    "Émile Durand", "Farah Haddad", "Gus Ng", "Hana Sato", "Ivan Petrov", "Jo Smith", "Kemal Öztürk",
    "Lucía Fernández de la Vega",
    "Maximilian von Hohenzollern-Sigmaringen",
]  # fmt: skip
COMPANIES = [
    "Nordwind Logistik",
    "上海华信科技有限公司",
    "<script>alert(1)</script> Ltd",
    "Ace & Sons",
    "=SUM(A1) Trading",
    "北京中关村软件",
    "Delta $5 Stores",
]
HOSTILE = [
    "=HYPERLINK(\"http://x.example\",\"y\")", "+1+1", "@SUM(A1)", "\t=1", "<script>alert(1)</script>",
    "\"'><img src=http://x.example onerror=alert(2)>", "</style></svg><iframe src=javascript:alert(3)>", "{{ 7 * 7 }}",
    "../../x", "..\\..\\y", "/etc/passwd", "con", "nul\x00l", "a\nb", "x" * 10_000, "שלום עולם \u202egpj.exe",
    "👩‍👩‍👧 Ltd", "$\\frac{1}{0}$", "%s %(n)s {0}", "_x003D_1",
]  # fmt: skip
"""Names that somebody may have typed to do harm, or that break what is careless."""
TEAMS = ["North", "华南 South", "West"]


def sample(reps: int = 6, teams: int = 2, customers: int = 40, seed: int = 1, optimal: bool = False) -> Run:
    """A run with a leaver, a starter, forced, chosen and new moves, and a customer nobody gets."""
    chance, places = random.Random(seed), random.Random(seed + 1)
    active = [f"R{i + 1:02d}" for i in range(reps)]
    leaver = f"R{reps + 1:02d}"
    rep_rows = [
        {
            "rep_id": r,
            "name": PEOPLE[i] if i < len(PEOPLE) else f"Rep Number {i + 1}",
            "team": TEAMS[i * teams // max(1, reps)],
            "capacity": 400.0,
            "ramp": 0.5 if i == reps - 1 else 1.0,
            "latitude": 47.5 + places.random() * 7,
            "longitude": 6.0 + places.random() * 9,
        }
        for i, r in enumerate(active)
    ]
    rep_rows.append({"rep_id": leaver, "name": "Zoë Leaver", "team": TEAMS[0], "capacity": 400.0, "active": False})
    rows, picks = [], []
    for j in range(customers):
        at = chance.choice([*active[:-1], *active[:3], leaver]) if j % 9 else ""
        name = COMPANIES[j] if j < len(COMPANIES) else f"Customer {j + 1:03d}"
        rows.append(
            {
                "customer_id": f"C{j + 1:04d}", "name": name, "current_rep": at,
                "workload": float(chance.randint(4, 40)),
                "potential": float(round(chance.lognormvariate(12, 1))),
                "latitude": 47.5 + places.random() * 7, "longitude": 6.0 + places.random() * 9,
            }
        )  # fmt: skip
    tables = Tables.of(rows, rep_rows)
    load = dict.fromkeys(active, 0.0)
    even = sum(float(str(r["potential"])) for r in rows) / max(1, reps)
    for row in sorted(rows[:-1], key=lambda r: -float(str(r["potential"]))):
        before, value = str(row["current_rep"]), float(str(row["potential"]))
        to = before if before in load and load[before] + value <= 1.15 * even else min(active, key=lambda r: load[r])
        load[to] += value
        moved = "kept" if to == before else "new" if not before else "forced" if before == leaver else "chosen"
        reason = {"kept": "stays", "new": "had no rep", "forced": "its rep left", "chosen": "evens out potential"}[
            moved
        ]
        picks.append(
            (
                row["customer_id"],
                to,
                before,
                moved,
                round(chance.random(), 3),
                row["potential"],
                row["workload"],
                reason,
            )
        )
    picks.sort()
    columns = ["customer_id", "rep_id", "previous_rep", "moved", "fit", "potential", "workload", "reason"]
    assignment = pd.DataFrame(picks, columns=columns)
    unassigned = pd.DataFrame(
        [(rows[-1]["customer_id"], "no rep covers its territory EMEA/DE")] if rows else [],
        columns=["customer_id", "reason"],
    )
    trace = [
        (0.2, 71.0, 100.0),
        (0.6, 80.5, 93.0),
        (1.4, 84.0, 89.5),
        (3.1, 86.6, 88.0),
        (7.5, 87.3, 87.45),
        (9.0, 87.3, 87.4),
    ]
    terms = {
        "fit": ("fit", 86.0, 4), "balance_potential": ("balance", 93.1, 3), "continuity": ("continuity", 84.0, 3),
    }  # fmt: skip
    score = sum(s * w for _, s, w in terms.values()) / sum(w for *_, w in terms.values())
    bound = score if optimal else score + 0.1
    result = {
        "status": "optimal" if optimal else "feasible",
        "score": score,
        "bound": bound,
        "gap": bound - score,
        "terms": {n: {"kind": k, "score": s, "weight": w} for n, (k, s, w) in terms.items()},
        "metrics": {},
        "seconds": 9.2,
        "seed": 1,
        "workers": 2,
        "reproducible": optimal,
        "versions": {"fairbook": "0.1.0", "ortools": "9.15"},
        "input_hashes": {"customers": "ab" * 32, "reps": "cd" * 32},
        "audit": {"violations": []},
        "trace": [
            {"seconds": t, "score": score - 87.3 + s, "bound": min(100.0, bound - 87.4 + b)} for t, s, b in trace
        ],
        "notes": ["read `AnnualRevenue` as potential"],
    }
    return Run(
        id="0123456789ab",
        created=dt.datetime(2026, 9, 21, 14, 30, tzinfo=dt.UTC),
        plan_name="autumn",
        scenario="base",
        plan=PLAN,
        result=result,
        tables=tables,
        assignment=assignment,
        unassigned=unassigned,
        books=_books(tables, assignment),
    )


PLAN = {
    "period": "2026-Q4",
    "data": {"customers": {"source": "customers.csv"}, "reps": {"source": "reps.csv"}},
    "rules": {
        "territory": {},
        "capacity": {"metric": "workload"},
        "moves": {"kind": "move_budget", "metric": "potential", "share": 0.1},
    },
    "objectives": {
        "fit": {"weight": 4},
        "balance_potential": {
            "kind": "balance",
            "metric": "potential",
            "target": "equal",
            "tolerance": 0.1,
            "weight": 3,
        },
        "continuity": {"weight": 3},
    },
    "solve": {"time_limit": 60, "gap": 0.1, "workers": 2, "seed": 1},
}


def _books(tables: Tables, assignment: pd.DataFrame) -> pd.DataFrame:
    table = tables.reps[["rep_id", "name", "team", "active"]].copy()
    now = dict(zip(assignment["customer_id"], assignment["rep_id"], strict=True))
    after = tables.customers["customer_id"].map(now)
    n = int(table["active"].sum())
    for metric in ("customers", "potential", "workload"):
        amount = pd.Series(1.0, index=tables.customers.index) if metric == "customers" else tables.customers[metric]
        table[metric] = [float(amount[after == r].sum()) for r in table["rep_id"]]
        table[f"{metric}_before"] = [float(amount[tables.customers["current_rep"] == r].sum()) for r in table["rep_id"]]
        even = float(amount.sum()) / max(1, n)
        target = table["active"].map({True: even, False: math.nan})
        table[f"{metric}_target"] = target if metric == "potential" else math.nan
        table[f"{metric}_low"] = table[f"{metric}_target"] * 0.9
        table[f"{metric}_high"] = table[f"{metric}_target"] * 1.1
        table[f"{metric}_min"] = math.nan
        table[f"{metric}_max"] = [1.4 * even if metric == "workload" and a else math.nan for a in table["active"]]
    return table


def hostile() -> Run:
    """A run, ready for HubSpot, in which every name, note and reason is one of `HOSTILE`."""
    run = sample(reps=12, teams=3, customers=60)

    def odd(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
        return table.assign(**{
            c: [HOSTILE[(k + n) % len(HOSTILE)] for n in range(len(table))] for k, c in enumerate(columns)
        })  # fmt: skip

    customers = odd(run.tables.customers, "name", "territory", "segment", "industry", "note")
    reps = odd(run.tables.reps, "name", "team", "manager")
    customers["hubspot_id"] = [str(9_000_000_000 + n) for n in range(len(customers))]
    reps["email"] = [f"rep{n}@example.com" for n in range(len(reps))]
    books = run.books.assign(name=reps["name"], team=reps["team"])
    return replace(
        run, plan_name=HOSTILE[8], scenario=HOSTILE[4], result=run.result | {"notes": HOSTILE},
        tables=Tables(customers, reps, run.tables.history), assignment=odd(run.assignment, "reason"),
        unassigned=odd(run.unassigned, "reason"), books=books,
    )  # fmt: skip


def without_plan(status: str = "infeasible") -> Run:
    """A run that found no plan: no assignment, no score."""
    run = sample()
    result = run.result | {"status": status, "score": None, "bound": None, "gap": None, "terms": {}, "trace": []}
    unassigned = pd.DataFrame({"customer_id": run.tables.customers["customer_id"], "reason": "no plan"})
    return replace(
        run, result=result, assignment=run.assignment.head(0), unassigned=unassigned, books=run.books.head(0)
    )
