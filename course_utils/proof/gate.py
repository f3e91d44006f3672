"""The comparison gate cannot be emptied: one altered number in a stored output makes nbval fail, in that cell and no other."""

from __future__ import annotations

import copy
import random
import re
import tempfile
from pathlib import Path

import nbformat

from course_utils.proof import Outcome, Steps
from course_utils.proof.cells import compare
from course_utils.publishing import NEVER_COMPARED, chosen, compared

LEAST = 0.9
_DIGIT = re.compile(r"\d")


def steps() -> Steps:
    """One step a notebook."""
    return [(path.stem, lambda path=path: broken(path)) for path in chosen([])]


def candidates(notebook) -> list[int]:
    """Numbers, among the code cells, of those whose compared output holds a digit."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        number
        for number, cell in enumerate(cells)
        if cell.execution_count
        and not NEVER_COMPARED & set(cell.metadata.get("tags", []))
        and any(_DIGIT.search(output.get("text", "")) for output in cell.outputs if output.output_type == "stream")
    ]


def break_number(notebook, number: int):
    """A copy of ``notebook`` up to and with code cell ``number``, one digit of whose stored output is another.

    Raises:
        ValueError: the cell's printed text holds no digit.
    """
    broken = copy.deepcopy(notebook)
    places = [place for place, cell in enumerate(broken.cells) if cell.cell_type == "code"]
    broken.cells = broken.cells[: places[number] + 1]
    for output in broken.cells[-1].outputs:
        if output.output_type == "stream" and (digit := _DIGIT.search(output.text)):
            other = str((int(digit[0]) + 1) % 10)
            output.text = output.text[: digit.start()] + other + output.text[digit.end() :]
            return broken
    raise ValueError(f"Code cell {number} prints no digit.")


def broken(path: Path, number: int | None = None) -> Outcome:
    """Break one number of a copy of the notebook, in a cell drawn by its name, and see nbval fail there and only there."""
    notebook = nbformat.read(path, as_version=4)
    count, printing = compared(notebook)
    share = count / max(printing, 1)
    drawn = random.Random(path.stem).choice(candidates(notebook)) if number is None else number
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / path.name
        nbformat.write(break_number(notebook, drawn), copied)
        outcome = compare(copied)
    return Outcome(
        passed=set(outcome.failed) == {drawn} and share >= LEAST,
        what=f"cell {drawn} altered: nbval failed in {sorted(outcome.failed)}; {count} of {printing} compared ({share:.0%})",
        figures={"altered": drawn, "failed": sorted(outcome.failed), "compared": count, "printing": printing},
    )
