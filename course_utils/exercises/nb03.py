"""Exercises of notebook 03, on what can be read from [CLS]."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.comparing import to_array
from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz, ValueExercise

# Predictions -----------------------------------------------------------------------------------------------------------

random_cosine = Prediction("nb03.random_cosine", question="Mean cosine of two random sentences under [CLS]?", low=-1, high=1)
ways = Prediction(
    "nb03.ways",
    question="Whose cosines agree best with the graded similarity?",
    order=("TF-IDF", "[CLS]", "mean", "untrained [CLS]"),
)
rival = Prediction(
    "nb03.rival",
    question="Which pairs have the higher mean cosine under [CLS]?",
    options=("same meaning, other words", "roles swapped, same words"),
)
best_layer = Prediction(
    "nb03.best_layer",
    question="At which layer do the cosines of [CLS] agree best with the graded similarity?",
    options=("the first", "in between", "the last"),
)
topic = Prediction(
    "nb03.topic", question="Test accuracy of a linear probe that reads the topic (one of six) from [CLS]?", low=0, high=1
)
three_dimensions = Prediction(
    "nb03.three_dimensions",
    question="What share of the mean cosine of random pairs do the three largest dimensions of [CLS] contribute?",
    low=0,
    high=1,
)

# 03.1 ------------------------------------------------------------------------------------------------------------------


def _extract_cls(output):
    """The vector at position 0 of the last layer: (batch, dim)."""
    return output.last_hidden_state[:, 0]


def _model_output(rng):
    """What a BERT of 3 layers returns for a batch of 2 to 4 inputs, with random numbers in it."""
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions

    batch, tokens, dim = int(rng.integers(2, 5)), int(rng.integers(3, 7)), 5
    hidden = tuple(torch.from_numpy(rng.normal(size=(batch, tokens, dim)).astype(np.float32)) for _ in range(4))
    pooler = torch.tanh(hidden[-1][:, 0] @ torch.from_numpy(rng.normal(size=(dim, dim)).astype(np.float32)))
    return (
        BaseModelOutputWithPoolingAndCrossAttentions(last_hidden_state=hidden[-1], pooler_output=pooler, hidden_states=hidden),
    )


def _takes_pooler(output):
    return output.pooler_output


def _takes_last_token(output):
    return output.last_hidden_state[:, -1]


def _takes_layer_0(output):
    return output.hidden_states[0][:, 0]


def _takes_mean(output):
    return output.last_hidden_state.mean(1)


def _takes_first_text(output):
    return output.last_hidden_state[0]


def _cls_from_hidden_states(output):
    return output.hidden_states[-1][:, 0, :]


def _cls_by_index(output):
    return output[0].select(1, 0)


extract_cls = FunctionExercise(
    "nb03.extract_cls",
    title="Take [CLS] out",
    difficulty=1,
    minutes=3,
    why="The output of a BERT holds four things that people call its sentence vector; only one of them is [CLS].",
    reference=_extract_cls,
    inputs=_model_output,
    mistakes=[
        Mistake(
            _takes_pooler,
            "`pooler_output` is tanh(W [CLS] + b), with W and b trained by NSP. It is made from [CLS], but it is not [CLS].",
        ),
        Mistake(_takes_last_token, "Position -1 is [SEP] or padding. [CLS] stands at the front."),
        Mistake(
            _takes_layer_0,
            "`hidden_states[0]` is what goes into the first layer: there [CLS] is the same vector in every sentence. "
            "Take the last layer.",
        ),
        Mistake(_takes_mean, "That is a mean over the tokens (and one that counts padding). [CLS] is one position: 0."),
        Mistake(
            _takes_first_text,
            "`[0]` takes the first text of the batch, with all its tokens. The tokens are axis 1: `[:, 0]`.",
        ),
    ],
    hints=[
        "`output.last_hidden_state` has the shape (batch, tokens, dim). Which axis counts the tokens?",
        "Keep the whole batch (`:`), and take token 0.",
    ],
    explanation="`last_hidden_state[:, 0]` keeps every text and takes its first token. `hidden_states[-1]` is the same tensor. "
    "`pooler_output` goes through one more layer, and a checkpoint trained by MLM alone has no trained one.",
    alternatives=[_cls_from_hidden_states, _cls_by_index],
    stub="def extract_cls(output):\n    # your code here\n    ...",
)

# 03.2 ------------------------------------------------------------------------------------------------------------------


def _mean_cosine(vectors):
    """Mean cosine of all pairs of different rows: vectors (n, dim) -> a number."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T  # (n, n)
    different = ~np.eye(len(vectors), dtype=bool)
    return cosines[different].mean()


