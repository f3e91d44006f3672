"""How alike two sets of vectors of the same texts are, whatever their axes: linear CKA and what it gives by chance."""

from __future__ import annotations

import numpy as np

from course_utils import arguments

ESTIMATORS = ("debiased", "plain")


def linear_cka(a, b, estimator: str = "debiased") -> float:
    """Linear CKA (centred kernel alignment) of two sets of vectors of the same texts: 1 for the same up to rotation and scale.

    Sources: Kornblith et al. 2019, arXiv 1905.00414 (``plain``); Nguyen et al. 2021, arXiv 2010.15327, with the unbiased
    HSIC of Song et al. 2012 (``debiased``). The plain estimate is too high when there are few texts for the dimensions:
    unrelated vectors do not give 0. The debiased one gives 0 on average, so that it can fall a little below.

    Args:
        a: (n, dim) vectors.
        b: (n, other dim) vectors of the same texts, in the same order.
        estimator: ``"debiased"`` or ``"plain"``.

    Raises:
        TypeError: ``a`` or ``b`` does not hold numbers.
        ValueError: no such estimator, not as many rows, fewer than four, a value that is not finite, or a set of which all
            vectors are the same: there is nothing to align ([CLS] at the embedding layer is such a set).

    >>> a = np.random.default_rng(0).normal(size=(100, 3))
    >>> turned = 5 * a[:, [2, 0, 1]] + 1
    >>> round(linear_cka(a, turned), 6), round(linear_cka(a, turned, "plain"), 6)
    (1.0, 1.0)
    """
    check = _hsic(estimator)
    a, b = _gram_matrices(a, b)
    return check(a, b) / float(np.sqrt(check(a, a) * check(b, b)))


def cka_floor(a, b, estimator: str = "debiased", draws: int = 20, seed: int = 0) -> np.ndarray:
    """What ``linear_cka`` gives when the sets have nothing to do with each other: (draws,), one for each random order of ``b``.

    The vectors stay as they are; only which text each belongs to is drawn at random. A CKA counts for as much as it
    stands above this floor.

    Raises:
        TypeError, ValueError: as in ``linear_cka``, or ``draws`` is not a whole number from 1 to 1,000,000.

    >>> a, b = np.random.default_rng(0).normal(size=(2, 100, 64))
    >>> [round(float(cka_floor(a, b, estimator).mean()), 1) + 0.0 for estimator in ("plain", "debiased")]
    [0.4, 0.0]
    """
    if not 1 <= (draws := arguments.whole(draws, "draws")) <= arguments.MANY:
        raise ValueError(f"draws must be at least 1 and at most {arguments.MANY:,}, not {arguments.shown(draws)}.")
    check = _hsic(estimator)
    a, b = _gram_matrices(a, b)
    scale = float(np.sqrt(check(a, a) * check(b, b)))
    rng = np.random.default_rng(arguments.seed(seed))
    orders = [rng.permutation(len(b)) for _ in range(draws)]
    return np.array([check(a, b[np.ix_(order, order)]) / scale for order in orders])


def _gram_matrices(a, b) -> tuple[np.ndarray, np.ndarray]:
    """The inner products of the centred rows of each set, scaled: two (n, n)."""
    a, b = arguments.vectors(a, "a"), arguments.vectors(b, "b")
    if len(a) != len(b):
        raise ValueError(f"a and b must be vectors (n, dim) of the same n texts, got shapes {a.shape} and {b.shape}.")
    if len(a) < 4:
        raise ValueError(f"CKA needs at least 4 texts, a and b have {len(a)}.")
    grams = []
    for name, vectors in (("a", a), ("b", b)):
        centred = vectors - vectors.mean(0)
        spread = float(np.sqrt((centred**2).sum(1).mean()))
        if spread <= 1e-5 * max(float(np.abs(vectors).max()), 1e-12):
            raise ValueError(f"All vectors of {name} are the same: there is nothing to align.")
        centred /= spread
        grams.append(centred @ centred.T)
    return grams[0], grams[1]


def _hsic(estimator: str):
    arguments.one_of(estimator, "estimator", ESTIMATORS)
    return _unbiased if estimator == "debiased" else _plain


def _plain(k: np.ndarray, m: np.ndarray) -> float:
    return float((k * m).sum())


def _unbiased(k: np.ndarray, m: np.ndarray) -> float:
    """Equation 5 of Song et al. 2012 (JMLR 13), up to the factor 1 / n(n - 3), which cancels in CKA."""
    n = len(k)
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    sums_k, sums_m = k.sum(0), m.sum(0)
    across = sums_k.sum() * sums_m.sum() / ((n - 1) * (n - 2))
    return float((k * m).sum() + across - 2 * (sums_k @ sums_m) / (n - 2))
