"""Figures with intervals from outcomes of ``tasks.evaluate``: of one training or of several seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from course_utils import arguments
from course_utils.comparisons import rank_correlations
from course_utils.data import HARD_STRATA, load_data
from course_utils.statistics import Interval, Verdict, judge

RESAMPLES = 2000
MOST = 20_000  # resamples: for all at once there is a table (resamples, items)
DUPLICATE = 4.0  # pairs with this score or more say the same


@dataclass(frozen=True)
class Metric:
    """How a figure comes from an outcome.

    Attributes:
        outcome: key in the dictionary of outcomes.
        items: () -> what is needed of the data: a tuple whose first entry selects from the outcome.
        value: (selected outcome (n,), counts (resamples, n), *rest of items) -> (resamples,).
        shifted: whether resampling raises the figure, so that the draws are shifted back.
    """

    outcome: str
    value: Callable
    items: Callable
    shifted: bool = False


def _all() -> tuple:
    return (slice(None),)


@cache
def _pairs(part: str) -> tuple:
    """Rows of ``sts`` in a part of its test split, and their scores."""
    sts = load_data("sts")
    hard = sts["stratum"].isin(HARD_STRATA)
    chosen = {"main": ~hard, "hard": hard, "all": hard | ~hard, "alike": sts["score"] >= DUPLICATE}[part]
    rows = np.flatnonzero(chosen & (sts["split"] == "test"))
    return rows, sts["score"].to_numpy()[rows]


@cache
def _topics() -> tuple:
    reviews = load_data("reviews", "test")
    return slice(None), reviews["topic"].astype("category").cat.codes.to_numpy()


@cache
def _questions() -> tuple:
    """For each right passage, in the order of the outcome ``search``, the number of its question."""
    answers = load_data("questions")["answers"]
    return slice(None), np.repeat(np.arange(len(answers)), answers.map(len))


def _mean(values, counts):
    return counts @ values / counts.sum(1)


def _spearman(cosines, counts, gold):
    return rank_correlations(cosines, gold, counts)


def average_precision(cosines, counts, gold):
    """Average precision of the pairs with a score of ``DUPLICATE`` or more, ranked by cosine: (resamples,).

    Precision at each duplicate, averaged over the duplicates; pairs of equal cosine count as one step, as in scikit-learn.

    Args:
        cosines: (n,).
        counts: (resamples, n), how often each pair was drawn.
        gold: (n,) scores.

    Raises:
        TypeError: one of them does not hold numbers.
        ValueError: other shapes, a number that is not finite or, in ``counts``, negative, or a resample without a duplicate.
    """
    cosines, gold = arguments.column(cosines, "cosines", 1), arguments.column(gold, "gold", 1)
    counts = arguments.vectors(counts, "counts", 1)
    if not len(cosines) == len(gold) == counts.shape[1] or counts.min() < 0:
        raise ValueError(
            f"cosines and gold must be (n,), counts (resamples, n) from 0; got {cosines.shape}, {gold.shape} and {counts.shape}"
        )
    order = np.argsort(-cosines, kind="stable")
    drawn = counts[:, order]
    right = drawn * (gold[order] >= DUPLICATE)
    ends = np.flatnonzero(np.r_[np.diff(cosines[order]) != 0, True])  # the last of each run of equal cosines
    found, seen = np.cumsum(right, 1)[:, ends], np.cumsum(drawn, 1)[:, ends]
    if not found[:, -1].all():
        raise ValueError(f"gold and counts: in a resample no pair has a score of {DUPLICATE:g} or more.")
    precision = found / np.maximum(seen, 1)
    return (np.diff(found, axis=1, prepend=0) * precision).sum(1) / found[:, -1]


def _by_question(values, questions, combine):
    """(questions,) of ``combine`` over the values of each question."""
    starts = np.flatnonzero(np.r_[True, np.diff(questions) > 0])
    return combine.reduceat(values, starts)


def _reciprocal_rank(ranks, counts, questions):
    return _mean(1 / _by_question(ranks, questions, np.minimum), counts)


def _recall(k: int):
    def value(ranks, counts, questions):
        within = _by_question((ranks <= k).astype(float), questions, np.add)
        return _mean(within / np.bincount(questions), counts)

    return value


def _v_measure(clusters, counts, topics):
    """V-measure of each resample, from its weighted table of topics by clusters."""
    k, n = topics.max() + 1, counts.sum(1)
    cell = (topics * (clusters.max() + 1) + clusters).astype(int)
    table = counts @ (cell[:, None] == np.arange(k * (clusters.max() + 1)))  # (resamples, cells)
    table = table.reshape(len(counts), k, -1) / n[:, None, None]

    def entropy(shares):
        return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(-1)

    topic, cluster, both = entropy(table.sum(2)), entropy(table.sum(1)), entropy(table.reshape(len(counts), -1))
    shared = topic + cluster - both  # mutual information
    return np.where(topic + cluster > 0, 2 * shared / np.maximum(topic + cluster, 1e-12), 1.0)


def _alignment(cosines, counts, gold):
    return _mean(2 - 2 * cosines, counts)


def _uniformity(cosines, counts):
    return np.log(_mean(np.exp(-2 * (2 - 2 * cosines)), counts))


METRICS = {
    "sentiment": Metric("sentiment", _mean, _all),
    "topic": Metric("topic", _mean, _all),
    "similarity": Metric("sts", _spearman, lambda: _pairs("main")),
    "hard pairs": Metric("sts", _spearman, lambda: _pairs("hard")),
    "all pairs": Metric("sts", _spearman, lambda: _pairs("all")),
    "duplicates": Metric("sts", average_precision, lambda: _pairs("all")),
    "search": Metric("search", _reciprocal_rank, _questions),
    "recall@1": Metric("search", _recall(1), _questions),
    "recall@5": Metric("search", _recall(5), _questions),
    "recall@10": Metric("search", _recall(10), _questions),
    "clusters": Metric("clusters", _v_measure, _topics, shifted=True),
    "random cosine": Metric("random", _mean, _all),
    "alignment": Metric("sts", _alignment, lambda: _pairs("alike")),
    "uniformity": Metric("random", _uniformity, _all),
}


def score(metric: str, outcomes: Mapping[str, np.ndarray], resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """A figure with its 95% bootstrap interval.

    Args:
        metric: one of ``METRICS``.
            ``sentiment``, ``topic``: accuracy of the probe.
            ``similarity``, ``hard pairs``, ``all pairs``: Spearman of cosine and score on the test split of ``sts``: without
            the hard strata, on them alone, on all.
            ``duplicates``: average precision on all its pairs; a duplicate has a score of 4 or more.
            ``search``: mean reciprocal rank of the first right passage; ``recall@1``, ``recall@5``, ``recall@10``: share of a
            question's right passages among the first so many.
            ``clusters``: V-measure with the topics (Rosenberg & Hirschberg 2007). Doubled texts raise it, so its draws are
            shifted to have the measured value as their mean.
            ``random cosine``; ``alignment`` of the duplicates, ``uniformity`` over the random pairs (Wang & Isola 2020, arXiv
            2005.10242; less is better).
        outcomes: from ``evaluate``; values (items,), or (seeds, items) for several trainings: then the figure is the mean over
            the seeds, and both items (questions, for search) and seeds are resampled.

    Raises:
        TypeError: ``outcomes`` is no dict or holds no numbers, or ``resamples`` or ``seed`` is not a whole number.
        ValueError: no such metric, an outcome that is missing, of the wrong length or not finite, or not from 1 to 20,000
            resamples.

    >>> import course_utils as cu
    >>> found = cu.evaluate(cu.tfidf_vectors, ["search"])
    >>> print(score("recall@10", found))
    0.16 [0.11, 0.21]
    """
    return _over_seeds(_curves(metric, [outcomes], resamples, seed), seed)


def score_difference(metric: str, a: Mapping, b: Mapping, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """The figure of ``a`` minus that of ``b``, on the same resampled items (and seeds): arguments and errors as in ``score``.

    Where one has several seeds and the other one only, the one stands against each.
    """
    return _over_seeds(_curves(metric, [a, b], resamples, seed), seed)


def seed_differences(metric: str, a: Mapping, b: Mapping, resamples: int = RESAMPLES, seed: int = 0) -> list[Interval]:
    """``score_difference`` for each training alone, with the interval over items."""
    curves = _curves(metric, [a, b], resamples, seed)
    return [_interval(curve[0], curve[1:]) for curve in curves]


def judge_scores(claim: str, metric: str, a: Mapping, b: Mapping, margin: float = 0.0) -> Verdict:
    """The verdict on a claim that says ``a`` is above ``b`` in ``metric`` by more than ``margin``.

    It is decided by the interval over items and seeds; where there are several seeds it also says with how many of them,
    taken alone, the claim is supported.

    Raises:
        TypeError, ValueError: as in ``score`` and ``judge``.
    """
    arguments.text(claim, "claim")
    arguments.real(margin, "margin")
    curves = _curves(metric, [a, b], RESAMPLES, 0)
    verdict = judge(claim, _over_seeds(curves, 0), margin)
    alone = [judge(claim, _interval(curve[0], curve[1:]), margin).outcome for curve in curves]
    seeds = (alone.count("supported"), len(alone)) if len(alone) > 1 else None
    return Verdict(claim, verdict.measured, verdict.outcome, seeds)


def _interval(value: float, draws: np.ndarray) -> Interval:
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return Interval(float(value), float(low), float(high))


def _over_seeds(curves: np.ndarray, seed: int) -> Interval:
    """The mean over the seeds, with the interval of draws of items and of seeds."""
    drawn = np.random.default_rng([seed, 1]).integers(0, len(curves), (len(curves), curves.shape[1] - 1))
    return _interval(curves[:, 0].mean(), np.take_along_axis(curves[:, 1:], drawn, 0).mean(0))


def _curves(metric: str, systems: list[Mapping], resamples: int, seed: int) -> np.ndarray:
    """The figure of the first system, minus that of the second if there is one: (seeds, 1 + resamples), all items first."""
    arguments.one_of(metric, "metric", METRICS)
    resamples, seed = arguments.whole(resamples, "resamples", 1, MOST), arguments.seed(seed)
    rule = METRICS[metric]
    selected, *rest = rule.items()
    names = ("outcomes",) if len(systems) == 1 else ("a", "b")
    tables = [_rows(rule.outcome, outcomes, name) for outcomes, name in zip(systems, names, strict=True)]
    seeds = [len(table) for table in tables]
    if len(set(seeds) - {1}) > 1:
        raise ValueError(
            f"a and b must have equally many seeds, or one of them one: {' and '.join(str(len(t)) for t in tables)}."
        )
    rows = [table[:, selected] for table in tables]
    n = len(np.unique(rest[0])) if rule.outcome == "search" else rows[0].shape[1]
    counts = _counts(n, resamples, seed)
    values = [np.stack([rule.value(row, counts, *rest) for row in table]) for table in rows]
    if rule.shifted:
        for curves in values:
            curves[:, 1:] += curves[:, :1] - curves[:, 1:].mean(1, keepdims=True)
    return values[0] if len(values) == 1 else values[0] - values[1]


def _counts(n: int, resamples: int, seed: int) -> np.ndarray:
    """How often each of n items is drawn: (1 + resamples, n); in the first row each once."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, n, (resamples, n))
    counts = np.zeros((resamples + 1, n))
    counts[0] = 1
    np.add.at(counts, (np.arange(1, resamples + 1)[:, None], drawn), 1)
    return counts


LENGTHS = {"sentiment": 540, "topic": 540, "clusters": 540, "sts": 1580, "search": 240, "random": 1000}


def _rows(outcome: str, outcomes: Mapping, name: str) -> np.ndarray:
    """An outcome as (seeds, items), checked; ``name`` is that of the argument."""
    if not isinstance(outcomes, Mapping):
        raise TypeError(f"{name} must be the outcomes that evaluate gives, a dict, not {arguments.shown(outcomes)}.")
    if outcome not in outcomes:
        raise ValueError(f"The outcome {outcome!r} is missing in {name}: evaluate(..., outcomes=[{outcome!r}]) gives it.")
    rows = np.atleast_2d(arguments.finite(arguments.array(outcomes[outcome], f"{name}[{outcome!r}]"), f"{name}[{outcome!r}]"))
    if not len(rows):
        raise ValueError(f"{name}[{outcome!r}] holds no seed.")
    if rows.ndim != 2 or rows.shape[1] != LENGTHS[outcome]:
        raise ValueError(
            f"{name}[{outcome!r}]: expected {LENGTHS[outcome]} items, as (items,) or (seeds, items), got {rows.shape}."
        )
    return rows
