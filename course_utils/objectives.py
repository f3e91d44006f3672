"""BERT's two objectives, MLM and NSP: the heads, the masking, what they predict, and the gradient they send to a position.

Arrays of ids are numpy's; what goes into a model is torch's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

IGNORE = -100  # the label of a position that the loss leaves out, in torch's cross entropy


def heads_of(model) -> tuple[str, ...]:
    """Which of the heads ``"MLM"`` and ``"NSP"`` a transformers model carries.

    >>> import course_utils as cu
    >>> heads_of(cu.load_pretraining_model("mini-bert", device="cpu"))
    ('MLM', 'NSP')
    """
    name = type(model).__name__
    if name.endswith("ForMaskedLM"):
        return ("MLM",)
    if hasattr(getattr(model, "cls", None), "seq_relationship"):
        return ("MLM", "NSP") if hasattr(model.cls, "predictions") else ("NSP",)
    return ()


def load_with_heads(name, like=None, *, device: str | None = None, seed: int = 0):
    """(model in evaluation mode, its heads); (None, ()) for a folder that was saved without MLM and NSP heads.

    Args:
        name: as for ``load_encoder``; ``"untrained"`` has random weights, heads included.
        like: for ``"untrained"``: the model whose shape and heads to take (``mini-bert`` if left out).
        seed: for ``"untrained"``: of its random weights.

    Raises:
        ValueError: no such name or device, or ``like`` with a name that does not take it.

    >>> model, heads = load_with_heads("mini-bert-mlm", device="cpu")
    >>> type(model).__name__, heads
    ('BertForMaskedLM', ('MLM',))
    """
    import torch

    from course_utils.models import load_pretraining_model

    if name == "untrained":
        like = like if like is not None else load_pretraining_model("mini-bert", device=device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = type(like)(like.config).to(like.device).eval()
        return model, heads_of(model)
    if like is not None:
        raise ValueError('like= goes with load_with_heads("untrained", like=model) only.')
    try:
        model = load_pretraining_model(name, device=device)
    except ValueError as error:
        if "no pre-training heads" not in str(error):
            raise
        return None, ()
    heads = heads_of(model)
    return (model, heads) if heads else (None, ())


def embedding_parts(encoder, batch):
    """Token, segment and position embedding of one batch without padding: three (batch, tokens, dim) tensors.

    A model without segments (DistilBERT) has zeros for them. ``hidden_states[0]`` is the LayerNorm of their sum (Devlin et
    al. 2019, arXiv 1810.04805, figure 2; the LayerNorm is in the code, not in the figure).

    >>> import course_utils as cu
    >>> encoder = cu.load_encoder("mini-bert", device="cpu")
    >>> [tuple(part.shape) for part in embedding_parts(encoder, encoder.tokenizer(["Tea?"], return_tensors="pt"))]
    [(1, 4, 256), (1, 4, 256), (1, 4, 256)]
    """
    import torch

    tables, ids = encoder.model.embeddings, batch["input_ids"]
    types = batch.get("token_type_ids", torch.zeros_like(ids))
    padding = tables.position_embeddings.padding_idx  # RoBERTa counts positions from behind it
    first = 0 if padding is None else padding + 1
    positions = torch.arange(first, first + ids.shape[1], device=ids.device).expand_as(ids)
    token, position = tables.word_embeddings(ids), tables.position_embeddings(positions)
    has_segments = hasattr(tables, "token_type_embeddings")
    segment = tables.token_type_embeddings(types) if has_segments else torch.zeros_like(token)
    return token, segment, position  # each (batch, tokens, dim)


def mask_tokens(ids, special, draws, random_ids, mask_id, rate=0.15):
    """BERT's 80/10/10: the (inputs, labels) of MLM for ids (batch, tokens), given the random draws.

    Args:
        ids: token ids, (batch, tokens).
        special: True at special tokens, which are never selected; (batch, tokens).
        draws: two arrays (batch, tokens) of numbers from 0 to 1: the first selects a position where it is below ``rate``,
            the second decides what stands there: below 0.8 the id ``mask_id``, below 0.9 the random id, else the token itself.
        random_ids: a random id for each position, (batch, tokens).

    Labels are the original ids at selected positions and -100 elsewhere. Source: Devlin et al. 2019, arXiv 1810.04805,
    section 3.1.

    >>> ids, special = np.array([[2, 50, 60, 70, 3]]), np.array([[1, 0, 0, 0, 1]], dtype=bool)
    >>> draws = np.array([[[0.0, 0.1, 0.1, 0.9, 0.0]], [[0.0, 0.5, 0.85, 0.0, 0.0]]])
    >>> mask_tokens(ids, special, draws, np.full_like(ids, 99), mask_id=4)
    (array([[ 2,  4, 99, 70,  3]]), array([[-100,   50,   60, -100, -100]]))
    """
    selected = (draws[0] < rate) & ~special
    labels = np.where(selected, ids, -100)
    masked = selected & (draws[1] < 0.8)
    replaced = selected & (draws[1] >= 0.8) & (draws[1] < 0.9)
    inputs = np.where(masked, mask_id, np.where(replaced, random_ids, ids))
    return inputs, labels


def mask_batch(ids, tokenizer, rate: float = 0.15, seed: int = 0):
    """(inputs, labels) of ``mask_tokens`` with draws from ``seed``; special tokens are neither selected nor put in.

    >>> import course_utils as cu
    >>> tokenizer = cu.load_encoder("mini-bert", device="cpu").tokenizer
    >>> inputs, labels = mask_batch(tokenizer(["A cup of tea."])["input_ids"], tokenizer, rate=1.0)
    >>> int((labels != IGNORE).sum())
    5
    """
    ids, rng = np.asarray(ids), np.random.default_rng(seed)
    draws = rng.random((2, *ids.shape))
    words = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.all_special_ids)
    special = np.isin(ids, tokenizer.all_special_ids)
    return mask_tokens(ids, special, draws, rng.choice(words, ids.shape), tokenizer.mask_token_id, rate)


def position_gradients(model, batch, loss_of):
    """The norm of the gradient of a loss at every hidden state: (layers + 1, batch, tokens).

    Args:
        loss_of: from the model's output to the loss, a scalar tensor.

    Gradients of the weights are left in place, so that they can be read afterwards.
    """
    import torch

    output = model(**batch, output_hidden_states=True)
    for hidden in output.hidden_states:
        hidden.retain_grad()  # hidden states are not weights: ask for their gradient
    model.zero_grad()
    loss_of(output).backward()
    return torch.stack([hidden.grad.norm(dim=-1) for hidden in output.hidden_states])


def mlm_logits(output):
    """The scores of the vocabulary, (batch, tokens, vocabulary), of a model with an MLM head."""
    return output.prediction_logits if "prediction_logits" in output else output.logits


def next_probability(model, batch: Mapping, rows: int = 64) -> np.ndarray:
    """The NSP head's probability of "is next" for each row of a batch, (batch,). Label 0 is "is next" in transformers.

    Raises:
        ValueError: the model has no NSP head.
    """
    import torch

    if "NSP" not in heads_of(model):
        raise ValueError(f"{type(model).__name__} has no NSP head.")
    parts = []
    with torch.inference_mode():  # the encoder and the NSP head only: scoring the vocabulary would cost ten times as much
        for start in range(0, len(batch["input_ids"]), rows):
            encoded = model.base_model(**{name: tensor[start : start + rows] for name, tensor in batch.items()})
            parts.append(model.cls.seq_relationship(encoded.pooler_output).softmax(-1)[:, 0].cpu())
    return torch.cat(parts).numpy()


def mlm_predictions(model, batch: Mapping, rows: int = 16) -> np.ndarray:
    """The likeliest token id at every position of a batch, (batch, tokens), by the MLM head."""
    import torch

    parts = []
    with torch.inference_mode():
        for start in range(0, len(batch["input_ids"]), rows):
            output = model(**{name: tensor[start : start + rows] for name, tensor in batch.items()})
            parts.append(mlm_logits(output).argmax(-1).cpu())
    return torch.cat(parts).numpy()
