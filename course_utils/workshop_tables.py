"""The tables of the instructor's guide: computed from the plan, the notebooks and their stored outputs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from course_utils.workshop_notebooks import ROOT, Notebook
from course_utils.workshop_plan import Format, Item

GUESSES = Path("docs", "instructors", "guesses.toml")
_MEASURED = re.compile(r"Measured: (.+?)\. \(You made no prediction\.\)")


def _table(header: Sequence[str], rows: Sequence[Sequence[object]], right: int) -> str:
    """Markdown; the columns from number ``right`` on are set flush right."""
    rule = ["---:" if place >= right else "---" for place in range(len(header))]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in (header, rule, *rows))


def exercise_minutes(notebook: Notebook) -> tuple[int, int]:
    """(minutes of the exercises without the stretch exercise, minutes of that)."""
    stretch = sum(exercise.minutes for exercise in notebook.exercises if exercise.stretch)
    return sum(exercise.minutes for exercise in notebook.exercises) - stretch, stretch


def formats_table(there: dict[str, Notebook], plan: dict[str, Format]) -> str:
    """A line a notebook: what its card says, its exercises' minutes, and the minutes that each format gives it."""

    def given(items: Sequence[Item]) -> int | str:
        return sum(item.minutes for item in items) or ""

    rows = []
    for notebook in there.values():
        core, stretch = exercise_minutes(notebook)
        computing = notebook.runs_in.split(" of computing")[0]
        minutes = [given([i for i in one.items if i.notebook == notebook]) for one in plan.values()]
        rows.append([f"[{notebook.title}](instructors/{notebook.stem}.md)", notebook.minutes, computing, core, stretch or ""])
        rows[-1] += minutes
    for name, wanted in (("opening, discussion, closing", False), ("breaks", True)):
        of = [[i for i in one.items if i.notebook is None and (i.how == "break") == wanted] for one in plan.values()]
        rows.append([name, "", "", "", "", *map(given, of)])
    sums = [sum(row[place] or 0 for row in rows) for place in (1, 3, 4)]
    rows.append(["**all**", sums[0], "", *sums[1:], *(sum(item.minutes for item in one.items) for one in plan.values())])
    header = ["notebook", "its card", "it computes", "exercises", "stretch", *(one.title for one in plan.values())]
    return _table(header, rows, right=1)


def schedule(one: Format) -> str:
    """The schedule of a format, a line an item; the clock begins at 0:00 on each day."""
    rows = []
    for day in range(1, one.days + 1):
        if one.days > 1:
            rows.append(["", "", "", f"**Day {day}**", ""])
        clock = 0
        for item in (item for item in one.items if item.day == day):
            free = item.minutes - item.planned if item.planned else ""
            rows.append([f"{clock // 60}:{clock % 60:02d}", item.minutes, item.how, _what(item), free])
            clock += item.minutes
        rows.append([f"{clock // 60}:{clock % 60:02d}", "", "", "end", ""])
    return _table(["from", "minutes", "how", "what", "left for questions"], rows, right=9)


def _what(item: Item) -> str:
    parts = [item.what] if item.what else []
    if item.notebook:
        sections = "; ".join(f"{heading} ({minutes})" for heading, minutes in item.sections.items())
        exercises = ", ".join(f"{exercise.number} ({exercise.minutes})" for exercise in item.exercises)
        said = sections + (f"; exercise{'s' * (len(item.exercises) > 1)} {exercises}" if exercises else "")
        parts.append(f"[{item.notebook.stem[:2]}](instructors/{item.notebook.stem}.md): {said}")
    return ". ".join(parts)


def sections_table(notebook: Notebook, plan: dict[str, Format]) -> str:
    """Sections and exercises of a notebook in order, and the minutes that each format gives them; above it, the card."""
    core, stretch = exercise_minutes(notebook)
    more = f", the stretch exercise {stretch} more" if stretch else ""
    said = (
        f"Its card says {notebook.minutes} minutes, its exercises take {core}{more}. Run through once: {notebook.runs_in}.\n\n"
    )
    of = [[item for item in one.items if item.notebook == notebook] for one in plan.values()]
    rows = []
    for heading in notebook.sections:
        minutes = [sum(item.sections.get(heading, 0) for item in items) or "" for items in of]
        exercises = [exercise for exercise in notebook.exercises if exercise.section == heading]
        if any(minutes) or exercises or heading[0].isdigit():
            rows.append([heading, *minutes])
        for exercise in exercises:
            planned = [exercise.minutes if any(exercise in item.exercises for item in items) else "" for items in of]
            rows.append([f"exercise {exercise.number}, {exercise.title}: {exercise.minutes} minutes", *planned])
    rows.append(["left for questions", *(sum(i.minutes - i.planned for i in items) or "" for items in of)])
    rows.append(["**all**", *(sum(i.minutes for i in items) or "" for items in of)])
    return said + _table(["", *(one.title for one in plan.values())], rows, right=1)


def guesses(root: Path = ROOT) -> dict[str, str]:
    """What to expect as a guess, by the name of the prediction (``nb03.topic``).

    Raises:
        ValueError: ``guesses.toml`` is missing or no TOML.
    """
    path = root / GUESSES
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{GUESSES.name} cannot be read: {error}") from None
    return {f"{module}.{name}": said for module, table in tables.items() for name, said in table.items()}


def predictions(number: str) -> dict[str, str]:
    """The questions of a notebook's predictions, by name (``nb03.topic``), in the order in which they are asked."""
    from course_utils.exercises.guesses import Prediction
    from course_utils.exercises.overview import modules, named

    (module,) = (module for module in modules() if module.__name__.endswith(f"nb{number}"))
    return {thing.name: thing.question for thing in named(module).values() if isinstance(thing, Prediction)}


def guesses_table(number: str, there: dict[str, Notebook], expected: dict[str, str]) -> str:
    """The predictions of a notebook: the question, the guess to expect, what was measured, and where.

    Raises:
        ValueError: a prediction without an expected guess, or without a stored measurement.
    """
    asked = predictions(number)
    wrong = set(asked) ^ {name for name in expected if name.startswith(f"nb{number}.")}
    if wrong:
        raise ValueError(f"{GUESSES.name}: {', '.join(sorted(wrong))} stands there and is not asked, or the other way round.")
    rows = [[question, expected[name], *measured(name, there)] for name, question in asked.items()]
    return _table(["asked", "guess to expect", "measured", "where"], rows, right=9)


def measured(name: str, there: dict[str, Notebook]) -> tuple[str, str]:
    """(what was measured for the prediction ``name``, the section and the cell that hold it), from the stored outputs.

    Raises:
        ValueError: no cell compares this prediction, or its output does not show a measurement.
    """
    module, attribute = name.split(".")
    for number, notebook in there.items():
        called = rf"\b{'q' if number == module[2:] else module}\.{attribute}\.compare\("
        for cell, source in notebook.sources.items():
            if re.search(called, source) and (found := _MEASURED.search(notebook.outputs[cell])):
                other = "" if number == module[2:] else f" of {number}"
                return found[1], f"{notebook.places[cell]}{other}, {cell}"
    raise ValueError(f"No stored output shows what was measured for {name}.")