def _some_vectors(rng):
    """A cloud of 4 to 8 vectors away from the origin, of unequal lengths."""
    n = int(rng.integers(4, 9))
    return ((rng.normal(size=(n, 6)) + 1.0) * rng.uniform(0.5, 3.0, size=(n, 1)),)


def _with_itself(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (unit @ unit.T).mean()


def _not_normalised(vectors):
    return (vectors @ vectors.T)[~np.eye(len(vectors), dtype=bool)].mean()


def _normalised_over_rows(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=0, keepdims=True)
    return (unit @ unit.T)[~np.eye(len(vectors), dtype=bool)].mean()


def _centred_first(vectors):
    return _mean_cosine(vectors - vectors.mean(0))


def _mean_cosine_in_closed_form(vectors):
    n, unit = len(vectors), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return ((unit.sum(0) ** 2).sum() - n) / (n * (n - 1))


def _mean_cosine_in_a_loop(vectors):
    cosines = []
    for i in range(len(vectors)):
        for j in range(i):
            lengths = np.linalg.norm(vectors[i]) * np.linalg.norm(vectors[j])
            cosines.append(float(vectors[i] @ vectors[j] / lengths))
    return sum(cosines) / len(cosines)


mean_cosine = FunctionExercise(
    "nb03.mean_cosine",
    title="Anisotropy by hand",
    difficulty=2,
    minutes=5,
    why="A cosine of 0.8 says nothing until you know what two random sentences have.",
    reference=_mean_cosine,
    inputs=_some_vectors,
    mistakes=[
        Mistake(
            _with_itself,
            "The diagonal is in your mean: a vector has cosine 1 with itself, and that is no pair. Leave these out.",
        ),
        Mistake(_not_normalised, "That is the mean dot product. Divide each vector by its length first."),
        Mistake(
            _normalised_over_rows,
            "You divided each dimension (axis 0) by its length. A sentence is a row: `axis=1, keepdims=True`.",
        ),
        Mistake(
            _centred_first,
            "You subtracted the mean vector first. That removes the very direction whose size is asked for here.",
        ),
    ],
    hints=[
        "With rows of length 1, `unit @ unit.T` holds all cosines at once.",
        "`~np.eye(n, dtype=bool)` is true for all pairs of *different* rows; the mean of the cosines there is asked for.",
    ],
    explanation="The notebook draws random pairs, because 2,532 sentences have three million of them. For few vectors all "
    "pairs can be taken. The mean cosine also has a closed form, (|sum of unit vectors|² - n) / (n (n - 1)): it is large when "
    "the unit vectors share a direction.",
    alternatives=[_mean_cosine_in_closed_form, _mean_cosine_in_a_loop],
    stub="def mean_cosine(vectors):\n    # your code here\n    ...",
)

# 03.3 ------------------------------------------------------------------------------------------------------------------

why_level = Choice(
    "nb03.why_level",
    title="One for all, and still an order",
    difficulty=1,
    minutes=3,
    why="High cosines are often taken as the proof that a vector is useless.",
    question="Every cosine of the untrained [CLS] rounds to 1.00. How can its Spearman with the scores be clearly above 0?",
    choices={
        "a": (
            "Spearman looks only at the order of the cosines, and differences in the third decimal make an order as good "
            "as any.",
            "Yes. Spearman replaces every cosine by its rank. How high they all are, and how far apart, drops out.",
        ),
        "b": (
            "Spearman has a bias: with so many pairs even noise gives a value above 0.",
            "Noise gives about 0, and its interval holds 0. This one does not: sentences that share words get slightly "
            "nearer vectors even from random weights.",
        ),
        "c": (
            "The scores were rounded, so that many ties push the correlation up.",
            "Ties get their average rank; they do not push the correlation up. The order of the cosines does it.",
        ),
    },
    answer="a",
    hints=[
        "What happens to Spearman when you add 100 to all cosines, or divide them by 1000?",
        "It works on ranks: 0.9991 < 0.9992 counts as much as 0.1 < 0.9.",
    ],
    explanation="So a high mean cosine is no fault by itself: it tells you not to read a single cosine as a grade, and to set "
    "thresholds by looking at random pairs. Whether the *order* is any good is another question, and Spearman asks that one.",
    stub="my_choice = ...",
)

# 03.4 ------------------------------------------------------------------------------------------------------------------

SUBSETS = ("para_high", "para_low", "same_topic", "unrelated", "graded")


@functools.cache
def _scored_pairs():
    """Cosine of TF-IDF, score and stratum of the test pairs."""
    from course_utils import cosine, load_data, tfidf_vectors

    sts = load_data("sts", split="test")
    vectors = tfidf_vectors([*sts["sentence1"], *sts["sentence2"]])
    return cosine(vectors[: len(sts)], vectors[len(sts) :]), sts["score"].to_numpy(), sts["stratum"].to_numpy()


def _aggregations(weighted: bool = True, subsets=SUBSETS) -> tuple[float, float]:
    from course_utils import spearman

    scores, gold, strata = _scored_pairs()
    kept = np.isin(strata, subsets)
    each = [spearman(scores[strata == name], gold[strata == name]) for name in subsets]
    sizes = [(strata == name).sum() for name in subsets] if weighted else None
    return float(spearman(scores[kept], gold[kept])), float(np.average(each, weights=sizes))


def _two_tables():
    return _aggregations()


def _two_tables_unweighted():
    return _aggregations(weighted=False)


def _two_tables_of_all_strata():
    from course_utils.data import STRATA

    return _aggregations(subsets=STRATA)


def _two_tables_turned():
    return _aggregations()[::-1]


def _two_tables_by_pandas():
    import pandas as pd

    table = pd.DataFrame(dict(zip(("cosine", "score", "stratum"), _scored_pairs(), strict=True)))
    table = table[table["stratum"].isin(SUBSETS)]
    each = table.groupby("stratum")[["cosine", "score"]].apply(lambda part: part["cosine"].rank().corr(part["score"].rank()))
    ranks = table[["cosine", "score"]].rank()
    return [ranks["cosine"].corr(ranks["score"]), (each * table["stratum"].value_counts()).sum() / len(table)]


def _two_numbers(answer, expected):
    """Right to two decimals."""
    try:
        values = to_array(answer)
    except TypeError:
        return "Expected two numbers: (one Spearman over all pairs, the weighted mean of five)."
    if values.shape != (2,):
        return f"Expected two numbers, got the shape {values.shape}."
    if np.abs(values - np.asarray(expected)).max() < 0.0051:
        return True
    return "These are not the two values. Round to two decimals at the most, and look at which pairs are in."


two_tables = ValueExercise(
    "nb03.two_tables",
    title="Two tables of the same benchmark",
    difficulty=2,
    minutes=6,
    why="Published STS numbers differ by this choice alone, and tables often mix them.",
    expected=_two_tables,
    compare=_two_numbers,
    mistakes=[
        Mistake(
            _two_tables_unweighted,
            "Every stratum has the same weight here. Weight each by its number of pairs: `np.average(..., weights=...)`.",
        ),
        Mistake(
            _two_tables_of_all_strata,
            "The hard strata are in. Take the main part only: the five strata that are not in `hard`.",
        ),
        Mistake(_two_tables_turned, "Right numbers, other order: first one Spearman over all pairs, then the weighted mean."),
    ],
    hints=[
        "For a stratum: `rows = (sts['stratum'] == name).to_numpy()`, `cu.spearman(scores['TF-IDF'][rows], gold[rows])`.",
        "The five strata are `sorted(set(sts['stratum'][main]))`; `np.average(values, weights=sizes)` does the rest. The first "
        "number stands above, in the list of section 4.",
    ],
    explanation="One correlation over all pairs also counts the differences *between* strata (a paraphrase against an "
    "unrelated pair); the mean of five counts only those "
    "within. Gao et al. (2021, arXiv 2104.08821, appendix B) found that published "
    "STS tables use one or the other (`all`, `mean`, `wmean`), and that the same embeddings move by up to 20 points on one of "
    "the yearly sets. Compare tables only after checking which one they used.",
    alternatives=[_two_tables_by_pandas, lambda: [round(value, 2) for value in _aggregations()]],
    stub="my_two = (..., ...)  # (all pairs at once, weighted mean over the five strata)",
)

# 03.5 ------------------------------------------------------------------------------------------------------------------


def _selectivity(train, labels, test, test_labels):
    """Held-out accuracy on the task (column 0 of the labels) minus that on the control task (column 1)."""
    from sklearn.linear_model import LogisticRegression

    centre, scale = train.mean(0), train.std(0)
    accuracies = []
    for column in (0, 1):
        probe = LogisticRegression(C=0.1, max_iter=1000)
        probe.fit((train - centre) / scale, labels[:, column])
        accuracies.append(probe.score((test - centre) / scale, test_labels[:, column]))
    return accuracies[0] - accuracies[1]


def _a_small_task(rng):
    """80 training and 200 test vectors: two classes, control labels; the test set has moved and holds some outliers."""
    dim, scales = 6, np.array([1.0, 1.0, 4.0, 4.0, 0.1, 0.1])

    def draw(n, shift, outliers):
        classes = rng.integers(0, 2, n)
        vectors = rng.normal(size=(n, dim))
        vectors[:, :2] += np.where(classes, 1.0, -1.0)[:, None] + shift
        vectors[:outliers, :2] *= 60.0
        return vectors * scales, np.column_stack([classes, rng.integers(0, 2, n)])

    return *draw(80, 0.0, 0), *draw(200, 0.7, 20)


def _scored(train, labels, test, test_labels, transform, on_train=False):
    from sklearn.linear_model import LogisticRegression

    train, test = transform(train, test)
    accuracies = []
    for column in (0, 1):
        probe = LogisticRegression(C=0.1, max_iter=1000).fit(train, labels[:, column])
        where = (train, labels) if on_train else (test, test_labels)
        accuracies.append(probe.score(where[0], where[1][:, column]))
    return accuracies[0] - accuracies[1]


def _by(reference, vectors):
    return (vectors - reference.mean(0)) / reference.std(0)


def _standardised_on_all(train, labels, test, test_labels):
    def transform(a, b):
        both = np.concatenate([a, b])
        return _by(both, a), _by(both, b)

    return _scored(train, labels, test, test_labels, transform)


def _standardised_apart(train, labels, test, test_labels):
    return _scored(train, labels, test, test_labels, lambda a, b: (_by(a, a), _by(b, b)))


def _test_not_standardised(train, labels, test, test_labels):
    return _scored(train, labels, test, test_labels, lambda a, b: (_by(a, a), b))


def _scored_on_train(train, labels, test, test_labels):
    return _scored(train, labels, test, test_labels, lambda a, b: (_by(a, a), _by(a, b)), on_train=True)


def _control_forgotten(train, labels, test, test_labels):
    return _selectivity(train, labels, test, test_labels) + _control_alone(train, labels, test, test_labels)


def _control_alone(train, labels, test, test_labels):
    from sklearn.linear_model import LogisticRegression

    probe = LogisticRegression(C=0.1, max_iter=1000).fit(_by(train, train), labels[:, 1])
    return probe.score(_by(train, test), test_labels[:, 1])


def _selectivity_by_pipeline(train, labels, test, test_labels):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def accuracy(column):
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
        return probe.fit(train, labels[:, column]).score(test, test_labels[:, column])

    return accuracy(0) - accuracy(1)


def _nearly(answer, expected):
    """Right but for two of 200 texts: solvers differ a little."""
    try:
        value = to_array(answer)
    except TypeError:
        return "Expected one number: an accuracy minus an accuracy."
    if value.shape != ():
        return f"Expected one number, got the shape {value.shape}."
    return True if abs(float(value) - float(expected)) < 0.011 else f"Got {float(value):.3f}, expected {float(expected):.3f}."


selectivity = FunctionExercise(
    "nb03.selectivity",
    title="A probe with its control",
    difficulty=3,
    minutes=8,
    why="A probe that was scored where it learnt, or that saw the test texts, can find anything.",
    reference=_selectivity,
    inputs=_a_small_task,
    compare=_nearly,
    mistakes=[
        Mistake(
            _standardised_on_all,
            "Mean and standard deviation were taken from the training *and* the test vectors: the test set leaks. Take both "
            "from `train` alone.",
        ),
        Mistake(
            _standardised_apart,
            "The test vectors were standardised by their own mean and standard deviation. Use those of `train` for both.",
        ),
        Mistake(_test_not_standardised, "The probe learnt on standardised vectors; the test vectors need the same treatment."),
        Mistake(
            _scored_on_train,
            "You scored on the texts that the probe learnt from: that measures what it can memorise. Score on `test`.",
        ),
        Mistake(_control_forgotten, "That is the accuracy on the task. Subtract the accuracy on the control, column 1."),
    ],
    hints=[
        "Two probes on the same vectors: one for `labels[:, 0]`, one for `labels[:, 1]`.",
        "`make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))` takes mean and standard deviation from "
        "what `fit` sees, and uses them again in `score`.",
    ],
    explanation="A pipeline makes the leak impossible: `fit` sees the training texts only. The test vectors of this exercise "
    "were moved on purpose, so that each way to standardise gives another number; on the course's reviews the difference "
    "would hardly show, which is why the mistake lives so long.",
    alternatives=[_selectivity_by_pipeline],
    stub="def selectivity(train, labels, test, test_labels):\n    # your code here\n    ...",
)

# 03.6 ------------------------------------------------------------------------------------------------------------------


def _rank_similarity(a, b):
    """Spearman of the dimensions of each row of a with the same row of b: two (n, dim) -> (n,)."""
    from scipy.stats import rankdata

    a, b = rankdata(a, axis=1), rankdata(b, axis=1)  # each row: ranks 1..dim
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    return (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))


