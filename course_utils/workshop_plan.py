"""The plan of the workshops, ``docs/instructors/timing.toml``: read, and checked against the notebooks.

Minutes of exercises are the notebooks' own; the plan says only what is done in which format, and for how long.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.workshop_notebooks import ROOT, Exercise, Notebook

PLAN = Path("docs", "instructors", "timing.toml")
STEP = 5  # items of a schedule are whole multiples of it, in minutes
_ITEM = {"day", "what", "how", "minutes", "notebook", "sections", "exercises"}
_HOW = ("talk", "show", "do", "break")


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


def formats(there: dict[str, Notebook], root: Path = ROOT) -> dict[str, Format]:
    """The formats of ``timing.toml``, checked against the notebooks ``there``.

    Raises:
        ValueError: the file is missing or no TOML; or a format lacks something or has something unknown, names a notebook,
            section or exercise that is not there, has an item that is no multiple of ``STEP`` minutes or shorter than what it
            holds, or does not add up to its length.
    """
    path = root / PLAN
    if not path.is_file():
        raise ValueError(f"{path} is not there: the guide needs the repository.")
    try:
        plan = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{PLAN.name} is not TOML: {error}") from None
    if strange := [key for key, entry in plan.items() if not isinstance(entry, dict)]:
        raise ValueError(f"{PLAN.name}: {strange[0]} must be a table [{strange[0]}].")
    return {key: _format(key, entry, there) for key, entry in plan.items()}


def _format(key: str, entry: dict, there: dict[str, Notebook]) -> Format:
    lacking = {"title", "minutes", "items"} - set(entry)
    if lacking:
        raise ValueError(f"Format {key}: {', '.join(sorted(lacking))} is missing.")
    if unknown := set(entry) - {"title", "minutes", "items", "days"}:
        raise ValueError(f"Format {key}: {', '.join(sorted(unknown))} is unknown. It may have: title, minutes, days, items.")
    days = entry.get("days", 1)
    if not _counts(entry["minutes"]) or not _counts(days) or entry["minutes"] % days:
        raise ValueError(f"Format {key}: minutes and days must be whole numbers above 0, and the days of one length.")
    if not isinstance(entry["items"], list) or not all(isinstance(item, dict) for item in entry["items"]):
        raise ValueError(f"Format {key}: items must be a list of tables.")
    items = tuple(_item(f"Format {key}, item {number}", item, there) for number, item in enumerate(entry["items"], 1))
    if strange := [item.day for item in items if item.day not in range(1, days + 1)]:
        raise ValueError(f"Format {key}: day {strange[0]} is not one of the format's days.")
    length = entry["minutes"] // days
    for day in range(1, days + 1):
        total = sum(item.minutes for item in items if item.day == day)
        if total != length:
            raise ValueError(f"Format {key}, day {day}: the items add up to {total} minutes, and the day has {length}.")
    return Format(key, entry["title"], entry["minutes"], days, items)


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _item(where: str, entry: dict, there: dict[str, Notebook]) -> Item:
    unknown, minutes, how = set(entry) - _ITEM, entry.get("minutes"), entry.get("how")
    if unknown:
        raise ValueError(f"{where}: {', '.join(sorted(unknown))} is unknown. It may have: {', '.join(sorted(_ITEM))}.")
    if not _counts(minutes) or minutes % STEP:
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
    item = Item(
        entry.get("day", 1), entry.get("what", ""), how, minutes, notebook, sections, _chosen(where, exercises, notebook)
    )
    if missing := [heading for heading in sections if heading not in notebook.sections]:
        raise ValueError(f"{where}: {notebook.stem} has no section {missing[0]!r}. It has: {'; '.join(notebook.sections)}.")
    if strange := [heading for heading, given in sections.items() if not _counts(given)]:
        raise ValueError(f"{where}: {strange[0]!r} has {sections[strange[0]]!r}, and must have whole minutes above 0.")
    if item.planned > minutes:
        raise ValueError(f"{where}: sections and exercises take {item.planned} minutes, and the item has {minutes}.")
    return item


def _chosen(where: str, numbers: Sequence[str], notebook: Notebook | None) -> tuple[Exercise, ...]:
    known = {exercise.number: exercise for exercise in notebook.exercises} if notebook else {}
    if missing := [number for number in numbers if number not in known]:
        raise ValueError(f"{where}: {notebook.stem} has no exercise {missing[0]!r}. It has: {', '.join(known)}.")
    return tuple(known[number] for number in sorted(numbers))
