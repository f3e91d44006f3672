"""BERT's two objectives, MLM and NSP: the heads, the masking, what they predict, and the gradient they send to a position.

Arrays of ids are numpy's; what goes into a model is torch's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils import arguments, model_arguments

IGNORE = -100  # the label of a position that the loss leaves out, in torch's cross entropy


def heads_of(model) -> tuple[str, ...]:
    """Which of the heads ``"MLM"`` and ``"NSP"`` a transformers model carries.

    Raises:
        TypeError: ``model`` is none.

    >>> import course_utils as cu
    >>> heads_of(cu.load_pretraining_model("mini-bert", device="cpu"))
    ('MLM', 'NSP')
    """
    name = type(model_arguments.model(model)).__name__
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
        TypeError: ``name`` is neither text nor a path, ``like`` no model, or ``seed`` not a whole number.
        ValueError: no such name or device, or ``like`` with a name that does not take it.

    >>> model, heads = load_with_heads("mini-bert-mlm", device="cpu")
    >>> type(model).__name__, heads
    ('BertForMaskedLM', ('MLM',))
    """
    import torch

    from course_utils.models import load_pretraining_model

    arguments.path(name, "name")
    seed = arguments.seed(seed)
    if isinstance(name, str) and name == "untrained":
        like = model_arguments.model(like, "like") if like is not None else load_pretraining_model("mini-bert", device=device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = type(like)(like.config).to(like.device).eval()
        return model, heads_of(model)
    if like is not None:
        raise ValueError(f'like= goes with load_with_heads("untrained", like=model) only, not with name={str(name)!r}.')
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

    Raises:
        TypeError: ``encoder`` or ``batch`` is none.
        ValueError: a batch that the encoder cannot take, or a model without these tables.

    >>> import course_utils as cu
    >>> encoder = cu.load_encoder("mini-bert", device="cpu")
    >>> [tuple(part.shape) for part in embedding_parts(encoder, encoder.tokenizer(["Tea?"], return_tensors="pt"))]
    [(1, 4, 256), (1, 4, 256), (1, 4, 256)]
    """
    import torch

    model_arguments.batch(batch, "batch", model_arguments.encoder(encoder).model.config)
    if not hasattr(getattr(encoder.model, "embeddings", None), "position_embeddings"):
        raise ValueError(f"encoder: {encoder.name} has no table of position embeddings.")
    tables, ids = encoder.model.embeddings, batch["input_ids"]
    types = batch.get("token_type_ids", torch.zeros_like(ids))
    padding = tables.position_embeddings.padding_idx  # RoBERTa counts positions from behind it
    first = 0 if padding is None else padding + 1
    if first + ids.shape[1] > tables.position_embeddings.num_embeddings:
        raise ValueError(f"batch has {ids.shape[1]} tokens, more than the encoder has positions.")
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

    Raises:
        TypeError: one of them is not of its kind.
        ValueError: other shapes, or a rate or draw that is not from 0 to 1.

    >>> ids, special = np.array([[2, 50, 60, 70, 3]]), np.array([[1, 0, 0, 0, 1]], dtype=bool)
    >>> draws = np.array([[[0.0, 0.1, 0.1, 0.9, 0.0]], [[0.0, 0.5, 0.85, 0.0, 0.0]]])
    >>> mask_tokens(ids, special, draws, np.full_like(ids, 99), mask_id=4)
    (array([[ 2,  4, 99, 70,  3]]), array([[-100,   50,   60, -100, -100]]))
    """
    ids, special = arguments.wholes(ids, "ids", 2), arguments.array(special, "special", "(batch, tokens)")
    random_ids = arguments.wholes(random_ids, "random_ids", 2)
    draws = arguments.finite(arguments.array(draws, "draws", "(2, batch, tokens)"), "draws")
    arguments.whole(mask_id, "mask_id", 0)
    if special.dtype != bool:
        raise TypeError(f"special must hold True and False, not {special.dtype}.")
    if not (special.shape == random_ids.shape == ids.shape and draws.shape == (2, *ids.shape)):
        raise ValueError(
            "ids, special and random_ids must have one shape, (batch, tokens), and draws twice that, (2, batch, tokens); "
            f"got {ids.shape}, {special.shape}, {random_ids.shape} and {draws.shape}."
        )
    if draws.size and not 0 <= draws.min() <= draws.max() <= 1:
        raise ValueError("draws must be numbers from 0 to 1.")
    arguments.real(rate, "rate", 0, 1)
    selected = (draws[0] < rate) & ~special
    labels = np.where(selected, ids, -100)
    masked = selected & (draws[1] < 0.8)
    replaced = selected & (draws[1] >= 0.8) & (draws[1] < 0.9)
    inputs = np.where(masked, mask_id, np.where(replaced, random_ids, ids))
    return inputs, labels


def mask_batch(ids, tokenizer, rate: float = 0.15, seed: int = 0):
    """(inputs, labels) of ``mask_tokens`` with draws from ``seed``; special tokens are neither selected nor put in.

    Raises:
        TypeError: ``ids`` is not whole numbers, ``tokenizer`` is none, ``rate`` no number, or ``seed`` not a whole number.
        ValueError: ids that are not (batch, tokens) or not the tokenizer's, a tokenizer without [MASK], or a rate not from 0 to
            1.

    >>> import course_utils as cu
    >>> tokenizer = cu.load_encoder("mini-bert", device="cpu").tokenizer
    >>> inputs, labels = mask_batch(tokenizer(["A cup of tea."])["input_ids"], tokenizer, rate=1.0)
    >>> int((labels != IGNORE).sum())
    5
    """
    ids, rng = arguments.array(ids, "ids", "(batch, tokens)"), np.random.default_rng(arguments.seed(seed))
    ids = arguments.wholes(ids, "ids", 2, 0, len(model_arguments.tokenizer(tokenizer)) - 1)
    if tokenizer.mask_token_id is None:
        raise ValueError("tokenizer has no [MASK].")
    draws = rng.random((2, *ids.shape))
    words = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.all_special_ids)
    special = np.isin(ids, tokenizer.all_special_ids)
    return mask_tokens(ids, special, draws, rng.choice(words, ids.shape), tokenizer.mask_token_id, rate)


