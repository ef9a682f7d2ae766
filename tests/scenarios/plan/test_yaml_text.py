from __future__ import annotations

import tracemalloc

import pytest

from scenarios.plan.yaml_text import MAX_NODES, parse_document, parse_value, read_document
from solver.problems import InputError


def problems(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(InputError) as caught:
        parse_document(text)
    return [(p.code, p.row) for p in caught.value.problems]


def test_lines_and_values():
    document = parse_document("period: 2026-Q4\nrules:\n  moves:\n    share: 0.1\nscenarios:\n  a: [b, c]\n")
    assert document.data == {"period": "2026-Q4", "rules": {"moves": {"share": 0.1}}, "scenarios": {"a": ["b", "c"]}}
    assert document.lines["rules.moves.share"] == 4


def test_keys_stay_as_written():
    assert parse_document("overrides: {no: {yes: 1}, 2026: {on: 2}}").data == {
        "overrides": {"no": {"yes": 1}, "2026": {"on": 2}}
    }


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate_key", 3),
        ("a: !!python/object/apply:os.system ['x']\n", "bad_tag", 1),
        ("a: !!python/name:os.system x\n", "bad_tag", 1),
        ("a: !mine 3\n", "bad_tag", 1),
        ("a: [1, 2\nb: 3\n", "bad_yaml", None),
        ("- a\n- b\n", "bad_yaml", None),
        ("just words", "bad_yaml", None),
        ("", "bad_yaml", None),
        ("? [a, b]\n: 1\n", "bad_key", 1),
        ("a: \x00", "bad_yaml", None),
        ("a: *nowhere\n", "bad_yaml", 1),
    ],
)
def test_refused(text, code, row):
    found = problems(text)
    assert found[0][0] == code
    if row:
        assert found[0][1] == row


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("a:\n  b: 1\n\tc: 2\n", "indent with spaces"),
        ("a: 1\nb: {c: [1, 2}\nd: 3\n", "close the bracket that row 2 opens"),
        ("a: {source: x.csv\nb: 1\n", "close the bracket that row 1 opens"),
        ("a: 'left open\nb: 1\n", "close the quotation mark that row 1 opens"),
        ("a: b: c\n", "needs quotation marks"),
    ],
)
def test_what_is_no_yaml_says_how_to_mend_it(text, fix):
    with pytest.raises(InputError) as caught:
        parse_document(text)
    assert fix in caught.value.problems[0].fix


def test_a_folder_leads_to_the_plan_in_it(tmp_path):
    (tmp_path / "plan.yaml").write_text("period: 2026-Q4\n")
    with pytest.raises(InputError, match=r"did you mean .*plan\.yaml"):
        read_document(tmp_path)


def test_alias_bomb_is_refused_without_expanding():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for letter, before in zip("bcdefghi", "abcdefgh", strict=True):
        bomb += f"{letter}: &{letter} [{','.join(['*' + before] * 10)}]\n"
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            parse_document(bomb)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()
    assert f"{MAX_NODES:,}" in str(caught.value)


def test_aliases_in_reason_are_fine():
    assert parse_document("a: &x {k: 1}\nb: *x\n").data == {"a": {"k": 1}, "b": {"k": 1}}


def test_missing_file_names_its_neighbours(tmp_path):
    (tmp_path / "plan.yaml").write_text("period: 2026")
    with pytest.raises(InputError, match=r"plan\.yaml"):
        read_document(tmp_path / "plann.yaml")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"name: \xb9\xfa\n"])
def test_not_utf8(tmp_path, content):
    (tmp_path / "plan.yaml").write_bytes(content)
    with pytest.raises(InputError, match="UTF-8"):
        read_document(tmp_path / "plan.yaml")


def test_folder_and_nul(tmp_path):
    with pytest.raises(InputError, match="folder"):
        read_document(tmp_path)
    with pytest.raises(InputError, match="cannot read"):
        read_document(tmp_path / "a\0b")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.05", 0.05), ("true", True), ("[a, b]", ["a", "b"]), ("{kind: pin}", {"kind": "pin"}), ("R07", "R07")],
)
def test_values_of_the_command_line(text, value):
    assert parse_value(text) == value
