"""Regression with effects that shrink: each group's effects are drawn from one normal law, its spread learned as well.

The mode is scikit-learn's (logistic or ridge regression on columns scaled by their group's spread); the spreads follow
by empirical Bayes, the fixed point of MacKay's evidence framework (Bishop, *Pattern Recognition and Machine Learning*,
3.5.2), with the exact curvature for up to `EXACT` effects and its diagonal beyond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.arrays import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Effects up to which the curvature is inverted whole.
EXACT = 1_500
#: Least and most variance a group may have.
_LEAST, _MOST = 1e-5, 9.0


@dataclass(frozen=True)
class Effects:
    """What was learned.

    Attributes
    ----------
    intercept : value where every effect is 0.
    mean, variance : float64[columns], of each effect given the data.
    spread : float64[groups], variance the effects of each group are drawn from.
    noise : variance of what is left (1 for logistic regression).
    """

    intercept: float
    mean: Floats
    variance: Floats
    spread: Floats
    noise: float = 1.0


def _scaled(x: csr_matrix, scale: Floats) -> csr_matrix:
    made = x.copy()
    made.data = x.data * scale[x.indices]
    return made


def _variances(x: csr_matrix, curvature: Floats, spread: Floats) -> Floats:
    """float64[columns]: variance of each effect, by the curvature of each row's likelihood."""
    from scipy.sparse import diags

    if x.shape[1] <= EXACT:
        weighted = diags(curvature) @ x
        whole = (x.T @ weighted).toarray()
        total = np.asarray(weighted.sum(axis=0)).ravel()  # the intercept, taken out
        whole -= np.outer(total, total) / max(float(curvature.sum()), 1e-12)
        whole[np.diag_indices_from(whole)] += 1 / spread
        found: Floats = np.diag(np.linalg.inv(whole)).copy()
        return found
    squares = x.copy()
    squares.data = x.data**2
    return np.asarray(1 / (squares.T @ curvature + 1 / spread))


def _next(mean: Floats, variance: Floats, group: Ints, spread: Floats) -> Floats:
    """float64[groups]: the next variance of each group: squared effects by how many of them the data determine.

    One imagined effect of 0 a group keeps a spread from being read out of two or three levels.
    """
    squares = np.bincount(group, weights=mean**2, minlength=len(spread))
    determined = np.bincount(group, weights=1 - variance / spread[group], minlength=len(spread))
    return np.clip(squares / (determined + 1), _LEAST, _MOST)


def fit_chance(
    x: csr_matrix, y: Floats, weight: Floats, group: Ints, n_groups: int, rounds: int, start: Floats | None = None
) -> Effects:
    """Fit the log-odds of `y` (0 or 1).

    Parameters
    ----------
    x : rows × columns.
    weight : float64[rows].
    group : int64[columns], the group of each column.
    rounds : of empirical Bayes.
    start : float64[groups], spreads to begin with.
    """
    from sklearn.linear_model import LogisticRegression

    spread = np.full(n_groups, 0.1) if start is None else start.copy()
    model: Any = LogisticRegression(C=1.0, solver="lbfgs", max_iter=300, tol=1e-5, warm_start=True)
    mean = np.zeros(x.shape[1])
    for _ in range(rounds):
        scale = np.sqrt(spread[group])
        if hasattr(model, "coef_"):
            model.coef_ = (mean / scale)[None, :]
        model.fit(_scaled(x, scale), y.astype(np.int64), sample_weight=weight)
        mean, intercept = model.coef_[0] * scale, float(model.intercept_[0])
        chance = 1 / (1 + np.exp(-(x @ mean + intercept)))
        variance = _variances(x, weight * chance * (1 - chance), spread[group])
        before, spread = spread, _next(mean, variance, group, spread)
    return Effects(intercept, mean, variance, before)


def fit_amount(x: csr_matrix, y: Floats, group: Ints, n_groups: int, rounds: int) -> Effects:
    """Fit a mean of `y`; as `fit_chance`."""
    from sklearn.linear_model import Ridge

    noise = max(float(np.var(y)) / 2, 1e-6)
    spread = np.full(n_groups, max(float(np.var(y)) / 10, 1e-4))
    for _ in range(rounds):
        scale = np.sqrt(spread[group])
        model: Any = Ridge(alpha=noise, solver="sparse_cg", tol=1e-6)
        model.fit(_scaled(x, scale), y)
        mean, intercept = model.coef_ * scale, float(model.intercept_)
        variance = _variances(x, np.full(len(y), 1 / noise), spread[group])
        rest = y - x @ mean - intercept
        free = max(len(y) - float((1 - variance / spread[group]).sum()), len(y) / 10)
        before, spread = spread, _next(mean, variance, group, spread)
        noise = max(float(rest @ rest) / free, 1e-6)
    return Effects(intercept, mean, variance, before, noise)