def position_gradients(model, batch, loss_of):
    """The norm of the gradient of a loss at every hidden state: (layers + 1, batch, tokens).

    Args:
        loss_of: from the model's output to the loss, a scalar tensor.

    Gradients of the weights are left in place, so that they can be read afterwards.

    Raises:
        TypeError: ``model`` or ``batch`` is none, or ``loss_of`` is no function that gives a scalar tensor.
        ValueError: a batch that the model cannot take, or a loss that does not depend on the hidden states.
    """
    import torch

    model_arguments.batch(batch, "batch", model_arguments.model(model).config)
    arguments.function(loss_of, "loss_of", "from the model's output to the loss")
    output = model(**batch, output_hidden_states=True)
    for hidden in output.hidden_states:
        hidden.retain_grad()  # hidden states are not weights: ask for their gradient
    model.zero_grad()
    loss = loss_of(output)
    if not (isinstance(loss, torch.Tensor) and loss.numel() == 1):
        raise TypeError(f"loss_of must give the loss, a scalar tensor, not {arguments.shown(loss)}.")
    if not loss.requires_grad:
        raise ValueError("loss_of gives a loss that does not depend on the model's weights.")
    loss.backward()
    unreached = next((i for i, hidden in enumerate(output.hidden_states) if hidden.grad is None), None)
    if unreached is not None:
        raise ValueError(f"loss_of gives a loss that does not depend on hidden state {unreached}.")
    return torch.stack([hidden.grad.norm(dim=-1) for hidden in output.hidden_states])


def mlm_logits(output):
    """The scores of the vocabulary, (batch, tokens, vocabulary), of a model with an MLM head.

    Raises:
        TypeError: ``output`` has no such scores.
    """
    if getattr(output, "logits", None) is None and getattr(output, "prediction_logits", None) is None:
        raise TypeError(f"output must come from a model with an MLM head, not {arguments.shown(output)}.")
    return output.prediction_logits if "prediction_logits" in output else output.logits


def next_probability(model, batch: Mapping, rows: int = 64) -> np.ndarray:
    """The NSP head's probability of "is next" for each row of a batch, (batch,). Label 0 is "is next" in transformers.

    Raises:
        TypeError: ``model`` or ``batch`` is none, or ``rows`` is not a whole number.
        ValueError: the model has no NSP head, a batch that it cannot take, or ``rows`` below 1.
    """
    import torch

    rows = arguments.whole(rows, "rows", 1)
    model_arguments.batch(batch, "batch", model_arguments.model(model).config)
    if "NSP" not in heads_of(model):
        raise ValueError(f"model: {type(model).__name__} has no NSP head.")
    parts = []
    with torch.inference_mode():  # the encoder and the NSP head only: scoring the vocabulary would cost ten times as much
        for start in range(0, len(batch["input_ids"]), rows):
            encoded = model.base_model(**{name: tensor[start : start + rows] for name, tensor in batch.items()})
            parts.append(model.cls.seq_relationship(encoded.pooler_output).softmax(-1)[:, 0].cpu())
    return torch.cat(parts).numpy()


def mlm_predictions(model, batch: Mapping, rows: int = 16) -> np.ndarray:
    """The likeliest token id at every position of a batch, (batch, tokens), by the MLM head.

    Raises:
        TypeError: ``model`` or ``batch`` is none, or ``rows`` is not a whole number.
        ValueError: the model has no MLM head, a batch that it cannot take, or ``rows`` below 1.
    """
    import torch

    rows = arguments.whole(rows, "rows", 1)
    model_arguments.batch(batch, "batch", model_arguments.model(model).config)
    if "MLM" not in heads_of(model):
        raise ValueError(f"model: {type(model).__name__} has no MLM head.")
    parts = []
    with torch.inference_mode():
        for start in range(0, len(batch["input_ids"]), rows):
            output = model(**{name: tensor[start : start + rows] for name, tensor in batch.items()})
            parts.append(mlm_logits(output).argmax(-1).cpu())
    return torch.cat(parts).numpy()
