"""Quizzes: a few questions at the end of a notebook, with an explanation for every choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_utils.exercises import record
from course_utils.exercises.guard import guarded
from course_utils.exercises.placeholders import untouched
from course_utils.exercises.results import CORRECT, NOT_ATTEMPTED, NOT_YET, Result, Text


def choice_lines(choices: Mapping[str, tuple[str, str]]) -> list[str]:
    """One Markdown list item a choice."""
    return [f"* **{letter}** {text}" for letter, (text, _) in choices.items()]


@dataclass(frozen=True)
class Question:
    """A question (Markdown), its choices (letter to text and explanation) and the right letter."""

    text: str
    choices: Mapping[str, tuple[str, str]]
    answer: str


@dataclass(frozen=True)
class Quiz:
    """The questions of a notebook; ``check("a", "c", ...)`` answers them in order."""

    name: str
    questions: Sequence[Question]

    def _repr_markdown_(self) -> str:
        return "\n\n".join(
            f"**{number}.** {question.text}\n\n" + "\n".join(choice_lines(question.choices))
            for number, question in enumerate(self.questions, 1)
        )

    def __repr__(self) -> str:
        return self._repr_markdown_()

    def check(self, *answers: Any) -> Text:
        """Check one letter a question; a question left at ``...`` is not attempted. Never raises."""
        given = [*answers, *[...] * len(self.questions)][: len(self.questions)]
        results = [_examine(question, answer) for question, answer in zip(self.questions, given, strict=True)]
        right = sum(result.outcome == CORRECT for result in results)
        if any(result.outcome != NOT_ATTEMPTED for result in results):

            def note(entry: dict) -> None:
                entry["checks"] = record.count(entry, "checks") + 1
                entry["right"] = max(record.count(entry, "right"), right)
                entry["outcome"] = CORRECT if entry["right"] == len(self.questions) else NOT_YET

            record.update(self.name, note)
        head = f"{right} of {len(self.questions)} right."
        markdown = [head, *(f"**{i}.** {result._repr_markdown_()}" for i, result in enumerate(results, 1))]
        return Text("\n\n".join(markdown), "\n".join([head, *(f"{i}. {result!r}" for i, result in enumerate(results, 1))]))

    def solution(self) -> Text:
        """Show what there is to say about every choice."""
        record.update(self.name, lambda entry: entry.__setitem__("solution", True))
        parts = []
        for number, question in enumerate(self.questions, 1):
            lines = [
                f"* **{letter}** ({'right' if letter == question.answer else 'wrong'}) {text} *{said}*"
                for letter, (text, said) in question.choices.items()
            ]
            parts.append(f"**{number}.** {question.text}\n\n" + "\n".join(lines))
        return Text("\n\n".join(parts), "\n\n".join(parts))


def _examine(question: Question, answer: Any) -> Result:
    if guarded(lambda: untouched(answer)).value:
        return Result(NOT_ATTEMPTED)
    letter = guarded(lambda: str.__str__(answer).strip().lower() if isinstance(answer, str) else None).value
    if letter not in question.choices:
        return Result(NOT_YET, f"Answer with one of the letters {', '.join(question.choices)}, as a text.")
    return Result(CORRECT if letter == question.answer else NOT_YET, question.choices[letter][1])
