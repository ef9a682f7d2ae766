import dataclasses
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from python_calamine import CalamineWorkbook

from reports.words import language, languages
from reports.workbook import workbook
from scenarios.feedback.feedback import apply_feedback
from scenarios.feedback.sheet import (
    ACCEPT,
    CHALLENGE,
    COLUMNS,
    CUSTOMER,
    FORMS,
    PIN,
    PIN_TO,
    PLANNED,
    REASON,
    RUN,
    SHEET,
    VERDICT,
    WHO,
    verdict_like,
    verdict_of,
)
from scenarios.run.prepare import prepare
from scenarios.run.run import solve_prepared
from solver.names import fold
from solver.problems import InputError

CUSTOMERS = """\
customer_id,name,territory,potential,workload,current_rep,parent_id,pinned_rep
C1,=Acme,EMEA/DE,1000,3,R1,,
C2,Beta,EMEA/DE,2500,6,R1,,
C3,Gamma,EMEA/FR,800,3,R2,,
C4,Delta,EMEA/FR,1200,6,R2,,
C5,王伟,EMEA/DE,900,4,R1,,
C6,Zeta,EMEA/DE,700,4,R2,C5,
1007,Eta,EMEA/DE,600,2,,,
+8,Theta,EMEA/DE,500,2,,,
C9,Iota,EMEA/DE,100,1,R1,,R1
C10,Kappa,APAC,100,1,,,
C11,Lambda,EMEA/IT,100,1,,,
"""
REPS = """\
rep_id,name,territories,capacity,active
R1,Ann,EMEA,16,
R2,Bob,EMEA/DE;EMEA/FR,40,
R3,Cho,EMEA/DE,40,
R4,Cho,EMEA/FR,40,
R5,Dee,EMEA,40,false
"""
PLAN = """\
period: 2026-Q4
data:
  customers: {source: customers.csv}
  reps: {source: reps.csv}
rules:
  territory: {}
  family: {}
  capacity: {metric: workload}
  locked: {kind: pin}
objectives:
  balance_potential: {kind: balance, weight: 1}
  continuity: {weight: 1}
solve: {time_limit: 10, workers: 1, gap: 0}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    for name, content in {"customers.csv": CUSTOMERS, "reps.csv": REPS, "plan.yaml": PLAN}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(folder):
    return solve_prepared(prepare(folder / "plan.yaml"))


def reps_of(run):
    return dict(zip(run.assignment["customer_id"], run.assignment["rep_id"], strict=True))


@pytest.fixture
def answered(run, tmp_path):
    """Fill in the sheet of the run's own workbook: what to write by customer_id, then whole rows to add."""
    original = tmp_path / "original.xlsx"
    original.write_bytes(workbook(run))
    rows = CalamineWorkbook.from_path(str(original)).get_sheet_by_name(SHEET).to_python()

    def fill(answers, added=(), columns=COLUMNS):
        target = tmp_path / "answered.xlsx"
        book = xlsxwriter.Workbook(str(target), {"strings_to_formulas": False})
        book.add_worksheet("Summary").write_string(0, 0, "something else")
        sheet = book.add_worksheet(SHEET)
        sheet.write_row(0, 0, columns)
        table = [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]
        for row in table:
            row.update(answers.get(row[CUSTOMER].removeprefix("'"), {}))
        for n, row in enumerate([*table, *added], 1):
            for at, column in enumerate(columns):
                if row.get(column, "") != "":
                    sheet.write(n, at, row[column])
        book.close()
        return target

    fill.place = {row[0].removeprefix("'"): n for n, row in enumerate(rows[1:], 2)}
    return fill


def pin(to="", reason=""):
    return {VERDICT: "pin", PIN_TO: to, REASON: reason}


def challenge(reason="no"):
    return {VERDICT: "challenge", REASON: reason}


def refused(run, file):
    with pytest.raises(InputError) as error:
        apply_feedback(run, file)
    return error.value.problems


def only(run, file):
    (problem,) = refused(run, file)
    return problem


def test_an_untouched_sheet_says_nothing(run, tmp_path):
    target = tmp_path / "workbook.xlsx"
    target.write_bytes(workbook(run))
    feedback = apply_feedback(run, target)
    assert feedback.override == {} and feedback.answers == () and feedback.rows == 11
    assert yaml.safe_load(feedback.yaml()) == {}


