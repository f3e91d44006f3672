"""Exercises of notebook 06, on Sentence-BERT."""

from __future__ import annotations

from itertools import cycle

import numpy as np

from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz, ValueExercise

# Predictions -----------------------------------------------------------------------------------------------------------

tokens_ratio = Prediction(
    "nb06.tokens_ratio",
    question="All pairs of 100 sentences: how many tokens does a cross-encoder read for each token that a bi-encoder reads?",
    low=0,
    high=10000,
    digits=0,
)
nearer = Prediction(
    "nb06.nearer",
    question="Before training: for what share of the triples is the paraphrase nearer to the anchor than the hard negative?",
    low=0,
    high=1,
)
gap = Prediction(
    "nb06.gap",
    question="After training: Spearman of the trained mean minus that of the trained [CLS], main part?",
    low=-1,
    high=1,
)
hard_strata = Prediction(
    "nb06.hard_strata",
    question="What does the training do to Spearman within the hard strata (mean pooling)?",
    options=("it rises", "it falls", "undecided"),
)
wrong_pooling = Prediction(
    "nb06.wrong_pooling",
    question="The model trained through [CLS], read with the mean: how does Spearman change, main part?",
    low=-1,
    high=1,
)
random_cosine = Prediction(
    "nb06.random_cosine",
    question="After training with mean pooling: the mean cosine of two random sentences?",
    low=-1,
    high=1,
)

# 06.1 ------------------------------------------------------------------------------------------------------------------

_ANSWERS, _QUESTIONS, _BEST = 20_000, 300, 50


def _passes():
    once = _ANSWERS + _QUESTIONS
    return (_ANSWERS * _QUESTIONS, once, once + _QUESTIONS * _BEST)


count_passes = ValueExercise(
    "nb06.count_passes",
    title="Count the forward passes",
    difficulty=1,
    minutes=4,
    why="It decides which of the two ways a system can afford.",
    expected=_passes,
    mistakes=[
        Mistake(
            lambda: (_ANSWERS * _QUESTIONS, _ANSWERS, _ANSWERS + _QUESTIONS * _BEST),
            "The questions are texts too: the bi-encoder embeds each of them once.",
        ),
        Mistake(
            lambda: (_ANSWERS * _QUESTIONS, _ANSWERS + _QUESTIONS, _QUESTIONS * _BEST),
            "The third way begins with all passes of the second: without vectors there are no best 50.",
        ),
        Mistake(
            lambda: (_ANSWERS * _QUESTIONS, _QUESTIONS * (_ANSWERS + 1), _QUESTIONS * (_ANSWERS + 1 + _BEST)),
            "The vector of an answer does not depend on the question: it is computed once, not once for each question.",
        ),
        Mistake(
            lambda: (
                (_ANSWERS + _QUESTIONS) * (_ANSWERS + _QUESTIONS - 1) // 2,
                _ANSWERS + _QUESTIONS,
                _ANSWERS + _QUESTIONS + _QUESTIONS * _BEST,
            ),
            "Not all pairs of texts are needed, only each question with each answer.",
        ),
    ],
    hints=[
        "A cross-encoder needs one pass for each (question, answer). A bi-encoder needs one for each text.",
        "The third way is the second plus 50 pairs for each question.",
    ],
    explanation=(
        "300 x 20,000 pairs; 20,000 + 300 texts; and those texts plus 300 x 50 pairs. The last is called **retrieve and "
        "re-rank**: the bi-encoder finds candidates, the cross-encoder puts the best of them in order."
    ),
    alternatives=[lambda: list(_passes()), lambda: np.array(_passes())],
    stub="my_passes = (..., ..., ...)",
)

# 06.2 ------------------------------------------------------------------------------------------------------------------


