import dataclasses
import datetime as dt
import html as html_module
import io
import re
import zipfile

import pytest
from fontTools.ttLib import TTFont

from reports import metrics, wording
from reports.handover import handover
from reports.headlines import LOSS, at_risk
from reports.words import language
from scenarios.run.handover_risk import risk_of
from scenarios.run.sales import sales_of
from solver.tables import Interaction, Tables, frame
from tests.reports.sample import sample, without_plan
from tests.reports.test_history import with_history
from tests.reports.test_page import Outline

EVIL = [
    "../../x",
    "..\\..\\y",
    "con",
    "NUL",
    "a/b",
    "a:b",
    "nul\x00l",
    "<script>alert(1)</script>",
    "~/.ssh",
    "-rf",
    "x" * 5000,
    "مرحبا",
    ". .",
]


def unpacked(run):
    with zipfile.ZipFile(io.BytesIO(handover(run))) as archive:
        assert archive.testzip() is None
        pages = {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".html")}
    return {n: re.sub(r'<span class="day">(.*?)</span>', r"\1", page) for n, page in pages.items()}


def test_a_pack_for_each_who_gains_or_loses():
    run = sample()
    pages = unpacked(run)
    moves, left = metrics.moves(run), metrics.left_out(run)
    touched = {*moves["to_rep"], *moves["from_rep"], *left["from_rep"]} - {""}
    assert sum(n.startswith("reps/") for n in pages) == len(touched)
    assert {n for n in pages if n.startswith("managers/")} == {
        "managers/team North.html",
        "managers/team 华南 South.html",
    }
    links = {html_module.unescape(h) for h in re.findall(r'href="([^"]+)"', pages["index.html"])}
    from urllib.parse import unquote

    assert {unquote(link) for link in links} == set(pages) - {"index.html"}


def test_the_index_says_how_good_the_plan_is():
    run = sample()
    run = dataclasses.replace(run, result=run.result | {"status": "feasible", "score": 80.0, "bound": 80.4, "gap": 0.4})
    page = unpacked(run)["index.html"]
    assert "80.0 of at most 80.4 points. Within 0.40 points of the best possible." in page
    proven = dataclasses.replace(run, result=run.result | {"status": "optimal", "bound": 80.0, "gap": 0.0})
    assert "80.0 of at most 80.0 points. Proven optimal" in unpacked(proven)["index.html"]


def test_a_rep_finds_every_customer_gained_and_lost_once():
    run = sample()
    pages = unpacked(run)
    moves, left = metrics.moves(run), metrics.left_out(run)
    for rep, name in metrics.rep_names(run).items():
        page = next((p for n, p in pages.items() if n.startswith("reps/") and n.endswith(f"{rep}.html")), None)
        gained = moves[moves["to_rep"] == rep]
        lost = [*moves[moves["from_rep"] == rep]["customer_id"], *left[left["from_rep"] == rep]["customer_id"]]
        if page is None:
            assert not len(gained) and not lost
            continue
        parts = {k: page.split(f'<h2 id="{k}">')[1] for k in ("calls", "gained", "lost")}
        shown = {k: re.findall(r'<span class="id">(C\d+)</span>', parts[k].split("<h2")[0]) for k in parts}
        assert sorted(shown["gained"]) == sorted(gained["customer_id"]) and sorted(shown["lost"]) == sorted(lost)
        together = gained[(gained["from_rep"] != "") & (gained["from_rep"] != "R07")]
        assert shown["calls"] == together["customer_id"].tolist(), "by value at risk"
        if len(together):
            top = together.iloc[0]
            low, high = (wording.short(sales_of(run)[0][top["customer_id"]] * share) for share in LOSS)
            assert f"{low}–{high}" in parts["calls"] and "13–18\N{NO-BREAK SPACE}%" in parts["calls"]
        assert name.replace("'", "&#39;") in page


