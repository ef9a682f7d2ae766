"""What an evaluation says, in sentences and key figures: the page, the slides and the terminal say the same.

Each function takes the document of `scenarios.evaluate.evaluate.evaluate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from reports import wording
from reports.charts.evaluated import attainment, balance, feedback, trend
from reports.headlines import Key
from reports.words import mark, say, say_n

#: What can be found of a group, a rep or the hand-overs.
VERDICTS = (
    mark("above"), mark("below"), mark("as the rest"), mark("too little data"), mark("drifted out"),
    mark("was out and is"), mark("within, or may be"), mark("no band"), mark("lost"), mark("gained"), mark("worse"),
    mark("better"), mark("no difference shown"),
)  # fmt: skip
#: The breakdowns, and what each is by itself and in the plural.
PARTS = {
    "rep": (mark("rep"), mark("Reps")),
    "team": (mark("team"), mark("Teams")),
    "territory": (mark("territory"), mark("Territories")),
    "segment": (mark("segment"), mark("Segments")),
}
HOW = mark(
    "Ranges hold 95 of 100. Above and below: different from all the others together, with care for how many are "
    "compared (Benjamini and Hochberg, 5 %). What goes together need not be cause and effect."
)


def takeaways(found: Mapping[str, Any]) -> list[str]:
    """Return what a sales leader should take from it, a sentence a subject, the whole first."""
    told = (sold, people, forecast, followed, even, places, handovers, felt, market)
    return [text for say_it in told if (text := say_it(found))]


def title(found: Mapping[str, Any]) -> str:
    """Return what became of the plan in one line."""
    whole = found["all"]
    if whole["ratio"] is None:
        return say("{period}: {sold} sold", period=found["period"], sold=wording.short(whole["actual"]))
    return say("{period}: {share} of the potential was sold", period=found["period"],
               share=wording.percent(whole["ratio"]))  # fmt: skip


def sold(found: Mapping[str, Any]) -> str:
    """Return what was sold of the potential, and of the quotas."""
    whole = found["all"]
    values = {"sold": wording.short(whole["actual"]), "potential": wording.short(whole["expected"])}
    if whole["ratio"] is None:
        return say("{sold} were sold; there was no potential to hold it against.", sold=values["sold"])
    if whole["low"] is None:
        text = say("{sold} of {potential} potential were sold, {share}: too little data for a range.", **values,
                   share=wording.percent(whole["ratio"]))  # fmt: skip
    else:
        text = say("{sold} of {potential} potential were sold, {around}.", **values, around=around(whole))
    reached, of = quotas(found)
    if not of:
        return text
    return _both(text, say_n("{reached} of {n} rep with a quota reached it.",
                                   "{reached} of {n} reps with a quota reached it.", of, reached=reached))  # fmt: skip


def quotas(found: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many reps reached their quota, and how many have one."""
    held = [line["attained"] for line in found["attainment"]["rep"] if line.get("attained") is not None]
    return sum(a >= 1 for a in held), len(held)


def around(line: Mapping[str, Any]) -> str:
    """Return a ratio in writing with its range: ``97 % (92 % to 101 %)``."""
    if line["ratio"] is None:
        return say("nothing to hold it against")
    if line["low"] is None:
        return say("{share} (too little data for a range)", share=wording.percent(line["ratio"]))
    low, high = wording.percent(line["low"]), wording.percent(line["high"])
    return say("{share} ({low} to {high})", share=wording.percent(line["ratio"]), low=low, high=high)


def people(found: Mapping[str, Any]) -> str:
    """Return who sold surely more or less of the potential than the others, over all breakdowns."""
    told = []
    for part in attainment.PARTS:
        if len(found["attainment"][part]) < 2:
            continue
        table = attainment.frame(found, part)
        if table["verdict"].isin(["above", "below"]).any():
            told.append(
                say("{parts}: {finding}.", parts=say(PARTS[part][1]), finding=_small(attainment.finding(table)))
            )
    if told:
        return _both(*told)
    verdicts = {line["verdict"] for lines in found["attainment"].values() for line in lines}
    if verdicts <= {"too little data"}:
        return say("There is too little data to tell reps, teams, territories or segments apart.")
    return say("No rep, team, territory or segment sold surely more or less of its potential than the others.")


def forecast(found: Mapping[str, Any]) -> str:
    """Return how good the potentials were."""
    of = found["forecast"]
    if of["rank"] is None or of["off"] is None:
        return say("There is too little data to say how good the potentials were.")
    return say("Potentials and sales of {customers} customers have a rank correlation of {rank}; all differences "
               "together are {off} of the potential.", customers=f"{of['customers']:,}", rank=f"{of['rank']:.2f}",
               off=wording.percent(of["off"]))  # fmt: skip


