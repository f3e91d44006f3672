"""Predictions: committed before the measurement, shown again beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from course_utils.exercises import record
from course_utils.exercises.comparing import plain
from course_utils.exercises.guard import guarded
from course_utils.exercises.placeholders import untouched
from course_utils.exercises.results import Text

RECORDED = "recorded"


@dataclass(frozen=True)
class Prediction:
    """A guess about a measurement: a number between ``low`` and ``high``, one of ``options``, or an ``order`` of several.

    Attributes:
        name: ``nbNN.attribute``; the guess is kept under it.
        question: in one sentence.
        digits: with how many decimals a number is shown.
    """

    name: str
    question: str
    low: float = -math.inf
    high: float = math.inf
    options: Sequence[str] = ()
    order: Sequence[str] = ()
    digits: int = 2

    def __repr__(self) -> str:
        return f"{self.question} Answer with .predict({self._example()})."

    def predict(self, guess: Any = ...) -> Text:
        """Record ``guess``. It may be changed as often as you like; never raises."""
        if guarded(lambda: untouched(guess)).value:
            return _same(f"No prediction yet. Put yours in place of `...`, for example {self._example()}. {self._allowed()}")
        run = guarded(lambda: self._read(guess))
        if run.value is None:
            return _same(f"That is no prediction yet. {self._allowed()}")

        def note(entry: dict) -> None:
            entry["guess"], entry["outcome"] = run.value, RECORDED

        record.update(self.name, note)
        return _same(f"Recorded: {self._show(run.value)}. Now measure.")

    def guess(self) -> Any:
        """What was predicted; ``None`` if nothing (or nothing that can be read) was."""
        entry = record.read().get(self.name, {})
        return guarded(lambda: self._read(entry.get("guess"))).value

    def compare(self, measured: Any) -> Text:
        """Show ``measured`` beside the guess.

        Raises:
            ValueError: what was measured is not of the prediction's kind.
        """
        wanted = self._read(measured)
        if wanted is None:
            raise ValueError(f"{self.name}: {measured!r} cannot be measured here. {self._allowed()}")
        guess = self.guess()
        if guess is None:
            return _same(f"Measured: {self._show(wanted)}. (You made no prediction.)")
        if self.order:
            before = {label: i for i, label in enumerate(guess)}
            pairs = list(combinations(wanted, 2))
            agree = sum(before[a] < before[b] for a, b in pairs)
            end = f"{agree} of {len(pairs)} pairs are in your order."
        elif self.options:
            end = "As you predicted." if guess == wanted else "Not what you predicted."
        else:
            end = f"Off by {abs(guess - wanted):.{self.digits}f}."
        return _same(f"You predicted: {self._show(guess)}. Measured: {self._show(wanted)}. {end}")

    def _read(self, guess: Any) -> Any:
        """A guess of the right kind in built-in types, or ``None``."""
        try:
            value = plain(guess)
        except TypeError:
            return None
        if self.order:
            good = isinstance(value, list) and all(isinstance(v, str) for v in value) and sorted(value) == sorted(self.order)
            return value if good else None
        if self.options:
            return value if isinstance(value, str) and value in self.options else None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self.low <= value <= self.high:
            return None
        return float(value) if math.isfinite(value) else None

    def _show(self, value: Any) -> str:
        if self.order:
            return ", ".join(value)
        return value if self.options else f"{value:.{self.digits}f}"

    def _example(self) -> str:
        if self.order:
            return f"`{sorted(self.order)}`"
        if self.options:
            return f'`"{self.options[0]}"`'
        low, high = (limit if math.isfinite(limit) else default for limit, default in ((self.low, 0.0), (self.high, 1.0)))
        return f"`{(low + high) / 2:.{self.digits}f}`"

    def _allowed(self) -> str:
        if self.order:
            return f"Put all of these in order, first things first: {', '.join(self.order)}."
        if self.options:
            return "It is one of: " + ", ".join(f'"{option}"' for option in self.options) + "."
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"It is a number from {self.low:g} to {self.high:g}."
        return "It is a number."


def _same(text: str) -> Text:
    """The course's own text, the same for both readers."""
    return Text(text, text)
