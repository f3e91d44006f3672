"""The instructor's plan: ``docs/instructors/timing.toml`` read together with the notebooks; the pages get their tables from it.

``python -m course_utils.workshops`` writes all tables of the instructor's guide anew. Minutes of exercises and of a whole
notebook are the notebooks' own; the plan says only what is done in which format and for how long.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAN = Path("docs", "instructors", "timing.toml")
STEP = 5  # items of a schedule are whole multiples of it, in minutes
_EXERCISE = re.compile(r"^### Exercise (\d\d\.\d+): (.+)$", re.M)
_CARD = re.compile(r"^[★☆]{3} · (\d+) minutes ·", re.M)
_ITEM = {"day", "what", "how", "minutes", "notebook", "sections", "exercises"}
_HOW = ("talk", "show", "do", "break")


@dataclass(frozen=True)
class Exercise:
    """An exercise as the notebook announces it: ``03.2``, its title, its minutes, and the heading of its section."""

    number: str
    title: str
    minutes: int
    section: str

    @property
    def stretch(self) -> bool:
        """Whether it is for those who are ahead."""
        return self.title.endswith("(stretch)")


@dataclass(frozen=True)
class Notebook:
    """What a notebook says of itself.

    Attributes:
        stem: its file name without ``.ipynb``.
        title: as in its first heading, with the number.
        minutes: *Time* on its card.
        runs_in: *Runs in* on its card.
        sections: its second-level headings, in order.
        exercises: in order.
        outputs: the cell's id to the text that its stored outputs show, for every code cell.
        sources: the cell's id to its source, for every code cell.
    """

    stem: str
    title: str
    minutes: int
    runs_in: str
    sections: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    outputs: dict[str, str]
    sources: dict[str, str]


@dataclass(frozen=True)
class Item:
    """A line of a schedule: ``minutes`` in which something is talked about, shown, done, or a break.

    Attributes:
        day: from 1.
        sections: heading to the minutes meant for it.
        exercises: those worked on, in the order of the notebook.
    """

    day: int
    what: str
    how: str
    minutes: int
    notebook: Notebook | None
    sections: dict[str, int]
    exercises: tuple[Exercise, ...]

    @property
    def planned(self) -> int:
        """Minutes that sections and exercises take; the rest of the item is for questions."""
        return sum(self.sections.values()) + sum(exercise.minutes for exercise in self.exercises)


@dataclass(frozen=True)
class Format:
    """A way to teach the course: ``minutes`` in all, with breaks, shared out evenly over ``days``."""

    key: str
    title: str
    minutes: int
    days: int
    items: tuple[Item, ...]


def read_notebook(path: Path) -> Notebook:
    """What the notebook at ``path`` says of itself.

    Raises:
        ValueError: there is no such notebook, or its card, or the line under an exercise, lacks the minutes.
    """
    from course_utils.workshop_tables import shown_text

    if not path.is_file():
        raise ValueError(f"There is no notebook {path.name} in {path.parent}.")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    sources = [("".join(cell["source"]), cell) for cell in cells]
    card = sources[0][0]
    time = re.search(r"^\| \*\*Time\*\* \| (\d+) minutes \|$", card, re.M)
    runs_in = re.search(r"^\| \*\*Runs in\*\* \| (.+?) \|$", card, re.M)
    if not time or not runs_in:
        raise ValueError(f"The card of {path.name} has no line **Time** with minutes, or no line **Runs in**.")
    texts = [text for text, cell in sources if cell["cell_type"] == "markdown"]
    sections, exercises = _headings(path.name, texts)
    code = [(text, cell) for text, cell in sources if cell["cell_type"] == "code"]
    return Notebook(
        stem=path.stem,
        title=card.splitlines()[0].removeprefix("# "),
        minutes=int(time[1]),
        runs_in=runs_in[1],
        sections=tuple(sections),
        exercises=tuple(exercises),
        outputs={cell["id"]: "\n".join(map(shown_text, cell["outputs"])) for _, cell in code},
        sources={cell["id"]: text for text, cell in code},
    )


def _headings(name: str, texts: Sequence[str]) -> tuple[list[str], list[Exercise]]:
    sections: list[str] = []
    exercises = []
    for text in texts:
        sections += re.findall(r"^## (.+)$", text, re.M)
        if found := _EXERCISE.search(text):
            minutes = _CARD.search(text)
            if not minutes:
                raise ValueError(f"{name}: exercise {found[1]} does not say its minutes.")
            exercises.append(Exercise(found[1], found[2], int(minutes[1]), sections[-1]))
    return sections, exercises


def notebooks(root: Path = ROOT) -> dict[str, Notebook]:
    """All notebooks of the course by their two digits.

    Raises:
        ValueError: there are none, or as in ``read_notebook``.
    """
    found = {path.stem[:2]: read_notebook(path) for path in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
    if not found:
        raise ValueError(f"There are no notebooks in {root / 'notebooks'}: the guide needs the repository.")
    return found


def formats(there: dict[str, Notebook], root: Path = ROOT) -> dict[str, Format]:
    """The formats of ``timing.toml``, checked against the notebooks ``there``.

    Raises:
        ValueError: the file is missing or no TOML; or a format names a notebook, section or exercise that is not there, has an
            item that is no multiple of ``STEP`` minutes or shorter than what it holds, or does not add up to its length.
    """
    path = root / PLAN
    if not path.is_file():
        raise ValueError(f"{path} is not there: the guide needs the repository.")
    try:
        plan = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{PLAN.name} is not TOML: {error}") from None
    return {key: _format(key, entry, there) for key, entry in plan.items()}


def _format(key: str, entry: dict, there: dict[str, Notebook]) -> Format:
    lacking = {"title", "minutes", "items"} - set(entry)
    if lacking:
        raise ValueError(f"Format {key}: {', '.join(sorted(lacking))} is missing.")
    days = entry.get("days", 1)
    items = tuple(_item(f"Format {key}, item {number}", item, there) for number, item in enumerate(entry["items"], 1))
    if [item.day for item in items] != sorted(item.day for item in items):
        raise ValueError(f"Format {key}: the days are not in order.")
    length = entry["minutes"] // days
    for day in range(1, days + 1):
        total = sum(item.minutes for item in items if item.day == day)
        if total != length:
            raise ValueError(f"Format {key}, day {day}: the items add up to {total} minutes, and the day has {length}.")
    return Format(key, entry["title"], entry["minutes"], days, items)


def _item(where: str, entry: dict, there: dict[str, Notebook]) -> Item:
    unknown, minutes, how = set(entry) - _ITEM, entry.get("minutes"), entry.get("how")
    if unknown:
        raise ValueError(f"{where}: {', '.join(sorted(unknown))} is unknown. It may have: {', '.join(sorted(_ITEM))}.")
    if not isinstance(minutes, int) or minutes <= 0 or minutes % STEP:
        raise ValueError(f"{where}: minutes is {minutes!r}, and must be a multiple of {STEP}.")
    if how not in _HOW:
        raise ValueError(f"{where}: how is {how!r}, and must be one of {', '.join(_HOW)}.")
    sections, exercises = entry.get("sections", {}), entry.get("exercises", [])
    number = entry.get("notebook")
    if number is None and (sections or exercises):
        raise ValueError(f"{where}: sections and exercises need a notebook.")
    if number is not None and number not in there:
        raise ValueError(f"{where}: there is no notebook {number!r}. There are {', '.join(there)}.")
    notebook = there.get(number)
    item = Item(entry.get("day", 1), entry.get("what", ""), how, minutes, notebook, sections, _chosen(where, exercises, notebook))
    if missing := [heading for heading in sections if heading not in notebook.sections]:
        raise ValueError(f"{where}: {notebook.stem} has no section {missing[0]!r}. It has: {'; '.join(notebook.sections)}.")
    if item.planned > minutes:
        raise ValueError(f"{where}: sections and exercises take {item.planned} minutes, and the item has {minutes}.")
    return item


def _chosen(where: str, numbers: Sequence[str], notebook: Notebook | None) -> tuple[Exercise, ...]:
    known = {exercise.number: exercise for exercise in notebook.exercises} if notebook else {}
    if missing := [number for number in numbers if number not in known]:
        raise ValueError(f"{where}: {notebook.stem} has no exercise {missing[0]!r}. It has: {', '.join(known)}.")
    return tuple(known[number] for number in sorted(numbers))


def main() -> int:
    """Write the tables of all pages anew and name the pages that changed."""
    from course_utils.workshop_tables import rewritten

    for path, (before, after) in rewritten(ROOT).items():
        if after != before:
            path.write_text(after, "utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
