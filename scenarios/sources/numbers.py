"""Numbers as people write them: ``$1,234.50``, ``1.234,50 €``, ``(12)``, ``45%``, ``1.2M``, ``3万``.

A whole column is read with one decimal sign. Which one is taken from the plan, else from cells that leave no
doubt; where a cell could be read both ways the plan is asked.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from dataclasses import dataclass
from typing import Any

from scenarios.sources.cells import Issue, Parsed, Style, distinct, gather, sift
from scenarios.sources.grid import Cells
from scenarios.sources.words import WIDE
from solver.problems import shorten

_NAMES = {
    "US$": "$", "USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "RMB": "¥", "CN¥": "¥", "元": "¥", "人民币": "¥",
    "JP¥": "JPY", "円": "JPY", "KRW": "₩", "INR": "₹", "Rs": "₹", "Rs.": "₹", "CHF": "CHF", "Fr.": "CHF",
    "CAD": "C$", "CA$": "C$", "AUD": "A$", "AU$": "A$", "HKD": "HK$", "SGD": "S$", "TWD": "NT$", "BRL": "R$",
    "MXN": "MX$", "NZD": "NZ$", "SEK": "SEK", "NOK": "NOK", "DKK": "DKK", "PLN": "PLN", "zł": "PLN", "CZK": "CZK",
    "HUF": "HUF", "RUB": "₽", "TRY": "₺", "ZAR": "ZAR", "AED": "AED", "SAR": "SAR", "ILS": "₪", "THB": "฿",
    "VND": "₫", "IDR": "IDR", "MYR": "MYR", "PHP": "₱", "JPY": "JPY",
}  # fmt: skip
_SIGNS = ["C$", "A$", "HK$", "S$", "NT$", "R$", "MX$", "NZ$", *"$€£¥₩₹₽₺₪฿₫₱"]
_SCALES = {
    "k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mio": 1e6, "mio.": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "mrd": 1e9,
    "千": 1e3, "万": 1e4, "萬": 1e4, "百万": 1e6, "亿": 1e8, "億": 1e8,
}  # fmt: skip


def _any(words: Any) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_CURRENCY = _any([*_NAMES, *_SIGNS])
_LEAD = re.compile(rf"(?:(?P<sign>[+-])|(?P<currency>{_CURRENCY}))\s*", re.IGNORECASE)
_TRAIL = re.compile(
    rf"\s*(?:(?P<percent>%)|(?P<minus>-)|(?P<currency>{_CURRENCY})|(?P<scale>{_any(_SCALES)}))$", re.IGNORECASE
)
_FAST = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_BODY = re.compile(r"(?:\d[\d.,' ]*|[.,]\d+)", re.ASCII)
_SCIENTIFIC = re.compile(r"\d+(?:([.,])\d+)?[eE][+-]?\d{1,3}", re.ASCII)
_SPACED = re.compile(r"\d{1,3}([ '])\d{3}(?:\1\d{3})*(?:([.,])\d*)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity|∞|-nan|1\.#(?:inf|ind|qnan))", re.IGNORECASE)
_GROUPED = {s: re.compile(rf"\d{{1,3}}(?:\{s}\d{{3}})+|\d{{1,2}}(?:\{s}\d{{2}})+\{s}\d{{3}}", re.ASCII) for s in ".,"}
_OTHER = {".": ",", ",": "."}

NUMBER = "a number"


@dataclass(slots=True)
class _Token:
    """A number whose decimal sign is still open; `proves` is that sign where the cell leaves no doubt."""

    body: str
    factor: float = 1.0
    proves: str = ""
    doubt: str = ""
    currency: str = ""
    percent: bool = False


def parse_numbers(cells: Cells | list[Any], style: Style = Style()) -> Parsed:  # noqa: B008 (frozen)
    """Read a column of numbers as float."""
    if (quick := _plain_numbers(cells, style)) is not None:
        return Parsed(quick)
    left, parsed = sift(cells)
    tokens, _ = distinct(left, _token)
    texts = {id(t): t for t in tokens if type(t) is _Token}
    sign: str = style.decimal or ""
    if texts:
        at = {id(t): i for i, t in reversed(list(enumerate(tokens))) if id(t) in texts}
        first = {i: t for t, i in ((t, at[k]) for k, t in texts.items())}
        currencies = {t.currency: (i, cells[i]) for i, t in sorted(first.items(), reverse=True) if t.currency}
        if len(currencies) > 1:
            (_, one), (i, two) = sorted(currencies.values(), key=lambda e: e[0])[:2]
            parsed.asks.append((i, Issue(
                "mixed_currency", f"{shorten(one, 30)} and {shorten(two, 30)} are in different currencies",
                "one currency", "convert the column to one currency",
            )))  # fmt: skip
        if not sign:
            sign, ask = _decide(first, cells, style)
            if ask is not None:
                parsed.asks.append(ask)
                mildest = {k: _mildest(t, style) for k, t in texts.items()}
                return gather(parsed, [mildest.get(id(t), t) for t in tokens])
    known: dict[int, Any] = {k: _value(t, sign, style) for k, t in texts.items()}
    return gather(parsed, [known.get(id(t), t) for t in tokens])


_PLAIN = frozenset("0123456789.-")
_PROOF = re.compile(r"-?(?:\d*\.\d{1,2}|\d*\.\d{4,}|\d{4,}\.\d+|0\d*\.\d+)", re.ASCII)


def _plain_numbers(cells: Cells | list[Any], style: Style) -> list[Any] | None:
    """Return the numbers of a column that is written plainly with decimal points, None where there may be a doubt."""
    if style.decimal == "," or not set(map(type, cells)) <= {str, type(None)}:
        return None
    texts = [c for c in cells if c is not None]
    if not set("".join(texts)) <= _PLAIN:
        return None
    pointed = any("." in t for t in texts)
    if pointed and not style.decimal and not style.small and not any(map(_PROOF.fullmatch, texts)):
        return None
    try:
        return [None if c is None else float(c) for c in cells]
    except ValueError:
        return None


def is_number_like(text: str) -> bool:
    """Say whether a text could be a number in some way of writing."""
    return type(_text_token(text)) is not Issue


def _decide(first: dict[int, _Token], cells: Any, style: Style) -> tuple[str, tuple[int, Issue] | None]:
    """Return the column's decimal sign, or what to ask; `first` is each different cell by its first index."""
    proof: dict[str, int] = {}
    doubt: dict[str, int] = {}
    for i, token in sorted(first.items(), reverse=True):
        if token.proves:
            proof[token.proves] = i
        elif token.doubt:
            doubt[token.doubt] = i
    if len(proof) > 1:
        a, b = (shorten(cells[i], 30) for i in sorted(proof.values()))
        return "", (max(proof.values()), Issue(
            "ambiguous_number", f"{a} and {b} have different decimal signs",
            "one decimal sign in the whole column", "set `decimal` to . or , in the plan",
        ))  # fmt: skip
    if not doubt or "." in proof:
        return "," if "," in proof else ".", None
    if style.small:
        return ("," if "," in proof or "," in doubt else "."), None
    comma = doubt.get(",") if "," in proof or style.semicolons else None
    at = comma if "," in proof else doubt.get(".", comma)
    if at is None:
        return "," if "," in proof else ".", None
    text = first[at].body
    whole, part = re.sub(r"\D", "", text), text.replace(",", ".")
    return "", (at, Issue(
        "ambiguous_number", f"could be {int(whole):,} or {part}",
        "numbers that can be read in one way", "set `decimal` to . or , in the plan",
    ))  # fmt: skip


