"""Notebook 06 and what it brings to the core: costs, the contrastive loss, alignment and uniformity, its figures."""

import numpy as np
import pytest
from taught import taught

import course_utils as cu
from course_utils import costs

TEXTS = ["The ferry leaves at dawn.", "Soup.", "Who moved the ladder, and why did nobody say so?", "Tea or coffee?"]


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    return rng.normal(size=(700, 5)) * rng.uniform(0.2, 4, size=(700, 1)) + 0.5


# The notebook's functions and their twins -------------------------------------------------------------------------------


def test_taught_costs_are_ours():
    function = taught("06", "comparison_costs")
    for lengths, extra in (([5, 7, 6], -1), ([9, 4], 0), ([3] * 50, -2)):
        assert function(lengths, extra) == cu.comparison_costs(lengths, extra)


def test_taught_loss_is_ours():
    import torch

    function = taught("06", "in_batch_loss", torch=torch)
    anchors, candidates = torch.randn(4, 6, generator=torch.Generator().manual_seed(0)), torch.eye(8, 6)
    for scale in (1.0, 20.0):
        assert torch.equal(function(anchors, candidates, scale), cu.in_batch_loss(anchors, candidates, scale))
    assert torch.equal(function(anchors, candidates), cu.in_batch_loss(anchors, candidates))


def test_taught_alignment_is_ours(vectors):
    function = taught("06", "alignment", np=np)
    a, b = vectors[:50], vectors[50:100]
    assert function(a, b) == pytest.approx(cu.alignment(a, b), abs=1e-12)
    assert cu.alignment(a, b) == pytest.approx((2 - 2 * cu.cosine(a, b)).mean(), abs=1e-12)


# Costs ------------------------------------------------------------------------------------------------------------------


def test_counted_tokens_are_the_tokenizers(encoder):
    lengths = [len(ids) for ids in encoder.tokenizer(TEXTS)["input_ids"]]
    pairs = [(a, b) for i, a in enumerate(TEXTS) for b in TEXTS[i + 1 :]]
    joined = encoder.tokenizer([a for a, _ in pairs], [b for _, b in pairs])["input_ids"]
    counted = cu.comparison_costs(lengths)
    assert counted == {"bi-encoder": (4, sum(lengths)), "cross-encoder": (6, sum(map(len, joined)))}


def test_the_classical_example_counts_fifty_million():
    passes, _ = cu.comparison_costs([20] * 10_000)["cross-encoder"]
    assert passes == 49_995_000


def test_both_ways_run_every_text_once_and_every_pair_once(encoder, monkeypatch):
    rows = []
    forward = encoder.model.forward

    def counting(input_ids, **rest):
        masks = rest["attention_mask"]
        rows.extend(encoder.tokenizer.decode(ids[mask == 1]) for ids, mask in zip(input_ids, masks, strict=True))
        return forward(input_ids=input_ids, **rest)

    monkeypatch.setattr(encoder.model, "forward", counting)
    monkeypatch.setattr(costs, "ENOUGH", 1e9)
    seconds = cu.time_comparisons(TEXTS, encoder, [3])
    run = rows[2:]  # the first two warm up
    assert len(run) == 3 * 6  # each three times: the fastest counts
    assert sorted(seconds) == ["bi-encoder", "cross-encoder"]
    assert all(value > 0 for value in seconds["cross-encoder"].values())
    expected = [*encoder.tokenizer(TEXTS[:3])["input_ids"]]
    expected += [encoder.tokenizer(TEXTS[i], TEXTS[j])["input_ids"] for i, j in ((0, 1), (0, 2), (1, 2))]
    assert sorted(run) == sorted(3 * [encoder.tokenizer.decode(ids) for ids in expected])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda encoder: cu.comparison_costs([7]), "at least two texts"),
        (lambda encoder: cu.time_comparisons(TEXTS, encoder, [5]), "from 2 to 4"),
        (lambda encoder: cu.time_comparisons(TEXTS, encoder, [1]), "from 2 to 4"),
    ],
)
def test_too_few_texts_are_refused(encoder, call, said):
    with pytest.raises(ValueError, match=said):
        call(encoder)


