"""`embed` and `load_encoder`: equal to the field's libraries, in order, and clear about mistakes."""

import shutil
import warnings

import numpy as np
import pytest
import torch

import course_utils as cu
from course_utils import devices, models
from course_utils.pooling import masked_max, pool

TEXTS = [
    "Rain.",
    "",
    "The ferry was late, so we walked along the harbour wall and counted the boats until somebody waved at us.",
    "Two cups of tea, please.",
    "caf\u00e9 \U0001f600 \u6f22\u5b57 <script>alert(1)</script> `rm`",
]


@pytest.mark.parametrize(("ours", "theirs"), [("cls", "cls"), ("mean", "mean"), ("max", "max")])
def test_pooling_equals_sentence_transformers(encoder, ours, theirs, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    encoder.model.save_pretrained(tmp_path)
    encoder.tokenizer.save_pretrained(tmp_path)
    reference = SentenceTransformer(modules=[Transformer(str(tmp_path)), Pooling(encoder.dimension, theirs)], device="cpu")
    np.testing.assert_allclose(cu.embed(TEXTS, encoder, pooling=ours), reference.encode(TEXTS), atol=2e-5)


def test_layers_are_those_of_transformers(encoder):
    batch = encoder.tokenizer(TEXTS[2], return_tensors="pt")
    with torch.inference_mode():
        output = encoder.model(**batch, output_hidden_states=True)
    for layer in (0, 2, -1):
        np.testing.assert_allclose(
            cu.embed([TEXTS[2]], encoder, "mean", layer)[0], output.hidden_states[layer][0].mean(0).numpy(), atol=1e-5
        )
    first_last = (output.hidden_states[0][0].mean(0) + output.hidden_states[-1][0].mean(0)) / 2
    np.testing.assert_allclose(cu.embed([TEXTS[2]], encoder, "first_last_mean")[0], first_last.numpy(), atol=1e-5)
    np.testing.assert_allclose(cu.embed([TEXTS[2]], encoder, "pooler")[0], output.pooler_output[0].numpy(), atol=1e-5)


def test_the_input_vector_of_cls_is_the_same_in_every_sentence(encoder):
    vectors = cu.embed(TEXTS, encoder, "cls", layer=0)
    np.testing.assert_array_equal(vectors, np.repeat(vectors[:1], len(TEXTS), axis=0))


@pytest.mark.parametrize("batch_size", ["auto", 1, 2, 64])
def test_order_and_batching_change_nothing(encoder, batch_size):
    texts = TEXTS * 3
    one_by_one = np.concatenate([cu.embed([text], encoder, "mean") for text in texts])
    vectors = cu.embed(texts, encoder, "mean", batch_size=batch_size)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, one_by_one, atol=2e-5)


def test_several_ways_in_one_pass_are_the_same_as_one_by_one(encoder):
    ways = [("cls", -1), ("mean", 0), ("max", 2), ("pooler", -1), ("first_last_mean", -1)]
    for vectors, way in zip(cu.embed_each(TEXTS, encoder, ways), ways, strict=True):
        np.testing.assert_allclose(vectors, cu.embed(TEXTS, encoder, *way), atol=1e-6)


def test_nothing_in_nothing_out(encoder):
    assert cu.embed([], encoder).shape == (0, 256)
    assert cu.embed(iter(["a generator"]), encoder).shape == (1, 256)


@pytest.mark.parametrize(
    ("texts", "said"),
    [("one text", "Pass a list of texts"), (b"bytes", "not one bytes"), (None, "not NoneType"), (7, "not int"),
     (["a", None], "item 1 is NoneType"), ([3], "item 0 is int"), ([b"x"], "item 0 is bytes")],
)  # fmt: skip
def test_what_is_not_a_list_of_texts_is_refused(encoder, texts, said):
    with pytest.raises(TypeError, match=said):
        cu.embed(texts, encoder)


def test_a_lone_surrogate_is_refused(encoder):
    with pytest.raises(ValueError, match="Item 0 holds a lone surrogate"):
        cu.embed(["\ud800"], encoder)


@pytest.mark.parametrize(
    "wrong", [{"pooling": "sum"}, {"layer": 9}, {"layer": -9}, {"pooling": "pooler", "layer": 2}, {"batch_size": 0},
              {"batch_size": "big"}, {"batch_size": True}],
)  # fmt: skip
def test_bad_choices_are_refused(encoder, wrong):
    for texts in (TEXTS, []):
        with pytest.raises(ValueError, match=r"pooling|layer|batch_size"):
            cu.embed(texts, encoder, **wrong)


