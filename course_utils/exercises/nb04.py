"""Exercises of notebook 04, on mean pooling."""

from __future__ import annotations

import operator

import numpy as np

from course_utils.exercises.comparing import to_array
from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz, ValueExercise

# Predictions -----------------------------------------------------------------------------------------------------------

padding_share = Prediction(
    "nb04.padding_share",
    question="Batches of 32 sentences in file order, each padded to its longest: what share of the positions is padding?",
    low=0,
    high=1,
)
forgotten = Prediction(
    "nb04.forgotten",
    question="Spearman of the mean when every sentence is padded to the greatest length and the average forgets the mask?",
    low=-1,
    high=1,
)
poolings = Prediction(
    "nb04.poolings",
    question="Which pooling of the same token vectors agrees best with the scores?",
    order=("[CLS]", "first-last mean, layer 0", "first-last mean, layer 1", "max", "mean"),
)
whitening = Prediction(
    "nb04.whitening",
    question="By how much does whitening, fitted on 3,118 other sentences, change Spearman of the mean?",
    low=-1,
    high=1,
)
leak = Prediction(
    "nb04.leak",
    question="Whitening fitted on the very sentences of the test, against whitening fitted on as many others of the same kind?",
    options=("the leak flatters", "the leak hurts", "undecided"),
)
shuffled = Prediction(
    "nb04.shuffled",
    question="Mean cosine of a sentence's mean vector with that of the same words in random order, last layer?",
    low=-1,
    high=1,
)

# 04.1 ------------------------------------------------------------------------------------------------------------------


