"""The course's tasks for any way to embed: what comes out for each item, so that every interval can be computed from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from course_utils import arguments
from course_utils.data import load_data
from course_utils.probing import probe
from course_utils.similarity import cosine, cosine_matrix, random_pairs

OUTCOMES = ("sentiment", "topic", "sts", "search", "clusters", "random")
RANDOM_PAIRS = 1000
BLOCK = 256


def evaluate(vectorise: Callable[[list[str]], np.ndarray], outcomes: Sequence[str] = OUTCOMES) -> dict[str, np.ndarray]:
    """What a way to embed gives for each item of the course's tasks; ``cu.score`` makes figures of it.

    Args:
        vectorise: texts to vectors (n, dim). It is called once for the reviews, the pairs and the passages with their
            questions, each with all its texts.
        outcomes: which of these to compute:
            ``"sentiment"``, ``"topic"`` (540,): whether a linear probe, fitted on the reviews' train split with its penalty
            chosen on dev, is right on each test review;
            ``"clusters"`` (540,): the k-means cluster of each test review (vectors of length 1, as many clusters as topics,
            10 restarts);
            ``"sts"`` (1580,): the cosine of each pair of ``sts``, in file order;
            ``"random"`` (1000,): cosines of fixed random pairs of different sentences of its test split;
            ``"search"`` (240,): the rank, 1 is first, of each right passage of each question among all passages by cosine.

    Raises:
        TypeError: ``vectorise`` is no function or does not give numbers, or ``outcomes`` is no list.
        ValueError: no such outcome, or vectors of the wrong shape or not finite.

    >>> import course_utils as cu
    >>> found = evaluate(cu.tfidf_vectors, ["search"])
    >>> found["search"].shape, int(found["search"].min())
    ((240,), 1)
    """
    arguments.function(vectorise, "vectorise", "from texts to vectors (n, dim)")
    outcomes = arguments.items(outcomes, "outcomes", "names")
    unknown = [name for name in outcomes if not (isinstance(name, str) and name in OUTCOMES)]
    if unknown or not outcomes:
        wrong = ", ".join(map(arguments.shown, unknown[:8])) or "none at all"
        raise ValueError(f"outcomes are some of {', '.join(OUTCOMES)}; not {wrong}.")
    found = {}
    if {"sentiment", "topic", "clusters"} & set(outcomes):
        found |= _reviews(vectorise, outcomes)
    if {"sts", "random"} & set(outcomes):
        found |= _pairs(vectorise)
    if "search" in outcomes:
        found["search"] = _search(vectorise)
    return {name: found[name] for name in outcomes}


def _vectors(vectorise, texts: list[str]) -> np.ndarray:
    vectors = arguments.finite(arguments.array(vectorise(texts), "what vectorise gives"), "what vectorise gives")
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise ValueError(f"vectorise must give one row a text: {len(texts)} texts, vectors of shape {vectors.shape}.")
    return vectors


def _reviews(vectorise, outcomes: Sequence[str]) -> dict[str, np.ndarray]:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    reviews = load_data("reviews")
    vectors = _vectors(vectorise, list(reviews["text"]))
    found = {
        label: probe(vectors, reviews[label], reviews["split"]).right.astype(int)
        for label in ("sentiment", "topic")
        if label in outcomes
    }
    if "clusters" in outcomes:
        test = vectors[reviews["split"] == "test"]
        unit = test / np.maximum(np.linalg.norm(test, axis=1, keepdims=True), 1e-12)
        with threadpool_limits(1):  # sums are added up in one order
            clusters = KMeans(reviews["topic"].nunique(), n_init=10, random_state=0).fit_predict(unit)
        found["clusters"] = clusters.astype(int)
    return found


def _pairs(vectorise) -> dict[str, np.ndarray]:
    sts = load_data("sts")
    vectors = _vectors(vectorise, [*sts["sentence1"], *sts["sentence2"]])
    test = np.flatnonzero((sts["split"] == "test").to_numpy())
    first, second = random_pairs(2 * len(test), RANDOM_PAIRS)
    rows = np.concatenate([test, test + len(sts)])
    return {
        "sts": _cosines(vectors, np.arange(len(sts)), np.arange(len(sts), 2 * len(sts))),
        "random": _cosines(vectors, rows[first], rows[second]),
    }


def _cosines(vectors, first, second) -> np.ndarray:
    """Cosine of rows ``first`` with rows ``second``, some at a time: vectors of word counts are long."""
    parts = [slice(i, i + BLOCK) for i in range(0, len(first), BLOCK)]
    return np.concatenate([cosine(vectors[first[part]], vectors[second[part]]) for part in parts])


def _search(vectorise) -> np.ndarray:
    passages, questions = load_data("passages"), load_data("questions")
    vectors = _vectors(vectorise, [*passages["text"], *questions["question"]])
    cosines = cosine_matrix(vectors[len(passages) :], vectors[: len(passages)])  # (questions, passages)
    order = np.argsort(-cosines, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, len(passages) + 1)[None, :].repeat(len(order), 0), 1)
    column = {name: i for i, name in enumerate(passages["passage_id"])}
    return np.array([ranks[row, column[name]] for row, names in enumerate(questions["answers"]) for name in names])