def test_answers_become_an_override_that_the_next_plan_keeps(run, folder, answered, tmp_path):
    before = reps_of(run)
    away = next(c for c in ("C1", "C2") if before[c] in {"R1", "R2", "R3"})
    file = answered(
        {
            away: challenge("they\nfell out: #1"),
            "C3": pin("Ann (R1)", "knows them"),
            "1007": pin("bob"),
            "+8": pin(),
            "C4": {VERDICT: "Accept", REASON: "good", WHO: "Mia"},
            "C2" if away == "C1" else "C1": {REASON: "a remark alone"},
        }
    )
    feedback = apply_feedback(run, file)
    assert feedback.override == {
        "customers": {"C3": {"pinned_rep": "R1"}, "1007": {"pinned_rep": "R2"}, "+8": {"pinned_rep": before["+8"]}},
        "rules": {"feedback_challenges": {"kind": "exclusion", "pairs": [[away, before[away]]]}},
    }
    assert (feedback.count("pin"), feedback.count("challenge"), feedback.count("accept")) == (3, 1, 1)
    out = tmp_path / "overrides.yaml"
    out.write_text(feedback.yaml(), encoding="utf-8")
    assert yaml.safe_load(feedback.yaml()) == feedback.override
    text = feedback.yaml()
    assert "knows them" in text and "Mia): good" in text and "a remark alone" in text and "they\\x0afell out" in text
    again = solve_prepared(prepare(folder / "plan.yaml", sets=(f"@{out}",)))
    after = reps_of(again)
    assert (after["C3"], after["1007"], after["+8"]) == ("R1", "R2", before["+8"]) and after[away] != before[away]
    assert "feedback_challenges" in again.result["rules"]


def test_feedback_on_feedback_keeps_earlier_challenges(run, folder, answered, tmp_path):
    before = reps_of(run)
    out = tmp_path / "one.yaml"
    out.write_text(apply_feedback(run, answered({"C3": challenge()})).yaml(), encoding="utf-8")
    second = solve_prepared(prepare(folder / "plan.yaml", sets=(f"@{out}",)))
    rep = reps_of(second)["C4"]
    target = tmp_path / "second.xlsx"
    book = xlsxwriter.Workbook(str(target))
    sheet = book.add_worksheet(SHEET)
    sheet.write_row(0, 0, [CUSTOMER, VERDICT, REASON])
    sheet.write_row(1, 0, ["C4", "challenge", "why not"])
    book.close()
    pairs = apply_feedback(second, target).override["rules"]["feedback_challenges"]["pairs"]
    assert pairs == [["C3", before["C3"]], ["C4", rep]]


def test_accepted_customers_stay_where_that_is_asked(run, folder, answered, tmp_path):
    """Without it an accepted customer may still move; with it the pins hold though the plan wants something else."""
    before = reps_of(run)
    accepted = {c: {VERDICT: "accept"} for c in ("C1", "C2", "C10")}
    file = answered({**accepted, "C3": pin("R1")})
    assert set(apply_feedback(run, file).override["customers"]) == {"C3"}
    feedback = apply_feedback(run, file, pin_accepted=True)
    assert "C10" not in before, "nobody has it, so there is nobody to pin it to"
    pins = {c: {"pinned_rep": before[c]} for c in ("C1", "C2")}
    assert feedback.override["customers"] == {**pins, "C3": {"pinned_rep": "R1"}}
    assert feedback.counts() == "1 pinned, 0 challenged, 3 accepted and pinned too"
    out = tmp_path / "overrides.yaml"
    out.write_text(feedback.yaml(), encoding="utf-8")
    banned = "rules.no_more={kind: exclusion, pairs: [[C4, R2], [C4, R1]]}"
    after = reps_of(solve_prepared(prepare(folder / "plan.yaml", sets=(f"@{out}", banned))))
    assert [after[c] for c in ("C1", "C2", "C3")] == [before["C1"], before["C2"], "R1"]


def test_what_is_accepted_may_not_contradict_a_pin_of_the_family(run, answered):
    """C5 and C6 are one family."""
    there = reps_of(run)["C5"]
    file = answered({"C5": {VERDICT: "accept"}, "C6": pin("R3" if there != "R3" else "R1")})
    assert apply_feedback(run, file).override
    with pytest.raises(InputError) as error:
        apply_feedback(run, file, pin_accepted=True)
    assert [p.code for p in error.value.problems] == ["family_split"]


def test_a_plan_without_a_pin_rule_gets_one(run, answered):
    rules = {k: v for k, v in run.plan["rules"].items() if k != "locked"}
    bare = dataclasses.replace(run, plan=run.plan | {"rules": rules})
    override = apply_feedback(bare, answered({"C3": pin("R1")})).override
    assert override["rules"] == {"feedback_pins": {"kind": "pin"}}


