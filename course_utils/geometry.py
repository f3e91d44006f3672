"""Where vectors lie on the unit sphere: alignment and uniformity."""

from __future__ import annotations

import numpy as np

from course_utils import arguments
from course_utils.similarity import _unit

ROWS = 512


def alignment(a, b) -> float:
    """Mean squared distance of the unit vectors of pairs that belong together, two (n, dim); from 0, which is best, to 4.

    It is 2 - 2 times their mean cosine. Source: Wang & Isola 2020 (arXiv 2005.10242), with exponent 2.

    Raises:
        TypeError: ``a`` or ``b`` does not hold numbers.
        ValueError: the shapes differ or are not (n, dim), no pair, a zero vector, or a value that is not finite.

    >>> alignment([[1, 0], [0, 3]], [[5, 0], [0, -1]])
    2.0
    """
    a, b = _directions(a, "a"), _directions(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"a and b: alignment needs two arrays of one shape, got {a.shape} and {b.shape}.")
    return float(((a - b) ** 2).sum(1).mean())


def uniformity(vectors, t: float = 2.0) -> float:
    """Log of the mean of exp(-t d^2) over all pairs of different rows of (n, dim), d their distance on the unit sphere.

    0 if all vectors point one way; the further they are spread, the lower, which is better (about -2 t at the lowest).
    Source: Wang & Isola 2020 (arXiv 2005.10242), who take t = 2.

    Raises:
        TypeError: ``vectors`` does not hold numbers, or ``t`` is none.
        ValueError: fewer than two vectors, not (n, dim), a zero vector, a value that is not finite, or ``t`` not from above 0
            to 100.

    >>> round(uniformity([[1, 0], [0, 1], [-1, 0], [0, -1]], t=1), 2)
    -2.34
    """
    unit = _directions(vectors)
    if len(unit) < 2:
        raise ValueError("Uniformity needs at least two vectors.")
    arguments.real(t, "t", above=0, most=100)
    total = 0.0
    for start in range(0, len(unit), ROWS):
        squared = np.maximum(2 - 2 * unit[start : start + ROWS] @ unit.T, 0)  # (rows, n)
        total += np.exp(-t * squared).sum() - np.exp(-t * np.diagonal(squared, start)).sum()  # not with themselves
    return float(np.log(total / (len(unit) * (len(unit) - 1))))


def _directions(vectors, name: str = "vectors") -> np.ndarray:
    """Rows of length 1.

    Raises:
        TypeError: they do not hold numbers.
        ValueError: none, not (n, dim), not finite, or a row of zeros, which has no direction.
    """
    unit = _unit(vectors, name)
    if not len(unit):
        raise ValueError(f"There are no vectors in {name}.")
    if not np.any(unit, axis=1).all():
        raise ValueError(f"A vector of zeros has no direction: {name} holds one.")
    return unit
