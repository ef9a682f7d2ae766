"""What is said of a plan before solving: counts, pairs lost, who is tight and where, with the names people know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenarios.check import Examined, examine
from scenarios.run.prepare import prepare

CUSTOMERS = """\
customer_id,territory,workload,required_skills
C1,EMEA/DE,10,
C2,EMEA/DE,10,cloud
C3,EMEA/DE/South,10,
C4,EMEA/FR,10,
C5,APAC,1,
"""
REPS = """\
rep_id,name,territories,skills,capacity
R1,Ann,EMEA/DE,cloud,20
R2,Bob,EMEA/DE;APAC,,20
R3,,EMEA/FR,,9
"""
PLAN = """\
period: 2026-Q4
data: {customers: {source: customers.csv}, reps: {source: reps.csv}}
rules: {territory: {}, skill: {}, capacity: {metric: workload}}
objectives: {continuity: {weight: 1}}
"""


@pytest.fixture
def examined(tmp_path: Path) -> Examined:
    for name, content in {"customers.csv": CUSTOMERS, "reps.csv": REPS, "plan.yaml": PLAN}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return examine(prepare(tmp_path / "plan.yaml"))


def test_pairs_lost_add_up(examined):
    assert (examined.customers, examined.reps, examined.pairs) == (5, 3, 7)
    assert [(loss.rule, loss.first, loss.alone) for loss in examined.lost] == [("territory", 7, 6), ("skill", 1, 1)]
    assert 5 * 3 - sum(loss.first for loss in examined.lost) == examined.pairs


def test_tight_sets_have_names_and_territories(examined):
    tight = {t.pressure.reps: t for t in examined.tight}
    assert tight["R3",].rep_names == ("R3",)
    assert tight["R3",].territories == ("EMEA/FR",)
    german = tight["R1", "R2"]
    assert (german.pressure.demand, german.pressure.limit) == (31, 40)
    assert german.rep_names == ("Ann", "Bob")
    assert german.territories == ("EMEA/DE", "EMEA/DE/South", "APAC")
    assert examined.rep_names == {"R1": "Ann", "R2": "Bob"}


def test_json_carries_the_same(examined):
    said = json.loads(json.dumps(examined.as_dict()))
    assert said["lost"][0] == {"rule": "territory", "first": 7, "alone": 6}
    (german,) = [t for t in said["tight"] if t["reps"] == ["R1", "R2"]]
    assert german["rep_names"] == ["Ann", "Bob"]
    assert german["territories"] == ["EMEA/DE", "EMEA/DE/South", "APAC"]
    assert german["share"] == pytest.approx(31 / 40)
    assert said["rep_names"] == {"R1": "Ann", "R2": "Bob"}


def test_scenarios_that_would_fail_are_told_of_beforehand(tmp_path):
    more = """
overrides:
  good: {rules: {skill: null}}
  typo: {rules: {capacity: {limt: 3}}}
  again: {rules: {skill: {}}}
scenarios:
  fine: [good]
  lost: [gone]
  both: [typo, good]
  twice: [good, again]
  none_of_these: 5
"""
    for name, content in {"customers.csv": CUSTOMERS, "reps.csv": REPS, "plan.yaml": PLAN + more}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    warned = [p.line() for p in examine(prepare(tmp_path / "plan.yaml")).notes if "scenario" in p.line()]
    for words in (
        ("scenarios.lost: scenario lost: there is no override 'gone'",),
        ("scenario both: rules.capacity.limt: unknown key, did you mean limit?",),
        ("scenario twice: rules.skill is set by overrides.good too",),
        ("scenarios.none_of_these: scenario none_of_these: must be the name of an override",),
    ):
        assert [all(w in line for w in words) for line in warned].count(True) == 1, warned
    assert len(warned) == 4