@pytest.mark.parametrize(
    ("answers", "code", "column"),
    [
        ({"C1": challenge("")}, "no_reason", REASON),
        ({"C1": {VERDICT: "reject"}}, "unknown_verdict", VERDICT),
        ({"C1": {PIN_TO: "R1"}}, "no_verdict", VERDICT),
        ({"C1": pin("R9")}, "unknown_rep", PIN_TO),
        ({"C1": pin("Cho")}, "unknown_rep", PIN_TO),
        ({"C1": challenge() | {PIN_TO: "R1"}}, "verdict_unclear", PIN_TO),
        ({"C3": {VERDICT: "accept", PIN_TO: "R3"}}, "verdict_unclear", PIN_TO),
        ({"C10": challenge()}, "nothing_to_challenge", VERDICT),
        ({"C10": pin()}, "nothing_to_pin", PIN_TO),
        ({"C10": pin("R1")}, "pin_ineligible", PIN_TO),
        ({"C3": pin("R3")}, "pin_ineligible", PIN_TO),
        ({"C3": pin("R5")}, "pin_inactive", PIN_TO),
        ({"C1": {VERDICT: "accept", RUN: "ffffffffffff"}}, "other_run", RUN),
        ({"C1": {VERDICT: "accept", PLANNED: "Dee (R5)"}}, "other_rep", PLANNED),
    ],
)
def test_what_cannot_be_done_is_named_with_its_cell(run, answered, answers, code, column):
    problem = only(run, answered(answers))
    (customer,) = answers
    letter = "ABCDEFGHIJK"[COLUMNS.index(column)]
    assert (problem.code, problem.severity) == (code, "error")
    assert problem.address == f"Feedback!{letter}{answered.place[customer]}"


def test_answers_that_contradict_each_other(run, answered):
    assert only(run, answered({"C5": pin("R2"), "C6": pin("R3")})).code == "family_split"
    assert only(run, answered({"C2": pin("R2")}, [{CUSTOMER: "C2", VERDICT: "accept"}])).code == "two_rows"
    planned = reps_of(run)["C5"]
    assert "challenge_against_pin" in {p.code for p in refused(run, answered({"C5": challenge(), "C6": pin(planned)}))}
    everything = {c: pin("R1") for c in ("C1", "C2", "C3", "C4")}
    overload = only(run, answered(everything))
    assert (
        overload.code == "pins_overload" and "19 of workload" in overload.message and "at most 16" in overload.expected
    )


def test_every_conflict_is_listed_at_once(run, answered):
    found = refused(run, answered({"C1": challenge(""), "C3": pin("R3"), "C4": pin("R99"), "C2": {VERDICT: "maybe"}}))
    assert {p.code for p in found} == {"no_reason", "pin_ineligible", "unknown_rep", "unknown_verdict"}


def test_unknown_customers_are_errors_even_without_a_verdict(run, answered):
    problem = only(run, answered({}, [{CUSTOMER: "C99"}]))
    assert problem.code == "unknown_customer" and problem.cell == "A13" and "did you mean" in problem.fix
    assert only(run, answered({}, [{VERDICT: "accept"}])).code == "no_customer"


def test_a_challenge_that_leaves_nobody_is_a_warning_unless_all_must_be_served(run, answered):
    file = answered({"C11": challenge()})
    (warning,) = apply_feedback(run, file).warnings
    assert (warning.code, warning.severity) == ("nobody_left", "warning")
    strict = dataclasses.replace(run, plan=run.plan | {"coverage": "required"})
    assert only(strict, file).code == "nobody_left"


def test_a_challenged_pin_is_dropped(run, answered):
    feedback = apply_feedback(run, answered({"C9": challenge()}))
    assert feedback.override["customers"] == {"C9": {"pinned_rep": None}}
    assert [w.code for w in feedback.warnings] == ["pin_dropped"]


def test_ids_that_became_numbers_and_columns_in_another_order(run, answered):
    columns = [REASON, VERDICT, CUSTOMER, PIN_TO]
    file = answered({}, [{CUSTOMER: 1007, VERDICT: " PIN ", PIN_TO: "R2"}], columns)
    assert apply_feedback(run, file).override["customers"] == {"1007": {"pinned_rep": "R2"}}


def test_a_formula_nobody_worked_out_is_an_error(run, tmp_path):
    target = tmp_path / "f.xlsx"
    book = xlsxwriter.Workbook(str(target))
    sheet = book.add_worksheet(SHEET)
    sheet.write_row(0, 0, [CUSTOMER, VERDICT, PIN_TO])
    sheet.write_string(1, 0, "C1")
    sheet.write_formula(1, 1, "=NA()", None, "#N/A")
    book.close()
    assert "spreadsheet_error" in {p.code for p in refused(run, target)}


