"""Intervals and verdicts: how sure a number is, and what may be claimed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Interval:
    """A measured value with its bootstrap interval.

    >>> print(Interval(0.412, 0.367, 0.455))
    0.41 [0.37, 0.46]
    """

    value: float
    low: float
    high: float
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        return f"{self.value:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"


def bootstrap(
    statistic: Callable[[np.ndarray], float], n: int, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Percentile bootstrap of ``statistic(rows)``, where ``rows`` are ``n`` row numbers drawn with replacement.

    A difference of two systems computed inside ``statistic`` is a paired bootstrap: both see the same rows.
    Resamples for which the statistic is not defined (NaN) are left out.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.

    Raises:
        ValueError: fewer than two rows, a level outside (0, 1), or a statistic that is not defined on the data.

    >>> values = np.arange(100.0)
    >>> print(bootstrap(lambda rows: values[rows].mean(), 100))
    49.50 [43.91, 55.08]
    """
    if n < 2:
        raise ValueError(f"A bootstrap needs at least two rows, got {n}.")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}.")
    value = float(statistic(np.arange(n)))
    if not np.isfinite(value):
        raise ValueError("The statistic is not defined on these data (constant scores?).")
    rng = np.random.default_rng(seed)
    draws = np.array([statistic(rng.integers(0, n, n)) for _ in range(resamples)])
    draws = draws[np.isfinite(draws)]
    if len(draws) < resamples / 2:
        raise ValueError("The statistic is not defined on most resamples: too few rows.")
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level)


def _scores(**columns) -> list[np.ndarray]:
    """The columns as equally long float arrays.

    Raises:
        ValueError: not one-dimensional, not equally long, or not finite.
    """
    arrays = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"{name} must be one number a pair, got shape {array.shape}.")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds NaN or infinity.")
    if len({len(array) for array in arrays.values()}) != 1:
        raise ValueError("Not equally long: " + ", ".join(f"{name} has {len(a)}" for name, a in arrays.items()) + ".")
    return list(arrays.values())


def _ranks(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return rankdata(values)


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rho with average ranks for ties; NaN if either is constant."""
    a, b = _ranks(a), _ranks(b)
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / scale) if scale > 0 else float("nan")


def spearman(scores, gold) -> float:
    """Spearman's rank correlation of two (n,) columns, ties given their average rank. From -1 to 1; NaN if one is constant.

    Raises:
        ValueError: the columns are not equally long, not one-dimensional or not finite.

    >>> round(spearman([0.1, 0.4, 0.3], [1, 3, 2]), 3)
    1.0
    """
    return _rank_correlation(*_scores(scores=scores, gold=gold))


def spearman_interval(scores, gold, resamples: int = 2000, level: float = 0.95, seed: int = 0) -> Interval:
    """Spearman of ``scores`` (n,) with ``gold`` (n,) and its bootstrap interval over pairs.

    Raises:
        ValueError: as in ``spearman``, or as in ``bootstrap``.
    """
    scores, gold = _scores(scores=scores, gold=gold)
    return bootstrap(lambda rows: _rank_correlation(scores[rows], gold[rows]), len(gold), resamples, level, seed)


def spearman_difference(a, b, gold, resamples: int = 2000, level: float = 0.95, seed: int = 0) -> Interval:
    """Spearman(``a``, gold) - Spearman(``b``, gold), both on the same resampled pairs (paired bootstrap).

    Raises:
        ValueError: as in ``spearman``, or as in ``bootstrap``.
    """
    a, b, gold = _scores(a=a, b=b, gold=gold)

    def difference(rows: np.ndarray) -> float:
        return _rank_correlation(a[rows], gold[rows]) - _rank_correlation(b[rows], gold[rows])

    return bootstrap(difference, len(gold), resamples, level, seed)


@dataclass(frozen=True)
class Verdict:
    """A claim, what was measured, and what follows: ``supported``, ``not supported`` or ``undecided``.

    Attributes:
        measured: the ``Interval`` of what was compared with the margin, most often a difference; or what was counted, as text.
        seeds: with how many trainings, taken alone, the claim is supported, and of how many; ``None`` if there was one only.
    """

    claim: str
    measured: Interval | str
    outcome: str
    seeds: tuple[int, int] | None = None

    @property
    def measured_text(self) -> str:
        """What was measured, as it is printed."""
        text = self.measured if isinstance(self.measured, str) else f"{self.measured:+.2f}"
        return text if self.seeds is None else f"{text}, alone {self.seeds[0]} of {self.seeds[1]} seeds"

    def __str__(self) -> str:
        return f"{self.outcome.upper()}: {self.claim} ({self.measured_text})"


def judge(claim: str, difference: Interval, margin: float = 0.0) -> Verdict:
    """The verdict on a claim that says ``difference`` is greater than ``margin``.

    Supported if the whole interval lies above ``margin``, not supported if it lies below, undecided if it holds it.

    Raises:
        ValueError: the interval is not finite.

    >>> judge("the mean beats [CLS]", Interval(0.08, 0.03, 0.13)).outcome
    'supported'
    >>> judge("the mean beats [CLS]", Interval(0.02, -0.03, 0.07)).outcome
    'undecided'
    """
    if not np.isfinite([difference.low, difference.high]).all():
        raise ValueError("A verdict needs a finite interval.")
    if difference.low > margin:
        outcome = "supported"
    elif difference.high < margin:
        outcome = "not supported"
    else:
        outcome = "undecided"
    return Verdict(claim, difference, outcome)


def judge_fact(claim: str, holds: bool, measured: str) -> Verdict:
    """The verdict on a claim that is exact and needs no interval: ``supported`` if it ``holds``, else ``not supported``.

    Args:
        measured: what was counted or compared, in a few words, computed in the cell.

    >>> print(judge_fact("one vector goes in", 1 == 1, "1 distinct vector in 12 sentences"))
    SUPPORTED: one vector goes in (1 distinct vector in 12 sentences)
    """
    return Verdict(claim, measured, "supported" if holds else "not supported")


def ledger(entries):
    """The ledger of a notebook as a DataFrame: claim, who says it, what was measured, verdict.

    Args:
        entries: (who says it, ``Verdict``) pairs, in order.

    Raises:
        ValueError: there is no entry, or one is not such a pair.

    >>> ledger([("folklore", judge("the mean beats [CLS]", Interval(0.08, 0.03, 0.13)))])["verdict"].tolist()
    ['supported']
    """
    import pandas as pd

    entries = list(entries)
    if not entries or not all(len(entry) == 2 and isinstance(entry[1], Verdict) for entry in entries):
        raise ValueError("A ledger takes (who says it, verdict) pairs, with verdicts from judge or judge_fact.")
    rows = [[verdict.claim, source, verdict.measured_text, verdict.outcome] for source, verdict in entries]
    return pd.DataFrame(rows, columns=["claim", "who says it", "measured", "verdict"])
