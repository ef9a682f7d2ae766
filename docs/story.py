"""Plays the worked story on the shipped example and writes its page. Run by ``make story``.

Every figure of ``docs/story.md`` is read from what the commands print with ``--json``, kept in ``docs/story.json``; the
page is made from that file alone, so that a test can make it again without solving anything.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
#: What is added to the example's plan: who may leave, and what could be done about it.
QUESTIONS = """\
overrides:
  two_leave: {changes: [{rep_leaves: {rep: R05}}, {rep_leaves: {rep: R06}}]}
  new_people: {changes: [{rep_joins: {like: R05, ramp: 0.75}}, {rep_joins: {like: R06, ramp: 0.75}}]}
  hugo_leaves: {changes: [{rep_leaves: {rep: R06}}]}
  contractor: {changes: [{rep_joins: {like: R06, capacity: 110, name: Contractor}}]}
  safe: {rules: {robust: {metric: workload, level: 0.8, spread: 0.15}}}
scenarios:
  two_leave: [two_leave]
  hire_two: [two_leave, new_people]
  keep_camille: [hugo_leaves, contractor]
  hire_two_safe: [two_leave, new_people, safe]
  keep_camille_safe: [hugo_leaves, contractor, safe]
"""
SECONDS, LEVEL, SPREAD = 8, 0.8, 0.15
#: Points of score within which fewer moves decide.
WITHIN = 1.0


# --- playing it --------------------------------------------------------------------------------------


def fairbook(folder: Path, line: str, codes: tuple[int, ...] = (0,)) -> Any:
    """Run a command of the page in the folder, and return what it prints as JSON."""
    command = [sys.executable, "-m", "cli", "-q", *shlex.split(line)[1:], "--json"]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode not in codes:
        raise RuntimeError(f"{line} ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def play(folder: Path) -> dict[str, Any]:
    """Run the whole story; the figures the page needs."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "cli", "-q", "init", "story", "--example"], cwd=folder, check=True,
                   env=os.environ | {"PYTHONPATH": str(HERE.parent)}, capture_output=True)  # fmt: skip
    path = folder / "story" / "plan.yaml"
    text = path.read_text(encoding="utf-8").split("# Questions:")[0]
    text = re.sub(r"(?m)^solve:.*$", f"solve: {{time_limit: {SECONDS}, gap: 0.1, workers: 2, seed: 1}}", text)
    path.write_text(text + QUESTIONS, encoding="utf-8")
    base = fairbook(folder, LINES["solve"])
    lost = fairbook(folder, LINES["lost"], (4,))
    swept = {o["scenario"]: o for o in fairbook(folder, LINES["sweep"], (4,))}
    compared = fairbook(folder, LINES["compare"])
    charts = folder / "charts"
    stressed = {}
    for name in OPTIONS:
        found = fairbook(folder, f"{LINES['stress']} --charts charts/{name}".replace("RUN", name))
        (hours,) = (c for c in found["checks"] if c["name"] == "capacity")
        worst = hours["reps"][0]
        stressed[name] = {
            "all": hours["all_reps"]["share"], "worst": worst["chance"]["share"], "rep": worst["name"],
            "low": worst["chance"]["low"], "high": worst["chance"]["high"],
            "reckoned": min(r["exact"] for r in hours["reps"]), "draws": found["draws"],
        }  # fmt: skip
    options = [_option(name, swept[name], stressed[name]) for name in OPTIONS]
    chosen = decide(options)
    asked = _asked(folder, chosen)
    curve = fairbook(folder, LINES["frontier"].replace("SCENARIO", chosen))
    pictures = {
        "story-before.png": charts / unsafe(chosen) / "stress-capacity.png",
        "story-after.png": charts / chosen / "stress-capacity.png",
        "story-frontier.png": folder / "frontier.png",
        "story-reps.png": charts / "reps.png",
    }
    for name, source in pictures.items():
        _small(source, PICTURES / name)
    gains = next(c for c in compared if c["scenario"] == chosen)
    return {
        "base": {k: base[k] for k in ("score", "bound", "gap", "terms")} | {"metrics": base["metrics"]["retention"]},
        "lost": {k: lost[k] for k in ("conflict_in_words", "conflict_minimal", "conflict_confirmed", "repairs")},
        "options": options, "chosen": chosen, "explain": asked, "gains": gains["reps"][:4],
        "frontier": {k: curve[k] for k in ("points", "knee", "today", "waterfall", "bound_of")},
        "seconds": round(time.monotonic() - began),
    }  # fmt: skip


def _option(name: str, one: dict[str, Any], chances: dict[str, Any]) -> dict[str, Any]:
    moves, kept = one["metrics"]["moves"], one["metrics"]["retention"]
    return {
        "name": name, "score": one["score"], "bound": one["bound"],
        "forced": moves["forced"]["customers"], "chosen": moves["chosen"]["customers"],
        "money": moves["forced"]["potential"] + moves["chosen"]["potential"], "kept": kept["value"], "chance": chances,
    }  # fmt: skip