def _token(cell: Any) -> Any:
    """Return a float, a `_Token` or an `Issue`."""
    if type(cell) is str:
        return _text_token(cell)
    if isinstance(cell, bool):
        return Issue("not_a_number", "is yes/no, not a number", NUMBER)
    if isinstance(cell, int | float | decimal.Decimal):
        value = float(cell)
        return value if math.isfinite(value) else Issue("not_finite", "is not a finite number", NUMBER)
    if isinstance(cell, dt.date):
        return Issue("not_a_number", "is a date, not a number", NUMBER, "format the column as numbers")
    return Issue("not_a_number", "is not a number", NUMBER)


def _text_token(text: str) -> Any:
    if _FAST.fullmatch(text):
        whole, point, part = text.partition(".")
        if not point:
            return float(text)
        whole = whole.removeprefix("-")
        factor = -1.0 if text[0] == "-" else 1.0
        return _split(f"{whole}.{part}", factor)
    body, factor, percent, currencies = text.translate(WIDE).strip(), 1.0, False, set()
    if _NOT_FINITE.fullmatch(body):
        return Issue("not_finite", "is not a finite number", NUMBER, "leave the cell empty where the number is unknown")
    signs = 0
    if body.startswith("(") and body.endswith(")"):
        body, factor, signs = body[1:-1].strip(), -1.0, 1
    while found := _LEAD.match(body):
        body = body[found.end() :]
        signs += found["sign"] is not None
        factor *= -1.0 if found["sign"] == "-" else 1.0
        currencies.add(_currency(found["currency"]))
    scales = 0
    while not _SCIENTIFIC.fullmatch(body) and (found := _TRAIL.search(body)):
        body = body[: found.start()]
        signs += found["minus"] is not None
        factor *= -1.0 if found["minus"] else _SCALES.get((found["scale"] or "").lower(), 1.0)
        scales += found["scale"] is not None
        percent = percent or found["percent"] is not None
        currencies.add(_currency(found["currency"]))
    currencies.discard("")
    if signs > 1 or scales > 1 or len(currencies) > 1 or (percent and (currencies or scales)):
        return _no_number(text)
    if exponent := _SCIENTIFIC.fullmatch(body):
        return _Token(body, factor, exponent[1] or "", "", "".join(currencies), percent)
    if not _BODY.fullmatch(body):
        return _no_number(text)
    token = _split(body, factor)
    if type(token) is float:
        token = _Token(body, factor)
    if type(token) is not _Token:
        return _no_number(text)
    token.currency, token.percent = "".join(currencies), percent
    return token


