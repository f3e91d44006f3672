"""Segments: [CLS] A [SEP] B [SEP], and pairs that are next to each other, or only seem to be."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from course_utils import arguments, model_arguments

KINDS = ("true next", "swapped order", "same subject", "other subject")
SHORTEST_SEGMENT = 6  # tokens, as in pretraining.batches


def assemble(a, b, cls_id, sep_id):
    """(ids, types) of [CLS] A [SEP] B [SEP], or of [CLS] A [SEP] where ``b`` is None; type 1 from B's first token on.

    Raises:
        TypeError: ``a`` or ``b`` is no list of whole numbers, or ``cls_id`` or ``sep_id`` is none.

    >>> assemble([50, 60], [70], cls_id=2, sep_id=3)
    ([2, 50, 60, 3, 70, 3], [0, 0, 0, 0, 1, 1])
    """
    a = arguments.wholes(a, "a").tolist()
    cls_id, sep_id = arguments.whole(cls_id, "cls_id"), arguments.whole(sep_id, "sep_id")
    ids = [cls_id, *a, sep_id]
    types = [0] * len(ids)
    if b is not None:
        b = arguments.wholes(b, "b").tolist()
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
        TypeError: ``passages`` is no DataFrame of texts, ``tokenizer`` is none, or ``length`` or ``seed`` not a whole number.
        ValueError: ``passages`` has no rows or lacks a column; fewer than two passages are long enough, or have another of
            their subject and of another one.
    """
    arguments.table(passages, "passages", ("subject", "text"))
    arguments.texts(passages["text"], "passages['text']")
    model_arguments.tokenizer(tokenizer)
    rng, room = np.random.default_rng(arguments.seed(seed)), arguments.whole(length, "length") - 3
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
        raise ValueError(
            f"Fewer than two passages give pairs of length {length} in tokens: take a smaller length or more passages."
        )
    return pairs


def pair_batch(pairs: Sequence[tuple[Sequence[int], Sequence[int]]], encoder) -> dict:
    """Pairs (A, B) of ids as one padded batch on the encoder's device, with segments where the model has them.

    Raises:
        TypeError: ``pairs`` is no list of pairs of ids, or ``encoder`` is none.
        ValueError: there are no pairs, or one is longer than the encoder's limit.
    """
    tokenizer = model_arguments.encoder(encoder).tokenizer
    pairs = arguments.items(pairs, "pairs", "(A, B) token ids")
    if not pairs or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise ValueError("pairs must hold (A, B) token ids, at least one pair.")
    pairs = [
        (
            arguments.wholes(a, "A in pairs", 1, 0, len(tokenizer) - 1).tolist(),
            None if b is None else arguments.wholes(b, "B in pairs", 1, 0, len(tokenizer) - 1).tolist(),
        )
        for a, b in pairs
    ]
    rows = [assemble(a, b, tokenizer.cls_token_id, tokenizer.sep_token_id) for a, b in pairs]
    if max(len(ids) for ids, _ in rows) > encoder.limit:
        raise ValueError(f"pairs hold one that is longer than the model's {encoder.limit} tokens. Truncate it.")
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

    Raises:
        TypeError: ``pairs`` is not of ``segment_pairs``, ``encoder`` is none, or a number is not of its kind.
        ValueError: no pair is left, ``every`` below 1, ``start`` below 0, or a rate not from 0 to 1.
    """
    import torch

    from course_utils.objectives import mask_batch

    arguments.mapping(pairs, "pairs", "kinds of pairs, from segment_pairs")
    if not {"true next", "other subject"} <= set(pairs):
        raise ValueError("pairs must hold the kinds of segment_pairs.")
    every, start = arguments.whole(every, "every", 1), arguments.whole(start, "start", 0)
    true, other = (
        arguments.items(pairs[kind], f"pairs[{kind!r}]", "(A, B) token ids") for kind in ("true next", "other subject")
    )
    if not true[start::every] or not other[start::every]:
        raise ValueError(f"No pair is left from start {start} on: there are {len(true)} and {len(other)}.")
    true, other = (pairs[kind][start::every] for kind in ("true next", "other subject"))
    batch = pair_batch([*true, *other], encoder)
    inputs, labels = mask_batch(batch["input_ids"].cpu().numpy(), encoder.tokenizer, rate, seed)
    batch["input_ids"] = torch.tensor(inputs, device=encoder.device)
    is_random = torch.tensor([0] * len(true) + [1] * len(other), device=encoder.device)
    return batch, torch.tensor(labels, device=encoder.device), is_random
