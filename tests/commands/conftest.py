from pathlib import Path

import pytest

CUSTOMERS = """\
customer_id,territory,potential,workload,current_rep
C1,EMEA/DE,1000,3,R1
C2,EMEA/DE,2500,6,R1
C3,EMEA/FR,800,3,R2
C4,EMEA/FR,1200,6,R2
"""
REPS = """\
rep_id,name,territories,capacity
R1,Ann,EMEA,40
R2,Bob,EMEA,40
"""
PLAN = """\
period: 2026-Q4
data:
  customers: {source: customers.csv}
  reps: {source: reps.csv}
coverage: required
rules:
  territory: {}
  capacity: {metric: workload}
objectives:
  balance_potential: {kind: balance, weight: 1}
  continuity: {weight: 1}
solve: {time_limit: 10, workers: 1, gap: 0}
"""


def write_small(folder: Path, plan: str = PLAN) -> None:
    """Write a plan of four customers and two reps into a folder."""
    for name, content in {"customers.csv": CUSTOMERS, "reps.csv": REPS, "plan.yaml": plan}.items():
        (folder / name).write_text(content, encoding="utf-8")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with a plan of four customers and two reps."""
    write_small(tmp_path)
    return tmp_path
