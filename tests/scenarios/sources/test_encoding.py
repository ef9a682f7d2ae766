from __future__ import annotations

import pytest

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.encoding import decode

CHINESE = "customer_id,name\n1,上海启明软件有限公司\n2,深圳市前海贸易\n3,张伟\n4,北京字节科技\n"
TAIWAN = "customer_id,name\n1,台灣積體電路製造股份有限公司\n2,鴻海精密工業\n3,王小明\n"
GERMAN = "customer_id,name\n1,Müller GmbH\n2,ÄÖÜ AG\n3,Café Noir\n4,São Paulo\n"
JAPANESE = "customer_id,name\n1,株式会社日立製作所\n2,トヨタ自動車\n3,ソニー\n"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"],
)
def test_chinese_is_read_in_any_usual_encoding(encoding: str) -> None:
    found = Collector()
    assert decode(CHINESE.encode(encoding), None, "a.csv", found) == CHINESE
    if encoding.startswith("gb"):
        (note,) = found.problems
        assert "gb18030" in note.message and "张伟" in note.message and note.severity == "note"
    else:
        assert not found.problems


@pytest.mark.parametrize(("text", "encoding"), [(TAIWAN, "big5"), (GERMAN, "cp1252"), (JAPANESE, "shift_jis")])
def test_others_are_guessed_and_said(text: str, encoding: str) -> None:
    found = Collector()
    assert decode(text.encode(encoding), None, "a.csv", found) == text
    assert encoding in found.problems[0].message


def test_big_endian_with_mark() -> None:
    assert decode(b"\xfe\xff" + "a,b".encode("utf-16-be"), None, "a.csv", Collector()) == "a,b"


@pytest.mark.parametrize("data", ["id\n喆骏\n".encode("gbk"), "id\nИванов\n".encode("cp1251")])
def test_a_doubtful_encoding_is_asked_about(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        decode(data, None, "a.csv", Collector())
    (problem,) = caught.value.problems
    assert problem.code == "ambiguous_encoding" and "encoding" in problem.fix
    assert decode(data, "gbk" if data.startswith(b"id\n\x86") else "cp1251", "a.csv", Collector())[3:] in {
        "喆骏\n", "Иванов\n",
    }  # fmt: skip


def test_one_broken_line_in_utf8_is_named() -> None:
    lines = [f"{i},Müller".encode() for i in range(30)]
    lines[17] = "17,Müller".encode("cp1252")
    with pytest.raises(Refused) as caught:
        decode(b"\n".join(lines), None, "a.csv", Collector())
    assert (caught.value.problems[0].code, caught.value.problems[0].row) == ("bad_encoding", 18)


@pytest.mark.parametrize(
    ("data", "named", "code"),
    [
        (b"\x00\x01\x02\x03" * 500, None, "binary_file"),
        (bytes(range(256)) * 20, None, "binary_file"),
        ("a,b\n1,2\n".encode("utf-16-le"), None, "bad_encoding"),
        ("a,é".encode("cp1252"), "utf-8", "bad_encoding"),
        (b"a,b", "klingon", "unknown_encoding"),
        (b"a,b", "zlib", "unknown_encoding"),
        ("a,b".encode("utf-16")[:-1], None, "bad_encoding"),
    ],
)
def test_what_is_no_text(data: bytes, named: str | None, code: str) -> None:
    with pytest.raises(Refused) as caught:
        decode(data, named, "a.csv", Collector())
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("cells", "encoding"),
    [
        (["北京", "张伟", "医疗"], "gb18030"), (["华东", "华北", "百度"], "gb18030"), (["李娜"], "gb18030"),
        (["台北", "謝謝", "陳志明"], "big5"), (["醫療", "零售", "製造"], "big5"), (["電腦"], "big5"),
        (["Müller"], "cp1252"), (["Köln", "Straße"], "cp1252"), (["東京", "大阪", "鈴木"], "shift_jis"),
    ],
)  # fmt: skip
def test_a_few_cells_are_enough_where_only_one_reading_makes_sense(cells: list[str], encoding: str) -> None:
    text = "id,name\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
    found = Collector()
    assert decode(text.encode(encoding), None, "a.csv", found) == text
    assert found.problems[0].code == "guessed_encoding" and encoding in found.problems[0].message


@pytest.mark.parametrize("shift", [0, 1])
def test_a_line_longer_than_the_sample_is_read(shift: int) -> None:
    text = "id,name\n1," + "x" * shift + "华东" * 2000 + "\n"
    assert decode(text.encode("gb18030"), None, "a.csv", Collector()) == text
