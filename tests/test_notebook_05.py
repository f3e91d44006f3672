"""Notebook 05 and what it brings to the core: CKA with its floor, the share of a label, and the figures of transfer."""

from itertools import permutations

import nbformat
import numpy as np
import pytest
from taught import taught

import course_utils as cu
from course_utils.statistics import Interval
from course_utils.workspace import ROOT


@pytest.fixture
def sets():
    """Two sets of vectors of the same 60 texts, which share a part; off centre."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(60, 3))
    a = common @ rng.normal(size=(3, 8)) + rng.normal(size=(60, 8)) + 5
    return a, common @ rng.normal(size=(3, 5)) + rng.normal(size=(60, 5)) - 2


@pytest.fixture
def labelled():
    rng = np.random.default_rng(1)
    labels = np.repeat(["app", "book", "film"], [7, 20, 13])
    vectors = (
        rng.normal(size=(40, 6)) * [1, 1, 1, 2, 3, 9] + 0.7 * rng.normal(size=(3, 6))[np.unique(labels, return_inverse=True)[1]]
    )
    return vectors + 4, labels


# The notebook's function and its twin -----------------------------------------------------------------------------------


def test_taught_label_share_is_ours(labelled):
    function = taught("05", "label_share", np=np)
    assert function(*labelled) == pytest.approx(cu.label_share(*labelled))


def test_label_share_is_the_fit_of_a_regression_on_the_labels(labelled):
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import r2_score

    vectors, labels = labelled
    member = (labels[:, None] == np.unique(labels)).astype(float)
    fitted = LinearRegression(fit_intercept=False).fit(member, vectors).predict(member)
    assert cu.label_share(vectors, labels) == pytest.approx(r2_score(vectors, fitted, multioutput="variance_weighted"))
    assert 0.02 < cu.label_share(vectors, labels) < 0.5


def test_shuffled_labels_explain_what_chance_explains(labelled):
    vectors, labels = labelled
    shares = cu.shuffled_shares(vectors, labels, draws=400)
    assert shares.shape == (400,)
    assert shares.mean() == pytest.approx(2 / 39, abs=0.005)
    assert shares.std() > 0


@pytest.mark.parametrize(
    ("vectors", "labels", "said"),
    [
        ([[1.0], [2.0]], ["a"], "One label a vector"),
        ([1.0, 2.0], ["a", "b"], "vectors of shape"),
        ([[3.0], [3.0]], ["a", "b"], "same"),
    ],
)
def test_labels_that_cannot_be_parted_are_refused(vectors, labels, said):
    for function in (cu.label_share, cu.shuffled_shares):
        with pytest.raises(ValueError, match=said):
            function(vectors, labels)


# CKA --------------------------------------------------------------------------------------------------------------------


def centred(vectors):
    return vectors - vectors.mean(0)


def test_plain_cka_is_the_published_formula(sets):
    """Kornblith et al. 2019, equation of section 3 in features; ours goes over the inner products between texts."""
    a, b = map(centred, sets)
    across = (np.cov(a.T, b.T)[: a.shape[1], a.shape[1] :] ** 2).sum()
    within = [np.linalg.norm(np.cov(v.T)) for v in (a, b)]
    assert cu.linear_cka(*sets, "plain") == pytest.approx(across / np.prod(within))


def u_statistic(k, m):
    """HSIC as an average over all ordered quadruples of different texts (Song et al. 2012, theorem 5), by brute force."""
    quadruples = list(permutations(range(len(k)), 4))
    return np.mean([k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in quadruples])


def test_debiased_cka_is_the_average_over_quadruples(sets):
    a, b = (vectors[:9] for vectors in sets)
    k, m = a @ a.T, b @ b.T
    by_hand = u_statistic(k, m) / np.sqrt(u_statistic(k, k) * u_statistic(m, m))
    assert cu.linear_cka(a, b) == pytest.approx(by_hand)


@pytest.mark.parametrize("estimator", ["debiased", "plain"])
def test_cka_does_not_care_for_axes_scale_and_origin(sets, estimator):
    a, b = sets
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(8, 8)))[0]
    value = cu.linear_cka(a, b, estimator)
    assert 0.1 < value < 0.95
    assert cu.linear_cka(7 * a @ rotation - 3, b, estimator) == pytest.approx(value)
    assert cu.linear_cka(b, a, estimator) == pytest.approx(value)
    assert cu.linear_cka(a, a @ rotation, estimator) == pytest.approx(1)


def test_the_plain_estimate_has_a_floor_and_the_debiased_one_has_none():
    a, b = np.random.default_rng(0).normal(size=(2, 500, 64))
    plain, debiased = (cu.linear_cka(a, b, estimator) for estimator in ("plain", "debiased"))
    assert plain == pytest.approx(64 / (500 + 64), abs=0.01)  # what independent vectors give: about dim / (n + dim)
    assert abs(debiased) < 0.01
    for estimator, value in (("plain", plain), ("debiased", debiased)):
        floor = cu.cka_floor(a, b, estimator, draws=5)
        assert floor.shape == (5,)
        assert floor.mean() == pytest.approx(value, abs=0.01)


def test_the_floor_is_that_of_the_vectors_at_hand(sets):
    """Vectors that share everything lose it when the texts of one side change places."""
    a, _ = sets
    assert cu.linear_cka(a, a) == pytest.approx(1)
    assert cu.cka_floor(a, a, draws=20).max() < 0.2
    order = np.random.default_rng(0).permutation(len(a))
    assert cu.cka_floor(a, a, draws=1, seed=0)[0] == pytest.approx(cu.linear_cka(a, a[order]))


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (np.ones((9, 2)), np.arange(18.0).reshape(9, 2), "vectors of a are the same"),
        (np.full((9, 2), 0.1), np.arange(18.0).reshape(9, 2), "vectors of a are the same"),
        (np.arange(9.0), np.arange(9.0), "vectors"),
        (np.eye(5), np.eye(6), "vectors"),
        (np.eye(3), np.eye(3), "at least 4"),
        (np.eye(5), np.full((5, 5), np.nan), "b holds NaN"),
    ],
)
def test_sets_that_cannot_be_aligned_are_refused(a, b, said):
    for function in (cu.linear_cka, cu.cka_floor):
        with pytest.raises(ValueError, match=said):
            function(a, b)


def test_bad_options_are_refused(sets):
    with pytest.raises(ValueError, match="debiased, plain"):
        cu.linear_cka(*sets, "unbiased")
    with pytest.raises(ValueError, match="at least 1"):
        cu.cka_floor(*sets, draws=0)


def test_cls_at_the_embedding_layer_has_nothing_to_align(encoder):
    vectors = cu.embed(["Tea?", "Soup.", "Who moved the ladder?", "The ferry leaves at dawn."], encoder, "cls", layer=0)
    with pytest.raises(ValueError, match="nothing to align"):
        cu.linear_cka(vectors, vectors)


# What the notebook holds ------------------------------------------------------------------------------------------------


def printed():
    (path,) = (ROOT / "notebooks").glob("05_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    outputs = (output for cell in cells if cell.cell_type == "code" for output in cell.outputs)
    return "".join(output.get("text", "") for output in outputs)


def test_the_live_training_was_the_shipped_one():
    assert "live and shipped, seed 0, within 0.05: True" in printed()


def test_the_seeds_in_the_notebook_are_those_shipped():
    accuracies = cu.replications().of("sentiment", "cls")["sentiment"].mean(1)
    assert "accuracy of each seed: " + " ".join(f"{accuracy:.2f}" for accuracy in accuracies) in printed()


# Figures ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def plots():
    import matplotlib

    matplotlib.use("Agg")
    yield cu.plots
    import matplotlib.pyplot as plt

    plt.close("all")


def test_the_matrix_marks_its_diagonal_and_writes_every_cell(plots):
    reads, trainings = ("sentiment", "topic", "similarity"), ("sentiment", "topic")
    levels, changes = {read: {} for read in reads}, {read: {} for read in reads}
    for i, read in enumerate(reads):
        for j, pooling in enumerate(("cls", "mean")):
            levels[read]["not tuned", pooling] = Interval(0.5, 0.4, 0.6), []
            for k, training in enumerate(trainings):
                gain = (1 + i + 3 * j + 6 * k) / 100
                levels[read][training, pooling] = Interval(0.5 + gain, 0.4, 0.7), [0.5, 0.6]
                changes[read][training, pooling] = Interval(gain, 0, 0.2), [0.0, 0.1]
    figure = plots.transfer_matrix(levels, changes, dict.fromkeys(reads, "unit"), dict.fromkeys(reads, 0.55), "title")
    written = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert sorted(text for text in written if text.startswith("+")) == [f"+0.{n:02d}" for n in range(1, 13)]
    shaded = [len(axis.patches) for axis in figure.axes]
    assert shaded == [1, 1, 0, 1, 1, 0]


def test_a_label_keeps_its_mark_and_its_centre_is_that_of_all_texts(plots):
    rng = np.random.default_rng(0)
    places, labels = rng.normal(size=(1000, 2)), rng.choice(["negative", "positive"], 1000)
    figure = plots.projections({"one": (places, labels), "two": (places[:50], labels[:50])}, "title", ("x", "y"))
    small = sum(len(line.get_xdata()) for line in figure.axes[0].lines if line.get_markersize() < 5)
    assert small == 270
    (centre,) = [line for line in figure.axes[0].lines if line.get_markersize() > 5 and line.get_marker() == "^"]
    np.testing.assert_allclose(np.ravel(centre.get_xydata()), places[labels == "positive"].mean(0))
    with pytest.raises(ValueError, match="3 labels"):
        plots.projections({"bad": (np.zeros((2, 2)), ["a", "b", "c"])}, "title", ("x", "y"))


def test_blocks_are_parted_where_the_label_changes(plots):
    labels = ["a"] * 3 + ["b"] * 5
    figure = plots.similarity_blocks({"letter": ({"before": np.eye(8), "after": np.eye(8)}, labels)}, "title")
    axis = figure.axes[0]
    assert {line.get_ydata()[0] for line in axis.lines if line.get_ydata()[0] == line.get_ydata()[1]} == {2.5}
    assert [text.get_text() for text in axis.get_xticklabels()] == ["a", "b"]


def test_as_many_values_as_tokens(plots):
    figure = plots.attention_and_effect(["tea", "or", "coffee"], [0.5, 0.2, 0.3], [1, 2, 3], "title", ("left", "right"))
    assert [len(axis.patches) for axis in figure.axes] == [3, 3]
    with pytest.raises(ValueError, match="not as many"):
        plots.attention_and_effect(["tea"], [0.5, 0.2], [1.0], "title", ("left", "right"))