def _two_sets(rng):
    """Two sets of 3 to 5 vectors, with two dimensions that dominate every cosine."""
    n, dim = int(rng.integers(3, 6)), 9
    a, b = rng.normal(size=(2, n, dim))
    offset = np.zeros(dim)
    offset[[2, 5]] = 12.0, -9.0
    return a + offset, 0.5 * a + b + offset


def _plain_cosine(a, b):
    return (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def _ranked_across_rows(a, b):
    from scipy.stats import rankdata

    a, b = rankdata(a, axis=0), rankdata(b, axis=0)
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    return (a * b).sum(1) / np.maximum(np.sqrt((a * a).sum(1) * (b * b).sum(1)), 1e-12)


def _cosine_of_ranks(a, b):
    from scipy.stats import rankdata

    return _plain_cosine(rankdata(a, axis=1), rankdata(b, axis=1))


def _pearson_of_values(a, b):
    return _plain_cosine(a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True))


def _rank_similarity_by_scipy(a, b):
    from scipy.stats import spearmanr

    return [float(spearmanr(x, y).statistic) for x, y in zip(a, b, strict=True)]


def _rank_similarity_by_sorting(a, b):
    ranks = [np.argsort(np.argsort(vectors, axis=1), axis=1).astype(float) for vectors in (a, b)]
    return np.array([np.corrcoef(x, y)[0, 1] for x, y in zip(*ranks, strict=True)])