def _asked(folder: Path, scenario: str) -> dict[str, Any]:
    """Why the largest customer of who leaves has its new rep, and what the next best one would cost."""
    fairbook(folder, f"fairbook export {scenario} out")
    rows = [r.split(",") for r in (folder / "out" / "assignment.csv").read_text(encoding="utf-8").splitlines()]
    at = {name: n for n, name in enumerate(rows[0])}
    moved = [r for r in rows[1:] if r[at["previous_rep"]] == "R06" and r[at["moved"]] == "forced"]
    customer = max(moved, key=lambda r: float(r[at["potential"]]))[at["customer_id"]]
    told = fairbook(folder, f"fairbook explain {scenario} {customer}")
    other = next((r["rep_id"] for r in told["reps"] if r["eligible"] and not r["now"]), None)
    found = {"customer": customer, "name": told["name"], "rep": told["rep"], "reason": told["reason"], "other": other}
    if other is not None:
        asked = fairbook(folder, f"fairbook explain {scenario} {customer} --rep {other}")
        found |= {"loss": asked["loss"], "bound": asked["bound"], "moves": len(asked["asked"]["moves"]),
                  "flips": asked["asked"]["flips"][:2]}  # fmt: skip
    return found


def _small(source: Path, target: Path) -> None:
    """Put a picture beside the page at the size it is shown, in few colours."""
    from PIL import Image

    with Image.open(source) as picture:
        picture.thumbnail((1000, 1400))
        picture.convert("RGB").quantize(128).save(target, optimize=True)


def decide(options: list[dict[str, Any]]) -> str:
    """The option that moves least money, of those that give every rep the chance and are within a point of the best."""
    sure = [o for o in options if o["chance"]["reckoned"] >= LEVEL] or options
    best = max(o["score"] for o in sure)
    return str(min((o for o in sure if o["score"] >= best - WITHIN), key=lambda o: o["money"])["name"])


def unsafe(name: str) -> str:
    """The same option without a reserve of hours."""
    return name.removesuffix("_safe")


OPTIONS = ("hire_two", "keep_camille", "hire_two_safe", "keep_camille_safe")
LINES = {
    "solve": "fairbook solve story/plan.yaml",
    "lost": "fairbook solve story/plan.yaml --scenario two_leave",
    "sweep": "fairbook sweep story/plan.yaml",
    "compare": "fairbook compare --charts charts",
    "stress": f"fairbook stress RUN --spread workload={SPREAD} --level {LEVEL}",
    "frontier": "fairbook frontier story/plan.yaml --scenario SCENARIO --x continuity --y balance_potential"
    " --points 6 --time-limit 3 --chart frontier.png",
}

# --- telling it --------------------------------------------------------------------------------------


