"""The kinds of exercises whose answer is worked out: a function, a value, a choice.

``check`` takes the learner's answer and never raises; it says *correct*, *not attempted*, or *not yet* and why. A typical
mistake is itself a function: an answer that gives the same as the mistake, on every input, has made it.
"""

from __future__ import annotations

import copy
import inspect
import re
import textwrap
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from course_utils.exercises import record
from course_utils.exercises.comparing import DIFFERENCES
from course_utils.exercises.guard import SECONDS, guarded
from course_utils.exercises.guesses import Prediction
from course_utils.exercises.placeholders import untouched
from course_utils.exercises.quizzes import Question, Quiz, choice_lines
from course_utils.exercises.results import CORRECT, NOT_ATTEMPTED, NOT_YET, Result, Text, clean, escape

__all__ = ["Choice", "Exercise", "FunctionExercise", "Mistake", "Prediction", "Question", "Quiz", "ValueExercise"]
TRIALS = 5


@dataclass(frozen=True)
class Mistake:
    """A plausible wrong answer (a value, or a function that gives it) and what to say about it (Markdown)."""

    answer: Any
    message: str


@dataclass(frozen=True, repr=False)
class Exercise:
    """What all exercises have; use one of the kinds below.

    Attributes:
        name: ``nbNN.attribute``; progress is kept under it.
        difficulty: 1 to 3.
        minutes: how long it takes.
        why: one sentence on what it is good for.
        hints: graded, the last one nearly tells.
        explanation: shown with the solution (Markdown).
        mistakes: typical wrong answers with their messages.
        alternatives: other right answers, for the tests.
        stub: how it stands in the notebook.
    """

    name: str
    _: KW_ONLY
    title: str
    difficulty: int
    minutes: int
    why: str
    hints: Sequence[str]
    explanation: str
    mistakes: Sequence[Mistake] = ()
    alternatives: Sequence[Any] = ()
    stub: str = ""

    def __repr__(self) -> str:
        return f"Exercise {self.name}: {self.title}. It has .check(answer), .hint() and .solution()."

    @property
    def card(self) -> str:
        """Its line in the notebook: difficulty, minutes, why."""
        return f"{'★' * self.difficulty}{'☆' * (3 - self.difficulty)} · {self.minutes} minutes · {self.why}"

    def check(self, answer: Any = ...) -> Result:
        """Check ``answer``: shows *correct*, *not attempted* or *not yet* with a diagnosis; never raises."""
        run = guarded(lambda: untouched(answer))
        if run.value:
            return Result(NOT_ATTEMPTED, "Put your answer in place of `...` and run the cell again.")
        result = self._examine(answer)

        def note(entry: dict) -> None:
            entry["checks"] = record.count(entry, "checks") + 1
            if entry.get("outcome") != CORRECT:
                entry["outcome"] = result.outcome

        record.update(self.name, note)
        return result

    def hint(self, number: int = 1) -> Text:
        """Show a hint: 1, the first one, gives least away."""
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(self.hints):
            there = f"There are {len(self.hints)} hints: .hint() to .hint({len(self.hints)})."
            return Text(there, there)

        def note(entry: dict) -> None:
            entry["hints"] = max(record.count(entry, "hints"), number)

        record.update(self.name, note)
        more = f" (`.hint({number + 1})` says more)" if number < len(self.hints) else ""
        text = f"Hint {number} of {len(self.hints)}: {self.hints[number - 1]}{more}"
        return Text(text, text)

    def solution(self) -> Text:
        """Show a right answer and why it is right."""
        record.update(self.name, lambda entry: entry.__setitem__("solution", True))
        answer = self._answer_text()
        return Text(f"{answer}\n\n{self.explanation}", f"{answer}\n\n{self.explanation}")

    def _answer_text(self) -> str:
        raise NotImplementedError

    def _examine(self, answer: Any) -> Result:
        raise NotImplementedError


def _difference(compare: str | Callable, answer: Any, expected: Any) -> str | None:
    """``None`` if the answer is right, else one sentence."""
    if isinstance(compare, str):
        return DIFFERENCES[compare](answer, expected)
    verdict = compare(answer, expected)
    return None if verdict is True else verdict if isinstance(verdict, str) else "That is not what was expected."


def _agrees(compare: str | Callable, answer: Any, expected: Any) -> bool:
    try:
        return _difference(compare, answer, expected) is None
    except Exception:
        return False


def _source(function: Callable, name: str) -> str:
    """The source of ``function`` under ``name``, as a fenced block."""
    text = textwrap.dedent(inspect.getsource(function))
    renamed = re.sub(rf"(?<![.])\b{function.__name__}\b", name, text).rstrip()
    return f"```python\n{renamed}\n```"


def _value(thing: Any) -> Any:
    return thing() if callable(thing) else thing


