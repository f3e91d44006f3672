"""Do the checks of the exercises tell right from wrong? Mutants, other right answers, and wrong ones, for every exercise."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from course_utils.exercises import overview
from course_utils.exercises.core import Choice, FunctionExercise, Prediction, Quiz, ValueExercise
from course_utils.proof import Outcome, Steps, alternatives, equivalents, forms, wrong_answers
from course_utils.proof.mutants import Mutant, mutants_of
from course_utils.proof.verdicts import CHECKS, always_accepted, always_refused, apart, patience

CAUGHT = 0.95  # of the mutants that are not equivalent, at least


def steps() -> Steps:
    """Three steps for each notebook, in their order."""
    kinds = {"mutants": mutation, "right and wrong answers": answers, "choices and guesses": choices}
    return [
        (f"{module.__name__[-4:]}: {kind}", functools.partial(step, list(overview.named(module).values())))
        for module in overview.modules()
        for kind, step in kinds.items()
    ]


def mutation(things: Iterable[Any]) -> Outcome:
    """Every mutant of every reference, checked ``CHECKS`` times: it is caught when no check accepts it."""
    total = {"mutants": 0, "equivalent": 0, "caught": 0}
    survivors, doubts, each = [], [], {}
    for exercise in _of(things, FunctionExercise):
        found = tried(exercise, mutants_of(exercise.reference))
        for key in total:
            total[key] += found[key]
        survivors += found["survivors"]
        doubts += found["equivalent but refused"]
        each[exercise.name] = f"{found['caught']} of {found['mutants'] - found['equivalent']}"
    counted = total["mutants"] - total["equivalent"]
    share = total["caught"] / counted if counted else 1.0
    return Outcome(
        share >= CAUGHT and not doubts,
        f"{total['mutants']} mutants, {total['equivalent']} equivalent; {total['caught']} of {counted} caught ({share:.1%})",
        {
            **total,
            "share": round(share, 4),
            "survivors": survivors,
            "equivalent but refused": doubts,
            "caught by exercise": each,
        },
    )


def tried(exercise: FunctionExercise, mutants: Iterable[Mutant], checks: int = CHECKS) -> dict[str, Any]:
    """How many of ``mutants`` are equivalent (all checks must accept them) and caught, and which survive.

    One that survives is shown with its key and change, and why it is let through, where that is known.
    """
    same, known = (table.get(exercise.name, {}) for table in (equivalents.EQUIVALENT, equivalents.SURVIVING))
    found: dict[str, Any] = {"mutants": 0, "equivalent": 0, "caught": 0, "survivors": [], "equivalent but refused": []}
    with apart(patience(exercise)):
        for mutant in mutants:
            found["mutants"] += 1
            shown = f"{exercise.name} {mutant.key}: {mutant.change}"
            if mutant.key in same:
                found["equivalent"] += 1
                if not always_accepted(exercise, mutant.function, checks):
                    found["equivalent but refused"].append(shown)
            elif always_refused(exercise, mutant.function, checks):
                found["caught"] += 1
            else:
                found["survivors"].append(f"{shown} ({known.get(mutant.key, 'not explained')})")
    return found


def answers(things: Iterable[Any], checks: int = CHECKS) -> Outcome:
    """The reference and other right answers must pass every check, wrong ones none."""
    right = wrong = 0
    failures = []
    with apart():
        for exercise in (thing for thing in things if isinstance(thing, (FunctionExercise, ValueExercise))):
            own = exercise.reference if isinstance(exercise, FunctionExercise) else exercise.expected
            for number, answer in enumerate([own, *exercise.alternatives, *alternatives.answers(exercise.name)]):
                right += 1
                if not always_accepted(exercise, answer, checks):
                    failures.append(f"{exercise.name}: right answer {number} ({_called(answer)}) refused")
            mistakes = [mistake.answer for mistake in exercise.mistakes]
            for number, answer in enumerate([*mistakes, *wrong_answers.answers(exercise.name)]):
                wrong += 1
                if not always_refused(exercise, answer, checks):
                    failures.append(f"{exercise.name}: wrong answer {number} ({_called(answer)}) accepted")
    said = f"{right} right answers accepted, {wrong} wrong ones refused" if not failures else f"{len(failures)} wrong verdicts"
    return Outcome(not failures, said, {"right": right, "wrong": wrong, "failures": failures})


def choices(things: Iterable[Any]) -> Outcome:
    """All wrong letters and forms of choices and quizzes, and all that is no guess, must be refused; right forms accepted."""
    tried_, failures = 0, []
    with apart():
        for thing in things:
            if isinstance(thing, Choice):
                number, wrong = forms.choice_failures(thing, lambda choice, answer: always_accepted(choice, answer, 1))
            elif isinstance(thing, (Quiz, Prediction)):
                number, wrong = (forms.quiz_failures if isinstance(thing, Quiz) else forms.prediction_failures)(thing)
            else:
                continue
            tried_, failures = tried_ + number, failures + wrong
    said = f"{tried_} answers judged as they should be" if not failures else f"{len(failures)} of {tried_} answers misjudged"
    return Outcome(not failures, said, {"answers": tried_, "failures": failures})


def _of(things: Iterable[Any], kind: type) -> list[Any]:
    return [thing for thing in things if isinstance(thing, kind)]


def _called(answer: Any | Callable) -> str:
    return getattr(answer, "__name__", None) or repr(answer)[:60]
