"""Reading vectors: linear probes, neighbours by cosine, and what a cosine is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from course_utils import arguments
from course_utils.similarity import cosine_matrix, random_pairs
from course_utils.statistics import Interval, bootstrap

STRENGTHS = (0.001, 0.01, 0.1, 1.0)
NEIGHBOURS = (5, 15, 45, 135)


@dataclass(frozen=True)
class Reading:
    """What was read from a set of vectors: right or wrong, text by text.

    Attributes:
        right: (test texts,) of booleans.
        train_accuracy: share of the training texts that are right (NaN where it means nothing).
        setting: what was chosen on the dev texts (C of a probe, number of neighbours); NaN where nothing was.
    """

    right: np.ndarray = field(repr=False)
    train_accuracy: float = float("nan")
    setting: float = float("nan")

    @property
    def accuracy(self) -> Interval:
        """Share of right test texts with its bootstrap interval over texts."""
        return bootstrap(lambda rows: self.right[rows].mean(), len(self.right))

    def __sub__(self, other: Reading) -> Interval:
        """Difference of two accuracies on the same test texts, with its paired bootstrap interval.

        Raises:
            TypeError: ``other`` is no ``Reading``.
            ValueError: the two were not read from the same number of texts.
        """
        if not isinstance(other, Reading):
            raise TypeError(f"The other must be a Reading, not {arguments.shown(other)}.")
        if len(self.right) != len(other.right):
            raise ValueError(f"A paired difference needs the same texts: {len(self.right)} and {len(other.right)}.")
        gain = self.right.astype(float) - other.right.astype(float)
        return bootstrap(lambda rows: gain[rows].mean(), len(gain))


def fit_probe(train, labels, strength):
    """A **linear probe**: each dimension standardised on the training vectors, then logistic regression.

    Args:
        train: (n, dim) vectors.
        labels: (n,) of any kind.
        strength: ``C`` of scikit-learn, the inverse of the penalty on large weights.

    Returns:
        A fitted scikit-learn pipeline with ``predict``, ``predict_proba`` and ``score``.

    Raises:
        TypeError: ``train`` or ``strength`` is not numbers, or ``labels`` are of several kinds.
        ValueError: not one label a vector, fewer than two labels, vectors that are not finite, or ``strength`` not above 0.

    >>> probe = fit_probe([[0.0, 1.0], [1.0, 1.0], [9.0, 1.0], [8.0, 1.0]], ["low", "low", "high", "high"], 1.0)
    >>> probe.predict([[7.0, 1.0]]).tolist()
    ['high']
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, labels = arguments.array(train, "train", "(n, dim)"), arguments.labels(labels)
    if len(arguments.vectors(train, "train", 1)) != len(labels):  # train keeps its precision
        raise ValueError(f"One label a text: train and labels have the shapes {train.shape} and {labels.shape}.")
    if len(set(labels.tolist())) < 2:
        raise ValueError("labels must be of at least two kinds, to be told apart.")
    if labels.dtype.kind == "f" and (labels % 1).any():
        raise ValueError("labels must be names or whole numbers; these are measured numbers.")
    arguments.real(strength, "strength", above=0)
    classifier = LogisticRegression(C=strength, tol=1e-7, max_iter=5000)
    return make_pipeline(StandardScaler(), classifier).fit(train, labels)