rank_similarity = FunctionExercise(
    "nb03.rank_similarity",
    title="A similarity that no dimension dominates (stretch)",
    difficulty=3,
    minutes=8,
    why="It takes the power from a few large dimensions without any training and without other sentences.",
    reference=_rank_similarity,
    inputs=_two_sets,
    mistakes=[
        Mistake(_plain_cosine, "That is the cosine. Replace the numbers of each vector by their ranks first."),
        Mistake(
            _ranked_across_rows,
            "You ranked each dimension across the sentences (axis 0). Rank the dimensions *within* each vector: axis 1.",
        ),
        Mistake(
            _cosine_of_ranks,
            "Ranks are all positive, so the cosine of raw ranks is high for any two vectors. Subtract each vector's mean rank.",
        ),
        Mistake(_pearson_of_values, "That is Pearson's correlation of the values: large dimensions still dominate. Use ranks."),
    ],
    hints=[
        "`scipy.stats.rankdata(a, axis=1)` gives the ranks within each row.",
        "Spearman is Pearson on ranks: subtract each row's mean rank, then take the cosine of the rows.",
    ],
    explanation="A dimension can be at most the largest of its vector, however large it is. Timkey & van Schijndel (2021, "
    "arXiv 2109.04404) propose this, standardising, and subtracting the mean as remedies. Try it: `half = len(texts) // 2`, "
    "`cu.spearman(rank_similarity(cls[:half], cls[half:])[main], gold[main])` with `cls = vectors['[CLS]']`, against the "
    "cosine's value in section 4. In notebook 04 the other remedies are fitted with care.",
    alternatives=[_rank_similarity_by_scipy, _rank_similarity_by_sorting],
    stub="def rank_similarity(a, b):\n    # your code here\n    ...",
)