def _no_number(text: str) -> Issue:
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*|\d{1,2}/\d{1,2}/\d{2,4}", text):
        return Issue("not_a_number", "is a date, not a number", NUMBER)
    return Issue("not_a_number", "is not a number", NUMBER)


def _currency(text: str | None) -> str:
    return _UPPER.get(text.upper(), text.upper()) if text else ""


_UPPER = {k.upper(): v for k, v in _NAMES.items()}


def _split(body: str, factor: float) -> Any:
    """Return the token of a body of digits, points, commas, spaces and apostrophes, or None where it makes no sense."""
    if " " in body or "'" in body:
        found = _SPACED.fullmatch(body)
        if not found:
            return None
        return _Token(body.replace(found[1], ""), factor, found[2] or "")
    points, commas = body.count("."), body.count(",")
    if not points and not commas:
        return factor * float(body)
    if points and commas:
        sign = "." if body.rfind(".") > body.rfind(",") else ","
        whole, _, part = body.rpartition(sign)
        return _Token(body, factor, sign) if _GROUPED[_OTHER[sign]].fullmatch(whole) and part.isdigit() else None
    sign = "." if points else ","
    if points + commas > 1:
        return _Token(body, factor, _OTHER[sign]) if _GROUPED[sign].fullmatch(body) else None
    whole, _, part = body.partition(sign)
    if len(part) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0":
        return _Token(body, factor, "", sign)
    return _Token(body, factor, sign)


def _mildest(token: _Token, style: Style) -> Any:
    """Return the reading of a token that is least in size, or an `Issue` where no decimal sign makes a number of it."""
    readings = [_value(token, sign, style) for sign in ".,"]
    values = [v for v in readings if type(v) is not Issue]
    return min(values, key=abs) if values else readings[0]


def _value(token: _Token, sign: str, style: Style) -> Any:
    """Return the float of a token read with the decimal sign `sign`, or an `Issue`."""
    sign = sign or "."
    if token.percent and not style.percent:
        return Issue("not_a_number", "is a per cent, where an amount belongs", NUMBER, "write the amount")
    if (token.proves and token.proves != sign) or (token.doubt == _OTHER[sign] and token.body[0] == "0"):
        return Issue("not_a_number", f"does not fit the decimal sign {sign}", f"a number with the decimal sign {sign}")
    value = token.factor * float(token.body.replace(_OTHER[sign], "").replace(sign, "."))
    if not math.isfinite(value):
        return Issue("not_finite", "is too large for a number", NUMBER)
    return value / 100 if token.percent else value
