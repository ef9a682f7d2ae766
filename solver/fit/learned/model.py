"""What was learned, as plain numbers: it scores any pair, and is kept as JSON, never as a pickle."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.arrays import Floats, Ints
from solver.fit.learned.settings import Learning
from solver.fit.learned.trees import Boosted

if TYPE_CHECKING:
    from solver.fit.learned.traits import Questions, Traits

FORMAT = 2
"""Version of the model's file; 2 came with trees, and models without are still written as 1."""


class DamagedModel(ValueError):
    """A model's file is not one, or was changed since it was written."""


@dataclass(frozen=True)
class Group:
    """The effects of one group.

    Attributes
    ----------
    of : the traits whose combinations are the levels.
    level : int64[levels], ascending numbers of those seen in training, over the combinations of the vocabularies.
    mean, variance : float64[levels], of each effect.
    spread : variance of an effect of which nothing is known.
    """

    of: tuple[str, ...]
    level: Ints
    mean: Floats
    variance: Floats
    spread: float

    def look_up(self, level: Ints) -> tuple[Floats, Floats]:
        """Mean and variance of the effects of some levels; 0 and the spread for those not seen in training."""
        if not len(self.level):
            return np.zeros(len(level)), np.full(len(level), self.spread)
        at = np.minimum(np.searchsorted(self.level, level), len(self.level) - 1)
        seen = self.level[at] == level
        return np.where(seen, self.mean[at], 0.0), np.where(seen, self.variance[at], self.spread)


@dataclass(frozen=True)
class Measure:
    """The effect of one number: `mean` for each `scale` above `centre`; a number not known counts as `centre`."""

    name: str
    family: str
    centre: float
    scale: float
    mean: float
    variance: float


@dataclass(frozen=True)
class Part:
    """One regression: the log-odds of winning, or the log of the money of a win."""

    intercept: float
    groups: tuple[Group, ...]
    measures: tuple[Measure, ...]
    noise: float = 1.0

    def score(self, traits: Traits, of: Questions) -> tuple[Floats, Floats]:
        """float64[questions] each: the value and its variance; effects count as independent of each other."""
        value = np.full(len(of.customer), self.intercept)
        variance = np.zeros(len(of.customer))
        for group in self.groups:
            mean, spread = group.look_up(traits.levels(group.of, of))
            value += mean
            variance += spread
        families = dict.fromkeys(m.family for m in self.measures)
        for family in families:
            columns = traits.measure(family, of)
            for m in self.measures:
                if m.family == family:
                    z = np.nan_to_num((columns[m.name] - m.centre) / m.scale)
                    value += m.mean * z
                    variance += m.variance * z**2
        return value, variance


@dataclass(frozen=True)
class Money:
    """What a win brings and how often there is a chance.

    Attributes
    ----------
    amount : regression of the log of a win's money.
    smear : factor from the exponential of the log's mean to the mean.
    rate : opportunities a day by customer of the vocabulary.
    rate_of : by segment of the vocabulary, for customers that are new; the last entry for those without.
    """

    amount: Part
    smear: float
    rate: Floats
    rate_of: Floats


