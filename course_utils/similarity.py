"""Comparing vectors: cosine, random pairs, neighbours, and the bag-of-words baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def _unit(vectors) -> np.ndarray:
    """Rows scaled to length 1 (float64); a zero row stays zero.

    Raises:
        ValueError: not a (n, dim) array, or not finite.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2:
        raise ValueError(f"Expected vectors of shape (n, dim), got {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise ValueError("The vectors hold NaN or infinity.")
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def cosine(a, b) -> np.ndarray:
    """Cosine of each row of ``a`` with the same row of ``b``: two (n, dim) -> (n,), from -1 to 1.

    A zero vector has cosine 0 with everything.

    Raises:
        ValueError: the shapes differ or are not (n, dim), or a value is not finite.

    >>> cosine([[1, 0], [1, 1]], [[0, 2], [2, 2]]).round(3).tolist()
    [0.0, 1.0]
    """
    a, b = _unit(a), _unit(b)
    if a.shape != b.shape:
        raise ValueError(f"Row-wise cosine needs two arrays of one shape, got {a.shape} and {b.shape}.")
    return np.clip((a * b).sum(1), -1.0, 1.0)


def cosine_matrix(a, b=None) -> np.ndarray:
    """Cosine of every row of ``a`` (n, dim) with every row of ``b`` (m, dim; ``a`` itself if left out): (n, m).

    Raises:
        ValueError: as in ``cosine``.
    """
    a = _unit(a)
    b = a if b is None else _unit(b)
    return np.clip(a @ b.T, -1.0, 1.0)


def random_pairs(n: int, pairs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two (pairs,) arrays of row numbers below ``n``, different in each pair.

    Raises:
        ValueError: fewer than two rows.
    """
    if n < 2:
        raise ValueError("Random pairs need at least two vectors.")
    rng = np.random.default_rng(seed)
    first = rng.integers(0, n, pairs)
    return first, (first + rng.integers(1, n, pairs)) % n


def random_pair_cosines(vectors, pairs: int = 2000, seed: int = 0) -> np.ndarray:
    """Cosines of ``pairs`` random pairs of different rows: (pairs,). Their mean measures anisotropy.

    Source: Ethayarajh 2019, arXiv 1909.00512.

    Raises:
        ValueError: fewer than two vectors.
    """
    vectors = np.asarray(vectors)
    first, second = random_pairs(len(vectors), pairs, seed)
    return cosine(vectors[first], vectors[second])


def nearest(query: int, vectors, k: int = 3) -> list[tuple[int, float]]:
    """The ``k`` rows of ``vectors`` nearest to row ``query`` by cosine, itself left out, as (row, cosine).

    Raises:
        ValueError: there is no such row.

    >>> nearest(0, [[1.0, 0.0], [0.0, 1.0], [1.0, 0.2]], k=1)
    [(2, 0.9805806756909201)]
    """
    vectors = np.asarray(vectors)
    if not 0 <= query < len(vectors):
        raise ValueError(f"There is no row {query}: rows go from 0 to {len(vectors) - 1}.")
    cosines = cosine_matrix(vectors[query : query + 1], vectors)[0]
    cosines[query] = -np.inf
    return [(int(row), float(cosines[row])) for row in np.argsort(-cosines, kind="stable")[:k]]


def tfidf_vectors(texts: Sequence[str], fit_on: Sequence[str] | None = None) -> np.ndarray:
    """TF-IDF vectors of ``texts`` (n, words): the bag-of-words baseline. Fitted on ``fit_on``, or on the texts themselves.

    Raises:
        ValueError: there is no word to count.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    vectorizer.fit(texts if fit_on is None else fit_on)
    return vectorizer.transform(texts).toarray()