# The loss ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_the_loss_is_the_librarys(encoder, scale):
    import torch
    from sentence_transformers.sentence_transformer import losses

    batch = cu.load_data("paraphrases").head(5)
    columns = [list(batch[column]) for column in ("anchor", "positive", "negative")]
    library = losses.MultipleNegativesRankingLoss(cu.as_sentence_transformer(encoder, "mean"), scale=scale)
    features = [encoder.tokenizer(texts, padding=True, return_tensors="pt") for texts in columns]
    with torch.inference_mode():
        theirs = library(features, labels=None).item()
    anchors, positives, negatives = (torch.from_numpy(cu.embed(texts, encoder, "mean")) for texts in columns)
    ours = cu.in_batch_loss(anchors, torch.cat([positives, negatives]), scale).item()
    assert ours == pytest.approx(theirs, abs=1e-4)


# Geometry ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [1.0, 2.0])
def test_uniformity_is_that_of_all_pairs(vectors, t):
    """Against scipy's distances; 700 rows are more than one block."""
    from scipy.spatial.distance import pdist

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert cu.uniformity(vectors, t) == pytest.approx(np.log(np.exp(-t * pdist(unit) ** 2).mean()), abs=1e-9)


def test_the_ends_of_the_scales(vectors):
    assert cu.alignment(vectors, 3 * vectors) == pytest.approx(0, abs=1e-12)
    assert cu.alignment(vectors, -vectors) == pytest.approx(4)
    assert cu.uniformity(np.ones((3, 4))) == pytest.approx(0, abs=1e-12)


def test_alignment_is_the_metric_of_the_scores(encoder):
    sts = cu.load_data("sts")
    chosen = ((sts["split"] == "test") & (sts["score"] >= 4)).to_numpy()
    first, second = (np.random.default_rng(seed).normal(size=(len(sts), 8)) for seed in (1, 2))
    metric = cu.score("alignment", {"sts": cu.cosine(first, second)}, resamples=2)
    assert metric.value == pytest.approx(cu.alignment(first[chosen], second[chosen]), abs=1e-9)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cu.alignment([[1.0, 0.0]], [[1.0, 0.0, 0.0]]), "one shape"),
        (lambda: cu.alignment([[0.0, 0.0]], [[1.0, 0.0]]), "no direction"),
        (lambda: cu.alignment(np.zeros((0, 2)), np.zeros((0, 2))), "no vectors"),
        (lambda: cu.uniformity([[1.0, 2.0]]), "at least two"),
        (lambda: cu.uniformity([[1.0, np.nan], [0.0, 1.0]]), "NaN"),
        (lambda: cu.uniformity([1.0, 2.0]), "shape"),
    ],
)
def test_bad_vectors_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# Figures ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def draw():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield cu.plots
    plt.close("all")


def test_times_are_extrapolated_with_n_and_with_its_square(draw):
    figure = draw.comparison_times({"bi-encoder": {10: 1.0}, "cross-encoder": {10: 9.0}}, {"65 hours": 234000.0}, "title", 1000)
    ends = {line.get_xydata()[-1][1] for line in figure.axes[0].lines if line.get_linestyle() == ":"}
    assert sorted(ends) == pytest.approx([100.0, 9 * 1000 * 999 / 90])


def test_the_matrix_carries_its_numbers(draw):
    cosines = np.arange(8).reshape(2, 4) / 10
    figure = draw.batch_matrix({"before": cosines, "after": -cosines}, "title")
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written[:8] == [f"{value:.2f}" for value in cosines.ravel()]
    assert len(figure.axes) == 2


def test_kinds_stand_in_the_order_of_their_scores(draw):
    figure = draw.strata_shift({"mean": {"low": (0.6, 0.2), "high": (0.8, 0.9)}}, {"low": 0.0, "high": 4.5}, "title")
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["high  (4.5)", "low  (0.0)"]
    filled = {line.get_ydata()[0]: line.get_xdata()[0] for line in axis.lines if line.get_markerfacecolor() == cu.plots.MEAN}
    assert filled[0] == pytest.approx(1 - 0.9)
    assert filled[1] == pytest.approx(1 - 0.2)


def test_only_the_pooling_it_was_trained_with_is_filled(draw):
    found = cu.Interval(0.5, 0.4, 0.6), [0.5, 0.55]
    figure = draw.trained_and_read({"[CLS]": {"[CLS]": found, "mean": found}}, "title")
    markers = [line for line in figure.axes[0].lines if line.get_markersize() == 8]
    assert [line.get_markerfacecolor() for line in markers] == [cu.plots.CLS, cu.plots.style.PAPER]
