"""Exercises of notebook 07, on choosing an embedding."""

from __future__ import annotations

from itertools import cycle

import numpy as np

from course_utils.data import STRATA
from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz, ValueExercise

# Predictions -----------------------------------------------------------------------------------------------------------

search_order = Prediction(
    "nb07.search_order",
    question="Which way finds the right passages best, by MRR?",
    order=("TF-IDF", "raw [CLS]", "raw mean", "siamese mean"),
)
chance = Prediction(
    "nb07.chance",
    question="V-measure of the clusters when they are handed out to the reviews at random?",
    low=0,
    high=1,
)
fooled = Prediction(
    "nb07.fooled",
    question="Which kind of pair is most often taken for a duplicate by the siamese mean?",
    options=STRATA,
)
ahead = Prediction(
    "nb07.ahead",
    question="On how many of the seven tasks has the siamese mean the highest value of all systems?",
    low=0,
    high=7,
    digits=0,
)
half = Prediction(
    "nb07.half",
    question="Which share of the ten nearest texts stays the same when the vectors are kept in half precision?",
    low=0,
    high=1,
)
approximate = Prediction(
    "nb07.approximate",
    question="Which share of the ten nearest texts does the approximate index find, of 20,000?",
    options=("below 0.5", "0.5 to 0.9", "above 0.9"),
)

# 07.1 ------------------------------------------------------------------------------------------------------------------


def _reciprocal_rank(found, right):
    """1 over the place (1 is first) of the first right passage; 0 if there is none."""
    for place, passage in enumerate(found, start=1):
        if passage in right:
            return 1 / place
    return 0.0


_RIGHT = cycle(("two", "none", "first and another", "last", "two"))


def _results(rng):
    """The first ten of thirty passages, and one to three right ones; in five calls, once none is found, once only the last."""
    passages = [f"p{i:03d}" for i in rng.permutation(30)]
    found = passages[:10]
    two = rng.choice(np.arange(1, 9), 2, replace=False)
    found[two[0]], found[0] = sorted((found[0], found[two[0]]))  # the alphabet does not put the first one first
    places = {"two": two, "none": [], "first and another": [0, two[0]], "last": [9]}[next(_RIGHT)]
    return found, {*(found[place] for place in places), *passages[-1:]}


def _rank_from_zero(found, right):
    for place, passage in enumerate(found):
        if passage in right:
            return 1 / place
    return 0.0


def _rank_itself(found, right):
    for place, passage in enumerate(found, start=1):
        if passage in right:
            return place
    return 0.0


def _rank_of_the_last(found, right):
    places = [place for place, passage in enumerate(found, start=1) if passage in right]
    return 1 / max(places) if places else 0.0


def _ranks_of_all(found, right):
    return sum(1 / place for place, passage in enumerate(found, start=1) if passage in right) / len(right)


def _rank_of_all_summed(found, right):
    return sum(1 / place for place, passage in enumerate(found, start=1) if passage in right)


def _rank_in_one_line(found, right):
    return max((1 / (i + 1) for i, passage in enumerate(found) if passage in right), default=0)


def _rank_with_index(found, right):
    places = [found.index(passage) + 1 for passage in right if passage in found]
    return 1 / min(places) if places else 0.0


reciprocal_rank = FunctionExercise(
    "nb07.reciprocal_rank",
    title="The reciprocal rank",
    difficulty=1,
    minutes=5,
    why="MRR is the figure that most search systems are compared by.",
    reference=_reciprocal_rank,
    inputs=_results,
    mistakes=[
        Mistake(_rank_from_zero, "You count places from 0. The first result has place 1, so that it scores 1/1."),
        Mistake(_rank_itself, "That is the place. The figure is 1 over it, so that a better place scores more."),
        Mistake(_rank_of_the_last, "That is the last right passage. The first one that a reader meets counts."),
        Mistake(_ranks_of_all, "You average over all right passages. Only the first one that is found counts."),
        Mistake(_rank_of_all_summed, "You add up all right passages. Stop at the first one."),
    ],
    hints=[
        "Go through `found` with `enumerate(found, start=1)`.",
        "At the first passage that is in `right`, return 1 / place; behind the loop, return 0.",
    ],
    explanation="Place 1 scores 1, place 2 a half, place 10 a tenth: the figure cares for the top of the list and "
    "hardly for what lies below. A second right passage changes nothing. Recall is the figure that asks for all of "
    "them.",
    alternatives=[_rank_in_one_line, _rank_with_index],
    stub="def reciprocal_rank(found, right):\n    # your code here\n    ...",
)