@dataclass(frozen=True, kw_only=True, repr=False)
class FunctionExercise(Exercise):
    """Write a function. It is run on fresh random inputs and compared with the reference.

    Attributes:
        reference: a right answer; its source is the solution.
        inputs: ``inputs(rng)`` gives the positional arguments of one call.
        compare: ``"close"``, ``"equal"``, or ``compare(answer, expected)`` -> True, or a sentence on what is wrong.
    """

    reference: Callable
    inputs: Callable
    compare: str | Callable = "close"
    _used: list[int] = field(default_factory=lambda: [0], init=False, compare=False)

    def trials(self) -> list[tuple]:
        """Fresh inputs: the same ones in the same order in every kernel, other ones at each check."""
        import numpy as np

        self._used[0] += 1
        seed = [zlib.crc32(self.name.encode()), self._used[0]]
        return [self.inputs(np.random.default_rng([*seed, trial])) for trial in range(TRIALS)]

    def _answer_text(self) -> str:
        return _source(self.reference, self.name.split(".")[1])

    def _examine(self, answer: Any) -> Result:
        if not callable(answer):
            return Result(NOT_YET, "Pass the function itself, without calling it: its name, and no parentheses behind it.")
        trials = self.trials()
        expected = [self.reference(*copy.deepcopy(arguments)) for arguments in trials]
        calls = [copy.deepcopy(arguments) for arguments in trials]
        outputs: list[Any] = []

        def attempt() -> str | None:
            for arguments in calls:
                outputs.append(answer(*arguments))
            for output, wanted in zip(outputs, expected, strict=True):
                difference = _difference(self.compare, output, wanted)
                if difference is not None:
                    return self._diagnose(outputs, trials) or difference
            return None

        run = guarded(attempt)
        if run.printed:
            print(run.printed, end="" if run.printed.endswith("\n") else "\n")  # what the learner prints to see what goes on
        if run.timed_out:
            return Result(NOT_YET, f"Stopped after {SECONDS:.0f} seconds: is there a loop that never ends?")
        if run.error is not None:
            return self._raised(answer, run, trials)
        if run.value is None:
            return Result(CORRECT, f"Right on {len(trials)} random inputs.")
        known = any(run.value == mistake.message for mistake in self.mistakes)
        return Result(NOT_YET, run.value) if known else Result(NOT_YET, "", clean(run.value, 400))

    def _diagnose(self, outputs: list, trials: list[tuple]) -> str | None:
        """The message of the mistake that gives the same outputs, if there is one."""
        for mistake in self.mistakes:
            try:
                same = [mistake.answer(*copy.deepcopy(arguments)) for arguments in trials]
            except Exception:
                continue
            if all(_agrees(self.compare, a, b) for a, b in zip(outputs, same, strict=True)):
                return mistake.message
        return None

    def _raised(self, answer: Any, run, trials: list[tuple]) -> Result:
        for mistake in self.mistakes:
            other = guarded(lambda m=mistake: [m.answer(*copy.deepcopy(arguments)) for arguments in trials])
            if other.error == run.error and other.said == run.said:
                return Result(NOT_YET, mistake.message)
        names = ", ".join(inspect.signature(self.reference).parameters)
        called = f" It is called with {len(trials[0])} arguments: {names}." if run.error == "TypeError" else ""
        return Result(NOT_YET, "Your function raised an exception.", f"{run.error}: {run.said}.{called}".replace("..", "."))


@dataclass(frozen=True, kw_only=True, repr=False)
class ValueExercise(Exercise):
    """Find a value. What is expected is computed when it is checked.

    Attributes:
        expected: gives the right value.
        compare: as in ``FunctionExercise``.
    """

    expected: Callable[[], Any]
    compare: str | Callable = "equal"

    def _answer_text(self) -> str:
        shown = clean(repr(self.expected()), 300)
        return f"Answer: `{shown}`" if "`" not in shown else f"Answer: {escape(shown)}"

    def _examine(self, answer: Any) -> Result:
        expected = self.expected()

        def attempt() -> tuple[bool, str | None]:
            difference = _difference(self.compare, answer, expected)
            if difference is None:
                return True, None
            for mistake in self.mistakes:
                if _agrees(self.compare, answer, _value(mistake.answer)):
                    return True, mistake.message
            return False, difference

        run = guarded(attempt)
        if run.timed_out:
            return Result(NOT_YET, f"Comparing your answer took longer than {SECONDS:.0f} seconds.")
        if run.error is not None:
            return Result(NOT_YET, "Your answer cannot be read.", f"{run.error}: {run.said}")
        known, message = run.value
        if message is None:
            return Result(CORRECT)
        return Result(NOT_YET, message) if known else Result(NOT_YET, "", clean(message, 400))


@dataclass(frozen=True, kw_only=True, repr=False)
class Choice(Exercise):
    """Choose among explanations.

    Attributes:
        question: Markdown.
        choices: letter to (text, what to say when it is chosen).
        answer: the right letter.
    """

    question: str
    choices: Mapping[str, tuple[str, str]]
    answer: str

    def _repr_markdown_(self) -> str:
        return f"{self.question}\n\n" + "\n".join(choice_lines(self.choices))

    def __repr__(self) -> str:
        return self._repr_markdown_()

    def _answer_text(self) -> str:
        return "\n".join(
            f"* **{letter}** ({'right' if letter == self.answer else 'wrong'}): {text} {said}"
            for letter, (text, said) in self.choices.items()
        )

    def _examine(self, answer: Any) -> Result:
        letter = guarded(lambda: str.__str__(answer).strip().lower() if isinstance(answer, str) else None).value
        if letter not in self.choices:
            return Result(NOT_YET, f"Answer with one of the letters {', '.join(self.choices)}, as a text.")
        return Result(CORRECT if letter == self.answer else NOT_YET, self.choices[letter][1])
