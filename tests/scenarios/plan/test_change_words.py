"""Changes of the company as said on the command line."""

from __future__ import annotations

import json

import pytest

from scenarios.plan.change_words import SAID, change_sets
from solver.problems import InputError


def entry(option: str, text: str) -> dict:
    (assignment,) = change_sets({option: (text,)})
    key, _, value = assignment.partition("=")
    assert key == "changes"
    (found,) = json.loads(value)
    return found


@pytest.mark.parametrize(
    ("option", "text", "kind", "keys"),
    [
        ("rep-left", "R07", "rep_leaves", {"rep": "R07"}),
        ("rep-left", " R07  on 2026-11-14", "rep_leaves", {"rep": "R07", "date": "2026-11-14"}),
        ("rep-joined", "like R07", "rep_joins", {"like": "R07"}),
        ("rep-joined", "2 like R07 in EMEA/DE", "rep_joins", {"count": 2, "like": "R07", "territories": "EMEA/DE"}),
        ("rep-joined", "like R07 as Ann Lee from 2026-12-01 ramp 0.5", "rep_joins",
         {"like": "R07", "name": "Ann Lee", "date": "2026-12-01", "ramp": 0.5}),
        ("rep-joined", "R13 in EMEA/DE; EMEA/AT team North East skills cloud:3;sql capacity 200", "rep_joins",
         {"rep": "R13", "territories": "EMEA/DE; EMEA/AT", "team": "North East", "skills": "cloud:3;sql", "capacity": 200}),
        ("territory-moved", "EMEA/DE to Made to Measure", "territory_moves",
         {"territory": "EMEA/DE to Made", "to_team": "Measure"}),
        ("territory-moved", "EMEA/DE/South to North", "territory_moves", {"territory": "EMEA/DE/South", "to_team": "North"}),
        ("demand-grown", "enterprise +20%", "demand_grows", {"segment": "enterprise", "share": 0.2}),
        ("demand-grown", "key accounts by −7.5 %", "demand_grows", {"segment": "key accounts", "share": -0.075}),
        ("demand-grown", "industry == 'retail' 10%", "demand_grows", {"where": "industry == 'retail'", "share": 0.1}),
        ("skill-trained", "R07 Cloud Ops:3", "skill_trained", {"rep": "R07", "skill": "Cloud Ops", "level": 3}),
        ("skill-trained", "R07 cloud", "skill_trained", {"rep": "R07", "skill": "cloud"}),
    ],
)  # fmt: skip
def test_what_is_said_becomes_a_declared_change(option, text, kind, keys):
    assert entry(option, text) == {kind: keys}


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("rep-left", "", "says no change"),
        ("rep-left", "R07 on Friday", "'Friday' is no day such as 2026-11-14"),
        ("rep-joined", "like R07 ramp half", "ramp 'half' is no number"),
        ("rep-joined", "like R07 in", "nothing after 'in'"),
        ("rep-joined", "", "says no change"),
        ("territory-moved", "EMEA/DE", "says no change"),
        ("demand-grown", "enterprise", "says no change"),
        ("skill-trained", "R07", "says no change"),
    ],
)
def test_what_says_nothing_is_refused_with_an_example(option, text, message):
    with pytest.raises(InputError, match=message) as caught:
        change_sets({option: (text,)})
    assert caught.value.problems[0].expected == SAID[option]


def test_all_that_is_wrong_is_told_at_once_and_nothing_said_is_no_assignment():
    with pytest.raises(InputError) as caught:
        change_sets({"rep-left": ("", "R1"), "demand-grown": ("x",)})
    assert len(caught.value.problems) == 2
    assert change_sets({"rep-left": ()}) == ()


def test_changes_are_made_in_one_order_whatever_the_order_of_the_options():
    (one,) = change_sets({"skill-trained": ("R1 cloud",), "rep-left": ("R2", "R3")})
    assert [next(iter(e)) for e in json.loads(one.partition("=")[2])] == ["rep_leaves", "rep_leaves", "skill_trained"]
