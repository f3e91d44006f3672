"""Where the course lives (owner/name on GitHub): one command writes it into every file that says so."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("pyproject.toml", "README.md", "CITATION.cff", "CONTRIBUTING.md", "CHANGELOG.md")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+")


def current(root: Path = ROOT) -> str:
    """``owner/name`` as ``pyproject.toml`` has it; ``OWNER/REPOSITORY`` until it is known.

    Raises:
        ValueError: ``pyproject.toml`` names no repository.
    """
    found = re.search(
        r'^Repository = "https://github\.com/([^"/]+/[^"/]+)"', (root / "pyproject.toml").read_text("utf-8"), re.M
    )
    if not found:
        raise ValueError("pyproject.toml has no [project.urls] Repository on github.com.")
    return found[1]


def change(name: str, root: Path = ROOT) -> list[str]:
    """Replace the repository's name by ``name`` in all files and notebooks; return the files that changed.

    Raises:
        ValueError: ``name`` is not of the form owner/name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not of the form owner/name.")
    old, changed = current(root), []
    for path in [*(root / file for file in FILES), *sorted((root / "notebooks").glob("*.ipynb"))]:
        text = path.read_text("utf-8")
        new = re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-])", name, text)
        if new != text:
            path.write_text(new, "utf-8", newline="\n")
            changed.append(str(path.relative_to(root)))
    return changed
