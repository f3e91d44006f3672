"""Corrections of a set of vectors: centring, z-scoring, whitening; fitted on one set, applied to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from course_utils import arguments


@dataclass(frozen=True)
class Postprocessing:
    """A fitted correction: take away ``centre``, then multiply with ``matrix``.

    Attributes:
        centre: (dim,), the mean of the vectors it was fitted on.
        matrix: (dim, dimensions).
        fitted_on: how many vectors it was fitted on.
    """

    centre: np.ndarray
    matrix: np.ndarray
    fitted_on: int

    def apply(self, vectors) -> np.ndarray:
        """Correct ``vectors`` (n, dim): (n, dimensions), float64.

        Raises:
            TypeError: ``vectors`` does not hold numbers.
            ValueError: not vectors of the dimension it was fitted on, or not finite.
        """
        vectors = _checked(vectors, least=0)
        if vectors.shape[1] != len(self.centre):
            raise ValueError(f"vectors: Fitted on vectors of {len(self.centre)} dimensions, got vectors of {vectors.shape[1]}.")
        return (vectors - self.centre) @ self.matrix


def _checked(vectors, least: int = 2) -> np.ndarray:
    """``vectors`` as a finite float64 array (n, dim) of at least ``least`` rows.

    Raises:
        TypeError: it does not hold numbers.
        ValueError: it is not one.
    """
    vectors = arguments.vectors(vectors)
    if len(vectors) < least:
        raise ValueError(f"A correction is fitted on at least {least} vectors, got {len(vectors)}.")
    return vectors


def fit_centring(vectors) -> Postprocessing:
    """Centring: takes away the mean of ``vectors`` (n, dim), the direction that all share.

    Raises:
        TypeError: ``vectors`` does not hold numbers.
        ValueError: fewer than two vectors, not (n, dim), or not finite.

    >>> fit_centring([[1.0, 5.0], [3.0, 5.0]]).apply([[2.0, 6.0]]).tolist()
    [[0.0, 1.0]]
    """
    vectors = _checked(vectors)
    return Postprocessing(vectors.mean(0), np.eye(vectors.shape[1]), len(vectors))


def fit_zscoring(vectors) -> Postprocessing:
    """Z-scoring: centring, then each dimension divided by its standard deviation over ``vectors`` (n, dim).

    A dimension that does not vary is set to 0. Source: Timkey & van Schijndel 2021, arXiv 2109.04404.

    Raises:
        TypeError, ValueError: as in ``fit_centring``.

    >>> fit_zscoring([[1.0, 0.0], [3.0, 8.0]]).apply([[3.0, 0.0]]).tolist()
    [[1.0, -1.0]]
    """
    vectors = _checked(vectors)
    spread = vectors.std(0)
    varies = spread > 1e-12 * max(1.0, np.abs(vectors).max())
    return Postprocessing(vectors.mean(0), np.diag(np.where(varies, 1 / np.where(varies, spread, 1), 0.0)), len(vectors))


def fit_whitening(vectors, dimensions: int | None = None) -> Postprocessing:
    """Whitening: centring, then a rotation and a scaling after which the dimensions are uncorrelated with variance 1.

    ``vectors`` (n, dim) must be many more than their dimensions: the covariance has dim (dim + 1) / 2 numbers to estimate.

    Args:
        dimensions: keep only the directions of greatest variance, this many; all that vary if left out.

    Source: Su et al. 2021, arXiv 2103.15316.

    Raises:
        TypeError: as in ``fit_centring``, or ``dimensions`` is not a whole number.
        ValueError: as in ``fit_centring``, or ``dimensions`` is more than the vectors span.

    >>> rng = np.random.default_rng(0)
    >>> vectors = rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3)) + 5
    >>> white = fit_whitening(vectors).apply(vectors)
    >>> np.allclose(np.cov(white.T), np.eye(3))
    True
    """
    vectors = _checked(vectors)
    centre = vectors.mean(0)
    variances, directions = np.linalg.eigh(np.cov(vectors.T).reshape(vectors.shape[1], -1))  # smallest first
    variances, directions = variances[::-1], directions[:, ::-1]
    spanned = int((variances > 1e-10 * max(variances[0], 1e-300)).sum())
    if dimensions is None:
        dimensions = spanned
    if not spanned:
        raise ValueError("All vectors are the same: there is nothing to whiten.")
    if not 1 <= arguments.whole(dimensions, "dimensions") <= spanned:
        raise ValueError(
            f"dimensions must be from 1 to {spanned}, not {arguments.shown(dimensions)}: {len(vectors)} vectors of "
            f"{vectors.shape[1]} dimensions span no more."
        )
    return Postprocessing(centre, directions[:, :dimensions] / np.sqrt(variances[:dimensions]), len(vectors))
