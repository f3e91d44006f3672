"""Many systems against one, on the same resampled pairs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np

from course_utils import arguments
from course_utils.statistics import Interval

CHUNK = 250


def spearman_differences(
    scores: Mapping[str, np.ndarray], reference: str, gold, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> dict[str, Interval]:
    """Spearman of each system minus that of ``reference``, with paired bootstrap intervals on shared resamples.

    The same numbers as ``spearman_difference`` for each system in turn, many times faster: a pair drawn k times counts as k
    pairs of equal rank, so that each column is sorted once.

    Args:
        scores: label to one score a pair (n,).
        reference: the label that the others are compared with.
        level: of each interval. For m comparisons that shall all hold at 95%, pass ``1 - 0.05 / m`` (Bonferroni), and enough
            resamples for such tails.

    Raises:
        TypeError: ``scores`` is no dict, a column does not hold numbers, or ``resamples`` or ``seed`` is not a whole number.
        ValueError: ``reference`` is not in ``scores``, not from 1 to 1,000,000 resamples, a level outside (0, 1), or columns
            that are not finite, equally long or not constant.

    >>> rng = np.random.default_rng(0)
    >>> gold = rng.normal(size=300)
    >>> scores = {"good": gold + rng.normal(size=300), "noise": rng.normal(size=300)}
    >>> spearman_differences(scores, "noise", gold)["good"].low > 0
    True
    """
    arguments.mapping(scores, "scores", "label to one score a pair", text_keys=False)
    if not isinstance(reference, Hashable) or reference not in scores:
        raise ValueError(
            f"The reference {arguments.shown(reference)} is not among the systems of scores: {', '.join(map(str, scores))}."
        )
    values, drawn = _resampled(scores, gold, resamples, level, seed)
    return {
        label: _interval(values[label] - values[reference], drawn[label] - drawn[reference], level)
        for label in values
        if label != reference
    }


def spearman_intervals(
    scores: Mapping[str, np.ndarray], gold, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> dict[str, Interval]:
    """Spearman of each system with its bootstrap interval: what ``spearman_interval`` gives for each, many times faster.

    Args:
        scores: label to one score a pair (n,).

    Raises:
        TypeError: as in ``spearman_differences``.
        ValueError: a column is not finite, not as long as ``gold``, or constant; or as in ``spearman_differences``.

    >>> rng = np.random.default_rng(0)
    >>> gold = rng.normal(size=300)
    >>> print(spearman_intervals({"good": gold + rng.normal(size=300)}, gold)["good"])
    0.71 [0.65, 0.77]
    """
    values, drawn = _resampled(scores, gold, resamples, level, seed)
    return {label: _interval(values[label], drawn[label], level) for label in values}


def rank_correlations(scores, gold, counts) -> np.ndarray:
    """Spearman of ``scores`` with ``gold`` in each resample: (resamples,); NaN where one of them is constant.

    Args:
        scores: (n,) and ``gold`` (n,).
        counts: (resamples, n), how often each pair was drawn.

    Raises:
        TypeError: one of them does not hold numbers.
        ValueError: other shapes, or a number that is not finite or, in ``counts``, negative.

    >>> rank_correlations(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]), np.ones((1, 3))).round(2).tolist()
    [0.5]
    """
    scores, gold = arguments.column(scores, "scores", 1), arguments.column(gold, "gold", 1)
    counts = arguments.vectors(counts, "counts", 1)
    if not len(scores) == len(gold) == counts.shape[1]:
        raise ValueError(
            f"scores has {len(scores)} numbers, gold {len(gold)}, counts {counts.shape[1]} in a row: not one a pair."
        )
    if counts.min() < 0:
        raise ValueError("counts must not be negative.")
    parts = [counts[i : i + CHUNK] for i in range(0, len(counts), CHUNK)]
    return np.concatenate([_correlations(_centred_ranks(scores, p), _centred_ranks(gold, p), p) for p in parts])


def _interval(value: float, draws: np.ndarray, level: float) -> Interval:
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high), level)


def _resampled(scores: Mapping[str, np.ndarray], gold, resamples: int, level: float, seed: int):
    """Spearman of each system on all pairs, and on each resample: two dicts, to a number and to (resamples,).

    Raises:
        TypeError, ValueError: as in ``spearman_intervals``.
    """
    arguments.mapping(scores, "scores", "label to one score a pair", text_keys=False)
    arguments.level(level)
    resamples = arguments.whole(resamples, "resamples", 1, arguments.MANY)
    columns = {label: arguments.column(column, f"scores[{label!r}]") for label, column in scores.items()}
    gold = arguments.column(gold, "gold")
    for label, column in [("gold", gold), *columns.items()]:
        if column.shape != gold.shape:
            raise ValueError(f"{label}: expected {len(gold)} finite numbers, one a pair as in gold, got shape {column.shape}.")
        if len(column) < 2 or column.min() == column.max():
            raise ValueError(f"{label} is constant: it puts the pairs in no order.")
    n, rng = len(gold), np.random.default_rng(arguments.seed(seed))
    ones = np.ones((1, n))
    whole = _centred_ranks(gold, ones)
    values = {label: _correlations(_centred_ranks(column, ones), whole, ones)[0] for label, column in columns.items()}
    draws: dict[str, list] = {label: [] for label in columns}
    for start in range(0, resamples, CHUNK):
        drawn = [rng.integers(0, n, n) for _ in range(min(CHUNK, resamples - start))]
        counts = np.stack([np.bincount(rows, minlength=n) for rows in drawn]).astype(np.float64)  # (resamples, n)
        centred = _centred_ranks(gold, counts)
        for label, column in columns.items():
            draws[label].append(_correlations(_centred_ranks(column, counts), centred, counts))
    return values, {label: np.concatenate(parts) for label, parts in draws.items()}


def _centred_ranks(column: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Average ranks of ``column`` (n,), minus their mean, when value i occurs ``counts[:, i]`` times: (resamples, n)."""
    _, group = np.unique(column, return_inverse=True)
    order = np.argsort(group, kind="stable")
    begins = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    sizes = np.take(counts, order, axis=1)
    if len(begins) < len(order):  # ties
        sizes = np.add.reduceat(sizes, begins, axis=1)  # (resamples, distinct values)
    ranks = np.cumsum(sizes, axis=1)
    ranks -= sizes / 2
    return np.take(ranks, group, axis=1) - counts.sum(1, keepdims=True) / 2


def _correlations(a: np.ndarray, b: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Correlation of centred ranks (resamples, n) in each resample: (resamples,); NaN where one is constant."""
    weighted = counts * a
    across, within = np.einsum("rn,rn->r", weighted, b), np.einsum("rn,rn->r", weighted, a)
    with np.errstate(invalid="ignore", divide="ignore"):
        return across / np.sqrt(within * np.einsum("rn,rn,rn->r", counts, b, b))
