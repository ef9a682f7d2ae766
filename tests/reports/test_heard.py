"""What a run says in English is said in another language: from its text and values, or from its words alone."""

import pytest

import solver.objectives
import solver.rules  # noqa: F401
from reports import words
from reports.words.heard import heard
from reports.words.names import named
from solver.objectives.base import Term
from solver.rules.base import Rule
from solver.sentences import sentence, sentence_n

SETTINGS = [
    {"kind": "territory"}, {"kind": "skill"}, {"kind": "pin"}, {"kind": "pin", "to": "current_rep", "where": "a == 1"},
    {"kind": "capacity", "metric": "workload"}, {"kind": "capacity", "metric": "customers", "limit": 48},
    {"kind": "capacity", "metric": "customers", "limit": 48, "min": 5, "where": "segment == 'mid'"},
    {"kind": "capacity", "metric": "potential", "min": 5}, {"kind": "family"}, {"kind": "family", "within": "territory"},
    {"kind": "holding", "months": 6}, {"kind": "holding", "months": 1, "where": "segment == 'mid'"},
    {"kind": "move_budget", "metric": "potential", "share": 0.1}, {"kind": "separation", "column": "industry"},
    {"kind": "move_budget", "metric": "customers", "share": 0.1, "limit": 9, "scope": "team", "direction": "in"},
    {"kind": "separation", "groups": {"g": ["C1", "C2"]}, "limit": 2}, {"kind": "exclusion", "pairs": [["C1", "R1"]]},
    {"kind": "exclusion", "pairs": [["C1", "R1"]], "customers": "segment == 'mid'"},
    {"kind": "segment", "customers": "segment == 'mid'", "reps": "team == 'x'", "exclusive": True},
    {"kind": "robust", "metric": "workload", "level": 0.9, "limit": 400},
    {"kind": "fit"}, {"kind": "fit", "source": "learned"}, {"kind": "travel"}, {"kind": "expected_revenue"},
    {"kind": "continuity"}, {"kind": "continuity", "industry_loss": 0.5, "tenure_bonus": 0.1},
    {"kind": "balance", "metric": "potential"}, {"kind": "balance", "metric": "workload", "target": "capacity"},
]  # fmt: skip


def english(text, *allowed):
    """The English words left in a text."""
    for data in sorted(allowed, key=len, reverse=True):
        text = text.replace(data, "")
    return [w for w in "".join(c if c.isascii() and c.isalpha() else " " for c in text).split() if w]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_every_rule_and_term_speaks_chinese(settings):
    registry = {**Rule.registry, **Term.registry}
    says = registry[settings["kind"]].model_validate(settings).describe()
    assert heard(says) == says
    data = [str(v) for v in settings.values() if isinstance(v, str)]
    with words.language("zh"):
        assert not english(heard(says), *data), heard(says)


def test_every_kind_is_tried():
    assert {s["kind"] for s in SETTINGS} >= {*Rule.registry, *Term.registry} - {"test_kind"}


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("stays with its current rep", "保留现任代表"),
        ("stays with its current rep (the only eligible rep), with its family of 3",
         "保留现任代表（唯一可选的销售代表），与同集团的 3 家客户一起"),
        ("its rep R 07 is gone, with its family of 3", "原代表 R 07 已不在岗，与同集团的 3 家客户一起"),
        ("had no rep: best for balance_potential", "原来没有代表：对“潜力均衡”最有利"),
        ("moves for our own aim", "为了“our own aim”而更换代表"),
        ("R07 may not have it any more (territory and pods) (the only eligible rep)",
         "R07 不能再负责该客户（区域和pods）（唯一可选的销售代表）"),
        ("R07 may not have it any more (its family)", "R07 不能再负责该客户（因集团客户须在一起）"),
        ("no room left with its 3 eligible reps; full: R1, R2, R3 and 4 more",
         "可选的 3 位代表都没有余量；已满：R1, R2, R3 等，另有 4 个"),
        ("territory leaves nobody (EMEA/DE)", "“区域”规则下无人可选（EMEA/DE）"),
        ("territory leaves R1, R2; skill leaves R3; nobody is in all of them",
         "“区域”规则下只剩 R1, R2；“技能”规则下只剩 R3；没有人同时满足"),
        ("stays with its current rep; won 7 of 11 in medical; team average 4.5 of 11; with this customer 1 of 2",
         "保留现任代表；赢单 7/11（medical）；团队平均 4.5/11；与该客户 1/2"),
        ("C1, C2 have no eligible rep: no rep is active in the period", "C1, C2 没有符合条件的代表：本期没有在岗的代表"),
        ("written by hand and kept", "written by hand and kept"),
        ("", ""),
    ],
)  # fmt: skip
def test_kept_sentences_are_said_again(kept, said):
    assert heard(kept) == kept
    with words.language("zh"):
        assert heard(kept) == said


