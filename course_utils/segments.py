"""Segments: [CLS] A [SEP] B [SEP], and pairs that are next to each other, or only seem to be."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

KINDS = ("true next", "swapped order", "same subject", "other subject")
SHORTEST_SEGMENT = 6  # tokens, as in pretraining.batches


def assemble(a, b, cls_id, sep_id):
    """(ids, types) of [CLS] A [SEP] B [SEP], or of [CLS] A [SEP] where ``b`` is None; type 1 from B's first token on.

    >>> assemble([50, 60], [70], cls_id=2, sep_id=3)
    ([2, 50, 60, 3, 70, 3], [0, 0, 0, 0, 1, 1])
    """
    ids = [cls_id, *a, sep_id]
    types = [0] * len(ids)
    if b is not None:
        ids += [*b, sep_id]
        types += [1] * (len(b) + 1)
    return ids, types


def segment_pairs(passages, tokenizer, length: int = 64, seed: int = 0) -> dict[str, list[tuple[list[int], list[int]]]]:
    """Pairs (A, B) of token ids, one of each kind in ``KINDS`` for a passage, in one order: to be compared row by row.

    As in pre-training (``pretraining.batches``): A ends where a sentence does, at a random one; B begins inside a passage,
    never with its first sentence; together with their three special tokens they fill ``length`` exactly, B cut off at
    its end. "same subject" and "other subject" keep A and take as many tokens from another passage; "swapped order" has
    the true B first, then A. Passages too short for the length are left out.

    Args:
        passages: a DataFrame with the columns subject and text.

    Raises:
        ValueError: fewer than two passages are long enough, or have another of their subject and of another one.
    """
    rng, room = np.random.default_rng(seed), length - 3
    starts = []  # (subject, passage, the tokens from a sentence to the passage's end), first sentences left out
    wholes = []  # (subject, passage, A, true B)
    for passage, (subject, text) in enumerate(zip(passages["subject"], passages["text"], strict=True)):
        sentences = re.split(r"(?<=[.?!])\s+", text)
        rows = tokenizer(sentences, add_special_tokens=False, verbose=False)["input_ids"]
        ids = [token for row in rows for token in row]
        ends = np.cumsum([len(row) for row in rows])[:-1]
        starts += [(subject, passage, ids[end:]) for end in ends]
        cuts = [end for end in ends if SHORTEST_SEGMENT <= end <= room - SHORTEST_SEGMENT]
        if cuts and len(ids) >= room:
            cut = int(rng.choice(cuts))
            wholes.append((subject, passage, ids[:cut], ids[cut:room]))
    pairs = {kind: [] for kind in KINDS}
    for subject, passage, a, b in wholes:
        long = [(s, p, ids[: len(b)]) for s, p, ids in starts if len(ids) >= len(b)]
        same = [ids for s, p, ids in long if s == subject and p != passage]
        other = [ids for s, p, ids in long if s != subject]
        if same and other:
            drawn = same[rng.integers(len(same))], other[rng.integers(len(other))]
            for kind, pair in zip(KINDS, ((a, b), (b, a), (a, drawn[0]), (a, drawn[1])), strict=True):
                pairs[kind].append(pair)
    if len(pairs[KINDS[0]]) < 2:
        raise ValueError(f"Fewer than two passages give pairs of {length} tokens: take a smaller length or more passages.")
    return pairs


def pair_batch(pairs: Sequence[tuple[Sequence[int], Sequence[int]]], encoder) -> dict:
    """Pairs (A, B) of ids as one padded batch on the encoder's device, with segments where the model has them."""
    tokenizer = encoder.tokenizer
    rows = [assemble(a, b, tokenizer.cls_token_id, tokenizer.sep_token_id) for a, b in pairs]
    columns = {"input_ids": [ids for ids, _ in rows]}
    if getattr(encoder.model.config, "type_vocab_size", 0) > 1:
        columns["token_type_ids"] = [types for _, types in rows]
    return dict(tokenizer.pad(columns, return_tensors="pt", return_attention_mask=True).to(encoder.device))


def masked_pairs(pairs: dict, encoder, every: int = 10, start: int = 0, rate: float = 0.15, seed: int = 0):
    """(batch, labels, is_random): a batch as in pre-training, half of it true next segments, half from another subject.

    Args:
        pairs: from ``segment_pairs``; each ``every``-th one is taken, from number ``start`` on.
        rate: share of the tokens selected for MLM.

    ``labels`` (batch, tokens) are those of MLM, -100 where not selected; ``is_random`` (batch,) are those of NSP, 0 where B
    is next.
    """
    import torch

    from course_utils.objectives import mask_batch

    true, other = (pairs[kind][start::every] for kind in ("true next", "other subject"))
    batch = pair_batch([*true, *other], encoder)
    inputs, labels = mask_batch(batch["input_ids"].cpu().numpy(), encoder.tokenizer, rate, seed)
    batch["input_ids"] = torch.tensor(inputs, device=encoder.device)
    is_random = torch.tensor([0] * len(true) + [1] * len(other), device=encoder.device)
    return batch, torch.tensor(labels, device=encoder.device), is_random
