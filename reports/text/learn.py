"""A learned model in words: on the terminal, and its card as a page of Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from reports.console import new_table, show
from reports.wording import label, percent, short
from solver.fit.learned.validation import BASELINES, CHALLENGER, LEARNED

_METHODS = {"effects": "effects that shrink", "trees": "boosted trees"}
_VERDICTS = {
    "earned": "Learned fit earns its place: plans with source: learned use it.",
    "declined": "Learned fit does not earn its place: fit stays declared.",
    "too_little": "Too little data to learn from: fit stays declared.",
}
_FORCED = "Learned fit does not earn its place, and is used all the same (--force)."


def _name(name: str, card: Mapping[str, Any]) -> str:
    """What a forecast is called: the model by its method where there are two."""
    challenge = card["challenge"]
    if name == LEARNED:
        return f"learned fit: {_METHODS[card['method']]}" if challenge else "learned fit"
    return f"challenger: {_METHODS[challenge['method']]}" if name == CHALLENGER else BASELINES[name]


def _challenge(card: Mapping[str, Any]) -> str:
    """How the two methods compare, in a sentence or two; empty where only one was tried."""
    found = card["challenge"]
    if not found:
        return ""
    than = "below" if found["gain"] > 0 else "above"
    said = (
        f"The log loss of boosted trees is {abs(found['gain']):.4f} {than} that of effects that shrink (gain, 90 %: "
        f"{found['low']:+.4f} to {found['high']:+.4f})"
    )
    if card["method"] == "effects":
        return f"{said}: not surely better, so the simpler model is kept."
    if found["low"] > 0:
        return f"{said}: surely better, so trees are the model."
    return f"{said}: not surely better; they are the model as learn.method: trees asks for them."


def _propensity(card: Mapping[str, Any]) -> str:
    """What propensities say of who got which customers, and what weighting by them comes to."""
    of = card["propensity"]
    apart = (
        f"Of 100 opportunities in a territory, {100 * of['apart']:.0f} would have to be of another industry or segment "
        "for its reps to have had alike customers"
    )
    if of["used"]:
        return (
            f"{apart}; weighted by propensity {100 * of['apart_after']:.0f}. Weighted, the {of['events']:,} "
            f"opportunities are worth {of['effective']:,.0f} even ones; {percent(of['clipped'])} of the weights were "
            "cut."
        )
    if of["refused"]:
        return f"{apart}. Propensity weights are no help: {of['refused']}."
    return (
        f"{apart}. fairbook learn --propensity would leave {100 * of['apart_after']:.0f}, and make the "
        f"{of['events']:,} opportunities worth {of['effective']:,.0f} even ones."
    )


def verdict(card: Mapping[str, Any]) -> str:
    """Return the verdict in a line."""
    return _FORCED if card["forced"] else _VERDICTS[str(card["verdict"])]


def learned(card: Mapping[str, Any], console: Console) -> None:
    """Print the verdict, the figures, what drives the model, and how far it reaches."""
    console.print()
    console.print(Text(verdict(card), style="bold"))
    console.print(Text(f"It {card['sentence']}." if card["figures"] else f"{card['sentence'].capitalize()}."))
    data = card["data"]
    console.print(
        f"Learned from {data['closed']:,} closed opportunities ({data['won']:,} won) of {data['customers']:,} "
        f"customers and {data['reps']:,} reps, {data['first']} to {data['last']}."
    )
    if card["figures"]:
        checked = card["checked"]
        title = f"On {checked['events']:,} opportunities from {checked['first']} to {checked['last']}, not seen before"
        table = new_table(console, title, "forecast", "AUC", "Brier", "log loss", "lift of top fifth")
        for name, figures in card["figures"].items():
            table.add_row(_name(name, card), *_figures(figures))
        show(console, table)
        if said := _challenge(card):
            console.print(said)
    if card["drivers"]:
        table = new_table(console, "What drives it", *_driver_heads(card), text=2 if card["method"] == "effects" else 1)
        for driver in card["drivers"][:8]:
            table.add_row(label(driver["name"], 36), *_driver(driver))
        show(console, table)
    if card["figures"]:
        console.print(_overlap(card))
        console.print(_propensity(card))


def _driver_heads(card: Mapping[str, Any]) -> tuple[str, ...]:
    return ("effect", "of", "log-odds", "±") if card["method"] == "effects" else ("column", "share of what splits gain")


def _driver(driver: Mapping[str, Any]) -> tuple[str, ...]:
    """The cells of a driver after its name."""
    if "share" in driver:
        return (percent(driver["share"]),)
    return driver["of"], f"{driver['effect']:+.2f}", f"{driver['sd']:.2f}"


def _figures(figures: Mapping[str, float]) -> tuple[str, ...]:
    return (f"{figures['auc']:.3f}", f"{figures['brier']:.4f}", f"{figures['log_loss']:.4f}", f"{figures['lift']:.2f}")


def _overlap(card: Mapping[str, Any]) -> str:
    seen = card["overlap"]
    return (
        f"In {percent(seen['customer'])} of the plan's {seen['pairs']:,} eligible pairs the rep has closed something "
        f"with that customer, in {percent(seen['industry'])} in its industry, in {percent(seen['rep'])} anything at "
        "all; the others rest on team and peers."
    )


def markdown(card: Mapping[str, Any]) -> str:
    """Return the card as a page to read: text from the data is shown as it is, on one line."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    data, checked, tuned = card["data"], card["checked"], card["calibration"]
    yield "# Model card: learned fit\n"
    yield f"**{verdict(card)}**\n"
    yield from _wrapped(f"It {card['sentence']}.")
    yield "\n## What it was learned from\n"
    yield "| | |\n|---|---|"
    yield f"| rows of history | {data['rows']:,} |"
    yield f"| days | {data['first']} to {data['last']} |"
    yield f"| closed opportunities with a rep, before the period | {data['closed']:,}, {data['won']:,} won |"
    yield f"| customers, reps in them | {data['customers']:,}, {data['reps']:,} |"
    for name, digest in data["hashes"].items():
        yield f"| sha256 of {name} | `{digest}` |"
    yield f"| sha256 of the model | `{card['model']}` |"
    if card["figures"]:
        yield "\n## How good it is\n"
        yield from _wrapped(
            f"Learned on growing stretches of time and judged on the next, {checked['stretches']} times: "
            f"{checked['events']:,} opportunities from {checked['first']} to {checked['last']}, {checked['won']:,} "
            "won. What a pair shared is counted up to the start of each stretch, as a plan made then would know it."
        )
        yield "\n| forecast | AUC | Brier | log loss | lift of top fifth |\n|---|---|---|---|---|"
        for name, figures in card["figures"].items():
            yield f"| {_name(name, card)} | {' | '.join(_figures(figures))} |"
        yield ""
        if said := _challenge(card):
            yield from _wrapped(said)
            yield ""
        yield from _wrapped(
            f"Against {checked['best_baseline']}, the best baseline, the log loss of an opportunity is lower by "
            f"{checked['gain']:+.4f}, by at least {checked['gain_at_least']:+.4f} with 95 % confidence; against "
            f"declared fit by {checked['over_declared']:+.4f}, at least {checked['over_declared_at_least']:+.4f}. "
            "AUC is the chance that a win was ranked above a loss; 0.5 says nothing. The lift is the win rate of the "
            "fifth ranked highest by the rate of all."
        )
        yield ""
        low, high = tuned["slope_range"]
        applied = "the scores were corrected by it" if tuned["applied"] else "no correction was needed"
        yield from _wrapped(
            f"Calibration slope {tuned['slope']:.2f} (95 %: {low:.2f} to {high:.2f}); {applied}. See calibration.png."
        )
        if card["money"]:
            money = card["money"]
            yield ""
            yield from _wrapped(
                f"Money: the {money['wins']:,.0f} wins of the last stretch brought {short(money['actual'])}; given "
                f"that they were won, {short(money['told'])} was expected. Rank correlation of the two "
                f"{money['rank']:.2f}."
            )
        yield "\n## What drives it\n"
        heads = _driver_heads(card)
        yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
        for driver in card["drivers"]:
            yield f"| {' | '.join((_cell(driver['name']), *map(_cell, _driver(driver))))} |"
        if card["spread"]:
            yield "\nHow much the levels of a group differ, in log-odds:\n"
            yield "| group | standard deviation |\n|---|---|"
            for name, value in sorted(card["spread"].items(), key=lambda item: -item[1]):
                yield f"| {_cell(name)} | {value:.2f} |"
        yield ""
        yield from _wrapped(_overlap(card))
        yield ""
        yield from _wrapped(_propensity(card))
    yield "\n## What to beware of\n"
    for caveat in card["caveats"]:
        yield from textwrap.wrap(f"- {caveat}", 120, subsequent_indent="  ")


def _cell(text: str) -> str:
    """A name in a table: no sign that ends a cell or begins markup."""
    return label("".join(f"\\{c}" if c in "|`*_<>[]\\" else c for c in text), 80)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 120)