def followed(found: Mapping[str, Any]) -> str:
    """Return how far the plan was followed."""
    of = found["followed"]
    if of["share"] is None:
        return say("Whether the plan was followed is not known: no row names a rep.")
    values = {"share": wording.percent(of["share"]), "rows": f"{of['rows']:,}"}
    if of["sales_share"] is None:
        return say("The planned rep made {share} of the {rows} rows that name one.", **values)
    return say("The planned rep made {share} of the {rows} rows that name one, and {sales} of the sales.", **values,
               sales=wording.percent(of["sales_share"]))  # fmt: skip


def places(found: Mapping[str, Any]) -> str:
    """Return which territories became more or less of the whole than planned, by more than the band; empty for none."""
    out = [
        say("{name} became {became} of its planned share ({low} to {high})", name=wording.label(d["territory"]),
            became=wording.percent(d["became"]), low=wording.percent(max(0.0, d["low"])),
            high=wording.percent(d["high"]))
        for d in found["drift_territories"]
        if d["verdict"] == "drifted out"
    ]  # fmt: skip
    return say_n("{n} territory drifted out of its band: {who}.", "{n} territories drifted out of their bands: {who}.",
                 len(out), who=_few(out)) if out else ""  # fmt: skip


def even(found: Mapping[str, Any]) -> str:
    """Return how even the books were planned and became, and who drifted out of band."""
    planned, became = (found["balance"][w]["hoover"] for w in ("planned", "became"))
    if planned is None or became is None:
        return say("Nothing was sold, so how even the books became cannot be told.")
    text = say(
        "{planned} of the potential was planned with the wrong rep, by each rep’s part of the plan; of what was sold "
        "it became {became}.", planned=wording.percent(planned), became=wording.percent(became),
    )  # fmt: skip
    contacts = found["balance"]["workload"]["became"]["hoover"]
    if contacts is not None:
        text = _both(text, say("Of the contacts, {share} were with other reps’ books than the hours planned.",
                               share=wording.percent(contacts)))  # fmt: skip
    out = drifted(found)
    if out:
        names = say_n(
            "{n} rep drifted out of its band: {who}.", "{n} reps drifted out of their bands: {who}.", len(out),
            who=_few(out),
        )  # fmt: skip
        return _both(text, names)
    table = balance.frame(found)
    found_ = say("{title}.", title=balance.finding(table))
    return _both(text, found_) if table["bottom"].notna().any() else text


def drifted(found: Mapping[str, Any]) -> list[str]:
    """Return who drifted out of band, in words."""
    return [
        say("{name} planned at {planned}, became {became} ({low} to {high})",
            name=wording.label(found["reps"].get(d["rep_id"], d["rep_id"])), planned=wording.percent(d["planned"]),
            became=wording.percent(d["became"]), low=wording.percent(max(0.0, d["low"])),
            high=wording.percent(d["high"]))
        for d in found["drift"]
        if d["verdict"] == "drifted out"
    ]  # fmt: skip


def handovers(found: Mapping[str, Any]) -> str:
    """Return what hand-overs lost, in shares and money, beside what the plan reckoned with."""
    of = found["moves"]
    if not of["moved"]:
        return say("No customer changed hands.")
    many = say_n("{n} customer moved", "{n} customers moved", of["moved"])
    if "lost" not in of:
        stayed = say_n("{n} stayed", "{n} stayed", of["stayed"])
        return say("{moved} and {stayed}: too little data to say what they lost.", moved=many, stayed=stayed)
    share, low, high = (wording.signed_percent(of[k]) for k in ("lost", "low", "high"))
    values = {"moved": many, "share": share, "low": low, "high": high}
    if of["verdict"] == "no difference shown":
        change, least, most = (trend.grown(-of[k]) for k in ("lost", "high", "low"))
        text = say("{moved}; no difference to those that stayed is shown: against theirs, sales changed by {change} "
                   "({low} to {high}).", moved=many, change=change, low=least, high=most)  # fmt: skip
    elif of["verdict"] == "lost":
        money = wording.short(of["money"][0])
        text = say("{moved} and lost {share} ({low} to {high}) of their sales against those that stayed, {money} in "
                   "the period.", **values, money=money)  # fmt: skip
    else:
        gain, least, most = (wording.percent(-of[k]) for k in ("lost", "high", "low"))
        text = say("{moved} and bought {share} ({low} to {high}) more than those that stayed.", moved=many, share=gain,
                   low=least, high=most)  # fmt: skip
    if not of.get("reckoned"):
        return text
    shares = " – ".join(dict.fromkeys(wording.percent(s) for s in of["reckoned"]))
    return _both(text, say("The plan reckoned with {shares}.", shares=shares))


