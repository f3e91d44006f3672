"""From token vectors to one vector a sentence."""

from __future__ import annotations

POOLINGS = ("cls", "mean", "max", "first_last_mean", "pooler")


def masked_mean(hidden, mask):
    """Mean over the real tokens: ``hidden`` (batch, tokens, dim), ``mask`` (batch, tokens) of 1 and 0 -> (batch, dim).

    >>> import torch
    >>> hidden = torch.tensor([[[2.0], [4.0], [90.0]]])
    >>> masked_mean(hidden, torch.tensor([[1, 1, 0]]))
    tensor([[3.]])
    """
    weights = mask.unsqueeze(-1).to(hidden.dtype)  # (batch, tokens, 1)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)


def masked_max(hidden, mask):
    """Maximum over the real tokens, dimension by dimension; shapes as in ``masked_mean``."""
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
        ValueError: no such pooling or layer, or a layer for a pooling that has its own.
    """
    states = output.hidden_states
    check_pooling(pooling, layer, len(states) - 1 if states else abs(layer))
    if pooling == "pooler":
        return output.pooler_output.float()
    if not states and (pooling == "first_last_mean" or layer != -1):
        raise ValueError("Only the last layer is in this output: call the model with output_hidden_states=True.")
    if pooling == "first_last_mean":
        first, last = (masked_mean(state.float(), mask) for state in (states[0], output.last_hidden_state))
        return (first + last) / 2
    is_last = layer == -1 or (states and layer == len(states) - 1)  # where a norm follows the last layer, it belongs to it
    hidden = (output.last_hidden_state if is_last else states[layer]).float()  # (batch, tokens, dim)
    if pooling == "cls":
        return hidden[:, 0]
    return masked_mean(hidden, mask) if pooling == "mean" else masked_max(hidden, mask)


def check_pooling(pooling: str, layer: int, layers: int) -> None:
    """Check a choice of pooling and layer for a model of ``layers`` layers.

    Raises:
        ValueError: no such pooling or layer, or a layer for a pooling that has its own.
    """
    if pooling not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}.")
    if pooling in ("pooler", "first_last_mean") and layer != -1:
        raise ValueError(f"pooling={pooling!r} says itself which layers it uses: leave layer out.")
    if not -layers - 1 <= layer <= layers:
        raise ValueError(f"layer must be from 0 (embeddings) to {layers}, or negative from the end; not {layer}.")
