"""The two-page summary says what the notebooks hold, and its code is right."""

import json
import re

import numpy as np
import pytest

from course_utils import ledgers, summary

NOTEBOOKS = ledgers.find_notebooks()


@pytest.fixture(scope="module")
def page():
    return summary.PAGE.read_text("utf-8")


def lines_of(page, name):
    inside = page.split(summary.BEGIN.format(name))[1].split(summary.END.format(name))[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in inside.strip().splitlines()]


def test_the_tables_are_those_of_the_notebooks(page):
    assert summary.written(page) == page, "stale: run python -m course_utils.summary"


def test_every_verdict_is_that_of_its_notebook(page):
    held = {}
    for path in NOTEBOOKS.glob("*.ipynb"):
        for row in ledgers.read_ledger(path):
            wavers = not row["again"].startswith(f"{row['verdict']} in")
            measured = row["measured"].replace(", alone", "; alone") + (f"; {row['again']}" if wavers else "")
            held[path.name[:2], row["claim"]] = measured, row["verdict"]
    rows = [row for row in lines_of(page, "verdicts")[2:] if row[-1]]
    claims = [row for row in rows if not row[0].startswith("**")]
    assert len(claims) > 30
    for claim, measured, verdict, notebook in claims:
        assert (measured, verdict) == held[notebook, claim]
    for number, statement in enumerate(ledgers.THESIS, 1):
        assert f"**{number}  {statement.text}**" in page


def test_the_figures_have_intervals_and_the_highest_of_each_task_is_bold(page):
    head, _, *rows = lines_of(page, "figures")
    assert len(head) == 1 + len(summary.TASKS)
    systems = {row[0]: row[1:] for row in rows}
    chance = systems.pop("random vectors")
    values = np.array([[float(re.search(r"-?\d+\.\d+", cell).group()) for cell in row] for row in systems.values()])
    bold = np.array([[cell.startswith("**") for cell in row] for row in systems.values()])
    assert (bold.sum(0) == 1).all()
    assert (values.T[bold.T] == values.max(0)).all()
    assert all(re.search(r"\[-?\d\.\d\d, -?\d\.\d\d\]", cell) for row in systems.values() for cell in row)
    duplicates = list(summary.TASKS).index("duplicates")
    assert values[:, duplicates].max() < float(chance[duplicates])  # as the text above the table says


def test_the_guide_is_the_last_notebooks(page):
    cells = json.loads(next(NOTEBOOKS.glob("07_*.ipynb")).read_text("utf-8"))["cells"]
    (guide,) = ["".join(cell["source"]) for cell in cells if summary.GUIDE in "".join(cell["source"])]
    here = guide[guide.index(summary.GUIDE) :].splitlines()
    assert [row[:4] for row in lines_of(page, "guide")[2:]] == [line.strip("| ").split(" | ")[:4] for line in here[2:]]
    assert "here section" not in page


def test_the_code_to_take_home_gives_mean_and_cls(page):
    import torch

    import course_utils as cu

    encoder = cu.load_encoder("mini-bert")
    texts = ["Tea or coffee?", "The ferry to the island leaves at dawn, but not on Sundays."]
    names = {"tokenizer": encoder.tokenizer, "model": encoder.model.to("cpu"), "texts": texts, "torch": torch}
    exec(re.search(r"```python\n(.*?)```", page, re.S).group(1), names)
    for pooling in ("mean", "cls"):
        assert np.allclose(names[pooling].numpy(), cu.embed(texts, encoder, pooling), atol=1e-5)


def test_the_page_to_print_is_whole(page):
    text = summary.as_html(page)
    assert text.count("<table id=") == len(summary.TABLES)
    assert text.count('<div class="break">') == 1
    assert "size: A4" in text
    assert text.count('colspan="4"') == len(ledgers.THESIS)
    assert "<title>[CLS] on two pages</title>" in text
    assert not re.search(r"(src|href)=", text)


@pytest.mark.parametrize("broken", ["", summary.BEGIN.format("verdicts"), summary.END.format("verdicts")])
def test_a_page_without_its_marker_lines_is_refused(broken):
    with pytest.raises(ValueError, match="The page needs the lines <!-- verdicts"):
        summary.written(broken)


def test_a_table_that_is_not_stored_is_said():
    table = "<table><tr><th></th><th>a &lt; b</th></tr><tr><th>x</th><td>1</td></tr></table>"
    cell = {"cell_type": "code", "source": ["table"], "outputs": [{"data": {"text/html": table}}]}
    assert summary.stored_table([cell], "table") == (["a < b"], [["x", "1"]])
    with pytest.raises(ValueError, match="run notebook 07"):
        summary.stored_table([{**cell, "outputs": []}], "table")