# 07.2 ------------------------------------------------------------------------------------------------------------------

own_cluster = Choice(
    "nb07.own_cluster",
    title="A cluster for every review",
    difficulty=2,
    minutes=4,
    why="A V-measure without its number of clusters says nothing.",
    question="A system puts each of the 540 test reviews into a cluster of its own. No cluster then mixes two topics. "
    "What does V-measure say?",
    choices={
        "a": (
            "1: all clusters are pure.",
            "Purity is only half of it: homogeneity is 1. But each topic is scattered over 90 clusters, so "
            "completeness is low.",
        ),
        "b": (
            "0: nothing was grouped.",
            "Homogeneity is 1, as no cluster mixes topics, and completeness is low but not 0: so their harmonic mean is not 0.",
        ),
        "c": (
            "About 0.44, though nothing was found: many clusters lift the figure.",
            "Homogeneity is 1 and completeness ln 6 / ln 540 = 0.28; their harmonic mean is 0.44. So compare at one "
            "number of clusters, beside the level of shuffled clusters at that number.",
        ),
    },
    answer="c",
    hints=[
        "Work out the two halves: is a cluster of one topic, and is a topic in one cluster?",
        "Completeness is ln 6 / ln 540 here. Take the harmonic mean with a homogeneity of 1.",
    ],
    explanation="V-measure rises with the number of clusters even when they are handed out at random. All systems of "
    "this notebook get six clusters, and the level of shuffled ones stands beside them.",
    stub="my_choice = ...",
)

# 07.3 ------------------------------------------------------------------------------------------------------------------


def _choose_threshold(cosines, duplicate):
    """The cosine from which on pairs are called duplicates so that F1 is greatest; the highest of equal ones."""
    best, chosen = -1.0, None
    for threshold in sorted(set(cosines), reverse=True):
        called = cosines >= threshold
        f1 = 2 * (called & duplicate).sum() / (called.sum() + duplicate.sum())
        if f1 > best:
            best, chosen = f1, threshold
    return chosen


_PAIRS = cycle(("two best", "plain", "highest best", "lowest best", "two best"))


def _labelled_cosines(rng):
    """40 cosines, of which ten belong to duplicates and lie somewhat higher; two decimals, so that some are equal.

    Five calls in a row meet two equally good thresholds, and the highest and the lowest cosine as the best one.
    """
    kind = next(_PAIRS)
    duplicate = np.zeros(40, dtype=bool)
    duplicate[: 39 if kind == "lowest best" else 10] = True
    while True:
        cosines = np.round(0.55 + 0.15 * duplicate + 0.12 * rng.normal(size=40), 2)
        if kind == "highest best":
            cosines[duplicate] = cosines.max() + 0.02
        if kind == "lowest best":
            cosines[0] = cosines.min() - 0.02
        if kind != "two best" or _two_are_best(cosines, duplicate):
            order = rng.permutation(40)
            return cosines[order], duplicate[order]


def _two_are_best(cosines, duplicate):
    """Whether two thresholds share the greatest F1, however F1 is rounded: the higher is not below in any way to write it."""
    values = np.unique(cosines)[::-1]
    called = cosines >= values[:, None]  # (thresholds, pairs)
    right, calls = (called & duplicate).sum(1), called.sum(1)
    f1 = 2 * right / (calls + duplicate.sum())
    best = np.flatnonzero(f1 == f1.max())
    precision, recall = right[best] / calls[best], right[best] / duplicate.sum()
    others = [2 * precision * recall / (precision + recall), 2 / (1 / precision + 1 / recall)]
    others += [factor * right[best] / (calls[best] + duplicate.sum()) for factor in (1, 2 / len(cosines), 3)]
    others.append(2 * (right[best] / len(cosines)) / (calls[best] + duplicate.sum()))
    return len(best) > 1 and all(values[0] >= values[1:].max() for values in others)


def _best_by(cosines, duplicate, figure, called=np.greater_equal):
    values = sorted(set(cosines), reverse=True)
    scores = [figure(called(cosines, threshold), duplicate) for threshold in values]
    return values[int(np.argmax(scores))]


def _f1(called, duplicate):
    return 2 * (called & duplicate).sum() / max(called.sum() + duplicate.sum(), 1)


def _threshold_by_accuracy(cosines, duplicate):
    return _best_by(cosines, duplicate, lambda called, truth: (called == truth).mean())


