"""Notebook 07: its functions and their twins, the ledger of the course, its figures."""

import json

import matplotlib
import numpy as np
import pandas as pd
import pytest
from taught import taught

import course_utils as cu
from course_utils import ledgers
from course_utils.ledgers import THESIS, Statement
from course_utils.plots import choosing
from course_utils.statistics import Interval

matplotlib.use("Agg")

# The notebook's functions and their twins -------------------------------------------------------------------------------


def test_taught_ranking_figures_are_ours():
    rank, recall = taught("07", "reciprocal_rank"), taught("07", "recall_at")
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = [f"p{i}" for i in rng.permutation(12)[:8]]
        right = {f"p{i}" for i in rng.integers(0, 12, 3)}
        assert rank(found, right) == cu.reciprocal_rank(found, right)
        assert recall(found, right, 3) == cu.recall_at(found, right, 3)


def test_taught_threshold_is_ours():
    function = taught("07", "choose_threshold", cu=cu)
    rng = np.random.default_rng(0)
    for _ in range(10):
        duplicate = rng.random(40) < 0.3
        duplicate[0] = True
        cosines = np.round(rng.normal(size=40) + duplicate, 1)
        assert function(cosines, duplicate) == cu.choose_threshold(cosines, duplicate)


def test_what_the_exercise_says_of_a_cluster_for_every_review():
    from sklearn.metrics import homogeneity_completeness_v_measure

    topics = cu.load_data("reviews", "test")["topic"]
    homogeneity, completeness, v = homogeneity_completeness_v_measure(topics, range(len(topics)))
    assert (f"{homogeneity:.2f}", f"{completeness:.2f}", f"{v:.2f}", len(topics)) == ("1.00", "0.28", "0.44", 540)


# The ledger of the course -----------------------------------------------------------------------------------------------


def write_notebook(folder, name, rows, run=True):
    html = cu.ledger([("who", cu.judge_fact(claim, holds, "so & so")) for claim, holds in rows]).to_html()
    outputs = [{"output_type": "execute_result", "data": {"text/html": html.splitlines(keepends=True)}}] if run else []
    cells = [
        {"cell_type": "markdown", "source": ["cu.ledger("]},
        {"cell_type": "code", "source": ["cu.ledger([])"], "outputs": outputs},
        {"cell_type": "code", "source": ["1"], "outputs": [{"output_type": "stream", "text": ["x"]}]},
    ]
    (folder / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")


def test_every_claim_of_the_thesis_is_in_the_notebooks():
    table = cu.course_ledger()
    assert table["verdict"].isin(["supported", "not supported", "undecided"]).all(), table[table["verdict"] == "not found"]
    assert len(THESIS) == 6
    assert set(table["statement"]) == {1, 2, 3, 4, 5}  # the sixth is for the notebook that asks
    assert set(table["notebook"]) >= {"02", "03", "04", "05", "06"}


def test_the_ledgers_are_read_from_the_outputs(tmp_path):
    write_notebook(tmp_path, "00_start.ipynb", [("a < b & c", True)])
    write_notebook(tmp_path, "01_next.ipynb", [("one", False), ("two", True)])
    write_notebook(tmp_path, "02_last.ipynb", [("never", True)], run=False)
    statements = [
        Statement("First", (("00", "a < b & c"), ("01", "one"))),
        Statement("Second", (("02", "never"), ("03", "not there"))),
    ]
    here = [cu.judge("mine", Interval(0.2, 0.1, 0.3))]
    table = cu.course_ledger(tmp_path, statements, here)
    assert table.values.tolist() == [
        [1, "00", "a < b & c", "so & so", "", "supported"],
        [1, "01", "one", "so & so", "", "not supported"],
        [2, "02", "never", "", "", "not found"],
        [2, "03", "not there", "", "", "not found"],
        [2, "07", "mine", "+0.20 [+0.10, +0.30]", "", "supported"],
    ]
    counts = ledgers.count_verdicts(tmp_path)
    assert counts.values.tolist() == [["00_start", 1, 1, 0, 0], ["01_next", 2, 1, 1, 0], ["02_last", 0, 0, 0, 0]]


def test_counts_are_those_of_the_stored_tables():
    counts = ledgers.count_verdicts().set_index("notebook")
    assert (counts["claims"] == counts[["supported", "not supported", "undecided"]].sum(axis=1)).all()
    assert (counts["claims"] > 0).all()


def test_without_notebooks_one_sentence_says_so(tmp_path):
    for call in (cu.course_ledger, ledgers.count_verdicts):
        with pytest.raises(ValueError, match="notebooks are not there"):
            call(tmp_path)
    (tmp_path / "00_bad.ipynb").write_text("{")
    with pytest.raises(ValueError, match="cannot be read as a notebook"):
        cu.course_ledger(tmp_path)


# Figures ----------------------------------------------------------------------------------------------------------------


def test_clusters_are_ordered_to_fit_the_topics():
    table = np.array([[1, 9, 2, 0], [8, 1, 1, 3], [0, 2, 7, 4]])
    np.testing.assert_array_equal(choosing.match_clusters(table), table[:, [1, 0, 2, 3]])


def test_the_highest_of_each_task_is_shaded():
    row = {"TF-IDF": Interval(0.3, 0.2, 0.4), "raw mean": Interval(0.5, 0.4, 0.6), "raw [CLS]": Interval(0.1, 0.0, 0.2)}
    figure = cu.plots.systems_by_tasks({"search": row}, {"search": 0.05}, {"search": "search, MRR"}, "title")
    axis = figure.axes[0]
    shaded = [patch for patch in axis.patches if patch.get_height() == pytest.approx(0.9)]
    assert [patch.get_y() + 0.45 for patch in shaded] == [1]
    assert [label.get_text() for label in axis.get_yticklabels()] == list(row)


def test_extrapolation_is_in_proportion_and_dashed():
    times = pd.DataFrame(
        {"size": [100, 1000], "embedding": [1.0, 8.0], "building": [0.1, 2.0], "exact": 0.1, "approximate": 0.1}
    )
    figure = cu.plots.collection_times(times, [10_000], "title")
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_ydata().tolist() for line in dashed] == [[8.0, 80.0], [2.0, 20.0]]
    assert cu.extrapolate(times["size"], times["embedding"], 10_000) == 80.0


def test_padding_boxes_say_the_share_that_is_drawn():
    lengths = [2, 8, 2, 8, 100]
    figure = cu.plots.padding_boxes(lengths, 2, "title", batches=2)
    titles = [axis.get_title(loc="left") or axis.get_title() for axis in figure.axes]  # the style puts them to the left
    assert titles == ["in file order: 38% padding", "sorted by length: 0% padding"]
    assert f"{cu.padding_share(lengths[:4], 2):.0%}" == "38%"


def test_every_verdict_of_the_thesis_is_written_out():
    table = cu.course_ledger(statements=[Statement("First", (("00", "no such claim"),))])
    figure = cu.plots.thesis_verdicts(table, ["First"], "title")
    written = [text.get_text() for text in figure.axes[0].texts]
    assert {"1  First", "not found", "00"} <= set(written)
    assert "supported" not in written  # the legend names what occurs
