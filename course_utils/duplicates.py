"""Duplicates from cosines: what a threshold calls one, and how to choose it."""

from __future__ import annotations

import numpy as np


def f1(called, duplicate) -> float:
    """F1 of a yes-or-no decision: 2 x right calls / (calls + duplicates); 0 if there are neither.

    Args:
        called: (pairs,) booleans, what was called a duplicate.
        duplicate: (pairs,) booleans, what is one.

    Raises:
        ValueError: not equally long.

    >>> f1([True, True, False], [True, False, False])
    0.6666666666666666
    """
    called, duplicate = np.asarray(called, dtype=bool), np.asarray(duplicate, dtype=bool)
    if called.shape != duplicate.shape or called.ndim != 1:
        raise ValueError(f"Expected two equally long columns, got {called.shape} and {duplicate.shape}.")
    return float(2 * (called & duplicate).sum() / max(called.sum() + duplicate.sum(), 1))


def choose_threshold(cosines, duplicate) -> float:
    """The cosine from which on pairs are called duplicates so that F1 is greatest; the highest of equally good ones.

    Choose it on other pairs than it is judged on.

    Args:
        cosines: (pairs,).
        duplicate: (pairs,) booleans.

    Raises:
        ValueError: not equally long, or no duplicate among them.

    >>> choose_threshold([0.9, 0.7, 0.8, 0.2], [True, True, False, False])
    0.7
    """
    cosines, duplicate = np.asarray(cosines, dtype=float), np.asarray(duplicate, dtype=bool)
    if not duplicate.any():
        raise ValueError("A threshold cannot be chosen on pairs of which none is a duplicate.")
    return float(max(sorted(set(cosines), reverse=True), key=lambda value: f1(cosines >= value, duplicate)))
