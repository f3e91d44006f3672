"""From token vectors to one vector a sentence."""

from __future__ import annotations

from course_utils import arguments, model_arguments

POOLINGS = ("cls", "mean", "max", "first_last_mean", "pooler")


def masked_mean(hidden, mask):
    """Mean over the real tokens: ``hidden`` (batch, tokens, dim), ``mask`` (batch, tokens) of 1 and 0 -> (batch, dim).

    >>> import torch
    >>> hidden = torch.tensor([[[2.0], [4.0], [90.0]]])
    >>> masked_mean(hidden, torch.tensor([[1, 1, 0]]))
    tensor([[3.]])

    A row without a real token gives zeros.

    Raises:
        TypeError: ``hidden`` or ``mask`` is not a torch tensor.
        ValueError: they are not of these shapes, or ``mask`` holds other values than 1 and 0.
    """
    return _mean(*_checked(hidden, mask))


def masked_max(hidden, mask):
    """Maximum over the real tokens, dimension by dimension; shapes and errors as in ``masked_mean``.

    Raises:
        ValueError: as in ``masked_mean``, or a row without a real token: there is nothing to take the maximum of.
    """
    hidden, mask = _checked(hidden, mask)
    if not mask.bool().any(1).all():
        raise ValueError("mask must have a real token, 1, in each row: there is nothing to take the maximum of.")
    return _max(hidden, mask)


def _checked(hidden, mask):
    """Both as they are, if they are what can be pooled."""
    model_arguments.tensor(hidden, "hidden", "(batch, tokens, dim)")
    model_arguments.tensor(mask, "mask", "(batch, tokens)")
    if hidden.shape[:2] != mask.shape:
        raise ValueError(f"mask must be (batch, tokens) of hidden, {tuple(hidden.shape[:2])}, not {tuple(mask.shape)}.")
    if 0 in hidden.shape[1:]:
        raise ValueError(f"hidden must have at least one token and one dimension, got shape {tuple(hidden.shape)}.")
    if not hidden.is_floating_point():
        raise TypeError(f"hidden must hold numbers with a fraction, not {hidden.dtype}.")
    if not ((mask == 0) | (mask == 1)).all():
        raise ValueError("mask must be 1 for real tokens and 0 for padding.")
    return hidden, mask


def _mean(hidden, mask):
    weights = mask.unsqueeze(-1).to(hidden.dtype)  # (batch, tokens, 1)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)


def _max(hidden, mask):
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).amax(1)


def pool(output, mask, pooling: str, layer: int = -1):
    """Pool a model output with hidden states into (batch, dim), in float32.

    Args:
        output: what a transformers encoder returns, with ``output_hidden_states=True`` if not the last layer alone is needed.
        mask: (batch, tokens), 1 for real tokens, 0 for padding.
        pooling: ``cls`` the first token; ``mean`` and ``max`` over the real tokens, [CLS] and [SEP] included;
            ``first_last_mean`` the average of the means of the embedding layer and the last layer
            (SimCSE's ``avg_first_last``, arXiv 2104.08821; other papers start from layer 1); ``pooler``
            tanh(W [CLS] + b), trained by NSP.
        layer: which hidden state: 0 is the embedding layer, -1 the last.

    Raises:
        TypeError: ``output`` is no output of a model, or ``mask`` no tensor.
        ValueError: no such pooling or layer, a layer for a pooling that has its own, a pooler that the output does not have, or
            a mask of another shape.
    """
    if getattr(output, "last_hidden_state", None) is None:
        raise TypeError(f"output must come from a transformers encoder, not {arguments.shown(output)}.")
    states = getattr(output, "hidden_states", None)
    check_pooling(pooling, layer, len(states) - 1 if states else abs(layer))
    if model_arguments.tensor(mask, "mask", "(batch, tokens)").shape != output.last_hidden_state.shape[:2]:
        raise ValueError(f"mask must be {tuple(output.last_hidden_state.shape[:2])}, as output is, not {tuple(mask.shape)}.")
    if pooling == "pooler" and getattr(output, "pooler_output", None) is None:
        raise ValueError("pooling='pooler' needs a model with a pooler; this output has none.")
    if pooling == "pooler":
        return output.pooler_output.float()
    if not states and (pooling == "first_last_mean" or layer != -1):
        raise ValueError("Only the last layer is in this output: call the model with output_hidden_states=True.")
    if pooling == "first_last_mean":
        first, last = (_mean(state.float(), mask) for state in (states[0], output.last_hidden_state))
        return (first + last) / 2
    is_last = layer == -1 or (states and layer == len(states) - 1)  # where a norm follows the last layer, it belongs to it
    hidden = (output.last_hidden_state if is_last else states[layer]).float()  # (batch, tokens, dim)
    if pooling == "cls":
        return hidden[:, 0]
    return _mean(hidden, mask) if pooling == "mean" else _max(hidden, mask)


def check_pooling(pooling: str, layer: int, layers: int) -> None:
    """Check a choice of pooling and layer for a model of ``layers`` layers.

    Raises:
        TypeError: ``layer`` is not a whole number.
        ValueError: no such pooling or layer, or a layer for a pooling that has its own.
    """
    arguments.one_of(pooling, "pooling", POOLINGS)
    layer = arguments.whole(layer, "layer")
    layers = arguments.whole(layers, "layers", 0)
    if pooling in ("pooler", "first_last_mean") and layer != -1:
        raise ValueError(f"pooling={pooling!r} says itself which layers it uses: leave layer out.")
    if not -layers - 1 <= layer <= layers:
        raise ValueError(
            f"layer must be from 0 (embeddings) to {layers}, or negative from the end; not {arguments.shown(layer)}."
        )