def _threshold_by_precision(cosines, duplicate):
    return _best_by(cosines, duplicate, lambda called, truth: (called & truth).sum() / max(called.sum(), 1))


def _threshold_by_recall(cosines, duplicate):
    return _best_by(cosines, duplicate, lambda called, truth: (called & truth).sum() / truth.sum())


def _threshold_strictly_above(cosines, duplicate):
    return _best_by(cosines, duplicate, _f1, np.greater)


def _best_f1_itself(cosines, duplicate):
    return max(_f1(cosines >= threshold, duplicate) for threshold in cosines)


def _threshold_between_means(cosines, duplicate):
    return (cosines[duplicate].mean() + cosines[~duplicate].mean()) / 2


def _threshold_vectorised(cosines, duplicate):
    cosines, duplicate = np.asarray(cosines), np.asarray(duplicate)
    values = np.unique(cosines)[::-1]
    called = cosines >= values[:, None]  # (thresholds, pairs)
    f1 = 2 * (called & duplicate).sum(1) / (called.sum(1) + duplicate.sum())
    return values[f1.argmax()]


def _threshold_with_sklearn(cosines, duplicate):
    from sklearn.metrics import f1_score

    return max((f1_score(duplicate, cosines >= value), value) for value in set(cosines))[1]


choose_threshold = FunctionExercise(
    "nb07.choose_threshold",
    title="A threshold for duplicates",
    difficulty=2,
    minutes=8,
    why="Whoever merges duplicates needs a yes or a no, not a ranking.",
    reference=_choose_threshold,
    inputs=_labelled_cosines,
    mistakes=[
        Mistake(
            _threshold_by_accuracy,
            "That threshold has the best accuracy. Duplicates are rare here, so saying no to nearly all is accurate. Take F1.",
        ),
        Mistake(
            _threshold_by_precision,
            "That threshold has the best precision: it is so high that it finds few. Take F1, which also counts what "
            "is missed.",
        ),
        Mistake(
            _threshold_by_recall,
            "That threshold has the best recall: it is so low that nothing is missed. Take F1, which also counts false alarms.",
        ),
        Mistake(
            _threshold_strictly_above,
            "You call a pair a duplicate when its cosine is *above* the threshold. Here the threshold itself counts: `>=`.",
        ),
        Mistake(_best_f1_itself, "That is the greatest F1. Return the threshold that reaches it."),
        Mistake(
            _threshold_between_means,
            "That lies half-way between the two means. It is a guess; try every cosine as the threshold and keep the best F1.",
        ),
    ],
    hints=[
        "F1 = 2 x right calls / (calls + duplicates). Compute it for every cosine as the threshold.",
        "Loop over `sorted(set(cosines), reverse=True)` and keep a threshold only when its F1 is greater than the best so far.",
    ],
    explanation="Only thresholds at a cosine need trying: between two of them nothing changes. Going from high to low "
    "and keeping a new one only when it is better leaves the highest of equal ones. The pairs it is chosen on must "
    "not be those it is judged on: hence the dev split.",
    alternatives=[_threshold_vectorised, _threshold_with_sklearn],
    stub="def choose_threshold(cosines, duplicate):\n    # your code here\n    ...",
)

# 07.4 ------------------------------------------------------------------------------------------------------------------

TEXTS, DIMENSIONS = 10_000_000, 384


def _index_gigabytes():
    return TEXTS * DIMENSIONS * 2 / 1e9


index_memory = ValueExercise(
    "nb07.index_memory",
    title="The memory of an index",
    difficulty=1,
    minutes=3,
    why="It decides whether an index fits on the machine, and it can be known before anything is computed.",
    expected=_index_gigabytes,
    compare="close",
    mistakes=[
        Mistake(lambda: 2 * _index_gigabytes(), "That is float32, 4 bytes a number. In half precision a number has 2."),
        Mistake(lambda: _index_gigabytes() / 2, "That is 1 byte a number. Half precision is float16: 16 bits, 2 bytes."),
        Mistake(lambda: 4 * _index_gigabytes(), "That is float64, 8 bytes a number. In half precision a number has 2."),
        Mistake(lambda: 8 * _index_gigabytes(), "Those are bits. A byte has eight."),
        Mistake(lambda: 1e9 * _index_gigabytes(), "Those are bytes. A GB has 1e9 of them."),
        Mistake(lambda: 1e9 * _index_gigabytes() / 2**30, "That is in GiB, of 2**30 bytes. Here a GB has 1e9."),
    ],
    hints=["Texts times dimensions is the number of numbers.", "Times 2 bytes, divided by 1e9."],
    explanation="10,000,000 x 384 numbers of 2 bytes are 7.68 GB, without the texts and without the graph of an "
    "approximate index. It does not depend on how long the texts are.",
    alternatives=[lambda: np.float32(_index_gigabytes()), lambda: round(_index_gigabytes(), 2)],
    stub="my_gigabytes = ...",
)