def _masked_mean(hidden, mask):
    """Mean over the real tokens: hidden (batch, tokens, dim), mask (batch, tokens) -> (batch, dim)."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)  # (batch, tokens, 1)
    return (hidden * weights).sum(1) / weights.sum(1)


def _batch(rng):
    """Token vectors and a mask of right-padded sentences of 1 to 6 tokens; some padding in every batch."""
    import torch

    batch, tokens, dim = int(rng.integers(2, 5)), 7, 5
    hidden = torch.from_numpy(rng.normal(size=(batch, tokens, dim)).astype(np.float32) - 1.5)
    lengths = rng.permutation([1, 3, 4, 6])[:batch]
    mask = torch.from_numpy((np.arange(tokens) < lengths[:, None]).astype(np.int64))
    return hidden, mask


def _mean_without_mask(hidden, mask):
    return hidden.mean(1)


def _mean_divides_by_length(hidden, mask):
    return (hidden * mask.unsqueeze(-1)).mean(1)


def _mean_not_divided(hidden, mask):
    return (hidden * mask.unsqueeze(-1)).sum(1)


def _mean_over_dimensions(hidden, mask):
    return (hidden * mask.unsqueeze(-1)).mean(2)


def _mean_over_the_batch(hidden, mask):
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / mask.sum()


def _sum_without_mask(hidden, mask):
    return hidden.sum(1) / mask.sum(1, keepdim=True)


def _mean_numpy(hidden, mask):
    hidden, mask = hidden.numpy(), mask.numpy()
    return (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]


def _mean_einsum(hidden, mask):
    import torch

    weights = mask.float() / mask.sum(1, keepdim=True)
    return torch.einsum("bt,btd->bd", weights, hidden)


def _mean_loop(hidden, mask):
    import torch

    return torch.stack([vectors[on == 1].mean(0) for vectors, on in zip(hidden, mask, strict=True)])


masked_mean = FunctionExercise(
    "nb04.masked_mean",
    title="The masked mean",
    difficulty=1,
    minutes=6,
    why="It is the line that most code for sentence vectors needs and that much of it gets wrong.",
    reference=_masked_mean,
    inputs=_batch,
    mistakes=[
        Mistake(
            _mean_without_mask,
            "The mask is not used: padding counts as if it were text. Leave it out of the sum and of the count.",
        ),
        Mistake(
            _mean_divides_by_length,
            "The padding is out of the sum, but you still divide by all positions (`.mean` does). Divide by the "
            "number of real tokens.",
        ),
        Mistake(_mean_not_divided, "That is the sum of the real tokens. Divide it by how many they are, sentence by sentence."),
        Mistake(
            _mean_over_dimensions,
            "You average over the dimensions of each vector. The tokens are axis 1: the result has one vector a sentence.",
        ),
        Mistake(
            _mean_over_the_batch,
            "You divide by the real tokens of the whole batch. Each sentence has its own number: `mask.sum(1)`.",
        ),
        Mistake(
            _sum_without_mask,
            "You divide by the number of real tokens, but the padding is still in the sum. Multiply with the mask first.",
        ),
    ],
    hints=[
        "A product with the mask takes the padding out of the sum: it needs the shape (batch, tokens, 1) for that.",
        "`mask.unsqueeze(-1)` has that shape. Sum over axis 1.",
        "Divide the sum by the sum of the same weights over axis 1: shape (batch, 1).",
    ],
    explanation=(
        "The mask makes the weights: 1 for a token, 0 for padding. The sum over the tokens is divided by the sum of "
        "the weights, "
        "which is the number of real tokens. Every weighted mean has this form; the mask is the simplest choice of weights."
    ),
    alternatives=[_mean_numpy, _mean_einsum, _mean_loop],
    stub="def masked_mean(hidden, mask):\n    # your code here\n    ...",
)

# 04.2 ------------------------------------------------------------------------------------------------------------------


def _masked_max(hidden, mask):
    """Maximum over the real tokens, dimension by dimension: (batch, tokens, dim), (batch, tokens) -> (batch, dim)."""
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).amax(1)


def _max_with_zeros(hidden, mask):
    return (hidden * mask.unsqueeze(-1)).amax(1)


def _max_without_mask(hidden, mask):
    return hidden.amax(1)


def _max_absolute(hidden, mask):
    return (hidden * mask.unsqueeze(-1)).abs().amax(1)


def _max_numpy(hidden, mask):
    return np.where(mask.numpy()[:, :, None] == 1, hidden.numpy(), -np.inf).max(axis=1)


def _max_loop(hidden, mask):
    import torch

    return torch.stack([vectors[on == 1].max(dim=0).values for vectors, on in zip(hidden, mask, strict=True)])


masked_max = FunctionExercise(
    "nb04.masked_max",
    title="The masked maximum",
    difficulty=2,
    minutes=5,
    why="The trick that works for the mean fails here without a sound.",
    reference=_masked_max,
    inputs=_batch,
    mistakes=[
        Mistake(
            _max_with_zeros,
            "You set the padding to 0, and 0 is greater than every negative value: where all real values are negative, "
            "the padding wins. What value can never win?",
        ),
        Mistake(_max_without_mask, "The mask is not used: the vectors of the padding take part and often win."),
        Mistake(_max_absolute, "That is the greatest absolute value. The maximum may be negative."),
    ],
    hints=[
        "Padding must lose against every value. Which number is smaller than all others?",
        "`hidden.masked_fill(condition, float('-inf'))` with a condition of shape (batch, tokens, 1), then the "
        "maximum over axis 1.",
    ],
    explanation=(
        "0 is neutral in a sum, not in a maximum: where all values of a dimension are negative, a 0 from the "
        "padding would win. "
        "Minus infinity is neutral in a maximum."
    ),
    alternatives=[_max_numpy, _max_loop],
    stub="def masked_max(hidden, mask):\n    # your code here\n    ...",
)

# 04.3 ------------------------------------------------------------------------------------------------------------------

why_cheap = Choice(
    "nb04.why_cheap",
    title="What a padding vector holds",
    difficulty=2,
    minutes=4,
    why="A bug that costs little is found late.",
    question=(
        "The model is told the mask, the average is not. Most of what is then averaged is the output at padding positions, "
        "and still the vector keeps much of the sentence. Why?"
    ),
    choices={
        "a": (
            "The mask makes the output at padding positions zero, so that they change only the length of the vector.",
            "The mask stops others from looking *at* the padding. The padding positions still get an output, and it "
            "is not zero.",
        ),
        "b": (
            "A padding position may not be looked at, but it looks: it attends to the real tokens, and takes up "
            "what they hold.",
            "Right. The mask works on keys, not on queries: every padding position is one more reader of the sentence.",
        ),
        "c": (
            "The padding vectors are the same in all sentences, so they cancel in the cosine.",
            "A part that all vectors share does not cancel in a cosine; it raises all of them. And the padding "
            "vectors do differ.",
        ),
    },
    answer="b",
    hints=[
        "What exactly does an attention mask forbid: to look, or to be looked at?",
        "Follow one padding position through a layer: from which positions does its output come?",
    ],
    explanation=(
        "An attention mask removes padding from the *keys*. As *queries* the padding positions are computed like all others, "
        "from the real tokens. Take the mask from the model too, and the real tokens read the padding as well."
    ),
    stub="my_choice = ...",
)

# 04.4 ------------------------------------------------------------------------------------------------------------------

_LAYERS = 12


def _which_tensors():
    return {"BERT-whitening": [1, _LAYERS], "SimCSE 2021": [0, _LAYERS], "last two": [_LAYERS - 1, _LAYERS]}


def _same_tensors(answer, expected):
    """Index sets into ``hidden_states``, negative ones counted from the end."""
    entries = range(_LAYERS + 1)
    try:
        given = {str(key): sorted(entries[operator.index(i)] for i in value) for key, value in dict(answer).items()}
    except IndexError:
        return f"`hidden_states` has {len(entries)} entries: an index goes from 0 to {_LAYERS}, or from -1 to -{len(entries)}."
    except (TypeError, ValueError):
        return "Give a dict: name -> list of two indices into `hidden_states`."
    if set(given) != set(expected):
        return f"The names are {', '.join(expected)}."
    wrong = [name for name, value in expected.items() if given[name] != sorted(value)]
    return True if not wrong else f"Not yet: {', '.join(wrong)}."


which_tensors = ValueExercise(
    "nb04.which_tensors",
    title="Which tensors?",
    difficulty=2,
    minutes=5,
    why="Two papers report a 'first-last' mean of the same model, five points apart.",
    expected=_which_tensors,
    compare=_same_tensors,
    mistakes=[
        Mistake(
            {"BERT-whitening": [0, 11], "SimCSE 2021": [0, 11], "last two": [10, 11]},
            "`hidden_states` of 12 layers has 13 entries: 0 is what goes into the first layer, and the last output is 12.",
        ),
        Mistake(
            {"BERT-whitening": [1, _LAYERS], "SimCSE 2021": [1, _LAYERS], "last two": [11, 12]},
            "In 2021 SimCSE's code took `hidden_states[0]`: the embeddings, before any layer. It was changed to 1 later.",
        ),
        Mistake(
            {"BERT-whitening": [0, _LAYERS], "SimCSE 2021": [0, _LAYERS], "last two": [11, 12]},
            "The code of BERT-whitening takes the output of the first *layer*, not the embeddings that go into it.",
        ),
    ],
    hints=[
        "`hidden_states[0]` is the embedding layer; `hidden_states[1]` is the output of the first transformer layer.",
        "With 12 layers the last output is `hidden_states[12]`, the same as `hidden_states[-1]`.",
    ],
    explanation=(
        "BERT-whitening-pytorch averages `hidden_states[1]` and `[-1]`; SimCSE's code had `[0]` and `[-1]` until "
        "issue 133 of its "
        "repository (January 2022). The name is the same, the tensors are not. Say which tensors you averaged."
    ),
    alternatives=[{"BERT-whitening": (1, -1), "SimCSE 2021": (0, -1), "last two": (-1, -2)}],
    stub='tensors = {"BERT-whitening": ..., "SimCSE 2021": ..., "last two": ...}',
)

# 04.5 ------------------------------------------------------------------------------------------------------------------


def _whiten(fit_on, vectors):
    """Whiten vectors (m, dim) with a centre and directions fitted on fit_on (n, dim)."""
    centre = fit_on.mean(0)
    variances, directions = np.linalg.eigh(np.cov(fit_on.T))
    return (vectors - centre) @ (directions / np.sqrt(variances))


def _two_sets(rng):
    """Vectors to fit on and others to whiten, correlated and off centre, with another centre and spread each."""
    dim = 4
    mixing = rng.normal(size=(dim, dim)) + 2 * np.eye(dim)
    fit_on = rng.normal(size=(60, dim)) @ mixing + rng.normal(size=dim) * 3
    vectors = 1.5 * rng.normal(size=(9, dim)) @ mixing + rng.normal(size=dim) * 3
    return fit_on, vectors


def _same_up_to_rotation(answer, expected):
    """Whitening is fixed up to a rotation, which no cosine sees: compare all inner products."""
    if answer is None:
        return "It gave None: is the return missing?"
    answer, expected = to_array(answer), to_array(expected)
    if answer.shape != expected.shape:
        return f"The shape is {answer.shape}, expected {expected.shape}."
    if not np.isfinite(answer).all():
        return "It holds NaN or infinity."
    inner = answer @ answer.T, expected @ expected.T
    return True if np.allclose(*inner, rtol=1e-3, atol=1e-3) else "The inner products are not those of whitened vectors."


def _whiten_leaking(fit_on, vectors):
    return _whiten(vectors, vectors)


def _whiten_uncentred(fit_on, vectors):
    variances, directions = np.linalg.eigh(np.cov(fit_on.T))
    return vectors @ (directions / np.sqrt(variances))


def _whiten_own_centre(fit_on, vectors):
    variances, directions = np.linalg.eigh(np.cov(fit_on.T))
    return (vectors - vectors.mean(0)) @ (directions / np.sqrt(variances))


def _whiten_by_rows(fit_on, vectors):
    return (vectors - vectors.mean(1, keepdims=True)) / vectors.std(1, keepdims=True)


def _whiten_no_root(fit_on, vectors):
    variances, directions = np.linalg.eigh(np.cov(fit_on.T))
    return (vectors - fit_on.mean(0)) @ (directions / variances)


def _whiten_by_column(fit_on, vectors):
    return (vectors - fit_on.mean(0)) / fit_on.std(0, ddof=1)


def _whiten_wrong_side(fit_on, vectors):
    variances, directions = np.linalg.eigh(np.cov(fit_on.T))
    return (vectors - fit_on.mean(0)) @ (directions.T / np.sqrt(variances))


def _whiten_cholesky(fit_on, vectors):
    return (vectors - fit_on.mean(0)) @ np.linalg.cholesky(np.linalg.inv(np.cov(fit_on.T)))


def _whiten_symmetric(fit_on, vectors):
    u, s, _ = np.linalg.svd(np.cov(fit_on, rowvar=False))
    return (vectors - fit_on.mean(axis=0)) @ u @ np.diag(s**-0.5) @ u.T


whiten = FunctionExercise(
    "nb04.whiten",
    title="Whitening without the leak",
    difficulty=3,
    minutes=10,
    why="A correction fitted on the test has seen the test.",
    reference=_whiten,
    inputs=_two_sets,
    compare=_same_up_to_rotation,
    mistakes=[
        Mistake(
            _whiten_leaking,
            "You fit on the vectors that you whiten: that is the leak. Centre and covariance come from `fit_on` only.",
        ),
        Mistake(
            _whiten_uncentred, "The covariance is right, but the vectors are not centred: take away the mean of `fit_on` first."
        ),
        Mistake(
            _whiten_own_centre,
            "You centre with the mean of the vectors themselves: half a leak. The centre too comes from `fit_on`.",
        ),
        Mistake(
            _whiten_by_rows, "You scale each vector by itself (rows). Whitening mixes and scales the dimensions (columns)."
        ),
        Mistake(_whiten_no_root, "Divide by the standard deviation along each direction: the square root of the variance."),
        Mistake(
            _whiten_by_column,
            "That is z-scoring: each dimension by itself. Whitening first rotates to directions that are uncorrelated.",
        ),
        Mistake(
            _whiten_wrong_side, "`eigh` gives the directions as columns: multiply with `directions`, not with its transpose."
        ),
    ],
    hints=[
        "Three steps: take away the mean of `fit_on`; rotate to the directions of its covariance; scale each to variance 1.",
        "`variances, directions = np.linalg.eigh(np.cov(fit_on.T))`; the directions are the columns.",
        "`(vectors - centre) @ (directions / np.sqrt(variances))`",
    ],
    explanation=(
        "All that is learnt (centre, directions, variances) comes from `fit_on`; the other vectors are only "
        "transformed. Any rotation "
        "of the result is whitened too, and has the same cosines, so PCA, Cholesky and the symmetric form are all accepted."
    ),
    alternatives=[_whiten_cholesky, _whiten_symmetric],
    stub="def whiten(fit_on, vectors):\n    # your code here\n    ...",
)

# 04.6 ------------------------------------------------------------------------------------------------------------------

why_negation = Choice(
    "nb04.why_negation",
    title="Why a negation gets lost",
    difficulty=2,
    minutes=4,
    why="The most frequent surprise of a search by mean vectors.",
    question=(
        "*The shop is open on Sundays* and *The shop is not open on Sundays* have nearly the same mean vector. "
        "What is the best explanation?"
    ),
    choices={
        "a": (
            "All tokens but one are the same, and each is one share of the average: one new token, and what it "
            "changed in the others "
            "by attention, moves the mean a little.",
            "Right. The sum has one term more, and the other terms moved only as far as the context wrote the "
            "negation into them.",
        ),
        "b": (
            "The vocabulary has no entry for *not*.",
            "It has: a frequent word is a token of its own. And the [UNK] token would enter the average as well.",
        ),
        "c": (
            "BERT ignores negation: the token vectors of the two sentences are the same.",
            "The token vectors differ, as attention lets every token see the *not*. A classifier on them can learn to use it.",
        ),
        "d": (
            "Cosine is symmetric, so it cannot see an opposite.",
            "Cosine can be -1 for vectors that point in opposite directions. Opposite *sentences* just do not have "
            "such vectors.",
        ),
    },
    answer="a",
    hints=[
        "How many terms of the sum are the same, or nearly the same, in both sentences?",
        "If the tokens did not see each other, by how much could one token of ten move their average?",
    ],
    explanation=(
        "The average gives every token one share. What is said once, in one small word, weighs as much as one word. "
        "Only training "
        "for similarity makes the model write a negation large into all token vectors."
    ),
    stub="my_choice = ...",
)

# 04.7 ------------------------------------------------------------------------------------------------------------------


def _weighted_mean(hidden, ids, mask, weights):
    """Mean with a weight for each token id, padding left out: hidden (batch, tokens, dim) -> (batch, dim)."""
    w = (weights[ids] * mask).unsqueeze(-1)  # (batch, tokens, 1)
    return (hidden * w).sum(1) / w.sum(1)


def _weighted_batch(rng):
    """A batch with ids and a weight for each of 20 ids; the padding id 0 has a weight too."""
    import torch

    hidden, mask = _batch(rng)
    ids = torch.from_numpy(rng.integers(1, 20, mask.shape)) * mask
    weights = torch.from_numpy(rng.uniform(1, 4, 20).astype(np.float32))
    return hidden, ids, mask, weights


def _weighted_no_mask(hidden, ids, mask, weights):
    w = weights[ids].unsqueeze(-1)
    return (hidden * w).sum(1) / w.sum(1)


def _weighted_by_count(hidden, ids, mask, weights):
    w = (weights[ids] * mask).unsqueeze(-1)
    return (hidden * w).sum(1) / mask.sum(1, keepdim=True)


def _weighted_not_divided(hidden, ids, mask, weights):
    return (hidden * (weights[ids] * mask).unsqueeze(-1)).sum(1)


def _weighted_plain(hidden, ids, mask, weights):
    return _masked_mean(hidden, mask)


def _weighted_mask_in_sum_only(hidden, ids, mask, weights):
    w = (weights[ids] * mask).unsqueeze(-1)
    return (hidden * w).sum(1) / weights[ids].sum(1, keepdim=True)


def _weighted_numpy(hidden, ids, mask, weights):
    w = weights.numpy()[ids.numpy()] * mask.numpy()
    return np.einsum("bt,btd->bd", w, hidden.numpy()) / w.sum(axis=1)[:, None]


def _weighted_by_twin(hidden, ids, mask, weights):
    return _masked_mean(hidden, weights[ids] * mask)


weighted_mean = FunctionExercise(
    "nb04.weighted_mean",
    title="A mean with a weight for each word (stretch)",
    difficulty=3,
    minutes=10,
    why="Frequent words fill the average and say little.",
    reference=_weighted_mean,
    inputs=_weighted_batch,
    mistakes=[
        Mistake(_weighted_no_mask, "The padding takes part, with the weight of its id. Multiply the weights with the mask."),
        Mistake(
            _weighted_by_count, "You divide by the number of tokens. A weighted mean is divided by the sum of the weights."
        ),
        Mistake(_weighted_not_divided, "That is a weighted sum: divide by the sum of the weights."),
        Mistake(_weighted_plain, "The weights are not used: that is the masked mean."),
        Mistake(
            _weighted_mask_in_sum_only,
            "The padding is out of the sum of vectors but still in the sum of weights that you divide by.",
        ),
    ],
    hints=[
        "`weights[ids]` looks up a weight for each token: shape (batch, tokens).",
        "Multiply with the mask; then it is the masked mean with these weights in place of the mask.",
    ],
    explanation=(
        "With idf as weights, frequent words count less; with weight 0, special tokens are left out. One function does both: "
        "a pooling of this kind is nothing but a choice of weights."
    ),
    alternatives=[_weighted_numpy, _weighted_by_twin],
    stub="def weighted_mean(hidden, ids, mask, weights):\n    # your code here\n    ...",
)

# Quiz ------------------------------------------------------------------------------------------------------------------

quiz = Quiz(
    "nb04.quiz",
    [
        Question(
            "A service embeds single queries, but documents in padded batches, and averages without the mask. What goes wrong?",
            {
                "a": (
                    "Nothing: cosine ignores the length of a vector.",
                    "The padding changes the direction, not only the length.",
                ),
                "b": (
                    "The vector of a text depends on the batch it was in, so the same text no longer matches itself.",
                    "Right: queries have no padding, documents have some, and the two live in shifted places.",
                ),
                "c": (
                    "Only the documents longer than the queries are harmed.",
                    "It is the short ones in a long batch that get most padding.",
                ),
            },
            "b",
        ),
        Question(
            "A paper reports a 'first-last' mean. What do you need to know before you compare?",
            {
                "a": ("The random seed.", "No seed takes part in pooling."),
                "b": ("Whether the vectors were of unit length.", "Cosine does not see the length of the final vector."),
                "c": (
                    "Which two tensors were averaged: 'first' is the embedding layer in some code, layer 1 in other.",
                    "Right: and the split, the pairs, and how Spearman was put together.",
                ),
            },
            "c",
        ),
        Question(
            "Whitening is fitted on the test sentences. What may be said of the result?",
            {
                "a": (
                    "It is not a measurement of what the method does on new sentences, whether it came out higher or lower.",
                    "Right: a leak makes a number something else; it need not make it higher.",
                ),
                "b": (
                    "It is too high by the size of the leak.",
                    "Not necessarily: with few sentences a fit on the test can do harm.",
                ),
                "c": ("It is fine, as no scores were used.", "Scores are not the only thing that can leak: the sentences did."),
            },
            "a",
        ),
        Question(
            "'Mean pooling is better than [CLS].' When does that hold?",
            {
                "a": (
                    "Always: it uses all tokens.",
                    "[CLS] too can draw on all tokens; models trained through it do well with it.",
                ),
                "b": ("Never.", "For raw BERT-base and cosine the published difference is large."),
                "c": ("After training for similarity.", "There the difference is about a point, and can go either way."),
                "d": (
                    "For raw models and cosine, where a measurement of the model at hand says so; it does not make "
                    "a good sentence vector.",
                    "Right: better than a bad way is not good.",
                ),
            },
            "d",
        ),
    ],
)
