"""Answers to what is chosen or guessed: every wrong letter, other forms of the right one, guesses that are none."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_utils.exercises.core import Choice, Prediction, Quiz

NO_LETTERS = ("", "e", "ab", "a, b", "?", None, 1, True, 0.0, b"a", ["a"], ("a",), {"a"}, {"a": 1}, object())


def letters(right: str, choices) -> tuple[list[Any], list[Any]]:
    """(forms of the right letter, answers that are wrong) for a choice."""
    wrong = [form for letter in choices if letter != right for form in (letter, letter.upper(), f" {letter}\n")]
    return [right, right.upper(), f" {right} ", np.str_(right)], [*wrong, *(x for x in NO_LETTERS if not _holds(x, choices))]


def _holds(answer: Any, choices) -> bool:
    return isinstance(answer, str) and answer in choices


def choice_failures(choice: Choice, accepts) -> tuple[int, list[str]]:
    """(how many answers were tried, those with the wrong verdict)."""
    right, wrong = letters(choice.answer, choice.choices)
    failures = [f"{choice.name}: {answer!r} refused" for answer in right if not accepts(choice, answer)]
    failures += [f"{choice.name}: {answer!r} accepted" for answer in wrong if accepts(choice, answer)]
    return len(right) + len(wrong), failures


def quiz_failures(quiz: Quiz) -> tuple[int, list[str]]:
    """As ``choice_failures``: each wrong answer beside right ones for the other questions."""
    key = [question.answer for question in quiz.questions]
    tried, failures = 0, []
    for i, question in enumerate(quiz.questions):
        right, wrong = letters(question.answer, question.choices)
        for answer, expected in [*((a, len(key)) for a in right), *((a, len(key) - 1) for a in wrong)]:
            tried += 1
            if not repr(quiz.check(*key[:i], answer, *key[i + 1 :])).startswith(f"{expected} of {len(key)} right."):
                failures.append(f"{quiz.name}: {answer!r} to question {i + 1}")
    return tried, failures


def guesses(prediction: Prediction) -> tuple[list[Any], list[Any]]:
    """(guesses of the right kind, answers that are no guess)."""
    wrong = [None, "", [], {}, object(), float("nan"), float("inf"), float("-inf"), "0.5", [0.5], b"x", True, False]
    if prediction.order:
        order = list(prediction.order)
        swapped = [
            order[:-1],
            [*order, order[0]],
            [*order[:-1], order[0]],
            order[0],
            [*order[:-1], 7],
            [x.upper() + "x" for x in order],
        ]
        return [order, order[::-1], tuple(order), np.array(order)], [*wrong, *swapped, 1]
    if prediction.options:
        options = list(prediction.options)
        return [*options, np.str_(options[0])], [*wrong, options, options[0] + "x", options[0][:-1], 0, 1]
    low, high = (end if np.isfinite(end) else start for end, start in ((prediction.low, 0.0), (prediction.high, 100.0)))
    outside = [end + step for end, step in ((prediction.low, -0.01), (prediction.high, 0.01)) if np.isfinite(end)]
    return [low, high, np.float32((low + high) / 2), np.array((low + high) / 2), int(high)], [*wrong, *outside, "many", 1j]


def prediction_failures(prediction: Prediction) -> tuple[int, list[str]]:
    """As ``choice_failures``."""
    right, wrong = guesses(prediction)

    def recorded(guess: Any) -> bool:
        return prediction.predict(guess).plain.startswith("Recorded")

    failures = [f"{prediction.name}: {guess!r} refused" for guess in right if not recorded(guess)]
    failures += [f"{prediction.name}: {guess!r} recorded" for guess in wrong if recorded(guess)]
    return len(right) + len(wrong), failures