def _in_batch_loss(anchors, candidates, scale):
    """Anchors (n, dim) and candidates (m, dim), candidate i is the positive of anchor i -> a scalar."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    logits = scale * normalize(anchors, dim=1) @ normalize(candidates, dim=1).T  # (n, m)
    own = torch.arange(len(logits))  # the right class of anchor i is i
    return cross_entropy(logits, own)


def _vectors(rng):
    """Anchors and candidates of several lengths, with one hard negative each, and a scale."""
    import torch

    n, dim = int(rng.integers(3, 6)), 6
    anchors = rng.normal(size=(n, dim)) * rng.uniform(0.5, 3, size=(n, 1))
    candidates = np.concatenate([anchors + rng.normal(size=(n, dim)), rng.normal(size=(n, dim)) * 2])
    return torch.from_numpy(anchors), torch.from_numpy(candidates), float(rng.choice([4.0, 8.0, 12.0]))


def _cosines(anchors, candidates):
    from torch.nn.functional import normalize

    return normalize(anchors, dim=1) @ normalize(candidates, dim=1).T


def _loss_of(logits, reduction="mean"):
    import torch

    return torch.nn.functional.cross_entropy(logits, torch.arange(len(logits)), reduction=reduction)


def _loss_without_scale(anchors, candidates, scale):
    return _loss_of(_cosines(anchors, candidates))


def _loss_divides_by_scale(anchors, candidates, scale):
    return _loss_of(_cosines(anchors, candidates) / scale)


def _loss_of_dot_products(anchors, candidates, scale):
    return _loss_of(scale * anchors @ candidates.T)


def _loss_without_hard_negatives(anchors, candidates, scale):
    return _loss_of(scale * _cosines(anchors, candidates[: len(anchors)]))


def _loss_summed(anchors, candidates, scale):
    return _loss_of(scale * _cosines(anchors, candidates), "sum")


def _loss_each(anchors, candidates, scale):
    return _loss_of(scale * _cosines(anchors, candidates), "none")


def _loss_other_direction(anchors, candidates, scale):
    return _loss_of(scale * _cosines(candidates[: len(anchors)], anchors))


def _loss_positive_only(anchors, candidates, scale):
    return -scale * _cosines(anchors, candidates).diagonal().mean()


def _loss_logsumexp(anchors, candidates, scale):
    logits = scale * _cosines(anchors, candidates)
    return (logits.logsumexp(1) - logits.diagonal()).mean()


def _loss_numpy(anchors, candidates, scale):
    a, c = (v.numpy() / np.linalg.norm(v.numpy(), axis=1, keepdims=True) for v in (anchors, candidates))
    odds = np.exp(scale * a @ c.T)
    return -np.log(np.diagonal(odds) / odds.sum(axis=1)).mean()


in_batch_loss = FunctionExercise(
    "nb06.in_batch_loss",
    title="The loss of a batch",
    difficulty=2,
    minutes=8,
    why="It is the usual objective where only matching pairs are known, and four lines long.",
    reference=_in_batch_loss,
    inputs=_vectors,
    mistakes=[
        Mistake(
            _loss_without_scale,
            "`scale` is not used: cosines lie between -1 and 1, and a softmax over them is nearly flat. Multiply first.",
        ),
        Mistake(_loss_divides_by_scale, "You divide by `scale`. It is the inverse of a temperature: multiply."),
        Mistake(
            _loss_of_dot_products,
            "Those are dot products: the lengths of the vectors take part. Scale every vector to length 1 first.",
        ),
        Mistake(
            _loss_without_hard_negatives,
            "Only the positives are candidates. The further rows of `candidates` are hard negatives: they compete as well.",
        ),
        Mistake(_loss_summed, "That is the sum over the anchors. The loss of a batch is their mean."),
        Mistake(_loss_each, "That is one loss for each anchor. Take their mean."),
        Mistake(
            _loss_other_direction,
            "You let each positive choose among the anchors. Here each anchor chooses among all candidates.",
        ),
        Mistake(
            _loss_positive_only,
            "You only pull the positives near. Without the other candidates in the softmax, all vectors may fall together.",
        ),
    ],
    hints=[
        "Think of it as a classification: each anchor is to name the number of its own candidate, and the logits are "
        "cosines times `scale`.",
        "The cosine matrix has shape (n, m): unit anchors times the transpose of unit candidates.",
        "The right class of anchor i is i: `cross_entropy(logits, torch.arange(n))`.",
    ],
    explanation=(
        "It is a classification with as many classes as the batch has candidates. The other positives are **in-batch "
        "negatives**: they cost no further forward pass, so a batch of n gives n(n-1) comparisons for free."
    ),
    alternatives=[_loss_logsumexp, _loss_numpy],
    stub="def in_batch_loss(anchors, candidates, scale):\n    # your code here\n    ...",
)

# 06.3 ------------------------------------------------------------------------------------------------------------------


def _false_negatives(groups):
    """Groups (n,), one a triple -> (n, n) of booleans: positive j means the same as anchor i, and is not its own."""
    groups = np.asarray(groups)
    return (groups[:, None] == groups[None, :]) & ~np.eye(len(groups), dtype=bool)


def _groups(rng):
    """Group numbers of a batch in which at least three triples share one; all in random order."""
    groups = np.concatenate([np.full(3, 7), rng.integers(0, 9, int(rng.integers(3, 6)))])
    return (rng.permutation(groups).tolist(),)


def _with_the_diagonal(groups):
    groups = np.asarray(groups)
    return groups[:, None] == groups[None, :]


def _all_others(groups):
    return ~np.eye(len(groups), dtype=bool)


def _true_negatives(groups):
    groups = np.asarray(groups)
    return groups[:, None] != groups[None, :]


def _later_ones_only(groups):
    return np.triu(_false_negatives(groups))


def _anchors_that_have_one(groups):
    return _false_negatives(groups).any(axis=1)


def _false_by_loops(groups):
    n = len(groups)
    return [[i != j and groups[i] == groups[j] for j in range(n)] for i in range(n)]


def _false_in_torch(groups):
    import torch

    groups = torch.tensor(groups)
    return (groups[:, None] == groups) & ~torch.eye(len(groups), dtype=torch.bool)


false_negatives = FunctionExercise(
    "nb06.false_negatives",
    title="False negatives",
    difficulty=2,
    minutes=5,
    why="A batch punishes a model for being right when two of its triples say the same.",
    reference=_false_negatives,
    inputs=_groups,
    compare="equal",
    mistakes=[
        Mistake(
            _with_the_diagonal, "The diagonal is in it: positive i is the right answer for anchor i, not a false negative."
        ),
        Mistake(_all_others, "Those are all in-batch negatives. Only those of the anchor's own group are false."),
        Mistake(_true_negatives, "Those are the true negatives: the groups differ. False ones have the same group."),
        Mistake(_later_ones_only, "Each pair counts both ways: if positive j is false for anchor i, so is i for anchor j."),
        Mistake(
            _anchors_that_have_one,
            "That says which anchors have one. Give the whole matrix: anchors in rows, positives in columns.",
        ),
    ],
    hints=[
        "Compare every group with every group: a column of them against a row.",
        "`groups[:, None] == groups[None, :]` marks equal groups; take the diagonal out.",
    ],
    explanation=(
        "With such a mask the false negatives are left out of the softmax (their logits become minus infinity). Where groups "
        "are not known, a library can at least keep the same text from standing in a batch twice "
        "(`BatchSamplers.NO_DUPLICATES`), or let a stronger model find those that lie suspiciously near."
    ),
    alternatives=[_false_by_loops, _false_in_torch],
    stub="def false_negatives(groups):\n    # your code here\n    ...",
)

# 06.4 ------------------------------------------------------------------------------------------------------------------

why_hard = Choice(
    "nb06.why_hard",
    title="Why the hard strata turned round",
    difficulty=2,
    minutes=4,
    why="A single number over mixed groups can change its sign while no group does.",
    question=(
        "On `mini-bert`, Spearman over all pairs of the hard strata falls below zero with training. Use the table above: what "
        "happened?"
    ),
    choices={
        "a": (
            "Within each stratum the model now ranks the pairs upside down.",
            "Look at the columns *within*: they go down somewhat, and none is far below zero.",
        ),
        "b": (
            "It forgot the words that the pairs share.",
            "Their cosines are all still close to 1: the shared words count as before.",
        ),
        "c": (
            "The strata moved against each other: pairs with another time, place or number, which score higher, lost cosine; "
            "negations, which score lowest, gained some.",
            "Right. The order *between* the strata turned round; within them less changed.",
        ),
        "d": (
            "The scores of these pairs are noise, so that any value can come out.",
            "The interval excludes zero before and after, and two scorers who did not see each other agree well on `sts`.",
        ),
    },
    answer="c",
    hints=[
        "Compare two things in the table: how each stratum ranks its own pairs, and how the strata lie to each other.",
        "Which strata have the higher scores? Whose cosines went down?",
    ],
    explanation=(
        "Before training, negations (the lowest scores) lay at the lower end of the four strata; afterwards they lie above "
        "time and place (the highest). Small shifts among cosines that are all close to 1 decide such a figure. Look into the "
        "groups before you explain a pooled number (Simpson's paradox)."
    ),
    stub="my_choice = ...",
)

# 06.5 ------------------------------------------------------------------------------------------------------------------


def _mine_negatives(anchors, positives, margin):
    """For each anchor the number of the nearest positive of another one that is at least margin less near than its own."""
    a, p = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (anchors, positives))
    cosines = a @ p.T  # (n, n)
    limit = np.diagonal(cosines) - margin
    allowed = cosines <= limit[:, None]
    np.fill_diagonal(allowed, False)
    best = np.where(allowed, cosines, -np.inf).argmax(axis=1)
    return np.where(allowed.any(axis=1), best, -1)


def _unit_rows(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


_MARGINS = cycle((0.2, 0.0, 0.4, 0.1, 0.3))


def _mining_batch(rng):
    """Six triples: one whose own positive is the farthest, and two whose positives are nearly the same.

    Five calls in a row meet a margin of 0 once: only there can the own positive be chosen by mistake.
    """
    n, dim = 6, 5
    anchors = rng.normal(size=(n, dim))
    positives = anchors + 0.4 * rng.normal(size=(n, dim))
    positives[0] = -anchors[0]  # nothing is less near to anchor 0 than its own positive
    positives[2] = positives[1] + 0.02 * rng.normal(size=dim)  # as near to anchor 1 as its own
    order = rng.permutation(n)
    return anchors[order], positives[order], next(_MARGINS)


def _cosine_table(anchors, positives):
    return _unit_rows(anchors) @ _unit_rows(positives).T


def _mine_without_margin(anchors, positives, margin):
    cosines = _cosine_table(anchors, positives)
    np.fill_diagonal(cosines, -np.inf)
    return cosines.argmax(axis=1)


def _mine_its_own(anchors, positives, margin):
    return _cosine_table(anchors, positives).argmax(axis=1)


def _mine_margin_upwards(anchors, positives, margin):
    return _mine_negatives(anchors, positives, -margin)


def _mine_no_way_out(anchors, positives, margin):
    cosines = _cosine_table(anchors, positives)
    allowed = cosines <= np.diagonal(cosines)[:, None] - margin
    np.fill_diagonal(allowed, False)
    return np.where(allowed, cosines, -np.inf).argmax(axis=1)


def _mine_farthest(anchors, positives, margin):
    cosines = _cosine_table(anchors, positives)
    allowed = cosines <= np.diagonal(cosines)[:, None] - margin
    np.fill_diagonal(allowed, False)
    worst = np.where(allowed, cosines, np.inf).argmin(axis=1)
    return np.where(allowed.any(axis=1), worst, -1)


def _mine_for_positives(anchors, positives, margin):
    return _mine_negatives(positives, anchors, margin)


def _mine_by_loops(anchors, positives, margin):
    cosines, found = _cosine_table(anchors, positives), []
    for i, row in enumerate(cosines):
        allowed = [j for j in range(len(row)) if j != i and row[j] <= row[i] - margin]
        found.append(max(allowed, key=lambda j, row=row: row[j]) if allowed else -1)
    return found


def _mine_in_torch(anchors, positives, margin):
    import torch

    cosines = _cosines(torch.as_tensor(anchors), torch.as_tensor(positives))
    far = cosines <= cosines.diagonal()[:, None] - margin
    far.fill_diagonal_(False)
    values, best = cosines.masked_fill(~far, -torch.inf).max(1)
    return best.masked_fill(values.isinf(), -1)


mine_negatives = FunctionExercise(
    "nb06.mine_negatives",
    title="Mining hard negatives (stretch)",
    difficulty=3,
    minutes=12,
    why="Good negatives decide how good a search becomes, and nobody writes them by hand.",
    reference=_mine_negatives,
    inputs=_mining_batch,
    compare="equal",
    mistakes=[
        Mistake(
            _mine_without_margin,
            "The margin is not used. A candidate nearer than the own positive, or nearly so, is most likely a false negative.",
        ),
        Mistake(_mine_its_own, "The own positive can be chosen: take it out of the candidates."),
        Mistake(_mine_margin_upwards, "The margin goes the wrong way: a negative must be *less* near than the own positive."),
        Mistake(_mine_no_way_out, "Where no candidate is allowed the answer is -1; you give a number all the same."),
        Mistake(_mine_farthest, "Those are the easiest negatives. Hard ones lie near the anchor: take the nearest allowed."),
        Mistake(_mine_for_positives, "You look from the positives at the anchors. Look from each anchor at the positives."),
    ],
    hints=[
        "Start from the cosine matrix of anchors and positives. Its diagonal holds each anchor's own positive.",
        "Allowed is what is at most the own cosine minus the margin, and not on the diagonal.",
        "Set all others to minus infinity, take `argmax` over each row, and -1 where a row has nothing allowed.",
    ],
    explanation=(
        "It is what `sentence_transformers.util.mine_hard_negatives` does on a large scale, with a search index in place of "
        "the matrix. The margin keeps out what is probably a paraphrase that nobody marked."
    ),
    alternatives=[_mine_by_loops, _mine_in_torch],
    stub="def mine_negatives(anchors, positives, margin):\n    # your code here\n    ...",
)

# 06.6 ------------------------------------------------------------------------------------------------------------------


def _uniformity(vectors):
    """Vectors (n, dim) -> log of the mean of exp(-2 d^2) over all pairs of different vectors, d on the unit sphere."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    squared = 2 - 2 * unit @ unit.T  # (n, n)
    first, second = np.triu_indices(len(unit), k=1)
    return np.log(np.exp(-2 * squared[first, second]).mean())


