"""Duplicates from cosines: what a threshold calls one, and how to choose it."""

from __future__ import annotations

import numpy as np

from course_utils import arguments


def f1(called, duplicate) -> float:
    """F1 of a yes-or-no decision: 2 x right calls / (calls + duplicates); 0 if there are neither.

    Args:
        called: (pairs,) booleans, what was called a duplicate.
        duplicate: (pairs,) booleans, what is one.

    Raises:
        TypeError: ``called`` or ``duplicate`` does not hold booleans.
        ValueError: not equally long, or other numbers than 1 and 0.

    >>> f1([True, True, False], [True, False, False])
    0.6666666666666666
    """
    called, duplicate = arguments.yes_or_nos(called, "called"), arguments.yes_or_nos(duplicate, "duplicate")
    if called.shape != duplicate.shape:
        raise ValueError(f"called and duplicate must be equally long, got {called.shape} and {duplicate.shape}.")
    return _f1(called, duplicate)


def _f1(called: np.ndarray, duplicate: np.ndarray) -> float:
    return float(2 * (called & duplicate).sum() / max(called.sum() + duplicate.sum(), 1))


def choose_threshold(cosines, duplicate) -> float:
    """The cosine from which on pairs are called duplicates so that F1 is greatest; the highest of equally good ones.

    Choose it on other pairs than it is judged on.

    Args:
        cosines: (pairs,).
        duplicate: (pairs,) booleans.

    Raises:
        TypeError: ``cosines`` does not hold numbers, or ``duplicate`` no booleans.
        ValueError: not equally long, not finite, or no duplicate among them.

    >>> choose_threshold([0.9, 0.7, 0.8, 0.2], [True, True, False, False])
    0.7
    """
    cosines, duplicate = arguments.column(cosines, "cosines"), arguments.yes_or_nos(duplicate, "duplicate")
    if cosines.shape != duplicate.shape:
        raise ValueError(f"cosines and duplicate must be equally long, got {cosines.shape} and {duplicate.shape}.")
    if not duplicate.any():
        raise ValueError("duplicate: a threshold cannot be chosen on pairs of which none is a duplicate.")
    return float(max(sorted(set(cosines), reverse=True), key=lambda value: _f1(cosines >= value, duplicate)))
