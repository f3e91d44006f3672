"""Trainings: they move what they should, leave the original alone, repeat themselves, and refuse what makes no sense."""

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
    assert (len(trained.losses), trained.every) == (3, 10)
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


def test_a_sentence_transformer_embeds_as_we_do(encoder, triples, tmp_path):
    texts = list(triples["anchor"][:8])
    for pooling in ("cls", "mean"):
        model = cu.as_sentence_transformer(encoder, pooling)
        np.testing.assert_allclose(model.encode(texts), cu.embed(texts, encoder, pooling), atol=1e-5)
        model.save_pretrained(str(tmp_path / pooling))
        loaded = cu.load_encoder(tmp_path / pooling)
        assert loaded.pooling == pooling
        np.testing.assert_allclose(cu.embed(texts, loaded, pooling), cu.embed(texts, encoder, pooling), atol=1e-5)
        assert cu.as_sentence_transformer(loaded)[1].pooling_mode == pooling
    with pytest.raises(ValueError, match="Say how to pool"):
        cu.as_sentence_transformer(encoder)


def test_declared_poolings_of_older_versions_and_others(tmp_path):
    from course_utils.checkpoints import declared_pooling

    assert declared_pooling(tmp_path) is None
    (tmp_path / "modules.json").write_text('[{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]')
    (tmp_path / "1_Pooling").mkdir()
    config = tmp_path / "1_Pooling" / "config.json"
    config.write_text('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false, "word_embedding_dimension": 8}')
    assert declared_pooling(tmp_path) == "cls"
    for text, said in (
        ('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}', r"cls \+ mean"),
        ('{"pooling_mode": "lasttoken"}', "lasttoken"),
    ):
        config.write_text(text)
        with pytest.raises(ValueError, match=said):
            declared_pooling(tmp_path)


def test_mini_sbert_is_what_its_card_says(triples):
    sbert = cu.load_encoder("mini-sbert")
    assert sbert.pooling == "mean"
    assert separation(sbert, triples, "mean") > separation(cu.load_encoder("mini-bert"), triples, "mean") + 0.05


def test_mini_sbert_is_made_by_its_command(tmp_path, triples):
    from course_utils import mini_sbert
    from course_utils.models import verify

    folder = tmp_path / "made"
    mini_sbert.make(folder, triples.head(64))
    verify(folder)
    assert "64 triples" in (folder / "README.md").read_text(encoding="utf-8")
    assert cu.load_encoder(folder).pooling == "mean"
    assert (folder / "model.safetensors").stat().st_size < 12_000_000  # half precision
    assert not list(folder.glob("*.bin"))


# Classification


@pytest.fixture(scope="module")
def reviews():
    frame = cu.load_data("reviews", "train")
    return frame[frame["topic"].isin(["book", "hotel"])].groupby("topic").head(48).sample(frac=1, random_state=0)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_fine_tuning_learns_its_labels(encoder, reviews, pooling):
    texts = list(reviews["text"])
    before = cu.embed(texts, encoder, pooling)
    trained = cu.fine_tune_classifier(encoder, texts, reviews["topic"], pooling=pooling, epochs=12, batch_size=16)
    np.testing.assert_array_equal(cu.embed(texts, encoder, pooling), before)
    assert trained.classes == ("book", "hotel")
    assert (trained.predict(texts) == reviews["topic"].to_numpy()).mean() > 0.9
    assert trained.losses[-1] < trained.losses[0]
    assert trained.encoder.pooling is None
    assert not trained.encoder.model.training


def test_predictions_are_those_of_the_head(encoder, reviews):
    import torch

    texts = list(reviews["text"][:8])
    trained = cu.fine_tune_classifier(encoder, texts, reviews["topic"][:8], max_steps=2, pooling="mean")
    vectors = torch.tensor(cu.embed(texts, trained.encoder, "mean"))
    with torch.inference_mode():
        expected = trained.head.cpu()(vectors).argmax(1).numpy()
    assert trained.predict(texts).tolist() == np.array(trained.classes)[expected].tolist()


def test_watched_vectors_are_those_of_each_step(encoder, reviews):
    texts, labels = list(reviews["text"]), list(reviews["topic"])
    call = {"epochs": 2, "batch_size": 16, "watch": texts[:5]}
    trained = cu.fine_tune_classifier(encoder, texts, labels, watch_at=(0, 3, 12), **call)
    assert {step: vectors.shape for step, vectors in trained.watched.items()} == dict.fromkeys((0, 3, 12), (5, 256))
    np.testing.assert_allclose(trained.watched[0], cu.embed(texts[:5], encoder), atol=1e-5)
    np.testing.assert_allclose(trained.watched[12], cu.embed(texts[:5], trained.encoder), atol=1e-5)
    assert not np.allclose(trained.watched[3], trained.watched[0], atol=1e-3)
    unwatched = cu.fine_tune_classifier(encoder, texts, labels, epochs=2, batch_size=16)
    tuned = cu.embed(texts, trained.encoder)
    np.testing.assert_allclose(cu.embed(texts, unwatched.encoder), tuned, atol=1e-6)  # to look moves nothing
    other = cu.fine_tune_classifier(encoder, texts, labels, epochs=2, batch_size=16, seed=1)
    assert not np.allclose(cu.embed(texts, other.encoder), tuned, atol=1e-3)


def test_bad_classifications_are_refused(encoder):
    with pytest.raises(ValueError, match="One label a text: got 2 texts and 1 labels"):
        cu.fine_tune_classifier(encoder, ["a", "b"], [1])
    with pytest.raises(ValueError, match="at least two labels, got 1"):
        cu.fine_tune_classifier(encoder, ["a", "b"], [1, 1])
    with pytest.raises(ValueError, match="cls or mean"):
        cu.fine_tune_classifier(encoder, ["a", "b"], [1, 2], pooling="max")
    with pytest.raises(ValueError, match="There are 4 steps: step 5"):
        cu.fine_tune_classifier(encoder, ["a", "b"], [1, 2], watch=["a"], watch_at=[0, 5])
    with pytest.raises(TypeError, match="Pass a list of texts"):
        cu.fine_tune_classifier(encoder, "a", [1])


def test_the_bench_gives_both_loops_the_same_inputs():
    from course_utils.benchmarks.pretraining import VOCABULARY, _Rows, made_up_corpus
    from course_utils.pretraining.batches import IGNORE, BatchMaker, Phase, Plan

    maker = BatchMaker(made_up_corpus(documents=20), Plan((Phase(2, 64, 8),), seed=0, padded_rate=0.0), VOCABULARY)
    rows = _Rows(maker)
    assert len(rows) == 16
    batch = maker[1]
    np.testing.assert_array_equal(np.stack([rows[i]["input_ids"] for i in range(8, 16)]), batch["input_ids"])
    labels = np.stack([rows[i]["labels"] for i in range(8, 16)])
    assert (labels != IGNORE).sum() == (batch["masked_labels"] != IGNORE).sum()
    np.testing.assert_array_equal(labels.ravel()[batch["masked_positions"]], batch["masked_labels"])


def test_trainings_are_quiet(encoder, triples, reviews, capfd, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    cu.train_sentence_encoder(encoder, triples.head(8), "mean", epochs=1, batch_size=4)
    cu.fine_tune_classifier(encoder, reviews["text"][:8], reviews["topic"][:8], max_steps=1)
    assert capfd.readouterr() == ("", "")
