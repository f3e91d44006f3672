"""Means with a weight for each token: which tokens count, and how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils import arguments, model_arguments

MOST = 1e9  # a greater weight leaves nothing of the others in float32


def token_idf(texts: Sequence[str], encoder) -> np.ndarray:
    """Inverse document frequency of each token id, fitted on ``texts``: (vocabulary,); 0 for special tokens.

    ``log((1 + n) / (1 + df)) + 1``, where ``df`` of the ``n`` texts hold the token: at least 1, greatest for tokens never seen.
    The formula is scikit-learn's smoothed idf. The unknown token counts as a word.

    Raises:
        TypeError: ``texts`` is a bare string or holds something that is not a string; ``encoder`` is none.
        ValueError: there is no text, or one that ``embed`` does not take.

    >>> import course_utils as cu
    >>> encoder = cu.load_encoder("mini-bert")
    >>> weights = token_idf(["the cat", "the dog"], encoder)
    >>> the, cat = encoder.tokenizer.convert_tokens_to_ids(["the", "cat"])
    >>> weights[[the, cat]].round(2).tolist()
    [1.0, 1.41]
    """
    from course_utils.embedding import check_texts

    texts, encoder = check_texts(texts), model_arguments.encoder(encoder)
    if not texts:
        raise ValueError("Frequencies are fitted on at least one text: texts is empty.")
    counts = np.zeros(len(encoder.tokenizer))
    for ids in encoder.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]:
        counts[list(set(ids))] += 1
    weights = np.log((1 + len(texts)) / (1 + counts)) + 1
    weights[[i for i in encoder.tokenizer.all_special_ids if i != encoder.tokenizer.unk_token_id]] = 0.0
    return weights


def embed_weighted(texts: Sequence[str], encoder, weights: Mapping[str, np.ndarray], layer: int = -1) -> dict[str, np.ndarray]:
    """Weighted means of the token vectors, several with one pass: a (n, dim) float32 array for each name in ``weights``.

    Args:
        weights: name to one weight, 0 or more, for each token id (vocabulary,). All 1 is the mean; 0 leaves a token out.
        layer: 0 is the embedding layer, -1 the last.

    A text whose weights are all 0 gets the zero vector.

    Raises:
        TypeError: as in ``embed``, or ``weights`` is no dict of numbers.
        ValueError: no such layer, a text that ``embed`` does not take, or weights that are negative, not finite, or not one for
            each token id.

    >>> import course_utils as cu
    >>> encoder = cu.load_encoder("mini-bert")
    >>> same = embed_weighted(["Tea?"], encoder, {"mean": np.ones(len(encoder.tokenizer))})["mean"]
    >>> np.allclose(same, cu.embed(["Tea?"], encoder, pooling="mean"), atol=1e-5)
    True
    """
    import torch

    from course_utils.embedding import TOKENS_A_BATCH, _encode, check_texts
    from course_utils.pooling import check_pooling

    texts, encoder = check_texts(texts), model_arguments.encoder(encoder)
    arguments.mapping(weights, "weights", "a name to one weight for each token id")
    check_pooling("mean", layer, encoder.layers)
    tables = {}
    for name, table in weights.items():
        table = arguments.array(table, f"weights[{name!r}]", "(vocabulary,)")
        if table.shape != (len(encoder.tokenizer),):
            raise ValueError(
                f"weights[{name!r}]: one weight for each of the {len(encoder.tokenizer)} token ids, got {table.shape}."
            )
        if not (np.isfinite(table).all() and table.min() >= 0 and float(table.max()) <= MOST):
            raise ValueError(f"weights[{name!r}]: weights are finite and not negative, {MOST:.0e} at most.")
        tables[name] = torch.from_numpy(table.astype(np.float32, copy=False)).to(encoder.device)
    rows = _encode(texts, encoder)
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
    results = {name: np.zeros((len(texts), encoder.dimension), dtype=np.float32) for name in tables}
    budget, start = TOKENS_A_BATCH.get(encoder.device.type, 4096), 0
    with torch.inference_mode():
        while start < len(order):
            chosen = order[start : start + max(1, budget // len(rows[order[start]]))]
            batch = encoder.tokenizer.pad({"input_ids": [rows[i] for i in chosen]}, return_tensors="pt").to(encoder.device)
            hidden = encoder.model(**batch, output_hidden_states=True).hidden_states[layer].float()  # (batch, tokens, dim)
            for name, table in tables.items():
                w = (table[batch["input_ids"]] * batch["attention_mask"]).unsqueeze(-1)  # (batch, tokens, 1)
                results[name][chosen] = ((hidden * w).sum(1) / w.sum(1).clamp(min=1e-9)).cpu().numpy()
            start += len(chosen)
    return results
