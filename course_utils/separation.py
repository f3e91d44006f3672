"""How far labels lie apart in a set of vectors, and whether shuffled labels would do as well."""

from __future__ import annotations

import numpy as np

from course_utils import arguments


def label_share(vectors, labels) -> float:
    """Share of the variance of ``vectors`` that the labels explain: 0 if all labels have one centre, 1 if nothing else varies.

    The sum of squared distances of each text's label centre from the centre of all, divided by that of the texts themselves
    (eta squared of an analysis of variance, over all dimensions at once).

    Args:
        vectors: (n, dim).
        labels: (n,) of any kind.

    Raises:
        TypeError: ``vectors`` does not hold numbers, or ``labels`` are of several kinds.
        ValueError: not one label a vector, a label missing, vectors that are not finite, or all the same.

    >>> label_share([[0.0, 1.0], [0.0, 3.0], [4.0, 1.0], [4.0, 3.0]], ["left", "left", "right", "right"])
    0.8
    """
    return _share(*_checked(vectors, labels))


def _share(vectors: np.ndarray, labels: np.ndarray) -> float:
    centred = vectors - vectors.mean(0)
    between = sum((labels == label).sum() * (centred[labels == label].mean(0) ** 2).sum() for label in np.unique(labels))
    return float(between / (centred**2).sum())


def shuffled_shares(vectors, labels, draws: int = 200, seed: int = 0) -> np.ndarray:
    """``label_share`` with the labels in random order, ``draws`` times: what labels explain that mean nothing. (draws,).

    Raises:
        TypeError, ValueError: as in ``label_share``, or ``draws`` is not a whole number from 1 to 1,000,000.

    >>> vectors = np.random.default_rng(0).normal(size=(101, 5))
    >>> round(float(shuffled_shares(vectors, [0] * 50 + [1] * 51).mean()), 2)  # (labels - 1) / (texts - 1)
    0.01
    """
    vectors, labels = _checked(vectors, labels)
    draws = arguments.whole(draws, "draws", 1, arguments.MANY)
    rng = np.random.default_rng(arguments.seed(seed))
    return np.array([_share(vectors, rng.permutation(labels)) for _ in range(draws)])


def _checked(vectors, labels) -> tuple[np.ndarray, np.ndarray]:
    vectors, labels = arguments.vectors(vectors), arguments.labels(labels)
    if labels.shape != (len(vectors),):
        raise ValueError(f"One label a vector: vectors and labels have the shapes {vectors.shape} and {labels.shape}.")
    if not len(vectors) or np.ptp(vectors, axis=0).max() == 0:
        raise ValueError("All vectors are the same, or there are none: there is no variance to share.")
    return vectors, labels
