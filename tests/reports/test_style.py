import math
import sys
import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib.patches import Patch

from reports import style, wording
from reports.words import language
from tests.reports.looks import faults


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"), (7, "7"), (12.5, "12.5"), (950, "950"), (999.4, "999"), (999.9, "1.0k"), (4500, "4.5k"),
        (123_456, "123k"),         (999_960, "1.0M"), (12_345_678, "12.3M"), (3e9, "3.0B"),
        (2.5e13, "25.0T"), (-4500, "−4.5k"), (0.25, "0.25"),
        (math.nan, "–"), (math.inf, "–"),
    ],
)  # fmt: skip
def test_numbers_are_short(value, said):
    assert wording.short(value) == said


def test_a_share_is_rounded_neither_to_none_nor_to_all():
    assert [wording.part(s) for s in (0.0, 0.004, 0.73, 0.996, 1.0)] == ["0 %", "< 1 %", "73 %", "> 99 %", "100 %"]


def test_amounts_with_their_sign_and_metrics_with_their_unit():
    assert [wording.signed(v) for v in (4500, -4500, 0.0, math.nan)] == ["+4.5k", "−4.5k", "0", "–"]
    assert [wording.quantity(m) for m in ("workload", "potential")] == ["Workload (hours)", "Potential"]


@pytest.mark.parametrize("name", ["Blues", "Reds", "viridis", "Greys"])
def test_ink_reads_well_on_every_colour(name):
    for colour in matplotlib.colormaps[name](np.linspace(0, 1, 64)):
        ink = style.ink_on(tuple(colour))
        assert style._contrast(ink, style._light(tuple(colour))) >= 4.5


def test_a_title_of_two_lines_makes_the_figure_higher_and_moves_nothing():
    def made(said, below):
        with style.house():
            ax = style.canvas(None, 6, 3)
            style.place(ax, 1, 1, 1.1, 0.5)
            style.title(ax, said, below)
            style.key(ax, [(Patch(), "one"), (Patch(), "two")])
            return ax

    short, long = made("A finding", "below"), made("A finding that goes on and on " * 4, "and what is below it " * 8)
    figure = style.figure(long)
    assert faults(figure) == [] and figure.get_size_inches()[1] > 3.4
    for ax in (short, long):
        box, height = ax.get_position(), float(style.figure(ax).get_size_inches()[1])
        assert (box.y0 * height, box.height * height) == pytest.approx((0.5, 1.4))


def test_room_is_what_the_letters_take():
    with style.house(["王伟"]):
        ax = style.canvas(None, 9, 2)
        for text in ("Wwww", "iiiiiiii", "王伟", "Zoë — Öztürk"):
            drawn = ax.text(0, 0, text, fontsize=9.5)
            style.figure(ax).canvas.draw()
            inches = drawn.get_window_extent().width / style.figure(ax).dpi
            assert style.room([text]) - 0.1 == pytest.approx(inches, abs=0.03)


def test_axes_trim_what_tables_keep():
    assert wording.short(3e6, trim=True) == "3M" and wording.short(3e6) == "3.0M"


@pytest.mark.parametrize(("ratio", "said"), [(1.123, "+12 %"), (0.97, "−3 %"), (1.0, "±0 %"), (math.nan, "")])
def test_distance_from_target(ratio, said):
    assert wording.off_target(ratio) == said


@pytest.mark.parametrize(("gap", "said"), [(0.0, "0.00"), (0.004, "less than 0.01"), (0.1, "0.10"), (math.nan, "–")])
def test_a_gap_is_never_rounded_away(gap, said):
    assert wording.points(gap) == said


@pytest.mark.parametrize(
    ("ratio", "edge", "outside", "said"),
    [
        (1.101, 1.1, True, "+10.1 %"),
        (0.896, 1.1, True, "−10.4 %"),
        (1.1, 1.1, False, "+10 %"),
        (1.3, 1.1, True, "+30 %"),
        (1.15004, 1.15, True, "+15.004 %"),
        (0.8496, 1.15, True, "−15.04 %"),
    ],
)
def test_a_load_just_outside_its_band_is_not_rounded_into_it(ratio, edge, outside, said):
    assert wording.off_band(ratio, edge, outside) == said