# 07.5 ------------------------------------------------------------------------------------------------------------------

other_model = Choice(
    "nb07.other_model",
    title="The wrong model for the index",
    difficulty=1,
    minutes=3,
    why="It happens with every update of a model, and it fails without a sound.",
    question="A service keeps an index of vectors. The model is replaced by a newer one of the same size; the index "
    "is not built anew, and nobody checks. What do the users see?",
    choices={
        "a": (
            "An error: the dimensions do not fit.",
            "They do fit: both models have as many dimensions. Nothing in the arithmetic notices.",
        ),
        "b": (
            "Results in some order that means little: the two models have different axes.",
            "Cosines are computed and sorted as always, between coordinates of two spaces that do not belong "
            "together. Hence the checksum of the model beside the vectors.",
        ),
        "c": (
            "Better results: the queries profit from the newer model.",
            "A query vector is good only beside passage vectors of the same model: the axes of another one mean "
            "something else.",
        ),
    },
    answer="b",
    hints=[
        "Does anything in a dot product know which model a vector came from?",
        "Two trainings never agree on what axis 17 means.",
    ],
    explanation="Store with an index which model and which pooling made it, and refuse any other. `SearchIndex.load` does.",
    stub="my_choice = ...",
)

# 07.6 ------------------------------------------------------------------------------------------------------------------


def _fuse_rankings(rankings, k=60):
    """Best first: each passage scores the sum of 1 / (k + place) over the rankings it is in."""
    scores = {}
    for ranking in rankings:
        for place, passage in enumerate(ranking, start=1):
            scores[passage] = scores.get(passage, 0) + 1 / (k + place)
    return sorted(scores, key=scores.get, reverse=True)


def _rankings(rng):
    """Three rankings of six of nine passages, and a k from 1 to 3.

    No two passages end with nearly the same score, and k - 1, k + 1 and 60 in its place give other orders.
    """
    while True:
        rankings = [[f"p{i}" for i in rng.permutation(9)[:6]] for _ in range(3)]
        k = int(rng.integers(1, 4))
        tables = [_scores_of(rankings, lambda place, shift=shift: 1 / (shift + place)) for shift in (k, k - 1, k + 1, 60)]
        right, *others = (_sorted_down(table) for table in tables)
        if all(min(np.diff(sorted(table.values()))) > 1e-4 for table in tables) and right not in others:
            return rankings, k


def _scores_of(rankings, share):
    scores: dict = {}
    for ranking in rankings:
        for place, passage in enumerate(ranking, start=1):
            scores[passage] = scores.get(passage, 0) + share(place)
    return scores


def _fuse_ignoring_k(rankings, k=60):
    return _sorted_down(_scores_of(rankings, lambda place: 1 / place))


def _sorted_down(scores):
    return sorted(scores, key=scores.get, reverse=True)


def _fuse_from_zero(rankings, k=60):
    return _sorted_down(_scores_of(rankings, lambda place: 1 / (k + place - 1)))


def _fuse_worst_first(rankings, k=60):
    scores = _scores_of(rankings, lambda place: 1 / (k + place))
    return sorted(scores, key=scores.get)


def _fuse_by_sum_of_places(rankings, k=60):
    scores = _scores_of(rankings, lambda place: place)
    return sorted(scores, key=scores.get)


def _fuse_one_after_the_other(rankings, k=60):
    return list(dict.fromkeys(passage for ranking in rankings for passage in ranking))


def _fuse_scores(rankings, k=60):
    scores = _scores_of(rankings, lambda place: 1 / (k + place))
    return [(passage, scores[passage]) for passage in _sorted_down(scores)]


def _fuse_with_defaultdict(rankings, k=60):
    from collections import defaultdict

    scores = defaultdict(float)
    for ranking in rankings:
        for i in range(len(ranking)):
            scores[ranking[i]] += 1 / (k + i + 1)
    return [passage for passage, _ in sorted(scores.items(), key=lambda item: -item[1])]


