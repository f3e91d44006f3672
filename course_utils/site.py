"""The course as a website: ``make site``, from the notebooks as they are stored, with no network when it is built or read.

The sources are laid out in a folder of their own as they lie in the repository, so that links between them hold; Sphinx makes
the pages. ``docs/conf.py`` has its settings and ``docs/_ext`` what Sphinx and MyST-NB lack.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from course_utils import gallery, repository

ROOT = repository.ROOT
PACKAGES = {
    "sphinx": "sphinx",
    "myst_nb": "myst-nb",
    "furo": "furo",
    "sphinx_copybutton": "sphinx-copybutton",
    "latex2mathml": "latex2mathml",
}

CHAPTERS = {  # what the sidebar shows, in this order; a file that is not there is left out
    "The notebooks": ["notebooks/*.ipynb"],
    "To look things up": ["docs/summary.md", "docs/glossary.md", "gallery.md", "docs/descendants.md", "docs/references.md"],
    "To teach": ["docs/instructors.md", "docs/slides/README.md", "docs/classroom.md"],
    "Models and data": [
        "docs/models.md",
        "course_utils/assets/*/README.md",
        "course_utils/data/README.md",
        "course_utils/results/README.md",
        "course_utils/pretraining/README.md",
    ],
    "The project": ["docs/**/*.md", "CONTRIBUTING.md", "CHANGELOG.md"],  # of docs those that stand nowhere else
}
PARTS = {"docs/instructors.md": ["docs/instructors/*.md"]}  # pages below another


def notebooks(root: Path = ROOT) -> list[Path]:
    """The notebooks of the course, in order."""
    return sorted((root / "notebooks").glob("*.ipynb"))


def _matching(patterns: list[str], root: Path) -> list[str]:
    """The files that ``patterns`` name, in their order, as paths from ``root``; the gallery is always one: it is made here."""
    found = []
    for pattern in patterns:
        found += [pattern] if pattern == "gallery.md" else sorted(p.relative_to(root).as_posix() for p in root.glob(pattern))
    return found


def chapters(root: Path = ROOT) -> dict[str, list[str]]:
    """The pages of each chapter, as paths from ``root``: each where it is named, else where a pattern matches it."""
    elsewhere = {"docs/index.md", *(pattern for patterns in CHAPTERS.values() for pattern in patterns if "*" not in pattern)}
    elsewhere |= {part for page, below in PARTS.items() if (root / page).is_file() for part in _matching(below, root)}
    found = {}
    for chapter, patterns in CHAPTERS.items():
        pages = [(pattern, page) for pattern in patterns for page in _matching([pattern], root)]
        found[chapter] = [page for pattern, page in pages if pattern == page or page not in elsewhere]
    return found


def launch_bar(notebook: str, root: Path = ROOT) -> str:
    """The buttons of ``notebook`` (its name without ``.ipynb``): Colab, Binder, the file. Links only: nothing is loaded."""
    colab, binder = repository.launch_addresses(notebook, root).values()
    links = {"Open in Colab": colab, "Launch on Binder": binder}
    links["Notebook on GitHub"] = repository.source_address(f"notebooks/{notebook}.ipynb", root)
    return '<p class="launch">' + " ".join(f'<a href="{address}">{label}</a>' for label, address in links.items()) + "</p>"


def _toctree(pages: list[str], caption: str = "") -> str:
    """A directive that puts ``pages`` into the sidebar."""
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["```{toctree}", *options, "", *(page.rpartition(".")[0] for page in pages), "```", ""])


def _staged(path: str, root: Path) -> str:
    """The text of the page ``path`` as Sphinx gets it: badges, which are pictures from elsewhere, become local buttons."""
    text = (root / path).read_text("utf-8")
    if path.endswith(".ipynb"):
        content = json.loads(text)
        for cell in content["cells"]:
            if cell["cell_type"] == "markdown":
                source = "".join(cell["source"]).replace(
                    repository.badges(Path(path).stem, root), launch_bar(Path(path).stem, root)
                )
                cell["source"] = source.splitlines(keepends=True)
        content["metadata"].pop("widgets", None)  # live widgets need a kernel and scripts from elsewhere
        return json.dumps(content, ensure_ascii=False)
    parts = _matching(PARTS.get(path, []), root)
    below = [os.path.relpath(part, os.path.dirname(path)).replace(os.sep, "/") for part in parts]
    return text + ("\n" + _toctree(below) if below else "")


def stage(folder: Path, root: Path = ROOT) -> list[str]:
    """Lay out the sources of the site in ``folder``; return its pages, as paths from ``root`` (``index.md`` apart)."""
    shutil.rmtree(folder, ignore_errors=True)
    chosen = chapters(root)
    pages = [page for some in chosen.values() for page in some]
    pages += [part for page in pages for part in _matching(PARTS.get(page, []), root)]
    for page in pages:
        target = folder / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(gallery.page(notebooks(root)) if page == "gallery.md" else _staged(page, root), "utf-8", newline="\n")
    gallery.write_pictures(notebooks(root), folder / "extra" / gallery.FOLDER)
    first = notebooks(root)[0].stem
    index = (root / "docs" / "index.md").read_text("utf-8").replace("<!-- launch -->", launch_bar(first, root))
    trees = "\n".join(_toctree(some, caption) for caption, some in chosen.items() if some)
    (folder / "index.md").write_text(f"{index}\n{trees}", "utf-8", newline="\n")
    shutil.copyfile(root / "README.md", folder / "README.txt")  # the index includes parts of it
    return pages


def build(target: Path, root: Path = ROOT, check_links: bool = False) -> Path:
    """Make the site in ``target``; a warning of Sphinx is an error.

    Args:
        target: a folder; its ``source`` and ``html`` are made anew.
        check_links: instead, ask every address on the pages whether it answers (needs a network).

    Returns:
        The folder of the pages.

    Raises:
        ValueError: a package is missing, this is not a clone of the repository, or Sphinx fails; its report is printed before.
    """
    if not (root / "docs" / "conf.py").is_file() or not notebooks(root):
        raise ValueError("The site is made in a clone of the course's repository: it needs docs/ and notebooks/.")
    lacking = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if lacking:
        raise ValueError(
            f'{", ".join(lacking)} not installed: pip install -e ".[site]" (or make install) brings what the site needs.'
        )
    builder = "linkcheck" if check_links else "html"
    source, pages, trees = target / "source", target / builder, target / "doctrees"
    stage(source, root)
    for made in (pages, trees):
        shutil.rmtree(made, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-n", *([] if check_links else ["-W", "--keep-going"]), "-b", builder]
    command += ["-d", str(trees), "-c", str(root / "docs"), str(source), str(pages)]
    if subprocess.call(command, cwd=root, env={**os.environ, "COURSE_SITE_SOURCE": str(source)}):
        raise ValueError(
            f"{'Some links do not answer' if check_links else 'The site was not made'}: Sphinx's report stands above."
        )
    return pages


def main(arguments: list[str]) -> None:
    """``python -m course_utils site [--check-links]``: make the site in ``build/site`` and say where it is.

    Raises:
        ValueError: as ``build`` does, or an unknown argument.
    """
    if set(arguments) - {"--check-links"}:
        raise ValueError(f"site takes --check-links only, got {' '.join(arguments)}.")
    pages = build(ROOT / "build" / "site", check_links="--check-links" in arguments)
    print(f"Links checked: {pages / 'output.txt'}" if "--check-links" in arguments else f"Open {pages / 'index.html'}")
