"""Every page judged by axe-core, the rules that browsers' and auditors' tools go by; and used by keyboard alone.

axe is put into the page, which the page's own policy forbids: the browser is told to let the policy be, here alone.
"""

from __future__ import annotations

import io
import zipfile

import pytest

from reports.evaluation.page import evaluation_page
from reports.handover import handover
from reports.page import page
from reports.words import language, languages
from scenarios.evaluate.evaluate import evaluated
from tests.reports.evaluation.sample import happened, planned
from tests.reports.sample import sample
from tests.reports.test_model_card import learned
from tests.reports.test_opened import browser, few_charts, point_at, program, stable  # noqa: F401 - fixtures
from tests.reports.test_problems_page import bad, made, read


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing").Axe()


def pages(run) -> dict[str, str]:
    """Every kind of page there is, by what it is."""
    then = planned(4, 24)
    with zipfile.ZipFile(io.BytesIO(handover(run))) as packs:
        names = ["index.html", *(next(n for n in packs.namelist() if n.startswith(f)) for f in ("reps/", "managers/"))]
        packed = {name: packs.read(name).decode() for name in names}
    return {
        "run": page(learned(), [stable()]),
        "evaluation": evaluation_page(then, evaluated(then, happened(then))),
        "check/problems": made(bad(50), read()),
        **packed,
    }


@pytest.mark.parametrize("code", languages())
def test_no_page_shuts_anybody_out(browser, axe, tmp_path, code):  # noqa: F811
    with language(code):
        made = pages(sample(customers=20))
    context, found = browser.new_context(bypass_csp=True, viewport={"width": 1200, "height": 900}), []
    for name, html in made.items():
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        tab = context.new_page()
        tab.goto((tmp_path / "page.html").as_uri())
        for width in (1200, 390) if "/" in name else (1200,):  # on a phone these tables are lists
            tab.set_viewport_size({"width": width, "height": 900})
            judged = axe.run(tab).response
            assert len(judged["passes"]) > 15, "axe looked at the page"
            found += [(name, width, v["id"], v["nodes"][0]["html"][:200]) for v in judged["violations"]]
        tab.close()
    context.close()
    assert found == []


def test_without_a_script_every_scenario_and_row_can_be_read(browser, tmp_path):  # noqa: F811
    (tmp_path / "page.html").write_text(page(sample(customers=20), [stable()]), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    assert all(view.is_visible() for view in tab.locator("article.view, footer.view").all())
    assert tab.locator("#s1-moves-table tbody tr").last.is_visible()
    assert not tab.locator(".tools").first.is_visible() and not tab.locator("#scenario").is_visible()
    context.close()


def test_by_keyboard_alone(browser, tmp_path):  # noqa: F811
    (tmp_path / "page.html").write_text(page(sample(), [stable()]), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    tab = context.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    seen = []
    for _ in range(200):  # every stop shows where it is, up to the heads of the moves
        tab.keyboard.press("Tab")
        seen.append(tab.evaluate(HERE))
        if seen[-1]["what"] == "moves-table":
            break
    assert seen[0]["what"] == "#main" and seen[1]["what"] == "scenario", "past everything first, then the scenarios"
    assert seen[-1]["what"] == "moves-table" and [s["what"] for s in seen if not s["ring"]] == []
    tab.keyboard.press("Enter")
    head = tab.locator("#moves-table tr.sorts th").first
    assert head.get_attribute("aria-sort") == "ascending" and head.get_by_role("button").is_visible()
    tab.get_by_role("searchbox").nth(1).focus()
    tab.keyboard.type("evens  OUT")
    said = tab.get_by_role("status").filter(has_text=" of ").first
    assert said.is_visible(), "how many are left is said aloud"
    shape = tab.locator("article:not([hidden]) [data-tip]").first
    point_at(tab, shape)
    assert tab.locator("#tip").is_visible()
    tab.keyboard.press("Escape")
    assert not tab.locator("#tip").is_visible()
    context.close()


#: Where the focus is, and whether that can be seen.
HERE = """() => { const e = document.activeElement, look = getComputedStyle(e);
  return {what: e.getAttribute("href") || e.id || e.closest("table")?.id || e.className || e.tagName,
          ring: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2}; }"""