def felt(found: Mapping[str, Any]) -> str:
    """Return how feedback changed where the rep did, against where not."""
    of = found["feedback"]
    if "difference" not in of:
        return say("There is too little data to say how feedback changed by hand-overs.")
    values = {k: feedback.points(of[k]) for k in ("moved_change", "stayed_change", "difference", "low", "high")}
    return say("Feedback changed by {moved_change} where the rep changed and by {stayed_change} where not; difference "
               "{difference} ({low} to {high}): {verdict}.", **values, verdict=say(of["verdict"]))  # fmt: skip


def market(found: Mapping[str, Any]) -> str:
    """Return how sales grew, and where surely more or less than elsewhere."""
    of = found["trend"]
    if of["all"] is None:
        return say("No sales are known of the same days a year before, so no trend can be told.")
    whole = of["all"]
    if whole["low"] is None:
        return say("There is too little data to say how sales grew against the same days a year before.")
    grown, low, high = (trend.grown(whole[k] - 1) for k in ("ratio", "low", "high"))
    told = [
        say("Against the same days a year before, sales changed by {grown} ({low} to {high}).", grown=grown, low=low,
            high=high)
    ]  # fmt: skip
    for part in trend.PARTS:
        if len(of[part]) > 1:
            table = trend.frame(found, part)
            if table["verdict"].isin(["above", "below"]).any():
                name = say(PARTS[part][1])
                told.append(say("{parts}: {finding}.", parts=name, finding=_small(trend.finding(table))))
    return _both(*told)


def keys(found: Mapping[str, Any]) -> list[Key]:
    """Return the key figures."""
    whole, of, moves, felt_ = found["all"], found["forecast"], found["moves"], found["feedback"]
    little = say("too little data")
    reached, have = quotas(found)
    ends = say("{low} to {high} of {potential} potential", low=_percent(whole["low"]), high=_percent(whole["high"]),
               potential=wording.short(whole["expected"])) if whole["low"] is not None else little  # fmt: skip
    result = [Key(say("Sold"), wording.short(whole["actual"]),
                  say("of {potential} potential", potential=wording.short(whole["expected"])), whole["actual"],
                  "amount"),
              _key(say("Attainment"), _percent(whole["ratio"]), ends, whole["ratio"], "share")]  # fmt: skip
    if have:
        result.append(Key(say("Reached their quota"), f"{reached:,}", say_n("of {n} rep", "of {n} reps", have), reached,
                          "count"))  # fmt: skip
    rank = "–" if of["rank"] is None else f"{of['rank']:.2f}"
    best = say("rank correlation of potential and sales; 1 is best")
    result.append(_key(say("Forecast"), rank, little if of["rank"] is None else best, of["rank"], "points"))
    planned, became = (found["balance"][w]["hoover"] for w in ("planned", "became"))
    more = say("of what was sold; {planned} as planned", planned=_percent(planned))
    result.append(_key(say("With the wrong rep"), _percent(became), more, became, "share"))
    if moves["moved"]:
        known = "lost" in moves
        more = say("{low} to {high}, against no move", low=trend.grown(-moves["high"]),
                   high=trend.grown(-moves["low"])) if known else little  # fmt: skip
        result.append(_key(say("Sales after a move"), trend.grown(-moves["lost"]) if known else "–", more,
                           -moves["lost"] if known else None, "off"))  # fmt: skip
        if "difference" in felt_:
            result.append(Key(say("Feedback after a move"), feedback.points(felt_["difference"]),
                              say("{low} to {high}, against no move", low=feedback.points(felt_["low"]),
                                  high=feedback.points(felt_["high"])),
                              felt_["difference"], "shift"))  # fmt: skip
    grew = found["trend"]["all"]
    if grew is not None and grew["low"] is not None:
        low, high = (trend.grown(grew[k] - 1) for k in ("low", "high"))
        result.append(Key(say("Growth"), trend.grown(grew["ratio"] - 1),
                          say("{low} to {high}, in a year", low=low, high=high), grew["ratio"] - 1, "off"))  # fmt: skip
    return result


def _key(name: str, figure: str, more: str, value: float | None, kind: str) -> Key:
    """A key figure whose number may be unknown."""
    return Key(name, figure, more) if value is None else Key(name, figure, more, value, kind)


def _percent(share: float | None) -> str:
    return "–" if share is None else wording.percent(share)


def _few(items: Sequence[str], most: int = 3) -> str:
    shown = say("; ").join(items[:most])
    return shown if len(items) <= most else say("{shown}; and {n} more", shown=shown, n=len(items) - most)


def _both(*sentences: str) -> str:
    """Sentences one after the other."""
    return reduce(lambda one, other: say("{one} {other}", one=one, other=other), sentences)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
