"""Exercises of notebook 05, on fine-tuning."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz

# Predictions -----------------------------------------------------------------------------------------------------------

tuned_accuracy = Prediction(
    "nb05.tuned_accuracy",
    question="Test accuracy for sentiment, read from [CLS] after tuning, averaged over the trainings?",
    low=0,
    high=1,
)
seen_or_unseen = Prediction(
    "nb05.seen_or_unseen",
    question="After tuning on sentiment, of which reviews does the label explain more of the variance of [CLS]?",
    options=("training reviews", "test reviews", "no clear difference"),
)
most_moved = Prediction(
    "nb05.most_moved",
    question="After which layer is [CLS] least like what it was before tuning?",
    options=("the first", "one between", "the last"),
)
controls = Prediction(
    "nb05.controls",
    question="Which way to read the sentiment of a test review is best?",
    order=("[CLS] frozen", "[CLS] tuned", "[CLS] tuned, untrained start", "mean frozen"),
)
topic_after_sentiment = Prediction(
    "nb05.topic_after_sentiment",
    question="Tuned on sentiment: what happens to the topic that a probe reads from [CLS]?",
    options=("up", "down", "no sure change"),
)
similarity_after_sentiment = Prediction(
    "nb05.similarity_after_sentiment",
    question="Tuned on sentiment: what happens to the agreement of the cosine of [CLS] with graded similarity?",
    options=("up", "down", "no sure change"),
)
similarity_after_topic = Prediction(
    "nb05.similarity_after_topic",
    question="Tuned on topic: what happens to the agreement of the cosine of [CLS] with graded similarity?",
    options=("up", "down", "no sure change"),
)

# 05.1 ------------------------------------------------------------------------------------------------------------------


def _fit_head(head, vectors, labels, steps):
    """Gradient descent on a linear head; gives the loss before each step."""
    import torch

    optimiser = torch.optim.SGD(head.parameters(), lr=0.5)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(head(vectors), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def _a_head(rng):
    import torch

    dim, classes, n = 4, 3, 12
    head = torch.nn.Linear(dim, classes, dtype=torch.float64)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(rng.normal(size=(classes, dim))))
        head.bias.copy_(torch.from_numpy(rng.normal(size=classes)))
    vectors = torch.from_numpy(rng.normal(size=(n, dim)))
    labels = torch.from_numpy(np.r_[np.arange(classes), rng.integers(0, classes, n - classes)])
    return head, vectors, labels, int(rng.integers(5, 9))


def _descend(head, vectors, labels, steps, zero=True, step=True, rate=0.5, reduction="mean", soft=False, after=False):
    import torch

    optimiser = torch.optim.SGD(head.parameters(), lr=rate)
    losses = []
    for _ in range(steps):
        if zero:
            optimiser.zero_grad()
        logits = head(vectors).softmax(1) if soft else head(vectors)
        loss = torch.nn.functional.cross_entropy(logits, labels, reduction=reduction)
        loss.backward()
        if step:
            optimiser.step()
        losses.append(torch.nn.functional.cross_entropy(head(vectors), labels).item() if after else loss.item())
    return losses


def _never_zeroed(head, vectors, labels, steps):
    return _descend(head, vectors, labels, steps, zero=False)


def _never_stepped(head, vectors, labels, steps):
    return _descend(head, vectors, labels, steps, step=False)


def _steps_before_backward(head, vectors, labels, steps):
    import torch

    optimiser = torch.optim.SGD(head.parameters(), lr=0.5)
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(head(vectors), labels)
        optimiser.step()  # with the gradient of the step before
        optimiser.zero_grad()
        loss.backward()
        losses.append(loss.item())
    return losses


def _softmax_twice(head, vectors, labels, steps):
    return _descend(head, vectors, labels, steps, soft=True)


def _loss_summed(head, vectors, labels, steps):
    return _descend(head, vectors, labels, steps, reduction="sum")


def _loss_after_the_step(head, vectors, labels, steps):
    return _descend(head, vectors, labels, steps, after=True)


def _last_loss_only(head, vectors, labels, steps):
    return _descend(head, vectors, labels, steps)[-1]


def _fit_head_by_hand(head, vectors, labels, steps):
    x, y = vectors.double().numpy(), np.eye(head.out_features)[labels.numpy()]
    weight, bias = head.weight.detach().double().numpy().copy(), head.bias.detach().double().numpy().copy()
    losses = []
    for _ in range(steps):
        logits = x @ weight.T + bias
        shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        losses.append(-np.log((shares * y).sum(1)).mean())
        gradient = (shares - y) / len(x)  # (n, classes)
        weight, bias = weight - 0.5 * gradient.T @ x, bias - 0.5 * gradient.sum(0)
    return losses


def _fit_head_zeroing_last(head, vectors, labels, steps):
    import torch

    optimiser, criterion, losses = torch.optim.SGD(head.parameters(), lr=0.5), torch.nn.CrossEntropyLoss(), []
    while len(losses) < steps:
        loss = criterion(head(vectors), labels)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.detach())
    return losses


fit_head = FunctionExercise(
    "nb05.fit_head",
    title="A training step, in the right order",
    difficulty=2,
    minutes=8,
    why="Four calls in the wrong order still run, and train something else.",
    reference=_fit_head,
    inputs=_a_head,
    mistakes=[
        Mistake(
            _never_zeroed,
            "The gradients of all steps so far add up: `backward` adds to `.grad`. Set them to zero in every step.",
        ),
        Mistake(_never_stepped, "The loss never changes: nothing moves the weights. `optimiser.step()` is missing."),
        Mistake(
            _steps_before_backward,
            "You step before `backward`, with the gradient of the step before (in the first step there is none).",
        ),
        Mistake(
            _softmax_twice,
            "`cross_entropy` takes logits: it does the softmax itself. With a softmax before it there are two.",
        ),
        Mistake(_loss_summed, "You add the loss up over the texts. The default, their mean, keeps the step size the same."),
        Mistake(_loss_after_the_step, "These are the losses after each step. Note the loss that the gradient was taken of."),
        Mistake(_last_loss_only, "Give the losses of all steps, as a list."),
    ],
    hints=[
        "Four things belong into each step: forget the old gradient, compute the loss, compute its gradient, move.",
        "`optimiser = torch.optim.SGD(head.parameters(), lr=0.5)`; the loss is "
        "`torch.nn.functional.cross_entropy(head(vectors), labels)`.",
        "In the loop: `optimiser.zero_grad()`, `loss = ...`, `loss.backward()`, `optimiser.step()`, "
        "`losses.append(loss.item())`.",
    ],
    explanation=(
        "`backward` adds its gradients to what is there already, so they must be set to zero once in every step; whether "
        "at its beginning or its end does not matter. Fine-tuning does the same with one more line: the vectors come out of "
        "the encoder inside the loop, and the optimiser holds the encoder's weights as well."
    ),
    alternatives=[_fit_head_by_hand, _fit_head_zeroing_last],
    stub="def fit_head(head, vectors, labels, steps):\n    # your code here\n    ...",
)

# 05.2 ------------------------------------------------------------------------------------------------------------------


def _label_share(vectors, labels):
    """Share of the variance of vectors (n, dim) that labels (n,) explain."""
    centred = vectors - vectors.mean(0)
    between = 0.0
    for label in np.unique(labels):
        members = centred[labels == label]
        between += len(members) * (members.mean(0) ** 2).sum()
    return between / (centred**2).sum()


def _labelled(rng):
    """Vectors off centre, with dimensions of different spread, and labels of unequal size."""
    sizes = rng.permutation([4, 9, 17])
    labels = np.repeat(["app", "book", "film"], sizes)
    centres = rng.normal(size=(3, 5))
    vectors = np.repeat(centres, sizes, axis=0) + rng.normal(size=(30, 5)) * [0.3, 1, 1, 2, 3] + 4
    order = rng.permutation(30)
    return vectors[order], labels[order]


def _share_unweighted(vectors, labels):
    centred = vectors - vectors.mean(0)
    centres = np.stack([centred[labels == label].mean(0) for label in np.unique(labels)])
    return (centres**2).sum(1).mean() / (centred**2).sum(1).mean()


def _share_against_within(vectors, labels):
    share = _label_share(vectors, labels)
    return share / (1 - share)


def _share_within(vectors, labels):
    return 1 - _label_share(vectors, labels)


def _share_uncentred(vectors, labels):
    between = sum((labels == label).sum() * (vectors[labels == label].mean(0) ** 2).sum() for label in np.unique(labels))
    return between / (vectors**2).sum()


def _share_by_dimension(vectors, labels):
    return np.mean([_label_share(column[:, None], labels) for column in vectors.T])


def _share_from_within(vectors, labels):
    residual = vectors.astype(float).copy()
    for label in set(labels.tolist()):
        residual[labels == label] -= vectors[labels == label].mean(axis=0)
    return 1 - residual.var(axis=0).sum() / vectors.var(axis=0).sum()


def _share_one_hot(vectors, labels):
    member = (labels[:, None] == np.unique(labels)).astype(float)  # (n, labels)
    fitted = member @ np.linalg.lstsq(member, vectors, rcond=None)[0]
    return ((fitted - vectors.mean(0)) ** 2).sum() / ((vectors - vectors.mean(0)) ** 2).sum()


label_share = FunctionExercise(
    "nb05.label_share",
    title="How much a label explains",
    difficulty=2,
    minutes=7,
    why="A picture of two clouds convinces everybody; this is the number behind it.",
    reference=_label_share,
    inputs=_labelled,
    mistakes=[
        Mistake(_share_unweighted, "Every label counts once. It must count once for each of its texts: labels differ in size."),
        Mistake(
            _share_against_within,
            "That is between divided by *within*, which has no upper end. Divide by the total instead.",
        ),
        Mistake(_share_within, "That is what the label does *not* explain. Take it away from 1."),
        Mistake(_share_uncentred, "You measure from the origin. Take the mean of all vectors away first."),
        Mistake(
            _share_by_dimension,
            "You average the shares of the dimensions. Add up the squares over all dimensions first, then divide once.",
        ),
    ],
    hints=[
        "Total: add up the squared distances of all texts from the mean of all.",
        "Between: put every text where the centre of its label is, and add up the squared distances again.",
        "`centred = vectors - vectors.mean(0)`; for each label `len(members) * (members.mean(0) ** 2).sum()`.",
    ],
    explanation=(
        "The sum of squares splits into two parts: between the label centres and within the labels. Their shares add up to 1. "
        "Labels that mean nothing explain about (labels - 1) / (texts - 1), not 0: compare with shuffled labels."
    ),
    alternatives=[_share_from_within, _share_one_hot],
    stub="def label_share(vectors, labels):\n    # your code here\n    ...",
)

# 05.3 ------------------------------------------------------------------------------------------------------------------


def _permutation_p(statistic, vectors, labels, orders):
    """How often labels in random order reach the statistic of the real ones, the real order counted in."""
    found = statistic(vectors, labels)
    reached = sum(statistic(vectors, labels[order]) >= found for order in orders)
    return (1 + reached) / (1 + len(orders))


def _distance_of_centres(vectors, labels):
    """A whole number, so that ties occur."""
    gap = vectors[labels == "positive"].mean(0) - vectors[labels == "negative"].mean(0)
    return int(10 * np.abs(gap).sum())


def _to_permute(rng):
    labels = rng.permutation(np.repeat(["positive", "negative"], [12, 8]))
    vectors = rng.normal(size=(20, 2)) + 0.35 * (labels == "positive")[:, None]
    orders = np.stack([rng.permutation(20) for _ in range(199)])
    orders[[0, -1]] = np.arange(20)  # the real order may come up again, and at either end of the loop it counts
    return _distance_of_centres, vectors, labels, orders


def _p_without_the_real(statistic, vectors, labels, orders):
    found = statistic(vectors, labels)
    return sum(statistic(vectors, labels[order]) >= found for order in orders) / len(orders)


def _p_strictly_above(statistic, vectors, labels, orders):
    found = statistic(vectors, labels)
    return (1 + sum(statistic(vectors, labels[order]) > found for order in orders)) / (1 + len(orders))


def _p_both_permuted(statistic, vectors, labels, orders):
    found = statistic(vectors, labels)
    return (1 + sum(statistic(vectors[order], labels[order]) >= found for order in orders)) / (1 + len(orders))


def _p_below(statistic, vectors, labels, orders):
    found = statistic(vectors, labels)
    return (1 + sum(statistic(vectors, labels[order]) < found for order in orders)) / (1 + len(orders))


def _p_as_share_below(statistic, vectors, labels, orders):
    return 1 - _p_without_the_real(statistic, vectors, labels, orders)


def _p_array(statistic, vectors, labels, orders):
    shuffled = np.array([statistic(vectors, labels[order]) for order in orders])
    return (np.count_nonzero(shuffled >= statistic(vectors, labels)) + 1) / (len(shuffled) + 1)


def _p_with_the_real(statistic, vectors, labels, orders):
    values = [statistic(vectors, labels[list(order)]) for order in [range(len(labels)), *orders]]
    return np.mean([value >= values[0] for value in values])


permutation_p = FunctionExercise(
    "nb05.permutation_p",
    title="Would any labels do? (stretch)",
    difficulty=3,
    minutes=10,
    why="Some structure appears for every labelling; the test says when yours is more than that.",
    reference=_permutation_p,
    inputs=_to_permute,
    mistakes=[
        Mistake(
            _p_without_the_real,
            "The real order is one of those that could have come: count it in, above and below the line. A p of 0 cannot be.",
        ),
        Mistake(_p_strictly_above, "A shuffled value that equals the real one has reached it: use at least, not above."),
        Mistake(
            _p_both_permuted,
            "You shuffle vectors and labels together, so that each text keeps its label. Shuffle the labels alone.",
        ),
        Mistake(_p_below, "You count the orders that stay below. Count those that reach the real value."),
        Mistake(_p_as_share_below, "That is the share of orders that stay below. The p-value is the share that reach it."),
    ],
    hints=[
        "Compute the statistic once with the real labels, then once with `labels[order]` for each row of `orders`.",
        "Count how many are at least as large as the real one.",
        "Add 1 to the count and to the number of orders: the real order is one of them.",
    ],
    explanation=(
        "If the labels meant nothing, the real order would be as good as any other, and its place among all of them would be "
        "drawn at random. The 1 on both sides keeps the test exact (Phipson & Smyth 2010: p-values should never be zero)."
    ),
    alternatives=[_p_array, _p_with_the_real],
    stub="def permutation_p(statistic, vectors, labels, orders):\n    # your code here\n    ...",
)

# 05.4 ------------------------------------------------------------------------------------------------------------------


def _linear_cka(a, b):
    """Linear CKA, the plain estimate, of a (n, dim) and b (n, other dim)."""
    a, b = a - a.mean(0), b - b.mean(0)
    across = np.linalg.norm(a.T @ b) ** 2
    return across / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))


def _two_readings(rng):
    """Two sets of vectors of the same texts that share a part, off centre and of different dimension."""
    common = rng.normal(size=(40, 2))
    a = common @ rng.normal(size=(2, 5)) + rng.normal(size=(40, 5)) + rng.normal(size=5)
    b = common @ rng.normal(size=(2, 3)) + rng.normal(size=(40, 3)) + rng.normal(size=3) * 3
    return a, b


def _cka_uncentred(a, b):
    return np.linalg.norm(a.T @ b) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))


def _cka_rows_centred(a, b):
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    return np.linalg.norm(a.T @ b) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))


def _cka_not_squared(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    return np.linalg.norm(a.T @ b) / np.sqrt(np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))


def _cka_norms_of_vectors(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    return np.linalg.norm(a.T @ b) ** 2 / (np.linalg.norm(a) ** 2 * np.linalg.norm(b) ** 2)


def _cka_spectral(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    return np.linalg.norm(a.T @ b, 2) ** 2 / (np.linalg.norm(a.T @ a, 2) * np.linalg.norm(b.T @ b, 2))


def _cka_from_texts(a, b):
    k, m = (np.cov(v) * 0 + (v - v.mean(axis=0)) @ (v - v.mean(axis=0)).T for v in (a, b))
    return (k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum())


def _cka_from_covariances(a, b):
    joint = np.cov(a.T, b.T)
    d = a.shape[1]
    return (joint[:d, d:] ** 2).sum() / np.sqrt((joint[:d, :d] ** 2).sum() * (joint[d:, d:] ** 2).sum())


linear_cka = FunctionExercise(
    "nb05.linear_cka",
    title="Linear CKA by hand",
    difficulty=2,
    minutes=8,
    why="Two vector spaces have no common axes; this is how they are compared all the same.",
    reference=_linear_cka,
    inputs=_two_readings,
    mistakes=[
        Mistake(_cka_uncentred, "The C in CKA is for centred: take the mean over the texts away from each dimension first."),
        Mistake(_cka_rows_centred, "You centre each text over its dimensions. Centre each dimension over the texts."),
        Mistake(_cka_not_squared, "That is the square root of CKA: above the line stands the norm *squared*."),
        Mistake(
            _cka_norms_of_vectors,
            "Below the line stand the norms of `a.T @ a` and `b.T @ b`, not of `a` and `b`: a set must have 1 with itself.",
        ),
        Mistake(_cka_spectral, "`norm(..., 2)` is the largest singular value. The Frobenius norm is the default."),
    ],
    hints=[
        "Centre first: `a - a.mean(0)`, and `b` alike.",
        "`np.linalg.norm` of a matrix is its Frobenius norm: the root of the sum of all squared entries.",
        "`norm(a.T @ b) ** 2 / (norm(a.T @ a) * norm(b.T @ b))`, with both centred.",
    ],
    explanation=(
        "`a.T @ b` holds the covariances of every dimension of one set with every dimension of the other. Turning or scaling "
        "a set changes no sum of their squares relative to the others, so CKA does not care for axes. It is the same as the "
        "correlation of the two matrices of inner products between texts."
    ),
    alternatives=[_cka_from_texts, _cka_from_covariances],
    stub="def linear_cka(a, b):\n    # your code here\n    ...",
)

# 05.5 ------------------------------------------------------------------------------------------------------------------

which_control = Choice(
    "nb05.which_control",
    title="Pre-training or labels?",
    difficulty=1,
    minutes=3,
    why="A control answers one question; the wrong one answers another.",
    question=(
        "A tuned [CLS] reads the sentiment of test reviews. Which comparison tells how much of that is owed to *pre-training*, "
        "and not to the labels?"
    ),
    choices={
        "a": (
            "The same encoder, tuned on the same reviews with shuffled labels.",
            "That removes the meaning of the labels and keeps the pre-training. It tells what the labels were good for.",
        ),
        "b": (
            "An encoder of the same shape with random weights, tuned on the same reviews and labels in the same way.",
            "Right: all is the same but where the weights began.",
        ),
        "c": (
            "The same pre-trained encoder, frozen, with a probe.",
            "That keeps the pre-training too. It tells what *tuning* adds to it.",
        ),
        "d": (
            "The share of the most frequent label.",
            "That tells whether anything was read at all, not from where.",
        ),
    },
    answer="b",
    hints=[
        "A control should differ from the system in one thing: the one that you ask about.",
        "Three things could be taken away: the labels' meaning, the tuning, the pre-training. Which comparison takes which?",
    ],
    explanation=(
        "Shuffled labels take away what the labels mean, a frozen encoder takes away the tuning, random weights take away "
        "the pre-training. Only the last answers the question."
    ),
    stub="my_choice = ...",
)

# 05.6 ------------------------------------------------------------------------------------------------------------------


def _change(after, before, rows):
    """Accuracy after minus before with its 95% interval: after (seeds, n) and before (n,) of 0 and 1, rows (draws, n)."""
    gain = after.mean(0) - before  # (n,): of each review, averaged over the seeds
    drawn = gain[rows].mean(1)  # (draws,)
    return gain.mean(), np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)


def _right_and_wrong(rng):
    n = 60
    before = rng.integers(0, 2, n)
    after = np.where(rng.random((4, n)) < 0.7, before, rng.integers(0, 2, (4, n)))
    after[:, : n // 6] = 1
    return after, before, rng.integers(0, n, (400, n))


def _change_unpaired(after, before, rows):
    drawn = after.mean(0)[rows].mean(1) - before[rows[::-1]].mean(1)
    return after.mean() - before.mean(), np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)


def _change_one_seed(after, before, rows):
    return _change(after[:1], before, rows)


def _change_best_seed(after, before, rows):
    return _change(after[[after.mean(1).argmax()]], before, rows)


def _change_ninety(after, before, rows):
    drawn = (after.mean(0) - before)[rows].mean(1)
    return after.mean() - before.mean(), np.quantile(drawn, 0.05), np.quantile(drawn, 0.95)


def _change_backwards(after, before, rows):
    value, low, high = _change(after, before, rows)
    return -value, -high, -low


def _change_over_items(after, before, rows):
    gain = after.mean(0) - before
    return gain.mean(), np.quantile(gain, 0.025), np.quantile(gain, 0.975)


def _change_loop(after, before, rows):
    draws = [np.mean([a[r].mean() for a in after]) - before[r].mean() for r in rows]
    return [after.mean() - before.mean(), *np.quantile(draws, [0.025, 0.975])]


def _change_percentiles(after, before, rows):
    draws = after[:, rows].mean(axis=(0, 2)) - before[rows].mean(axis=1)
    return np.array([(after - before).mean(), *np.percentile(draws, [2.5, 97.5])])


change = FunctionExercise(
    "nb05.change",
    title="A cell of the matrix",
    difficulty=2,
    minutes=8,
    why="Each cell of the figure is this function, applied once.",
    reference=_change,
    inputs=_right_and_wrong,
    mistakes=[
        Mistake(
            _change_unpaired,
            "You draw other reviews for `before` than for `after`. Both must see the same draw: then what is hard for both "
            "cancels.",
        ),
        Mistake(_change_one_seed, "You use the first training only. Average over the seeds (axis 0)."),
        Mistake(_change_best_seed, "You use the best training. Which is best was not known beforehand: take their mean."),
        Mistake(_change_ninety, "That is a 90% interval. A 95% interval leaves out 2.5% on each side."),
        Mistake(_change_backwards, "You take before minus after. A gain should be positive."),
        Mistake(
            _change_over_items,
            "These are the quantiles of single reviews. Average within each draw first: (draws, n) to (draws,).",
        ),
    ],
    hints=[
        "Begin with one number a review: its mean over the seeds, minus before.",
        "`gain[rows]` has the shape (draws, n): one drawn set of reviews in each row. Average over axis 1.",
        "`np.quantile(drawn, 0.025)` and `np.quantile(drawn, 0.975)`.",
    ],
    explanation=(
        "The same drawn reviews serve both sides (a paired bootstrap). Here only the reviews are drawn; `cu.score_difference` "
        "draws the seeds as well, because another five trainings would have come out a little differently too."
    ),
    alternatives=[_change_loop, _change_percentiles],
    stub="def change(after, before, rows):\n    # your code here\n    ...",
)

# Quiz ------------------------------------------------------------------------------------------------------------------

quiz = Quiz(
    "nb05.quiz",
    [
        Question(
            "A paper shows [CLS] after fine-tuning as two clearly parted clouds. What do you ask first?",
            {
                "a": ("Whether the projection is PCA or t-SNE.", "It changes the shape of the clouds, not whose they are."),
                "b": (
                    "How many dimensions were left out.",
                    "Two of many are always shown. The question is which texts are in the picture.",
                ),
                "c": (
                    "Whether these are the texts that it was tuned on.",
                    "Right. Training texts part because the encoder has fitted them; only held-out texts show what it learnt.",
                ),
            },
            answer="c",
        ),
        Question(
            "The plain CKA of two sets of 64-dimensional vectors of 500 texts is 0.11. What do you know?",
            {
                "a": (
                    "Little: unrelated vectors of this shape can give as much.",
                    "Right: the plain estimate has a floor above 0. Compute it, or use the debiased estimate.",
                ),
                "b": ("They share a tenth of their information.", "CKA is no share of information, and its floor is not 0."),
                "c": ("They are 0.11 apart.", "CKA is a likeness: 1 is the same, up to rotation and scale."),
            },
            answer="a",
        ),
        Question(
            "You tune an encoder for a classification and gain two points over its raw [CLS]. What is the strong baseline?",
            {
                "a": ("The majority class.", "The weakest of all. Nearly everything beats it."),
                "b": (
                    "A probe on the mean of the raw encoder.",
                    "Right (Mosbach et al. 2020): it costs one pass and no tuning, and often takes most of the gain.",
                ),
                "c": (
                    "The tuned [CLS] of another seed.",
                    "That tells how far trainings differ, not what tuning was good for.",
                ),
            },
            answer="b",
        ),
        Question(
            "You have one [CLS] tuned on sentiment and need to find similar texts. What does the matrix advise?",
            {
                "a": (
                    "Use it: it has been fine-tuned, so its [CLS] now means something.",
                    "It was trained for sentiment. Nothing in that training asked for similarity.",
                ),
                "b": (
                    "Tune it longer on sentiment.",
                    "More of the same objective; similarity is still not asked for.",
                ),
                "c": (
                    "Use another layer of it.",
                    "That may give back some of the raw vector, which was not trained for similarity either.",
                ),
                "d": (
                    "Do not count on it: read the column *similarity*, and take a model trained for that.",
                    "Right. What was tuned for one task must be measured anew on another.",
                ),
            },
            answer="d",
        ),
    ],
)