def _spread(rng):
    n, dim = int(rng.integers(4, 9)), 4
    return ((rng.normal(size=(n, dim)) + 0.7) * rng.uniform(0.3, 2.5, size=(n, 1)),)


def _distances(vectors):
    first, second = np.triu_indices(len(vectors), k=1)
    return np.linalg.norm(vectors[first] - vectors[second], axis=1)


def _uniformity_not_unit(vectors):
    return np.log(np.exp(-2 * _distances(vectors) ** 2).mean())


def _uniformity_with_itself(vectors):
    unit = _unit_rows(vectors)
    return np.log(np.exp(-2 * (2 - 2 * unit @ unit.T)).mean())


def _uniformity_mean_of_logs(vectors):
    return (-2 * _distances(_unit_rows(vectors)) ** 2).mean()


def _uniformity_not_squared(vectors):
    return np.log(np.exp(-2 * _distances(_unit_rows(vectors))).mean())


def _uniformity_without_two(vectors):
    return np.log(np.exp(-(_distances(_unit_rows(vectors)) ** 2)).mean())


def _uniformity_no_log(vectors):
    return np.exp(-2 * _distances(_unit_rows(vectors)) ** 2).mean()


def _uniformity_in_torch(vectors):
    import torch

    unit = torch.nn.functional.normalize(torch.as_tensor(vectors), dim=1)
    return torch.pdist(unit).square().mul(-2).exp().mean().log()