def probe(vectors, labels, split, strengths: Sequence[float] = STRENGTHS) -> Reading:
    """Fit a linear probe on the training texts, choose its ``C`` on the dev texts, and read the test texts.

    ``C`` is the one with the least log-loss on dev, which has no ties, unlike accuracy.

    Args:
        vectors: (n, dim), one row a text.
        labels: (n,).
        split: (n,) of ``"train"``, ``"dev"`` and ``"test"``.
        strengths: the values of ``C`` to try; give one only to leave dev out (for a control task: the same probe).

    Raises:
        TypeError: ``vectors`` or ``strengths`` does not hold numbers, or ``labels`` are of several kinds.
        ValueError: not equally long, not finite, no strengths or one not above 0, a part of the split is missing, or dev or
            test has a label that train lacks.

    >>> vectors, split = np.arange(12.0)[:, None] % 2, ["train"] * 6 + ["dev"] * 2 + ["test"] * 4
    >>> print(probe(vectors, ["even", "odd"] * 6, split).accuracy)
    1.00 [1.00, 1.00]
    """
    from sklearn.metrics import log_loss
    from threadpoolctl import threadpool_limits

    strengths = arguments.column(strengths, "strengths", 1).tolist()
    if min(strengths) <= 0:
        raise ValueError(f"strengths must be greater than 0, not {min(strengths)}.")
    vectors, labels, parts = _parts(vectors, labels, split, dev=len(strengths) > 1)
    train, dev, test = (parts[name] for name in ("train", "dev", "test"))
    with threadpool_limits(1):  # the matrices are small, and sums are added up in one order
        probes = [fit_probe(vectors[train], labels[train], strength) for strength in strengths]
        if len(probes) > 1:
            losses = [log_loss(labels[dev], p.predict_proba(vectors[dev]), labels=p.classes_) for p in probes]
            best = int(np.argmin(losses))
        else:
            best = 0
        chosen = probes[best]
        right = chosen.predict(vectors[test]) == labels[test]
        return Reading(right, float(chosen.score(vectors[train], labels[train])), float(strengths[best]))


def neighbour_vote(vectors, labels, split, neighbours: Sequence[int] = NEIGHBOURS) -> Reading:
    """Read each test text's label off the training texts nearest by cosine: they vote; ties go to the nearer ones.

    How many vote is chosen on the dev texts, by log-loss. Arguments and errors as in ``probe``.

    Args:
        neighbours: the numbers of voters to try; give one only to leave dev out.

    >>> vectors = [[1.0, 0.1], [0.1, 1.0]] * 6
    >>> split = ["train"] * 6 + ["dev"] * 2 + ["test"] * 4
    >>> print(neighbour_vote(vectors, ["east", "north"] * 6, split, neighbours=(3,)).accuracy)
    1.00 [1.00, 1.00]
    """
    neighbours = arguments.wholes(neighbours, "neighbours").tolist()
    if not neighbours:
        raise ValueError("neighbours must hold at least one number.")
    vectors, labels, parts = _parts(vectors, labels, split, dev=len(neighbours) > 1)
    train, dev, test = (parts[name] for name in ("train", "dev", "test"))
    if max(neighbours) > train.sum() or min(neighbours) < 1:
        raise ValueError(
            f"There are {train.sum()} training texts: from 1 to as many neighbours can vote, not {max(neighbours)}."
        )
    names, numbers = np.unique(labels[train], return_inverse=True)
    votes = {}
    for part in (dev, test):
        cosines = cosine_matrix(vectors[part], vectors[train])  # (texts, training texts)
        order = np.argsort(-cosines, axis=1, kind="stable")
        for k in neighbours:
            near = np.take_along_axis(cosines, order[:, :k], 1) / (10 * k)  # less than one vote in all
            ballots = numbers[order[:, :k]][..., None] == np.arange(len(names))
            votes[k, part is test] = (ballots * (1 + near[..., None])).sum(1)  # (texts, labels)

    def loss(k: int) -> float:
        shares = (votes[k, False] + 1) / (votes[k, False] + 1).sum(1, keepdims=True)
        return float(-np.log(shares[np.arange(dev.sum()), np.searchsorted(names, labels[dev])]).mean())

    best = min(neighbours, key=loss) if len(neighbours) > 1 else neighbours[0]
    return Reading(names[votes[best, True].argmax(1)] == labels[test], setting=float(best))


