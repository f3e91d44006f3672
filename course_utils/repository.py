"""Where the course lives (owner/name on GitHub, and the tag): one command writes it into every file that says so.

The one place is ``pyproject.toml``: ``[project.urls] Repository`` and ``[tool.course] tag``. From it come the badges and the
first code cell of the notebooks, and all other addresses of the repository. Needs nothing but Python's standard library.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = "OWNER/REPOSITORY"  # where the course lives until that is decided
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SUFFIXES = ("", ".cff", ".html", ".ipynb", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml")
_SITES = r"(?:github\.com|githubusercontent\.com|colab\.research\.google\.com/github|mybinder\.org/v2/gh)"
_BADGES = re.compile(r'^<a href="https://colab\.research\.google\.com/github/.*$', re.M)
_SETUP = """\
import importlib.util
import os
import subprocess
import sys

sys.path.append(os.path.abspath(".."))  # in a clone, course_utils lies beside this folder
if importlib.util.find_spec("course_utils") is None:  # Colab, Kaggle, a plain Jupyter: fetched once
    print("Fetching the course ...")
    course = "https://github.com/{name}/archive/{tag}.zip"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--retries", "1", course]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr)
        raise RuntimeError("Needed: a network (Kaggle: Internet on, in the sidebar), Python 3.11 or later.")
    importlib.invalidate_caches()

import course_utils as cu

cu.setup(seed=0)
from course_utils.exercises import {exercises} as q"""
BADGES = ("https://colab.research.google.com/assets/colab-badge.svg", "https://mybinder.org/badge_logo.svg")


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


def tag(root: Path = ROOT) -> str:
    """The tag that badges and the notebooks' first cell take, as ``pyproject.toml`` has it.

    Raises:
        ValueError: ``pyproject.toml`` has none.
    """
    found = re.search(r'^\[tool\.course\]\ntag = "([^"]+)"', (root / "pyproject.toml").read_text("utf-8"), re.M)
    if not found:
        raise ValueError("pyproject.toml has no [tool.course] with a tag.")
    return found[1]


def launch_addresses(notebook: str, root: Path = ROOT) -> dict[str, str]:
    """Where ``notebook`` (its name without ``.ipynb``) opens at the tag: on Colab and on Binder, by those names."""
    name, at = current(root), tag(root)
    return {
        "Colab": f"https://colab.research.google.com/github/{name}/blob/{at}/notebooks/{notebook}.ipynb",
        "Binder": f"https://mybinder.org/v2/gh/{name}/{at}?labpath=notebooks%2F{notebook}.ipynb",
    }


def source_address(path: str, root: Path = ROOT) -> str:
    """Where the file or folder ``path`` of the repository is read online: on its main branch, which may be ahead of the tag."""
    kind = "tree" if (root / path).is_dir() else "blob"
    return f"https://github.com/{current(root)}/{kind}/main/{quote(path)}"


def badges(notebook: str, root: Path = ROOT) -> str:
    """The line of badges that opens ``notebook`` (its name without ``.ipynb``) on Colab and on Binder.

    >>> print(badges("00_start_here").replace(current(), "ada/course").replace(tag(), "v1")[:84])
    <a href="https://colab.research.google.com/github/ada/course/blob/v1/notebooks/00_st
    """
    colab, binder = launch_addresses(notebook, root).values()
    return (
        f'<a href="{colab}"><img alt="Open in Colab" src="{BADGES[0]}"></a> '
        f'<a href="{binder}"><img alt="Launch on Binder" src="{BADGES[1]}"></a>'
    )


def setup_cell(notebook: str, root: Path = ROOT) -> str:
    """The first code cell of ``notebook``: it fetches the course where that is not installed, and sets it up."""
    return _SETUP.format(name=current(root), tag=tag(root), exercises="nb" + notebook[:2])


def change(name: str, new_tag: str | None = None, root: Path = ROOT) -> list[str]:
    """Write the repository's name and tag into all files and notebooks; return the files that changed.

    Args:
        name: ``owner/name``.
        new_tag: the tag of a release; the present one if not given.

    Raises:
        ValueError: ``name`` is not of the form owner/name, or ``new_tag`` not a tag.
    """
    old, old_tag = current(root), tag(root)
    new_tag = old_tag if new_tag is None else new_tag
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not of the form owner/name.")
    if not _TAG.fullmatch(new_tag):
        raise ValueError(f"{new_tag!r} is not a tag, such as v0.1.0.")
    before = {path: path.read_text("utf-8") for path in files(root)}
    for path, text in before.items():
        _write(path, _readdressed(text, old, name, old_tag, new_tag))
    project, readme = root / "pyproject.toml", root / "README.md"
    _write(project, project.read_text("utf-8").replace(f'\ntag = "{old_tag}"', f'\ntag = "{new_tag}"'))
    _write(readme, _BADGES.sub(badges("00_start_here", root), readme.read_text("utf-8")))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        _write(path, launchable(path.read_text("utf-8"), path.stem, root))
    return [str(path.relative_to(root)) for path, text in before.items() if path.read_text("utf-8") != text]


def files(root: Path = ROOT) -> list[Path]:
    """The files that may hold the repository's address; the tests, which make up addresses of their own, are not among them."""
    found = []
    for folder, folders, names in os.walk(root):
        hidden = {name for name in folders if name.startswith(".") and name not in (".github", ".ci", ".binder")}
        folders[:] = sorted(set(folders) - hidden - {"work", "tests", "assets", "build", "dist", "__pycache__"})
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        found += [Path(folder, name) for name in sorted(names) if Path(name).suffix in _SUFFIXES and not name.startswith(".")]
    return [path for path in found if path != root / "course_utils" / "repository.py"]


def launchable(text: str, notebook: str, root: Path = ROOT) -> str:
    """The notebook file ``text`` with its badges before the card and with the common first code cell."""
    content = json.loads(text)
    card, first = content["cells"][0], next(cell for cell in content["cells"] if cell["cell_type"] == "code")
    source = re.sub(_BADGES.pattern + r"\n*", "", "".join(card["source"]), flags=re.M)
    before, table, after = source.partition("| | |\n")
    card["source"] = (before + badges(notebook, root) + "\n\n" + table + after).splitlines(keepends=True)
    first["source"] = setup_cell(notebook, root).splitlines(keepends=True)
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _readdressed(text: str, old: str, new: str, old_tag: str, new_tag: str) -> str:
    """``text`` with the addresses of repository ``old`` at ``old_tag`` turned into ``new`` at ``new_tag``, escaped ones too."""
    slash = r"(/|%2F|%252F)"
    owner, repository = map(re.escape, old.split("/"))
    text = re.sub(
        rf"({_SITES}){slash}{owner}{slash}{repository}(?![\w-])",
        lambda found: found[1] + found[2] + new.split("/")[0] + found[3] + new.split("/")[1],
        text,
    )
    text = re.sub(rf"&& cd {repository}$", "&& cd " + new.split("/")[1], text, flags=re.M)
    owner, repository = map(re.escape, new.split("/"))
    kinds = r"(?:/(?:blob|tree|raw|archive|releases/tag|archive/refs/tags|refs/tags))?[/@]"
    return re.sub(
        rf"({_SITES}/{owner}/{repository}(?:\.git)?{kinds}){re.escape(old_tag)}(?![\w-]|\.\d)",
        lambda found: found[1] + new_tag,
        text,
    )


def _write(path: Path, text: str) -> None:
    if text != path.read_text("utf-8"):
        path.write_text(text, "utf-8", newline="\n")