def _uniformity_by_cosines(vectors):
    unit = _unit_rows(vectors)
    n = len(unit)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    return np.log(np.mean([np.exp(4 * float(unit[i] @ unit[j]) - 4) for i, j in pairs]))


uniformity = FunctionExercise(
    "nb06.uniformity",
    title="Uniformity by hand",
    difficulty=2,
    minutes=6,
    why="A single number says whether a model uses its space.",
    reference=_uniformity,
    inputs=_spread,
    mistakes=[
        Mistake(_uniformity_not_unit, "The vectors must have length 1 first: only their directions count."),
        Mistake(
            _uniformity_with_itself,
            "The pairs of a vector with itself are in the mean: each adds a distance of 0. Take different vectors only.",
        ),
        Mistake(_uniformity_mean_of_logs, "The mean comes before the logarithm: close pairs are to weigh more than far ones."),
        Mistake(_uniformity_not_squared, "The distance has to be squared."),
        Mistake(_uniformity_without_two, "The squared distance is multiplied by 2 (the paper's t) before the exponential."),
        Mistake(_uniformity_no_log, "The logarithm of that mean is missing."),
    ],
    hints=[
        "First give every vector length 1. Between unit vectors the squared distance is 2 - 2 cosine.",
        "Take each pair once: `numpy.triu_indices(n, k=1)` gives their row and column numbers.",
        "`numpy.log(numpy.exp(-2 * squared).mean())`.",
    ],
    explanation=(
        "0 would mean that all vectors point one way. Pairs that are far apart add next to nothing to the mean, so the number "
        "is about the crowded places. Source: Wang & Isola 2020, arXiv 2005.10242."
    ),
    alternatives=[_uniformity_in_torch, _uniformity_by_cosines],
    stub="def uniformity(vectors):\n    # your code here\n    ...",
)

