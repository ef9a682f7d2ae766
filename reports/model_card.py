"""What a learned fit rests on, in plain words: from what it was learned, how good it is, what to beware of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from reports import wording
from reports.charts.learned import calibration
from reports.html import drawn
from reports.words import mark, say
from reports.words.heard import heard

#: What each forecast is called, in the order of the table; one that is not here is not shown.
FORECASTS = {
    "learned": mark("learned fit"), "declared": mark("declared fit"),
    "customer": mark("a model of the customer alone"), "rep": mark("the rep's rate"),
    "industry": mark("the industry's rate"), "overall": mark("the overall rate"),
}  # fmt: skip
EARNED = mark(
    "It earned its place: on later opportunities, which it had not seen, its chances were surely better than the best "
    "of the simple guesses below, and on average better than declared fit."
)
FORCED = mark(
    "It did not earn its place: on later opportunities, which it had not seen, its chances were not surely better than "
    "simple guesses and declared fit. It is used all the same, as was asked for (fairbook learn --force)."
)
#: What becomes of a model that no plan uses.
DECLINED = {
    "declined": mark(
        "It did not earn its place: on later opportunities, which it had not seen, its chances were not surely better "
        "than simple guesses and declared fit. Fit stays declared."
    ),
    "too_little": mark("Too little data to learn from: fit stays declared."),
}
#: Heads of the table of forecasts.
HEADS = (
    mark("Forecast"), mark("Win ranked above loss, of 100"), mark("Won of the fifth ranked highest"),
    mark("Log loss: less is better"),
)  # fmt: skip


def section(card: Mapping[str, Any], glyphs: dict[str, str], prefix: str, picture: bool = True) -> dict[str, Any]:
    """Return what the page shows of the model that a run used.

    Parameters
    ----------
    card : the run's, see `scenarios.plan.card_file`.
    glyphs, prefix : as for `reports.html.drawn`.
    picture : whether to draw how its chances came true.
    """
    data, checked, tuned, seen = card["data"], card["checked"], card["calibration"], card["overlap"]
    mine, declared = (card["figures"].get(name) for name in ("learned", "declared"))
    rate = checked["won"] / checked["events"] if checked["events"] else 0.0
    said = [
        say("Fit was learned from {n} closed opportunities, {won} of them won, of {customers} customers and {reps} "
            "reps, {first} to {last}.", n=f"{data['closed']:,}", won=f"{data['won']:,}",
            customers=f"{data['customers']:,}", reps=f"{data['reps']:,}", first=data["first"], last=data["last"]),
        say(_verdict(card)),
    ]  # fmt: skip
    if mine and declared:
        said.append(
            say("Judged on {n} opportunities from {first} to {last}: it ranked a win above a loss {mine} times of 100, "
                "declared fit {declared} times; 50 is chance. Of the fifth that it ranked highest {share} were won, of "
                "all {rate}.", n=f"{checked['events']:,}", first=checked["first"], last=checked["last"],
                mine=_times(mine), declared=_times(declared), share=_won(mine, rate), rate=wording.percent(rate))
        )  # fmt: skip
        said.append(
            say("The error of its chances (log loss) is {mine}, that of declared fit {declared}: a gain of {gain}, "
                "with 95 % confidence at least {least}.", mine=f"{mine['log_loss']:.4f}",
                declared=f"{declared['log_loss']:.4f}", gain=_signed(checked["over_declared"]),
                least=_signed(checked["over_declared_at_least"]))
        )  # fmt: skip
    rows = [
        [wording.capital(say(name)), _times(f), _won(f, rate), f"{f['log_loss']:.4f}"]
        for key, name in FORECASTS.items()
        if (f := card["figures"].get(key))
    ]
    figure, bins = Markup(""), calibration.frame(card)
    if picture and len(bins):
        svg = calibration.picture(card, "svg")
        figure = drawn(svg, f"{prefix}calibration", say(calibration.TITLE), calibration.describe(bins), glyphs)
    return {"said": said, "heads": list(map(say, HEADS)), "rows": rows, "figure": figure, "tuned": _tuned(tuned),
            "reach": _reach(seen),
            "caveats": [heard(str(c)) for c in card["caveats"]]}  # fmt: skip


def markdown(card: Mapping[str, Any]) -> str:
    """Return the card as a page of Markdown in the language spoken: what `section` says of it, used or not."""
    found, data = section(card, {}, "", picture=False), card["data"]
    lines = [f"# {say('Learned fit')}", *(found["said"] if data["closed"] else found["said"][1:])]
    if found["rows"]:
        table = [found["heads"], ["---", *["---:"] * (len(HEADS) - 1)], *found["rows"]]
        lines += ["\n".join(f"| {' | '.join(row)} |" for row in table), *found["tuned"], found["reach"]]
    lines += [f"## {say('What to beware of')}", "\n".join(f"- {c}" for c in found["caveats"])]
    hashes = wording.hashes({"input_hashes": {**data["hashes"], "model": card["model"]}})
    lines += ["\n".join(f"- {name}: `{digest}`" for name, digest in hashes), say("card.json has every figure.")]
    return "\n\n".join(lines) + "\n"


def _verdict(card: Mapping[str, Any]) -> str:
    if card["verdict"] == "earned":
        return EARNED
    return FORCED if card["forced"] else DECLINED[card["verdict"]]


def _tuned(tuned: Mapping[str, Any]) -> list[str]:
    low, high = tuned["slope_range"]
    said = {"points": _tenfold(abs(tuned["slope"])), "low": _tenfold(low), "high": _tenfold(high)}
    if tuned["slope"] >= 0:
        found = say("Of opportunities whose chances it puts 10 points apart, those with the higher chance were won "
                    "{points} points more often (95 %: {low} to {high}); 10 would be exact.", **said)  # fmt: skip
    else:
        found = say("Its chances point the wrong way: of opportunities whose chances it puts 10 points apart, those "
                    "with the higher chance were won {points} points less often (more often, 95 %: {low} to {high}).",
                    **said)  # fmt: skip
    then = say("Its chances are corrected by that.") if tuned["applied"] else say("They are used as they are.")
    return [found, then]


def _reach(seen: Mapping[str, Any]) -> str:
    return say("Of the plan's {n} eligible pairs of rep and customer, the rep had closed something with that very "
               "customer in {customer}, in its industry in {industry}. The others rest on what the rep's team and "
               "peers did.", n=f"{seen['pairs']:,}", customer=wording.percent(seen["customer"]),
               industry=wording.percent(seen["industry"]))  # fmt: skip


def _times(figures: Mapping[str, float]) -> str:
    return f"{100 * figures['auc']:.0f}"


def _won(figures: Mapping[str, float], rate: float) -> str:
    return wording.percent(min(1.0, figures["lift"] * rate))


def _tenfold(slope: float) -> str:
    return f"{10 * slope:.1f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
