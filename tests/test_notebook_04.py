"""Notebook 04 and what it brings to the core: poolings by weight, corrections, many comparisons at once."""

import numpy as np
import pytest
from taught import taught

import course_utils as cu

TEXTS = ["The ferry leaves at dawn.", "Soup.", "Who moved the ladder, and why did nobody say so?", ""]


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) + 3 * rng.normal(size=6)


# The notebook's function and its twin -----------------------------------------------------------------------------------


def test_taught_masked_mean_is_ours():
    import torch

    function = taught("04", "masked_mean")
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(4, 6, 4, generator=generator)
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0] * 6])
    assert torch.equal(function(hidden, mask), cu.masked_mean(hidden, mask))
    assert torch.equal(function(hidden, mask)[3], torch.zeros(4))
    by_hand = torch.stack([hidden[0].mean(0), hidden[1, :2].mean(0), hidden[2, 0]])
    torch.testing.assert_close(function(hidden, mask)[:3], by_hand)


def test_with_a_mask_a_position_does_not_depend_on_how_much_padding_follows(encoder):
    """What section 2 builds on: a run at 64 tokens holds the runs at all shorter lengths."""
    import torch

    def states(length):
        batch = encoder.tokenizer(TEXTS[:3], padding="max_length", max_length=length, return_tensors="pt")
        with torch.inference_mode():
            return encoder.model(**batch).last_hidden_state

    torch.testing.assert_close(states(64)[:, :24], states(24), atol=1e-4, rtol=1e-4)


# Weighted means ---------------------------------------------------------------------------------------------------------


def test_weights_of_one_are_the_mean_and_weight_zero_leaves_tokens_out(encoder):
    ones = np.ones(len(encoder.tokenizer))
    plain = ones.copy()
    plain[[encoder.tokenizer.cls_token_id, encoder.tokenizer.sep_token_id]] = 0
    for layer in (0, -1):
        found = cu.embed_weighted(TEXTS, encoder, {"mean": ones, "plain": plain}, layer=layer)
        np.testing.assert_allclose(found["mean"], cu.embed(TEXTS, encoder, pooling="mean", layer=layer), atol=1e-5)
        assert (found["plain"][3] == 0).all()  # the empty text has special tokens only

    import torch

    batch = encoder.tokenizer(TEXTS[:1], return_tensors="pt")
    with torch.inference_mode():
        hidden = encoder.model(**batch).last_hidden_state[0]
    np.testing.assert_allclose(found["plain"][0], hidden[1:-1].mean(0).numpy(), atol=1e-5)


def test_idf_is_scikit_learns(encoder):
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [*cu.load_data("sts", split="dev")["sentence1"]][:60]
    vectorizer = TfidfVectorizer(analyzer=lambda text: encoder.tokenizer.tokenize(text)).fit(texts)
    ours = cu.token_idf(texts, encoder)
    ids = encoder.tokenizer.convert_tokens_to_ids([*vectorizer.get_feature_names_out()])
    np.testing.assert_allclose(ours[ids], vectorizer.idf_, rtol=1e-6)
    assert ours[encoder.tokenizer.cls_token_id] == ours[encoder.tokenizer.pad_token_id] == 0
    assert ours[encoder.tokenizer.unk_token_id] > 0  # a word that is unknown is a word


@pytest.mark.parametrize(
    ("weights", "said"),
    [(np.ones(7), "one weight for each"), (None, "not negative"), ("nan", "finite")],
)
def test_bad_weights_are_refused(encoder, weights, said):
    if weights is None:
        weights = -np.ones(len(encoder.tokenizer))
    elif isinstance(weights, str):
        weights = np.full(len(encoder.tokenizer), np.nan)
    with pytest.raises(ValueError, match=said):
        cu.embed_weighted(TEXTS, encoder, {"w": weights})


def test_idf_needs_a_list_of_texts(encoder):
    with pytest.raises(TypeError, match="list of texts"):
        cu.token_idf("one text", encoder)
    with pytest.raises(ValueError, match="at least one text"):
        cu.token_idf([], encoder)


# Corrections ------------------------------------------------------------------------------------------------------------


def test_zscoring_is_scikit_learns(vectors):
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(vectors[:300])
    np.testing.assert_allclose(cu.fit_zscoring(vectors[:300]).apply(vectors[300:]), scaler.transform(vectors[300:]))