def test_long_texts_are_truncated_with_one_warning_that_counts(encoder):
    long = "rain and wind " * 200
    with pytest.warns(UserWarning, match="2 of 3 texts were longer than 128 tokens") as caught:
        vectors = cu.embed([long, "short", long], encoder, "mean")
    assert len(caught) == 1
    np.testing.assert_allclose(vectors[0], cu.embed(["rain and wind " * 42], encoder, "mean")[0], atol=1e-4)


def test_out_of_memory_halves_the_batch_and_says_so(encoder):
    sizes, longest = [], max(len(row) for row in encoder.tokenizer(TEXTS)["input_ids"])

    class Small:
        config = encoder.model.config

        def __call__(self, input_ids, **more):
            sizes.append(len(input_ids))
            if input_ids.numel() > 2 * longest:
                raise torch.OutOfMemoryError("made up")
            return encoder.model(input_ids=input_ids, **more)

    short = models.Encoder("small", Small(), encoder.tokenizer, encoder.device)
    for batch_size in ("auto", 5):
        sizes.clear()
        with pytest.warns(UserWarning, match="Out of memory with 5 texts a batch"):
            vectors = cu.embed(TEXTS, short, "mean", batch_size=batch_size)
        np.testing.assert_allclose(vectors, cu.embed(TEXTS, encoder, "mean"), atol=2e-5)
        assert sizes[:2] == [5, 2]


def test_out_of_memory_with_one_text_is_not_hidden(encoder):
    def never(**inputs):
        raise torch.OutOfMemoryError("made up")

    never.config = encoder.model.config
    with pytest.raises(torch.OutOfMemoryError):
        cu.embed(["one"], models.Encoder("small", never, encoder.tokenizer, encoder.device))


def test_padding_never_reaches_the_pooled_vector():
    hidden = torch.randn(2, 3, 4)
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    changed = hidden.clone()
    changed[0, 2] = 1e6

    class Output:
        pass

    for pooling in ("mean", "max", "cls", "first_last_mean"):
        outputs = []
        for states in (hidden, changed):
            output = Output()
            output.hidden_states, output.last_hidden_state = (states, states), states
            outputs.append(pool(output, mask, pooling))
        torch.testing.assert_close(*outputs)
    assert masked_max(hidden, mask).shape == (2, 4)


# Models


def test_the_untrained_control_has_the_shape_and_fresh_weights(encoder):
    before = torch.random.get_rng_state()
    first, again, other = (cu.load_encoder("untrained", like=encoder, seed=seed) for seed in (0, 0, 1))
    torch.testing.assert_close(torch.random.get_rng_state(), before)  # the learner's own random numbers go on undisturbed
    name = "embeddings.word_embeddings.weight"
    weights = [model.model.state_dict()[name] for model in (first, again, other, encoder)]
    torch.testing.assert_close(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], weights[3])
    assert first.model.config.to_dict() | {"dtype": None} == encoder.model.config.to_dict() | {"dtype": None}


def test_the_twin_without_nsp_has_no_pooler():
    twin = cu.load_encoder("mini-bert-mlm", device="cpu")
    assert not twin.has_pooler
    with pytest.raises(ValueError, match="no trained pooler"):
        cu.embed(["a"], twin, pooling="pooler")
    assert type(cu.load_pretraining_model("mini-bert-mlm", device="cpu")).__name__ == "BertForMaskedLM"


def test_pretraining_heads_fill_a_blank(encoder):
    from course_utils.pretraining.evaluation import fill_mask

    model = cu.load_pretraining_model("mini-bert", device="cpu")
    top = fill_mask(model, encoder.tokenizer, "He was president of the United [MASK].", k=3)
    assert "states" in [token for token, _ in top]
    with pytest.raises(ValueError, match="must hold one"):
        fill_mask(model, encoder.tokenizer, "no blank")


def test_weights_are_float32_and_tied():
    model = cu.load_pretraining_model("mini-bert", device="cpu")
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert model.cls.predictions.decoder.weight.data_ptr() == model.bert.embeddings.word_embeddings.weight.data_ptr()


