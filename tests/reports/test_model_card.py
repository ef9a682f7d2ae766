"""What the page tells of a learned fit: only where one was used, in plain words, in either language."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from reports import charts, model_card
from reports.model_card import _tuned
from reports.page import page
from reports.words import language
from scenarios.plan.card_file import NAME, read_card
from solver.fit.learned import card as cards
from solver.fit.learned.model import Model, Part
from solver.fit.learned.settings import Learning
from tests.reports.sample import sample

FIGURES = {"learned": (0.62, 1.3, 0.673), "declared": (0.53, 1.1, 0.6919), "overall": (0.5, 1.0, 0.6928)}
CARD = {
    "model": "0" * 64, "verdict": "earned", "forced": False, "method": "effects",
    "data": {"closed": 1131, "won": 529, "customers": 374, "reps": 13, "first": "2025-04-01", "last": "2026-09-30"},
    "checked": {"events": 600, "won": 300, "first": "2025-10-22", "last": "2026-09-30", "gain": 0.0199,
                "gain_at_least": 0.0013, "over_declared": 0.0189, "over_declared_at_least": -0.0029},
    "figures": {name: dict(zip(("auc", "lift", "log_loss"), values, strict=True)) for name, values in FIGURES.items()},
    "calibration": {"slope": 0.766, "slope_range": [0.476, 1.057], "applied": False, "bins": [
        {"forecast": f, "actual": f + 0.04, "low": f - 0.1, "high": f + 0.15, "events": 200.0} for f in (0.3, 0.5, 0.7)
    ]},
    "overlap": {"pairs": 1430, "customer": 0.319, "industry": 0.929, "rep": 0.929},
    "caveats": [*map(str, cards.CAVEATS), str(cards.INTERVALS["effects"])],
}  # fmt: skip


def learned(**changes):
    run = sample(customers=20)
    return dataclasses.replace(run, result=run.result | {"learned": CARD | changes})


@pytest.fixture(autouse=True)
def no_charts(monkeypatch):
    monkeypatch.setattr(charts, "charts", dict)


def told(html: str) -> str:
    part = re.search(r'<section aria-labelledby="fit">.*?</section>', html, re.DOTALL)
    assert part is not None
    text = re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]+>", " ", part[0], flags=re.DOTALL))
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_tells_what_fit_was_learned_from_and_how_good_it_is():
    html = page(learned())
    text = told(html)
    for words in (
        "1,131 closed opportunities, 529 of them won, of 374 customers and 13 reps", "It earned its place",
        "a win above a loss 62 times of 100, declared fit 53 times", "Of the fifth that it ranked highest 65 %",
        "of all 50 %", "is 0.6730, that of declared fit 0.6919: a gain of +0.0189", "at least −0.0029",
        "were won 7.7 points more often (95 %: 4.8 to 10.6); 10 would be exact. They are used as they are.",
        "very customer in 32 %",
        "not left to chance", "Learned fit 62 65 % 0.6730",
    ):  # fmt: skip
        assert words in text, words
    assert 'href="#fit"' in html and "3 of 3 groups came true as forecast" in html
    assert "It did not earn its place" in told(page(learned(verdict="declined", forced=True)))


@pytest.mark.parametrize(
    ("slope", "between", "english", "chinese"),
    [
        (
            -1.86,
            [-3.0, -0.7],
            "were won 18.6 points less often (more often, 95 %: −30.0 to −7.0).",
            "反而低 18.6 个百分点",
        ),
        (
            0.0,
            [-1.0, 1.0],
            "were won 0.0 points more often (95 %: −10.0 to 10.0); 10 would be exact.",
            "高出 0.0 个百分点",
        ),
    ],
)
def test_chances_that_point_the_wrong_way_are_told_as_such(slope, between, english, chinese):
    tuned = {"slope": slope, "slope_range": between, "applied": True}
    assert english in _tuned(tuned)[0]
    with language("zh"):
        assert chinese in _tuned(tuned)[0]


def test_no_section_where_nothing_was_learned_and_no_picture_of_it_twice():
    run = sample(customers=20)
    assert 'id="fit"' not in page(run)
    html = page(learned(), [learned()])
    assert html.count("groups came true as forecast</b>") == 1 and 'id="s1-fit"' in html


def test_in_chinese_nothing_is_left_in_english():
    with language("zh"):
        said = model_card.section(learned().result["learned"], {}, "", picture=False)
    texts = [*said["said"], *said["tuned"], said["reach"], *said["caveats"], *(row[0] for row in said["rows"])]
    plain = [re.sub(r"fairbook learn --force|--propensity|learn\.weighting: propensity", "", t) for t in texts]
    assert [t for t in plain if re.search("[a-z]{2}", t)] == []


@pytest.mark.parametrize(
    ("changes", "chinese"),
    [
        ({}, "它证明了自己更好"), ({"verdict": "declined", "forced": True}, "仍按要求"),
        ({"verdict": "declined"}, "匹配度仍按声明"), ({"verdict": "too_little", "figures": {}}, "数据太少"),
    ],
)  # fmt: skip
def test_the_card_is_a_page_of_markdown_in_chinese(changes, chinese):
    card = CARD | changes | {"data": CARD["data"] | {"hashes": {"history": "ab" * 32}}}
    with language("zh"):
        text = model_card.markdown(card)
    assert text.startswith("# 学习") and chinese in text and "ab" * 32 in text
    assert ("| ---: |" in text) is bool(card["figures"]) and text.count("\n- ") == len(CARD["caveats"]) + 2
    known = r"fairbook learn --force|--propensity|learn\.weighting: propensity|card\.json|SHA-256|`\w+`"
    assert re.findall("[a-z]{2,}", re.sub(known, "", text)) == []


def test_a_card_is_read_only_where_it_is_that_of_the_model(tmp_path: Path):
    model = Model(Learning(), {"customer": [], "industry": [], "segment": []}, Part(0.0, (), ()), 1.0, 0.0, None, True)
    assert read_card(tmp_path, model) is None, "none is there"
    of_it = CARD | {"model": model.sha256, "secret": 1}
    for content, known in (
        (json.dumps(of_it), True), (json.dumps(CARD), False), (json.dumps(of_it | {"figures": {"learned": 1}}), False),
        (json.dumps(of_it | {"caveats": [{"a": 1}]}), False), ("{", False), ("[]", False),
    ):  # fmt: skip
        (tmp_path / NAME).write_text(content, encoding="utf-8")
        read = read_card(tmp_path, model)
        assert (read is not None) is known, content[:80]
        assert read is None or (read["data"] == CARD["data"] and "secret" not in read)