def page(story: dict[str, Any]) -> str:
    """Return the page from the figures."""
    base, lost, options = story["base"], story["lost"], {o["name"]: o for o in story["options"]}
    chosen = options[story["chosen"]]
    plain, asked, curve = options[unsafe(chosen["name"])], story["explain"], story["frontier"]
    other = max((o for o in story["options"] if o["name"].endswith("_safe") and o is not chosen),
                key=lambda o: o["score"])  # fmt: skip
    first = next(iter(lost["repairs"]), {"steps": [], "cost": 0})
    knee = curve["points"][curve["knee"] - 1] if curve["knee"] else None
    sure = "Two solvers confirm it" if lost["conflict_confirmed"] else "One solver says so"
    proven = ", and there is a plan as soon as any one of them is set aside" if lost["conflict_minimal"] else ""
    parts = [
        "<!-- Written by `make story` from docs/story.json; edit docs/story.py instead. -->\n",
        "# A decision in two minutes: we may lose two reps\n",
        "Camille Laurent (R05) and Hugo Moreau (R06), two of the four reps in France and Benelux, have offers from elsewhere. "
        "What happens if they go, and what should be done? This is the shipped example (400 customers, 12 active reps); all "
        f"of it took {story['seconds']} seconds of clock. Try it: `fairbook init story --example`, put the questions "
        "below into the plan in place of the example's own, and type the commands as they stand.\n",
        f"```yaml\n{QUESTIONS}```\n",
        "## Where we stand\n",
        f"```\n{LINES['solve']}\n```\n",
        f"The plan as written scores **{base['score']:.1f} of at most {base['bound']:.1f}**. It keeps "
        f"{_per(base['metrics']['value'])} of the potential that can stay with its rep, and every rule.\n",
        "## If both leave\n",
        f"```\n{LINES['lost']}\n```\n",
        f"There is no plan. {sure}. What cannot hold together{proven}:\n",
        *(f"- {line}" for line in lost["conflict_in_words"][:8]),
        f"\nThe cheapest repair found (cost {first['cost']:.3g} by the costs of the plan) shows how much is missing:\n",
        *(f"- {step['message']}" for step in first["steps"][:12]),
        "\nNobody would let reps from other regions do this, so people have to come from somewhere.\n",
        "## What could be done\n",
        f"```\n{LINES['sweep']}\n{LINES['compare']}\n```\n",
        "Two new people, three quarters as productive as those who left; or Camille is kept, and a contractor with 110 hours "
        "takes part of Hugo's customers.\n",
        _table([plain, *(o for o in story["options"] if not o["name"].endswith("_safe") and o is not plain)]),
        "![Who gains and loses potential](pictures/story-reps.png)\n",
        "## Hours never come as planned\n",
        f"```\n{LINES['stress'].replace('RUN', plain['name'])}\n```\n",
        f"If each customer takes {_per(SPREAD)} more or less than planned, {plain['chance']['rep']} stays within the "
        f"capacity with a chance of only {_per(plain['chance']['worst'])} ({_per(plain['chance']['low'])} to "
        f"{_per(plain['chance']['high'])} with 95 % confidence), and all reps at once with {_per(plain['chance']['all'])}.\n",
        "![Chances without a reserve](pictures/story-before.png)\n",
        f"So the rule `robust` asks for a chance of {_per(LEVEL)} for every rep (the override `safe`):\n",
        _table([o for o in story["options"] if o["name"].endswith("_safe")]),
        f"![Chances with a reserve](pictures/story-after.png)\n\nThe reserve costs {plain['score'] - chosen['score']:.2f} "
        "points of score.\n",
        "## The decision\n",
        f"**{_said(chosen['name'])}.** Of the options that give every rep the chance, and are within {WITHIN:g} point of "
        f"the best score, it moves the least money: {_money(chosen['money'])} against {_money(other['money'])} for "
        f"“{_said(other['name'])}”, which scores {other['score']:.1f} against {chosen['score']:.1f}. "
        f"{chosen['forced']} customers have to change hands and {chosen['chosen']} more do by choice.\n",
        "Could it be fairer, or quieter? The trade-off between continuity and balance says so before anybody argues:\n",
        f"```\n{LINES['frontier'].replace('SCENARIO', chosen['name'])}\n```\n",
        "![The trade-off](pictures/story-frontier.png)\n",
    ]
    if knee is not None:
        parts.append(
            f"Its knee is point {knee['point']}: continuity {knee['x']:.1f}, balance {knee['y']:.1f}"
            f" (today: {curve['today']['x']:.1f} and {curve['today']['y']:.1f}, with "
            f"{curve['today']['unassigned']} customers without a rep). `--adopt {knee['point']}` would take it over.\n"
        )
    parts += [
        "## And when somebody asks why\n",
        f"```\nfairbook explain {chosen['name']} {asked['customer']}"
        + (f" --rep {asked['other']}" if asked["other"] else "") + "\n```\n",
        f"{asked['name']} ({asked['customer']}), Hugo's largest, goes to {asked['rep']}: {asked['reason']}.\n",
    ]  # fmt: skip
    if asked.get("loss") is not None:
        parts.append(
            f"If {asked['other']} had to take it, the plan would lose {asked['loss']:.4f} points (proven: between "
            f"{asked['bound'][0]:.4f} and {asked['bound'][1]:.4f}), and {asked['moves']} customers in all would change "
            "hands for it. To turn it round:\n"
        )
        parts += [f"- {line}" for line in asked["flips"]]
    return "\n".join(parts).rstrip() + "\n"


def _table(options: list[dict[str, Any]]) -> str:
    rows = ["| option | score | of at most | have to move | move by choice | money moved | potential kept | every rep within "
            "its hours, at worst | all at once |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    rows += [
        f"| {_said(o['name'])} | {o['score']:.2f} | {o['bound']:.2f} | {o['forced']} | {o['chosen']} | "
        f"{_money(o['money'])} | {_per(o['kept'])} | {_per(o['chance']['worst'])} | {_per(o['chance']['all'])} |"
        for o in options
    ]
    return "\n".join(rows) + "\n"


def _said(name: str) -> str:
    words = {"hire_two": "Hire two", "keep_camille": "Keep Camille, with a contractor"}[unsafe(name)]
    return f"{words}, with a reserve of hours" if name.endswith("_safe") else words


def _per(share: float) -> str:
    return f"{100 * share:.0f} %"


def _money(value: float) -> str:
    return f"{value / 1e6:.1f}M"


@click.command()
@click.option("--again", is_flag=True, help="Only write the page, from the figures there are.")
def main(again: bool) -> None:
    """Play the story, and write docs/story.json, docs/story.md and its pictures."""
    kept = HERE / "story.json"
    if not again:
        with tempfile.TemporaryDirectory() as folder:
            story = play(Path(folder))
        kept.write_text(json.dumps(story, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (HERE / "story.md").write_text(page(json.loads(kept.read_text(encoding="utf-8"))), encoding="utf-8")
    click.echo(HERE / "story.md")


if __name__ == "__main__":
    main()
