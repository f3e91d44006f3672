"""All figures of the course on one page, taken from the notebooks as they are stored.

A figure is known by its notebook and its number there: ``figure-3`` is the third figure of its notebook. The site gives each
the anchor of that name, to which the gallery links. Needs nothing but Python's standard library.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

FOLDER = "gallery"
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


@dataclass(frozen=True)
class Figure:
    """One stored figure: its notebook (name without ``.ipynb``) and number there, section, alt text and PNG bytes."""

    notebook: str
    number: int
    section: str
    alt: str
    png: bytes

    @property
    def anchor(self) -> str:
        """The figure's id on its notebook's page."""
        return f"figure-{self.number}"

    @property
    def file(self) -> str:
        """The name of its picture in the gallery's folder."""
        return f"{self.notebook[:2]}-{self.number}.png"


def _headings(source: str) -> list[tuple[int, str]]:
    """Level and text of each heading of a Markdown cell, code left out."""
    return [(len(marks), text.strip()) for marks, text in re.findall(r"^(#{1,6}) +(.+)$", _FENCE.sub("", source), re.M)]


def title(notebook: Path) -> str:
    """The notebook's title: its first heading; its file's name where it has none."""
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown" and (found := _headings("".join(cell["source"]))):
            return found[0][1]
    return notebook.stem


def figures(notebook: Path) -> list[Figure]:
    """The figures stored in ``notebook``, in order; a figure without alt text has ``alt == ""``.

    The section is the nearest heading of the second level above the figure, or the title.
    """
    found: list[Figure] = []
    section = notebook.stem
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            section = next((text for level, text in reversed(_headings("".join(cell["source"]))) if level <= 2), section)
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                png = base64.b64decode("".join(output["data"]["image/png"]))
                alt = output["metadata"].get("image/png", {}).get("alt", "")
                found.append(Figure(notebook.stem, len(found) + 1, section, alt, png))
    return found


def page(notebooks: Sequence[Path]) -> str:
    """The gallery of ``notebooks`` as Markdown with HTML: a section a notebook, its figures in order, texts escaped."""
    parts = [
        "# Gallery\n",
        "Every figure of the course, as the notebooks store it. Each leads to its place, with its code and what it means.\n",
    ]
    for notebook in notebooks:
        shown = figures(notebook)
        if shown:
            items = "\n".join(map(_item, shown))
            parts.append(f'## {title(notebook)}\n\n<div class="gallery">\n{items}\n</div>\n')
    return "\n".join(parts)


def _item(figure: Figure) -> str:
    """One figure in HTML. What is seen below it is its alt text, so screen readers, which read that, pass it over."""
    place, alt = f"notebooks/{figure.notebook}.html#{figure.anchor}", escape(figure.alt)
    return (
        f'<figure><a href="{place}"><img src="{FOLDER}/{figure.file}" alt="{alt}"></a>'
        f'<figcaption><a href="{place}">{escape(figure.section)}</a> <span aria-hidden="true">{alt}</span></figcaption>'
        "</figure>"
    )


def write_pictures(notebooks: Sequence[Path], folder: Path) -> int:
    """Write the pictures of all figures of ``notebooks`` into ``folder``; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = [figure for notebook in notebooks for figure in figures(notebook)]
    for figure in shown:
        (folder / figure.file).write_bytes(figure.png)
    return len(shown)
