"""Every kind of encoder that is said to load does, with the vectors that its own library gives."""

import numpy as np
import pytest
import tiny

import course_utils as cu
from course_utils import checkpoints

TEXTS = ["the old miller", "tea or coffee", "it is"]


@pytest.mark.parametrize("kind", checkpoints.SUPPORTED)
def test_each_kind_gives_the_vectors_of_its_own_library(kind, tmp_path):
    import torch
    from transformers import AutoModel

    folder = tiny.save(tmp_path, kind)
    encoder = cu.load_encoder(folder, device="cpu")
    batch = encoder.tokenizer(TEXTS, padding=True, return_tensors="pt")
    inputs = {key: batch[key] for key in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    assert np.allclose(cu.embed(TEXTS, encoder, "cls"), hidden[:, 0], atol=1e-5)
    assert np.allclose(cu.embed(TEXTS, encoder, "mean"), (hidden * mask).sum(1) / mask.sum(1), atol=1e-5)
    assert cu.embed(TEXTS, encoder, "mean", layer=0).shape == (3, 16)
    assert (encoder.layers, encoder.dimension) == (2, 16)
    with pytest.warns(UserWarning, match="1 of 1 texts were longer"):
        assert cu.embed(["tea " * 200], encoder, "cls").shape == (1, 16)


@pytest.mark.parametrize("kind", checkpoints.SUPPORTED)
def test_an_untrained_control_of_each_kind(kind, tmp_path):
    encoder = cu.load_encoder("untrained", like=cu.load_encoder(tiny.save(tmp_path, kind), device="cpu"))
    assert np.isfinite(cu.embed(TEXTS, encoder, "mean")).all()


def test_the_pooler_is_there_only_if_it_was_trained(tmp_path):
    with_pooler = cu.load_encoder(tiny.save(tmp_path / "a", "bert", heads=True), device="cpu")
    assert cu.embed(TEXTS, with_pooler, "pooler").shape == (3, 16)
    for kind in ("roberta", "distilbert"):
        without = cu.load_encoder(tiny.save(tmp_path / kind, kind, heads=True), device="cpu")
        with pytest.raises(ValueError, match="no trained pooler: its checkpoint holds none, so its output would be random"):
            cu.embed(TEXTS, without, "pooler")


@pytest.mark.parametrize("old", [False, True])
def test_a_sentence_encoder_gives_what_sentence_transformers_gives(tmp_path, old):
    from sentence_transformers import SentenceTransformer

    folder = tiny.save_sentence_encoder(tmp_path / "sentence", "mean", old=old)
    encoder = cu.load_encoder(folder, device="cpu")
    assert (encoder.pooling, encoder.limit) == ("mean", 12)
    long = [*TEXTS, "the old miller kept seven grey geese " * 4]
    with pytest.warns(UserWarning, match="1 of 4 texts were longer than 12 tokens"):
        ours = cu.embed(long, encoder, encoder.pooling)
    theirs = SentenceTransformer(str(folder), device="cpu").encode(long)
    assert np.allclose(ours / np.linalg.norm(ours, axis=1, keepdims=True), theirs, atol=1e-5)


def test_a_sentence_encoder_with_more_than_a_pooling_is_refused(tmp_path):
    folder = tiny.save_sentence_encoder(tmp_path / "dense", "mean", extra=["Dense"])
    with pytest.raises(ValueError, match="has a module Dense behind its encoder"):
        cu.load_encoder(folder)


def test_weights_that_are_not_there_are_not_made_up(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny.save(tmp_path, "bert")
    weights = load_file(folder / "model.safetensors")
    save_file({f"other.{name}": value for name, value in weights.items()}, folder / "model.safetensors")
    with pytest.raises(ValueError, match=r"is not a whole bert: .* of its weights are not in its files"):
        cu.load_encoder(folder, device="cpu")


def test_only_the_weights_that_are_loaded_count(tmp_path):
    import shutil

    from course_utils import memory

    folder = tiny.save(tmp_path, "bert")
    count = memory.parameters_of(folder)
    shutil.copy(folder / "model.safetensors", folder / "model.fp16.safetensors")
    assert memory.parameters_of(folder) == count == memory.parameters(cu.load_encoder(folder).model)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"holds no model\.safetensors"):
        cu.load_encoder(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ValueError, match=r"has no config\.json"):
        cu.load_encoder(str(folder))


def test_what_is_no_encoder_is_refused(tmp_path):
    from transformers import GPT2Config, GPT2Model

    GPT2Model(GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=20)).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="of type gpt2, which is no encoder that the course can load"):
        cu.load_encoder(tmp_path)
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "code.py"}, "model_type": "own"}')
    with pytest.raises(ValueError, match="of type own"):
        cu.load_encoder(tmp_path)