# Quiz ------------------------------------------------------------------------------------------------------------------

quiz = Quiz(
    "nb06.quiz",
    [
        Question(
            "A colleague says: 'Sentence-BERT works because it averages the tokens.' What do you answer?",
            {
                "a": (
                    "Right: [CLS] is not trained by the language model.",
                    "Siamese training does train it: the loss is computed from it.",
                ),
                "b": (
                    "The gain comes from the objective; trained through [CLS], the same network ends near the same place.",
                    "Right: judge the training against the pooling, as in section 4.",
                ),
                "c": ("It works because its network is larger.", "It is BERT, with the same number of weights."),
            },
            "b",
        ),
        Question(
            "You must find duplicates among 100,000 tickets. Which way?",
            {
                "a": (
                    "A bi-encoder and its cosines, and a cross-encoder for the closest candidates if you need more accuracy.",
                    "Right: 100,000 passes, and a few more where they pay.",
                ),
                "b": ("A cross-encoder for all pairs: it is more accurate.", "That is about five billion forward passes."),
                "c": (
                    "A cross-encoder, but store its [CLS] vectors.",
                    "Its [CLS] vector belongs to a pair; there is none of a single ticket to store.",
                ),
            },
            "a",
        ),
        Question(
            "You load somebody's sentence encoder. How do you pool?",
            {
                "a": (
                    "With the mean: it is the more robust choice.",
                    "For a raw model perhaps. This one was trained with one pooling.",
                ),
                "b": ("With [CLS]: BERT is made for it.", "It is made for what the last training used."),
                "c": (
                    "As the model was trained: its folder or its card says so, and the library obeys.",
                    "Right. What another pooling costs has to be measured; the right one is free.",
                ),
            },
            "c",
        ),
        Question(
            "After training, paraphrases lie no nearer to each other than before, yet Spearman is much higher. How so?",
            {
                "a": (
                    "It cannot: one of the figures is wrong.",
                    "Rank correlation does not look at the distance of one kind of pair alone.",
                ),
                "b": ("The vectors became longer.", "Cosine does not see the length."),
                "c": (
                    "Spearman does not depend on the vectors.",
                    "It is computed from their cosines.",
                ),
                "d": (
                    "The other pairs moved away: what counts is who is nearer than whom.",
                    "Right: uniformity can fall while alignment stands still.",
                ),
            },
            "d",
        ),
    ],
)
