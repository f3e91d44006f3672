"""Siamese training: it moves what it should, leaves the original alone, repeats itself, and refuses what makes no sense."""

import numpy as np
import pytest

import course_utils as cu


@pytest.fixture(scope="module")
def triples():
    return cu.load_data("paraphrases").head(96)


def separation(encoder, triples, pooling):
    """Mean cosine of anchor and positive minus that of anchor and negative."""
    anchor, positive, negative = (cu.embed(triples[c], encoder, pooling) for c in ("anchor", "positive", "negative"))
    return (cu.cosine(anchor, positive) - cu.cosine(anchor, negative)).mean()


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_training_brings_paraphrases_nearer_than_negatives(encoder, triples, pooling):
    before = cu.embed(triples["anchor"], encoder, pooling)
    trained = cu.train_sentence_encoder(encoder, triples, pooling, epochs=10, batch_size=32)
    np.testing.assert_array_equal(cu.embed(triples["anchor"], encoder, pooling), before)
    assert separation(trained.encoder, triples, pooling) > separation(encoder, triples, pooling) + 0.05
    assert trained.seconds > 0
    assert trained.losses[-1] < trained.losses[0]


def test_the_same_seed_gives_the_same_model(encoder, triples):
    one, again, other = (
        cu.train_sentence_encoder(encoder, triples, "mean", epochs=1, batch_size=32, seed=seed).encoder for seed in (0, 0, 1)
    )
    texts = list(triples["anchor"])
    np.testing.assert_allclose(cu.embed(texts, one, "mean"), cu.embed(texts, again, "mean"), atol=1e-6)
    assert not np.allclose(cu.embed(texts, one, "mean"), cu.embed(texts, other, "mean"), atol=1e-4)


def test_bad_calls_are_refused(encoder, triples):
    with pytest.raises(ValueError, match="mean, cls or max"):
        cu.train_sentence_encoder(encoder, triples, "pooler")
    with pytest.raises(ValueError, match="anchor, positive, negative"):
        cu.train_sentence_encoder(encoder, triples.drop(columns="negative"))
    with pytest.raises(ValueError, match="triples must hold"):
        cu.train_sentence_encoder(encoder, triples.head(0))


def test_the_bench_gives_both_loops_the_same_inputs():
    from course_utils.benchmark import VOCABULARY, _Rows, made_up_corpus
    from course_utils.pretraining.batches import IGNORE, BatchMaker, Phase, Plan

    maker = BatchMaker(made_up_corpus(documents=20), Plan((Phase(2, 64, 8),), seed=0, padded_rate=0.0), VOCABULARY)
    rows = _Rows(maker)
    assert len(rows) == 16
    batch = maker[1]
    np.testing.assert_array_equal(np.stack([rows[i]["input_ids"] for i in range(8, 16)]), batch["input_ids"])
    labels = np.stack([rows[i]["labels"] for i in range(8, 16)])
    assert (labels != IGNORE).sum() == (batch["masked_labels"] != IGNORE).sum()
    np.testing.assert_array_equal(labels.ravel()[batch["masked_positions"]], batch["masked_labels"])
