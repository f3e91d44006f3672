"""What an exercise says to an answer, several times over, with nothing written into the learner's progress."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator
from typing import Any

from course_utils.exercises import core, guard, record
from course_utils.exercises.core import FunctionExercise, ValueExercise
from course_utils.exercises.results import CORRECT

CHECKS = 3
LEAST = 0.3  # seconds that an answer may take at any rate


@contextlib.contextmanager
def apart(seconds: float = guard.SECONDS) -> Iterator[None]:
    """Within it, progress is kept nowhere, and a check stops an answer after ``seconds``."""
    place, memory, guarded = os.environ.get(record.VARIABLE), dict(record._memory), core.guarded
    os.environ[record.VARIABLE] = ""
    core.guarded = lambda function: guard.guarded(function, seconds=seconds)
    try:
        yield
    finally:
        core.guarded = guarded
        record._memory.clear()
        record._memory.update(memory)
        if place is None:
            del os.environ[record.VARIABLE]
        else:
            os.environ[record.VARIABLE] = place


def patience(exercise: FunctionExercise) -> float:
    """Seconds that a mutant may take: ten times what the reference does, so that endless loops are stopped soon."""
    used = exercise._used[0]
    first, *trials = exercise.trials()
    exercise._used[0] = used
    exercise.reference(*first)  # loads what it needs
    start = time.process_time()
    for arguments in trials:
        exercise.reference(*arguments)
    return min(max(LEAST, 10 * (time.process_time() - start)), guard.SECONDS)


def always_refused(exercise: core.Exercise, answer: Any, checks: int = CHECKS) -> bool:
    """Whether each of ``checks`` checks, on other inputs each, says that ``answer`` is not right."""
    return not any(_accepts(exercise, answer, number) for number in range(checks))


def always_accepted(exercise: core.Exercise, answer: Any, checks: int = CHECKS) -> bool:
    """Whether each of ``checks`` checks, on other inputs each, says that ``answer`` is right."""
    return all(_accepts(exercise, answer, number) for number in range(checks))


def _accepts(exercise: core.Exercise, answer: Any, number: int) -> bool:
    """The verdict of one check; the inputs of check ``number`` are the same in every run."""
    if isinstance(exercise, ValueExercise) and callable(answer):
        answer = answer()
    if isinstance(exercise, FunctionExercise):
        exercise = dataclasses.replace(exercise, mistakes=())  # they choose the message, not the verdict, and take time
        exercise._used[0] = number
    return exercise.check(answer).outcome == CORRECT
