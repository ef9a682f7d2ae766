import io

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from scenarios.cell_text import LONGEST, cell_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "＝1"])
def test_formulas_are_guarded(text):
    assert cell_text(text) == f"'{text}"


def test_control_signs_and_half_emoji_are_shown_as_unknown():
    assert cell_text("a\x00b\x1fc\ud800d\uffffe") == "a�b�c�d�e"
    assert cell_text("two\r\nlines\tx") == "two\nlines\tx"


@pytest.mark.parametrize("sign", ["a", "王", "😀"])
def test_a_long_text_is_cut_between_signs(sign):
    text = cell_text(sign * 40_000)
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST and text.endswith(f"{sign}…")
    fits = sign * (LONGEST // len(sign.encode("utf-16-le")) * 2)
    assert cell_text(fits[: LONGEST // (len(sign.encode("utf-16-le")) // 2)])[-1] == sign


def test_what_is_written_is_read_again():
    texts = ["_x0041_", "مرحبا", "👩‍👩‍👧", "<b>&amp;", " blanks ", "a\nb", "😀" * 20_000]
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    for row, text in enumerate(texts):
        assert sheet.write_string(row, 0, cell_text(text)) == 0
    book.close()
    read = CalamineWorkbook.from_filelike(io.BytesIO(stream.getvalue())).get_sheet_by_index(0).to_python()
    assert [r[0] for r in read] == [cell_text(t) for t in texts]
