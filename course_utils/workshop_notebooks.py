"""What a notebook says of itself: sections, exercises with their minutes, the card, and what its stored outputs show."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SECTION = re.compile(r"^## (.+)$", re.M)
_EXERCISE = re.compile(r"^### Exercise (\d\d\.\d+): (.+)$", re.M)
_MINUTES = re.compile(r"^[★☆]{3} · (\d+) minutes ·", re.M)


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
        places: the cell's id to the number of its section (its heading, where that has none), for every code cell.
    """

    stem: str
    title: str
    minutes: int
    runs_in: str
    sections: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    outputs: dict[str, str]
    sources: dict[str, str]
    places: dict[str, str]


def read_notebook(path: Path) -> Notebook:
    """What the notebook at ``path`` says of itself.

    Raises:
        ValueError: there is no such notebook, or its card, or the line under an exercise, lacks the minutes.
    """
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
        places=_places(sources),
    )


def _places(sources: Sequence[tuple[str, dict]]) -> dict[str, str]:
    places, section = {}, ""
    for text, cell in sources:
        if cell["cell_type"] == "code":
            places[cell["id"]] = re.sub(r"^(\d+) .*", r"section \1", section)
        elif headings := _SECTION.findall(text):
            section = headings[-1]
    return places


def _headings(name: str, texts: Sequence[str]) -> tuple[list[str], list[Exercise]]:
    sections: list[str] = []
    exercises = []
    for text in texts:
        sections += _SECTION.findall(text)
        if found := _EXERCISE.search(text):
            minutes = _MINUTES.search(text)
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


def shown_text(output: dict) -> str:
    """The text that a stored output shows: a stream, Markdown, the cells of an HTML table, or plain text."""
    if "text" in output:
        return "".join(output["text"])
    data = output.get("data", {})
    for kind in ("text/markdown", "text/html", "text/plain"):
        if kind in data:
            text = "".join(data[kind])
            return html.unescape(re.sub(r"<[^>]*>", " ", text)) if kind == "text/html" else text
    return ""