def _fuse_over_passages(rankings, k=60):
    passages = sorted({passage for ranking in rankings for passage in ranking})
    scores = [sum(1 / (k + r.index(passage) + 1) for r in rankings if passage in r) for passage in passages]
    return [passages[i] for i in np.argsort(scores)[::-1]]


fuse_rankings = FunctionExercise(
    "nb07.fuse_rankings",
    title="Two searches made one (stretch)",
    difficulty=3,
    minutes=10,
    why="Hybrid search, words and vectors together, is what most search engines offer.",
    reference=_fuse_rankings,
    inputs=_rankings,
    compare="equal",
    mistakes=[
        Mistake(_fuse_ignoring_k, "Your k has no effect: the score of a place is 1 / (k + place)."),
        Mistake(_fuse_from_zero, "You count places from 0. The first has place 1, so that it scores 1 / (k + 1)."),
        Mistake(_fuse_worst_first, "The order is reversed: the greatest score comes first."),
        Mistake(
            _fuse_by_sum_of_places,
            "You add up the places. A passage that is missing from a ranking then looks good. Add up 1 / (k + place).",
        ),
        Mistake(_fuse_one_after_the_other, "You put one ranking behind the other. Give every passage a score and sort by it."),
        Mistake(_fuse_scores, "Return the passages alone, in order, without their scores."),
    ],
    hints=[
        "Keep a dictionary from passage to score; a passage that is missing from a ranking gets nothing from it.",
        "For each ranking and each `place, passage in enumerate(ranking, start=1)`, add 1 / (k + place); then sort by score.",
    ],
    explanation="Reciprocal rank fusion needs no scores, only places, so cosines and word weights never have to be "
    "brought to one scale. Its authors set k = 60: Cormack, Clarke and Büttcher 2009 (SIGIR).",
    alternatives=[_fuse_with_defaultdict, _fuse_over_passages],
    stub="def fuse_rankings(rankings, k=60):\n    # your code here\n    ...",
)

# Quiz ------------------------------------------------------------------------------------------------------------------

quiz = Quiz(
    "nb07.quiz",
    [
        Question(
            "A model leads a benchmark of sentence similarity. You build a search. What next?",
            {
                "a": ("Take it: a good similarity is a good search.", "It need not be: see the MTEB lines in section 4."),
                "b": (
                    "Write some questions with known answers from your own texts, and measure candidates on them.",
                    "Yes. A hundred questions are an afternoon's work, and their interval says whether they are enough.",
                ),
                "c": ("Fine-tune its [CLS] for sentiment first.", "That asks for sentiment. Nothing in it asks for search."),
            },
            answer="b",
        ),
        Question(
            "The threshold for duplicates was chosen on the test pairs, and F1 on the same pairs is reported. What is wrong?",
            {
                "a": (
                    "Nothing: a threshold is one number.",
                    "One number can be fitted too, and the best of many is flattered.",
                ),
                "b": ("F1 needs as many duplicates as others.", "It does not."),
                "c": (
                    "The reported F1 is the best that any threshold reaches there: on new pairs expect no more, and "
                    "mostly less.",
                    "Yes. Choose on dev, report on test.",
                ),
            },
            answer="c",
        ),
        Question(
            "An approximate index has a recall@10 of 0.98 against exact search. What does that say?",
            {
                "a": (
                    "Of the ten that exact search finds, it finds 98% on average; whether those are right answers is "
                    "another question.",
                    "Yes. Two recalls, two references: the exact list here, the right passages in section 1.",
                ),
                "b": ("98% of the questions get a right answer.", "It was compared with exact search, not with right answers."),
                "c": ("It is 98% as fast.", "It says nothing on speed."),
            },
            answer="a",
        ),
        Question(
            "You have 2,000 labelled tickets in five classes and want to sort new ones. What do you try first, beside TF-IDF?",
            {
                "a": ("Cosine between raw [CLS] vectors.", "It weighs all dimensions alike, whatever the labels."),
                "b": (
                    "A Sentence-BERT, and nothing else.",
                    "It was trained for similarity. With labels there is something better.",
                ),
                "c": ("An untrained encoder.", "That is the control."),
                "d": (
                    "Fine-tuning for those classes: [CLS] with a linear head, judged on held-out tickets.",
                    "Yes: it trains [CLS] for just these classes; how much that earns, the held-out tickets say.",
                ),
            },
            answer="d",
        ),
    ],
)