# Quiz ------------------------------------------------------------------------------------------------------------------

quiz = Quiz(
    "nb03.quiz",
    [
        Question(
            "Two sentences have cosine 0.85 under raw [CLS]. What do you know?",
            {
                "a": ("They are similar in meaning.", "Not yet: random sentences may have about as much. Look at them first."),
                "b": ("Nothing, before you know the cosines of random pairs.", "Right: the level belongs to the model."),
                "c": ("They share most of their words.", "Random weights give 1.00 to any two sentences, shared words or not."),
            },
            answer="b",
        ),
        Question(
            "A linear probe reads a property from [CLS] with an accuracy far above chance. What must be shown before you say "
            "that *pre-training* put it there?",
            {
                "a": (
                    "That a network of the same shape with random weights does worse.",
                    "Right: attention alone carries words, positions and length to [CLS].",
                ),
                "b": (
                    "That the probe fits its training texts.",
                    "A probe with many dimensions fits any labels, nonsense included.",
                ),
                "c": (
                    "That the cosines of [CLS] agree with it too.",
                    "Cosine is another way to read the vector; it is not needed for this claim.",
                ),
            },
            answer="a",
        ),
        Question(
            "Each review has one control label and occurs once. What can a probe reach on the control of *test* reviews?",
            {
                "a": (
                    "As much as it memorises of the training reviews.",
                    "Memory of other texts does not help: no test text was seen.",
                ),
                "b": ("More, if it has more dimensions.", "More dimensions memorise more training texts, and no test text."),
                "c": (
                    "Chance, whatever the probe.",
                    "Right: so the fit to *training* control labels is what shows its capacity.",
                ),
            },
            answer="c",
        ),
        Question(
            "A linear probe reads something that cosine does not show. How can that be?",
            {
                "a": ("It has hidden layers.", "A linear probe has none: one weight a dimension and class."),
                "b": (
                    "It was given labels, and weights each dimension by its use for them; cosine weights all alike.",
                    "Right. That is also why it is no similarity: another question needs other weights.",
                ),
                "c": ("It looks at all tokens, cosine at [CLS] alone.", "Both get the same vector."),
            },
            answer="b",
        ),
    ],
)
