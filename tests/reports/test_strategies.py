"""Strategies are said in words, in either language."""

import pytest

from reports.strategies import strategy
from reports.words import language

WRITTEN = {"objectives.fit.weight": 4.0, "rules.moves.share": 0.1, "objectives.balance_potential.tolerance": 0.15}


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("objectives.fit.weight=12", "fit weighs 12 instead of 4", "匹配度权重 12（原为 4）"),
        ("objectives.travel.weight=1.33", "travel weighs 1.33", "差旅距离权重 1.33"),
        ("rules.moves.share=0.05", "moves at most 5 % instead of 10 %", "调整额度不超过 5%（原为 10%）"),
        ("lean objectives.fit.weight=1 rules.moves.share=0.125",
         "lean, fit weighs 1 instead of 4, moves at most 12.5 % instead of 10 %",
         "lean、匹配度权重 1（原为 4）、调整额度不超过 12.5%（原为 10%）"),
        ("objectives.balance_potential.tolerance=0.1", "balance potential within 10 % instead of 15 %",
         "潜力均衡容差 10%（原为 15%）"),
        ("objectives.fit.source=learned", "fit: source learned", "匹配度的source：learned"),
        ('rules.our_own.where="a == 1"', "our own: where a == 1", "our own的where：a == 1"),
        ("base", "the plan as written", "原方案"),
        ("lean_stable", "lean stable", "lean stable"),
    ],
)  # fmt: skip
def test_a_strategy_is_said_in_words(name, english, chinese):
    assert strategy(name, WRITTEN) == english
    with language("zh"):
        assert strategy(name, WRITTEN) == chinese