def test_files_that_are_no_feedback(run, tmp_path, answered):
    assert only(run, tmp_path / "none.xlsx").code
    text = tmp_path / "feedback.csv"
    text.write_text("Customer ID,Verdict\nC1,pin\n", encoding="utf-8")
    assert only(run, text).code == "not_a_workbook"
    other = tmp_path / "other.xlsx"
    book = xlsxwriter.Workbook(str(other))
    book.add_worksheet("Sheet1").write_string(0, 0, "Customer ID")
    book.close()
    assert only(run, other).code == "unknown_sheet"
    missing = answered({}, columns=[CUSTOMER, REASON])
    assert only(run, missing).code == "missing_column"
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_000)
    assert only(run, bomb).code == "zip_bomb"


# --- in another language --------------------------------------------------------------------------


def filled(run, code, target, answers):
    """The run's workbook in a language, its Feedback sheet answered there: by customer_id, words as people choose them."""
    form = FORMS[code]
    with language(code):
        target.write_bytes(workbook(run))
    rows = CalamineWorkbook.from_path(str(target)).get_sheet_by_name(form.sheet).to_python()
    assert rows[0] == list(form.titles.values())
    book = xlsxwriter.Workbook(str(target), {"strings_to_formulas": False})
    book.add_worksheet("another").write_string(0, 0, "-")
    sheet = book.add_worksheet(form.sheet)
    sheet.write_row(0, 0, rows[0])
    for n, row in enumerate(rows[1:], 1):
        said = {form.titles[c]: text for c, text in answers.get(row[0].removeprefix("'"), {}).items()}
        for at, (title, cell) in enumerate(zip(rows[0], row, strict=True)):
            if (value := said.get(title, cell)) != "":
                sheet.write(n, at, value)
    book.close()
    return target


@pytest.mark.parametrize("reader", sorted(FORMS))
@pytest.mark.parametrize("code", sorted(FORMS))
def test_a_sheet_is_read_back_whatever_language_it_and_its_reader_have(run, tmp_path, code, reader):
    words = FORMS[code].verdicts
    said = {"C1": {VERDICT: words[CHALLENGE], REASON: "no"}, "C3": {VERDICT: words[PIN], PIN_TO: "Ann (R1)"},
            "C4": {VERDICT: words[ACCEPT], WHO: "Mia"}, "1007": {VERDICT: words[PIN], PIN_TO: "Bob（R2）"}}  # fmt: skip
    target = filled(run, code, tmp_path / "workbook.xlsx", said)
    with language(reader):
        feedback = apply_feedback(run, target)
    assert feedback.override == {
        "customers": {"C3": {"pinned_rep": "R1"}, "1007": {"pinned_rep": "R2"}},
        "rules": {"feedback_challenges": {"kind": "exclusion", "pairs": [["C1", reps_of(run)["C1"]]]}},
    }
    told = feedback.as_dict()
    assert (told["pinned"], told["challenged"], told["accepted"]) == (2, 1, 1)
    assert {a["verdict"] for a in told["answers"]} == {ACCEPT, CHALLENGE, PIN}
    assert {a["cell"].partition("!")[0] for a in told["answers"]} == {FORMS[code].sheet}


def test_a_verdict_in_english_counts_in_a_chinese_sheet_and_errors_name_its_own_words(run, tmp_path):
    target = filled(run, "zh", tmp_path / "workbook.xlsx", {"C3": {VERDICT: " Accept "}})
    assert apply_feedback(run, target).count(ACCEPT) == 1
    problem = only(run, filled(run, "zh", tmp_path / "workbook.xlsx", {"C3": {VERDICT: "不行"}}))
    assert (problem.code, problem.column) == ("unknown_verdict", "意见")
    assert problem.address.startswith("反馈!G") and "同意, 异议, 指定" in problem.expected


@pytest.mark.parametrize(
    ("written", "code", "meant"),
    [("acept", "en", ACCEPT), ("Disagree", "en", CHALLENGE), ("not accepted", "en", ""), ("ok", "en", ACCEPT),
     ("不同意", "zh", CHALLENGE), ("坚决不同意", "zh", ""), ("固定", "zh", PIN), ("xyz", "en", "")],
)  # fmt: skip
def test_a_word_that_says_no_is_never_taken_for_yes(written, code, meant):
    form = FORMS[code]
    assert verdict_of(written) == "" and verdict_like(written, form) == (form.verdicts[meant] if meant else "")


def test_words_of_all_languages_are_told_apart():
    for form in FORMS.values():
        assert list(form.titles) == list(COLUMNS) and list(form.verdicts) == [ACCEPT, CHALLENGE, PIN]
    meant = {}
    for form in FORMS.values():
        for known in (form.titles, form.verdicts):
            for key, word in known.items():
                assert meant.setdefault((len(known), fold(word)), key) == key
    assert set(FORMS) == set(languages())
