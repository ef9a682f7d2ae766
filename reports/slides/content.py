"""What the deck says of a run: at most ten slides, each with a finding for a title."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports import headlines, metrics, style, wording
from reports.charts import waterfall
from reports.reasons import reasons
from reports.risks import Risk, risks
from reports.slides import evidence
from reports.slides.blocks import MOST, Band, Card, Deck, Grid, Points, Slide, Tiles, bare, notes, place
from reports.words import mark, say, say_n
from scenarios.compare import compare
from scenarios.plan.period import parse_period
from scenarios.run.record import Run

#: Most sentences of one kind.
SAID = 6
#: What a hand-over costs, by whether that is the usual share.
HAND_OVERS = {
    True: mark("A customer that changes hands usually costs {share} of its yearly sales: here {low} to {high}"),
    False: mark("A customer that changes hands costs {share} of its yearly sales: here {low} to {high}"),
}


def deck(run: Run, others: Sequence[Run] = (), frontier: Mapping[str, Any] | None = None) -> Deck:
    """Return the deck of a run.

    Parameters
    ----------
    others : runs to set beside it.
    frontier : a curve to show, see `scenarios.frontier.curve.document`.
    """
    head = metrics.headline(run)
    title = wording.plan_title(head["plan"], head["period"])
    footer = say("{plan} · run {run}", plan=title, run=run.id)
    found = list(_slides(run, head, others, frontier))
    return Deck(title, footer, tuple(found[:MOST]))


def _slides(
    run: Run, head: Mapping[str, Any], others: Sequence[Run], frontier: Mapping[str, Any] | None
) -> Iterator[Slide]:
    if not metrics.has_plan(run):
        yield _no_plan(run, head)
        yield _appendix(run, head)
        return
    yield _decision(run, head, others)
    yield _headline(run, head)
    if len(metrics.terms(run)):
        yield evidence.score(run)
    yield evidence.balance(run)
    yield evidence.disruption(run, head)
    if len(metrics.moves(run)):
        yield evidence.moves(run)
    if others:
        yield evidence.scenarios(compare([run, *others]))
    if frontier is not None and frontier.get("points"):
        yield evidence.frontier(frontier, run)
    yield _risks(run, head)
    yield _appendix(run, head)


def _decision(run: Run, head: Mapping[str, Any], others: Sequence[Run]) -> Slide:
    plan = wording.plan_title(head["plan"], head["period"])
    steps = waterfall.frame(run)
    score, bound = metrics.score_words(run)
    at = {s: float(steps.loc[steps["step"] == s, "end"].iloc[0]) for s in (waterfall.TODAY, waterfall.PLAN)} \
        if len(steps) else {}  # fmt: skip
    gained = at[waterfall.PLAN] - at[waterfall.TODAY] if at else math.nan
    if head["violations"]:
        title = say("Do not decide on {plan}: its audit found broken rules", plan=plan)
    elif not head["chosen"]:
        title = say("{plan} scores {score}; no customer changes its rep by choice", plan=plan, score=head["in_words"])
    elif gained >= 0.05 and bound:
        title = say_n(
            "{plan} takes the score from {old} to {new} of at most {bound} and moves {n} customer by choice",
            "{plan} takes the score from {old} to {new} of at most {bound} and moves {n} customers by choice",
            head["chosen"], plan=plan, old=f"{at[waterfall.TODAY]:.{_digits(score)}f}", new=score, bound=bound,
        )  # fmt: skip
    else:
        title = say_n("{plan} scores {score} and moves {n} customer by choice",
                      "{plan} scores {score} and moves {n} customers by choice", head["chosen"], plan=plan,
                      score=head["in_words"])  # fmt: skip
    cards = (_brings(run, head, at), _costs(run, head), _proven(head))
    ask = _ask(run, head, others)
    wide = (1 - 0.04) / 3
    blocks: list[Any] = [(place(n * (wide + 0.02), 0, wide, 0.7), card) for n, card in enumerate(cards)]
    blocks.append((place(0, 0.75, 1, 0.25), ask))
    return Slide(
        title, say("{scenario}, {reps} and {customers}", scenario=_first(wording.scenario_said(head["scenario"])),
                   reps=say_n("{n} rep", "{n} reps", head["reps"]),
                   customers=say_n("{n} customer", "{n} customers", head["customers"])),
        blocks, kind="decision",
        notes=notes(
            say("To say"), ask.text, headlines.moves_said(head),
            *(f"{card.head}: {card.figure} {card.more}" for card in cards),
            *(t for card in cards for t in card.items),
            ask.more,
        ),
    )  # fmt: skip


def _brings(run: Run, head: Mapping[str, Any], at: Mapping[str, float]) -> Card:
    """What the plan makes better, against the books of today."""
    balance = metrics.balance(run)
    spread = balance[(balance["measure"] == "hoover") & balance["after"].notna()]
    items = [
        say("{metric}: {after} of it sits with the wrong rep, {before} today", metric=wording.heading(r.metric),
            after=wording.percent(r.after, 1), before=wording.percent(r.before, 1))
        for r in style.rows(spread.head(2))
    ]  # fmt: skip
    if head["new"]:
        items.append(say_n("{n} customer without a rep gets one", "{n} customers without a rep get one", head["new"]))
    if not at:
        return Card(say("What it brings"), metrics.score_words(run)[0], say("points of 100, the score"), items)
    digits = _digits(metrics.score_words(run)[0])
    old, new = (round(at[s], digits) for s in (waterfall.TODAY, waterfall.PLAN))  # their difference as it can be seen
    more = say("points of score against today: {old} → {new}", old=f"{old:.{digits}f}", new=f"{new:.{digits}f}")
    if new < old - 0.05:
        more = say("{text}; today’s books need not keep the rules", text=more)
    return Card(say("What it brings"), evidence.signed(new - old, digits), more, items)


def _costs(run: Run, head: Mapping[str, Any]) -> Card:
    """Who loses the rep they know, and what that may cost."""
    risk = headlines.at_risk(run, head)
    items = []
    if head["forced"]:
        items.append(
            say_n("{n} more has to move whatever is decided: {money}",
                  "{n} more have to move whatever is decided: {money}", head["forced"],
                  money=wording.short(head["forced_potential"]))
        )  # fmt: skip
    if head["chosen"] or head["forced"]:
        ends = wording.ends(risk.low, risk.high)
        items.append(say(HAND_OVERS[risk.usual], share=risk.share, **dict(zip(("low", "high"), ends, strict=True))))
    more = say("customers change their rep by choice") if not head["chosen"] else say_n(
        "customer changes its rep by choice: {money} of {all} potential",
        "customers change their rep by choice: {money} of {all} potential", head["chosen"],
        money=wording.short(head["chosen_potential"]), all=wording.short(head["potential"]),
    )  # fmt: skip
    return Card(say("What it costs"), f"{head['chosen']:,}", more, items or [say("Nobody changes hands")])


def _proven(head: Mapping[str, Any]) -> Card:
    """How sure it is that there is no better plan, and that this one keeps the rules."""
    audit = say_n("The audit found {n} broken rule", "The audit found {n} broken rules", head["violations"])
    items = [audit if head["violations"] else say("An independent audit found no broken rule")]
    items.append(
        say_n("{n} customer ends without a rep", "{n} customers end without a rep", head["unassigned"])
        if head["unassigned"] else say("Every customer has a rep")
    )  # fmt: skip
    gap = head["gap"]
    if head["status"] == "optimal":
        figure, more = say("Best possible"), bare(head["verdict"])
    elif math.isfinite(gap):
        figure, more = wording.points(gap), say("points of 100 at most that any other plan could score more")
    else:
        figure, more = "–", bare(head["verdict"])
    return Card(say("What is proven"), figure, more, items)


def _ask(run: Run, head: Mapping[str, Any], others: Sequence[Run]) -> Band:
    """What leadership is asked for."""
    moved = head["chosen"] + head["forced"]
    start = _start(str(head["period"]))
    if head["violations"]:
        return Band(say("Decision asked for"), say("None: this plan breaks rules; it has to be solved again"))
    if moved and start:
        text = say_n("Approve this plan, so that {n} customer is handed over before {day}",
                     "Approve this plan, so that {n} customers are handed over before {day}", moved,
                     day=start)  # fmt: skip
    elif moved:
        text = say_n("Approve this plan, and with it the hand-over of {n} customer",
                     "Approve this plan, and with it the hand-over of {n} customers", moved)  # fmt: skip
    else:
        text = say("Approve this plan: no customer changes its rep")
    if head["unassigned"]:
        text = say_n("{text}; say who looks after the {n} customer that no rep can take",
                     "{text}; say who looks after the {n} customers that no rep can take", head["unassigned"],
                     text=text)  # fmt: skip
    sides = [s for s in compare([run, *others]).sides[1:] if s.has_plan] if others else []
    instead = [
        say("{name} scores {score} with {n} moves by choice", name=wording.scenario(s.name, 30), score=f"{s.score:.1f}",
            n=f"{evidence.chosen(s):,}")
        for s in sides[:2] if s.score is not None
    ]  # fmt: skip
    more = say("Instead: {each}", each=say("; ").join(instead)) if instead else ""
    return Band(say("Decision asked for"), text, more)


def _start(period: str) -> str:
    """The first day of a period; empty where it is not known."""
    try:
        return wording.day(parse_period(period).first)
    except ValueError:
        return ""


def _headline(run: Run, head: Mapping[str, Any]) -> Slide:
    score = (say("Score"), metrics.score_words(run)[0], head["in_words"])
    items = [score, *((k.name, k.figure, k.more) for k in headlines.keys(run, head))]
    kept = metrics.retention(run).set_index("measure")["share"]["customers"]
    if head["unassigned"]:
        title = say("{assigned} of {all} customers have a rep; the score is {score}", assigned=f"{head['assigned']:,}",
                    all=f"{head['customers']:,}", score=head["in_words"])  # fmt: skip
    elif math.isfinite(kept):
        title = say("All {n} customers have a rep, {share} of those that could keep the one they know; the score is "
                    "{score}", n=f"{head['customers']:,}", share=wording.percent(kept),
                    score=head["in_words"])  # fmt: skip
    else:
        title = say("All {n} customers have a rep; the score is {score}", n=f"{head['customers']:,}",
                    score=head["in_words"])  # fmt: skip
    return Slide(
        title, bare(head["verdict"]), [(place(), Tiles(items))], kind="headline",
        notes=notes(say("To say"), headlines.moves_said(head), head["verdict"], head["caveat"], say("If asked"),
                    say("The score is the weighted mean of the plan’s aims, each from 0 to 100. The bound is proven: "
                        "no plan that keeps the rules scores more.")),
    )  # fmt: skip


def _risks(run: Run, head: Mapping[str, Any]) -> Slide:
    found = risks(run, head)[:8] or [Risk(head["verdict"], "–")]
    rows = [[bare(r.says), bare(r.answer)] for r in found]
    title = say("{n} risks to know before deciding; first: {risk}", n=len(found), risk=evidence.small(rows[0][0])) \
        if len(found) > 1 else rows[0][0]  # fmt: skip
    grid = Grid([say("What may go wrong"), say("What to do about it")], rows, widths=(1.15, 1), size=16, lines=2)
    return Slide(title, say("From the figures of this run, the gravest first"), [(place(), grid)], kind="risks",
                 notes=notes(say("To say"), *(f"{a}: {b}" for a, b in rows)))  # fmt: skip


def _appendix(run: Run, head: Mapping[str, Any]) -> Slide:
    from reports.page import sentences

    rules = sentences(run.plan.get("rules"), run.result.get("rules") or {}, "rule")
    terms = sentences(run.plan.get("objectives"), {}, "term")
    facts = [
        say("Run {run}, made {day}", run=run.id, day=wording.moment(run.created)),
        bare(head["verdict"]),
        say("{seconds} s with seed {seed} and {workers} workers", seconds=f"{head['seconds']:,.1f}",
            seed=run.result.get("seed"), workers=run.result.get("workers")),
        *(f"{name}: {digest[:16]}…" for name, digest in wording.hashes(run.result)),
    ]  # fmt: skip
    blocks = [
        (place(0, 0, 0.48, 1), Points([r["says"] for r in rules[:12]], say("Rules"), 14)),
        (place(0.52, 0, 0.48, 0.5), Points([t["says"] for t in terms[:7]], say("Aims"), 14)),
        (place(0.52, 0.53, 0.48, 0.47), Points(facts[: SAID + 1], say("Where this comes from"), 12)),
    ]
    return Slide(
        say("Appendix: rules, aims and origin"), say("What every plan has to keep, and what makes one better"),
        [b for b in blocks if b[1].items], kind="appendix",
        notes=notes(
            say("If asked"), say("Whoever has the input files can check by these sums that they are the same.")
        ),
    )  # fmt: skip


def _no_plan(run: Run, head: Mapping[str, Any]) -> Slide:
    found = [str(f.get("message", f)) for f in run.result.get("findings") or []][:8]
    ask = say("Say which rule may be loosened, or who may be added: then it can be solved again")
    if head["status"] != "infeasible":
        ask = say("Give the search more time, or loosen a rule: then it can be solved again")
    why = list(map(reasons(run), found)) or [bare(head["verdict"])]
    blocks: list[Any] = [(place(0, 0, 1, 0.7), Points(why, say("Why there is no plan"), 18)),
              (place(0, 0.75, 1, 0.25), Band(say("Decision asked for"), ask))]  # fmt: skip
    return Slide(
        bare(head["verdict"]),
        say("{scenario}, {reps} and {customers}", scenario=_first(wording.scenario_said(head["scenario"])),
            reps=say_n("{n} rep", "{n} reps", int(run.tables.reps["active"].astype(bool).sum())),
            customers=say_n("{n} customer", "{n} customers", head["customers"])),
        blocks, kind="no plan", notes=notes(say("To say"), head["verdict"], *why, ask),
    )  # fmt: skip


def _digits(figure: str) -> int:
    """How many decimals a figure in writing has."""
    return len(figure.partition(".")[2])


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