@pytest.mark.parametrize(
    ("kept", "english", "chinese"),
    [
        ("its rep R 07 is gone, with its family of 3", "its rep Ann Lee is gone, with its family of 3",
         "原代表 Ann Lee 已不在岗，与同集团的 3 家客户一起"),
        ("R2 may not have it any more (territory and R2)", "Bo (R2) may not have it any more (territory and R2)",
         "Bo (R2) 不能再负责该客户（区域和R2）"),
        ("no room left with its 3 eligible reps; full: R2, R 07, R9 and 4 more",
         "no room left with its 3 eligible reps; full: Bo (R2), Ann Lee, R9 and 4 more",
         "可选的 3 位代表都没有余量；已满：Bo (R2), Ann Lee, R9 等，另有 4 个"),
        ("territory leaves R2; nobody is in all of them", "territory leaves Bo (R2); nobody is in all of them",
         "“区域”规则下只剩 Bo (R2)；没有人同时满足"),
        ("stays with its current rep", "stays with its current rep", "保留现任代表"),
        ("R2 is written by hand", "R2 is written by hand", "R2 is written by hand"),
    ],
)  # fmt: skip
def test_reps_go_by_their_names(kept, english, chinese):
    names = {"R 07": "Ann Lee", "R2": "Bo (R2)"}
    assert heard(kept, names) == english
    with words.language("zh"):
        assert heard(kept, names) == chinese


def test_every_kept_text_says_itself_again_in_english():
    """Names are put in where reps stand, and nowhere else."""
    for message in words.messages("zh"):
        for text in message.texts if message.kept else ():
            kept = text.format_map({slot: "" if slot.startswith("and_") else "12" for slot in words.slots(text)})
            assert heard(kept, {"R1": "Ann"}) == kept


@pytest.mark.parametrize(
    "kept", ["reps carry equal potential, within 10.0%", "reps carry equal potential, within 10 %"]
)
def test_shares_are_written_alike_however_they_were_kept(kept):
    assert heard(kept) == "reps carry equal potential, within 10 %"
    with words.language("zh"):
        assert "10%" in heard(kept) and " %" not in heard(kept)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "balance", "metric": "potential", "tolerance": 0.125}, "within 12.5 %"),
        ({"kind": "move_budget", "metric": "potential", "share": 0.25}, "at most 25 % of potential"),
        ({"kind": "move_budget", "metric": "potential", "share": 0.0025}, "at most 0.25 % of potential"),
        ({"kind": "robust", "metric": "workload", "level": 0.999, "limit": 400}, "at least 99.9 %"),
    ],
)
def test_shares_of_a_plan_are_said_as_they_were_given(settings, said):
    assert said in {**Rule.registry, **Term.registry}[settings["kind"]].model_validate(settings).describe()


def test_names_of_the_user_stay():
    with words.language("zh"):
        assert named("balance potential") == "潜力均衡" and named("potential") == "潜力"
        assert named("our potential") == "our potential" and named("balance margin") == "balance margin"
        assert heard(sentence("moves for {term}", term="fit and friends")) == "为了“fit and friends”而更换代表"
        assert heard(sentence("its rep {rep} is gone{and_only}{and_family}{and_chosen}", rep="fit", and_only="",
                              and_family="", and_chosen="")) == "原代表 fit 已不在岗"  # fmt: skip
    assert named("potential") == "potential"


def test_a_sentence_is_plain_english_text():
    made = sentence_n("{n} month", "{n} months", 1200)
    assert made == "1,200 months" and isinstance(made, str) and made.text == "{n} month"
    assert str(made) is not made and type(str(made)) is str


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_was_kept_is_heard_like_what_was_just_made(settings):
    """Where the words alone leave no doubt."""
    says = {**Rule.registry, **Term.registry}[settings["kind"]].model_validate(settings).describe()
    with words.language("zh"):
        if settings["kind"] not in {"capacity", "exclusion", "robust"}:
            assert heard(str(says)) == heard(says)