def test_what_is_at_risk_is_a_share_of_yearly_sales_as_the_run_reckons_it():
    run = sample()
    customers = run.tables.customers
    rows = [  # the customer of least potential buys most
        Interaction(customer_id=c, rep_id=r or "R01", date=dt.date(2026, 3, 1) if k % 2 else dt.date(2025, 11, 2),
                    outcome="won", amount=2e7 / float(p))
        for k, (c, r, p) in enumerate(zip(customers["customer_id"], customers["current_rep"], customers["potential"], strict=True))
    ]  # fmt: skip
    plan = {"period": "2026-Q4", "data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}}}
    tables = dataclasses.replace(run.tables, history=frame(Interaction, rows))
    run = dataclasses.replace(run, plan=plan, tables=tables)
    sales, of = sales_of(run)
    assert of == "won in history from 2025-11-02 to 2026-03-01, scaled from 120 days to a year"
    total = risk_of(run)
    moves = metrics.moves(run)
    moved = moves[moves["kind"].isin(["chosen", "forced"])]
    assert total["sales"] == pytest.approx(sum(sales[c] for c in moved["customer_id"]))
    assert (total["low"], total["high"]) == (
        at_risk(run, metrics.headline(run)).low,
        at_risk(run, metrics.headline(run)).high,
    )
    shown = 0
    for name, page in unpacked(run).items():
        calls = page.split('<h2 id="calls">')[-1].split("<h2")[0]
        who = re.findall(r'<span class="id">(C\d+)</span>', calls)
        if not name.startswith("reps/") or not who:
            continue
        assert who == sorted(who, key=lambda c: -sales[c])
        for c in who:
            low, high = (wording.short(sales[c] * share) for share in LOSS)
            assert f"<div>{wording.short(sales[c])}</div>" in calls and f"<div>{low}–{high}</div>" in calls
        assert "Yearly sales: won in history from" in calls
        shown += len(who)
    assert shown > 5
    with language("zh"):
        assert any(
            "年销售额：历史记录中 2025-11-02 至 2026-03-01 的赢单，由 120 天折算为一年。" in page
            for page in unpacked(run).values()
        )


def test_the_customers_of_a_rep_who_left_are_asked_of_the_manager():
    pages = unpacked(sample())
    assert any("Zoë Leaver (R07) is gone; ask team North" in p for p in pages.values())
    assert not any(
        "Call together with" in p and "Zoë" in p.split('id="calls"')[1].split("<h2")[0] for p in pages.values()
    )


def test_history_and_managers_are_told():
    run = with_history()
    reps = run.tables.reps.assign(manager=["Mia", "Mia", "Noah", "Noah", "", "", ""], email="a@example.com")
    run = dataclasses.replace(run, tables=Tables(run.tables.customers, reps, run.tables.history))
    pages = unpacked(run)
    assert {n for n in pages if n.startswith("managers/")} >= {"managers/Mia.html", "managers/Noah.html"}
    text = "".join(pages.values())
    moved = set(metrics.moves(run)["customer_id"])
    assert ("3 contacts, last 2026-05-02 (call); 1 won, 1.2k; feedback 4.5" in text) == ("C0001" in moved)
    assert "C0002" in moved and "1 contact; nothing won" in text and "a@example.com" in text


def test_names_are_no_paths_and_no_markup():
    run = sample()
    count = len(run.tables.reps)
    names = EVIL[:count]
    for names in (EVIL[:count], EVIL[-count:], ["../x", "..\\x", "../x", "A", "a", "CON", "con.txt"]):
        reps = run.tables.reps.assign(name=names, manager=names, team=names)
        customers = run.tables.customers.assign(name=EVIL[7])
        evil = dataclasses.replace(
            run, tables=Tables(customers, reps, run.tables.history), books=run.books.assign(name=names),
            assignment=run.assignment.assign(reason=EVIL[7]),
        )  # fmt: skip
        pages = unpacked(evil)
        assert len({n.casefold() for n in pages}) == len(pages)
        for name, page in pages.items():
            folder, _, file = name.rpartition("/")
            assert folder in {"", "reps", "managers"} and len(file.encode()) < 255 and file == file.strip(" .")
            assert not set(file) & set('<>:"/\\|?*\0') and ".." not in file and file[0] not in "-~"
            assert file.partition(".")[0].strip().casefold() not in {"con", "nul"}
            outline = Outline(page)
            assert outline.all("script") == [] and all(not k.startswith("on") for _, a in outline.elements for k in a)
            assert all(not (a.get("href") or "").startswith(("http", "javascript")) for a in outline.all("a"))


def test_pages_load_nothing():
    for page in unpacked(sample()).values():
        outline = Outline(page)
        policy = next(a["content"] for a in outline.all("meta") if a.get("http-equiv"))
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert "http:" not in page and "https:" not in page and outline.all("img") == []


def test_the_same_run_is_the_same_file():
    assert handover(sample()) == handover(sample())


@pytest.mark.parametrize(
    "run",
    [
        without_plan(),
        dataclasses.replace(sample(), assignment=sample().assignment.head(0), unassigned=sample().unassigned.head(0)),
    ],
)
def test_nothing_changes_hands(run):
    pages = unpacked(run)
    assert list(pages) == ["index.html"] and "No customer changes hands." in pages["index.html"]


def test_what_a_move_costs_is_what_the_run_says():
    run = sample()
    usual = unpacked(run)["index.html"]
    assert "usually costs 13–18\N{NO-BREAK SPACE}% of its yearly sales" in usual
    figures = run.result["metrics"] | {"handover": {"low": 2e4, "high": 4e4, "shares": [0.02, 0.04]}}
    pages = unpacked(dataclasses.replace(run, result=run.result | {"metrics": figures}))
    assert "hands costs 2–4\N{NO-BREAK SPACE}% of its yearly sales" in pages["index.html"]
    assert not any("13–18" in page for page in pages.values())


def test_signs_that_fonts_may_lack_stand_once_for_all_pages():
    run = sample()
    with zipfile.ZipFile(io.BytesIO(handover(run))) as archive:
        (name,) = [n for n in archive.namelist() if n.startswith("fonts/")]
        font = TTFont(io.BytesIO(archive.read(name)))
        pages = {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".html")}
    shown = set("".join(re.sub(r"<[^>]*>", "", page.partition("</head>")[2]) for page in pages.values()))
    assert {chr(c) for c in font.getBestCmap()} == {c for c in shown if "\u4e00" <= c <= "\u9fff"} > set("王伟")
    for path, page in pages.items():
        assert f"src: url({'../' * path.count('/')}{name})" in page
        assert "font-src 'self'" in html_module.unescape(page)


def test_packs_in_latin_have_no_font():
    run = sample()
    reps = run.tables.reps.assign(name="Rep", team="T")
    tables = Tables(run.tables.customers.assign(name="Customer"), reps, run.tables.history)
    plain = dataclasses.replace(run, tables=tables, books=run.books.assign(name="Rep", team="T"))
    with zipfile.ZipFile(io.BytesIO(handover(plain))) as archive:
        assert all(n.endswith(".html") for n in archive.namelist())
        assert "@font-face" not in archive.read("index.html").decode()
