"""Functions as a notebook shows them: the cell that defines one is run, and the function taken from it."""

import nbformat

from course_utils.workspace import ROOT


def taught(notebook: str, name: str, **names):
    """The function ``name`` that a cell of ``notebook`` (the beginning of its file name) defines.

    ``names`` are what the cell takes from cells before it.
    """
    (path,) = (ROOT / "notebooks").glob(f"{notebook}*.ipynb")
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    (source,) = (source for source in cells if f"def {name}(" in source and f"q.{name}.check" not in source)
    definitions = source[: source.index(f"def {name}(")] + _body(source[source.index(f"def {name}(") :])
    exec(compile(definitions, f"{path.name}: {name}", "exec"), names)
    return names[name]


def _body(source: str) -> str:
    """The definition that ``source`` begins with, without what follows it."""
    lines = source.splitlines()
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() and not line.startswith((" ", ")"))), len(lines))
    return "\n".join(lines[:end])
