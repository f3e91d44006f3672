"""Texts in, vectors out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence

import numpy as np

from course_utils import arguments, memory, model_arguments

TOKENS_A_BATCH = {"cpu": 1024, "mps": 8192, "cuda": 65536}  # on two CPU cores larger batches were slower


def check_texts(texts: Iterable[str]) -> list[str]:
    """``texts`` as a list of ``str``.

    Raises:
        TypeError: a bare string, a dict, set or table, no iterable, or an item that is not a string.
        ValueError: an item holds a lone surrogate, which is not a character.

    >>> check_texts("one sentence")
    Traceback (most recent call last):
        ...
    TypeError: Pass a list of texts as texts: ["..."], not one str. Each becomes one vector.
    """
    return arguments.texts(texts)


def embed(
    texts: Iterable[str],
    encoder,
    pooling: str = "cls",
    layer: int = -1,
    batch_size: int | str = "auto",
) -> np.ndarray:
    """Embed each text: (n, dim) float32, in the order given.

    Texts are sorted by length, so that little is padded, and run without gradient. An empty string is a legal text
    ([CLS] [SEP]). A progress bar appears when it takes longer than a few seconds. When a GPU runs out of memory the
    batch is halved, once for all later batches too, with a warning.

    Args:
        texts: strings; an empty list gives shape (0, dim).
        encoder: from ``load_encoder``.
        pooling: ``cls``, ``mean``, ``max``, ``first_last_mean`` or ``pooler`` (see ``pooling.pool``).
        layer: 0 is the embedding layer, -1 the last.
        batch_size: texts a batch; ``"auto"`` fills a number of tokens that suits the device.

    Raises:
        TypeError: ``texts`` is a bare string or holds something that is not a string; ``encoder`` is none.
        ValueError: a text with a lone surrogate; no such pooling, layer or batch size; ``pooler`` of a model whose pooler was
            never trained.
        NotEnoughMemoryError: a batch would not fit into the memory that is free (a GPU's is halved instead).

    Warns:
        UserWarning: texts over the model's limit were truncated (one warning with their number).

    >>> import course_utils as cu
    >>> encoder = cu.load_encoder("mini-bert")
    >>> cu.embed(["Tea or coffee?", ""], encoder, pooling="mean").shape
    (2, 256)
    """
    return embed_each(texts, encoder, [(pooling, layer)], batch_size)[0]


def embed_each(
    texts: Iterable[str], encoder, ways: Sequence[tuple[str, int]], batch_size: int | str = "auto"
) -> list[np.ndarray]:
    """Embed each text in several ways with one pass through the model: one (n, dim) float32 array for each way.

    Args:
        ways: (pooling, layer) pairs, as the arguments of ``embed``; at least one.

    Raises:
        TypeError, ValueError: as in ``embed``.

    >>> import course_utils as cu
    >>> encoder = cu.load_encoder("mini-bert")
    >>> [vectors.shape for vectors in cu.embed_each(["Tea?"], encoder, [("cls", -1), ("mean", 0)])]
    [(1, 256), (1, 256)]
    """
    import torch
    from tqdm.auto import tqdm

    from course_utils.pooling import check_pooling, pool

    texts, encoder = check_texts(texts), model_arguments.encoder(encoder)
    ways = arguments.items(ways, "ways", "(pooling, layer) pairs")
    if not ways or not all(isinstance(way, (tuple, list)) and len(way) == 2 for way in ways):
        raise ValueError("ways must hold (pooling, layer) pairs, at least one.")
    for pooling, layer in ways:
        check_pooling(pooling, layer, encoder.layers)
        if pooling == "pooler" and not encoder.has_pooler:
            raise ValueError(
                f"{encoder.name} has no trained pooler: its checkpoint holds none, so its output would be random. "
                "Use pooling='cls' or 'mean'."
            )
    automatic = isinstance(batch_size, str) and batch_size == "auto"
    if not automatic and (isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1):
        raise ValueError(f'batch_size must be "auto" or a whole number from 1, not {arguments.shown(batch_size)}.')
    batch_size = "auto" if automatic else min(batch_size, max(len(texts), 1))
    rows = _encode(texts, encoder)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")  # the longest first: memory runs out at once or never
    results = [np.zeros((len(texts), encoder.dimension), dtype=np.float32) for _ in ways]
    several = any(pooling == "first_last_mean" or layer != -1 for pooling, layer in ways)
    budget = TOKENS_A_BATCH.get(encoder.device.type, 4096)

    largest = int(max(lengths, default=0)) * (1 if batch_size == "auto" else batch_size)
    if encoder.device.type != "cuda" and largest > max(budget, memory.TOKENS):
        need = memory.embedding_gb(encoder.model.config, 0, encoder.model.dtype.itemsize, largest)
        memory.check(need, encoder.device, f"Embedding {largest:,} tokens at once", 'Take batch_size="auto" or shorter texts.')

    bar = tqdm(total=len(texts), unit="text", delay=5, leave=False, disable="TQDM_DISABLE" in os.environ)
    start = 0
    with torch.inference_mode(), bar:
        while start < len(order):
            size = max(1, budget // int(lengths[order[start]])) if batch_size == "auto" else batch_size
            chosen = order[start : start + size]
            try:
                batch = encoder.tokenizer.pad({"input_ids": [rows[i] for i in chosen]}, return_tensors="pt").to(encoder.device)
                output = encoder.model(**batch, output_hidden_states=several)
                for result, (pooling, layer) in zip(results, ways, strict=True):
                    result[chosen] = pool(output, batch["attention_mask"], pooling, layer).cpu().numpy()
            except torch.OutOfMemoryError:
                if len(chosen) == 1:
                    raise
                torch.cuda.empty_cache()
                if batch_size == "auto":
                    budget = len(chosen) // 2 * int(lengths[order[start]])
                else:
                    batch_size = len(chosen) // 2
                warnings.warn(
                    f"Out of memory with {len(chosen)} texts a batch: going on with {len(chosen) // 2}.", stacklevel=3
                )
                continue
            start += len(chosen)
            bar.update(len(chosen))
    return results


def _encode(texts: list[str], encoder) -> list[list[int]]:
    """Token ids with special tokens, truncated to the model's limit, with one warning that counts."""
    if not texts:
        return []
    rows = encoder.tokenizer(texts, return_attention_mask=False, return_token_type_ids=False, verbose=False)["input_ids"]
    too_long = [i for i, row in enumerate(rows) if len(row) > encoder.limit]
    if too_long:
        cut = encoder.tokenizer([texts[i] for i in too_long], truncation=True, max_length=encoder.limit)["input_ids"]
        for i, row in zip(too_long, cut, strict=True):
            rows[i] = row
        warnings.warn(
            f"{len(too_long)} of {len(texts)} texts were longer than {encoder.limit} tokens and were truncated.", stacklevel=4
        )
    return rows