@pytest.mark.parametrize(
    ("low", "high", "english", "chinese"),
    [
        (990_000, 1_200_000, ("0.99M", "1.2M"), ("99.0万", "120万")),
        (9334, 13_000, ("9.3k", "13.0k"), ("0.93万", "1.3万")),
        (1000, 1300, ("1.0k", "1.3k"), ("1,000", "1,300")),
        (-1200, 3_400_000, ("−1.2k", "3.4M"), ("−0.12万", "340万")),
        (0, 2_000_000, ("0", "2.0M"), ("0", "200万")),
    ],
)
def test_both_ends_of_a_range_have_one_unit_unless_one_is_next_to_nothing(low, high, english, chinese):
    assert wording.ends(low, high) == english
    with language("zh"):
        assert wording.ends(low, high) == chinese


def test_one_is_one_and_all_else_are_many():
    assert [wording.counted(n, "family", "families") for n in (0, 1, 2000)] == [
        "0 families",
        "1 family",
        "2,000 families",
    ]
    assert wording.counted(1, "rep") == "1 rep" and wording.counted(3, "rep") == "3 reps"


@pytest.mark.parametrize(
    ("plan", "period", "said"),
    [
        ("plan", "2026-Q4", "Plan for 2026-Q4"),
        ("autumn", "2026-Q4", "Autumn plan for 2026-Q4"),
        ("north_region-plan", "", "North region plan"),
        ("2026-Q4_plan", "2026-Q4", "2026 Q4 plan"),
        ("客户", "2026-H1", "客户 plan for 2026-H1"),
    ],
)
def test_a_plan_has_a_title_for_people(plan, period, said):
    assert wording.plan_title(plan, period) == said


def test_a_scenario_has_a_name_for_people():
    assert wording.scenario_said("base") == "as written"
    assert wording.scenario_said("lean_stable") == "scenario lean stable"


def test_labels_are_one_line_and_chinese_counts_double():
    assert wording.label("a\n b\tc") == "a b c"
    assert wording.label("x" * 40, 10) == "x" * 9 + "…"
    assert wording.label("上海华信科技", 8) == "上海华…"
    assert wording.columns(wording.label("上海华信科技有限公司", 11)) <= 11
    assert wording.label("\x1b[31m") == "�[31m"


def test_latin_names_need_one_font_and_chinese_ones_a_second():
    assert style.fonts(["Zoë Öztürk", "Bo O'Neill"]) == ([style.LATIN], [])
    families, notes = style.fonts(["王伟"])
    assert families == [style.LATIN, "Noto Sans SC"] and notes == []
    assert "zhplot" not in sys.modules  # its import changes matplotlib for everyone


def test_a_name_no_font_covers_is_said(monkeypatch):
    monkeypatch.setattr(style, "CJK", ())
    families, (note,) = style.fonts(["王伟", "Ana", "李秀英", "张敏", "刘洋"])
    assert families == [style.LATIN]
    assert "and 1 more" in note and "fairbook[cjk]" in note and "Ana" not in note


def test_the_house_style_leaves_no_trace():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with style.house(["王伟"]):
        style.picture(style.figure(style.canvas(None, 1, 1)), "png", 30)
    assert dict(mpl.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not mpl.pyplot.get_fignums()


def test_a_sign_that_no_font_has_is_told_in_the_notes_and_not_as_a_warning():
    with warnings.catch_warnings(), style.house(["Ada \U00014400"]) as notes:
        warnings.simplefilter("error", append=True)
        ax = style.canvas(None, 2, 1)
        ax.set_title("Ada \U00014400")
        assert style.picture(style.figure(ax), "svg") and "no font here has every sign of Ada" in notes[0]


def test_dollar_signs_and_chinese_draw_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with style.house(["$王$ _^"]):
            ax = style.canvas(None, 2, 1)
            ax.set_title("$王$ _^")
            assert style.picture(style.figure(ax), "svg").count(b"<svg") == 1
