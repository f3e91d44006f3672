"""``progress()``: what was attempted, in one table."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from course_utils.exercises import record
from course_utils.exercises.results import CORRECT, NOT_ATTEMPTED, NOT_YET


def modules() -> list[Any]:
    """The exercise modules, in the order of their notebooks."""
    import course_utils.exercises as package

    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name.startswith("nb"))
    return [importlib.import_module(f"course_utils.exercises.{name}") for name in names]


def named(module) -> dict[str, Any]:
    """The exercises, predictions and the quiz of a module by attribute, in the order in which they stand there."""
    prefix = module.__name__.rsplit(".", 1)[-1] + "."
    return {
        attribute: thing
        for attribute, thing in vars(module).items()
        if isinstance(getattr(thing, "name", None), str) and thing.name.startswith(prefix)
    }


def progress():
    """Your progress through the exercises: a DataFrame, one row an exercise, prediction or quiz.

    Columns: notebook, exercise, kind, result (correct, not yet, not attempted; recorded for a prediction), checks, hints
    (the highest that was shown) and solution (whether it was shown). It is kept in ``.course_utils/progress.json`` in the
    home folder, or in the file that ``COURSE_PROGRESS`` names; deleting the file starts anew.
    """
    import pandas as pd

    entries, rows = record.read(), []
    for module in modules():
        for thing in named(module).values():
            entry = entries.get(thing.name, {})
            outcome = entry.get("outcome")
            known = outcome in (CORRECT, NOT_YET, "recorded")
            rows.append(
                {
                    "notebook": module.__name__[-2:],
                    "exercise": getattr(thing, "title", thing.name.split(".")[1].replace("_", " ")),
                    "kind": _kind(thing),
                    "result": outcome if known else NOT_ATTEMPTED,
                    "checks": record.count(entry, "checks"),
                    "hints": record.count(entry, "hints"),
                    "solution": "shown" if entry.get("solution") is True else "",
                }
            )
    return pd.DataFrame(rows)


def _kind(thing: Any) -> str:
    return {"FunctionExercise": "function", "ValueExercise": "value"}.get(type(thing).__name__, type(thing).__name__.lower())