@pytest.fixture
def copied(tmp_path):
    return shutil.copytree(models.ASSETS / "mini-bert", tmp_path / "mini-bert")


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_damaged_file_is_named(copied, monkeypatch, file):
    monkeypatch.setattr(models, "ASSETS", copied.parent)
    content = bytearray((copied / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / file).write_bytes(content)
    with pytest.raises(cu.DamagedModelError, match=f"{file} is damaged.*git checkout"):
        cu.load_encoder("mini-bert")
    (copied / file).unlink()
    with pytest.raises(cu.DamagedModelError, match=f"{file} is missing"):
        cu.load_encoder("mini-bert")


def test_a_damaged_listing_is_named(copied, monkeypatch):
    monkeypatch.setattr(models, "ASSETS", copied.parent)
    (copied / "checksums.json").write_text("{", encoding="utf-8")
    with pytest.raises(cu.DamagedModelError, match="cannot be read"):
        cu.load_encoder("mini-bert")


def test_each_bundled_model_is_small_and_has_its_card():
    for name in models.BUNDLED:
        folder = models.ASSETS / name
        assert (folder / "model.safetensors").stat().st_size < 12e6
        assert "Known limits" in (folder / "README.md").read_text(encoding="utf-8")
    for name in ("mini-bert", "mini-bert-mlm"):
        assert len(cu.training_curve(name)) > 15
    with pytest.raises(ValueError, match="not of 'mini-sbert'"):
        cu.training_curve("mini-sbert")


def test_a_folder_loads_and_others_are_refused(encoder, tmp_path):
    encoder.model.save_pretrained(tmp_path / "mine")
    encoder.tokenizer.save_pretrained(tmp_path / "mine")
    mine = cu.load_encoder(tmp_path / "mine", device="cpu")
    np.testing.assert_allclose(cu.embed(TEXTS, mine), cu.embed(TEXTS, encoder), atol=1e-6)
    with pytest.raises(ValueError, match="no pre-training heads"):
        cu.load_pretraining_model(tmp_path / "mine")
    with pytest.raises(ValueError, match=r"No model 'mini-bret'\. Did you mean mini-bert\? Use one of mini-bert"):
        cu.load_encoder("mini-bret")
    (tmp_path / "mine" / "model.safetensors").rename(tmp_path / "mine" / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"no model\.safetensors"):
        cu.load_encoder(tmp_path / "mine")
    with pytest.raises(ValueError, match="like= goes with"):
        cu.load_encoder("mini-bert", like=encoder)
    with pytest.raises(ValueError, match="training curve"):
        cu.training_curve("untrained")


# Devices


def test_devices_and_precisions(monkeypatch):
    assert devices.choose_device("cpu").type == "cpu"
    for wrong in ("cuda:99", "tpu", "nonsense"):
        with pytest.raises(ValueError, match="No device"):
            cu.load_encoder("mini-bert", device=wrong)
    with pytest.raises(ValueError, match="precision must be one of"):
        cu.load_encoder("mini-bert", precision="float8")
    monkeypatch.setattr(devices, "available_devices", lambda: ["cuda:0", "mps", "cpu"])
    assert devices.choose_device().type == "cuda"
    assert devices.choose_device("mps").type == "mps"
    monkeypatch.setattr(devices, "available_devices", lambda: ["mps", "cpu"])
    assert devices.choose_device().type == "cpu"
    monkeypatch.setattr(devices, "has_fast_bfloat16", lambda device: False)
    assert devices.choose_precision("auto", "cpu") is torch.float32
    assert devices.choose_precision("auto", "cuda") is torch.float16
    monkeypatch.setattr(devices, "has_fast_bfloat16", lambda device: True)
    assert devices.choose_precision("auto", "cpu") is torch.bfloat16


def test_reduced_precision_keeps_the_direction(encoder):
    half = cu.load_encoder("mini-bert", device="cpu", precision="bfloat16")
    vectors = cu.embed(TEXTS, half, "mean")
    assert vectors.dtype == np.float32
    assert cu.cosine(vectors, cu.embed(TEXTS, encoder, "mean")).min() > 0.99


def test_free_memory_is_at_most_all():
    free, total = devices.memory_gb("cpu")
    assert 0 < free <= total


def test_setup_prints_one_line_and_fixes_the_seeds(capsys):
    draws = []
    for _ in range(2):
        cu.setup(seed=3)
        draws.append((torch.rand(1).item(), np.random.rand()))
    assert draws[0] == draws[1]
    assert len(capsys.readouterr().out.splitlines()) == 2
    with pytest.raises(ValueError, match="threads must be"):
        cu.setup(threads=0)


def test_no_warning_in_ordinary_use(encoder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cu.embed(TEXTS, encoder)
