"""What it costs to compare all texts of a collection: counted in forward passes and tokens, and timed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from course_utils import arguments, model_arguments
from course_utils.embedding import TOKENS_A_BATCH, check_texts

REPEATS, ENOUGH = 3, 0.3


def comparison_costs(lengths: Sequence[int], extra: int = -1) -> dict[str, tuple[int, int]]:
    """Forward passes and tokens needed to compare all pairs of texts: name of the way to (passes, tokens).

    A bi-encoder reads each text once, a cross-encoder each pair.

    Args:
        lengths: tokens of each text, special tokens included.
        extra: special tokens of a pair less those of its two texts alone: BERT's [CLS] A [SEP] B [SEP] has one less.

    Raises:
        TypeError: ``lengths`` or ``extra`` is not whole numbers.
        ValueError: fewer than two texts, or a length below 1.

    >>> comparison_costs([5, 7, 6])
    {'bi-encoder': (3, 18), 'cross-encoder': (3, 33)}
    """
    lengths = arguments.wholes(lengths, "lengths", least=1).tolist()
    extra = arguments.whole(extra, "extra")
    n, tokens = len(lengths), sum(lengths)
    if n < 2:
        raise ValueError(f"A comparison needs the lengths of at least two texts, got {n}.")
    pairs = n * (n - 1) // 2
    return {"bi-encoder": (n, tokens), "cross-encoder": (pairs, (n - 1) * tokens + extra * pairs)}


def time_comparisons(texts: Sequence[str], encoder, sizes: Sequence[int]) -> dict[str, dict[int, float]]:
    """Seconds that both ways need for all pairs of the first n texts: name of the way to {n: seconds}.

    Only forward passes of one model are timed, in batches of a fixed number of tokens, after a pass to warm up, and the
    fastest of up to three runs counts. The cosines of the bi-encoder and the head of the cross-encoder are left out: both are
    a small part.

    Args:
        sizes: values of n, at least 2 and at most as many as there are texts.

    Raises:
        TypeError: as in ``embed``, or sizes that are not whole numbers.
        ValueError: a size out of range, or a text that ``embed`` does not take.

    >>> import course_utils as cu
    >>> seconds = time_comparisons(["Tea?", "Coffee?", "Soup."], cu.load_encoder("mini-bert"), [3])
    >>> sorted(seconds), seconds["cross-encoder"][3] > 0
    (['bi-encoder', 'cross-encoder'], True)
    """
    texts, encoder = check_texts(texts), model_arguments.encoder(encoder)
    sizes = arguments.wholes(sizes, "sizes").tolist()
    if not sizes or not all(2 <= n <= len(texts) for n in sizes):
        raise ValueError(f"sizes must be from 2 to {len(texts)}, the number of texts; not {sizes[:8]}.")
    seconds: dict[str, dict[int, float]] = {"bi-encoder": {}, "cross-encoder": {}}
    _run(texts[:2], None, encoder)
    for n in sizes:
        pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
        ways = {
            "bi-encoder": (texts[:n], None),
            "cross-encoder": ([texts[i] for i, _ in pairs], [texts[j] for _, j in pairs]),
        }
        for way, (first, second) in ways.items():
            seconds[way][n] = _fastest(first, second, encoder)
    return seconds


def _fastest(first: list[str], second: list[str] | None, encoder) -> float:
    """Seconds of the fastest of up to three runs; one that took long enough needs no second."""
    taken: list[float] = []
    while len(taken) < REPEATS and sum(taken) < ENOUGH:
        begin = time.perf_counter()
        _run(first, second, encoder)
        taken.append(time.perf_counter() - begin)
    return min(taken)


def _run(first: list[str], second: list[str] | None, encoder) -> None:
    """All texts, or pairs of texts, through the model, the longest first; the result is the [CLS] output on the CPU."""
    import torch

    options = {"truncation": True, "max_length": encoder.limit, "return_attention_mask": False}
    encoded = encoder.tokenizer(first, second, **options) if second else encoder.tokenizer(first, **options)
    rows = [{name: values[i] for name, values in encoded.items()} for i in range(len(first))]
    rows.sort(key=lambda row: -len(row["input_ids"]))
    start, budget = 0, TOKENS_A_BATCH.get(encoder.device.type, 4096)
    with torch.inference_mode():
        while start < len(rows):
            size = max(1, budget // len(rows[start]["input_ids"]))
            batch = encoder.tokenizer.pad(rows[start : start + size], return_tensors="pt").to(encoder.device)
            encoder.model(**batch).last_hidden_state[:, 0].cpu()
            start += size
