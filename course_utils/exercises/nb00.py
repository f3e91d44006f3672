"""Exercises of notebook 00: how the course works, and the first guess."""

from __future__ import annotations

from itertools import cycle

import numpy as np

from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz

WAYS = ("Sentence-BERT", "TF-IDF", "[CLS] tuned for sentiment", "raw [CLS]", "raw mean")

unrelated = Prediction("nb00.unrelated", "Mean cosine of two unrelated sentences under raw [CLS]?", low=-1, high=1)
best_way = Prediction("nb00.best_way", "Which way to embed serves best when sentences are compared, best first?", order=WAYS)


def _cosine(a, b):
    """Cosine of two vectors of shape (dim,)."""
    return (a @ b) / (np.sqrt(a @ a) * np.sqrt(b @ b))


_SIDES = cycle((1, -1, 1, 1, -1))


def _vectors(rng):
    """Two vectors that point much the same way; in two of five calls, much the opposite way."""
    a = rng.normal(size=6) * 3 + 1
    return a, next(_SIDES) * (0.5 * a + rng.normal(size=6))


def _dot_product(a, b):
    return a @ b


def _one_length(a, b):
    return (a @ b) / np.linalg.norm(a)


def _other_length(a, b):
    return (a @ b) / np.linalg.norm(b)


def _no_brackets(a, b):
    return a @ b / np.linalg.norm(a) * np.linalg.norm(b)


def _squared_lengths(a, b):
    return (a @ b) / ((a @ a) * (b @ b))


def _distance(a, b):
    return np.linalg.norm(a - b)


def _loop(a, b):
    dot = sum(float(x) * float(y) for x, y in zip(a, b, strict=True))
    return dot / (sum(float(x) ** 2 for x in a) * sum(float(y) ** 2 for y in b)) ** 0.5


def _with_torch(a, b):
    import torch

    return torch.nn.functional.cosine_similarity(torch.tensor(a), torch.tensor(b), dim=0)


cosine = FunctionExercise(
    "nb00.cosine",
    title="Cosine by hand",
    difficulty=1,
    minutes=4,
    why="Every comparison in this course goes through it, and so do most vector searches at work.",
    reference=_cosine,
    inputs=_vectors,
    mistakes=[
        Mistake(_dot_product, "That is the dot product: it grows with the lengths of the vectors. Divide by both lengths."),
        Mistake(_one_length, "You divide by the length of `a` only. Divide by both."),
        Mistake(_other_length, "You divide by the length of `b` only. Divide by both."),
        Mistake(_no_brackets, "Python divides first and then multiplies: put brackets around the product of the two lengths."),
        Mistake(_squared_lengths, "You divide by the *squared* lengths: take the square root of `a @ a` and of `b @ b`."),
        Mistake(_distance, "That is the distance of the two points. Cosine looks at directions: dot product over lengths."),
    ],
    hints=[
        "The dot product is `a @ b`. What makes it depend on the lengths of the vectors?",
        "The length of `a` is `np.sqrt(a @ a)`. Divide the dot product by the length of `a` and by the length of `b`.",
    ],
    explanation="Dividing by both lengths leaves the direction: 1 for the same one, 0 for a right angle, -1 for opposite ones. "
    "All dimensions weigh alike in it, which will matter in notebook 03.",
    alternatives=[_loop, _with_torch],
    stub="def cosine(a, b):\n    # your code here\n    ...",
)

read_interval = Choice(
    "nb00.read_interval",
    title="Read an interval",
    difficulty=1,
    minutes=2,
    why="Every claim of the course is decided this way.",
    question="Two systems were scored on the same 300 pairs. The first is ahead by 0.03, with a 95% interval of "
    "[-0.01, +0.07]. What may be said of the claim *the first is better*?",
    choices={
        "a": (
            "It is supported: 0.03 is more than 0.",
            "The interval also holds 0: with these pairs, no lead at all cannot be ruled out.",
        ),
        "b": ("It is not supported: the interval reaches below 0.", "It also reaches well above 0: the opposite is not shown."),
        "c": ("It is undecided.", "The interval holds 0: these pairs cannot tell. More of them might."),
    },
    answer="c",
    hints=[
        "Look at both ends of the interval. Which of them would have to lie on the other side of 0?",
        "If all values in the interval were above 0 it would be supported, if all were below it would not be. Neither is so.",
    ],
    explanation="`cu.judge` says *supported* when the whole interval lies above 0, *not supported* when all of it lies below, "
    "and *undecided* otherwise. Undecided is a result: these data do not tell the two apart. The difference may be small, "
    "or none, or the data too few.",
    stub="my_choice = ...",
)

quiz = Quiz(
    "nb00.quiz",
    [
        Question(
            "What is the **untrained** control for?",
            {
                "a": ("It is faster.", "It has the same shape and costs the same."),
                "b": (
                    "A result that it reaches as well is no evidence that pre-training brought it about.",
                    "Right: same shape, same tokenizer, random weights. What it can do needs no learning.",
                ),
                "c": ("It shows what a bad model looks like.", "It is a baseline, at times one that is hard to beat."),
            },
            "b",
        ),
        Question(
            "You made a prediction and the measurement says something else. What now?",
            {
                "a": (
                    "Both stay, side by side, and you look for what you had assumed.",
                    "Right: the surprise is what you learn from. Nobody sees your predictions but you.",
                ),
                "b": ("You correct the prediction.", "You may, but then it was no prediction."),
                "c": ("You try another seed until it fits.", "A seed chosen by its result: the interval no longer holds."),
            },
            "a",
        ),
        Question(
            "A figure shows our [CLS] at 0.48 and, in grey, 0.17 to 0.20, *published: another model, other data*. "
            "What may you compare?",
            {
                "a": ("The levels: ours is better.", "Another model on other pairs: the levels have no common scale."),
                "b": ("Nothing at all.", "The order of systems within each study can be compared, with care."),
                "c": (
                    "The order within each study, not the levels.",
                    "Right: whether [CLS] is below the mean in both is a fair question, whether 0.48 beats 0.20 is not.",
                ),
            },
            "c",
        ),
        Question(
            "An exercise says *not yet*, and the message names a mistake that you did make. How did it know?",
            {
                "a": ("It reads your code.", "It never looks at your code: two codes that do the same get the same answer."),
                "b": (
                    "Your function gave the same as a function with that mistake, on random inputs.",
                    "Right: so any way to write a right answer is accepted.",
                ),
                "c": ("It sends your answer to a server.", "Nothing leaves your machine; the course works without a network."),
            },
            "b",
        ),
    ],
)
