"""Cosine, Spearman, the bootstrap and verdicts, against scipy and scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics.pairwise import cosine_similarity

import course_utils as cu

rng = np.random.default_rng(0)


def correlated(n, rho, seed):
    draw = np.random.default_rng(seed)
    gold = draw.normal(size=n)
    return rho * gold + np.sqrt(1 - rho**2) * draw.normal(size=n), gold


def test_cosine_equals_scikit_learn():
    a, b = rng.normal(size=(5, 7)), rng.normal(size=(5, 7))
    np.testing.assert_allclose(cu.cosine_matrix(a, b), cosine_similarity(a, b))
    np.testing.assert_allclose(cu.cosine(a, b), np.diag(cosine_similarity(a, b)))
    assert cu.cosine([[0, 0]], [[1, 2]]).tolist() == [0.0]
    assert cu.cosine(a, a).max() <= 1.0


@pytest.mark.parametrize(("a", "b"), [([[1, 2]], [[1, 2, 3]]), ([1, 2], [1, 2]), ([[np.nan, 1]], [[1, 2]])])
def test_cosine_refuses_what_it_cannot_compare(a, b):
    with pytest.raises(ValueError, match=r"shape|NaN"):
        cu.cosine(a, b)


def test_random_pairs_never_pair_a_row_with_itself():
    assert cu.random_pair_cosines(np.eye(6), pairs=500).max() == 0.0
    with pytest.raises(ValueError, match="at least two"):
        cu.random_pair_cosines([[1.0]])


def test_nearest_leaves_itself_out():
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1], [1, 0]])
    assert [row for row, _ in cu.nearest(0, vectors, k=2)] == [3, 1]
    with pytest.raises(ValueError, match="no row 9"):
        cu.nearest(9, vectors)


def test_spearman_equals_scipy_with_ties():
    for seed in range(5):
        draw = np.random.default_rng(seed)
        a, b = draw.integers(0, 6, 80), draw.normal(size=80)
        assert cu.spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    assert np.isnan(cu.spearman([1, 1, 1], [1, 2, 3]))


@pytest.mark.parametrize(
    ("a", "b", "said"), [([1, 2], [1, 2, 3], "equally long"), ([1, np.nan], [1, 2], "NaN"), ([[1]], [1], "shape")]
)
def test_spearman_refuses_bad_columns(a, b, said):
    with pytest.raises(ValueError, match=said):
        cu.spearman(a, b)


def test_the_bootstrap_interval_is_scipys():
    a, b = correlated(300, 0.6, seed=1)
    ours = cu.spearman_interval(a, b, resamples=4000)
    theirs = stats.bootstrap(
        (a, b), lambda x, y: stats.spearmanr(x, y).statistic, paired=True, vectorized=False, method="percentile",
        n_resamples=1000, rng=0,
    ).confidence_interval  # fmt: skip
    assert ours.low == pytest.approx(theirs.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.high, abs=0.02)
    assert ours == cu.spearman_interval(a, b, resamples=4000)


def test_the_interval_covers_as_often_as_it_says():
    """Over 120 samples from one population, the 90% interval holds the true value about 90% of the time."""
    truth = 6 / np.pi * np.arcsin(0.5 / 2)  # Spearman of a normal pair with correlation 0.5
    held = 0
    for seed in range(120):
        a, b = correlated(120, 0.5, seed)
        interval = cu.spearman_interval(a, b, resamples=300, level=0.9, seed=seed)
        held += interval.low <= truth <= interval.high
    assert 0.80 <= held / 120 <= 0.97


def test_a_paired_difference_is_narrower_than_two_intervals():
    a, gold = correlated(400, 0.5, seed=2)
    b = a + 0.1 * np.random.default_rng(3).normal(size=400)
    difference = cu.spearman_difference(a, b, gold)
    assert difference.value == pytest.approx(cu.spearman(a, gold) - cu.spearman(b, gold))
    single = cu.spearman_interval(a, gold)
    assert difference.high - difference.low < (single.high - single.low) / 2


def test_verdicts_follow_the_interval_and_can_fail():
    good, gold = correlated(500, 0.7, seed=4)
    poor, _ = correlated(500, 0.0, seed=5)
    outcome = lambda a, b: cu.judge("a beats b", cu.spearman_difference(a, b, gold)).outcome  # noqa: E731
    assert outcome(good, poor) == "supported"
    assert outcome(poor, good) == "not supported"
    assert outcome(good, good + 1e-9 * poor) == "undecided"
    shuffled = np.random.default_rng(6).permutation(gold)
    assert cu.judge("x", cu.spearman_difference(good, poor, shuffled)).outcome == "undecided"
    assert cu.judge("x", cu.Interval(0.05, 0.01, 0.09), margin=0.03).outcome == "undecided"
    with pytest.raises(ValueError, match="finite"):
        cu.judge("x", cu.Interval(0.0, float("nan"), 1.0))


def test_a_verdict_reads_as_a_sentence():
    verdict = cu.judge("the mean is above [CLS]", cu.Interval(0.081, 0.033, 0.129))
    assert str(verdict) == "SUPPORTED: the mean is above [CLS] (+0.08 [+0.03, +0.13])"


@pytest.mark.parametrize("wrong", [{"n": 1}, {"n": 10, "level": 1.0}])
def test_the_bootstrap_refuses_what_makes_no_sense(wrong):
    with pytest.raises(ValueError, match=r"two rows|level"):
        cu.bootstrap(lambda rows: rows.mean(), **wrong)


def test_constant_scores_are_refused():
    with pytest.raises(ValueError, match="not defined"):
        cu.spearman_interval([1, 1, 1], [1, 2, 3])


def test_tfidf_is_a_bag_of_words():
    vectors = cu.tfidf_vectors(["a dog bit a man", "a man bit a dog", "rain fell"])
    assert cu.cosine(vectors[:1], vectors[1:2])[0] == pytest.approx(1.0)
    assert cu.cosine(vectors[:1], vectors[2:])[0] == 0.0