@pytest.mark.parametrize("dimensions", [None, 3])
def test_whitening_is_scikit_learns_up_to_sign(vectors, dimensions):
    from sklearn.decomposition import PCA

    theirs = PCA(dimensions, whiten=True, svd_solver="full").fit(vectors[:300]).transform(vectors[300:])
    ours = cu.fit_whitening(vectors[:300], dimensions).apply(vectors[300:])
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-6)
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-6)


def test_corrections_learn_from_the_fitting_set_only(vectors):
    for fit in (cu.fit_centring, cu.fit_zscoring, cu.fit_whitening):
        fitted = fit(vectors[:300])
        np.testing.assert_allclose(fitted.apply(vectors[300:310]), fitted.apply(vectors[300:])[:10])
        np.testing.assert_allclose(fitted.apply(vectors[:300]).mean(0), 0, atol=1e-9)
        assert fitted.fitted_on == 300


def test_whitening_leaves_out_what_does_not_vary(vectors):
    tied = np.c_[vectors, vectors.sum(1)]  # 7 dimensions that span 6
    assert cu.fit_whitening(tied).matrix.shape == (7, 6)
    assert cu.fit_whitening(vectors[:4]).matrix.shape == (6, 3)  # 4 vectors span 3 directions
    with pytest.raises(ValueError, match="from 1 to 6, not 7"):
        cu.fit_whitening(tied, 7)
    constant = np.c_[vectors, np.full(len(vectors), 2.5)]
    assert (cu.fit_zscoring(constant).apply(constant)[:, -1] == 0).all()


@pytest.mark.parametrize(
    ("bad", "said"),
    [([1.0, 2.0], "shape"), ([[1.0, 2.0]], "at least 2"), ([[1.0, np.nan], [0.0, 1.0]], "NaN")],
)
def test_bad_vectors_are_refused(bad, said):
    for fit in (cu.fit_centring, cu.fit_zscoring, cu.fit_whitening):
        with pytest.raises(ValueError, match=said):
            fit(bad)


def test_applied_to_other_dimensions_is_refused(vectors):
    with pytest.raises(ValueError, match="Fitted on vectors of 6 dimensions, got vectors of 5"):
        cu.fit_centring(vectors).apply(vectors[:, :5])


# Many comparisons -------------------------------------------------------------------------------------------------------


def pairs(seed=0, n=150):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 11, n) / 2  # many ties, as in the data
    scores = {name: gold + noise * rng.normal(size=n) for name, noise in (("good", 1), ("fair", 3), ("poor", 9))}
    return {**scores, "tied": np.round(scores["fair"])}, gold


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_differences_are_those_taken_one_by_one(level):
    scores, gold = pairs()
    together = cu.spearman_differences(scores, "fair", gold, resamples=600, level=level, seed=3)
    assert [*together] == ["good", "poor", "tied"]
    for label, found in together.items():
        alone = cu.spearman_difference(scores[label], scores["fair"], gold, resamples=600, level=level, seed=3)
        assert found.level == level
        np.testing.assert_allclose([found.value, found.low, found.high], [alone.value, alone.low, alone.high], atol=1e-12)


def test_intervals_are_those_taken_one_by_one():
    scores, gold = pairs(1)
    for label, found in cu.spearman_intervals(scores, gold, resamples=300).items():
        alone = cu.spearman_interval(scores[label], gold, resamples=300)
        np.testing.assert_allclose([found.value, found.low, found.high], [alone.value, alone.low, alone.high], atol=1e-12)


def test_bad_comparisons_are_refused():
    scores, gold = pairs()
    for said, call in {
        "not among the systems": lambda: cu.spearman_differences(scores, "best", gold),
        "level must lie": lambda: cu.spearman_differences(scores, "fair", gold, level=95),
        "constant": lambda: cu.spearman_intervals({"flat": np.ones(len(gold))}, gold),
        "one a pair": lambda: cu.spearman_intervals({"short": gold[:-1]}, gold),
    }.items():
        with pytest.raises(ValueError, match=said):
            call()


# Figures ----------------------------------------------------------------------------------------------------------------


def test_the_picture_of_the_mean_shows_the_mean():
    import matplotlib

    matplotlib.use("Agg")
    figure = cu.plots.masked_mean_picture(["a", "b", "[PAD]"], [1, 1, 0], [[1.0, 3.0], [2.0, 5.0], [90.0, 90.0]], "title")
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written[-2:] == ["1.5", "4.0"]
    assert written.count("1/2") == 2
    with pytest.raises(ValueError, match="as many"):
        cu.plots.masked_mean_picture(["a"], [1, 1], [[1.0], [2.0]], "title")
