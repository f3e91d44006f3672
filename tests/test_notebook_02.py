"""Notebook 02: masking, segments, gradients by position and attention shares, against transformers and by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from taught import taught

import course_utils as cu
from course_utils import attention, objectives, segments
from course_utils.exercises import nb02
from course_utils.pretraining.batches import BatchMaker, Phase, Plan
from course_utils.pretraining.corpus import TokenizedCorpus

TEXTS = ["Tea or coffee?", "The ferry to the island leaves at dawn, they say."]


@pytest.fixture(scope="module")
def model():
    return cu.load_pretraining_model("mini-bert", device="cpu")


@pytest.fixture(scope="module")
def pairs(encoder):
    return cu.segment_pairs(cu.load_data("passages")[:60], encoder.tokenizer, length=64)


@pytest.fixture(scope="module")
def eager():
    return cu.load_encoder("mini-bert", device="cpu", attention="eager")


# heads


@pytest.mark.parametrize(("name", "heads"), [("mini-bert", ("MLM", "NSP")), ("mini-bert-mlm", ("MLM",))])
def test_heads_of_the_bundled_models(name, heads):
    model, found = cu.load_with_heads(name, device="cpu")
    assert found == heads == cu.heads_of(model)
    assert not model.training


def test_a_folder_without_heads_gives_none(encoder, tmp_path):
    encoder.model.save_pretrained(tmp_path)
    encoder.tokenizer.save_pretrained(tmp_path)
    assert cu.load_with_heads(tmp_path) == (None, ())
    assert cu.heads_of(encoder.model) == ()


def test_untrained_heads_depend_on_the_seed_alone(model):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (cu.load_with_heads("untrained", like=model, seed=seed)[0].cls for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    weights = [head.seq_relationship.weight for head in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_load_with_heads_refuses_wrong_names(model):
    with pytest.raises(ValueError, match="No model 'mini-brt'"):
        cu.load_with_heads("mini-brt")
    with pytest.raises(ValueError, match="untrained"):
        cu.load_with_heads("mini-bert", like=model)


# the input


def parts_of(function, encoder):
    batch = encoder.tokenizer(*TEXTS, return_tensors="pt")
    with torch.inference_mode():
        parts = function(encoder, batch)
        entered = encoder.model(**batch, output_hidden_states=True).hidden_states[0]
        return parts, encoder.model.embeddings.LayerNorm(sum(parts)), entered


def test_three_embeddings_and_their_layer_norm_are_the_first_hidden_state(encoder):
    parts, by_hand, entered = parts_of(cu.embedding_parts, encoder)
    assert torch.allclose(by_hand, entered, atol=1e-5)
    assert not torch.allclose(sum(parts), entered, atol=1e-2)


def test_embedding_parts_of_models_without_segments_or_with_shifted_positions(encoder):
    import transformers

    small = {"vocab_size": 50, "num_attention_heads": 2, "intermediate_size": 16, "hidden_size": 8, "num_hidden_layers": 1}
    distil = transformers.DistilBertConfig(vocab_size=50, dim=8, n_heads=2, n_layers=1, hidden_dim=16)
    roberta = transformers.RobertaConfig(**small, type_vocab_size=1, pad_token_id=1, max_position_embeddings=40)
    for config in (distil, roberta):
        network = transformers.AutoModel.from_config(config).eval()
        batch = {"input_ids": torch.tensor([[5, 6, 7, 8]])}
        found = cu.embedding_parts(cu.Encoder("x", network, None, "cpu"), batch)
        with torch.inference_mode():
            entered = network(**batch, output_hidden_states=True).hidden_states[0]
        assert torch.allclose(network.embeddings.LayerNorm(sum(found)), entered, atol=1e-5)


def test_the_exercise_adds_up_as_the_model_does(encoder):
    parts, _, entered = parts_of(cu.embedding_parts, encoder)
    norm = encoder.model.embeddings.LayerNorm
    arrays = [tensor.detach().double().numpy() for tensor in (*(part[0] for part in parts), norm.weight, norm.bias)]
    assert np.allclose(nb02.input_vector.reference(*arrays), entered[0], atol=1e-4)


# masking


def test_masking_rates_are_those_of_transformers_collator(encoder):
    from transformers import DataCollatorForLanguageModeling

    tokenizer = encoder.tokenizer
    ids = np.random.default_rng(0).integers(5, len(tokenizer), (200, 100))
    ids[:, 0], ids[:, -1] = tokenizer.cls_token_id, tokenizer.sep_token_id

    def rates(inputs, labels):
        chosen = labels != -100
        assert not chosen[:, [0, -1]].any()
        assert (labels[chosen] == ids[chosen]).all()
        assert (inputs[~chosen] == ids[~chosen]).all()
        masked = chosen & (inputs == tokenizer.mask_token_id)
        return np.array([chosen[:, 1:-1].mean(), masked.sum() / chosen.sum(), (chosen & (inputs == ids)).sum() / chosen.sum()])

    ours = rates(*cu.mask_batch(ids, tokenizer, rate=0.15, seed=3))
    torch.manual_seed(0)
    collated = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)([{"input_ids": row.tolist()} for row in ids])
    assert ours == pytest.approx([0.15, 0.8, 0.1], abs=0.02)
    assert ours == pytest.approx(rates(collated["input_ids"].numpy(), collated["labels"].numpy()), abs=0.03)


def test_masking_never_touches_or_puts_in_a_special_token(encoder):
    tokenizer = encoder.tokenizer
    ids = np.array(tokenizer(TEXTS, padding=True)["input_ids"])
    inputs, labels = cu.mask_batch(ids, tokenizer, rate=1.0)
    special = np.isin(ids, tokenizer.all_special_ids)
    assert (labels[special] == -100).all()
    assert (labels[~special] == ids[~special]).all()
    assert (inputs[special] == ids[special]).all()
    put_in = inputs[~special & (inputs != ids)]
    assert set(put_in) & set(tokenizer.all_special_ids) <= {tokenizer.mask_token_id}
    again = cu.mask_batch(ids, tokenizer, rate=1.0)
    assert np.array_equal(inputs, again[0])


def test_the_exercises_are_the_helpers():
    rng = np.random.default_rng(0)
    for _ in range(5):
        arguments = nb02.mask_tokens.inputs(rng)
        assert all(map(np.array_equal, nb02.mask_tokens.reference(*arguments), cu.mask_tokens(*arguments)))
        arguments = nb02.assemble.inputs(rng)
        assert nb02.assemble.reference(*arguments) == cu.assemble(*arguments)
    assert cu.assemble([50], None, 2, 3) == ([2, 50, 3], [0, 0, 0])


# segments


def test_assemble_gives_what_the_tokenizer_gives(encoder):
    tokenizer = encoder.tokenizer
    a, b = tokenizer(TEXTS, add_special_tokens=False)["input_ids"]
    for second, expected in ((b, tokenizer(*TEXTS)), (None, tokenizer(TEXTS[0]))):
        ids, types = cu.assemble(a, second, tokenizer.cls_token_id, tokenizer.sep_token_id)
        assert (ids, types) == (expected["input_ids"], expected["token_type_ids"])


def test_pair_batch_gives_what_the_tokenizer_gives(encoder):
    texts = [("Tea?", "Coffee, please."), ("Soup.", "Salt.")]
    rows = [tuple(encoder.tokenizer(side, add_special_tokens=False)["input_ids"] for side in pair) for pair in texts]
    batch = cu.pair_batch(rows, encoder)
    expected = encoder.tokenizer([a for a, _ in texts], [b for _, b in texts], padding=True, return_tensors="pt")
    assert set(batch) == set(expected)
    assert all(torch.equal(batch[name], expected[name]) for name in batch)


def test_pairs_of_all_kinds_are_alike_but_for_their_kind(pairs, encoder):
    passages = cu.load_data("passages")[:60]
    whole = [encoder.tokenizer(text, add_special_tokens=False)["input_ids"] for text in passages["text"]]
    true, swapped, same, other = (pairs[kind] for kind in segments.KINDS)
    assert len(true) == len(swapped) == len(same) == len(other) > 20

    def home(b):  # the passages that hold the segment, not at their beginning
        text = " ".join(map(str, b)) + " "
        return [i for i, row in enumerate(whole) if " " + text in " ".join(map(str, row)) + " "]

    for (a, b), turned, near, far in zip(true, swapped, same, other, strict=True):
        assert len(a) + len(b) + 3 == 64
        assert min(len(a), len(b)) >= segments.SHORTEST_SEGMENT
        assert turned == (b, a)
        assert near[0] == far[0] == a
        assert len(near[1]) == len(far[1]) == len(b)
        (origin,) = [i for i, row in enumerate(whole) if row[: len(a) + len(b)] == a + b]
        subject = passages["subject"].iloc[origin]
        assert any(passages["subject"].iloc[i] == subject and i != origin for i in home(near[1]))
        assert any(passages["subject"].iloc[i] != subject for i in home(far[1]))


def test_pairs_have_the_shape_of_the_pretraining_batches(prepared, pairs, encoder):
    maker = BatchMaker(TokenizedCorpus.load(prepared / "train"), Plan((Phase(2, 16, 8),), seed=0, padded_rate=0.0), 120)
    made = maker[0]
    batch = cu.pair_batch(pairs["true next"], encoder)
    for ids, types in (
        (made["input_ids"], made["token_type_ids"]),
        (batch["input_ids"].numpy(), batch["token_type_ids"].numpy()),
    ):
        assert (ids[:, 0] == encoder.tokenizer.cls_token_id).all()
        assert (ids[:, -1] == encoder.tokenizer.sep_token_id).all()
        assert ((ids == encoder.tokenizer.sep_token_id).sum(1) == 2).all()
        assert (types[:, 0] == 0).all()
        assert (types[:, -1] == 1).all()
        assert (np.diff(types) >= 0).all()
    assert "attention_mask" not in made
    assert batch["attention_mask"].all()


def test_segment_pairs_says_what_is_too_short(encoder):
    with pytest.raises(ValueError, match="smaller length or more passages"):
        cu.segment_pairs(pd.DataFrame({"subject": ["a", "b"], "text": ["One. Two.", "Three. Four."]}), encoder.tokenizer)


def test_masked_pairs_are_half_true_and_half_random(pairs, encoder):
    batch, labels, is_random = cu.masked_pairs(pairs, encoder, every=15, start=2, rate=0.3)
    half = len(pairs["true next"][2::15])
    assert is_random.tolist() == [0] * half + [1] * half
    clean = cu.pair_batch([*pairs["true next"][2::15], *pairs["other subject"][2::15]], encoder)["input_ids"]
    assert torch.equal(torch.where(labels == -100, batch["input_ids"], labels), clean)
    assert 0.2 < (labels != -100).float().mean() < 0.4


# gradients


def mlm_loss(output, labels):
    return torch.nn.functional.cross_entropy(output.prediction_logits.flatten(0, 1), labels.flatten())


def test_gradients_are_those_of_autograd_and_zero_where_nothing_is_asked(model, pairs, encoder):
    batch, labels, _ = cu.masked_pairs(pairs, encoder, every=15)
    norms = cu.position_gradients(model, batch, lambda output: mlm_loss(output, labels))
    assert norms.shape == (5, *labels.shape)

    encoded = model.bert(**batch).last_hidden_state.detach().requires_grad_()  # the last layer alone, by hand
    loss = torch.nn.functional.cross_entropy(model.cls.predictions(encoded).flatten(0, 1), labels.flatten())
    (by_hand,) = torch.autograd.grad(loss, encoded)
    assert torch.allclose(norms[-1], by_hand.norm(dim=-1), atol=1e-6)
    assert (norms[-1][labels == -100] == 0).all()
    assert (norms[-1][labels != -100] > 0).all()
    assert (norms[:-1, :, 0] > 0).all()


def test_nsp_reaches_the_last_cls_and_the_pooler(model, pairs, encoder):
    batch, labels, is_random = cu.masked_pairs(pairs, encoder, every=15)
    cu.position_gradients(model, batch, lambda output: mlm_loss(output, labels))
    assert model.bert.pooler.dense.weight.grad is None

    def both(output):
        return mlm_loss(output, labels) + torch.nn.functional.cross_entropy(output.seq_relationship_logits, is_random)

    norms = cu.position_gradients(model, batch, both)
    assert (norms[-1, :, 0] > 0).all()
    weight = model.bert.pooler.dense.weight
    assert weight.grad.norm() > 0
    once = weight.grad.clone()
    cu.position_gradients(model, batch, both)
    assert torch.allclose(weight.grad, once, atol=1e-6)  # not added to what was there
    batch_loss = model(**batch, labels=labels, next_sentence_label=is_random).loss.item()
    assert batch_loss == pytest.approx(both(model(**batch)).item(), abs=1e-5)  # the loss of transformers


def test_the_exercise_finds_the_gradient_that_the_model_has(model, pairs, encoder):
    batch, labels, _ = cu.masked_pairs(pairs, encoder, every=60)
    norms = cu.position_gradients(model, batch, lambda output: mlm_loss(output, labels))
    assert (norms[-1, 0, 0], (norms[-1] > 0).sum()) == (0, (labels != -100).sum())
    hidden = torch.randn(labels[0].shape[0], 6, generator=torch.Generator().manual_seed(0))
    found = nb02.gradient_by_position.reference(
        hidden, torch.eye(6), labels[0] % 6 * (labels[0] != -100) - 100 * (labels[0] == -100)
    )
    assert torch.equal(found > 0, labels[0] != -100)


# what the heads answer


def test_next_probability_is_that_of_transformers(model, pairs, encoder):
    batch = cu.pair_batch(pairs["other subject"][:7], encoder)
    with torch.inference_mode():
        expected = model(**batch).seq_relationship_logits.softmax(-1)[:, 0].numpy()
    assert np.allclose(cu.next_probability(model, batch, rows=3), expected, atol=1e-5)
    with pytest.raises(ValueError, match="no NSP head"):
        cu.next_probability(cu.load_pretraining_model("mini-bert-mlm", device="cpu"), batch)


def test_label_0_is_next(model, pairs, encoder):
    true, other = (cu.next_probability(model, cu.pair_batch(pairs[kind], encoder)) for kind in ("true next", "other subject"))
    assert true.mean() > other.mean()


def test_mlm_predictions_and_fill_mask_agree(model, encoder):
    text = "The book was written by an American [MASK]."
    batch = encoder.tokenizer([text, "Tea [MASK] coffee?"], padding=True, return_tensors="pt")
    predicted = cu.mlm_predictions(model, batch, rows=1)
    assert predicted.shape == batch["input_ids"].shape
    place = int((batch["input_ids"][0] == encoder.tokenizer.mask_token_id).nonzero())
    (word, _), *_ = cu.fill_mask(model, encoder.tokenizer, text)
    assert encoder.tokenizer.convert_ids_to_tokens(int(predicted[0, place])) == word


# attention


def test_attention_shares_add_up_and_agree_with_the_weights(eager, pairs):
    rows = [(a[: 20 + i], b[:10]) for i, (a, b) in enumerate(pairs["true next"][:3])]  # of different lengths: padded
    batch = cu.pair_batch(rows, eager)
    assert not batch["attention_mask"].all()
    of_all, of_cls, even = cu.attention_shares(eager, batch, rows=2)
    assert of_all.shape == of_cls.shape == (eager.layers, 3, len(attention.GROUPS))
    for shares in (of_all, of_cls, even):
        assert np.allclose(shares.sum(-1), 1, atol=1e-5)
    with torch.inference_mode():
        weights = eager.model(**batch, output_attentions=True).attentions
    row, length = 0, int(batch["attention_mask"][0].sum())
    seps = (batch["input_ids"][row] == eager.tokenizer.sep_token_id).nonzero().flatten()
    for layer, weight in enumerate(weights):
        mass = weight[row].mean(0)[:length]  # (attending, attended)
        assert of_all[layer, row, 1] == pytest.approx(float(mass[:, seps].sum(1).mean()), abs=1e-5)
        assert of_cls[layer, row, 0] == pytest.approx(float(mass[0, 0]), abs=1e-5)
    assert even[row, 1] == pytest.approx(2 / length)


def test_attention_shares_need_eager_attention(encoder, pairs):
    with pytest.raises(ValueError, match='attention="eager"'):
        cu.attention_shares(encoder, cu.pair_batch(pairs["true next"][:2], encoder))


def test_token_groups_keep_padding_apart(encoder):
    ids = encoder.tokenizer(["Tea, please.", "No"], padding=True)["input_ids"]
    groups = cu.token_groups(ids, encoder.tokenizer)
    assert groups.tolist() == [[0, 3, 2, 3, 2, 1], [0, 3, 1, -1, -1, -1]]


# the notebook's functions


def test_the_notebook_teaches_embedding_parts(encoder):
    function = taught("02_", "embedding_parts")
    (shown, _, _), (packaged, _, _) = (parts_of(f, encoder) for f in (function, cu.embedding_parts))
    assert all(map(torch.equal, shown, packaged))


def test_the_notebook_teaches_position_gradients(model, pairs, encoder):
    function = taught("02_", "position_gradients", torch=torch)
    batch, labels, _ = cu.masked_pairs(pairs, encoder, every=30)
    shown, packaged = (f(model, batch, lambda output: mlm_loss(output, labels)) for f in (function, cu.position_gradients))
    assert torch.equal(shown, packaged)


def test_the_notebook_asks_at_selected_positions_only(model, pairs, encoder):
    batch, labels, is_random = cu.masked_pairs(pairs, encoder, every=30)
    function = taught("02_", "mlm_loss", torch=torch, cu=cu)
    output = model(**batch)
    assert function(output, labels, is_random).item() == pytest.approx(mlm_loss(output, labels).item(), abs=1e-5)


def test_the_ignored_label_is_that_of_pretraining_and_of_torch():
    from course_utils.pretraining.batches import IGNORE

    assert objectives.IGNORE == IGNORE == torch.nn.CrossEntropyLoss().ignore_index
