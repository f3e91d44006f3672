"""The notebooks as files: one clean run, described figures, short cells, and a comparison that compares."""

import json
import re
from itertools import pairwise

import nbformat
import pytest

from course_utils import publishing
from course_utils.workspace import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_CELL, LARGEST_FILE, LARGEST_FIGURE = 25, 1_500_000, 100_000
NEVER_COMPARED = {"nbval-ignore-output", "nbval-skip"}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_stored_as_one_clean_run(notebook):
    assert [cell.execution_count for cell in code_cells(notebook)] == list(range(1, len(code_cells(notebook)) + 1))
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            assert "widget" not in json.dumps(output)


def test_metadata_is_bare(notebook):
    assert notebook.metadata == {"kernelspec": publishing.KERNEL, "language_info": {"name": "python"}}
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(set(cell.metadata) <= {"tags", "slideshow"} for cell in notebook.cells)


def test_normalising_changes_nothing(notebook):
    before = nbformat.writes(notebook)
    publishing.normalise(notebook)
    assert nbformat.writes(notebook) == before


def test_files_and_figures_are_small(notebook):
    assert len(nbformat.writes(notebook)) < LARGEST_FILE
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert len(output.get("data", {}).get("image/png", "")) * 3 / 4 < LARGEST_FIGURE


def test_every_figure_has_alt_text(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 40, cell.source


def test_cells_are_short_and_plain(notebook):
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source
        assert not re.search(r"^\s*[!%]", cell.source, re.M), cell.source
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"`[^`]*`|https?://\S+|\|.*\|", "", cell.source)
            assert len(prose.split()) <= 115, cell.source
            assert "!" not in prose, cell.source


def test_headings_are_in_order(notebook):
    levels = [
        len(match[1])
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for match in re.finditer(r"^(#+) ", cell.source, re.M)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_frame_is_there(notebook):
    text = "\n".join(cell.source for cell in notebook.cells)
    for part in ("**You will be able to**", "cu.setup(seed=", "**Predict", "## What we saw", "## Ledger", "## Next"):
        assert part in text, part


def test_nearly_all_printing_cells_are_compared(notebook, record_property):
    """nbval compares text of cells that were run and are not tagged away: at least 90% of the cells that print."""
    printing = [cell for cell in code_cells(notebook) if cell.outputs]
    compared = [cell for cell in printing if not NEVER_COMPARED & set(cell.metadata.get("tags", []))]
    print(f"{len(compared)} of {len(printing)} printing cells are compared")
    assert len(compared) >= 0.9 * len(printing)
    checked_everywhere = [cell for cell in compared if "nbval-check-output" in cell.metadata.get("tags", [])]
    assert checked_everywhere, "under --lax nothing would be compared"


def test_no_verdict_is_typed(notebook):
    """The words of a verdict stand in outputs, not in the prose."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\b(SUPPORTED|UNDECIDED)\b", cell.source)


def test_execution_is_refused_when_a_cell_fails(tmp_path):
    for source, said in (("1 / 0", "ZeroDivisionError"), ("import sys; print('x', file=sys.stderr)", "wrote to stderr")):
        path = tmp_path / "bad.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
        before = path.read_bytes()
        with pytest.raises(ValueError, match=said):
            publishing.execute(path)
        assert path.read_bytes() == before


def test_executing_twice_gives_the_same_bytes(tmp_path):
    path = tmp_path / "good.ipynb"
    cells = [
        nbformat.v4.new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        nbformat.v4.new_code_cell("object"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    publishing.execute(path)
    once = path.read_bytes()
    publishing.execute(path)
    assert path.read_bytes() == once
