"""``python -m course_utils.workshops`` writes all tables of the instructor's guide anew.

A table stands in a page of ``docs/instructors.md`` and ``docs/instructors/`` between ``<!-- table: NAME -->`` and
``<!-- end of table -->``. All else in a page is left as it is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from course_utils import workshop_tables as tables
from course_utils.workshop_notebooks import ROOT, Notebook, notebooks
from course_utils.workshop_plan import Format, formats

_BETWEEN = re.compile(r"(<!-- table: ([a-z_ ]+) -->\n).*?(<!-- end of table -->)", re.S)


def rewritten(root: Path = ROOT) -> dict[Path, tuple[str, str]]:
    """Every page of the guide: its text, and the same with all tables made anew.

    Raises:
        ValueError: the plan or a notebook is not in order, a page is missing, or a page asks for a table that is unknown.
    """
    there = notebooks(root)
    plan, folder = formats(there, root), root / "docs"
    expected = tables.guesses(root)
    pages = {folder / "instructors.md": _main_tables(there, plan)}
    for number, notebook in there.items():
        pages[folder / "instructors" / f"{notebook.stem}.md"] = {
            "sections": tables.sections_table(notebook, plan),
            "guesses": tables.guesses_table(number, there, expected),
        }
    return {path: _filled(path, made) for path, made in pages.items()}


def _filled(path: Path, made: dict[str, str]) -> tuple[str, str]:
    if not path.is_file():
        raise ValueError(f"The guide has no page {path.name}.")
    text = path.read_text("utf-8")

    def fill(found: re.Match) -> str:
        if found[2] not in made:
            raise ValueError(f"{path.name} asks for a table {found[2]!r}. There are: {', '.join(made)}.")
        return f"{found[1]}{made[found[2]]}\n{found[3]}"

    return text, _BETWEEN.sub(fill, text)


def _main_tables(there: dict[str, Notebook], plan: dict[str, Format]) -> dict[str, str]:
    schedules = {f"schedule {key}": tables.schedule(one) for key, one in plan.items()}
    return {"formats": tables.formats_table(there, plan), **schedules}


def main() -> int:
    """Write the tables of all pages anew and name the pages that changed; 1 if something is not in order, which is said."""
    try:
        pages = rewritten(ROOT)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path, (before, after) in pages.items():
        if after != before:
            path.write_text(after, "utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
