"""Intervals and verdicts: how sure a number is, and what may be claimed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from course_utils import arguments


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
        TypeError: ``statistic`` is no function or does not give one number; ``n``, ``resamples`` or ``seed`` is not a whole
            number.
        ValueError: fewer than two rows, not from 1 to 1,000,000 resamples, a level outside (0, 1), or a statistic that is not
            defined on the data.

    >>> values = np.arange(100.0)
    >>> print(bootstrap(lambda rows: values[rows].mean(), 100))
    49.50 [43.91, 55.08]
    """
    arguments.function(statistic, "statistic", "from row numbers to one number")
    if arguments.whole(n, "n", most=100 * arguments.MANY) < 2:
        raise ValueError(f"A bootstrap needs at least two rows, got n = {n}.")
    resamples = arguments.whole(resamples, "resamples", 1, arguments.MANY)
    arguments.level(level)
    rng = np.random.default_rng(arguments.seed(seed))
    value = statistic(np.arange(n))
    if np.ndim(value) or not isinstance(value, (int, float, np.number, np.bool_)):
        raise TypeError(f"statistic must give one number, not {arguments.shown(value)}.")
    value = float(value)
    if not np.isfinite(value):
        raise ValueError("The statistic is not defined on these data (constant scores?).")
    draws = np.array([statistic(rng.integers(0, n, n)) for _ in range(resamples)])
    draws = draws[np.isfinite(draws)]
    if len(draws) < resamples / 2:
        raise ValueError("The statistic is not defined on most resamples: too few rows.")
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level)


def _scores(**columns) -> list[np.ndarray]:
    """The columns as equally long float arrays of at least one number.

    Raises:
        TypeError: a column does not hold numbers.
        ValueError: not one-dimensional, not equally long, empty, or not finite.
    """
    arrays = {name: arguments.column(column, name) for name, column in columns.items()}
    if len({len(array) for array in arrays.values()}) != 1:
        raise ValueError("Not equally long: " + ", ".join(f"{name} has {len(a)}" for name, a in arrays.items()) + ".")
    if not all(map(len, arrays.values())):
        raise ValueError(f"There are no pairs: {' and '.join(arrays)} are empty.")
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
        TypeError: a column does not hold numbers.
        ValueError: the columns are not equally long, empty, not one-dimensional or not finite.

    >>> round(spearman([0.1, 0.4, 0.3], [1, 3, 2]), 3)
    1.0
    """
    return _rank_correlation(*_scores(scores=scores, gold=gold))


def spearman_interval(scores, gold, resamples: int = 2000, level: float = 0.95, seed: int = 0) -> Interval:
    """Spearman of ``scores`` (n,) with ``gold`` (n,) and its bootstrap interval over pairs.

    Raises:
        TypeError, ValueError: as in ``spearman``, or as in ``bootstrap``.
    """
    scores, gold = _scores(scores=scores, gold=gold)
    return bootstrap(lambda rows: _rank_correlation(scores[rows], gold[rows]), len(gold), resamples, level, seed)


def spearman_difference(a, b, gold, resamples: int = 2000, level: float = 0.95, seed: int = 0) -> Interval:
    """Spearman(``a``, gold) - Spearman(``b``, gold), both on the same resampled pairs (paired bootstrap).

    Raises:
        TypeError, ValueError: as in ``spearman``, or as in ``bootstrap``.
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
        TypeError: ``claim`` is no text, ``difference`` no ``Interval``, or ``margin`` no number.
        ValueError: the interval or the margin is not finite.

    >>> judge("the mean beats [CLS]", Interval(0.08, 0.03, 0.13)).outcome
    'supported'
    >>> judge("the mean beats [CLS]", Interval(0.02, -0.03, 0.07)).outcome
    'undecided'
    """
    arguments.text(claim, "claim")
    arguments.real(margin, "margin")
    if not isinstance(difference, Interval):
        raise TypeError(
            f"difference must be an Interval, from bootstrap or score_difference, not {arguments.shown(difference)}."
        )
    if not all(isinstance(end, (int, float, np.number)) for end in (difference.low, difference.high)):
        raise TypeError("difference must be an Interval of numbers.")
    if not np.isfinite([difference.low, difference.high]).all():
        raise ValueError("difference: a verdict needs a finite interval.")
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

    Raises:
        TypeError: ``claim`` or ``measured`` is no text, or ``holds`` is neither true nor false.

    >>> print(judge_fact("one vector goes in", 1 == 1, "1 distinct vector in 12 sentences"))
    SUPPORTED: one vector goes in (1 distinct vector in 12 sentences)
    """
    arguments.text(claim, "claim")
    arguments.text(measured, "measured")
    return Verdict(claim, measured, "supported" if arguments.yes_or_no(holds, "holds") else "not supported")


def ledger(entries, again=None):
    """The ledger of a notebook as a DataFrame: claim, who says it, what was measured, verdict.

    Args:
        entries: (who says it, ``Verdict``) pairs, in order.
        again: claim to counts of outcomes, from ``repeated_verdicts``: then a column says how often each verdict came out
            again, and those that did so in fewer than nine of ten are undecided.

    Raises:
        TypeError: ``entries`` is no list, or ``again`` no dict.
        ValueError: there is no entry, one is not such a pair, or ``again`` does not hold counts.

    >>> ledger([("folklore", judge("the mean beats [CLS]", Interval(0.08, 0.03, 0.13)))])["verdict"].tolist()
    ['supported']
    """
    import pandas as pd

    from course_utils.repetition import counted, settle

    entries = arguments.items(entries, "entries", "(who says it, verdict) pairs")
    pairs = (isinstance(entry, (tuple, list)) and len(entry) == 2 and isinstance(entry[1], Verdict) for entry in entries)
    if not entries or not all(pairs):
        raise ValueError("entries: a ledger takes (who says it, verdict) pairs, with verdicts from judge or judge_fact.")
    again = counted(again)
    rows = [[verdict.claim, source, verdict.measured_text, *reversed(settle(verdict, again))] for source, verdict in entries]
    table = pd.DataFrame(rows, columns=["claim", "who says it", "measured", "again", "verdict"])
    return table if again else table.drop(columns="again")
