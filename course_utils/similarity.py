"""Comparing vectors: cosine, random pairs, neighbours, and the bag-of-words baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils import arguments


def _unit(vectors, name: str = "vectors") -> np.ndarray:
    """Rows scaled to length 1 (float64); a zero row stays zero.

    Raises:
        TypeError: they do not hold numbers.
        ValueError: not a (n, dim) array, or not finite.
    """
    vectors = arguments.vectors(vectors, name)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def cosine(a, b) -> np.ndarray:
    """Cosine of each row of ``a`` with the same row of ``b``: two (n, dim) -> (n,), from -1 to 1.

    A zero vector has cosine 0 with everything.

    Raises:
        TypeError: ``a`` or ``b`` does not hold numbers.
        ValueError: the shapes differ or are not (n, dim), or a value is not finite.

    >>> cosine([[1, 0], [1, 1]], [[0, 2], [2, 2]]).round(3).tolist()
    [0.0, 1.0]
    """
    a, b = _unit(a, "a"), _unit(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"a and b: row-wise cosine needs two arrays of one shape, got {a.shape} and {b.shape}.")
    return np.clip((a * b).sum(1), -1.0, 1.0)


def cosine_matrix(a, b=None) -> np.ndarray:
    """Cosine of every row of ``a`` (n, dim) with every row of ``b`` (m, dim; ``a`` itself if left out): (n, m).

    Raises:
        TypeError, ValueError: as in ``cosine``, but ``a`` and ``b`` need only have the same dimensions.
    """
    a = _unit(a, "a")
    b = a if b is None else _unit(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"a and b must have the same dimensions, got shapes {a.shape} and {b.shape}.")
    return np.clip(a @ b.T, -1.0, 1.0)


def random_pairs(n: int, pairs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two (pairs,) arrays of row numbers below ``n``, different in each pair.

    Raises:
        TypeError: ``n``, ``pairs`` or ``seed`` is not a whole number.
        ValueError: fewer than two rows, not from 1 to 1,000,000 pairs, or a seed below 0.
    """
    if arguments.whole(n, "n", most=2**62) < 2:
        raise ValueError(f"Random pairs need at least two vectors, got n = {n}.")
    pairs = arguments.whole(pairs, "pairs", 1, arguments.MANY)
    rng = np.random.default_rng(arguments.seed(seed))
    first = rng.integers(0, n, pairs)
    return first, (first + rng.integers(1, n, pairs)) % n


def random_pair_cosines(vectors, pairs: int = 2000, seed: int = 0) -> np.ndarray:
    """Cosines of ``pairs`` random pairs of different rows: (pairs,). Their mean measures anisotropy.

    Source: Ethayarajh 2019, arXiv 1909.00512.

    Raises:
        TypeError, ValueError: as in ``random_pairs``, or vectors that ``cosine`` does not take.
    """
    vectors = arguments.vectors(vectors)
    first, second = random_pairs(len(vectors), pairs, seed)
    return cosine(vectors[first], vectors[second])


def nearest(query: int, vectors, k: int = 3) -> list[tuple[int, float]]:
    """The ``k`` rows of ``vectors`` nearest to row ``query`` by cosine, itself left out, as (row, cosine).

    Raises:
        TypeError: ``query`` or ``k`` is not a whole number, or ``vectors`` does not hold numbers.
        ValueError: there is no such row, ``k`` is below 1, or vectors that ``cosine`` does not take.

    >>> nearest(0, [[1.0, 0.0], [0.0, 1.0], [1.0, 0.2]], k=1)
    [(2, 0.9805806756909201)]
    """
    vectors, k = arguments.vectors(vectors), arguments.whole(k, "k", 1)
    if not 0 <= (query := arguments.whole(query, "query")) < len(vectors):
        raise ValueError(f"query: there is no row {query}: rows of vectors go from 0 to {len(vectors) - 1}.")
    cosines = cosine_matrix(vectors[query : query + 1], vectors)[0]
    cosines[query] = -np.inf
    return [(int(row), float(cosines[row])) for row in np.argsort(-cosines, kind="stable")[: min(k, len(vectors) - 1)]]


def tfidf_vectors(texts: Sequence[str], fit_on: Sequence[str] | None = None) -> np.ndarray:
    """TF-IDF vectors of ``texts`` (n, words): the bag-of-words baseline. Fitted on ``fit_on``, or on the texts themselves.

    Raises:
        TypeError: as in ``embed``.
        ValueError: there is no text, no word to count, or a text that ``embed`` does not take.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    texts = arguments.texts(texts, least=1)
    try:
        vectorizer.fit(texts if fit_on is None else arguments.texts(fit_on, "fit_on", least=1))
    except ValueError as error:
        if "empty vocabulary" not in str(error):
            raise
        raise ValueError(f"There is no word to count in {'texts' if fit_on is None else 'fit_on'}.") from None
    return vectorizer.transform(texts).toarray()