def majority(labels, split) -> Reading:
    """Say the most frequent training label for every test text, whatever it says: what no vector is needed for.

    Raises:
        TypeError, ValueError: as in ``probe``.

    >>> print(majority(list("aabbb"), ["train"] * 3 + ["test"] * 2).right.tolist())
    [False, False]
    """
    labels = arguments.labels(labels)
    _, labels, parts = _parts(np.zeros((len(labels), 1)), labels, split, dev=False)
    names, counts = np.unique(labels[parts["train"]], return_counts=True)
    right = labels[parts["test"]] == names[counts.argmax()]
    return Reading(right, float(counts.max() / counts.sum()))


def dimension_shares(vectors, pairs: int = 2000, seed: int = 0) -> np.ndarray:
    """How much of the mean cosine of random pairs each dimension contributes: (dim,), adding up to 1.

    A cosine is a sum over dimensions of products of two unit vectors; here each term is averaged over the pairs of
    ``random_pair_cosines`` and divided by the sum. Source: Timkey & van Schijndel 2021, arXiv 2109.04404.

    Raises:
        TypeError: ``vectors`` does not hold numbers, or ``pairs`` or ``seed`` is not a whole number.
        ValueError: fewer than two vectors, one not finite, not from 1 to 1,000,000 pairs, or their mean cosine is 0: there is
            nothing to share.

    >>> dimension_shares([[3.0, 1.0], [3.0, 1.0]], pairs=200).round(1).tolist()
    [0.9, 0.1]
    """
    vectors = arguments.vectors(vectors, least=2)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    first, second = random_pairs(len(unit), pairs, seed)
    terms = (unit[first] * unit[second]).mean(0)
    if abs(terms.sum()) < 1e-9:
        raise ValueError("The mean cosine of these vectors and pairs is 0: there is nothing to share.")
    return terms / terms.sum()


def partner_rank(vectors, rows):
    """Where the partner of each sentence stands among all others, nearest first by cosine: (rows,), 1 is the nearest.

    Args:
        vectors: (2n, dim), all first sentences, then all second ones: the partner of row i is row i + n.
        rows: numbers below n.

    Raises:
        TypeError: ``vectors`` does not hold numbers, or ``rows`` no whole numbers.
        ValueError: an odd number of vectors, one not finite, no rows, or a row that is not below n.

    >>> partner_rank(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [1.0, 0.2]]), [0, 1]).tolist()
    [1, 1]
    """
    vectors = arguments.vectors(vectors, least=2)
    if len(vectors) % 2:
        raise ValueError(f"vectors must be all first and all second sentences: an even number, not {len(vectors)}.")
    rows = arguments.wholes(rows, "rows", 1, 0)
    if rows.size and rows.max() >= len(vectors) // 2:
        raise ValueError(f"rows must be below {len(vectors) // 2}, half the number of vectors; they go to {rows.max()}.")
    each, half = np.arange(len(rows)), len(vectors) // 2
    cosines = cosine_matrix(vectors[rows], vectors)
    cosines[each, rows] = -1  # a sentence is not its own neighbour
    return (cosines > cosines[each, rows + half][:, None]).sum(1) + 1


def _parts(vectors, labels, split, dev: bool):
    """Arrays, and a mask for each part of the split, checked."""
    vectors, labels, split = arguments.vectors(vectors), arguments.labels(labels), arguments.labels(split, "split")
    if not len(vectors) == len(labels) == len(split):
        raise ValueError(
            f"One vector, one label and one split a text: vectors, labels, split have shapes {vectors.shape}, {labels.shape} "
            f"and {split.shape}."
        )
    parts = {name: split == name for name in ("train", "dev", "test")}
    for name, mask in parts.items():
        if (dev or name != "dev") and not mask.any():
            raise ValueError(f"The split has no {name} texts; it must name train, dev and test.")
    strange = set(labels[parts["dev"] | parts["test"]].tolist()) - set(labels[parts["train"]].tolist())
    if strange:
        raise ValueError(f"labels: no training text has the label {sorted(map(str, strange))[0]!r}: it cannot be learnt.")
    return vectors, labels, parts