@dataclass(frozen=True)
class Model:
    """A learned fit.

    Attributes
    ----------
    learning : the settings it was learned with.
    vocabulary : levels of each trait.
    chance : what gives the log-odds of winning: a regression, or boosted trees.
    slope, offset : calibration: log-odds become ``offset + slope · log-odds``.
    money : None where history has too few wins with an amount.
    floor, ceiling : chances that count as a fit of 0 and of 1. Chances of a plan's pairs lie close together, at times
        all between .3 and .6: stretched to the whole of 0 to 1 they weigh as much as a declared fit does.
    sized : whether potential was used.
    data : sha256 of each input it was learned from, by table.
    earned : whether it beat every baseline out of time; `forced` whether it is used although it did not.
    verdict : one sentence on that.
    card : its model card as plain data, where that was found beside it; no part of what it holds.
    """

    learning: Learning
    vocabulary: dict[str, list[str]]
    chance: Part | Boosted
    slope: float
    offset: float
    money: Money | None
    sized: bool
    data: dict[str, str] = field(default_factory=dict)
    earned: bool = True
    forced: bool = False
    verdict: str = ""
    floor: float = 0.0
    ceiling: float = 1.0
    card: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def usable(self) -> bool:
        """Whether plans use it."""
        return self.earned or self.forced

    @cached_property
    def sha256(self) -> str:
        """Hash of all it holds."""
        return hashlib.sha256(_canonical(self.as_dict()).encode()).hexdigest()

    @cached_property
    def at_customer(self) -> Mapping[str, int]:
        """Number of each customer of the vocabulary."""
        return {name: k for k, name in enumerate(self.vocabulary["customer"])}

    @cached_property
    def at_industry(self) -> Mapping[str, int]:
        """Number of each industry of the vocabulary."""
        return {name: k for k, name in enumerate(self.vocabulary["industry"])}

    @cached_property
    def at_segment(self) -> Mapping[str, int]:
        """Number of each segment of the vocabulary."""
        return {name: k for k, name in enumerate(self.vocabulary["segment"])}

    # --- as plain data ---------------------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "format": FORMAT if isinstance(self.chance, Boosted) else 1,
            "learning": _learning_out(self.learning),
            "vocabulary": self.vocabulary,
            "chance": self.chance.as_dict() if isinstance(self.chance, Boosted) else _part_out(self.chance),
            "slope": self.slope,
            "offset": self.offset,
            "money": None
            if self.money is None
            else {
                "amount": _part_out(self.money.amount),
                "smear": self.money.smear,
                "rate": self.money.rate.tolist(),
                "rate_of": self.money.rate_of.tolist(),
            },
            "floor": self.floor,
            "ceiling": self.ceiling,
            "sized": self.sized,
            "data": self.data,
            "earned": self.earned,
            "forced": self.forced,
            "verdict": self.verdict,
        }

    def to_json(self) -> str:
        """Return it as a file's content, with its own hash, so that a change to the file is noticed."""
        return _canonical({**self.as_dict(), "sha256": self.sha256}) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Model:
        """Read it again.

        Raises
        ------
        DamagedModel
            It is no model, one of a newer version, or was changed.
        """
        try:
            data = json.loads(text)
            if data["format"] > FORMAT:
                raise DamagedModel(f"it has format {data['format']}, this version reads up to {FORMAT}")
            kept = data.pop("sha256", None)
            model = cls.from_dict(data)
            changed = kept != model.sha256
        except DamagedModel:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise DamagedModel(
                f"it is not a model that fairbook learn wrote ({type(error).__name__}: {error})"
            ) from None
        if changed:
            raise DamagedModel("it was changed since fairbook learn wrote it")
        return model

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Model:
        """Build it from `as_dict`."""
        money = data["money"]
        return cls(
            Learning.model_validate(data["learning"]),
            {str(k): [str(v) for v in values] for k, values in data["vocabulary"].items()},
            Boosted.from_dict(data["chance"]) if data["chance"].get("kind") == "trees" else _part_in(data["chance"]),
            float(data["slope"]),
            float(data["offset"]),
            None
            if money is None
            else Money(
                _part_in(money["amount"]), float(money["smear"]), np.array(money["rate"], dtype=np.float64),
                np.array(money["rate_of"], dtype=np.float64),
            ),
            bool(data["sized"]),
            dict(data["data"]),
            bool(data["earned"]),
            bool(data["forced"]),
            str(data["verdict"]),
            float(data["floor"]),
            float(data["ceiling"]),
        )  # fmt: skip

    # --- what it says ----------------------------------------------------------------------------

    def drivers(self, most: int = 12) -> Iterator[dict[str, Any]]:
        """Yield the largest effects on the log-odds that are surer than chance, by size: what, effect, sd.

        Of trees it is what splits gained most by: of, name and share.
        """
        if isinstance(self.chance, Boosted):
            for name, share in sorted(self.chance.gain.items(), key=lambda g: -g[1])[:most]:
                if share > 0:
                    yield {"of": "column", "name": name, "share": share}
            return
        found = []
        for group in self.chance.groups:
            for level, mean, variance in zip(group.level.tolist(), group.mean, group.variance, strict=True):
                found.append((" × ".join(group.of), self.named(group.of, level), float(mean), float(variance)))
        found += [(m.family, m.name, m.mean, m.variance) for m in self.chance.measures]
        sure = [f for f in found if abs(f[2]) > math.sqrt(f[3])]
        for kind, name, mean, variance in sorted(sure, key=lambda f: -abs(f[2]))[:most]:
            yield {"of": kind, "name": name, "effect": mean, "sd": math.sqrt(variance)}

    def named(self, of: Sequence[str], level: int) -> str:
        """Return the name of a level of a group."""
        parts = []
        for trait in reversed(of):
            width = max(1, len(self.vocabulary[trait]))
            parts.append(self.vocabulary[trait][level % width])
            level //= width
        return " in ".join(reversed(parts))


def _learning_out(learning: Learning) -> dict[str, Any]:
    """The settings; what came after format 1 only where it is set, so that older files keep their hash."""
    found = learning.model_dump(mode="json")
    if learning.method == Learning.model_fields["method"].default:
        del found["method"]
    return found


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _part_out(part: Part) -> dict[str, Any]:
    return {
        "intercept": part.intercept,
        "noise": part.noise,
        "groups": [
            {
                "of": list(g.of),
                "level": g.level.tolist(),
                "mean": g.mean.tolist(),
                "variance": g.variance.tolist(),
                "spread": g.spread,
            }
            for g in part.groups
        ],
        "measures": [vars(m) for m in part.measures],
    }


def _part_in(data: Mapping[str, Any]) -> Part:
    groups = tuple(
        Group(
            tuple(g["of"]), np.array(g["level"], dtype=np.int64), np.array(g["mean"], dtype=np.float64),
            np.array(g["variance"], dtype=np.float64), float(g["spread"]),
        )
        for g in data["groups"]
    )  # fmt: skip
    return Part(float(data["intercept"]), groups, tuple(Measure(**m) for m in data["measures"]), float(data["noise"]))
